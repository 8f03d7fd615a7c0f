"""Agreements that need no model: each answer is brought into one form, and equal forms agree."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from typing_extensions import override

from langchain_openrouter.agreement import choices, code, structured
from langchain_openrouter.agreement.asked import Asked, read_question
from langchain_openrouter.agreement.cleaning import readable, spoken
from langchain_openrouter.agreement.final import find_final, find_text
from langchain_openrouter.agreement.grouping import by_distance, by_value
from langchain_openrouter.agreement.options import given_options
from langchain_openrouter.agreement.protocol import Agreement
from langchain_openrouter.agreement.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

__all__ = [
    "AutoAgreement",
    "ChoiceAgreement",
    "CodeAgreement",
    "JSONAgreement",
    "NumberAgreement",
    "TextAgreement",
]


class _ByForm(Agreement):
    """What these agreements share: an answer has a form by itself, whatever the others are."""

    __slots__ = ()

    @override
    def group(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers that say the same.

        Args:
            answers: Their texts.
            question: What was asked; with it, more is recognised.

        Returns:
            Indexes of the answers, each in one group: the largest group first, then the one with the earliest member.
        """
        asked = read_question(question)
        return self._grouped([self._form(answer, asked) for answer in answers])

    @override
    async def agroup(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers that say the same, as `group`."""
        return self.group(answers, question)

    def _form(self, answer: str, asked: Asked) -> Value | None:
        raise NotImplementedError

    def _grouped(self, forms: Sequence[Value | None]) -> list[list[int]]:
        return by_value(forms)


@dataclass(frozen=True, slots=True)
class AutoAgreement(_ByForm):
    """Compares final answers, read by what the question and the answers are: see `final_answer`.

    Example:
        >>> AutoAgreement().group(["The answer is (B).", "42", "**B**"])
        [[0, 2], [1]]
    """

    @override
    def _form(self, answer: str, asked: Asked) -> Value | None:
        return find_final(answer, asked)


@dataclass(frozen=True, slots=True)
class TextAgreement(_ByForm):
    """Compares words: in small letters, without articles, punctuation, and what only repeats the question.

    Numbers and letters of options mean nothing by themselves here. Accents count.

    Example:
        >>> TextAgreement().group(["The Beatles", "beatles!", "The Rolling Stones"])
        [[0, 1], [2]]
    """

    @override
    def _form(self, answer: str, asked: Asked) -> Value | None:
        return find_text(answer, asked)


@dataclass(frozen=True, slots=True)
class NumberAgreement(_ByForm):
    """Compares the numbers that answers come to, exactly: 1/2 is 0.5, and 1,234 is 1234.

    Args:
        tolerance: How far apart two numbers may be and still agree; they agree only if all numbers of a group are that
            close. Default: not at all.

    Raises:
        ValueError: The tolerance is below 0.

    Example:
        >>> NumberAgreement().group(["It costs $1,234.50.", "1234.5", "1234"])
        [[0, 1], [2]]
    """

    tolerance: Decimal | None = None

    def __post_init__(self) -> None:
        if self.tolerance is not None and (not self.tolerance.is_finite() or self.tolerance < 0):
            msg = f"tolerance={self.tolerance!r} is no distance. Pass 0 or more, such as Decimal('0.01')."
            raise ValueError(msg)

    @override
    def _form(self, answer: str, asked: Asked) -> Value | None:
        found = find_final(answer, replace(asked, kind="number", options=()))
        return found if found and _number(found.text) is not None else None

    @override
    def _grouped(self, forms: Sequence[Value | None]) -> list[list[int]]:
        if self.tolerance is None:
            return by_value(forms)
        numbers = [None if form is None else _number(form.text) for form in forms]
        return by_distance(numbers, [form.unit if form else None for form in forms], Fraction(self.tolerance))


@dataclass(frozen=True, slots=True)
class ChoiceAgreement(_ByForm):
    """Compares the options that answers choose.

    Args:
        choices: The texts of the options, which are then called A, B, and so on; or their labels, where each is one
            letter or a number. Default: those that the question lists, and without any, letters from A to J.

    Raises:
        ValueError: There are fewer than two choices.

    Example:
        >>> ChoiceAgreement(["spam", "no spam"]).group(["It is spam.", "A", "no spam"])
        [[0, 1], [2]]
    """

    choices: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.choices is not None and (isinstance(self.choices, str) or len(self.choices) < 2):  # noqa: PLR2004  # one is no choice
            msg = f"choices={self.choices!r} is nothing to choose from. Pass two texts or more, or leave it out."
            raise ValueError(msg)

    @override
    def _form(self, answer: str, asked: Asked) -> Value | None:
        options = asked.options if self.choices is None else given_options(self.choices)
        text = readable(answer)
        found = choices.pick(text, options) if options else choices.pick_letter(text)
        labels = {option.label for option in options}
        return Value(found) if found and (not options or labels.issuperset(found.split(", "))) else None


@dataclass(frozen=True, slots=True)
class JSONAgreement(_ByForm):
    """Compares JSON: keys in any order, 1 is 1.0, texts without outer spaces and in any case; lists keep their order.

    Args:
        fields: The fields of an object that count. Default: everything.

    Example:
        >>> JSONAgreement(["name"]).group(['{"name": "Ann", "why": "x"}', '{"why": "y", "name": "ANN"}'])
        [[0, 1]]
    """

    fields: Sequence[str] | None = None

    @override
    def _form(self, answer: str, asked: Asked) -> Value | None:
        found = structured.find_json(answer)
        written = None if found is structured.NOTHING else structured.write_json(found, self.fields)
        return None if written is None else Value(written)


@dataclass(frozen=True, slots=True)
class CodeAgreement(_ByForm):
    """Compares code: of Python what it does, whatever its comments, docstrings, annotations and local names are.

    Of other languages, comments and spaces are left out. What looks the same runs the same; code that does the same in
    another way does not agree.

    Example:
        >>> CodeAgreement().group(["def f(x): return x + 1", "def f(n):  # next" + chr(10) + "    return n + 1"])
        [[0, 1]]
    """

    @override
    def _form(self, answer: str, asked: Asked) -> Value | None:
        written = code.write_code(spoken(answer), functions_only=asked.kind == "code")
        return None if written is None else Value(written)


_PLAIN_NUMBER = re.compile(r"-?\d{1,400}(?:[./]\d{1,400})?")


def _number(text: str) -> Fraction | None:
    """Read a number as `write_number` writes it; `Fraction` reads more, such as powers of ten that take forever."""
    return Fraction(text) if _PLAIN_NUMBER.fullmatch(text) and not text.endswith("/0") else None
