"""What OpenRouter does around a request: the elements of `plugins`.

Source: https://openrouter.ai/docs/guides/features/plugins
"""

from __future__ import annotations

from typing import Literal, Required, TypeAlias

from langchain_openrouter.options._open import Options
from langchain_openrouter.options.tools import (
    ServerTool,
    UserLocation,
    WebSearchMode,
)

__all__ = [
    "AutoBetaRouterPlugin",
    "AutoRouterPlugin",
    "ContextCompressionPlugin",
    "CostTier",
    "FileParserPlugin",
    "FusionPlugin",
    "ModerationPlugin",
    "OtherPlugin",
    "ParetoRouterPlugin",
    "PdfEngine",
    "PdfParser",
    "Plugin",
    "ResponseHealingPlugin",
    "WebFetchPlugin",
    "WebPlugin",
]

CostTier: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"] | str
"""A fifth of the models by cost, the cheapest first."""

PdfEngine: TypeAlias = Literal["native", "cloudflare-ai", "mistral-ocr", "pdf-text"] | str
"""What reads a PDF: the model, a free converter, or paid text recognition; `"pdf-text"` is an old
name of `"cloudflare-ai"`.

Source: `PDFParserEngine`, https://openrouter.ai/docs/guides/overview/multimodal/pdfs
"""


class AutoBetaRouterPlugin(Options, total=False):
    """How `openrouter/auto-beta` chooses. Source: `AutoBetaRouterPlugin`."""

    id: Required[Literal["auto-beta-router"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""
    allowed_models: list[str]
    """Patterns of the models to choose among (`"anthropic/*"`), at most 1024."""
    excluded_models: list[str]
    """Patterns of the models never to choose; they win over `allowed_models`."""
    cost_tier: CostTier
    """How expensive the chosen model is."""
    cost_quality_tradeoff: int
    """Deprecated by OpenRouter: use `cost_tier`. 0 (best) to 10 (cheapest)."""


class AutoRouterPlugin(Options, total=False):
    """How `openrouter/auto` chooses. Source: `AutoRouterPlugin`.

    Example:
        `{"id": "auto-router", "allowed_models": ["anthropic/*"], "cost_tier": "low"}`
    """

    id: Required[Literal["auto-router"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""
    allowed_models: list[str]
    """Patterns of the models to choose among (`"anthropic/*"`), at most 1024."""
    excluded_models: list[str]
    """Patterns of the models never to choose; they win over `allowed_models`."""
    cost_tier: CostTier
    """How expensive the chosen model is."""
    cost_quality_tradeoff: int
    """Deprecated by OpenRouter: use `cost_tier`. 0 (best) to 10 (cheapest)."""
    pin_model: bool
    """Whether a conversation stays with the model of its last assistant message."""


class ParetoRouterPlugin(Options, total=False):
    """How `openrouter/pareto-code` chooses. Source: `ParetoRouterPlugin`."""

    id: Required[Literal["pareto-router"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""
    max_price: float
    """Dollars per million prompt tokens; the best coder at or below it is chosen."""
    min_coding_score: float
    """0 to 1; from 0.66 the best coders, from 0.33 strong ones. Not used beside `max_price`."""
    price_source: Literal["prompt", "weighted_avg"] | str
    """The price compared: the listed one, or the average that users pay."""


class FusionPlugin(Options, total=False):
    """A panel of models whose answers one model merges. Source: `FusionPlugin`."""

    id: Required[Literal["fusion"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""
    preset: Literal["general-high", "general-budget", "general-fast"] | str
    """A panel and an analyst chosen by OpenRouter."""
    analysis_models: list[str]
    """The panel, 1 to 8 model ids; each is billed."""
    model: str
    """Id of the model that analyses and merges."""
    max_tool_calls: int
    """Steps that each model may take with its tools, 1 to 16. OpenRouter's default: 4."""
    tools: list[ServerTool]
    """Server tools of the panel; `[]` for none. Default: web search and web fetch."""


class ModerationPlugin(Options, total=False):
    """Checks the input before it is answered. Source: `ModerationPlugin`."""

    id: Required[Literal["moderation"]]
    """Names the plugin."""


class WebPlugin(Options, total=False):
    """Adds search results to every request. Source: `WebSearchPlugin`.

    Example:
        `{"id": "web", "max_results": 3, "include_domains": ["openrouter.ai"]}`

    See https://openrouter.ai/docs/guides/features/plugins/web-search
    """

    id: Required[Literal["web"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""
    engine: Literal["native", "exa", "firecrawl", "parallel", "perplexity"] | str
    """Who searches."""
    max_results: int
    """How many results are added."""
    max_uses: int
    """How often the model may search in one turn, where the provider searches itself."""
    include_domains: list[str]
    """Search only these (`"*.substack.com"`, `"openai.com/blog"`)."""
    exclude_domains: list[str]
    """Never search these."""
    search_prompt: str
    """The text that introduces the results to the model."""
    mode: WebSearchMode
    """How thoroughly the engine searches."""
    user_location: UserLocation
    """Where results should be relevant."""


class WebFetchPlugin(Options, total=False):
    """Lets the model read web pages. Source: `WebFetchPlugin`."""

    id: Required[Literal["web-fetch"]]
    """Names the plugin."""
    allowed_domains: list[str]
    """Read only these."""
    blocked_domains: list[str]
    """Never read these."""
    max_content_tokens: int
    """Tokens, about, after which a page is cut."""
    max_uses: int
    """How many pages one request may read."""


class PdfParser(Options, total=False):
    """How PDF files are read. Source: `PDFParserOptions`."""

    engine: PdfEngine
    """What reads them. Default: the model where it can."""


class FileParserPlugin(Options, total=False):
    """Reads files for the model. Source: `FileParserPlugin`.

    Example:
        `{"id": "file-parser", "pdf": {"engine": "cloudflare-ai"}}`
    """

    id: Required[Literal["file-parser"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""
    pdf: PdfParser
    """How PDF files are read."""


class ResponseHealingPlugin(Options, total=False):
    """Repairs JSON that a model wrote badly. Source: `ResponseHealingPlugin`."""

    id: Required[Literal["response-healing"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""


class ContextCompressionPlugin(Options, total=False):
    """Shortens a conversation that exceeds the window. Source: `ContextCompressionPlugin`."""

    id: Required[Literal["context-compression"]]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""
    engine: Literal["middle-out"] | str
    """`"middle-out"`: the middle of the conversation goes first."""


class OtherPlugin(Options, total=False):
    """A plugin that has no type here yet."""

    id: Required[str]
    """Names the plugin."""
    enabled: bool
    """False turns the plugin off for this request."""


Plugin: TypeAlias = (
    AutoBetaRouterPlugin
    | AutoRouterPlugin
    | ContextCompressionPlugin
    | FileParserPlugin
    | FusionPlugin
    | ModerationPlugin
    | ParetoRouterPlugin
    | ResponseHealingPlugin
    | WebFetchPlugin
    | WebPlugin
    | OtherPlugin
)
"""One element of `plugins`."""
