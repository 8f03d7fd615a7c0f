"""Which models fit, and in which order."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from langchain_openrouter.catalog.matching import ranked
from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.catalog.query import Axis, check, check_choice, name_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from langchain_openrouter.catalog.model import Model

__all__ = ["VALUES", "best_of", "frontier", "search"]


def search(models: Sequence[Model], query: Mapping[str, Any]) -> list[Model]:
    """Give the models that fit.

    Args:
        models: Where to look, newest first.
        query: What to look for, as in `Query`.

    Raises:
        TypeError: A key is none of `Query`.
        ValueError: A value is none that the key can have.
    """
    check(query, models)
    found = list(models)
    for name, value in query.items():
        if name in _TESTS and value is not None:
            fits = _TESTS[name](value)
            found = [model for model in found if fits(model)]
    if query.get("text"):
        found = ranked(found, query["text"])
    if query.get("sort"):
        found = _sorted(found, query["sort"])
    return found[: query.get("limit")]


def frontier(models: Iterable[Model], x: Axis, y: Axis) -> list[Model]:
    """Give the models that no other beats: none is at least as good on both axes and better on one.

    Args:
        models: Where to look. Those without one of the values take no part.
        x: An axis; prices are better low, all else high.
        y: Another.

    Returns:
        The frontier, best on ``x`` first.
    """
    for axis in (x, y):
        check_choice("axis", axis, get_args(Axis))
    value_x, value_y = _goodness(x), _goodness(y)
    points = [(value_x(model), value_y(model), model) for model in models]
    known = [(good_x, good_y, model) for good_x, good_y, model in points if good_x is not None and good_y is not None]
    best: list[Model] = []
    highest, at = None, None
    for good_x, good_y, model in sorted(known, key=lambda point: point[:2], reverse=True):
        if highest is None or good_y > highest or (good_x, good_y) == at:
            best.append(model)
            highest, at = good_y, (good_x, good_y)
    return best


def best_of(models: Sequence[Model], query: Mapping[str, Any], x: Axis, y: Axis) -> list[Model]:
    """Give the frontier of the models that fit; ``limit`` cuts the frontier, not what it is made of."""
    limit = query.get("limit")
    return frontier(search(models, {**query, "limit": None}), x, y)[:limit]


def _blended_price(model: Model) -> Decimal | None:
    """Give dollars per million tokens, three of the prompt to one of the answer; ``None`` where one is not known."""
    prompt, completion = (model.pricing.per_million(name) for name in ("prompt", "completion"))
    return None if prompt is None or completion is None else (3 * prompt + completion) / 4


VALUES: dict[str, Callable[[Model], Any]] = {
    "price": _blended_price,
    "prompt_price": lambda model: model.pricing.per_million("prompt"),
    "completion_price": lambda model: model.pricing.per_million("completion"),
    "intelligence": lambda model: model.benchmarks.intelligence,
    "coding": lambda model: model.benchmarks.coding,
    "agentic": lambda model: model.benchmarks.agentic,
    "context": lambda model: model.context_length,
    "output": lambda model: model.max_completion_tokens,
    "created": lambda model: model.created,
    "id": lambda model: model.id,
}
"""What models are compared and sorted by; ``None`` where a model does not tell."""


def _goodness(axis: str) -> Callable[[Model], Any]:
    value = VALUES[axis]
    if not axis.endswith("price"):
        return value

    def cheapness(model: Model) -> Decimal | None:
        price: Decimal | None = value(model)
        return None if price is None else -price

    return cheapness


def _sorted(models: list[Model], key: str) -> list[Model]:
    value, falling = VALUES[key.removeprefix("-")], key.startswith("-")
    # The list is newest first, also where no date is told.
    order = models[::-1] if key == "created" else models
    valued = [(value(model), model) for model in order]
    known = sorted((pair for pair in valued if pair[0] is not None), key=lambda pair: pair[0], reverse=falling)
    return [model for _, model in known] + [model for worth, model in valued if worth is None]


def _at_least(axis: str) -> Callable[[Any], Callable[[Model], bool]]:
    value = VALUES[axis]

    def limit(least: Any) -> Callable[[Model], bool]:
        return lambda model: (found := value(model)) is not None and found >= least

    return limit


def _at_most(axis: str) -> Callable[[Any], Callable[[Model], bool]]:
    value = VALUES[axis]

    def limit(most: Any) -> Callable[[Model], bool]:
        dollars = Decimal(str(most))
        return lambda model: (found := value(model)) is not None and found <= dollars

    return limit


def _is(fact: Callable[[Model], bool | None]) -> Callable[[Any], Callable[[Model], bool]]:
    """Compare a fact; what is not known of a model is not so."""
    return lambda wanted: lambda model: bool(fact(model)) is wanted


def _holds(names: Callable[[Model], frozenset[str]]) -> Callable[[Any], Callable[[Model], bool]]:
    def all_of(wanted: Any) -> Callable[[Model], bool]:
        required = name_set(wanted)
        return lambda model: required <= names(model)

    return all_of


def _by_author(wanted: Any) -> Callable[[Model], bool]:
    authors = frozenset(name.casefold() for name in name_set(wanted))
    return lambda model: model.author.casefold() in authors


def _available_on(day: dt.date) -> Callable[[Model], bool]:
    day = in_utc(day).date() if isinstance(day, dt.datetime) else day
    return lambda model: (model.created is None or model.created.date() <= day) and not model.has_expired(day)


def _is_plain(model: Model) -> bool:
    return model.variant is None and not model.is_alias and not model.is_router and model.author != "openrouter"


_TESTS: dict[str, Callable[[Any], Callable[[Model], bool]]] = {
    "tools": _is(lambda model: "tools" in model.supported_parameters),
    "structured_output": _is(lambda model: "structured_outputs" in model.supported_parameters),
    "reasoning": _is(lambda model: model.reasoning is not None or "reasoning" in model.supported_parameters),
    "input": _holds(lambda model: model.input_modalities),
    "output": _holds(lambda model: model.output_modalities),
    "min_context": _at_least("context"),
    "min_output": _at_least("output"),
    "max_prompt_price": _at_most("prompt_price"),
    "max_completion_price": _at_most("completion_price"),
    "free": _is(lambda model: model.pricing.is_free),
    "open_weights": _is(lambda model: model.open_weights),
    "author": _by_author,
    "parameters": _holds(lambda model: model.supported_parameters),
    "min_intelligence": _at_least("intelligence"),
    "min_coding": _at_least("coding"),
    "min_agentic": _at_least("agentic"),
    "available_on": _available_on,
    "plain": lambda wanted: _is_plain if wanted else (lambda _: True),
}
