"""Numbers in all the ways in which they are written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.agreement import NumberAgreement, final_answer
from langchain_openrouter.agreement.literals import quantities, read_literal, words_as_digits, write_number

DECIMALS = st.decimals(min_value=-(10**9), max_value=10**9, places=3, allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(10**12), 10**12)


def grouped(number: int, separator: str) -> str:
    """Write a whole number with a separator between thousands."""
    return f"{number:,}".replace(",", separator)


def agree(one: str, other: str) -> bool:
    """Say whether two numbers are read as the same."""
    return NumberAgreement().group([one, other]) == [[0, 1]]


@given(number=WHOLE, separator=st.sampled_from([",", " ", "'", "\u202f", "\xa0", "\u2009", "{,}", "\\,"]))
def test_separators_of_thousands(number: int, separator: str) -> None:
    """A whole number is the same with and without separators."""
    assert final_answer(grouped(number, separator)) == str(number)


@given(number=DECIMALS)
def test_formats_of_decimals(number: Decimal) -> None:
    """English, German and Swiss figures, money, units and boxes say the same number."""
    english = f"{number:,}"
    sign, digits = ("-", english[1:]) if english.startswith("-") else ("", english)
    written = [
        str(number),
        f"\\boxed{{{number}}}",
        f"The answer is {english}.",
        f"{sign}${digits}",
        f"${english}",
        f"{english} km",
        f"\u2212{digits}" if sign else f"+{digits}",
        f"x = {number}",
        f"#### {english}",
        english.replace(",", "'"),
    ]
    expected = write_number(Fraction(number))

    assert [final_answer(text) for text in written] == [expected] * len(written)


@given(whole=st.integers(1000, 10**9), cents=st.integers(0, 99))
def test_german_figures(whole: int, cents: int) -> None:
    """A comma after points is a decimal one."""
    german = f"{grouped(whole, '.')},{cents:02}"

    assert final_answer(german) == write_number(Fraction(whole) + Fraction(cents, 100))


@given(top=st.integers(-999, 999), bottom=st.integers(1, 999))
def test_fractions(top: int, bottom: int) -> None:
    """A fraction is its value, however it is written."""
    expected = write_number(Fraction(top, bottom))
    written = [f"{top}/{bottom}", f"\\frac{{{top}}}{{{bottom}}}", f"$\\dfrac{{{top}}}{{{bottom}}}$"]

    assert [final_answer(text) for text in written] == [expected] * 3


@given(factor=st.integers(1, 999), power=st.integers(-30, 30))
def test_powers_of_ten(factor: int, power: int) -> None:
    """Scientific notation is exact."""
    expected = write_number(factor * Fraction(10) ** power)
    written = [
        f"{factor}e{power}",
        f"{factor} x 10^{power}",
        f"{factor} \\times 10^{{{power}}}",
        f"{factor}*10**{power}",
    ]

    assert [final_answer(text) for text in written] == [expected] * 4


@given(st.fractions(max_denominator=10**6))
def test_writing_loses_nothing(value: Fraction) -> None:
    """What is written is read as the same number again."""
    assert Fraction(write_number(value)) == value


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1.234", "1.234"),  # a decimal: nobody could tell
        ("1,234", "1234"),
        ("0,123", "0.123"),
        ("12,34,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1.234,5", "1234.5"),
        (".5", "0.5"),
        ("1234,567", "1234.567"),
        ("1_000", "1000"),
    ],
)
def test_ambiguous_separators(literal: str, value: str) -> None:
    """Where a separator could be of thousands or decimal, the decision is always the same."""
    assert read_literal(literal) == Fraction(value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("16 - 3 - 4 = 9", ["16", "3", "4", "9"]),
        ("-3 and 16-3", ["-3"]),
        ("on 12/05/2023 at 3:30", []),
        ("2023-05-12", []),
        ("H2O, x2, 3x, 2nd and COVID-19", []),
        ("$5 or 7% of 1/2", ["5", "7", "1/2"]),
        ("x - 3 or temperature -3, 4 -3", ["3", "-3", "4", "3"]),
        ("from -$5 to $-6", ["-5", "-6"]),
        ("$2.5M or $3 billion or 4k", ["2500000", "3000000000", "4000"]),
        ("10\\pi and 2^3", []),
        ("1 1/2", ["3/2"]),
        ("5 - 10 hours, 5-10 hours", ["5", "10"]),
    ],
)
def test_numbers_in_a_text(text: str, found: list[str]) -> None:
    """Numbers are found; dates, times, ranges, names and factors of letters are none."""
    assert [str(quantity.value) for quantity in quantities(text)] == found


def test_number_words() -> None:
    """Words up to ninety-nine, and hundreds."""
    assert words_as_digits("One, twenty-one, Forty two") == "1, 21, 42"
    assert words_as_digits("two hundred, six, sixty and sixteen") == "200, 6, 60 and 16"
    assert words_as_digits("someone often attends") == "someone often attends"


@pytest.mark.parametrize("text", ["1e99999", "10^99999", "9" * 500, "1/0", "1e-99999", "2^2^2^2^2^2"])
def test_absurd_numbers(text: str) -> None:
    """What would take forever to compute is compared as it stands."""
    assert final_answer(text) == final_answer(text)
    assert NumberAgreement().group([text, "1"]) == [[0], [1]]


@pytest.mark.parametrize(
    ("tolerance", "groups"),
    [
        (None, [[0], [1], [2], [3], [4]]),
        ("0", [[0], [1], [2], [3], [4]]),
        ("0.01", [[0, 1], [2], [3], [4]]),
        ("0.1", [[0, 1, 2], [3], [4]]),
        ("0.15", [[0, 1, 2], [3], [4]]),
        ("1000", [[0, 1, 2, 3], [4]]),
    ],
)
def test_tolerance(tolerance: str | None, groups: list[list[int]]) -> None:
    """Two numbers of a group are never farther apart than the tolerance, whatever lies between them."""
    answers = ["3.14", "3.15", "3.24", "3.3", "no number"]
    agreement = NumberAgreement(None if tolerance is None else Decimal(tolerance))

    assert agreement.group(answers) == groups


def test_tolerance_keeps_units_apart() -> None:
    """Five kilometres are not about five miles."""
    assert NumberAgreement(Decimal(1)).group(["5 km", "5.5 miles", "5.1 km", "5"]) == [[0, 2], [1], [3]]


@pytest.mark.parametrize("tolerance", [Decimal(-1), Decimal("NaN")])
def test_no_distance(tolerance: Decimal) -> None:
    """A tolerance below 0 is refused."""
    with pytest.raises(ValueError, match=r"tolerance=.* is no distance"):
        NumberAgreement(tolerance)


def test_units() -> None:
    """A unit counts only where several are told."""
    assert agree("5 km", "5")
    assert agree("5 km", "5 kilometres")
    assert not agree("5 km", "5 miles")
    assert NumberAgreement().group(["5 km", "5", "5 miles", "5 mi"]) == [[2, 3], [0], [1]]
    assert agree("$5", "5 dollars")
    assert not agree("$5", "5 cents")
