"""Something costly that is made when it is first needed, and kept."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

__all__ = ["Once"]

_T = TypeVar("_T")

_PATIENCE = 60.0
"""Seconds that a thread waits for another that is making it. After a fork, that other one is not there any more."""


class Once(Generic[_T]):
    """Keeps what is made once, whichever of several threads and tasks comes first; the others wait for it.

    A synchronous caller does not wait for a task, which may need its thread, so in such a case it is made twice. What
    fails is tried again by the next caller.
    """

    def __init__(self) -> None:
        self._made: list[_T] = []
        self._lock = threading.Lock()
        self._locks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = weakref.WeakKeyDictionary()

    def get(self, make: Callable[[], _T]) -> _T:
        """Give it, making it if need be."""
        if not self._made:
            is_mine = self._lock.acquire(timeout=_PATIENCE)
            try:
                if not self._made:
                    self._made.append(make())
            finally:
                if is_mine:
                    self._lock.release()
        return self._made[0]

    async def aget(self, make: Callable[[], Awaitable[_T]]) -> _T:
        """Give it, making it if need be."""
        import asyncio  # takes 10 ms, which those who never wait do not need

        if not self._made:
            async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
                if not self._made:
                    self._made.append(await make())
        return self._made[0]
