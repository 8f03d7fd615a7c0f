"""What a cost handler takes per call: in each store of its ledger, beside LangChain's own work for a call.

Run `make bench`, or `python scripts/benchmark_budget.py [--check]`. Stores on servers are measured where a server
answers on this machine. Times are the least of several rounds; ratios are those of one run, since times depend on the
machine. `--check` exits with 1 when a limit is passed.

`--soak SECONDS` lets eight processes of eight threads spend one budget for so long in each store, kills some of them at
random moments, and checks that the budget held and that the ledger equals the emulator's account in the end.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import itertools
import random
import sys
import tempfile
import time
import timeit
import uuid
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from langchain_openrouter import Budget, ChatOpenRouter, Ledger, LedgerUnavailableError, OpenRouterCostHandler
from langchain_openrouter.costs.record import CallRecord
from langchain_openrouter.ledger.budget import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration_tests.budget_worker import Job, Workers
    from langchain_openrouter.emulator import Emulator

sys.path.insert(0, str(Path(__file__).parents[1]))  # the workers are those of the tests

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
REDIS = "redis://127.0.0.1:6379"
MODEL = "openai/gpt-4o-mini"
ROUNDS = 7
LIMITS = {"memory": 40e-6, "sqlite": 400e-6}
"""Seconds of reserve and settle together."""

_LEASE = dt.timedelta(minutes=15)
_WORST, _COST = Decimal("0.00024180"), Decimal("0.0000552")


def best(work: Callable[[], object], number: int) -> float:
    """Give the seconds of one run, of the fastest of several rounds."""
    return min(timeit.repeat(work, number=number, repeat=ROUNDS)) / number


def ledgers(stack: contextlib.ExitStack) -> Iterator[tuple[str, str, str]]:
    """Give the kind, the URL and the namespace of a new ledger in each store that can be used here."""
    from tests.helpers.services import postgres_namespace, redis_namespace

    folder = stack.enter_context(tempfile.TemporaryDirectory())
    yield "memory", "memory:", "openrouter"
    yield "sqlite", f"sqlite:///{folder}/ledger.db", "openrouter"
    for kind, url, namespace_of in (("postgres", POSTGRES, postgres_namespace), ("redis", REDIS, redis_namespace)):
        with contextlib.ExitStack() as trying:
            try:
                namespace = trying.enter_context(namespace_of(url))
                Ledger.open(url, namespace=namespace).in_flight()
            except (ImportError, LedgerUnavailableError) as error:
                trying.pop_all()  # there is nothing to take away
                print(f"{kind}: not measured, {type(error).__name__}")
                continue
            stack.enter_context(trying.pop_all())
        yield kind, url, namespace


def pair(ledger: Ledger) -> Callable[[], None]:
    """Give what reserves and settles a call of its own each time, as a handler does."""
    budgets = [Budget("1000000", per="day", alert_at=())]
    caller = Caller(run="run", user="ann", model=MODEL, tags=("bench",), metadata={"part": "benchmark"})
    told: dict[str, Any] = {"model_asked": MODEL, "reserved": _WORST, "tags": caller.tags, "metadata": caller.metadata}
    at = dt.datetime.now(dt.UTC)
    lost = CallRecord(id="", started_at=at, cost=_WORST, status="estimated", pending=True, error="Lost", **told)
    done = CallRecord(
        id="", started_at=at, model=MODEL, provider="OpenAI", cost=_COST, billed=_COST, computed=_COST, status="billed",
        prompt_tokens=304, completion_tokens=16, duration_s=0.3, finish_reason="stop", **told,
    )  # fmt: skip

    def one() -> None:
        call = uuid.uuid4().hex
        held = ledger.reserve(call, _WORST, budgets, caller, lease=_LEASE, lost=lost.corrected(id=call), at=at)
        ledger.settle(done.corrected(id=call, generation_id=f"gen-{call}"), held, budgets, caller)

    return one


def preparing() -> float:
    """Give the seconds of what `pair` does beside reserving and settling."""
    record = CallRecord(id="", started_at=dt.datetime.now(dt.UTC))
    return best(lambda: (record.corrected(id=uuid.uuid4().hex), record.corrected(id="", generation_id="gen-")), 2000)


def events(handler: OpenRouterCostHandler) -> Callable[[], None]:
    """Give what tells a handler of the begin and the end of a call."""
    model = ChatOpenRouter(model=MODEL, api_key="sk-bench", max_tokens=100)  # type: ignore[arg-type]
    params: Any = model._get_invocation_params()  # noqa: SLF001  # what LangChain tells a handler
    metadata: Any = {"user_id": "ann", **model._get_ls_params()}  # noqa: SLF001

    def one() -> None:
        run = uuid.uuid4()
        message = AIMessage(
            "Hello, how can I help?",
            usage_metadata={"input_tokens": 304, "output_tokens": 16, "total_tokens": 320},
            response_metadata={
                "id": f"gen-{run}", "model_name": MODEL, "provider": "OpenAI", "finish_reason": "stop",
                "cost": 0.0000552,
            },
        )  # fmt: skip
        prompt = [[HumanMessage("word " * 40)]]
        handler.on_chat_model_start({}, prompt, run_id=run, metadata=metadata, invocation_params=params)  # type: ignore[arg-type]
        handler.on_llm_end(LLMResult(generations=[[ChatGeneration(message=message)]]), run_id=run)

    return one


def token(handler: OpenRouterCostHandler) -> Callable[[], None]:
    """Give what tells a handler of a token."""
    run = uuid.uuid4()
    handler.on_chat_model_start({}, [[HumanMessage("Hello")]], run_id=run, invocation_params={"model": MODEL, "n": 1})
    return lambda: handler.on_llm_new_token("token", run_id=run)


def table() -> bool:
    """Measure and print; say whether all limits hold."""
    alone = FakeListChatModel(responses=["Hello"])
    call = best(lambda: alone.invoke("Hello"), 200)
    print(f"{'µs per call':34}{'time':>10}{'of LangChain':>14}{'limit':>8}")
    _row("LangChain alone, with a fake model", call, call)
    bare = OpenRouterCostHandler()
    _row("handler without budget", best(events(bare), 300), call)
    _row("token of a stream", best(token(bare), 5000), call)
    passed, prepared = True, preparing()
    with contextlib.ExitStack() as stack:
        for kind, url, namespace in ledgers(stack):
            number = 2000 if kind == "memory" else 100
            ledger = Ledger.open(url, namespace=namespace)
            seconds = best(pair(ledger), number) - prepared
            trip = best(ledger.in_flight, number)
            limit = LIMITS.get(kind)
            passed &= limit is None or seconds <= limit
            _row(f"{kind}: reserve and settle", seconds, call, limit)
            if limit is None:
                _row(f"{kind}: one round trip", trip, call)
            handler = OpenRouterCostHandler(Budget("1000000", per="day", alert_at=()), ledger=ledger)
            _row(f"{kind}: handler", best(events(handler), number // 5), call)
            _row(f"{kind}: a whole call", best(_invoking(alone, ledger), number // 5), call)
            ledger.close()
    return passed


def _invoking(model: FakeListChatModel, ledger: Ledger) -> Callable[[], object]:
    """Give a whole call of a model that is not in the catalog, so that a fixed amount is set aside for it."""
    budget = Budget("1000000", per="day", alert_at=())
    config: Any = {"callbacks": [OpenRouterCostHandler(budget, ledger=ledger, on_unknown_price="reserve:0.001")]}
    return lambda: model.invoke("Hello", config)


def _row(what: str, seconds: float, call: float, limit: float | None = None) -> None:
    most = "" if limit is None else f"{limit * 1e6:.0f}"
    print(f"{what:34}{seconds * 1e6:>10.1f}{seconds / call:>14.2f}{most:>8}")


def soak(seconds: float) -> bool:
    """Let workers spend a budget in each store for so long; say whether it held and the account is exact."""
    from integration_tests.budget_worker import Job, Limit, Workers
    from langchain_openrouter.emulator import Emulator

    passed = True
    # A window of some seconds, so that there is always something to spend, and little of it.
    limits = (Limit(dollars="0.02", per=10), Limit(dollars="50"))
    with contextlib.ExitStack() as stack:
        workers = stack.enter_context(Workers())
        for kind, url, namespace in ledgers(stack):
            if kind == "memory":  # of which each process has its own
                continue
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            with Emulator(credits=None) as emulator:
                place: dict[str, Any] = {"ledger": url, "namespace": namespace, "folder": folder}
                job = Job(**place, base_url=emulator.base_url, api_key=emulator.api_key, limits=limits)
                print(f"{kind}: ", end="", flush=True)
                passed &= _holds(workers, job, emulator, seconds)
    return passed


def _holds(workers: Workers, job: Job, emulator: Emulator, seconds: float) -> bool:
    choose, kills, over = random.Random(1), 0, Decimal(0)  # noqa: S311  # whom to kill when
    jobs = (replace(job, seed=seed) for seed in itertools.count())
    for _ in range(8):
        workers.start(next(jobs))
    ledger, ends = job.open(), time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(choose.uniform(0.05, 1.5))
        workers.kill(choose.choice(workers.alive))
        workers.start(next(jobs))
        kills += 1
        status = ledger.status(job.limits[0].budget())
        over = max(over, status.spent + status.reserved - status.limit)
    reports = workers.join(Path(job.folder))
    while ledger.in_flight():
        time.sleep(0.1)
    ledger.reconcile(api_key=job.api_key, base_url=job.base_url)
    booked = sum((record.cost or Decimal(0) for record in ledger.records()), Decimal(0))
    faults = [each for report in reports for each in (*report.false, *report.errors)]
    counter = ledger.status(job.limits[1].budget())
    print(
        f"{len(emulator.generations)} calls, {sum(each.refused for each in reports)} refusals, {kills} kills;", end=" "
    )
    print(
        f"account ${emulator.spent}, ledger ${booked}, counter ${counter.spent}, reserved ${counter.reserved},", end=" "
    )
    print(f"over the limit ${over}, faults {faults[:3] or 'none'}", flush=True)
    return not faults and booked == emulator.spent == counter.spent and not counter.reserved and not over


def main() -> int:
    """Measure, or soak."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit is passed")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="spend a budget for so long in each store")
    options = parser.parse_args()
    if options.soak:
        return 0 if soak(options.soak) else 1
    passed = table()
    return int(options.check and not passed)


if __name__ == "__main__":
    raise SystemExit(main())
