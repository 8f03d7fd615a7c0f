"""What is one input and what are several, and how they read."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue

from langchain_openrouter.evaluation.inputs import each_input, said, text_of

BRIEF, WHY = SystemMessage("Be brief."), HumanMessage("Why?")
PROMPT = StringPromptValue(text="Why?")


@pytest.mark.parametrize(
    ("inputs", "each"),
    [
        ("Why?", ["Why?"]),
        (WHY, [[WHY]]),
        (PROMPT, [PROMPT]),
        ({"word": "no"}, [{"word": "no"}]),
        (["Why?", "How?"], ["Why?", "How?"]),
        (("Why?", "How?"), ["Why?", "How?"]),
        ([BRIEF, WHY], [[BRIEF, WHY]]),
        ([("system", "Be brief."), WHY], [[("system", "Be brief."), WHY]]),
        ([{"role": "user", "content": "Why?"}], [[{"role": "user", "content": "Why?"}]]),
        ([[BRIEF, WHY], "Why?", PROMPT], [[BRIEF, WHY], "Why?", PROMPT]),
        ([{"word": "no"}, {"word": "yes"}], [{"word": "no"}, {"word": "yes"}]),
        (iter(["Why?"]), ["Why?"]),
    ],
)
def test_one_or_several(inputs: Any, each: list[Any]) -> None:
    """A list of messages is one conversation; a list of anything else is several inputs."""
    assert each_input(inputs) == each


@pytest.mark.parametrize("inputs", [[WHY, "How?"], ["How?", ("human", "Why?")]])
def test_messages_beside_others(inputs: Any) -> None:
    """Where nobody can tell whether messages belong together, they have to be put into lists."""
    with pytest.raises(TypeError, match="Put the messages of each conversation into a list of their own"):
        each_input(inputs)


@pytest.mark.parametrize("inputs", [[], (), None, 5])
def test_no_input(inputs: Any) -> None:
    """Nothing to ask is refused."""
    with pytest.raises(ValueError, match="holds no input"):
        each_input(inputs)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("Why?", "Why?"),
        (PROMPT, "Why?"),
        (ChatPromptValue(messages=[BRIEF, WHY]), "system: Be brief.\nhuman: Why?"),
        ([WHY], "Why?"),
        ([BRIEF, WHY], "system: Be brief.\nhuman: Why?"),
        ([("human", "Why?")], "Why?"),
        ([{"role": "user", "content": "Why?"}], "Why?"),
        ({"messages": [WHY]}, "Why?"),
        ({"word": "größer"}, '{"word": "größer"}'),
        ([HumanMessage([{"type": "text", "text": "a"}, {"type": "image", "url": "data:x"}])], "a"),
        ([], "[]"),
        ({"x": BRIEF.__class__}, '{"x": "<class \'langchain_core.messages.system.SystemMessage\'>"}'),
    ],
)
def test_inputs_as_text(asked: Any, text: str) -> None:
    """An input reads as what is asked; what has no such reading is JSON."""
    assert text_of(asked) == text


def test_answers_as_text() -> None:
    """An answer reads as what is said, and the tools that are called."""
    call: Any = {"name": "add", "args": {"a": 1}, "id": "1"}

    assert said(AIMessage("So.")) == "So."
    assert said(AIMessage("So.", tool_calls=[call, call])) == 'So.\nadd({"a": 1})\nadd({"a": 1})'
    assert said(AIMessage([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])) == "ab"
