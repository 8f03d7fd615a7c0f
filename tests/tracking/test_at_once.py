"""Events that are handled where they happen, however LangChain calls them; and what that rests on."""

from __future__ import annotations

import asyncio
import functools
import inspect
import uuid
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.callbacks.manager import ahandle_event, handle_event

from langchain_openrouter import OpenRouterCostHandler
from langchain_openrouter.tracking.ambient import TrackedBlock
from langchain_openrouter.tracking.at_once import at_once

MARKED = ("on_llm_new_token", "on_stream_event", "on_chain_start", "on_chain_end", "on_chain_error", "on_tool_start",
          "on_tool_end", "on_tool_error")  # fmt: skip


class Handler(BaseCallbackHandler):
    """Notes what it is told."""

    raise_error = True

    def __init__(self) -> None:
        self.told: list[Any] = []

    @at_once
    def on_llm_new_token(self, token: str, **_: Any) -> None:
        """Note a piece."""
        if token == "bad":
            raise LookupError(token)
        self.told.append(token)


def test_looks() -> None:
    """LangChain awaits what `inspect.iscoroutinefunction` says is a coroutine function: a marked method is one."""
    handler = Handler()

    assert inspect.iscoroutinefunction(handler.on_llm_new_token)
    assert inspect.iscoroutinefunction(functools.partial(handler.on_llm_new_token, "a"))
    assert not asyncio.iscoroutine(handler.on_llm_new_token("a"))


@pytest.mark.parametrize("handler", [OpenRouterCostHandler(), TrackedBlock(OpenRouterCostHandler(), None)])
def test_of_our_handlers(handler: Any) -> None:
    """What never waits is marked; what may wait for a ledger is not."""
    assert [name for name in MARKED if not inspect.iscoroutinefunction(getattr(handler, name))] == []
    for name in ("on_chat_model_start", "on_llm_start", "on_llm_end", "on_llm_error"):
        assert not inspect.iscoroutinefunction(getattr(handler, name))


def test_in_a_synchronous_call() -> None:
    """LangChain's synchronous events do the work, and leave nothing that was never awaited."""
    handler = Handler()

    handle_event([handler], "on_llm_new_token", "ignore_llm", "a", run_id=uuid.uuid4())

    assert handler.told == ["a"]


async def test_in_an_asynchronous_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain's asynchronous events do the work in the loop's own thread, once."""
    handler = Handler()
    monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", None)

    await ahandle_event([handler], "on_llm_new_token", "ignore_llm", "a", run_id=uuid.uuid4())

    assert handler.told == ["a"]


async def test_errors() -> None:
    """What such a method raises reaches LangChain, in both kinds of calls."""
    with pytest.raises(LookupError):
        handle_event([Handler()], "on_llm_new_token", "ignore_llm", "bad", run_id=uuid.uuid4())
    with pytest.raises(LookupError):
        await ahandle_event([Handler()], "on_llm_new_token", "ignore_llm", "bad", run_id=uuid.uuid4())


def test_on_the_class() -> None:
    """On the class it is the mark itself, with the words of the method."""
    assert isinstance(Handler.__dict__["on_llm_new_token"], at_once)
    assert Handler.on_llm_new_token.__doc__ == "Note a piece."
