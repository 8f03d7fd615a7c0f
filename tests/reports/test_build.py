from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.reports import ReportRow, build_report
from tests.reports.made import NOON, call, records

if TYPE_CHECKING:
    import random

ONE_VALUE = ["model", "model_asked", "provider", "day", "user", "thread", "status", "error", "key", "team"]
"""What each call has one value of, or none."""

COUNTS = (
    "calls", "failed_calls", "unpriced_calls", "pending_calls", "cached_calls", "cached_tokens", "reasoning_tokens",
)  # fmt: skip
HOUR = dt.timedelta(hours=1)


def values(rows: tuple[ReportRow, ...]) -> list[str]:
    """Give what the calls of each row have in common."""
    return [row.value for row in rows]


class TestSums:
    @settings(max_examples=200, deadline=None)
    @given(by=st.sampled_from(ONE_VALUE), made=st.lists(records(), max_size=12))
    def test_rows_add_up_to_the_total(self, by: str, made: list[Any]) -> None:
        """Where a call has one value, costs and counts of the rows add up to the total, to the last digit."""
        if by == "team":
            made.append(call("0.1", metadata={"team": "x"}))
        told = build_report(made, by=by)

        known = [row.cost for row in told.rows if row.cost is not None]
        assert sum(known, Decimal(0)) == (told.total.cost or 0)
        assert told.total.cost == sum((each.cost for each in made if each.cost is not None), Decimal(0)) or not known
        for name in COUNTS:
            assert sum(getattr(row, name) for row in told.rows) == getattr(told.total, name)
        assert told.total.calls == len(made)

    @settings(deadline=None)
    @given(made=st.lists(records(), max_size=12), shuffler=st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, made: list[Any], shuffler: random.Random) -> None:
        """The same calls in another order give the same numbers."""
        shuffled = list(made)
        shuffler.shuffle(shuffled)
        one, other = (build_report(each, by="tag", now=NOON) for each in (made, shuffled))

        assert (one.rows, one.total, one.models, one.performance) == (
            other.rows, other.total, other.models, other.performance,
        )  # fmt: skip
        assert one.timeline == other.timeline

    @settings(deadline=None)
    @given(made=st.lists(records(), min_size=1, max_size=12))
    def test_the_timeline_holds_what_was_spent(self, made: list[Any]) -> None:
        """The buckets of the chart add up to the total, in calls and dollars, and lie one beside the other."""
        told = build_report(made)
        buckets = told.timeline.buckets

        assert sum((bucket.cost for bucket in buckets), Decimal(0)) == (told.total.cost or 0)
        assert sum(bucket.calls for bucket in buckets) == len(made)
        assert [bucket.start for bucket in buckets] == sorted({bucket.start for bucket in buckets})
        assert buckets[0].calls
        assert buckets[-1].calls

    def test_amounts_of_very_different_size_are_exact(self) -> None:
        """A sum has all digits of its parts, however many the caller's decimal context would keep."""
        told = build_report([call("9000000"), call("0.000000000000000000000000000001")])

        assert told.total.cost == Decimal("9000000.000000000000000000000000000001")

    def test_unknown_is_not_zero(self) -> None:
        """A row of unpriced calls has no cost and no means; beside a sum stands how many calls are not in it."""
        told = build_report([call("0.5"), call(None), call(None, model="c/d")])
        known, unknown = told.rows

        assert (known.cost, known.unpriced_calls, known.mean_cost) == (Decimal("0.5"), 1, Decimal("0.5"))
        assert (unknown.cost, unknown.unpriced_calls, unknown.share) == (None, 1, None)
        assert (unknown.mean_cost, unknown.cost_per_success) == (None, None)
        assert (told.total.cost, told.total.unpriced_calls) == (Decimal("0.5"), 2)

    def test_what_a_cache_answered_costs_nothing(self) -> None:
        """A cached call is counted apart, is not unpriced, and makes no mean smaller."""
        row = build_report([call("0.5"), call(None, status="cached"), call("0", status="cached")]).total

        assert (row.calls, row.cached_calls, row.unpriced_calls) == (3, 2, 0)
        assert (row.cost, row.mean_cost) == (Decimal("0.5"), Decimal("0.5"))

    def test_the_cost_of_a_success_holds_that_of_failures(self) -> None:
        """Three calls at 10 cents, two of them failed: a success costs 30 cents; without a success there is no such."""
        failed = {"error": "OpenRouterTimeoutError", "tags": ("finding",)}
        told = build_report(
            [call("0.1", tags=("finding",)), call("0.1", **failed), call("0.1", **failed), call("0.2", error="X")],
            by="tag",
        )

        assert {row.value: row.cost_per_success for row in told.rows} == {"finding": Decimal("0.3"), "(none)": None}

    def test_a_success_without_a_price_makes_no_other_cheaper(self) -> None:
        """Means are over the calls that have a cost: an unpriced success lies in neither sum nor count."""
        row = build_report([call("0.5"), call("0.5"), call(None)]).total

        assert (row.mean_cost, row.cost_per_success) == (Decimal("0.5"), Decimal("0.5"))

    def test_nothing_costs_nothing(self) -> None:
        """No calls: the total is 0, which is known, and there are no rows."""
        told = build_report([])

        assert (told.rows, told.total.calls) == ((), 0)
        assert told.total.cost == told.daily_average == 0
        assert told.timeline.buckets == ()

    def test_tokens_that_nobody_told_are_unknown(self) -> None:
        """Tokens are added up where they are told; where they never are, they are not 0."""
        told = build_report([call("1", prompt_tokens=5), call("1")]).total

        assert (told.prompt_tokens, told.completion_tokens) == (5, None)

    def test_time_grows_with_the_calls(self) -> None:
        """Ten times the calls take about ten times as long, not a hundred times."""
        made = [call("0.001", model=f"a/{number % 20}", tags=("x", "y"), duration_s=1.0) for number in range(20_000)]

        def seconds(number: int) -> float:
            begin = time.thread_time()  # of this thread, so that a busy machine does not count
            build_report(made[:number], by="tag").to("html")
            return time.thread_time() - begin

        few, many = (min(seconds(number) for _ in range(2)) for number in (2000, 20_000))
        assert many < 40 * few


class TestBy:
    def test_several_tags(self) -> None:
        """A call counts under each of its tags, once under one that it has twice; the total counts it once."""
        told = build_report([call("0.1", tags=("x", "y", "x")), call("0.2", tags=("x",)), call("0.4")], by="tag")

        assert [(row.value, row.cost, row.calls) for row in told.rows] == [
            ("(none)", Decimal("0.4"), 1),
            ("x", Decimal("0.3"), 2),
            ("y", Decimal("0.1"), 1),
        ]
        assert (told.total.cost, told.total.calls) == (Decimal("0.7"), 3)

    def test_a_failed_call_counts_for_the_model_that_was_asked(self) -> None:
        """No model answered, so the one that was asked stands for it; by `model_asked` it is always that one."""
        made = [call("1", model="a/b-2026", model_asked="a/b"), call(None, model=None, model_asked="a/b", error="X")]

        assert values(build_report(made).rows) == ["a/b-2026", "a/b"]
        assert values(build_report(made, by="model_asked").rows) == ["a/b"]

    @pytest.mark.parametrize(
        ("by", "field", "value"),
        [
            ("provider", "provider", "Acme"),
            ("user", "user", "anna"),
            ("thread", "thread_id", "t-1"),
            ("key", "key", "f00"),
        ],
    )
    def test_by_a_field(self, by: str, field: str, value: str) -> None:
        """Each name stands for its field of the call; calls without a value stand together."""
        made = [call("2", **{field: value}), call("1", **{field: None}), call("0.5", **{field: ""})]

        assert values(build_report(made, by=by).rows) == [value, "(none)"]

    def test_by_status_and_error(self) -> None:
        """Calls can be told apart by where their cost is from, and by what ended them."""
        made = [call("2"), call(None, error="OpenRouterTimeoutError")]

        assert values(build_report(made, by="status").rows) == ["billed", "unknown"]
        assert values(build_report(made, by="error").rows) == ["(none)", "OpenRouterTimeoutError"]

    def test_by_metadata(self) -> None:
        """A key of the metadata: texts, numbers and truth values, and those without it."""
        made = [call("3", metadata={"round": 2}), call("2", metadata={"round": True}), call("1")]

        assert values(build_report(made, by="round").rows) == ["2", "True", "(none)"]

    def test_most_expensive_first(self) -> None:
        """Rows come by cost, those without one last; top models are five."""
        made = [call(cost, model=f"m/{number}") for number, cost in enumerate(["1", "3", None, "2", "0", "5", "4"])]
        told = build_report(made)

        assert values(told.rows) == ["m/5", "m/6", "m/1", "m/3", "m/0", "m/4", "m/2"]
        assert values(told.top_models) == ["m/5", "m/6", "m/1", "m/3", "m/0"]

    def test_days_in_order_of_time(self) -> None:
        """By day, the first day comes first, whatever it cost."""
        made = [call("1", started_at=NOON + dt.timedelta(days=days)) for days in (20, 1, 0)]

        assert values(build_report([*made, call("7", started_at=NOON + dt.timedelta(days=3))], by="day").rows) == [
            "2026-11-21", "2026-11-22", "2026-11-24", "2026-12-11",
        ]  # fmt: skip

    @pytest.mark.parametrize("by", ["modle", "", "prompt"])
    def test_nothing_by_that_name(self, by: str) -> None:
        """A name that no call knows is an error that lists those that there are."""
        with pytest.raises(ValueError, match=rf"by='{by}' .* Pass one of model, model_asked, .*tag.* metadata"):
            build_report([call("1", metadata={"team": "x"})], by=by)

    def test_any_metadata_of_no_calls(self) -> None:
        """An empty ledger has no metadata, and that is no error: a report of the first day is empty."""
        assert build_report([], by="team").rows == ()


class TestTime:
    MADE = tuple(call("1", started_at=NOON + hours * HOUR) for hours in (-36, -12, 0, 12, 36))
    """At midnight of the 20th, 0:00 and 12:00 of the 21st, and at midnight of the 22nd and 23rd."""

    @pytest.mark.parametrize(
        ("since", "until", "calls"),
        [
            (None, None, 5),
            (NOON, None, 3),
            (None, NOON, 2),
            (NOON, NOON, 0),
            (dt.date(2026, 11, 21), None, 4),
            (dt.date(2026, 11, 21), dt.date(2026, 11, 21), 2),
            ("2026-11-21", "2026-11-21", 2),
            ("2026-11-21T12:00:00Z", None, 3),
            (12 * HOUR, None, 4),
            (36 * HOUR, 12 * HOUR, 1),
            (dt.datetime(2026, 11, 21, 13, tzinfo=dt.timezone(HOUR)), None, 3),
        ],
    )
    def test_since_and_until(self, since: Any, until: Any, calls: int) -> None:
        """A report begins with `since` and ends before `until`; a day as `until` is counted in."""
        assert build_report(self.MADE, since=since, until=until, now=NOON).total.calls == calls

    @pytest.mark.parametrize("name", ["since", "until"])
    @pytest.mark.parametrize(
        ("value", "error", "reason"),
        [
            (dt.datetime(2026, 11, 21), ValueError, "has no zone"),  # noqa: DTZ001  # that is the mistake
            (-HOUR, ValueError, "lies in the future"),
            ("yesterday", ValueError, "is no time"),
            (7, TypeError, "is no time"),
        ],
    )
    def test_no_time(self, name: str, value: Any, error: type[Exception], reason: str) -> None:
        """What is no time is refused with its name, the reason and what to pass."""
        with pytest.raises(error, match=rf"{name}=.*{reason}. Pass "):
            build_report(self.MADE, **{name: value})

    def test_the_wrong_way_round(self) -> None:
        """A begin after the end is a mistake, not an empty report."""
        with pytest.raises(ValueError, match="is after until"):
            build_report(self.MADE, since=NOON + HOUR, until=NOON)

    @pytest.mark.parametrize(
        ("since", "until", "days"),
        [
            (None, None, "4"),  # the 20th to the 23rd, as calendar days
            (dt.timedelta(days=7), None, "7"),
            (dt.timedelta(hours=36), None, "1.5"),
            (dt.timedelta(hours=1), None, "1"),
            (dt.date(2026, 11, 1), dt.date(2026, 11, 10), "10"),
            (dt.date(2026, 11, 1), dt.date(2026, 11, 30), "20.5"),  # the rest of it has not been yet
        ],
    )
    def test_days_of_the_average(self, since: Any, until: Any, days: str) -> None:
        """The daily average is over the time that was asked for, as far as it is over, else over calendar days."""
        told = build_report(self.MADE, since=since, until=until, now=NOON)

        assert told.days == Decimal(days)

    def test_the_average_is_that_of_a_day(self) -> None:
        """Five dollars in four days."""
        assert build_report(self.MADE).daily_average == Decimal("1.25")

    @pytest.mark.parametrize(
        ("span", "unit", "buckets"),
        [
            (dt.timedelta(0), "minute", 1),
            (dt.timedelta(minutes=90), "minute", 91),
            (dt.timedelta(hours=2), "hour", 3),
            (dt.timedelta(days=4), "day", 5),
            (dt.timedelta(days=300), "week", 44),
            (dt.timedelta(days=1000), "month", 34),
        ],
    )
    def test_units_of_the_timeline(self, span: dt.timedelta, unit: str, buckets: int) -> None:
        """The longer the time, the longer its pieces; stretches without calls are there, too."""
        told = build_report([call("1"), call("1", started_at=NOON + span)]).timeline

        assert (told.unit, len(told.buckets)) == (unit, buckets)
