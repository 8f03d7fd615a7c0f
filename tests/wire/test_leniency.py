"""Answers that are good, though something about them is not as described. Each made the official package fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_openrouter.errors import IncompleteStreamError, InvalidResponseError
from tests.helpers.fake import MODEL, Server, answer_body, delta, events, usage_chunk, whole
from tests.helpers.styles import invoke, stream

if TYPE_CHECKING:
    from tests.helpers.styles import Ask

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
IMAGES = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]
CITATION = {
    "type": "url_citation",
    "url_citation": {"url": "https://a.b", "title": "A", "start_index": 0, "end_index": 2, "content": "c"},
}


def with_fields(**fields: Any) -> dict[str, Any]:
    """Write an answer with other top-level fields; `...` leaves one out."""
    body = {**answer_body(), **fields}
    return {name: value for name, value in body.items() if value is not ...}


@pytest.mark.parametrize(
    "fields",
    [
        {"created": ..., "object": ..., "system_fingerprint": ..., "id": ...},
        {"created": 1700000000.7},
        {"created": None, "object": None, "model": None, "id": None, "provider": None},
        {"created": "yesterday", "service_tier": None, "unknown": {"deep": [1]}},
        {"usage": None},
        {"usage": ...},
        {"usage": {"prompt_tokens": 5.5, "completion_tokens": None, "total_tokens": 7.0}},
    ],
)
def test_a_missing_null_or_float_field_is_borne(fields: dict[str, Any], ask: Ask) -> None:
    """The text arrives, whatever stands beside it; a model that is not named is the one asked for."""
    body = with_fields(**fields)
    chunks = [{**body, "choices": delta("Hel")["choices"]}, {**body, "choices": delta("lo.")["choices"]}]
    last = {**body, "choices": delta("", finish_reason="stop")["choices"]}
    server = Server(events(*chunks, last) if ask.streams else whole(body))
    message = ask(server.model())

    assert message.content == "Hello."
    assert message.response_metadata["model_name"] == MODEL
    assert message.response_metadata["finish_reason"] == "stop"


def test_counts_are_whole_numbers(ask_whole: Ask) -> None:
    """A fractional count loses its fraction, one that is null counts as none, and a missing sum is made."""
    usage = {
        "prompt_tokens": 5.9,
        "completion_tokens": None,
        "prompt_tokens_details": {"cached_tokens": 2.0, "x": None},
    }
    message = ask_whole(Server(whole(with_fields(usage=usage))).model())

    assert message.usage_metadata == {
        "input_tokens": 5,
        "output_tokens": 0,
        "total_tokens": 5,
        "input_token_details": {"cache_read": 2},
    }


@pytest.mark.parametrize("role", ["", None, "model", ...])
def test_any_role_is_borne(role: Any, ask_streamed: Ask) -> None:
    """A delta's role may be empty, null, missing or another."""
    parts = {} if role is ... else {"role": role}

    assert ask_streamed(Server(events(delta("Hi", **parts), delta("", finish_reason="stop"))).model()).content == "Hi"


@pytest.mark.parametrize(
    "fragments",
    [
        pytest.param([{**CALL, "index": 0}], id="whole"),
        pytest.param([CALL], id="no index"),
        pytest.param([{**CALL, "index": None}], id="null index"),
        pytest.param([{**CALL, "index": 0.0}], id="float index"),
        pytest.param(
            [{**CALL, "index": 0, "function": {"name": "f", "arguments": part}} for part in ('{"a"', ": 1", "}")],
            id="name and id in each",
        ),
        pytest.param(
            [
                {"id": "call_1", "function": {"name": "f"}},
                {"function": {"arguments": '{"a": '}},
                {"function": {"name": None, "arguments": "1}"}, "id": ""},
            ],
            id="no index, in fragments",
        ),
        pytest.param([{**CALL, "index": 7}], id="index from seven"),
        pytest.param([{**CALL, "function": {"name": "f", "arguments": {"a": 1}}}], id="arguments parsed"),
    ],
)
def test_a_tool_call_comes_in_any_form(fragments: list[dict[str, Any]], ask_streamed: Ask) -> None:
    """Names and ids are said once, however often they come, and fragments find their call without an index."""
    parts = [delta(None, tool_calls=[fragment]) for fragment in fragments]
    message = ask_streamed(Server(events(*parts, delta("", finish_reason="tool_calls"))).model())

    assert message.tool_calls == [{"name": "f", "args": {"a": 1}, "id": "call_1", "type": "tool_call"}]


def test_a_call_without_an_id_gets_one(ask: Ask) -> None:
    """Its result could not be sent back otherwise; parallel calls get ids of their own."""
    calls = [{"index": place, "function": {"name": "f", "arguments": "{}"}} for place in (0, 1)]
    streamed = events(delta(None, tool_calls=calls), delta("", finish_reason="tool_calls"))
    server = Server(streamed if ask.streams else whole(answer_body(None, tool_calls=calls)))

    assert [call["id"] for call in ask(server.model()).tool_calls] == ["call_0", "call_1"]


def test_calls_of_one_index_are_told_apart_by_id(ask_streamed: Ask) -> None:
    """Some providers give every parallel call the index 0."""
    parts = [delta(None, tool_calls=[{**CALL, "index": 0, "id": call_id}]) for call_id in ("a", "b")]
    message = ask_streamed(Server(events(*parts, delta("", finish_reason="tool_calls"))).model())

    assert [(call["id"], call["args"]) for call in message.tool_calls] == [("a", {"a": 1}), ("b", {"a": 1})]


@pytest.mark.parametrize("arguments", ['{"a": "cut of', '{"a": 1', "{", "[1]", '"text"', "nonsense", '{"a": "\\'])
def test_broken_arguments_make_an_invalid_call(arguments: str, ask: Ask) -> None:
    """Arguments that are no JSON object are never completed to one: an agent would run the tool with half of them."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    streamed = events(delta(None, tool_calls=[{**call, "index": 0}]), delta("", finish_reason="length"))
    unstreamed = whole(answer_body(None, tool_calls=[call], finish_reason="length"))
    for answer in (streamed, unstreamed) if ask.streams else (unstreamed,):
        message = ask(Server(answer).model())

        assert message.tool_calls == []
        assert [(each["name"], each["id"]) for each in message.invalid_tool_calls] == [("f", "call_1")]
        assert str(message.invalid_tool_calls[0]["args"]).startswith(arguments)


@pytest.mark.parametrize("streaming", [False, True])
def test_the_last_usage_counts(streaming: bool) -> None:
    """Two usage chunks with different costs are not added up, nor do they fail."""
    chunks = [delta("Hi"), usage_chunk(cost=0.1), {**usage_chunk(cost=0.25), "choices": []}]
    server = Server(events(*chunks, delta("", finish_reason="stop")))
    message = invoke(server.model(streaming=True)) if streaming else stream(server.model())

    assert message.response_metadata["cost"] == 0.25
    assert message.usage_metadata == {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}


def test_a_repeated_end_is_told_once(ask_streamed: Ask) -> None:
    """Two finish reasons, models and providers are not joined to `stopstop`."""
    end = delta("", finish_reason="stop")
    metadata = ask_streamed(Server(events(delta("Hi"), end, {**end, "usage": {"cost": 1}})).model()).response_metadata

    assert metadata["finish_reason"] == "stop"
    assert metadata["native_finish_reason"] == "stop"
    assert (metadata["model_name"], metadata["provider"], metadata["cost"]) == (MODEL, "Acme", 1)


@pytest.mark.parametrize("garbage", [b"{not json", b"", b"null", b"[1]", b"\xff\xfe", b'"text"'])
def test_a_garbage_line_is_skipped(garbage: bytes, ask_streamed: Ask) -> None:
    """A line that is no event costs nothing but itself."""
    message = ask_streamed(Server(events(delta("Hel"), garbage, delta("lo."), delta(finish_reason="stop"))).model())

    assert message.content == "Hello."


def test_images_annotations_audio_and_refusal_arrive(ask: Ask) -> None:
    """What the official package drops is in `additional_kwargs`, and in the blocks, in both modes."""
    extras: dict[str, Any] = {"images": IMAGES, "annotations": [CITATION], "refusal": "I can not."}
    audio = [{"id": "a", "data": "aGkg"}, {"data": "dGhlcmU="}, {"transcript": "hi "}, {"transcript": "there"}]
    joined = {"id": "a", "data": "aGkgdGhlcmU=", "transcript": "hi there"}
    parts = [delta("See", refusal="I can "), delta(" it.", refusal="not.", images=IMAGES, annotations=[CITATION])]
    parts += [delta(None, audio=each) for each in audio]
    streamed = events(*parts, delta("", finish_reason="stop"))
    is_stream = ask.streams
    message = ask(Server(streamed if is_stream else whole(answer_body("See it.", audio=joined, **extras))).model())
    blocks: list[Any] = message.content_blocks

    assert message.additional_kwargs == {**extras, "audio": joined}
    assert [block["type"] for block in blocks] == ["text", "non_standard", "image", "audio"]
    assert blocks[0]["annotations"] == [
        {"type": "citation", "url": "https://a.b", "title": "A", "start_index": 0, "end_index": 2, "cited_text": "c"}
    ]
    assert blocks[2]["base64"] == "aGk="
    assert blocks[3]["base64"] == "aGkgdGhlcmU="


def test_many_answers_arrive(ask_whole: Ask) -> None:
    """With `n=2` every choice is a generation."""
    body = answer_body("one")
    body["choices"].append({**body["choices"][0], "index": 1, "message": {"content": "two"}})
    server = Server(whole(body))
    result = server.model(n=2).generate([[HumanMessage("Hello")]])

    assert [generation.text for generation in result.generations[0]] == ["one", "two"]
    assert ask_whole(server.model(n=2)).content == "one"
    assert server.body["n"] == 2


def test_many_answers_arrive_streamed(ask_streamed: Ask) -> None:
    """A stream streams the first choice, also when others come between; those come whole at its end."""
    other = [delta("two", index=1), delta(None, index=1, tool_calls=[{**CALL, "index": 0}])]
    parts = [
        delta("o"),
        *other,
        delta("ne"),
        delta("", index=1, finish_reason="length"),
        delta("", finish_reason="stop"),
    ]
    server = Server(events(*parts))
    message = ask_streamed(server.model(), n=2)

    assert message.content == "one"
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.response_metadata["other_choices"] == [
        {
            "index": 1,
            "finish_reason": "length",
            "message": {"role": "assistant", "content": "two", "tool_calls": [CALL]},
        }
    ]
    assert server.body["n"] == 2


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "text/event-stream"])
def test_json_may_answer_a_request_for_a_stream(kind: str, ask_streamed: Ask) -> None:
    """The one chunk says all that the whole answer says, whatever the content type and with white space before it."""
    body = answer_body("Hi", reasoning="hm", tool_calls=[CALL])
    body["choices"][0]["logprobs"] = {"content": [{"token": "Hi"}]}
    body["choices"].append({"index": 1, "message": {"content": "two"}, "finish_reason": "length"})
    answer = whole(body, content_type=kind)
    padded = type(answer)([b"\n   \n", answer.body], 200, answer.headers)  # type: ignore[list-item]
    message, expected = ask_streamed(Server(padded).model()), invoke(Server(answer).model())
    others = message.response_metadata.pop("other_choices")

    assert (message.content, message.tool_calls) == (expected.content, expected.tool_calls)
    assert message.response_metadata == expected.response_metadata
    assert message.additional_kwargs == expected.additional_kwargs
    assert message.usage_metadata == expected.usage_metadata
    assert others == [{"index": 1, "finish_reason": "length", "message": {"role": "assistant", "content": "two"}}]


def test_a_page_is_no_answer(ask: Ask) -> None:
    """HTML with status 200, as a proxy sends it, raises an error that shows it; a stream does not say "incomplete"."""
    page = whole(b"<html><body>Please log in</body></html>", content_type="text/html")
    with pytest.raises(InvalidResponseError, match="Please log in") as caught:
        ask(Server(page).model())

    assert not isinstance(caught.value, IncompleteStreamError)


def test_byok_costs_are_told_apart(ask_whole: Ask) -> None:
    """With a key of one's own the cost is zero, not unknown, and the provider's price is in the details."""
    usage = {"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.5}, "prompt_tokens": 1}
    metadata = ask_whole(Server(whole(with_fields(usage=usage))).model()).response_metadata

    assert metadata["cost"] == 0
    assert metadata["is_byok"] is True
    assert metadata["cost_details"] == {"upstream_inference_cost": 0.5}


def test_everything_beside_the_answer_is_told(ask: Ask) -> None:
    """Tier, fingerprint, routing, server tools and cache status are in `response_metadata`, in both modes."""
    routing = {"attempt": 1, "endpoints": {"total": 3}}
    extra = {"service_tier": "flex", "system_fingerprint": "fp", "openrouter_metadata": routing, "new": 1}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "server_tool_use_details": {"web_search_requests": 2}}
    cached = "HIT"
    streamed = events(
        delta("Hi"), {**delta("", finish_reason="stop"), **extra, "usage": usage}, x_openrouter_cache_status=cached
    )
    body = {**answer_body(), **extra, "usage": usage}
    is_stream = ask.streams
    metadata = ask(
        Server(streamed if is_stream else whole(body, x_openrouter_cache_status=cached)).model()
    ).response_metadata
    expected = {**extra, "server_tool_use": {"web_search_requests": 2}, "cache_status": "HIT", "id": "gen-1"}

    assert {key: metadata.get(key) for key in expected} == expected
