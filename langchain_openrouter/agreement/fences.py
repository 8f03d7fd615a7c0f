"""Fenced blocks in Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Block", "fenced"]

_FENCE = re.compile(r"^[ \t]*```", re.MULTILINE)
_LANGUAGE = re.compile(r"[ \t]*([\w+#.-]*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Args:
        language: What the fence says, in small letters; empty where it says nothing.
        text: What is between the fences.
    """

    language: str
    text: str


def fenced(text: str) -> list[Block]:
    """Give the fenced blocks of a text; one that never ends goes on to the end.

    Args:
        text: What was said.
    """
    blocks, position = [], 0
    while opening := _FENCE.search(text, position):
        line_ends = text.find("\n", opening.end())
        begin = len(text) if line_ends < 0 else line_ends + 1
        end = text.find("```", begin)
        end = len(text) if end < 0 else end
        language = _LANGUAGE.match(text, opening.end())
        blocks.append(Block(language[1].casefold() if language else "", text[begin:end]))
        position = end + 3
    return blocks
