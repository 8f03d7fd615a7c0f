"""What a policy chooses from, and what it may know of the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, overload

from langchain_openrouter.costs.money import EXACT, written
from langchain_openrouter.routing.table import PICO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_openrouter.catalog.standing import Tier
    from langchain_openrouter.tasks import Task

__all__ = ["Option", "Options", "Situation"]


@dataclass(frozen=True, slots=True)
class Option:
    """A model that can answer the request. `None` where something is not known.

    Args:
        model: Its name.
        cost: Dollars that the answer is expected to cost.
        quality: How good it is at the task; higher is better.
        seconds: How long the answer is expected to take.
        tier: Its price tier among all models of the catalog.
    """

    model: str
    cost: Decimal | None
    quality: float | None
    seconds: float | None
    tier: Tier | None


class Options(Sequence[Option]):
    """The models that can answer a request, in the user's order.

    A policy reads them one by one, or in columns, which is quicker with hundreds of them.

    Attributes:
        models: Their names.
        costs: Picodollars (1e-12 dollars) that the answer is expected to cost.
        qualities: How good they are at the task.
        seconds: How long the answer is expected to take.
    """

    __slots__ = ("_tiers", "costs", "models", "qualities", "seconds")

    def __init__(
        self,
        models: Sequence[str],
        costs: Sequence[int | None],
        qualities: Sequence[float | None],
        seconds: Sequence[float | None],
        tiers: Callable[[], Sequence[Tier | None]],
    ) -> None:
        self.models = models
        self.costs = costs
        self.qualities = qualities
        self.seconds = seconds
        self._tiers: Any = tiers

    @property
    def tiers(self) -> Sequence[Tier | None]:
        """Their price tiers, which few policies look at."""
        if callable(self._tiers):
            self._tiers = self._tiers()
        return self._tiers  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.models)

    @overload
    def __getitem__(self, index: int) -> Option: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Option]: ...
    def __getitem__(self, index: int | slice) -> Option | Sequence[Option]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        cost = self.costs[index]
        return Option(
            self.models[index],
            None if cost is None else EXACT.multiply(cost, PICO),
            self.qualities[index],
            self.seconds[index],
            self.tiers[index],
        )

    def cost_of(self, model: str) -> Decimal | None:
        """Give dollars that the answer of a model is expected to cost; `None` where nobody knows."""
        cost = self.costs[self.models.index(model)] if model in self.models else None
        return None if cost is None else EXACT.multiply(cost, PICO)

    def record(self) -> list[dict[str, Any]]:
        """Give them as JSON."""
        costs = (None if cost is None else written(EXACT.multiply(cost, PICO)) for cost in self.costs)
        columns = zip(self.models, costs, self.qualities, self.seconds, self.tiers, strict=True)
        return [
            {"model": model, "cost": cost, "quality": quality, "seconds": seconds, "tier": tier}
            for model, cost, quality, seconds, tier in columns
        ]

    @classmethod
    def from_record(cls, record: Sequence[Mapping[str, Any]]) -> Options:
        """Read what `record` gives."""
        costs = [None if each["cost"] is None else int(EXACT.divide(Decimal(each["cost"]), PICO)) for each in record]
        models, qualities, seconds, tiers = (
            [each[name] for each in record] for name in ("model", "quality", "seconds", "tier")
        )
        return cls(models, costs, qualities, seconds, lambda: tiers)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a policy may know of a request.

    Args:
        task: What kind of work it is.
        complexity: `simple`, `moderate` or `complex`.
        previous: The model that answered before in the same conversation, thread or for the same user.
        turn: How many calls the router has made before.
        draw: A number from 0 up to 1 that chance has drawn for this call.
    """

    task: Task = "general"
    complexity: str = "moderate"
    previous: str | None = None
    turn: int = 0
    draw: float = 0.0
