"""Axes of charts: where values lie, and which of them are labelled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Axis", "axis_from_zero", "axis_of"]

_ROUND = (1, 2, 5)
_WIDE = 25
"""How many times the least value the greatest is where a logarithmic axis shows more than a linear one."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis.

    Args:
        ticks: The values that are labelled, in rising order.
        low: The value where it begins.
        high: The value where it ends.
        logarithmic: Whether equal steps are equal factors.
    """

    ticks: tuple[Decimal, ...]
    low: float
    high: float
    logarithmic: bool = False

    def at(self, value: float | Decimal) -> float:
        """Give the place of a value: 0 where the axis begins, 1 where it ends; what lies beyond is put at the end."""
        low, high, place = self.low, self.high, float(value)
        if self.logarithmic:
            low, high, place = math.log(low), math.log(high), math.log(max(place, self.low))
        return min(max((place - low) / (high - low), 0.0), 1.0)


def axis_from_zero(most: float | Decimal, ticks: int = 5) -> Axis:
    """Give a linear axis from 0.

    Args:
        most: The greatest value.
        ticks: How many labels there may be above the 0.

    Example:
        >>> [str(tick) for tick in axis_from_zero(0.7).ticks]
        ['0.0', '0.2', '0.4', '0.6', '0.8']
    """
    top = Decimal(str(most)) or Decimal(1)
    exponent = (top / ticks).adjusted()
    step = next(step for digit in (*_ROUND, 10) if (step := Decimal(digit).scaleb(exponent)) * ticks >= top)
    count = math.ceil(top / step)
    return Axis(tuple(step * number for number in range(count + 1)), 0.0, float(step * count))


def axis_of(values: Sequence[float], ticks: int = 5) -> Axis:
    """Give the axis that suits values above 0: logarithmic where they differ by much, else linear from 0.

    Args:
        values: At least one.
        ticks: How many labels there may be.
    """
    low, high = min(values), max(values)
    if high < low * _WIDE:
        # What lies at the very end would be cut by the edge.
        return axis_from_zero(high * 1.06, ticks)
    every = [
        Decimal(digit).scaleb(exponent)
        for exponent in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for digit in _ROUND
    ]
    first = max(number for number, value in enumerate(every) if float(value) <= low * (1 + 1e-9))
    last = min(number for number, value in enumerate(every) if float(value) >= high * (1 - 1e-9))
    inside = every[first : last + 1]
    return Axis(_fewer(inside, ticks), float(inside[0]), float(inside[-1]), logarithmic=True)


def _fewer(values: list[Decimal], most: int) -> tuple[Decimal, ...]:
    """Keep at most so many of 1, 2, 5, 10, 20, 50 and so on, at equal steps: all, or powers of 10, 100 or 1000."""
    if len(values) <= most:
        return tuple(values)
    powers = [value for value in values if value.as_tuple().digits == (1,)]
    return tuple(powers[:: -(-len(powers) // most)])
