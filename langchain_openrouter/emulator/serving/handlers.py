"""The GET endpoints: models, endpoints, providers, key, credits, generations."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from langchain_openrouter.emulator.failing.errors import ApiError, no_management_key
from langchain_openrouter.emulator.market.pricing import ZERO
from langchain_openrouter.emulator.market.providers import PROVIDERS, Endpoint
from langchain_openrouter.emulator.services.generation import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from langchain_openrouter.emulator.market.registry import Model, Registry
    from langchain_openrouter.emulator.state import State

_DEFAULTS: dict[str, Any] = {
    "description": "",
    "created": 0,
    "default_parameters": None,
    "expiration_date": None,
    "knowledge_cutoff": None,
    "per_request_limits": None,
    "supported_voices": None,
}
_UPTIME = 99.9
_USUAL_PAGE, _LONGEST_PAGE = 500, 1000
_TOOL_CHOICES = ("auto", "none", "required", "function")


@dataclass(frozen=True, slots=True)
class Catalog:
    """Answers about models and providers.

    Args:
        registry: Of models.
        page_size: Gives how many models a list has at most, `None` for as many as asked for.
    """

    registry: Registry
    page_size: Callable[[], int | None]

    def models(self, query: Mapping[str, str], path: str) -> dict[str, Any]:
        """Answer `GET /models`, with its filters and pages.

        Args:
            query: Of the request.
            path: Of the request, for the link to the next page.

        Raises:
            ApiError: 400 for a page that cannot be.
        """
        found = self._filtered(query)
        start, size = _page(query, len(found))
        size = min(size, self.page_size() or size)
        link = None
        if start + size < len(found):
            filters = {key: value for key, value in query.items() if key not in {"offset", "limit"}}
            link = f"{path}?{urlencode(filters | {'offset': start + size, 'limit': size})}"
        data = [_listed(model) for model in found[start : start + size]]
        return {"data": data, "total_count": len(found), "links": {"next": link}}

    def count(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer `GET /models/count`."""
        return {"data": {"count": len(self._filtered(query))}}

    def endpoints(self, author: str, slug: str, *, with_key: bool) -> dict[str, Any]:
        """Answer `GET /models/{author}/{slug}/endpoints`.

        Raises:
            ApiError: 404 for an unknown model.
        """
        model = self._found(author, slug)
        listed = _listed(model)
        keys = ("id", "name", "created", "description", "architecture")
        endpoints = [_endpoint(model, one, with_key) for one in model.endpoints]
        return {"data": {key: listed[key] for key in keys if key in listed} | {"endpoints": endpoints}}

    def model(self, author: str, slug: str) -> dict[str, Any]:
        """Answer `GET /model/{author}/{slug}`.

        Raises:
            ApiError: 404 for an unknown model.
        """
        return {"data": _listed(self._found(author, slug))}

    def _found(self, author: str, slug: str) -> Model:
        choice = self.registry.find(f"{author}/{slug}")
        if choice is None:
            raise ApiError(404, f"Model {author}/{slug} not found", user_id=False)
        return choice.model

    def providers(self) -> dict[str, Any]:
        """Answer `GET /providers`."""
        rows = [
            {
                "name": provider.name,
                "slug": provider.slug,
                "headquarters": provider.country,
                "datacenters": [provider.country],
                "privacy_policy_url": f"https://example.com/{provider.slug}/privacy",
                "terms_of_service_url": f"https://example.com/{provider.slug}/terms",
                "status_page_url": None,
            }
            for provider in PROVIDERS.values()
        ]
        return {"data": rows}

    def _filtered(self, query: Mapping[str, str]) -> list[Model]:
        models = list(self.registry.models.values())
        wanted = query.get("output_modalities", "text")
        if wanted != "all":
            kinds = set(wanted.split(","))
            models = [model for model in models if kinds & model.outputs]
        needed = {name for name in query.get("supported_parameters", "").split(",") if name}
        return [model for model in models if needed <= model.supported]


def _page(query: Mapping[str, str], total: int) -> tuple[int, int]:
    """Give where a page begins and how long it may be: the whole list where neither is asked for."""
    if "offset" not in query and "limit" not in query:
        return 0, total
    try:
        start, size = int(query.get("offset") or 0), int(query.get("limit") or _USUAL_PAGE)
    except ValueError:
        start, size = 0, 0
    if start < 0 or not 1 <= size <= _LONGEST_PAGE:
        raise ApiError(400, "Invalid request parameters", user_id=False)
    return start, size


def _listed(model: Model) -> dict[str, Any]:
    record = dict(model.record)
    slug = record.setdefault("canonical_slug", model.id)
    record.setdefault("links", {"details": f"/api/v1/models/{slug}/endpoints"})
    return _DEFAULTS | record


def _endpoint(model: Model, endpoint: Endpoint, with_key: bool) -> dict[str, Any]:  # noqa: FBT001
    top = model.record.get("top_provider") or {}
    return {
        "name": f"{endpoint.provider.name} | {model.id}",
        "model_id": model.id,
        "model_name": model.record.get("name", model.id),
        "provider_name": endpoint.provider.name,
        "tag": endpoint.provider.slug,
        "quantization": endpoint.provider.quantization,
        "context_length": model.context_length,
        "max_completion_tokens": top.get("max_completion_tokens"),
        "max_prompt_tokens": None,
        "pricing": {"discount": 0} | dict(endpoint.pricing),
        "supported_parameters": sorted(model.supported),
        # What only newer versions of the API have, so that their clients parse this too.
        "supports_tool_choice": dict.fromkeys(_TOOL_CHOICES, "tool_choice" in model.supported),
        "supports_diarization": False,
        "native_tools": {},
        "service_tier": None,
        "supports_implicit_caching": "input_cache_read" in endpoint.pricing,
        "status": 0,
        "uptime_last_5m": _UPTIME,
        "uptime_last_30m": _UPTIME,
        "uptime_last_1d": _UPTIME,
        "latency_last_30m": _slower(endpoint.latency_ms, 1) if with_key else None,
        "throughput_last_30m": _slower(endpoint.throughput, -1) if with_key else None,
    }


def _slower(median: float, power: int) -> dict[str, float]:
    """Give percentiles, the higher the slower: more milliseconds (power 1), or fewer tokens a second (-1)."""
    times = {"p50": 1.0, "p75": 1.5, "p90": 2.0, "p99": 4.0}
    return {name: median * factor**power for name, factor in times.items()}


@dataclass(slots=True, kw_only=True)
class KeyFacts:
    """What is told of the key, and how.

    Args:
        limit: Dollars that the key may spend; `None` for those of the account. It is shown, and refuses nothing.
        limit_reset: When that limit resets: `daily`, `weekly`, `monthly`, or `None` for never.
        is_management: Whether it is a management key, which may see the credits; `None` lets any key see them.
        late: How often a generation is not found before it is told.
    """

    limit: Decimal | None = None
    limit_reset: str | None = None
    is_management: bool | None = None
    late: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Answers about the key and its money.

    Args:
        state: Of the emulator.
        api_key: The one key.
        facts: What is told of it.
    """

    state: State
    api_key: str
    facts: KeyFacts = field(default_factory=KeyFacts)
    asked: Counter[str] = field(default_factory=Counter)

    def key(self) -> dict[str, Any]:
        """Answer `GET /key`."""
        own = self.facts.limit
        limit = self.state.credits if own is None else own
        left = None if limit is None else number(limit - self.state.spent)
        usage, byok = number(self.state.spent), number(self.state.byok_spent)
        budget = None if own is None else self._budget(own)
        periods = ("", "_daily", "_weekly", "_monthly")
        return {
            "data": {
                "label": f"{self.api_key[:12]}...{self.api_key[-3:]}",
                "limit": None if limit is None else number(limit),
                "limit_remaining": left,
                "limit_reset": self.facts.limit_reset,
                **{f"usage{period}": usage for period in periods},
                **{f"byok_usage{period}": byok for period in periods},
                "include_byok_in_limit": False,
                "is_free_tier": False,
                "is_management_key": bool(self.facts.is_management),
                "is_provisioning_key": bool(self.facts.is_management),
                "creator_user_id": None,
                "expires_at": None,
                # What only newer versions of the API have, so that their clients parse this too.
                "allowed_data_regions": [],
                "budgets": [budget] if budget else [],
                "effective_budget": budget,
                "free_model_daily_requests": {"limit": 1000, "used": 0, "remaining": 1000},
                "organization_id": None,
                "workspace_id": None,
                "rate_limit": {
                    "requests": -1,
                    "interval": "10s",
                    "note": "This field is deprecated and safe to ignore.",
                },
            }
        }

    def _budget(self, limit: Decimal) -> dict[str, Any]:
        reset = self.facts.limit_reset
        return {
            "budget_id": None,
            "guardrail_id": None,
            "include_byok": False,
            "limit_usd": number(limit),
            "remaining_usd": number(limit - self.state.spent),
            "reset_interval": reset,
            "resets_at": None if reset is None else next_reset(reset, datetime.now(UTC)),
            "scope": "key_limit",
            "spend_usd": number(self.state.spent),
        }

    def credits(self) -> dict[str, Any]:
        """Answer `GET /credits`.

        Raises:
            ApiError: 403 for a key that is no management key.
        """
        if self.facts.is_management is False:
            raise no_management_key()
        total = self.state.credits
        return {
            "data": {
                "total_credits": number(ZERO if total is None else total),
                "total_usage": number(self.state.spent),
            }
        }

    def generation(self, generation_id: str | None) -> dict[str, Any]:
        """Answer `GET /generation`.

        Raises:
            ApiError: 400 without an id, 404 for an unknown one, and for one that is still late.
        """
        if not generation_id:
            raise ApiError(400, "Invalid request parameters: id is required", user_id=False)
        record = self.state.generations.get(generation_id)
        self.asked[generation_id] += 1
        if record is None or self.asked[generation_id] <= self.facts.late:
            raise ApiError(404, f"Generation {generation_id} not found", user_id=False)
        return {"data": record}


def next_reset(interval: str, now: datetime) -> str:
    """Say when the next UTC day, week (on Monday) or month begins.

    Args:
        interval: `daily`, `weekly` or `monthly`.
        now: In UTC.
    """
    days = {"daily": 1, "weekly": 7 - now.weekday(), "monthly": monthrange(now.year, now.month)[1] + 1 - now.day}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{midnight + timedelta(days=days[interval]):%Y-%m-%dT%H:%M:%S}.000Z"
