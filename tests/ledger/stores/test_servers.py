"""What may happen between a program and the server of its ledger: round trips, cuts, silence, forks, other versions."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.errors import LedgerUnavailableError
from langchain_openrouter.ledger.stores import postgres, redis
from langchain_openrouter.ledger.stores.opening import open_store
from langchain_openrouter.ledger.stores.postgres import PostgresStore
from langchain_openrouter.ledger.stores.redis import RedisStore
from langchain_openrouter.ledger.stores.store import Balance, Claim, Entry, Hold
from tests.helpers.forking import forked_while_busy
from tests.helpers.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from langchain_openrouter.ledger.stores.store import Store
    from tests.ledger.stores.conftest import Place

CLAIMS = [Claim("day", 10**12, "day"), Claim("month", 10**12, "month", 500, 9000)]
COUNTERS = [claim.counter for claim in CLAIMS]
HOUR = 3_600_000


@pytest.fixture(params=["postgres", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name the stores on servers."""
    return str(request.param)


@pytest.fixture
def proxy(kind: str) -> Iterator[Proxy]:
    """Give what stands before the server."""
    with Proxy(5432 if kind == "postgres" else 6379) as proxy:
        yield proxy


@pytest.fixture
def through(place: Place, proxy: Proxy, kind: str) -> Iterator[Store]:
    """Give the store of `place`, through the proxy, with a time-out of half a second."""
    assert place.kind == kind
    with contextlib.closing(place.open()) as direct:
        namespace: str = direct._namespace  # type: ignore[attr-defined]
    store: Store
    if kind == "postgres":
        store = PostgresStore(f"postgresql://postgres@127.0.0.1:{proxy.port}/test", namespace, timeout=0.5)
    else:
        store = RedisStore(f"redis://127.0.0.1:{proxy.port}", namespace, timeout=0.5)
    with contextlib.closing(store):
        yield store


def entry(call: str = "a") -> Entry:
    """Make a call that costs 7."""
    return Entry(call, 7, 1, f"gen-{call}", False, "{}")


def reserve(store: Store, call: str = "a") -> None:
    """Set 10 aside."""
    assert store.reserve(Hold(call, 10, HOUR, None), CLAIMS, None) is None


def spend(store: Store, call: str = "a") -> None:
    """Make a call."""
    reserve(store, call)
    store.settle(entry(call), COUNTERS, CLAIMS)


def balances(store: Store) -> list[Balance]:
    """Read both counters."""
    return list(store.balances(COUNTERS, None).values())


def test_round_trips(through: Store, proxy: Proxy) -> None:
    """A call costs two round trips, one to reserve and one to settle; the other steps cost one."""
    for number in range(20):
        spend(through, f"warm-{number}")
    steps: list[tuple[Callable[[], Any], int]] = [
        (lambda: spend(through), 2),
        (lambda: reserve(through, "b"), 1),
        (lambda: through.release("b", COUNTERS), 1),
        (lambda: through.balances(COUNTERS, None), 1),
        (lambda: through.limit("day"), 1),
        (lambda: through.set_limit("day", 10**12), 1),
        (lambda: list(through.entries()), 1),
    ]
    for step, expected in steps:
        before = proxy.turns
        step()
        assert proxy.turns - before == expected
    assert proxy.connections == 1


def test_a_cut_between_steps(through: Store, proxy: Proxy) -> None:
    """A server that was started anew meanwhile is not noticed."""
    spend(through)
    proxy.cut()
    spend(through, "b")
    proxy.cut()
    assert balances(through) == [Balance(14, 0, 14)] * 2


def test_a_cut_between_steps_of_threads(through: Store, proxy: Proxy) -> None:
    """All connections are broken at once, not only the one that is used next."""
    for _ in range(2):
        workers = [threading.Thread(target=spend, args=(through, f"{number}")) for number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        proxy.cut()
    for number in range(8):
        spend(through, f"again-{number}")
    assert balances(through) == [Balance(84, 0, 84)] * 2


def test_lost_answers(through: Store, proxy: Proxy) -> None:
    """A step whose answer is lost is done again, with the same effect as once."""
    spend(through)
    steps: list[Callable[[], Any]] = [
        lambda: reserve(through, "b"),
        lambda: through.settle(entry("b"), COUNTERS, CLAIMS),
        lambda: reserve(through, "c"),
        lambda: through.release("c", COUNTERS),
        lambda: through.set_limit("day", 5),
        lambda: through.prune(None, 0),
    ]
    for number, step in enumerate(steps):
        proxy.loses_answer = True
        step()
        assert not proxy.loses_answer, number
    assert through.limit("day") == 5
    assert balances(through) == [Balance(14, 0, 14)] * 2
    assert [each.id for each in through.entries()] == ["a", "b"]


def test_down(kind: str) -> None:
    """A server that is not there is noticed at once, and told without a password."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    scheme = "postgresql" if kind == "postgres" else "redis"
    store = open_store(f"{scheme}://user:secret@127.0.0.1:{port}/0")

    begin = time.monotonic()
    with pytest.raises(store.failures) as caught:
        spend(store)
    assert time.monotonic() - begin < 2
    assert "secret" not in f"{caught.value!r} {store!r}"


def test_nobody_answers(kind: str) -> None:
    """A server that lets clients in and says nothing is given up after a few seconds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        store: Store
        if kind == "postgres":
            store = PostgresStore(f"postgresql://127.0.0.1:{port}/x", timeout=1)
        else:
            store = RedisStore(f"redis://127.0.0.1:{port}", timeout=1)
        begin = time.monotonic()
        with pytest.raises(store.failures):
            spend(store)
        assert time.monotonic() - begin < 8


def test_silence(through: Store, proxy: Proxy) -> None:
    """A server that stops in the middle is given up after the time-out; when it is back, all goes on."""
    spend(through)
    proxy.is_deaf = True
    begin = time.monotonic()
    with pytest.raises(through.failures):
        through.balances(COUNTERS, None)
    assert 0.4 < time.monotonic() - begin < 5

    proxy.is_deaf = False
    proxy.cut()
    spend(through, "b")
    assert balances(through) == [Balance(14, 0, 14)] * 2


def test_emptied(place: Place, kind: str) -> None:
    """A ledger that was deleted while it was in use begins anew, at the latest with the second step."""
    with contextlib.closing(place.open()) as store:
        spend(store)
        run_on_server(store, 'DROP SCHEMA "{}" CASCADE' if kind == "postgres" else "flush")
        with contextlib.suppress(*store.failures):
            spend(store, "lost")
        run_on_server(store, 'DROP SCHEMA IF EXISTS "{}" CASCADE' if kind == "postgres" else "flush")
        with contextlib.suppress(*store.failures):
            store.balances([], None)
        spend(store, "b")
        assert balances(store) == [Balance(7, 0, 7)] * 2


def run_on_server(store: Any, statement: str) -> None:
    """Change a ledger behind its back."""
    if isinstance(store, PostgresStore):
        import psycopg

        with psycopg.connect("postgresql://postgres@127.0.0.1:5432/test", autocommit=True) as connection:
            connection.execute(statement.format(store._namespace).encode())
    elif statement == "flush":
        store._client.delete(*store._client.keys(f"{store._base}*") or ["none"])
    else:
        store._client.set(f"{store._base}version", statement)


class TestVersions:
    def test_newer(self, place: Place, kind: str) -> None:
        """Tables of a newer version are left alone, and the error says what to do, without a password."""
        with contextlib.closing(place.open()) as store:
            spend(store)
            run_on_server(store, 'UPDATE "{}".version SET number = 99' if kind == "postgres" else "99")
        with contextlib.closing(place.open()) as late, pytest.raises(LedgerUnavailableError, match="version 99"):
            spend(late)

    def test_older(self, place: Place, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A script that a newer version adds is run once, and what was in the ledger stays."""
        with contextlib.closing(place.open()) as store:
            spend(store)
        if kind == "postgres":
            script = "ALTER TABLE calls ADD COLUMN added text DEFAULT 'new'; CREATE TABLE other (key text);"
            (tmp_path / "second.sql").write_text(script)
            monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
            monkeypatch.setattr(postgres, "MIGRATIONS", (*postgres.MIGRATIONS, "second.sql"))
        else:
            script = "redis.call('INCR', KEYS[1] .. 'migrated')"
            monkeypatch.setattr(redis, "MIGRATIONS", (*redis.MIGRATIONS, script))

        for _ in range(2):
            with contextlib.closing(place.open()) as newer:
                assert balances(newer) == [Balance(7, 0, 7)] * 2
                if isinstance(newer, RedisStore):
                    assert newer._client.get(f"{newer._base}migrated") == "1"
                    assert newer._client.get(f"{newer._base}version") == "2"


_PROCESS = """
import sys
from langchain_openrouter.ledger.stores.opening import open_store
from langchain_openrouter.ledger.stores.store import Claim, Entry, Hold
url, namespace, name = sys.argv[1:]
store = open_store(url, namespace=namespace)
claims = [Claim("day", 10**12, "day"), Claim("month", 10**12, "month")]
print(flush=True)
sys.stdin.readline()
for number in range(25):
    call = f"{name}-{number}"
    assert store.reserve(Hold(call, 10, 3_600_000, None), claims, None) is None
    store.settle(Entry(call, 7, 1, None, False, ""), ["day", "month"], claims)
store.close()
"""


def test_processes_race(place: Place, request: pytest.FixtureRequest) -> None:
    """Eight processes that begin with a new ledger at once make its tables once, and lose nothing."""
    with contextlib.closing(place.open()) as store:
        url = request.getfixturevalue(f"{place.kind}_url")
        command = [sys.executable, "-W", "error", "-c", _PROCESS, url, store._namespace]  # type: ignore[attr-defined]
        processes = [Popen([*command, str(number)], stdin=PIPE, stdout=PIPE, stderr=PIPE) for number in range(8)]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
        errors = [process.communicate(timeout=60)[1] for process in processes]

        assert errors == [b""] * 8
        assert balances(store) == [Balance(1400, 0, 1400)] * 2


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="this system does not fork")
def test_forks(place: Place) -> None:
    """Forks in a program whose threads use the ledger: each process has its own connections."""
    with contextlib.closing(place.open()) as store:
        spend(store)
        children = forked_while_busy(spend, store, threads=3, children=5)

        calls = len(list(store.entries()))
        assert children == [0] * 5
        assert balances(store) == [Balance(7 * calls, 0, 7 * calls)] * 2


class TestPostgres:
    @pytest.fixture
    def kind(self) -> str:
        """Take this store only."""
        return "postgres"

    def test_search_path(self, place: Place, postgres_url: str) -> None:
        """Tables of the same names elsewhere are not taken for the ledger's."""
        with contextlib.closing(place.open()) as store:
            spend(store)
            namespace: str = store._namespace  # type: ignore[attr-defined]
        url = f"{postgres_url}?options=-c%20search_path%3Dpg_catalog"
        with contextlib.closing(open_store(url, namespace=namespace)) as store:
            spend(store, "b")
            assert balances(store) == [Balance(14, 0, 14)] * 2

    def test_isolation(self, place: Place, postgres_url: str) -> None:
        """Transactions that would not see what others wrote meanwhile are refused, with the remedy."""
        with contextlib.closing(place.open()) as store:
            spend(store)
            namespace: str = store._namespace  # type: ignore[attr-defined]
        strict = f"{postgres_url}?options=-c%20default_transaction_isolation%3D"
        with (
            contextlib.closing(open_store(f"{strict}serializable", namespace=namespace)) as store,
            pytest.raises(store.failures, match="READ COMMITTED"),
        ):
            spend(store, "b")
        with contextlib.closing(open_store(f"{strict}read%5C%20committed", namespace=namespace)) as store:
            spend(store, "b")

    def test_a_busy_ledger(self, place: Place, postgres_url: str) -> None:
        """Somebody who keeps the ledger's lock is given up after 5 s, by the server: the step does not come late."""
        import psycopg

        with contextlib.closing(place.open()) as store:
            spend(store)
            namespace: str = store._namespace  # type: ignore[attr-defined]
        with contextlib.closing(place.open()) as store, psycopg.connect(postgres_url) as other:
            other.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"langchain_openrouter {namespace}",)
            )
            with pytest.raises(store.failures, match="lock timeout"):
                spend(store, "b")
            other.rollback()
            assert balances(store) == [Balance(7, 0, 7)] * 2


class TestRedis:
    @pytest.fixture
    def kind(self) -> str:
        """Take this store only."""
        return "redis"

    def test_forgotten_script(self, place: Place) -> None:
        """A server that has lost the script is given it again."""
        with contextlib.closing(place.open()) as store:
            spend(store)
            store._client.script_flush()  # type: ignore[attr-defined]
            spend(store, "b")
            assert balances(store) == [Balance(14, 0, 14)] * 2

    def test_one_slot(self, place: Place) -> None:
        """All keys of a ledger have one hash tag, so that a cluster keeps them together."""
        with contextlib.closing(place.open()) as store:
            store.reserve(Hold("a", 10, HOUR, entry()), CLAIMS, None)
            store.settle(Entry("b", 1, 1, "gen", True, "{}"), [], CLAIMS)
            store.set_limit("day", 5)
            namespace: str = store._namespace  # type: ignore[attr-defined]
            keys = store._client.keys(f"*{namespace}*")  # type: ignore[attr-defined]
            assert len(keys) == 11
            assert all(key.startswith(f"{{{namespace}}}:") for key in keys)

    def test_nothing_is_left(self, place: Place) -> None:
        """Calls, holds and counters that are gone leave no key behind."""
        with contextlib.closing(place.open()) as store:
            store.reserve(Hold("a", 10, HOUR, entry()), CLAIMS, None)
            store.settle(Entry("a", 1, 1, "gen", True, "{}"), COUNTERS, [CLAIMS[1]])
            store.reserve(Hold("b", 10, HOUR, None), [CLAIMS[1]], None)
            store.release("b", COUNTERS)
            store.set_limit("day", 5)
            store.set_limit("day", None)
            store.prune(2, 10_000)
            base: str = store._base  # type: ignore[attr-defined]
            keys = store._client.keys(f"{base}*")  # type: ignore[attr-defined]
            assert sorted(keys) == [f"{base}counter:day", f"{base}version"]
