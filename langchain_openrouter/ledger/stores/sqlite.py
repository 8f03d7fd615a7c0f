"""A store in a file of SQLite: for all threads and processes of one machine. Python brings what it needs."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from langchain_openrouter._guard import Guard
from langchain_openrouter.ledger.stores import migrations, rules
from langchain_openrouter.ledger.stores.rules import StoredCall, StoredHold
from langchain_openrouter.ledger.stores.store import Balance, Entry, Refusal, Settlement, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_openrouter.ledger.stores.store import Claim, Hold

__all__ = ["SQLiteStore"]

MIGRATIONS = (
    """
    CREATE TABLE calls (
        id TEXT PRIMARY KEY,
        generation_id TEXT UNIQUE,
        started_at INTEGER NOT NULL,
        amount INTEGER NOT NULL,
        pending INTEGER NOT NULL,
        counters TEXT NOT NULL,
        data TEXT NOT NULL
    );
    CREATE INDEX calls_by_time ON calls (started_at, id);
    CREATE INDEX calls_pending ON calls (started_at, id) WHERE pending;
    CREATE TABLE holds (
        id TEXT PRIMARY KEY,
        amount INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        counters TEXT NOT NULL,
        entry TEXT
    );
    CREATE INDEX holds_by_expiry ON holds (expires_at);
    CREATE TABLE counters (
        key TEXT PRIMARY KEY,
        spent INTEGER NOT NULL,
        reserved INTEGER NOT NULL,
        peak INTEGER NOT NULL,
        kept_until INTEGER
    );
    CREATE INDEX counters_by_end ON counters (kept_until) WHERE kept_until IS NOT NULL;
    CREATE TABLE limits (budget TEXT PRIMARY KEY, nano INTEGER NOT NULL);
    """,
)
"""One script for each version of the tables; `PRAGMA user_version` says which were run."""

_PAGE = 1000
"""Calls that are read or forgotten at once, so that others do not wait for long."""

_FORGET = "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE started_at < ? LIMIT ?)"

_NOTHING = Balance()

_inherited: list[sqlite3.Connection] = []
"""Connections of the process that this one was forked from. SQLite wants them neither used nor closed here."""


class SQLiteStore(Store):
    """Keeps a ledger in a file.

    The file is opened with the first use, in the mode in which readers and a writer do not wait for each other (WAL). A
    process that is killed loses nothing that was booked; a machine that loses its power may lose the last moments.

    Args:
        path: The file; it and its folder are made where they are missing.
        timeout: Seconds to wait for other processes.
    """

    failures: tuple[type[Exception], ...] = (sqlite3.Error, OSError)

    def __init__(self, path: str | os.PathLike[str], timeout: float = 10.0) -> None:
        self.path = Path(path)
        self._timeout = timeout
        self._lock = Guard(timeout)
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._file: tuple[int, int] | None = None

    @override
    def reserve(self, hold: Hold, claims: Sequence[Claim], now: int | None) -> Refusal | None:
        with self._changing() as rows:
            return rules.reserve(rows, hold, claims, rules.time_or(now))

    @override
    def settle(self, entry: Entry, held: Sequence[str], claims: Sequence[Claim]) -> Settlement:
        with self._changing() as rows:
            return rules.settle(rows, entry, held, claims)

    @override
    def release(self, call_id: str, held: Sequence[str]) -> None:
        with self._changing() as rows:
            rules.release(rows, call_id, held)

    @override
    def balances(self, counters: Sequence[str], now: int | None) -> dict[str, Balance]:
        with self._changing() as rows:
            rules.sweep(rows, rules.time_or(now))
            return {counter: rows.balance(counter) or _NOTHING for counter in counters}

    @override
    def in_flight(self, now: int | None) -> int:
        with self._locked() as connection:
            query = "SELECT count(*) FROM holds WHERE expires_at > ?"
            found: int = connection.execute(query, (rules.time_or(now),)).fetchone()[0]
            return found

    @override
    def limit(self, budget: str) -> int | None:
        with self._locked() as connection:
            return _Tables(connection).limit(budget)

    @override
    def set_limit(self, budget: str, limit: int | None) -> None:
        with self._changing() as rows:
            if limit is None:
                rows.run("DELETE FROM limits WHERE budget = ?", budget)
            else:
                rows.run(
                    "INSERT INTO limits VALUES (?, ?) ON CONFLICT DO UPDATE SET nano = excluded.nano", budget, limit
                )

    @override
    def entries(self, since: int | None = None, until: int | None = None, *, pending: bool = False) -> Iterator[Entry]:
        pick = f"{_ENTRIES} {'AND pending ' if pending else ''}ORDER BY started_at, id LIMIT {_PAGE}"
        last = (-(2**63) if since is None else since, "")
        end = 2**63 - 1 if until is None else until
        while True:
            with self._locked() as connection:
                found = connection.execute(pick, (*last, end)).fetchall()
            yield from map(_entry, found)
            if len(found) < _PAGE:
                return
            last = (found[-1][2], found[-1][0])

    @override
    def prune(self, calls_before: int | None, counters_before: int) -> int:
        with self._changing() as rows:
            rows.run("DELETE FROM counters WHERE kept_until < ? AND reserved = 0", counters_before)
        forgotten, page = 0, 0 if calls_before is None else _PAGE
        while page == _PAGE:
            with self._changing() as rows:
                page = rows.run(_FORGET, calls_before, _PAGE).rowcount
            forgotten += page
        return forgotten

    @override
    def close(self) -> None:
        with self._lock:
            self._leave()

    def _leave(self) -> None:
        if self._connection is not None:
            if self._process == os.getpid():
                self._connection.close()
            else:
                _inherited.append(self._connection)
            self._connection = None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Tables]:
        """Give the tables inside of a transaction that holds the file's only right to write."""
        with self._locked() as connection, _transaction(connection):
            yield _Tables(connection)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None or self._process != os.getpid() or self._file != _file_at(self.path):
                self._leave()
                self._connection, self._process = self._open(), os.getpid()
                self._file = _file_at(self.path)
            try:
                yield self._connection
            except sqlite3.Error:
                self._leave()  # the file may be another one by now
                raise

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=self._timeout, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        try:
            _use_wal(connection, time.monotonic() + self._timeout)
            connection.execute("PRAGMA synchronous = NORMAL")
            _migrate(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection


_ENTRIES = (
    "SELECT id, amount, started_at, generation_id, pending, data FROM calls "
    "WHERE (started_at, id) > (?, ?) AND started_at < ?"
)


class _Tables:
    """The rows, inside of a transaction."""

    __slots__ = ("_execute",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._execute(statement, values)

    def hold(self, call_id: str) -> StoredHold | None:
        row = self.run("SELECT id, amount, expires_at, counters, entry FROM holds WHERE id = ?", call_id).fetchone()
        return None if row is None else _stored_hold(row)

    def put_hold(self, stored: StoredHold) -> None:
        entry = None if stored.entry is None else _entry_text(stored.entry)
        counters = json.dumps(stored.counters)
        self.run(
            "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)",
            stored.id,
            stored.amount,
            stored.expires_at,
            counters,
            entry,
        )

    def drop_hold(self, call_id: str) -> None:
        self.run("DELETE FROM holds WHERE id = ?", call_id)

    def expired(self, now: int) -> Sequence[StoredHold]:
        found = self.run(
            "SELECT id, amount, expires_at, counters, entry FROM holds WHERE expires_at <= ? ORDER BY 3, 1", now
        )
        return [_stored_hold(row) for row in found.fetchall()]

    def call(self, call_id: str) -> StoredCall | None:
        row = self.run(
            "SELECT id, amount, started_at, generation_id, pending, data, counters FROM calls WHERE id = ?", call_id
        ).fetchone()
        return None if row is None else StoredCall(_entry(row), tuple(json.loads(row[6])))

    def owner(self, generation_id: str) -> str | None:
        row = self.run("SELECT id FROM calls WHERE generation_id = ?", generation_id).fetchone()
        return None if row is None else row[0]

    def put_call(self, stored: StoredCall) -> None:
        entry, counters = stored.entry, json.dumps(stored.counters)
        self.run(
            "INSERT INTO calls (id, generation_id, started_at, amount, pending, counters, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET generation_id = excluded.generation_id, "
            "started_at = excluded.started_at, amount = excluded.amount, pending = excluded.pending, "
            "counters = excluded.counters, data = excluded.data",
            entry.id, entry.generation_id or None, entry.started_at, entry.amount, entry.pending, counters, entry.data,
        )  # fmt: skip

    def drop_call(self, call_id: str) -> None:
        self.run("DELETE FROM calls WHERE id = ?", call_id)

    def balance(self, counter: str) -> Balance | None:
        row = self.run("SELECT spent, reserved, peak FROM counters WHERE key = ?", counter).fetchone()
        return None if row is None else Balance(*row)

    def put_balance(self, counter: str, balance: Balance, kept_until: int | None) -> None:
        self.run(
            "INSERT INTO counters VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET spent = excluded.spent, "
            "reserved = excluded.reserved, peak = excluded.peak, "
            "kept_until = coalesce(excluded.kept_until, kept_until)",
            counter, balance.spent, balance.reserved, balance.peak, kept_until,
        )  # fmt: skip

    def limit(self, budget: str) -> int | None:
        row = self.run("SELECT nano FROM limits WHERE budget = ?", budget).fetchone()
        return None if row is None else row[0]


def _use_wal(connection: sqlite3.Connection, until: float) -> None:
    """Switch to WAL; where others do the same with a new file, SQLite gives up at once instead of waiting."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to this version; one process does it while the others wait."""
    if migrations.pending(_version(connection), MIGRATIONS, path):
        with _transaction(connection):
            # Looked at again: another process may have been quicker.
            for script in migrations.pending(_version(connection), MIGRATIONS, path):
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the file's only right to write, and write all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk ends it
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _entry(row: tuple[Any, ...]) -> Entry:
    call_id, amount, started_at, generation_id, pending, data = row[:6]
    return Entry(call_id, amount, started_at, generation_id, bool(pending), data)


def _entry_text(entry: Entry) -> str:
    return json.dumps([entry.id, entry.amount, entry.started_at, entry.generation_id, entry.pending, entry.data])


def _stored_hold(row: tuple[Any, ...]) -> StoredHold:
    call_id, amount, expires_at, counters, entry = row
    booked = None if entry is None else Entry(*json.loads(entry))
    return StoredHold(call_id, amount, expires_at, booked, tuple(json.loads(counters)))


def _file_at(path: Path) -> tuple[int, int] | None:
    """Tell one file from another; SQLite goes on with one that was removed, where nobody else finds it."""
    try:
        found = os.stat(path)  # noqa: PTH116  # with each step, so the quick way
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
