"""Validation where it meets LangChain, LangGraph and a server: what is refused never arrives there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware
from langchain.chat_models import init_chat_model
from langchain_core.exceptions import ModelAPIError, ModelConnectionError, ModelRateLimitError, ModelTimeoutError
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from integration_tests.support import MODEL, STYLES, Ask, Served
from langchain_openrouter import (
    AuthenticationError,
    Catalog,
    ModelNotFoundError,
    ModelValidationError,
    ModelValidationWarning,
    UnknownModelError,
)
from langchain_openrouter.catalog import use

if TYPE_CHECKING:
    import warnings
    from collections.abc import Iterator

SAY = "Reply with exactly 'blue'."
MISSPELT = "openai/gpt4o-mini"
SILENT = "openai/gpt-5-mini"
"""Takes no temperature."""

DUMB = "google/gemini-2.5-flash"
"""Has no tools, say the facts of `few_facts`."""

IMAGE = [{"role": "user", "content": [{"type": "image", "url": "https://x.example/y.png"}]}]


class Colour(BaseModel):
    """A colour."""

    name: str


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


@pytest.fixture
def few_facts(served: Served) -> Iterator[Served]:
    """Give an OpenRouter, and facts by which one of its models can do nothing but answer."""
    records: list[dict[str, Any]] = [{"id": MODEL}, {"id": DUMB, "supported_parameters": ["max_tokens"]}]
    use(Catalog.from_response(records))
    yield served
    use(None)


def told(caught: list[warnings.WarningMessage]) -> list[tuple[str, str]]:
    """Give model and subject of each problem that was warned of."""
    found = [each.message for each in caught if isinstance(each.message, ModelValidationWarning)]
    return [(each.problem.model, each.problem.subject) for each in found]


class TestRefused:
    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ({"model": MISSPELT}, ModelNotFoundError),
            ({"models": [MISSPELT]}, ModelNotFoundError),
            ({"model": SILENT, "temperature": 0.5}, ModelValidationError),
            ({"max_tokens": 10**6}, ModelValidationError),
            ({"model": SILENT, "reasoning": {"enabled": False}}, ModelValidationError),
            ({"model": SILENT, "reasoning": {"effort": "none"}, "use_responses_api": True}, ModelValidationError),
            ({"model": MISSPELT, "use_responses_api": True}, ModelNotFoundError),
        ],
    )
    async def test_nothing_arrives(self, served: Served, ask: Ask, fields: dict[str, Any], error: type) -> None:
        """Not even where the key is wrong: the request is looked at first, and no attempt is made."""
        for key in (served.emulator.api_key, "sk-or-v1-wrong"):
            with pytest.raises(error):
                await ask(served.model(**fields, api_key=key, max_retries=3, model_validation="strict"), SAY)

        assert served.requests == []

    async def test_a_good_request_meets_the_server(self, served: Served, ask: Ask) -> None:
        """Strictness refuses no more than it should: the answer, and the server's own refusals, come as ever."""
        assert (await ask(served.model(model_validation="strict", temperature=0.5), SAY)).text == "blue"

        with pytest.raises(AuthenticationError):
            await ask(served.model(model_validation="strict", api_key="sk-or-v1-wrong"), SAY)

    async def test_the_server_would_have_refused(self, served: Served, ask: Ask) -> None:
        """What is only warned of is sent, and the server says the same: that there is no such model."""
        with pytest.warns(ModelValidationWarning, match=rf"Did you mean .*'{MODEL}'"), pytest.raises(UnknownModelError):
            await ask(served.model(MISSPELT), SAY)

        assert [body["model"] for body in served.bodies] == [MISSPELT]

    async def test_by_its_own_name(self, environment: Served, ask: Ask) -> None:
        """`init_chat_model` passes the switch on."""
        model = init_chat_model(f"openrouter:{MISSPELT}", model_validation="strict")

        with pytest.raises(ModelNotFoundError) as caught:
            await ask(model, SAY)
        assert MODEL in caught.value.suggestions
        assert environment.requests == []


class TestFallbacks:
    @pytest.mark.parametrize("fields", [{"model": MISSPELT}, {"max_tokens": 10**6}])
    async def test_the_next_model_takes_over(self, served: Served, ask: Ask, fields: dict[str, Any]) -> None:
        """A refusal is an error like another, so `with_fallbacks` goes on; only the second request arrives."""
        first = served.model(model_validation="strict", **fields)
        model = first.with_fallbacks([served.model("google/gemini-2.5-flash")])

        assert (await ask(model, SAY)).response_metadata["model_name"] == "google/gemini-2.5-flash"
        assert len(served.bodies) == 1

    async def test_with_tools_and_structures(self, few_facts: Served, ask: Ask) -> None:
        """A model without tools hands over to one that has them, also for structured answers."""
        without = few_facts.model(DUMB, model_validation="strict")
        chain = without.with_fallbacks([few_facts.model()])

        answer = await ask(chain.bind_tools([weather]), "What is the weather in Oslo?")
        assert answer.tool_calls[0]["args"] == {"city": "Oslo"}
        structured: Any = chain.with_structured_output(Colour)
        assert isinstance(structured.invoke("Name a colour."), Colour)
        assert {body["model"] for body in few_facts.bodies} == {MODEL}

    async def test_an_agent_goes_on(self, few_facts: Served) -> None:
        """LangChain's middleware tries the next model, too."""
        middleware: Any = ModelFallbackMiddleware(few_facts.model())
        agent: Any = create_agent(few_facts.model(DUMB, model_validation="strict"), [weather], middleware=[middleware])

        messages = (await agent.ainvoke({"messages": [("user", "What is the weather in Oslo?")]}))["messages"]

        assert "It is sunny in Oslo." in messages[-1].text
        assert {body["model"] for body in few_facts.bodies} == {MODEL}

    @pytest.mark.parametrize("style", ["invoke", "ainvoke"])
    async def test_a_retry_cannot_help(self, served: Served, style: str) -> None:
        """None of the errors that LangChain holds worth a retry, so `with_retry` for those raises at once."""
        attempts: list[Any] = []
        worth_it = (ModelAPIError, ModelConnectionError, ModelRateLimitError, ModelTimeoutError)

        def counted(prompt: Any) -> Any:
            attempts.append(prompt)
            return prompt

        chain = RunnableLambda(counted) | served.model(MISSPELT, model_validation="strict")

        with pytest.raises(ModelNotFoundError):
            await STYLES[style](chain.with_retry(retry_if_exception_type=worth_it, stop_after_attempt=3), SAY)

        assert attempts == [SAY]
        assert served.requests == []


class TestWarnedOnce:
    async def test_over_an_agent(self, few_facts: Served) -> None:
        """An agent asks its model again and again, with its tools bound anew: the word is said once."""
        agent: Any = create_agent(few_facts.model(DUMB), [weather])
        question = {"messages": [("user", "What is the weather in Oslo?")]}

        async def ask_often() -> None:
            for _ in range(2):
                await agent.ainvoke(question)
                agent.invoke(question)

        with pytest.warns(ModelValidationWarning) as caught:
            await ask_often()

        assert told(list(caught)) == [(DUMB, "tools")]
        assert len(few_facts.bodies) == 8

    async def test_over_all_call_styles(self, served: Served) -> None:
        """One model, asked in every way."""
        model = served.model(SILENT, temperature=0.5)

        async def ask_often() -> None:
            for ask in STYLES.values():
                await ask(model, SAY)
                await ask(model.bind(seed=1), SAY)
            model.batch([SAY] * 5)
            await model.abatch([SAY] * 5)
            await model.with_structured_output(Colour).ainvoke("Name a colour.")

        with pytest.warns(ModelValidationWarning) as caught:
            await ask_often()

        assert told(list(caught)) == [(SILENT, "temperature")]

    async def test_over_the_responses_api(self, served: Served) -> None:
        """It is looked at there, too."""
        model = served.model(SILENT, temperature=0.5, use_responses_api=True)

        with pytest.warns(ModelValidationWarning) as caught:
            answers = [await ask(model, SAY) for ask in STYLES.values()]

        assert [answer.text for answer in answers] == ["blue"] * 4
        assert told(list(caught)) == [(SILENT, "temperature")]
        assert {request.path for request in served.requests} == {"/api/v1/responses"}

    async def test_off(self, served: Served, ask: Ask) -> None:
        """Nothing is said, and the server answers what it can."""
        model = served.model(SILENT, temperature=0.5, model_validation="off")

        assert (await ask(model, SAY)).text == "blue"


def test_an_image_for_a_model_that_reads_text(served: Served) -> None:
    """Is refused before it is sent, by the real facts; the model that is named reads images."""
    blind = next(model.id for model in Catalog.load("snapshot") if not model.is_router and model.supports("tools")
                 and model.input_modalities == {"text"} and model.expiration_date is None)  # fmt: skip

    with pytest.raises(ModelValidationError, match=r"(?s)does not read image.*Catalog\.search\(input={'image'}\)"):
        served.model(blind, model_validation="strict").invoke(IMAGE)

    assert served.requests == []
