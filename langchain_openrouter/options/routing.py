"""Who serves a request and at what price: provider preferences, tier, tracing, debugging."""

from __future__ import annotations

from typing import Literal, TypeAlias

from langchain_openrouter.options._open import Options

__all__ = [
    "DataCollection",
    "DebugOptions",
    "LatencyCutoffs",
    "MaxPrice",
    "ProviderPreferences",
    "ProviderSort",
    "ProviderSortConfig",
    "Quantization",
    "Route",
    "ServiceTier",
    "StreamOptions",
    "ThroughputCutoffs",
    "Trace",
]

ProviderSort: TypeAlias = Literal["price", "throughput", "latency", "exacto"] | str
"""What comes first when endpoints are sorted. Source: `ProviderSort`."""

DataCollection: TypeAlias = Literal["allow", "deny"] | str
"""Whether a provider may keep what it is sent. Source: `ProviderPreferences.data_collection`."""

Quantization: TypeAlias = (
    Literal[
        "int4",
        "int8",
        "fp4",
        "mxfp4",
        "nvfp4",
        "fp6",
        "fp8",
        "mxfp8",
        "fp16",
        "bf16",
        "fp32",
        "unknown",
    ]
    | str
)
"""The number format of the weights that a provider runs. Source: `Quantization`."""

ServiceTier: TypeAlias = Literal["auto", "default", "fast", "flex", "priority", "scale"] | str
"""The tier that processes the request; `"fast"` is another name for `"priority"`.

Source: `ChatRequest.service_tier`, https://openrouter.ai/docs/guides/features/service-tiers
"""

Route: TypeAlias = Literal["fallback", "sort"] | str
"""Deprecated by OpenRouter: use `ProviderSortConfig.partition`. `"fallback"` means `"model"` there,
`"sort"` means `"none"`. Source: `DeprecatedRoute`."""


class ProviderSortConfig(Options, total=False):
    """How endpoints are sorted, and whether across models. Source: `ProviderSortConfig`."""

    by: ProviderSort | None
    """What comes first."""
    partition: Literal["model", "none"] | str | None
    """`"model"` (default): a fallback model is asked after all endpoints of the one before.
    `"none"`: the endpoints of all models are sorted together."""


class MaxPrice(Options, total=False):
    """The highest price to pay, in dollars; a number, or text that keeps every digit.

    The API description says text, OpenRouter's own examples use numbers, and both are taken.

    Example:
        `{"prompt": 1, "completion": "2.50"}`

    Source: `ProviderPreferences.max_price`,
    https://openrouter.ai/docs/guides/routing/provider-selection#max-price
    """

    prompt: float | str
    """Dollars per million prompt tokens."""
    completion: float | str
    """Dollars per million completion tokens."""
    request: float | str
    """Dollars per request."""
    image: float | str
    """Dollars per image."""
    audio: float | str
    """Dollars per audio unit."""


class LatencyCutoffs(Options, total=False):
    """Longest times to the first token, in seconds, all of which a preferred endpoint keeps.

    Source: `PercentileLatencyCutoffs`.
    """

    p50: float | None
    """Seconds that half of the requests keep within."""
    p75: float | None
    """Seconds that 75 % of the requests keep within."""
    p90: float | None
    """Seconds that 90 % of the requests keep within."""
    p99: float | None
    """Seconds that 99 % of the requests keep within."""


class ThroughputCutoffs(Options, total=False):
    """Lowest speeds, in tokens per second, all of which a preferred endpoint reaches.

    Source: `PercentileThroughputCutoffs`.
    """

    p50: float | None
    """Tokens per second at the median."""
    p75: float | None
    """Tokens per second at the 75th percentile."""
    p90: float | None
    """Tokens per second at the 90th percentile."""
    p99: float | None
    """Tokens per second at the 99th percentile."""


class ProviderPreferences(Options, total=False):
    """Which providers may serve a request, and in what order: `provider` of a request.

    Example:
        `{"sort": "price", "data_collection": "deny", "max_price": {"completion": 2}}`

    Source: `ProviderPreferences`, https://openrouter.ai/docs/guides/routing/provider-selection
    """

    order: list[str] | None
    """Slugs of providers, asked in this order before others (`["anthropic", "amazon-bedrock"]`)."""
    only: list[str] | None
    """Slugs of the providers that may serve, together with those that the account allows."""
    ignore: list[str] | None
    """Slugs of the providers that may not serve, together with those that the account ignores."""
    allow_fallbacks: bool | None
    """Whether another provider is asked when the preferred ones fail. OpenRouter's default: true."""
    require_parameters: bool | None
    """Whether only providers that take every parameter of the request may serve. Otherwise a
    provider is not sent what it does not take."""
    data_collection: DataCollection | None
    """`"deny"`: only providers that do not keep or train on what they are sent."""
    zdr: bool | None
    """Whether only endpoints with zero data retention may serve."""
    enforce_distillable_text: bool | None
    """Whether only models whose author allows training on their output may serve."""
    quantizations: list[Quantization] | None
    """The number formats that may serve."""
    sort: ProviderSort | ProviderSortConfig | None
    """What comes first; load is then no longer balanced. Without effect beside `order`."""
    max_price: MaxPrice
    """The highest price to pay. No endpoint at or below it: the request fails."""
    preferred_min_throughput: float | ThroughputCutoffs | None
    """Tokens per second (median, or by percentile); slower endpoints are asked last."""
    preferred_max_latency: float | LatencyCutoffs | None
    """Seconds to the first token (median, or by percentile); slower endpoints are asked last."""


class Trace(Options, total=False):
    """Names for observability tools; any further key is passed to them: `trace` of a request.

    Source: `TraceConfig`, https://openrouter.ai/docs/guides/features/broadcast
    """

    trace_id: str
    """Groups requests to one trace."""
    trace_name: str
    """What the trace is called."""
    span_name: str
    """What the span that holds this request is called."""
    generation_name: str
    """What this request is called."""
    parent_span_id: str
    """The span of yours that this one belongs to."""


class DebugOptions(Options, total=False):
    """What to tell about the inside of a streamed request. Source: `ChatDebugOptions`."""

    echo_upstream_body: bool
    """Whether the first chunk holds the body that OpenRouter sends to the provider."""


class StreamOptions(Options, total=False):
    """Settings of a stream. Source: `ChatStreamOptions`."""

    include_usage: bool
    """Without effect since OpenRouter always sends usage; older clients set it."""
