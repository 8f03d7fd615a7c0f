"""Values of an answer: what they mean, and what becomes of those that mean nothing."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from langchain_openrouter.catalog.reading import (
    dollars,
    flag,
    items,
    mapping,
    number,
    share,
    text,
    texts,
    utc_day,
    utc_time,
    whole,
)
from tests.helpers.records import JSON, ODD

HUGE = pytest.param(10**400, id="huge")
"""JSON allows it; no float can hold it."""


@pytest.mark.parametrize(
    ("value", "price"),
    [
        ("0.0000025", "0.0000025"),
        ("2.5e-6", "0.0000025"),
        (2.5e-6, "0.0000025"),
        (0.1, "0.1"),
        ("0", "0"),
        (0, "0"),
        (3, "3"),
        (Decimal("0.30"), "0.30"),
    ],
)
def test_a_price_is_exact(value: Any, price: str) -> None:
    """A price is the decimal that was written; a float is the decimal that it shows."""
    assert dollars(value) == Decimal(price)


@pytest.mark.parametrize(
    "value",
    ["-1", -1, "-0.000001", -1e-9, "", "free", "NaN", "sNaN", "Infinity", "-Infinity", None, True, False, [], {}, "$1"],
)
def test_what_is_no_price_is_unknown(value: Any) -> None:
    """A negative price is decided per request; that, and what is no number, is `None`, never 0."""
    assert dollars(value) is None


@given(st.decimals(min_value=0, max_value=1000, allow_nan=False, allow_infinity=False))
def test_every_price_that_can_be_written_is_read(price: Decimal) -> None:
    """No digit of a price is lost, however many it has."""
    read = dollars(str(price))

    assert read is not None
    assert read.as_tuple() == price.as_tuple()


@given(JSON)
@example("1e999999")
@example("1e-999999")
def test_a_price_is_a_usable_decimal_or_none(value: Any) -> None:
    """Whatever stands there: what is read can be reckoned with, also per million tokens."""
    price = dollars(value)

    if price is not None:
        assert isinstance(price, Decimal)
        assert price.is_finite()
        assert price >= 0
        assert (price * 4 * 10**6).is_finite()


@given(JSON)
def test_a_share_is_a_fraction(value: Any) -> None:
    """A share lies between 0 and 1, whatever is written."""
    assert 0 <= share(value) <= 1


@pytest.mark.parametrize(
    ("value", "fraction"),
    [(0.25, "0.25"), ("0.25", "0.25"), (1, "1"), (0, "0"), (1.01, "0"), (-0.5, "0"), (None, "0"), (True, "0")],
)
def test_shares(value: Any, fraction: str) -> None:
    """A share is read as written; what is none takes nothing off."""
    assert share(value) == Decimal(fraction)


@given(JSON)
@example(10**400)
@example(-(10**400))
def test_a_number_is_finite_or_none(value: Any) -> None:
    """A JSON number of any size is a finite float or unknown; nothing else is a number."""
    found = number(value)

    if isinstance(value, bool) or not isinstance(value, (int, float)):
        assert found is None
    elif abs(value) < 1e300:
        assert found == float(value)
    if found is not None:
        assert isinstance(found, float)
        assert math.isfinite(found)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, [1], HUGE])
def test_what_is_no_number(value: Any) -> None:
    """A text is no number, a switch is none, and what no float can hold is unknown."""
    assert number(value) is None


@pytest.mark.parametrize(("value", "count"), [(1, 1), (8192, 8192), (8192.0, 8192), (8192.9, 8192), (1e6, 10**6)])
def test_counts(value: Any, count: int) -> None:
    """A count is a whole number, also where it is written as a float."""
    found = whole(value)

    assert found == count
    assert type(found) is int


@given(JSON)
@example(10**400)
def test_a_count_is_above_zero_or_none(value: Any) -> None:
    """No count is 0 or negative: those stand where none is known."""
    found = whole(value)

    assert found is None or (type(found) is int and found >= 1)


@given(JSON)
def test_only_switches_and_texts_are_such(value: Any) -> None:
    """A switch is `True` or `False`, a text is a text; nothing is turned into one."""
    assert flag(value) is (value if isinstance(value, bool) else None)
    assert text(value) is (value if isinstance(value, str) else None)


def test_the_empty_text_is_a_text() -> None:
    """An empty text is told from none: it says that there is nothing."""
    assert text("") == ""


@given(JSON)
def test_lists_and_objects(value: Any) -> None:
    """A list is a list and an object an object; all else is empty, and other members of a list of names are left."""
    assert list(items(value)) == (value if isinstance(value, list) else [])
    assert mapping(value) == (value if isinstance(value, dict) else {})
    expected = {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()
    assert texts(value) == expected
    assert isinstance(texts(value), frozenset)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1_700_000_000, "2023-11-14T22:13:20+00:00"),
        (1_700_000_000.0, "2023-11-14T22:13:20+00:00"),
        (1, "1970-01-01T00:00:01+00:00"),
    ],
)
def test_times(value: Any, time: str) -> None:
    """Unix seconds are a moment in UTC."""
    assert utc_time(value) == dt.datetime.fromisoformat(time)


@pytest.mark.parametrize("value", [0, 0.0, -1, None, "1700000000", True, 1_700_000_000_000, 1e300, math.nan, HUGE])
def test_what_is_no_time(value: Any) -> None:
    """0 stands where no time is known; milliseconds and other numbers beyond the calendar are none."""
    assert utc_time(value) is None


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-08-15", dt.date(2026, 8, 15)),
        ("2026-08-15T23:59:59Z", dt.date(2026, 8, 15)),
        ("2098-12-31", dt.date(2098, 12, 31)),
        ("2026-13-01", None),
        ("2026-02-30", None),
        ("soon", None),
        ("", None),
        (20260815, None),
        (None, None),
    ],
)
def test_days(value: Any, day: dt.date | None) -> None:
    """An ISO date is a day; a time behind it does not matter, and what is no day is unknown."""
    assert utc_day(value) == day


@pytest.mark.parametrize("read", [dollars, flag, items, mapping, number, share, text, texts, utc_day, utc_time, whole])
def test_nothing_is_refused(read: Any) -> None:
    """No function raises, whatever odd value it is given."""
    for value in ODD:
        read(value)


@given(JSON)
def test_no_time_or_day_is_refused(value: Any) -> None:
    """A moment has a zone, a day has no time, and garbage has neither."""
    moment, day = utc_time(value), utc_day(value)

    assert moment is None or moment.tzinfo is dt.UTC
    assert day is None or type(day) is dt.date
