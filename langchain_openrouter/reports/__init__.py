"""What was spent: by model, day, tag and more, as a table, JSON, CSV, or a page with charts.

Example:
    >>> import datetime as dt
    >>> from decimal import Decimal
    >>> from langchain_openrouter.costs.record import CallRecord
    >>> from langchain_openrouter.reports import build_report
    >>> calls = [
    ...     CallRecord(id="1", started_at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC), model="a/b", cost=Decimal("0.02")),
    ...     CallRecord(id="2", started_at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC), model="a/b"),
    ... ]
    >>> row = build_report(calls).rows[0]
    >>> row.value, row.cost, row.unpriced_calls
    ('a/b', Decimal('0.02'), 1)
"""

from __future__ import annotations

from langchain_openrouter.reports.building import Report, ReportFormat, build_report, report
from langchain_openrouter.reports.gauge import Gauge
from langchain_openrouter.reports.grouping import GroupBy
from langchain_openrouter.reports.performance import Percentiles, Performance, measure
from langchain_openrouter.reports.rows import ReportRow

__all__ = [
    "Gauge",
    "GroupBy",
    "Percentiles",
    "Performance",
    "Report",
    "ReportFormat",
    "ReportRow",
    "build_report",
    "measure",
    "report",
]
