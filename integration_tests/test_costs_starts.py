"""Calls that were announced to a cost handler and never sent, and runs that it is not told of."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypedDict

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.rate_limiters import InMemoryRateLimiter
from langgraph.graph import StateGraph

from langchain_openrouter import Budget, BudgetExceededError, Ledger, OpenRouterCostHandler
from langchain_openrouter.ledger.stores.memory import MemoryStore

if TYPE_CHECKING:
    from langchain_core.outputs import LLMResult

    from integration_tests.support import Served
    from langchain_openrouter import ChatOpenRouter


class Slow(MemoryStore):
    """Takes its time to set money aside."""

    def reserve(self, *arguments: Any) -> Any:
        """Wait, and set it aside."""
        time.sleep(0.1)
        return super().reserve(*arguments)


async def ask(model: ChatOpenRouter, handler: OpenRouterCostHandler, *, stream: bool) -> None:
    """Ask a model, one way or the other."""
    if stream:
        async for _ in model.astream("Hello", {"callbacks": [handler]}):
            pass
    else:
        await model.ainvoke("Hello", {"callbacks": [handler]})


@pytest.mark.parametrize("stream", [False, True])
class TestCancelled:
    async def test_while_money_is_set_aside(self, served: Served, stream: bool) -> None:
        """A call that is cancelled while its handler waits for the ledger leaves nothing behind."""
        handler = OpenRouterCostHandler(Budget("$1", per="day"), ledger=Ledger(Slow()))

        call = asyncio.create_task(ask(served.model(), handler, stream=stream))
        await asyncio.sleep(0.03)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.sleep(0.2)

        assert handler.ledger is not None
        assert (handler.ledger.in_flight(), handler.calls, served.requests) == (0, 0, [])

    async def test_while_it_waits_its_turn(self, served: Served, stream: bool) -> None:
        """A call that is cancelled in a rate limiter cost nothing, and is nobody's."""
        handler = OpenRouterCostHandler("$1")
        model = served.model(rate_limiter=InMemoryRateLimiter(requests_per_second=0.001))

        call = asyncio.create_task(ask(model, handler, stream=stream))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert handler.ledger is not None
        assert (handler.ledger.in_flight(), handler.calls, served.requests) == (0, 0, [])


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_several_prompts_at_once(served: Served, asynchronous: bool) -> None:
    """Where one of several prompts of one `generate` does not fit, none is sent, and nothing stays set aside."""
    handler = OpenRouterCostHandler("$0.0001")
    model = served.model(max_tokens=100)
    prompts: Any = [[HumanMessage(f"Hello {number}")] for number in range(5)]

    async def generate() -> LLMResult:
        if asynchronous:
            return await model.agenerate(prompts, callbacks=[handler])
        return model.generate(prompts, callbacks=[handler])

    with pytest.raises(BudgetExceededError):
        await generate()
    await asyncio.sleep(0.05)

    assert handler.ledger is not None
    assert (handler.ledger.in_flight(), handler.calls, served.requests) == (0, 0, [])


class Steps(TypedDict):
    """The state of a graph."""

    step: int


@pytest.mark.parametrize("place", ["model", "config"])
def test_a_budget_for_a_run_holds_in_a_graph(served: Served, place: str) -> None:
    """Given to the run, it holds for the run; given to the model, for all that this does: never for a step alone."""
    handler = OpenRouterCostHandler(Budget("$0.0003", per="run"))
    model = served.model(max_tokens=100, callbacks=[handler] if place == "model" else None)

    def node(state: Steps) -> Steps:
        model.invoke("Hello")
        return {"step": state["step"] + 1}

    graph: Any = StateGraph(Steps)
    for number in range(20):
        graph.add_node(str(number), node)
        if number:
            graph.add_edge(str(number - 1), str(number))
    graph.set_entry_point("0")
    config: Any = {"callbacks": [handler]} if place == "config" else {}

    with pytest.raises(BudgetExceededError):
        graph.compile().invoke({"step": 0}, config)

    assert 1 < handler.calls < 20
    assert handler.total <= handler.budgets[0].limit
