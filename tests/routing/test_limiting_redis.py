"""Rate limits over Redis: shared, atomic, by the server's clock; and what becomes of calls when it is away."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits import parse
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from langchain_openrouter.errors import LedgerUnavailableError, RateLimitError
from langchain_openrouter.routing.limiting import RateLimits
from langchain_openrouter.routing.windows import MemoryCounters, RedisCounters, Window
from tests.helpers.proxy import Proxy
from tests.helpers.services import redis_namespace, redis_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.rate_limiters import BaseRateLimiter

__all__ = ["redis_url"]

MODEL = "author/one"


@pytest.fixture
def name(redis_url: str) -> Iterator[str]:
    """Give a name that nobody else uses."""
    with redis_namespace(redis_url) as name:
        yield name


def shared(url: str, name: str, limits: str, **options: Any) -> RateLimits:
    """Give limits that hold for all models."""
    return RateLimits({"*": limits}, storage=url, name=name, **options)


def limiter_of(limits: RateLimits) -> BaseRateLimiter:
    """Give the limiter of a model."""
    limiter = limits.limiter(MODEL)
    assert limiter is not None
    return limiter


def passed(limits: RateLimits, calls: int = 10) -> int:
    """Ask for calls at once; say how many pass."""
    limiter = limiter_of(limits)
    return [limiter.acquire(blocking=False) for _ in range(calls)].count(True)


def through(proxy: Proxy, name: str, limits: str, timeout: float = 0.5, **options: Any) -> RateLimits:
    """Give limits over a Redis behind a proxy."""
    url = f"redis://127.0.0.1:{proxy.port}"
    made = shared(url, name, limits, **options)
    made._gate.counters = RedisCounters(url, name, timeout)
    return made


@pytest.fixture
def away() -> str:
    """Give the address of a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"redis://ann:secret@127.0.0.1:{port}/0?client_name=secret"


class TestCounting:
    def test_shared(self, redis_url: str, name: str) -> None:
        """Whoever has the name and the limit counts along; who has another does not."""
        one, same = (shared(redis_url, name, "5/hour") for _ in range(2))
        assert (passed(one, 2), passed(same, 2), passed(one)) == (2, 2, 1)
        assert 3590 < same.wait(MODEL) <= 3600
        assert passed(shared(redis_url, name, "6/hour")) == 6
        with redis_namespace(redis_url) as other:
            assert passed(shared(redis_url, other, "5/hour")) == 5

    def test_all_or_nothing(self, redis_url: str, name: str) -> None:
        """A call that one window refuses takes no place in another."""
        limits = {"*": "5/hour", "author/*": "2/365 days", "author/one": "9/hour"}
        both = RateLimits(limits, storage=redis_url, name=name)
        assert passed(both) == 2
        other = both.limiter("other/one")
        assert other is not None
        assert [other.acquire(blocking=False) for _ in range(5)].count(True) == 3

    def test_looking_takes_nothing(self, redis_url: str, name: str) -> None:
        """To ask for the wait counts no call."""
        limits = shared(redis_url, name, "2/hour; 2/365 days")
        assert [limits.wait(MODEL) for _ in range(5)] == [0] * 5
        assert passed(limits) == 2

    def test_calendar(self, redis_url: str, name: str) -> None:
        """A window of days ends at a multiple of its length since 1970."""
        limits = shared(redis_url, name, "1/365 days; 5/hour")
        assert passed(limits) == 1
        length = 365 * 86400
        assert limits.wait(MODEL) == pytest.approx(length - time.time() % length, abs=5)

    def test_moves(self, redis_url: str, name: str) -> None:
        """A place is free again after its window, and whoever waits gets it."""
        limits = shared(redis_url, name, "2/second")
        begin = time.monotonic()
        assert [limiter_of(limits).acquire() for _ in range(5)] == [True] * 5
        assert time.monotonic() - begin >= 2

    def test_seen_by_limits(self, redis_url: str, name: str) -> None:
        """Programs that use `limits` themselves see the windows that move, and share them."""
        ours = shared(redis_url, name, "5/hour")
        theirs = MovingWindowRateLimiter(RedisStorage(redis_url, key_prefix=f"{{{name}}}:limits"))
        item = parse("5/hour")
        assert passed(ours, 2) == 2
        assert theirs.get_window_stats(item, "*").remaining == 3
        assert theirs.hit(item, "*")
        assert passed(ours) == 2
        theirs.storage.storage.close()  # type: ignore[attr-defined]

    def test_nothing_is_kept_for_ever(self, redis_url: str, name: str) -> None:
        """Each key ends with its window."""
        counters = RedisCounters(redis_url, name)
        counters.take([Window("a", 5, 3600, moves=True), Window("b", 5, 86400, moves=False)])
        client = counters._storage.get_connection()
        keys = sorted(client.scan_iter(f"{{{name}}}:*"))
        assert [client.ttl(key) for key in keys] == [pytest.approx(length, abs=5) for length in (3600, 86400)]

    def test_few_calls_are_kept(self, redis_url: str, name: str) -> None:
        """No more calls are kept than a window has."""
        limits = shared(redis_url, name, "2/second")
        assert passed(limits, 1) == 1
        time.sleep(0.5)
        assert [limiter_of(limits).acquire() for _ in range(2)] == [True] * 2
        client = limits._gate.counters._storage.get_connection()  # type: ignore[attr-defined]
        assert [client.llen(key) for key in client.scan_iter(f"{{{name}}}:*")] == [2]


WINDOWS = [
    Window("a", 2, 3600, moves=True),
    Window("b", 3, 7200, moves=True),
    Window("c", 4, 365 * 86400, moves=False),
    Window("d", 5, 364 * 86400, moves=False),
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(WINDOWS), min_size=1, unique=True), max_size=25))
def test_same_as_in_memory(redis_url: str, steps: list[list[Window]]) -> None:
    """Redis lets the same calls pass as memory does, and tells the same waits."""
    with redis_namespace(redis_url) as name:
        memory, redis = MemoryCounters(), RedisCounters(redis_url, name)
        for windows in steps:
            assert memory.look(windows).wait == pytest.approx(redis.look(windows).wait, abs=5)
            assert memory.take(windows).wait == pytest.approx(redis.take(windows).wait, abs=5)


class TestAsync:
    async def test_waits(self, redis_url: str, name: str) -> None:
        """Tasks wait for their places, in the event loop."""
        limiter = limiter_of(shared(redis_url, name, "2/second"))
        begin = time.monotonic()
        assert await asyncio.gather(*(limiter.aacquire() for _ in range(5))) == [True] * 5
        assert time.monotonic() - begin >= 2

    async def test_at_once(self, redis_url: str, name: str) -> None:
        """Without blocking, the answer comes at once."""
        limiter = limiter_of(shared(redis_url, name, "2/hour"))
        assert [await limiter.aacquire(blocking=False) for _ in range(3)] == [True, True, False]

    async def test_refused(self, redis_url: str, name: str) -> None:
        """What would wait for too long is refused."""
        limiter = limiter_of(shared(redis_url, name, "1/hour", longest_wait=60))
        assert await limiter.aacquire()
        with pytest.raises(RateLimitError) as caught:
            await limiter.aacquire()
        assert caught.value.retry_after == pytest.approx(3600, abs=10)

    async def test_the_loop_goes_on(self, name: str) -> None:
        """While Redis takes its time, the event loop does other things."""
        with Proxy(6379) as proxy:
            limiter = limiter_of(through(proxy, name, "5/hour"))
            assert await limiter.aacquire()
            proxy.is_deaf = True
            task = asyncio.create_task(limiter.aacquire())
            for _ in range(50):
                await asyncio.sleep(0.001)
            assert not task.done()
            with pytest.raises(LedgerUnavailableError):
                await task

    async def test_cancelled_while_it_waits(self, redis_url: str, name: str) -> None:
        """A wait that is cancelled counts no call."""
        limits = shared(redis_url, name, "3/hour")
        assert passed(limits, 2) == 2
        full = shared(redis_url, name, "1/hour")
        assert passed(full) == 1
        tasks = [asyncio.create_task(limiter_of(full).aacquire()) for _ in range(5)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        assert all(
            isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*tasks, return_exceptions=True)
        )
        assert passed(limits) == 1

    async def test_cancelled_at_any_moment(self, redis_url: str, name: str) -> None:
        """Whenever a call is cancelled, also while Redis counts it: what is counted are the calls that passed."""
        windows = "400/hour; 400/365 days"
        limits = shared(redis_url, name, windows)
        limiter = limiter_of(limits)
        assert await limiter.aacquire()

        answers = [await _left_soon(limiter) for _ in range(300)]
        left = 399 - answers.count(True)
        for _ in range(100):
            if _free(limits) == (left, left):
                break
            await asyncio.sleep(0.02)
        assert _free(limits) == (left, left)

    async def test_cancelled_while_it_is_refused(self, redis_url: str, name: str) -> None:
        """A call that found no place, and leaves before it is told, gives no place back."""
        limits = shared(redis_url, name, "3/hour; 5/365 days", longest_wait=0)
        assert passed(limits) == 3
        assert not any([await _left_soon(limiter_of(limits)) for _ in range(100)])
        await asyncio.sleep(0.2)
        assert _free(limits) == (0, 2)


async def _left_soon(limiter: BaseRateLimiter) -> bool:
    """Ask, and leave at any moment; say whether the call passed."""
    task = asyncio.create_task(limiter.aacquire())
    for _ in range(random.randint(0, 40)):
        await asyncio.sleep(0)
    task.cancel()
    return (await asyncio.gather(task, return_exceptions=True))[0] is True


def _free(limits: RateLimits) -> tuple[int, ...]:
    """Count the free places of both windows."""
    counters: Any = limits._gate.counters
    client = counters._storage.get_connection()
    of_hour, of_days = limits._windows["*"]
    calls = client.llen(counters._storage.prefixed_key(of_hour.key))
    days = sum(int(client.get(key)) for key in client.scan_iter(counters._storage.prefixed_key(of_days.key) + "/*"))
    return of_hour.most - calls, of_days.most - days


class TestAway:
    async def test_raise(self, away: str) -> None:
        """While Redis is away no call passes; the error says what to do, and no password."""
        limits = shared(away, "openrouter", "5/hour")
        limiter = limiter_of(limits)
        errors: list[BaseException] = []
        for ask in (limiter.acquire, lambda: limiter.acquire(blocking=False), lambda: limits.wait(MODEL)):
            with pytest.raises(LedgerUnavailableError, match=r"ConnectionError of Redis.*on_error=\"allow\"") as caught:
                ask()
            errors.append(caught.value)
        with pytest.raises(LedgerUnavailableError) as caught:
            await limiter.aacquire()
        errors.append(caught.value)
        for error in errors:
            assert "secret" not in f"{error} {error!r} {error.__cause__} {error.__cause__!r}"
        assert "secret" not in f"{limits!r} {limiter!r} {limits._gate.counters!r}"
        assert "storage='redis://***@127.0.0.1:" in repr(limits)

    async def test_allow(self, away: str, caplog: pytest.LogCaptureFixture) -> None:
        """With `allow` calls pass, and each is logged."""
        limits = shared(away, "openrouter", "1/hour", on_error="allow")
        limiter = limiter_of(limits)
        with caplog.at_level(logging.WARNING):
            assert (limiter.acquire(), await limiter.aacquire(), limits.wait(MODEL)) == (True, True, 0)
        assert [record.message.endswith("on_error is 'allow'.") for record in caplog.records] == [True] * 3
        assert "secret" not in caplog.text

    def test_silent(self, name: str) -> None:
        """A server that has stopped in the middle of a step is given up."""
        with Proxy(6379) as proxy:
            limits = through(proxy, name, "5/hour", timeout=0.2)
            assert passed(limits, 1) == 1
            proxy.is_deaf = True
            with pytest.raises(LedgerUnavailableError, match="TimeoutError of Redis"):
                limiter_of(limits).acquire()

    def test_started_anew(self, name: str) -> None:
        """Connections that broke meanwhile are not noticed."""
        with Proxy(6379) as proxy:
            limits = through(proxy, name, "3/hour")
            for _ in range(3):
                assert passed(limits, 1) == 1
                proxy.cut()
            assert passed(limits) == 0

    def test_lost_answer(self, name: str) -> None:
        """A call whose answer is lost passes, and may count twice: never too many pass."""
        with Proxy(6379) as proxy:
            limits = through(proxy, name, "4/hour")
            assert passed(limits, 1) == 1
            proxy.loses_answer = True
            assert passed(limits, 1) == 1
            assert passed(limits) == 1

    def test_one_round_trip(self, name: str) -> None:
        """A call costs one round trip, however many limits hold."""
        with Proxy(6379) as proxy:
            limits = through(proxy, name, "9/minute; 99/hour; 999/day")
            assert passed(limits, 1) == 1
            turns = proxy.turns
            assert passed(limits, 5) == 5
            assert proxy.turns - turns == 5
            assert proxy.connections == 1

    @pytest.mark.parametrize(
        "url", ["redis://ann:secret@127.0.0.1:port", "redis://secret@127.0.0.1?socket_timeout=soon"]
    )
    def test_no_address(self, url: str) -> None:
        """What is no address is refused at once, without its password."""
        with pytest.raises(ValueError, match="is no address of Redis, or has unknown options") as caught:
            shared(url, "openrouter", "5/hour")
        assert "secret" not in f"{caught.value} {caught.value.__context__} {caught.value.__cause__}"
