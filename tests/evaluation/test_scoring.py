"""Metrics: their names, their values, and what becomes of those that fail."""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from langchain_openrouter.evaluation.scoring import Metric, MetricScorer, Score, named_metrics

ANSWER = AIMessage("So.")


def exact(answer: AIMessage, asked: Any, reference: Any) -> bool:
    """Compare with the reference."""
    return bool(answer.text == reference)


class Length:
    """A metric that is an object."""

    name = "length"
    scale = (0, 100)

    def __call__(self, answer: AIMessage, asked: Any, reference: Any) -> float:
        return len(answer.text)


def both_ways(metric: Any) -> list[Score]:
    """Score in both ways, inside of an event loop and out of it."""
    scorer = MetricScorer("mine", metric)
    return [scorer.score(ANSWER, "Why?", "So."), asyncio.run(scorer.ascore(ANSWER, "Why?", "So."))]


@pytest.mark.parametrize(
    ("given", "value"), [(True, 1.0), (False, 0.0), (0.25, 0.25), (7, 7.0), (-1, -1.0), (Fraction(1, 4), 0.25)]
)
def test_values(given: Any, value: float) -> None:
    """Numbers and truth values are scores, of asynchronous metrics too."""

    async def later(*_: Any) -> Any:
        await asyncio.sleep(0)
        return given

    assert both_ways(lambda *_: given) == [Score(value=value)] * 2
    assert both_ways(later) == [Score(value=value)] * 2


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "no score"),
        ("0.5", "str is no score"),
        (Decimal("0.5"), "Decimal is no score"),
        (1j, "complex is no score"),
        (math.nan, "nan is no score"),
        (-math.inf, "-inf is no score"),
    ],
)
def test_what_is_no_score(given: Any, why: str) -> None:
    """What is no number of this world is no score, and the reason is told."""
    assert both_ways(lambda *_: given) == [Score(why=why)] * 2


def test_a_metric_that_fails() -> None:
    """An error of a metric costs its score only."""

    def broken(*_: Any) -> float:
        raise ZeroDivisionError("no words\nat all")

    async def broken_later(*_: Any) -> float:
        await asyncio.sleep(0)
        raise StopIteration

    assert both_ways(broken) == [Score(why="ZeroDivisionError: no words")] * 2
    assert all(score.why is not None and score.value is None for score in both_ways(broken_later))


def test_what_a_metric_is_given() -> None:
    """It gets the answer, the input and the reference, in this order."""
    seen = []
    both_ways(lambda *told: seen.append(told))

    assert seen == [(ANSWER, "Why?", "So.")] * 2


async def test_a_metric_that_waits_does_not_stop_others() -> None:
    """A synchronous metric runs beside the event loop."""
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def waits(*_: Any) -> bool:
        loop.call_soon_threadsafe(started.set)
        return asyncio.run_coroutine_threadsafe(asyncio.sleep(0, result=True), loop).result(10)

    assert await MetricScorer("waits", waits).ascore(ANSWER, "?", None) == Score(value=1.0)
    assert started.is_set()


def test_names() -> None:
    """A metric goes by the name it is given, its attribute, or that of the function."""
    length = Length()

    assert named_metrics([exact, length]) == {"exact": exact, "length": length}
    assert named_metrics({"same": exact}) == {"same": exact}
    assert named_metrics(()) == {}


def test_scales() -> None:
    """A metric says on which scale it is; one that does not gives 0 to 1."""
    assert MetricScorer("length", Length()).scale == (0, 100)
    assert MetricScorer("exact", exact).scale == (0, 1)


@pytest.mark.parametrize(
    ("metrics", "error", "words"),
    [
        (exact, TypeError, r"is one metric. Pass several, or \[it\]"),
        ([lambda *_: 1], ValueError, "A lambda has no name"),
        ([exact, exact], ValueError, "Two metrics are named 'exact'"),
        ({"x": 0.5}, TypeError, "The metric 'x' cannot be called"),
        (["exact"], TypeError, "The metric 'str' cannot be called"),
    ],
)
def test_what_is_no_metric(metrics: Any, error: type[Exception], words: str) -> None:
    """What is no metric, or has no name of its own, is refused, with a way out."""
    with pytest.raises(error, match=words):
        named_metrics(metrics)


def test_a_partial_is_named_by_its_class() -> None:
    """What has no name goes by its class."""
    metric: Metric = partial(exact)

    assert list(named_metrics([metric])) == ["partial"]
