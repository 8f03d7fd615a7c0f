"""What a cascade cost, against always asking its last model."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter._guard import Guard
from langchain_openrouter.costs import price

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.messages import AIMessage

__all__ = ["Outlay", "Savings", "added"]


@dataclass(frozen=True, slots=True)
class Outlay:
    """What one answer of a cascade cost.

    Args:
        cost: Dollars of all calls; `None` where that of one is not known.
        cost_of_last: Dollars that the last model alone costs: as it was billed where it was asked, else at its price
            for the same tokens; `None` where that is not known.
    """

    cost: Decimal | None
    cost_of_last: Decimal | None

    @property
    def saved(self) -> float | None:
        """The share saved against always asking the last model; negative where the cheap calls came on top."""
        if self.cost is None or not self.cost_of_last:
            return None
        return float(1 - self.cost / self.cost_of_last)


def added(costs: Iterable[Decimal | None]) -> Decimal | None:
    """Add costs up; `None` where one is not known."""
    known = list(costs)
    return None if None in known else sum((each for each in known if each is not None), Decimal(0))


def priced_as(message: AIMessage, model: str) -> Decimal | None:
    """Give what the tokens of an answer would cost at another model's price; `None` where that is not known."""
    plain = message.model_copy(update={"response_metadata": {}})
    return price(plain, model).computed


class Savings:
    """What the answers of a cascade came to, in this process.

    Attributes:
        calls: Answers that were given.
        accepted: Those of them that a cheap model gave.
    """

    def __init__(self) -> None:
        self.calls = self.accepted = 0
        self._unknown = self._unpriced = self._bills = 0
        self._sum = self._of_last = self._billed = Decimal(0)
        self._guard = Guard(threading.TIMEOUT_MAX)

    def __repr__(self) -> str:
        saved = "unknown" if self.saved is None else f"{self.saved:.0%}"
        return f"<Savings: {self.accepted} of {self.calls} answers were accepted early, saved {saved}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle nothing: each process counts its own."""
        return Savings, ()

    @property
    def cost(self) -> Decimal | None:
        """Dollars of all answers; `None` where one cost is not known."""
        return None if self._unknown else self._sum

    @property
    def cost_of_last(self) -> Decimal | None:
        """Dollars that the last model alone would have cost; `None` where that is not known.

        Where its price is not known, an answer is taken to cost what those that it gave cost on average.
        """
        if self._unpriced and not self._bills:
            return None
        return self._of_last + (self._unpriced * self._billed / self._bills if self._unpriced else Decimal(0))

    @property
    def saved(self) -> float | None:
        """The share saved; `None` where it is not known."""
        return Outlay(self.cost, self.cost_of_last).saved

    def of_last(self, message: AIMessage, model: str) -> Decimal | None:
        """Give what the last model would have cost for an answer: at its price, else what its own cost on average."""
        priced = priced_as(message, model)
        return self._billed / self._bills if priced is None and self._bills else priced

    def count(self, outlay: Outlay, *, accepted: bool) -> None:
        """Take in an answer."""
        with self._guard:
            self.calls += 1
            self.accepted += accepted
            self._sum += outlay.cost or 0
            self._unknown += outlay.cost is None
            self._of_last += outlay.cost_of_last or 0
            self._unpriced += outlay.cost_of_last is None
            if not accepted and outlay.cost_of_last is not None:
                self._billed += outlay.cost_of_last
                self._bills += 1
