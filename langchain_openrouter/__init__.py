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
    from langchain_openrouter.agents import BudgetMiddleware, RoutingMiddleware
    from langchain_openrouter.cascade import Cascade
    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.chat.validating import ModelValidationWarning
    from langchain_openrouter.chat_models import ChatOpenRouter
    from langchain_openrouter.costs import (
        CallRecord,
        NothingFitsError,
        estimate,
        estimate_cost,
        estimate_run,
        fit_to_budget,
        price,
    )
    from langchain_openrouter.errors import (
        APIConnectionError,
        APITimeoutError,
        AuthenticationError,
        BadGatewayError,
        BadRequestError,
        BudgetExceededError,
        BudgetLimitError,
        ContextLengthError,
        DeadlineExceededError,
        EmptyResponseError,
        GuardrailError,
        IncompleteStreamError,
        InFlightBudgetError,
        InsufficientCreditsError,
        InvalidResponseError,
        LedgerUnavailableError,
        MissingOutputError,
        ModelNotFoundError,
        ModelValidationError,
        ModerationError,
        NoCandidateError,
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
        UnknownPriceError,
        UnprocessableEntityError,
    )
    from langchain_openrouter.evaluation import (
        acompare,
        aconsensus,
        ascreen,
        compare,
        consensus,
        screen,
    )
    from langchain_openrouter.ledger import Budget, BudgetAlert, BudgetStatus, Ledger, aaccount, account, reconcile
    from langchain_openrouter.reports import report
    from langchain_openrouter.routing import Candidate, ModelRouter, RoutingDecision, with_model_fallbacks
    from langchain_openrouter.tracking import OpenRouterCostHandler, track_cost

__all__ = [
    "APIConnectionError",
    "APITimeoutError",
    "AuthenticationError",
    "BadGatewayError",
    "BadRequestError",
    "Budget",
    "BudgetAlert",
    "BudgetExceededError",
    "BudgetLimitError",
    "BudgetMiddleware",
    "BudgetStatus",
    "CallRecord",
    "Candidate",
    "Cascade",
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
    "Ledger",
    "LedgerUnavailableError",
    "MissingOutputError",
    "ModelNotFoundError",
    "ModelRouter",
    "ModelValidationError",
    "ModelValidationWarning",
    "ModerationError",
    "NoCandidateError",
    "NoEndpointsError",
    "NotFoundError",
    "NothingFitsError",
    "OpenRouterCostHandler",
    "OpenRouterError",
    "OverloadedError",
    "PayloadTooLargeError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "ProviderResponseError",
    "RateLimitError",
    "RefusedOutputError",
    "RequestTimeoutError",
    "RoutingDecision",
    "RoutingMiddleware",
    "ServerError",
    "ServiceUnavailableError",
    "StreamIdleError",
    "StructuredOutputError",
    "TruncatedOutputError",
    "UnknownModelError",
    "UnknownPriceError",
    "UnprocessableEntityError",
    "__version__",
    "aaccount",
    "account",
    "acompare",
    "aconsensus",
    "ascreen",
    "compare",
    "consensus",
    "estimate",
    "estimate_cost",
    "estimate_run",
    "fit_to_budget",
    "price",
    "reconcile",
    "report",
    "screen",
    "track_cost",
    "with_model_fallbacks",
]

_ELSEWHERE = {
    "Budget": "ledger",
    "BudgetAlert": "ledger",
    "BudgetMiddleware": "agents",
    "BudgetStatus": "ledger",
    "CallRecord": "costs",
    "Candidate": "routing",
    "Cascade": "cascade",
    "Catalog": "catalog",
    "ChatOpenRouter": "chat_models",
    "Ledger": "ledger",
    "ModelRouter": "routing",
    "ModelValidationWarning": "chat.validating",
    "NothingFitsError": "costs",
    "OpenRouterCostHandler": "tracking",
    "RoutingDecision": "routing",
    "RoutingMiddleware": "agents",
    "aaccount": "ledger",
    "account": "ledger",
    "acompare": "evaluation",
    "aconsensus": "evaluation",
    "ascreen": "evaluation",
    "compare": "evaluation",
    "consensus": "evaluation",
    "estimate": "costs",
    "estimate_cost": "costs",
    "estimate_run": "costs",
    "fit_to_budget": "costs",
    "price": "costs",
    "reconcile": "ledger",
    "report": "reports",
    "screen": "evaluation",
    "track_cost": "tracking",
    "with_model_fallbacks": "routing",
}
"""The module of each public name that is not an error."""

_MODULES = frozenset(
    {
        "agents", "cascade", "catalog", "chat_models", "costs", "data", "errors", "evaluation", "ledger", "reports",
        "routing", "tracking",
    }
)  # fmt: skip
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
