"""How many tokens a prompt may have: a range, since each model has a tokenizer of its own and none is here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    messages = as_messages(prompt)
    kinds = [block.get("type") for message in messages for block in _blocks(message)]
    said, thought = _bytes(_said(messages, tools or ())), _bytes(_thoughts(messages))
    images = sum(kind in IMAGES for kind in kinds)
    media = sum(kind not in IMAGES | _TEXTS | _THOUGHTS for kind in kinds)
    # Providers may leave out what a model thought in an earlier turn.
    sizes = (said, said + thought, said + thought)
    low, expected, high = (
        size // per_token + around + per_message * len(messages) + (for_tools if tools else 0) + per_image * images
        for size, per_token, around, per_message, for_tools, per_image in zip(
            sizes, _BYTES_PER_TOKEN, _PER_REQUEST, _PER_MESSAGE, _FOR_TOOLS, _PER_IMAGE, strict=True
        )
    )
    least, likely, _ = _PER_MEDIUM
    return TokenRange(low + least * media, expected + likely * media, None if media else high)


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


def _said(messages: Iterable[BaseMessage], tools: Iterable[Any]) -> Iterable[str]:
    for message in messages:
        yield from (_text(block) for block in _blocks(message) if block.get("type") in _TEXTS)
    yield from _calls(messages)
    yield from _schemas(tools)


def _thoughts(messages: Iterable[BaseMessage]) -> Iterable[str]:
    for message in messages:
        blocks = [block for block in _blocks(message) if block.get("type") in _THOUGHTS]
        # Messages of the newer form hold their thoughts twice.
        said = [block.get("reasoning") or block.get("thinking") for block in blocks]
        yield from filter(_is_text, said or [message.additional_kwargs.get("reasoning_content")])


def _text(block: dict[str, Any]) -> str:
    text = block.get("text")
    return text if isinstance(text, str) else json.dumps(block, ensure_ascii=False, default=str)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _bytes(texts: Iterable[str]) -> int:
    return sum(len(text.encode(errors="replace")) for text in texts)


def _calls(messages: Iterable[BaseMessage]) -> Iterable[str]:
    for message in messages:
        for call in getattr(message, "tool_calls", ()):
            yield json.dumps(call, ensure_ascii=False, default=str)


def _schemas(tools: Iterable[Any]) -> Iterable[str]:
    from langchain_core.utils.function_calling import convert_to_openai_tool

    for tool in tools:
        schema = tool if isinstance(tool, dict) else convert_to_openai_tool(tool)
        yield json.dumps(schema, ensure_ascii=False, default=str)
