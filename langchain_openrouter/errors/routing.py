"""What a router says no with, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NoCandidateError"]


class NoCandidateError(ModelError, ValueError):
    """None of a router's models can answer the request, or may. Nothing was sent.

    Args:
        message: What happened.
        rejected: By model: why not.

    Example:
        ```python
        from langchain_openrouter import ModelRouter, NoCandidateError

        router = ModelRouter(candidates=["openai/gpt-4o-mini"], deny=["openai/*"])
        try:
            router.invoke("Hello")
        except NoCandidateError as error:
            print(error.rejected)
        ```
    """

    is_retryable = False

    def __init__(self, message: str, rejected: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.rejected = dict(rejected or {})

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with all that is told."""
        return type(self), (self.message, self.rejected)
