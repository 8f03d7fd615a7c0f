"""Windows of time in UTC, which begin when OpenRouter's own limits reset.

Source: https://openrouter.ai/docs/guides/best-practices/spend-controls: a day begins at midnight UTC, a week on Monday,
a month on the first.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Literal

__all__ = ["Period", "Window", "check_period", "window_at"]

Period = Literal["run", "minute", "hour", "day", "week", "month", "lifetime"]
"""How long a limit holds. `run` is one outermost run of LangChain, such as one `invoke` of an agent."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LENGTHS = {"minute": dt.timedelta(minutes=1), "hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}
_WITHOUT_END = ("run", "lifetime")
_NAMES = ("run", "minute", "hour", "day", "week", "month", "lifetime")
_SHORTEST = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time.

    Args:
        start: Its first moment; `None` where it has no begin.
        resets_at: The first moment after it; `None` where it has no end.
    """

    start: dt.datetime | None
    resets_at: dt.datetime | None

    @property
    def begin(self) -> str:
        """Write its first moment as `2026-11-21T00:00:00Z`; nothing where it has no begin."""
        return _written(self.start) if self.start else ""


@functools.lru_cache(maxsize=100)  # most calls are in the same as the one before
def _written(start: dt.datetime) -> str:
    return f"{start:%Y-%m-%dT%H:%M:%SZ}"


def check_period(per: Period | dt.timedelta) -> None:
    """Look at a `per` argument.

    Raises:
        ValueError: It is neither the name of a period nor a length of at least a second.
    """
    known = per >= _SHORTEST if isinstance(per, dt.timedelta) else per in _NAMES
    if not known:
        msg = f"per={per!r} is no period. Pass one of {', '.join(_NAMES)}, or a timedelta of a second or more."
        raise ValueError(msg)


def window_at(per: Period | dt.timedelta, now: dt.datetime) -> Window:
    """Give the window that holds a moment.

    Args:
        per: Its length; windows of a `timedelta` are counted from 1970 on.
        now: The moment, with its zone.

    Example:
        >>> window_at("week", dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)).resets_at.isoformat()
        '2026-11-23T00:00:00+00:00'
    """
    if per in _WITHOUT_END:
        return Window(None, None)
    now = now.astimezone(dt.UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if per == "week":
        monday = midnight - dt.timedelta(days=now.weekday())
        return Window(monday, monday + dt.timedelta(weeks=1))
    if per == "month":
        first = midnight.replace(day=1)
        return Window(first, (first + dt.timedelta(days=32)).replace(day=1))
    length = per if isinstance(per, dt.timedelta) else _LENGTHS[per]
    start = now - (now - _EPOCH) % length
    return Window(start, start + length)
