"""`create_agent`: the tool loop, structured answers of both strategies, and middleware that reads the profile."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, SummarizationMiddleware
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from pydantic import BaseModel

from integration_tests.support import MODEL, REASONING_MODELS, Served
from langchain_openrouter.emulator import Fault

QUESTION = {"messages": [HumanMessage("What is the weather in Oslo?")]}
STRUCTURE = sorted(REASONING_MODELS.keys() - {"google/gemini-2.5-flash"})  # Gemini 2 has it only without tools
NO_STRUCTURE = "qwen/qwen3-coder-flash"


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class Report(BaseModel):
    """The weather in a city."""

    city: str
    celsius: float


async def run(agent: Any, question: Any, *, asynchronous: bool) -> Any:
    """Run an agent to its end."""
    return await agent.ainvoke(question) if asynchronous else agent.invoke(question)


@pytest.mark.parametrize("asynchronous", [False, True])
class TestToolLoop:
    async def test_by_name(self, environment: Served, asynchronous: bool) -> None:
        """`openrouter:…` is all that an agent needs: it calls the tool, reads its result and answers."""
        agent: Any = create_agent(f"openrouter:{MODEL}", tools=[weather])

        messages = (await run(agent, QUESTION, asynchronous=asynchronous))["messages"]

        assert [type(message) for message in messages] == [HumanMessage, AIMessage, ToolMessage, AIMessage]
        assert messages[1].tool_calls[0]["args"] == {"city": "Oslo"}
        assert messages[2].content == "It is sunny in Oslo."
        assert "It is sunny in Oslo." in messages[3].text
        assert len(environment.bodies) == 2

    @pytest.mark.parametrize("name", REASONING_MODELS)
    async def test_with_reasoning(self, served: Served, asynchronous: bool, name: str) -> None:
        """Reasoning goes back through the loop unchanged: the emulator refuses what was changed or lost."""
        agent: Any = create_agent(served.model(name, reasoning={"effort": "low"}), tools=[weather])

        messages = (await run(agent, QUESTION, asynchronous=asynchronous))["messages"]

        assert "It is sunny in Oslo." in messages[-1].text
        sent = served.bodies[1]["messages"][1]["reasoning_details"]
        assert sent == messages[1].additional_kwargs["reasoning_details"]
        assert [detail["type"] for detail in sent] == REASONING_MODELS[name]

    async def test_parallel_calls(self, served: Served, asynchronous: bool) -> None:
        """Two tools called at once are two results, each under the id of its call."""
        agent: Any = create_agent(served.model(), tools=[weather])
        question = {"messages": [HumanMessage("What is the weather in Oslo and in Paris?")]}

        messages = (await run(agent, question, asynchronous=asynchronous))["messages"]

        calls = messages[1].tool_calls
        assert [call["args"]["city"] for call in calls] == ["Oslo", "Paris"]
        assert [message.tool_call_id for message in messages[2:4]] == [call["id"] for call in calls]


@pytest.mark.parametrize("asynchronous", [False, True])
class TestStructuredResponse:
    @pytest.mark.parametrize("name", STRUCTURE)
    async def test_provider_strategy_by_profile(self, served: Served, asynchronous: bool, name: str) -> None:
        """A model whose profile has structured output is asked for it by `response_format`, beside its tools."""
        agent: Any = create_agent(served.model(name), tools=[weather], response_format=Report)

        result = await run(agent, QUESTION, asynchronous=asynchronous)

        assert isinstance(result["structured_response"], Report)
        assert result["structured_response"].city == "Oslo"
        assert served.bodies[0]["response_format"]["type"] == "json_schema"
        assert [tool["function"]["name"] for tool in served.bodies[0]["tools"]] == ["weather"]

    async def test_tool_strategy_by_profile(self, served: Served, asynchronous: bool) -> None:
        """A model whose profile lacks structured output is given a tool for the structure."""
        agent: Any = create_agent(served.model(NO_STRUCTURE), tools=[weather], response_format=Report)

        result = await run(agent, QUESTION, asynchronous=asynchronous)

        assert isinstance(result["structured_response"], Report)
        assert "response_format" not in served.bodies[0]
        assert [tool["function"]["name"] for tool in served.bodies[0]["tools"]] == ["weather", "Report"]

    @pytest.mark.parametrize("strategy", [ProviderStrategy, ToolStrategy])
    async def test_chosen_strategy(self, served: Served, asynchronous: bool, strategy: Any) -> None:
        """Both strategies work when the program chooses them."""
        agent: Any = create_agent(served.model(), response_format=strategy(Report))

        result = await run(agent, QUESTION, asynchronous=asynchronous)

        assert result["structured_response"].city == "Oslo"


class TestMiddleware:
    def test_summarization_by_fraction(self, served: Served) -> None:
        """A trigger that is a fraction of the context is possible: the profile says how large that is."""
        model = served.model()
        middleware = SummarizationMiddleware(model=model, trigger=("fraction", 0.8), keep=("fraction", 0.3))

        agent: Any = create_agent(model, tools=[weather], middleware=[middleware])

        assert model.profile is not None
        assert model.profile["max_input_tokens"] == 128000
        assert "It is sunny" in agent.invoke(QUESTION)["messages"][-1].text

    def test_summarization_happens(self, served: Served) -> None:
        """When the trigger is reached, the model is asked for the summary, and the conversation gets shorter."""
        model = served.model()
        middleware = SummarizationMiddleware(model=model, trigger=("messages", 4), keep=("messages", 2))
        agent: Any = create_agent(model, middleware=[middleware])
        turns = [HumanMessage("Hello"), AIMessage("Hi"), HumanMessage("How are you?"), AIMessage("Well")]

        messages = agent.invoke({"messages": [*turns, HumanMessage("Good")]})["messages"]

        assert len(served.bodies) == 2
        assert len(messages) == 4
        assert "summary" in messages[0].text

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_fallback(self, environment: Served, asynchronous: bool) -> None:
        """The agent's own fallback takes a name with our prefix, and takes over on a typed error."""
        environment.fail(Fault(kind="status", status=429, model=MODEL))
        fallback = ModelFallbackMiddleware("openrouter:google/gemini-2.5-flash")
        agent: Any = create_agent(environment.model(), tools=[weather], middleware=[fallback])

        messages = (await run(agent, QUESTION, asynchronous=asynchronous))["messages"]

        assert messages[-1].response_metadata["model_name"] == "google/gemini-2.5-flash"


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_streaming(served: Served, asynchronous: bool) -> None:
    """An agent streams the tokens of its model, and each message once it is whole."""
    agent: Any = create_agent(served.model(), tools=[weather])
    modes = ["messages", "updates"]
    if asynchronous:
        events = [event async for event in agent.astream(QUESTION, stream_mode=modes)]
    else:
        events = list(agent.stream(QUESTION, stream_mode=modes))

    chunks = [event[1][0] for event in events if event[0] == "messages"]
    updates = [next(iter(event[1])) for event in events if event[0] == "updates"]
    assert updates == ["model", "tools", "model"]
    text = "".join(chunk.text for chunk in chunks if isinstance(chunk, AIMessageChunk))
    assert text == "Here is what the tools say: It is sunny in Oslo."
    assert all(body["stream"] for body in served.bodies)
