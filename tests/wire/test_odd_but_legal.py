"""Answers and requests that are unusual and right."""

from __future__ import annotations

import datetime as dt
import enum
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage

from langchain_openrouter import ContextLengthError, InFlightBudgetError, InsufficientCreditsError
from langchain_openrouter.errors import from_response
from langchain_openrouter.http.sse import EventDecoder
from tests.helpers.fake import MODEL, Server, answer_body, delta, events, usage_chunk, whole
from tests.helpers.sockets import Connection, RawServer
from tests.helpers.styles import invoke

if TYPE_CHECKING:
    from collections.abc import Sequence


def streamed(*data: Any) -> AIMessageChunk:
    """Add up what a stream of these events gives."""
    first, *rest = Server(events(*data)).model().stream("Hi")
    return sum(rest, first)


def test_what_names_an_answer_may_come_late() -> None:
    """The first event may say nothing, or null: what a later one says counts."""
    silent: dict[str, Any] = {"id": "gen-1", "provider": None, "choices": []}
    message = streamed(silent, delta("Hi"), delta("", finish_reason="stop"))

    named = {name: message.response_metadata[name] for name in ("id", "model_name", "provider", "created")}
    assert named == {"id": "gen-1", "model_name": MODEL, "provider": "Acme", "created": 1700000000}


def call(index: int = 0, **function: Any) -> dict[str, Any]:
    """Write a fragment of a tool call."""
    return delta(tool_calls=[{"index": index, "id": f"call_{index}", "function": function}])


@pytest.mark.parametrize(
    ("names", "whole_name"),
    [(["get_", "weather"], "get_weather"), (["weather", "weather"], "weather"), (["weather", None], "weather")],
    ids=["in pieces", "repeated", "once"],
)
def test_a_tool_name_may_come_in_pieces(names: Sequence[str | None], whole_name: str) -> None:
    """Deltas are pieces; some providers repeat the whole name instead."""
    message = streamed(
        *(call(name=name) for name in names), call(arguments="{}"), delta("", finish_reason="tool_calls")
    )

    assert [made["name"] for made in message.tool_calls] == [whole_name]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CR LF", "CR"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_every_line_end_of_the_standard(end: bytes, start: bytes, size: int) -> None:
    """A byte order mark and all three line ends are part of the standard, wherever the pieces are cut."""
    stream = start + end.join([b"data: 1", b"", b": comment", b"data: 2", b"data: 3", b"", b""])
    decoder = EventDecoder()
    pieces = [stream[place : place + size] for place in range(0, len(stream), size)]

    assert [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish() == [b"1", b"2\n3"]


def test_a_large_event_costs_no_more_than_its_size() -> None:
    """A generated image comes as one long line in many pieces; twice the size takes about twice the time."""

    def seconds(pieces: int) -> float:
        decoder = EventDecoder()
        began = time.process_time()
        decoder.feed(b"data: ")
        for _ in range(pieces):
            decoder.feed(b"x" * 16_384)
        assert len(decoder.feed(b"\n\n")[0]) == pieces * 16_384
        return time.process_time() - began

    seconds(100)
    assert seconds(1600) < 8 * 16 * max(seconds(100), 0.0005)


def test_the_stream_ends_with_its_closing_event() -> None:
    """A server that keeps the connection open behind `[DONE]` does not keep the caller."""

    def linger(connection: Connection) -> None:
        connection.headers()
        connection.send(b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
        connection.stall()

    with RawServer(linger) as server:
        began = time.monotonic()
        texts = [chunk.text for chunk in server.model(stream_idle_timeout=30).stream("Hi")]
        took = time.monotonic() - began

    assert texts == ["Hi", ""]
    assert took < 5


def test_several_choices_are_billed_once() -> None:
    """Usage and cost are those of all choices together: a sum over the choices says what was paid."""
    body = answer_body()
    body["choices"] *= 2
    generations: list[Any] = list(Server(whole(body)).model(n=2).generate([[HumanMessage("Hi")]]).generations[0])
    messages = [generation.message for generation in generations]

    assert [message.response_metadata.get("cost") for message in messages] == [0.001, None]
    assert [message.usage_metadata is not None for message in messages] == [True, False]
    assert [message.response_metadata["model_name"] for message in messages] == [MODEL, MODEL]


class Colour(enum.Enum):
    RED = "red"


def test_plain_values_of_python_are_sent() -> None:
    """Dates, enumerations and UUIDs have an obvious form in JSON."""
    server = Server()
    number = uuid.UUID(int=7)
    invoke(server.model(), "Hi", trace={"day": dt.date(2026, 11, 21), "colour": Colour.RED, "number": number})

    assert server.body["trace"] == {"day": "2026-11-21", "colour": "red", "number": str(number)}


def test_what_is_no_number_is_refused() -> None:
    """NaN is not JSON: the error says what to look for, and nothing is sent."""
    server = Server()

    with pytest.raises(ValueError, match="NaN or an infinity"):
        invoke(server.model(), "Hi", temperature=float("nan"))
    assert server.requests == []


def test_an_image_by_id_is_refused() -> None:
    """OpenRouter keeps no files of ours; the id is not dropped in silence."""
    with pytest.raises(ValueError, match="does not support file IDs"):
        invoke(Server().model(), [HumanMessage([{"type": "input_image", "file_id": "file-1"}])])


def test_old_function_calls_are_sent_as_tool_calls() -> None:
    """Histories from before there were tools keep their calls."""
    server = Server()
    old = AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": '{"a": 1}'}})
    invoke(server.model(), [HumanMessage("Hi"), old, HumanMessage("And?")])

    [made] = server.body["messages"][1]["tool_calls"]
    assert made["function"] == {"name": "f", "arguments": '{"a": 1}'}


def test_file_annotations_survive_in_blocks() -> None:
    """A history of content blocks alone still sends the parse of a file back."""
    note = {"type": "file", "file": {"hash": "h", "name": "a.pdf", "content": []}}
    server = Server(whole(answer_body("Read.", annotations=[note])))
    blocks: Any = invoke(server.model()).content_blocks
    invoke(server.model(), [HumanMessage("Hi"), AIMessage(blocks), HumanMessage("And?")])

    assert server.body["messages"][1]["annotations"] == [note]


@pytest.mark.parametrize(
    ("source", "cls"),
    [
        ("openrouter_credits", InsufficientCreditsError),
        ("openrouter_in_flight_budget", InFlightBudgetError),
        ("", InFlightBudgetError),
    ],
)
def test_a_402_is_judged_by_its_limit(source: str, cls: type) -> None:
    """Without credit no waiting helps, whatever `Retry-After` says; without a named limit, the header decides."""
    body = {"error": {"code": 402, "message": "no", "metadata": {"limit_source": source}}}

    assert type(from_response(402, {"Retry-After": "2"}, json.dumps(body))) is cls


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "The input token count (9000) exceeds the maximum number of tokens allowed (8192)."),
        (400, "Input is too long for requested model."),
        (400, "Input length 9000 exceeds the maximum length"),
        (400, "This endpoint's maximum context length is 8192 tokens."),
        (413, "prompt is too long: 250000 tokens > 200000 maximum"),
    ],
)
def test_context_overflows_in_many_words(status: int, message: str) -> None:
    """Summarisation and larger models are for these, however a provider puts it."""
    body = {"error": {"message": "Provider returned error", "metadata": {"raw": message}}}
    error = from_response(status, {}, json.dumps(body))

    assert isinstance(error, ContextLengthError)


def test_the_partial_of_a_failure_names_its_answer() -> None:
    """What had arrived says by whom it was told."""
    model = Server(events(delta("Hal"), usage_chunk(), {"error": {"message": "no", "code": 502}})).model()

    with pytest.raises(ValueError, match="during streaming") as caught:
        list(model.stream("Hi"))

    partial = getattr(caught.value, "partial_message", None)
    assert isinstance(partial, AIMessage)
    assert (partial.text, partial.response_metadata["provider"]) == ("Hal", "Acme")
