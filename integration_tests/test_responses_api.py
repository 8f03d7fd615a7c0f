"""The Responses API by way of langchain-openai: what is sent, what comes back, and what never leaves."""

from __future__ import annotations

import asyncio
import functools
import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from langchain_openrouter import APIConnectionError, ChatOpenRouter, InsufficientCreditsError
from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from langchain_core.messages import AIMessage

MODEL = "openai/gpt-4o-mini"
OF_OPENAI = {
    "OPENAI_API_KEY": "sk-of-openai",
    "OPENAI_ORG_ID": "org-of-openai",
    "OPENAI_PROJECT_ID": "project-of-openai",
    "OPENAI_CUSTOM_HEADERS": "X-Custom: of-openai",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/of-openai",
    "OPENAI_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture
def openrouter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve an OpenRouter, in an environment that is set up for OpenAI."""
    for name, value in OF_OPENAI.items():
        monkeypatch.setenv(name, value)
    with Emulator() as emulator:
        yield emulator


def model(openrouter: Emulator, **fields: Any) -> ChatOpenRouter:
    """Make a model that speaks the Responses API."""
    own: dict[str, Any] = {"model": MODEL, "api_key": openrouter.api_key, "base_url": openrouter.base_url}
    return ChatOpenRouter(**{**own, **fields}, use_responses_api=True)


async def test_every_call_style_answers(openrouter: Emulator) -> None:
    """The same words, invoked and streamed, synchronous and not."""
    asked = model(openrouter)
    words = [
        asked.invoke("Say 'hello'").text,
        (await asked.ainvoke("Say 'hello'")).text,
        "".join(chunk.text for chunk in asked.stream("Say 'hello'")),
        "".join([chunk.text async for chunk in asked.astream("Say 'hello'")]),
    ]

    assert words == ["hello"] * 4
    assert {request.path for request in openrouter.requests} == {"/api/v1/responses"}


async def test_every_call_style_tells_the_cost(openrouter: Emulator) -> None:
    """The billed cost, fees included, stands in the message as billed, and once in a stream."""
    asked = model(openrouter, plugins=[{"id": "web"}])
    calls: list[Callable[[], Awaitable[AIMessage]]] = [
        lambda: asyncio.to_thread(asked.invoke, "Say 'hello'"),
        lambda: asked.ainvoke("Say 'hello'"),
        lambda: asyncio.to_thread(lambda: functools.reduce(operator.add, asked.stream("Say 'hello'"))),
        lambda: _added(asked),
    ]
    for call in calls:
        before = openrouter.spent
        message = await call()

        assert Decimal(str(message.response_metadata["cost"])) == openrouter.spent - before > 0


async def _added(asked: ChatOpenRouter) -> AIMessage:
    chunks = [chunk async for chunk in asked.astream("Say 'hello'")]
    return functools.reduce(operator.add, chunks)


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_a_client_of_ones_own(openrouter: Emulator, library: Any) -> None:
    """Requests go through the user's clients, of either library, and bring the cost too."""
    with library.Client() as client:
        async with library.AsyncClient() as async_client:
            asked = model(openrouter, http_client=client, http_async_client=async_client)

            assert asked.invoke("Say 'hello'").response_metadata["cost"] > 0
            assert (await asked.ainvoke("Say 'hello'")).response_metadata["cost"] > 0
            assert "".join(chunk.text for chunk in asked.stream("Say 'hello'")) == "hello"


def test_a_body_that_is_no_answer(openrouter: Emulator) -> None:
    """What the API sends in place of an answer is the SDK's to refuse, not ours to stumble over."""
    openrouter.add_fault(Fault(kind="status", status=200, body="not JSON", path="/responses", times=1))

    with pytest.raises(Exception, match=r".") as caught:  # of the SDK, whatever it is
        model(openrouter, max_retries=0).invoke("Hi")
    assert not isinstance(caught.value, (KeyError, IndexError))


def test_nothing_of_openai_leaves(openrouter: Emulator) -> None:
    """Keys, organisations and headers that the environment holds for OpenAI stay at home."""
    model(openrouter, app_title="Mine").invoke("Hi")

    headers = openrouter.requests[-1].headers
    assert "of-openai" not in str(headers)
    assert headers["authorization"] == f"Bearer {openrouter.api_key}"
    assert headers["x-title"] == "Mine"
    assert not [name for name in headers if name.startswith(("openai", "x-stainless"))]


def test_parameters_are_sent(openrouter: Emulator) -> None:
    """Under the API's names where it has them, and beside them where only OpenRouter does."""
    fields = {"max_tokens": 50, "temperature": 0.5, "provider": {"sort": "price"}}
    asked = model(openrouter, model="anthropic/claude-sonnet-4.5", **fields)
    asked.invoke("Hi", stop=["zz"], top_k=3)

    body = openrouter.requests[-1].json
    expected = {"max_output_tokens": 50, "temperature": 0.5, "provider": {"sort": "price"}, "stop": ["zz"], "top_k": 3}
    assert {name: body[name] for name in expected} == expected


def test_tools_are_called(openrouter: Emulator) -> None:
    """Tools that were bound for the chat API work here, too."""

    def weather(city: str) -> str:
        """Tell the weather in a city."""
        return city

    answer = model(openrouter).bind_tools([weather], tool_choice="weather").invoke("The weather in Paris?")

    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("weather", {"city": "Paris"})]


def test_errors_are_ours(openrouter: Emulator) -> None:
    """Failures come as the same classes as from the chat API."""
    openrouter.add_fault(Fault(kind="status", status=402, message="Insufficient credits", times=1))
    asked = model(openrouter, max_retries=0)

    with pytest.raises(InsufficientCreditsError, match="Insufficient credits"):
        asked.invoke("Hi")
    with pytest.raises(APIConnectionError):
        model(openrouter, max_retries=0).invoke("Hi", base_url="http://127.0.0.1:9/api/v1")
