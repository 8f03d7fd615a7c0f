"""The request parameters of `ChatOpenRouter`: every property of OpenRouter's `ChatRequest`, as a field.

Each is a constructor argument and, under its name on the wire too, an argument of a call: `model.invoke(…, top_k=40)`.
Values are sent as given: what a model supports is for the API to say. `None` leaves a parameter out.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.utils import from_env
from pydantic import Field, SkipValidation

from langchain_openrouter import options
from langchain_openrouter.chat.calls import is_sending
from langchain_openrouter.chat.suspicion import warn_of_suspicions

Tool = options.FunctionTool | options.ServerTool


class RequestParameters(BaseChatModel):
    """What to ask for. The source of each field is the property of `ChatRequest` of the same name."""

    model_name: str = Field(alias="model")
    """Model id, such as `openai/gpt-4o-mini`; also a variant (`…:free`), an alias (`~author/…`) or `@preset/…`."""

    models: list[str] | None = None
    """Further models, in order, that OpenRouter turns to when the first fails. The answer names the one used."""

    temperature: float | None = None
    """Sampling temperature, 0 to 2."""

    max_tokens: int | None = None
    """The most tokens to generate. OpenRouter prefers `max_completion_tokens`; both are sent under their own name."""

    max_completion_tokens: int | None = None
    """The most tokens to generate, reasoning included."""

    top_p: float | None = None
    """Nucleus sampling: the share of probability to choose from, 0 to 1."""

    top_k: int | None = None
    """How many of the most likely tokens to choose from; 1 always takes the likeliest."""

    top_a: float | None = None
    """Choose only from tokens whose probability is at least this, times the square of the highest one; 0 to 1."""

    min_p: float | None = None
    """Choose only from tokens whose probability is at least this share of the highest one; 0 to 1."""

    frequency_penalty: float | None = None
    """Makes tokens less likely the more often they occurred, -2 to 2."""

    presence_penalty: float | None = None
    """Makes tokens less likely once they occurred, -2 to 2."""

    repetition_penalty: float | None = None
    """Makes repeated tokens less likely; 1 is none, up to 2."""

    logit_bias: dict[str, float] | None = None
    """Bias by token id, -100 to 100."""

    logprobs: bool | None = None
    """Whether to return the log probability of each token, in `response_metadata["logprobs"]`."""

    top_logprobs: int | None = None
    """How many alternatives to return for each token, 0 to 20; needs `logprobs`."""

    seed: int | None = None
    """Random seed: equal requests give equal answers where the provider can."""

    stop: list[str] | str | None = Field(default=None, alias="stop_sequences")
    """Texts at which to stop, at most four."""

    n: int = Field(default=1, ge=1)
    """How many answers to generate.

    A stream streams the first; the others come whole with its last chunk, in `response_metadata["other_choices"]`.
    """

    tools: Annotated[list[Tool] | None, SkipValidation] = None
    """Tools of every call, in the form of the wire. Prefer `bind_tools`, which converts LangChain's tools."""

    tool_choice: Annotated[options.ToolChoice | None, SkipValidation] = None
    """Which tool to call, in the form of the wire; see `bind_tools`."""

    parallel_tool_calls: bool | None = None
    """Whether the model may call several tools in one answer."""

    response_format: Annotated[options.ResponseFormat | None, SkipValidation] = None
    """The form of the answer, in the form of the wire; prefer `with_structured_output`."""

    reasoning: Annotated[options.Reasoning | None, SkipValidation] = None
    """How much to reason and whether to show it: `effort`, `max_tokens`, `exclude`, `enabled`, `summary`.

    See https://openrouter.ai/docs/guides/best-practices/reasoning-tokens.
    """

    reasoning_effort: Annotated[options.ReasoningEffort | None, SkipValidation] = None
    """Short for `reasoning={"effort": …}`."""

    verbosity: Annotated[options.Verbosity | None, SkipValidation] = None
    """How long answers should be."""

    modalities: Annotated[list[options.Modality] | None, SkipValidation] = None
    """What to answer with: `text`, `image`, `audio`."""

    image_config: Annotated[options.ImageConfig | None, SkipValidation] = None
    """Size, aspect ratio and more of generated images; the keys depend on the provider."""

    prediction: Annotated[options.Prediction | None, SkipValidation] = None
    """A text that much of the answer will equal, which makes it come faster."""

    openrouter_provider: Annotated[options.ProviderPreferences | None, SkipValidation] = None
    """Which providers may serve the request, in which order, at what price and with which data policy.

    See https://openrouter.ai/docs/guides/routing/provider-selection.
    """

    provider: Annotated[options.ProviderPreferences | None, SkipValidation] = Field(
        default=None, exclude=True, repr=False
    )
    """Another name of `openrouter_provider`, for the constructor: the one on the wire. It is kept there."""

    route: Annotated[options.Route | None, SkipValidation] = None
    """How to route between `models`; OpenRouter calls it deprecated."""

    plugins: Annotated[list[options.Plugin] | None, SkipValidation] = None
    """Plugins such as `{"id": "web"}`; see https://openrouter.ai/docs/guides/features/plugins."""

    stop_server_tools_when: Annotated[options.StopServerToolsWhen | None, SkipValidation] = None
    """When OpenRouter's own tools should stop: after so many steps, tokens or dollars."""

    transforms: list[str] | None = None
    """Prompt transforms such as `["middle-out"]`; the plugin `context-compression` replaces them."""

    cache_control: Annotated[options.CacheControl | None, SkipValidation] = None
    """Prompt caching of the whole request, placed by OpenRouter; single blocks and tools may carry their own."""

    prompt_cache_key: str | None = None
    """Requests of one key are routed to where their common prefix may be cached."""

    prompt_cache_options: Annotated[options.PromptCacheOptions | None, SkipValidation] = None
    """How prompts are cached where the provider lets one choose."""

    service_tier: Annotated[options.ServiceTier | None, SkipValidation] = None
    """Speed against price: `flex`, `priority`, …"""

    session_id: str | None = Field(default_factory=from_env("OPENROUTER_SESSION_ID", default=None))
    """Groups requests, and keeps a group at one provider so that its prompt cache hits; at most 256 characters.

    The environment variable `OPENROUTER_SESSION_ID` sets it for a process.
    """

    trace: Annotated[options.Trace | None, SkipValidation] = None
    """What OpenRouter passes on to the observability tools of the account."""

    user: str | None = None
    """A stable pseudonym of your end user, for the isolation of abuse."""

    request_metadata: dict[str, str] | None = None
    """OpenRouter's `metadata`: at most 16 texts that it keeps with the request. (`metadata` is LangChain's own.)"""

    stream_options: Annotated[options.StreamOptions | None, SkipValidation] = None
    """Options of a stream; `stream_usage` sets what they are needed for."""

    debug: Annotated[options.DebugOptions | None, SkipValidation] = None
    """Options for debugging, such as `{"echo_upstream_body": True}`; streams only."""

    use_responses_api: bool = False
    """Whether to speak OpenRouter's Responses API, by way of langchain-openai, instead of the chat API."""

    streaming: bool = False
    """Whether `invoke` streams, too."""

    stream_usage: bool = True
    """Whether a stream tells its usage and cost."""

    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further parameters of the body. Arguments of the constructor that no field has the name of are put here."""

    extra_body: dict[str, Any] = Field(default_factory=dict)
    """What is merged into the body last, over everything else."""

    def _warn_of_suspicions(self) -> None:
        """Warn of option values that OpenRouter does not document."""
        for name in _OPTIONS:
            value = self.__dict__[name]
            if value is not None:
                warn_of_suspicions(name, value, _kind_of(name))

    @property
    def model(self) -> str:
        """Same as `model_name`."""
        return self.model_name

    @property
    def _default_params(self) -> dict[str, Any]:
        """The parameters of every call, under their names on the wire."""
        fields = self.__dict__
        further = {name: value for name, value in self.model_kwargs.items() if not is_sending(name)}
        params = {"model": self.model_name, "stream": self.streaming, **further}
        for field, name in _SENT.items():
            value = fields[field]
            if value is not None:
                params[name] = value
        if self.n > 1:
            params["n"] = self.n
        if not self.session_id:
            params.pop("session_id", None)
        return params


_NOT_SENT = frozenset(
    {"extra_body", "model_kwargs", "model_name", "n", "provider", "stream_usage", "streaming", "use_responses_api"}
)
_RENAMED = {"openrouter_provider": "provider", "request_metadata": "metadata"}
_SENT = {field: _RENAMED.get(field, field) for field in RequestParameters.__annotations__ if field not in _NOT_SENT}
"""Fields that are properties of the body, with their names there."""


_PARAMETERS = frozenset({*_SENT.values(), "model", "n"})


def parameters_in(body: dict[str, Any]) -> dict[str, Any]:
    """Give those entries of a body that are parameters of OpenRouter; others may be anything, secrets too."""
    return {name: body[name] for name in body.keys() & _PARAMETERS}


_OPTIONS = ("cache_control", "openrouter_provider", "plugins", "reasoning", "service_tier", "trace", "verbosity")
"""Options worth a look: a slip in them costs money or privacy, and no error tells."""


_OPTION_OF = {_SENT[name]: name for name in _OPTIONS}


def warn_of_given(given: dict[str, Any]) -> None:
    """Warn of option values of a call that OpenRouter does not document. See `RequestParameters`."""
    for name in given.keys() & _OPTION_OF.keys():
        warn_of_suspicions(name, given[name], _kind_of(_OPTION_OF[name]))


@functools.cache
def _kind_of(name: str) -> Any:
    return RequestParameters.model_fields[name].annotation
