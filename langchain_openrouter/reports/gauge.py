"""How full a budget is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["Gauge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A budget at one moment, in dollars.

    Args:
        name: What people call it.
        limit: The most that may be spent.
        spent: What was spent.
        reserved: What calls that are under way may still cost.
        resets_at: When it begins anew; `None` where it never does.
        alerts: Shares of the limit at which somebody is told, such as `(0.5, 0.8, 1.0)`.

    Example:
        >>> gauge = Gauge(
        ...     name="team", limit=Decimal(10), spent=Decimal("8.5"), reserved=Decimal("0.5"), alerts=(0.8, 1)
        ... )
        >>> gauge.remaining, gauge.share, gauge.alert
        (Decimal('1.0'), Decimal('0.85'), 0.8)
    """

    name: str
    limit: Decimal
    spent: Decimal
    reserved: Decimal = Decimal(0)
    resets_at: dt.datetime | None = None
    alerts: tuple[float, ...] = ()

    @property
    def remaining(self) -> Decimal:
        """Dollars that are neither spent nor reserved; 0 where nothing is left."""
        return max(self.limit - self.spent - self.reserved, Decimal(0))

    @property
    def share(self) -> Decimal | None:
        """The part of the limit that is spent, 1 for all of it; `None` where the limit is 0."""
        return self.spent / self.limit if self.limit else None

    @property
    def alert(self) -> float | None:
        """The highest alert that was reached."""
        share = self.share
        return max((each for each in self.alerts if share is not None and share >= Decimal(str(each))), default=None)
