"""Everything that can go wrong with OpenRouter, as one tree of classes.

::

    OpenRouterError(ModelError)                     what all of them carry
    ├── BadRequestError             400             (ModelInvalidRequestError)
    │   ├── ContextLengthError      400             (ContextOverflowError)
    │   ├── PayloadTooLargeError    413
    │   ├── UnprocessableEntityError 422
    │   └── ModelValidationError                    the catalog says that the model cannot do that; not sent
    ├── AuthenticationError         401             (ModelAuthenticationError)
    ├── PaymentRequiredError        402             (ModelPermissionDeniedError)
    │   ├── InsufficientCreditsError                no credit left: add some
    │   └── InFlightBudgetError                     too many paid calls at once: retry (ModelRateLimitError)
    ├── PermissionDeniedError       403             (ModelPermissionDeniedError)
    │   ├── ModerationError                         the input was flagged
    │   ├── GuardrailError                          one of your guardrails said no
    │   └── BudgetLimitError                        a spending limit of the key, guardrail or workspace
    ├── NotFoundError               404             (ModelNotFoundError of LangChain)
    │   ├── UnknownModelError       404, 400        no such model id; ModelNotFoundError says so before it is sent
    │   └── NoEndpointsError        404             no provider fits the request
    ├── RateLimitError              429             (ModelRateLimitError)
    ├── ServerError                 5xx             (ModelAPIError)
    │   ├── BadGatewayError         502
    │   ├── ServiceUnavailableError 503
    │   └── OverloadedError         529
    ├── APITimeoutError                             (ModelTimeoutError)
    │   ├── RequestTimeoutError     408, 504, 524
    │   ├── StreamIdleError                         a stream fell silent
    │   └── DeadlineExceededError                   the total deadline passed
    ├── APIConnectionError                          (ModelConnectionError)
    ├── ProviderResponseError                       (ModelAPIError)
    │   ├── IncompleteStreamError                   the stream ended before the answer did
    │   ├── EmptyResponseError                      an answer without choices
    │   └── InvalidResponseError                    a body that is no answer
    └── StructuredOutputError                       (OutputParserException)
        ├── TruncatedOutputError                    the answer was cut off by a token limit
        ├── RefusedOutputError                      the model refused
        └── MissingOutputError                      the model answered, but not with the structure

An error that came inside a successful response (HTTP 200 with an error in the body, or in the middle of a stream)
is of the class its code stands for, and a `ValueError` too, as in the official package.

Sources: https://openrouter.ai/docs/api/reference/errors-and-debugging and recorded traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from langchain_core import exceptions as core

from langchain_openrouter.errors.limits import LimitDetails

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import AIMessage

__all__ = [
    "APIConnectionError",
    "APITimeoutError",
    "AuthenticationError",
    "BadGatewayError",
    "BadRequestError",
    "BudgetLimitError",
    "ContextLengthError",
    "DeadlineExceededError",
    "EmptyResponseError",
    "GuardrailError",
    "InFlightBudgetError",
    "IncompleteStreamError",
    "InsufficientCreditsError",
    "InvalidResponseError",
    "MissingOutputError",
    "ModerationError",
    "NoEndpointsError",
    "NotFoundError",
    "OpenRouterError",
    "OverloadedError",
    "PayloadTooLargeError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "ProviderResponseError",
    "RateLimitError",
    "RefusedOutputError",
    "RequestTimeoutError",
    "ServerError",
    "ServiceUnavailableError",
    "StreamIdleError",
    "StructuredOutputError",
    "TruncatedOutputError",
    "UnknownModelError",
    "UnprocessableEntityError",
]


class OpenRouterError(core.ModelError):
    """Something went wrong between the caller and an answer from OpenRouter.

    Every attribute but `message` is `None` (or empty) where it is not known.

    Args:
        message: What happened, as OpenRouter or we put it.
        status_code: The HTTP status, or the `code` of an error inside a successful response.
        code: `error.code` as it came: a number in most answers, a string in some.
        error_type: `error.metadata.error_type`, OpenRouter's stable vocabulary (`"rate_limit_exceeded"`, …).
        body: The parsed body, or its text where it was not JSON. Keys are masked.
        headers: The response headers, names in lower case.
        provider_name: The provider that refused or failed; `None` when OpenRouter itself did.
        generation_id: The id under which OpenRouter keeps the generation (`gen-…`).
        retry_after: Seconds to wait before a retry, where the server said so.
        partial_message: What had arrived before the failure.
        embedded: Whether the error came inside a successful response.

    Example:
        ```python
        from langchain_openrouter import ChatOpenRouter, RateLimitError

        try:
            ChatOpenRouter(model="openai/gpt-4o-mini").invoke("Hello")
        except RateLimitError as error:
            print(error.retry_after, error.provider_name)
        ```
    """

    remedy: str = "See `.body` for the whole answer."
    """What to do about it; closes every message."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: int | str | None = None,
        error_type: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        provider_name: str | None = None,
        generation_id: str | None = None,
        retry_after: float | None = None,
        partial_message: AIMessage | None = None,
        embedded: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.error_type = error_type
        self.body = body
        self.headers = dict(headers or {})
        self.provider_name = provider_name
        self.generation_id = generation_id
        self.retry_after = retry_after
        self.partial_message = partial_message
        self.embedded = embedded

    def __new__(cls, *args: Any, embedded: bool = False, **_: Any) -> Self:
        """Make the `ValueError` twin of the class for an error that came inside a successful response."""
        return super().__new__(_value_error_twin(cls) if embedded else cls, *args)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the public class, since the `ValueError` twins are made on demand."""
        cls = type(self).__mro__[1] if type(self).__dict__.get("_is_twin") else type(self)
        return _rebuild, (cls, self.message, self.__dict__)

    def __str__(self) -> str:
        where = f" (generation {self.generation_id})" if self.generation_id else ""
        return f"{self.message}{where}\n{self.remedy}"


_ErrorT = TypeVar("_ErrorT", bound=OpenRouterError)
_TWINS: dict[type[OpenRouterError], type[OpenRouterError]] = {}


def _value_error_twin(cls: type[_ErrorT]) -> type[_ErrorT]:
    if ValueError in cls.__mro__:
        return cls
    if cls not in _TWINS:
        namespace = {"__doc__": cls.__doc__, "__module__": cls.__module__, "_is_twin": True}
        _TWINS[cls] = type(cls.__name__, (cls, ValueError), namespace)
    return cast("type[_ErrorT]", _TWINS[cls])


def _rebuild(cls: type[OpenRouterError], message: str, state: dict[str, Any]) -> OpenRouterError:
    error = cls(message, embedded=state["embedded"])
    error.__dict__.update(state)
    return error


class BadRequestError(OpenRouterError, core.ModelInvalidRequestError):
    """The request is not one that OpenRouter or the provider accepts (400)."""

    remedy = "Change the request: the message names what was wrong with it. A retry cannot help."


class ContextLengthError(BadRequestError, core.ContextOverflowError):
    """The prompt and the wanted answer together exceed the model's context window (400)."""

    remedy = (
        "Shorten the prompt (`langchain_core.messages.trim_messages`), lower `max_tokens`, choose a model with a "
        'larger context, or let OpenRouter compress it: `plugins=[{"id": "context-compression"}]`.'
    )


class PayloadTooLargeError(BadRequestError):
    """The request body is larger than OpenRouter takes (413)."""

    remedy = "Send images, audio and files by URL, or make them smaller."


class UnprocessableEntityError(BadRequestError):
    """The request is well formed, but a value in it makes no sense (422)."""


class AuthenticationError(OpenRouterError, core.ModelAuthenticationError):
    """The API key is missing, wrong, disabled or expired (401)."""

    remedy = (
        "Set OPENROUTER_API_KEY, or pass `api_key=`, to a key that is listed as active at "
        "https://openrouter.ai/settings/keys."
    )


class PaymentRequiredError(LimitDetails, OpenRouterError, core.ModelPermissionDeniedError):
    """OpenRouter wants to be paid first (402)."""

    remedy = "Look at the credit and the limits of the key: https://openrouter.ai/settings/credits."


class InsufficientCreditsError(PaymentRequiredError):
    """The account or the key has too little credit for the worst case of this request (402)."""

    remedy = (
        "Add credit at https://openrouter.ai/settings/credits, raise the limit of the key, lower `max_tokens`, or use "
        "a model whose id ends in `:free`."
    )


class InFlightBudgetError(PaymentRequiredError, core.ModelRateLimitError):
    """Too much money is reserved by calls still running (402 with `Retry-After`); a later retry can succeed."""

    is_retryable = True
    remedy = "Run fewer calls at once (`max_concurrency`), lower `max_tokens`, or retry later."


class PermissionDeniedError(OpenRouterError, core.ModelPermissionDeniedError):
    """The key is valid but may not do this (403)."""

    remedy = "Check the permissions, the guardrails and the data policy of the key in the OpenRouter settings."


class ModerationError(PermissionDeniedError):
    """The input was flagged by the moderation that this model or provider requires (403)."""

    remedy = "Change the input (`.body` says what was flagged), or choose a model that is not moderated."


class GuardrailError(PermissionDeniedError):
    """A guardrail of your workspace blocked the request (403)."""

    remedy = "Change the input, or the guardrail: https://openrouter.ai/settings/guardrails."


class BudgetLimitError(LimitDetails, PermissionDeniedError):
    """A spending limit of the key, a guardrail or the workspace is used up (403): `.limit_source` says which."""

    remedy = "Wait for the reset (`.resets_at`, where it is told), or raise the limit in the OpenRouter settings."


class NotFoundError(OpenRouterError, core.ModelNotFoundError):
    """What was asked for does not exist (404)."""

    remedy = "Check the model id and the base URL; the models are listed at https://openrouter.ai/models."


class UnknownModelError(NotFoundError):
    """There is no model of this id."""


class NoEndpointsError(NotFoundError):
    """The model exists, but none of its providers fits what the request needs (404)."""

    remedy = (
        "Loosen `openrouter_provider` (`only`, `ignore`, `max_price`, `zdr`, `data_collection`, …), drop the "
        "parameter or the tool that the message names, or choose another model."
    )


class RateLimitError(LimitDetails, OpenRouterError, core.ModelRateLimitError):
    """Too many requests, at OpenRouter or at the provider (429)."""

    remedy = (
        "Wait `.retry_after` seconds where it is set, send fewer requests at once (`rate_limiter=`), add your own key "
        "of the provider, or name other models with `models=[…]`."
    )


class ServerError(OpenRouterError, core.ModelAPIError):
    """OpenRouter or the provider failed (5xx)."""

    remedy = "Retry later, or name other models with `models=[…]` or `.with_fallbacks([…])`."


class BadGatewayError(ServerError):
    """The provider is down or answered nonsense (502)."""


class ServiceUnavailableError(ServerError):
    """No provider is available now (503)."""


class OverloadedError(ServerError):
    """The provider is overloaded (529)."""


class APITimeoutError(OpenRouterError, core.ModelTimeoutError):
    """Nothing arrived for longer than the time-out allows."""

    remedy = "Raise `timeout` (seconds without a byte), stream the answer, or choose a faster model."


class RequestTimeoutError(APITimeoutError):
    """OpenRouter gave up waiting (408, 504, 524)."""

    remedy = "Retry, ask for a shorter answer, or stream it."


class StreamIdleError(APITimeoutError):
    """A stream fell silent: not even a keep-alive comment arrived for `stream_idle_timeout` seconds."""

    remedy = "Retry, or raise `stream_idle_timeout`. `.partial_message` holds what had arrived."


class DeadlineExceededError(APITimeoutError):
    """The whole call, retries included, took longer than `deadline` seconds."""

    is_retryable = False
    remedy = "Raise `deadline`, ask for a shorter answer, or choose a faster model."


class APIConnectionError(OpenRouterError, core.ModelConnectionError):
    """OpenRouter could not be reached, or the connection broke."""

    remedy = "Check the network, the proxy and `base_url`."


class ProviderResponseError(OpenRouterError, core.ModelAPIError, ValueError):
    """An answer came with status 200, but it is not a usable one."""

    remedy = "Retry, or name other models with `models=[…]` or `.with_fallbacks([…])`."


class IncompleteStreamError(ProviderResponseError):
    """A stream ended with neither a finish reason nor an error: the answer is cut off."""

    remedy = "Retry. `.partial_message` holds what had arrived; it may have been billed."


class EmptyResponseError(ProviderResponseError):
    """An answer without any choice in it."""

    remedy = "Retry: a model that is just starting up answers so."


class InvalidResponseError(ProviderResponseError):
    """A body that cannot be read as an answer of OpenRouter, such as a page of a proxy in between."""

    remedy = "Check `base_url` and the proxy: something other than OpenRouter may have answered. `.body` holds it."


class StructuredOutputError(OpenRouterError, core.OutputParserException):
    """The model answered, but not with the structure that was asked for; `.partial_message` is its answer."""

    remedy = "Read `.partial_message`, or call with `include_raw=True` to get it instead of this error."

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.observation = None
        self.llm_output = getattr(self.partial_message, "text", None)
        self.send_to_llm = False


class TruncatedOutputError(StructuredOutputError):
    """The answer was cut off by a token limit (`finish_reason="length"`) before the structure was complete."""

    remedy = "Raise `max_tokens`, or ask for a smaller structure. `.partial_message` holds the part that came."


class RefusedOutputError(StructuredOutputError):
    """The model refused, or a content filter stopped it; the message is its refusal."""

    remedy = "Change the request, or choose another model."


class MissingOutputError(StructuredOutputError):
    """The model answered with text instead of calling the tool that carries the structure."""

    remedy = "Use another `method`, or a model that supports this one (a forced `tool_choice`, structured outputs)."
