"""Reads that end at a deadline, however the bytes drip in.

httpx limits the silence before the next byte, so a server that sends one byte a second could hold a caller for ever. An
asynchronous read is simply given up at the deadline. A synchronous one blocks its thread, so the limit has to reach the
socket: the network backend of our clients is wrapped, and told the deadline of the call that the thread is in.
"""

from __future__ import annotations

import threading
import time
from typing import Any

_SHORTEST = 0.001  # 0 would mean: do not wait at all


class _Deadline(threading.local):
    ends: float | None = None


_deadline = _Deadline()


class reads_until:  # noqa: N801  # used like a function
    """Bound the blocking calls of this thread: `with reads_until(ends): …`.

    Args:
        ends: When to give up, by `time.monotonic`; `None` for never.
    """

    __slots__ = ("_ends",)

    def __init__(self, ends: float | None) -> None:
        self._ends = ends

    def __enter__(self) -> None:
        _deadline.ends = self._ends

    def __exit__(self, *_: object) -> None:
        _deadline.ends = None


def bound(client: Any) -> Any:
    """Make a synchronous client of ours obey `reads_until`.

    httpx has no public way to its network backend, so this reaches for it. Where it is not found, deadlines are still
    kept between two pieces of a body.

    Args:
        client: An `httpx.Client` or `httpx2.Client`.

    Returns:
        The same client.
    """
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001
        pool = getattr(transport, "_pool", None)
        if pool is not None and hasattr(pool, "_network_backend"):
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001
    return client


def _at_most(timeout: float | None) -> float | None:
    ends = _deadline.ends
    if ends is None:
        return timeout
    left = max(_SHORTEST, ends - time.monotonic())
    return left if timeout is None else min(timeout, left)


class _Backend:
    """A network backend of httpcore whose streams obey the deadline."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_tcp(host, port, timeout=_at_most(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _Stream:
    """A network stream of httpcore that obeys the deadline."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._stream.read(max_bytes, _at_most(timeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _at_most(timeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _at_most(timeout)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
