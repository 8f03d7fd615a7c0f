"""A store in Redis: for many machines. The steps are a script that Redis runs (`redis.lua`)."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from langchain_openrouter.ledger.stores import migrations
from langchain_openrouter.ledger.stores.servers import PAGE, check_namespace, missing, shown
from langchain_openrouter.ledger.stores.store import (
    Balance,
    Claim,
    Entry,
    Hold,
    Movement,
    Outcome,
    Refusal,
    Settlement,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

__all__ = ["RedisStore"]

MIGRATIONS = ("",)
"""One script (Lua) for each version of the keys; the first had none to change. The key `version` counts them."""

_MIGRATE = """
local version = redis.call('GET', KEYS[1] .. 'version') or '0'
if version == ARGV[1] then
    %s
    redis.call('SET', KEYS[1] .. 'version', ARGV[2])
end
"""

_MOST_CONNECTIONS = 16
"""Of one process."""

_CONNECTING = {"socket_connect_timeout": 3.0, "decode_responses": True, "max_connections": _MOST_CONNECTIONS}
"""How a server that is gone is noticed. What a URL says goes before."""


class RedisStore(Store):
    """Keeps a ledger in Redis, version 5 or newer.

    Each step is one round trip, and is done once more when the connection is found broken: twice has the same effect as
    once. How much of it outlasts a crash of the server is a setting of the server (`appendonly`), and so is that no key
    is thrown out when memory is short (`maxmemory-policy noeviction`).

    Args:
        url: Address of the database (`redis://user:password@host:6379/0`, `rediss://…`, `unix://…`).
        namespace: Begin of all keys; a database may hold several ledgers.
        timeout: Seconds to wait for an answer, and for a connection that other threads use.
    """

    def __init__(self, url: str, namespace: str = "openrouter", timeout: float = 10.0) -> None:
        self._redis = _redis()
        self._place = shown(url)
        self._namespace = check_namespace(namespace)
        self._base = f"{{{namespace}}}:"
        self._client = self._open(url, timeout)
        self._script = self._client.register_script(_source())
        self._is_ready = False

    def __repr__(self) -> str:
        return f"RedisStore({self._place!r}, namespace={self._namespace!r})"

    @property
    @override
    def failures(self) -> tuple[type[Exception], ...]:
        return (self._redis.RedisError, OSError)

    @override
    def reserve(self, hold: Hold, claims: Sequence[Claim], now: int | None) -> Refusal | None:
        wanted = [[claim.counter, claim.limit, claim.budget, claim.share, claim.kept_until] for claim in claims]
        entry = () if hold.entry is None else _values(hold.entry)
        refused = self._run("reserve", _time(now), json.dumps(wanted), hold.id, hold.amount, hold.lease, *entry)
        if refused is None:
            return None
        counter, *amounts = refused
        return Refusal(counter, *map(int, amounts))

    @override
    def settle(self, entry: Entry, held: Sequence[str], claims: Sequence[Claim]) -> Settlement:
        targets = [[claim.counter, claim.kept_until] for claim in claims]
        outcome, *moved = self._run("settle", json.dumps(list(held)), json.dumps(targets), *_values(entry))
        movements = zip(moved[::3], map(int, moved[1::3]), map(int, moved[2::3]), strict=True)
        return Settlement(cast("Outcome", outcome), tuple(Movement(*each) for each in movements))

    @override
    def release(self, call_id: str, held: Sequence[str]) -> None:
        self._run("release", call_id, json.dumps(list(held)))

    @override
    def balances(self, counters: Sequence[str], now: int | None) -> dict[str, Balance]:
        found = list(map(int, self._run("balances", _time(now), json.dumps(list(counters)))))
        amounts = zip(found[::3], found[1::3], found[2::3], strict=True)
        return {counter: Balance(*each) for counter, each in zip(counters, amounts, strict=True)}

    @override
    def in_flight(self, now: int | None) -> int:
        return int(self._run("in_flight", _time(now)))

    @override
    def limit(self, budget: str) -> int | None:
        found = self._run("limit", budget)
        return None if found is None else int(found)

    @override
    def set_limit(self, budget: str, limit: int | None) -> None:
        self._run("set_limit", budget, "" if limit is None else limit)

    @override
    def entries(self, since: int | None = None, until: int | None = None, *, pending: bool = False) -> Iterator[Entry]:
        index = "pending" if pending else "calls"
        last: tuple[int | str, str] = ("-inf" if since is None else since, "")
        end = "+inf" if until is None else until
        while True:
            found = self._run("page", index, *last, end, PAGE)
            entries = [_entry(found[place : place + 6]) for place in range(0, len(found), 6)]
            yield from entries
            if len(entries) < PAGE:
                return
            last = (entries[-1].started_at, entries[-1].id)

    @override
    def prune(self, calls_before: int | None, counters_before: int) -> int:
        seen, kept, skip = PAGE, 0, 0
        while seen == PAGE:
            seen, kept = self._run("prune_counters", counters_before, skip, PAGE)
            skip += kept
        forgotten, page = 0, 0 if calls_before is None else PAGE
        while page == PAGE:
            page = self._run("prune_calls", calls_before, PAGE)
            forgotten += page
        return forgotten

    @override
    def close(self) -> None:
        self._client.connection_pool.disconnect()

    def _run(self, step: str, *values: Any) -> Any:
        """Run a step, with a new connection where the old one is broken."""
        try:
            return self._send(step, values)
        except self._redis.ConnectionError:
            return self._send(step, values)

    def _send(self, step: str, values: tuple[Any, ...]) -> Any:
        if not self._is_ready:
            self._migrate()
            self._is_ready = True
        return self._script(keys=[self._base], args=[step, *values])

    def _migrate(self) -> None:
        """Bring the keys to this version; a script runs alone, so another process may be as far by then."""
        version = int(self._client.get(f"{self._base}version") or 0)
        for number, script in enumerate(migrations.pending(version, MIGRATIONS, self._place), version):
            self._client.eval(_MIGRATE % script, 1, self._base, number, number + 1)

    def _open(self, url: str, timeout: float) -> Any:
        """Make a client, which does not connect yet. The errors of redis-py are not passed on: they quote the URL."""
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        options = {**_CONNECTING, "socket_timeout": timeout, "timeout": timeout}
        try:
            # `_run` tries again by itself, without a pause.
            pool = self._redis.BlockingConnectionPool.from_url(url, **options, retry=Retry(NoBackoff(), 0))
            pool.make_connection()  # looks at the options
        except (ValueError, TypeError):
            pool = None
        if pool is None:
            msg = f"{self._place!r} is no address of Redis, or has unknown options. Write odd characters as %xx."
            raise ValueError(msg)
        return self._redis.Redis(connection_pool=pool)


def _redis() -> ModuleType:
    try:
        import redis
    except ImportError as error:
        raise missing("redis", "Redis", "redis") from error
    return redis


def _source() -> str:
    return resources.files(__package__).joinpath("redis.lua").read_text(encoding="utf-8")


def _time(now: int | None) -> int | str:
    return "" if now is None else now


def _values(entry: Entry) -> tuple[Any, ...]:
    return entry.id, entry.amount, entry.started_at, entry.generation_id or "", int(entry.pending), entry.data


def _entry(row: Sequence[str]) -> Entry:
    call_id, amount, started_at, generation_id, pending, data = row
    return Entry(call_id, int(amount), int(started_at), generation_id or None, pending == "1", data)
