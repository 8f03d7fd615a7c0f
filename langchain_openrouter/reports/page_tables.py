"""The tables of a report's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_openrouter.reports import texts
from langchain_openrouter.reports.charts import escaped
from langchain_openrouter.reports.performance import for_people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from langchain_openrouter.reports.building import Report
    from langchain_openrouter.reports.performance import Percentiles, Performance
    from langchain_openrouter.reports.rows import ReportRow

__all__ = ["breakdown", "performance_section"]

_MOST_ROWS = 100
"""A page with thousands of rows is of no use to a reader; JSON and CSV have them all."""

_PERFORMANCE = (
    "Calls", "Success", "p50", "p90", "p95", "p99", "First p50", "First p95", "Tokens/s", "Errors",
)  # fmt: skip


def breakdown(report: Report) -> str:
    """Give the section with the rows of a report, or nothing where it has none."""
    if not report.rows:
        return ""
    lines = [*report.rows[:_MOST_ROWS], report.total]
    columns = _columns(lines)
    body = [
        f'<th scope="row">{escaped(row.value)}</th>{"".join(column[number] for _, column in columns)}'
        for number, row in enumerate(lines)
    ]
    name = texts.printable(report.by.replace("_", " "))
    heads = [head for head, _ in columns]
    table = _table(name[:1].upper() + name[1:], heads, body[:-1], _caption(report), body[-1])
    return f"<section><h2>By {escaped(name)}</h2>{table}</section>"


def _columns(rows: Sequence[ReportRow]) -> list[tuple[str, list[str]]]:
    """Give heads and cells; counts that are 0 in every row are left out, but for those that a reader asks about."""

    def counts(head: str, numbers: Sequence[int], kind: str = "") -> list[tuple[str, list[str]]]:
        cells = [_cell(f"{number:,}", kind if number else "") for number in numbers]
        return [(head, cells)] if kind or any(numbers) else []

    def tokens(head: str, numbers: Sequence[int | None]) -> list[tuple[str, list[str]]]:
        return [(head, [_cell(texts.counted(number)) for number in numbers])] if any(numbers) else []

    def amounts(head: str, costs: Sequence[Decimal | None], unknown: str = texts.UNKNOWN) -> tuple[str, list[str]]:
        # As many digits in each, so that their points stand below each other.
        digits = texts.money_digits(costs)
        return head, [_cell(unknown if cost is None else texts.dollars(cost, digits)) for cost in costs]

    return [
        *counts("Calls", [row.calls for row in rows]),
        *counts("Failed", [row.failed_calls for row in rows], "bad"),
        amounts("Cost", [row.cost for row in rows], "unknown"),
        *counts("Unpriced", [row.unpriced_calls for row in rows], "warn"),
        ("Share", [_cell(texts.percent(row.share)) for row in rows]),
        amounts("Per call", [row.mean_cost for row in rows]),
        amounts("Per success", [row.cost_per_success for row in rows]),
        *tokens("Tokens in", [row.prompt_tokens for row in rows]),
        *tokens("Cache read", [row.cached_tokens for row in rows]),
        *tokens("Tokens out", [row.completion_tokens for row in rows]),
        *tokens("Reasoning", [row.reasoning_tokens for row in rows]),
        *counts("Pending", [row.pending_calls for row in rows]),
        *counts("From cache", [row.cached_calls for row in rows]),
    ]


def _caption(report: Report) -> str:
    parts = ["In order of time." if report.by == "day" else "Most expensive first."]
    if report.by == "tag":
        parts.append("A call with several tags counts under each; the total counts it once.")
    if len(report.rows) > _MOST_ROWS:
        parts.append(f"The first {_MOST_ROWS} of {len(report.rows):,} rows; JSON and CSV have them all.")
    return " ".join(parts)


def performance_section(performance: Sequence[Performance]) -> str:
    """Give the section on latency, speed and errors, or nothing where no call was made."""
    if not performance:
        return ""
    caption = "Seconds to the end of an answer, and to its first piece where it was streamed."
    shown = for_people(performance)
    if len(shown) > _MOST_ROWS:
        caption += f" The first {_MOST_ROWS} of {len(shown):,} rows; JSON has them all."
    body = [_performance(*each) for each in shown[:_MOST_ROWS]]
    table = _table("Model and provider", _PERFORMANCE, body, caption)
    return f"<section><h2>Performance</h2>{table}</section>"


def _performance(measured: Performance, providers: str) -> str:
    latency, first = measured.latency, measured.first_token
    errors = "<br>".join(f"{count:,} {escaped(name)}" for name, count in measured.errors.items())
    cells = [
        _cell(f"{measured.calls:,}"),
        _cell(texts.percent(measured.success_rate), "bad" if measured.failed_calls else ""),
        *(_time(latency, name) for name in ("p50", "p90", "p95", "p99")),
        *(_time(first, name) for name in ("p50", "p95")),
        _cell(texts.speed(measured.tokens_per_second)),
        _cell(errors or "none", "text"),
    ]
    name = f'{escaped(measured.model)}<br><span class="soft">{escaped(providers)}</span>'
    return f'<th scope="row">{name}</th>{"".join(cells)}'


def _time(times: Percentiles | None, name: str) -> str:
    return _cell(texts.seconds(getattr(times, name)) if times else texts.UNKNOWN)


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>"


def _table(first: str, heads: Sequence[str], rows: Sequence[str], caption: str, total: str = "") -> str:
    """Give a table that is scrolled by itself where it is wider than the page.

    Args:
        first: The head of the first column, as it came from elsewhere.
        heads: Those of the others.
        rows: Cells of each row.
        caption: What it is about.
        total: Cells of the last line.
    """
    kinds = {"Errors": ' class="text"'}
    head = "".join(f'<th scope="col"{kinds.get(name, "")}>{name}</th>' for name in (escaped(first), *heads))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    foot = f"<tfoot><tr>{total}</tr></tfoot>" if total else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escaped(first)}: {caption}"><table>'
        f"<caption><span>{caption}</span></caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )
