"""Formulas in one form, whatever they are written like."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.agreement.algebra import Expression, TooLargeError
from langchain_openrouter.agreement.formulas import plain_latex, read_formula
from langchain_openrouter.agreement.mathematics import read_mathematics

SMALL = st.integers(-9, 9)


def formula(text: str) -> str | None:
    """Read a formula and write it again."""
    found = read_formula(plain_latex(text))
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2x + 3 - x", "x+3"),
        ("x - x", "0"),
        ("(x+1)(x-1)", "x^2-1"),
        ("-(x - 2)", "-x+2"),
        ("x*y - y*x", "0"),
        ("xy", None),  # no sign says that it is a product
        ("2xy", None),
        ("2xy + 1", "2*x*y+1"),
        ("x^2 y", "x^2*y"),
        ("x^10", "x^10"),
        ("x^-1", "x^-1"),
        ("(x+1)^2/(x+1)", "(x+1)^-1*x^2+2*(x+1)^-1*x+(x+1)^-1"),
        ("(2x+2)/(x+1)", "2"),
        ("1/(2x+2)", "1/2*(x+1)^-1"),
        ("\\frac{a}{b} + \\frac{a}{b}", "2*a*b^-1"),
        ("\\sqrt{2} \\sqrt{3}", "sqrt(6)"),
        ("\\sqrt{2}^2", "2"),
        ("\\sqrt{8} + \\sqrt{2}", "3*sqrt(2)"),
        ("\\sqrt{\\frac{1}{2}}", "1/2*sqrt(2)"),
        ("\\frac{3}{\\sqrt{3}}", "sqrt(3)"),
        ("\\sqrt{-4}", "2*i"),
        ("i^2", "-1"),
        ("(1+i)(1-i)", "2"),
        ("\\sqrt[3]{27}", "3"),
        ("8^{2/3}", "4"),
        ("\\sqrt{x}", "sqrt(x)"),
        ("x^{1/2}", "sqrt(x)"),
        ("2^x", "(2)^(x)"),
        ("\\sin(x) + \\sin x", "2*sin(x)"),
        ("\\log_2 x", "log_2(x)"),
        ("\\alpha + \\beta", "alpha+beta"),
        ("3\\frac{1}{2}", "3.5"),
        ("3\\frac{x}{2}", "3/2*x"),
        ("1,234 + 1", "1235"),
        ("2\\pi r", "2*pi*r"),
        ("1/0", None),
        ("\\frac{1}{x-x}", None),
        ("x + ", None),
        ("(x", None),
        ("x)", None),
        ("5!", None),
        ("\\binom{5}{2}", None),
        ("hello", None),
        ("a dog + 1", None),
        ("2 3", None),
        ("", None),
        ("x" * 400, None),
        ("(" * 200 + "x" + ")" * 200, None),
        ("(x+y+z+u+v+w)^9", None),
        ("9^{9^9}", None),
        ("10^{399}", None),
    ],
)
def test_formulas(text: str, form: str | None) -> None:
    """Like terms are added, products multiplied out, roots simplified; what is none, or too large, is no formula."""
    assert formula(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("x = 5", "5"),
        ("f(x) = x^2", "x^2"),
        ("a = b = 3", "3"),
        ("2 + 2 = 4", "4"),
        ("x = 1, 2", "1, 2"),
        ("x = 2; x = 1", "1, 2"),
        ("x = 1 and y = 2", "x=1, y=2"),
        ("5 and x = 2", None),
        ("3 < x", "3<x"),
        ("x > 3", "3<x"),
        ("5 > x > 3", "3<x<5"),
        ("1 <= x < 2", "1<=x<2"),
        ("x \\neq 2", "x!=2"),
        ("(1, 2]", "(1, 2]"),
        ("[1, 2]", "[1, 2]"),
        ("(5)", "5"),
        ("((1, 2), (3, 4))", "((1, 2), (3, 4))"),
        ("\\{ 3, 1, 2 \\}", "1, 2, 3"),
        ("{(2, 1), (1, 2)}", "(1, 2), (2, 1)"),
        ("\\pm \\sqrt{2}", "-sqrt(2), sqrt(2)"),
        ("1, \\frac{1}{2}, -3", "-3, 0.5, 1"),
        ("(1,234)", "(1, 234)"),
        ("1,234", "1234"),
        ("1, 234", "1, 234"),
        ("x \\in [0, 1]", "[0, 1]"),
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "[[1], [2]]"),
        ("\\varnothing", "empty set"),
        ("no solution", "no solution"),
        ("12/05/2023", None),
        ("555-1234", None),
        ("10:30", None),
        ("H2O", None),
        ("Paris", None),
        ("x = 5. It is five", None),
        ("x =", None),
        ("(1, 2", None),
        ("", None),
    ],
)
def test_what_is_made_of_formulas(text: str, form: str | None) -> None:
    """Sets and solutions have no order; tuples, intervals and matrices have one; a single unknown needs no name."""
    assert read_mathematics(text) == form


@given(a=SMALL, b=SMALL, c=SMALL, x=st.fractions(-9, 9, max_denominator=9))
def test_the_form_has_the_same_value(a: int, b: int, c: int, x: Fraction) -> None:
    """Whatever is multiplied out, it keeps its value."""
    found = read_formula(f"({a}x + {b})(x - {c}) + {b}x")

    assert found is not None
    assert (
        sum((factor * x ** sum(power for _, power in product) for product, factor in found.terms.items()), Fraction(0))
        == (a * x + b) * (x - c) + b * x
    )


@given(left=st.lists(SMALL, min_size=1, max_size=4), right=st.lists(SMALL, min_size=1, max_size=4))
def test_sums_and_products_have_no_order(left: list[int], right: list[int]) -> None:
    """Adding and multiplying give the same in either order."""
    one, other = (_polynomial(numbers) for numbers in (left, right))

    assert str(one.plus(other)) == str(other.plus(one))
    assert str(one.times(other)) == str(other.times(one))
    assert str(one.plus(other).plus(other, -1)) == str(one)


def _polynomial(numbers: list[int]) -> Expression:
    x, result = Expression.atom("x"), Expression.of(0)
    for number in numbers:
        result = result.times(x).plus(Expression.of(number))
    return result


def test_what_grows_too_large_is_refused() -> None:
    """Sums of many terms and numbers of many digits are nobody's answer."""
    sum_of_many = Expression.of(0)
    for name in "abcdefghij":
        sum_of_many = sum_of_many.plus(Expression.atom(name))

    with pytest.raises(TooLargeError):
        sum_of_many.times(sum_of_many)
    with pytest.raises(TooLargeError):
        Expression.of(10).to_the(399)
    with pytest.raises(TooLargeError):
        Expression.atom("x").to_the(11)
