"""What a fork does to locks: the child has only the thread that forked, so nobody frees a lock of the others."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Guard"]

_PATIENCE = 1.0
"""Seconds that a fork waits for steps on their way; more of them are waiting for somebody else."""


class Guard:
    """A lock that a forked child finds free.

    A fork waits until nobody holds it, so that the child does not begin with half a step. Where that takes long, the
    child gets a new lock all the same.

    A thread that holds it cannot take it once more: that would be a step inside of half a step, and waiting for oneself
    has no end. It may want to, where Python runs something of its own accord in the middle of a step: a signal's
    handler, or the end of a stream that it collects.

    Args:
        timeout: Seconds to wait for the lock.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        # One that knows its owner. Where Python interrupts between taking it and noting that, or the other way round at
        # the end, no step is on its way, and another one may be made.
        self._lock = threading.RLock()
        self._is_entered = False
        _guards.add(self)

    def __enter__(self) -> None:
        """Take the lock.

        Raises:
            TimeoutError: Others hold it for too long, or this thread holds it.
        """
        if not self._lock.acquire(timeout=self._timeout):
            raise TimeoutError(f"Other threads of this process kept a lock for {self._timeout:g} s.")
        if self._is_entered:
            self._lock.release()
            raise TimeoutError("This thread is in the middle of a step that this would disturb. Do it after that.")
        self._is_entered = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_entered = False
        self._lock.release()

    def hold(self, until: float) -> bool:
        """Take the lock before a fork, if that is possible until a moment of `time.monotonic`."""
        return self._lock.acquire(timeout=max(0.0, until - time.monotonic()))

    def free(self) -> None:
        """Give the lock back after a fork."""
        self._lock.release()

    def renew(self) -> None:
        """Begin with a lock that nobody holds, in a child."""
        self._lock = threading.RLock()
        self._is_entered = False


_guards: weakref.WeakSet[Guard] = weakref.WeakSet()
_forking = threading.Lock()
_held: list[Guard] = []


def _before() -> None:
    _forking.acquire()
    until = time.monotonic() + _PATIENCE
    _held.extend(guard for guard in list(_guards) if guard.hold(until))


def _after_in_parent() -> None:
    for guard in _held:
        guard.free()
    _held.clear()
    _forking.release()


def _after_in_child() -> None:
    for guard in list(_guards):
        guard.renew()
    _held.clear()
    _forking.release()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
