"""Sends answers step by step, and notices clients that leave."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response

from langchain_openrouter.emulator.failing.breaking import Cut, Pause, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.types import Receive, Scope, Send


class ConnectionCutError(Exception):
    """Raised out of the application so that the server drops the connection."""


class Delivery(Response):
    """A response that is a sequence of bytes, pauses and cuts.

    Args:
        steps: To go through.
        status: HTTP status.
        headers: Lower-case names.
        before: Wait before the headers.
        delay: Seconds between two pieces.
        on_leave: Called when the client leaves before the end.
    """

    def __init__(
        self,
        steps: Iterable[Step],
        *,
        status: int = 200,
        headers: Mapping[str, str],
        before: Pause | None = None,
        delay: float = 0.0,
        on_leave: Callable[[], None],
    ) -> None:
        """Keep the plan; nothing is sent yet."""
        super().__init__(status_code=status)
        self._steps = steps
        self._sent_headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
        self._before = before
        self._delay = delay
        self._on_leave = on_leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, as an ASGI application."""
        del scope
        gone = asyncio.ensure_future(_left(receive))
        try:
            if not await self._send_all(send, gone):
                self._on_leave()
        finally:
            gone.cancel()

    async def _send_all(self, send: Send, gone: asyncio.Future[None]) -> bool:
        if self._before and await _wait(gone, self._before.seconds):
            return False
        start = {"status": self.status_code, "headers": self._sent_headers}
        await send({"type": "http.response.start", **start})
        for step in self._steps:
            if isinstance(step, Cut):
                raise ConnectionCutError
            if isinstance(step, Pause):
                if await _wait(gone, step.seconds):
                    return False
                continue
            await send({"type": "http.response.body", "body": step, "more_body": True})
            if await _wait(gone, self._delay):
                return False
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True


async def _wait(gone: asyncio.Future[None], seconds: float | None) -> bool:
    """Wait, and tell whether the client left meanwhile."""
    if seconds == 0:
        await asyncio.sleep(0)
    else:
        await asyncio.wait({gone}, timeout=seconds)
    return gone.done()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
