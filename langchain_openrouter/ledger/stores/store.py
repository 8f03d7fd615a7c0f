"""What a store of a ledger has to do, and the values that go in and out.

A store knows holds, calls and counters. Money in it is whole nano-dollars, time is milliseconds since 1970 (UTC), and
each method is one atomic step, whoever else uses the same store. `rules` says in plain Python what each step does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_openrouter.costs.record import CallRecord

__all__ = ["Balance", "Claim", "Entry", "Hold", "Movement", "Outcome", "Refusal", "Settlement", "Store"]

Outcome = Literal["booked", "known", "corrected", "replayed"]
"""What became of a call that was settled.

`booked`: it is in the ledger now. `known`: it was before. `corrected`: its cost was not known for sure, and is now
what was told this time. `replayed`: another call has its generation, so it costs nothing.
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A counter that a call has to fit into.

    Args:
        counter: Key of the counter: a budget, whose it is, and its window.
        limit: Nano-dollars of the counter, unless `set_limit` has set another limit for the budget.
        budget: Key of the budget, under which a changed limit is kept.
        share: The most that one call may hold of what is left, in thousandths; `None` for all of it.
        kept_until: When the counter is of no use any more; `None` for never.
    """

    counter: str
    limit: int
    budget: str
    share: int | None = None
    kept_until: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A call as a store keeps it.

    Args:
        id: Id of the call; a store has each once.
        amount: What it cost, as far as counters are concerned.
        started_at: When it began.
        generation_id: OpenRouter's id of the answer; a store has each once.
        pending: Whether the amount may still be corrected.
        data: The whole record, which stores keep and do not read: as text, but for a store in memory.
    """

    id: str
    amount: int
    started_at: int
    generation_id: str | None
    pending: bool
    data: str | CallRecord


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside for a call that is on its way.

    Args:
        id: Id of the call.
        amount: The most that it may cost.
        lease: Milliseconds until nobody is expected to settle it any more. They begin with the step that reserves, by
            the clock of the step: clocks of clients differ, and their times are not compared with those of a server.
        entry: What is booked when it expires; `None` where the money is given back then.
    """

    id: str
    amount: int
    lease: int
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first counter that a call does not fit into, with the limit that holds now."""

    counter: str
    limit: int
    spent: int
    reserved: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a counter counts. `peak` is the most that was ever spent in it, before corrections downwards."""

    spent: int = 0
    reserved: int = 0
    peak: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """How the peak of a counter moved; alerts are due for what lies between."""

    counter: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a call, and of the counters that it was charged to."""

    outcome: Outcome
    movements: tuple[Movement, ...] = ()


class Store(Protocol):
    """Where a ledger keeps what it knows. Methods may be called from any thread.

    `failures` are the exceptions that say that the store cannot be reached or used.
    """

    in_memory: bool = False
    """Whether it keeps records as they are; all others keep texts."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """The exceptions of a store that is down, locked or full."""
        ...

    def reserve(self, hold: Hold, claims: Sequence[Claim], now: int | None) -> Refusal | None:
        """Set money aside in all counters, or in none of them and say which one refused.

        Expired holds are swept first: what they were to book is booked. A hold of the same id that is there is added
        to, with its own amount and its own end: only counters new to it are looked at. An amount of 0 fits always.

        Args:
            hold: What to set aside, and for whom.
            claims: The counters, in any order.
            now: The time, from which the lease counts; `None` for the store's own clock.
        """
        ...

    def settle(self, entry: Entry, held: Sequence[str], claims: Sequence[Claim]) -> Settlement:
        """Book what a call cost, and give back what was set aside for it.

        Args:
            entry: The call.
            held: Counters in which this caller set money aside.
            claims: Counters to charge; one that the call was charged to before is passed over.
        """
        ...

    def release(self, call_id: str, held: Sequence[str]) -> None:
        """Give back what was set aside for a call that cost nothing."""
        ...

    def balances(self, counters: Sequence[str], now: int | None) -> dict[str, Balance]:
        """Give the counters of these keys, expired holds swept; an unknown one is empty."""
        ...

    def in_flight(self, now: int | None) -> int:
        """Say how many holds there are that have not expired."""
        ...

    def limit(self, budget: str) -> int | None:
        """Give the limit that was set for a budget while it runs; `None` where none was."""
        ...

    def set_limit(self, budget: str, limit: int | None) -> None:
        """Set the limit of a budget for everybody who uses the store; `None` takes it away."""
        ...

    def entries(self, since: int | None = None, until: int | None = None, *, pending: bool = False) -> Iterator[Entry]:
        """Give the calls that began in `[since, until)`, oldest first; only those still pending, if wanted."""
        ...

    def prune(self, calls_before: int | None, counters_before: int) -> int:
        """Forget calls that began before a time, and counters that were kept until another; give how many calls."""
        ...

    def close(self) -> None:
        """Give connections and files back. The store opens them again when it is used again."""
        ...
