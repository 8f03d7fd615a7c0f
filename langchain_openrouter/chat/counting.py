"""Token counts without a network: estimates, since each model has a tokenizer of its own."""

from __future__ import annotations

_CHARACTERS = 4


def token_ids(text: str) -> list[int]:
    """Give one number for each token that a text will about have.

    One per four bytes of UTF-8, about what LangChain estimates too. The numbers stand for no vocabulary; their count
    is what is meant.
    """
    encoded = text.encode(errors="replace")
    return [int.from_bytes(encoded[place : place + _CHARACTERS]) for place in range(0, len(encoded), _CHARACTERS)]
