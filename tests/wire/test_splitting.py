"""Streams cut into pieces anywhere, and fields that hold anything."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from langchain_openrouter.errors import OpenRouterError
from tests.helpers.fake import Answer, Server, answer_body, delta, events, usage_chunk, whole
from tests.helpers.styles import invoke, stream
from tests.helpers.traffic import Exchange, good_exchanges

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

DETAIL = {"type": "reasoning.text", "index": 0, "text": "ünd", "format": None}
CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": "é'}}
EVENTS: list[dict[str, Any]] = [
    delta("", role="assistant", reasoning="hm ", reasoning_details=[DETAIL]),
    delta("Größe 🙂", refusal="no", annotations=[{"type": "url_citation", "url_citation": {"url": "u"}}]),
    delta(None, tool_calls=[CALL]),
    delta(None, tool_calls=[{"index": 0, "function": {"arguments": '"}'}}]),
    delta("", finish_reason="tool_calls"),
    usage_chunk(cost=0.25),
]
BODY: dict[str, Any] = answer_body(
    "text", reasoning="hm", reasoning_details=[DETAIL], tool_calls=[CALL], logprobs={"content": []}
)
WHOLE_STREAM = b": OPENROUTER PROCESSING\n\n" + b"".join(bytes(piece) for piece in events(*EVENTS).body)
SSE = {"content-type": "text/event-stream"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5) | st.just("stop"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def cut(content: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at the given places."""
    ends = sorted({place % (len(content) + 1) for place in places} | {len(content)})
    starts = [0, *ends[:-1]]
    return [content[start:end] for start, end in zip(starts, ends, strict=True)]


def parts_of(message: AIMessage) -> dict[str, Any]:
    """Give everything of a message but the id that LangChain made up."""
    return {name: value for name, value in message.model_dump().items() if name != "id"}


@given(places=st.lists(st.integers(min_value=0, max_value=5000), max_size=40))
@example(places=list(range(len(WHOLE_STREAM))))
@settings(max_examples=60, deadline=None)
def test_a_cut_anywhere_changes_nothing(places: list[int]) -> None:
    """The message does not depend on where the network cuts the bytes, not even inside a character."""
    uncut = stream(Server(Answer(WHOLE_STREAM, 200, SSE)).model())
    pieces = stream(Server(Answer(cut(WHOLE_STREAM, places), 200, SSE)).model())

    assert parts_of(pieces) == parts_of(uncut)
    assert uncut.content == "Größe 🙂"
    assert uncut.tool_calls == [{"name": "f", "args": {"a": "é"}, "id": "call_1", "type": "tool_call"}]


@pytest.mark.parametrize("exchange", [each for each in good_exchanges() if each.stream][::8], ids=str)
@given(places=st.lists(st.integers(min_value=0, max_value=100_000), min_size=1, max_size=8))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_recording_cut_anywhere_says_the_same(exchange: Exchange, places: list[int]) -> None:
    """The same holds for recorded streams."""
    content = exchange.text.encode()
    pieces = Answer(cut(content, places), 200, exchange.headers)

    assert parts_of(stream(Server(pieces).model())) == parts_of(stream(Server(exchange.answer).model()))


def every_place(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths of all values inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in every_place(inner, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Put another value at a path; a copy."""
    if not path:
        return new
    value = copy.deepcopy(value)
    at = value
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return value


@given(place=st.sampled_from(every_place(BODY)), value=json_values)
@settings(max_examples=250, deadline=None)
def test_any_value_anywhere_in_an_answer_is_borne(place: tuple[Any, ...], value: Any) -> None:
    """An answer with an unexpected value in it is read, or refused by a clear error; nothing else is raised."""
    try:
        message = invoke(Server(whole(json.dumps(replaced(BODY, place, value)).encode())).model())
        assert message.content_blocks is not None
        Server().model().invoke([message])
    except OpenRouterError:
        pass
    except ValueError as error:  # Python reads numbers that JSON does not have; sent back, they are refused
        assert "cannot be written as JSON" in str(error)  # noqa: PT017


@given(place=st.sampled_from(every_place(EVENTS)), value=json_values)
@settings(max_examples=250, deadline=None)
def test_any_value_anywhere_in_a_stream_is_borne(place: tuple[Any, ...], value: Any) -> None:
    """A stream with an unexpected value in it is read, or refused by a clear error; nothing else is raised."""
    changed = replaced(EVENTS, place, value)
    try:
        message = stream(Server(events(*(changed if isinstance(changed, list) else [changed]))).model())
        assert message.content_blocks is not None
        Server().model().invoke([message])
    except OpenRouterError:
        pass
    except ValueError as error:  # Python reads numbers that JSON does not have; sent back, they are refused
        assert "cannot be written as JSON" in str(error)  # noqa: PT017


@given(value=json_values, status=st.sampled_from([400, 402, 403, 404, 429, 500]))
@settings(max_examples=100, deadline=None)
def test_any_error_body_gives_a_typed_error(value: Any, status: int) -> None:
    """Whatever the body of a failed response holds, the error is of our tree and can be shown."""
    for body in (value, {"error": value}, {"error": {"message": value, "code": value, "metadata": value}}):
        with pytest.raises(OpenRouterError) as caught:
            invoke(Server(whole(json.dumps(body).encode(), status=status)).model())
        assert caught.value.status_code == status
        assert str(caught.value)
