"""Where a model stands among all others: what it is strong at, and which price tier it is in.

Nothing here is typed in: each word follows from benchmarks, prices and parameters, so it changes with the market.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langchain_openrouter.catalog.search import VALUES, search

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from langchain_openrouter.catalog.model import Model

__all__ = ["Standing", "Strength", "Tier"]

Tier = Literal["free", "budget", "balanced", "premium"]
"""Free, or the cheapest, middle and dearest third of all models that cost something."""

Strength = Literal[
    "intelligence", "coding", "agentic", "long_context", "low_price", "tools", "structured_output", "reasoning",
    "vision", "audio", "video", "image_output", "open_weights", "free",
]  # fmt: skip
"""Of the first five: among the best quarter of those that are measured. The others: it can, or it is."""

_MEASURED: dict[Strength, str] = {
    "intelligence": "intelligence", "coding": "coding", "agentic": "agentic", "long_context": "context",
}  # fmt: skip


class Standing:
    """The marks that divide a catalog's models into quarters and thirds.

    Args:
        models: The models that are compared; aliases, routers and variants do not count twice.
    """

    __slots__ = ("_best_quarter", "_thirds")

    def __init__(self, models: Sequence[Model]) -> None:
        plain = search(models, {"plain": True})
        self._best_quarter = {axis: _mark(plain, axis, 0.75) for axis in _MEASURED.values()}
        paid = [model for model in plain if VALUES["price"](model)]
        cheapest_quarter, *thirds = (_mark(paid, "price", part) for part in (0.25, 1 / 3, 2 / 3))
        self._best_quarter["price"] = cheapest_quarter
        self._thirds: list[Any] = thirds

    def strengths(self, model: Model) -> tuple[Strength, ...]:
        """Give what a model is strong at."""
        return (*self._measured(model), *_abilities(model))

    def tier(self, model: Model) -> Tier | None:
        """Give the price tier of a model; ``None`` where its price is not known."""
        price: Decimal | None = VALUES["price"](model)
        if price is None:
            return None
        if model.pricing.is_free:
            return "free"
        cheap, middling = self._thirds
        if cheap is None or price <= cheap:
            return "budget"
        return "balanced" if price <= middling else "premium"

    def _measured(self, model: Model) -> list[Strength]:
        found: list[Strength] = [
            strength
            for strength, axis in _MEASURED.items()
            if None not in (value := VALUES[axis](model), mark := self._best_quarter[axis]) and value >= mark
        ]
        price, cheap = VALUES["price"](model), self._best_quarter["price"]
        if price and cheap is not None and price <= cheap:
            found.append("low_price")
        return found


def _abilities(model: Model) -> list[Strength]:
    parameters, inputs = model.supported_parameters, model.input_modalities
    able: dict[Strength, bool] = {
        "tools": "tools" in parameters,
        "structured_output": "structured_outputs" in parameters,
        "reasoning": model.reasoning is not None,
        "vision": "image" in inputs,
        "audio": "audio" in inputs,
        "video": "video" in inputs,
        "image_output": "image" in model.output_modalities,
        "open_weights": model.open_weights is True,
        "free": model.pricing.is_free,
    }
    return [strength for strength, has in able.items() if has]


def _mark(models: Sequence[Model], axis: str, part: float) -> Any:
    """Give the value that this part of the measured models stays below; ``None`` where none is measured."""
    values = sorted(value for model in models if (value := VALUES[axis](model)) is not None)
    return values[min(int(len(values) * part), len(values) - 1)] if values else None
