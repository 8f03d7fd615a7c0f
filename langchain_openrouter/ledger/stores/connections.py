"""A few connections to PostgreSQL, for the threads of a process.

Unlike those of `psycopg_pool`, they are made by the thread that needs one: a server that does not answer is told at
once, no thread runs beside the program, and a forked process begins with none.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from langchain_openrouter._guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from psycopg import Connection

__all__ = ["Connections", "bounded_connection"]

Result = TypeVar("Result")


class _Idle:
    """What a process has: connections that nobody uses, and how many more may be made."""

    def __init__(self, most: int) -> None:
        self.process = os.getpid()
        self.connections: list[Connection[Any]] = []
        self.free = threading.Semaphore(most)

    def take(self) -> Connection[Any] | None:
        with contextlib.suppress(IndexError):
            return self.connections.pop()
        return None

    def close(self) -> None:
        """Close them, in the process that opened them: elsewhere it would end the other's connections."""
        while self.process == os.getpid() and (connection := self.take()):
            connection.close()


class Connections:
    """Connections that are used again.

    Args:
        connect: Makes one.
        most: How many a process may have.
        timeout: Seconds to wait for one of them.
    """

    def __init__(self, connect: Callable[[], Connection[Any]], most: int, timeout: float) -> None:
        self._connect = connect
        self._most = most
        self._timeout = timeout
        self._guard = Guard(timeout)
        self._idle = self._begin()

    def run(self, work: Callable[[Connection[Any]], Result]) -> Result:
        """Do work that may be done twice: it is, where a connection turns out to have been closed meanwhile.

        Raises:
            TimeoutError: All connections are in use for too long.
        """
        idle = self._here()
        if not idle.free.acquire(timeout=self._timeout):
            raise TimeoutError(f"All {self._most} connections to the ledger were in use for {self._timeout:g} s.")
        try:
            connection = idle.take()
            if connection is not None:
                with contextlib.suppress(_BrokenError):
                    return _use(work, connection, idle)
            return _use(work, self._connect(), idle)
        except _BrokenError as stale:
            raise stale.reason from None
        finally:
            idle.free.release()

    def close(self) -> None:
        """Close those that nobody uses."""
        self._here().close()

    def _here(self) -> _Idle:
        """Give what this process has; one that was forked has nothing, and leaves alone what it inherited."""
        if self._idle.process != os.getpid():
            with self._guard:
                if self._idle.process != os.getpid():
                    _inherited.append(self._idle)
                    self._idle = self._begin()
        return self._idle

    def _begin(self) -> _Idle:
        idle = _Idle(self._most)
        weakref.finalize(self, idle.close)
        return idle


@functools.cache
def bounded_connection(seconds: float) -> type[Connection[Any]]:
    """Give a class of connections that do not wait for ever for a server that has stopped in the middle of a step.

    Args:
        seconds: How long they wait for an answer. Its error is one of psycopg.
    """
    from psycopg import Connection, OperationalError

    def watched(answers: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        until = time.monotonic() + seconds
        wanted = next(answers)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > until:  # psycopg looks up now and then while it waits
                raise OperationalError(f"The server has not answered for {seconds:g} s.")
            try:
                wanted = answers.send(ready)
            except StopIteration as end:
                return end.value

    class BoundedConnection(Connection[Any]):
        @override
        def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
            return super().wait(watched(gen), *args, **kwargs)

    return BoundedConnection


class _BrokenError(Exception):
    """A connection broke."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(reason)
        self.reason = reason


_inherited: list[_Idle] = []
"""Connections of the process that this one was forked from."""


def _use(work: Callable[[Connection[Any]], Result], connection: Connection[Any], idle: _Idle) -> Result:
    """Work with a connection, which is kept only if all went well."""
    try:
        result = work(connection)
    except BaseException as error:
        is_broken = connection.closed
        connection.close()
        idle.close()  # the others may lead to the same server that is no more
        if is_broken and isinstance(error, Exception):
            raise _BrokenError(error) from error
        raise
    idle.connections.append(connection)
    return result
