"""How many tokens a prompt may have, in every form in which a prompt is given."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue
from langchain_core.tools import tool
from pydantic import BaseModel

from langchain_openrouter.costs.prompt import TokenRange, count_prompt

QUESTION = "How are you today?"  # 18 bytes
ASKED = TokenRange(2, 12, 71)
"""18 bytes by 8, 4, 2; around the prompt 0, 4, 50; around the message 0, 4, 12."""


class Weather(BaseModel):
    """Tell the weather of a city."""

    city: str


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return city


SCHEMA = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.mark.parametrize(
    "prompt",
    [
        QUESTION,
        HumanMessage(QUESTION),
        [HumanMessage(QUESTION)],
        [("user", QUESTION)],
        [{"role": "user", "content": QUESTION}],
        [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}],
        [HumanMessage([QUESTION])],
        [HumanMessage(content_blocks=[{"type": "text", "text": QUESTION}])],
        StringPromptValue(text=QUESTION),
        ChatPromptValue(messages=[HumanMessage(QUESTION)]),
    ],
    ids=repr,
)
def test_each_form_of_a_prompt(prompt: Any) -> None:
    """The same prompt has the same range in every form that a chat model takes."""
    counted = count_prompt([prompt] if isinstance(prompt, HumanMessage) else prompt)

    assert counted == ASKED


def test_each_message_counts() -> None:
    """Texts add up before they are divided, and each message adds what marks its begin and end."""
    conversation = [SystemMessage("Be brief."), HumanMessage(QUESTION), AIMessage("Fine."), HumanMessage("Why?")]
    size = len("Be brief." + QUESTION + "Fine." + "Why?")

    assert count_prompt(conversation) == TokenRange(size // 8, size // 4 + 4 + 4 * 4, size // 2 + 50 + 12 * 4)


def test_a_message_of_calls_alone() -> None:
    """A message of the API that only calls tools may leave its content out, or say `null`."""
    function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
    calls = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    message = AIMessage("", tool_calls=[{"name": "weather", "args": {"city": "Oslo"}, "id": "1"}])

    assert count_prompt([calls]) == count_prompt([{**calls, "content": None}]) == count_prompt([message])


@pytest.mark.parametrize("nothing", ["", [], [HumanMessage("")], [HumanMessage([])], [AIMessage("")]])
def test_an_empty_prompt(nothing: Any) -> None:
    """A prompt of nothing has a range that begins with 0."""
    counted = count_prompt(nothing)

    assert counted.high is not None
    assert 0 == counted.low <= counted.expected <= counted.high


IMAGES: list[dict[str, Any]] = [
    {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}},
    {"type": "image", "url": "https://a.example/b.png"},
    {"type": "image", "base64": "A" * 100_000, "mime_type": "image/png"},
    {"type": "input_image", "image_url": "https://a.example/b.png"},
]


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: f"{image['type']}, {len(str(image))}")
def test_an_image(image: dict[str, Any]) -> None:
    """An image counts as one, in each form; the length of its address or of its bytes does not matter."""
    counted = count_prompt([HumanMessage([{"type": "text", "text": QUESTION}, image])])

    assert counted == TokenRange(2 + 60, 12 + 1000, 71 + 40_000)


MEDIA: list[dict[str, Any]] = [
    {"type": "input_audio", "input_audio": {"data": "A" * 100_000, "format": "wav"}},
    {"type": "audio", "base64": "A" * 100_000, "mime_type": "audio/wav"},
    {"type": "video_url", "video_url": {"url": "https://a.example/b.mp4"}},
    {"type": "video", "url": "https://a.example/b.mp4"},
    {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
    {"type": "something_new", "data": "A" * 100_000},
    {"text": "of no type"},
]


@pytest.mark.parametrize("medium", MEDIA, ids=lambda medium: str(medium.get("type")))
def test_another_medium(medium: dict[str, Any]) -> None:
    """Nothing tells how long audio, video, a file or what is new is, so nothing is the most that it can be."""
    counted = count_prompt([HumanMessage([{"type": "text", "text": QUESTION}, medium])])

    assert counted == TokenRange(2 + 1, 12 + 2000, None)


@pytest.mark.parametrize("given_tool", [Weather, weather, SCHEMA], ids=["class", "tool", "schema"])
def test_a_tool(given_tool: Any) -> None:
    """A tool counts with its schema, in every form, and with what a provider says of tools."""
    counted, twice = count_prompt(QUESTION, [given_tool]), count_prompt(QUESTION, [given_tool] * 2)

    assert (counted.high, twice.high) != (None, None)
    assert counted.low > ASKED.low
    assert counted.expected >= ASKED.expected + 50 + len("Tell the weather of a city.") // 4
    assert counted.low < twice.low
    assert counted.expected < twice.expected < 2 * counted.expected


def test_no_tools() -> None:
    """An empty list of tools is none."""
    assert count_prompt(QUESTION, []) == count_prompt(QUESTION, None) == count_prompt(QUESTION) == ASKED


def test_any_script() -> None:
    """A text counts by its bytes, in a message, in a tool and in a call alike: none is spelt out in ASCII."""
    text = "天气" * 100
    said = count_prompt(text).low - count_prompt("").low
    schema = {**SCHEMA, "function": {**SCHEMA["function"], "description": text}}  # type: ignore[dict-item]
    empty = {**SCHEMA, "function": {**SCHEMA["function"], "description": ""}}  # type: ignore[dict-item]
    called, not_called = (
        AIMessage("", tool_calls=[{"name": "weather", "args": {"city": city}, "id": "1"}]) for city in (text, "")
    )

    assert said == 600 // 8
    assert count_prompt("", [schema]).low - count_prompt("", [empty]).low == pytest.approx(said, abs=1)
    assert count_prompt([called]).low - count_prompt([not_called]).low == pytest.approx(said, abs=1)


def test_calls_and_results() -> None:
    """What a model called, and what came of it, is sent again with each request, so both count."""
    text = "word " * 200
    call = AIMessage("", tool_calls=[{"name": "search", "args": {"query": text}, "id": "1"}])
    bare = AIMessage("", tool_calls=[{"name": "search", "args": {"query": ""}, "id": "1"}])
    result = ToolMessage(text, tool_call_id="1")

    assert count_prompt([call]).expected - count_prompt([bare]).expected == 250
    assert count_prompt([bare, result]).expected - count_prompt([bare]).expected == pytest.approx(250 + 4, abs=1)


THOUGHT = "I think of this and of that. " * 400


KEPT: dict[str, Any] = {
    "reasoning_content": THOUGHT,
    "reasoning_details": [{"type": "reasoning.text", "text": THOUGHT, "signature": "A" * 8000, "index": 0}],
}
THINKING: dict[str, AIMessage] = {
    "v0": AIMessage("Yes.", additional_kwargs=KEPT),
    "v1": AIMessage(
        [
            {"type": "reasoning", "reasoning": THOUGHT, "extras": {"signature": "A" * 8000}},
            {"type": "text", "text": "Yes."},
        ],
        additional_kwargs=KEPT,
    ),
}
"""The same answer, as `output_version` makes it."""


@pytest.mark.parametrize("message", THINKING.values(), ids=THINKING)
def test_thoughts_that_are_sent_back(message: AIMessage) -> None:
    """What a model thought is sent back to it, wherever the message keeps it, so it is within the most that can be."""
    counted = count_prompt([HumanMessage("Why?"), message, HumanMessage("Really?")])

    assert counted.high is not None
    assert counted.high >= counted.expected >= len(THOUGHT) // 4


@pytest.mark.parametrize("message", THINKING.values(), ids=THINKING)
def test_thoughts_count_once(message: AIMessage) -> None:
    """What a model thought is sent back once, though a message may hold it in two places."""
    counted = count_prompt([HumanMessage("Why?"), message, HumanMessage("Really?")])

    assert counted.expected < 2 * len(THOUGHT) // 4


@pytest.mark.parametrize("message", THINKING.values(), ids=THINKING)
def test_thoughts_that_are_left_out(message: AIMessage) -> None:
    """Providers may leave out what a model thought in an earlier turn, so it is not within the least that can be.

    Source: https://platform.claude.com/docs/en/build-with-claude/context-windows
    """
    counted = count_prompt([HumanMessage("Why?"), message, HumanMessage("Really?")])

    assert counted.low <= len("Why?Yes.Really?") // 4


parts = st.lists(
    st.text(max_size=40).map(lambda text: {"type": "text", "text": text})
    | st.sampled_from([*IMAGES[2:3], MEDIA[0], {"type": "text", "text": "\ud800"}]),
    max_size=3,
)
messages = st.lists(
    st.builds(HumanMessage, parts) | st.builds(SystemMessage, st.text(max_size=40)) | st.builds(AIMessage, parts),
    max_size=4,
)


@given(messages, messages, st.sampled_from([None, [SCHEMA], [Weather, weather]]))
@example([HumanMessage("\ud800")], [], None)
def test_a_range_is_one(some: list[Any], more: list[Any], tools: Any) -> None:
    """Whatever is sent: low is no more than expected, that no more than high, and more messages never count less."""
    few, all_of_them = count_prompt(some, tools), count_prompt([*some, *more], tools)

    for counted in (few, all_of_them):
        assert 0 <= counted.low <= counted.expected
        assert counted.high is None or counted.expected <= counted.high
    assert few.low <= all_of_them.low
    assert few.expected <= all_of_them.expected
    assert all_of_them.high is None or (few.high is not None and few.high <= all_of_them.high)
