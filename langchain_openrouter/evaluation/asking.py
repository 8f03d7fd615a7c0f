"""Many calls at once, but not too many: as many as there is room for, until a budget says no.

Money is set aside for every call on its way, so a budget can say no although it would say yes a moment later. A refused
call is tried again with half as many beside it; what is refused alone is refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from langchain_core.runnables.config import get_executor_for_config

from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.evaluation.trial import Trial, describe_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

__all__ = ["Line", "Turn", "aask_all", "ask_all", "is_used_up", "refused"]

_Job = TypeVar("_Job")


@dataclass(frozen=True, slots=True)
class Turn(Generic[_Job]):
    """A job on its way.

    Args:
        job: What is done.
        width: How many could be on their way when it began.
    """

    job: _Job
    width: int


class Line(Generic[_Job]):
    """Jobs that wait for their turn.

    Args:
        jobs: In the order in which they begin.
        width: How many may be on their way at once.
    """

    def __init__(self, jobs: Iterable[_Job], width: int) -> None:
        self._waiting = deque(jobs)
        self._width = width
        self._running = 0
        self.refusal: BudgetExceededError | None = None

    def next(self) -> Turn[_Job] | None:
        """Give the next job that may begin; `None` where none may."""
        if not self._waiting or self._running >= self._width or self.refusal is not None:
            return None
        self._running += 1
        return Turn(self._waiting.popleft(), self._width)

    def ended(self, turn: Turn[_Job], error: BaseException | None) -> None:
        """Take the end of a job.

        Args:
            turn: Its turn.
            error: What ended it, if not success. A budget's refusal puts it back into the line, or ends all.

        Raises:
            BaseException: The error, where it is none of a budget.
        """
        self._running -= 1
        if error is None:
            return
        if not isinstance(error, BudgetExceededError):
            raise error
        self._waiting.appendleft(turn.job)
        if turn.width == 1:
            self.refusal = error
        # Others of the same width may be refused together with it: they halve it once.
        self._width = min(self._width, max(1, turn.width // 2))


def is_used_up(error: BudgetExceededError) -> bool:
    """Say whether a budget has not so much left now, so that other calls may be refused as well.

    Otherwise one call alone may cost too much, or nobody knows how much.

    Args:
        error: The refusal.
    """
    if error.limit is None or error.spent is None or error.reserved is None:
        return False
    return error.asked is None or error.asked > error.limit - error.spent - error.reserved


def refused(error: BudgetExceededError, **told: Any) -> Trial:
    """Give the trial of a call that was refused, so that nothing was sent.

    Args:
        error: The refusal.
        **told: Further fields of the trial.
    """
    return Trial(error=describe_error(error), refused=True, cost=Decimal(0), **told)


def ask_all(
    jobs: Iterable[_Job], ask: Callable[[_Job], None], width: int, told: Callable[[], None] = lambda: None
) -> BudgetExceededError | None:
    """Do jobs in threads, in the context that this is called in.

    What is on its way when one fails or the caller is interrupted still comes to its end.

    Args:
        jobs: In the order in which they begin.
        ask: Does one.
        width: How many may be on their way at once.
        told: Called here after each that is done.

    Returns:
        Why not all are done: what a budget said.

    Raises:
        Exception: What `ask` raised, but for a budget's refusal.
    """
    line = Line(jobs, width)
    running: dict[Future[None], Turn[_Job]] = {}
    with get_executor_for_config({"max_concurrency": width}) as executor:
        while True:
            while (turn := line.next()) is not None:
                running[executor.submit(ask, turn.job)] = turn
            if not running:
                return line.refusal
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                line.ended(running.pop(future), future.exception())
                told()


async def aask_all(
    jobs: Iterable[_Job], ask: Callable[[_Job], Awaitable[None]], width: int, told: Callable[[], None] = lambda: None
) -> BudgetExceededError | None:
    """Do jobs in tasks. See `ask_all`; a cancellation cancels what is on its way."""
    line = Line(jobs, width)
    running: dict[asyncio.Future[None], Turn[_Job]] = {}
    try:
        while True:
            while (turn := line.next()) is not None:
                running[asyncio.ensure_future(ask(turn.job))] = turn
            if not running:
                return line.refusal
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                line.ended(running.pop(task), task.exception())
                told()
    except asyncio.CancelledError:
        for task in running:
            task.cancel()
        raise
    finally:
        await asyncio.gather(*running, return_exceptions=True)
