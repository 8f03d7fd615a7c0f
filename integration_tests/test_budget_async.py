"""Five hundred calls at once in one loop spend one budget: it holds, the account is exact, the loop stays free."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import random
import subprocess
import sys
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.ledgers import SHARED, Place, place_of, postgres_url, redis_url
from integration_tests.support import MODEL, wait_until
from langchain_openrouter import Budget, BudgetExceededError, ChatOpenRouter, OpenRouterCostHandler, account
from langchain_openrouter.emulator import Emulator
from langchain_openrouter.ledger import Ledger
from langchain_openrouter.ledger.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

__all__ = ["postgres_url", "redis_url"]

# Where the machine is busy, some of many streams are given up before their end comes (`http.client`), and not all of
# their sockets are closed by then. That is no matter of budgets, and `test_resources` looks at it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

CALLS = 500
SMALL = "0.005"
"""Dollars: what some two hundred calls cost."""


class Server:
    """An emulator in a process of its own, so that it takes no time from the event loop.

    Args:
        process: It.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.base_url, self.api_key = (process.stdout.readline().strip().partition("=")[2] for _ in range(2))

    @property
    def spent(self) -> Decimal:
        """Dollars that it has charged so far."""
        return account(api_key=self.api_key, base_url=self.base_url).usage or Decimal(0)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve an account to all tests of this module."""
    command = [sys.executable, "-m", "langchain_openrouter.emulator", "--credits", "unlimited"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process)
        process.kill()


@pytest.fixture
async def model(server: Server) -> AsyncIterator[ChatOpenRouter]:
    """Give a model that asks the emulator; its connections are closed while there is a loop to do it."""
    options: dict[str, Any] = {"base_url": server.base_url, "api_key": server.api_key, "max_retries": 0}
    asked = ChatOpenRouter(model=MODEL, timeout=100, **options)
    yield asked
    await asked.aclose()
    gc.collect()  # here, and not in the test of somebody else


@pytest.fixture(params=["memory", *SHARED])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Give a ledger in each store."""
    with place_of(request.param, request, tmp_path) as found:
        yield found


async def ask(model: ChatOpenRouter, handler: OpenRouterCostHandler | None, number: int) -> None:
    """Ask, in one piece or as a stream."""
    config: Any = {"callbacks": [handler] if handler else []}
    prompt, options = "word " * (number % 50), dict[str, Any](max_tokens=16 + number % 60)
    if number % 2:
        await model.ainvoke(prompt, config, **options)
    else:
        async for _ in model.astream(prompt, config, **options):
            pass


async def ask_all(
    model: ChatOpenRouter, handler: OpenRouterCostHandler | None, calls: int = CALLS
) -> list[BudgetExceededError]:
    """Ask many times at once; give the refusals."""
    results = await asyncio.gather(*(ask(model, handler, each) for each in range(calls)), return_exceptions=True)
    refusals = [each for each in results if isinstance(each, BudgetExceededError)]
    assert [each for each in results if each is not None and each not in refusals] == []
    return refusals


async def test_a_large_budget(server: Server, model: ChatOpenRouter, place: Place) -> None:
    """No call is refused; the handler, the ledger and the account agree to the nano-dollar."""
    budget, before = Budget("5", per="lifetime", alert_at=()), server.spent
    handler = OpenRouterCostHandler(budget, ledger=place.open())
    assert await ask_all(model, handler) == []
    assert (handler.calls, handler.ledger and handler.ledger.in_flight()) == (CALLS, 0)
    assert handler.total == budget.status().spent == server.spent - before > 0
    assert budget.status().reserved == 0


async def test_a_small_budget(server: Server, model: ChatOpenRouter, place: Place) -> None:
    """No more is spent than may be, and only calls are refused that do not fit into what is left then."""
    budget, before = Budget(SMALL, per="lifetime", alert_at=()), server.spent
    handler = OpenRouterCostHandler(budget, ledger=place.open())
    refusals = await ask_all(model, handler)
    assert [
        str(error) for error in refusals if error.asked is None or error.fits is None or error.asked <= error.fits
    ] == []
    assert handler.calls + len(refusals) == CALLS
    assert handler.total == budget.status().spent == server.spent - before <= Decimal(SMALL)
    while budget.status().remaining > Decimal("0.00003"):  # the most that this call may cost
        await ask(model, handler, 0)
    assert handler.total == server.spent - before <= Decimal(SMALL)


class Steps:
    """How much work the loop does without a pause: seconds of its thread in each callback, longest last.

    The time of the thread, since other programs on the machine are not the question; and without the collection of
    garbage, whose time is that of all that the program holds.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: list[float] = []
        run = asyncio.Handle._run

        def measured(handle: asyncio.Handle) -> None:
            began = time.thread_time()
            run(handle)
            self.seconds.append(time.thread_time() - began)

        monkeypatch.setattr(asyncio.Handle, "_run", measured)

    async def of(self, model: ChatOpenRouter, handler: OpenRouterCostHandler | None) -> list[float]:
        """Measure many calls at once, after one that makes what all share."""
        await ask(model, handler, 0)
        gc.collect()
        gc.disable()
        await asyncio.sleep(0)  # ends the step that has collected
        self.seconds.clear()
        try:
            await ask_all(model, handler, 100)
        finally:
            gc.enable()
        return sorted(self.seconds)


async def test_the_loop_is_as_free_as_without(
    model: ChatOpenRouter, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a handler, the loop has no step that is some milliseconds longer than the longest without one."""
    steps = Steps(monkeypatch)
    without = await steps.of(model, None)
    within = await steps.of(model, OpenRouterCostHandler(Budget("5", per="lifetime"), ledger=place.open()))
    assert within[-1] < without[-1] + 0.005


class Watched(MemoryStore):
    """A store that notes which threads use it."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def reserve(self, *arguments: Any) -> Any:
        self.threads.add(threading.get_ident())
        return super().reserve(*arguments)

    def settle(self, *arguments: Any) -> Any:
        self.threads.add(threading.get_ident())
        return super().settle(*arguments)


async def test_the_loop_waits_for_no_store(model: ChatOpenRouter) -> None:
    """What may wait for a server or a file is never done in the thread of the loop."""
    store = Watched()
    handler = OpenRouterCostHandler(Budget("5", per="lifetime"), ledger=Ledger(store))
    await asyncio.gather(*(ask(model, handler, number) for number in range(20)))
    assert handler.calls == 20
    assert threading.get_ident() not in store.threads


async def test_cancelled_calls(place: Place) -> None:
    """Calls that are cancelled at any moment hold money for no longer than their lease, and are reconciled exactly."""
    choose, budget = random.Random(4), Budget("5", per="lifetime")
    handler = OpenRouterCostHandler(budget, ledger=place.open(), lease=dt.timedelta(seconds=1))
    with Emulator(credits=None, seed=7) as emulator:
        options: dict[str, Any] = {"base_url": emulator.base_url, "api_key": emulator.api_key, "max_retries": 0}
        model = ChatOpenRouter(model=MODEL, **options)
        await ask(model, handler, 0)

        async def ask_for_a_while(number: int) -> None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ask(model, handler, number), choose.uniform(0, 0.5))

        await asyncio.gather(*map(ask_for_a_while, range(60)))
        ledger = place.open() if handler.ledger is None else handler.ledger
        assert await asyncio.to_thread(wait_until, lambda: ledger.in_flight() == 0, 10)
        ledger.reconcile(api_key=emulator.api_key, base_url=emulator.base_url)
        status = budget.status()
        assert (status.spent, status.reserved) == (emulator.spent, Decimal(0))
        assert list(ledger.records(pending=True)) == []
