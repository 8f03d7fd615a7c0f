"""How many calls of a comparison are done, told while it runs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Count", "counting"]

_log = logging.getLogger(__name__)

Count: TypeAlias = Callable[[int, int], None]
"""Is told how many calls are done, and how many there are: first with 0 done, then after each."""


@contextmanager
def counting(progress: bool | Count) -> Iterator[Count]:  # noqa: FBT001  # as the user says it
    """Give what is told how far a comparison is.

    Args:
        progress: A function; or whether to show a bar in a terminal (with `rich`). Where there is no terminal, or no
            `rich`, begin and end are logged.
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield _keep_quiet
    elif not sys.stderr.isatty():
        yield _log_the_ends
    else:
        with _bar() as count:
            yield count


@contextmanager
def _bar() -> Iterator[Count]:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        yield _log_the_ends
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("compare", total=None)
        yield lambda done, calls: bars.update(bar, completed=done, total=calls)


def _keep_quiet(done: int, calls: int) -> None:
    """Tell nobody."""


def _log_the_ends(done: int, calls: int) -> None:
    if done in {0, calls}:
        _log.info("compare: %d of %d calls", done, calls)
