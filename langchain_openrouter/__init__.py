"""LangChain and LangGraph with every model on OpenRouter.

Importing this package reads nothing but the list of installed distributions; a public name is
imported when it is first used.

Example:
    ```python
    from langchain_openrouter import ChatOpenRouter

    answer = ChatOpenRouter(model="openai/gpt-4o-mini").invoke("Hello")
    print(answer.text, answer.response_metadata["cost"])
    ```
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from langchain_openrouter._distribution import warn_of_official_distribution
from langchain_openrouter._version import __version__

if TYPE_CHECKING:
    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.chat.validating import ModelValidationWarning
    from langchain_openrouter.chat_models import ChatOpenRouter
    from langchain_openrouter.costs import estimate, price
    from langchain_openrouter.errors import (
        APIConnectionError,
        APITimeoutError,
        AuthenticationError,
        BadGatewayError,
        BadRequestError,
        BudgetLimitError,
        ContextLengthError,
        DeadlineExceededError,
        EmptyResponseError,
        GuardrailError,
        IncompleteStreamError,
        InFlightBudgetError,
        InsufficientCreditsError,
        InvalidResponseError,
        MissingOutputError,
        ModelNotFoundError,
        ModelValidationError,
        ModerationError,
        NoEndpointsError,
        NotFoundError,
        OpenRouterError,
        OverloadedError,
        PayloadTooLargeError,
        PaymentRequiredError,
        PermissionDeniedError,
        ProviderResponseError,
        RateLimitError,
        RefusedOutputError,
        RequestTimeoutError,
        ServerError,
        ServiceUnavailableError,
        StreamIdleError,
        StructuredOutputError,
        TruncatedOutputError,
        UnknownModelError,
        UnprocessableEntityError,
    )

__all__ = [
    "APIConnectionError",
    "APITimeoutError",
    "AuthenticationError",
    "BadGatewayError",
    "BadRequestError",
    "BudgetLimitError",
    "Catalog",
    "ChatOpenRouter",
    "ContextLengthError",
    "DeadlineExceededError",
    "EmptyResponseError",
    "GuardrailError",
    "InFlightBudgetError",
    "IncompleteStreamError",
    "InsufficientCreditsError",
    "InvalidResponseError",
    "MissingOutputError",
    "ModelNotFoundError",
    "ModelValidationError",
    "ModelValidationWarning",
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
    "__version__",
    "estimate",
    "price",
]

_ELSEWHERE = {
    "Catalog": "catalog",
    "ChatOpenRouter": "chat_models",
    "ModelValidationWarning": "chat.validating",
    "estimate": "costs",
    "price": "costs",
}
"""The module of each public name that is not an error."""

_MODULES = frozenset({"catalog", "chat_models", "costs", "data", "errors"})
"""Modules that programs reach through the package without importing them: the official package imports its own."""


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_ELSEWHERE.get(name, 'errors')}")
    # Kept, so that the second look-up is an ordinary one.
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    """List the public names too that were not asked for yet."""
    return sorted({*globals(), *__all__})


warn_of_official_distribution()
