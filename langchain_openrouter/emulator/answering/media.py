"""Images, sound, citations and parsed files that answers carry."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.conversation import parts_of
from langchain_openrouter.emulator.answering.facts import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IMAGE_OUTPUT_TOKENS = 1290
AUDIO_TOKENS_PER_SECOND = 20
_SIDE = 8
_SAMPLES_PER_TOKEN = 60
_LIFETIME = 3600


def png(seed: str) -> str:
    """Give a small one-coloured PNG as a data URL, its colour decided by a text."""
    colour = hashlib.sha256(seed.encode()).digest()[:3]
    rows = (b"\0" + colour * _SIDE) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def speech(transcript: str, tokens: int, key: str, created: int) -> dict[str, Any]:
    """Give `message.audio`: silence as 16-bit PCM, as long as the text has tokens."""
    data = base64.b64encode(b"\0\0" * (_SAMPLES_PER_TOKEN * max(tokens, 1))).decode()
    return {
        "id": f"audio_{key}",
        "data": data,
        "expires_at": created + _LIFETIME,
        "transcript": transcript,
    }


def citations(query: str, most: int) -> list[dict[str, Any]]:
    """Give url citations as web search does."""
    slug = "-".join(words_of(query)[:6]) or "result"
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": f"https://example.com/{slug}/{number}",
                "title": f"Result {number} for {' '.join(words_of(query)[:6])}",
                "content": f"The emulator's result {number} for: {query[:200]}",
                "start_index": 0,
                "end_index": 0,
            },
        }
        for number in range(1, most + 1)
    ]


def file_annotations(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the annotations of parsed PDF files, one for each file sent."""
    files = [
        part.get("file") or {}
        for message in messages
        for part in parts_of(message.get("content"))
        if part["type"] == "file"
    ]
    return [_file_annotation(file) for file in files]


def _file_annotation(file: Mapping[str, Any]) -> dict[str, Any]:
    name = file.get("filename") or "document.pdf"
    data = str(file.get("file_data") or file.get("file_id") or "")
    shown = f"Text of {name}, {len(data)} characters as sent"
    texts = (f'<file name="{name}">', shown, "</file>")
    return {
        "type": "file",
        "file": {
            "hash": hashlib.sha256(data.encode()).hexdigest(),
            "name": name,
            "content": [{"type": "text", "text": text} for text in texts],
        },
    }


def bytes_of_base64(data: str) -> int:
    """Give the size of what a base64 text or data URL holds."""
    return len(re.sub(r"^data:[^,]*,", "", data)) * 3 // 4
