"""What the page is made of; how it looks and behaves in a browser is in integration_tests/test_report_page.py."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.reports import Gauge, build_report, report
from langchain_openrouter.reports.axes import axis_from_zero, axis_of
from langchain_openrouter.reports.charts import WIDE, cost_against_latency, spend_over_time
from tests.reports.made import HOSTILE, NOON, call, records

EVERYWHERE = {
    "model": HOSTILE, "model_asked": HOSTILE, "provider": HOSTILE, "error": None, "tags": (HOSTILE,), "user": HOSTILE,
    "metadata": {HOSTILE: HOSTILE}, "duration_s": 1.0,
}  # fmt: skip
TAGS = frozenset(
    [
        "b",
        "body",
        "br",
        "caption",
        "circle",
        "code",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "g",
        "h1",
        "h2",
        "head",
        "header",
        "html",
        "li",
        "line",
        "main",
        "meta",
        "p",
        "rect",
        "section",
        "span",
        "strong",
        "style",
        "svg",
        "table",
        "tbody",
        "td",
        "text",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
"""Whatever else is in a page came from a record."""

EMPTY = {"br", "meta"}


class Reader(HTMLParser):
    """Reads a page, and sees whether each tag is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.labels: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.labels += [value or "" for name, value in attrs if name == "aria-label"]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


class TestEscaping:
    @pytest.mark.parametrize("by", ["model", "tag", "provider", "user", HOSTILE])
    def test_hostile_names_are_text(self, by: str) -> None:
        """Names with markup and quotes appear as they are, and make no tag and no attribute, in SVG neither."""
        gauge = Gauge(name=HOSTILE, limit=Decimal(1), spent=Decimal(0))
        page = Reader(report([call("1", **EVERYWHERE)], by=by, format="html", gauges=[gauge], title=HOSTILE))

        assert page.tags <= TAGS
        assert not {name for name in page.attributes if name.startswith(("on", "src", "href", "style"))}
        assert page.texts.count(HOSTILE) >= 4
        assert sum(HOSTILE in label for label in page.labels) >= 3

    def test_hostile_errors_are_text(self) -> None:
        """The class of an error is escaped as well."""
        page = Reader(report([call(None, error=HOSTILE)], format="html"))

        assert page.tags <= TAGS
        assert f"1 {HOSTILE}" in page.texts

    @settings(deadline=None)
    @given(made=st.lists(records(), max_size=8))
    def test_any_page_is_well_formed(self, made: list[Any]) -> None:
        """Whatever the records, each tag is closed in its place, and numbers of the drawing are numbers."""
        text = report(made, by="tag", format="html")
        page = Reader(text)

        assert page.open == []
        assert page.tags <= TAGS
        assert re.findall(r'="-?(?:nan|inf)"', text) == []


class TestPage:
    def test_many_rows(self) -> None:
        """A page shows a hundred rows and says how many there are; the total is that of all."""
        text = report([call("1", tags=(f"tag {number}",)) for number in range(250)], by="tag", format="html")

        assert text.count("<tr><th") == 100 + 3 + 1
        assert "The first 100 of 250 rows" in text
        assert "$250.00" in text

    def test_many_models(self) -> None:
        """Six models have a colour of their own, the others share one; ten have a bar."""
        text = report([call("1", model=f"a/{number}") for number in range(12)], format="html")

        assert "6 more" in text
        assert "The 10 most expensive of 12" in text

    def test_days_of_one_call(self) -> None:
        """A single call makes a page with one bar, one point and one row."""
        told = build_report([call("0.02", duration_s=2.0)])
        chart = spend_over_time(told.timeline, {"a/b": "s0"}, WIDE)

        assert chart.count('class="s0 part"') == 1
        assert cost_against_latency(told.points, told.sample, {"a/b": "s0"}, WIDE).count('class="point s0"') == 1

    def test_free_calls_have_a_place(self) -> None:
        """What costs nothing lies below a logarithmic axis, which has no 0, and is labelled."""
        told = build_report([call(cost, model=f"a/{cost}", duration_s=1.0) for cost in ("0", "0.001", "1")])
        chart = cost_against_latency(told.points, told.sample, {}, WIDE)
        heights = [float(each) for each in re.findall(r'class="point s6" cx="[\d.]+" cy="([\d.]+)"', chart)]

        assert ">$0<" in chart
        assert len(set(heights)) == 3

    def test_names_do_not_lie_on_each_other(self) -> None:
        """Of models at one place, one has its name beside it; the others tell theirs when they are pointed at."""
        told = build_report([call("1", model=f"a/{number}", duration_s=1.0) for number in range(20)])
        chart = cost_against_latency(told.points, told.sample, {}, WIDE)

        assert 1 <= chart.count('class="name"') <= 3
        assert chart.count("<title>") == 20

    def test_dots_are_a_sample(self) -> None:
        """Of very many calls each n-th has a dot, from the first to the last."""
        told = build_report(
            [call("1", started_at=NOON + dt.timedelta(minutes=m), duration_s=1.0 + m) for m in range(1000)]
        )

        assert 200 <= len(told.sample) <= 300
        assert max(dot.latency for dot in told.sample) > 990


class TestAxes:
    @settings(deadline=None)
    @given(most=st.floats(1e-9, 1e9), ticks=st.integers(2, 8))
    def test_from_zero(self, most: float, ticks: int) -> None:
        """Labels begin at 0, are equally far from each other at 1, 2 or 5 of a power of ten, few, and reach the top."""
        axis = axis_from_zero(most, ticks)
        step = axis.ticks[1]

        assert len(axis.ticks) <= ticks + 1
        assert list(axis.ticks) == [step * number for number in range(len(axis.ticks))]
        assert step.normalize().as_tuple().digits in {(1,), (2,), (5,)}
        assert axis.high >= most * (1 - 1e-8)
        assert axis.at(0) == 0
        assert 0 < axis.at(most) <= 1

    @settings(deadline=None)
    @given(values=st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=9), ticks=st.integers(2, 6))
    def test_of_values(self, values: list[float], ticks: int) -> None:
        """All values lie inside, in their order, and there is a label; not more of them than asked for."""
        axis = axis_of(values, ticks)
        places = [axis.at(value) for value in sorted(values)]

        assert places == sorted(places)
        assert all(0 <= place <= 1 and math.isfinite(place) for place in places)
        assert 1 <= len(axis.ticks) <= ticks + 1
        assert axis.logarithmic is (max(values) >= 25 * min(values))

    def test_equal_factors(self) -> None:
        """On a logarithmic axis ten times as much lies equally far everywhere."""
        axis = axis_of([0.001, 1])

        assert axis.at(0.1) - axis.at(0.01) == pytest.approx(axis.at(1) - axis.at(0.1))

    def test_none_spent(self) -> None:
        """An axis of nothing is still an axis."""
        assert axis_from_zero(0).at(0) == 0
