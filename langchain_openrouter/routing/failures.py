"""Which failures another model may survive."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from langchain_core import exceptions as core

from langchain_openrouter.catalog.reading import items, mapping
from langchain_openrouter.costs import price
from langchain_openrouter.errors import (
    EmptyResponseError,
    InFlightBudgetError,
    InsufficientCreditsError,
    ModelValidationError,
    ModerationError,
    RateLimitError,
)
from langchain_openrouter.routing.health import status_of, tells_of_health
from langchain_openrouter.routing.models import ModelLike, chat_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableWithFallbacks

    from langchain_openrouter.catalog import Model

__all__ = [
    "FALLBACK_ERRORS",
    "NoPlaceError",
    "Remedy",
    "cost_of_answer",
    "cost_of_failure",
    "empty",
    "is_empty",
    "no_place_for",
    "remedy_of",
    "with_model_fallbacks",
]

Remedy = Literal["raise", "next", "larger", "free"]
"""Raise the error; or go on with the next model, one with a larger context, or one that costs nothing."""

FALLBACK_ERRORS: tuple[type[BaseException], ...] = (
    core.ModelRateLimitError,
    core.ModelAPIError,
    core.ModelConnectionError,
    core.ModelTimeoutError,
    core.ModelNotFoundError,
    core.ContextOverflowError,
    ModerationError,
    TimeoutError,
    ConnectionError,
)
"""Errors that another model may survive: rate limits, overload, failures of a server, time-outs, broken connections,
empty and cut answers, missing models and endpoints, prompts that are too long, and moderation."""


_BY_STATUS: dict[int | None, Remedy] = {404: "next", 413: "larger"}
"""Of errors of other providers' packages that are none of LangChain's."""

_NO_CHUNKS = "No generation chunks were returned"
"""How LangChain says that a stream was empty; it has no class of its own."""


class NoPlaceError(RateLimitError):
    """The user's own rate limit has no place left now. Nothing was sent."""

    remedy = "Wait, raise the limit in `rate_limits`, or add candidates."


@contextmanager
def no_place_for(model: str) -> Iterator[None]:
    """Tell a rate limit of the user's own from one that a model has.

    Raises:
        NoPlaceError: The wait for a place would be too long.
    """
    try:
        yield
    except NoPlaceError:
        raise
    except RateLimitError as error:
        raise NoPlaceError(f"{model!r}: {error.message}", retry_after=error.retry_after) from error


def remedy_of(error: BaseException) -> Remedy:
    """Say what helps against an error.

    Args:
        error: What ended a call.

    Example:
        >>> from langchain_openrouter import AuthenticationError, ContextLengthError, RateLimitError
        >>> [remedy_of(each("…")) for each in (AuthenticationError, ContextLengthError, RateLimitError)]
        ['raise', 'larger', 'next']
    """
    if isinstance(error, core.ContextOverflowError):
        return "larger"
    if isinstance(error, InsufficientCreditsError):
        return "free"
    if isinstance(error, (InFlightBudgetError, ModerationError, ModelValidationError, core.ModelNotFoundError)):
        return "next"
    status = None if isinstance(error, core.ModelError) else status_of(error)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if tells_of_health(error) or (isinstance(error, ValueError) and _NO_CHUNKS in str(error)):
        return "next"
    return "raise"


def with_model_fallbacks(model: ModelLike, fallbacks: list[ModelLike]) -> RunnableWithFallbacks[object, AIMessage]:
    """Build LangChain's plain fallbacks, with the errors that another model may survive and no others.

    LangChain's own default takes every error: also a wrong key, a bad request, and a budget that says no. What a
    `ModelRouter` does beside: it looks at what models can do, goes to a larger context only where the prompt was too
    long, and keeps to a deadline.

    Args:
        model: The first model: an id, a record of the catalog, or a chat model.
        fallbacks: The others, in order.

    Returns:
        A runnable on which `bind_tools` and `with_structured_output` work, too.

    Raises:
        ValueError: There are no fallbacks.

    Example:
        ```python
        from langchain_openrouter import with_model_fallbacks

        model = with_model_fallbacks("openai/gpt-4o-mini", ["google/gemini-2.5-flash"])
        ```
    """
    if not fallbacks:
        raise ValueError("fallbacks=[] names no model to turn to. Pass at least one.")
    first, *others = (chat_model(each) for each in (model, *fallbacks))
    return first.with_fallbacks(others, exceptions_to_handle=FALLBACK_ERRORS)  # type: ignore[return-value]


def is_empty(message: AIMessage) -> bool:
    """Say whether an answer has nothing in it: no text, tool call, refusal, thought, sound or image."""
    if message.tool_calls or message.invalid_tool_calls or any(map(_says, message.content)):
        return False
    told = message.additional_kwargs
    return not any(told.get(name) for name in ("audio", "images", "reasoning_content", "reasoning_details", "refusal"))


def _says(block: Any) -> bool:
    """Say whether a block of a message, or a letter of its text, says anything."""
    return bool(block) and not (isinstance(block, dict) and block.get("type") == "text" and not block.get("text"))


def empty(message: AIMessage) -> EmptyResponseError:
    """Make the error of an answer with nothing in it."""
    return EmptyResponseError(
        "The answer has nothing in it: no text, no tool call, no refusal.",
        partial_message=message,
        generation_id=message.response_metadata.get("id"),
    )


def cost_of_answer(message: AIMessage, facts: Model | None = None) -> Decimal | None:
    """Give dollars that an answer cost, with all attempts of a router or a cascade that gave it; `None`: nobody knows.

    Args:
        message: The answer.
        facts: The model, for prices where the answer tells no cost.
    """
    told = message.response_metadata
    costs = [told["cascade"]["cost"]] if "cascade" in told else [each["cost"] for each in _attempts_in(told)]
    if costs:
        return None if None in costs else sum(map(Decimal, costs), Decimal(0))
    known = price(message)
    return known.total if known.total is not None or facts is None else price(message, facts).total


def _attempts_in(told: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return items(mapping(told.get("routing")).get("attempts"))


def cost_of_failure(error: Exception) -> Decimal | None:
    """Give dollars that a failed call cost: an error in place of an answer costs nothing; else nobody knows.

    Args:
        error: What ended it.
    """
    partial = getattr(error, "partial_message", None)
    if partial is not None and "cost" in partial.response_metadata:
        return price(partial).total
    was_refused = isinstance(getattr(error, "status_code", None), int) and not getattr(error, "embedded", False)
    return Decimal(0) if isinstance(error, NoPlaceError) or (was_refused and partial is None) else None
