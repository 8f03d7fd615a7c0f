"""Sums over calls: what a handler shows as its totals and breakdowns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.costs.money import EXACT
from langchain_openrouter.reports.grouping import values_of

if TYPE_CHECKING:
    from langchain_openrouter.costs.record import CallRecord

__all__ = ["Tallies", "Tally"]


@dataclass(slots=True)
class Tally:
    """Sums over some calls. What nobody knows the cost of is counted in `unpriced_calls`, and adds nothing to `total`.

    Args:
        total: Dollars, exact.
        calls: Calls of a model, failed ones too. Answers from a cache are none.
        failed_calls: Calls that ended with an error.
        unpriced_calls: Calls whose cost nobody knows.
        pending_calls: Calls whose cost is an estimate until `reconcile` learns it.
        cached_calls: Answers from a cache.
        prompt_tokens: Tokens of all prompts.
        completion_tokens: Tokens of all answers.
        cached_tokens: Prompt tokens read from providers' caches.
        reasoning_tokens: Reasoning tokens.
    """

    total: Decimal = Decimal(0)
    calls: int = 0
    failed_calls: int = 0
    unpriced_calls: int = 0
    pending_calls: int = 0
    cached_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def add(self, record: CallRecord, sign: int = 1) -> None:
        """Add a call; or take it away again, with a sign of -1."""
        if record.status == "cached":
            self.cached_calls += sign
            return
        self.calls += sign
        self.failed_calls += sign * (not record.succeeded)
        self.unpriced_calls += sign * (record.cost is None)
        self.pending_calls += sign * record.pending
        self.total = EXACT.fma(sign, record.cost or 0, self.total)
        self.prompt_tokens += sign * (record.prompt_tokens or 0)
        self.completion_tokens += sign * (record.completion_tokens or 0)
        self.cached_tokens += sign * record.cached_tokens
        self.reasoning_tokens += sign * record.reasoning_tokens


OTHERS = "(others)"
"""Stands for values beyond those that are kept."""

_MOST_VALUES = 10_000
_KEPT = ("model", "provider", "tag", "day")


class Tallies:
    """Running sums, in all and by those dimensions that a program of any age can keep."""

    def __init__(self) -> None:
        self.whole = Tally()
        self._parts: dict[str, dict[str, Tally]] = {name: {} for name in _KEPT}

    def add(self, record: CallRecord, sign: int = 1) -> None:
        """Add a call, or take it away again."""
        self.whole.add(record, sign)
        for dimension, tallies in self._parts.items():
            for value in values_of(record, dimension):
                known = value in tallies or len(tallies) < _MOST_VALUES
                tallies.setdefault(value if known else OTHERS, Tally()).add(record, sign)

    def by(self, dimension: str) -> dict[str, Tally] | None:
        """Give the sums by the values of a dimension; `None` for one that is not kept."""
        return self._parts.get(dimension)
