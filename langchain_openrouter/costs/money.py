"""Amounts of money: how users write them, and how ledgers count them.

Users write dollars, in any way; a ledger counts whole nano-dollars, which neither drift nor depend on order.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

__all__ = ["EXACT", "Money", "as_dollars", "ceil_nano", "from_nano", "in_dollars", "to_nano", "written"]

Money = Decimal | int | float | str
"""Dollars: `"$0.50"`, `"0.50"`, `Decimal("0.5")`, `1`. A float means the decimal that it is written as."""

EXACT = Context(prec=60)
"""How amounts are reckoned, whatever precision a program has chosen for numbers of its own."""

NANO = Decimal("1e-9")
"""Dollars of a nano-dollar."""

MOST_NANO = 2**53 - 1
"""Nano-dollars that every store counts exactly: nine million dollars."""

_COMMAS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
"""Commas between thousands. `0,50` is fifty cents to many people, and must not be read as fifty dollars."""


def as_dollars(value: Money, name: str = "amount") -> Decimal:
    """Read an amount of money.

    Args:
        value: Dollars.
        name: What it is, for the error.

    Raises:
        ValueError: It is no amount, is negative, or is more than nine million dollars.

    Example:
        >>> as_dollars("$0.50"), as_dollars(0.1)
        (Decimal('0.50'), Decimal('0.1'))
    """
    try:
        text = str(value).strip().removeprefix("$").strip()
        dollars = Decimal(text.replace(",", "") if _COMMAS.fullmatch(text) else text)
    except InvalidOperation:
        dollars = Decimal("NaN")
    if isinstance(value, bool) or not dollars.is_finite() or not 0 <= dollars <= MOST_NANO * NANO:
        msg = f'{name}={value!r} is no amount of dollars. Pass 0 to 9,000,000, such as "$0.50" or Decimal("0.5").'
        raise ValueError(msg)
    return dollars


def to_nano(dollars: Decimal) -> int:
    """Give the nearest whole number of nano-dollars: what something cost.

    Example:
        >>> to_nano(Decimal("0.00021"))
        210000
    """
    return int(EXACT.divide(dollars, NANO).to_integral_value(ROUND_HALF_EVEN))


def ceil_nano(dollars: Decimal) -> int:
    """Give the next whole number of nano-dollars: what something may cost."""
    return int(EXACT.divide(dollars, NANO).to_integral_value(ROUND_CEILING))


def from_nano(nano: int) -> Decimal:
    """Give dollars.

    Example:
        >>> from_nano(210000)
        Decimal('0.00021')
    """
    return EXACT.multiply(nano, NANO).normalize(EXACT) if nano else Decimal(0)


def written(dollars: Decimal | None) -> str | None:
    """Write dollars for JSON: exact, without an exponent; `None` stays `None`.

    Example:
        >>> written(Decimal("1.50E-7"))
        '0.00000015'
    """
    return None if dollars is None else f"{dollars.normalize(EXACT):f}"


def in_dollars(dollars: Decimal | None) -> str:
    """Write dollars for people, with as many digits as they have; `unknown` where there are none.

    Example:
        >>> in_dollars(Decimal("0.5")), in_dollars(Decimal("0.00021"))
        ('$0.50', '$0.00021')
    """
    if dollars is None:
        return "unknown"
    text = f"{dollars.normalize(EXACT):f}"
    whole, _, digits = text.partition(".")
    return f"${whole}.{digits.ljust(2, '0')}"
