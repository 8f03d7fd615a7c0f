"""Cascades against the emulator: what is sent, booked, streamed and traced."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import pytest
from langchain_core.callbacks import BaseCallbackHandler, get_usage_metadata_callback
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from pydantic import BaseModel

from langchain_openrouter import BudgetExceededError, Cascade, ChatOpenRouter, track_cost
from langchain_openrouter.cascade import Agreed, MeanLogprob, Verifier
from langchain_openrouter.emulator import Emulator, Fault
from tests.helpers.styles import STREAMED, STYLES, Ask

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE, TWO, STRONG = "openai/gpt-4o-mini", "google/gemini-2.5-flash", "anthropic/claude-haiku-4.5"
NEVER = Agreed(by=lambda *_: False)


@pytest.fixture
def openrouter() -> Iterator[Emulator]:
    """A running emulator of its own."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=STYLES)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each way of calling, giving the whole message."""
    return STYLES[request.param]


def cascade_of(emulator: Emulator, **fields: Any) -> Cascade:
    """Two cheap models and a strong one."""
    place: dict[str, Any] = {"base_url": emulator.base_url, "api_key": emulator.api_key}
    return Cascade(models=[ONE, TWO, STRONG], **{**place, **fields})


@pytest.mark.parametrize("accept", [Agreed(), NEVER], ids=["accepted", "escalated"])
def test_every_call_is_booked_once_and_the_cascade_tells_what_was_billed(
    openrouter: Emulator, ask: Ask, accept: Agreed
) -> None:
    """The cost of the cascade is that of its calls, as OpenRouter billed them; tokens are counted once, too."""
    with track_cost() as cost, get_usage_metadata_callback() as usage:
        answer = ask(cascade_of(openrouter, accept=accept), "Say '42'")

    told = answer.response_metadata["cascade"]
    assert answer.text == "42"
    assert cost.total == openrouter.spent
    assert told["cost"] == f"{openrouter.spent.normalize():f}"
    assert cost.calls == (2 if told["accepted"] else 3)
    asked = [request.json["model"] for request in openrouter.requests]
    assert sorted(asked[:2]) == sorted([ONE, TWO])
    assert asked[2:] == ([] if told["accepted"] else [STRONG])
    assert len(usage.usage_metadata) == len(asked)


def test_the_last_model_streams(openrouter: Emulator) -> None:
    """Its chunks come one by one; a cheap answer, which had to be whole to be accepted, comes at once."""
    escalated = cascade_of(openrouter, accept=NEVER)
    accepted = cascade_of(openrouter)

    chunks = list(escalated.stream("Say 'one two three four'"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["one", " two", " three", " four"]
    assert [chunk.text for chunk in accepted.stream("Say 'one two three four'")] == ["one two three four"]


def test_a_budget_that_says_no_stops_it(openrouter: Emulator, ask: Ask) -> None:
    """It is no failure that another model survives."""
    with track_cost(budget="$0.0000001"), pytest.raises(BudgetExceededError):
        ask(cascade_of(openrouter), "Hello")
    assert not openrouter.requests


def test_a_verifier_is_booked_and_belongs_to_the_cascades_run(openrouter: Emulator) -> None:
    """Its cost is in the cascade's; its run is a step of the cascade's."""
    runs: dict[str, tuple[str, str | None]] = {}

    class Heard(BaseCallbackHandler):
        def on_chain_start(self, *_: Any, run_id: Any, name: str | None = None, **__: Any) -> None:
            runs[str(run_id)] = (name or "", None)

        def on_chat_model_start(self, *_: Any, run_id: Any, parent_run_id: Any = None, **__: Any) -> None:
            runs[str(run_id)] = ("model", str(parent_run_id))

    fields: dict[str, Any] = {"base_url": openrouter.base_url, "api_key": openrouter.api_key}
    cascade = Cascade(models=[ONE, STRONG], accept=Verifier(ChatOpenRouter(model=TWO, **fields)), **fields)

    for style in ("invoke", "ainvoke"):
        runs.clear()
        before = openrouter.spent
        with track_cost() as cost:
            config: Any = {"callbacks": [Heard()]}
            answer = (
                cascade.invoke("Hello", config) if style == "invoke" else asyncio.run(cascade.ainvoke("Hello", config))
            )
        assert cost.total == openrouter.spent - before
        assert answer.response_metadata["cascade"]["cost"] == f"{cost.total.normalize():f}"
        (outer,) = [run for run, (name, _) in runs.items() if name == "Cascade"]
        assert [parent for name, parent in runs.values() if name == "model"] == [outer] * cost.calls


def test_log_probabilities_are_asked_for_and_read(openrouter: Emulator) -> None:
    """The emulator gives some; a threshold below them accepts."""
    fields: dict[str, Any] = {"base_url": openrouter.base_url, "api_key": openrouter.api_key}

    answer = Cascade(models=[ONE, STRONG], accept=MeanLogprob(-5), **fields).invoke("Hello")

    assert openrouter.requests[0].json["logprobs"] is True
    assert answer.response_metadata["cascade"]["accepted"]
    assert len(openrouter.requests) == 1


def test_structured_output_is_agreed_on(openrouter: Emulator) -> None:
    """Tool calls are compared by their arguments; what comes out is an object."""

    class Person(BaseModel):
        name: str
        age: int

    person = cascade_of(openrouter).with_structured_output(Person).invoke("Ada is 36.")

    assert person == Person(name="Ada", age=36)
    assert len(openrouter.requests) == 2


def test_a_cheap_outage_escalates(openrouter: Emulator, ask: Ask) -> None:
    """One vote is missing, so the strong model answers."""
    openrouter.add_fault(Fault(kind="status", status=400, model=ONE))
    openrouter.clear_faults()
    openrouter.add_fault(Fault(kind="status", status=503, model=ONE))

    answer = ask(cascade_of(openrouter, max_retries=0), "Say 'x'")

    told = answer.response_metadata["cascade"]
    assert told["model"] == STRONG
    assert [each["error"] for each in told["calls"]] == ["ServiceUnavailableError", None, None]


@pytest.mark.parametrize("style", list(STREAMED))
def test_a_stream_that_is_left_is_closed(openrouter: Emulator, style: str) -> None:
    """The server sees that the client has gone; nothing is left open."""
    openrouter.add_fault(Fault(kind="stall", after=2, seconds=None, model=STRONG))
    cascade = cascade_of(openrouter, accept=NEVER)

    async def leave() -> None:
        stream: Any = cascade.astream("Say 'one two three four five six'")
        async for _ in stream:
            break
        await stream.aclose()

    if style == "astream":
        asyncio.run(leave())
    else:
        stream: Any = cascade.stream("Say 'one two three four five six'")
        next(stream)
        stream.close()
    for _ in range(100):
        if openrouter.disconnects:
            break
        time.sleep(0.02)
    assert openrouter.disconnects == 1


class State(TypedDict):
    """The conversation."""

    messages: Annotated[list[Any], add_messages]


def test_a_graph_shows_no_tokens_of_answers_that_may_be_turned_down(openrouter: Emulator) -> None:
    """In LangGraph's stream of messages only the last model's tokens appear, or the accepted answer."""
    for accept, words in ((NEVER, ["one", " two"]), (Agreed(), ["one two"])):
        cascade = cascade_of(openrouter, accept=accept)
        graph = StateGraph(State)
        graph.add_node("ask", lambda state, cascade=cascade: {"messages": [cascade.invoke(state["messages"])]})
        graph.add_edge(START, "ask")

        streamed: Any = graph.compile().stream({"messages": ["Say 'one two'"]}, stream_mode="messages")

        assert [message.text for message, _ in streamed if message.type != "human" and message.text] == words
