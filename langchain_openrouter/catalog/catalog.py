"""The catalog: every model that OpenRouter tells of, found by name or by what it can do."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any, Self, get_args

from langchain_openrouter.catalog.availability import Availability, availability
from langchain_openrouter.catalog.cache import Cache
from langchain_openrouter.catalog.live import LiveEndpoints
from langchain_openrouter.catalog.model import Model
from langchain_openrouter.catalog.naming import PRESET, Names
from langchain_openrouter.catalog.preset import presets
from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.catalog.reading import has_id, seconds, text
from langchain_openrouter.catalog.search import best_of, search
from langchain_openrouter.catalog.source import MAX_AGE, Origin, Server, Source, find, listed_records
from langchain_openrouter.catalog.standing import Standing, Strength, Tier
from langchain_openrouter.errors import ModelNotFoundError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from typing_extensions import Unpack

    from langchain_openrouter.catalog.endpoint import Endpoint
    from langchain_openrouter.catalog.preset import PresetName
    from langchain_openrouter.catalog.query import Axis, Query
    from langchain_openrouter.catalog.source import LoadOptions

__all__ = ["Catalog"]

_ENDPOINTS_MAX_AGE = dt.timedelta(minutes=5)
_MOST_SUGGESTIONS = 256
"""Names whose suggestions are kept: a request is checked each time, and looking for them takes milliseconds."""


class Catalog:
    """Facts about models, of one moment. Does not change; `load` another for newer facts.

    Iterate it for every `Model`, in OpenRouter's order: newest first. `len` counts them; `in` takes every name that
    `lookup` takes.

    Args:
        records: Elements of ``data`` in an answer of ``GET /models``; those without an id are passed over.
        source: Where they came from.
        fetched_at: When OpenRouter said so (UTC); ``None`` where that is not known.
        server: Who is asked for endpoints. Default: OpenRouter, or what ``OPENROUTER_API_BASE`` names.

    Attributes:
        described: What this is, for a message: the catalog, and its day.

    Example:
        >>> catalog = Catalog.load("snapshot")
        >>> catalog.lookup("gpt-4o").context_length
        128000
        >>> [model.id for model in catalog.search("gpt-4o mini", tools=True, sort="price", limit=1)]
        ['openai/gpt-4o-mini:batch']

    Source: https://openrouter.ai/docs/guides/overview/models
    """

    __slots__ = (
        "_found",
        "_live",
        "_models",
        "_names",
        "_records",
        "_standing",
        "_suggestions",
        "described",
        "fetched_at",
        "source",
    )

    def __init__(
        self,
        records: Iterable[Mapping[str, Any]],
        *,
        source: Origin = "response",
        fetched_at: dt.datetime | None = None,
        server: Server | None = None,
    ) -> None:
        self.source: Origin = source
        self.fetched_at = None if fetched_at is None else in_utc(fetched_at)
        self.described = f"the catalog of {self.fetched_at:%Y-%m-%d}" if self.fetched_at else "the catalog"
        self._records = {record["id"]: record for record in records if has_id(record)}
        self._live = LiveEndpoints(server or Server.of_environment())
        # A program mostly asks for one model, so models are built, and names indexed, when they are asked for.
        self._found: dict[str, Model] = {}
        self._models: tuple[Model, ...] | None = None
        self._names: Names | None = None
        self._standing: Standing | None = None
        self._suggestions: dict[tuple[str, int], tuple[str, ...]] = {}

    @classmethod
    def from_response(
        cls, answer: Mapping[str, Any] | Iterable[Mapping[str, Any]], *, fetched_at: dt.datetime | None = None
    ) -> Self:
        """Build a catalog of an answer at hand.

        Args:
            answer: An answer of ``GET /models``, or its ``data``. What is new in it, or is no model, is passed over.
            fetched_at: When OpenRouter gave it (UTC). Default: now.

        Raises:
            ValueError: It is no such answer.

        Example:
            >>> len(Catalog.from_response({"data": [{"id": "a/b"}]}))
            1
        """
        catalog = cls(listed_records(answer), fetched_at=in_utc(fetched_at))
        _ = catalog.models  # built now: the answer is the caller's, who may change it
        return catalog

    @classmethod
    def load(
        cls,
        source: Source = "auto",
        *,
        max_age: dt.timedelta | float | None = MAX_AGE,
        base_url: str | None = None,
        api_key: str | None = None,
        http_client: Any = None,
        cache: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Load the catalog: from the disk cache if it is fresh, else from OpenRouter, else from what is at hand.

        Args:
            source: ``"auto"`` as said above; ``"live"``: OpenRouter or an error; ``"cache"``: no network, the cache
                of any age or the snapshot, whichever is newer; ``"snapshot"``: the facts that the package carries.
            max_age: How old the cache may be and still be fresh: seconds, or a ``timedelta``; ``None`` for
                any age. Default: an hour.
            base_url: Base URL of the API. Default: ``OPENROUTER_API_BASE``, else OpenRouter's own.
            api_key: Key for `endpoints`, whose speeds are not shown without one. Default: ``OPENROUTER_API_KEY``.
                The list of models is asked for without a key.
            http_client: Your own ``httpx.Client`` or ``httpx2.Client``.
            cache: Folder of the cache, a file ending in ``.json``, or ``"off"``. Default: ``OPENROUTER_CATALOG_CACHE``,
                else the user's cache folder of the operating system.

        Returns:
            A catalog that is never empty.

        Raises:
            OpenRouterError: Only with ``"live"``: OpenRouter could not be reached, refused, or sent something else.
            ValueError: ``source`` is none of the four.

        Example:
            >>> Catalog.load("snapshot").source
            'snapshot'
        """
        if source not in get_args(Source):
            msg = f"source={source!r} is not known; it can be {', '.join(map(repr, get_args(Source)))}."
            raise ValueError(msg)
        server = Server.of_environment(base_url, api_key, http_client)
        found = find(source, seconds(max_age), server, Cache(server.base_url, cache))
        return cls(found.records, source=found.origin, fetched_at=found.fetched_at, server=server)

    @classmethod
    async def aload(cls, source: Source = "auto", **options: Unpack[LoadOptions]) -> Self:
        """Load the catalog in a thread, since disk, lock and network would block the event loop. See `load`."""
        return await asyncio.to_thread(cls.load, source, **options)

    def __iter__(self) -> Iterator[Model]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, Model):
            return name.id in self._records and self._model(name.id) == name
        return isinstance(name, str) and (name.startswith(PRESET) or self.get(name) is not None)

    def __getitem__(self, name: str) -> Model:
        """Same as `lookup`."""
        return self.lookup(name)

    def __repr__(self) -> str:
        day = f" of {self.fetched_at:%Y-%m-%d %H:%M} UTC" if self.fetched_at else ""
        return f"<Catalog: {len(self)} models, {self.source}{day}>"

    @property
    def models(self) -> tuple[Model, ...]:
        """Every model, newest first."""
        if self._models is None:
            self._models = tuple(self._model(model_id) for model_id in self._records)
        return self._models

    @property
    def age(self) -> dt.timedelta | None:
        """How long ago OpenRouter said so; never negative, and ``None`` where that is not known."""
        if self.fetched_at is None:
            return None
        return max(in_utc() - self.fetched_at, dt.timedelta(0))

    def get(self, name: str, default: Model | None = None) -> Model | None:
        """Give the model that a name means, or the default. See `lookup`."""
        model = self._found.get(name)
        if model is not None:
            return model
        if not isinstance(name, str):
            raise TypeError(f"A model is looked up by a name; this is {type(name).__name__}.")
        if self._names is None:
            self._names = Names(
                (model_id, text(record.get("canonical_slug"))) for model_id, record in self._records.items()
            )
        model_id = self._names.find(name)
        if model_id is None:
            return default
        model = self._model(model_id)
        if PRESET not in name:  # anything may stand behind it, so they cannot all be kept
            self._found[name] = model
        return model

    def lookup(self, name: str) -> Model:
        """Give the model that a name means.

        Args:
            name: An id, a canonical slug, an alias (``~author/name-latest``), an id with a routing variant
                (``:nitro``) or a preset (``author/name@preset/mine``), a short name (``gpt-4o``). ``@preset/mine``
                alone gives a model of which nothing is known.

        Returns:
            The model of that id; of a name with a routing variant, the model itself.

        Raises:
            ModelNotFoundError: There is none; its ``suggestions`` are up to three ids that may have been meant.

        Example:
            >>> Catalog.load("snapshot").lookup("openai/gpt-4o:nitro").id
            'openai/gpt-4o'
        """
        model = self.get(name)
        if model is not None:
            return model
        if name.startswith(PRESET):
            return Model(name)
        raise ModelNotFoundError(name, self.suggest(name), self.described)

    def suggest(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Give the ids that somebody who wrote this name may have meant, best first.

        Args:
            name: What was written.
            limit: How many to give at most.
        """
        from langchain_openrouter.catalog.suggesting import suggest  # only a slip needs it

        found = self._suggestions.get((name, limit))
        if found is None:
            named = [(model_id, text(record.get("name")) or "") for model_id, record in self._records.items()]
            found = suggest(name, named, limit)
            if len(self._suggestions) >= _MOST_SUGGESTIONS:
                self._suggestions.clear()
            self._suggestions[name, limit] = found
        return found

    def search(self, text: str | None = None, /, **query: Unpack[Query]) -> list[Model]:
        """Give the models that fit, in the order of ``sort``.

        Args:
            text: Words that id and name contain, best match first.
            **query: What to look for, as in `Query`. What is left out does not matter.

        Raises:
            TypeError: An argument is none of `Query`.
            ValueError: A value is none that the argument can have.

        Example:
            >>> catalog = Catalog.load("snapshot")
            >>> cheap = catalog.search(tools=True, input={"image"}, max_prompt_price=0.5, sort="-intelligence")
            >>> all(model.pricing.per_million("prompt") <= 0.5 for model in cheap)
            True
        """
        return search(self.models, {**query, "text": text} if text else query)

    def pareto(self, x: Axis = "price", y: Axis = "intelligence", **query: Unpack[Query]) -> list[Model]:
        """Give the models that no other beats on both axes.

        Args:
            x: An axis; prices are better low, all else high.
            y: Another.
            **query: Which models take part, as in `search`. ``plain=True`` leaves ``:batch`` out, which costs half.

        Returns:
            The frontier, best on ``x`` first.

        Raises:
            ValueError: An axis, or a value of the query, is not known.
        """
        return best_of(self.models, query, x, y)

    def preset(self, name: PresetName | str) -> list[Model]:
        """Give the models of a preset, best first.

        Args:
            name: One of ``presets()``.

        Raises:
            ValueError: There is no such preset.

        Example:
            >>> all(model.pricing.is_free for model in Catalog.load("snapshot").preset("free"))
            True
        """
        known = presets()
        if name not in known:
            msg = f"There is no preset {name!r}. There are {', '.join(known)}; `register_preset` adds others."
            raise ValueError(msg)
        return known[name].apply(self.models)

    def strengths(self, name: str) -> tuple[Strength, ...]:
        """Say what a model is strong at, compared with all others: benchmarks, prices and abilities decide.

        Args:
            name: The model, as in `lookup`.

        Raises:
            ModelNotFoundError: There is none.

        Example:
            >>> "vision" in Catalog.load("snapshot").strengths("gpt-4o")
            True
        """
        return self._standings.strengths(self.lookup(name))

    def tier(self, name: str | Model) -> Tier | None:
        """Say which price tier a model is in: free, or the cheapest, middle or dearest third.

        Args:
            name: The model, or its name as in `lookup`.

        Returns:
            The tier; ``None`` where the price is decided per request, or not known.

        Raises:
            ModelNotFoundError: There is none.
        """
        return self._standings.tier(name if isinstance(name, Model) else self.lookup(name))

    @property
    def _standings(self) -> Standing:
        if self._standing is None:
            self._standing = Standing(self.models)
        return self._standing

    def availability(self, names: Iterable[str], *, live: bool = False) -> dict[str, Availability]:
        """Say which models can be called, without paying for a call.

        Args:
            names: The models, as in `lookup`.
            live: Whether to ask OpenRouter, too, whether their endpoints work at this moment.

        Returns:
            What holds for each name.

        Raises:
            OpenRouterError: Only with ``live``: OpenRouter could not be reached, or refused.

        Example:
            >>> Catalog.load("snapshot").availability(["nobody/knows"])["nobody/knows"].status
            'unknown'
        """
        return {name: availability(self, name, live=live) for name in ([names] if isinstance(names, str) else names)}

    def endpoints(self, name: str, *, max_age: dt.timedelta | float = _ENDPOINTS_MAX_AGE) -> tuple[Endpoint, ...]:
        """Ask OpenRouter for the providers of a model, with their speeds, uptimes and prices of the last minutes.

        Args:
            name: The model, as in `lookup`.
            max_age: How long an answer is kept: seconds, or a ``timedelta``. Default: five minutes.

        Returns:
            The endpoints, in OpenRouter's order. Latency and throughput are ``None`` without an API key.

        Raises:
            ModelNotFoundError: The catalog does not know the model.
            OpenRouterError: OpenRouter refused, or could not answer and no answer was kept, however old.
        """
        model = self.get(name)
        if model is None:
            raise ModelNotFoundError(name, self.suggest(name), self.described)
        return self._live.of(model.id, seconds(max_age))

    async def aendpoints(
        self, name: str, *, max_age: dt.timedelta | float = _ENDPOINTS_MAX_AGE
    ) -> tuple[Endpoint, ...]:
        """Ask for the providers of a model, in a thread. See `endpoints`."""
        return await asyncio.to_thread(self.endpoints, name, max_age=max_age)

    def _model(self, model_id: str) -> Model:
        model = self._found.get(model_id)
        if model is None:
            model = self._found[model_id] = Model.from_record(self._records[model_id])
        return model
