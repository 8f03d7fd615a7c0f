"""What a request needs, read from its messages and arguments."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from langchain_openrouter.costs.prompt import TokenRange, count_prompt
from langchain_openrouter.routing.needs import Needs, read_needs
from tests.routing.made import PICTURE, SCHEMA, TOOL

HELLO = [HumanMessage("How are you today?")]


@tool
def weather(town: str) -> str:
    """Tell the weather."""
    return town


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        ({}, {}),
        ({"seed": 7}, {"seed": {"seed"}}),
        ({"temperature": 0.0}, {"temperature": {"temperature"}}),
        ({"temperature": None, "seed": None}, {}),
        ({"stop_sequences": ["."]}, {"stop": {"stop"}}),
        ({"stop": ["."]}, {"stop": {"stop"}}),
        ({"tools": [TOOL]}, {"tools": {"tools"}}),
        ({"tools": [weather]}, {"tools": {"tools"}}),
        ({"tools": []}, {}),
        ({"tools": [TOOL], "tool_choice": "auto"}, {"tools": {"tools"}}),
        ({"tools": [TOOL], "tool_choice": "required"}, {"tools": {"tools"}, "tool_choice": {"tool_choice"}}),
        ({"response_format": SCHEMA}, {"response_format": {"structured_outputs"}}),
        (
            {"response_format": {"type": "json_object"}},
            {"response_format": {"response_format", "structured_outputs"}},
        ),
        ({"response_format": {"type": "text"}}, {}),
        ({"reasoning": {"effort": "high"}}, {"reasoning": {"reasoning"}}),
        ({"reasoning": {"enabled": False}}, {}),
        ({"reasoning": {"exclude": True}}, {}),
        ({"reasoning_effort": "low"}, {"reasoning_effort": {"reasoning_effort", "reasoning"}}),
        ({"reasoning_effort": "none"}, {}),
        ({"max_tokens": 5}, {"max_tokens": {"max_tokens", "max_completion_tokens"}}),
        ({"provider": {"sort": "price"}, "user": "ann", "metadata": {}}, {}),
        ({"model_kwargs": {"top_k": 4}}, {"top_k": {"top_k"}}),
        ({"extra_body": {"min_p": 0.1}}, {"min_p": {"min_p"}}),
        ({"ls_structured_output_format": {"schema": {}}}, {}),
    ],
)
def test_parameters(arguments: dict[str, Any], parameters: dict[str, set[str]]) -> None:
    """Exactly those parameters need support that ask for something, each with the names that stand for it."""
    assert read_needs(HELLO, arguments).parameters == parameters


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [
        ({}, None),
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 50}, 50),
        ({"max_tokens": None}, None),
        ({"model_kwargs": {"max_tokens": 30}}, 30),
        ({"model_kwargs": {"max_tokens": 30}, "max_tokens": 40}, 40),
        ({"max_tokens": 40, "extra_body": {"max_tokens": 20}}, 20),
        ({"max_tokens": "many"}, None),
    ],
)
def test_the_longest_answer(arguments: dict[str, Any], limit: int | None) -> None:
    """The limit is that of the body that is sent: `extra_body` goes before arguments, these before `model_kwargs`."""
    assert read_needs(HELLO, arguments).max_tokens == limit


@pytest.mark.parametrize(("old", "new"), [(100, 50), (50, 100)])
def test_both_names_of_the_limit(old: int, new: int) -> None:
    """Of both names OpenRouter prefers the newer, and so do the estimate of costs and the needs."""
    assert read_needs(HELLO, {"max_tokens": old, "max_completion_tokens": new}).max_tokens == new


@pytest.mark.parametrize(
    ("block", "kinds"),
    [
        (PICTURE, {"image"}),
        ({"type": "image", "url": "https://example.com/a.png"}, {"image"}),
        ({"type": "input_image", "image_url": "https://example.com/a.png"}, {"image"}),
        ({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}, {"audio"}),
        ({"type": "audio", "base64": "aGk=", "mime_type": "audio/wav"}, {"audio"}),
        ({"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}, {"video"}),
        ({"type": "video", "url": "https://example.com/a.mp4"}, {"video"}),
        ({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}}, set()),
        ({"type": "text", "text": "an image"}, set()),
        ("an image_url", set()),
    ],
)
@pytest.mark.parametrize("kind", [SystemMessage, HumanMessage, AIMessage])
def test_what_is_read(kind: Any, block: Any, kinds: set[str]) -> None:
    """Images, sound and films need a model that reads them, in every form; text and files do not."""
    assert read_needs([kind([block])], {}).inputs == kinds
    assert read_needs([HumanMessage("So?"), kind([{"type": "text", "text": "so"}, block])], {}).inputs == kinds


def test_what_a_tool_shows() -> None:
    """A picture that a tool gave back is to be read, too; what there is in several messages is joined."""
    shown = ToolMessage([PICTURE], tool_call_id="1")
    heard = HumanMessage([{"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}])

    assert read_needs([heard, AIMessage(""), shown], {}).inputs == {"audio", "image"}


@pytest.mark.parametrize(
    ("modalities", "outputs"),
    [(None, set()), (["text"], set()), (["text", "image"], {"image"}), (["audio"], {"audio"}), ("image", set())],
)
def test_what_is_answered(modalities: Any, outputs: set[str]) -> None:
    """What the answer holds beside text needs a model that makes it."""
    assert read_needs(HELLO, {"modalities": modalities}).outputs == outputs


def test_the_prompt() -> None:
    """The prompt is counted as estimates count it, with its tools and the schema of its answer."""
    assert read_needs(HELLO, {}).prompt == count_prompt(HELLO)
    assert read_needs(HELLO, {"tools": [weather]}).prompt == count_prompt(HELLO, [weather])
    assert read_needs(HELLO, {"tools": [TOOL], "response_format": SCHEMA}).prompt == count_prompt(HELLO, [TOOL, SCHEMA])


def test_nothing_is_changed() -> None:
    """Reading does not change the arguments."""
    arguments = {"tools": [copy.deepcopy(TOOL)], "stop_sequences": ["."], "extra_body": {"seed": 1}}
    before = copy.deepcopy(arguments)
    read_needs(HELLO, arguments)

    assert arguments == before


NEEDS = st.builds(
    Needs,
    st.builds(TokenRange, st.integers(0), st.integers(0), st.none() | st.integers(0)),
    st.none() | st.integers(1),
    st.dictionaries(st.text(), st.frozensets(st.text(), min_size=1)),
    st.frozensets(st.text()),
    st.frozensets(st.text()),
)


@given(NEEDS)
def test_records(needs: Needs) -> None:
    """Needs come back from their record, also after a way through JSON."""
    assert Needs.from_record(json.loads(json.dumps(needs.record()))) == needs
