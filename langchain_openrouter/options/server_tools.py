"""Tools that OpenRouter runs itself (`openrouter:…`), each an element of `tools`.

Source: https://openrouter.ai/docs/guides/features/server-tools/overview
"""

from __future__ import annotations

from typing import Literal, Required, TypeAlias

from langchain_openrouter.options._open import Options
from langchain_openrouter.options.generation import CacheControl, ReasoningEffort
from langchain_openrouter.options.tools import (
    FunctionTool,
    ServerTool,
    WebSearchShorthand,
    WebSearchTool,
)

__all__ = [
    "AdvisorParameters",
    "AdvisorTool",
    "AutoContainer",
    "BashEngine",
    "BashParameters",
    "BashTool",
    "ContainerReference",
    "DatetimeParameters",
    "DatetimeTool",
    "FilesTool",
    "FusionParameters",
    "FusionTool",
    "ImageGenerationParameters",
    "ImageGenerationTool",
    "InnerReasoning",
    "SearchModelsParameters",
    "SearchModelsTool",
    "SubagentParameters",
    "SubagentTool",
    "Tool",
    "WebFetchEngine",
    "WebFetchParameters",
    "WebFetchTool",
]

BashEngine: TypeAlias = Literal["auto", "native", "openrouter"] | str
"""Who runs commands: OpenRouter's sandbox (`"openrouter"`), or your application, which is handed
the tool call (`"auto"`, `"native"`). Source: `BashServerToolEngine`."""

WebFetchEngine: TypeAlias = Literal["auto", "native", "openrouter", "exa", "parallel", "firecrawl"] | str
"""Who reads a page; `"auto"`: the provider where it can, else Exa. Source: `WebFetchEngineEnum`."""


class InnerReasoning(Options, total=False):
    """How a model that a tool calls reasons. Source: `AdvisorReasoning`, `SubagentReasoning`."""

    effort: ReasoningEffort
    """Share of the token limit spent on reasoning, by name."""
    max_tokens: int
    """Most tokens to spend on reasoning."""


class AdvisorParameters(Options, total=False):
    """Source: `AdvisorServerToolConfig`."""

    model: str
    """Id of the advisor. Default: the calling model's choice, else the model of the request."""
    name: str
    """Tells several advisors apart; 1 to 64 letters, digits, spaces, underscores and dashes."""
    instructions: str
    """The advisor's system prompt."""
    forward_transcript: bool
    """Whether the advisor reads the whole conversation, not only the question put to it."""
    max_completion_tokens: int
    """Tokens that the advisor may write, reasoning included."""
    reasoning: InnerReasoning
    """How the advisor reasons."""
    temperature: float
    """Sampling temperature of the advisor."""
    stream: bool
    """Without effect on chat completions."""


class AdvisorTool(Options, total=False):
    """Asks a stronger model for advice. Source: `AdvisorServerTool_OpenRouter`."""

    type: Required[Literal["openrouter:advisor"]]
    """Names the tool."""
    parameters: AdvisorParameters
    """Whom it asks and how."""


class SubagentParameters(Options, total=False):
    """Source: `SubagentServerToolConfig`."""

    model: str
    """Id of the worker. Default: the model of the request."""
    name: str
    """Tells several workers apart; 1 to 64 letters, digits, spaces, underscores and dashes."""
    instructions: str
    """The worker's system prompt."""
    tools: list[ServerTool]
    """Server tools of the worker, without this one."""
    max_tool_calls: int
    """Steps that the worker may take with its tools, 1 to 25."""
    max_completion_tokens: int
    """Tokens that the worker may write, reasoning included."""
    reasoning: InnerReasoning
    """How the worker reasons."""
    temperature: float
    """Sampling temperature of the worker."""
    inherit_functions: bool
    """Whether the worker has the request's functions; refused outside the Responses API."""
    inherited_function_names: list[str]
    """Functions of the request that the worker has; refused outside the Responses API."""


class SubagentTool(Options, total=False):
    """Hands a task to a cheaper model. Source: `SubagentServerTool_OpenRouter`."""

    type: Required[Literal["openrouter:subagent"]]
    """Names the tool."""
    parameters: SubagentParameters
    """Who works and how."""


class FusionParameters(Options, total=False):
    """Source: `FusionServerToolConfig`."""

    analysis_models: list[str]
    """The panel, at most 8 model ids; each is billed."""
    model: str
    """Id of the model that sums up. Default: the model of the request."""
    tools: list[ServerTool]
    """Server tools of the panel; `[]` for none. Default: web search and web fetch."""
    max_tool_calls: int
    """Steps that each model may take with its tools, 1 to 16. OpenRouter's default: 4."""
    max_completion_tokens: int
    """Tokens that each model may write, reasoning included. OpenRouter's default: 16000."""
    reasoning: InnerReasoning
    """How the models reason."""
    temperature: float
    """Sampling temperature of the panel."""
    cache_control: CacheControl
    """Caches the prompts of the panel."""


class FusionTool(Options, total=False):
    """Asks a panel of models. Source: `FusionServerTool_OpenRouter`."""

    type: Required[Literal["openrouter:fusion"]]
    """Names the tool."""
    parameters: FusionParameters
    """Whom it asks and how."""


class WebFetchParameters(Options, total=False):
    """Source: `WebFetchServerToolConfig`."""

    engine: WebFetchEngine
    """Who reads the page."""
    allowed_domains: list[str]
    """Read only these."""
    blocked_domains: list[str]
    """Never read these."""
    max_content_tokens: int
    """Tokens, about, after which a page is cut."""
    max_uses: int
    """How many pages one request may read."""


class WebFetchTool(Options, total=False):
    """Reads a web page or PDF. Source: `WebFetchServerTool`."""

    type: Required[Literal["openrouter:web_fetch"]]
    """Names the tool."""
    parameters: WebFetchParameters
    """How it reads."""


class AutoContainer(Options, total=False):
    """A container made for the request. Source: `ContainerAutoEnvironment`."""

    type: Required[Literal["container_auto"]]
    """Names this kind of environment."""


class ContainerReference(Options, total=False):
    """A container of an earlier request. Source: `ContainerReferenceEnvironment`."""

    type: Required[Literal["container_reference"]]
    """Names this kind of environment."""
    container_id: Required[str]
    """Its id, at most 20 characters."""


class BashParameters(Options, total=False):
    """Source: `BashServerToolConfig`."""

    engine: BashEngine
    """Who runs the commands."""
    environment: AutoContainer | ContainerReference
    """Where they run."""
    sleep_after_seconds: int
    """Idle seconds until the container sleeps. OpenRouter's default: 900, at most 2592000."""


class BashTool(Options, total=False):
    """Runs shell commands. Source: `BashServerTool`."""

    type: Required[Literal["openrouter:bash"]]
    """Names the tool."""
    parameters: BashParameters
    """Where and how it runs them."""


class DatetimeParameters(Options, total=False):
    """Source: `DatetimeServerToolConfig`."""

    timezone: str
    """IANA name (`"Europe/Oslo"`). OpenRouter's default: UTC."""


class DatetimeTool(Options, total=False):
    """Tells date and time. Source: `DatetimeServerTool`."""

    type: Required[Literal["openrouter:datetime"]]
    """Names the tool."""
    parameters: DatetimeParameters
    """Where."""


class FilesTool(Options, total=False):
    """Reads and writes files of the key's workspace. Source: `FilesServerTool`."""

    type: Required[Literal["openrouter:files"]]
    """Names the tool."""
    parameters: dict[str, object]
    """Settings; the API describes none yet."""


class ImageGenerationParameters(Options, total=False):
    """Every key of `image_config` too. Source: `ImageGenerationServerToolConfig`."""

    model: str
    """Id of the model that paints."""


class ImageGenerationTool(Options, total=False):
    """Paints images. Source: `ImageGenerationServerTool_OpenRouter`."""

    type: Required[Literal["openrouter:image_generation"]]
    """Names the tool."""
    parameters: ImageGenerationParameters
    """Who paints and how."""


class SearchModelsParameters(Options, total=False):
    """Source: `SearchModelsServerToolConfig`."""

    max_results: int
    """Models to list, at most 20. OpenRouter's default: 5."""


class SearchModelsTool(Options, total=False):
    """Searches OpenRouter's models. Source: `ChatSearchModelsServerTool`."""

    type: Required[Literal["openrouter:experimental__search_models"]]
    """Names the tool."""
    parameters: SearchModelsParameters
    """How many it lists."""


Tool: TypeAlias = (
    FunctionTool
    | AdvisorTool
    | BashTool
    | DatetimeTool
    | FilesTool
    | FusionTool
    | ImageGenerationTool
    | SearchModelsTool
    | SubagentTool
    | WebFetchTool
    | WebSearchShorthand
    | WebSearchTool
    | ServerTool
)
"""One element of `tools` as OpenRouter takes it; LangChain's tools are turned into `FunctionTool`."""
