"""A transport that answers in this process and fails as a socket would."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.serving.delivery import ConnectionCutError

if TYPE_CHECKING:
    from types import ModuleType

    from starlette.types import ASGIApp


def asgi_transport(app: ASGIApp, library: ModuleType | None = None) -> Any:
    """Give an `ASGITransport` whose cut connections look like those of a socket.

    Args:
        app: To call.
        library: `httpx` or a library with the same classes.
    """
    http: Any = library or import_module("httpx")
    base: Any = http.ASGITransport

    class EmulatorTransport(base):  # type: ignore[misc]
        """Found at run time, since the library is the caller's choice."""

        async def handle_async_request(self, request: Any) -> Any:
            try:
                return await super().handle_async_request(request)
            except ConnectionCutError as error:
                message = "peer closed connection without sending complete message body"
                raise http.RemoteProtocolError(message, request=request) from error

    return EmulatorTransport(app=app)
