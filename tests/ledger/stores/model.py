"""What a store has to do, once more: a list of what happened, from which every balance is counted anew.

Written from the docstrings of the protocol, as a witness against the stores; so it shares nothing with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from langchain_openrouter.ledger.stores.store import Balance, Claim, Entry, Hold, Movement, Outcome, Refusal, Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Event:
    """Something that happened to a counter."""

    counter: str
    what: Literal["reserved", "spent", "forgotten"]
    amount: int = 0
    kept_until: int | None = None


class Model:
    """A ledger as a list of events."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.limits: dict[str, int] = {}
        self.holds: dict[str, Hold] = {}
        self.ends: dict[str, int] = {}
        self.calls: dict[str, Entry] = {}
        self.held_in: list[tuple[str, str]] = []
        """Pairs of call and counter, like those below."""
        self.charged_to: list[tuple[str, str]] = []
        self.has_pruned_calls = False

    # What follows from the events.

    def life(self, counter: str) -> list[Event]:
        """Give the events of a counter since it was forgotten."""
        life: list[Event] = []
        for event in self.events:
            if event.counter == counter:
                life = [] if event.what == "forgotten" else [*life, event]
        return life

    def balance(self, counter: str) -> Balance:
        """Add the events up."""
        spent = reserved = peak = 0
        for event in self.life(counter):
            if event.what == "reserved":
                reserved += event.amount
            else:
                spent = max(spent + event.amount, 0)
            peak = max(peak, spent)
        return Balance(spent, reserved, peak)

    def end(self, counter: str) -> int | None:
        """Give the time that was told last."""
        told = [event.kept_until for event in self.life(counter) if event.kept_until is not None]
        return told[-1] if told else None

    # The steps.

    def expire(self, now: int) -> None:
        """Let holds end, the oldest first."""
        over = [hold for hold in self.holds.values() if self.ends[hold.id] <= now]
        for hold in sorted(over, key=lambda hold: (self.ends[hold.id], hold.id)):
            counters = [counter for call, counter in self.held_in if call == hold.id]
            self.release(hold.id, counters)
            if hold.entry is not None:
                self._bill(hold.entry, [(counter, None) for counter in counters if self.life(counter)])

    def reserve(self, hold: Hold, claims: Sequence[Claim], now: int) -> Refusal | None:
        self.expire(now)
        hold = self.holds.get(hold.id, hold)
        wanted = [claim for claim in claims if (hold.id, claim.counter) not in self.held_in]
        for claim in wanted:
            balance = self.balance(claim.counter)
            limit = self.limits.get(claim.budget, claim.limit)
            room = limit - balance.spent - balance.reserved
            most = room if claim.share is None else Fraction(room * claim.share, 1000)
            if hold.amount > most and hold.amount:
                return Refusal(claim.counter, limit, balance.spent, balance.reserved)
        if hold.id not in self.holds:
            self.holds[hold.id] = hold
            self.ends[hold.id] = now + hold.lease
        for claim in _first_of_each(wanted):
            self.held_in.append((hold.id, claim.counter))
            self.events.append(Event(claim.counter, "reserved", hold.amount, claim.kept_until))
        return None

    def in_flight(self, now: int) -> int:
        return len([call for call in self.holds if self.ends[call] > now])

    def release(self, call: str, held: Iterable[str]) -> None:
        ended = [pair for pair in self.held_in if pair in {(call, counter) for counter in held}]
        for _, counter in ended:
            if self.life(counter):
                self.events.append(Event(counter, "reserved", -self.holds[call].amount))
        self.held_in = [pair for pair in self.held_in if pair not in ended]
        if not any(each == call for each, _ in self.held_in):
            self.holds.pop(call, None)

    def settle(self, entry: Entry, held: Iterable[str], claims: Sequence[Claim]) -> Settlement:
        self.release(entry.id, held)
        return self._bill(entry, [(claim.counter, claim.kept_until) for claim in _first_of_each(claims)])

    def _bill(self, entry: Entry, targets: list[tuple[str, int | None]]) -> Settlement:
        before = self.calls.get(entry.id)
        old = [counter for call, counter in self.charged_to if call == entry.id]
        others = {call.generation_id for call in self.calls.values() if call.id != entry.id}
        if entry.generation_id is not None and entry.generation_id in others:
            if before is not None and before.pending:
                self._change(old, -before.amount)
                self._forget_call(entry.id)
            return Settlement("replayed")
        peaks = {counter: self.balance(counter).peak for counter in [*old, *(counter for counter, _ in targets)]}
        outcome: Outcome
        if before is None:
            outcome, amount = "booked", entry.amount
            self.calls[entry.id] = entry
        elif before.pending:
            outcome, amount = "corrected", entry.amount
            self.calls[entry.id] = entry
            self._change(old, entry.amount - before.amount)
        else:
            outcome, amount = "known", before.amount
        new = [(counter, end) for counter, end in targets if counter not in old]
        for counter, kept_until in new:
            self.charged_to.append((entry.id, counter))
            self.events.append(Event(counter, "spent", amount, kept_until))
        moved = [
            (counter, peaks[counter], self.balance(counter).peak) for counter in [*old, *(each for each, _ in new)]
        ]
        return Settlement(outcome, tuple(Movement(*each) for each in moved if each[1] != each[2]))

    def _change(self, counters: Iterable[str], difference: int) -> None:
        for counter in counters:
            if self.life(counter):
                self.events.append(Event(counter, "spent", difference))

    def _forget_call(self, call: str) -> None:
        del self.calls[call]
        self.charged_to = [pair for pair in self.charged_to if pair[0] != call]

    def set_limit(self, budget: str, limit: int | None) -> None:
        self.limits = {name: nano for name, nano in self.limits.items() if name != budget}
        if limit is not None:
            self.limits[budget] = limit

    def entries(self, since: int | None, until: int | None, *, pending: bool) -> list[Entry]:
        low, high = -float("inf") if since is None else since, float("inf") if until is None else until
        found = [each for each in self.calls.values() if low <= each.started_at < high and pending <= each.pending]
        return sorted(found, key=lambda each: (each.started_at, each.id))

    def prune(self, calls_before: int | None, counters_before: int) -> int:
        for counter in {event.counter for event in self.events}:
            end = self.end(counter)
            if end is not None and end < counters_before and not self.balance(counter).reserved:
                self.events.append(Event(counter, "forgotten"))
        old = [] if calls_before is None else [call.id for call in self.entries(None, calls_before, pending=False)]
        for call in old:
            self._forget_call(call)
        self.has_pruned_calls |= calls_before is not None
        return len(old)

    def check(self) -> None:
        """Look at what no step may break."""
        forgotten = {event.counter for event in self.events if event.what == "forgotten"}
        for counter in {event.counter for event in self.events}:
            balance = self.balance(counter)
            held = sum(self.holds[call].amount for call, each in self.held_in if each == counter)
            assert balance.reserved == held >= 0
            assert 0 <= balance.spent <= balance.peak
            if counter not in forgotten and not self.has_pruned_calls:
                assert balance.spent == sum(
                    self.calls[call].amount for call, each in self.charged_to if each == counter
                )


def _first_of_each(claims: Sequence[Claim]) -> list[Claim]:
    first: dict[str, Claim] = {}
    for claim in claims:
        first.setdefault(claim.counter, claim)
    return list(first.values())
