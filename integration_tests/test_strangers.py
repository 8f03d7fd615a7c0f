"""Clients that others wrote, against the emulator over a real socket.

OpenRouter's own SDK parses answers with the models of the newest API, and refuses what they do
not allow; OpenAI's SDK does the same for the API that OpenRouter imitates; plain httpx sees the
bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from openrouter import OpenRouter, components, errors

from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "openai/gpt-4o-mini"
REASONING_MODELS = ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash", "openai/gpt-5-mini"]
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
WEATHER: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
TOOLS: Any = [TOOL]
GREETING = "Hello! How can I help you today?"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Serve one emulator for all strangers."""
    with Emulator(credits=None) as running:
        yield running


@pytest.fixture
def sdk(emulator: Emulator) -> Iterator[OpenRouter]:
    """Give OpenRouter's own client."""
    with OpenRouter(api_key=emulator.api_key, server_url=emulator.base_url) as client:
        yield client


@pytest.fixture
def oai(emulator: Emulator) -> Iterator[openai.OpenAI]:
    """Give OpenAI's client."""
    url, key = emulator.base_url, emulator.api_key
    with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
def http(emulator: Emulator) -> Iterator[httpx.Client]:
    """Give a plain client."""
    headers = {"authorization": f"Bearer {emulator.api_key}"}
    with httpx.Client(base_url=emulator.base_url, headers=headers) as client:
        yield client


class TestOpenRouterSdk:
    def test_chat(self, sdk: OpenRouter) -> None:
        """A plain answer parses, and its cost is in the usage."""
        result = sdk.chat.send(model=MODEL, messages=HELLO)
        assert str(result.choices[0].message.content).startswith(GREETING)
        assert result.usage is not None
        assert result.usage.cost is not None

    async def test_chat_async(self, emulator: Emulator) -> None:
        """The same from an event loop."""
        async with OpenRouter(api_key=emulator.api_key, server_url=emulator.base_url) as client:
            result = await client.chat.send_async(model=MODEL, messages=HELLO)
        assert result.choices[0].finish_reason == "stop"

    def test_stream(self, sdk: OpenRouter) -> None:
        """Chunks parse and together are the text of the plain answer."""
        whole = sdk.chat.send(model=MODEL, messages=HELLO).choices[0].message.content
        with sdk.chat.send(model=MODEL, messages=HELLO, stream=True) as events:
            chunks = list(events)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == whole
        assert [c.usage is not None for c in chunks].count(True) == 1

    async def test_stream_async(self, emulator: Emulator) -> None:
        """The same from an event loop."""
        async with OpenRouter(api_key=emulator.api_key, server_url=emulator.base_url) as client:
            stream = await client.chat.send_async(model=MODEL, messages=HELLO, stream=True)
            async with stream as events:
                chunks = [chunk async for chunk in events]
        assert chunks[-1].usage is not None

    def test_tools(self, sdk: OpenRouter) -> None:
        """A tool call parses, whole and in fragments."""
        result = sdk.chat.send(model=MODEL, messages=WEATHER, tools=TOOLS)
        calls = result.choices[0].message.tool_calls
        assert calls is not None
        assert calls[0].function.arguments == '{"city":"Paris"}'
        stream: Any = sdk.chat.send(model=MODEL, messages=WEATHER, tools=TOOLS, stream=True)
        with stream as events:
            deltas = [call for c in events for call in c.choices[0].delta.tool_calls or ()]
        text = "".join((d.function.arguments or "") for d in deltas if d.function)
        assert text == '{"city":"Paris"}'

    @pytest.mark.parametrize("model", REASONING_MODELS)
    def test_reasoning(self, sdk: OpenRouter, model: str) -> None:
        """Reasoning details of each family parse in both modes."""
        options: dict[str, Any] = {"model": model, "messages": HELLO, "reasoning": {"effort": "low"}}
        message = sdk.chat.send(**options).choices[0].message
        assert message.reasoning_details
        with sdk.chat.send(**options, stream=True) as events:
            details = [d for c in events for d in c.choices[0].delta.reasoning_details or ()]
        assert {d.type for d in details} == {d.type for d in message.reasoning_details}

    def test_metadata(self, sdk: OpenRouter) -> None:
        """The routing metadata parses."""
        result = sdk.chat.send(model=MODEL, messages=HELLO, x_open_router_metadata="enabled")
        assert result.openrouter_metadata is not None
        assert result.openrouter_metadata.requested == MODEL

    def test_models(self, sdk: OpenRouter) -> None:
        """The list of models parses and has as many entries as the count says."""
        listed = sdk.models.list()
        assert listed is not None
        counted = sdk.models.count()
        assert len(listed.result.data) == counted.data.count

    @pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning")
    def test_account(self, sdk: OpenRouter) -> None:
        """Key, credits and providers parse."""
        assert sdk.credits.get_credits().data.total_credits == 0
        assert sdk.api_keys.get_current_key_metadata().data.limit is None
        assert "openai" in {provider.slug for provider in sdk.providers.list().data}

    @pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning")
    def test_a_limited_key(self) -> None:
        """The limit of a key and its reset parse; the credits are refused with the SDK's own class."""
        with (
            Emulator(models=[], key_limit=5, limit_reset="weekly", management_key=False) as limited,
            OpenRouter(api_key=limited.api_key, server_url=limited.base_url) as client,
        ):
            told = client.api_keys.get_current_key_metadata().data
            with pytest.raises(errors.ForbiddenResponseError, match="Only management keys"):
                client.credits.get_credits()
        assert (told.limit, told.limit_remaining, told.limit_reset) == (5, 5, "weekly")
        assert told.effective_budget == told.budgets[0]
        assert told.budgets[0].resets_at is not None
        assert told.budgets[0].resets_at.weekday() == 0

    def test_a_late_generation(self) -> None:
        """A generation that is not told yet is not found, and parses later."""
        with (
            Emulator(late_generations=1) as late,
            OpenRouter(api_key=late.api_key, server_url=late.base_url) as client,
        ):
            made = client.chat.send(model=MODEL, messages=HELLO).id
            with pytest.raises(errors.NotFoundResponseError, match="not found"):
                client.generations.get_generation(id=made)
            assert client.generations.get_generation(id=made).data.id == made

    def test_limits_that_are_used_up(self) -> None:
        """The refusals of limits raise the SDK's own classes."""
        faults = [Fault.over_budget(5, 5.25, nth=1), Fault.in_flight(0)]
        with (
            Emulator(faults=faults) as limited,
            OpenRouter(api_key=limited.api_key, server_url=limited.base_url) as client,
        ):
            with pytest.raises(errors.ForbiddenResponseError, match="Budget limit exceeded"):
                client.chat.send(model=MODEL, messages=HELLO)
            with pytest.raises(errors.PaymentRequiredResponseError, match="in-flight"):
                client.chat.send(model=MODEL, messages=HELLO)

    def test_generation(self, sdk: OpenRouter) -> None:
        """A generation can be looked up, and costs what the answer said."""
        result = sdk.chat.send(model=MODEL, messages=HELLO)
        found = sdk.generations.get_generation(id=result.id)
        assert result.usage is not None
        assert found.data.total_cost == result.usage.cost

    def test_endpoints(self, sdk: OpenRouter) -> None:
        """The endpoints of a model parse."""
        author, slug = MODEL.split("/")
        found = sdk.endpoints.list(author=author, slug=slug)
        assert [one.provider_name for one in found.data.endpoints] == ["OpenAI", "Azure"]

    def test_embeddings(self, sdk: OpenRouter) -> None:
        """Embeddings parse."""
        answer = sdk.embeddings.generate(model="openai/text-embedding-3-small", input=["a", "b"])
        assert not isinstance(answer, str)
        assert [item.index for item in answer.data] == [0, 1]

    def test_errors(self, sdk: OpenRouter, emulator: Emulator) -> None:
        """Refusals raise the SDK's own classes."""
        with pytest.raises(errors.BadRequestResponseError, match="is not a valid model ID"):
            sdk.chat.send(model="no/such-model", messages=HELLO)
        stranger = OpenRouter(api_key="sk-or-v1-other", server_url=emulator.base_url)
        with stranger, pytest.raises(errors.UnauthorizedResponseError, match="User not found"):
            stranger.chat.send(model=MODEL, messages=HELLO)

    def test_responses(self, sdk: OpenRouter) -> None:
        """The Responses API parses in both modes."""
        result = sdk.responses.send(model=MODEL, input="Hello")
        assert result.status == "completed"
        with sdk.responses.send(model=MODEL, input="Hello", stream=True) as events:
            kinds = [event.type for event in events]
        assert kinds[0] == "response.created"
        assert kinds[-1] == "response.completed"


class TestOpenAISdk:
    def test_chat(self, oai: openai.OpenAI) -> None:
        """A plain answer parses."""
        result = oai.chat.completions.create(model=MODEL, messages=HELLO)
        assert str(result.choices[0].message.content).startswith(GREETING)

    def test_stream(self, oai: openai.OpenAI) -> None:
        """The SDK puts the chunks together to the same message."""
        with oai.chat.completions.stream(model=MODEL, messages=WEATHER, tools=TOOLS) as stream:
            final = stream.get_final_completion()
        calls = final.choices[0].message.tool_calls
        assert calls is not None
        assert calls[0].function.arguments == '{"city":"Paris"}'

    async def test_async(self, emulator: Emulator) -> None:
        """The same from an event loop."""
        url, key = emulator.base_url, emulator.api_key
        async with openai.AsyncOpenAI(base_url=url, api_key=key) as client:
            result = await client.chat.completions.create(model=MODEL, messages=HELLO)
            stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
            text = [c.choices[0].delta.content or "" async for c in stream]
        assert "".join(text) == result.choices[0].message.content

    def test_embeddings(self, oai: openai.OpenAI) -> None:
        """The SDK asks for base64 and unpacks as many numbers as asked for."""
        answer = oai.embeddings.create(model="openai/text-embedding-3-small", input="hello", dimensions=8)
        assert len(answer.data[0].embedding) == 8

    def test_responses(self, oai: openai.OpenAI) -> None:
        """The Responses API works in both modes, with a tool too."""
        tool: Any = {"type": "function", "strict": False, **TOOL["function"]}
        result = oai.responses.create(model=MODEL, input="What is the weather in Rome?", tools=[tool])
        assert [item.type for item in result.output] == ["function_call"]
        with oai.responses.stream(model=MODEL, input="Hello") as stream:
            final = stream.get_final_response()
        assert final.output_text.startswith(GREETING)

    def test_errors(self, oai: openai.OpenAI, emulator: Emulator) -> None:
        """Refusals and broken streams raise the SDK's own classes."""
        with pytest.raises(openai.BadRequestError, match="is not a valid model ID"):
            oai.chat.completions.create(model="no/such-model", messages=HELLO)
        emulator.add_fault(Fault(kind="midstream_error", after=2, times=1))
        with pytest.raises(openai.APIError, match="Provider returned error"):
            list(oai.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
        emulator.clear_faults()


class TestPlainHttp:
    def test_white_space(self, http: httpx.Client) -> None:
        """A body starts with white space and is JSON all the same."""
        answer = http.post("/chat/completions", json={"model": MODEL, "messages": HELLO})
        assert answer.text.startswith("\n         \n")
        assert answer.headers["x-generation-id"] == answer.json()["id"]

    def test_events(self, http: httpx.Client) -> None:
        """A stream has comments, data lines and an end mark."""
        body = {"model": MODEL, "messages": HELLO, "stream": True}
        with http.stream("POST", "/chat/completions", json=body) as answer:
            lines = [line for line in answer.iter_lines() if line]
        assert answer.headers["content-type"] == "text/event-stream"
        assert lines[0] == ": OPENROUTER PROCESSING"
        assert lines[-1] == "data: [DONE]"
        assert json.loads(lines[-2].removeprefix("data: "))["usage"]["is_byok"] is False

    def test_cut(self, http: httpx.Client, emulator: Emulator) -> None:
        """A cut connection looks like one."""
        emulator.add_fault(Fault(kind="cut", times=2))
        body = {"model": MODEL, "messages": HELLO}
        with pytest.raises(httpx.RemoteProtocolError):
            http.post("/chat/completions", json=body)
        with pytest.raises(httpx.RemoteProtocolError):
            http.post("/chat/completions", json=body | {"stream": True})
        emulator.clear_faults()


def test_components_are_those_of_the_sdk() -> None:
    """The SDK still has the class that describes a chat answer."""
    assert components.ChatResult.__name__ == "ChatResult"
