"""The two steps of every call: setting money aside, and booking what the call cost."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_openrouter.costs.money import ceil_nano, to_nano
from langchain_openrouter.errors import LedgerUnavailableError
from langchain_openrouter.ledger.budget import Caller
from langchain_openrouter.ledger.refusing import Answers, exceeded, tell_alerts
from langchain_openrouter.ledger.stores.store import Entry, Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from langchain_openrouter.costs.record import CallRecord
    from langchain_openrouter.ledger.budget import Budget, Target
    from langchain_openrouter.ledger.stores.store import Outcome, Refusal, Store

__all__ = ["Bookkeeping", "Held", "maybe_milliseconds", "milliseconds"]

_log = logging.getLogger(__name__)

_PRUNED_EVERY = 3600.0
"""Seconds."""

_LOOKED_EVERY = 60.0
"""Seconds after which a limit that was set elsewhere is known here, for alerts. A refusal goes by it at once."""

_MOST_WAITING = 100_000
"""Calls."""

_COUNTERS_KEPT = dt.timedelta(days=1)
"""How long a counter outlives its window: calls that began in it may still come to their end."""


@dataclass(frozen=True, slots=True)
class Held:
    """What was set aside for a call.

    Args:
        call_id: The call.
        counters: Where.
    """

    call_id: str
    counters: tuple[str, ...]


class Bookkeeping:
    """What a ledger does with each call. See `Ledger`, which describes the arguments too."""

    def __init__(
        self,
        store: Store,
        *,
        retention: dt.timedelta | None = None,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        self._store = store
        self._retention = retention
        self._clock = clock
        self._next_pruning = time.monotonic()
        self._limits: dict[str, tuple[int | None, float]] = {}
        self._waiting: deque[tuple[CallRecord, Held | None, Sequence[Budget], Caller]] = deque(maxlen=_MOST_WAITING)

    def now(self) -> dt.datetime:
        """Give the time (UTC)."""
        return self._clock().astimezone(dt.UTC) if self._clock else dt.datetime.now(dt.UTC)

    def reserve(
        self,
        call_id: str,
        amount: Decimal,
        budgets: Sequence[Budget],
        caller: Caller,
        *,
        lease: dt.timedelta,
        lost: CallRecord | None = None,
        longest: Callable[[Decimal], int | None] | None = None,
        at: dt.datetime | None = None,
    ) -> Held:
        """Set money aside in all budgets, or in none.

        Args:
            call_id: Id of the call.
            amount: Dollars that it may cost.
            budgets: What it has to fit into.
            caller: Whose call it is.
            lease: How long the money is set aside, should nobody settle the call.
            lost: What is booked at the end of the lease; `None` where the money is given back then.
            longest: Gives the longest answer that an amount pays for, for the error.
            at: When the call begins, which chooses the windows. Default: now.

        Raises:
            BudgetExceededError: A budget has not so much left. Nothing was set aside.
            LedgerUnavailableError: The store cannot be used.
        """
        at = at or self.now()
        nano = ceil_nano(amount)
        hold = Hold(
            call_id, nano, lease // dt.timedelta(milliseconds=1), None if lost is None else self._entry(lost, nano)
        )
        answers = Answers()
        while True:
            # Anew each time: a budget that is asked may raise its limit.
            targets = [target for budget in budgets for target in budget.targets(caller, at)]
            asked = [target for target in targets if target.budget not in answers.waived]
            refusal, refuser = self._refused(hold, asked, amount, at)
            if refuser is None:
                break
            answers.ask(refuser.budget, exceeded(refuser, amount, refusal, model=caller.model, longest=longest))
        for budget in budgets:
            budget.latest_run = caller.run
        return Held(call_id, tuple(dict.fromkeys(target.claim.counter for target in asked)))

    def _refused(
        self, hold: Hold, targets: Sequence[Target], amount: Decimal, at: dt.datetime
    ) -> tuple[Refusal | None, Target | None]:
        """Set money aside; or say what refuses, and why where it is not the cap of a single call."""
        for target in targets:
            cap = target.budget.per_request
            if cap is not None and amount > cap:
                return None, target
        with self._typed():
            refusal = self._store.reserve(hold, [target.claim for target in targets], self._time(at))
        if refusal is None:
            return None, None
        # Several budgets may count together, each with a limit of its own.
        refusing = [target for target in targets if target.claim.counter == refusal.counter]
        return refusal, next((each for each in refusing if each.claim.limit == refusal.limit), refusing[0])

    def settle(
        self, record: CallRecord, held: Held | None, budgets: Sequence[Budget] = (), caller: Caller | None = None
    ) -> Outcome:
        """Book a call, and give back what was set aside for it. Settling it again changes nothing.

        Args:
            record: The call.
            held: What was set aside.
            budgets: What it is charged to.
            caller: Whose call it was; by now its provider may be known.

        Returns:
            What became of it; see `langchain_openrouter.ledger.stores.store.Outcome`.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        whose = caller or Caller()
        targets = [target for budget in budgets for target in budget.targets(whose, record.started_at)]
        entry = self._entry(record, to_nano(record.cost) if record.cost is not None else 0)
        held_in = held.counters if held else ()
        with self._typed():
            settlement = self._store.settle(entry, held_in, [target.claim for target in targets])
        for movement in settlement.movements:
            for target in targets:
                if target.claim.counter == movement.counter and target.budget.alert_at:
                    tell_alerts(target, self._limit_now(target), movement)
        self._prune_sometimes()
        return settlement.outcome

    def book(self, record: CallRecord, held: Held | None, budgets: Sequence[Budget], caller: Caller) -> None:
        """Settle a call now, or when the store can be used again. Never raises: the answer is paid for.

        Calls wait in this object; what waits is booked with the next call, or by `catch_up`.
        """
        waiting = record, held, budgets, caller
        if not self._is_booked(*waiting):
            self._waiting.append(waiting)
        elif self._waiting:
            self.catch_up()

    def catch_up(self) -> int:
        """Book what waits for the store; give how many calls still do."""
        for _ in range(len(self._waiting)):
            try:
                waiting = self._waiting.popleft()
            except IndexError:  # another thread does the same
                break
            if not self._is_booked(*waiting):
                self._waiting.appendleft(waiting)
                break
        return len(self._waiting)

    def _is_booked(self, record: CallRecord, held: Held | None, budgets: Sequence[Budget], caller: Caller) -> bool:
        """Book a call; say whether that is over and done with."""
        try:
            known = self.settle(record, held, budgets, caller) == "known"
            if known and record.generation_id:
                # Programs may give one run id to many calls. Of the same call this changes nothing.
                self.settle(record.corrected(id=f"{record.id} {record.generation_id}"), None, budgets, caller)
        except LedgerUnavailableError as error:
            _log.warning("Call %s is booked later. %s", record.id, error)
            return False
        except Exception:  # noqa: BLE001  # the answer is paid for, and must reach the caller
            _log.exception("Call %s cannot be booked.", record.id)
        return True

    def release(self, held: Held) -> None:
        """Give back what was set aside for a call that cost nothing.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            self._store.release(held.call_id, held.counters)

    def in_flight(self) -> int:
        """Say how many calls are on their way, as far as money is set aside for them.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            return self._store.in_flight(self._time(self.now()))

    def prune(self, before: dt.datetime | None = None) -> int:
        """Forget calls that began before a time, and counters whose window is over for a day; give how many calls.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            return self._store.prune(maybe_milliseconds(before), milliseconds(self.now() - _COUNTERS_KEPT))

    def close(self) -> None:
        """Give files and connections back. The ledger opens them again when it is used again."""
        self._store.close()

    def _time(self, at: dt.datetime) -> int | None:
        """Give the time for a store: its own, unless a clock was given."""
        return milliseconds(at) if self._clock else None

    @contextlib.contextmanager
    def _typed(self) -> Iterator[None]:
        try:
            yield
        except self._store.failures as error:
            msg = (
                f"The ledger cannot be used: {type(error).__name__}. See the cause. "
                'Mend the store, or let calls pass with `on_store_error="allow"`.'
            )
            raise LedgerUnavailableError(msg) from error

    def _entry(self, record: CallRecord, amount: int) -> Entry:
        at = milliseconds(record.started_at)
        data = record if self._store.in_memory else record.to_json()
        return Entry(record.id, amount, at, record.generation_id, record.pending, data)

    def _limit_now(self, target: Target) -> int:
        """Give the limit of a budget, as somebody may have set it for everybody; looked at once a minute."""
        key, now = target.budget.key, time.monotonic()
        limit, looked_at = self._limits.get(key, (None, -_LOOKED_EVERY))
        if now - looked_at >= _LOOKED_EVERY:
            with self._typed():
                limit = self._store.limit(key)
            self._limits[key] = limit, now
        return target.claim.limit if limit is None else limit

    def _prune_sometimes(self) -> None:
        if time.monotonic() >= self._next_pruning:
            self._next_pruning = time.monotonic() + _PRUNED_EVERY
            self.prune(self.now() - self._retention if self._retention else None)


def milliseconds(at: dt.datetime) -> int:
    """Give a time as stores know it: milliseconds since 1970 (UTC)."""
    return int(at.timestamp() * 1000)


def maybe_milliseconds(at: dt.datetime | None) -> int | None:
    """Give a time as stores know it, if there is one."""
    return None if at is None else milliseconds(at)
