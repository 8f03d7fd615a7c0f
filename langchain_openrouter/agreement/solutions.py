"""What a worked solution comes to, where nothing marks it."""

from __future__ import annotations

import re
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.formulas import plain_latex
from langchain_openrouter.agreement.literals import Quantity, quantities, words_as_digits
from langchain_openrouter.agreement.values import Value, of_quantity, read_formula_value
from langchain_openrouter.agreement.words import sentences, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_openrouter.agreement.asked import Asked

__all__ = ["conclusion", "ends_with", "is_worked"]

_EQUATION = re.compile(r"\d\)?\s?[-+*/x]\s?[$(]?\d[^=\n]{0,40}=\s?[$~]?\s?-?\d")
_FAREWELL = re.compile(
    r"(?:let\sme\sknow|i\shope|hope\sthis|feel\sfree|if\syou\shave|(?:double[-\s])?check|verif|confidence|note\b|is\sthere\sanything|please\b)",
    re.IGNORECASE,
)
_ENUMERATOR = re.compile(r"^[ \t]*(?:step\s)?\d{1,2}[.):]\s", re.IGNORECASE | re.MULTILINE)
_TURN = re.compile(
    r"\b(?:so|therefore|thus|hence|which\smeans|a\stotal\sof|in\stotal|leaving|giving|which\sgives)\b", re.IGNORECASE
)
_TOLD = re.compile(
    r"=(?![=>])|\b(?:is|are|was|were|equals|be|so|thus|therefore|hence|then|get|gives|yields|obtain|have|solutions?:)\b,?",
    re.IGNORECASE,
)
_MOST_VERBS = 20
_STEPS = re.compile(
    r"\d\s*=|=\s*[-$]?\d|\b(?:step|therefore|thus|hence|so|total|altogether|adding|subtract|multiply|divid)",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"\\frac\s?(?:\{(-?\d{1,20})\}|(\d))\s?(?:\{(\d{1,20})\}|(\d))")
_YEAR = range(1000, 2200)


def is_worked(text: str) -> bool:
    """Say whether a text calculates something.

    Args:
        text: A text as `one_spelling` writes it.
    """
    return _EQUATION.search(plain_latex(text)) is not None


def conclusion(text: str, asked: Asked) -> Value | None:
    """Find what a solution ends with.

    Where something is calculated, that is told last, and else first: it is the formula after `=` or `is`. Of several
    numbers in the sentence, it is the one after the last `=`; or the one that counts what was asked for; or the first
    that the question did not tell, since solutions repeat what is given.

    Args:
        text: A text as `one_spelling` writes it, without what decorates it.
        asked: What the question asks for.

    Returns:
        The value; `None` where there is none.
    """
    plain = _ENUMERATOR.sub("", _FRACTION.sub(_plain_fraction, plain_latex(text)))
    said = [sentence for sentence in sentences(plain) if not _FAREWELL.match(sentence)]
    last = _first_of(reversed(said), asked)
    if len(said) <= 1 or last is None or len(asked.values) > 1 or _STEPS.search(plain):
        return last
    # Nothing is calculated: a fact is told first, and what follows is beside the point.
    return _first_of(said, asked)


def _first_of(said: Iterable[str], asked: Asked) -> Value | None:
    return next((found for each in said if (found := _told_last(each, asked) or _number(each, asked))), None)


def ends_with(sentence: str, asked: Asked) -> Value | None:
    """Read a sentence that ends with a formula, or a number and its unit.

    Args:
        sentence: A sentence as `one_spelling` writes it.
        asked: What the question asks for.
    """
    return _told_last(plain_latex(sentence), asked)


def _plain_fraction(found: re.Match[str]) -> str:
    return f" {found[1] or found[2]}/{found[3] or found[4]} "


def _told_last(sentence: str, asked: Asked) -> Value | None:
    """Read a sentence that ends with a formula."""
    for told in islice(_TOLD.finditer(sentence), _MOST_VERBS):
        found = read_formula_value(sentence[told.end() :], asked)
        if found:
            return found
    return None


def _number(sentence: str, asked: Asked) -> Value | None:
    """Choose one of the numbers of a sentence; those in words count only where it has no digits."""
    for written in (sentence, words_as_digits(sentence)):
        found = list(quantities(written))
        if found:
            result = None if _is_compound(written, found) else _result(written, found, asked)
            return of_quantity(result, asked) if result else None
    return None


def _is_compound(sentence: str, found: Sequence[Quantity]) -> bool:
    """Say whether two numbers are one amount, such as 8 dollars and 40 cents."""
    return any(
        one.unit and other.unit and one.unit != other.unit and sentence[one.end : other.start].strip() in {"", "and"}
        for one, other in pairwise(found)
    )


def _result(sentence: str, found: Sequence[Quantity], asked: Asked) -> Quantity | None:
    if asked.year:
        years = {each.value: each for each in found if each.value in _YEAR}
        return years.popitem()[1] if len(years) == 1 else None
    equals = sentence.rfind("=")
    after = [each for each in found if each.start > equals >= 0]
    if after:
        return after[0]
    turn = max((each.start() for each in _TURN.finditer(sentence)), default=-1)
    late = [each for each in found if each.start > turn] or list(found)
    new = [each for each in late if each.value not in asked.values]
    new = new or [each for each in found if each.value not in asked.values]
    counted = [each for each in new or late if _counts(sentence, each, asked)]
    return (counted or new or late[-1:])[0]


def _counts(sentence: str, quantity: Quantity, asked: Asked) -> bool:
    """Say whether what was asked for stands just behind a number."""
    beside = [quantity.unit or "", *words(sentence[quantity.end : quantity.end + 40])[:2]]
    return not asked.counted.isdisjoint(map(stem, beside))
