"""What calls come to, together."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import reduce
from typing import TYPE_CHECKING

from langchain_openrouter.reports.grouping import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_openrouter.costs.record import CallRecord

__all__ = ["ReportRow", "by_cost", "divide", "exact_sum", "rows_of", "sum_up"]

_EXACT = Context(prec=200)
"""Wide enough that no sum of real amounts is ever rounded, so no order of adding is better than another."""

_TWELVE_DIGITS = Context(prec=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """What the calls of one model, day, tag or other value come to.

    Args:
        value: What they have in common; `"(none)"` for calls that have no such value.
        calls: How many.
        failed_calls: Those of them that an error ended.
        unpriced_calls: Those whose cost nobody knows. They are in no sum, so wherever there are any, a cost is what the
            others came to.
        pending_calls: Those whose cost is still to be learned or confirmed.
        cached_calls: Those that a cache answered, which cost nothing.
        cost: Dollars: the exact sum of the known costs; `None` where none is known.
        share: Part of the cost of the whole report, 1 for all. By tag they may add up to more.
        prompt_tokens: `None` where no call told.
        completion_tokens: `None` where no call told.
        cached_tokens: Prompt tokens read from the cache.
        cache_write_tokens: Prompt tokens written to the cache.
        reasoning_tokens: Reasoning tokens of the answers.
        audio_tokens: Audio tokens, of prompts and answers.
        image_tokens: Image tokens, of prompts and answers.
        searches: Web searches.
        mean_cost: Dollars of a call, to twelve digits: over those that have a cost and came from no cache.
        cost_per_success: Dollars, to twelve digits: all known costs, those of failures too, over the successful calls
            that have a cost.
    """

    value: str
    calls: int
    failed_calls: int
    unpriced_calls: int
    pending_calls: int
    cached_calls: int
    cost: Decimal | None
    share: Decimal | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    audio_tokens: int
    image_tokens: int
    searches: int
    mean_cost: Decimal | None
    cost_per_success: Decimal | None

    @property
    def successful_calls(self) -> int:
        """Calls that gave an answer."""
        return self.calls - self.failed_calls


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add up dollars without rounding.

    Example:
        >>> exact_sum([Decimal("0.1"), Decimal("0.2")])
        Decimal('0.3')
    """
    return reduce(_EXACT.add, amounts, Decimal(0))


def divide(amount: Decimal | None, by: Decimal | int) -> Decimal | None:
    """Divide, to twelve digits; by 0, and where the amount is not known, the result is not either."""
    return _TWELVE_DIGITS.divide(amount, Decimal(by)) if by and amount is not None else None


def sum_up(value: str, calls: Sequence[CallRecord], whole: Decimal | None = None) -> ReportRow:
    """Give the row of some calls.

    Args:
        value: What they have in common.
        calls: The calls.
        whole: What share is a part of. Default: their own cost.
    """
    priced = [call for call in calls if call.cost is not None or call.status == "cached"]
    cached = sum(call.status == "cached" for call in calls)
    # A sum of nothing is 0; a sum of unknown things is unknown.
    cost = exact_sum(call.cost for call in priced if call.cost) if priced or not calls else None
    return ReportRow(
        value=value,
        calls=len(calls),
        failed_calls=sum(call.error is not None for call in calls),
        unpriced_calls=len(calls) - len(priced),
        pending_calls=sum(call.pending for call in calls),
        cached_calls=cached,
        cost=cost,
        share=divide(cost, (cost if whole is None else whole) or 0),
        prompt_tokens=_known(call.prompt_tokens for call in calls),
        completion_tokens=_known(call.completion_tokens for call in calls),
        cached_tokens=sum(call.cached_tokens for call in calls),
        cache_write_tokens=sum(call.cache_write_tokens for call in calls),
        reasoning_tokens=sum(call.reasoning_tokens for call in calls),
        audio_tokens=sum(call.audio_tokens for call in calls),
        image_tokens=sum(call.image_tokens for call in calls),
        searches=sum(call.searches for call in calls),
        mean_cost=divide(cost, len(priced) - cached),
        cost_per_success=divide(cost, sum(call.error is None for call in priced)),
    )


def _known(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def rows_of(groups: Mapping[str, Sequence[CallRecord]], whole: Decimal | None) -> list[ReportRow]:
    """Give the rows of some groups, most expensive first.

    Args:
        groups: Calls by what they have in common.
        whole: Dollars that shares are parts of.
    """
    return by_cost(sum_up(value, calls, whole) for value, calls in groups.items())


def by_cost(rows: Iterable[ReportRow]) -> list[ReportRow]:
    """Sort rows, most expensive first. Those without a known cost come after the rest, the most calls first."""
    return sorted(
        rows, key=lambda row: (row.cost is None, -(row.cost or 0), -row.calls, row.value == NOBODY, row.value)
    )
