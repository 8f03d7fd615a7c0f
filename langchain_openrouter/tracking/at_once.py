"""Events that are handled where they happen, also by a handler that LangChain runs in other threads.

A synchronous handler that may wait (for a database, say) must not be run in the event loop, so LangChain hands each of
its events to a thread: one of a thousand tokens costs as much as one that waits. Events that never wait are marked
here. LangChain sees a coroutine function where it awaits one, and a plain one everywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["at_once"]


class at_once:  # noqa: N801  # used as a decorator
    """Mark a method of a callback handler that never waits.

    Args:
        method: The method; what it returns is dropped.
    """

    def __init__(self, method: Callable[..., None]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, handler: Any, owner: type | None = None) -> Any:
        return self if handler is None else _Event(self._method, handler)


async def _model() -> None:
    """Lend its looks to `_Event`."""


class _Event:
    """A bound method that looks like a coroutine function, and has done its work when it is called."""

    # `inspect.iscoroutinefunction` goes by these.
    __name__ = _model.__name__
    __code__ = _model.__code__
    __defaults__ = None
    __kwdefaults__ = None

    __slots__ = ("_handler", "_method")

    def __init__(self, method: Callable[..., None], handler: Any) -> None:
        self._method = method
        self._handler = handler

    def __call__(self, *args: Any, **kwargs: Any) -> _Done:
        self._method(self._handler, *args, **kwargs)
        return _DONE


class _Done:
    """Can be awaited, which does nothing; and need not be."""

    __slots__ = ()

    def __await__(self) -> Iterator[Any]:
        return iter(())


_DONE = _Done()
