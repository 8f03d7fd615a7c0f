"""`with_fallbacks`, `with_retry` and OpenRouter's own fallback, on typed errors."""

from __future__ import annotations

from typing import Any

import pytest

from integration_tests.support import MODEL, STREAMS, Ask, Served
from langchain_openrouter import BadRequestError, EmptyResponseError, OpenRouterError, RateLimitError, ServerError
from langchain_openrouter.emulator import Fault

OTHER = "google/gemini-2.5-flash"
SAY = "Reply with exactly 'blue'."


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class TestFallbacks:
    async def test_on_429(self, served: Served, ask: Ask) -> None:
        """A typed error before the first chunk moves on to the next model, in a stream too."""
        served.fail(Fault(kind="status", status=429, model=MODEL))
        model = served.model().with_fallbacks([served.model(OTHER)], exceptions_to_handle=(RateLimitError,))

        answer = await ask(model, SAY)

        assert (answer.text, answer.response_metadata["model_name"]) == ("blue", OTHER)
        assert [body["model"] for body in served.bodies] == [MODEL, OTHER]

    async def test_on_an_empty_answer(self, served: Served, ask: Ask) -> None:
        """An answer without choices, or a stream with nothing in it, is a failure that a fallback takes over."""
        served.fail(Fault(kind="empty", model=MODEL))
        model = served.model().with_fallbacks([served.model(OTHER)], exceptions_to_handle=(EmptyResponseError,))

        answer = await ask(model, SAY)

        assert (answer.text, answer.response_metadata["model_name"]) == ("blue", OTHER)

    @pytest.mark.parametrize("style", STREAMS)
    @pytest.mark.parametrize("form", ["documented", "no_choices", "null_finish", "string_code", "choice_error"])
    async def test_on_an_error_before_the_first_token(self, served: Served, style: str, form: Any) -> None:
        """An error that comes inside a stream, but before any of its text, still falls back."""
        served.fail(Fault(kind="midstream_error", status=502, after=0, form=form, model=MODEL))
        model = served.model().with_fallbacks([served.model(OTHER)], exceptions_to_handle=(OpenRouterError,))

        assert (await STREAMS[style](model, SAY)).response_metadata["model_name"] == OTHER

    async def test_on_an_error_in_a_good_response(self, served: Served, ask: Ask) -> None:
        """An error with status 200 falls back like one with its own status."""
        served.fail(Fault(kind="error_in_200", status=502, model=MODEL))
        model = served.model().with_fallbacks([served.model(OTHER)], exceptions_to_handle=(ServerError,))

        assert (await ask(model, SAY)).response_metadata["model_name"] == OTHER

    @pytest.mark.parametrize("style", STREAMS)
    async def test_not_after_the_first_token(self, served: Served, style: str) -> None:
        """After text has been shown the error is raised, with what had arrived, and nobody else is asked."""
        served.fail(Fault(kind="midstream_error", status=502, after=4, model=MODEL))
        model = served.model().with_fallbacks([served.model(OTHER)])

        with pytest.raises(ServerError) as caught:
            await STREAMS[style](model, "Hello")

        assert caught.value.partial_message is not None
        assert caught.value.partial_message.text
        assert len(served.bodies) == 1

    async def test_only_for_the_named_errors(self, served: Served, ask: Ask) -> None:
        """An error of another kind is raised at once."""
        served.fail(Fault(kind="status", status=400, message="Bad things"))
        model = served.model().with_fallbacks([served.model(OTHER)], exceptions_to_handle=(RateLimitError,))

        with pytest.raises(BadRequestError, match="Bad things"):
            await ask(model, SAY)
        assert len(served.bodies) == 1

    async def test_tools_reach_the_fallback(self, served: Served, ask: Ask) -> None:
        """`bind_tools` of a model with fallbacks binds on both."""
        served.fail(Fault(kind="status", status=503, model=MODEL))
        model: Any = served.model().with_fallbacks([served.model(OTHER)])

        answer = await ask(model.bind_tools([weather]), "Weather in Oslo?")

        assert answer.tool_calls[0]["args"] == {"city": "Oslo"}

    async def test_models_of_openrouter(self, served: Served, ask: Ask) -> None:
        """`models=` lets OpenRouter itself fall back: one request, and the answer names who gave it."""
        served.fail(Fault(kind="status", status=503, model=MODEL))

        answer = await ask(served.model(models=[OTHER]), SAY)

        assert answer.response_metadata["model_name"] == OTHER
        assert len(served.bodies) == 1


@pytest.mark.parametrize("style", ["invoke", "ainvoke"])
async def test_with_retry(served: Served, style: str) -> None:
    """`with_retry` tries again for the error class that it is told."""
    served.fail(Fault(kind="status", status=502, times=2))
    model = served.model().with_retry(
        retry_if_exception_type=(ServerError,), wait_exponential_jitter=False, stop_after_attempt=3
    )

    answer = model.invoke(SAY) if style == "invoke" else await model.ainvoke(SAY)

    assert answer.text == "blue"
    assert len(served.bodies) == 3
