"""Values of an answer, read tolerantly: what is missing, odd or unknown becomes ``None``, never an error and never 0.

A catalog must load whatever OpenRouter adds or changes tomorrow. What is new is found by the maintainer's check
(``scripts/check_drift.py``), which is strict.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = [
    "dollars",
    "flag",
    "has_id",
    "items",
    "mapping",
    "number",
    "seconds",
    "share",
    "text",
    "texts",
    "utc_day",
    "utc_time",
    "whole",
]

NOTHING: Mapping[str, Any] = {}
_NO_TEXTS: frozenset[str] = frozenset()
_ABSURD = Decimal(10) ** 9
"""Dollars for one token or unit; what is above is no price, and at its worst cannot be multiplied."""


def dollars(value: object) -> Decimal | None:
    """Read a price; a negative one says that it is decided per request, so it is not known.

    Example:
        >>> dollars("0.0000025"), dollars("-1"), dollars("free")
        (Decimal('0.0000025'), None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 <= price < _ABSURD else None


def share(value: object) -> Decimal:
    """Read a fraction from 0 to 1; what is none is 0."""
    fraction = dollars(value)
    return fraction if fraction is not None and fraction <= 1 else Decimal(0)


def number(value: object) -> float | None:
    """Read a finite number that is no price, such as a score."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) <= sys.float_info.max else None  # NaN is not below anything


def whole(value: object) -> int | None:
    """Read a count above 0; some records write 0 where they know none, and some write a float.

    Example:
        >>> whole(8192.0), whole(0), whole("8192")
        (8192, None, None)
    """
    count = number(value)
    return int(count) if count is not None and count >= 1 else None


def flag(value: object) -> bool | None:
    """Read a switch."""
    return value if isinstance(value, bool) else None


def text(value: object) -> str | None:
    """Read a text, the empty one too: it can mean "none" where ``null`` means "not known"."""
    return value if isinstance(value, str) else None


def texts(value: object) -> frozenset[str]:
    """Read a list of names as a set."""
    names = items(value)
    return frozenset(name for name in names if isinstance(name, str)) if names else _NO_TEXTS


def items(value: object) -> Sequence[Any]:
    """Read a list; what is none is empty."""
    return value if isinstance(value, (list, tuple)) else ()


def mapping(value: object) -> Mapping[str, Any]:
    """Read an object; what is none is empty."""
    return value if isinstance(value, Mapping) else NOTHING


def utc_time(value: object) -> dt.datetime | None:
    """Read Unix seconds; 0 stands where no time is known.

    Example:
        >>> utc_time(1_700_000_000).isoformat()
        '2023-11-14T22:13:20+00:00'
    """
    seconds = number(value)
    if not seconds or seconds < 0:
        return None
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return None


def utc_day(value: object) -> dt.date | None:
    """Read the day of an ISO 8601 date, which may have a time behind it."""
    if not isinstance(value, str):
        return None
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        return None


def has_id(record: object) -> bool:
    """Say whether something is a record that names what it is about."""
    return isinstance(record, Mapping) and isinstance(record.get("id"), str) and bool(record["id"])


def seconds(age: dt.timedelta | float | None) -> float:
    """Read an age that a caller gives: seconds or a ``timedelta``; ``None`` is any."""
    if age is None:
        return float("inf")
    return age.total_seconds() if isinstance(age, dt.timedelta) else float(age)
