"""The estimate of an experiment as a table to read."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.costs.money import in_dollars
from langchain_openrouter.costs.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_openrouter.costs.experiment import ModelEstimate, RunEstimate

__all__ = ["run_table"]

_HEADINGS = ["model", "calls", "prompt tokens", "answer tokens", "at least", "expected", "at most"]
_CENT = Decimal("0.01")
_SHORT = Context(prec=3)


def run_table(run: RunEstimate) -> str:
    """Write the estimate of an experiment: a row for each model, the total, its share of the budget, what is unknown.

    Args:
        run: The estimate.
    """
    rows = [_HEADINGS, *(_row(each.model, each) for each in run.models), _row("total", run)]
    if run.unknown:
        known = (run.known_low, run.known_expected, run.known_high)
        rows.append(["known of it", "", "", "", *map(_short, known)])
    return "\n".join([*_aligned(rows), *_remarks(run)])


def _row(name: str, each: ModelEstimate | RunEstimate) -> list[str]:
    tokens = (each.prompt_tokens.expected, each.completion_tokens.expected)
    return [
        name,
        *(f"{count:,}" for count in (each.calls, *tokens)),
        *map(_short, (each.low, each.expected, each.high)),
    ]


def _aligned(table: Sequence[Sequence[str]]) -> Iterable[str]:
    """Give the lines of a table: the first column from the left, all others from the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for name, *cells in table:
        padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([name.ljust(widths[0]), *padded])


def _remarks(run: RunEstimate) -> Iterable[str]:
    if run.budget is not None:
        known = Shares.of(run.known_low, run.known_expected, run.known_high, run.budget)
        yield (
            f"Of {in_dollars(run.budget)}{', as far as known' if run.unknown else ''}: "
            f"{_percent(known.expected)} expected, {_percent(known.low)} at least, {_percent(known.high)} at most."
        )
    yield from (f"{model}: {reason}" for model, reason in run.unknown.items())


def _short(dollars: Decimal | None) -> str:
    """Write an amount for a table: cents from a dollar on, else three digits that tell something."""
    if dollars is None or dollars < 1:
        return in_dollars(None if dollars is None else _SHORT.plus(dollars))
    return f"${dollars.quantize(_CENT):,}"


def _percent(share: Decimal | None) -> str:
    if share is None:
        return "unknown"
    if share.is_infinite():
        return "more than all"
    return "under 1%" if 0 < share < _CENT else f"{share:,.0%}"
