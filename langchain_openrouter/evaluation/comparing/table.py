"""Comparisons as columns of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from langchain_openrouter.reports import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal

    from langchain_openrouter.evaluation.comparing.comparison import Comparison
    from langchain_openrouter.evaluation.comparing.rows import ComparisonRow
    from langchain_openrouter.reports.performance import Percentiles

__all__ = ["Leader", "columns_of", "judged", "leaders", "notes", "score", "table"]

_Value = TypeVar("_Value")

_GAP = "  "
_LONGEST_NAME = 48


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads in something.

    Args:
        what: In what.
        models: The model, and those that are just as good.
        value: What they reached.
    """

    what: str
    models: tuple[str, ...]
    value: str

    @property
    def names(self) -> str:
        """Who it is, for people."""
        first, *others = map(texts.printable, self.models)
        return f"{first} and {len(others)} more" if others else first

    def __str__(self) -> str:
        return f"{self.what}: {self.names} ({self.value})"


def table(comparison: Comparison) -> str:
    """Write a comparison as a table of text: a line for each model, who leads, and what is not known."""
    rows = comparison.rows
    names = [texts.short(texts.printable(row.model), _LONGEST_NAME) for row in rows]
    columns = [("model", names), *columns_of(comparison)]
    lines = [*_aligned([[head, *cells] for head, cells in columns])]
    below = [*map(str, leaders(comparison)), *judged(comparison), *notes(comparison)]
    return "\n".join([*lines, *([""] if below else []), *below])


def columns_of(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """Give heads and cells of all columns but that of the names; those in which nobody has anything are left out."""
    rows = comparison.rows
    columns = [
        ("calls", [f"{row.calls:,}" for row in rows]),
        ("failed", _counts(row.failed_calls for row in rows)),
        ("refused", _counts(row.refused_calls for row in rows)),
        ("success", [texts.percent(row.success_rate) for row in rows]),
        ("first p50", [_time(row.first_token, "p50") for row in rows]),
        ("p50", [_time(row.latency, "p50") for row in rows]),
        ("p90", [_time(row.latency, "p90") for row in rows]),
        ("tokens/s", [texts.speed(row.tokens_per_second) for row in rows]),
        ("cost", _amounts([row.cost for row in rows])),
        ("unpriced", _counts(row.unpriced_calls for row in rows)),
        ("per answer", _amounts([row.mean_cost for row in rows])),
    ]
    for metric in comparison.metrics:
        columns.append((texts.printable(metric), [score(row.scores.get(metric)) for row in rows]))
        columns.append((f"no {texts.printable(metric)}", _counts(row.unscored.get(metric, 0) for row in rows)))
    return [(head, cells) for head, cells in columns if any(cell not in {"", texts.UNKNOWN} for cell in cells)]


def leaders(comparison: Comparison) -> list[Leader]:
    """Give who is the fastest, the cheapest, and the best by each metric, as far as that is known."""
    latencies = {row.model: row.latency.p50 for row in comparison.rows if row.latency}
    costs = {row.model: row.mean_cost for row in comparison.rows if not row.unpriced_calls}
    found = [
        _leader("fastest", comparison.fastest, latencies, texts.seconds),
        _leader("cheapest", comparison.cheapest, costs, texts.dollars),
    ]
    for metric in comparison.metrics:
        means = {row.model: row.scores[metric] for row in comparison.rows}
        found.append(_leader(f"best by {texts.printable(metric)}", comparison.best(metric), means, score))
    return [leader for leader in found if leader is not None]


def _leader(
    what: str, model: str | None, values: Mapping[str, _Value], write: Callable[[_Value], str]
) -> Leader | None:
    if model is None:
        return None
    first = values[model]
    return Leader(what, tuple(each for each, value in values.items() if value == first), write(first))


def notes(comparison: Comparison) -> list[str]:
    """Say why calls failed, and what is in no sum."""
    lines = [f"{texts.printable(row.model)}: {_errors(row)}" for row in comparison.rows if row.errors]
    unpriced = comparison.unpriced_calls + comparison.unpriced_judge_calls
    if unpriced:
        lines.append(f"The cost of {texts.calls(unpriced)} is not known and in no sum.")
    return lines


def judged(comparison: Comparison) -> list[str]:
    """Say what was paid to a judge, if there was one."""
    if not comparison.judge_calls:
        return []
    return [f"judge: {texts.dollars(comparison.judge_cost)} in {texts.calls(comparison.judge_calls)}, in no row"]


def score(value: float | None) -> str:
    """Write a mean score: two decimals, more where it is small."""
    if value is None:
        return texts.UNKNOWN
    return f"{value:.2f}" if abs(value) >= 0.1 or not value else f"{value:.2g}"  # noqa: PLR2004  # 0.012, not 0.01


def _aligned(columns: Sequence[Sequence[str]]) -> Iterable[str]:
    """Give the lines: the first column from the left, all others from the right."""
    widths = [max(map(texts.width, column)) for column in columns]
    for name, *cells in zip(*columns, strict=True):
        padded = (" " * (width - texts.width(cell)) + cell for cell, width in zip(cells, widths[1:], strict=True))
        yield _GAP.join([name + " " * (widths[0] - texts.width(name)), *padded])


def _counts(numbers: Iterable[int]) -> list[str]:
    every = list(numbers)
    return [f"{number:,}" for number in every] if any(every) else [""] * len(every)


def _amounts(costs: Sequence[Decimal | None]) -> list[str]:
    # As many digits in each, so that their points stand below each other.
    digits = texts.money_digits(costs)
    return [texts.UNKNOWN if cost is None else texts.dollars(cost, digits) for cost in costs]


def _time(times: Percentiles | None, name: str) -> str:
    return texts.seconds(getattr(times, name)) if times else texts.UNKNOWN


def _errors(row: ComparisonRow) -> str:
    return ", ".join(f"{count} {texts.printable(name)}" for name, count in row.errors.items())
