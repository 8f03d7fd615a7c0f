"""Streams of events, of both versions: text, reasoning, tool calls and what must survive for the next turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate

from integration_tests.support import REASONING_MODELS, Served

if TYPE_CHECKING:
    from langchain_openrouter import ChatOpenRouter

pytestmark = pytest.mark.filterwarnings(
    # LangChain says of its third version that it may change.
    "ignore:The .*stream_events.* is in beta",
    "ignore:.*v3.* is in beta",
)

QUESTION = "What is the weather in Oslo?"


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


def reasoning_model(served: Served, name: str) -> ChatOpenRouter:
    """Give a model that reasons."""
    return served.model(name, reasoning={"effort": "low"})


class TestVersion2:
    async def test_a_model(self, served: Served) -> None:
        """A start, a piece of text for each chunk, and an end with the whole message."""
        events = [event async for event in served.model().astream_events("Hello", version="v2")]

        names = [event["event"] for event in events]
        assert (names[0], names[-1]) == ("on_chat_model_start", "on_chat_model_end")
        assert set(names[1:-1]) == {"on_chat_model_stream"}
        chunks: list[Any] = [event["data"].get("chunk") for event in events[1:-1]]
        output: Any = events[-1]["data"]["output"]
        assert isinstance(output, AIMessageChunk)
        assert "".join(chunk.text for chunk in chunks) == output.text
        assert output.response_metadata["cost"] > 0
        assert output.usage_metadata is not None

    async def test_a_chain(self, served: Served) -> None:
        """Inside a chain that calls `invoke`, the model's tokens are events too, and the model streams for them."""
        chain = ChatPromptTemplate([("human", "{question}")]) | served.model()

        events = [event async for event in chain.astream_events({"question": "Hello"}, version="v2")]

        kinds = [event["event"] for event in events]
        assert kinds.count("on_chat_model_start") == kinds.count("on_chat_model_end") == 1
        assert kinds.count("on_chat_model_stream") > 5
        assert served.bodies[0]["stream"] is True

    async def test_metadata_follows_the_call(self, served: Served) -> None:
        """What tracers are told is the model of the call, not that of the constructor."""
        other = "google/gemini-2.5-flash"

        events = [event async for event in served.model().astream_events("Hello", version="v2", model=other)]

        assert {event["metadata"]["ls_model_name"] for event in events} == {other}
        assert {event["metadata"]["ls_provider"] for event in events} == {"openrouter"}


async def v3(model: Any, messages: Any, *, asynchronous: bool) -> tuple[Any, str, str, list[Any], AIMessage]:
    """Stream events, and give them, then the text, the reasoning, the tool calls and the message that they make."""
    if asynchronous:
        astream = await model.astream_events(messages, version="v3")
        events = [event async for event in astream]
        text, reasoning, calls = await astream.text, await astream.reasoning, await astream.tool_calls
        return events, text, reasoning, calls, await astream.output
    stream = model.stream_events(messages, version="v3")
    events = list(stream)
    return events, str(stream.text), str(stream.reasoning), stream.tool_calls.get(), stream.output


@pytest.mark.parametrize("asynchronous", [False, True])
class TestVersion3:
    async def test_text(self, served: Served, asynchronous: bool) -> None:
        """Text comes in pieces, and the message has text, usage and cost."""
        whole = served.model().invoke("Hello")

        events, text, reasoning, calls, message = await v3(served.model(), "Hello", asynchronous=asynchronous)

        assert (events[0]["event"], events[-1]["event"]) == ("message-start", "message-finish")
        assert (text, reasoning, calls) == (whole.text, "", [])
        (block,) = message.content_blocks
        assert (block["type"], message.text) == ("text", whole.text)
        assert message.usage_metadata == whole.usage_metadata
        assert message.response_metadata["cost"] == whole.response_metadata["cost"]
        assert message.response_metadata["provider"] == whole.response_metadata["provider"]

    @pytest.mark.parametrize("name", REASONING_MODELS)
    async def test_reasoning_and_tool_calls(self, served: Served, asynchronous: bool, name: str) -> None:
        """Reasoning and tool calls are told apart, whichever shape the provider gives its reasoning."""
        model = reasoning_model(served, name)

        _, text, reasoning, calls, message = await v3(model.bind_tools([weather]), QUESTION, asynchronous=asynchronous)

        assert text == ""
        assert reasoning == model.invoke(QUESTION).additional_kwargs.get("reasoning_content", "")
        assert [(call["name"], call["args"]) for call in calls] == [("weather", {"city": "Oslo"})]
        assert [call["args"] for call in message.tool_calls] == [{"city": "Oslo"}]
        kinds = [block["type"] for block in message.content_blocks]
        assert (kinds.count("tool_call"), "reasoning" in kinds) == (1, True)

    @pytest.mark.parametrize("name", REASONING_MODELS)
    async def test_reasoning_goes_back_unchanged(self, served: Served, asynchronous: bool, name: str) -> None:
        """The message of an event stream can be sent back: the emulator refuses reasoning that was changed."""
        model = reasoning_model(served, name).bind_tools([weather])
        *_, message = await v3(model, QUESTION, asynchronous=asynchronous)
        call = message.tool_calls[0]
        turn = [HumanMessage(QUESTION), message, ToolMessage(weather("Oslo"), tool_call_id=call["id"])]

        *_, answer = await v3(model, turn, asynchronous=asynchronous)

        assert "sunny in Oslo" in answer.text
        sent = served.bodies[-1]["messages"][1]["reasoning_details"]
        assert [detail["type"] for detail in sent] == REASONING_MODELS[name]
