"""Counts the tokens of a prompt: text, tools, pictures, sound, files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.conversation import parts_of
from langchain_openrouter.emulator.answering.media import bytes_of_base64
from langchain_openrouter.emulator.answering.tokens import (
    AUDIO_BYTES_PER_TOKEN,
    IMAGE_TOKENS,
    MESSAGE_OVERHEAD,
    PDF_TOKENS,
    VIDEO_TOKENS,
    Tokenizer,
    count_json,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FIXED = {"image_url": IMAGE_TOKENS, "file": PDF_TOKENS}


@dataclass(frozen=True, slots=True)
class PromptCount:
    """Tokens of a prompt by what they are; `total` is all of them."""

    text: int
    tools: int
    audio: int
    video: int

    @property
    def total(self) -> int:
        """Give all tokens."""
        return self.text + self.tools + self.audio + self.video


def count_prompt(request: Mapping[str, Any], tokenizer: Tokenizer) -> PromptCount:
    """Count the tokens of a chat request."""
    messages = request["messages"]
    blocks = [part for message in messages for part in parts_of(message.get("content"))]
    text = sum(_message_tokens(message, tokenizer) for message in messages)
    tools = count_json(request["tools"], tokenizer) if request.get("tools") else 0
    form = request.get("response_format") or {}
    if form.get("json_schema"):
        tools += count_json(form["json_schema"], tokenizer)
    audio = sum(_audio_tokens(part) for part in blocks)
    video = sum(VIDEO_TOKENS for part in blocks if "video" in part["type"])
    return PromptCount(text, tools, audio, video)


def count_blocks(blocks: Sequence[Mapping[str, Any]], tokenizer: Tokenizer) -> int:
    """Count content blocks, or tools, of a cached prefix."""
    return sum(_block_tokens(block, tokenizer) for block in blocks)


def _message_tokens(message: Mapping[str, Any], tokenizer: Tokenizer) -> int:
    content = message.get("content")
    if isinstance(content, str):
        tokens = len(tokenizer(content))
    else:
        tokens = sum(_block_tokens(part, tokenizer) for part in parts_of(content))
    tokens += sum(count_json(call, tokenizer) for call in message.get("tool_calls") or ())
    tokens += len(tokenizer(message.get("reasoning") or ""))
    return tokens + MESSAGE_OVERHEAD


def _block_tokens(block: Mapping[str, Any], tokenizer: Tokenizer) -> int:
    kind = block.get("type")
    if kind == "text":
        return len(tokenizer(block.get("text") or ""))
    if kind == "function":
        return count_json(block, tokenizer)
    return _FIXED.get(str(kind), 0)


def _audio_tokens(block: Mapping[str, Any]) -> int:
    if block["type"] != "input_audio":
        return 0
    size = bytes_of_base64((block.get("input_audio") or {}).get("data") or "")
    return max(size // AUDIO_BYTES_PER_TOKEN, 1)
