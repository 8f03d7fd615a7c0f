"""A `ModelRouter` in a LangGraph graph: retries of nodes, tools, streams, checkpoints, time limits and threads."""

from __future__ import annotations

import asyncio
import importlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import NodeTimeoutError
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command, RetryPolicy, Send, interrupt

from integration_tests.routers import FIRST, SECOND, THIRD, asked, router_of, tried
from integration_tests.support import Served, wait_until
from langchain_openrouter import BadRequestError, BudgetExceededError, Ledger, ServerError, price, track_cost
from langchain_openrouter.agents import BudgetMiddleware, RoutingMiddleware
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing.policies import sticky

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

QUESTION: Any = {"messages": [HumanMessage("What is the weather in Oslo?")]}
HELLO: Any = {"messages": [HumanMessage("Hello")]}
AT_ONCE = RetryPolicy(initial_interval=0.001, jitter=False)


def thread(name: str) -> Any:
    """Give the configuration of a thread."""
    return {"configurable": {"thread_id": name}}


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


def approved_weather(city: str) -> str:
    """Tell the weather in a city, once a person has agreed."""
    return f"It is sunny in {city}." if interrupt(f"May I look at {city}?") else "Nobody may know."


def paid(messages: list[Any]) -> Decimal:
    """Give what the answers of a conversation cost."""
    costs = [price(message).total for message in messages if isinstance(message, AIMessage)]
    assert None not in costs
    return sum((cost or Decimal(0) for cost in costs), Decimal(0))


@pytest.fixture(params=["memory", "sqlite"])
async def checkpointer(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Give each checkpointer that is installed."""
    if request.param == "memory":
        yield InMemorySaver()
        return
    try:
        sqlite = importlib.import_module("langgraph.checkpoint.sqlite.aio")
    except ModuleNotFoundError:
        pytest.skip("langgraph-checkpoint-sqlite is not installed; it is no dependency of ours")
    async with sqlite.AsyncSqliteSaver.from_conn_string(":memory:") as saver:
        yield saver


def graph_of(model: Any, tool: Callable[..., str] = weather, checkpointer: Any = None, **node: Any) -> Any:
    """Build the graph that a person would: a model, its tools, and a way back; it can be run in both ways."""
    bound = model.bind_tools([tool])

    def call(state: MessagesState) -> dict[str, Any]:
        return {"messages": [bound.invoke(state["messages"])]}

    async def acall(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", RunnableLambda(call, acall), **node)
    graph.add_node("tools", ToolNode([tool]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
    graph.add_edge("tools", "model")
    return graph.compile(checkpointer=checkpointer)


async def run(graph: Any, given: Any, config: Any = None, *, asynchronous: bool) -> Any:
    """Run a graph to its end."""
    return await graph.ainvoke(given, config) if asynchronous else graph.invoke(given, config)


@pytest.mark.parametrize("asynchronous", [False, True])
class TestNodes:
    async def test_the_tool_loop(self, served: Served, asynchronous: bool) -> None:
        """A router calls the tool and reads its result; when a model fails in between, the next one reads it."""
        served.fail(Fault(kind="status", status=503, model=FIRST, nth=2))

        messages = (await run(graph_of(router_of(served)), QUESTION, asynchronous=asynchronous))["messages"]

        assert [type(message) for message in messages] == [HumanMessage, AIMessage, ToolMessage, AIMessage]
        assert "It is sunny in Oslo." in messages[-1].text
        assert [tried(messages[place]) for place in (1, 3)] == [
            [(FIRST, None)],
            [(FIRST, "ServiceUnavailableError"), (SECOND, None)],
        ]

    async def test_retry_policy(self, served: Served, asynchronous: bool) -> None:
        """A node is tried again when all candidates have failed, and no sooner."""
        served.fail(*(Fault(kind="status", status=503, model=model, times=1) for model in (FIRST, SECOND)))
        graph = graph_of(router_of(served, FIRST, SECOND), retry_policy=AT_ONCE)

        with track_cost() as cost:
            messages = (await run(graph, HELLO, asynchronous=asynchronous))["messages"]

        assert asked(served) == [FIRST, SECOND, FIRST]
        assert messages[-1].response_metadata["routing"]["model"] == FIRST
        assert (cost.calls, cost.total) == (3, paid(messages))

    async def test_a_policy_that_names_our_errors(self, served: Served, asynchronous: bool) -> None:
        """A policy can tell failures that pass from those that stay, by the class of the last one."""
        served.fail(Fault(kind="status", status=400, model=FIRST))
        policy = RetryPolicy(initial_interval=0.001, jitter=False, retry_on=ServerError)

        with pytest.raises(BadRequestError) as raised:
            await run(graph_of(router_of(served), retry_policy=policy), HELLO, asynchronous=asynchronous)

        assert tried(raised.value) == [(FIRST, "BadRequestError")]
        assert asked(served) == [FIRST]

    async def test_no_retry_of_a_budget(self, served: Served, asynchronous: bool) -> None:
        """What a budget refuses is not sent, by no candidate and in no retry."""
        policy = RetryPolicy(initial_interval=0.001, jitter=False, retry_on=ServerError)

        with track_cost("$0.0000001"), pytest.raises(BudgetExceededError):
            await run(graph_of(router_of(served), retry_policy=policy), HELLO, asynchronous=asynchronous)

        assert served.requests == []

    async def test_many_at_once(self, served: Served, asynchronous: bool) -> None:
        """Nodes that run at the same time share a router; each gets its own answer, each call is booked once."""
        served.fail(Fault(kind="status", status=503, model=FIRST, probability=0.5))
        router = router_of(served)

        def call(state: Any) -> dict[str, Any]:
            return {"messages": [router.invoke(f"Say '{state['word']}'")]}

        async def acall(state: Any) -> dict[str, Any]:
            return {"messages": [await router.ainvoke(f"Say '{state['word']}'")]}

        words = [f"word {number}" for number in range(12)]
        graph: Any = StateGraph(MessagesState)
        graph.add_node("call", acall if asynchronous else call)
        graph.add_conditional_edges(START, lambda _: [Send("call", {"word": word}) for word in words], ["call"])

        with track_cost(ledger="memory:") as cost:
            messages = (await run(graph.compile(), {"messages": []}, asynchronous=asynchronous))["messages"]

        assert [message.text for message in messages] == words
        assert cost.calls == len(served.bodies)
        assert cost.total == paid(messages)


@pytest.mark.parametrize("asynchronous", [False, True])
class TestStreams:
    async def test_messages(self, served: Served, asynchronous: bool) -> None:
        """`messages` gives the tokens of the model that was chosen as they come, with the node, and each once."""
        served.fail(Fault(kind="status", status=429, model=FIRST))
        graph = graph_of(router_of(served))

        if asynchronous:
            events = [event async for event in graph.astream(QUESTION, stream_mode="messages")]
        else:
            events = list(graph.stream(QUESTION, stream_mode="messages"))

        chunks = [message for message, _ in events if isinstance(message, AIMessageChunk)]
        assert "".join(chunk.text for chunk in chunks) == "Here is what the tools say: It is sunny in Oslo."
        assert len(chunks) > 10
        assert {metadata["langgraph_node"] for _, metadata in events} == {"model", "tools"}
        assert {
            metadata.get("ls_model_name") for message, metadata in events if isinstance(message, AIMessageChunk)
        } == {SECOND}

    @pytest.mark.parametrize("with_tools", [False, True])
    async def test_events(self, served: Served, asynchronous: bool, *, with_tools: bool) -> None:
        """In an event stream the router is a step, and the calls of its models are steps of that."""
        router = router_of(served)
        model: Any = router.bind_tools([weather]) if with_tools else router

        def call(state: MessagesState) -> dict[str, Any]:
            return {"messages": [model.invoke(state["messages"])]}

        async def acall(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        graph: Any = StateGraph(MessagesState)
        graph.add_node("model", acall if asynchronous else call)
        graph.add_edge(START, "model")

        events = [event async for event in graph.compile().astream_events(HELLO, version="v2")]

        (step,) = [event for event in events if event["event"] == "on_chain_start" and event["name"] == "ModelRouter"]
        (asking,) = [event for event in events if event["event"] == "on_chat_model_start"]
        assert asking["parent_ids"][-1] == step["run_id"]
        assert step["metadata"]["routing"]["chosen"] == FIRST


class TestCheckpoints:
    async def test_a_conversation(self, served: Served, checkpointer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a router writes onto messages survives a strict checkpoint, and the next turn goes on from it."""
        monkeypatch.setenv("LANGGRAPH_STRICT_MSGPACK", "true")
        graph = graph_of(router_of(served), checkpointer=checkpointer)
        first = (await graph.ainvoke(QUESTION, thread("1")))["messages"]

        messages = (await graph.ainvoke(HELLO, thread("1")))["messages"]

        assert messages[:4] == first
        assert messages[1].response_metadata["routing"]["model"] == FIRST
        assert len(served.bodies[-1]["messages"]) == 5

    async def test_resume_after_an_interrupt(self, served: Served, checkpointer: Any) -> None:
        """A run that waits for a person goes on where it was, without asking a model again."""
        graph = graph_of(router_of(served), approved_weather, checkpointer)
        waiting = await graph.ainvoke(QUESTION, thread("1"))
        assert waiting["__interrupt__"][0].value == "May I look at Oslo?"

        messages = (await graph.ainvoke(Command(resume=True), thread("1")))["messages"]

        assert "It is sunny in Oslo." in messages[-1].text
        assert asked(served) == [FIRST, FIRST]

    async def test_resume_after_a_failure(self, served: Served, checkpointer: Any) -> None:
        """A run whose step failed with all candidates is taken up there; what was paid for is not paid again."""
        for model in (SECOND, THIRD):
            served.fail(Fault(kind="status", status=503, model=model, times=1))
        served.fail(Fault(kind="status", status=503, model=FIRST, nth=2))
        graph = graph_of(router_of(served), checkpointer=checkpointer)
        with track_cost(ledger="memory:") as cost:
            with pytest.raises(ServerError):
                await graph.ainvoke(QUESTION, thread("1"))
            messages = (await graph.ainvoke(None, thread("1")))["messages"]

        assert asked(served) == [FIRST, FIRST, SECOND, THIRD, FIRST]
        assert cost.total == paid(messages)


@pytest.mark.parametrize("asynchronous", [False, True])
class TestThreads:
    async def test_sticky(self, served: Served, asynchronous: bool) -> None:
        """A sticky policy keeps each thread's model over invocations, though turns would give it another."""
        router = router_of(served, policy=sticky(then="round_robin"))
        graph = graph_of(router, checkpointer=InMemorySaver())

        for name in "abcabc":
            await run(graph, HELLO, thread(name), asynchronous=asynchronous)

        first, again = asked(served)[:3], asked(served)[3:]
        assert set(first) == {FIRST, SECOND, THIRD}
        assert again == first

    async def test_after_a_restart(self, served: Served, asynchronous: bool) -> None:
        """A new process, which remembers no thread, finds in the conversation who answered before."""
        saver = InMemorySaver()
        for _ in range(2):
            router = router_of(served, policy=sticky(then="round_robin"))
            router.invoke("Something else, so that the turn is another")
            graph = graph_of(router, checkpointer=saver)
            await run(graph, HELLO, thread("a"), asynchronous=asynchronous)

        assert asked(served)[1] == asked(served)[3] == SECOND

    async def test_a_fallback_is_stuck_to(self, served: Served, asynchronous: bool) -> None:
        """A thread stays with the model that answered, not with the one that was chosen and failed."""
        served.fail(Fault(kind="status", status=503, model=FIRST, times=1))
        graph = graph_of(router_of(served, policy=sticky(then="cheapest")), checkpointer=InMemorySaver())

        for _ in range(2):
            await run(graph, HELLO, thread("a"), asynchronous=asynchronous)

        assert asked(served) == [FIRST, SECOND, SECOND]


class TestTimeLimits:
    async def test_of_a_node(self, served: Served) -> None:
        """A node's time limit ends the attempt, with its connection, and no other model is tried."""
        served.fail(Fault(kind="slow_headers", seconds=30, model=FIRST))
        graph = graph_of(router_of(served), timeout=0.3)

        with track_cost(ledger="memory:") as cost, pytest.raises(NodeTimeoutError):
            await graph.ainvoke(HELLO)

        assert asked(served) == [FIRST]
        assert await asyncio.to_thread(wait_until, lambda: served.disconnects == 1)
        assert cost.calls == 1

    async def test_of_an_attempt(self, served: Served) -> None:
        """Within a node's time, the router's limit for an attempt leaves time for the next model."""
        served.fail(Fault(kind="slow_headers", seconds=30, model=FIRST))
        graph = graph_of(router_of(served, attempt_timeout=0.3), timeout=20)

        messages = (await graph.ainvoke(HELLO))["messages"]

        assert tried(messages[-1])[1] == (SECOND, None)


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_routed_agent_with_budget_and_fallback(served: Served, asynchronous: bool) -> None:
    """An agent in a graph: router, fallback and budget each do their part over several turns of a thread."""
    ledger = Ledger.open("memory:")
    places: list[Any] = [
        ModelFallbackMiddleware(served.model(THIRD)),
        RoutingMiddleware(router_of(served, FIRST, SECOND)),
        BudgetMiddleware(thread_limit="$1", ledger=ledger),
    ]
    agent: Any = create_agent(served.model("openai/gpt-4o"), tools=[weather], middleware=places)
    graph: Any = StateGraph(MessagesState)
    graph.add_node("agent", agent)
    graph.add_edge(START, "agent")
    compiled = graph.compile(checkpointer=InMemorySaver())

    await run(compiled, QUESTION, thread("1"), asynchronous=asynchronous)
    served.fail(*(Fault(kind="status", status=503, model=model) for model in (FIRST, SECOND)))
    messages = (await run(compiled, HELLO, thread("1"), asynchronous=asynchronous))["messages"]

    assert asked(served) == [FIRST, FIRST, FIRST, SECOND, THIRD]
    assert messages[-1].response_metadata["model_name"] == THIRD
    booked = sum((record.cost or Decimal(0) for record in ledger.records()), Decimal(0))
    assert booked == paid(messages)
    assert ledger.in_flight() == 0
