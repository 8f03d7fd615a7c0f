"""What each step of a store does to its rows, in plain Python.

The stores in memory and in SQLite run these functions, inside of their lock or transaction. Those in PostgreSQL and
Redis say the same in the server's own language, so that a step is one round trip; one suite tests them all, and holds
them against each other.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from langchain_openrouter.ledger.stores.store import (
    Balance,
    Claim,
    Entry,
    Hold,
    Movement,
    Refusal,
    Settlement,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Rows", "StoredCall", "StoredHold", "release", "reserve", "settle", "sweep", "time_or"]

_WHOLE = 1000
"""Thousandths."""

_EMPTY = Balance()


@dataclass(frozen=True, slots=True)
class StoredHold:
    """A hold with the time of its end, and the counters in which it is reserved."""

    id: str
    amount: int
    expires_at: int
    entry: Entry | None
    counters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call, and the counters that it was charged to."""

    entry: Entry
    counters: tuple[str, ...]


class Rows(Protocol):
    """The tables of a store."""

    def hold(self, call_id: str) -> StoredHold | None:
        """Find a hold."""

    def put_hold(self, stored: StoredHold) -> None:
        """Write a hold in place of the one that is there."""

    def drop_hold(self, call_id: str) -> None:
        """Forget a hold that is there."""

    def expired(self, now: int) -> Sequence[StoredHold]:
        """Find the holds whose time is over, in the order of `expires_at` and id."""

    def call(self, call_id: str) -> StoredCall | None:
        """Find a call."""

    def owner(self, generation_id: str) -> str | None:
        """Find the id of the call that has a generation."""

    def put_call(self, stored: StoredCall) -> None:
        """Write a call in place of the one that is there."""

    def drop_call(self, call_id: str) -> None:
        """Forget a call that is there."""

    def balance(self, counter: str) -> Balance | None:
        """Read a counter; `None` where it is not there."""

    def put_balance(self, counter: str, balance: Balance, kept_until: int | None) -> None:
        """Write a counter; without a time, the one that is there stays."""

    def limit(self, budget: str) -> int | None:
        """Read the limit that was set for a budget."""


def time_or(now: int | None) -> int:
    """Give a time, or that of this machine's clock where none is given."""
    return int(time.time() * 1000) if now is None else now


def sweep(rows: Rows, now: int) -> None:
    """End the holds whose time is over: book what they were to book, or give the money back."""
    for stored in rows.expired(now):
        release(rows, stored.id, stored.counters)
        if stored.entry is not None:
            there = [counter for counter in stored.counters if rows.balance(counter) is not None]
            _book(rows, stored.entry, [(counter, None) for counter in there])


def reserve(rows: Rows, hold: Hold, claims: Sequence[Claim], now: int) -> Refusal | None:
    """Set money aside in all counters, or in none. See `Store.reserve`."""
    sweep(rows, now)
    there = rows.hold(hold.id)
    held = there or StoredHold(hold.id, hold.amount, now + hold.lease, hold.entry, ())
    fresh = [claim for claim in claims if claim.counter not in held.counters]
    amount = held.amount
    for claim in fresh:
        balance, limit = rows.balance(claim.counter) or _EMPTY, rows.limit(claim.budget)
        refusal = Refusal(claim.counter, claim.limit if limit is None else limit, balance.spent, balance.reserved)
        if amount and not _fits(amount, refusal, claim.share):
            return refusal
    counters = held.counters
    for claim in fresh:
        if claim.counter not in counters:
            counters += (claim.counter,)
            balance = rows.balance(claim.counter) or _EMPTY
            more = Balance(balance.spent, balance.reserved + amount, balance.peak)
            rows.put_balance(claim.counter, more, claim.kept_until)
    if fresh or there is None:
        rows.put_hold(replace(held, counters=counters))
    return None


def _fits(amount: int, state: Refusal, share: int | None) -> bool:
    left = state.limit - state.spent - state.reserved
    return amount <= (left if share is None else left * share // _WHOLE)


def settle(rows: Rows, entry: Entry, held: Sequence[str], claims: Sequence[Claim]) -> Settlement:
    """Book what a call cost, and give back what was set aside for it. See `Store.settle`."""
    release(rows, entry.id, held)
    return _book(rows, entry, [(claim.counter, claim.kept_until) for claim in claims])


def release(rows: Rows, call_id: str, held: Sequence[str]) -> None:
    """Give back what was set aside for a call in these counters."""
    there = rows.hold(call_id)
    if there is None:
        return
    for counter in there.counters:
        if counter in held:
            balance = rows.balance(counter)
            if balance is not None:  # a counter in which nothing is reserved may be gone
                less = Balance(balance.spent, balance.reserved - there.amount, balance.peak)
                rows.put_balance(counter, less, None)
    left = tuple(counter for counter in there.counters if counter not in held)
    if left:
        rows.put_hold(replace(there, counters=left))
    else:
        rows.drop_hold(call_id)


def _book(rows: Rows, entry: Entry, targets: Sequence[tuple[str, int | None]]) -> Settlement:
    known = rows.call(entry.id)
    owner = rows.owner(entry.generation_id) if entry.generation_id else None
    if owner not in {None, entry.id}:
        if known is not None and known.entry.pending:  # what was only supposed is known now: it cost nothing
            rows.drop_call(entry.id)
            _correct(rows, known.counters, -known.entry.amount)
        return Settlement("replayed")
    charged = known.counters if known else ()
    fresh: dict[str, int | None] = {}
    for counter, until in targets:
        if counter not in charged:
            fresh.setdefault(counter, until)
    counters = charged + tuple(fresh)
    if known is None:
        rows.put_call(StoredCall(entry, counters))
        return Settlement("booked", _charge(rows, fresh, entry.amount))
    if known.entry.pending:
        rows.put_call(StoredCall(entry, counters))
        moved = _correct(rows, charged, entry.amount - known.entry.amount)
        return Settlement("corrected", moved + _charge(rows, fresh, entry.amount))
    if fresh:
        rows.put_call(StoredCall(known.entry, counters))
    return Settlement("known", _charge(rows, fresh, known.entry.amount))


def _correct(rows: Rows, counters: Sequence[str], difference: int) -> tuple[Movement, ...]:
    """Change what was charged; a counter that is gone since then stays gone."""
    return _charge(rows, {counter: None for counter in counters if rows.balance(counter) is not None}, difference)


def _charge(rows: Rows, targets: Mapping[str, int | None], amount: int) -> tuple[Movement, ...]:
    movements = []
    for counter, kept_until in targets.items():
        before = rows.balance(counter) or _EMPTY
        # Below 0 only where a counter was forgotten, with what is corrected now, and begun anew.
        spent = max(0, before.spent + amount)
        peak = max(before.peak, spent)
        rows.put_balance(counter, Balance(spent, before.reserved, peak), kept_until)
        if peak > before.peak:
            movements.append(Movement(counter, before.peak, peak))
    return tuple(movements)
