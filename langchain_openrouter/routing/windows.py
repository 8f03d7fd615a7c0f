"""The windows of rate limits, and where their calls are counted: in this process, or in a Redis that many share.

A window up to hours moves: no stretch of its length has more calls, wherever it begins. (A fixed window lets twice as
many pass around its end, and a sliding counter guesses.) A window of days lies in the calendar, as OpenRouter's own: it
begins at midnight UTC.

All windows of a call are looked at and taken in one step, since a call that has taken one and is refused by another
would have wasted it. `limits` has no such step, so it is made here: with a lock, or as a script that Redis runs alone,
by its own clock. What the script keeps of a moving window is what `limits` keeps, so its users see it.
"""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from langchain_openrouter._guard import Guard
from langchain_openrouter.ledger.stores.servers import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Counters", "MemoryCounters", "RedisCounters", "Taken", "Window"]


@dataclass(frozen=True, slots=True)
class Window:
    """How many calls may pass in a time.

    Args:
        key: What its calls are counted under.
        most: The most calls.
        seconds: Its length.
        moves: Whether it is any stretch of this length. Else one begins at each multiple of the length since 1970.
    """

    key: str
    most: int
    seconds: int
    moves: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of taking windows, or would come of it.

    Args:
        wait: Seconds until they may be taken; 0 where they are.
        at: When that was, as the counters write it.
    """

    wait: float
    at: str = ""


class Counters(Protocol):
    """Counts the calls in windows."""

    waits_for_others: bool
    """Whether a step may take longer than an event loop has time for."""

    failures: tuple[type[Exception], ...]
    """What a step raises where the calls cannot be counted."""

    def take(self, windows: Sequence[Window]) -> Taken:
        """Count a call in all windows, or in none."""
        ...

    def give_back(self, windows: Sequence[Window], taken: Taken) -> None:
        """Undo that, for a call that is not made."""
        ...

    def look(self, windows: Sequence[Window]) -> Taken:
        """Tell what would come of a call now."""
        ...


class MemoryCounters:
    """Counts in this process.

    Args:
        elapsed: Gives seconds that never go back, for windows that move.
        clock: Gives seconds since 1970, for those of the calendar.
    """

    waits_for_others = False
    failures: tuple[type[Exception], ...] = ()

    def __init__(
        self, *, elapsed: Callable[[], float] = time.monotonic, clock: Callable[[], float] = time.time
    ) -> None:
        self._elapsed = elapsed
        self._clock = clock
        self._guard = Guard(threading.TIMEOUT_MAX)
        self._moving: dict[str, deque[float]] = {}
        self._calendar: dict[str, tuple[float, int]] = {}

    def take(self, windows: Sequence[Window]) -> Taken:
        """Count a call in all windows, or in none."""
        with self._guard:
            wait = self._wait(windows)
            if wait:
                return Taken(wait)
            for window in windows:
                if window.moves:
                    self._moving.setdefault(window.key, deque(maxlen=window.most)).append(self._elapsed())
                else:
                    begin, calls = self._current(window)
                    self._calendar[window.key] = begin, calls + 1
            return Taken(0.0)

    def give_back(self, windows: Sequence[Window], taken: Taken) -> None:
        """Do nothing: nobody can leave in the middle of a step."""

    def look(self, windows: Sequence[Window]) -> Taken:
        """Tell what would come of a call now."""
        with self._guard:
            return Taken(self._wait(windows))

    def _wait(self, windows: Sequence[Window]) -> float:
        return max(0.0, *map(self._wait_for, windows))

    def _wait_for(self, window: Window) -> float:
        if window.moves:
            calls = self._moving.get(window.key)
            return calls[0] + window.seconds - self._elapsed() if calls and len(calls) == window.most else 0.0
        begin, number = self._current(window)
        return begin + window.seconds - self._clock() if number == window.most else 0.0

    def _current(self, window: Window) -> tuple[float, int]:
        """Give the begin of a window of the calendar, and its calls. A clock that goes back leads into no other."""
        begin = self._clock() // window.seconds * window.seconds
        known = self._calendar.get(window.key)
        return known if known and known[0] >= begin else (begin, 0)


_MOST_CONNECTIONS = 16
"""Of one process."""

_TAKE = """
local time = redis.call('TIME')
local seconds = tonumber(time[1])
local now = seconds + time[2] / 1000000
local at = string.format('%.6f', now)
local wait, windows = 0, {}
for i, key in ipairs(KEYS) do
    local most, length, moves = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3]), ARGV[i * 3 + 1] == '1'
    if moves then
        local call = redis.call('LINDEX', key, most - 1)
        if call then wait = math.max(wait, call + length - now) end
    else
        local begin = seconds - seconds % length
        key = key .. '/' .. string.format('%.0f', begin)
        if tonumber(redis.call('GET', key) or '0') >= most then wait = math.max(wait, begin + length - now) end
    end
    windows[i] = {key, most, length, moves}
end
if wait > 0 or ARGV[1] ~= 'take' then return {tostring(wait), at} end
for _, window in ipairs(windows) do
    local key, most, length, moves = unpack(window)
    if moves then
        redis.call('LPUSH', key, at)
        redis.call('LTRIM', key, 0, most - 1)
    else
        redis.call('INCR', key)
    end
    redis.call('EXPIRE', key, length)
end
return {'0', at}
"""

_GIVE_BACK = """
local seconds = math.floor(tonumber(ARGV[1]))
for i, key in ipairs(KEYS) do
    local length, moves = tonumber(ARGV[i * 3]), ARGV[i * 3 + 1] == '1'
    if moves then
        redis.call('LREM', key, 1, ARGV[1])
    else
        key = key .. '/' .. string.format('%.0f', seconds - seconds % length)
        if redis.call('EXISTS', key) == 1 then redis.call('DECR', key) end
    end
end
"""


class RedisCounters:
    """Counts in Redis, version 5 or newer, by the clock of its server. It connects when it is used first.

    Args:
        url: Address of the database (`redis://user:password@host:6379/0`, `rediss://…`, `unix://…`).
        name: What is shared: programs with the same name and the same limits count together.
        timeout: Seconds to wait for an answer, and for a connection that other threads use.

    Raises:
        ValueError: It is no such address.
        ImportError: A package is missing.
    """

    waits_for_others = True

    def __init__(self, url: str, name: str, timeout: float = 10.0) -> None:
        self.place = shown(url)
        # Keys with the same text in braces are kept together in a cluster.
        self._storage = _storage(url, f"{{{name}}}:limits", timeout)
        client = self._storage.get_connection()
        weakref.finalize(self, client.connection_pool.disconnect)
        self._take, self._give_back = client.register_script(_TAKE), client.register_script(_GIVE_BACK)
        self._broken = self._storage.dependency.ConnectionError
        self.failures: tuple[type[Exception], ...] = (self._storage.base_exceptions, OSError)

    def take(self, windows: Sequence[Window]) -> Taken:
        """Count a call in all windows, or in none."""
        return self._ask("take", windows)

    def give_back(self, windows: Sequence[Window], taken: Taken) -> None:
        """Undo that. Where it fails, the call stays counted."""
        with contextlib.suppress(*self.failures):
            self._run(self._give_back, taken.at, windows)

    def look(self, windows: Sequence[Window]) -> Taken:
        """Tell what would come of a call now."""
        return self._ask("look", windows)

    def _ask(self, step: str, windows: Sequence[Window]) -> Taken:
        wait, at = self._run(self._take, step, windows)
        return Taken(float(wait), at)

    def _run(self, script: Any, first: str, windows: Sequence[Window]) -> Any:
        keys = [self._storage.prefixed_key(window.key) for window in windows]
        values = [value for window in windows for value in (window.most, window.seconds, int(window.moves))]
        try:
            return script(keys, [first, *values])
        except self._broken:
            # The server was started anew, perhaps. If it has counted the call and only its answer was lost, the call
            # counts twice, which never lets too many pass.
            return script(keys, [first, *values])


def _storage(url: str, prefix: str, timeout: float) -> Any:
    """Make the storage of `limits`. The errors of redis-py are not passed on: they quote the URL."""
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        msg = 'Rate limits over Redis need the package redis: pip install "langchain-openrouter-plus[limits,redis]"'
        raise ImportError(msg, name="redis") from error
    from limits.storage import RedisStorage

    options: dict[str, Any] = {
        "socket_connect_timeout": 3.0,
        "socket_timeout": timeout,
        "timeout": timeout,
        "decode_responses": True,
        "max_connections": _MOST_CONNECTIONS,
    }
    try:
        pool: Any = redis.BlockingConnectionPool.from_url(url, **options, retry=Retry(NoBackoff(), 0))
        pool.make_connection()  # looks at the options
    except (ValueError, TypeError):
        pool = None
    if pool is None:
        raise ValueError(f"{shown(url)!r} is no address of Redis, or has unknown options. Write odd characters as %xx.")
    return RedisStorage(url, connection_pool=pool, key_prefix=prefix)
