"""Breaks good answers: turns events and bodies into the steps of a faulty delivery."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.failing.odd import odd_calls, odd_fields
from langchain_openrouter.emulator.services.stream import COMMENT, DONE, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from langchain_openrouter.emulator.failing.faults import Fault

KEEPALIVE = b"\n         \n"
KEEPALIVE_SECONDS = 0.1
_COST_FACTOR = 2

BODY_BREAKERS: frozenset[str] = frozenset({"keepalive", "stall", "cut", "end_early"})
"""Kinds that change how any body arrives, not only a model's answer."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait in seconds; `None` waits until the client leaves."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection drops here."""


Step = bytes | Pause | Cut


def json_bytes(value: object) -> bytes:
    """Write JSON as the wire has it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def body_steps(body: bytes, fault: Fault | None) -> Iterator[Step]:
    """Give the steps of a body.

    It can stall, be cut or end in the middle, or be kept waiting; other faults of streams leave it
    whole.
    """
    kind = fault.kind if fault else None
    if fault and kind == "keepalive":
        yield from _waiting(KEEPALIVE, fault.seconds)
    half = len(body) // 2
    if fault and kind in {"cut", "stall"}:
        yield body[:half]
        yield Cut() if kind == "cut" else Pause(fault.seconds)
        yield body[half:]
    elif kind == "end_early":
        yield body[:half]
    else:
        yield body


def stream_steps(events: Iterable[Event], fault: Fault | None) -> Iterator[Step]:
    """Give the steps of a stream, broken as a fault says."""
    if fault is None:
        yield from map(_encode, events)
        return
    count = 0
    opened: dict[int, dict[str, Any]] = {}
    for plain in events:
        event = _dressed(plain, fault, opened)
        is_chunk = isinstance(event, dict)
        if count == fault.after and fault.kind in {"stall", "cut", "end_early", "midstream_error"}:
            breaking = list(_break(fault, event))
            yield from breaking
            if fault.kind != "stall":
                return
        if count == 0 and is_chunk and fault.kind == "keepalive":
            yield from _waiting(f"{COMMENT}\n\n".encode(), fault.seconds)
        yield from _changed(event, fault, count)
        count += is_chunk


def _dressed(event: Event, fault: Fault, opened: dict[int, dict[str, Any]]) -> Event:
    if isinstance(event, dict) and fault.kind == "odd_fields":
        return odd_fields(event)
    if isinstance(event, dict) and fault.kind == "odd_calls":
        return odd_calls(event, opened)
    return event


def _break(fault: Fault, event: Event) -> Iterator[Step]:
    if fault.kind == "stall":
        yield Pause(fault.seconds)
    elif fault.kind == "cut":
        yield Cut()
    elif fault.kind == "midstream_error":
        chunk = event if isinstance(event, dict) else {}
        yield _encode(error_chunk(chunk, fault))
        if fault.form != "no_choices":
            yield _encode(DONE)


def _changed(event: Event, fault: Fault, count: int) -> Iterator[Step]:
    if fault.kind == "empty":
        if event == DONE:
            yield _encode(event)
        return
    if fault.kind == "garbage_line" and count == fault.after and isinstance(event, dict):
        yield b'data: {"id": "gen-garb\n\n'
    yield _encode(event)
    if not isinstance(event, dict):
        return
    if fault.kind == "duplicate_usage" and event.get("usage"):
        again = copy.deepcopy(event)
        again["usage"]["cost"] = (again["usage"].get("cost") or 0) * _COST_FACTOR
        yield _encode(again)
    if fault.kind == "duplicate_finish" and _finishes(event):
        yield _encode(event)


def _finishes(event: dict[str, Any]) -> bool:
    choices = event.get("choices") or ()
    return "usage" not in event and any(choice.get("finish_reason") for choice in choices)


def _waiting(filler: bytes, seconds: float | None) -> Iterator[Step]:
    if seconds is None:
        while True:
            yield filler
            yield Pause(KEEPALIVE_SECONDS)
    for _ in range(max(round(seconds / KEEPALIVE_SECONDS), 1)):
        yield filler
        yield Pause(KEEPALIVE_SECONDS)


def _encode(event: Event) -> bytes:
    if isinstance(event, str):
        return f"{event}\n\n".encode()
    return b"data: " + json_bytes(event) + b"\n\n"


def error_of(fault: Fault) -> dict[str, Any]:
    """Give the `error` object of a fault."""
    code: int | str = "server_error" if fault.form == "string_code" else fault.status
    error: dict[str, Any] = {"code": code, "message": fault.message}
    metadata = dict(fault.metadata or {})
    if fault.error_type:
        metadata["error_type"] = fault.error_type
    if metadata:
        error["metadata"] = metadata
    return error


def error_chunk(chunk: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """Give the chunk that reports an error in the middle of a stream."""
    if "choices" not in chunk:
        return {"type": "error", **error_of(fault), "param": None, "sequence_number": 0}
    base = {key: value for key, value in chunk.items() if key not in {"choices", "usage"}}
    choice: dict[str, Any] = {
        "index": 0,
        "delta": {"role": "assistant", "content": ""},
        "finish_reason": None if fault.form == "null_finish" else "error",
        "native_finish_reason": None,
    }
    if fault.form == "choice_error":
        return base | {"choices": [choice | {"error": error_of(fault)}]}
    choices = [] if fault.form == "no_choices" else [choice]
    return base | {"error": error_of(fault), "choices": choices}
