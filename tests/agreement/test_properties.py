"""What holds for any answers: a partition, whatever their order, and no error on any text."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.agreement import (
    Agreement,
    AutoAgreement,
    ChoiceAgreement,
    CodeAgreement,
    JSONAgreement,
    NumberAgreement,
    PairAgreement,
    TextAgreement,
    final_answer,
)
from tests.agreement.tables import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

AGREEMENTS: list[Agreement] = [
    AutoAgreement(),
    ChoiceAgreement(),
    ChoiceAgreement(["Paris", "Lyon"]),
    CodeAgreement(),
    JSONAgreement(),
    JSONAgreement(["a"]),
    NumberAgreement(),
    NumberAgreement(Decimal("0.5")),
    PairAgreement(lambda one, other: one.strip() == other.strip()),
    TextAgreement(),
]
REAL = st.sampled_from([example.answer for example in EXAMPLES])
QUESTIONS = st.sampled_from([None, *sorted({example.question for example in EXAMPLES if example.question})])
PIECES = st.sampled_from(
    ["The answer is ", "answer: ", "A", "(B)", "C) ", "42", "-1,234.50", "1/0", "\\boxed{", "}", "\\frac", "$", "#### ",
     "<think>", "</think>", "```python\n", "```", '{"a": ', "[1,", "or ", "and ", "not ", "wait, ", "\n", " ", "x^2",
     "答案是", "Ответ: ", "½", "²", "\ud800", "\x00", "a" * 30, "e999999", "10^99999", "1" * 400, "√", "(", ")", "="]
)  # fmt: skip
MADE = st.lists(PIECES, max_size=12).map("".join)
ANSWERS = st.lists(st.one_of(REAL, MADE, st.text(max_size=40)), max_size=7)


def parts(groups: Sequence[Sequence[int]], answers: Sequence[str]) -> list[list[str]]:
    """Give the answers themselves in place of their indexes, in an order that does not depend on theirs."""
    return sorted(sorted(answers[index] for index in group) for group in groups)


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=repr)
@given(answers=ANSWERS, question=QUESTIONS)
def test_groups_are_a_partition_in_order(agreement: Agreement, answers: list[str], question: str | None) -> None:
    """Every index is in one group; groups are ordered by size, then by their first member; so are members."""
    groups = agreement.group(answers, question)

    assert sorted(index for group in groups for index in group) == list(range(len(answers)))
    assert groups == sorted(groups, key=lambda group: (-len(group), group[0]))
    assert all(group == sorted(group) for group in groups)


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=repr)
@given(answers=ANSWERS, question=QUESTIONS, data=st.data())
def test_the_order_of_answers_does_not_matter(
    agreement: Agreement, answers: list[str], question: str | None, data: st.DataObject
) -> None:
    """The same answers in another order are grouped in the same way."""
    mixed = data.draw(st.permutations(answers))

    assert parts(agreement.group(answers, question), answers) == parts(agreement.group(mixed, question), mixed)


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=repr)
@given(answer=st.one_of(REAL, MADE), question=QUESTIONS)
def test_an_answer_agrees_with_itself_or_with_nobody(agreement: Agreement, answer: str, question: str | None) -> None:
    """The same answer twice is one group, or two where nothing is found in it."""
    assert agreement.group([answer, answer], question) in ([[0, 1]], [[0], [1]])


@given(answers=ANSWERS, question=QUESTIONS)
def test_asynchronously_the_same(answers: list[str], question: str | None) -> None:
    """`agroup` gives what `group` gives."""
    for agreement in AGREEMENTS:
        assert asyncio.run(agreement.agroup(answers, question)) == agreement.group(answers, question)


@given(answer=st.one_of(st.text(max_size=300), MADE), question=st.one_of(QUESTIONS, st.text(max_size=100), MADE))
def test_no_text_is_an_error(answer: str, question: str | None) -> None:
    """Whatever an answer and a question are, a final answer is a text with something in it, or none."""
    found = final_answer(answer, question)

    assert found is None or found.strip()


@given(example=st.sampled_from(EXAMPLES), space=st.sampled_from(["", " ", "\n", "\n\n "]))
def test_outer_space_and_thoughts_do_not_matter(example: object, space: str) -> None:
    """Spaces around an answer change nothing, and neither do thoughts before it."""
    assert hasattr(example, "answer")
    assert hasattr(example, "question")
    thought = f"<think>The answer is (D) 77.</think>{space}{example.answer}{space}"

    if "<think>" not in example.answer and "<reasoning>" not in example.answer:
        assert final_answer(thought, example.question) == final_answer(example.answer, example.question)
