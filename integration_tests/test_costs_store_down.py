"""A ledger that cannot be used: calls are stopped, or pass and are booked later; no answer is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter import Budget, Ledger, OpenRouterCostHandler
from langchain_openrouter.errors import LedgerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_tests.support import Ask, Served


class Broken:
    """Stands for a store that breaks in a way that nobody foresaw."""

    def __init__(self, store: Any, *broken: str) -> None:
        self._store = store
        self._broken = broken

    def __getattr__(self, name: str) -> Any:
        """Break, or do what the store does."""
        if name in self._broken:
            msg = "of the store"
            raise LookupError(msg)
        return getattr(self._store, name)


@pytest.fixture
def broken_file(tmp_path: Path) -> tuple[str, Callable[[], None]]:
    """Give the URL of a ledger that cannot be used, and what mends it."""
    file = tmp_path / "ledger.db"
    file.mkdir()
    return f"sqlite:///{file}", file.rmdir


class TestStoreDown:
    async def test_block(self, served: Served, ask: Ask, broken_file: Any) -> None:
        """While the ledger cannot be used, no call is sent."""
        handler = OpenRouterCostHandler(Budget("$1", per="day"), ledger=broken_file[0])

        with pytest.raises(LedgerUnavailableError):
            await ask(served.model(), "Hello", config={"callbacks": [handler]})

        assert served.requests == []
        assert handler._open == {}

    async def test_block_leaves_no_hold_elsewhere(self, served: Served, ask: Ask, broken_file: Any) -> None:
        """A ledger that is down leaves nothing set aside in the ledgers of other handlers."""
        good = OpenRouterCostHandler("$1")
        down = OpenRouterCostHandler(Budget("$1", per="day"), ledger=broken_file[0])

        with pytest.raises(LedgerUnavailableError):
            await ask(served.model(), "Hello", config={"callbacks": [good, down]})

        assert good.ledger is not None
        for _ in range(200):
            if not good.ledger.in_flight():
                break
            await asyncio.sleep(0.01)
        assert good.ledger.in_flight() == 0

    async def test_allow(self, served: Served, ask: Ask, broken_file: Any) -> None:
        """With `allow` calls pass, and are booked with the first call after the ledger is back."""
        url, mend = broken_file
        handler = OpenRouterCostHandler(Budget("$1", per="day"), ledger=url, on_store_error="allow")
        config: Any = {"callbacks": [handler]}

        for _ in range(2):
            await ask(served.model(), "Hello", config={**config})
        mend()
        await ask(served.model(), "Hello", config={**config})

        assert handler.calls == 3
        assert handler.ledger is not None
        assert len(list(handler.ledger.records())) == 3
        assert handler.status()[0].spent == handler.total
        assert handler.ledger.in_flight() == 0

    async def test_down_while_a_call_is_on_its_way(self, served: Served, ask: Ask, tmp_path: Path) -> None:
        """A ledger that goes down during a call loses no answer, nor its cost, whatever `on_store_error` is."""
        ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        handler = OpenRouterCostHandler(Budget("$1", per="day"), ledger=ledger)
        store: Any = ledger._store

        class Down(Broken):
            def __getattr__(self, name: str) -> Any:
                if name == "settle":
                    raise store.failures[0]
                return getattr(store, name)

        ledger._store = Down(store)
        answer = await ask(served.model(), "Hello", config={"callbacks": [handler]})
        ledger._store = store
        await ask(served.model(), "Hello", config={"callbacks": [handler]})

        assert answer.text
        assert len(list(ledger.records())) == 2
        assert handler.status()[0].spent == handler.total
        assert ledger.in_flight() == 0
