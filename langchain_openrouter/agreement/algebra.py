"""Sums of products, exact and in one form, so that `2x + 1` and `1 + 2x` are the same.

What stands in them that is no number is an atom: a variable, `pi`, `sqrt(3)`, or a whole expression that cannot be
taken apart.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING, Self

from langchain_openrouter.agreement.literals import write_number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Expression", "TooLargeError"]

_MOST_TERMS = 60
_MOST_DIGITS = 200
_HIGHEST_POWER = 400
_LARGEST_FACTOR = 1000

_Product = tuple[tuple[str, int], ...]
"""Atoms in order, each with its exponent."""

_ROOT = re.compile(r"sqrt\((\d+)\)")


class TooLargeError(ValueError):
    """An expression that would take long, and is nobody's answer."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A sum of products.

    Args:
        terms: From each product of atoms to its factor, which is never 0.
    """

    terms: Mapping[_Product, Fraction]

    @classmethod
    def of(cls, value: Fraction | int) -> Self:
        """Give a number."""
        return cls({(): Fraction(value)} if value else {})

    @classmethod
    def atom(cls, name: str, power: int = 1) -> Self:
        """Give something that has no parts, such as a variable."""
        return cls({((name, power),): Fraction(1)})

    @property
    def number(self) -> Fraction | None:
        """Its value, where it is a number."""
        if not self.terms:
            return Fraction(0)
        return self.terms.get(()) if len(self.terms) == 1 else None

    def plus(self, other: Expression, sign: int = 1) -> Expression:
        """Add, or take away with a sign of -1."""
        total = dict(self.terms)
        for product, factor in other.terms.items():
            total[product] = total.get(product, Fraction(0)) + sign * factor
        return _checked(total)

    def times(self, other: Expression) -> Expression:
        """Multiply."""
        if len(self.terms) * len(other.terms) > _MOST_TERMS:
            raise TooLargeError
        total: dict[_Product, Fraction] = {}
        for left, factor in self.terms.items():
            for right, other_factor in other.terms.items():
                product, more = _joined(left, right)
                total[product] = total.get(product, Fraction(0)) + factor * other_factor * more
        return _checked(total)

    def over(self, other: Expression) -> Expression:
        """Divide.

        Raises:
            ZeroDivisionError: The other one is 0.
        """
        if not other.terms:
            raise ZeroDivisionError
        first, factor = next(iter(other._ordered()))
        if len(other.terms) == 1:
            inverse = Expression({tuple((atom, -power) for atom, power in first): Fraction(1)})
            return self.times(inverse).times(Expression.of(1 / factor))
        ratio = self.terms.get(first, Fraction(0)) / factor
        if self.terms == other.times(Expression.of(ratio)).terms:
            return Expression.of(ratio)
        scaled = other.times(Expression.of(1 / factor))
        return self.times(Expression.of(1 / factor)).times(Expression.atom(f"({scaled})", -1))

    def to_the(self, power: int) -> Expression:
        """Raise to a whole power."""
        value = self.number
        if abs(power) > _HIGHEST_POWER or (value is None and abs(power) > _LARGEST_FACTOR // 100):
            raise TooLargeError
        if power < 0:
            return Expression.of(1).over(self.to_the(-power))
        if value is not None:
            return Expression.of(_small(value**power))
        result = Expression.of(1)
        for _ in range(power):
            result = result.times(self)
        return result

    def root(self) -> Expression:
        """Take the square root; of what is no number, it is an atom."""
        value = self.number
        if value is None:
            return Expression.atom(f"sqrt({self})")
        if value < 0:
            return Expression.atom("i").times(Expression.of(-value).root())
        outside, inside = _square_parts(value.numerator * value.denominator)
        whole = Expression.of(Fraction(outside, value.denominator))
        return whole if inside == 1 else whole.times(Expression.atom(f"sqrt({inside})"))

    def __str__(self) -> str:
        value = self.number
        if value is not None:
            return write_number(value)
        written = "".join(_term(product, factor) for product, factor in self._ordered())
        return written.removeprefix("+")

    def _ordered(self) -> list[tuple[_Product, Fraction]]:
        """Give the terms, the highest power first."""
        return sorted(self.terms.items(), key=lambda term: (-sum(power for _, power in term[0]), term[0]))


def _checked(total: Mapping[_Product, Fraction]) -> Expression:
    return Expression({product: _small(factor) for product, factor in total.items() if factor})


def _small(value: Fraction) -> Fraction:
    if max(abs(value.numerator), value.denominator) > 10**_MOST_DIGITS:
        raise TooLargeError
    return value


def _joined(left: _Product, right: _Product) -> tuple[_Product, Fraction]:
    """Multiply two products of atoms: the atoms that stay, and the number that comes of roots and of i."""
    powers = Counter(dict(left))
    for atom, power in right:
        powers[atom] += power
    number, under_root = Fraction(1), 1
    for atom in [atom for atom in powers if _ROOT.fullmatch(atom)]:
        inside = int(atom[5:-1])
        whole, odd = divmod(powers.pop(atom), 2)
        number *= Fraction(inside) ** whole
        under_root *= inside if odd else 1
    outside, inside = _square_parts(under_root)
    number *= outside
    if inside != 1:
        powers[f"sqrt({inside})"] = 1
    whole, odd = divmod(powers.pop("i", 0), 2)
    number *= (-1) ** (whole % 2)
    if odd:
        powers["i"] = 1
    return tuple(sorted((atom, power) for atom, power in powers.items() if power)), number


def _square_parts(number: int) -> tuple[int, int]:
    """Split a number into a square's root and a rest: 12 into 2 and 3."""
    outside, factor = 1, 2
    while factor <= _LARGEST_FACTOR and factor * factor <= number:
        while number % (factor * factor) == 0:
            number //= factor * factor
            outside *= factor
        factor += 1
    root = isqrt(number)
    return (outside * root, 1) if root * root == number else (outside, number)


def _term(product: _Product, factor: Fraction) -> str:
    sign = "-" if factor < 0 else "+"
    atoms = "*".join(atom if power == 1 else f"{atom}^{power}" for atom, power in product)
    if not atoms:
        return f"{sign}{abs(factor)}"
    return f"{sign}{atoms}" if abs(factor) == 1 else f"{sign}{abs(factor)}*{atoms}"
