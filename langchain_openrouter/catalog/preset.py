"""Named queries. They name no model, so they stay current with the catalog.

Example:
    >>> from langchain_openrouter.catalog import Catalog, Preset, register_preset
    >>> register_preset("cheap_vision", Preset({"input": {"image"}, "max_prompt_price": 0.5, "sort": "price"}))
    >>> len(Catalog.load("snapshot").preset("cheap_vision")) > 0
    True
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from langchain_openrouter.catalog.search import best_of, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from langchain_openrouter.catalog.model import Model
    from langchain_openrouter.catalog.query import Axis, Query

__all__ = ["Preset", "PresetName", "presets", "register_preset"]

PresetName = Literal[
    "frontier", "cost_optimized", "reasoning", "coding", "vision", "long_context", "free", "open_weights"
]
"""The presets that are there from the start."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A query, and whether only those are wanted that no other model beats.

    Args:
        query: What to look for.
        frontier: Two axes: of the models that fit, keep those that none beats on both, best on the first one first.
            Default: keep all, in the query's order.
    """

    query: Query
    frontier: tuple[Axis, Axis] | None = None

    def apply(self, models: Sequence[Model]) -> list[Model]:
        """Give the models of the preset, best first.

        Args:
            models: Where to look, newest first.
        """
        if self.frontier is None:
            return search(models, self.query)
        return best_of(models, self.query, *self.frontier)


_PRESETS: dict[str, Preset] = {
    "frontier": Preset({"plain": True, "sort": "-intelligence", "limit": 10}),
    "cost_optimized": Preset({"plain": True, "tools": True, "free": False, "limit": 5}, ("price", "intelligence")),
    "reasoning": Preset({"plain": True, "reasoning": True, "sort": "-intelligence", "limit": 10}),
    "coding": Preset({"plain": True, "tools": True, "sort": "-coding", "limit": 10}),
    "vision": Preset({"plain": True, "input": "image", "output": "text", "sort": "-intelligence", "limit": 10}),
    "long_context": Preset({"plain": True, "min_context": 500_000, "sort": "-context"}),
    "free": Preset({"free": True, "output": "text", "sort": "-intelligence"}),
    "open_weights": Preset({"plain": True, "open_weights": True, "sort": "-intelligence", "limit": 10}),
}


def presets() -> dict[str, Preset]:
    """Give all presets by name, those of the user too."""
    return dict(_PRESETS)


def register_preset(name: str, preset: Preset | Query | None = None, /, **query: Unpack[Query]) -> None:
    """Add a preset for this process, or put another in the place of one.

    Args:
        name: Its name.
        preset: What it stands for: a `Preset`, or a query as a dict. Its query is checked now.
        **query: The query instead, or what is other in it.

    Raises:
        TypeError: The query has a key that is none of `Query`.
        ValueError: A value of the query is none that its key can have.

    Example:
        >>> register_preset("long_and_cheap", min_context=500_000, max_prompt_price=0.2, sort="price")
    """
    given = preset if isinstance(preset, Preset) else Preset(preset or {})
    made = replace(given, query={**given.query, **query})
    made.apply(())
    _PRESETS[name] = made
