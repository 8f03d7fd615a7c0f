"""Metrics: how good an answer is, by a function of yours."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables.config import run_in_executor

from langchain_openrouter.evaluation.trial import describe_error

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from langchain_openrouter.evaluation.trial import Trial

__all__ = ["Metric", "MetricScorer", "Scale", "Score", "Scorer", "named_metrics"]

_Value: TypeAlias = float | bool | None
Metric: TypeAlias = Callable[[AIMessage, Any, Any], _Value | Awaitable[_Value]]
"""Takes the answer, the input and the reference; gives 0 to 1, a truth value, or `None` where it cannot tell. May be
asynchronous. One with other numbers says which by an attribute `scale`, such as `(0, 100)`."""

Scale: TypeAlias = tuple[float, float]
"""The worst and the best score."""

_USUAL_SCALE: Scale = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a metric says of an answer.

    Args:
        value: The score; `None` where there is none.
        why: Why there is none.
        call: The judge's own call, where a judge was asked.
    """

    value: float | None = None
    why: str | None = None
    call: Trial | None = None


class Scorer(Protocol):
    """Gives scores: a metric, or a judge."""

    @property
    def name(self) -> str:
        """What its scores are called."""

    @property
    def scale(self) -> Scale:
        """The worst and the best score."""

    def score(self, answer: AIMessage, asked: Any, reference: Any, config: RunnableConfig | None, /) -> Score:
        """Score an answer; no failure is raised."""

    async def ascore(self, answer: AIMessage, asked: Any, reference: Any, config: RunnableConfig | None, /) -> Score:
        """Score an answer; no failure is raised."""


@dataclass(frozen=True, slots=True)
class MetricScorer:
    """A metric with its name.

    Args:
        name: What its scores are called.
        metric: The function.
    """

    name: str
    metric: Metric

    @property
    def scale(self) -> Scale:
        """The worst and the best score."""
        scale: Scale = getattr(self.metric, "scale", _USUAL_SCALE)
        return scale

    def score(self, answer: AIMessage, asked: Any, reference: Any, _: RunnableConfig | None = None, /) -> Score:
        """Score an answer. A metric that raises gives no score."""
        try:
            value = self.metric(answer, asked, reference)
            # Comparisons score in threads of their own, where no event loop runs.
            return _score(asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value)
        except Exception as error:  # noqa: BLE001  # one failure does not stop the rest
            return Score(why=describe_error(error))

    async def ascore(self, answer: AIMessage, asked: Any, reference: Any, _: RunnableConfig | None = None, /) -> Score:
        """Score an answer; a function that is not asynchronous runs in a thread, so that it may wait."""
        try:
            value = await run_in_executor(None, self.metric, answer, asked, reference)
            return _score(await value if inspect.isawaitable(value) else value)
        except Exception as error:  # noqa: BLE001
            return Score(why=describe_error(error))


def named_metrics(metrics: Sequence[Metric] | Mapping[str, Metric]) -> dict[str, Metric]:
    """Give metrics by name: that of a mapping, their attribute `name`, or that of the function or its class.

    Args:
        metrics: The metrics.

    Raises:
        TypeError: One cannot be called, or they are no sequence and no mapping.
        ValueError: One has no name, or two have the same.

    Example:
        >>> def short(answer, asked, reference):
        ...     return len(answer.text) < 100
        >>> list(named_metrics([short])), list(named_metrics({"brief": short}))
        (['short'], ['brief'])
    """
    given: Any = metrics
    if callable(given):
        msg = f"metrics={metrics!r} is one metric. Pass several, or [it], or a dict that names it."
        raise TypeError(msg)
    pairs = list(given.items()) if isinstance(given, Mapping) else [(_name(each), each) for each in given]
    for name, metric in pairs:
        if not callable(metric):
            msg = f"The metric {name!r} cannot be called. Pass a function of an answer, its input and its reference."
            raise TypeError(msg)
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"Two metrics are named {twice!r}. Pass a dict that names each."
        raise ValueError(msg)
    return dict(pairs)


def _name(metric: Any) -> str:
    name = getattr(metric, "name", None) or getattr(metric, "__name__", None) or type(metric).__name__
    if name == "<lambda>":
        msg = 'A lambda has no name. Pass a dict that names each metric, such as {"short": lambda …}.'
        raise ValueError(msg)
    return str(name)


async def _awaited(value: Awaitable[_Value]) -> _Value:
    return await value


def _score(value: object) -> Score:
    if value is None:
        return Score(why="no score")
    if not isinstance(value, Real):
        return Score(why=f"{type(value).__name__} is no score")
    number = float(cast("float", value))
    return Score(value=number) if math.isfinite(number) else Score(why=f"{number} is no score")
