"""Where the facts come from: the disk cache if it is fresh, else the API, else what is at hand, however old."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urljoin, urlsplit

from typing_extensions import TypedDict

from langchain_openrouter import _service
from langchain_openrouter.catalog import snapshot
from langchain_openrouter.catalog.cache import Cache, Stored, shown
from langchain_openrouter.catalog.reading import has_id, items, mapping, text
from langchain_openrouter.errors import InvalidResponseError, OpenRouterError

if TYPE_CHECKING:
    from langchain_openrouter.http.asking import Asking

__all__ = ["Found", "LoadOptions", "Origin", "Server", "Source", "find", "listed_records"]

Source = Literal["auto", "live", "cache", "snapshot"]
"""Where a catalog may come from.

``auto``: a fresh cache, else the API, else an old cache or the snapshot, whichever is newer. ``live``: the API, or an
error. ``cache``: the cache of any age or the snapshot, whichever is newer, without a network. ``snapshot``: the one
that the package carries.
"""

Origin = Literal["live", "cache", "stale", "snapshot", "response"]
"""Where a catalog came from; ``stale`` is a cache older than was asked for, ``response`` an answer at hand."""

MAX_AGE = dt.timedelta(hours=1)
"""How old a cache may be and still be fresh, unless the caller says otherwise."""

_NOT_MODIFIED = 304
_MOST_PAGES = 100
_DEADLINE = 15.0
"""Seconds for a fetch; old facts at once are better than new ones later. A fetch of another process is waited for as
long."""

_log = logging.getLogger(__name__)


class LoadOptions(TypedDict, total=False):
    """The options of `Catalog.load` and `Catalog.aload`; `load` describes them."""

    max_age: dt.timedelta | float | None
    base_url: str | None
    api_key: str | None
    http_client: Any
    cache: str | os.PathLike[str] | None


@dataclass(frozen=True, slots=True)
class Found:
    """Records of models, and where they came from.

    Args:
        records: Elements of ``data`` in an answer of ``GET /models``.
        origin: Where they came from.
        fetched_at: When the API said so (UTC).
    """

    records: list[dict[str, Any]]
    origin: Origin
    fetched_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Server:
    """The API that is asked.

    Args:
        base_url: Its address, without a slash at the end.
        api_key: Key for what is not shown without one; `None` for the environment's.
        http_client: The user's own `httpx.Client` or `httpx2.Client`; `None` for a shared one.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    http_client: Any = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the address. The key is read from the environment again; a client cannot be pickled."""
        return Server, (self.base_url,)

    @classmethod
    def of_environment(cls, base_url: str | None = None, api_key: str | None = None, http_client: Any = None) -> Server:
        """Fill in what is not given: OpenRouter's address, or the one that ``OPENROUTER_API_BASE`` names."""
        url = base_url or os.environ.get(_service.BASE_URL_VARIABLE) or _service.BASE_URL
        return cls(url.rstrip("/"), api_key, http_client)

    def models(self, stored: Stored | None = None) -> Stored:
        """Fetch the records of all models, or learn that those at hand are still right.

        Args:
            stored: The records at hand.

        Raises:
            OpenRouterError: The API could not be reached, refused, or sent something else.
        """
        from langchain_openrouter.http.asking import read_answer  # most programs never ask

        headers = stored.conditions if stored else {}
        url: str | None = f"{self.base_url}/models"
        records: list[dict[str, Any]] = []
        marks: dict[str, tuple[str | None, str | None]] = {}
        with self._asking() as asking:
            while url and url not in marks and len(marks) < _MOST_PAGES:
                reply = asking.send(url, headers)
                if reply.status == _NOT_MODIFIED and stored:
                    return replace(stored, fetched_at=_now())
                page = read_answer(reply, url)
                records += _facts_of(page["data"])
                marks[url] = reply.headers.get("etag"), reply.headers.get("last-modified")
                url, headers = _next_page(url, page), {}
        if not records:
            raise InvalidResponseError(f"{shown(self.base_url)}/models answered without any model.")
        # Only an answer in one piece is what its marks stand for.
        return Stored(records, _now(), *(next(iter(marks.values())) if len(marks) == 1 else ()))

    def endpoints(self, model_id: str) -> list[Mapping[str, Any]]:
        """Fetch the records of a model's endpoints.

        Args:
            model_id: Id of the model.

        Raises:
            OpenRouterError: As in `models`; `NotFoundError` when the API does not know the model.
        """
        path = f"/models/{quote(model_id, safe='/~:')}/endpoints"
        with self._asking(self.api_key or os.environ.get(_service.KEY_VARIABLE, "").strip()) as asking:
            answer = asking.get(path)
        listed = mapping(answer["data"]).get("endpoints")
        if not isinstance(listed, list):
            msg = f"{shown(self.base_url)}{path} answered without a list of endpoints."
            raise InvalidResponseError(msg, body=answer)
        return [record for record in map(mapping, listed) if text(record.get("provider_name"))]

    def _asking(self, api_key: str | None = None) -> Asking:
        from langchain_openrouter.http.asking import Asking  # most programs never ask

        return Asking(self.base_url, api_key, self.http_client, deadline=_DEADLINE)


def find(source: Source, max_age: float, server: Server, cache: Cache) -> Found:
    """Find records of models in the order that `Source` tells.

    Args:
        source: Where to look.
        max_age: How old the cache may be and still be fresh, in seconds.
        server: The API.
        cache: The file.

    Raises:
        OpenRouterError: The API failed, and nothing else was allowed.
    """
    if source == "snapshot":
        return _bundled()
    if source == "live":
        return _refreshed(server, cache)
    stored = cache.read()
    if source == "cache":
        return _at_hand(stored, max_age)
    if stored is not None and _is_fresh(stored, max_age):
        return Found(stored.records, "cache", stored.fetched_at)
    try:
        return _refreshed(server, cache)
    except OpenRouterError as error:
        found = _at_hand(stored, max_age)
        _log.warning("The catalog could not be fetched, %s data is used: %s", found.origin, error.message)
        return found


def _refreshed(server: Server, cache: Cache) -> Found:
    asked_at = _now()
    with cache.locked(_DEADLINE):
        stored = cache.read()
        if stored is not None and asked_at <= stored.fetched_at <= _now():
            return Found(stored.records, "live", stored.fetched_at)  # another process was quicker
        fresh = server.models(stored)
        cache.write(fresh)
    return Found(fresh.records, "live", fresh.fetched_at)


def _at_hand(stored: Stored | None, max_age: float) -> Found:
    """Give the cache or the snapshot, whichever is newer; a snapshot from the future says that a clock is wrong."""
    if stored is None or stored.fetched_at < _bundled_at() <= _now():
        return _bundled()
    return Found(stored.records, "cache" if _is_fresh(stored, max_age) else "stale", stored.fetched_at)


def _bundled() -> Found:
    return Found(list(snapshot.load().values()), "snapshot", _bundled_at())


def _bundled_at() -> dt.datetime:
    return dt.datetime.combine(snapshot.date(), dt.time.min, dt.UTC)


def _is_fresh(stored: Stored, max_age: float) -> bool:
    """Say whether a cache is fresh; one from the future is not, since some clock was wrong."""
    return 0 <= (_now() - stored.fetched_at).total_seconds() < max_age


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def listed_records(answer: Mapping[str, Any] | Iterable[Any]) -> list[dict[str, Any]]:
    """Take the records out of an answer of ``GET /models``, without prose and links.

    Args:
        answer: The answer, or its ``data``. What is no record of a model is passed over.

    Raises:
        ValueError: It is no such answer.
    """
    listed = answer.get("data") if isinstance(answer, Mapping) else answer
    if isinstance(listed, (str, bytes, Mapping)) or not isinstance(listed, Iterable):
        msg = (
            "A catalog is built of an answer of GET /models, an object with a list in `data`, or of that list; this is "
            f"{type(answer).__name__} with {type(listed).__name__}. Pass the parsed JSON."
        )
        raise ValueError(msg)  # noqa: TRY004  # what it holds is wrong, more than what it is
    return _facts_of(list(listed))


def _facts_of(listed: object) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in record.items() if key not in snapshot.NOT_FACTS}
        for record in items(listed)
        if has_id(record)
    ]


def _next_page(url: str, page: Mapping[str, Any]) -> str | None:
    """Give the URL of the next page, unless it leads elsewhere."""
    link = text(mapping(page.get("links")).get("next"))
    try:
        following = urljoin(url, link) if link else None
        same_host = following is not None and urlsplit(following)[:2] == urlsplit(url)[:2]
    except ValueError:  # it is no URL
        return None
    return following if same_host and following != url else None
