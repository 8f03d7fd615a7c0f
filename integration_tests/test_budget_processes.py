"""Eight processes of eight threads spend one budget, and some are killed: it holds, and the account is exact."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.budget_worker import USERS, Job, Limit, Workers, ask, total
from integration_tests.ledgers import SHARED, Place, place_of, postgres_url, redis_url
from integration_tests.support import wait_until
from langchain_openrouter import BudgetExceededError
from langchain_openrouter.costs.money import from_nano, to_nano
from langchain_openrouter.emulator import Emulator
from langchain_openrouter.ledger.window import window_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from langchain_openrouter import CallRecord, Ledger

__all__ = ["postgres_url", "redis_url"]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")

PROCESSES = 8
LEASE = 1.0
SMALL = "0.004"
"""Dollars: some hundred calls."""
LARGE = "5"
MANY = 150
"""Calls."""
NEARLY = Decimal("0.9")
MOST_SECONDS = 40


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Give the program that starts workers."""
    with Workers() as started:
        yield started


@pytest.fixture(params=SHARED)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Give a ledger in each store that several processes can use."""
    with place_of(request.param, request, tmp_path) as found:
        yield found


class Scene:
    """An emulator, workers that ask it, and the ledger that they share.

    Args:
        emulator: With an account that nobody else uses.
        workers: The program that starts them.
        place: The ledger.
        folder: For reports.
    """

    def __init__(self, emulator: Emulator, workers: Workers, place: Place, folder: Path) -> None:
        self.emulator = emulator
        self.ledger: Ledger = place.open()
        self._workers = workers
        self._folder = folder
        self._place = place

    def job(self, *limits: Limit, seed: int = 0) -> Job:
        """Give what a worker has to do."""
        return Job(
            ledger=self._place.url,
            namespace=self._place.namespace,
            base_url=self.emulator.base_url,
            api_key=self.emulator.api_key,
            limits=limits,
            folder=str(self._folder),
            seed=seed,
            lease=LEASE,
        )

    def spend(self, *limits: Limit, kills: random.Random | None = None) -> Iterator[None]:
        """Let workers ask, and let the caller look, again and again until it has seen enough.

        Args:
            limits: The budgets.
            kills: Chooses whom to kill when; each is replaced. Default: nobody.
        """
        for number in range(PROCESSES):
            self._workers.start(self.job(*limits, seed=number))
        ends, due = time.monotonic() + MOST_SECONDS, 0.0
        for number in itertools.count(PROCESSES):
            while not kills or self.answers < due:
                yield
                assert time.monotonic() < ends, f"{self.answers} answers in {MOST_SECONDS} s"
                time.sleep(0.01)
            if due:
                self._workers.kill(kills.choice(self._workers.alive))
                self._workers.start(self.job(*limits, seed=number))
            due = self.answers + kills.uniform(1, 30)

    def stop(self) -> Counter[str]:
        """Let the workers stop; give how many calls were answered and refused, by those that were not killed."""
        reports = self._workers.join(self._folder)
        assert [error for report in reports for error in report.errors] == []
        assert [error for report in reports for error in report.false] == []
        return total(reports)

    @property
    def answers(self) -> int:
        """How many calls the emulator has charged."""
        return len(self.emulator.generations)

    def settle(self) -> None:
        """Wait until leases have ended, and ask the account what the lost calls cost."""
        assert wait_until(lambda: self.ledger.in_flight() == 0, LEASE + 5)
        self.ledger.reconcile(api_key=self.emulator.api_key, base_url=self.emulator.base_url)

    def is_exact(self) -> bool:
        """Say whether the records add up to what the account was charged, to the nano-dollar."""
        return sum(nano_of(self.ledger.records()).values()) == to_nano(self.emulator.spent)

    def remaining(self, limit: Limit) -> tuple[Decimal, Decimal]:
        """Ask until a call is refused; give what it asked for, and what was left by the account."""
        job, choose = self.job(limit), random.Random(5)
        handler, models = job.handler(), job.models()
        while True:
            try:
                ask(choose.choice(models), handler, choose)
            except BudgetExceededError as error:
                return error.asked or Decimal(0), Decimal(limit.dollars) - self.emulator.spent


@pytest.fixture
def scene(workers: Workers, place: Place, tmp_path: Path) -> Iterator[Scene]:
    """Give an account, workers and a ledger."""
    with Emulator(credits=None, seed=7) as emulator:
        yield Scene(emulator, workers, place, tmp_path)
        workers.clear()


def nano_of(records: Iterable[CallRecord], **wanted: Any) -> Counter[Any]:
    """Add up the nano-dollars of calls, by their begin."""
    spent: Counter[Any] = Counter()
    for record in records:
        assert record.cost is not None
        assert not record.pending
        if all(getattr(record, name) == value for name, value in wanted.items()):
            spent[record.started_at] += to_nano(record.cost)
    return spent


def test_a_small_budget_with_kills(scene: Scene) -> None:
    """At no time is more spent than allowed; after the leases nothing is lost, and what is left can be spent."""
    limit = Limit(dollars=SMALL)
    for _ in scene.spend(limit, kills=random.Random(1)):
        status = scene.ledger.status(limit.budget())
        assert scene.emulator.spent <= status.limit
        assert status.spent + status.reserved <= status.limit
        if status.spent > status.limit * NEARLY:
            break
    assert scene.stop()["refused"] > 0
    scene.settle()
    status = scene.ledger.status(limit.budget())
    assert (status.spent, status.reserved) == (scene.emulator.spent, Decimal(0))
    assert scene.is_exact()
    asked, left = scene.remaining(limit)
    assert asked > left >= 0
    assert left < Decimal(SMALL) / 5
    assert scene.is_exact()


def test_a_large_budget_with_kills(scene: Scene) -> None:
    """No call is refused while there is enough, also for workers in place of those that were killed."""
    limit = Limit(dollars=LARGE)
    for _ in scene.spend(limit, kills=random.Random(2)):
        if scene.answers > MANY:
            break
    stopped = scene.stop()
    assert stopped["refused"] == 0
    assert stopped["answered"] > PROCESSES
    scene.settle()
    status = scene.ledger.status(limit.budget())
    assert (status.spent, status.reserved) == (scene.emulator.spent, Decimal(0))
    assert scene.is_exact()


def test_windows_that_end_meanwhile(scene: Scene) -> None:
    """Each window has its limit for itself, and calls that end in the next one count where they began."""
    limit = Limit(dollars="0.001", per=1)
    for _ in scene.spend(limit):
        if scene.emulator.spent > Decimal("0.0021"):  # which takes three windows
            break
    assert scene.stop()["refused"] > 0
    assert scene.is_exact()
    spent: Counter[Any] = Counter()
    for at, nano in nano_of(scene.ledger.records()).items():
        spent[window_at(limit.budget().per, at).start] += nano
    assert max(spent.values()) <= to_nano(Decimal(limit.dollars))
    for start, nano in spent.items():
        status = scene.ledger.status(limit.budget(), at=start)
        assert (status.spent, status.reserved) == (from_nano(nano), Decimal(0))


def test_several_budgets(scene: Scene) -> None:
    """A call counts in the budget of the day and in that of its user, or is refused and counts in none."""
    day, each = Limit(dollars="0.003", per="day"), Limit(dollars="0.0012", per="lifetime", scope="user")
    for _ in scene.spend(day, each):
        assert scene.emulator.spent <= Decimal(day.dollars)
        if scene.emulator.spent > Decimal(day.dollars) * NEARLY:
            break
    assert scene.stop()["refused"] > 0
    assert scene.is_exact()
    by_user = {user: sum(nano_of(scene.ledger.records(), user=user).values()) for user in USERS}
    stands = {user: scene.ledger.status(each.budget(), user=user) for user in USERS}
    assert {user: to_nano(status.spent) for user, status in stands.items()} == by_user
    assert max(by_user.values()) <= to_nano(Decimal(each.dollars))
    whole = scene.ledger.status(day.budget())
    assert to_nano(whole.spent) == sum(by_user.values())
    assert {status.reserved for status in (whole, *stands.values())} == {Decimal(0)}


def test_a_limit_that_is_raised(scene: Scene) -> None:
    """Workers that wait for money go on when the limit is raised, in all processes, and stop at the new one."""
    limit, now, raised = Limit(dollars="0.0012"), Decimal("0.0012"), Decimal("0.0024")
    for _ in scene.spend(limit):
        assert scene.emulator.spent <= now
        if scene.emulator.spent > now * NEARLY:
            if now == raised:
                break
            scene.ledger.set_limit(limit.budget(), raised)
            now = raised
    assert scene.stop()["refused"] > 0
    assert scene.ledger.status(limit.budget()).limit == raised
    assert scene.is_exact()


FORK = """
import os, sys, threading, time
from langchain_openrouter import Budget, ChatOpenRouter, Ledger, OpenRouterCostHandler

url, namespace, base_url, api_key = sys.argv[1:]
model = ChatOpenRouter(model="openai/gpt-4o-mini", base_url=base_url, api_key=api_key, max_retries=0)
ledger = Ledger.open(url, namespace=namespace)
handler = OpenRouterCostHandler(Budget("5", per="lifetime"), ledger=ledger)
stop = threading.Event()

def ask():
    model.invoke("Hello", {"callbacks": [handler]}, max_tokens=16)

def ask_on():
    while not stop.is_set():
        ask()

ask()  # imports what it needs: a child that is forked meanwhile waits for the import for ever, whoever forks it
threads = [threading.Thread(target=ask_on) for _ in range(8)]
for thread in threads:
    thread.start()
children = []
while len(children) < 12:
    time.sleep(0.05)
    children.append(os.fork())
    if children[-1] == 0:
        ask()
        os._exit(0)
stop.set()
for thread in threads:
    thread.join()
print(sum(os.waitpid(child, 0)[1] for child in children))
"""


@pytest.mark.parametrize("kind", ["memory", *SHARED])
def test_forked_children_go_on(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A process that is forked while its threads are calling inherits no lock that nobody frees; all is booked."""
    with place_of(kind, request, tmp_path) as place, Emulator(credits=None, seed=7) as emulator:
        arguments = [place.url, place.namespace, emulator.base_url, emulator.api_key]
        done = subprocess.run(
            [sys.executable, "-c", FORK, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr
        if kind != "memory":  # of which each process has its own
            ledger = place.open()
            assert ledger.in_flight() == 0
            assert sum(record.cost or 0 for record in ledger.records()) == emulator.spent
