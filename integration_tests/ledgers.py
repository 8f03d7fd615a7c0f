"""A ledger of its own for a test, in any store."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from langchain_openrouter import Ledger
from tests.helpers.services import postgres_namespace, postgres_url, redis_namespace, redis_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

__all__ = ["SHARED", "Place", "place_of", "postgres_url", "redis_url"]

SHARED = ("sqlite", "postgres", "redis")
"""Stores that several processes can use."""


class Place(NamedTuple):
    """Where a ledger is: the URL and the namespace."""

    url: str
    namespace: str = "openrouter"

    def open(self) -> Ledger:
        """Open the ledger."""
        return Ledger.open(self.url, namespace=self.namespace)


@contextlib.contextmanager
def place_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    """Give a ledger that nobody else uses, and take it away afterwards. The test skips where its server is not there.

    Args:
        kind: `memory`, or one of `SHARED`.
        request: Of the fixture that asks; the fixtures `postgres_url` and `redis_url` must be known there.
        folder: Where a file may be.
    """
    if kind in {"memory", "sqlite"}:
        yield Place("memory:" if kind == "memory" else f"sqlite:///{folder / 'ledger.db'}")
        return
    url = request.getfixturevalue(f"{kind}_url")
    with (postgres_namespace if kind == "postgres" else redis_namespace)(url) as namespace:
        yield Place(url, namespace)
