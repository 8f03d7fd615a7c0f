"""Fixtures of this folder: each kind of store, with nothing in it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from langchain_openrouter.ledger.stores.memory import MemoryStore
from langchain_openrouter.ledger.stores.opening import open_store
from tests.helpers.services import postgres_namespace, postgres_url, redis_namespace, redis_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from langchain_openrouter.ledger.stores.store import Store

__all__ = ["postgres_url", "redis_url"]

KINDS = ["memory", "sqlite", "postgres", "redis"]


@dataclass(frozen=True)
class Place:
    """A ledger that nobody else uses.

    Args:
        kind: The kind of its store.
        open: Opens its store; once more to use it from elsewhere. What is in memory is one store in any case.
    """

    kind: str
    open: Callable[[], Store]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Name each kind of store."""
    return str(request.param)


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Give a new ledger of each kind."""
    with contextlib.ExitStack() as stack:
        if kind == "memory":
            memory = MemoryStore()
            yield Place(kind, lambda: memory)
        elif kind == "sqlite":
            yield Place(kind, lambda: open_store(tmp_path / "ledger.db"))
        elif kind == "postgres":
            url = request.getfixturevalue("postgres_url")
            namespace = stack.enter_context(postgres_namespace(url))
            yield Place(kind, lambda: open_store(url, namespace=namespace))
        else:
            url = request.getfixturevalue("redis_url")
            namespace = stack.enter_context(redis_namespace(url))
            yield Place(kind, lambda: open_store(url, namespace=namespace))


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """Give the store of that ledger."""
    with contextlib.closing(place.open()) as store:
        yield store
