"""Makes HTTP responses of answers, errors and faults."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from langchain_openrouter.emulator.failing.breaking import (
    BODY_BREAKERS,
    KEEPALIVE,
    Pause,
    body_steps,
    error_of,
    json_bytes,
    stream_steps,
)
from langchain_openrouter.emulator.failing.errors import USER_ID, ApiError
from langchain_openrouter.emulator.failing.odd import odd_calls, odd_fields
from langchain_openrouter.emulator.serving.conditional import entity_tag, is_known
from langchain_openrouter.emulator.serving.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from langchain_openrouter.emulator.failing.faults import Fault
    from langchain_openrouter.emulator.services.stream import Event

_JSON = "application/json"
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def json_response(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Give a JSON response in one piece."""
    return Response(json_bytes(body), status, dict(headers or {}), _JSON)


def error_response(error: ApiError) -> Response:
    """Give the response of a refusal."""
    return json_response(error.body(), error.status, error.headers)


@dataclass(frozen=True, slots=True)
class Sender:
    """Makes responses that go out step by step.

    Args:
        delay: Seconds between two chunks.
        on_leave: Called when a client leaves before the end.
    """

    delay: float
    on_leave: Callable[[], None]

    def whole(
        self,
        body: dict[str, Any],
        fault: Fault | None,
        headers: Mapping[str, str] | None = None,
        *,
        is_generated: bool = False,
    ) -> Response:
        """Send a JSON body, broken as a fault says; a model's answer after white space."""
        start = KEEPALIVE * 2 if is_generated else b""
        steps = body_steps(start + json_bytes(_spoilt(body, fault)), fault)
        return Delivery(
            steps,
            headers={"content-type": _JSON, **(headers or {})},
            before=_before(fault),
            on_leave=self.on_leave,
        )

    def tagged(self, body: dict[str, Any], fault: Fault | None, if_none_match: str | None) -> Response:
        """Send a JSON body with its `ETag`, or status 304 to a client that has it.

        A fault that breaks bodies comes with the body in any case: nothing cannot be broken.
        """
        headers = {"etag": entity_tag(json_bytes(body))}
        is_broken = fault is not None and fault.kind in BODY_BREAKERS
        if is_broken or not is_known(headers["etag"], if_none_match):
            return self.whole(body, fault, headers)
        return Delivery((), status=304, headers=headers, before=_before(fault), on_leave=self.on_leave)

    def stream(self, events: Iterable[Event], fault: Fault | None, headers: Mapping[str, str]) -> Response:
        """Send a stream of events, broken as a fault says."""
        return Delivery(
            stream_steps(events, fault),
            headers={"content-type": "text/event-stream", "cache-control": "no-cache", **headers},
            before=_before(fault),
            delay=self.delay,
            on_leave=self.on_leave,
        )

    def fault(self, fault: Fault) -> Response:
        """Send what a fault answers instead of the model."""
        status = 200 if fault.kind == "error_in_200" else fault.status
        body: bytes = json_bytes({"error": error_of(fault), "user_id": USER_ID})
        content_type = fault.content_type
        if fault.kind == "html":
            content_type = "text/html; charset=utf-8"
            body = (fault.body or _PAGE.format(f"{status} {fault.message}")).encode()
        elif fault.body is not None:
            body = fault.body.encode()
        headers = {}
        if fault.retry_after is not None:
            headers["retry-after"] = str(fault.retry_after)
        return Response(body, status, headers, content_type)


def _before(fault: Fault | None) -> Pause | None:
    return Pause(fault.seconds) if fault and fault.kind == "slow_headers" else None


def _spoilt(body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """Change a body as those faults do that concern more than its delivery."""
    if fault is None or "choices" not in body:
        return body
    changes: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "empty": lambda one: one | {"choices": []},
        "odd_fields": odd_fields,
        "odd_calls": lambda one: odd_calls(one, {}),
        "midstream_error": lambda one: _with_error(one, fault),
    }
    change = changes.get(fault.kind)
    return change(body) if change else body


def _with_error(body: dict[str, Any], fault: Fault) -> dict[str, Any]:
    body = copy.deepcopy(body)
    choice = body["choices"][0]
    choice["finish_reason"] = None if fault.form == "null_finish" else "error"
    if fault.form == "choice_error":
        choice["error"] = error_of(fault)
    else:
        body["error"] = error_of(fault)
    if fault.form == "no_choices":
        body["choices"] = []
    return body
