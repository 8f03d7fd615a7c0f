"""Serves an application on a socket, from a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_START_SECONDS = 10.0
_POLL_SECONDS = 0.002


class ServerThread:
    """uvicorn in a daemon thread.

    Args:
        app: To serve.
        host: Address to listen on.
        port: Port, 0 for any free one.
    """

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        """Keep the plan; nothing is opened yet."""
        self._app, self._host, self._port = app, host, port
        self._thread: threading.Thread | None = None
        self._server: object | None = None

    def start(self) -> str:
        """Listen and serve; give the address as `http://host:port`.

        Raises:
            RuntimeError: When the server does not come up within ten seconds.
        """
        import uvicorn

        listener = _listen(self._host, self._port)
        config = uvicorn.Config(
            self._app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
        )
        server = uvicorn.Server(config)
        self._server = server
        self._thread = threading.Thread(
            target=server.run,
            kwargs={"sockets": [listener]},
            name="openrouter-emulator",
            daemon=True,
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                msg = "the emulator's server did not start"
                raise RuntimeError(msg)
            time.sleep(_POLL_SECONDS)
        port = listener.getsockname()[1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{port}"

    def stop(self) -> None:
        """Stop serving; answers that are under way are dropped."""
        import uvicorn

        if isinstance(self._server, uvicorn.Server):
            self._server.force_exit = True
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_START_SECONDS)
        self._thread = self._server = None

    def wait(self) -> None:
        """Wait until the server ends."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(1.0)


def _listen(host: str, port: int) -> socket.socket:
    """Open the socket to listen on.

    Its protocol is named because asyncio turns Nagle's algorithm off only then, without which
    each answer waits 40 ms for an acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
