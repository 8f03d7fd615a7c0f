"""Assistant messages of any origin, sent back."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk

from tests.helpers.fake import Server, answer_body, delta, events, whole
from tests.helpers.schema import errors_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.styles import Ask

URL_IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
FILE = {"type": "file", "file": {"hash": "h", "name": "a.pdf", "content": [{"type": "text", "text": "t"}]}}


def sent(message: Any) -> dict[str, Any]:
    """Send a message back and give it as it arrived."""
    server = Server()
    before = copy.deepcopy(message)
    server.model().invoke([HumanMessage("hi"), message])
    assert message == before
    wire: dict[str, Any] = server.body["messages"][1]
    return wire


@pytest.mark.parametrize(
    "details",
    [
        pytest.param(
            [
                {"type": "reasoning.text", "text": "a", "signature": "s", "format": "anthropic-claude-v1", "index": 0},
                {"type": "reasoning.encrypted", "data": "e", "format": "anthropic-claude-v1", "index": 1},
            ],
            id="anthropic",
        ),
        pytest.param(
            [
                {"type": "reasoning.text", "text": "a", "format": "google-gemini-v1", "index": 0},
                {"type": "reasoning.encrypted", "data": "e", "id": "tool_1", "format": "google-gemini-v1", "index": 0},
            ],
            id="gemini, one index",
        ),
        pytest.param(
            [
                {
                    "type": "reasoning.summary",
                    "summary": "a",
                    "id": "rs_1",
                    "format": "openai-responses-v1",
                    "index": 0,
                },
                {"type": "reasoning.encrypted", "data": "e", "id": "rs_1", "format": "openai-responses-v1", "index": 0},
            ],
            id="openai, with its ids",
        ),
        pytest.param([{"type": "reasoning.new", "deep": {"x": [1.50, None]}, "id": None}], id="unknown type"),
    ],
)
def test_reasoning_details_come_back_byte_for_byte(details: list[dict[str, Any]], ask: Ask, shared: Path) -> None:
    """What a provider signed or encrypted returns as it came, in both modes and through blocks; no null is dropped."""
    parts = [delta("", reasoning_details=[copy.deepcopy(each)]) for each in details]
    streamed = events(*parts, delta("Hi"), delta("", finish_reason="stop"))
    answer = streamed if ask.streams else whole(answer_body("Hi", reasoning_details=details))
    for version in ("v0", "v1"):
        wire = sent(ask(Server(answer).model(output_version=version)))

        assert json.dumps(wire["reasoning_details"]) == json.dumps(details)
        if details[0]["type"] != "reasoning.new":
            assert errors_of(shared, {"messages": [wire]}) == []


def test_fragments_of_the_official_package_are_joined() -> None:
    """A message that still holds fragments is sent with whole details; signed ones stay apart."""
    fragment = {"type": "reasoning.text", "index": 0, "format": "f"}
    parts = [{**fragment, "text": "a"}, {**fragment, "text": "b", "signature": "s"}, {**fragment, "text": "c"}]

    assert sent(AIMessage("", additional_kwargs={"reasoning_details": parts}))["reasoning_details"] == [
        {**fragment, "text": "ab", "signature": "s"},
        {**fragment, "text": "c"},
    ]


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_images_annotations_audio_and_refusal_go_back(version: str, ask: Ask, shared: Path) -> None:
    """Pictures can be edited in the next turn, a parsed file is not parsed again, audio is referred to by its id."""
    extras: dict[str, Any] = {"images": [URL_IMAGE], "annotations": [FILE], "refusal": "no"}
    audio = {"id": "audio_1", "data": "aGk=", "transcript": "hi"}
    streamed = events(delta("Hi", **extras, audio=audio), delta("", finish_reason="stop"))
    answer = streamed if ask.streams else whole(answer_body("Hi", **extras, audio=audio))
    wire = sent(ask(Server(answer).model(output_version=version)))
    content = wire.pop("content")

    assert content in ("Hi", [{"type": "text", "text": "Hi"}])
    assert wire == {"role": "assistant", **extras, "audio": {"id": "audio_1"}}
    assert errors_of(shared, {"messages": [wire]}) == []


def test_tool_calls_go_back(shared: Path) -> None:
    """Arguments are JSON without escapes, and the content is null beside them."""
    call = tool_call(name="f", args={"a": "é", "n": 1.5}, id="1")

    assert sent(AIMessage("", tool_calls=[call])) == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"type": "function", "id": "1", "function": {"name": "f", "arguments": '{"a": "é", "n": 1.5}'}}],
    }
    assert errors_of(shared, {"messages": [sent(AIMessage("so", tool_calls=[call]))]}) == []


def test_an_invalid_tool_call_goes_back_without_a_crash(shared: Path) -> None:
    """Raw arguments stay; a name, id or arguments that are `None` are filled in, so that the agent's loop goes on."""
    broken = invalid_tool_call(name="f", args='{"a', id="1", error="cut")
    nameless = invalid_tool_call(name=None, args=None, id=None, error=None)
    wire = sent(AIMessage("", invalid_tool_calls=[broken, nameless]))

    assert wire["tool_calls"] == [
        {"type": "function", "id": "1", "function": {"name": "f", "arguments": '{"a'}},
        {"type": "function", "id": "call_1", "function": {"name": "unknown", "arguments": ""}},
    ]
    assert errors_of(shared, {"messages": [wire]}) == []


def test_calls_in_additional_kwargs_go_back() -> None:
    """Messages of older programs hold their tool calls there."""
    raw = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = AIMessage("", additional_kwargs={"tool_calls": copy.deepcopy(raw)})
    message.tool_calls = []

    assert sent(message)["tool_calls"] == raw


def test_a_chunk_goes_back_like_a_message() -> None:
    """A sum of chunks may be put into the conversation as it is."""
    chunk = AIMessageChunk(
        content="Hi",
        tool_call_chunks=[tool_call_chunk(name="f", args='{"a": 1}', id="1", index=0)],
        chunk_position="last",
    )

    assert sent(chunk)["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a": 1}'}


def test_blocks_of_anthropic_go_back(shared: Path) -> None:
    """`thinking` becomes reasoning with its signature, `redacted_thinking` stays encrypted, `tool_use` is a call."""
    blocks: list[str | dict[str, Any]] = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "e"},
        {"type": "text", "text": "so", "citations": None},
        {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
    ]
    wire = sent(AIMessage(blocks))

    assert wire["reasoning"] == "hm"
    assert wire["reasoning_details"] == [
        {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.encrypted", "data": "e", "format": "anthropic-claude-v1", "index": 1},
    ]
    assert wire["tool_calls"] == [{"type": "function", "id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}]
    assert [part["text"] for part in wire["content"]] == ["so"]
    assert errors_of(shared, {"messages": [wire]}) == []


def test_standard_blocks_of_any_origin_go_back(shared: Path) -> None:
    """LangChain's own blocks: reasoning, text with citations, tool calls, tools of a provider."""
    blocks: list[str | dict[str, Any]] = [
        {"type": "reasoning", "reasoning": "hm", "extras": {"signature": "s"}},
        {"type": "text", "text": "so", "annotations": [{"type": "citation", "url": "u"}]},
        {"type": "server_tool_call", "id": "9", "name": "web_search", "args": {}},
        {"type": "tool_call", "id": "1", "name": "f", "args": {}},
        {"type": "refusal", "refusal": "no"},
        "string",
    ]
    wire = sent(AIMessage(blocks, tool_calls=[tool_call(name="f", args={}, id="1")]))

    assert wire == {
        "role": "assistant",
        "content": [{"type": "text", "text": "so"}, {"type": "text", "text": "string"}],
        "refusal": "no",
        "reasoning": "hm",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1", "index": 0}
        ],
        "tool_calls": [{"type": "function", "id": "1", "function": {"name": "f", "arguments": "{}"}}],
    }
    assert errors_of(shared, {"messages": [wire]}) == []


def test_half_an_emoji_can_be_sent() -> None:
    """A text that was cut in the middle of a surrogate pair does not fail."""
    assert sent(AIMessage("a\ud83d"))["content"] == "a\ud83d"
