"""Each store against a model in plain Python, through whatever may happen to a ledger."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from langchain_openrouter.costs.money import MOST_NANO
from langchain_openrouter.ledger.stores.memory import MemoryStore
from langchain_openrouter.ledger.stores.opening import open_store
from langchain_openrouter.ledger.stores.store import Claim, Entry, Hold, Store
from tests.helpers.services import postgres_namespace, redis_namespace
from tests.ledger.stores.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CALLS = ["a", "b", "c", "ä\"{1}'\\", "😀/:*"]
COUNTERS = ["day", "month", "user|ä '\"{2}", "%s"]
BUDGETS = ["one", "other"]
GENERATIONS = ["gen-1", "gen-2", "gen-3"]
SCALES = [1, MOST_NANO // 4000]
"""What amounts are multiplied with: the sums of a test stay below what a ledger counts."""

LONG_AGO = -(10**9)

times = st.integers(-50, 200)
skews = st.just(0) | st.integers(-5, 5) | st.sampled_from([-300_000, -60_000, 60_000, 300_000])
"""How far the clock of a caller is ahead of the others'."""
leases = st.integers(-5, 60) | st.sampled_from([59_999, 60_000, 60_030, 300_000, 360_000])
few_amounts = st.integers(0, 12)
claims_of_calls = st.lists(
    st.tuples(
        st.sampled_from(COUNTERS),
        st.integers(0, 40),
        st.sampled_from(BUDGETS),
        st.none() | st.sampled_from([0, 1, 333, 500, 999, 1000]),
        st.none() | times,
    ),
    max_size=4,
)
some_counters = st.lists(st.sampled_from(COUNTERS), max_size=4, unique=True)


class Machine(RuleBasedStateMachine):
    """Does the same to a store and to the model, and compares what they say."""

    make: Callable[[], Store]

    def __init__(self) -> None:
        super().__init__()
        self.store = self.make()
        self.model = Model()
        self.now = 0
        self.scale = 1

    @initialize(scale=st.sampled_from(SCALES))
    def choose_scale(self, scale: int) -> None:
        self.scale = scale

    @rule(by=st.integers(-30, 60))
    def let_time_pass(self, by: int) -> None:
        """Clocks go wrong, so time may go back."""
        self.now += by

    @rule(
        call=st.sampled_from(CALLS),
        amount=few_amounts,
        odd=st.integers(0, 1),
        lease=leases,
        skew=skews,
        claims=claims_of_calls,
        books=st.booleans(),
        cost=few_amounts,
        generation=st.none() | st.sampled_from(GENERATIONS),
    )
    def reserve(self, *, call: str, amount: int, odd: int, lease: int, skew: int, claims: Any, books: bool, cost: int,
                generation: str | None) -> None:  # fmt: skip
        entry = self.entry(call, cost, self.now, generation, pending=True) if books else None
        hold = Hold(call, amount * self.scale + odd, lease, entry)
        self.same("reserve", hold, self.claims(claims), self.now + skew)

    @rule(
        call=st.sampled_from(CALLS),
        amount=few_amounts,
        started=times,
        generation=st.none() | st.sampled_from(GENERATIONS),
        pending=st.booleans(),
        held=some_counters,
        claims=claims_of_calls,
    )
    def settle(self, *, call: str, amount: int, started: int, generation: str | None, pending: bool, held: list[str],
               claims: Any) -> None:  # fmt: skip
        self.same("settle", self.entry(call, amount, started, generation, pending=pending), held, self.claims(claims))

    @rule(call=st.sampled_from(CALLS), held=some_counters)
    def release(self, call: str, held: list[str]) -> None:
        self.same("release", call, held)

    @rule(skew=skews)
    def expire(self, skew: int) -> None:
        self.model.expire(self.now + skew)
        self.store.balances([], self.now + skew)

    @rule(skew=skews)
    def count(self, skew: int) -> None:
        self.same("in_flight", self.now + skew)

    @rule(budget=st.sampled_from(BUDGETS), limit=st.none() | st.integers(0, 60))
    def set_limit(self, budget: str, limit: int | None) -> None:
        self.same("set_limit", budget, None if limit is None else limit * self.scale)
        assert self.store.limit(budget) == self.model.limits.get(budget)

    @rule(calls=st.none() | times, counters=times)
    def prune(self, calls: int | None, counters: int) -> None:
        self.same("prune", calls, counters)

    @rule(since=st.none() | times, until=st.none() | times, pending=st.booleans())
    def report(self, since: int | None, until: int | None, pending: bool) -> None:
        found = list(self.store.entries(since, until, pending=pending))
        assert found == self.model.entries(since, until, pending=pending)

    @invariant()
    def agree(self) -> None:
        expected = {counter: self.model.balance(counter) for counter in COUNTERS}
        assert self.store.balances(COUNTERS, LONG_AGO) == expected
        assert list(self.store.entries()) == self.model.entries(None, None, pending=False)
        self.model.check()

    def teardown(self) -> None:
        self.store.close()

    def same(self, step: str, *args: Any) -> None:
        told, expected = getattr(self.store, step)(*args), getattr(self.model, step)(*args)
        assert told == expected

    def claims(self, drawn: Any) -> list[Claim]:
        return [Claim(counter, limit * self.scale, *rest) for counter, limit, *rest in drawn]

    def entry(self, call: str, amount: int, started: int, generation: str | None, *, pending: bool) -> Entry:
        return Entry(call, amount * self.scale, started, generation, pending, f'{{"é": "{call!r}", "at": {self.now}}}')


@pytest.fixture
def make(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Give what makes an empty store of each kind, again and again, quickly."""
    with contextlib.ExitStack() as stack:
        if kind == "memory":
            yield MemoryStore
        elif kind == "sqlite":
            number = itertools.count()
            yield lambda: open_store(tmp_path / f"{next(number)}.db")
        elif kind == "postgres":
            yield _empty_postgres(request.getfixturevalue("postgres_url"), stack)
        else:
            yield _empty_redis(request.getfixturevalue("redis_url"), stack)


def _empty_postgres(url: str, stack: contextlib.ExitStack) -> Callable[[], Store]:
    import psycopg

    namespace = stack.enter_context(postgres_namespace(url))
    cleaner = stack.enter_context(psycopg.connect(url, autocommit=True))
    store = open_store(f"{url}?options=-c%20synchronous_commit%3Doff", namespace=namespace)
    stack.callback(store.close)
    tables = ", ".join(f'"{namespace}".{table}' for table in ("calls", "holds", "counters", "limits"))

    def make() -> Store:
        store.balances([], None)  # makes the tables
        cleaner.execute(f"TRUNCATE {tables}".encode())
        return store

    return make


def _empty_redis(url: str, stack: contextlib.ExitStack) -> Callable[[], Store]:
    import redis

    namespace = stack.enter_context(redis_namespace(url))
    cleaner = stack.enter_context(redis.Redis.from_url(url))
    store = open_store(url, namespace=namespace)

    def make() -> Store:
        for key in cleaner.scan_iter(f"{{{namespace}}}:*", count=1000):
            cleaner.delete(key)
        return store

    return make


def test_stores_agree_with_the_model(make: Callable[[], Store], kind: str) -> None:
    """Whatever happens in whatever order, a store gives the answers and the balances of the model."""
    machine = type("MachineOfThisStore", (Machine,), {"make": staticmethod(make)})
    examples = 200 if kind in {"memory", "sqlite"} else 100
    limits = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=limits)
