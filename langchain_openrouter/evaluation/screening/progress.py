"""How far a screening is, told while it runs: a bar in a terminal, lines, or a function of the caller's."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from langchain_openrouter.reports import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

__all__ = ["ScreenProgress", "Tell", "telling"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenProgress:
    """How far a screening is.

    Args:
        stage: The stage, from 1 on.
        stages: How many there are.
        models: How many models are left in it.
        done: How many of its calls are done.
        calls: How many it has.
        leader: The best model so far; `None` where nobody has a score.
        score: The leader's.
        known_cost: Dollars of all calls so far whose cost is known.
    """

    stage: int
    stages: int
    models: int
    done: int
    calls: int
    leader: str | None = None
    score: float | None = None
    known_cost: Decimal

    def __str__(self) -> str:
        leader = "" if self.score is None else f", {texts.printable(self.leader or '')} leads with {self.score:.3g}"
        return (
            f"stage {self.stage} of {self.stages}: {self.models} models, {self.done} of {texts.calls(self.calls)}, "
            f"{texts.dollars(self.known_cost)}{leader}"
        )


Tell: TypeAlias = Callable[[ScreenProgress], None]


@contextmanager
def telling(progress: bool | Tell) -> Iterator[Tell | None]:  # noqa: FBT001  # as the user says it
    """Give what is told how far a screening is.

    Args:
        progress: A function; or whether to show a bar in a terminal (with `rich`), or a line for each stage (without);
            where there is no terminal, the lines are logged.

    Yields:
        The function; `None` where nobody is told.
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield None
    elif not sys.stderr.isatty():
        yield _at_the_end(lambda told: _log.info("screen: %s", told))
    else:
        with _bar() as tell:
            yield tell


@contextmanager
def _bar() -> Iterator[Tell]:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        yield _at_the_end(_line)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("screen", total=None)
        yield lambda told: bars.update(bar, description=str(told), completed=told.done, total=told.calls)


def _line(told: ScreenProgress) -> None:
    sys.stderr.write(f"screen: {told}\n")


def _at_the_end(write: Tell) -> Tell:
    """Write the end of each stage only."""

    def tell(told: ScreenProgress) -> None:
        if told.done == told.calls:
            write(told)

    return tell
