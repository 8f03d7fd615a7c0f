"""The score of an answer in a screening: where a scorer cannot tell is not where it fails, and a refusal is neither."""

from __future__ import annotations

import asyncio
import inspect
import math
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables.config import run_in_executor

from langchain_openrouter.catalog import Model
from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.evaluation.judging import Judge, JudgeLike
from langchain_openrouter.evaluation.scoring import Metric, Score
from langchain_openrouter.evaluation.trial import describe_error

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableConfig

__all__ = ["Mark", "Marker", "ScreenScorer"]

ScreenScorer: TypeAlias = Metric | JudgeLike
"""A function of an answer, its input and its reference, a `Judge`, or the model that judges in the usual way."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a scorer says of an answer.

    Args:
        score: The score; `None` where there is none.
        failure: Why the scorer failed; `None` where it did not, though it may not be able to tell a score.
    """

    score: float | None = None
    failure: str | None = None


class Marker:
    """Gives marks.

    Args:
        scorer: A metric or a judge.
        config: LangChain's config of a judge's calls.

    Raises:
        TypeError: It is neither.
        ValueError: Its best score is not its highest.
    """

    def __init__(self, scorer: ScreenScorer, config: RunnableConfig | None = None) -> None:
        self._judge = _judge(scorer)
        self._scorer: Any = self._judge or scorer
        self._config = config
        if not callable(self._scorer) and self._judge is None:
            msg = f"scorer={scorer!r} cannot score. Pass a function of answer, input and reference, or a `Judge`."
            raise TypeError(msg)
        worst, best = getattr(self._scorer, "scale", (0, 1))
        if worst >= best:
            msg = f"The scale {(worst, best)} of the scorer falls, and the highest score wins. Give the negative of it."
            raise ValueError(msg)

    @property
    def name(self) -> str:
        """The same in each run of a program."""
        if self._judge is not None:
            return repr(self._judge)
        inner = self._scorer
        while isinstance(inner, partial):
            inner = inner.func
        return str(getattr(inner, "__qualname__", None) or type(inner).__qualname__)

    def mark(self, answer: AIMessage, asked: Any, reference: Any) -> Mark:
        """Mark an answer, in a thread without an event loop.

        Raises:
            BudgetExceededError: The scorer's own call was refused.
        """
        if self._judge is not None:
            return _of(self._judge.score(answer, asked, reference, self._config))
        try:
            value = self._scorer(answer, asked, reference)
            return _read(asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value)
        except BudgetExceededError:
            raise
        except Exception as error:  # noqa: BLE001  # one failure does not stop the rest
            return Mark(failure=describe_error(error))

    async def amark(self, answer: AIMessage, asked: Any, reference: Any) -> Mark:
        """Mark an answer; a function that is not asynchronous runs in a thread, so that it may wait. See `mark`."""
        if self._judge is not None:
            return _of(await self._judge.ascore(answer, asked, reference, self._config))
        try:
            value = await run_in_executor(None, self._scorer, answer, asked, reference)
            return _read(await value if inspect.isawaitable(value) else value)
        except BudgetExceededError:
            raise
        except Exception as error:  # noqa: BLE001
            return Mark(failure=describe_error(error))


def _judge(scorer: ScreenScorer) -> Judge | None:
    if isinstance(scorer, Judge):
        return scorer
    return Judge(scorer) if isinstance(scorer, (str, Model, BaseChatModel)) else None


def _of(score: Score) -> Mark:
    if score.call is not None and score.call.refused:
        raise BudgetExceededError(score.why or "The judge's call was refused.")
    return Mark(score.value, score.why if score.value is None else None)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _read(value: object) -> Mark:
    if value is None:
        return Mark()
    if not isinstance(value, Real):
        return Mark(failure=f"{type(value).__name__} is no score")
    number = float(cast("float", value))
    return Mark(number) if math.isfinite(number) else Mark(failure=f"{number} is no score")
