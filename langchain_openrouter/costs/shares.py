"""How much of a budget something would take."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from langchain_openrouter.costs.money import Money, as_dollars

__all__ = ["BudgetLike", "HasLimit", "HasRemaining", "Shares", "budget_in_dollars", "share_of"]


class HasRemaining(Protocol):
    """Something of which so many dollars are left, such as the status of a budget."""

    @property
    def remaining(self) -> Decimal:
        """Dollars."""


class HasLimit(Protocol):
    """Something that allows so many dollars, such as a budget."""

    @property
    def limit(self) -> Decimal:
        """Dollars."""


BudgetLike: TypeAlias = Money | HasRemaining | HasLimit
"""An amount of money, what tells how much of one is left, or what allows one."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of a budget: 1 is all of it, and more than 1 does not fit; ``None`` where a cost is unknown.

    Of a budget of 0, what costs nothing takes 0, and all else takes ``Decimal("Infinity")``.

    Args:
        low: What it takes at least.
        expected: What it probably takes.
        high: What it takes at most.
    """

    low: Decimal | None
    expected: Decimal | None
    high: Decimal | None

    @classmethod
    def of(cls, low: Decimal | None, expected: Decimal | None, high: Decimal | None, budget: BudgetLike) -> Shares:
        """Give the shares of three costs.

        Args:
            low: Dollars.
            expected: Dollars.
            high: Dollars.
            budget: Dollars, or what tells how much of them is left.

        Raises:
            ValueError: ``budget`` is no amount of money.
        """
        dollars = budget_in_dollars(budget)
        return cls(share_of(low, dollars), share_of(expected, dollars), share_of(high, dollars))


def budget_in_dollars(budget: BudgetLike) -> Decimal:
    """Give the dollars of a budget; one that is overdrawn has none.

    Raises:
        ValueError: It is no amount of money.

    Example:
        >>> budget_in_dollars("$0.50")
        Decimal('0.50')
    """
    if isinstance(budget, (Decimal, int, float, str)):
        return as_dollars(budget, "budget")
    left = getattr(budget, "remaining", getattr(budget, "limit", None))
    if not isinstance(left, Decimal) or left.is_nan():
        msg = (
            f"A {type(budget).__name__} does not tell how many dollars are left. Pass an amount, such as "
            '"$0.50", or what has `remaining` as a `Decimal`: the status of a budget.'
        )
        raise ValueError(msg)
    return max(left, Decimal(0))


def share_of(cost: Decimal | None, budget: Decimal) -> Decimal | None:
    """Give the share of a budget that a cost takes; ``None`` where the cost is unknown.

    Args:
        cost: Dollars.
        budget: Dollars, 0 or more.

    Example:
        >>> share_of(Decimal("0.1"), Decimal("0.5")), share_of(Decimal("0.1"), Decimal(0))
        (Decimal('0.2'), Decimal('Infinity'))
    """
    if cost is None:
        return None
    if not budget:
        return Decimal("Infinity") if cost else Decimal(0)
    return cost / budget
