"""The end of an attempt's time, for models of other providers: OpenRouter's are told their deadline."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from langchain_openrouter.errors import DeadlineExceededError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from langchain_core.messages import AIMessageChunk

    from langchain_openrouter.routing.attempts import Attempt
    from langchain_openrouter.routing.calling import Call

__all__ = ["each_within", "in_time", "within"]


@asynccontextmanager
async def within(attempt: Attempt, call: Call) -> AsyncIterator[None]:
    """End what takes longer than the attempt may.

    Raises:
        DeadlineExceededError: It did.
    """
    async with in_time(None if call.keeps_time else attempt.seconds, f"{attempt.model!r} did not answer"):
        yield


@asynccontextmanager
async def in_time(seconds: float | None, failure: str) -> AsyncIterator[None]:
    """End what takes longer.

    Args:
        seconds: How long it may take; `None` for as long as it likes.
        failure: What is said when it took longer.

    Raises:
        DeadlineExceededError: It did.
    """
    try:
        async with asyncio.timeout(seconds) as time:
            yield
    except TimeoutError as error:
        if not time.expired():
            raise
        raise DeadlineExceededError(f"{failure} within {seconds:g} s.") from error


async def each_within(
    chunks: AsyncIterator[AIMessageChunk], attempt: Attempt, call: Call
) -> AsyncIterator[AIMessageChunk]:
    """Give the chunks of a stream as long as the attempt may take.

    Raises:
        DeadlineExceededError: It took longer.
    """
    if call.keeps_time or attempt.seconds is None:
        async for chunk in chunks:
            yield chunk
        return
    ends = asyncio.get_running_loop().time() + attempt.seconds
    while True:
        try:
            async with asyncio.timeout_at(ends) as time:
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            if not time.expired():
                raise
            raise DeadlineExceededError(
                f"{attempt.model!r} did not end its answer within {attempt.seconds:g} s."
            ) from error
        yield chunk
