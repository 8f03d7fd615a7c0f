"""A screening as a table to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_openrouter.reports import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from langchain_openrouter.evaluation.screening.result import Screening
    from langchain_openrouter.evaluation.screening.standings import ScreenedModel

__all__ = ["table"]

_HEADINGS = ["model", "score", "prompts", "failed", "unscored", "cost", "per answer", "left after"]


def table(screening: Screening) -> str:
    """Write a screening: who won, a row for each model, what was saved, and what went wrong.

    Args:
        screening: The screening.
    """
    ranking = screening.ranking
    costs = _amounts([each.cost for each in ranking])
    means = _amounts([each.mean_cost for each in ranking])
    rows = [_row(*each, screening) for each in zip(ranking, costs, means, strict=True)]
    return "\n".join([_head(screening), "", *_aligned([_HEADINGS, *rows]), "", *_remarks(screening)])


def _row(each: ScreenedModel, cost: str, mean: str, screening: Screening) -> list[str]:
    left = f"stage {each.left_after} of {len(screening.stages)}" if each.left_after else ""
    return [
        texts.printable(each.model),
        texts.UNKNOWN if each.score is None else f"{each.score:.3g}",
        *(f"{count:,}" for count in (each.asked, each.failed_calls, each.unscored)),
        cost,
        mean,
        left,
    ]


def _amounts(amounts: Sequence[Decimal | None]) -> list[str]:
    digits = texts.money_digits(amounts)
    return [texts.UNKNOWN if amount is None else texts.dollars(amount, digits) for amount in amounts]


def _head(screening: Screening) -> str:
    best = screening.ranking[0]
    if best.score is None:
        found = "No model has a score"
    else:
        names = ", ".join(map(texts.printable, screening.winners))
        verb = f"{'win' if screening.complete else 'lead'}{'s' if len(screening.winners) == 1 else ''}"
        found = f"{names} {verb} with {best.score:.3g}"
    return f"{found}; {_counted(len(screening.ranking), 'model')}, {_counted(screening.prompts, 'prompt')}."


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _remarks(screening: Screening) -> Iterable[str]:
    whole = len(screening.ranking) * screening.prompts
    share = texts.percent(screening.calls_saved / whole)
    yield f"{texts.calls(screening.calls)}; {screening.calls_saved:,} of {whole:,} were saved ({share})."
    if screening.cost is not None:
        yield f"{texts.dollars(screening.cost)} spent{_saved(screening)}."
    if screening.unpriced_calls:
        yield f"The cost of {texts.calls(screening.unpriced_calls)} is not known and in no sum."
    if screening.reason is not None:
        yield f"Not complete: {screening.reason}"
    for each in screening.ranking:
        if each.error is not None:
            yield f"{texts.printable(each.model)}: {texts.printable(each.error)}"


def _saved(screening: Screening) -> str:
    if all(each.mean_cost is None for each in screening.ranking):
        return ""
    saved = f"; about {texts.dollars(screening.known_dollars_saved)} saved"
    return saved if screening.dollars_saved is not None else f"{saved}, as far as known"


def _aligned(table: Sequence[Sequence[str]]) -> Iterable[str]:
    """Give the lines of a table: the first and the last column from the left, the others from the right."""
    widths = [max(map(texts.width, column)) for column in zip(*table, strict=True)]
    for name, *cells, last in table:
        numbers = [" " * (room - texts.width(cell)) + cell for cell, room in zip(cells, widths[1:-1], strict=True)]
        line = "  ".join([name + " " * (widths[0] - texts.width(name)), *numbers, last])
        yield line.rstrip()
