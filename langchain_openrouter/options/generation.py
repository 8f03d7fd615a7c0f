"""How a model writes its answer: reasoning, format, modalities, prediction, prompt caching."""

from __future__ import annotations

from typing import Any, Literal, Required, TypeAlias

from langchain_openrouter.options._open import Options

__all__ = [
    "CacheControl",
    "CacheTTL",
    "GrammarFormat",
    "ImageConfig",
    "JsonObjectFormat",
    "JsonSchema",
    "JsonSchemaFormat",
    "Modality",
    "OtherFormat",
    "Prediction",
    "PredictionText",
    "PromptCacheOptions",
    "PythonFormat",
    "Reasoning",
    "ReasoningEffort",
    "ReasoningSummary",
    "ResponseFormat",
    "TextFormat",
    "Verbosity",
]

ReasoningEffort: TypeAlias = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | str
"""How much a model thinks before it answers; `"none"` turns reasoning off. A catalog record names
the efforts that its model takes (`reasoning.supported_efforts`).

Source: `ChatRequest.reasoning_effort`,
https://openrouter.ai/docs/guides/best-practices/reasoning-tokens
"""

ReasoningSummary: TypeAlias = Literal["auto", "concise", "detailed"] | str
"""How long the summary of the reasoning is. Source: `ChatReasoningSummaryVerbosityEnum`."""

Modality: TypeAlias = Literal["text", "image", "audio"] | str
"""A kind of output to ask for. Source: `ChatRequest.modalities`."""

Verbosity: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"] | str
"""How long the answer is, for models that list `verbosity` among their parameters.

Source: https://openrouter.ai/docs/api/reference/parameters
"""

CacheTTL: TypeAlias = Literal["5m", "1h"] | str
"""How long a cached prompt is kept: five minutes or one hour. Source: `AnthropicCacheControlTtl`."""


class Reasoning(Options, total=False):
    """How a model reasons before it answers: `reasoning` of a request.

    Give `effort` or `max_tokens`, not both.

    Example:
        `{"effort": "low", "exclude": True}`

    Source: https://openrouter.ai/docs/guides/best-practices/reasoning-tokens
    """

    effort: ReasoningEffort | None
    """Share of the token limit spent on reasoning, by name (`ChatRequest.reasoning.effort`)."""
    max_tokens: int | None
    """Most tokens to spend on reasoning; some models take this instead of an effort."""
    exclude: bool | None
    """Whether the reasoning is left out of the answer. The model reasons, and bills, all the same."""
    enabled: bool | None
    """Turns reasoning on with the model's defaults, or off where the model allows that."""
    summary: ReasoningSummary | None
    """Length of the summary, for models that show one (`ChatRequest.reasoning.summary`)."""


class TextFormat(Options, total=False):
    """Plain text, the default. Source: `ChatFormatTextConfig`."""

    type: Required[Literal["text"]]
    """Names this form."""


class JsonObjectFormat(Options, total=False):
    """Some JSON object, of no given schema. Source: `ChatFormatJsonObjectConfig`."""

    type: Required[Literal["json_object"]]
    """Names this form."""


class JsonSchema(Options, total=False):
    """A named JSON schema. Source: `ChatJsonSchemaConfig`."""

    name: Required[str]
    """At most 64 letters, digits, underscores and dashes."""
    schema: dict[str, Any]
    """The JSON schema of the answer."""
    strict: bool | None
    """Whether the answer must keep to the schema exactly."""
    description: str
    """What the answer is for; the model reads it."""


class JsonSchemaFormat(Options, total=False):
    """JSON that keeps to a schema. Source: `ChatFormatJsonSchemaConfig`.

    Example:
        `{"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": {…}}}`

    See https://openrouter.ai/docs/guides/features/structured-outputs
    """

    type: Required[Literal["json_schema"]]
    """Names this form."""
    json_schema: Required[JsonSchema]
    """The schema and its name."""


class GrammarFormat(Options, total=False):
    """Text that a grammar describes. Source: `ChatFormatGrammarConfig`."""

    type: Required[Literal["grammar"]]
    """Names this form."""
    grammar: Required[str]
    """The grammar, in the notation of the provider."""


class PythonFormat(Options, total=False):
    """Python code. Source: `ChatFormatPythonConfig`."""

    type: Required[Literal["python"]]
    """Names this form."""


class OtherFormat(Options, total=False):
    """A form that has no type here yet."""

    type: Required[str]
    """Names the form."""


ResponseFormat: TypeAlias = (
    TextFormat | JsonObjectFormat | JsonSchemaFormat | GrammarFormat | PythonFormat | OtherFormat
)
"""The form of the answer: `response_format` of a request."""


class PredictionText(Options, total=False):
    """One part of a predicted answer. Source: `PredictionContentText`."""

    type: Required[Literal["text"]]
    """Names this kind of part."""
    text: Required[str]
    """The expected text."""


class Prediction(Options, total=False):
    """What the answer will mostly be, so that the model writes it faster. Source: `Prediction`.

    Example:
        `{"type": "content", "content": old_file}`
    """

    type: Required[Literal["content"]]
    """Names this kind of prediction."""
    content: Required[str | list[PredictionText]]
    """The expected answer."""


class CacheControl(Options, total=False):
    """Caches the prompt up to the last part that can be cached: `cache_control` of a request.

    Example:
        `{"type": "ephemeral", "ttl": "1h"}`

    Source: `AnthropicCacheControlDirective`,
    https://openrouter.ai/docs/guides/best-practices/prompt-caching
    """

    type: Required[Literal["ephemeral"]]
    """Names this kind of caching."""
    ttl: CacheTTL
    """Life of the cache; five minutes when it is not given. An hour costs more to write."""


class PromptCacheOptions(Options, total=False):
    """How OpenAI's newer models cache a prompt. Source: `PromptCacheOptions`."""

    mode: Required[Literal["explicit"] | str]
    """`"explicit"`: only blocks marked with `prompt_cache_breakpoint` are cached."""
    ttl: str | None
    """Life of the cache, as the provider writes it."""


ImageConfig: TypeAlias = dict[str, str | float | list[Any]]
"""Settings of image output; keys and values are the model's own, such as
`{"aspect_ratio": "16:9", "image_size": "2K"}`: `image_config` of a request.

Source: `ImageConfig`, https://openrouter.ai/docs/guides/overview/multimodal/image-generation
"""
