"""`OpenRouterCostHandler`: what every call cost, and a limit that says no before the money is spent."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from decimal import localcontext
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage, HumanMessage
from typing_extensions import override

from langchain_openrouter._guard import Guard
from langchain_openrouter.chat import announced
from langchain_openrouter.costs.money import EXACT, Money
from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.ledger.budget import Budget, BudgetStatus
from langchain_openrouter.ledger.ledger import Ledger
from langchain_openrouter.ledger.reconciliation import Reconciliation, corrections, reconcile
from langchain_openrouter.tracking.admission import Admission, OnLost, OnStoreError, OnUnknownPrice
from langchain_openrouter.tracking.at_once import at_once
from langchain_openrouter.tracking.metrics import Metrics
from langchain_openrouter.tracking.outcome import Started, answered, failed, lost
from langchain_openrouter.tracking.request import read_request
from langchain_openrouter.tracking.totals import Totals
from langchain_openrouter.tracking.undisturbed import undisturbed, when_undisturbed

if TYPE_CHECKING:
    import os
    from uuid import UUID

    from langchain_core.outputs import LLMResult
    from opentelemetry.metrics import MeterProvider

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs.record import CallRecord
    from langchain_openrouter.ledger.bookkeeping import Held
    from langchain_openrouter.reports import GroupBy, ReportFormat
    from langchain_openrouter.reports.grouping import Moment

__all__ = ["Budgets", "OpenRouterCostHandler"]

_log = logging.getLogger(__name__)

Budgets: TypeAlias = Budget | Money | Sequence[Budget] | None
"""Budgets of a handler. An amount alone is what the handler may spend in all."""

_LEASE = dt.timedelta(minutes=15)
_MOST_RUNS = _MOST_OPEN = 100_000
_MOST_REFUSED = 100


class OpenRouterCostHandler(Totals, BaseCallbackHandler):
    """Keeps account of every call, and lets no call pass that may cost more than its budgets have left.

    Before a call, the most that it may cost is set aside in all budgets; after it, what it did cost is counted. Give it
    as a callback where the run begins (`config={"callbacks": [handler]}`), or use `track_cost`. Given to a model alone,
    it is not told of runs, and all of them count as one. It sees calls of any chat model; the billed cost is told by
    those of OpenRouter.

    Args:
        budget: What may be spent: a `Budget`, several, or an amount that holds for this handler's whole life.
        ledger: Where calls are booked: a `Ledger`, or the URL of one. Default: nowhere without budgets; in memory for
            budgets that end with the program (`per="run"`, an amount); else the file that `Ledger.open()` opens.
        catalog: Where prices are looked up. Default: `langchain_openrouter.catalog.current()`.
        on_unknown_price: A call whose price nobody knows, while there are budgets: `block` raises `UnknownPriceError`,
            `reserve:0.05` sets that many dollars aside, `allow` sets nothing aside.
        on_store_error: A call while the ledger cannot be used: `block` raises `LedgerUnavailableError`, `allow` lets it
            pass and books it when the ledger is back.
        on_lost: A call that nobody brings to its end, since its process was killed: `charge` counts what was set aside
            until `reconcile` learns the truth; `release` gives it back after the lease.
        lease: How long money is set aside for a call. One that takes longer is counted all the same.
        run: The run that all calls belong to, for budgets per run. Default: each outermost run of LangChain is one.
        keep: How many calls `records` keeps; sums cover all.
        metrics: Whether to measure calls for OpenTelemetry, or its `MeterProvider`. Needs the extra `otel`.

    Raises:
        ValueError: An argument is none of these.

    Example:
        ```python
        from langchain_openrouter import ChatOpenRouter, OpenRouterCostHandler

        handler = OpenRouterCostHandler(budget="$1")
        model = ChatOpenRouter(model="openai/gpt-4o-mini", max_tokens=500)
        model.invoke("Hello", config={"callbacks": [handler]})
        print(handler.total, handler.calls, handler.by("model"))
        ```
    """

    # Raising is how a handler stops a call. Events that may wait for a database are not run in the event loop.
    raise_error = True
    run_inline = False

    def __init__(
        self,
        budget: Budgets = None,
        *,
        ledger: Ledger | str | os.PathLike[str] | None = None,
        catalog: Catalog | None = None,
        on_unknown_price: OnUnknownPrice = "block",
        on_store_error: OnStoreError = "block",
        on_lost: OnLost = "charge",
        lease: dt.timedelta = _LEASE,
        run: str | None = None,
        keep: int = 10_000,
        metrics: MeterProvider | bool = False,
    ) -> None:
        super().__init__(keep)
        self.budgets = _budgets(budget)
        self._run = run or (uuid.uuid4().hex if isinstance(budget, Money) else None)
        self.ledger = _ledger(ledger, self.budgets)
        for each in self.budgets:
            each.ledger = self.ledger
        self._admission = Admission(
            self.budgets,
            self.ledger,
            catalog=catalog,
            on_unknown_price=on_unknown_price,
            on_store_error=on_store_error,
            on_lost=on_lost,
            lease=lease,
        )
        self._metrics = Metrics(metrics) if metrics else None
        self._lock = Guard(threading.TIMEOUT_MAX)
        self._open: dict[UUID, tuple[Started, Held | None]] = {}
        self._refused: deque[object] = deque(maxlen=_MOST_REFUSED)
        self._runs: dict[UUID, UUID] = {}
        self._all_runs = uuid.uuid4()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(total={self.total}, calls={self.calls}, budgets={self.budgets})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Stay one: a copy of a model that has the handler tells the same one."""
        return self

    def status(self) -> list[BudgetStatus]:
        """Tell where each budget stands that is not apart by user, tag and the like."""
        with undisturbed():
            return [
                self.ledger.status(budget, run=self._run)
                for budget in self.budgets
                if self.ledger and None not in budget.scope.values()
            ]

    def report(
        self,
        by: GroupBy | str = "model",
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        format: ReportFormat = "table",  # noqa: A002  # the word that people look for
        path: str | os.PathLike[str] | None = None,
    ) -> str:
        """Write what the calls in `records` came to, and where the budgets stand. See `Ledger.report`."""
        from langchain_openrouter.reports import report

        gauges = self.ledger.gauges(self.budgets, self._run) if self.ledger else ()
        return report(self.records, by=by, since=since, until=until, format=format, gauges=gauges, path=path)

    def reconcile(self, **server: Any) -> Reconciliation | None:
        """Ask OpenRouter what the calls cost that were cut off, and correct the records, the sums and the ledger.

        Args:
            **server: As of `langchain_openrouter.account`: `api_key`, `base_url`, `http_client`.

        Returns:
            How the ledger compares with the account; `None` without a ledger.

        Raises:
            OpenRouterError: OpenRouter could not be reached, or refused.
            LedgerUnavailableError: The ledger cannot be used.
        """
        if self.ledger is not None:
            return reconcile(self.ledger, told=self._correct, **server)
        for record in corrections([each for each in self.records if each.pending], **server):
            self._correct(record)
        return None

    @override
    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Set aside what the call may cost.

        Raises:
            BudgetExceededError: A budget has not so much left.
            LedgerUnavailableError: The ledger cannot be used.
        """
        params = kwargs.get("invocation_params") or {}
        if params.get("delegates"):  # others make the calls that cost, below this one
            self.on_chain_start(run_id=run_id, parent_run_id=parent_run_id)
            return
        root = self._runs.get(parent_run_id) if parent_run_id else run_id
        # Attached to a model, a handler is not told of the runs around it: then all of them count as one.
        run = self._run or str(root or self._all_runs)
        request = read_request(params, tags, metadata, run)
        # The outer list is another for each handler in asynchronous calls, the inner one is not.
        event = next(iter(kwargs.get("prompts", messages)), None)
        prompt = [message for each in messages for message in each]
        call = Started(
            str(run_id),
            str(root or parent_run_id),
            request,
            self._admission.now(),
            time.monotonic(),
            event=event,
            group=params if kwargs.get("batch_size", 1) > 1 else None,
            prompt=prompt,
        )
        with undisturbed():
            self._start(run_id, call)

    @override
    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any) -> None:
        """Set aside what the call of a model without messages may cost; see `on_chat_model_start`."""
        messages: list[BaseMessage] = [HumanMessage(prompt) for prompt in prompts]
        self.on_chat_model_start(serialized, [messages], run_id=run_id, prompts=prompts, **kwargs)

    @at_once
    def on_llm_new_token(self, *_: Any, run_id: UUID, **__: Any) -> None:
        """Note when the first piece came."""
        call = self._open.get(run_id)
        if call is not None and call[0].first_token is None:
            call[0].first_token = time.monotonic()

    on_stream_event = on_llm_new_token

    @override
    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Book what the call cost. Never raises: the answer is paid for."""
        self._close(run_id, lambda call, now: answered(call, response, self._admission.catalog, now))

    @override
    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Book what the call may have cost all the same. Never raises."""
        self._close(run_id, lambda call, now: failed(call, error, kwargs.get("response"), self._admission.catalog, now))

    @at_once
    def on_chain_start(self, *_: Any, run_id: UUID, parent_run_id: UUID | None = None, **__: Any) -> None:
        """Note which outermost run a run belongs to."""
        with undisturbed(), self._lock:
            self._runs[run_id] = self._runs.get(parent_run_id, parent_run_id) if parent_run_id else run_id
            if len(self._runs) > _MOST_RUNS:
                del self._runs[next(iter(self._runs))]

    @at_once
    def on_chain_end(self, *_: Any, run_id: UUID, **__: Any) -> None:
        """Forget a run."""
        with undisturbed(), self._lock:
            self._runs.pop(run_id, None)

    on_tool_start = on_chain_start
    on_chain_error = on_tool_end = on_tool_error = on_chain_end

    def forget(self, run_id: UUID) -> None:
        """Give back what was set aside for a call that another handler refused."""
        _, held = self._take(run_id)
        if held is not None:
            self._admission.release(held)

    def _start(self, run_id: UUID, call: Started) -> None:
        if not self._begins(run_id, call):
            return
        try:
            held = self._admission.admit(call)
        except BaseException as error:
            self._take(run_id)
            announced.refused(run_id, call.event)
            self._forget_group(call)
            if isinstance(error, BudgetExceededError):
                _log.info("Refused: %s", error)
                if self._metrics:
                    self._metrics.refuse(error)
            raise
        self._open[run_id] = call, held
        if self._is_refused(call) or not announced.started(run_id, call.event, self):
            self.forget(run_id)

    def _forget_group(self, refused: Started) -> None:
        """Forget the calls that were announced together with a refused one: none of them is made."""
        if refused.group is None:
            return
        with undisturbed(), self._lock:
            self._refused.append(refused.group)
            together = [run_id for run_id, (call, _) in self._open.items() if call.group is refused.group]
        for run_id in together:
            self.forget(run_id)
            announced.stopped(run_id)

    def _is_refused(self, call: Started) -> bool:
        """Say whether a call was announced together with one that was refused meanwhile."""
        return call.group is not None and any(group is call.group for group in self._refused)

    def _begins(self, run_id: UUID, call: Started) -> bool:
        """Put a call on the list; say whether it was not there, as it is where this handler is attached twice."""
        with undisturbed(), self._lock:
            there, held = self._open.get(run_id, (None, None))
            if there is not None and there.event is call.event:
                return False
            self._open[run_id] = call, None
            if len(self._open) > _MOST_OPEN:
                del self._open[next(iter(self._open))]
        if held is not None:  # of an earlier call of this id, which a stranger's handler stopped
            self._admission.release(held)
        return True

    def _take(self, run_id: UUID) -> tuple[Started | None, Held | None]:
        """Take a call off the list."""
        with undisturbed(), self._lock:
            return self._open.pop(run_id, (None, None))

    def _close(self, run_id: UUID, read: Callable[[Started, float], CallRecord]) -> None:
        when_undisturbed(lambda: self._end(run_id, read))

    def _end(self, run_id: UUID, read: Callable[[Started, float], CallRecord]) -> None:
        """Take a call off the list, and book and count its record. What goes wrong is logged."""
        call, held = self._take(run_id)
        if call is None:
            self._runs.pop(run_id, None)  # of a model that delegates
            return
        try:
            with undisturbed():
                announced.stopped(run_id)
                record = self._read(call, read)
                self._admission.book(record, held, call.caller_of(record))
                if self._count(record) and self._metrics:
                    self._metrics.measure(record)
        except Exception:  # noqa: BLE001  # the answer is paid for, and must reach the caller
            _log.exception("The cost of call %s cannot be counted.", run_id)

    def _read(self, call: Started, read: Callable[[Started, float], CallRecord]) -> CallRecord:
        """Make the record of a call; where its end cannot be read, that of one that was lost."""
        try:
            with localcontext(EXACT):
                return read(call, time.monotonic())
        except Exception:  # noqa: BLE001  # see `_close`
            _log.exception("The end of call %s cannot be read.", call.id)
            return lost(call)


def _budgets(given: Budgets) -> tuple[Budget, ...]:
    if given is None:
        return ()
    if isinstance(given, Money):
        return (Budget(given, per="run", name="total"),)
    budgets: tuple[Any, ...] = (given,) if isinstance(given, Budget) else tuple(given)
    if not all(isinstance(each, Budget) for each in budgets):
        msg = f'budget={given!r} is not known. Pass a Budget, several, or an amount such as "$0.50".'
        raise ValueError(msg)
    return budgets


def _ledger(given: Ledger | str | os.PathLike[str] | None, budgets: Sequence[Budget]) -> Ledger | None:
    if isinstance(given, Ledger):
        return given
    if given is None and all(budget.per == "run" for budget in budgets):
        return Ledger.open("memory:") if budgets else None
    return Ledger.open(given)
