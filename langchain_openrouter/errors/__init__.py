"""Typed errors: the tree of classes (`tree`, `catalog`) and the reading of a failed response (`reading`)."""

from __future__ import annotations

from langchain_openrouter.errors.budget import BudgetExceededError, LedgerUnavailableError, UnknownPriceError
from langchain_openrouter.errors.catalog import ModelNotFoundError, ModelValidationError
from langchain_openrouter.errors.reading import from_payload, from_response
from langchain_openrouter.errors.redaction import masking, redact
from langchain_openrouter.errors.routing import NoCandidateError
from langchain_openrouter.errors.tree import *  # noqa: F403  # `tree.__all__` is the one list of the public classes
from langchain_openrouter.errors.tree import __all__ as _classes

__all__ = [  # noqa: PLE0604  # `tree` is the one list
    *_classes,
    "BudgetExceededError",
    "LedgerUnavailableError",
    "ModelNotFoundError",
    "ModelValidationError",
    "NoCandidateError",
    "UnknownPriceError",
    "from_payload",
    "from_response",
    "masking",
    "redact",
]
__all__.sort()
