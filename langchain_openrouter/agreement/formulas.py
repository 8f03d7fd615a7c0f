"""Formulas in LaTeX or in plain text, read into expressions."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.algebra import Expression, TooLargeError
from langchain_openrouter.agreement.literals import LITERAL, read_literal
from langchain_openrouter.agreement.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["plain_latex", "read_formula"]

_LONGEST = 300
"""Characters. What is longer is no answer that could be compared so."""

_DEEPEST = 30

_NAMED = (
    (r"\\(?:left|right|bigl?|bigr?|Bigl?|Bigr?|displaystyle|limits|quad|qquad)(?![a-zA-Z])", ""),
    (r"(?<!\\)\\[,;:!>]|\{,\}", lambda found: "," if found[0] == "{,}" else ""),
    (r"(\d{0,20})\.(\d{0,20})\\(?:overline|bar)\s?\{?(\d{1,20})\}?", lambda found: _repeating(*found.groups())),
    (r"(?<!\\)\\(?=[{}])", ""),
    (r"(?<!\\)\\\s|~", " "),
    (r"\\([$%&#_])", r"\1"),
    (r"\\[dtc]frac(?![a-zA-Z])", r"\\frac"),
    (r"\^\s?\{?\s?(?:\\circ|\u2218|\u00b0)\s?\}?|\\degree(?![a-zA-Z])|\u00b0(?![CF])", " degrees "),
    (r"\\(?:times|cdot|ast|bullet)(?![a-zA-Z])|[\u00d7\u00b7\u22c5\u2217\u2219]", "*"),
    (r"\\div(?![a-zA-Z])|\u00f7", "/"),
    (r"\\pi(?![a-zA-Z])|[\u03c0\U0001d70b]", " pi "),
    (r"\\infty(?![a-zA-Z])|\u221e", " infinity "),
    (r"\\pm(?![a-zA-Z])", "\u00b1"),
    (r"\\(?:leq?|leqslant)(?![a-zA-Z])|\u2264|=<", "<="),
    (r"\\(?:geq?|geqslant)(?![a-zA-Z])|\u2265", ">="),
    (r"\\neq?(?![a-zA-Z])|\u2260", "!="),
    (r"\\[lg]t(?![a-zA-Z])", lambda found: "<" if found[0] == r"\lt" else ">"),
    (r"\\(?:approx|sim|simeq)(?![a-zA-Z])", "\u2248"),
    (r"\\cup(?![a-zA-Z])", "\u222a"),
    (r"\\in(?![a-zA-Z])", "\u2208"),
    (r"\\(?:emptyset|varnothing)(?![a-zA-Z])|\u00d8", "\u2205"),
    (r"\\[lr]?vert(?![a-zA-Z])", "|"),
    (r"\\(?:implies|Rightarrow|to|rightarrow)(?![a-zA-Z])", "\u21d2"),
    (r"\\[()\[\]]|(?<!\d)\$\$?(?!\s?-?[\d.])|\$(?=\$|\s|$)|\$(?=\\)", ""),
    (r"\*\*", "^"),
)
_REPLACED: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(pattern), replacement) for pattern, replacement in _NAMED
]
_WORDS = re.compile(r"\\(?:text|mathrm|textbf|mathbf|textrm|textit|mbox|operatorname|mathit|textnormal)\s?\{([^{}]*)\}")

_SPACES = re.compile(r"[ \t]+(\^)|[ \t]{2,}")
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{LITERAL})|(?P<name>\\?[a-zA-Z]+(?:_(?:\w|\{{\w+\}}))?)|(?P<sign>.))", re.VERBOSE
)
_ONE_ARGUMENT = re.compile(r"\s*(?:(\d)|(\\?[a-zA-Z]))")
_LARGEST_ROOTED = 10**15
"""Up to here floats find the whole root of a number."""

_DIGITS = re.compile(r"\s*(\d{1,4})")
_FUNCTIONS = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "arcsin", "arccos", "arctan"})
_SHORT_WORDS = frozenset(
    {"am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of", "on", "or",
     "pm", "so", "to", "up", "us", "we"}
)  # fmt: skip
_CONSTANTS = frozenset({"pi", "infinity"})
_ALGEBRAIC = re.compile(r"[+*/^=\\(]|-|sqrt|\u221a")


def plain_latex(text: str) -> str:
    r"""Write LaTeX's names as signs, and drop what only sets the type.

    Args:
        text: A text as `one_spelling` writes it.

    Example:
        >>> plain_latex(r"\left(1, 2\right) \text{ cm}")
        '(1, 2) cm '
    """
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return _SPACES.sub(lambda found: found[1] or " ", _WORDS.sub(r" \1 ", text))


def _repeating(whole: str, once: str, again: str) -> str:
    """Write a decimal that repeats itself as a fraction."""
    nines = 10 ** len(again) - 1
    value = (int(whole + once or "0") + Fraction(int(again), nines)) / 10 ** len(once)
    return f"({value})"


def read_formula(text: str) -> Expression | None:
    """Read a formula; `None` where the text is none.

    Args:
        text: A text as `plain_latex` writes it.

    Example:
        >>> str(read_formula("(x + 1)^2")), str(read_formula("sqrt(12)/4")), read_formula("Paris")
        ('x^2+2*x+1', '1/2*sqrt(3)', None)
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    try:
        reader = _Reader(text)
        return reader.whole()
    except (_NoFormulaError, TooLargeError, ZeroDivisionError):
        return None


class _NoFormulaError(ValueError):
    """The text is no formula."""


class _Reader:
    """Reads a formula by its grammar, from left to right."""

    __slots__ = ("_algebraic", "_depth", "_position", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._depth = 0
        self._algebraic = bool(_ALGEBRAIC.search(text))

    def whole(self) -> Expression:
        result = self._sum()
        if self._text[self._position :].strip():
            raise _NoFormulaError
        return result

    def _next(self) -> str:
        """Look at the next sign."""
        return self._text[self._position :].lstrip()[:1]

    def _take(self, sign: str) -> bool:
        if self._next() != sign:
            return False
        self._position = self._text.index(sign, self._position) + 1
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise _NoFormulaError

    def _sum(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NoFormulaError
        sign = -1 if self._take("-") else 1
        if sign == 1:
            self._take("+")
        result = Expression.of(0).plus(self._product(), sign)
        while self._next() in {"+", "-"} and self._next():
            sign = 1 if self._take("+") else -self._take("-")
            result = result.plus(self._product(), sign)
        self._depth -= 1
        return result

    def _product(self) -> Expression:
        result = self._signed_power()
        while following := self._next():
            if self._take("*"):
                result = result.times(self._signed_power())
            elif self._take("/"):
                result = result.over(self._signed_power())
            elif following.isalpha() or following in "({\\\u221a":
                result = result.times(self._power())
            else:
                break
        return result

    def _signed_power(self) -> Expression:
        sign = -1 if self._take("-") else 1
        return Expression.of(sign).times(self._power())

    def _power(self) -> Expression:
        base = self._atom()
        if not self._take("^"):
            return base
        return _raised(base, self._exponent())

    def _exponent(self) -> Expression:
        """Read a power; without braces it goes on to the last digit, as people mean it, not to the first."""
        sign = -1 if self._take("-") else 1
        found = _DIGITS.match(self._text, self._position)
        if found is None:
            value = self._atom() if self._next() in {"{", "("} else self._single()
        else:
            self._position = found.end()
            value = Expression.of(int(found[1]))
        return Expression.of(sign).times(value)

    def _atom(self) -> Expression:
        for opening, closing in (("(", ")"), ("{", "}")):
            if self._take(opening):
                inside = self._sum()
                self._need(closing)
                return inside
        found = _TOKEN.match(self._text, self._position)
        if found is None:
            raise _NoFormulaError
        self._position = found.end()
        if found["number"]:
            return self._number(found["number"])
        if found["name"]:
            return self._named(found["name"])
        if found["sign"] == "\u221a":
            return self._power_of_root()
        raise _NoFormulaError

    def _power_of_root(self) -> Expression:
        return (self._atom() if self._next() in {"(", "{"} else self._single()).root()

    def _number(self, literal: str) -> Expression:
        value = read_literal(literal)
        if value is None:
            raise _NoFormulaError
        if self._text.startswith("\\frac", self._position) and value.denominator == 1:
            return self._mixed(value)
        if self._text[self._position : self._position + 1] == "!":
            raise _NoFormulaError
        return Expression.of(value)

    def _mixed(self, whole: Fraction) -> Expression:
        r"""Read what follows a whole number: `1\frac{1}{2}` is one and a half."""
        self._position += len("\\frac")
        part = self._fraction()
        value = part.number
        if value is not None and 0 < value < 1:
            return Expression.of(whole).plus(part)
        return Expression.of(whole).times(part)

    def _named(self, name: str) -> Expression:
        if name == "\\frac":
            return self._fraction()
        if name in {"\\sqrt", "sqrt"}:
            return self._root()
        bare = name.removeprefix("\\")
        base = bare.partition("_")[0]
        if base in _FUNCTIONS:
            return Expression.atom(f"{bare}({self._power()})")
        if name[0] == "\\" and self._next() == "{":
            raise _NoFormulaError  # a command that is not known, with its arguments
        if bare in _CONSTANTS or name[0] == "\\" or len(base) == 1:
            return Expression.atom(bare.replace("{", "").replace("}", ""))
        return self._letters(bare)

    def _letters(self, name: str) -> Expression:
        """Read `xy` as a product; a word is no formula."""
        if len(name) != 2 or name.lower() in _SHORT_WORDS or name.lower() in UNITS or not self._algebraic:  # noqa: PLR2004  # three are a word
            raise _NoFormulaError
        return Expression.atom(name[0]).times(Expression.atom(name[1]))

    def _fraction(self) -> Expression:
        top = self._argument()
        return top.over(self._argument())

    def _argument(self) -> Expression:
        if self._take("{"):
            inside = self._sum()
            self._need("}")
            return inside
        return self._single()

    def _single(self) -> Expression:
        r"""Read what LaTeX takes as one argument without braces: `\frac12`, `x^2`."""
        found = _ONE_ARGUMENT.match(self._text, self._position)
        if found is None:
            return self._atom() if self._next() in {"\\", "\u221a"} else self._no_formula()
        if found[2] and found[2][0] == "\\":
            return self._atom()
        self._position = found.end()
        return Expression.of(int(found[1])) if found[1] else Expression.atom(found[2])

    def _root(self) -> Expression:
        degree = Expression.of(2)
        if self._take("["):
            degree = self._sum()
            self._need("]")
        inside = self._atom() if self._next() in {"(", "{"} else self._single()
        return inside.root() if degree.number == 2 else _raised(inside, Expression.of(1).over(degree))  # noqa: PLR2004

    def _no_formula(self) -> Expression:
        raise _NoFormulaError


def _raised(base: Expression, exponent: Expression) -> Expression:
    power, number = exponent.number, base.number
    if power is not None and number is not None and number.denominator == 1 and 0 < number < _LARGEST_ROOTED:
        root = round(int(number) ** (1 / power.denominator))
        if root**power.denominator == number:
            base, power = Expression.of(root), Fraction(power.numerator)
    if power is not None and power.denominator == 1:
        return base.to_the(int(power))
    if power is not None and power.denominator == 2:  # noqa: PLR2004  # half a power is a root
        return base.to_the(power.numerator).root()
    return Expression.atom(f"({base})^({exponent})")
