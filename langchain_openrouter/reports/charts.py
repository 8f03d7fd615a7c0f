"""Charts as SVG. Colours are classes of page.css; texts from records are escaped here."""

from __future__ import annotations

import html
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.reports import texts
from langchain_openrouter.reports.axes import Axis, axis_from_zero, axis_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_openrouter.reports.gauge import Gauge
    from langchain_openrouter.reports.series import Bucket, Point, Timeline

__all__ = [
    "NARROW",
    "OTHERS",
    "WIDE",
    "Frame",
    "bar",
    "cost_against_latency",
    "escaped",
    "gauge_bar",
    "spend_over_time",
    "swatch",
]

OTHERS = "s6"
"""The class of models that have no colour of their own."""

_LETTER = 6.4
_BOLD_LETTER = 7.2
"""About the width of a letter; more rather than less, for nobody knows the reader's fonts."""

_WIDEST_BAR = 44
_MOST_LINES = 10
_LINE_END = "\n"
_LABEL_ROOM = 52
_LABEL_STEPS = {
    "minute": (1, 2, 5, 10, 15, 30),
    "hour": (1, 2, 3, 6, 12, 24),
    "day": (1, 2, 3, 7, 14),
    "week": (1, 2, 4, 8, 13),
    "month": (1, 2, 3, 6, 12),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a chart in its own units, which are pixels where it is shown as wide as that."""

    width: int
    height: int


NARROW, MIDDLE, WIDE = Frame(320, 230), Frame(620, 250), Frame(1040, 260)
"""A chart that is only made smaller or larger has letters that nobody can read, so there is one for each kind of
screen; page.css shows that which suits."""

_BOTTOM = 24
_TOP = 10


@dataclass(frozen=True, slots=True)
class _Plot:
    """The part of a chart that is inside of its axes."""

    left: float
    top: float
    right: float
    bottom: float

    def x(self, place: float) -> float:
        return self.left + place * (self.right - self.left)

    def y(self, place: float) -> float:
        return self.bottom - place * (self.bottom - self.top)


def escaped(text: str) -> str:
    """Make a text that others wrote harmless in HTML and SVG, in attributes too.

    Example:
        >>> escaped('<b title="x">')
        '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(texts.printable(text))


def swatch(colour: str) -> str:
    """Give the coloured spot of a legend."""
    return f'<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="{colour}" width="10" height="10" rx="2.5"/></svg>'


def bar(share: float, colour: str, label: str) -> str:
    """Give a bar as wide as its place.

    Args:
        share: Which part of it is filled, to 1.
        colour: A class of page.css.
        label: What it says, for those who do not see it.
    """
    filled = f'<rect class="{colour}" width="{_number(share * 100)}" height="7"/>'
    track = '<rect class="track" width="100" height="7"/>'
    return f"{_open('0 0 100 7', label, stretched=True)}{track}{filled}</svg>"


def gauge_bar(gauge: Gauge, label: str) -> str:
    """Give the bar of a budget: spent, reserved, and a mark where each alert is."""
    limit = gauge.limit or Decimal(1)
    spent = 100.0 if not gauge.limit else min(float(gauge.spent / limit) * 100, 100.0)
    reserved = min(float(gauge.reserved / limit) * 100, 100.0 - spent)
    parts = [
        '<rect class="track" width="100" height="12"/>',
        f'<rect class="spent" width="{_number(spent)}" height="12"/>',
        f'<rect class="reserved" x="{_number(spent)}" width="{_number(reserved)}" height="12"/>',
    ]
    marks = [each for each in gauge.alerts if 0 < each < 1]
    parts += [f'<rect class="mark" x="{_number(each * 100 - 0.25)}" width="0.5" height="12"/>' for each in marks]
    return f"{_open('0 0 100 12', label, stretched=True)}{''.join(parts)}</svg>"


def spend_over_time(timeline: Timeline, colours: Mapping[str, str], frame: Frame) -> str:
    """Give a chart of spend over time, stacked by model.

    Args:
        timeline: With at least one bucket that cost something.
        colours: Classes by model; the others share one.
        frame: Its size.
    """
    buckets = timeline.buckets
    highest = max(buckets, key=lambda bucket: bucket.cost)
    axis = axis_from_zero(highest.cost)
    labels = _money_labels(axis)
    plot = _plot(frame, labels)
    step = (plot.right - plot.left) / len(buckets)
    chart = [_rows(plot, axis, labels)]
    for number, bucket in enumerate(buckets):
        if bucket.cost:
            column = _Plot(plot.left + number * step, plot.top, plot.left + (number + 1) * step, plot.bottom)
            chart.append(f"<g>{_tip(bucket, timeline.unit, colours)}{_stack(column, axis, bucket, colours)}</g>")
    chart += [
        _text(plot.left + (number + 0.5) * step, frame.height - 6, label)
        for number, label in _time_labels(timeline, int((plot.right - plot.left) / _LABEL_ROOM))
    ]
    label = (
        f"Spend by {timeline.unit}, {len(buckets)} in all. The most: {texts.dollars(highest.cost)}, "
        f"{_when(highest.start, timeline.unit)}."
    )
    return f"{_open(f'0 0 {frame.width} {frame.height}', label)}{''.join(chart)}</svg>"


def _tip(bucket: Bucket, unit: str, colours: Mapping[str, str]) -> str:
    """Give what is shown when a bar is pointed at."""
    lines = [f"{_when(bucket.start, unit)}: {texts.dollars(bucket.cost)} in {texts.calls(bucket.calls)}"]
    lines += [f"{model}: {texts.dollars(cost)}" for model, cost in _in_order(bucket, colours)[:_MOST_LINES]]
    return f"<title>{_LINE_END.join(map(escaped, lines))}</title>"


def _stack(column: _Plot, axis: Axis, bucket: Bucket, colours: Mapping[str, str]) -> str:
    step = column.right - column.left
    width = min(step * 0.8, _WIDEST_BAR)
    amounts: dict[str, Decimal] = {}
    for model, cost in _in_order(bucket, colours):
        colour = colours.get(model, OTHERS)
        amounts[colour] = amounts.get(colour, Decimal(0)) + cost
    parts = [_rect("hit", column.left, column.top, step, column.bottom - column.top)]
    drawn = Decimal(0)
    for colour, cost in amounts.items():
        low, high = column.y(axis.at(drawn)), column.y(axis.at(drawn + cost))
        parts.append(_rect(f"{colour} part", column.left + (step - width) / 2, high, width, low - high))
        drawn += cost
    return "".join(parts)


def _in_order(bucket: Bucket, colours: Mapping[str, str]) -> list[tuple[str, Decimal]]:
    """Give models with a colour of their own in its order, so that the eye can follow them from bar to bar."""
    return sorted(bucket.costs.items(), key=lambda each: (colours.get(each[0], OTHERS), -each[1], each[0]))


def cost_against_latency(
    points: Sequence[Point], sample: Sequence[Point], colours: Mapping[str, str], frame: Frame
) -> str:
    """Give a chart of cost against latency: a named point for each model, and a faint dot for single calls.

    Args:
        points: At least one.
        sample: Single calls.
        colours: Classes by model; the others share one.
        frame: Its size.
    """
    every = [*points, *sample]
    across = axis_of([point.latency for point in every], frame.width // 90)
    costs = [float(point.cost) for point in every if point.cost]
    up = axis_of(costs, 5) if costs else axis_from_zero(0)
    labels = _money_labels(up)
    plot = _plot(frame, labels, below=16, lane=up.logarithmic and len(costs) < len(every))
    chart = [_rows(plot, up, labels), _columns(plot, across, frame)]
    if plot.bottom < frame.height - _BOTTOM - 16:
        chart.append(_text(plot.left - 8, plot.bottom + 26, "$0", "end"))
    place = _Places(plot, across, up)
    chart += [_circle("dot", colours.get(dot.model, OTHERS), *place.of(dot), 2.5) for dot in sample]
    most = max(point.calls for point in points)
    # Great ones first, so that small ones lie on top and can be pointed at.
    for point in sorted(points, key=lambda each: -each.calls):
        radius = 5 + 6 * (point.calls / most) ** 0.5
        circle = _circle("point", colours.get(point.model, OTHERS), *place.of(point), radius)
        chart.append(f"<g><title>{escaped(_told(point))}</title>{circle}</g>")
    chart += _names(points, place, frame)
    label = "Cost against latency. " + " ".join(f"{_told(point)}." for point in points[:8])
    return f"{_open(f'0 0 {frame.width} {frame.height}', label)}{''.join(chart)}</svg>"


def _told(point: Point) -> str:
    cost, latency = texts.dollars(point.cost), texts.seconds(point.latency)
    return f"{point.model}: {cost} a call on average, {latency} in the median, {texts.calls(point.calls)}"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where points lie."""

    plot: _Plot
    across: Axis
    up: Axis

    def of(self, point: Point) -> tuple[float, float]:
        # A logarithmic axis has no 0; what costs nothing lies in a lane below it.
        free = self.up.logarithmic and not point.cost
        up = self.plot.bottom + 22 if free else self.plot.y(self.up.at(point.cost))
        return self.plot.x(self.across.at(point.latency)), up


def _names(points: Sequence[Point], places: _Places, frame: Frame) -> Iterable[str]:
    """Write names beside points, the most used first, where they hide no other and nothing is cut off."""
    boxes = [(x - 6, y - 6, x + 6, y + 6) for x, y in map(places.of, points)]
    for point in sorted(points, key=lambda each: (-each.calls, each.model)):
        x, y = places.of(point)
        name = texts.short(texts.printable(point.model.rpartition("/")[2] or point.model), 26)
        wide = texts.width(name) * _BOLD_LETTER
        for anchor, left, base in (
            ("start", x + 13, y + 4),
            ("end", x - 13 - wide, y + 4),
            ("middle", x - wide / 2, y - 14),
        ):
            box = (left, base - 9, left + wide, base + 3)
            inside = left >= places.plot.left and left + wide <= frame.width and base > _TOP
            if inside and not any(_overlap(box, other) for other in boxes):
                boxes.append(box)
                at = {"start": left, "end": left + wide, "middle": x}[anchor]
                yield _text(at, base, escaped(name), anchor, "name")
                break


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _plot(frame: Frame, labels: Sequence[str], *, below: int = 0, lane: bool = False) -> _Plot:
    left = max(map(len, labels)) * _LETTER + 12
    return _Plot(left, _TOP, frame.width - 4, frame.height - _BOTTOM - below - (34 if lane else 0))


def _money_labels(axis: Axis) -> list[str]:
    """Write the labels of an axis of dollars: whole dollars without cents; on a linear one, as many digits on each."""
    least = min((tick for tick in axis.ticks if tick), default=Decimal(1))
    if axis.logarithmic:
        return [f"${tick:,f}" if tick < 1 else f"${tick:,.0f}" for tick in axis.ticks]
    digits = 0 if least >= 1 else max(2, -least.adjusted())
    return [f"${tick:,.{digits}f}" for tick in axis.ticks]


def _rows(plot: _Plot, axis: Axis, labels: Sequence[str]) -> str:
    parts = []
    for tick, label in zip(axis.ticks, labels, strict=True):
        height = plot.y(axis.at(tick))
        parts.append(_line("grid", plot.left, height, plot.right, height))
        parts.append(_text(plot.left - 8, height + 4, label, "end"))
    return "".join(parts)


def _columns(plot: _Plot, axis: Axis, frame: Frame) -> str:
    foot = frame.height - _BOTTOM - 16
    parts = [_line("base", plot.left, foot, plot.right, foot)]
    for tick in axis.ticks:
        across = plot.x(axis.at(tick))
        parts.append(_line("grid", across, plot.top, across, foot))
        label = f"{tick * 1000:.0f} ms" if 0 < tick < 1 and axis.logarithmic else f"{tick.normalize():,f} s"
        # Centred, the label of the last line would reach beyond the chart.
        parts.append(_text(across, foot + 17, label, "end" if axis.at(tick) > 0.97 else "middle"))  # noqa: PLR2004
    parts.append(_text(plot.right, foot + 35, "latency (median)", "end"))
    return "".join(parts)


def _time_labels(timeline: Timeline, most: int) -> list[tuple[int, str]]:
    """Give the buckets that are labelled, by number: all, or those at round times."""
    starts = [bucket.start for bucket in timeline.buckets]
    steps = _LABEL_STEPS[timeline.unit]
    step = next((each for each in steps if len(starts) <= each * max(most, 1)), steps[-1])
    chosen = [number for number, start in enumerate(starts) if _count(start, timeline.unit) % step == 0] or [0]
    return [(number, _label(starts[number], timeline.unit)) for number in chosen]


def _count(start: dt.datetime, unit: str) -> int:
    if unit == "minute":
        return start.minute
    if unit == "hour":
        return start.hour
    if unit == "month":
        return start.month - 1
    return start.toordinal() // 7 if unit == "week" else start.toordinal()


def _label(start: dt.datetime, unit: str) -> str:
    if unit == "minute" or (unit == "hour" and start.hour):
        return f"{start:%H:%M}"
    return texts.month_day(start) if unit != "month" else texts.day(start).partition(" ")[2]


def _when(start: dt.datetime, unit: str) -> str:
    if unit in {"minute", "hour"}:
        return texts.moment(start)
    if unit == "month":
        return texts.day(start).partition(" ")[2]
    return f"week of {texts.day(start)}" if unit == "week" else texts.day(start)


def _open(view: str, label: str, *, stretched: bool = False) -> str:
    fit = ' preserveAspectRatio="none"' if stretched else ""
    return f'<svg viewBox="{view}"{fit} role="img" aria-label="{escaped(label)}">'


def _rect(name: str, x: float, y: float, width: float, height: float) -> str:
    where = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
    return f'<rect class="{name}" {where}/>'


def _line(name: str, *ends: float) -> str:
    x1, y1, x2, y2 = map(_number, ends)
    return f'<line class="{name}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _circle(name: str, colour: str, x: float, y: float, radius: float) -> str:
    return f'<circle class="{name} {colour}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", name: str = "") -> str:
    styled = f' class="{name}"' if name else ""
    return f'<text{styled} x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}">{text}</text>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
