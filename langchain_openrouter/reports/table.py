"""Reports as columns of text, for terminals."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_openrouter.reports import texts
from langchain_openrouter.reports.performance import for_people

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from langchain_openrouter.reports.building import Report
    from langchain_openrouter.reports.gauge import Gauge
    from langchain_openrouter.reports.performance import Percentiles, Performance
    from langchain_openrouter.reports.rows import ReportRow

__all__ = ["performance_table", "table"]

_GAP = "  "
_NARROWEST_NAME = 32
"""Columns that a name gets before more numbers are shown."""

_LEAST_NAME = 12
"""Columns that it gets however narrow the terminal is."""

_USUAL_WIDTH = 100
"""Columns, where there is no terminal to ask, as in a file."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table.

    Args:
        head: What stands above it.
        cells: One for each row.
        rank: How soon it may be left out where there is no room: the higher, the sooner; 0 never.
    """

    head: str
    cells: Sequence[str]
    rank: int = 0

    @property
    def width(self) -> int:
        return max(map(texts.width, (self.head, *self.cells)))


def table(report: Report, columns: int | None = None) -> str:
    """Write a report as a table of text.

    Args:
        report: The report.
        columns: How wide it may be. Default: as the terminal.
    """
    room = columns or shutil.get_terminal_size((_USUAL_WIDTH, 24)).columns
    parts = [_head(report), _rows(report, room), *map(_gauge, report.gauges), *_notes(report)]
    measured = "\n" + performance_table(report.performance, room) if report.performance else ""
    return "\n".join(parts) + "\n" + measured


def performance_table(performance: Sequence[Performance], columns: int | None = None) -> str:
    """Write latency, speed and errors as a table of text.

    Args:
        performance: As a report has it.
        columns: How wide it may be. Default: as the terminal.
    """
    room = columns or shutil.get_terminal_size((_USUAL_WIDTH, 24)).columns
    shown = for_people(performance)
    names = [texts.printable(f"{each.model} @ {providers}") for each, providers in shown]
    performance = [each for each, _ in shown]
    times = [
        ("p50", [_at(each.latency, "p50") for each in performance], 0),
        ("p90", [_at(each.latency, "p90") for each in performance], 3),
        ("p95", [_at(each.latency, "p95") for each in performance], 0),
        ("p99", [_at(each.latency, "p99") for each in performance], 2),
        ("first p50", [_at(each.first_token, "p50") for each in performance], 0),
        ("first p95", [_at(each.first_token, "p95") for each in performance], 1),
        ("tokens/s", [texts.speed(each.tokens_per_second) for each in performance], 0),
        ("errors", [", ".join(f"{count} {name}" for name, count in each.errors.items()) for each in performance], 4),
    ]
    counts = [
        _Column("calls", [f"{each.calls:,}" for each in performance]),
        _Column("success", [texts.percent(each.success_rate) for each in performance]),
    ]
    lines = _drawn(_Column("model @ provider", names), [*counts, *(_Column(*each) for each in times)], room)
    return "\n".join(lines) + "\n"


def _at(times: Percentiles | None, name: str) -> str:
    return texts.seconds(getattr(times, name)) if times else texts.UNKNOWN


def _head(report: Report) -> str:
    total = report.total
    when = ""
    if report.first_call and report.last_call:
        when = f", {texts.period(report.first_call, report.last_call)}"
    average = f", {texts.dollars(report.daily_average)} a day" if report.days > 1 else ""
    return (
        f"{texts.printable(report.title)}: {texts.dollars(total.cost)} in {texts.calls(total.calls)}{average}{when}\n"
    )


def _rows(report: Report, room: int) -> str:
    if not report.rows:
        return "No calls."
    rows = [*report.rows, report.total]
    lines = _drawn(
        _Column(texts.printable(report.by), [texts.printable(row.value) for row in rows]), _columns(rows), room
    )
    rule = "-" * max(map(texts.width, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _columns(rows: Sequence[ReportRow]) -> list[_Column]:
    def counts(head: str, number: Callable[[ReportRow], int], rank: int, *, always: bool = False) -> list[_Column]:
        numbers = [number(row) for row in rows]
        return [_Column(head, [f"{each:,}" for each in numbers], rank)] if always or any(numbers) else []

    def amounts(head: str, costs: Sequence[Decimal | None], rank: int = 0, unknown: str = "unknown") -> _Column:
        digits = texts.money_digits(costs)
        return _Column(head, [unknown if cost is None else texts.dollars(cost, digits) for cost in costs], rank)

    return [
        *counts("calls", lambda row: row.calls, 0, always=True),
        *counts("failed", lambda row: row.failed_calls, 2, always=True),
        *counts("cached", lambda row: row.cached_calls, 4),
        amounts("cost", [row.cost for row in rows]),
        *counts("unpriced", lambda row: row.unpriced_calls, 0, always=True),
        *counts("pending", lambda row: row.pending_calls, 3),
        _Column("share", [texts.percent(row.share) for row in rows], 5),
        _Column("tokens in", [texts.counted(row.prompt_tokens) for row in rows], 7),
        _Column("out", [texts.counted(row.completion_tokens) for row in rows], 6),
        amounts("per call", [row.mean_cost for row in rows], 9, unknown=texts.UNKNOWN),
        amounts("per success", [row.cost_per_success for row in rows], 8, unknown=texts.UNKNOWN),
    ]


def _drawn(name: _Column, columns: Sequence[_Column], room: int) -> list[str]:
    """Give the lines: as many columns as fit beside a name that can still be told from others."""
    kept = list(columns)
    narrowest = min(name.width, _NARROWEST_NAME)
    while narrowest + _taken(kept) > room and max(column.rank for column in kept):
        kept.remove(max(kept, key=lambda column: column.rank))
    wide = min(name.width, max(room - _taken(kept), _LEAST_NAME))
    lines = []
    for number in range(-1, len(name.cells)):
        first, *others = (column.head if number < 0 else column.cells[number] for column in (name, *kept))
        first = texts.short(first, wide)
        cells = (" " * (column.width - texts.width(cell)) + cell for column, cell in zip(kept, others, strict=True))
        lines.append(_GAP.join([first + " " * (wide - texts.width(first)), *cells]))
    return lines


def _taken(columns: Sequence[_Column]) -> int:
    return sum(len(_GAP) + column.width for column in columns)


def _gauge(gauge: Gauge) -> str:
    reserved = f", {texts.dollars(gauge.reserved)} reserved" if gauge.reserved else ""
    resets = f", resets {texts.moment(gauge.resets_at)}" if gauge.resets_at else ""
    spent = f"{texts.dollars(gauge.spent)} of {texts.dollars(gauge.limit)} ({texts.percent(gauge.share)})"
    return f"\nBudget {texts.printable(gauge.name)}: {spent}{reserved}{resets}"


def _notes(report: Report) -> list[str]:
    total = report.total
    notes = []
    if total.unpriced_calls:
        notes.append(f"\nThe cost of {texts.calls(total.unpriced_calls)} is not known and in no sum.")
    if total.pending_calls:
        notes.append(f"\nThe cost of {texts.calls(total.pending_calls)} is still to be confirmed (`reconcile`).")
    return notes
