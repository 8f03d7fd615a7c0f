"""The rules for answers that have to have a form, and for answers that another model checks."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from typing_extensions import TypedDict

from langchain_openrouter.cascade import (
    Agreed,
    Answer,
    Case,
    MeanLogprob,
    Verdict,
    Verifier,
    valid_schema,
    valid_tool_calls,
)
from tests.helpers.scripted import Scripted


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class PersonDict(TypedDict):
    """A person."""

    name: str
    age: int


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


@tool
def look(at: str, times: int = 1) -> str:
    """Look at something."""
    return at * times


def case_of(*messages: AIMessage, **arguments: Any) -> Case:
    """The case of one stage with these answers."""
    answers = [Answer(f"cheap/{i}", 0, message, None, 0.1) for i, message in enumerate(messages)]
    return Case("Who?", [HumanMessage("Who?")], answers, 0, arguments)


def called(tool_name: str, /, **args: Any) -> AIMessage:
    """An answer that calls a tool."""
    return AIMessage("", tool_calls=[{"name": tool_name, "args": args, "id": "1", "type": "tool_call"}])


@pytest.mark.parametrize("schema", [Person, PersonDict, SCHEMA])
@pytest.mark.parametrize(
    ("message", "fits"),
    [
        (AIMessage('{"name": "Ada", "age": 36}'), True),
        (AIMessage('```json\n{"name": "Ada", "age": 36}\n```'), True),
        (called("Person", name="Ada", age=36), True),
        (called("Person", name="Ada"), False),
        (AIMessage('{"name": "Ada", "age": "old"}'), False),
        (AIMessage('{"name": "Ada", "age": 3'), False),
        (AIMessage("Ada is 36."), False),
        (AIMessage(""), False),
    ],
)
def test_an_answer_fits_a_schema_or_it_does_not(schema: Any, message: AIMessage, fits: bool) -> None:
    """As JSON, in a fence, or as the arguments of the only tool call."""
    assert (valid_schema(schema).weigh(case_of(message)).position == 0) is fits


@pytest.mark.parametrize(
    ("message", "choice", "fits"),
    [
        (called("look", at="sea"), None, True),
        (called("look", at="sea", times=2), "any", True),
        (called("look"), None, False),
        (called("look", at="sea", times="often"), None, False),
        (called("listen", to="sea"), None, False),
        (AIMessage("I see nothing."), None, True),
        (AIMessage("I see nothing."), "any", False),
        (AIMessage("I see nothing."), "look", False),
        (AIMessage(""), None, False),
    ],
)
@pytest.mark.parametrize("as_dict", [False, True])
def test_tool_calls_name_tools_that_there_are_with_arguments_that_fit(
    message: AIMessage, choice: Any, fits: bool, as_dict: bool
) -> None:
    """Of a tool that is a dict, names of arguments are looked at, not their types."""
    from langchain_core.utils.function_calling import convert_to_openai_tool

    if as_dict and message.tool_calls and message.tool_calls[0]["args"].get("times") == "often":
        fits = True
    tools = [convert_to_openai_tool(look) if as_dict else look]
    arguments = {"tools": tools} | ({} if choice is None else {"tool_choice": choice})

    assert (valid_tool_calls().weigh(case_of(message, **arguments)).position == 0) is fits


def test_arguments_that_cannot_be_read_do_not_fit() -> None:
    """A call that was cut off is an invalid one."""
    cut = AIMessage("", invalid_tool_calls=[{"name": "look", "args": '{"at', "id": "1", "error": None}])

    assert valid_tool_calls().weigh(case_of(cut, tools=[look])).position is None


@pytest.mark.parametrize(
    ("reply", "position", "confidence"),
    [("I think so.\n95", 0, 0.95), ("40", None, 0.4), ("Right: 100", 0, 1.0), ("Who knows?", None, None)],
)
def test_a_verifier_says_how_sure_it_is(reply: str, position: int | None, confidence: float | None) -> None:
    """The last number of its reply; what it costs is told, and it is shown question and answer."""
    model = Scripted(model="judge/one", says=[reply], cost=0.002)
    verifier = Verifier(model, threshold=0.7)

    for verdict in (
        verifier.weigh(case_of(AIMessage("Ada"))),
        asyncio.run(verifier.aweigh(case_of(AIMessage("Ada")))),
    ):
        assert (verdict.position, verdict.confidence, verdict.cost) == (position, confidence, Decimal("0.002"))
    assert "Who?" in model.asked[0]["messages"][0].content
    assert "Ada" in model.asked[0]["messages"][0].content


def test_of_several_answers_the_one_that_is_judged_best_is_accepted() -> None:
    """The first of equal ones."""
    model = Scripted(model="judge/one", says=["80", "90", "90"])

    verdict = Verifier(model).weigh(case_of(AIMessage("a"), AIMessage("b"), AIMessage("c")))

    assert verdict.position == 1


def test_only_the_latest_stage_is_judged_but_all_answers_are_compared() -> None:
    """A judge has turned the earlier ones down already; agreement counts every vote."""
    answers = [Answer("a/1", 0, AIMessage("x"), None, 0.1), Answer("b/2", 1, AIMessage("x"), None, 0.1)]
    case = Case("?", [], answers, 1)

    assert [i for i, _ in case.latest] == [1]
    assert Agreed(by="text").weigh(case).position == 0


@pytest.mark.parametrize("quorum", [1, 0, -1])
def test_a_quorum_that_everything_passes_is_refused(quorum: int) -> None:
    """One answer always agrees with itself."""
    with pytest.raises(ValueError, match="quorum="):
        Agreed(quorum=quorum)


def test_a_positive_threshold_of_log_probabilities_is_refused() -> None:
    """Nothing could pass it."""
    with pytest.raises(ValueError, match="at most 0"):
        MeanLogprob(0.1)


def test_rules_are_values() -> None:
    """They compare, and tell what they are."""
    assert Agreed(by="number") == Agreed(by="number") != Agreed(by="text")
    assert Verdict(None) == Verdict(None)
