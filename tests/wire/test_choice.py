"""Chunks are built without LangChain's attempts to read every fragment as JSON, and are the same as with them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.utils.json import parse_partial_json

from langchain_openrouter.wire.choice import ChoiceStream, unreadable_ending

fragments = st.one_of(
    st.none(),
    st.text(alphabet=' \t\n{}[]":,\\abc0é', max_size=12),
    st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2).map(json.dumps),
)
calls = st.fixed_dictionaries(
    {"index": st.integers(0, 2)},
    optional={
        "id": st.sampled_from(["a", "b", "", None]),
        "function": st.fixed_dictionaries(
            {"arguments": fragments}, optional={"name": st.sampled_from(["f", "", None])}
        ),
    },
)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "content": st.none() | st.text(max_size=5),
        "reasoning": st.none() | st.text(max_size=5),
        "refusal": st.text(max_size=5),
        "role": st.just("assistant"),
        "tool_calls": st.lists(calls, max_size=3),
    },
)


def built_ordinarily(chunk: AIMessageChunk) -> AIMessageChunk:
    """Build a chunk of the same contents by LangChain's constructor."""
    return AIMessageChunk(
        content=chunk.content,
        additional_kwargs=chunk.additional_kwargs,
        response_metadata=chunk.response_metadata,
        tool_call_chunks=chunk.tool_call_chunks,
    )


@given(st.lists(deltas, max_size=6))
@example([{"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": " {"}}]}])
@example(
    [{"tool_calls": [{"index": 0, "function": {"arguments": '"a": 1}'}}, {"index": 1, "function": {"arguments": "{"}}]}]
)
@settings(max_examples=200, deadline=None)
def test_chunks_equal_those_of_the_constructor(said: list[dict[str, Any]]) -> None:
    """Field by field, by `==`, and in what they were set with."""
    state = ChoiceStream()
    for each in said:
        chunk = state.feed({"index": 0, "delta": each})
        if chunk is None:
            continue
        expected = built_ordinarily(chunk)

        assert chunk == expected
        assert chunk.__dict__ == expected.__dict__
        assert chunk.model_dump() == expected.model_dump()


@given(st.text(alphabet=' \t\n{}[]":,\\abc0é', max_size=20))
@settings(max_examples=200, deadline=None)
def test_broken_arguments_stay_broken(arguments: str) -> None:
    """With the ending, LangChain cannot read as an object what is none; whole arguments get no ending."""
    ending = unreadable_ending(arguments)
    try:
        whole = isinstance(json.loads(arguments, strict=False), dict)
    except ValueError:
        whole = False

    if whole or not arguments:
        assert ending is None
    else:
        with pytest.raises((ValueError, AssertionError)):
            assert isinstance(parse_partial_json(arguments + (ending or ""), strict=False), dict)


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.lists(st.integers(), max_size=2), max_size=3))
@settings(max_examples=20, deadline=None)
def test_arguments_cut_anywhere_are_never_completed(arguments: dict[str, Any]) -> None:
    """A stream that ends inside the arguments of a tool call gives no valid call, wherever it ends."""
    text = json.dumps(arguments)
    for end in range(1, len(text) + 1):
        state = ChoiceStream()
        call = {"index": 0, "id": "1", "function": {"name": "f", "arguments": text[:end]}}
        chunk = state.feed({"delta": {"tool_calls": [call]}})
        assert chunk is not None
        closing = state.close_calls()
        total = chunk + ([closing] if closing else []) + [state.finish()]
        last = AIMessageChunk(content="", tool_call_chunks=total.tool_call_chunks, chunk_position="last")

        assert [each["args"] for each in last.tool_calls] == ([arguments] if end == len(text) else [])


def test_audio_is_joined_at_any_cut() -> None:
    """Base64 texts of pieces that end in the middle of a group of three bytes cannot be joined as they are."""
    import base64

    raw = bytes(range(50))
    for size in (1, 2, 3, 4, 7):
        state = ChoiceStream()
        pieces = [base64.b64encode(raw[place : place + size]).decode() for place in range(0, len(raw), size)]
        chunks = [state.feed({"delta": {"audio": {"id": "a", "data": piece}}}) for piece in pieces]
        total = AIMessageChunk(content="") + [each for each in [*chunks, state.finish()] if each]

        assert base64.b64decode(total.additional_kwargs["audio"]["data"]) == raw
        assert total.additional_kwargs["audio"]["id"] == "a"


def test_fragments_of_one_stream_are_given_as_they_come() -> None:
    """The name and the id of a call are said with its first fragment only."""
    state = ChoiceStream()
    call = {"index": 0, "id": "1", "function": {"name": "f", "arguments": "{"}}
    first, second = (state.feed({"delta": {"tool_calls": [call]}}) for _ in range(2))
    assert first is not None
    assert second is not None

    assert first.tool_call_chunks == [tool_call_chunk(name="f", args="{", id="1", index=0)]
    assert second.tool_call_chunks == [tool_call_chunk(name=None, args="{", id=None, index=0)]
