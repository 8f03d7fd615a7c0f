"""What a classifier looks at: a bounded piece of the last human turn, whatever form its content has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["Turn", "bounded", "earlier_text", "last_turn", "system_text", "text_of"]

_BEGIN, _END = 450, 210
"""Characters. What somebody wants stands at the begin or at the end; between them is the material."""

_HUMAN = frozenset({"human", "user", "HumanMessageChunk"})
_SYSTEM = frozenset({"system", "developer", "SystemMessageChunk"})
_PICTURES = frozenset({"image", "image_url", "input_image", "video", "video_url", "input_video"})
_TEXTS = frozenset({"text", "input_text"})


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said last.

    Args:
        text: A bounded piece of it.
        length: Characters of the whole.
        has_image: Whether there are images or videos in it, or in what tools answered since.
        start: Where it begins among the messages.
    """

    text: str
    length: int
    has_image: bool
    start: int


def last_turn(messages: Sequence[BaseMessage]) -> Turn:
    """Find the last human turn: messages of a human that follow each other, and what came after them.

    Without any human message, the last message is looked at.
    """
    last = next(_humans_before(messages, len(messages)), None)
    if last is None:
        last = start = max(len(messages) - 1, 0)
    else:
        start = last
        while start and _role(messages[start - 1]) in _HUMAN:
            start -= 1
    text = "\n".join(filter(None, (text_of(each) for each in messages[start : last + 1]))).strip()
    return Turn(bounded(text), len(text), any(_has_image(each) for each in messages[start:]), start)


def earlier_text(messages: Sequence[BaseMessage], start: int) -> str:
    """Give a piece of the human message before a turn, which "and now in Rust" leans on; empty if there is none.

    Args:
        messages: The conversation.
        start: Where the turn begins.
    """
    before = next(_humans_before(messages, start), None)
    return "" if before is None else bounded(text_of(messages[before]).strip())


def system_text(messages: Sequence[BaseMessage]) -> str:
    """Give a piece of the system message; empty if there is none."""
    first = messages[0] if messages else None
    return bounded(text_of(first).strip()) if _role(first) in _SYSTEM else ""


def text_of(message: Any) -> str:
    """Give the text of a message; of what is no text, nothing."""
    content = getattr(message, "content", None)
    if isinstance(content, str):
        return content
    return "\n".join(_texts(content)) if isinstance(content, list) else ""


def bounded(text: str) -> str:
    """Cut the middle out of a long text."""
    return text if len(text) <= _BEGIN + _END else f"{text[:_BEGIN]} ... {text[-_END:]}"


def _humans_before(messages: Sequence[BaseMessage], end: int) -> Iterator[int]:
    return (index for index in range(end - 1, -1, -1) if _role(messages[index]) in _HUMAN)


def _role(message: Any) -> Any:
    """Tell who speaks; a `ChatMessage` has a role of its own."""
    kind = getattr(message, "type", None)
    return getattr(message, "role", None) if kind == "chat" else kind


def _texts(blocks: list[Any]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, str):
            yield block
        elif isinstance(block, dict) and block.get("type") in _TEXTS and isinstance(text := block.get("text"), str):
            yield text


def _has_image(message: Any) -> bool:
    content = getattr(message, "content", None)
    return isinstance(content, list) and any(isinstance(block, dict) and _is_image(block) for block in content)


def _is_image(block: Mapping[str, Any]) -> bool:
    if block.get("type") in _PICTURES:
        return True
    mime_type = block.get("mime_type") or block.get("media_type")
    return isinstance(mime_type, str) and mime_type.startswith(("image/", "video/"))
