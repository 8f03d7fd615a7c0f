"""Numbers as people and models write them, read exactly and written in one way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.units import CURRENCIES, MAGNITUDES, UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LITERAL",
    "SMALL_NUMBERS",
    "Quantity",
    "quantities",
    "quantity_at",
    "read_literal",
    "words_as_digits",
    "write_number",
]

_MOST_DIGITS = 300
"""What is longer is no answer, and Python refuses to read integers much longer."""

_GROUP = 3
"""Digits between the separators of thousands."""

LITERAL = r"""(?:
    (?!0)\d{1,3}(?:,\d{3}){1,12}(?:\.\d+)?(?![\d,])          # 1,234.50
  | \d{1,2}(?:,\d{2}){1,12},\d{3}(?:\.\d+)?(?![\d,])         # 12,34,567 of India
  | (?!0)\d{1,3}(?:\.\d{3}){2,12}(?:,\d+)?(?![\d.,])        # 1.234.567
  | (?!0)\d{1,3}(?:\.\d{3}){1,12},\d+(?![\d.,])             # 1.234,50
  | (?!0)\d{1,3}(?:[ '_]\d{3}){1,12}(?:[.,]\d+)?(?![\d'_])   # 1 234.50
  | \d+,\d+(?![\d,.])                                       # 3,14
  | \d+(?:\.\d+)?
  | \.\d+
)"""
"""1.234 is read as in English: a German thousand would need a second point or a comma to be known."""

_TEN = r"""(?:
    [eE](?P<e>[-+]?\d{1,4})(?!\w)
  | \s?[*x]\s?10\s?(?:\^|\*\*)\s?(?:\{\s?(?P<braced>[-+]?\d{1,4})\}|(?P<power>[-+]?\d{1,4}))
)"""
_CURRENCY = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"""
    (?P<sign>-\s?|\+|(?:minus|negative)\s+)?
    (?:(?P<currency>{_CURRENCY})\s?(?P<inner>-)?)?
    (?:(?:(?P<whole>\d+)\s)?(?P<top>\d+)\s?/\s?(?P<bottom>\d+)(?![\d/]|[.,]\d) | (?P<literal>{LITERAL}))
    {_TEN}?
    (?:(?P<magnitude>\s?(?:thousand|million|billion|trillion)|k|bn|(?-i:[MB]))(?![A-Za-z0-9]))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?-?([%¢$€£¥₹°]?(?:[A-Za-z]+(?:\^(?:\{\s?)?[23](?:\s?\})?|/[A-Za-z]+)?)?)(?![A-Za-z0-9])((?:\s[A-Za-z]+){0,2})"
)
_BEFORE = re.compile(r"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)(?<!\d[.,:/])(?<!\^)(?<!\^\{)")
_DATE_GOES_ON = re.compile(r"[:/]\s?\d|-\d|[A-Za-z]|\s?(?:\\|\^|\u221a|sqrt|pi\b)|\.\\")

SMALL_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
"""The names of the numbers below twenty, each at its place."""

_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {word: number for number, word in enumerate(SMALL_NUMBERS)}
_VALUES |= {word: 10 * tens for tens, word in enumerate(_TENS, 2)}
_ONES = "|".join(SMALL_NUMBERS[1:10])
_WORD_NUMBER = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[- ]({_ONES}))?|({'|'.join(reversed(SMALL_NUMBERS))}))\b(?:\s(hundred)\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    Args:
        value: The number.
        unit: What it counts, in one spelling; `None` where no known unit stands beside it.
        start: Where it begins in the text.
        end: Where it ends, its unit included.
    """

    value: Fraction
    unit: str | None
    start: int
    end: int


def quantity_at(text: str, start: int = 0) -> Quantity | None:
    """Read the number that begins at a place; `None` where none does, or where it is a date, a time or a range.

    Args:
        text: A text as `one_spelling` writes it.
        start: Where to look.
    """
    found = _QUANTITY.match(text, start)
    value = _value(found) if found else None
    if found is None or value is None:
        return None
    unit, end = _unit(text, found.end())
    if _DATE_GOES_ON.match(text, end):
        return None
    return Quantity(value, unit or CURRENCIES.get((found["currency"] or "").casefold()), found.start(), end)


def _unit(text: str, start: int) -> tuple[str | None, int]:
    """Read the unit behind a number, and where it ends: the longest that is known, of up to three words."""
    found = _UNIT.match(text, start)
    if found is None:
        return None, start
    more = found[2].split()
    for count in range(len(more), -1, -1):
        name = " ".join([found[1].replace(" ", ""), *more[:count]]).casefold()
        if name in UNITS:
            # Words stand one space apart, as the pattern asks.
            return UNITS[name], found.end(1) + sum(len(word) + 1 for word in more[:count])
    return None, start


def quantities(text: str) -> Iterator[Quantity]:
    """Yield the numbers in a text, from left to right.

    Args:
        text: A text as `one_spelling` writes it.
    """
    position = 0
    while found := _QUANTITY.search(text, position):
        start = _without_operator(text, found)
        read = quantity_at(text, start) if _BEFORE.match(text, start) else None
        if read:
            yield read
        position = max(read.end if read else found.end(), position + 1)


def read_literal(literal: str) -> Fraction | None:
    """Read an unsigned number, with its separators.

    Args:
        literal: What `LITERAL` matches.

    Example:
        >>> [str(read_literal(text)) for text in ("1,234.50", "1.234,50", "3,14", "1 234 567")]
        ['2469/2', '2469/2', '157/50', '1234567']
    """
    if len(literal) > _MOST_DIGITS:
        return None
    digits = re.sub(r"[ '_]", "", literal)
    if "," in digits:
        digits = _without_commas(digits)
    elif digits.count(".") > 1:
        digits = digits.replace(".", "")
    whole, _, part = digits.partition(".")
    return Fraction(int(whole + part or "0"), 10 ** len(part))


def write_number(value: Fraction) -> str:
    """Write a number: as a decimal where that is exact, else as a fraction.

    Args:
        value: The number.

    Example:
        >>> write_number(Fraction(1, 2)), write_number(Fraction(-7)), write_number(Fraction(1, 3))
        ('0.5', '-7', '1/3')
    """
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return str(value)
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def words_as_digits(text: str) -> str:
    """Write the small numbers of a text as digits.

    Example:
        >>> words_as_digits("Thirty-six eggs, two hundred hens")
        '36 eggs, 200 hens'
    """
    return _WORD_NUMBER.sub(_digits, text)


def _digits(found: re.Match[str]) -> str:
    tens, one, small, hundred = (part.casefold() if part else "" for part in found.groups())
    value = sum(_VALUES[word] for word in (tens, one, small) if word)
    return str(value * 100 if hundred else value)


def _value(found: re.Match[str]) -> Fraction | None:
    value = _fraction(found) if found["top"] else read_literal(found["literal"])
    exponent = int(found["e"] or found["braced"] or found["power"] or 0)
    if value is None or abs(exponent) > _MOST_DIGITS:
        return None
    value *= Fraction(10) ** exponent * MAGNITUDES.get((found["magnitude"] or "").strip().casefold(), 1)
    return -value if (found["sign"] or "+").strip() != "+" or found["inner"] else value


def _fraction(found: re.Match[str]) -> Fraction | None:
    whole, top, bottom = found["whole"] or "0", found["top"], found["bottom"]
    if len(whole + top + bottom) > _MOST_DIGITS or not int(bottom):
        return None
    return int(whole) + Fraction(int(top), int(bottom))


def _without_commas(digits: str) -> str:
    """Tell commas of thousands, which go, from decimal ones, which become points."""
    if digits.rfind(".") > digits.rfind(","):
        return digits.replace(",", "")
    if "." in digits:
        return digits.replace(".", "").replace(",", ".")
    first, *groups = digits.split(",")
    grouped = len(groups[-1]) == _GROUP and (len(groups) > 1 or (len(first) <= _GROUP and not first.startswith("0")))
    return digits.replace(",", "" if grouped else ".")


def _without_operator(text: str, found: re.Match[str]) -> int:
    """Skip a sign that takes away from what is before it: `16 - 3` and `x - 3` hold no -3, but "is -3" does."""
    sign = found["sign"]
    if not sign:
        return found.start()
    before = text[max(found.start() - 3, 0) : found.start()]
    last = before.rstrip()[-1:]
    takes_away = last.isdigit() or (last != "" and last in ")}%")
    beside_a_name = last.isalpha() and (sign[-1] == " " or before[-1] == last)
    return found.end("sign") if takes_away or beside_a_name else found.start()
