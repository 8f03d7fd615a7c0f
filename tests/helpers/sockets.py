"""A server of plain sockets on this machine, for what no well-behaved server does."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from langchain_openrouter import ChatOpenRouter
from tests.helpers.fake import KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    Script = Callable[["Connection"], None]


class Connection:
    """One connection of a client, whose request has been read."""

    def __init__(self, peer: socket.socket, closing: threading.Event) -> None:
        self._peer = peer
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._peer.sendall(data)

    def headers(self, kind: str = "text/event-stream") -> None:
        """Send the head of a response of any length."""
        self.send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())

    def drip(self, data: bytes, every: float = 0.02) -> None:
        """Send bytes again and again until the client leaves or the server closes."""
        while not self._closing.wait(every):
            self.send(data)

    def stall(self) -> None:
        """Send nothing until the client leaves or the server closes."""
        self._peer.settimeout(0.02)
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                if not self._peer.recv(1000):
                    return


def answering(body: bytes) -> Callable[[Connection], None]:
    """Give a script that answers every request of a connection with the same JSON."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def script(connection: Connection) -> None:
        connection.send(answer)
        while b"GET" in connection._peer.recv(10_000):
            connection.send(answer)

    return script


class RawServer:
    """Runs a script for every connection, in a thread of its own, after the request has come.

    Args:
        script: What to do with a connection.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self.connections = 0
        self.requests = 0
        self.left = threading.Event()
        """Set when a client has closed a connection, or when a script has come to its end."""

    @property
    def url(self) -> str:
        """The base URL of the server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    def model(self, **fields: Any) -> ChatOpenRouter:
        """Make a model that talks to this server through the shared connections."""
        own: dict[str, Any] = {"model": MODEL, "api_key": KEY, "base_url": self.url, "max_retries": 0}
        own["model_validation"] = "off"  # no catalog knows a model that is made up
        return ChatOpenRouter(**{**own, **fields})

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            peer.settimeout(0.02)
            if self._read_request(peer):
                self.requests += 1
                peer.settimeout(5)
                self._script(Connection(peer, self._closing))
        self.left.set()

    def _read_request(self, peer: socket.socket) -> bool:
        data = b""
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                piece = peer.recv(65536)
                if not piece:
                    return False
                data += piece
                if complete(data):
                    return True
        return False


def complete(data: bytes) -> bool:
    """Say whether a whole request has come."""
    head, found, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and (not lengths or len(body) >= int(lengths[0].partition(b":")[2]))


def elapsed(since: float) -> float:
    """Give the seconds since a time of `time.monotonic`."""
    return time.monotonic() - since
