"""Calls that end in the middle of our own work.

Python may collect a stream that nobody holds any more at any moment, also while this thread counts another call and
holds a lock for it. LangChain then tells the handler of the stream's end in that very moment, and it would wait for a
lock that its own thread holds. So such an end waits until the work is done.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["undisturbed", "when_undisturbed"]


class _Thread(threading.local):
    def __init__(self) -> None:
        self.depth = 0
        self.waiting: deque[Callable[[], None]] = deque()


_here = _Thread()


class undisturbed:  # noqa: N801  # used like a function
    """Keep the ends of other calls out of a block of this thread: `with undisturbed(): …`."""

    __slots__ = ()

    def __enter__(self) -> None:
        _here.depth += 1

    def __exit__(self, *_: object) -> None:
        _here.depth -= 1
        while _here.waiting and not _here.depth:
            _here.waiting.popleft()()


def when_undisturbed(work: Callable[[], None]) -> None:
    """Do something at once, or at the end of the block that this thread is in."""
    if _here.depth:
        _here.waiting.append(work)
    else:
        work()
