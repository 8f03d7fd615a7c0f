"""Reports as a page with charts: one file, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from langchain_openrouter.reports import texts
from langchain_openrouter.reports.charts import (
    MIDDLE,
    NARROW,
    OTHERS,
    WIDE,
    Frame,
    bar,
    cost_against_latency,
    escaped,
    gauge_bar,
    spend_over_time,
    swatch,
)
from langchain_openrouter.reports.page_tables import breakdown, performance_section

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_openrouter.reports.building import Report
    from langchain_openrouter.reports.gauge import Gauge
    from langchain_openrouter.reports.rows import ReportRow

__all__ = ["html"]

_COLOURS = 6
"""Models that have a colour of their own."""

_MOST_BARS = 10
_HIGH = 0.8
"""The share of a budget from which on it is nearly used up."""

_NO_CALLS = "No calls in this time. Once there are some, their cost is shown here."


@dataclass(frozen=True, slots=True)
class _Figure:
    name: str
    value: str
    more: str = ""
    warns: bool = False


def html(report: Report) -> str:
    """Write a report as a page. All that records say is text in it, never markup."""
    title = escaped(report.title)
    colours = {row.value: f"s{number}" for number, row in enumerate(report.models[:_COLOURS])}
    parts = [
        f'<!doctype html>\n<html lang="en">\n{_head(title)}\n<body>',
        f'<header><h1>{title}</h1><p class="soft">{_period(report)}</p></header>\n<main>',
        _figures(report),
        _note(report),
        _budgets(report.gauges),
        _charts(report, colours) if report.total.calls else f"<section>{_empty(_NO_CALLS)}</section>",
        breakdown(report),
        performance_section(report.performance),
        f"</main>\n{_footer(report)}\n</body>\n</html>\n",
    ]
    return "\n".join(filter(None, parts))


@cache
def _style() -> str:
    return resources.files("langchain_openrouter.reports").joinpath("page.css").read_text(encoding="utf-8")


def _head(title: str) -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        f'<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_style()}</style>\n</head>"
    )


def _period(report: Report) -> str:
    if report.first_call is None or report.last_call is None:
        return "No calls"
    return texts.period(report.first_call, report.last_call)


def _figures(report: Report) -> str:
    total = report.total
    success = texts.percent(total.successful_calls / total.calls if total.calls else None)
    unpriced = f"{texts.calls(total.unpriced_calls)} unpriced" if total.unpriced_calls else "every call has a price"
    mean = texts.UNKNOWN if total.mean_cost is None else texts.dollars(total.mean_cost)
    figures = [
        _Figure("Spent", texts.dollars(total.cost), unpriced if total.calls else "", bool(total.unpriced_calls)),
        _Figure("Calls", f"{total.calls:,}", f"{total.cached_calls:,} from a cache" if total.cached_calls else ""),
        _Figure("Succeeded", success, f"{total.failed_calls:,} failed" if total.calls else ""),
        _Figure("Mean cost of a call", mean, _per_success(report)),
        _Figure("Daily average", texts.dollars(report.daily_average), f"over {_days(report)}"),
        _Figure("Tokens", *_tokens(report)),
    ]
    return f'<dl class="figures">{"".join(map(_figure, figures))}</dl>'


def _figure(figure: _Figure) -> str:
    kind = "more warn" if figure.warns else "more"
    more = f'<dd class="{kind}">{figure.more}</dd>' if figure.more else ""
    return f'<div><dt>{figure.name}</dt><dd class="value">{figure.value}</dd>{more}</div>'


def _per_success(report: Report) -> str:
    cost = report.total.cost_per_success
    return "" if cost is None else f"{texts.dollars(cost)} per success"


def _days(report: Report) -> str:
    number = f"{report.days:.1f}".removesuffix(".0")
    return f"{number} day" if number == "1" else f"{number} days"


def _tokens(report: Report) -> tuple[str, str]:
    prompt, completion = report.total.prompt_tokens, report.total.completion_tokens
    if prompt is None and completion is None:
        return texts.UNKNOWN, ""
    both = texts.counted((prompt or 0) + (completion or 0))
    return both, f"{texts.counted(prompt)} in, {texts.counted(completion)} out"


def _note(report: Report) -> str:
    total = report.total
    notes = []
    if total.unpriced_calls:
        notes.append(
            f"<p><strong>{texts.calls(total.unpriced_calls)} unpriced.</strong> Nobody knows what they cost, so they "
            "are in no sum here: the real spend may be higher.</p>"
        )
    if total.pending_calls:
        notes.append(
            f"<p><strong>{texts.calls(total.pending_calls)} pending.</strong> Their cost is still to be confirmed by "
            "OpenRouter; <code>reconcile</code> asks for it.</p>"
        )
    return f'<div class="note" role="note">{"".join(notes)}</div>' if notes else ""


def _section(title: str, subtitle: str, body: str) -> str:
    return f'<section><h2>{title}</h2><p class="sub">{subtitle}</p>{body}</section>'


def _empty(text: str) -> str:
    return f'<p class="empty">{text}</p>'


def _budgets(gauges: Sequence[Gauge]) -> str:
    if not gauges:
        return ""
    return _section(
        "Budgets", "Spent and reserved of each limit", f'<ul class="budgets">{"".join(map(_budget, gauges))}</ul>'
    )


def _budget(gauge: Gauge) -> str:
    kind, state = _state(gauge)
    # So many digits that a percent of the limit can be told from none.
    digits = texts.money_digits([gauge.limit / 100])
    spent = f"{texts.dollars(gauge.spent, digits)} of {texts.dollars(gauge.limit)}"
    details = [f"{texts.dollars(gauge.remaining, digits)} left"]
    if gauge.reserved:
        details.insert(0, f"{texts.dollars(gauge.reserved, digits)} reserved")
    if gauge.alert is not None and not state:
        details.append(f"alert at {texts.percent(gauge.alert)} reached")
    if gauge.resets_at:
        details.append(f"resets {texts.moment(gauge.resets_at)}")
    name, told = escaped(gauge.name), " · ".join(details)
    return (
        f'<li class="{kind}"><div class="text"><b>{name}</b><span>{spent} · {texts.percent(gauge.share)}</span></div>'
        f"{gauge_bar(gauge, f'{gauge.name}: {spent} spent, {told}')}"
        f'<div class="text soft"><span>{told}</span><span class="state">{state}</span></div></li>'
    )


def _state(gauge: Gauge) -> tuple[str, str]:
    """Give the class of page.css and the words for how full a budget is."""
    if gauge.spent >= gauge.limit:
        return "full", "limit reached"
    high = gauge.share is not None and gauge.share >= _HIGH
    return ("high", "nearly used up") if high else ("fine", "")


def _charts(report: Report, colours: Mapping[str, str]) -> str:
    pair = _models(report.models, colours) + _latency(report, colours)
    return f'{_timeline(report, colours)}\n<div class="pair">{pair}</div>'


def _timeline(report: Report, colours: Mapping[str, str]) -> str:
    subtitle = f"Dollars by {report.timeline.unit} (UTC), stacked by model"
    if not report.total.cost:
        return _section("Spend over time", subtitle, _empty("Nothing was spent, as far as is known."))
    charts = _each(lambda frame: spend_over_time(report.timeline, colours, frame))
    return _section("Spend over time", subtitle, charts + _legend(report.models, colours))


def _each(draw: Callable[[Frame], str], *, narrow: Frame = NARROW, middle: Frame = MIDDLE, wide: Frame = WIDE) -> str:
    frames = {"narrow": narrow, "middle": middle, "wide": wide}
    return "".join(f'<div class="{name}">{draw(frame)}</div>' for name, frame in frames.items())


def _legend(models: Sequence[ReportRow], colours: Mapping[str, str]) -> str:
    named = [row.value for row in models if row.value in colours and row.cost]
    others = sum(row.value not in colours and bool(row.cost) for row in models)
    items = [f"<li>{swatch(colours[model])}<span>{escaped(model)}</span></li>" for model in named]
    if others:
        items.append(f"<li>{swatch(OTHERS)}<span>{others:,} more</span></li>")
    return f'<ul class="legend">{"".join(items)}</ul>'


def _models(models: Sequence[ReportRow], colours: Mapping[str, str]) -> str:
    most = max((row.cost for row in models if row.cost), default=None)
    items = []
    for row in models[:_MOST_BARS]:
        told = [texts.dollars(row.cost), texts.percent(row.share), texts.calls(row.calls)]
        if row.share is None:
            told.pop(1)
        if row.unpriced_calls:
            told.append(f"{row.unpriced_calls:,} unpriced")
        text = " · ".join(told)
        share = float(row.cost / most) if row.cost and most else 0
        drawn = bar(share, colours.get(row.value, OTHERS), f"{row.value}: {text}")
        name = f'<b>{escaped(row.value)}</b><span class="soft">{text}</span>'
        items.append(f'<li><div class="text">{name}</div>{drawn}</li>')
    more = len(models) - _MOST_BARS
    subtitle = f"The {_MOST_BARS} most expensive of {len(models):,}" if more > 0 else "Most expensive first"
    return _section("Spend by model", subtitle, f'<ul class="bars">{"".join(items)}</ul>')


def _latency(report: Report, colours: Mapping[str, str]) -> str:
    subtitle = "A point for each model (mean cost of a call), a dot for single calls"
    if not report.points:
        return _section("Cost against latency", subtitle, _empty("No call has both a cost and a time."))
    charts = _each(
        lambda frame: cost_against_latency(report.points, report.sample, colours, frame),
        narrow=Frame(NARROW.width, 290),
        middle=Frame(MIDDLE.width, 340),
        # Half as wide, and about as high as the list of models beside it.
        wide=Frame(470, min(max(60 + 40 * len(report.models), 300), 430)),
    )
    return _section("Cost against latency", subtitle, charts)


def _footer(report: Report) -> str:
    return (
        "<footer><p>Sums hold the costs that are known; unpriced calls are counted beside them, never as 0. Answers "
        "from a cache cost nothing and are in no mean. The cost per success is all that was spent over the calls that "
        "gave an answer. Days and hours are UTC.</p>"
        "<p>Latency and speed are those of successful calls. Percentiles are by nearest rank: p95 is the least time "
        "that 95 of 100 calls did not exceed. Tokens per second is the median over the calls.</p>"
        f"<p>Made on {texts.moment(report.created_at)}. This page holds no prompt and no answer, and loads nothing."
        "</p></footer>"
    )
