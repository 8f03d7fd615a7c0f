"""What is made once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from langchain_openrouter.tasks.once import Once


def test_made_once() -> None:
    """It is made when it is first asked for, and kept, even if it is nothing."""
    made: list[None] = []
    once = Once[None]()

    assert [once.get(lambda: made.append(None)) for _ in range(3)] == [None] * 3
    assert len(made) == 1


def test_threads_wait_for_the_first() -> None:
    """A thread that comes while another makes it, gets that."""
    once = Once[str]()
    begun, may_end = threading.Event(), threading.Event()
    got: list[str] = []
    made: list[str] = []

    def slow() -> str:
        begun.set()
        may_end.wait()
        return "slow"

    def quick() -> str:
        made.append("quick")
        return "quick"

    first = threading.Thread(target=lambda: got.append(once.get(slow)))
    second = threading.Thread(target=lambda: got.append(once.get(quick)))
    first.start()
    begun.wait()
    second.start()
    second.join(0.05)
    assert second.is_alive()
    may_end.set()
    first.join()
    second.join()

    assert (got, made) == (["slow", "slow"], [])


async def test_a_failure_is_not_kept() -> None:
    """Who comes after a failure tries again, synchronously or not."""
    once = Once[int]()

    def fail() -> int:
        raise OSError("gone")

    async def afail() -> int:
        raise OSError("gone")

    async def seven() -> int:
        return 7

    with pytest.raises(OSError, match="gone"):
        once.get(fail)
    with pytest.raises(OSError, match="gone"):
        await once.aget(afail)
    assert await once.aget(seven) == 7
    assert once.get(fail) == 7


async def test_a_task_that_is_cancelled() -> None:
    """When the one that makes it is cancelled, the next in the queue makes it."""
    once = Once[str]()
    begun = asyncio.Event()

    async def never() -> str:
        begun.set()
        await asyncio.Event().wait()
        return "never"

    async def soon() -> str:
        return "soon"

    first = asyncio.create_task(once.aget(never))
    await begun.wait()
    second = asyncio.create_task(once.aget(soon))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == "soon"


async def test_a_synchronous_caller_does_not_wait_for_a_task() -> None:
    """It would wait for ever for a task that needs its thread."""
    once = Once[str]()
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        begun.set()
        await may_end.wait()
        return "slow"

    task = asyncio.create_task(once.aget(slow))
    await begun.wait()
    assert once.get(lambda: "quick") == "quick"
    may_end.set()

    assert await task == "quick"


def test_a_thread_that_never_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fork the thread that was making it may be gone: nobody waits for it for ever."""
    monkeypatch.setattr("langchain_openrouter.tasks.once._PATIENCE", 0.01)
    once = Once[str]()
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        may_end.wait()
        return "slow"

    thread = threading.Thread(target=once.get, args=(slow,))
    thread.start()
    begun.wait()
    assert once.get(lambda: "quick") == "quick"
    may_end.set()
    thread.join()

    assert once.get(lambda: "another") == "quick"
