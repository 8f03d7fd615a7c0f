"""Chooses the endpoint of a model, by the request's `provider` object and its needs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.conversation import attachments_of
from langchain_openrouter.emulator.answering.words import words
from langchain_openrouter.emulator.failing.errors import ROUTING_DOCS, ApiError
from langchain_openrouter.emulator.market.pricing import decimal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_openrouter.emulator.market.providers import Endpoint
    from langchain_openrouter.emulator.market.registry import Model

_MILLION = 1_000_000
_LEARN_MORE = f"To learn more about provider routing, visit: {ROUTING_DOCS}"
_NOT_PARAMETERS = frozenset(
    words(
        """
    messages model models provider plugins stream stream_options user session_id trace
    metadata route transforms usage n modalities image_config cache_control
    prompt_cache_key debug prompt_cache_options service_tier stop_server_tools_when
    include_reasoning
    """
    )
)
_INPUTS = {"image": ("image", "image input"), "audio": ("audio", "input audio"), "video": ("video", "video input")}


def endpoints_for(request: Mapping[str, Any], model: Model) -> list[Endpoint]:
    """Give the endpoints that may serve a request, best first.

    Args:
        request: The checked chat request.
        model: That is to answer.

    Raises:
        ApiError: 404 when none may, worded as OpenRouter words it.
    """
    _need_abilities(request, model)
    preferences = request.get("provider") or {}
    endpoints = _permitted(model, preferences)
    if preferences.get("require_parameters"):
        _need_parameters(request, model)
    kept = [endpoint for endpoint in endpoints if _is_kept(endpoint, preferences)]
    if not kept:
        raise _none_left(model, preferences)
    return _sorted(kept, preferences)


def _need_abilities(request: Mapping[str, Any], model: Model) -> None:
    tools = [tool for tool in request.get("tools") or () if tool.get("type") == "function"]
    if tools and "tools" not in model.supported:
        name = tools[0]["function"]["name"]
        message = f'No endpoints found that support tool use. Try disabling "{name}". {_LEARN_MORE}'
        raise ApiError(404, message)
    choice = request.get("tool_choice")
    if tools and choice not in (None, "auto", "none") and "tool_choice" not in model.supported:
        message = f"No endpoints found that support the provided 'tool_choice' value. {_LEARN_MORE}"
        raise ApiError(404, message)
    for kind in {kind for message in request["messages"] for kind in attachments_of(message)}:
        if kind in _INPUTS and _INPUTS[kind][0] not in model.inputs:
            raise ApiError(404, f"No endpoints found that support {_INPUTS[kind][1]}")
    wanted = set(request.get("modalities") or ())
    if not wanted <= model.outputs:
        listed = ", ".join(sorted(wanted))
        raise ApiError(404, f"No endpoints found that support the requested output modalities: {listed}")


def _need_parameters(request: Mapping[str, Any], model: Model) -> None:
    used = {key for key, value in request.items() if value is not None and key not in _NOT_PARAMETERS}
    if isinstance(request.get("response_format"), dict):
        if request["response_format"].get("type") == "json_schema":
            used |= {"structured_outputs"}
        elif request["response_format"].get("type") == "text":
            used -= {"response_format"}
    also = {"max_completion_tokens"} if "max_tokens" in model.supported else set()
    also |= {"parallel_tool_calls"} if "tools" in model.supported else set()
    also |= {"reasoning_effort"} if "reasoning" in model.supported else set()
    if not used <= model.supported | also:
        message = f"No endpoints found that can handle the requested parameters. {_LEARN_MORE}"
        raise ApiError(404, message)


def _permitted(model: Model, preferences: Mapping[str, Any]) -> list[Endpoint]:
    """Apply `only`, `ignore`, and `order` without fallbacks."""
    everyone = model.endpoints
    allowed = _slugs(preferences.get("only"))
    ignored = _slugs(preferences.get("ignore"))
    if preferences.get("allow_fallbacks") is False and preferences.get("order"):
        ordered = _slugs(preferences["order"])
        allowed = [slug for slug in ordered if not allowed or slug in allowed]
    kept = [
        endpoint
        for endpoint in everyone
        if (not allowed or _is_any(endpoint, allowed)) and not _is_any(endpoint, ignored)
    ]
    if kept:
        return kept
    metadata = {
        "available_providers": [endpoint.provider.slug for endpoint in everyone],
        "requested_providers": allowed or [f"not {slug}" for slug in ignored],
    }
    message = "No allowed providers are available for the selected model."
    raise ApiError(404, message, metadata=metadata)


def _slugs(names: Sequence[str] | None) -> list[str]:
    return [str(name).lower().replace(" ", "-") for name in names or ()]


def _is_any(endpoint: Endpoint, slugs: Sequence[str]) -> bool:
    name = endpoint.provider.name.lower().replace(" ", "-")
    return any(slug.partition("/")[0] in {endpoint.provider.slug, name} for slug in slugs)


def _is_kept(endpoint: Endpoint, preferences: Mapping[str, Any]) -> bool:
    provider = endpoint.provider
    if preferences.get("data_collection") == "deny" and provider.retains:
        return False
    if preferences.get("zdr") and not provider.zdr:
        return False
    quantizations = preferences.get("quantizations")
    if quantizations and provider.quantization not in quantizations:
        return False
    return all(
        decimal_of(endpoint.pricing.get(key)) * _MILLION <= Decimal(str(limit))
        for key, limit in (preferences.get("max_price") or {}).items()
        if key in {"prompt", "completion"}
    )


def _none_left(model: Model, preferences: Mapping[str, Any]) -> ApiError:
    keys = ("max_price", "data_collection", "zdr", "quantizations")
    excluded = [key for key in keys if preferences.get(key)]
    if excluded in (["data_collection"], ["zdr"]):
        message = "No endpoints found matching your data policy. Configure: https://openrouter.ai/settings/privacy"
    else:
        message = f"No endpoints found for {model.id}."
    availability = {
        "code": "no_endpoints",
        "retryable": False,
        "requested_models": [model.id],
        "excluded_by": excluded,
        "docs_url": ROUTING_DOCS,
    }
    return ApiError(404, message, availability=availability)


def _sorted(endpoints: list[Endpoint], preferences: Mapping[str, Any]) -> list[Endpoint]:
    sort = preferences.get("sort")
    by = sort.get("by") if isinstance(sort, dict) else sort
    keys: dict[str, Callable[[Endpoint], Any]] = {
        "price": lambda one: decimal_of(one.pricing.get("prompt")),
        "latency": lambda one: one.latency_ms,
        "throughput": lambda one: -one.throughput,
    }
    if by in keys:
        endpoints = sorted(endpoints, key=keys[by])
    order = _slugs(preferences.get("order"))

    def rank(endpoint: Endpoint) -> int:
        return next((n for n, slug in enumerate(order) if _is_any(endpoint, [slug])), len(order))

    return sorted(endpoints, key=rank)
