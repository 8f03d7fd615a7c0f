"""Claims, holds and calls, made up for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_openrouter.ledger.stores.store import Balance, Claim, Entry, Hold

if TYPE_CHECKING:
    from langchain_openrouter.ledger.stores.store import Store

DAY = Claim("day|2026-11-21", 100, "day", None, 2000)
MONTH = Claim("month|2026-11", 1000, "month", None, 9000)
LEASE = 500
"""How long holds of these tests last."""


def hold(call: str = "a", amount: int = 10, lease: int = LEASE, entry: Entry | None = None) -> Hold:
    """Make a hold."""
    return Hold(call, amount, lease, entry)


def entry(
    call: str = "a", amount: int = 7, at: int = 1, generation: str | None = None, *, pending: bool = False
) -> Entry:
    """Make a call."""
    return Entry(call, amount, at, generation, pending, f'{{"id": "{call}"}}')


def balance(store: Store, claim: Claim = DAY, now: int = 0) -> Balance:
    """Read a counter."""
    return store.balances([claim.counter], now)[claim.counter]
