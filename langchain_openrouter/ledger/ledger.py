"""The ledger: what was spent, what is set aside, and whether a call still fits."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.costs.money import Money, as_dollars, ceil_nano, from_nano, to_nano
from langchain_openrouter.costs.record import CallRecord
from langchain_openrouter.errors import LedgerUnavailableError
from langchain_openrouter.ledger.budget import Budget, BudgetStatus, Caller
from langchain_openrouter.ledger.refusing import exceeded, may_pass, tell_alerts
from langchain_openrouter.ledger.stores.opening import open_store
from langchain_openrouter.ledger.stores.store import Claim, Entry, Hold, Store

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from langchain_openrouter.ledger.reconciliation import Reconciliation
    from langchain_openrouter.ledger.stores.store import Outcome
    from langchain_openrouter.reports import Gauge, GroupBy, ReportFormat
    from langchain_openrouter.reports.grouping import Moment

__all__ = ["Held", "Ledger"]

_PRUNED_EVERY = 3600.0
"""Seconds."""

_COUNTERS_KEPT = dt.timedelta(days=1)
"""How long a counter outlives its window: calls that began in it may still come to their end."""


@dataclass(frozen=True, slots=True)
class Held:
    """What was set aside for a call.

    Args:
        call_id: The call.
        counters: Where.
        amount: Dollars; `None` where nobody knows what it may cost.
    """

    call_id: str
    counters: tuple[str, ...]
    amount: Decimal | None


class Ledger:
    """Keeps account of calls, and of the money that budgets have left.

    `Ledger.open` opens one. Its methods may be called from any thread; they do I/O, unless the ledger is in memory.

    Args:
        store: Where it keeps what it knows.
        retention: How long calls are kept; `None` for ever. Pruned once an hour by whoever books.
        clock: Gives the time, aware. Default: the system's; PostgreSQL and Redis go by their own for leases.

    Example:
        >>> ledger = Ledger.open("memory:")
        >>> ledger.status(Budget("$5", per="day")).remaining
        Decimal('5')
    """

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
        self._next_pruning = time.monotonic() + _PRUNED_EVERY
        self._latest_run: str | None = None

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str] | None = None,
        *,
        namespace: str = "openrouter",
        retention: dt.timedelta | None = None,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> Ledger:
        """Open a ledger. Nothing is read or connected to before its first use.

        Args:
            url: `sqlite:///path`, `postgresql://…`, `redis://…` or `memory:`. Default: the environment variable
                `OPENROUTER_LEDGER`, else a file of SQLite in the user's data folder.
            namespace: Keeps ledgers of one server apart: the schema in PostgreSQL, the prefix in Redis.
            retention: As in the class.
            clock: As in the class.

        Raises:
            ValueError: The URL is none of these.
            ImportError: The package for that server is not installed.
        """
        return cls(open_store(url, namespace=namespace), retention=retention, clock=clock)

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
        for budget in budgets:
            if budget.per_request is not None and amount > budget.per_request and budget.claims(caller, at):
                may_pass(budget, exceeded(budget, amount, None, model=caller.model, longest=longest, resets_at=None))
        nano = ceil_nano(amount)
        hold = Hold(call_id, nano, _ms(at + lease), None if lost is None else self._entry(lost, nano))
        waived: set[str] = set()
        while True:
            claims = {
                claim.counter: (budget, claim)
                for budget in budgets
                if budget.name not in waived
                for claim in budget.claims(caller, at)
            }
            with self._typed():
                refusal = self._store.reserve(hold, [claim for _, claim in claims.values()], self._time(at))
            if refusal is None:
                break
            budget = claims[refusal.counter][0]
            before, resets_at = budget.limit, budget.window(at).resets_at
            may_pass(
                budget,
                exceeded(budget, amount, refusal, model=caller.model, longest=longest, resets_at=resets_at),
            )
            if budget.limit == before:  # it may pass all the same; what it costs is counted
                waived.add(budget.name)
        self._latest_run = caller.run or self._latest_run
        return Held(call_id, tuple(claims), amount)

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
        claims: dict[str, tuple[Budget, Claim]] = {}
        for budget in budgets:
            for claim in budget.claims(caller or Caller(), record.started_at):
                claims.setdefault(claim.counter, (budget, claim))
        amount = to_nano(record.cost) if record.cost is not None else 0
        entry = self._entry(record, amount)
        with self._typed():
            settlement = self._store.settle(
                entry, held.counters if held else (), [claim for _, claim in claims.values()]
            )
        for movement in settlement.movements:
            if movement.counter in claims:
                budget, claim = claims[movement.counter]
                tell_alerts(budget, claim.limit, movement, budget.window(record.started_at).resets_at)
        self._prune_sometimes()
        return settlement.outcome

    def release(self, held: Held) -> None:
        """Give back what was set aside for a call that cost nothing.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            self._store.release(held.call_id, held.counters)

    def status(
        self, budget: Budget, *, at: dt.datetime | None = None, run: str | None = None, **scope: str
    ) -> BudgetStatus:
        """Tell where a budget stands. See `Budget.status`."""
        apart = [name for name, value in budget.scope.items() if value is None]
        if sorted(apart) != sorted(scope):
            wanted = ", ".join(f'{name}="…"' for name in apart) or "nothing more"
            msg = f"Budget {budget.name!r} is apart by {apart or 'nothing'}; this asks for {scope}. Pass {wanted}."
            raise ValueError(msg)
        window = budget.window(at or self.now())
        counter = budget.counter(scope, run or self._latest_run, window)
        with self._typed():
            balance = self._store.balances([counter], self._time(self.now()))[counter]
            limit = self._store.limit(budget.key)
        fixed = {name: value for name, value in budget.scope.items() if value is not None}
        return BudgetStatus(
            budget.name,
            budget.limit if limit is None else from_nano(limit),
            from_nano(balance.spent),
            from_nano(balance.reserved),
            window.resets_at,
            {**fixed, **scope},
        )

    def set_limit(self, budget: Budget, limit: Money | None) -> None:
        """Set the limit of a budget for everybody who uses the ledger, while they run.

        Args:
            budget: The budget; those of its name and period are meant.
            limit: Dollars; `None` for what each program says itself.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            self._store.set_limit(budget.key, None if limit is None else to_nano(as_dollars(limit, "limit")))

    def records(
        self, since: dt.datetime | None = None, until: dt.datetime | None = None, *, pending: bool = False
    ) -> Iterator[CallRecord]:
        """Give the calls, oldest first.

        Args:
            since: From then on.
            until: Before then.
            pending: Only those whose cost is still to be learned.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            self._store.balances((), self._time(self.now()))  # calls whose lease has ended are booked now
            for entry in self._store.entries(_maybe_ms(since), _maybe_ms(until), pending=pending):
                yield CallRecord.from_json(entry.data)

    def report(
        self,
        by: GroupBy | str = "model",
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        format: ReportFormat = "table",  # noqa: A002  # the word that people look for
        budgets: Sequence[Budget] = (),
        path: str | os.PathLike[str] | None = None,
    ) -> str:
        """Write what calls came to, and where budgets stand.

        Args:
            by: What calls are put together by: `model`, `provider`, `tag`, `day`, `user`, `thread`, `status`, `error`,
                `key`, or an entry of LangChain's metadata.
            since: Only calls from then on: a time with its zone, a day (UTC), or how long before now.
            until: Only calls before then; a day is counted in.
            format: `table`, `json`, `csv`, or `html`: one page with charts that needs no network.
            budgets: Budgets to show that are not apart by user, tag and the like.
            path: A file to write it to, too.

        Raises:
            ValueError: There is no such format, or nothing to put calls together by.
            LedgerUnavailableError: The store cannot be used.

        Example:
            >>> print(Ledger.open("memory:").report(format="csv")[:11])
            value,calls
        """
        from langchain_openrouter.reports import report
        from langchain_openrouter.reports.grouping import moment

        begin = moment(since, self.now(), "since")
        gauges = self.gauges(budgets)
        return report(
            self.records(since=begin), by=by, since=begin, until=until, format=format, gauges=gauges, path=path
        )

    def gauges(self, budgets: Sequence[Budget]) -> list[Gauge]:
        """Tell where budgets stand that are not apart by user, tag and the like, for a report."""
        from langchain_openrouter.reports import Gauge

        stands = [(budget, self.status(budget)) for budget in budgets if None not in budget.scope.values()]
        return [
            Gauge(
                name=status.budget,
                limit=status.limit,
                spent=status.spent,
                reserved=status.reserved,
                resets_at=status.resets_at,
                alerts=tuple(map(float, budget.alert_at)),
            )
            for budget, status in stands
        ]

    def in_flight(self) -> int:
        """Say how many calls are on their way, as far as money is set aside for them.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            return self._store.in_flight(self._time(self.now()))

    def reconcile(self, **server: Any) -> Reconciliation:
        """Ask OpenRouter what is not known, correct it, and compare the ledger with the account.

        See `langchain_openrouter.ledger.reconciliation.reconcile`, which describes the arguments too.
        """
        from langchain_openrouter.ledger.reconciliation import reconcile

        return reconcile(self, **server)

    def prune(self, before: dt.datetime | None = None) -> int:
        """Forget calls that began before a time, and counters whose window is over for a day; give how many calls.

        Raises:
            LedgerUnavailableError: The store cannot be used.
        """
        with self._typed():
            return self._store.prune(_maybe_ms(before), _ms(self.now() - _COUNTERS_KEPT))

    def close(self) -> None:
        """Give files and connections back. The ledger opens them again when it is used again."""
        self._store.close()

    def _time(self, at: dt.datetime) -> int | None:
        """Give the time for a store: its own, unless a clock was given."""
        return _ms(at) if self._clock else None

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
        at = _ms(record.started_at)
        return Entry(record.id, amount, at, record.generation_id, record.pending, record.to_json())

    def _prune_sometimes(self) -> None:
        if time.monotonic() >= self._next_pruning:
            self._next_pruning = time.monotonic() + _PRUNED_EVERY
            self.prune(self.now() - self._retention if self._retention else None)


def _ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


def _maybe_ms(at: dt.datetime | None) -> int | None:
    return None if at is None else _ms(at)
