"""All ways in which programs call a chat model, alone and in chains and graphs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypedDict

from langchain_core.messages import HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.graph import END, START, StateGraph

from integration_tests.routers import SAY

if TYPE_CHECKING:
    from collections.abc import Callable


class State(TypedDict):
    """The state of a graph."""

    said: str


def graph_of(model: Any, *, asynchronous: bool) -> Any:
    """Build a graph with one node, which asks the model."""

    def speak(state: State, config: RunnableConfig) -> State:
        return {"said": model.invoke(SAY, config).text}

    async def aspeak(state: State, config: RunnableConfig) -> State:
        return {"said": (await model.ainvoke(SAY, config)).text}

    graph = StateGraph(State)
    graph.add_node("speak", aspeak if asynchronous else speak)
    graph.add_edge(START, "speak")
    graph.add_edge("speak", END)
    return graph.compile()


def streamed(model: Any, config: Any) -> None:
    """Read a stream."""
    assert list(model.stream(SAY, config))


async def astreamed(model: Any, config: Any) -> None:
    """Read an asynchronous stream."""
    assert [chunk async for chunk in model.astream(SAY, config)]


async def events(model: Any, config: Any, version: Any) -> None:
    """Read a stream of events of one of the first versions."""
    assert [event async for event in model.astream_events(SAY, config, version=version)]


async def chain_events(model: Any, config: Any) -> None:
    """Read the events of a chain that invokes the router."""
    chain = RunnableLambda(lambda text: text) | model | StrOutputParser()
    assert [event async for event in chain.astream_events(SAY, config, version="v2")]


async def third_events(model: Any, config: Any) -> None:
    """Read an asynchronous stream of events of the third version."""
    stream = await model.astream_events(SAY, config, version="v3")
    assert [event async for event in stream]


def messages_of(model: Any, config: Any) -> None:
    """Read the messages that a graph streams."""
    assert list(graph_of(model, asynchronous=False).stream({"said": ""}, config, stream_mode="messages"))


async def amessages_of(model: Any, config: Any) -> None:
    """Read the messages that a graph streams asynchronously."""
    graph = graph_of(model, asynchronous=True)
    assert [part async for part in graph.astream({"said": ""}, config, stream_mode="messages")]


def prompts(count: int) -> list[list[Any]]:
    """Give prompts as `generate` takes them."""
    return [[HumanMessage(SAY)]] * count


WAYS: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "invoke": (1, lambda model, config: model.invoke(SAY, config)),
    "ainvoke": (1, lambda model, config: model.ainvoke(SAY, config)),
    "stream": (1, streamed),
    "astream": (1, astreamed),
    "batch": (3, lambda model, config: model.batch([SAY] * 3, config)),
    "abatch": (3, lambda model, config: model.abatch([SAY] * 3, config)),
    "batch_as_completed": (2, lambda model, config: list(model.batch_as_completed([SAY] * 2, config))),
    "generate": (2, lambda model, config: model.generate(prompts(2), **config)),
    "agenerate": (2, lambda model, config: model.agenerate(prompts(2), **config)),
    "chain": (1, lambda model, config: (model | StrOutputParser()).invoke(SAY, config)),
    "events v1": (1, lambda model, config: events(model, config, "v1")),
    "events v2": (1, lambda model, config: events(model, config, "v2")),
    "events v2 of a chain": (1, chain_events),
    "events v3": (1, lambda model, config: list(model.stream_events(SAY, config, version="v3"))),
    "async events v3": (1, third_events),
    "graph": (1, lambda model, config: graph_of(model, asynchronous=False).invoke({"said": ""}, config)),
    "async graph": (1, lambda model, config: graph_of(model, asynchronous=True).ainvoke({"said": ""}, config)),
    "messages of a graph": (1, messages_of),
    "messages of an async graph": (1, amessages_of),
}
"""Each way to call a model, with the number of answers that it gets."""


async def call(way: str, model: Any, *handlers: Any) -> None:
    """Call a model in one of the ways."""
    result = WAYS[way][1](model, {"callbacks": list(handlers)} if handlers else {})
    if asyncio.iscoroutine(result):
        await result
