"""Failures inside successful responses: whole ones, and streams that fail midway."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core import exceptions as core

from langchain_openrouter import errors
from langchain_openrouter.errors import OpenRouterError
from tests.helpers.fake import MODEL, Server, answer_body, delta, events, usage_chunk, whole
from tests.helpers.traffic import chat_exchanges

if TYPE_CHECKING:
    from tests.helpers.styles import Ask

BOOM: dict[str, Any] = {
    "message": "Upstream broke",
    "code": 502,
    "metadata": {"provider_name": "Acme", "error_type": "provider_unavailable"},
}


@pytest.mark.parametrize(
    ("error", "kind", "wording"),
    [
        (BOOM, errors.BadGatewayError, "Upstream broke (code: 502)"),
        ({"message": "slow", "code": 429}, errors.RateLimitError, "slow (code: 429)"),
        ({"message": "x", "code": "server_error"}, errors.ServerError, "x (code: server_error)"),
        ({"message": "x", "code": "429"}, errors.RateLimitError, "x (code: 429)"),
        ({"message": "x", "code": "rate_limit_exceeded"}, errors.RateLimitError, "x (code: rate_limit_exceeded)"),
        ({"message": "x", "code": "invalid_prompt"}, errors.BadRequestError, "x (code: invalid_prompt)"),
        ({"message": "x"}, errors.ServerError, "x (code: unknown)"),
        ("just a text", errors.ServerError, "just a text (code: unknown)"),
        ({"message": "maximum context length", "code": 400}, errors.ContextLengthError, "(code: 400)"),
    ],
)
def test_an_error_in_a_whole_answer(error: Any, kind: type[OpenRouterError], wording: str, ask: Ask) -> None:
    """It is of the class its code stands for, and a `ValueError` with the official wording; it is not retried."""
    server = Server(whole({"error": error, "id": "gen-1"}))
    with pytest.raises(kind) as caught:
        ask(server.model(max_retries=2))

    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, core.ModelError)
    assert "OpenRouter API returned an error: " in str(caught.value)
    assert wording in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("place", ["choice", "finish_reason", "both"])
def test_a_failed_choice(place: str, ask_whole: Ask) -> None:
    """A choice may carry the error, or nothing but `finish_reason: "error"`; what had come is attached."""
    body = answer_body("half an ans", finish_reason="error" if place != "choice" else None)
    if place != "finish_reason":
        body["choices"][0]["error"] = BOOM
    with pytest.raises(errors.BadGatewayError, match="OpenRouter API returned an error: ") as caught:
        ask_whole(Server(whole(body)).model())

    assert isinstance(caught.value, ValueError)
    assert caught.value.partial_message is not None
    assert caught.value.partial_message.content == "half an ans"
    assert caught.value.generation_id == "gen-1"
    assert caught.value.provider_name == "Acme"


def midstream(form: str) -> dict[str, Any]:
    """Write the last event of a stream that fails, in one of the forms seen."""
    forms: dict[str, dict[str, Any]] = {
        "top level and finish reason": {**delta("", finish_reason="error"), "error": BOOM},
        "string code": {**delta("", finish_reason="error"), "error": {**BOOM, "code": "provider_unavailable"}},
        "empty choices": {**delta(), "choices": [], "error": BOOM},
        "no choices": {"error": BOOM},
        "null finish reason": {**delta(""), "error": BOOM},
        "in the choice": {**delta(), "choices": [{"index": 0, "delta": {}, "error": BOOM}]},
        "finish reason alone": delta("", finish_reason="error"),
    }
    return forms[form]


@pytest.mark.parametrize(
    "form",
    [
        "top level and finish reason",
        "string code",
        "empty choices",
        "no choices",
        "null finish reason",
        "in the choice",
        "finish reason alone",
    ],
)
def test_an_error_in_the_middle_of_a_stream(form: str, ask_streamed: Ask) -> None:
    """It is raised in each of its forms, with the official wording and with what had arrived."""
    said = [delta("half", reasoning="hm"), delta(" an ans"), delta(None, tool_calls=[{"id": "1", "function": {}}])]
    with pytest.raises(errors.BadGatewayError) as caught:
        ask_streamed(Server(events(*said, midstream(form))).model(max_retries=2))
    partial = caught.value.partial_message

    assert isinstance(caught.value, ValueError)
    assert "OpenRouter API returned an error during streaming: " in str(caught.value)
    assert caught.value.embedded
    assert partial is not None
    assert type(partial).__name__ == "AIMessage"
    assert partial.content == "half an ans"
    assert partial.additional_kwargs["reasoning_content"] == "hm"
    assert {key: partial.response_metadata[key] for key in ("id", "model_name", "provider")} == {
        "id": "gen-1",
        "model_name": MODEL,
        "provider": "Acme",
    }


def test_invoke_fails_like_the_stream_beneath(ask_whole: Ask) -> None:
    """With `streaming=True` a failure midway is not taken for an answer."""
    model = Server(events(delta("half"), midstream("null finish reason"))).model(streaming=True)
    with pytest.raises(errors.BadGatewayError, match="during streaming"):
        ask_whole(model)


@pytest.mark.parametrize("exchange", [each for each in chat_exchanges() if "midstream_error" in each.kinds], ids=str)
def test_the_recorded_midstream_error(exchange: Any, ask_streamed: Ask) -> None:
    """The one that was recorded has `finish_reason: null` and `[DONE]`; it is an error all the same."""
    with pytest.raises(OpenRouterError, match="during streaming") as caught:
        ask_streamed(Server(exchange.answer).model())

    assert caught.value.partial_message is None or caught.value.partial_message.text == exchange.said.text


@pytest.mark.parametrize(
    ("chunks", "partial"),
    [
        ([delta("half")], "half"),
        ([delta("half"), usage_chunk(cost=1)], "half"),
        ([], None),
        ([delta("", role="assistant")], None),
    ],
)
def test_an_end_without_an_end(chunks: list[dict[str, Any]], partial: str | None, ask_streamed: Ask) -> None:
    """A stream that stops with neither a finish reason nor `[DONE]` is a failure that may be retried by the caller."""
    with pytest.raises(errors.IncompleteStreamError) as caught:
        ask_streamed(Server(events(*chunks, done=False)).model())

    assert (caught.value.partial_message and caught.value.partial_message.content) == partial
    assert caught.value.is_retryable
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("done", [True, False])
def test_an_end_is_an_end(done: bool, ask_streamed: Ask) -> None:
    """Either sign alone completes an answer: a finish reason without `[DONE]`, or `[DONE]` without a finish reason."""
    chunks = [delta("whole"), *([] if done else [delta("", finish_reason="stop")])]

    assert ask_streamed(Server(events(*chunks, done=done)).model()).content == "whole"


def test_what_is_held_back_is_in_the_partial_message(ask_streamed: Ask) -> None:
    """Pictures and reasoning details come with the end of a stream; a failure does not lose them."""
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    detail = {"type": "reasoning.encrypted", "data": "e", "index": 0}
    for said in ({"images": [image]}, {"reasoning_details": [detail]}):
        with pytest.raises(errors.BadGatewayError) as caught:
            ask_streamed(Server(events(delta(None, **said), midstream("no choices"))).model())
        assert caught.value.partial_message is not None
        assert caught.value.partial_message.additional_kwargs == said


def test_what_a_failed_stream_cost_is_in_the_partial_message(ask_streamed: Ask) -> None:
    """Money that was billed is told, though the answer failed: beside the error, or before an early end."""
    bill = usage_chunk(cost=0.5)["usage"]
    for last in ({**midstream("no choices"), "usage": bill}, usage_chunk(cost=0.5)):
        with pytest.raises(OpenRouterError) as caught:
            ask_streamed(Server(events(delta("half"), last, done=False)).model())
        partial = caught.value.partial_message
        assert partial is not None
        assert partial.response_metadata["cost"] == 0.5
        assert partial.usage_metadata == {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}


@pytest.mark.parametrize("body", [{"choices": []}, {"choices": None}, {"id": "gen-1"}, {"choices": [None]}])
def test_an_answer_without_choices(body: dict[str, Any], ask: Ask) -> None:
    """It says so, in the official words."""
    with pytest.raises(errors.EmptyResponseError, match="OpenRouter API returned a response with no choices") as caught:
        ask(Server(whole(body)).model())

    assert isinstance(caught.value, ValueError)
    assert caught.value.is_retryable


def test_a_stream_without_choices(ask_streamed: Ask) -> None:
    """So does a stream of nothing but usage."""
    with pytest.raises(errors.EmptyResponseError, match="no choices"):
        ask_streamed(Server(events({**usage_chunk(), "choices": []})).model())


@pytest.mark.parametrize("content", [b"", b"  \n ", b"not json", b"null", b"[1]", b'"text"', b"3"])
def test_a_body_that_is_no_answer(content: bytes, ask_whole: Ask) -> None:
    """It is shown, and called what it is."""
    with pytest.raises(errors.InvalidResponseError, match="is not an answer of the chat API") as caught:
        ask_whole(Server(whole(content)).model())

    assert isinstance(caught.value, ValueError)


def every_class() -> list[type[OpenRouterError]]:
    """List all classes of the tree."""
    return [getattr(errors, name) for name in errors.tree.__all__]


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("embedded", [False, True])
def test_errors_travel_between_processes(kind: type[OpenRouterError], embedded: bool) -> None:
    """Pickled and copied, an error keeps its class, its attributes and its text."""
    error = kind(
        "what",
        status_code=429,
        code="x",
        error_type="t",
        body={"a": [1]},
        headers={"h": "v"},
        provider_name="Acme",
        generation_id="gen-1",
        retry_after=2.5,
        embedded=embedded,
    )
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301  # our own
        assert type(again) is type(error)
        assert isinstance(again, kind)
        assert isinstance(again, ValueError) is isinstance(error, ValueError)
        assert again.__dict__ == error.__dict__
        assert str(again) == str(error)
        assert again.args == error.args


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_an_embedded_error_is_a_value_error(kind: type[OpenRouterError]) -> None:
    """Every class has a twin that is a `ValueError`, of the same name, made once."""
    error, again = kind("x", embedded=True), kind("y", embedded=True)

    assert isinstance(error, ValueError)
    assert isinstance(error, kind)
    assert type(error) is type(again)
    assert type(error).__name__ == kind.__name__
    assert isinstance(kind("x"), core.ModelError)
    assert kind("x").remedy
