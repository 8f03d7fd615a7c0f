"""What a ledger costs: the time of a call that is reserved and settled, in each kind of store.

Run `python scripts/benchmark_ledger.py [--check]`. Each time is given beside that of the least that such a store can
do, measured in the same run, since times depend on the machine: for a file, two transactions that change one row; for a
server, two round trips that do nothing, and that write nothing to its disk. `--check` exits with 1 when a time or a
ratio is above its limit. Servers that do not answer are left out.

PostgreSQL waits for its disk with each step, which is its own setting (`synchronous_commit`); one line is without.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sqlite3
import tempfile
import timeit
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_openrouter.ledger.stores.memory import MemoryStore
from langchain_openrouter.ledger.stores.postgres import PostgresStore
from langchain_openrouter.ledger.stores.redis import RedisStore
from langchain_openrouter.ledger.stores.sqlite import SQLiteStore
from langchain_openrouter.ledger.stores.store import Claim, Entry, Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from langchain_openrouter.ledger.stores.store import Store

REPEATS = 7
POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
REDIS = "redis://127.0.0.1:6379"
FAR = 10**15
DATA = '{"model":"openai/gpt-4o","status":"billed"}' * 10


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        what: What is measured.
        seconds: What it takes.
        least: The least for such a store; `None` where that is nothing.
        most: The most seconds that it may take; `None` where that is up to the machine.
        ratio_limit: The most that it may be, as a multiple of the least.
    """

    what: str
    seconds: float
    least: float | None = None
    most: float | None = None
    ratio_limit: float | None = None

    @property
    def is_too_slow(self) -> bool:
        """Whether a limit is broken."""
        slow = self.most is not None and self.seconds > self.most
        return slow or bool(self.least and self.ratio_limit and self.seconds / self.least > self.ratio_limit)


def best(work: Callable[[], object], number: int) -> float:
    """Give the seconds of one run, of the fastest of several rounds."""
    work()
    return min(timeit.repeat(work, number=number, repeat=REPEATS)) / number


def a_call(store: Store, budgets: int = 1, name: str = "call") -> Callable[[], object]:
    """Give what reserves and settles a new call each time."""
    claims = [Claim(f"budget {number}", FAR, f"budget {number}", None, FAR) for number in range(budgets)]
    counters = [claim.counter for claim in claims]
    numbers = itertools.count()

    def work() -> object:
        number = next(numbers)
        call = f"{name}-{number}"
        entry = Entry(call, 100, number, f"gen-{call}", pending=False, data=DATA)
        store.reserve(Hold(call, 500, FAR, entry), claims, None)
        return store.settle(entry, counters, claims)

    return work


def rows() -> Iterator[Row]:
    """Measure everything."""
    yield Row("memory", best(a_call(MemoryStore()), 2000), most=40e-6)
    yield Row("memory, three budgets", best(a_call(MemoryStore(), 3), 2000))
    with tempfile.TemporaryDirectory() as folder:
        yield from _sqlite_rows(Path(folder))
    for measure in (_postgres_rows, _redis_rows):
        yield from measure()


def _sqlite_rows(folder: Path) -> Iterator[Row]:
    with contextlib.closing(sqlite3.connect(folder / "plain.db", isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("PRAGMA synchronous = NORMAL")
        plain.execute("CREATE TABLE rows (key INTEGER PRIMARY KEY, value INTEGER)")
        plain.execute("INSERT INTO rows VALUES (1, 0)")
        least = 2 * best(lambda: _transaction(plain), 500)
    with contextlib.closing(SQLiteStore(folder / "ledger.db")) as store:
        yield Row("SQLite", best(a_call(store), 500), least, most=400e-6, ratio_limit=12)
        yield Row("SQLite, three budgets", best(a_call(store, 3, "three"), 500), least)


def _transaction(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE rows SET value = value + 1 WHERE key = 1")
    connection.execute("COMMIT")


def _postgres_rows() -> Iterator[Row]:
    import psycopg

    try:
        plain = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.Error:
        return
    namespace = f"benchmark_{uuid.uuid4().hex}"
    with plain, contextlib.closing(PostgresStore(POSTGRES, namespace)) as store:
        least = 2 * best(lambda: plain.execute("SELECT 1").fetchall(), 300)
        try:
            yield Row("PostgreSQL", best(a_call(store), 200), least)
            url = f"{POSTGRES}?options=-c%20synchronous_commit%3Doff"
            with contextlib.closing(PostgresStore(url, namespace)) as quick:
                yield Row(
                    "PostgreSQL, not waiting for its disk",
                    best(a_call(quick, name="quick"), 200),
                    least,
                    ratio_limit=16,
                )
        finally:
            plain.execute(f'DROP SCHEMA "{namespace}" CASCADE'.encode())


def _redis_rows() -> Iterator[Row]:
    import redis

    plain: Any = redis.Redis.from_url(REDIS, socket_connect_timeout=3)
    try:
        plain.ping()
    except redis.RedisError:
        return
    namespace = f"benchmark_{uuid.uuid4().hex}"
    with plain, contextlib.closing(RedisStore(REDIS, namespace)) as store:
        least = 2 * best(plain.ping, 300)
        try:
            yield Row("Redis", best(a_call(store), 200), least, ratio_limit=6)
        finally:
            for key in plain.scan_iter(f"{{{namespace}}}:*", count=1000):
                plain.delete(key)


def main() -> int:
    """Print the table; with `--check`, return 1 when a limit is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 when a time or a ratio is above its limit")
    check = parser.parse_args().check
    print(f"{'reserve and settle':42}{'time':>10}{'limit':>10}{'least':>10}{'ratio':>8}{'limit':>8}")
    table = []
    for row in rows():
        table.append(row)
        ratio = f"{row.seconds / row.least:.1f}" if row.least else ""
        print(
            f"{row.what:42}{_time(row.seconds):>10}{_time(row.most):>10}{_time(row.least):>10}{ratio:>8}"
            f"{row.ratio_limit or '':>8}"
        )
    return 1 if check and any(row.is_too_slow for row in table) else 0


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1e6:.0f} µs"


if __name__ == "__main__":
    raise SystemExit(main())
