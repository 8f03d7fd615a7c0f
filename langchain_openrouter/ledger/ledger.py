"""The ledger: what was spent, what is set aside, and whether a call still fits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from langchain_openrouter.costs.money import Money, as_dollars, from_nano, to_nano
from langchain_openrouter.costs.record import CallRecord
from langchain_openrouter.ledger.bookkeeping import Bookkeeping, maybe_milliseconds
from langchain_openrouter.ledger.budget import Budget, BudgetStatus
from langchain_openrouter.ledger.stores.memory import MemoryStore
from langchain_openrouter.ledger.stores.opening import open_store

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Callable, Iterator, Sequence

    from langchain_openrouter.ledger.reconciliation import Reconciliation
    from langchain_openrouter.reports import Gauge, GroupBy, ReportFormat
    from langchain_openrouter.reports.grouping import Moment

__all__ = ["Ledger"]


class Ledger(Bookkeeping):
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

    _place: tuple[Any, ...] | None = None
    """What it was opened by."""

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
        ledger = cls(open_store(url, namespace=namespace), retention=retention, clock=clock)
        ledger._place = url, namespace, retention, clock
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the address, for programs that hand a ledger to other processes.

        Raises:
            TypeError: It is in memory, or was not made by `open`.
        """
        if self._place is None or isinstance(self._store, MemoryStore):
            msg = "Only a ledger that was opened by its address can be pickled, and none in memory. See `Ledger.open`."
            raise TypeError(msg)
        return _opened, self._place

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
        counter = budget.counter(scope, run or budget.latest_run, window)
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
        nano = None if limit is None else to_nano(as_dollars(limit, "limit"))
        with self._typed():
            self._store.set_limit(budget.key, nano)
        self._limits[budget.key] = nano, time.monotonic()

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
            for entry in self._store.entries(maybe_milliseconds(since), maybe_milliseconds(until), pending=pending):
                yield entry.data if isinstance(entry.data, CallRecord) else CallRecord.from_json(entry.data)

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

    def gauges(self, budgets: Sequence[Budget], run: str | None = None) -> list[Gauge]:
        """Tell where budgets stand that are not apart by user, tag and the like, for a report."""
        from langchain_openrouter.reports import Gauge

        stands = [(budget, self.status(budget, run=run)) for budget in budgets if None not in budget.scope.values()]
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

    def reconcile(self, **server: Any) -> Reconciliation:
        """Ask OpenRouter what is not known, correct it, and compare the ledger with the account.

        See `langchain_openrouter.ledger.reconciliation.reconcile`, which describes the arguments too.
        """
        from langchain_openrouter.ledger.reconciliation import reconcile

        return reconcile(self, **server)


def _opened(
    url: str | None, namespace: str, retention: dt.timedelta | None, clock: Callable[[], dt.datetime] | None
) -> Ledger:
    return Ledger.open(url, namespace=namespace, retention=retention, clock=clock)
