"""Windows of time: in UTC, one after the other, each moment in exactly one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter import Budget
from langchain_openrouter.ledger.window import Period, check_period, window_at

ZONES = st.timezones() | st.just(dt.UTC)
moments = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001
NAMED: list[Period] = ["minute", "hour", "day", "week", "month"]
lengths = st.timedeltas(dt.timedelta(seconds=1), dt.timedelta(days=400))
periods = st.sampled_from(NAMED) | lengths


@given(periods, moments)
def test_holds_its_moment(per: Any, now: dt.datetime) -> None:
    """A moment is in its window, and the window is in UTC, wherever the moment was told."""
    window = window_at(per, now)

    assert window.start is not None
    assert window.resets_at is not None
    assert window.start <= now < window.resets_at
    assert window.start.tzinfo is window.resets_at.tzinfo is dt.UTC
    assert window == window_at(per, now.astimezone(dt.UTC))


@given(periods, moments)
def test_one_after_the_other(per: Any, now: dt.datetime) -> None:
    """The first moment of a window has the same window, its end the next, and the moment before it the last."""
    window = window_at(per, now)
    assert window.start is not None
    assert window.resets_at is not None

    assert window_at(per, window.start) == window
    assert window_at(per, window.resets_at).start == window.resets_at
    assert window_at(per, window.start - dt.timedelta(microseconds=1)).resets_at == window.start


@given(moments)
def test_calendar(now: dt.datetime) -> None:
    """Days begin at midnight UTC, weeks on Monday, months on the first, as OpenRouter's own limits do."""
    day, week, month = (window_at(per, now).start for per in ("day", "week", "month"))

    assert day is not None
    assert week is not None
    assert month is not None
    assert day.time() == week.time() == month.time() == dt.time(0)
    assert day.date() == now.astimezone(dt.UTC).date()
    assert week.weekday() == 0
    assert month.day == 1


@pytest.mark.parametrize("per", ["run", "lifetime"])
def test_without_end(per: Any) -> None:
    """Runs and lifetimes have no end."""
    window = window_at(per, dt.datetime.now(dt.UTC))

    assert (window.start, window.resets_at) == (None, None)


@pytest.mark.parametrize(
    "wrong", ["year", "", "Day", None, 1, dt.timedelta(0), dt.timedelta(seconds=-1), dt.timedelta(milliseconds=1)]
)
def test_no_period(wrong: Any) -> None:
    """What is no period is refused with the names of those that are, by a budget too."""
    with pytest.raises(ValueError, match=r"per=.*Pass one of run, minute"):
        check_period(wrong)
    with pytest.raises(ValueError, match=r"per=.*Pass one of run, minute"):
        Budget("$1", per=wrong)


@given(st.lists(lengths, min_size=2, max_size=2, unique=True), moments)
def test_keys_of_lengths(two: list[dt.timedelta], now: dt.datetime) -> None:
    """Budgets of one name with windows of unlike length are kept apart."""
    first, second = (Budget("$1", per=length, name="x") for length in two)

    assert first.key != second.key
    assert first.counter({}, None, first.window(now)) != second.counter({}, None, second.window(now))


@given(lengths, moments)
def test_keys_of_windows(length: dt.timedelta, now: dt.datetime) -> None:
    """Windows that follow each other have counters of their own, also where they are not whole seconds long."""
    budget = Budget("$1", per=length)
    window = budget.window(now)
    assert window.resets_at is not None

    assert budget.counter({}, None, window) != budget.counter({}, None, budget.window(window.resets_at))
