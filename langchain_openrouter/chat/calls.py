"""The arguments of one call, sorted: what goes into the body, and what says how to send it.

Beside our own names, the transport arguments of the official package's SDK are taken (`http_headers`, `timeout_ms`, …):
programs bind them to a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.chat.tools import to_wire_tools
from langchain_openrouter.wire.request import wire_names

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = frozenset(
    {
        "api_key", "app_categories", "app_title", "app_url", "deadline", "extra_body", "max_retries", "max_retry_wait",
        "model_validation", "request_timeout", "response_cache", "router_metadata", "stream_idle_timeout",
        "stream_usage", "timeout",
    }
)  # fmt: skip
"""Arguments that say how to send, under the names of our fields."""

_OF_A_MODEL = frozenset({"client", "http_async_client", "http_client", "proxy", "use_responses_api"})
"""Arguments of the constructor that a single call cannot have."""

_HEADER_OF = {
    "http_referer": "HTTP-Referer",
    "x_open_router_categories": "X-OpenRouter-Categories",
    "x_open_router_metadata": "X-OpenRouter-Metadata",
    "x_open_router_title": "X-OpenRouter-Title",
}


def sort_arguments(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sort the arguments of a call.

    Args:
        arguments: What was passed or bound, beside messages and `stop`.

    Returns:
        Parameters of the body under their names on the wire, where `None` takes a default away; and how to send the
        request.

    Raises:
        TypeError: An argument belongs to a model, not to a call.
    """
    sending: dict[str, Any] = {}
    body: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in _KEPT:
            sending[name] = value
        elif name in _HEADER_OF:
            sending.setdefault("headers", {})[_HEADER_OF[name]] = value
        elif name in _TRANSLATED:
            _TRANSLATED[name](sending, value)
        elif name in _OF_A_MODEL:
            msg = f"`{name}` belongs to a model, not to a call: make another `ChatOpenRouter({name}=…)`."
            raise TypeError(msg)
        elif name not in {"model_kwargs", "stream", "streaming"}:
            body[name] = value
    tools = body.get("tools")
    if isinstance(tools, (list, tuple)) and any(not isinstance(tool, dict) for tool in tools):
        body["tools"] = to_wire_tools(tools)
    if body.get("tool_choice") == "any":
        body["tool_choice"] = "required"
    return {**(arguments.get("model_kwargs") or {}), **wire_names(body)}, sending


def is_sending(name: str) -> bool:
    """Say whether an argument says how to send a request, instead of standing in its body."""
    return name in _KEPT or name in _HEADER_OF or name in _TRANSLATED


def sending_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Give those arguments that say how to send a request."""
    return {name: value for name, value in arguments.items() if is_sending(name)}


def merge(defaults: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Lay the parameters of a call over the defaults; `None` takes a default away."""
    merged = {**defaults, **params}
    return {name: value for name, value in merged.items() if value is not None}


def _headers(sending: dict[str, Any], value: Any) -> None:
    sending.setdefault("headers", {}).update(value or {})


def _key(sending: dict[str, Any], value: Any) -> None:
    sending["api_key"] = value


def _timeout_ms(sending: dict[str, Any], value: Any) -> None:
    if value is not None:
        sending["timeout"] = value / 1000


def _server_url(sending: dict[str, Any], value: Any) -> None:
    if value is not None:
        sending["base_url"] = value


def _retries(sending: dict[str, Any], value: Any) -> None:
    """Take a count, or the SDK's configuration, of which only "none" can be said in counts."""
    if isinstance(value, int):
        sending["max_retries"] = value
    elif getattr(value, "strategy", None) == "none":
        sending["max_retries"] = 0


_TRANSLATED: dict[str, Callable[[dict[str, Any], Any], None]] = {
    "base_url": _server_url,
    "default_headers": _headers,
    "extra_headers": _headers,
    "http_headers": _headers,
    "openrouter_api_base": _server_url,
    "openrouter_api_key": _key,
    "retries": _retries,
    "server_url": _server_url,
    "timeout_ms": _timeout_ms,
}
