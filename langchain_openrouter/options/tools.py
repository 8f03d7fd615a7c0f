"""What a model may call: functions, tool choice, the end of the server's tool loop, web search."""

from __future__ import annotations

from typing import Any, Literal, Required, TypeAlias

from langchain_openrouter.options._open import Options
from langchain_openrouter.options.generation import CacheControl

__all__ = [
    "FinishReasonCondition",
    "FunctionDefinition",
    "FunctionTool",
    "HasToolCallCondition",
    "MaxCostCondition",
    "MaxTokensUsedCondition",
    "NamedFunction",
    "NamedToolChoice",
    "OtherCondition",
    "SearchContextSize",
    "ServerTool",
    "ServerToolChoice",
    "StepCountCondition",
    "StopServerToolsWhen",
    "ToolChoice",
    "UserLocation",
    "WebSearchEngine",
    "WebSearchMode",
    "WebSearchParameters",
    "WebSearchShorthand",
    "WebSearchTool",
]

WebSearchEngine: TypeAlias = Literal["auto", "native", "exa", "firecrawl", "parallel", "perplexity"] | str
"""Who searches; `"auto"`: the provider where it can, else Exa. Source: `WebSearchEngineEnum`."""

WebSearchMode: TypeAlias = (
    Literal[
        "instant",
        "fast",
        "auto",
        "deep-lite",
        "deep",
        "deep-reasoning",
        "turbo",
        "basic",
        "advanced",
    ]
    | str
)
"""How thoroughly Exa (`instant` to `deep-reasoning`) or Parallel (`turbo`, `fast`, `basic`,
`advanced`) searches; other engines ignore it. Source: `WebSearchMode`."""

SearchContextSize: TypeAlias = Literal["low", "medium", "high"] | str
"""How much text of each result the model reads. Source: `SearchQualityLevel`."""


class FunctionDefinition(Options, total=False):
    """A function that the model may call. Source: `ChatFunctionTool.function`."""

    name: Required[str]
    """At most 64 letters, digits, underscores and dashes."""
    description: str
    """What the function does; the model reads it."""
    parameters: dict[str, Any]
    """JSON schema of the arguments."""
    strict: bool | None
    """Whether the arguments must keep to the schema exactly."""


class FunctionTool(Options, total=False):
    """A function as an element of `tools`. Source: `ChatFunctionTool`.

    See https://openrouter.ai/docs/guides/features/tool-calling
    """

    type: Required[Literal["function"]]
    """Names this kind of tool."""
    function: Required[FunctionDefinition]
    """The function."""
    cache_control: CacheControl
    """Caches the prompt up to this tool."""


class NamedFunction(Options, total=False):
    """The name of a function. Source: `ChatNamedToolChoice.function`."""

    name: Required[str]
    """The function's name."""


class NamedToolChoice(Options, total=False):
    """Makes the model call one function. Source: `ChatNamedToolChoice`."""

    type: Required[Literal["function"]]
    """Names this form."""
    function: Required[NamedFunction]
    """The function to call."""


class ServerToolChoice(Options, total=False):
    """Makes the model call one server tool. Source: `ChatServerToolChoice`."""

    type: Required[str]
    """The tool's type (`"openrouter:web_search"`)."""


ToolChoice: TypeAlias = Literal["none", "auto", "required", "any"] | bool | str | NamedToolChoice | ServerToolChoice
"""Which tool the model calls. LangChain's forms are turned into OpenRouter's: `"any"` into
`"required"`, `True` and a tool's name into that tool. Source: `ChatToolChoice`."""


class StepCountCondition(Options, total=False):
    """Stop after so many steps. Source: `StopServerToolsWhenStepCountIs`."""

    type: Required[Literal["step_count_is"]]
    """Names the condition."""
    step_count: Required[int]
    """Steps of the loop."""


class HasToolCallCondition(Options, total=False):
    """Stop after a tool was called. Source: `StopServerToolsWhenHasToolCall`."""

    type: Required[Literal["has_tool_call"]]
    """Names the condition."""
    tool_name: Required[str]
    """The tool's name."""


class MaxTokensUsedCondition(Options, total=False):
    """Stop when tokens run out. Source: `StopServerToolsWhenMaxTokensUsed`."""

    type: Required[Literal["max_tokens_used"]]
    """Names the condition."""
    max_tokens: Required[int]
    """Tokens of all steps together."""


class MaxCostCondition(Options, total=False):
    """Stop when money runs out. Source: `StopServerToolsWhenMaxCost`."""

    type: Required[Literal["max_cost"]]
    """Names the condition."""
    max_cost_in_dollars: Required[float]
    """Dollars of all steps together."""


class FinishReasonCondition(Options, total=False):
    """Stop at a finish reason. Source: `StopServerToolsWhenFinishReasonIs`."""

    type: Required[Literal["finish_reason_is"]]
    """Names the condition."""
    reason: Required[str]
    """The finish reason (`"length"`)."""


class OtherCondition(Options, total=False):
    """A condition that has no type here yet."""

    type: Required[str]
    """Names the condition."""


StopServerToolsWhen: TypeAlias = list[
    StepCountCondition
    | HasToolCallCondition
    | MaxTokensUsedCondition
    | MaxCostCondition
    | FinishReasonCondition
    | OtherCondition
]
"""Ends the loop of server tools as soon as one condition holds: `stop_server_tools_when`.

Example:
    `[{"type": "step_count_is", "step_count": 5}, {"type": "max_cost", "max_cost_in_dollars": 0.5}]`

Source: `StopServerToolsWhen`.
"""


class UserLocation(Options, total=False):
    """Where search results should be relevant. Source: `WebSearchUserLocation`."""

    type: Literal["approximate"] | str
    """Names this kind of location; the `web` plugin requires it."""
    city: str | None
    """As in `"Oslo"`."""
    region: str | None
    """As in `"California"`."""
    country: str | None
    """Two letters (ISO 3166), as in `"NO"`."""
    timezone: str | None
    """IANA name, as in `"Europe/Oslo"`."""


class WebSearchParameters(Options, total=False):
    """How `openrouter:web_search` searches. Source: `WebSearchConfig`."""

    engine: WebSearchEngine
    """Who searches."""
    mode: WebSearchMode
    """How thoroughly."""
    max_results: int
    """Results of one search. OpenRouter's default: 5. Providers that search themselves ignore it."""
    max_total_results: int
    """Results of all searches of a request. OpenRouter's default: 50."""
    max_uses: int
    """Searches of a request."""
    max_characters: int
    """Characters of each result; wins over `search_context_size`."""
    search_context_size: SearchContextSize
    """How much text of each result the model reads."""
    allowed_domains: list[str]
    """Search only these. Not beside `excluded_domains`."""
    excluded_domains: list[str]
    """Never search these. Not beside `allowed_domains`."""
    user_location: UserLocation
    """Where results should be relevant."""


class WebSearchTool(Options, total=False):
    """Web search as an element of `tools`. Source: `OpenRouterWebSearchServerTool`.

    Example:
        `{"type": "openrouter:web_search", "parameters": {"max_results": 3}}`

    See https://openrouter.ai/docs/guides/features/server-tools/web-search
    """

    type: Required[Literal["openrouter:web_search"]]
    """Names the tool."""
    parameters: WebSearchParameters
    """How it searches."""


class WebSearchShorthand(WebSearchParameters, total=False):
    """Web search in the words of OpenAI's Responses API. Source: `ChatWebSearchShorthand`."""

    type: Required[
        Literal[
            "web_search",
            "web_search_2025_08_26",
            "web_search_preview",
            "web_search_preview_2025_03_11",
        ]
        | str
    ]
    """Names the tool."""
    parameters: WebSearchParameters
    """How it searches; the keys may stand beside `type` as well."""


class ServerTool(Options, total=False):
    """Any tool that OpenRouter runs, also one that has no type here yet."""

    type: Required[str]
    """The tool's type (`"openrouter:web_fetch"`)."""
    parameters: dict[str, Any]
    """The tool's settings."""
