"""`Health` used from many threads and event loops at once."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from langchain_openrouter.errors import BadGatewayError, RateLimitError
from langchain_openrouter.routing.health import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = "author/one"
THREADS = 100


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let Python change between threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Slow(int):
    """A number whose comparison takes long enough for other threads to come between."""

    def __gt__(self, other: int) -> bool:
        time.sleep(0.0001)
        return int(self) > other


def at_once(work: Callable[[int], None]) -> None:
    """Do work in all threads, which begin together."""
    ready = threading.Barrier(THREADS)

    def begin(number: int) -> None:
        ready.wait()
        work(number)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("hasty")
class TestThreads:
    @pytest.mark.parametrize("probes", [1, 3])
    def test_probes(self, probes: int) -> None:
        """Of a hundred threads that ask a half-open breaker, as many pass as there may be probes, time after time."""
        now = 0.0
        health = Health(probes=Slow(probes), longest_cool_down=30, clock=lambda: now)
        health.failed(MODEL, error=RateLimitError("429", retry_after=30))
        for _ in range(20):
            now += 30
            passed: list[int] = []
            at_once(lambda number, passed=passed: passed.append(number) if health.admit(MODEL) else None)  # type: ignore[misc]
            assert len(passed) == probes
            health.failed(MODEL, error=BadGatewayError("502"))
            assert health.state(MODEL) == "open"

    def test_loops(self) -> None:
        """The same holds for tasks in a hundred event loops."""
        now = 0.0
        health = Health(probes=Slow(2), clock=lambda: now)
        health.failed(MODEL, error=RateLimitError("429", retry_after=30))
        now = 30.0
        passed: list[bool] = []

        async def ask() -> None:
            await asyncio.sleep(0)
            passed.append(health.admit(MODEL))

        async def ask_often() -> None:
            await asyncio.gather(*(ask() for _ in range(5)))

        at_once(lambda _: asyncio.run(ask_often()))
        assert (passed.count(True), len(passed)) == (2, 5 * THREADS)

    def test_nothing_is_lost(self) -> None:
        """Each report counts once, whichever thread it comes from."""
        health = Health(failures=THREADS * 20 + 1, window=10**6)

        def work(_: int) -> None:
            for _ in range(20):
                health.succeeded("author/other", duration_s=1)
                health.failed(MODEL, error=BadGatewayError("502"))

        # Less than half of the calls fail, so only their row can open the breaker.
        for _ in range(THREADS * 20 + 10):
            health.succeeded(MODEL)
        at_once(work)
        speed = health.speed("author/other")
        assert speed is not None
        assert speed.calls == THREADS * 20
        assert health.state(MODEL) == "closed"
        health.failed(MODEL, error=BadGatewayError("502"))
        assert health.state(MODEL) == "open"

    def test_all_at_once(self) -> None:
        """Whatever threads do to it together, it says what can be, and is well again in the end."""
        health = Health(failures=2, cool_down=0.0001, longest_cool_down=0.0001)
        models = [f"author/{number}" for number in range(5)]
        errors: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for step in range(50):
                    model = models[(number + step) % 5]
                    if health.admit(model):
                        health.failed(model, "Ann's", error=BadGatewayError("502"), duration_s=0)
                    assert all(wait >= 0 for wait in health.snapshot(models))
                    assert health.ailing_providers(model) in {(), ("Ann's",)}
                    health.succeeded(model, "Bob's", duration_s=0)
            except BaseException as error:  # noqa: BLE001  # the test looks at it
                errors.append(error)

        at_once(work)
        assert errors == []
        for model in models:
            health.succeeded(model, "Ann's", duration_s=0)
        assert health.snapshot(models) == [0] * 5
        assert [health.state(model, "Ann's") for model in models] == ["closed"] * 5
