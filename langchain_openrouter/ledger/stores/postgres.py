"""A store in PostgreSQL: for many machines. The steps are functions in the database (`postgres.sql`)."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from langchain_openrouter.ledger.stores import migrations
from langchain_openrouter.ledger.stores.connections import Connections, bounded_connection
from langchain_openrouter.ledger.stores.servers import PAGE, check_namespace, missing, shown
from langchain_openrouter.ledger.stores.store import Balance, Entry, Movement, Refusal, Settlement, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from psycopg import Connection

    from langchain_openrouter.ledger.stores.store import Claim, Hold

    Row = tuple[Any, ...]

__all__ = ["PostgresStore"]

MIGRATIONS = ("postgres.sql",)
"""One file for each version of the tables; the table `version` says how many were run."""

_MOST_CONNECTIONS = 4
"""Of one process. Steps take turns in any case."""

_CONNECTING = {
    "connect_timeout": "3",
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "langchain_openrouter",
}
"""How a server that is gone is noticed. What a URL says goes before."""

_VERSION = "SELECT number FROM {0}.version"
_RESERVE = (
    "SELECT * FROM {0}.reserve((%s, %s, NULL, '{{}}', %s, %s, %s, %s, %s, %s)::{0}.holds, "
    "%s, %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s)"
)
_SETTLE = "SELECT * FROM {0}.settle((%s, %s, %s, %s, %s, '{{}}', %s)::{0}.calls, %s::text[], %s::text[], %s::bigint[])"
_SET_LIMIT = "INSERT INTO {0}.limits VALUES (%s, %s) ON CONFLICT (budget) DO UPDATE SET nano = excluded.nano"
_ENTRIES = (
    "SELECT id, amount, started_at, generation_id, pending, data FROM {0}.calls "
    "WHERE (started_at, id) > (%s, %s) AND started_at < %s AND (pending OR NOT %s) ORDER BY started_at, id LIMIT %s"
)


class PostgresStore(Store):
    """Keeps a ledger in a schema of a database.

    The schema and its tables are made with the first use. Each step is one round trip, and is done once more when the
    connection is found broken: twice has the same effect as once.

    Args:
        url: Address of the database (`postgresql://user:password@host:5432/name`).
        namespace: The schema; a database may hold several ledgers.
        timeout: Seconds to wait for an answer, and for a connection that other threads use.
    """

    def __init__(self, url: str, namespace: str = "openrouter", timeout: float = 10.0) -> None:
        self._psycopg = _psycopg()
        self._place = shown(url)
        self._address = _address(url)
        self._namespace = check_namespace(namespace)
        self._schema = f'"{namespace}"'
        self._timeout = timeout
        self._connections = Connections(self._connect, _MOST_CONNECTIONS, timeout)

    def __repr__(self) -> str:
        return f"PostgresStore({self._place!r}, namespace={self._namespace!r})"

    @property
    @override
    def failures(self) -> tuple[type[Exception], ...]:
        return (self._psycopg.Error, OSError)

    @override
    def reserve(self, hold: Hold, claims: Sequence[Claim], now: int | None) -> Refusal | None:
        entry = (None,) * 6 if hold.entry is None else _values(hold.entry)
        claimed = (
            [claim.counter for claim in claims],
            [claim.limit for claim in claims],
            [claim.budget for claim in claims],
            [claim.share for claim in claims],
            [claim.kept_until for claim in claims],
        )
        (row,) = self._rows(_RESERVE, hold.id, hold.amount, *entry, hold.lease, *claimed, now)
        return None if row[0] is None else Refusal(*row)

    @override
    def settle(self, entry: Entry, held: Sequence[str], claims: Sequence[Claim]) -> Settlement:
        charged = [claim.counter for claim in claims], [claim.kept_until for claim in claims]
        call_id, amount, started_at, generation_id, pending, data = _values(entry)
        call = call_id, generation_id, started_at, amount, pending, data
        ((outcome, movements),) = self._rows(_SETTLE, *call, list(held), *charged)
        return Settlement(outcome, tuple(Movement(**each) for each in movements))

    @override
    def release(self, call_id: str, held: Sequence[str]) -> None:
        self._rows("SELECT {0}.release(%s, %s::text[])", call_id, list(held))

    @override
    def balances(self, counters: Sequence[str], now: int | None) -> dict[str, Balance]:
        query = "SELECT key, spent, reserved, peak FROM {0}.balances(%s::text[], %s)"
        there = {row[0]: Balance(*row[1:]) for row in self._rows(query, list(counters), now)}
        return {counter: there.get(counter, Balance()) for counter in counters}

    @override
    def in_flight(self, now: int | None) -> int:
        found = self._rows("SELECT count(*) FROM {0}.holds WHERE expires_at > {0}.time_or(%s)", now)
        return int(found[0][0])

    @override
    def limit(self, budget: str) -> int | None:
        found = self._rows("SELECT nano FROM {0}.limits WHERE budget = %s", budget)
        return found[0][0] if found else None

    @override
    def set_limit(self, budget: str, limit: int | None) -> None:
        if limit is None:
            self._rows("DELETE FROM {0}.limits WHERE budget = %s", budget)
        else:
            self._rows(_SET_LIMIT, budget, limit)

    @override
    def entries(self, since: int | None = None, until: int | None = None, *, pending: bool = False) -> Iterator[Entry]:
        last = (-(2**63) if since is None else since, "")
        end = 2**63 - 1 if until is None else until
        while True:
            found = [Entry(*row) for row in self._rows(_ENTRIES, *last, end, pending, PAGE)]
            yield from found
            if len(found) < PAGE:
                return
            last = (found[-1].started_at, found[-1].id)

    @override
    def prune(self, calls_before: int | None, counters_before: int) -> int:
        self._rows("SELECT {0}.prune_counters(%s)", counters_before)
        forgotten, page = 0, 0 if calls_before is None else PAGE
        while page == PAGE:
            ((page,),) = self._rows("SELECT {0}.prune_calls(%s, %s)", calls_before, PAGE)
            forgotten += page
        return forgotten

    @override
    def close(self) -> None:
        self._connections.close()

    def _rows(self, query: str, *values: Any) -> list[Row]:
        """Send one statement; each is a transaction of its own."""
        text = query.format(self._schema).encode()

        def send(connection: Connection[Row]) -> list[Row]:
            cursor = connection.execute(text, values)
            return cursor.fetchall() if cursor.description else []

        return self._connections.run(send)

    def _connect(self) -> Connection[Row]:
        # No prepared statements: functions keep their plans, and pools between (PgBouncer) may know none.
        opened = bounded_connection(self._timeout).connect(**self._address, autocommit=True, prepare_threshold=None)
        connection: Connection[Row] = opened
        try:
            if migrations.pending(self._version(connection), MIGRATIONS, self._place):
                self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _version(self, connection: Connection[Row]) -> int:
        """Give the number of files that were run."""
        exists = "SELECT to_regclass(%s) IS NOT NULL"
        if connection.execute(exists, (f"{self._schema}.version",)).fetchall() == [(False,)]:
            return 0
        ((version,),) = connection.execute(_VERSION.format(self._schema).encode())
        return int(version)

    def _migrate(self, connection: Connection[Row]) -> None:
        """Bring the tables to this version; one process does it while the others wait."""
        run, schema = connection.execute, self._schema
        with connection.transaction():
            run("SET LOCAL lock_timeout = '10s'")
            run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"langchain_openrouter {self._namespace}",))
            if run("SELECT to_regnamespace(%s) IS NULL", (schema,)).fetchall() == [(True,)]:
                run(f"CREATE SCHEMA {schema}".encode())  # not `IF NOT EXISTS`, which asks for the right in any case
            run(f"SET LOCAL search_path TO {schema}".encode())
            # Looked at again: another process may have been quicker.
            for name in migrations.pending(self._version(connection), MIGRATIONS, self._place):
                run(resources.files(__package__).joinpath(name).read_bytes())
            run("UPDATE version SET number = %s", (len(MIGRATIONS),))


def _psycopg() -> ModuleType:
    try:
        import psycopg
    except ImportError as error:
        raise missing("psycopg", "PostgreSQL", "sql") from error
    return psycopg


def _address(url: str) -> dict[str, Any]:
    """Read a URL. The error of psycopg is not passed on: it quotes the password."""
    psycopg = _psycopg()
    try:
        told = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        told = None
    if told is None:
        msg = f"{shown(url)!r} is no address of PostgreSQL. Write other characters than letters and digits as %xx."
        raise ValueError(msg)
    return {**_CONNECTING, **told}


def _values(entry: Entry) -> Row:
    return entry.id, entry.amount, entry.started_at, entry.generation_id or None, entry.pending, entry.data
