"""A LangGraph graph with a checkpointer: what a conversation needs survives being stored and loaded."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command, RetryPolicy, interrupt

from integration_tests.support import REASONING_MODELS, Served
from langchain_openrouter import BadRequestError, RateLimitError, ServerError
from langchain_openrouter.emulator import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

THREAD = RunnableConfig(configurable={"thread_id": "one"})
QUESTION = {"messages": [HumanMessage("What is the weather in Oslo?")]}


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


def approved_weather(city: str) -> str:
    """Tell the weather in a city, once a person has agreed."""
    return f"It is sunny in {city}." if interrupt(f"May I look at {city}?") else "Nobody may know."


@pytest.fixture(params=["memory", "sqlite"])
def checkpointer(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give each checkpointer that is installed."""
    if request.param == "memory":
        yield InMemorySaver()
        return
    try:
        sqlite = importlib.import_module("langgraph.checkpoint.sqlite")
    except ModuleNotFoundError:
        pytest.skip("langgraph-checkpoint-sqlite is not installed; it is no dependency of ours")
    with sqlite.SqliteSaver.from_conn_string(":memory:") as saver:
        yield saver


def graph_of(model: Any, checkpointer: Any = None, tool: Any = weather, **node: Any) -> Any:
    """Build the graph that a person would: a model, its tools, and a way back."""
    bound = model.bind_tools([tool])

    def call(state: MessagesState) -> dict[str, Any]:
        return {"messages": [bound.invoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", call, **node)
    graph.add_node("tools", ToolNode([tool]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
    graph.add_edge("tools", "model")
    return graph.compile(checkpointer=checkpointer)


@pytest.mark.parametrize("name", REASONING_MODELS)
class TestReasoning:
    def test_survives_the_checkpoint(self, served: Served, checkpointer: Any, name: str) -> None:
        """A second turn on a stored conversation sends the reasoning of the first one back unchanged."""
        graph = graph_of(served.model(name, reasoning={"effort": "low"}), checkpointer)
        first = graph.invoke(QUESTION, THREAD)["messages"][1].additional_kwargs["reasoning_details"]

        messages = graph.invoke({"messages": [HumanMessage("What is the weather in Paris?")]}, THREAD)["messages"]

        assert len(served.bodies) == 4
        assert [type(message) for message in messages[:4]] == [HumanMessage, AIMessage, ToolMessage, AIMessage]
        assert [detail["type"] for detail in first] == REASONING_MODELS[name]
        for body in served.bodies[1:]:
            assert body["messages"][1]["reasoning_details"] == first

    def test_survives_streaming(self, served: Served, checkpointer: Any, name: str) -> None:
        """Streamed reasoning is put together so that it can be stored and sent back, byte for byte."""
        graph = graph_of(served.model(name, reasoning={"effort": "low"}), checkpointer)
        list(graph.stream(QUESTION, THREAD, stream_mode="messages"))
        assert all(body["stream"] for body in served.bodies)

        messages = graph.invoke({"messages": [HumanMessage("What is the weather in Paris?")]}, THREAD)["messages"]

        details = messages[1].additional_kwargs["reasoning_details"]
        assert [detail["type"] for detail in details] == REASONING_MODELS[name]
        assert served.bodies[-1]["messages"][1]["reasoning_details"] == details

    def test_changed_reasoning_is_refused(self, served: Served, name: str) -> None:
        """The emulator does notice: so the tests above prove something."""
        model = served.model(name, reasoning={"effort": "low"}).bind_tools([weather])
        answer = model.invoke(QUESTION["messages"])
        for detail in answer.additional_kwargs["reasoning_details"]:
            detail["index"] = 7
        result = ToolMessage("Sunny.", tool_call_id=answer.tool_calls[0]["id"])

        with pytest.raises(BadRequestError):
            model.invoke([*QUESTION["messages"], answer, result])


def test_resume_after_an_interrupt(served: Served, checkpointer: Any) -> None:
    """A run that waits for a person goes on where it was, without asking the model again."""
    graph = graph_of(
        served.model("google/gemini-2.5-flash", reasoning={"effort": "low"}), checkpointer, approved_weather
    )
    waiting = graph.invoke(QUESTION, THREAD)
    assert waiting["__interrupt__"][0].value == "May I look at Oslo?"
    assert len(served.bodies) == 1

    messages = graph.invoke(Command(resume=True), THREAD)["messages"]

    assert "It is sunny in Oslo." in messages[-1].text
    assert len(served.bodies) == 2


def test_resume_after_a_failure(served: Served, checkpointer: Any) -> None:
    """A run that failed at a step is taken up at that step: what was paid for is not paid for again."""
    served.fail(Fault(kind="status", status=502, nth=2))
    graph = graph_of(served.model(), checkpointer)
    with pytest.raises(ServerError):
        graph.invoke(QUESTION, THREAD)

    messages = graph.invoke(None, THREAD)["messages"]

    assert "It is sunny in Oslo." in messages[-1].text
    assert len(served.bodies) == 3


class TestRetryPolicy:
    def test_retries_typed_errors(self, served: Served) -> None:
        """LangGraph's default policy retries our errors, since a failed call is none of its excepted kinds."""
        served.fail(Fault(kind="status", status=429, times=1))
        policy = RetryPolicy(initial_interval=0.001, jitter=False)

        messages = graph_of(served.model(), retry_policy=policy).invoke(QUESTION)["messages"]

        assert "It is sunny" in messages[-1].text
        assert len(served.bodies) == 3

    def test_by_class(self, served: Served) -> None:
        """A policy for one class leaves the others alone."""
        served.fail(Fault(kind="status", status=502))
        policy = RetryPolicy(initial_interval=0.001, jitter=False, retry_on=RateLimitError)

        with pytest.raises(ServerError):
            graph_of(served.model(), retry_policy=policy).invoke(QUESTION)
        assert len(served.bodies) == 1


class TestStreaming:
    def test_messages(self, served: Served) -> None:
        """`messages` gives the tokens as they come, with the node that they come from."""
        events = list(graph_of(served.model()).stream(QUESTION, stream_mode="messages"))

        chunks = [message for message, _ in events if isinstance(message, AIMessageChunk)]
        assert "".join(chunk.text for chunk in chunks) == "Here is what the tools say: It is sunny in Oslo."
        assert len(chunks) > 10
        assert {metadata["langgraph_node"] for _, metadata in events} == {"model", "tools"}
        assert {metadata.get("ls_provider") for message, metadata in events if isinstance(message, AIMessageChunk)} == {
            "openrouter"
        }

    async def test_updates(self, served: Served) -> None:
        """`updates` gives each node's message once it is whole, with its cost."""
        graph = graph_of(served.model())

        updates = [update async for update in graph.astream(QUESTION, stream_mode="updates")]

        assert [next(iter(update)) for update in updates] == ["model", "tools", "model"]
        answers = [update["model"]["messages"][0] for update in updates if "model" in update]
        assert all(answer.response_metadata["cost"] > 0 for answer in answers)
