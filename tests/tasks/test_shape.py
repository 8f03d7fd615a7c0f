"""What the shape of a text speaks for."""

from __future__ import annotations

import pytest

from langchain_openrouter.tasks.layout import lay_out
from langchain_openrouter.tasks.shape import numerals_in, shapes_of

PROSE = (
    "The city council met on Tuesday (for the first time since May) to talk about lanes, parks - and money; see p. 3."
)


def shapes(text: str) -> dict[str, float]:
    """Give the weights by what was found."""
    return {hit.word: hit.weight for hit in shapes_of(text)}


@pytest.mark.parametrize(
    ("text", "shape", "weight"),
    [
        ("Look:\n```\nx\n```", "fenced code", 3),
        ("Look:\n~~~\nx\n~~~", "fenced code", 3),
        ("Traceback (most recent call last):", "stack trace", 4),
        ("it says KeyError all the time", "stack trace", 4),
        ("java.lang.NullPointerException", "stack trace", 4),
        ("boom\n    at Object.run (main.js:3)", "stack trace", 4),
        ('File "a.py", line 3', "stack trace", 4),
        ("def add(a, b):", "lines of code", 4.5),
        ("import os\nprint(os.name)", "lines of code", 7),
        ("const a = 1\nlet b = 2\nreturn f(a);", "lines of code", 10),
        ("SELECT name FROM users", "lines of code", 4.5),
        ("$ pip install requests", "lines of code", 4.5),
        ("#include <stdio.h>", "lines of code", 4.5),
        ("<div>", "lines of code", 4.5),
        ("why is a == b false", "code-like punctuation", 1.5),
        ("what does x => y and a -> b and c::d do", "code-like punctuation", 4),
        ("is `map` lazy", "code-like punctuation", 1.5),
        ("use C++ here", "code-like punctuation", 1.5),
        ("call foo.bar(1)", "code-like punctuation", 1.5),
        ("what is max_tokens", "identifiers", 1.5),
        ("look at src/main.rs please", "file name", 2.5),
        ("delete all *.yml", "file name", 2.5),
        (r"Compute \frac{1}{2}", "LaTeX", 4),
        ("Let $x_1 = 3$ be", "LaTeX", 4),
        ("3x + 4 = 19", "formula", 2.5),
        ("what is 2+2", "formula", 2.5),
        ("what is 20 - 3", "formula", 2.5),
        ("f(x) is odd", "formula", 2.5),
        ("the set x² of", "formula", 2.5),
        ("n^2 steps", "formula", 2.5),
        ("√2 is", "formula", 2.5),
        ("from (0, 0) to (3, 4)", "formula", 2.5),
        ("1, 4, 9, 16", "formula", 2.5),
        ("Which?\nA. one\nB. two\nC. three", "choices", 3),
        ("Which? (a) one (b) two (c) three", "choices", 3),
        ("哪个\uff1fA、一 B、二 C、三", "choices", 3),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", "table", 1.5),
        ('{"name": "Ann"}', "JSON", 1),
    ],
)
def test_shapes(text: str, shape: str, weight: float) -> None:
    """Each shape is seen where it is."""
    assert shapes(text).get(shape) == weight


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "Dates like 2021-05-03 and 1914-1918, a score of 3:1, 24/7, and $5 or $6 a piece.",
        'He said "yes": it\'s fine [1][2]; Dr. A. Smith and B. Jones agree (e.g. here).',
        "Return to sender. Let us go. From time to time, import taxes rise. If (and only if) it rains.",
        "Ministério da Saúde e Café com leite; la città è bella...",
        "- milk\n- eggs\n- bread",
    ],
)
def test_prose_has_no_shape(text: str) -> None:
    """Dates, prices, lists, citations and brackets of prose are none."""
    assert shapes(text) == {}


def test_latex_is_no_code() -> None:
    """Braces and underscores of formulas are no code."""
    assert set(shapes(r"Show that $a_{n+1} \leq \sum_{i=1}^{n} x_i$ for all n.")) == {"LaTeX"}


@pytest.mark.parametrize(
    "text", ["a" * 800, "(1," * 270, "a_" * 400, "[" * 800, '"' * 800, "$x" * 400, "1" * 800, "=" * 800]
)
def test_odd_texts_are_read_too(text: str) -> None:
    """Texts that make careless expressions slow are read like others."""
    assert isinstance(shapes(text), dict)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("3 apples", 1), ("1,000.50 and 2", 2), ("٣ و ٤", 2), ("५", 1), ("three", 0), ("a1b2", 2)],
)
def test_numerals(text: str, count: int) -> None:
    """Numbers are counted whatever digits they are written in."""
    assert numerals_in(text) == count


class TestLayout:
    passage = "The river was high that spring, and nobody crossed it for weeks. " * 4

    def test_short(self) -> None:
        """A short text is all instruction."""
        assert lay_out("Do this.\nAnd that.").instruction == "Do this.\nAnd that."

    def test_long_piece(self) -> None:
        """Of one long piece, begin and end say what is wanted."""
        told = lay_out("begin " + "x" * 900 + " end").instruction

        assert len(told) < 500
        assert told.startswith("begin ")
        assert told.endswith(" end")

    @pytest.mark.parametrize("is_before", [True, False])
    def test_passage(self, *, is_before: bool) -> None:
        """A question before or after a passage is the instruction."""
        parts = ["Who crossed it?", self.passage]
        layout = lay_out("\n\n".join(parts if is_before else parts[::-1]))

        assert layout.instruction.endswith("Who crossed it?")
        assert (layout.asks_about_passage, layout.is_question) == (True, True)

    def test_passage_without_spaces(self) -> None:
        """Scripts without spaces say as much with half of the letters."""
        layout = lay_out("谁赢了\uff1f\n" + "河水在春天很高没有人过河" * 9)

        assert (layout.instruction, layout.asks_about_passage) == ("谁赢了\uff1f", True)
        assert len(lay_out("河" * 900).instruction) < 300

    def test_order(self) -> None:
        """An order about a passage is no question."""
        layout = lay_out(f"Name the river\n{self.passage}")

        assert (layout.asks_about_passage, layout.is_question) == (True, False)

    def test_question_between_passages(self) -> None:
        """A short line between two passages is part of the material."""
        layout = lay_out(f"{self.passage}\nWho crossed it?\n{self.passage}")

        assert not layout.asks_about_passage

    def test_long_question(self) -> None:
        """Many short lines are no question about a passage."""
        layout = lay_out("\n".join(["Answer each of these questions, please."] * 9 + [self.passage]))

        assert not layout.asks_about_passage
