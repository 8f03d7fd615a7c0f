"""How many tokens a prompt may have: a range, since each model has a tokenizer of its own and none is here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import BaseMessage

__all__ = ["IMAGES", "TokenRange", "as_messages", "count_prompt", "holds_audio"]


@dataclass(frozen=True, slots=True)
class TokenRange:
    """So many tokens at least, probably, and at most; ``None`` where nothing but the model's window is a limit."""

    low: int
    expected: int
    high: int | None


_BYTES_PER_TOKEN = (8, 4, 2)
"""Of the range's three numbers: plain English has more than four, code and most other scripts less."""

_PER_REQUEST = (0, 4, 50)
"""Tokens that a provider puts around every prompt."""

_PER_MESSAGE = (0, 4, 12)
"""Tokens that mark a message's begin, role and end."""

_FOR_TOOLS = (0, 50, 700)
"""Tokens of the instructions that a provider adds when there are tools."""

_PER_IMAGE = (60, 1000, 40_000)
"""Tokens of an image. Most models count some hundreds; small ones of OpenAI multiply them, to tens of thousands."""

_PER_MEDIUM = (1, 2000, None)
"""Tokens of an audio, a video or a file, whose length its bytes do not tell."""

IMAGES = frozenset({"image", "image_url", "input_image"})
_ANSWERS = frozenset({"ai", "AIMessageChunk"})
_AUDIO = frozenset({"audio", "input_audio"})
_TEXTS = frozenset({"text", "text-plain", "input_text", "tool_use", "tool_call", "refusal"})
_THOUGHTS = frozenset({"reasoning", "thinking"})


def count_prompt(prompt: LanguageModelInput, tools: Sequence[Any] | None = None) -> TokenRange:
    """Count the tokens of a prompt, about.

    Args:
        prompt: Whatever a chat model can be invoked with.
        tools: Tools that are sent along, in any form that LangChain takes.

    Example:
        >>> count_prompt("How are you today?")
        TokenRange(low=2, expected=12, high=71)
    """
    return count_messages(as_messages(prompt), tools)


def count_messages(messages: Sequence[BaseMessage], tools: Sequence[Any] | None = None) -> TokenRange:
    """Count the tokens of messages, about; see `count_prompt`."""
    counted = _Counted()
    for message in messages:
        counted.add(message)
    said = counted.said + sum(map(len, _schemas(tools or ())))
    # Providers may leave out what a model thought in an earlier turn.
    sizes = (said, said + counted.thought, said + counted.thought)
    low, expected, high = (
        size // per_token
        + around
        + per_message * len(messages)
        + (for_tools if tools else 0)
        + per_image * counted.images
        for size, per_token, around, per_message, for_tools, per_image in zip(
            sizes, _BYTES_PER_TOKEN, _PER_REQUEST, _PER_MESSAGE, _FOR_TOOLS, _PER_IMAGE, strict=True
        )
    )
    least, likely, _ = _PER_MEDIUM
    media = counted.media
    return TokenRange(low + least * media, expected + likely * media, None if media else high)


@dataclass(slots=True)
class _Counted:
    """What messages hold: bytes of what is said and of what was thought, images, and other media."""

    said: int = 0
    thought: int = 0
    images: int = 0
    media: int = 0

    def add(self, message: BaseMessage) -> None:
        if isinstance(message.content, str):
            self.said += _bytes(message.content)
            thoughts: list[Any] = []
        else:
            thoughts = list(self._add_blocks(message))
        # Messages of the newer form hold their thoughts twice.
        for thought in thoughts or [message.additional_kwargs.get("reasoning_content")]:
            self.thought += _bytes(thought) if isinstance(thought, str) else 0
        # Only answers have calls; to ask other messages for them takes longer than to count their text.
        for call in getattr(message, "tool_calls", ()) if message.type in _ANSWERS else ():
            self.said += len(_as_json(call))

    def _add_blocks(self, message: BaseMessage) -> Iterator[Any]:
        """Count the blocks of a message; give what was thought."""
        for block in _blocks(message):
            kind = block.get("type")
            if kind in _TEXTS:
                self.said += _bytes(_text(block))
            elif kind in _THOUGHTS:
                yield block.get("reasoning") or block.get("thinking")
            elif kind in IMAGES:
                self.images += 1
            else:
                self.media += 1


def holds_audio(prompt: LanguageModelInput) -> bool:
    """Say whether there is sound in a prompt, which may cost more by the token."""
    return any(block.get("type") in _AUDIO for message in as_messages(prompt) for block in _blocks(message))


def as_messages(prompt: LanguageModelInput) -> list[BaseMessage]:
    """Give a prompt as messages, whatever its form."""
    from langchain_core.messages import BaseMessage, convert_to_messages
    from langchain_core.prompt_values import PromptValue

    if isinstance(prompt, PromptValue):
        return prompt.to_messages()
    if isinstance(prompt, (str, BaseMessage)):
        return convert_to_messages([prompt])
    # A message of the API that calls tools may leave its content out.
    return convert_to_messages([{"content": "", **each} if isinstance(each, dict) else each for each in prompt])


def _blocks(message: BaseMessage) -> Iterable[dict[str, Any]]:
    content = message.content
    for block in [content] if isinstance(content, str) else content:
        yield {"type": "text", "text": block} if isinstance(block, str) else block


def _text(block: dict[str, Any]) -> str:
    text = block.get("text")
    return text if isinstance(text, str) else json.dumps(block, ensure_ascii=False, default=str)


def _as_json(value: Any) -> bytes:
    return to_json(value, fallback=str)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _schemas(tools: Iterable[Any]) -> Iterable[bytes]:
    from langchain_core.utils.function_calling import convert_to_openai_tool

    for tool in tools:
        schema = tool if isinstance(tool, dict) else convert_to_openai_tool(tool)
        yield _as_json(schema)
