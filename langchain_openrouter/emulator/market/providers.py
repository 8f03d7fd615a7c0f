"""The providers that the emulator pretends to route to.

Names and slugs are OpenRouter's; which provider serves which model is made up, but the same on
every machine: the model's author first where it is a provider itself, then other hosts.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider.

    Attributes:
        slug: As in `provider.only` and `tag`.
        name: As in `provider` of an answer.
        country: ISO code of the headquarters.
        retains: Whether it may keep and train on data (`data_collection`).
        zdr: Whether it offers zero data retention.
        quantization: Of its endpoints.
    """

    slug: str
    name: str
    country: str = "US"
    retains: bool = False
    zdr: bool = False
    quantization: str = "unknown"


_ALL = (
    Provider("openai", "OpenAI"),
    Provider("azure", "Azure", zdr=True),
    Provider("anthropic", "Anthropic"),
    Provider("amazon-bedrock", "Amazon Bedrock", zdr=True),
    Provider("google-ai-studio", "Google AI Studio"),
    Provider("google-vertex", "Google", zdr=True),
    Provider("xai", "xAI"),
    Provider("mistral", "Mistral", "FR"),
    Provider("deepseek", "DeepSeek", "CN", retains=True, quantization="fp8"),
    Provider("alibaba", "Alibaba", "SG"),
    Provider("moonshotai", "Moonshot AI", "CN", quantization="fp8"),
    Provider("minimax", "Minimax", "SG", quantization="fp8"),
    Provider("z-ai", "Z.AI", "SG", quantization="fp8"),
    Provider("cohere", "Cohere", "CA"),
    Provider("perplexity", "Perplexity"),
    Provider("nvidia", "Nvidia", retains=True),
    Provider("deepinfra", "DeepInfra", zdr=True, quantization="bf16"),
    Provider("together", "Together", zdr=True, quantization="bf16"),
    Provider("fireworks", "Fireworks", zdr=True, quantization="fp8"),
    Provider("novita", "Novita", quantization="fp8"),
    Provider("groq", "Groq", zdr=True),
    Provider("chutes", "Chutes", retains=True, quantization="fp8"),
)

PROVIDERS = {provider.slug: provider for provider in _ALL}

_HOSTS_OF_AUTHOR = {
    "openai": ("openai", "azure"),
    "anthropic": ("anthropic", "amazon-bedrock", "google-vertex"),
    "google": ("google-ai-studio", "google-vertex"),
    "x-ai": ("xai",),
    "mistralai": ("mistral",),
    "deepseek": ("deepseek", "deepinfra", "novita"),
    "qwen": ("alibaba", "deepinfra"),
    "moonshotai": ("moonshotai", "together"),
    "minimax": ("minimax", "novita"),
    "z-ai": ("z-ai", "fireworks"),
    "amazon": ("amazon-bedrock",),
    "cohere": ("cohere",),
    "perplexity": ("perplexity",),
    "nvidia": ("nvidia",),
}

_OPEN_HOSTS = ("deepinfra", "together", "fireworks", "novita")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one provider.

    Attributes:
        provider: Who serves it.
        pricing: Strings of dollars per token.
        latency_ms: Median time to the first token.
        throughput: Median tokens per second.
    """

    provider: Provider
    pricing: Mapping[str, Any]
    latency_ms: float
    throughput: float


def endpoints_of(model_id: str, pricing: Mapping[str, Any]) -> list[Endpoint]:
    """Give the endpoints of a model, the default one first.

    The first has the catalog's price; each further one costs a quarter more and is faster.
    """
    author = model_id.partition("/")[0].lstrip("~")
    start = zlib.crc32(model_id.encode()) % len(_OPEN_HOSTS)
    rotated = _OPEN_HOSTS[start:] + _OPEN_HOSTS[:start]
    slugs = _HOSTS_OF_AUTHOR.get(author, rotated[:2])
    if model_id.endswith(":free"):
        slugs = slugs[:1]
    return [
        Endpoint(PROVIDERS[slug], _dearer(pricing, rank), 900.0 - 200 * rank, 60.0 + 30 * rank)
        for rank, slug in enumerate(slugs)
    ]


def _dearer(pricing: Mapping[str, Any], rank: int) -> Mapping[str, Any]:
    if rank == 0:
        return pricing
    factor = 1 + Decimal("0.25") * rank
    return {
        key: str(Decimal(str(value)) * factor) if isinstance(value, str) else value
        for key, value in pricing.items()
        if key != "overrides"
    }
