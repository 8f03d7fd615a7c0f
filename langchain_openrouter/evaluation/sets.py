"""Sets of models by name. They name no model, so they stay current with the catalog.

Nobody knows offline how fast a model is. `speed` goes by what makes models fast: small ones are cheap, and those that
do not think first begin at once. How fast they are is what the comparison then measures.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from langchain_openrouter.catalog import Catalog, Model

__all__ = ["ModelSet", "models_of"]

ModelSet = Literal["quality", "speed", "cost", "diverse"]
"""The four best by Intelligence Index; the four best of the cheapest third that do not think unless they are told to;
the four cheapest of those that no other model beats on both price and Intelligence Index; the best of each of the four
best authors. All but the first and the last can call tools."""

_SIZE = 4


def models_of(name: ModelSet | str, catalog: Catalog, today: dt.date | None = None) -> list[Model]:
    """Give the models of a set, best first.

    Args:
        name: One of `ModelSet`.
        catalog: Where to look.
        today: A day on which they have to be there (UTC). Default: today.

    Raises:
        ValueError: There is no such set, or the catalog has no model that belongs to it.

    Example:
        >>> from langchain_openrouter.catalog import Catalog
        >>> len({model.author for model in models_of("diverse", Catalog.load("snapshot"))})
        4
    """
    if name not in _SETS:
        known = ", ".join(map(repr, get_args(ModelSet)))
        msg = f"models={name!r} is no set of models; there are {known}. One model alone is a list too: [{name!r}]."
        raise ValueError(msg)
    day = today or dt.datetime.now(dt.UTC).date()
    asked = {"plain": True, "input": "text", "output": "text", "available_on": day}
    found = _SETS[name](catalog, asked)[:_SIZE]
    if not found:
        msg = f"{catalog.described} has no model for the set {name!r}. Pass the ids of models instead."
        raise ValueError(msg)
    return found


def _quality(catalog: Catalog, asked: dict[str, Any]) -> list[Model]:
    return _measured(catalog.search(**asked, sort="-intelligence"))


def _speed(catalog: Catalog, asked: dict[str, Any]) -> list[Model]:
    able = catalog.search(**asked, tools=True, free=False, sort="-intelligence")
    return [model for model in able if not _thinks(model) and catalog.tier(model.id) == "budget"]


def _cost(catalog: Catalog, asked: dict[str, Any]) -> list[Model]:
    return catalog.pareto("price", "intelligence", **asked, tools=True, free=False)


def _diverse(catalog: Catalog, asked: dict[str, Any]) -> list[Model]:
    best: dict[str, Model] = {}
    for model in _quality(catalog, asked):
        best.setdefault(model.author, model)
    return list(best.values())


def _measured(models: Iterable[Model]) -> list[Model]:
    return [model for model in models if model.benchmarks.intelligence is not None]


def _thinks(model: Model) -> bool:
    """Say whether a model thinks before it answers when the request says nothing, or may do so."""
    reasoning = model.reasoning
    return reasoning is not None and (reasoning.mandatory or reasoning.enabled_by_default is not False)


_SETS: dict[str, Callable[[Catalog, dict[str, Any]], list[Model]]] = {
    "quality": _quality, "speed": _speed, "cost": _cost, "diverse": _diverse,
}  # fmt: skip
