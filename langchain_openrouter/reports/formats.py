"""Reports for terminals and programs: a table, JSON, CSV."""

from __future__ import annotations

import csv as csv_files
import datetime as dt
import io
import json as json_texts
from dataclasses import asdict, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.reports.rows import ReportRow

if TYPE_CHECKING:
    from langchain_openrouter.reports.building import Report

__all__ = ["as_dict", "csv", "json"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet takes for a formula."""


def json(report: Report) -> str:
    """Write all of a report but what the charts are drawn from; amounts are texts, exact."""
    return json_texts.dumps(as_dict(report), indent=2, ensure_ascii=False)


def as_dict(report: Report) -> dict[str, Any]:
    """Give what `json` writes, as values that JSON has."""
    plain: dict[str, Any] = _plain(
        {
            "title": report.title,
            "by": report.by,
            "created_at": report.created_at,
            "since": report.since,
            "until": report.until,
            "first_call": report.first_call,
            "last_call": report.last_call,
            "days": report.days,
            "daily_average": report.daily_average,
            "total": asdict(report.total),
            "rows": [asdict(row) for row in report.rows],
            "top_models": [asdict(row) for row in report.top_models],
            "performance": [{**asdict(each), "success_rate": each.success_rate} for each in report.performance],
            "gauges": [asdict(gauge) for gauge in report.gauges],
        }
    )
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.datetime) else value


def csv(report: Report) -> str:
    """Write one line for each row; what is not known is empty.

    There is no line for the total, which a spreadsheet would add to the rest. A text that a spreadsheet would take for
    a formula gets an apostrophe before it.
    """
    names = [each.name for each in fields(ReportRow)]
    file = io.StringIO()
    # With these line ends, as RFC 4180 has them, a name with either half of one is quoted.
    writer = csv_files.writer(file, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in report.rows)
    return file.getvalue()


def _cell(value: str | int | Decimal | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
