"""LangChain messages as the messages of OpenRouter's chat API (`ChatMessages` of its API description)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_openrouter.wire.content import Block, to_part, to_parts
from langchain_openrouter.wire.reasoning import details_of_blocks, joined_fragments

if TYPE_CHECKING:
    from collections.abc import Sequence

Message = dict[str, Any]

_TEXT_ONLY_ROLES = frozenset({"developer", "system"})
_REASONING_BLOCKS = frozenset({"reasoning", "redacted_thinking", "thinking"})
_TOOL_BLOCKS = frozenset({"function_call", "invalid_tool_call", "tool_call", "tool_call_chunk", "tool_use"})
_SERVER_BLOCKS = frozenset({"server_tool_call", "server_tool_call_chunk", "server_tool_result"})
_PASSED_ON = ("annotations", "audio", "images", "refusal")
"""What an assistant message carries beside its content, under the same name on the wire and in `additional_kwargs`."""


def to_wire(messages: Sequence[BaseMessage]) -> list[Message]:
    """Convert a conversation.

    Args:
        messages: LangChain messages of any kind but `FunctionMessage`, which the API no longer knows.

    Returns:
        Messages for the wire. One message can become two: images in a system message follow it in a user message, since
        the API takes only text there.

    Raises:
        TypeError: A message is of a kind that has no role in the API.
        ValueError: A content block carries no data.
    """
    wire: list[Message] = []
    for message in messages:
        wire.extend(_converted(message))
    return wire


def _converted(message: BaseMessage) -> list[Message]:
    if isinstance(message, HumanMessage):
        return _of_user(message)
    if isinstance(message, AIMessage):
        return [_of_assistant(message)]
    if isinstance(message, ToolMessage):
        content = _content(message.content)
        return [_named(message, {"role": "tool", "content": content, "tool_call_id": message.tool_call_id})]
    if isinstance(message, SystemMessage):
        return _of_system(message, message.additional_kwargs.get("__openai_role__", "system"))
    if isinstance(message, ChatMessage):
        if message.role in _TEXT_ONLY_ROLES:
            return _of_system(message, message.role)
        return [_named(message, {"role": message.role, "content": _content(message.content)})]
    msg = (
        f"Got unknown type {message}. OpenRouter takes human, AI, system, tool and chat messages; for the result of a "
        "function call use `ToolMessage`."
    )
    raise TypeError(msg)


def _named(message: BaseMessage, wire: Message) -> Message:
    name = message.name or message.additional_kwargs.get("name")
    if name:
        wire["name"] = name
    return wire


def _content(content: str | list[Any]) -> str | list[Block]:
    return content if isinstance(content, str) else to_parts(content)


def _of_system(message: BaseMessage, role: str) -> list[Message]:
    content = _content(message.content)
    if isinstance(content, str):
        return [_named(message, {"role": role, "content": content})]
    texts = [part for part in content if part.get("type") == "text"]
    media = [part for part in content if part.get("type") != "text"]
    system = _named(message, {"role": role, "content": texts})
    if not media:
        return [system]
    user = {"role": "user", "content": media}
    return [system, user] if texts else [user]


def _of_user(message: HumanMessage) -> list[Message]:
    content = message.content
    if isinstance(content, str):
        return [_named(message, {"role": "user", "content": content})]
    results = [block for block in content if isinstance(block, dict) and block.get("type") == "tool_result"]
    if not results:
        return [_named(message, {"role": "user", "content": to_parts(content)})]
    rest = [block for block in content if not (isinstance(block, dict) and block.get("type") == "tool_result")]
    tools = [_of_tool_result(block) for block in results]
    return [*tools, _named(message, {"role": "user", "content": to_parts(rest)})] if rest else tools


def _of_tool_result(block: Block) -> Message:
    """Convert a result of Anthropic's dialect, which stands in a user message there."""
    content = block.get("content") or ""
    return {"role": "tool", "content": _content(content), "tool_call_id": str(block.get("tool_use_id", ""))}


def _of_assistant(message: AIMessage) -> Message:
    extra = message.additional_kwargs
    wire: Message = {"role": "assistant", "content": message.content}
    if isinstance(message.content, list):
        _set_blocks(wire, message.content)
    calls = _tool_calls(message)
    if calls:
        wire["tool_calls"] = calls
    if calls and not wire["content"]:
        wire["content"] = None
    if "reasoning_content" in extra:
        wire["reasoning"] = extra["reasoning_content"]
    if "reasoning_details" in extra:
        wire["reasoning_details"] = joined_fragments(extra["reasoning_details"])
    for key in _PASSED_ON:
        if extra.get(key) is not None:
            wire[key] = extra[key]
    if (audio := wire.get("audio")) and audio.get("id"):
        wire["audio"] = {"id": audio["id"]}
    return _named(message, wire)


def _set_blocks(wire: Message, content: list[Any]) -> None:
    """Put each block of an assistant's content where the API expects it."""
    parts: list[Block] = []
    images: list[Block] = []
    reasoning: list[Block] = []
    for block in map(_unwrapped, content):
        kind = block.get("type") if isinstance(block, dict) else "text"
        if kind in _REASONING_BLOCKS:
            reasoning.append(block)
        elif kind == "refusal":
            wire["refusal"] = block.get("refusal")
        elif kind == "audio" and not str(block.get("id") or "lc_").startswith("lc_"):  # not an id made by LangChain
            wire["audio"] = {"id": block["id"]}
        elif kind not in _TOOL_BLOCKS and kind not in _SERVER_BLOCKS:
            part = to_part(block)
            (images if part.get("type") == "image_url" else parts).append(part)
    wire["content"] = parts or ""
    if annotations := [note for block in content for note in _annotations(block)]:
        wire["annotations"] = annotations
    if images:
        wire["images"] = images
    if reasoning:
        wire.update(details_of_blocks(reasoning))


def _annotations(block: Any) -> list[Any]:
    """Give what a provider noted beside a text and LangChain has no form for, such as the parse of a file."""
    notes = block.get("annotations") if isinstance(block, dict) else None
    kept = [note for note in notes or () if isinstance(note, dict) and note.get("type") == "non_standard_annotation"]
    return [note["value"] for note in kept if "value" in note]


def _unwrapped(block: Any) -> Any:
    """Take what LangChain's standard has no block for out of its wrapping."""
    wrapped = isinstance(block, dict) and block.get("type") == "non_standard" and isinstance(block.get("value"), dict)
    return block["value"] if wrapped else block


def _tool_calls(message: AIMessage) -> list[Message]:
    if message.tool_calls or message.invalid_tool_calls:
        valid = [_tool_call(call["id"], call["name"], call["args"]) for call in message.tool_calls]
        count = len(valid)
        return valid + [
            _tool_call(call["id"] or f"call_{count + position}", call["name"] or "unknown", call["args"] or "")
            for position, call in enumerate(message.invalid_tool_calls)
        ]
    raw = message.additional_kwargs.get("tool_calls")
    if raw:
        return list(raw)
    if function := message.additional_kwargs.get("function_call"):  # the form before there were tools
        return [_tool_call(None, function.get("name", ""), function.get("arguments") or "")]
    blocks = message.content if isinstance(message.content, list) else []
    used = [block for block in blocks if isinstance(block, dict) and block.get("type") == "tool_use"]
    return [_tool_call(block.get("id"), block.get("name", ""), block.get("input") or {}) for block in used]


def _tool_call(call_id: str | None, name: str, arguments: Any) -> Message:
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False, default=str)
    return {"type": "function", "id": call_id or name, "function": {"name": name, "arguments": arguments}}
