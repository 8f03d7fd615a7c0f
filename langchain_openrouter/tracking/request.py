"""What a call asks for, and whose it is, read from what LangChain tells callbacks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter._service import fingerprint
from langchain_openrouter.catalog.reading import dollars, mapping
from langchain_openrouter.costs.record import MOST_METADATA
from langchain_openrouter.errors import redact
from langchain_openrouter.ledger.budget import Caller
from langchain_openrouter.wire.request import wire_names

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["Request", "read_request"]

_MILLION = 1_000_000
_LONGEST_VALUE = 500
_USERS = ("user", "user_id", "langgraph_user_id", "langgraph_auth_user_id")
_FREE_PLUGINS = frozenset({"auto-router", "context-compression", "moderation", "response-healing"})
_OF_TRACING = ("ls_", "langgraph_checkpoint_ns", "__pregel")


@dataclass(frozen=True, slots=True)
class Request:
    """What decides the price of a call.

    Args:
        models: The model that is asked for, and those that may take its place.
        max_tokens: The longest answer, in tokens; `None` where the model's own limit is the only one.
        choices: How many answers.
        tools: Tools that are sent along.
        fees: What is billed apart, at prices that no catalog has.
        most: Dollars per token of prompt and answer above which no provider may answer.
        caller: Whose call it is.
    """

    models: tuple[str, ...]
    max_tokens: int | None
    choices: int
    tools: Sequence[Any]
    fees: tuple[str, ...]
    most: tuple[Decimal, Decimal] | None
    caller: Caller


def read_request(
    params: Mapping[str, Any], tags: Iterable[str] | None, metadata: Mapping[str, Any] | None, run: str
) -> Request:
    """Read what LangChain tells when a call starts.

    Args:
        params: `invocation_params`.
        tags: LangChain's tags.
        metadata: LangChain's metadata.
        run: Id of the outermost run.
    """
    known = metadata or {}
    body = {**wire_names(dict(params)), **mapping(params.get("extra_body"))}
    asked = body.get("model") or params.get("model_name") or params.get("model_id") or known.get("ls_model_name")
    others = body.get("models")
    models = [asked, *(others if isinstance(others, (list, tuple)) else ())]
    preferences = mapping(body.get("provider"))
    limits: list[Any] = [body.get("max_tokens"), body.get("max_completion_tokens")]
    tools = body.get("tools")
    return Request(
        models=tuple(dict.fromkeys(str(model) for model in models if model)),
        max_tokens=max(filter(_is_count, limits), default=None),
        choices=body["n"] if _is_count(body.get("n")) else 1,
        tools=tools if isinstance(tools, (list, tuple)) else (),
        fees=tuple(_fees(body)),
        most=_most(preferences),
        caller=Caller(
            run=run,
            user=_first(body.get("user"), *(known.get(name) for name in _USERS)),
            thread=_first(known.get("thread_id"), body.get("session_id"), known.get("session_id")),
            key=_first(params.get("key_fingerprint")),
            model=str(asked) if asked else None,
            providers=_providers(preferences),
            tags=tuple(_masked(str(tag)) for tag in tags or () if not str(tag).startswith("seq:step:")),
            metadata=_plain(known),
        ),
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _items(value: object) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _first(*values: object) -> str | None:
    return next((_masked(str(value)) for value in values if value not in (None, "")), None)


def _masked(name: str) -> str:
    """Put its fingerprint in place of a name that is a key: it must not be kept, and still be told from others."""
    return name if redact(name) == name else fingerprint(name)


def _fees(body: Mapping[str, Any]) -> Iterable[str]:
    """Name what is billed apart: searches, tools that OpenRouter runs, plugins that cost something."""
    if body.get("web_search_options") is not None or str(body.get("model", "")).endswith(":online"):
        yield "web search"
    for tool in _items(body.get("tools")):
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        if isinstance(kind, str) and kind not in {"function", "custom"}:
            yield f"tool {kind}"
    for plugin in _items(body.get("plugins")):
        name = plugin.get("id") if isinstance(plugin, Mapping) else None
        if name and name not in _FREE_PLUGINS and plugin.get("enabled", True):
            yield f"plugin {name}"


def _most(preferences: Mapping[str, Any]) -> tuple[Decimal, Decimal] | None:
    """Read `provider.max_price`: dollars per million tokens."""
    prices = mapping(preferences.get("max_price"))
    prompt, completion = dollars(prices.get("prompt")), dollars(prices.get("completion"))
    return None if prompt is None or completion is None else (prompt / _MILLION, completion / _MILLION)


def _providers(preferences: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the providers that may answer, where the request names all of them."""
    only = preferences.get("only")
    if not only and preferences.get("allow_fallbacks") is False:
        only = preferences.get("order")
    return tuple(map(str, only)) if isinstance(only, (list, tuple)) else ()


def _plain(metadata: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Keep what is short and plain, keys masked; LangChain's own bookkeeping is left out."""
    kept: dict[str, str | int | float | bool] = {}
    for name, value in metadata.items():
        if _is_plain(value) and not name.startswith(_OF_TRACING) and len(kept) < MOST_METADATA:
            kept[name] = redact(value)
    return kept


def _is_plain(value: object) -> bool:
    if isinstance(value, int):
        return value.bit_length() <= _LONGEST_VALUE  # Python refuses to write very long ones
    if isinstance(value, float):
        return math.isfinite(value)  # others are no JSON
    return isinstance(value, str) and len(value) <= _LONGEST_VALUE
