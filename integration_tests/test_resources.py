"""What a model holds and gives back: connections, threads, event loops, processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from integration_tests.support import MODEL, STYLES, Ask, Served, wait_until
from langchain_openrouter import NotFoundError
from langchain_openrouter.emulator import Fault

SAY = "Reply with exactly 'blue'."
OPEN_FILES = Path("/proc/self/fd")
needs_proc = pytest.mark.skipif(not OPEN_FILES.exists(), reason="open files are counted in /proc, as Linux has it")


def open_files() -> int:
    """Count the open files of this process, sockets among them."""
    return len(list(OPEN_FILES.iterdir()))


class TestMany:
    @needs_proc
    def test_construction(self, served: Served) -> None:
        """A thousand models open nothing; the emulator may close something meanwhile."""
        before = open_files()

        models = [served.model() for _ in range(1000)]

        assert (len(models), served.requests) == (1000, [])
        assert open_files() <= before

    @needs_proc
    async def test_share_connections(self, served: Served, ask: Ask) -> None:
        """A hundred models that were all used hold no more open files than the first one did."""
        models = [served.model() for _ in range(100)]
        await ask(models[0], SAY)
        before = open_files()

        for model in models:
            assert (await ask(model, SAY)).text == "blue"

        assert open_files() <= before

    def test_threads(self, served: Served) -> None:
        """Two hundred threads on one model get the answers to their own questions."""
        model = served.model()

        def ask(number: int) -> tuple[str, str]:
            first = model.invoke(f"Reply with exactly 'a{number}'.").text
            second = "".join(chunk.text for chunk in model.stream(f"Reply with exactly 'b{number}'."))
            return first, second

        with ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(ask, range(200)))

        assert answers == [(f"a{number}", f"b{number}") for number in range(200)]

    async def test_tasks(self, served: Served) -> None:
        """So do two hundred tasks of one event loop."""
        model = served.model()

        answers = await asyncio.gather(*(model.ainvoke(f"Reply with exactly 'a{number}'.") for number in range(200)))

        assert [answer.text for answer in answers] == [f"a{number}" for number in range(200)]


class TestLoopsAndProcesses:
    def test_two_loops(self, served: Served) -> None:
        """One model works in one `asyncio.run` after another, and without a loop in between."""
        model = served.model()

        for _ in range(2):
            assert asyncio.run(STYLES["ainvoke"](model, SAY)).text == "blue"
            assert asyncio.run(STYLES["astream"](model, SAY)).text == "blue"
            assert model.invoke(SAY).text == "blue"

    def test_loops_in_threads(self, served: Served) -> None:
        """Event loops of several threads use one model at the same time."""
        model = served.model()

        def ask(number: int) -> str:
            return asyncio.run(STYLES["ainvoke"](model, f"Reply with exactly 'a{number}'.")).text

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(40))) == [f"a{number}" for number in range(40)]

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
    def test_fork(self, environment: Served) -> None:
        """A forked child has connections of its own, and its parent's still work."""
        program = f"""
import os, sys
from langchain_openrouter import ChatOpenRouter
model = ChatOpenRouter(model={MODEL!r})
ask = lambda word: model.invoke(f"Reply with exactly '{{word}}'.").text
assert ask("before") == "before"
child = os.fork()
if child == 0:
    os._exit(0 if [ask(f"child{{n}}") for n in range(5)] == [f"child{{n}}" for n in range(5)] else 1)
assert [ask(f"parent{{n}}") for n in range(5)] == [f"parent{{n}}" for n in range(5)]
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=30, check=False
        )

        assert (result.returncode, result.stderr) == (0, "")
        assert len(environment.bodies) == 11

    def test_exit_is_quiet(self, environment: Served) -> None:
        """A program that ends without closing anything says nothing about it."""
        program = f"""
import asyncio
from langchain_openrouter import ChatOpenRouter
model = ChatOpenRouter(model={MODEL!r})
model.invoke("Hello")
asyncio.run(model.ainvoke("Hello"))
stream = model.stream("Hello")
next(stream)
"""
        result = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, timeout=30, check=False
        )

        assert (result.returncode, result.stderr) == (0, "")


class TestAbandonedStreams:
    """The server sees within a second that nobody listens any more, and can stop the generation."""

    @pytest.fixture(autouse=True)
    def _endless(self, served: Served) -> None:
        served.fail(Fault(kind="stall", seconds=None, after=3))

    def test_closed(self, served: Served) -> None:
        """A stream that is closed closes its connection."""
        stream = served.model().stream("Hello")
        next(stream)

        stream.close()  # type: ignore[attr-defined]  # it is a generator

        assert wait_until(lambda: served.disconnects == 1)

    def test_left(self, served: Served) -> None:
        """So does one whose loop was left."""
        for chunk in served.model().stream("Hello"):
            if chunk.text:
                break

        assert wait_until(lambda: served.disconnects == 1)

    async def test_closed_asynchronously(self, served: Served) -> None:
        """An asynchronous stream closes its connection with it."""
        stream = served.model().astream("Hello")
        await anext(stream)

        await stream.aclose()  # type: ignore[attr-defined]  # it is a generator

        assert await asyncio.to_thread(wait_until, lambda: served.disconnects == 1)

    @pytest.mark.parametrize("style", ["ainvoke", "astream"])
    async def test_cancelled(self, served: Served, style: str) -> None:
        """A task that is cancelled in the middle of its answer lets go of it."""
        task = asyncio.create_task(STYLES[style](served.model(), "Hello"))
        assert await asyncio.to_thread(wait_until, lambda: len(served.bodies) == 1)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(wait_until, lambda: served.disconnects == 1)

    def test_the_model_works_on(self, served: Served) -> None:
        """The next call is not harmed."""
        model = served.model()
        next(model.stream("Hello"))
        served.emulator.clear_faults()

        assert model.invoke(SAY).text == "blue"


class TestClients:
    async def test_own_client(self, served: Served, ask: Ask) -> None:
        """A client of one's own is what requests go through, with what it adds to them; it stays open."""
        seen: list[str] = []

        async def note(request: httpx.Request) -> None:
            seen.append(request.url.path)

        hooks = {"request": [lambda request: seen.append(request.url.path)]}
        with httpx.Client(headers={"X-Own": "1"}, event_hooks=hooks) as client:
            async with httpx.AsyncClient(headers={"X-Own": "1"}, event_hooks={"request": [note]}) as async_client:
                model = served.model(http_client=client, http_async_client=async_client)
                assert (await ask(model, SAY)).text == "blue"
                await model.aclose()
                assert not client.is_closed
                assert not async_client.is_closed

        assert seen == ["/api/v1/chat/completions"]
        assert served.requests[0].headers["x-own"] == "1"

    async def test_proxy(self, served: Served, ask: Ask) -> None:
        """With `proxy` the request goes there, whole address and all. The emulator, as a proxy, does not know it."""
        proxy = served.emulator.base_url.removesuffix("/api/v1")
        model = served.model(base_url="http://openrouter.test/api/v1", proxy=proxy)

        with pytest.raises(NotFoundError):
            await ask(model, SAY)

        assert served.requests[0].path == "http://openrouter.test/api/v1/chat/completions"

    async def test_closed_models_work(self, served: Served, ask: Ask) -> None:
        """`close` gives connections back; the model can be used again."""
        model = served.model()
        await ask(model, SAY)

        model.close()
        await model.aclose()

        assert (await ask(model, SAY)).text == "blue"
