"""Whether models can be called, without paying for a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.errors import NotFoundError

if TYPE_CHECKING:
    import datetime as dt

    from langchain_openrouter.catalog.catalog import Catalog

__all__ = ["Availability", "availability"]


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a model can be called.

    Args:
        status: ``available``; ``expired``: past the day after which it may be removed; ``down``: none of its endpoints
            works at this moment (only where those were asked); ``unknown``: the catalog has no such model.
        model: Id of the model that the name means; ``None`` where there is none.
        suggestions: Ids that may have been meant, where the name means none.
        endpoints: Endpoints that work; ``None`` where they were not asked.
    """

    status: Literal["available", "expired", "down", "unknown"]
    model: str | None = None
    suggestions: tuple[str, ...] = ()
    endpoints: int | None = None


def availability(catalog: Catalog, name: str, *, live: bool, today: dt.date | None = None) -> Availability:
    """Say whether a model can be called.

    Args:
        catalog: The facts.
        name: The model, as in `Catalog.lookup`.
        live: Whether to ask OpenRouter for the model's endpoints.
        today: The day (UTC). Default: today.

    Raises:
        OpenRouterError: The endpoints were to be asked, and OpenRouter could not be reached or refused. Where it does
            not know the model any more, that is an answer.
    """
    model = catalog.get(name)
    if model is None:
        return Availability("unknown", suggestions=catalog.suggest(name))
    if model.has_expired(today or in_utc().date()):
        return Availability("expired", model.id)
    if not live:
        return Availability("available", model.id)
    try:
        working = sum(endpoint.is_operational for endpoint in catalog.endpoints(model.id))
    except NotFoundError:
        working = 0
    return Availability("available" if working else "down", model.id, endpoints=working)
