"""A TCP proxy on this machine that counts round trips, and breaks connections when it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class Proxy:
    """Stands between a client and a server on 127.0.0.1.

    Args:
        port: Port of the server.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.connections = 0
        self.turns = 0
        """How often a client said something after the server had."""
        self.loses_answer = False
        """Whether the next answer is not passed on: the connection is cut instead."""
        self.is_deaf = False
        """Whether nothing is passed on any more, and connections stay open."""

    @property
    def port(self) -> int:
        """Where clients connect to."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def cut(self) -> None:
        """Break all connections."""
        while self._sockets:
            _close(self._sockets.pop())

    def _start(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._server))
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += [client, server]
                # Whose turn it is.
                state = {"asking": False}
                self._start(self._ask, client, server, state)
                self._start(self._answer, server, client, state)

    def _ask(self, client: socket.socket, server: socket.socket, state: dict[str, bool]) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if not state["asking"]:
                    self.turns += 1
                    state["asking"] = True
                if not self.is_deaf:
                    server.sendall(data)
        _close(server)

    def _answer(self, server: socket.socket, client: socket.socket, state: dict[str, bool]) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                state["asking"] = False
                if self.loses_answer:
                    self.loses_answer = False
                    break
                client.sendall(data)
        _close(client)
        _close(server)


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
