"""Checks the messages of a chat request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.failing.errors import bad_request, wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROLES = ("system", "user", "assistant", "tool", "developer")
_NEEDED = {
    "text": ("text", str),
    "image_url": ("image_url", dict),
    "input_audio": ("input_audio", dict),
    "video_url": ("video_url", dict),
    "input_video": ("video_url", dict),
    "file": ("file", dict),
}
_INNER = {
    "image_url": ("url",),
    "input_audio": ("data", "format"),
    "video_url": ("url",),
    "input_video": ("url",),
}
_TTLS = (None, "5m", "1h")


def check_messages(messages: Any) -> None:
    """Check the messages of a request.

    Raises:
        ApiError: 400, naming the message and the block.
    """
    if not isinstance(messages, list):
        raise wrong_type("messages", "array", messages)
    if not messages:
        raise bad_request("messages: Too small: expected array to have >=1 items")
    for index, message in enumerate(messages):
        _check_message(f"messages.{index}", message)
    _check_tool_answers(messages)


def _check_message(name: str, message: Any) -> None:
    if not isinstance(message, dict):
        raise wrong_type(name, "object", message)
    role = message.get("role")
    if role not in ROLES:
        listed = "|".join(f'"{one}"' for one in ROLES)
        raise bad_request(f"{name}.role: Invalid option: expected one of {listed}")
    _check_content(f"{name}.content", message, str(role))
    if message.get("name") is not None and not isinstance(message["name"], str):
        raise wrong_type(f"{name}.name", "string", message["name"])
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise wrong_type(f"{name}.tool_call_id", "string", message.get("tool_call_id"))
    if role == "assistant":
        _check_calls(f"{name}.tool_calls", message.get("tool_calls"))
        _check_details(f"{name}.reasoning_details", message.get("reasoning_details"))


def _check_content(name: str, message: Mapping[str, Any], role: str) -> None:
    content = message.get("content")
    if content is None and role == "assistant":
        return
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(name, "string or array", content)
    for index, block in enumerate(content):
        _check_block(f"{name}.{index}", block)


def _check_block(name: str, block: Any) -> None:
    if not isinstance(block, dict):
        raise wrong_type(name, "object", block)
    kind = block.get("type")
    if kind not in _NEEDED:
        listed = "|".join(f'"{one}"' for one in _NEEDED)
        raise bad_request(f"{name}.type: Invalid option: expected one of {listed}, received {kind!r}")
    key, expected = _NEEDED[kind]
    if not isinstance(block.get(key), expected):
        word = "string" if expected is str else "object"
        raise wrong_type(f"{name}.{key}", word, block.get(key))
    for inner in _INNER.get(kind, ()):
        if not isinstance(block[key].get(inner), str):
            raise wrong_type(f"{name}.{key}.{inner}", "string", block[key].get(inner))
    if kind == "image_url" and not _is_address(block[key]["url"]):
        raise bad_request(f"{name}.image_url.url: Invalid image URL. Expected a URL or a data URL")
    if kind == "file" and not (block[key].get("file_data") or block[key].get("file_id")):
        raise bad_request(f"{name}.file: Either file_data or file_id is required")
    _check_cache(f"{name}.cache_control", block.get("cache_control"))


def _is_address(url: str) -> bool:
    return url.startswith(("http://", "https://", "data:image/"))


def _check_cache(name: str, control: Any) -> None:
    if control is None:
        return
    fine = isinstance(control, dict) and control.get("type") == "ephemeral"
    if not fine or control.get("ttl") not in _TTLS:
        raise bad_request(f'{name}: Invalid input: expected {{"type": "ephemeral"}}')


def _check_calls(name: str, calls: Any) -> None:
    if calls is None:
        return
    if not isinstance(calls, list):
        raise wrong_type(name, "array", calls)
    for index, call in enumerate(calls):
        place = f"{name}.{index}"
        if not isinstance(call, dict):
            raise wrong_type(place, "object", call)
        if call.get("type") != "function":
            raise bad_request(f'{place}.type: Invalid input: expected "function"')
        if not isinstance(call.get("id"), str):
            raise wrong_type(f"{place}.id", "string", call.get("id"))
        function = call.get("function")
        if not isinstance(function, dict):
            raise wrong_type(f"{place}.function", "object", function)
        for key in ("name", "arguments"):
            if not isinstance(function.get(key), str):
                raise wrong_type(f"{place}.function.{key}", "string", function.get(key))


def _check_details(name: str, details: Any) -> None:
    if details is None:
        return
    if not isinstance(details, list):
        raise wrong_type(name, "array", details)
    needed = {"reasoning.summary": "summary", "reasoning.encrypted": "data"}
    for index, detail in enumerate(details):
        place = f"{name}.{index}"
        if not isinstance(detail, dict) or not isinstance(detail.get("type"), str):
            raise wrong_type(f"{place}.type", "string", None)
        key = needed.get(detail["type"])
        if key and not isinstance(detail.get(key), str):
            raise wrong_type(f"{place}.{key}", "string", detail.get(key))


def _check_tool_answers(messages: Sequence[Mapping[str, Any]]) -> None:
    """Every tool message must answer a call of the assistant before it."""
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        if message["role"] == "assistant":
            open_calls |= {call["id"] for call in message.get("tool_calls") or ()}
        elif message["role"] == "tool" and message["tool_call_id"] not in open_calls:
            raise bad_request(
                f"messages.{index}.tool_call_id: no tool call with id "
                f"`{message['tool_call_id']}` in an earlier assistant message. messages with role "
                "'tool' must be a response to a preceeding message with 'tool_calls'."
            )
