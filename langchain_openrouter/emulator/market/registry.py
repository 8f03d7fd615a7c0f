"""The models that the emulator knows, and how a requested name finds one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from langchain_openrouter.emulator.market.families import Family, family_of
from langchain_openrouter.emulator.market.providers import Endpoint, endpoints_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Records = Mapping[str, Any] | Iterable[Mapping[str, Any]]

ROUTING_SUFFIXES = ("nitro", "floor", "exacto", "extended", "thinking", "online")
"""Suffixes of a model id that change how it is served; `:free` is another model instead."""
DEFAULT_MAX_OUTPUT = 65536


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its `/models` record."""

    record: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Give the id, such as `author/name`."""
        return cast("str", self.record["id"])

    @property
    def pricing(self) -> Mapping[str, Any]:
        """Give the prices, strings of dollars per token."""
        return cast("Mapping[str, Any]", self.record.get("pricing") or {})

    @property
    def supported(self) -> frozenset[str]:
        """Give the names of the supported parameters."""
        return frozenset(self.record.get("supported_parameters") or ())

    @property
    def inputs(self) -> frozenset[str]:
        """Give the input modalities."""
        return frozenset(self._architecture.get("input_modalities") or ("text",))

    @property
    def outputs(self) -> frozenset[str]:
        """Give the output modalities."""
        return frozenset(self._architecture.get("output_modalities") or ("text",))

    @property
    def family(self) -> Family:
        """Give the family, which decides the form of reasoning and ids."""
        return family_of(self._architecture.get("tokenizer"))

    @property
    def context_length(self) -> int:
        """Give the longest prompt and answer together, in tokens."""
        return int(self.record.get("context_length") or 0) or 2**31

    @property
    def max_output(self) -> int:
        """Give the longest answer, in tokens."""
        top = self.record.get("top_provider") or {}
        return int(top.get("max_completion_tokens") or 0) or DEFAULT_MAX_OUTPUT

    @property
    def reasons_always(self) -> bool:
        """Tell whether reasoning cannot be turned off."""
        return bool((self.record.get("reasoning") or {}).get("mandatory"))

    @property
    def is_free(self) -> bool:
        """Tell whether the model is a free variant."""
        return self.id.endswith(":free")

    @property
    def is_router(self) -> bool:
        """Tell whether the model only chooses another."""
        return str(self.pricing.get("prompt", "0")).startswith("-")

    @property
    def endpoints(self) -> list[Endpoint]:
        """Give the endpoints, the default one first."""
        return endpoints_of(self.id, self.pricing)

    @property
    def _architecture(self) -> Mapping[str, Any]:
        return self.record.get("architecture") or {}


@dataclass(frozen=True, slots=True)
class Choice:
    """A requested name and the model that it means."""

    requested: str
    model: Model
    suffixes: tuple[str, ...] = ()


class Registry:
    """Finds models by id, alias, canonical slug, preset or routing suffix.

    Args:
        records: `/models` records by id, or a list of them, or the body of `GET /models`.
    """

    def __init__(self, records: Records) -> None:
        """Index the records."""
        self.models: dict[str, Model] = {}
        self._by_slug: dict[str, Model] = {}
        self.replace(records)

    def replace(self, records: Records) -> None:
        """Forget the models, and index other records."""
        models = [Model(record) for record in _records(records)]
        by_slug: dict[str, Model] = {}
        for model in models:
            by_slug.setdefault(model.record.get("canonical_slug") or model.id, model)
            # OpenRouter was recorded to accept a dash where an id has a dot.
            by_slug.setdefault(model.id.replace(".", "-"), model)
        # Whole dicts are put in place: a request under way in another thread goes on with the old ones.
        self.models, self._by_slug = {model.id: model for model in models}, by_slug

    def find(self, name: str) -> Choice | None:
        """Give what a requested name means, or `None` when there is no such model."""
        exact = self.models.get(name)
        if exact is not None:
            return Choice(name, self._concrete(exact))
        plain, _, preset = name.partition("@preset/")
        if preset:
            chosen = self.find(plain) if plain else Choice(name, self._default())
            return chosen and Choice(name, chosen.model, chosen.suffixes)
        base, *suffixes = plain.split(":")
        model = self.models.get(base) or self._by_slug.get(base) or self._by_slug.get(plain)
        known = all(suffix in ROUTING_SUFFIXES for suffix in suffixes)
        if model is None or (not known and plain not in self._by_slug):
            return None
        return Choice(name, self._concrete(model), tuple(suffixes))

    def _concrete(self, model: Model) -> Model:
        target = model.record.get("alias_target")
        if isinstance(target, dict):
            target = target.get("id") or target.get("slug")
        if target:
            return self.models.get(target) or self._by_slug.get(target) or model
        return self._default() if model.is_router else model

    def _default(self) -> Model:
        """Choose for a router: the cheapest priced model that can do most things."""
        wanted = {"tools", "structured_outputs", "response_format"}
        able = [m for m in self.models.values() if wanted <= m.supported and _has_price(m)]
        return min(able or self.models.values(), key=lambda m: (_price(m), m.id))


def _records(records: Records) -> list[Mapping[str, Any]]:
    if hasattr(records, "keys"):
        mapping = cast("Mapping[str, Any]", records)
        if isinstance(mapping.get("data"), list):
            return cast("list[Mapping[str, Any]]", mapping["data"])
        return [{"id": key} | value for key, value in mapping.items()]
    return list(cast("Iterable[Any]", records))


def _has_price(model: Model) -> bool:
    return _price(model) > 0


def _price(model: Model) -> Decimal:
    return Decimal(str(model.pricing.get("prompt") or 0))
