"""Endpoints as OpenRouter tells of them at this moment, kept for some minutes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from langchain_openrouter.catalog.endpoint import Endpoint
from langchain_openrouter.errors import (
    APIConnectionError,
    APITimeoutError,
    ProviderResponseError,
    RateLimitError,
    ServerError,
)

if TYPE_CHECKING:
    from langchain_openrouter.catalog.source import Server

__all__ = ["LiveEndpoints"]


_CANNOT_ANSWER = (APIConnectionError, APITimeoutError, ProviderResponseError, RateLimitError, ServerError)
"""Failures that say nothing about the model."""


class LiveEndpoints:
    """The endpoints of models, asked for when they are needed.

    Args:
        server: Who is asked.
    """

    __slots__ = ("_kept", "_server")

    def __init__(self, server: Server) -> None:
        self._server = server
        self._kept: dict[str, tuple[float, tuple[Endpoint, ...]]] = {}

    def of(self, model_id: str, max_age: float) -> tuple[Endpoint, ...]:
        """Give the endpoints of a model; where the server cannot answer, those that were told before, however old.

        Args:
            model_id: Id of the model.
            max_age: How long an answer is kept, in seconds.

        Raises:
            OpenRouterError: The server refused, or could not answer and nothing was told before.
        """
        kept = self._kept.get(model_id)
        if kept is not None and time.monotonic() - kept[0] < max_age:
            return kept[1]
        try:
            records = self._server.endpoints(model_id)
        except _CANNOT_ANSWER:
            if kept is None:
                raise
            return kept[1]
        endpoints = tuple(Endpoint.from_record(record) for record in records)
        self._kept[model_id] = time.monotonic(), endpoints
        return endpoints
