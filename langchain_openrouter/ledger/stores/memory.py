"""A store in this process's memory: for a run, a script, a test. It ends with the process."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from typing_extensions import override

from langchain_openrouter._guard import Guard
from langchain_openrouter.ledger.stores import rules
from langchain_openrouter.ledger.stores.store import Balance, Refusal, Settlement, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_openrouter.ledger.stores.rules import StoredCall, StoredHold
    from langchain_openrouter.ledger.stores.store import Claim, Entry, Hold

__all__ = ["MemoryStore"]

_NOTHING = Balance()
_PATIENCE = 10.0
"""Seconds to wait for other threads."""


class MemoryStore(Store):
    """Keeps a ledger in memory.

    Args:
        most_calls: How many calls are kept; the oldest are forgotten first. Counters and holds are kept in any case.
    """

    in_memory = True
    failures: tuple[type[Exception], ...] = (TimeoutError,)

    def __init__(self, most_calls: int = 100_000) -> None:
        self._lock = Guard(_PATIENCE)
        self._rows = _Tables(most_calls)

    @override
    def reserve(self, hold: Hold, claims: Sequence[Claim], now: int | None) -> Refusal | None:
        with self._lock:
            return rules.reserve(self._rows, hold, claims, rules.time_or(now))

    @override
    def settle(self, entry: Entry, held: Sequence[str], claims: Sequence[Claim]) -> Settlement:
        with self._lock:
            return rules.settle(self._rows, entry, held, claims)

    @override
    def release(self, call_id: str, held: Sequence[str]) -> None:
        with self._lock:
            rules.release(self._rows, call_id, held)

    @override
    def balances(self, counters: Sequence[str], now: int | None) -> dict[str, Balance]:
        with self._lock:
            rules.sweep(self._rows, rules.time_or(now))
            return {counter: self._rows.balance(counter) or _NOTHING for counter in counters}

    @override
    def in_flight(self, now: int | None) -> int:
        with self._lock:
            return self._rows.in_flight(rules.time_or(now))

    @override
    def limit(self, budget: str) -> int | None:
        with self._lock:
            return self._rows.limit(budget)

    @override
    def set_limit(self, budget: str, limit: int | None) -> None:
        with self._lock:
            self._rows.set_limit(budget, limit)

    @override
    def entries(self, since: int | None = None, until: int | None = None, *, pending: bool = False) -> Iterator[Entry]:
        with self._lock:
            found = [stored.entry for stored in self._rows.calls.values()]
        wanted = (
            entry
            for entry in found
            if (since is None or entry.started_at >= since)
            and (until is None or entry.started_at < until)
            and (entry.pending or not pending)
        )
        return iter(sorted(wanted, key=lambda entry: (entry.started_at, entry.id)))

    @override
    def prune(self, calls_before: int | None, counters_before: int) -> int:
        with self._lock:
            return self._rows.prune(calls_before, counters_before)

    @override
    def close(self) -> None:
        """Do nothing: what is in memory goes with the object."""


class _Tables:
    """The rows, in dictionaries; `calls` in the order in which they were booked."""

    def __init__(self, most_calls: int) -> None:
        self.calls: dict[str, StoredCall] = {}
        self._most_calls = most_calls
        self._owners: dict[str, str] = {}
        self._holds: dict[str, StoredHold] = {}
        self._balances: dict[str, Balance] = {}
        self._kept_until: dict[str, int] = {}
        self._limits: dict[str, int] = {}
        self._first_expiry = math.inf
        """No hold expires before it, so that holds need not be looked through for each call."""

    def hold(self, call_id: str) -> StoredHold | None:
        return self._holds.get(call_id)

    def put_hold(self, stored: StoredHold) -> None:
        self._holds[stored.id] = stored
        self._first_expiry = min(self._first_expiry, stored.expires_at)

    def drop_hold(self, call_id: str) -> None:
        del self._holds[call_id]

    def expired(self, now: int) -> Sequence[StoredHold]:
        if now < self._first_expiry:
            return ()
        found = [stored for stored in self._holds.values() if stored.expires_at <= now]
        left = (stored.expires_at for stored in self._holds.values() if stored.expires_at > now)
        self._first_expiry = min(left, default=math.inf)
        return sorted(found, key=lambda stored: (stored.expires_at, stored.id))

    def in_flight(self, now: int) -> int:
        return sum(stored.expires_at > now for stored in self._holds.values())

    def call(self, call_id: str) -> StoredCall | None:
        return self.calls.get(call_id)

    def owner(self, generation_id: str) -> str | None:
        return self._owners.get(generation_id)

    def put_call(self, stored: StoredCall) -> None:
        before = self.calls.get(stored.entry.id)
        if before is not None and before.entry.generation_id:
            del self._owners[before.entry.generation_id]
        self.calls[stored.entry.id] = stored
        if stored.entry.generation_id:
            self._owners[stored.entry.generation_id] = stored.entry.id
        if len(self.calls) > self._most_calls:
            self.drop_call(next(iter(self.calls)))

    def drop_call(self, call_id: str) -> None:
        generation_id = self.calls.pop(call_id).entry.generation_id
        if generation_id:
            del self._owners[generation_id]

    def balance(self, counter: str) -> Balance | None:
        return self._balances.get(counter)

    def put_balance(self, counter: str, balance: Balance, kept_until: int | None) -> None:
        self._balances[counter] = balance
        if kept_until is not None:
            self._kept_until[counter] = kept_until

    def limit(self, budget: str) -> int | None:
        return self._limits.get(budget)

    def set_limit(self, budget: str, limit: int | None) -> None:
        if limit is None:
            self._limits.pop(budget, None)
        else:
            self._limits[budget] = limit

    def prune(self, calls_before: int | None, counters_before: int) -> int:
        cutoff = -math.inf if calls_before is None else calls_before
        old = [stored.entry.id for stored in self.calls.values() if stored.entry.started_at < cutoff]
        for call_id in old:
            self.drop_call(call_id)
        for counter in [key for key, until in self._kept_until.items() if until < counters_before]:
            if not self._balances[counter].reserved:
                del self._balances[counter], self._kept_until[counter]
        return len(old)
