"""How a name that somebody wrote finds a model.

OpenRouter takes ids, canonical slugs, aliases, ids with a dash for a dot, routing variants (``:nitro``) and presets.
Beside those, a catalog knows short names: the id without its author.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["PRESET", "ROUTING_VARIANTS", "Names", "is_short"]

PRESET = "@preset/"
"""Begins the name of a preset: ``@preset/mine`` alone, ``author/name@preset/mine`` with a model."""

ROUTING_VARIANTS = frozenset({"exacto", "extended", "floor", "nitro", "online", "thinking"})
"""Endings that any model may have; they choose how it is served. ``:free`` and ``:batch`` are models of their own.

Source: https://openrouter.ai/docs/guides/routing/model-variants
"""


class Names:
    """All names of the models of a catalog.

    Args:
        models: Id and canonical slug of each model.
    """

    __slots__ = ("_ids", "_others")

    def __init__(self, models: Iterable[tuple[str, str | None]]) -> None:
        slugs = dict(models)
        self._ids = frozenset(slugs)
        self._others = _other_names(slugs)

    def find(self, name: str) -> str | None:
        """Give the id of the model that a name means; ``None`` when there is none.

        Args:
            name: What somebody wrote.

        Example:
            >>> names = Names([("a/b-1.5", "a/b-1.5-2026"), ("a/b-1.5:free", "a/b-1.5-2026")])
            >>> names.find("a/b-1.5-2026:nitro"), names.find("b-1.5:free"), names.find("a/b-1-5")
            ('a/b-1.5', 'a/b-1.5:free', 'a/b-1.5')
        """
        name = name.partition(PRESET)[0]
        if name in self._ids:
            return name
        base, *variants = name.split(":")
        known_as = base if base in self._ids else self._others.get(base)
        for place, variant in enumerate(variants):
            written, own_id = ":".join([base, *variants[: place + 1]]), f"{known_as}:{variant}"
            if written in self._ids or own_id in self._ids:
                known_as = written if written in self._ids else own_id
            elif written in self._others:
                known_as = self._others[written]
            elif variant not in ROUTING_VARIANTS:
                return None
        return known_as


def is_short(name: str) -> bool:
    """Say whether a name lacks its author: a catalog knows such names, OpenRouter does not.

    Example:
        >>> is_short("gpt-4o:nitro"), is_short("openai/gpt-4o"), is_short("@preset/mine")
        (True, False, False)
    """
    return "/" not in name.partition(PRESET)[0] and not name.startswith(PRESET)


def _other_names(slugs: dict[str, str | None]) -> dict[str, str]:
    """Map every name that is no id to an id. A variant is found by way of its model, while that is there."""
    models = {model_id: slug for model_id, slug in slugs.items() if ":" not in model_id}
    orphans = {model_id: slug for model_id, slug in slugs.items() if model_id.partition(":")[0] not in models}
    names = {slug: model_id for model_id, slug in reversed(slugs.items()) if slug}
    names |= {slug: model_id for model_id, slug in reversed(models.items()) if slug}
    names |= {f"{slug}:{model_id.partition(':')[2]}": model_id for model_id, slug in orphans.items() if slug}
    for spelling in (_with_dashes, _without_author, _short_with_dashes):
        for name, model_id in _unambiguous(spelling, [*models, *orphans]).items():
            names.setdefault(name, model_id)
    return names


def _with_dashes(model_id: str) -> str:
    return model_id.replace(".", "-")


def _without_author(model_id: str) -> str:
    return model_id.partition("/")[2]


def _short_with_dashes(model_id: str) -> str:
    return _with_dashes(_without_author(model_id))


def _unambiguous(spelling: Callable[[str], str], ids: Iterable[str]) -> dict[str, str]:
    """Map the spelling of each id to the id, unless two ids share it."""
    meant: dict[str, list[str]] = {}
    for model_id in ids:
        meant.setdefault(spelling(model_id), []).append(model_id)
    return {name: those[0] for name, those in meant.items() if name and len(those) == 1}
