"""When one handler refuses a call, no other keeps money aside for it.

LangChain tells a handler that a call starts, and when another handler then raises, it does not tell that the call never
was. So handlers say here which calls they know of.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from langchain_openrouter.ledger.stores.forking import Guard

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["refused", "started", "stopped"]

_MOST_REMEMBERED = 1000
_MOST_KNOWN = 100_000

_lock = Guard(threading.TIMEOUT_MAX)
_knowing: dict[UUID, list[Knows]] = {}
_refused: dict[UUID, Any] = {}


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
        `False` where another handler has refused the call meanwhile.
    """
    with _lock:
        if run_id in _refused and _refused[run_id] is event:
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
        _refused.pop(run_id, None)
        _refused[run_id] = event
        if len(_refused) > _MOST_REMEMBERED:
            del _refused[next(iter(_refused))]
    for handler in others:
        handler.forget(run_id)
