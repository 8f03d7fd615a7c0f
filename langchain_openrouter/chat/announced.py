"""Calls that callback handlers were told of.

LangChain tells handlers that a call starts. It does not tell them that the call never was: when another of them
raises, when the call is cancelled meanwhile, or while it waits for a rate limiter. A handler that sets something aside
for a call says here that it knows of it, and is told to forget it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from langchain_openrouter._guard import Guard

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["never_sent", "refused", "started", "stopped"]

_MOST_REMEMBERED = 1000
_MOST_KNOWN = 100_000
_WHILE_IT_STARTS = 30.0
"""Seconds in which a handler that is being told of a call has to come to its end."""

_lock = Guard(threading.TIMEOUT_MAX)
_knowing: dict[UUID, list[Knows]] = {}
_refused: dict[UUID, Any] = {}
_cancelled: dict[UUID, float] = {}


class Knows(Protocol):
    """A handler that knows of calls."""

    def forget(self, run_id: UUID) -> None:
        """Give back what was set aside for a call that never was."""


def started(run_id: UUID, event: Any, handler: Knows) -> bool:
    """Say that a handler has set aside what a call needs.

    Args:
        run_id: The call.
        event: An object that LangChain hands to all handlers when it tells them; another try has another.
        handler: The handler.

    Returns:
        `False` where the call is no more.
    """
    with _lock:
        if run_id in _refused and _refused[run_id] is event:
            return False
        if time.monotonic() - _cancelled.pop(run_id, 0.0) < _WHILE_IT_STARTS:
            return False
        _knowing.setdefault(run_id, []).append(handler)
        if len(_knowing) > _MOST_KNOWN:  # LangChain does not tell every end
            del _knowing[next(iter(_knowing))]
        return True


def stopped(run_id: UUID) -> None:
    """Say that a call came to its end."""
    with _lock:
        _knowing.pop(run_id, None)


def refused(run_id: UUID, event: Any) -> None:
    """Say that a handler refuses a call: all others forget it."""
    with _lock:
        others = _knowing.pop(run_id, [])
        _remember(_refused, run_id, event)
    for handler in others:
        handler.forget(run_id)


def never_sent(run_id: UUID, *, starting: bool) -> None:
    """Say that a call ended before anything was sent: all handlers forget it.

    Args:
        run_id: The call.
        starting: Whether handlers may still be on their way to know of it.
    """
    with _lock:
        knowing = _knowing.pop(run_id, [])
        if starting and not knowing:
            _remember(_cancelled, run_id, time.monotonic())
    for handler in knowing:
        handler.forget(run_id)


def _remember(calls: dict[UUID, Any], run_id: UUID, what: Any) -> None:
    calls.pop(run_id, None)
    calls[run_id] = what
    if len(calls) > _MOST_REMEMBERED:
        del calls[next(iter(calls))]
