"""One provider's offer of a model, as measured in the last minutes.

Source: ``PublicEndpoint`` of OpenRouter's API description, from ``GET /models/{author}/{slug}/endpoints``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog.pricing import NO_PRICING, Pricing
from langchain_openrouter.catalog.reading import flag, mapping, number, text, texts, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Endpoint", "Percentiles"]

_OPERATIONAL = 0


@dataclass(frozen=True, slots=True)
class Percentiles:
    """What 50, 75, 90 and 99 of 100 requests of the last half hour reached: no more time, or no less speed."""

    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p99: float | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Percentiles | None:
        """Read percentiles; ``None`` where OpenRouter shows none, as to requests without a key."""
        values = {name: number(record.get(name)) for name in ("p50", "p75", "p90", "p99")}
        return cls(**values) if any(value is not None for value in values.values()) else None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model at one provider. Everything but the provider may be unknown, and is ``None`` or empty then.

    Args:
        provider_name: Who serves it, such as ``"DeepInfra"``.
        tag: What ``provider.order`` and ``provider.only`` name it by, such as ``"deepinfra/fp8"``.
        model_id: Id of the model.
        name: Display name.
        quantization: Of the weights: ``"fp8"``, ``"bf16"``, ``"unknown"``, ….
        context_length: Longest prompt and answer together, in tokens.
        max_prompt_tokens: Longest prompt, in tokens.
        max_completion_tokens: Longest answer, in tokens.
        supported_parameters: Request parameters that it supports.
        supports_implicit_caching: Whether prompts are cached without being asked.
        pricing: Prices in dollars.
        latency: Milliseconds to the first token; ``None`` without an API key.
        throughput: Tokens per second; here higher is better. ``None`` without an API key.
        uptime_5m: Share of requests that succeeded in the last five minutes, in per cent.
        uptime_30m: The same of the last half hour.
        uptime_1d: The same of the last day.
        status: 0 where all is well, negative where OpenRouter turns requests elsewhere.
    """

    provider_name: str
    tag: str | None = None
    model_id: str | None = None
    name: str | None = None
    quantization: str | None = None
    context_length: int | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    supported_parameters: frozenset[str] = frozenset()
    supports_implicit_caching: bool | None = None
    pricing: Pricing = NO_PRICING
    latency: Percentiles | None = None
    throughput: Percentiles | None = None
    uptime_5m: float | None = None
    uptime_30m: float | None = None
    uptime_1d: float | None = None
    status: int | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Endpoint:
        """Read one element of ``endpoints``. What is new in it is ignored.

        Example:
            >>> Endpoint.from_record({"provider_name": "Alpha", "latency_last_30m": {"p50": 250}}).latency.p50
            250.0
        """
        status = number(record.get("status"))
        return cls(
            provider_name=text(record.get("provider_name")) or "",
            tag=text(record.get("tag")),
            model_id=text(record.get("model_id")),
            name=text(record.get("name")),
            quantization=text(record.get("quantization")),
            context_length=whole(record.get("context_length")),
            max_prompt_tokens=whole(record.get("max_prompt_tokens")),
            max_completion_tokens=whole(record.get("max_completion_tokens")),
            supported_parameters=texts(record.get("supported_parameters")),
            supports_implicit_caching=flag(record.get("supports_implicit_caching")),
            pricing=Pricing.from_record(mapping(record.get("pricing"))),
            latency=Percentiles.from_record(mapping(record.get("latency_last_30m"))),
            throughput=Percentiles.from_record(mapping(record.get("throughput_last_30m"))),
            uptime_5m=number(record.get("uptime_last_5m")),
            uptime_30m=number(record.get("uptime_last_30m")),
            uptime_1d=number(record.get("uptime_last_1d")),
            status=None if status is None else int(status),
        )

    @property
    def is_operational(self) -> bool:
        """Whether OpenRouter sends requests there; what is not told is taken for well."""
        return self.status in {None, _OPERATIONAL}
