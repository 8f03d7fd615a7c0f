"""What a router's calls hold, and give back: connections, tasks, threads; and many of them at once."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.routers import FIRST, SAID, SAY, SECOND, THIRD, THREE, Elsewhere, asked, router_of
from integration_tests.support import STYLES, Ask, Served, wait_until
from integration_tests.test_resources import needs_proc, open_files
from langchain_openrouter import DeadlineExceededError, OpenRouterError
from langchain_openrouter.emulator import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HANGS = Fault(kind="slow_headers", seconds=None)
STOPS = Fault(kind="stall", seconds=None, after=4)


async def seen(served: Served, count: int) -> bool:
    """Wait until the server has seen so many clients leave."""
    return await asyncio.to_thread(wait_until, lambda: served.disconnects == count, 5.0)


@pytest.fixture
async def _no_task_is_left() -> AsyncIterator[None]:
    """Look after the test whether a task is left that was not there before."""
    before = asyncio.all_tasks()
    yield
    gc.collect()
    for _ in range(3):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before | {asyncio.current_task()}


class TestAbandoned:
    """The server sees at once that nobody listens any more, and can stop the generation."""

    def test_closed(self, served: Served) -> None:
        """A stream that is closed closes its connection."""
        served.fail(STOPS)
        stream: Any = router_of(served).stream(SAY)
        next(stream)

        stream.close()

        assert wait_until(lambda: served.disconnects == 1)
        assert asked(served) == [FIRST]

    def test_left(self, served: Served) -> None:
        """So does one whose loop was left, without anybody closing it."""
        served.fail(STOPS)
        for chunk in router_of(served).stream(SAY):
            if chunk.text:
                break

        assert wait_until(lambda: served.disconnects == 1)

    def test_left_at_a_fallback(self, served: Served) -> None:
        """The connection of the model that failed is not left open either."""
        served.fail(Fault(kind="midstream_error", status=529, after=1, model=FIRST), STOPS)
        for chunk in router_of(served).stream(SAY):
            if chunk.text:
                break

        assert asked(served) == [FIRST, SECOND]
        assert wait_until(lambda: served.disconnects == 1)

    def test_left_after_a_restart(self, served: Served) -> None:
        """Nor after a new beginning in the middle of the stream."""
        served.fail(Fault(kind="midstream_error", status=529, after=3, model=FIRST), STOPS)
        for chunk in router_of(served, on_midstream_error="restart").stream(SAY):
            if "restarts" in chunk.response_metadata:
                break

        assert asked(served) == [FIRST, SECOND]
        assert wait_until(lambda: served.disconnects == 1)

    def test_error_of_the_reader(self, served: Served) -> None:
        """An error of who reads the stream is his own: no model is blamed or asked for it."""
        served.fail(STOPS)
        router = router_of(served)
        stream: Any = router.stream(SAY)
        next(stream)

        with pytest.raises(ConnectionError, match="mine"):
            stream.throw(ConnectionError("mine"))

        assert asked(served) == [FIRST]
        assert router.health.state(FIRST) == "closed"
        assert wait_until(lambda: served.disconnects == 1)

    @pytest.mark.usefixtures("_no_task_is_left")
    async def test_closed_asynchronously(self, served: Served) -> None:
        """When an asynchronous stream is closed, its connection is, and no task is left."""
        served.fail(STOPS)
        stream: Any = router_of(served).astream(SAY)
        await anext(stream)

        await stream.aclose()

        assert await seen(served, 1)

    @pytest.mark.usefixtures("_no_task_is_left")
    @pytest.mark.parametrize("style", ["ainvoke", "astream"])
    @pytest.mark.parametrize("fault", [HANGS, STOPS], ids=["before content", "after content"])
    async def test_cancelled(self, served: Served, style: str, fault: Fault) -> None:
        """A task that is cancelled lets go; nobody else is asked, and no model is blamed."""
        served.fail(fault)
        router = router_of(served)
        task = asyncio.create_task(STYLES[style](router, SAY))
        assert await asyncio.to_thread(wait_until, lambda: len(served.bodies) == 1)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert await seen(served, 1)
        assert asked(served) == [FIRST]
        assert router.health.state(FIRST) == "closed"

    @pytest.mark.usefixtures("_no_task_is_left")
    @pytest.mark.parametrize("style", ["ainvoke", "astream"])
    async def test_timed_out_from_outside(self, served: Served, style: str) -> None:
        """A time-out around the call ends it: it is not taken for that of an attempt, after which others are asked."""
        served.fail(HANGS)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await STYLES[style](router_of(served, attempt_timeout=30), SAY)

        assert asked(served) == [FIRST]
        assert await seen(served, 1)

    @pytest.mark.usefixtures("_no_task_is_left")
    @pytest.mark.parametrize("style", ["ainvoke", "astream"])
    async def test_cancelled_elsewhere(self, served: Served, style: str) -> None:
        """A model of another provider is cancelled with the call."""
        slow = Elsewhere(seconds=60, pieces=1)
        task = asyncio.create_task(STYLES[style](router_of(served, slow, FIRST, attempt_timeout=30), SAY))
        await asyncio.sleep(0.05)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert slow.ended == ["CancelledError"]
        assert served.bodies == []

    async def test_router_works_on(self, served: Served, ask: Ask) -> None:
        """The next call is not harmed."""
        served.fail(STOPS)
        router = router_of(served)
        next(iter(router.stream(SAY)))
        served.emulator.clear_faults()

        assert (await ask(router, SAY)).text == SAID


class TestNothingIsLeft:
    @needs_proc
    async def test_open_files(self, served: Served, ask: Ask) -> None:
        """After hundreds of calls with failures of all kinds no more files are open than after a few."""
        kinds: list[Any] = ["status", "cut", "end_early", "midstream_error", "empty", "html", "error_in_200"]
        for kind in kinds:
            served.fail(Fault(kind=kind, after=2, status=502, probability=0.1))
        router = router_of(served, on_midstream_error="restart")
        for _ in range(5):
            await _quietly(ask, router)
        before = open_files()

        for _ in range(40):
            await _quietly(ask, router)

        assert open_files() <= before + 2  # a connection that broke may be followed by a new one

    @needs_proc
    @pytest.mark.usefixtures("_no_task_is_left")
    @pytest.mark.parametrize("style", ["ainvoke", "astream"])
    async def test_after_deadlines(self, served: Served, style: str) -> None:
        """Deadlines close connections: twenty calls that hang leave nothing open, and the server knows."""
        served.fail(HANGS)
        router = router_of(served, attempt_timeout=0.1, deadline=0.35)
        await STYLES[style](router_of(served, Elsewhere()), SAY)
        before = open_files()

        results = await asyncio.gather(*(STYLES[style](router, SAY) for _ in range(20)), return_exceptions=True)

        assert all(isinstance(each, DeadlineExceededError) for each in results)
        assert await seen(served, len(served.bodies))
        assert await asyncio.to_thread(wait_until, lambda: open_files() <= before + 2, 5.0)

    @pytest.mark.parametrize("style", ["invoke", "stream"])
    async def test_threads(self, served: Served, style: str) -> None:
        """Synchronous calls start no threads, whatever fails."""
        served.fail(Fault(kind="status", status=503, model=FIRST), Fault(kind="cut", after=1, model=SECOND))
        router = router_of(served, deadline=5, attempt_timeout=2)
        await STYLES[style](router, SAY)
        before = threading.active_count()

        for _ in range(5):
            await STYLES[style](router, SAY)

        assert threading.active_count() <= before

    def test_exit_is_quiet(self, served: Served) -> None:
        """A program that ends in the middle of everything says nothing about it."""
        program = f"""
import asyncio
from langchain_openrouter import ModelRouter
router = ModelRouter(
    candidates={list(THREE)!r}, base_url={served.emulator.base_url!r}, api_key={served.emulator.api_key!r}, deadline=9
)
router.invoke("Hello")
asyncio.run(router.ainvoke("Hello"))
async def leave():
    async for chunk in router.astream("Hello"):
        return
asyncio.run(leave())
stream = router.stream("Hello")
next(stream)
"""
        result = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, timeout=60, check=False
        )

        said = [line for line in result.stderr.splitlines() if not line.startswith("Executing ")]  # of a slow machine
        assert (result.returncode, said) == (0, [])


async def _quietly(ask: Ask, router: Any) -> None:
    with contextlib.suppress(OpenRouterError):
        await ask(router, SAY)


class TestMany:
    def test_two_loops(self, served: Served) -> None:
        """One router works in one `asyncio.run` after another, and without a loop in between."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        router = router_of(served)

        for _ in range(2):
            assert asyncio.run(STYLES["ainvoke"](router, SAY)).text == SAID
            assert asyncio.run(STYLES["astream"](router, SAY)).text == SAID
            assert router.invoke(SAY).text == SAID

    def test_threads(self, served: Served) -> None:
        """Fifty threads on one router get the answers to their own questions, also from fallbacks."""
        served.fail(Fault(kind="status", status=503, probability=0.2), Fault(kind="cut", after=1, probability=0.1))
        router = router_of(served, FIRST, SECOND, THIRD, "openai/gpt-4.1", "openai/gpt-4o", max_retries=3)

        def ask(number: int) -> tuple[str, str]:
            first = router.invoke(f"Reply with exactly 'a{number}'.").text
            second = "".join(chunk.text for chunk in router.stream(f"Reply with exactly 'b{number}'."))
            return first, second

        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(ask, range(100)))

        assert answers == [(f"a{number}", f"b{number}") for number in range(100)]

    def test_threads_with_loops(self, served: Served) -> None:
        """Event loops of several threads use one router at the same time, while others use it without."""
        router = router_of(served)

        def ask(number: int) -> str:
            prompt = f"Reply with exactly 'a{number}'."
            return router.invoke(prompt).text if number % 2 else asyncio.run(STYLES["astream"](router, prompt)).text

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(40))) == [f"a{number}" for number in range(40)]

    def test_decisions_in_threads(self, served: Served) -> None:
        """Threads decide while others learn how fast models answer."""
        many = [Elsewhere(model_name=f"m{number}") for number in range(200)]
        router = router_of(served, *many, max_latency=10)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda number: many_decisions(router, number), range(200)))
        finally:
            sys.setswitchinterval(interval)

        assert len(router._engine.speeds) == 200


def many_decisions(router: Any, number: int) -> None:
    """Let one of many models answer, deciding before and after."""
    router.decide(SAY)
    router.health.succeeded(f"m{number}", first_token_s=0.1, duration_s=0.2)
    router._engine.answered(f"m{number}", {}, {})
    router.decide(SAY)
