"""Comparisons as a page: one file, no script, nothing from elsewhere. All that others wrote is text in it."""

from __future__ import annotations

import base64
import hashlib
from decimal import Decimal
from functools import cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from langchain_openrouter.evaluation.comparing.table import columns_of, judged, leaders, notes, score
from langchain_openrouter.evaluation.inputs import said, text_of
from langchain_openrouter.reports import texts
from langchain_openrouter.reports.charts import NARROW, OTHERS, WIDE, Frame, bar, cost_against_latency, escaped
from langchain_openrouter.reports.series import Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_openrouter.evaluation.comparing.comparison import Comparison
    from langchain_openrouter.evaluation.trial import Trial

__all__ = ["fragment", "html"]

_COLOURS = 6
"""Models that have a colour of their own."""

_MIDDLE, _HALF = 620, 470
"""Widths of charts: on a small screen, and beside another on a large one."""

_MOST_DOTS = 300
_MOST_INPUTS = 100
_LONGEST = 20_000
"""Characters of an answer; JSON has them all."""

_MOST_OPEN = 24
"""Calls whose answers are shown at once; of more, each is shown when it is asked for."""


def html(comparison: Comparison) -> str:
    """Write a comparison as a page."""
    colours = {row.model: f"s{number}" for number, row in enumerate(comparison.rows[:_COLOURS])}
    models = len(comparison.rows)
    title = "1 model measured" if models == 1 else f"{models:,} models compared"
    parts = [
        f'<!doctype html>\n<html lang="en">\n{_head(title)}\n<body>',
        f'<header><h1>{title}</h1><p class="soft">{_about(comparison)}</p></header>\n<main>',
        _figures(comparison),
        _note(comparison),
        _charts(comparison, colours),
        f"<section><h2>By model</h2>{_table(comparison)}</section>",
        *_answers(comparison),
        f"</main>\n{_FOOTER}\n</body>\n</html>\n",
    ]
    return "\n".join(filter(None, parts))


def fragment(comparison: Comparison) -> str:
    """Write the table of a comparison and who leads, for a notebook, which has a style of its own."""
    lines = [*map(str, leaders(comparison)), *judged(comparison), *notes(comparison)]
    return f"{_rows(comparison)}<p>{'<br>'.join(map(escaped, lines))}</p>"


@cache
def _style() -> str:
    files = (("reports", "page.css"), ("evaluation.comparing", "page.css"))
    return "".join(
        resources.files(f"langchain_openrouter.{room}").joinpath(name).read_text(encoding="utf-8")
        for room, name in files
    )


def _head(title: str) -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        f'<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_style()}</style>\n</head>"
    )


def _about(comparison: Comparison) -> str:
    inputs = len({trial.input_index for trial in comparison.trials})
    asked = "1 input" if inputs == 1 else f"{inputs:,} inputs"
    return f"{asked}, {texts.calls(len(comparison.trials))}, {texts.moment(comparison.created_at)}"


def _figures(comparison: Comparison) -> str:
    failed = sum(row.failed_calls for row in comparison.rows)
    refused = sum(row.refused_calls for row in comparison.rows)
    troubles = ", ".join(f"{count:,} {what}" for count, what in ((failed, "failed"), (refused, "refused")) if count)
    unpriced = comparison.unpriced_calls
    figures = [
        *((leader.what, leader.value, leader.names, False) for leader in leaders(comparison)),
        ("calls", f"{len(comparison.trials):,}", troubles, bool(troubles)),
        ("spent", texts.dollars(comparison.cost), f"{unpriced:,} unpriced" if unpriced else "", bool(unpriced)),
    ]
    if comparison.judge_calls:
        figures.append(("judge", texts.dollars(comparison.judge_cost), texts.calls(comparison.judge_calls), False))
    return f'<dl class="figures">{"".join(_figure(*each) for each in figures)}</dl>'


def _figure(name: str, value: str, more: str, warns: bool) -> str:  # noqa: FBT001  # read from a table
    kind = "more warn" if warns else "more"
    below = f'<dd class="{kind}">{escaped(more)}</dd>' if more else ""
    return f'<div><dt>{escaped(_capital(name))}</dt><dd class="value">{escaped(value)}</dd>{below}</div>'


def _note(comparison: Comparison) -> str:
    told = "".join(f"<p>{escaped(line)}</p>" for line in notes(comparison))
    return f'<div class="note" role="note">{told}</div>' if told else ""


def _charts(comparison: Comparison, colours: Mapping[str, str]) -> str:
    scores = _scores(comparison, colours)
    place = _cost_and_latency(comparison, colours, alone=not scores)
    return f'<div class="pair">{scores}{place}</div>' if scores and place else scores + place


def _scores(comparison: Comparison, colours: Mapping[str, str]) -> str:
    if not comparison.metrics:
        return ""
    body = "".join(
        f'<h3>{escaped(metric)} <span class="soft">{worst:g} to {best:g}</span></h3>'
        f"{_bars(comparison, metric, colours)}"
        for metric, (worst, best) in comparison.scales.items()
    )
    return f'<section><h2>Scores</h2><p class="sub">Mean over the answers of each model</p>{body}</section>'


def _bars(comparison: Comparison, metric: str, colours: Mapping[str, str]) -> str:
    worst, best = comparison.scales[metric]
    items = []
    for row in comparison.rows:
        mean = row.scores[metric]
        share = 0.0 if mean is None else min(max((mean - worst) / (best - worst), 0.0), 1.0)
        drawn = bar(share, colours.get(row.model, OTHERS), f"{row.model}: {score(mean)}")
        text = f'<b>{escaped(row.model)}</b><span class="soft">{score(mean)}</span>'
        items.append(f'<li><div class="text">{text}</div>{drawn}</li>')
    return f'<ul class="bars">{"".join(items)}</ul>'


def _cost_and_latency(comparison: Comparison, colours: Mapping[str, str], *, alone: bool) -> str:
    points = [
        Point(row.model, row.answers, row.latency.p50, row.mean_cost)
        for row in comparison.rows
        if row.latency and row.latency.p50 and row.mean_cost is not None
    ]
    if not points:
        return ""
    shown = [trial for trial in comparison.trials if _has_a_place(trial)]
    sample = [Point(trial.model, 1, trial.latency_s or 0, trial.cost or Decimal(0)) for trial in shown]
    height = min(max(60 + 40 * len(comparison.rows), 300), 430)
    frames = {
        "narrow": Frame(NARROW.width, 290),
        "middle": Frame(_MIDDLE, 340),
        "wide": Frame(WIDE.width if alone else _HALF, height),
    }
    charts = "".join(
        f'<div class="{name}">{cost_against_latency(points, sample[:_MOST_DOTS], colours, frame)}</div>'
        for name, frame in frames.items()
    )
    about = "A point for each model (mean cost of an answer), a dot for single answers"
    return f'<section><h2>Cost against latency</h2><p class="sub">{about}</p>{charts}</section>'


def _has_a_place(trial: Trial) -> bool:
    return trial.succeeded and not trial.cached and trial.cost is not None and bool(trial.latency_s)


def _table(comparison: Comparison) -> str:
    label = "By model: success, times, cost and scores"
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">{_rows(comparison)}</div>'


def _rows(comparison: Comparison) -> str:
    columns = columns_of(comparison)
    head = "".join(
        f'<th scope="col">{escaped(_capital(name))}</th>' for name in ("model", *(head for head, _ in columns))
    )
    body = "".join(
        f'<tr><th scope="row">{escaped(row.model)}</th>'
        f"{''.join(f'<td>{escaped(cells[number])}</td>' for _, cells in columns)}</tr>"
        for number, row in enumerate(comparison.rows)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _answers(comparison: Comparison) -> Iterable[str]:
    """Give a section for each input, with what each model said to it."""
    opened = " open" if len(comparison.trials) <= _MOST_OPEN else ""
    inputs = [list(trials) for _, trials in groupby(comparison.trials, key=lambda trial: trial.input_index)]
    for trials in inputs[:_MOST_INPUTS]:
        answers = "".join(f"<details{opened}>{_answer(trial)}</details>" for trial in trials)
        asked = f'<div class="said asked">{_lines(text_of(trials[0].input))}</div>'
        yield f"<section><h2>Input {trials[0].input_index + 1}</h2>{asked}{answers}</section>"
    if len(inputs) > _MOST_INPUTS:
        yield f'<p class="empty">The first {_MOST_INPUTS} of {len(inputs):,} inputs; JSON has them all.</p>'


def _answer(trial: Trial) -> str:
    again = f" #{trial.repeat + 1}" if trial.repeat else ""
    told = [texts.seconds(trial.latency_s), texts.dollars(trial.cost)]
    told += [f"{name} {score(value)}" for name, value in trial.scores.items()]
    told += [f"{name}: {why}" for name, why in trial.unscored.items()]
    if trial.answer is None:
        body, mark = _lines(trial.error or ""), '<span class="bad">refused</span>' if trial.refused else _FAILED
    else:
        body, mark = _lines(said(trial.answer)), ""
    facts = escaped(" · ".join(told))
    return (
        f'<summary><b>{escaped(trial.model + again)}</b>{mark}<span class="soft">{facts}</span></summary>'
        f'<div class="said">{body}</div>'
    )


def _lines(text: str) -> str:
    """Make a text harmless, and keep its lines."""
    rest = len(text) - _LONGEST
    more = f"\n… ({rest:,} more characters; JSON has them all)" if rest > 0 else ""
    return "\n".join(map(escaped, (text[:_LONGEST] + more).replace("\t", "    ").splitlines()))


def _capital(text: str) -> str:
    """Begin with a capital letter; p50 and its kin stay as they are written everywhere."""
    return text if text[1:].isdigit() else text[:1].upper() + text[1:]


_FAILED = '<span class="bad">failed</span>'
_FOOTER = (
    "<footer><p>Times are those of answers: p50 is the median, p90 the least time that 90 of 100 answers did not "
    "exceed. Sums hold the costs that are known; unpriced calls are counted beside them, never as 0. What a judge cost "
    "is in no row.</p><p>This page holds inputs and answers, and loads nothing.</p></footer>"
)
