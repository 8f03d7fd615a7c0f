"""Typed errors: the tree of classes (`tree`) and the reading of a failed response (`reading`)."""

from __future__ import annotations

from langchain_openrouter.errors.reading import from_payload, from_response
from langchain_openrouter.errors.redaction import masking, redact
from langchain_openrouter.errors.tree import *  # noqa: F403  # `tree.__all__` is the one list of the public classes
from langchain_openrouter.errors.tree import __all__ as _classes

__all__ = [*_classes, "from_payload", "from_response", "masking", "redact"]  # noqa: PLE0604  # `tree` is the one list
