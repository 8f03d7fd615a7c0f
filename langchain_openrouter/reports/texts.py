"""Numbers and texts as people read them."""

from __future__ import annotations

import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

__all__ = [
    "UNKNOWN",
    "calls",
    "counted",
    "day",
    "dollars",
    "moment",
    "money_digits",
    "month_day",
    "percent",
    "period",
    "printable",
    "seconds",
    "short",
    "speed",
    "width",
]

UNKNOWN = "-"
"""Stands where nothing is known."""

_MOST_DIGITS = 6
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""In English whatever the machine speaks, as the rest of the report."""


def printable(text: str) -> str:
    r"""Give a text without line ends, control characters, and marks that turn or hide what stands beside them.

    Example:
        >>> printable("two\nlines")
        'two�lines'
    """
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)


def short(text: str, most: int) -> str:
    """Cut a text to so many columns; its end is what is cut.

    Example:
        >>> short("anthropic/claude", 10)
        'anthropic…'
    """
    if width(text) <= most:
        return text
    while text and width(text) >= most:
        text = text[:-1]
    return f"{text}…"


def width(text: str) -> int:
    """Give the columns that a text takes in a terminal."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(bool(unicodedata.combining(char)) for char in text)


def money_digits(amounts: Iterable[Decimal | None]) -> int:
    """Give the decimal places that show two digits of the least amount: two to six.

    Example:
        >>> money_digits([Decimal("1.5"), Decimal("0.00021")])
        5
    """
    least = min((amount for amount in amounts if amount), default=Decimal(1))
    return min(max(1 - least.adjusted(), 2), _MOST_DIGITS)


def dollars(amount: Decimal | None, digits: int | None = None) -> str:
    """Write dollars, rounded; what would be rounded to 0 is written as less than the least amount.

    Args:
        amount: Dollars.
        digits: Decimal places. Default: as many as show two digits of it.

    Example:
        >>> dollars(Decimal("0.00021")), dollars(Decimal("1234.5")), dollars(Decimal("0.00021"), 2), dollars(None)
        ('$0.00021', '$1,234.50', '<$0.01', 'unknown')
    """
    if amount is None:
        return "unknown"
    digits = money_digits([amount]) if digits is None else digits
    rounded = amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    if amount and not rounded:
        return f"<${Decimal(1).scaleb(-digits):f}"
    return f"${rounded:,f}"


def counted(number: float | None) -> str:
    """Write a count in at most five characters.

    Example:
        >>> counted(950), counted(12_345), counted(2_000_000), counted(None)
        ('950', '12.3k', '2M', '-')
    """
    if number is None:
        return UNKNOWN
    for size, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (1000, "k")):
        # 999,950 would be rounded to 1000k.
        if number >= size * 0.99995:
            return (
                f"{number / size:.1f}".removesuffix(".0") + letter
                if number < 100 * size
                else f"{number / size:.0f}{letter}"
            )
    return f"{number:,.0f}"


def percent(share: float | Decimal | None) -> str:
    """Write a share.

    Example:
        >>> percent(Decimal("0.5")), percent(0.0004), percent(None)
        ('50%', '<0.1%', '-')
    """
    if share is None:
        return UNKNOWN
    if 0 < share < 0.0005:  # noqa: PLR2004  # what a tenth of a per cent would be rounded down to
        return "<0.1%"
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def seconds(time: float | None) -> str:
    """Write a duration.

    Example:
        >>> seconds(0.42), seconds(3.14159), seconds(75), seconds(None)
        ('420 ms', '3.14 s', '75.0 s', '-')
    """
    if time is None:
        return UNKNOWN
    if time < 0.9995:  # noqa: PLR2004  # from there on it is rounded to a second
        return f"{time * 1000:.0f} ms"
    # Three digits are enough.
    return f"{time:.2f} s" if time < 10 else f"{time:.1f} s" if time < 100 else f"{time:,.0f} s"  # noqa: PLR2004


def speed(tokens: float | None) -> str:
    """Write tokens per second."""
    if tokens is None:
        return UNKNOWN
    return f"{tokens:.1f}" if tokens < 10 else f"{tokens:,.0f}"  # noqa: PLR2004  # as many digits as matter


def calls(number: int) -> str:
    """Write how many calls.

    Example:
        >>> calls(1), calls(2500)
        ('1 call', '2,500 calls')
    """
    return f"{number:,} call" if number == 1 else f"{number:,} calls"


def month_day(time: dt.datetime) -> str:
    """Write a day without its year, such as `21 Nov`."""
    return f"{time.day} {_MONTHS[time.month - 1]}"


def day(time: dt.datetime) -> str:
    """Write a day, such as `21 Nov 2026`."""
    return f"{month_day(time)} {time.year}"


def moment(time: dt.datetime) -> str:
    """Write a time, such as `21 Nov 2026, 09:05 UTC`."""
    return f"{day(time)}, {time:%H:%M} UTC"


def period(first: dt.datetime, last: dt.datetime) -> str:
    """Write from when to when."""
    if first.date() != last.date():
        return f"{day(first)} to {day(last)} (UTC)"
    return moment(first) if f"{first:%H:%M}" == f"{last:%H:%M}" else f"{day(first)}, {first:%H:%M} to {last:%H:%M} UTC"
