"""What a question asks for, and what it gives to choose from."""

from __future__ import annotations

import pytest

from langchain_openrouter.agreement.asked import read_question
from langchain_openrouter.agreement.options import given_options, read_options


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (None, "unknown"),
        ("  \n", "unknown"),
        ("Who wrote it?", "fact"),
        ("How many legs has a dog?", "number"),
        ("Wie viele Beine hat ein Hund?", "number"),
        ("Calculate the sum.", "number"),
        ("What is 3 + 4?", "number"),
        ("Find the area of the square.", "number"),
        ("Is it blue?", "yes or no"),
        ("So, does it rain?", "yes or no"),
        ("Is it red or blue?", "fact"),
        ("Is it red? Answer yes or no.", "yes or no"),
        ("True or false: it is red.", "true or false"),
        ("Can you write a story?", "open"),
        ("Write a story about 3 dogs.", "open"),
        ("Why is the sky blue?", "open"),
        ("What are the advantages of trains?", "open"),
        ("Explain it, and give the final answer.", "fact"),
        ("Write a Python function that adds.", "code"),
        ("Complete this:\ndef add(a, b):", "code"),
        ("Give the name as JSON.", "json"),
        ("Was kostet das?", "fact"),
        ("Which one?\nA) x\nB) y", "choice"),
        ("Write a function:\nA) fast\nB) safe", "code"),
        ("Explain which of these points matter:\n1. The sea\n2. The land", "open"),
        ("A story. It is long. How many words has it?", "number"),
    ],
)
def test_kinds(question: str | None, kind: str) -> None:
    """The last sentence that asks decides; options, code and JSON do so wherever they stand."""
    assert read_question(question).kind == kind


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Which?\nA) x\nB) y", "A:x B:y"),
        ("Which?\n(a) x\n(b) y\n(c) z", "A:x B:y C:z"),
        ("Which?\nA. x\n\nB. y\n", "A:x B:y"),
        ("Which?\n- A: x\n- B: y", "A:x B:y"),
        ("Which? A) x B) y; C) z", "A:x B:y C:z"),
        ("Which? (A) x, (B) y", "A:x B:y"),
        ("Which?\n1. x\n2. y", "1:x 2:y"),
        ("Which?\n0: x\n1: y\n2: z", "0:x 1:y 2:z"),
        ("Which?\nOption 1: x\nOption 2: y", "1:x 2:y"),
        ("Which?\nA. x\nB. y\nAnswer: A\n\nWhich?\nA. u\nB. v\nAnswer:", "A:u B:v"),
        ("Which is right?\n1. x\n2. y\n\nA) 1\nB) 2", "A:1 B:2"),
        ("Do this:\n1. x\n2. y", ""),
        ("Which?\nB) x\nC) y", ""),
        ("Which?\nA) x", ""),
        ("Which?\nA) x\nC) y", ""),
        ("Which (a) is it?", ""),
        ("", ""),
    ],
)
def test_options(question: str, options: str) -> None:
    """Lists that begin with A or 1 and leave nothing out are options; the last one counts, letters before numbers."""
    assert " ".join(f"{option.label}:{option.text}" for option in read_options(question)) == options


def test_given_options() -> None:
    """Texts are labelled in their order; single letters and numbers are labels themselves."""
    assert [option.label for option in given_options(["yes", "no"])] == ["A", "B"]
    assert [option.label for option in given_options(["x", "y"])] == ["X", "Y"]
    assert [option.label for option in given_options(["1", "22"])] == ["1", "22"]
    assert [option.label for option in given_options([f"text {number}" for number in range(30)])][25:27] == ["Z", "27"]


def test_what_else_a_question_tells() -> None:
    """Its numbers, what they count, and words to choose from."""
    asked = read_question("Tom has 4 red pens. How many red pens do 3 boys have, one, two or ten?")
    chosen = read_question("Answer with entailment, neutral or contradiction. Is it so?")

    assert sorted(map(int, asked.values)) == [3, 4]
    assert asked.counted == {"pens"}
    assert {"entailment", "neutral", "contradiction"} <= chosen.alternatives
    assert read_question("What is the probability?").of_one
    assert not read_question("What is the probability, in percent?").of_one
    assert read_question("In which year was it?").year
    assert read_question("Q: Which?\nA:").completes
    assert not read_question("Answer: which?").completes
