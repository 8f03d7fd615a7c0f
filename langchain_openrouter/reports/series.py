"""What the charts show: spend over time, and the cost and latency of calls."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from langchain_openrouter.reports.performance import percentiles
from langchain_openrouter.reports.rows import divide, exact_sum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_openrouter.costs.record import CallRecord

__all__ = ["Bucket", "Point", "Timeline", "Unit", "points_of", "sample_of", "timeline_of"]

Unit = Literal["minute", "hour", "day", "week", "month"]

_LONGEST: tuple[tuple[Unit, dt.timedelta], ...] = (
    ("minute", dt.timedelta(minutes=90)),
    ("hour", dt.timedelta(days=3)),
    ("day", dt.timedelta(days=92)),
    ("week", dt.timedelta(days=730)),
)
"""How long a time is still shown by the unit."""

_STEPS = {"minute": dt.timedelta(minutes=1), "hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}
_STEPS["week"] = dt.timedelta(days=7)
_MORE_THAN_A_MONTH = dt.timedelta(days=31)
_MOST_DOTS = 300


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was spent in one stretch of time.

    Args:
        start: Its first moment (UTC).
        calls: Calls that began in it.
        costs: Dollars by model, as far as they are known.
    """

    start: dt.datetime
    calls: int
    costs: Mapping[str, Decimal]

    @property
    def cost(self) -> Decimal:
        """Dollars of all models."""
        return exact_sum(self.costs.values())


@dataclass(frozen=True, slots=True)
class Timeline:
    """Spend over time, without gaps: a stretch without calls has a bucket, too.

    Args:
        unit: How long a bucket is.
        buckets: In order of time.
    """

    unit: Unit
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """Cost against latency of a model, or of one of its calls.

    Args:
        model: The model.
        calls: How many calls it stands for.
        latency: Seconds; of several calls, the median.
        cost: Dollars; of several calls, the mean.
    """

    model: str
    calls: int
    latency: float
    cost: Decimal


def timeline_of(models: Mapping[str, Sequence[CallRecord]]) -> Timeline:
    """Spread the spend of models over time.

    Args:
        models: Calls by model.
    """
    times = [call.started_at for calls in models.values() for call in calls]
    if not times:
        return Timeline("day", ())
    first, last = min(times), max(times)
    unit: Unit = next((unit for unit, longest in _LONGEST if last - first <= longest), "month")
    costs: defaultdict[dt.datetime, dict[str, list[Decimal]]] = defaultdict(dict)
    counts: defaultdict[dt.datetime, int] = defaultdict(int)
    for model, calls in models.items():
        for call in calls:
            start = _floor(call.started_at, unit)
            counts[start] += 1
            if call.cost:
                costs[start].setdefault(model, []).append(call.cost)
    return Timeline(unit, tuple(_buckets(_floor(first, unit), _floor(last, unit), unit, counts, costs)))


def _buckets(
    first: dt.datetime,
    last: dt.datetime,
    unit: Unit,
    counts: Mapping[dt.datetime, int],
    costs: Mapping[dt.datetime, Mapping[str, list[Decimal]]],
) -> list[Bucket]:
    buckets = []
    start = first
    while start <= last:
        spent = {model: exact_sum(amounts) for model, amounts in costs.get(start, {}).items()}
        buckets.append(Bucket(start, counts.get(start, 0), spent))
        start = start + _STEPS[unit] if unit != "month" else _floor(start + _MORE_THAN_A_MONTH, "month")
    return buckets


def _floor(time: dt.datetime, unit: Unit) -> dt.datetime:
    if unit == "minute":
        return time.replace(second=0, microsecond=0)
    if unit == "hour":
        return time.replace(minute=0, second=0, microsecond=0)
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def points_of(models: Mapping[str, Sequence[CallRecord]]) -> tuple[Point, ...]:
    """Give the point of each model: over its successful calls that have a cost and a time and came from no cache.

    Args:
        models: Calls by model.
    """
    return tuple(_points(models))


def _points(models: Mapping[str, Sequence[CallRecord]]) -> list[Point]:
    points = []
    for model, calls in models.items():
        shown = [call for call in calls if _has_a_place(call)]
        latency = percentiles(call.duration_s for call in shown)
        cost = divide(exact_sum(call.cost for call in shown if call.cost is not None), len(shown))
        if latency is not None and cost is not None:
            points.append(Point(model, len(shown), latency.p50, cost))
    return points


def sample_of(models: Mapping[str, Sequence[CallRecord]]) -> tuple[Point, ...]:
    """Give points of single calls, each n-th of them where there are very many.

    Args:
        models: Calls by model.
    """
    shown = [(model, call) for model, calls in models.items() for call in calls if _has_a_place(call)]
    step = -(-len(shown) // _MOST_DOTS) or 1
    return tuple(Point(model, 1, call.duration_s or 0, call.cost or Decimal(0)) for model, call in shown[::step])


def _has_a_place(call: CallRecord) -> bool:
    return call.error is None and call.status != "cached" and call.cost is not None and bool(call.duration_s)
