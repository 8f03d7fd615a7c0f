"""Nothing is counted twice, and nothing is left out: handlers attached twice, retries, fallbacks, caches, replays."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, ModelRetryMiddleware
from langchain_core.caches import InMemoryCache
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from integration_tests.support import MODEL, Ask, Served
from langchain_openrouter import Budget, Ledger, OpenRouterCostHandler, track_cost
from langchain_openrouter.emulator import Fault

if TYPE_CHECKING:
    from decimal import Decimal

    from langchain_core.runnables import RunnableConfig

OTHER = "openai/gpt-4o"
QUESTION: Any = {"messages": [HumanMessage("Hello")]}


@pytest.fixture
def spent_before(served: Served) -> Decimal:
    """Give what the emulator had charged before this test."""
    return served.emulator.spent


def settled(handler: OpenRouterCostHandler) -> Decimal:
    """Give what the ledger counts against a handler's first budget; nothing may be set aside any more."""
    assert handler.ledger is not None
    assert handler.ledger.in_flight() == 0
    (status,) = handler.status()
    assert status.reserved == 0
    return status.spent


class TestAttachedTwice:
    async def test_in_the_model_and_in_the_config(self, served: Served, ask: Ask, spent_before: Decimal) -> None:
        """One handler in the model and twice in the config counts a call once."""
        handler = OpenRouterCostHandler("$1")
        model = served.model(callbacks=[handler])

        await ask(model, "Hello", config={"callbacks": [handler, handler]})

        assert handler.calls == len(handler.records) == 1
        assert handler.total == settled(handler) == served.emulator.spent - spent_before > 0

    async def test_two_handlers_with_one_ledger(self, served: Served, ask: Ask, spent_before: Decimal) -> None:
        """Two handlers that share ledger and budget each tell the call; the budget is charged once."""
        ledger, budget = Ledger.open("memory:"), Budget("$1", per="day")
        handlers = [OpenRouterCostHandler(budget, ledger=ledger) for _ in range(2)]

        await ask(served.model(), "Hello", config={"callbacks": handlers})

        cost = served.emulator.spent - spent_before
        assert [handler.total for handler in handlers] == [cost, cost]
        assert settled(handlers[0]) == cost
        assert len(list(ledger.records())) == 1

    async def test_nested_blocks(self, served: Served, ask: Ask, spent_before: Decimal) -> None:
        """A call within two blocks and with a handler of its own is counted once in each of the three."""
        handler = OpenRouterCostHandler("$1")

        with track_cost("$1") as outer, track_cost("$1") as inner:
            await ask(served.model(), "Hello", config={"callbacks": [handler]})

        cost = served.emulator.spent - spent_before
        assert [each.total for each in (outer, inner, handler)] == [cost] * 3
        assert [each.calls for each in (outer, inner, handler)] == [1] * 3
        assert [settled(each) for each in (outer, inner, handler)] == [cost] * 3

    async def test_handler_of_the_block_in_the_config(self, served: Served, ask: Ask, spent_before: Decimal) -> None:
        """The handler of a block, passed as a callback too, counts a call once."""
        with track_cost("$1") as cost:
            await ask(served.model(), "Hello", config={"callbacks": [cost]})

        assert cost.calls == 1
        assert cost.total == settled(cost) == served.emulator.spent - spent_before

    def test_agent_within_blocks(self, served: Served, spent_before: Decimal) -> None:
        """A block around an agent counts each call of it once, though LangChain hands the block down many levels."""
        agent: Any = create_agent(served.model(), tools=[])

        with track_cost("$1") as outer:
            agent.invoke(QUESTION)
            with track_cost("$1") as inner:
                agent.invoke(QUESTION)

        assert (outer.calls, inner.calls) == (2, 1)
        assert outer.total == served.emulator.spent - spent_before
        assert settled(outer) == outer.total


class TestOneRunId:
    def test_many_calls(self, served: Served, spent_before: Decimal) -> None:
        """Calls to which a program gave one and the same run id are all counted, in the handler and in the ledger."""
        handler = OpenRouterCostHandler("$1")
        run_id = uuid.uuid4()

        for _ in range(3):
            served.model().invoke("Hello", config={"callbacks": [handler], "run_id": run_id})

        assert handler.calls == 3
        assert handler.total == settled(handler) == served.emulator.spent - spent_before


class TestRepeated:
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_with_retry(self, served: Served, asynchronous: bool, spent_before: Decimal) -> None:
        """Each try of `with_retry` is a call, and what a refused one had set aside is given back."""
        served.fail(Fault(kind="status", status=503, times=1))
        handler = OpenRouterCostHandler("$1")
        model = served.model().with_retry(wait_exponential_jitter=False)
        config: Any = {"callbacks": [handler]}

        await model.ainvoke("Hello", config) if asynchronous else model.invoke("Hello", config)

        assert (handler.calls, handler.tally.failed_calls) == (2, 1)
        assert handler.total == settled(handler) == served.emulator.spent - spent_before

    async def test_transport_retries(self, served: Served, ask: Ask, spent_before: Decimal) -> None:
        """What the transport repeats is one call, with one cost."""
        served.fail(Fault(kind="status", status=503, times=2))
        handler = OpenRouterCostHandler("$1")

        await ask(served.model(max_retries=2), "Hello", config={"callbacks": [handler]})

        assert len(served.bodies) == 3
        assert handler.calls == 1
        assert handler.total == settled(handler) == served.emulator.spent - spent_before

    async def test_with_fallbacks(self, served: Served, ask: Ask, spent_before: Decimal) -> None:
        """The model that failed and the one that answered are two calls; one has a cost."""
        served.fail(Fault(kind="status", status=503, model=MODEL))
        handler = OpenRouterCostHandler("$1")
        model = served.model().with_fallbacks([served.model(OTHER)])

        await ask(model, "Hello", config={"callbacks": [handler]})

        assert [(record.model_asked, record.error) for record in handler.records] == [
            (MODEL, "ServiceUnavailableError"),
            (OTHER, None),
        ]
        assert handler.total == settled(handler) == served.emulator.spent - spent_before

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_agent_middleware(self, served: Served, asynchronous: bool, spent_before: Decimal) -> None:
        """Tries and fallbacks of middleware are calls of their own, charged once each."""
        served.fail(Fault(kind="status", status=503, model=MODEL))
        handler = OpenRouterCostHandler("$1")
        middleware: list[Any] = [
            ModelFallbackMiddleware(served.model(OTHER)),
            ModelRetryMiddleware(max_retries=1, initial_delay=0.0, on_failure="error"),
        ]
        agent: Any = create_agent(served.model(), tools=[], middleware=middleware)
        config: Any = {"callbacks": [handler]}

        await agent.ainvoke(QUESTION, config) if asynchronous else agent.invoke(QUESTION, config)

        assert [record.model_asked for record in handler.records] == [MODEL, MODEL, OTHER]
        assert handler.total == settled(handler) == served.emulator.spent - spent_before


class TestCaches:
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_of_langchain(self, served: Served, asynchronous: bool, spent_before: Decimal) -> None:
        """A hit of LangChain's cache costs nothing, is no call, and leaves nothing set aside."""
        handler = OpenRouterCostHandler("$1")
        model = served.model(cache=InMemoryCache())
        config: Any = {"callbacks": [handler]}

        for _ in range(3):
            await model.ainvoke("Hello", config) if asynchronous else model.invoke("Hello", config)

        assert len(served.bodies) == 1
        assert (handler.calls, handler.tally.cached_calls) == (1, 2)
        assert [record.status for record in handler.records] == ["billed", "cached", "cached"]
        assert [record.cost for record in handler.records][1:] == [0, 0]
        assert handler.total == settled(handler) == served.emulator.spent - spent_before

    def test_of_langchain_without_a_handler_before(self, served: Served) -> None:
        """What the cache learnt before this handler was there costs this handler nothing."""
        model = served.model(cache=InMemoryCache())
        model.invoke("Hello")
        handler = OpenRouterCostHandler("$1")

        model.invoke("Hello", config={"callbacks": [handler]})

        assert [handler.total, handler.calls, settled(handler)] == [0, 0, 0]

    async def test_of_openrouter(self, served: Served, ask: Ask, spent_before: Decimal) -> None:
        """A hit of OpenRouter's response cache is billed nothing, and is counted so."""
        handler = OpenRouterCostHandler("$1")
        model = served.model(response_cache=True)
        prompt = f"Hello {uuid.uuid4()}"

        for _ in range(2):
            await ask(model, prompt, config={"callbacks": [handler]})

        assert len(served.bodies) == 2
        assert handler.total == settled(handler) == served.emulator.spent - spent_before > 0


class State(TypedDict):
    """The state of a graph."""

    said: list[str]


class TestReplay:
    def test_from_a_checkpoint(self, served: Served, spent_before: Decimal) -> None:
        """A node that runs again from a checkpoint asks again, and is billed again; a finished one is not asked."""
        handler = OpenRouterCostHandler("$1")
        model = served.model()

        def speak(state: State, config: RunnableConfig) -> State:
            return {"said": [*state["said"], model.invoke("Hello", config).text]}

        def listen(state: State) -> State:
            if len(handler.records) == 1:
                msg = "not yet"
                raise RuntimeError(msg)
            return state

        graph = StateGraph(State)
        graph.add_node("speak", speak)
        graph.add_node("listen", listen)
        graph.add_edge(START, "speak")
        graph.add_edge("speak", "listen")
        graph.add_edge("listen", END)
        program: Any = graph.compile(checkpointer=InMemorySaver())
        config: Any = {"callbacks": [handler], "configurable": {"thread_id": "1"}}

        with pytest.raises(RuntimeError, match="not yet"):
            program.invoke({"said": []}, config)
        asked = len(served.bodies)
        before_speaking = next(each for each in program.get_state_history(config) if each.next == ("speak",))
        again = program.invoke(None, {**before_speaking.config, "callbacks": [handler]})

        assert asked == 1
        assert len(again["said"]) == 1
        assert handler.calls == len(served.bodies) == 2
        assert handler.total == settled(handler) == served.emulator.spent - spent_before

    def test_resumed_after_a_finished_node(self, served: Served, spent_before: Decimal) -> None:
        """Where a run goes on after the node that spoke, nothing is asked again, and nothing counted again."""
        handler = OpenRouterCostHandler("$1")
        model = served.model()
        failing = [True]

        def speak(state: State, config: RunnableConfig) -> State:
            return {"said": [*state["said"], model.invoke("Hello", config).text]}

        def listen(state: State) -> State:
            if failing.pop():
                msg = "not yet"
                raise RuntimeError(msg)
            return state

        graph = StateGraph(State)
        graph.add_node("speak", speak)
        graph.add_node("listen", listen)
        graph.add_edge(START, "speak")
        graph.add_edge("speak", "listen")
        program: Any = graph.compile(checkpointer=InMemorySaver())
        config: Any = {"callbacks": [handler], "configurable": {"thread_id": "1"}}

        with pytest.raises(RuntimeError, match="not yet"):
            program.invoke({"said": []}, config)
        failing[:] = [False]
        program.invoke(None, config)

        assert handler.calls == len(served.bodies) == 1
        assert handler.total == settled(handler) == served.emulator.spent - spent_before
