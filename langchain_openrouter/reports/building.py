"""What was spent, put together."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from langchain_openrouter.reports.grouping import check_by, grouped, moment
from langchain_openrouter.reports.performance import Performance, measure
from langchain_openrouter.reports.rows import ReportRow, divide, rows_of, sum_up
from langchain_openrouter.reports.series import Point, Timeline, points_of, sample_of, timeline_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from langchain_openrouter.costs.record import CallRecord
    from langchain_openrouter.reports.gauge import Gauge
    from langchain_openrouter.reports.grouping import GroupBy, Moment

__all__ = ["Report", "ReportFormat", "build_report", "check_format", "report"]

ReportFormat = Literal["table", "json", "csv", "html"]
"""Columns of text; one JSON object; one CSV line for each row; a page with charts."""

_TITLE = "Spend on OpenRouter"
_TOP = 5
_DAY = dt.timedelta(days=1)
_MICROSECONDS = _DAY // dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What calls came to. `build_report` makes it.

    Args:
        title: What it is about, for people.
        by: What its rows are put together by.
        created_at: When it was made (UTC).
        since: Calls from this time on, if that was asked.
        until: Calls before this time, if that was asked.
        first_call: When the first call began.
        last_call: When the last call began.
        rows: Most expensive first; days in order of time.
        total: All calls, each once.
        models: The same by model, most expensive first.
        days: How long a time it is about, in days, at least one.
        performance: By model and provider.
        gauges: Budgets.
        timeline: Spend over time by model.
        points: Cost against latency, by model.
        sample: Cost against latency of some calls.
    """

    title: str
    by: str
    created_at: dt.datetime
    since: dt.datetime | None
    until: dt.datetime | None
    first_call: dt.datetime | None
    last_call: dt.datetime | None
    rows: tuple[ReportRow, ...]
    total: ReportRow
    models: tuple[ReportRow, ...]
    days: Decimal
    performance: tuple[Performance, ...]
    gauges: tuple[Gauge, ...]
    timeline: Timeline = field(repr=False)
    points: tuple[Point, ...] = field(repr=False)
    sample: tuple[Point, ...] = field(repr=False)

    @property
    def top_models(self) -> tuple[ReportRow, ...]:
        """The five models that cost most."""
        return self.models[:_TOP]

    @property
    def daily_average(self) -> Decimal | None:
        """Known dollars of a day, to twelve digits."""
        return divide(self.total.cost, self.days)

    def to(self, format: ReportFormat) -> str:  # noqa: A002  # the name that people look for
        """Write it.

        Args:
            format: In which format.

        Raises:
            ValueError: There is no such format.
        """
        check_format(format)
        from langchain_openrouter.reports import formats, page, table

        writers: dict[str, Callable[[Report], str]]
        writers = {"table": table.table, "json": formats.json, "csv": formats.csv, "html": page.html}
        return writers[format](self)


def check_format(format: str) -> None:  # noqa: A002
    """Look at a `format` argument.

    Raises:
        ValueError: There is no such format.
    """
    known = get_args(ReportFormat)
    if format not in known:
        msg = f"format={format!r} is no format of reports. Pass one of {', '.join(known)}."
        raise ValueError(msg)


def build_report(
    records: Iterable[CallRecord],
    *,
    by: GroupBy | str = "model",
    since: Moment | None = None,
    until: Moment | None = None,
    gauges: Sequence[Gauge] = (),
    title: str = _TITLE,
    now: dt.datetime | None = None,
) -> Report:
    """Put calls together.

    Args:
        records: The calls, each once, in any order.
        by: By what: one of `GroupBy`, or a key of the calls' metadata. A call with several tags counts under each of
            them; the total counts it once.
        since: Only calls from then on: a time with its zone, a day (UTC), or how long before now.
        until: Only calls before then; a day is counted in.
        gauges: Budgets to show.
        title: What people read above it.
        now: The time that it is made, with its zone. Default: now.

    Returns:
        The report. Costs that nobody knows are in no sum, but counted beside each.

    Raises:
        TypeError: `since` or `until` is no time.
        ValueError: There is nothing to put together by that name, a time has no zone, or `since` is after `until`.

    Example:
        >>> from langchain_openrouter.costs.record import CallRecord
        >>> begin = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
        >>> record = CallRecord(id="1", started_at=begin, model="a/b", cost=Decimal("0.25"), tags=("x", "y"))
        >>> made = build_report([record], by="tag")
        >>> [(row.value, row.cost) for row in made.rows], made.total.cost
        ([('x', Decimal('0.25')), ('y', Decimal('0.25'))], Decimal('0.25'))
    """
    now = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    begin, end = moment(since, now, "since"), moment(until, now, "until")
    if begin and end and begin > end:
        msg = f"since={since!r} is after until={until!r}. Pass the earlier time as `since`."
        raise ValueError(msg)
    every = list(records)
    check_by(by, every)
    calls = [call for call in every if (not begin or begin <= call.started_at) and (not end or call.started_at < end)]
    total = sum_up("Total", calls)
    models = grouped(calls, "model")
    by_model = rows_of(models, total.cost)
    times = [call.started_at for call in calls]
    return Report(
        title=title,
        by=by,
        created_at=now,
        since=begin,
        until=end,
        first_call=min(times, default=None),
        last_call=max(times, default=None),
        rows=tuple(by_model if by == "model" else _rows(calls, by, total.cost)),
        total=total,
        models=tuple(by_model),
        days=_days(begin, end, (min(times), max(times)) if times else None, now),
        performance=tuple(measure(calls)),
        gauges=tuple(gauges),
        timeline=timeline_of(models),
        points=points_of(models),
        sample=sample_of(models),
    )


def _rows(calls: Sequence[CallRecord], by: str, whole: Decimal | None) -> list[ReportRow]:
    rows = rows_of(grouped(calls, by), whole)
    return sorted(rows, key=lambda row: row.value) if by == "day" else rows


def _days(
    since: dt.datetime | None,
    until: dt.datetime | None,
    calls: tuple[dt.datetime, dt.datetime] | None,
    now: dt.datetime,
) -> Decimal:
    """Give how long a time a report is about, in days, at least one.

    Args:
        since: From when on; else from the midnight (UTC) before the first call.
        until: Until when, or until now if that is earlier; else, where `since` is given, until now; else until the
            midnight after the last call.
        calls: When the first and the last call began.
        now: The time.
    """
    first, last = calls or (now, now)
    begin = since or _midnight(first)
    end = min(until, now) if until else now if since else _midnight(last) + _DAY
    microseconds = (end - begin) // dt.timedelta(microseconds=1)
    return max(divide(Decimal(microseconds), _MICROSECONDS) or Decimal(1), Decimal(1))


def _midnight(time: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(time.date(), dt.time(), dt.UTC)


def report(
    records: Iterable[CallRecord],
    *,
    by: GroupBy | str = "model",
    since: Moment | None = None,
    until: Moment | None = None,
    format: ReportFormat = "table",  # noqa: A002
    gauges: Sequence[Gauge] = (),
    path: str | os.PathLike[str] | None = None,
    title: str = _TITLE,
) -> str:
    """Write what calls came to.

    Args:
        records: The calls, each once, in any order.
        by: What they are put together by: one of `GroupBy`, or a key of the calls' metadata.
        since: Only calls from then on: a time with its zone, a day (UTC), or how long before now.
        until: Only calls before then; a day is counted in.
        format: `"table"`, `"json"`, `"csv"`, or `"html"`: a page with charts that needs no network.
        gauges: Budgets to show.
        path: A file to write it to, too.
        title: What people read above it.

    Raises:
        TypeError: As of `build_report`.
        ValueError: There is no such format; or as of `build_report`.

    Example:
        >>> from langchain_openrouter.costs.record import CallRecord
        >>> begin = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
        >>> print(report([CallRecord(id="1", started_at=begin, model="a/b", cost=Decimal("0.25"))], format="csv")[:25])
        value,calls,failed_calls,
    """
    check_format(format)
    text = build_report(records, by=by, since=since, until=until, gauges=gauges, title=title).to(format)
    if path is not None:
        # A tag may hold half a character; that must not cost the report.
        Path(path).write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    return text
