"""As a budget empties, cheaper models; when it is used up, free ones."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.costs.money import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.ledger import Budget, Ledger

__all__ = ["Downshift", "Left"]

_KEPT_FOR = 1.0
"""Seconds in which a budget is not asked for again: a look at it is a step in the ledger's store."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a budget has left.

    Args:
        share: Of its limit, 0 to 1.
        dollars: In dollars; not below 0.
    """

    share: float
    dollars: Decimal


@dataclass
class Downshift:
    """Lets a router spend less as a budget empties.

    From `begin` on, only the cheapest of the models that fit may answer: at half of `begin` the cheaper half, and so
    on. What may cost more than is left is out, and when nothing is left, only free models are in.

    Args:
        budget: The budget, whose window counts.
        ledger: Where it is booked. Default: that of the handler that the budget was given to.
        begin: The share that is left when it begins, above 0 and up to 1.
        scope: Whose, for a budget that is apart by something, such as `{"user": "ann"}`.

    Raises:
        ValueError: `begin` is no share.

    Example:
        ```python
        from langchain_openrouter import Budget, Ledger, ModelRouter
        from langchain_openrouter.routing import Downshift

        daily = Budget("$5", per="day")
        router = ModelRouter(candidates="cost_optimized", downshift=Downshift(daily, Ledger.open()))
        ```
    """

    budget: Budget
    ledger: Ledger | None = None
    begin: float = 0.5
    scope: dict[str, str] = field(default_factory=dict)
    _seen: tuple[float, Left] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 < self.begin <= 1:
            msg = f"begin={self.begin!r} is no share. Pass a number above 0 and up to 1, such as 0.5."
            raise ValueError(msg)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without what was seen."""
        return {**self.__dict__, "_seen": None}

    def left(self, clock: Callable[[], float] = time.monotonic) -> Left:
        """Tell what the budget has left, as of at most a second ago.

        Raises:
            LedgerUnavailableError: The ledger's store cannot be used.
        """
        seen = self._seen
        if seen is not None and 0 <= clock() - seen[0] < _KEPT_FOR:
            return seen[1]
        scope: dict[str, Any] = self.scope
        status = self.budget.status(**scope) if self.ledger is None else self.ledger.status(self.budget, **scope)
        dollars = max(status.remaining, Decimal(0))
        left = Left(float(EXACT.divide(dollars, status.limit)) if status.limit else 0.0, dollars)
        self._seen = clock(), left
        return left
