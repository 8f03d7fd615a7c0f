"""The end of an attempt's time, for models of other providers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessageChunk

from langchain_openrouter.errors import DeadlineExceededError
from langchain_openrouter.routing.attempts import Attempt
from langchain_openrouter.routing.calling import Call
from langchain_openrouter.routing.patience import each_within, within
from tests.helpers.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOON = 0.05
"""Seconds."""


def attempt_of(seconds: float | None) -> Attempt:
    """Give an attempt that may take so long."""
    return Attempt("acme/one", seconds, None, is_last=False, began=0.0)


def call_of(*, keeps_time: bool = False) -> Call:
    """Give a call of a model that keeps time by itself, or does not."""
    return Call(Scripted(model="acme/one"), [], {}, keeps_time)


class Ended(list[str]):
    """Names of what ended a stream before it was done."""


async def chunks_of(*pauses: float, ended: Ended) -> AsyncIterator[AIMessageChunk]:
    """Give a chunk after each pause."""
    try:
        for pause in pauses:
            await asyncio.sleep(pause)
            yield AIMessageChunk(content="x")
    except BaseException as error:
        ended.append(type(error).__name__)
        raise


async def heard(chunks: Any, into: list[AIMessageChunk] | None = None, pause: float = 0.0) -> int:
    """Read chunks, with a pause after each; give how many there were."""
    kept = [] if into is None else into
    async for chunk in chunks:
        kept.append(chunk)
        await asyncio.sleep(pause)
    return len(kept)


class TestWithin:
    async def test_in_time(self) -> None:
        """What is done in time is not disturbed."""
        async with within(attempt_of(30), call_of()):
            await asyncio.sleep(0)

    async def test_too_long(self) -> None:
        """What takes longer is cancelled, and told with model and time."""
        with pytest.raises(DeadlineExceededError, match=r"'acme/one' .* 0.05 s"):
            async with within(attempt_of(SOON), call_of()):
                await asyncio.sleep(60)

    @pytest.mark.parametrize(("seconds", "keeps_time"), [(None, False), (SOON, True)])
    async def test_no_limit(self, seconds: float | None, keeps_time: bool) -> None:
        """Without a limit, and for who keeps time by itself, nothing is cut short."""
        began = time.monotonic()
        async with within(attempt_of(seconds), call_of(keeps_time=keeps_time)):
            await asyncio.sleep(2 * SOON)

        assert time.monotonic() - began >= 2 * SOON

    async def test_time_out_of_the_model(self) -> None:
        """A `TimeoutError` of the model itself goes on as it is."""
        error = TimeoutError("The vault did not open.")
        with pytest.raises(TimeoutError) as caught:
            async with within(attempt_of(30), call_of()):
                raise error

        assert caught.value is error

    async def test_cancelled_from_outside(self) -> None:
        """To be cancelled from outside is not to be too late."""

        async def call() -> None:
            async with within(attempt_of(30), call_of()):
                await asyncio.sleep(60)

        task = asyncio.create_task(call())
        await asyncio.sleep(0)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task

    async def test_outer_time_out(self) -> None:
        """A shorter time-out around it is told as that one."""
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(SOON), within(attempt_of(30), call_of()):
                await asyncio.sleep(60)
        assert not isinstance(caught.value, DeadlineExceededError)


class TestEachWithin:
    async def test_in_time(self) -> None:
        """A stream that ends in time is given whole."""
        ended = Ended()

        assert await heard(each_within(chunks_of(0, 0, 0, ended=ended), attempt_of(30), call_of())) == 3
        assert ended == []

    async def test_too_long(self) -> None:
        """One that does not is cancelled where it stands, with what had come."""
        ended, chunks = Ended(), list[AIMessageChunk]()
        with pytest.raises(DeadlineExceededError, match=r"'acme/one' .* 0.05 s"):
            await heard(each_within(chunks_of(0, 0, 60, ended=ended), attempt_of(SOON), call_of()), chunks)

        assert (len(chunks), ended) == (2, ["CancelledError"])

    async def test_all_chunks_together(self) -> None:
        """The time is that of the whole stream, not of each chunk."""
        ended = Ended()
        with pytest.raises(DeadlineExceededError):
            await heard(each_within(chunks_of(*[SOON / 2] * 9, ended=ended), attempt_of(SOON), call_of()))

        assert ended == ["CancelledError"]

    @pytest.mark.parametrize(("seconds", "keeps_time"), [(None, False), (SOON, True)])
    async def test_no_limit(self, seconds: float | None, keeps_time: bool) -> None:
        """Without a limit, and for who keeps time by itself, nothing is cut short."""
        chunks = chunks_of(2 * SOON, 0, ended=Ended())

        assert await heard(each_within(chunks, attempt_of(seconds), call_of(keeps_time=keeps_time))) == 2

    async def test_time_out_of_the_model(self) -> None:
        """A `TimeoutError` of the model itself goes on as it is."""
        error = TimeoutError("The vault did not open.")

        async def chunks() -> AsyncIterator[AIMessageChunk]:
            yield AIMessageChunk(content="x")
            raise error

        with pytest.raises(TimeoutError) as caught:
            await heard(each_within(chunks(), attempt_of(30), call_of()))
        assert caught.value is error

    async def test_error_of_the_model(self) -> None:
        """So does every other error."""

        async def chunks() -> AsyncIterator[AIMessageChunk]:
            yield AIMessageChunk(content="x")
            raise ConnectionError("The line is dead.")

        with pytest.raises(ConnectionError):
            await heard(each_within(chunks(), attempt_of(30), call_of()))

    async def test_slow_reader(self) -> None:
        """The time of who reads counts: the limit is that of the whole answer."""
        with pytest.raises(DeadlineExceededError):
            await heard(
                each_within(chunks_of(0, 0, 0, SOON, ended=Ended()), attempt_of(SOON), call_of()), pause=SOON / 2
            )

    async def test_cancelled_from_outside(self) -> None:
        """To be cancelled from outside is not to be too late."""
        ended = Ended()
        task = asyncio.create_task(heard(each_within(chunks_of(60, ended=ended), attempt_of(30), call_of())))
        await asyncio.sleep(0.01)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["CancelledError"]
