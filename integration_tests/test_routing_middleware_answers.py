"""`RoutingMiddleware`: structured answers, what an agent's state keeps, and streams."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent, factory
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    ModelFallbackMiddleware,
    ModelResponse,
    ModelRetryMiddleware,
    SummarizationMiddleware,
)
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessageChunk, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.config import get_stream_writer
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command
from pydantic import BaseModel

from integration_tests.routers import FIRST, SECOND, THIRD, as_given, asked, router_of
from langchain_openrouter import track_cost
from langchain_openrouter.agents import BudgetMiddleware, RoutingMiddleware
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing.policies import sticky

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration_tests.support import Served

OWN = "openai/gpt-4o"
NO_STRUCTURE = "qwen/qwen3-coder-flash"
QUESTION: Any = {"messages": [HumanMessage("What is the weather in Oslo?")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}


def weather(city: str) -> str:
    """Tell the weather in a city."""
    get_stream_writer()({"looked_at": city})
    return f"It is sunny in {city}."


class Report(BaseModel):
    """The weather in a city."""

    city: str


SCHEMA = {"title": "Report", "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAMELESS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def agent_of(served: Served, *candidates: str, middleware: Sequence[Any] = (), **options: Any) -> Any:
    """Give an agent with a router over these models, else over two, tried in this order."""
    routing = RoutingMiddleware(router_of(served, *(candidates or (FIRST, THIRD))))
    return create_agent(served.model(OWN), middleware=[*middleware, routing], **options)


async def run(agent: Any, question: Any = None, config: Any = None, *, asynchronous: bool) -> Any:
    """Run an agent to its end."""
    question = QUESTION if question is None else question
    return await agent.ainvoke(question, config) if asynchronous else agent.invoke(question, config)


def is_by_provider(body: Any) -> bool:
    """Say how a request asks for a structure: by the provider's own structured output, or by a tool."""
    by_provider = "response_format" in body
    by_tool: bool = body.get("tool_choice") == "required"
    assert by_provider != by_tool
    return by_provider


@pytest.mark.parametrize("asynchronous", [False, True])
class TestStructure:
    @pytest.mark.parametrize("schema", [Report, SCHEMA, NAMELESS], ids=["class", "schema", "nameless"])
    @pytest.mark.parametrize("tools", [False, True])
    @pytest.mark.parametrize(
        ("candidates", "by_provider"),
        [((FIRST, THIRD), True), ((FIRST, NO_STRUCTURE), False), ((NO_STRUCTURE, FIRST), False)],
        ids=["all have it", "the last has not", "the first has not"],
    )
    async def test_a_schema(
        self, served: Served, asynchronous: bool, *, candidates: Any, by_provider: bool, tools: bool, schema: Any
    ) -> None:
        """A schema is asked for in a way that every candidate knows, so that any of them can go on with it."""
        served.fail(Fault(kind="status", status=503, model=candidates[0]))
        agent = agent_of(served, *candidates, tools=[weather] if tools else [], response_format=schema)

        found = (await run(agent, asynchronous=asynchronous))["structured_response"]

        assert (found.city if isinstance(found, Report) else found["city"]) == "Oslo"
        assert {is_by_provider(body) for body in served.bodies} == {by_provider}
        assert set(asked(served)) == set(candidates)

    @pytest.mark.parametrize("tools", [False, True])
    async def test_a_model_that_cannot_have_both(self, served: Served, asynchronous: bool, tools: bool) -> None:
        """Gemini 2 has structured output, though not beside tools: LangChain knows that by its name."""
        agent = agent_of(served, FIRST, SECOND, tools=[weather] if tools else [], response_format=Report)

        assert (await run(agent, asynchronous=asynchronous))["structured_response"].city == "Oslo"
        assert {is_by_provider(body) for body in served.bodies} == {not tools}

    async def test_provider_strategy(self, served: Served, asynchronous: bool) -> None:
        """Who asks for structured output of the provider gets it, from a candidate that has it."""
        agent = agent_of(served, NO_STRUCTURE, FIRST, response_format=ProviderStrategy(Report))

        result = await run(agent, asynchronous=asynchronous)

        assert result["structured_response"].city == "Oslo"
        assert is_by_provider(served.bodies[0])
        assert asked(served) == [FIRST]
        assert list(result["messages"][-1].response_metadata["routing"]["rejected"]) == [NO_STRUCTURE]

    async def test_tool_strategy(self, served: Served, asynchronous: bool) -> None:
        """Who asks for a tool gets a tool."""
        agent = agent_of(served, response_format=ToolStrategy(Report))

        assert (await run(agent, asynchronous=asynchronous))["structured_response"].city == "Oslo"
        assert not is_by_provider(served.bodies[0])

    async def test_as_the_model(self, served: Served, asynchronous: bool) -> None:
        """A router that is the agent's model itself gives structures, too."""
        agent: Any = create_agent(router_of(served, NO_STRUCTURE, FIRST), response_format=Report)

        assert (await run(agent, asynchronous=asynchronous))["structured_response"].city == "Oslo"
        assert not is_by_provider(served.bodies[0])


@pytest.mark.parametrize("asynchronous", [False, True])
class TestState:
    async def test_the_decision(self, served: Served, asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """The state tells in short who answered and why; it is JSON, passes strict checkpoints, and is private."""
        monkeypatch.setenv("LANGGRAPH_STRICT_MSGPACK", "true")
        served.fail(Fault(kind="status", status=503, model=FIRST))
        agent = agent_of(served, tools=[weather], checkpointer=InMemorySaver(serde=JsonPlusSerializer()))

        result = await run(agent, config=THREAD, asynchronous=asynchronous)

        told = agent.get_state(THREAD).values["routing"]
        record = result["messages"][-1].response_metadata["routing"]
        assert set(result) == {"messages"}
        assert told == json.loads(json.dumps(told))
        assert told == {
            "model": THIRD,
            "chosen": FIRST,
            "policy": "as_given",
            "task": record["task"],
            "complexity": record["complexity"],
            "estimated_cost": record["estimated_cost"],
            "fallback": True,
        }

    @pytest.mark.parametrize("inside", [False, True])
    async def test_somebody_else_answered(self, served: Served, asynchronous: bool, inside: bool) -> None:
        """When the model of a fallback has answered, the state no longer tells of the decision before."""
        served.fail(Fault(kind="status", status=503, model=FIRST, nth=2))
        fallback, routing = ModelFallbackMiddleware(served.model(THIRD)), RoutingMiddleware(router_of(served, FIRST))
        places: list[Any] = [routing, fallback] if inside else [fallback, routing]
        agent: Any = create_agent(served.model(OWN), middleware=places, checkpointer=InMemorySaver())

        await run(agent, config=THREAD, asynchronous=asynchronous)
        before = agent.get_state(THREAD).values["routing"]
        await run(agent, config=THREAD, asynchronous=asynchronous)

        assert before["model"] == FIRST
        assert agent.get_state(THREAD).values["routing"] is None
        assert asked(served) == [FIRST, FIRST, THIRD]

    async def test_further_messages(self, served: Served, asynchronous: bool) -> None:
        """Middleware inside may put messages before the answer; the decision is found all the same."""

        class Notes(AgentMiddleware[Any, Any, Any]):
            def wrap_model_call(self, request: Any, handler: Any) -> Any:
                return ModelResponse([HumanMessage("A note"), *handler(request).result])

            async def awrap_model_call(self, request: Any, handler: Any) -> Any:
                return ModelResponse([HumanMessage("A note"), *(await handler(request)).result])

        places: list[Any] = [RoutingMiddleware(router_of(served)), Notes()]
        agent: Any = create_agent(served.model(OWN), middleware=places, checkpointer=InMemorySaver())

        await run(agent, config=THREAD, asynchronous=asynchronous)

        assert agent.get_state(THREAD).values["routing"]["model"] == FIRST

    async def test_an_agent_in_a_graph(self, served: Served, asynchronous: bool) -> None:
        """An agent that is a part of a graph keeps its decision to itself."""
        graph: Any = StateGraph(MessagesState)
        graph.add_node("agent", agent_of(served, tools=[weather]))
        graph.add_edge(START, "agent")

        result = await run(
            graph.compile(checkpointer=InMemorySaver()), QUESTION, config=THREAD, asynchronous=asynchronous
        )

        assert set(result) == {"messages"}
        assert result["messages"][-1].response_metadata["routing"]["model"] == FIRST

    async def test_sticky_by_thread(self, served: Served, asynchronous: bool) -> None:
        """The router knows the thread: a model stays with its thread, and the next thread gets the next model."""
        routing = RoutingMiddleware(router_of(served, policy=sticky(then="round_robin")))
        agent: Any = create_agent(served.model(OWN), middleware=[routing], checkpointer=InMemorySaver())
        threads: list[Any] = [{"configurable": {"thread_id": each}} for each in "abab"]

        for thread in threads:
            await run(agent, {"messages": [HumanMessage("Hello")]}, thread, asynchronous=asynchronous)

        first, second, *again = asked(served)
        assert first != second
        assert again == [first, second]

    async def test_resumed(self, served: Served, asynchronous: bool) -> None:
        """What goes on after an interrupt is routed as before, and within the same budget."""
        person = HumanInTheLoopMiddleware(interrupt_on={"weather": True})
        budget = BudgetMiddleware(thread_limit="$1", ledger="memory:")
        agent = agent_of(served, middleware=[person, budget], tools=[weather], checkpointer=InMemorySaver())
        await run(agent, config=THREAD, asynchronous=asynchronous)
        waiting = agent.get_state(THREAD)

        resumed: Any = Command(resume={"decisions": [{"type": "approve"}]})
        result = await run(agent, resumed, THREAD, asynchronous=asynchronous)

        assert waiting.values["routing"]["model"] == FIRST
        assert waiting.interrupts
        assert result["messages"][-1].response_metadata["routing"]["model"] == FIRST
        assert len(list(budget.ledger.records())) == len(served.bodies) == 2


async def streamed(agent: Any, mode: Any, *, asynchronous: bool) -> list[Any]:
    """Give what an agent streams."""
    if asynchronous:
        return [event async for event in agent.astream(QUESTION, stream_mode=mode)]
    return list(agent.stream(QUESTION, stream_mode=mode))


@pytest.mark.parametrize("kind", ["middleware", "model"])
@pytest.mark.parametrize("asynchronous", [False, True])
class TestStreams:
    def agent(self, served: Served, kind: str) -> Any:
        """Give an agent whose model is routed by middleware, or is a router."""
        if kind == "model":
            return create_agent(router_of(served, FIRST, THIRD), tools=[weather])
        return agent_of(served, tools=[weather])

    async def test_messages(self, served: Served, asynchronous: bool, kind: str) -> None:
        """Tokens come as the model that was chosen writes them, each once."""
        served.fail(Fault(kind="status", status=503, model=FIRST))

        events = await streamed(self.agent(served, kind), "messages", asynchronous=asynchronous)

        chunks = [message for message, _ in events if isinstance(message, AIMessageChunk)]
        assert "".join(chunk.text for chunk in chunks) == "Here is what the tools say: It is sunny in Oslo."
        assert len({chunk.id for chunk in chunks}) == 2
        assert {metadata["langgraph_node"] for _, metadata in events} == {"model", "tools"}
        assert all(body["stream"] for body in served.bodies)

    async def test_updates_and_custom(self, served: Served, asynchronous: bool, kind: str) -> None:
        """Each step comes with its whole message, what tools write comes too, and no step is added."""
        agent = self.agent(served, kind)

        events = await streamed(agent, ["updates", "custom"], asynchronous=asynchronous)

        updates = [next(iter(event.items())) for mode, event in events if mode == "updates"]
        assert [event for mode, event in events if mode == "custom"] == [{"looked_at": "Oslo"}]
        assert [node for node, _ in updates] == ["model", "tools", "model"]
        answers = [update["messages"][0] for node, update in updates if node == "model"]
        assert [answer.response_metadata["routing"]["model"] for answer in answers] == [FIRST, FIRST]

    async def test_events(self, served: Served, asynchronous: bool, kind: str) -> None:
        """An event stream has each call of a model once, under the model's own run."""
        agent = self.agent(served, kind)

        with track_cost() as cost:
            events = [event async for event in agent.astream_events(QUESTION, version="v2")]

        calls = [event for event in events if event["event"] == "on_chat_model_end"]
        text = "".join(event["data"]["chunk"].text for event in events if event["event"] == "on_chat_model_stream")
        assert len(calls) == cost.calls == len(served.bodies) == 2
        assert text == "Here is what the tools say: It is sunny in Oslo."

    async def test_a_broken_stream(self, served: Served, asynchronous: bool, kind: str) -> None:
        """When an answer breaks off, the next model's comes under an id of its own, and that one is kept."""
        served.fail(Fault(kind="midstream_error", status=502, after=3, model=FIRST, nth=2))

        events = await streamed(self.agent(served, kind), ["messages", "values"], asynchronous=asynchronous)

        kept = [event for mode, event in events if mode == "values"][-1]["messages"][-1]
        chunks = [event[0] for mode, event in events if mode == "messages" and isinstance(event[0], AIMessageChunk)]
        assert kept.response_metadata["routing"]["model"] == THIRD
        assert "".join(chunk.text for chunk in chunks if chunk.id == kept.id) == kept.text
        assert {chunk.id for chunk in chunks if chunk.text} > {kept.id}


class TestMaking:
    def test_a_router_or_its_fields(self, served: Served) -> None:
        """A router is taken as it is, so that several agents can share what it learns."""
        router = router_of(served)

        assert RoutingMiddleware(router).router is router

    @pytest.mark.parametrize(
        ("given", "error", "text"),
        [
            ({}, ValueError, "either a `ModelRouter` or the fields"),
            ({"router": "fake", "candidates": [FIRST]}, ValueError, "either a `ModelRouter` or the fields"),
            ({"router": "openai/gpt-4o"}, TypeError, "router is of type str"),
            ({"candidates": [FIRST], "polcy": "cheapest"}, ValueError, "polcy"),
        ],
        ids=["nothing", "both", "a name", "a misspelt field"],
    )
    def test_refused(self, given: Any, error: type[Exception], text: str) -> None:
        """What is no router says so, with the remedy."""
        with pytest.raises(error, match=text):
            RoutingMiddleware(**given)

    def test_without_langchains_knowledge(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """Should LangChain not tell any more which models cannot have tools and a structure, a tool suits them all."""
        monkeypatch.delattr(factory, "_supports_provider_strategy")
        routing = RoutingMiddleware(router_of(served, FIRST))

        assert routing._beside_tools.profile == {**(routing.router.profile or {}), "structured_output": False}

    def test_bound(self, served: Served) -> None:
        """A router with arguments bound to it is no router any more."""
        bound: Any = router_of(served).bind(temperature=0)

        with pytest.raises(TypeError, match="unbound"):
            RoutingMiddleware(bound)

    def test_pickled(self, served: Served) -> None:
        """Middleware travels to another process, before and after it was used."""
        routing = RoutingMiddleware(router_of(served, FIRST, SECOND))
        for each in (routing, pickle.loads(pickle.dumps(routing))):  # noqa: S301  # our own bytes
            create_agent(served.model(OWN), tools=[weather], middleware=[each], response_format=Report).invoke(QUESTION)

        copy = pickle.loads(pickle.dumps(routing))  # noqa: S301  # our own bytes
        create_agent(served.model(OWN), tools=[weather], middleware=[copy], response_format=Report).invoke(QUESTION)

        assert set(asked(served)) == {FIRST}

    def test_where_pickles_look(self) -> None:
        """What was pickled when the middleware was one module is found where it is now."""
        old = b"clangchain_openrouter.agents\nBudgetMiddleware\n."

        assert pickle.loads(old) is BudgetMiddleware  # noqa: S301  # our own bytes


class TestAsTheModel:
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_with_other_middleware(self, served: Served, asynchronous: bool) -> None:
        """A router as the agent's model goes with summaries, retry, fallback and budget as any model does."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        router = router_of(served, FIRST, THIRD)
        budget = BudgetMiddleware(run_limit="$1", ledger="memory:")
        places: list[Any] = [
            SummarizationMiddleware(model=router, trigger=("fraction", 0.8), keep=("fraction", 0.3)),
            ModelFallbackMiddleware(served.model(SECOND)),
            ModelRetryMiddleware(max_retries=1, initial_delay=0.0),
            budget,
        ]
        agent: Any = create_agent(router, tools=[weather], middleware=places)

        messages = (await run(agent, asynchronous=asynchronous))["messages"]

        assert "It is sunny in Oslo." in messages[-1].text
        assert asked(served) == [FIRST, THIRD] * 2
        assert [record.error for record in budget.ledger.records()] == ["ServiceUnavailableError", None] * 2

    def test_policy(self, served: Served) -> None:
        """A policy that is a function of the user needs no name."""
        agent: Any = create_agent(served.model(OWN), middleware=[RoutingMiddleware(router_of(served, policy=as_given))])

        assert agent.invoke(QUESTION)["messages"][-1].response_metadata["routing"]["policy"] == "as_given"
