"""The agreements themselves: what each compares, how they are named, and messages as texts."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_openrouter.agreement import (
    AutoAgreement,
    ChoiceAgreement,
    NumberAgreement,
    PairAgreement,
    TextAgreement,
    answer_text,
    as_agreement,
    final_answer,
)

CAPITAL = "What is the capital of France?"
OPTIONS = "Which is a fruit?\nA) apple\nB) stone"


def test_text() -> None:
    """Words are compared: case, articles, punctuation and what repeats the question do not count."""
    answers = [
        "Paris",
        "paris!",
        "The capital of France is Paris.",
        "Answer: Paris",
        "not Paris",
        "B",
        "b",
        "",
        "I don't know.",
    ]

    assert TextAgreement().group(answers, CAPITAL) == [[0, 1, 2, 3], [5, 6], [4], [7], [8]]
    assert TextAgreement().group(["1/2", "0.5"]) == [[0], [1]]
    assert TextAgreement().group(["Lyon. It is so.", "Lyon", "The answer is A. Wait, no."], CAPITAL) == [[0, 1], [2]]


def test_long_texts() -> None:
    """Open texts agree only if they are the same, word for word."""
    long = "The sea is blue, and the sky is blue. " * 20
    other = long.replace("sky", "air", 1)

    assert TextAgreement().group([long, long.upper(), other]) == [[0, 1], [2]]
    assert AutoAgreement().group([long, f"**{long}**", other], "Describe the sea.") == [[0, 1], [2]]


def test_what_is_said_by_the_way_is_no_answer() -> None:
    """In a long text, a sentence in the middle that sounds like an answer is none, and neither is a last number."""
    before, after = "The sea is wide and full of fish. " * 20, "The land is dry and full of sand. " * 20
    told = f"{before}They say: the answer is love. {after}"
    counted = f"{before}Some say that there are 7 of them. {after}"

    assert final_answer(told, "What is it?") == final_answer(told)
    assert str(final_answer(told)).startswith("sea is wide")
    assert str(final_answer(counted, "How many are there?")).startswith("sea is wide")
    assert final_answer(f"{before}The answer is love.", "What is it?") == "love"


def test_very_long_texts_are_compared_to_the_last_word() -> None:
    """What is too long to be read for an answer is still compared as a whole."""
    middle = ["word"] * 20_000
    one, other = " ".join(middle), " ".join([*middle[:10_000], "other", *middle[10_001:]])

    assert AutoAgreement().group([one, other, one]) == [[0, 2], [1]]


def test_number() -> None:
    """Only numbers count; what has none stands alone."""
    answers = ["1/2", "It is 0.5.", "Paris", "Paris", "3, 4", "x + 1", "about 0.5 km"]

    assert NumberAgreement().group(answers) == [[0, 1, 6], [2], [3], [4], [5]]
    assert NumberAgreement().group(["A", "2"], "Which is even?\nA) 2\nB) 3") == [[0], [1]]


def test_choice() -> None:
    """Options are those of the question, or those that were given, or letters."""
    assert ChoiceAgreement().group(["A", "apple", "B", "neither"], OPTIONS) == [[0, 1], [2], [3]]
    assert ChoiceAgreement(["yes", "no"]).group(["A", "Yes.", "no", "The answer is no", "maybe", "maybe"]) == [
        [0, 1],
        [2, 3],
        [4],
        [5],
    ]
    assert ChoiceAgreement(["A", "B"]).group(["A", "(a)", "B", "C", "C"]) == [[0, 1], [2], [3], [4]]
    assert ChoiceAgreement(["1", "2"]).group(["1", "Option 1", "2"]) == [[0, 1], [2]]
    assert ChoiceAgreement().group(["B) Paris", "The answer is B", "Paris", "Paris", "42", "42"]) == [
        [0, 1],
        [2],
        [3],
        [4],
        [5],
    ]
    assert ChoiceAgreement().group(["A and B are right", "B and A"], OPTIONS) == [[0, 1]]


@pytest.mark.parametrize("choices", [[], ["a"], "ab"])
def test_no_choice(choices: Any) -> None:
    """Fewer than two choices are refused, and so is a text in place of a list."""
    with pytest.raises(ValueError, match="nothing to choose from"):
        ChoiceAgreement(choices)


def test_pairs() -> None:
    """A function is asked about two answers at a time, the earlier first; a group agrees throughout."""
    asked = []

    def near(one: str, other: str) -> bool:
        asked.append((one, other))
        return abs(int(one) - int(other)) <= 1

    assert PairAgreement(near).group(["1", "2", "3", "", " "]) == [[0, 1], [2], [3], [4]]
    assert asked == [("1", "2"), ("1", "3")]


@pytest.mark.parametrize("name", ["auto", "text", "number", "choice", "json", "code"])
def test_named(name: Any) -> None:
    """Each name gives an agreement, and the agreement gives itself."""
    agreement = as_agreement(name)

    assert type(agreement).__name__.lower() == f"{name}agreement"
    assert as_agreement(agreement) is agreement


def test_a_function_is_an_agreement() -> None:
    """A function of two answers is asked."""
    assert as_agreement(lambda one, other: one == other).group(["x", "y", "x"]) == [[0, 2], [1]]


@pytest.mark.parametrize(
    ("value", "error", "told"),
    [
        ("nubmer", ValueError, r"agreement='nubmer' is not known. Did you mean 'number'\?"),
        ("", ValueError, "There are auto, text, number, choice, json, code"),
        (3, TypeError, "3 is no agreement"),
        (None, TypeError, "None is no agreement"),
        (TextAgreement, TypeError, r"The class TextAgreement is no agreement. .*`AutoAgreement\(\)`"),
    ],
)
def test_no_agreement(value: Any, error: type[Exception], told: str) -> None:
    """What is none is refused, with what there is."""
    with pytest.raises(error, match=told):
        as_agreement(value)


def test_an_async_function_is_refused() -> None:
    """A coroutine is always true, so every answer would agree."""

    async def agree(one: str, other: str) -> bool:
        return False

    with pytest.raises(TypeError, match="not async"):
        as_agreement(agree)  # type: ignore[arg-type]  # the mistake


def call(name: str, identifier: str, **args: Any) -> dict[str, Any]:
    """Make a tool call."""
    return {"name": name, "args": args, "id": identifier, "type": "tool_call"}


def test_tool_calls_agree() -> None:
    """Equal calls agree in any order, whatever the text beside them and their ids; others do not."""
    messages = [
        AIMessage("Let me see.", tool_calls=[call("add", "1", a=1, b=2), call("sub", "2", a=1)]),
        AIMessage("", tool_calls=[call("sub", "9", a=1.0), call("add", "8", b=2, a=1)]),
        AIMessage("", tool_calls=[call("add", "1", a=1, b=2)]),
        AIMessage("", tool_calls=[call("add", "1", a=1, b=3)]),
        AIMessage("Let me see."),
        AIMessage(
            "",
            invalid_tool_calls=[
                {"name": "add", "args": '{"a": 1', "id": "1", "error": None, "type": "invalid_tool_call"}
            ],
        ),
    ]
    texts = [answer_text(message) for message in messages]

    for question in (None, CAPITAL, OPTIONS, "How many?", "Write an essay."):
        assert AutoAgreement().group(texts, question) == [[0, 1], [2], [3], [4], [5]]
    assert as_agreement("json").group(texts) == [[0, 1], [2], [3], [4], [5]]


def test_texts_of_messages() -> None:
    """The text of a message is that of its text blocks; a text is its own."""
    blocks: list[Any] = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "Paris"}]

    assert answer_text(AIMessage(blocks)) == "Paris"
    assert answer_text(HumanMessage("x")) == "x"
    assert answer_text("x") == "x"
    assert answer_text(AIMessage("")) == ""
    assert final_answer(answer_text(AIMessage("", tool_calls=[call("f", "1", path="/A")]))) == (
        '{"tool_calls":[{"args":{"path":"/a"},"name":"f"}]}'
    )
