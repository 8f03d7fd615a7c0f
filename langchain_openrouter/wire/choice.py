"""One choice of a streamed answer: its deltas as chunks that add up to the message it would have been unstreamed.

LangChain adds chunks by rules of its own: texts are joined, numbers added, lists of objects merged by `index`. So what
must not be added (ids, names, signed reasoning, images) is kept here and given once.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import invalid_tool_call, tool_call_chunk
from langchain_core.utils.json import parse_partial_json

from langchain_openrouter.wire.reasoning import DetailAssembler
from langchain_openrouter.wire.response import PROVIDER, choice_metadata, content_of, reasoning_text, text_or_none

if TYPE_CHECKING:
    from collections.abc import Callable

_TAGGED = {"model_provider": PROVIDER}
_PLAIN_KEYS = frozenset({"content", "role"})
_WHITE_SPACE = " \t\n\r"


class ChoiceStream:
    """The state of one choice, and its way from delta to chunk. Does no I/O."""

    __slots__ = (
        "_audio",
        "_calls",
        "_details",
        "_lists",
        "_order",
        "_reasoned",
        "finish_reason",
        "metadata",
        "started",
    )

    def __init__(self) -> None:
        self.started = False
        self.finish_reason: str | None = None
        self.metadata: dict[str, Any] = {}
        self._reasoned = False
        self._details: DetailAssembler | None = None
        self._lists: dict[str, list[Any]] = {}
        self._calls: dict[int, _CallState] = {}
        self._order: list[_CallState] = []
        self._audio: _AudioState | None = None

    def feed(self, choice: dict[str, Any]) -> AIMessageChunk | None:
        """Take a choice of a stream chunk.

        Returns:
            What is new in it, or `None` where nothing is (a role, a finish reason, an empty text).
        """
        if choice.get("finish_reason") and self.finish_reason is None:
            self.finish_reason = choice["finish_reason"]
            self.metadata.update(choice_metadata(choice))
        delta = choice.get("delta") or choice.get("message")
        logprobs = choice.get("logprobs")
        if not isinstance(delta, dict):
            delta = {}
        content = delta.get("content") or ""
        if not isinstance(content, str):
            content = content_of(delta)
        if not logprobs and delta.keys() <= _PLAIN_KEYS:
            return AIMessageChunk(content=content, response_metadata=_TAGGED.copy()) if content else None
        chunk = self._chunk(delta, content)
        if logprobs:
            chunk = chunk or AIMessageChunk(content="", response_metadata=_TAGGED.copy())
            chunk.response_metadata["logprobs"] = logprobs
        return chunk

    @property
    def holds_back(self) -> bool:
        """Whether `finish` has more to tell than how the answer ended."""
        return self._details is not None or bool(self._lists)

    def finish(self) -> AIMessageChunk:
        """Give what is said once: the reasoning details, images, annotations, the finish reason."""
        extras: dict[str, Any] = dict(self._lists)
        if self._details is not None:
            extras["reasoning_details"] = self._details.finish()
            if self._reasoned:  # the text was said: no reader need take it from the details once more
                extras["reasoning_content"] = ""
        if self._audio is not None and (rest := self._audio.finish()):
            extras["audio"] = rest
        metadata = {**_TAGGED, **self.metadata}
        if self.finish_reason is not None:
            metadata["finish_reason"] = self.finish_reason
        return AIMessageChunk(content="", additional_kwargs=extras, response_metadata=metadata)

    def close_calls(self) -> AIMessageChunk | None:
        """Give what makes the tool calls right once they are complete.

        A call without an id gets one: its result could not be sent back otherwise. Arguments that were cut off are made
        unreadable: LangChain would complete them to valid JSON, and an agent would run the tool with half of what was
            meant.
        """
        closing = [
            tool_call_chunk(
                index=call.position,
                id=None if call.has_id else f"call_{call.position}",
                args=unreadable_ending("".join(call.arguments)),
            )
            for call in self._order
        ]
        closing = [call for call in closing if call["id"] or call["args"]]
        if not closing:
            return None
        return AIMessageChunk(content="", response_metadata=_TAGGED.copy(), tool_call_chunks=closing)

    def _chunk(self, delta: dict[str, Any], content: str | list[Any]) -> AIMessageChunk | None:
        extras: dict[str, Any] = {}
        calls: list[dict[str, Any]] = []
        for key, value in delta.items():
            if not value or key in _PLAIN_KEYS:
                continue
            if key in {"reasoning", "reasoning_content"}:
                extras["reasoning_content"] = reasoning_text(value)
                self._reasoned = True
            elif key == "reasoning_details":
                self._details = self._details or DetailAssembler()
                self._details.add(value if isinstance(value, list) else [])
            elif key == "tool_calls":
                raw_calls = value if isinstance(value, list) else ()
                calls = [call for raw in raw_calls if (call := self._call(raw)) is not None]
            elif key == "audio" and isinstance(value, dict):
                self._audio = self._audio or _AudioState()
                extras["audio"] = self._audio.feed(value)
            elif isinstance(value, str):
                extras[key] = value
            else:
                self._keep(key, value)
        if not (content or extras or calls):
            return None
        return _message_chunk(content, extras, calls)

    def _keep(self, key: str, value: Any) -> None:
        self._lists.setdefault(key, []).extend(value if isinstance(value, list) else [value])

    def _call(self, raw: Any) -> dict[str, Any] | None:
        """Give a fragment of a tool call, with name and id only where they are said first."""
        if not isinstance(raw, dict) or not isinstance(raw.get("function") or {}, dict):
            return None
        function = raw.get("function") or {}
        name, arguments = text_or_none(function.get("name")), function.get("arguments")
        call_id = text_or_none(raw.get("id"))
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments)
        call = self._state_of(whole_index(raw.get("index")), call_id, name)
        fragment = tool_call_chunk(
            index=call.position,
            name=name if name and call.is_new_name(name) else None,
            id=call_id if call_id and not call.has_id else None,
            args=arguments,
        )
        call.take(call_id, name, arguments)
        return fragment  # type: ignore[return-value]  # a TypedDict is a dict

    def _state_of(self, index: int | None, call_id: Any, name: Any) -> _CallState:
        """Find the call that a fragment continues, also where a provider leaves out or reuses the index."""
        last = self._order[-1] if self._order else None
        call = last if index is None else self._calls.get(index)
        if call is None or (call_id and call.id and call_id != call.id):
            return self._new_call(index)
        if index is None and not call_id and name and call.name:
            return self._new_call(index)
        return call

    def _new_call(self, index: int | None) -> _CallState:
        call = _CallState(position=len(self._order))
        self._order.append(call)
        if index is not None:
            self._calls[index] = call
        return call


class _CallState:
    """What has been said of one tool call."""

    __slots__ = ("arguments", "id", "name", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self.id: str | None = None
        self.name = ""
        self.arguments: list[str] = []

    @property
    def has_id(self) -> bool:
        return self.id is not None

    def is_new_name(self, name: str) -> bool:
        """Say whether a name is said for the first time, or goes on; most providers that say one again repeat it."""
        return not self.name or (name != self.name and not self.arguments)

    def take(self, call_id: str | None, name: str | None, arguments: str | None) -> None:
        self.id = self.id or call_id or None
        if name and self.is_new_name(name):
            self.name += name
        if arguments:
            self.arguments.append(arguments)


class _AudioState:
    """The audio of an answer: its pieces re-cut so that their base64 texts can be joined, its id said once."""

    __slots__ = ("_carry", "_said")

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._carry = b""

    def feed(self, audio: dict[str, Any]) -> dict[str, Any]:
        delta: dict[str, Any] = {}
        for key, value in audio.items():
            if key == "data" and isinstance(value, str):
                delta["data"] = self._joinable(value)
            elif key == "transcript":
                delta[key] = value
            elif key not in self._said:
                self._said.add(key)
                delta[key] = value
        return delta

    def finish(self) -> dict[str, Any]:
        rest, self._carry = self._carry, b""
        return {"data": base64.b64encode(rest).decode()} if rest else {}

    def _joinable(self, data: str) -> str:
        if not self._carry and not data.endswith("=") and len(data) % 4 == 0:
            return data
        whole = self._carry + base64.b64decode(data + "=" * (-len(data) % 4))
        cut = len(whole) - len(whole) % 3
        self._carry = whole[cut:]
        return base64.b64encode(whole[:cut]).decode()


def whole_index(index: Any) -> int | None:
    """Read an index, which some providers write as a float or a text; `None` where it is none."""
    try:
        return None if index is None else int(index)
    except (OverflowError, TypeError, ValueError):
        return None


def unreadable_ending(arguments: str) -> str | None:
    """Give the shortest ending that keeps LangChain from reading cut-off arguments as whole ones.

    `None` where they are whole. When chunks are added up, LangChain closes open strings and brackets by itself. A
    closing bracket of the wrong kind is what it does not forgive.
    """
    if not arguments or isinstance(_read(json.loads, arguments), dict):
        return None
    endings = ("", "]", "}", '"]', '"}', '\\"]', '\\"}')
    unreadable = (end for end in endings if not isinstance(_read(parse_partial_json, arguments + end), dict))
    return next(unreadable, None) or None


def _read(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text, strict=False)  # type: ignore[call-arg]
    except ValueError:
        return None


def _message_chunk(content: str | list[Any], extras: dict[str, Any], calls: list[dict[str, Any]]) -> AIMessageChunk:
    """Build the chunk that the constructor would build, without its attempts to parse every fragment as JSON.

    A fragment that does not open an object can only be an invalid tool call, which the constructor finds out by parsing
    it once for each of its characters.
    """
    if not calls or any(not call["args"] or call["args"].lstrip(_WHITE_SPACE).startswith("{") for call in calls):
        return AIMessageChunk(
            content=content,
            additional_kwargs=extras,
            response_metadata=_TAGGED.copy(),
            tool_call_chunks=calls,  # type: ignore[arg-type]
        )
    chunk = AIMessageChunk(content=content, additional_kwargs=extras, response_metadata=_TAGGED.copy())
    chunk.tool_call_chunks = calls  # type: ignore[assignment]
    chunk.invalid_tool_calls = [
        invalid_tool_call(name=call["name"], args=call["args"], id=call["id"], error=None) for call in calls
    ]
    return chunk
