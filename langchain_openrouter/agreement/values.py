"""Numbers and formulas as answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.formulas import plain_latex
from langchain_openrouter.agreement.literals import quantity_at, words_as_digits, write_number
from langchain_openrouter.agreement.mathematics import read_mathematics
from langchain_openrouter.agreement.units import UNITS
from langchain_openrouter.agreement.words import sentences

if TYPE_CHECKING:
    from langchain_openrouter.agreement.asked import Asked
    from langchain_openrouter.agreement.literals import Quantity

__all__ = ["Value", "of_quantity", "read_formula_value", "read_value"]

_LONGEST = 600
"""Characters of an answer that is one value."""

_ABOUT = re.compile(
    r"(?:\s*(?:approximately|approx\.?|about|around|roughly|nearly|almost|circa|exactly|only|just|it\sis|it's|is|equals?|in|to|"
    r"[:=~\u2248\u2245]))*\s*",
    re.IGNORECASE,
)
_MATHEMATICAL = re.compile(
    r"\d|[\\=^\u221a\u03c0\u00b1\u222a\u2205\u221e<>]|\bpi\b|\bno\s(?:real\s)?solution|\bempty\sset|\binfinity",
    re.IGNORECASE,
)
_DOLLARS = re.compile(r"\$\s?-?[\d.]")
_NAME_FOLLOWS = re.compile(r"\s*[A-Z]")
_ENDS = re.compile(r"\s*(?:$|[.;:?(\n]|,\s|[^\x00-\x7f])")
_FIRST_POINT = re.compile(r"1[.)]\s+\S")
"""Where a list begins."""

_EXCLAIMS = re.compile(r"\s*!")
_MORE_DIGITS = re.compile(r"\d")
_ONE_OF_SEVERAL = re.compile(r"(?:\b(?:and|or)|,)\s*[a-zA-Z](?:_\w{1,3})?\s*$", re.IGNORECASE)
_CLEAR_UNIT = 3
_ANOTHER_WAY = re.compile(r",?\s(?:or|which\sis|i\.e\.)\s|\s?\(|\.\s")
_EQUATION = re.compile(r"=(?![=>])")


@dataclass(frozen=True, slots=True)
class Value:
    """What an answer comes to.

    Args:
        text: It, in one form.
        unit: What it counts; `None` where that is not told.
    """

    text: str
    unit: str | None = None


def read_value(text: str, asked: Asked, *, formal: bool = False, marked: bool = False) -> Value | None:
    """Read a text that is a number, with or without a unit, or a formula.

    Args:
        text: A text as `one_spelling` writes it.
        asked: What the question asks for.
        formal: Whether it stands in a box: a letter beside a number is a variable there, not a unit.
        marked: Whether it is marked as the answer: then words may follow the number.

    Returns:
        The value; `None` where the text is something else.
    """
    if len(text) > _LONGEST:
        return None
    bare = _bare(plain_latex(text))
    whole = (_formula(bare) or _quantity(bare, asked)) if formal else (_quantity(bare, asked) or _formula(bare))
    if whole:
        return whole
    told = marked and not formal
    return (
        _leading(bare, asked, marked=told)
        or _leading(words_as_digits(bare), asked, marked=told)
        or _last_side(bare, asked, marked=marked)
        or (_first_clause(bare, asked) if told else None)
    )


def read_formula_value(text: str, asked: Asked) -> Value | None:
    """Read a text that is nothing but a number with its unit, or a formula.

    Args:
        text: A text as `plain_latex` writes it.
        asked: What the question asks for.
    """
    bare = _bare(text)
    return _quantity(bare, asked) or _formula(bare)


def of_quantity(quantity: Quantity, asked: Asked) -> Value:
    """Give a number as an answer; in questions for a probability, 25 % is 0.25.

    Args:
        quantity: The number.
        asked: What the question asks for.
    """
    if quantity.unit == "percent" and asked.of_one:
        return Value(write_number(quantity.value / 100))
    return Value(write_number(quantity.value), quantity.unit)


def _bare(text: str) -> str:
    """Leave out what only says that a number is rounded, or that it comes now."""
    text = text.strip().rstrip("$. ")
    return _ABOUT.sub("", text if _DOLLARS.match(text) else text.lstrip("$"), count=1)


def _quantity(text: str, asked: Asked) -> Value | None:
    """Read a text that is one number and its unit."""
    for written in (text, words_as_digits(text)):
        plain = written.strip().rstrip(".").strip()
        found = quantity_at(plain)
        if found and not plain[found.end :].strip():
            return of_quantity(found, asked)
    return None


def _formula(text: str) -> Value | None:
    if not _MATHEMATICAL.search(text):
        return None
    found = read_mathematics(text) or read_mathematics(_without_unit(text))
    return Value(found) if found else None


def _without_unit(text: str) -> str:
    """Leave out a unit behind a formula; one of a letter or two may be a variable."""
    said = text.rstrip(".").split(" ")
    for count in (3, 2, 1):
        unit = " ".join(said[-count:]).casefold()
        if unit in UNITS and len(unit) >= _CLEAR_UNIT:
            return " ".join(said[:-count])
    return text


def _leading(text: str, asked: Asked, *, marked: bool) -> Value | None:
    """Read the number at the begin of a text, where what follows does not change it."""
    found = quantity_at(text)
    if found is None or _FIRST_POINT.match(text):
        return None
    rest = text[found.end :]
    if _ENDS.match(rest) or (marked and _EXCLAIMS.match(rest)):
        return of_quantity(found, asked) if marked or not _MORE_DIGITS.search(rest) else None
    wanted = asked.kind == "number" or (marked and not _NAME_FOLLOWS.match(rest))
    return of_quantity(found, asked) if wanted and not _MORE_DIGITS.search(rest) and "=" not in rest else None


def _first_clause(text: str, asked: Asked) -> Value | None:
    """Read what stands before another way to say it: `3/4, or 0.75`."""
    first, *more = _ANOTHER_WAY.split(text, maxsplit=1)
    return read_formula_value(first, asked) if more else None


def _last_side(text: str, asked: Asked, *, marked: bool) -> Value | None:
    """Read what an equation ends with."""
    *before, last = _EQUATION.split(text)
    if not before or _ONE_OF_SEVERAL.search(before[-1]) or len(sentences(text)) != 1:
        return None
    return read_value(last, asked, marked=marked)
