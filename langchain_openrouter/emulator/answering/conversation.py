"""Reads a conversation: what was asked last, what the tools said, what is attached."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """The part of a conversation since the user last said something.

    Attributes:
        text: What the user said.
        system: All system and developer text.
        called: Names of the tools called since, with their arguments as JSON text.
        results: What those tools said.
        attachments: Number of attached things by kind (`image`, `PDF`, `audio`, `video`).
    """

    text: str
    system: str
    called: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    attachments: Mapping[str, int]


def text_of(content: object) -> str:
    """Give the text of a message's content, whatever its form."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in parts_of(content) if part["type"] == "text")


def parts_of(content: object) -> Iterator[Mapping[str, Any]]:
    """Give the content blocks that have a type."""
    if isinstance(content, list):
        yield from (part for part in content if isinstance(part, dict) and "type" in part)


def read_turn(messages: Sequence[Message]) -> Turn:
    """Read the last turn.

    A user message without text that follows tool messages carries their media and does not
    begin a turn.
    """
    start = _turn_start(messages)
    since = messages[start:]
    calls = [call for message in since for call in message.get("tool_calls") or ()]
    said = [m for m in messages if m.get("role") in {"system", "developer"}]
    return Turn(
        text=text_of(messages[start].get("content")) if messages else "",
        system="\n".join(text_of(message.get("content")) for message in said),
        called=tuple((c["function"]["name"], c["function"]["arguments"]) for c in calls),
        results=tuple(_tool_text(m) for m in since if m.get("role") == "tool"),
        attachments=Counter(kind for message in since for kind in attachments_of(message)),
    )


def _tool_text(message: Message) -> str:
    text = text_of(message.get("content")).strip()
    kinds = Counter(attachments_of(message))
    return text or "; ".join(f"{count} {kind}" for kind, count in kinds.items())


def _turn_start(messages: Sequence[Message]) -> int:
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if message.get("role") == "user" and text_of(message.get("content")).strip():
            return index
    return max(len(messages) - 1, 0)


def attachments_of(message: Message) -> Iterator[str]:
    """Give the kind of each thing attached to a message."""
    kinds = {
        "image_url": "image",
        "file": "PDF",
        "input_audio": "audio",
        "video_url": "video",
        "input_video": "video",
    }
    for part in parts_of(message.get("content")):
        if part["type"] in kinds:
            yield kinds[part["type"]]


def compact(value: object) -> str:
    """Write JSON as models write arguments: no spaces, no escapes of letters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
