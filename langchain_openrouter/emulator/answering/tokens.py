"""Counts tokens without a network.

The tokenizers of the models are not public, and `tiktoken` downloads its tables on first use,
so the emulator counts by a rule that gives the same number on every machine: a word costs one
token for each eight letters, a number one for each three digits, any other character one, and
a single space before a word is free. It is a rough measure: beside recorded answers of GPT models
the median is 0.95 of the provider's count. Pass `Emulator(tokenizer=...)` to count otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

Tokenizer = Callable[[str], list[str]]

_PIECE = re.compile(r" ?[A-Za-zÀ-ɏЀ-ӿ]{1,8}| ?[0-9]{1,3}|\s+(?=\s)|\s|.", re.DOTALL)

MESSAGE_OVERHEAD = 3
"""Tokens that each message costs beside its text."""
IMAGE_TOKENS = 258
PDF_TOKENS = 258
VIDEO_TOKENS = 1032
AUDIO_BYTES_PER_TOKEN = 1000
"""A second of 16-bit mono sound at 16 kHz is 32 000 bytes and 32 tokens."""


def split(text: str) -> list[str]:
    """Cut text into pieces that each count as one token and together are the text.

    >>> split("Hello, internationalisation!")
    ['Hello', ',', ' internat', 'ionalisa', 'tion', '!']
    """
    return _PIECE.findall(text)


def tiktoken_splitter(encoding: str) -> Tokenizer:
    """Give a tokenizer that splits as one of tiktoken's encodings does.

    tiktoken downloads the encoding on first use, unless `TIKTOKEN_CACHE_DIR` holds it.

    Args:
        encoding: Such as `o200k_base`.

    Returns:
        A function for `Emulator(tokenizer=...)`.
    """
    import tiktoken

    table = tiktoken.get_encoding(encoding)

    def pieces(text: str) -> list[str]:
        raw = [table.decode_single_token_bytes(token) for token in table.encode(text)]
        return _whole_characters(raw)

    return pieces


def _whole_characters(raw: list[bytes]) -> list[str]:
    pieces, rest = [], b""
    for part in raw:
        rest += part
        try:
            pieces.append(rest.decode())
        except UnicodeDecodeError:
            pieces.append("")
            continue
        rest = b""
    return pieces


def count_json(value: Any, tokenizer: Tokenizer) -> int:
    """Count the tokens of a value as compact JSON."""
    return len(tokenizer(json.dumps(value, ensure_ascii=False, separators=(",", ":"))))
