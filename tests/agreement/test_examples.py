"""How well final answers are found, measured on answers in many styles."""

from __future__ import annotations

import pytest

from langchain_openrouter.agreement import AutoAgreement
from tests.agreement.tables import EXAMPLES, TABLES, TRAPS, pairs

MISSED = {"The Berlin Wall, built in 1961, fell in 1989."}
"""Answers that are not read as they should be; nobody else's answer is taken for theirs."""


def test_there_are_enough_examples() -> None:
    """There is enough to measure with."""
    assert len(EXAMPLES) > 1300
    assert len(TRAPS) > 80


@pytest.mark.parametrize("table", TABLES)
def test_final_answers_are_found(table: str) -> None:
    """All answers of each kind are read as they should be, but those that are known to be missed."""
    wrong = [
        (each.question, each.answer, each.expected, each.found)
        for each in EXAMPLES
        if each.table == table and each.found != each.expected and each.answer not in MISSED
    ]

    assert wrong == []


def test_different_answers_are_told_apart() -> None:
    """Of two answers to a question that differ, none are called the same: that is the worse mistake."""
    different = [(one, other) for one, other in pairs(EXAMPLES) if not one.equals(other)]

    assert len(different) > 5000
    assert [pair for pair in different if pair[0].is_found_equal(pair[1])] == []


def test_equal_answers_are_recognised() -> None:
    """Of two answers that say the same in other words, almost all are called the same."""
    equal = [(one, other) for one, other in pairs(EXAMPLES) if one.equals(other)]
    parted = [pair for pair in equal if not pair[0].is_found_equal(pair[1])]

    assert len(equal) > 6000
    assert len(parted) / len(equal) < 0.005, parted


@pytest.mark.parametrize(("question", "different"), TRAPS)
def test_traps(question: str | None, different: list[str]) -> None:
    """Answers that look alike and are not the same agree with none of the others."""
    assert AutoAgreement().group(different, question) == [[index] for index in range(len(different))]
