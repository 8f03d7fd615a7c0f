"""Stands before the application: reads bodies, records requests, replays recordings."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.failing.errors import too_large
from langchain_openrouter.emulator.serving.delivery import ConnectionCutError, Delivery
from langchain_openrouter.emulator.serving.sending import error_response
from langchain_openrouter.emulator.state import RecordedRequest

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from langchain_openrouter.emulator.services.replay import ReplayBook
    from langchain_openrouter.emulator.state import State

_LOGGER = logging.getLogger(__name__)
MAX_BODY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Front:
    """An ASGI application around another.

    Args:
        app: Answers what is not replayed.
        state: Where requests are recorded.
        replay: Recorded exchanges, `None` for none.
    """

    app: ASGIApp
    state: State
    replay: ReplayBook | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as an ASGI application."""
        if scope["type"] != "http":
            return
        raw = await _read(receive)
        request = _recorded(scope, raw)
        self.state.see(request)
        if len(raw) > MAX_BODY_BYTES:
            await error_response(too_large())(scope, receive, send)
            return
        exchange = self.replay.next_for(request) if self.replay else None
        if exchange is not None:
            headers = {"content-type": exchange.content_type}
            again = Delivery(
                [exchange.raw_body],
                status=exchange.status,
                headers=headers,
                on_leave=self.state.leave,
            )
            await again(scope, receive, send)
            return
        try:
            await self.app(scope, _Again(raw, receive), send)
        except ConnectionCutError:
            raise
        except Exception:
            # A bug of the emulator: the client got a 500, and the reason must not be lost.
            _LOGGER.exception("the emulator failed on %s %s", request.method, request.path)


class _Again:
    """Gives a body that was read already, then whatever else comes."""

    def __init__(self, raw: bytes, receive: Receive) -> None:
        self._raw: bytes | None = raw
        self._receive = receive

    async def __call__(self) -> Message:
        if self._raw is None:
            return await self._receive()
        raw, self._raw = self._raw, None
        return {"type": "http.request", "body": raw, "more_body": False}


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        if size <= MAX_BODY_BYTES:
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _recorded(scope: Scope, raw: bytes) -> RecordedRequest:
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    query = scope.get("query_string", b"").decode("latin-1")
    return RecordedRequest(scope["method"], scope["path"], headers, _json(raw), raw, query)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
