"""Long and hostile texts: no error, and no more time than in proportion to their length."""

from __future__ import annotations

import time

import pytest

from langchain_openrouter.agreement import (
    AutoAgreement,
    ChoiceAgreement,
    CodeAgreement,
    JSONAgreement,
    NumberAgreement,
    TextAgreement,
    final_answer,
)

LENGTH = 100_000
"""Bytes, or characters. Anything that takes their square runs into the time-out of the tests."""

PIECES = [
    *"aA1 \n{}[()\\\"'`*#$<>=-.,:|_^/!?", "\u0301", "\u0323\u0301", "答", "½", "²", "\x00", "\ud800",
    "1,", "1,111", "1.", "1/", "1 111", "- ", "-1", "1%", "1x10^", "1=", "1+1=2\n", "twenty-", "0.1\\overline{",
    "A) ", "A) x\n", "(A) ", "1. x\n", "A and ", "so A. ", "option A ", "a or b ", "not ", "rather than ", "yes ",
    "answer ", "answer is ", "the answer is A\n", "answer:", "most likely ", "the answer to ", "答案是",
    "ответ ", "if ", "wait ", "\\boxed", "\\boxed{", "\\boxed{1} and ", "#### 1\n", "#### ", "<think>", "</think>",
    "<answer>", "<<", "```", "```\n", "```python\n", "def f():\n", "if x:\n", "((", "f(", "lambda:", "//", "/*", "--",
    '{"a":', "[1,", "[[", '"a":', "', '", "['", "\\n", "\\frac", "\\frac{", "\\frac12", "\\sqrt", "\\text{",
    "\\begin{pmatrix}", "\\\\", "&", "x^", "x+", "2*", "x=1,", "x=1 or ", "(1,2),", "±", "\u222a", "√", "is ", "is 1 ",
    "I am sorry ", "U.S.", "Mr. ", "**a**", "** ", "; ", "how many ", "step 1: ", "with a, ", "double check ",
]  # fmt: skip
QUESTIONS = ["Which is it?\nA) x\nB) y", "How many are there?", "Who is it?"]


def hostile(piece: str, length: int = LENGTH) -> str:
    """Repeat a piece up to a length."""
    return (piece * (length // len(piece) + 1))[:length]


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_long_answers_are_read(piece: str) -> None:
    """A piece of text a hundred thousand characters long is no error, as an answer or in a marked one."""
    text = hostile(piece)

    final_answer(text)
    final_answer(f"The answer is {text} B", QUESTIONS[PIECES.index(piece) % 3])


@pytest.mark.parametrize("piece", [" -", "' ", "a-", "a ", "x ", "x=", "1 ", "((", "\\frac", ", ", "or "], ids=repr)
@pytest.mark.parametrize("frame", ["\\boxed{{{}1}}", "\\boxed{{a{}}}", "Answer: {}?", "#### {}1"])
def test_hostile_marks_are_read(frame: str, piece: str) -> None:
    """What is marked as the answer may be strange, too."""
    final_answer(frame.format(hostile(piece, 900)))


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_long_questions_are_read(piece: str) -> None:
    """A question may be as long and as strange."""
    assert final_answer("\\boxed{42}", hostile(piece) + "\nHow many are there?") == "42"


@pytest.mark.parametrize(
    "agreement",
    [TextAgreement(), NumberAgreement(), ChoiceAgreement(), JSONAgreement(), CodeAgreement()],
    ids=lambda agreement: type(agreement).__name__,
)
@pytest.mark.parametrize(
    "piece", ["{", '{"a":', "/*", "'", "-", "1,", "answer is ", "A) ", "def f():\n", "((", "1/"], ids=repr
)
def test_each_agreement_reads_long_texts(agreement: AutoAgreement, piece: str) -> None:
    """No agreement takes longer than the others."""
    text = hostile(piece)

    assert len(agreement.group([text, f"```js\n{text}"])) in {1, 2}


@pytest.mark.parametrize("piece", ["word ", "1+1=2\n", "A) x\n", "The answer is (B).\n", "\\boxed{1} and "], ids=repr)
def test_time_grows_with_the_length(piece: str) -> None:
    """A text sixteen times as long takes far less than the square of that."""
    short, long = (min(_seconds(hostile(piece, length)) for _ in range(3)) for length in (LENGTH // 16, LENGTH))

    assert long < 64 * short


def _seconds(text: str) -> float:
    begin = time.process_time()
    final_answer(text, QUESTIONS[0])
    final_answer(text)
    return time.process_time() - begin
