"""A circuit breaker: what fails too often is left alone for a while, then tried with few calls.

Only arithmetic over times that it is told; `health` has the lock and the clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Breaker", "BreakerSettings", "State"]

State: TypeAlias = Literal["closed", "open", "half_open"]
"""Closed: calls pass. Open: none does. Half open: a few pass, to see whether it is well again."""

_SLICES = 10
"""Parts of a window in which calls are counted, so that a busy model needs no more memory than an idle one."""

_ENOUGH = 20
"""Calls in the window from which on their share of failures says something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When breakers open, and for how long. See `Health`.

    Raises:
        ValueError: A value is one that cannot be.
    """

    failures: int
    window: float
    cool_down: float
    longest_cool_down: float
    probes: int

    def __post_init__(self) -> None:
        for name in ("failures", "probes"):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise ValueError(f"{name}={count!r} is no count of calls. Pass a whole number, 1 or more.")
        for name in ("window", "cool_down", "longest_cool_down"):
            seconds = getattr(self, name)
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
                raise ValueError(f"{name}={seconds!r} is no time. Pass seconds, more than 0.")
        if self.longest_cool_down < self.cool_down:
            raise ValueError(
                f"longest_cool_down={self.longest_cool_down!r} is shorter than cool_down={self.cool_down!r}, with "
                "which it begins. Pass the same or more."
            )


class Breaker:
    """The breaker of one model, or of one provider of a model.

    All times are seconds of one clock that never goes back. `began` says when a call began, where that is known. A call
    that began before the last opening tells how it was then, not how it is now: it neither closes the breaker nor
    opens it again. Where its begin is not known, it is taken for a probe while one may be on its way, else for a late
    one.

    Args:
        settings: When it opens, and for how long.
    """

    __slots__ = ("_cool_down", "_in_a_row", "_opened_at", "_opens_until", "_probes", "_recent", "_settings")

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._in_a_row: deque[float] = deque(maxlen=settings.failures)
        self._recent = _Recent(settings.window)
        self._opened_at = -math.inf
        self._opens_until: float | None = None
        self._cool_down = settings.cool_down
        self._probes: list[float] = []

    @property
    def is_closed(self) -> bool:
        """Whether calls pass."""
        return self._opens_until is None

    def state(self, now: float) -> State:
        """Tell how it stands."""
        if self._opens_until is None:
            return "closed"
        return "open" if now < self._opens_until else "half_open"

    def wait(self, now: float) -> float:
        """Give the seconds until a call may pass."""
        if self._opens_until is None:
            return 0.0
        if now < self._opens_until:
            return self._opens_until - now
        lapses_after = self._settings.cool_down
        self._probes = [begin for begin in self._probes if begin + lapses_after > now]
        return 0.0 if len(self._probes) < self._settings.probes else self._probes[0] + lapses_after - now

    def admit(self, now: float) -> bool:
        """Let a call pass, or not."""
        if self.wait(now) > 0:
            return False
        if self._opens_until is not None:
            self._probes.append(now)
        return True

    def succeeded(self, now: float, began: float | None) -> None:
        """Note a call that was answered."""
        if self._is_late(now, began):
            return
        if self._opens_until is not None:
            self._opens_until = None
            self._cool_down = self._settings.cool_down
        self._in_a_row.clear()
        self._recent.add(now, failed=False)

    def failed(self, now: float, began: float | None, retry_after: float | None = None) -> None:
        """Note a call that failed.

        Args:
            now: The time.
            began: When the call began.
            retry_after: Seconds for which the server wants no calls. This is news even from a call that is late.
        """
        is_late, state = self._is_late(now, began), self.state(now)
        if not is_late and state == "half_open":
            self._cool_down = min(2 * self._cool_down, self._settings.longest_cool_down)
        if not is_late and state == "closed":
            self._in_a_row.append(now)
            self._recent.add(now, failed=True)
        if retry_after:
            self._open(now, min(retry_after, self._settings.longest_cool_down))
        elif not is_late and (state == "half_open" or (state == "closed" and self._is_too_much(now))):
            self._open(now, self._cool_down)

    def ended(self, now: float, began: float | None) -> None:
        """Note a call that says nothing of health, such as a cancelled one; if it was a probe, another may follow."""
        if self._probes and not self._is_late(now, began):
            self._probes.pop(0)

    def _is_late(self, now: float, began: float | None) -> bool:
        return self.state(now) == "open" if began is None else began <= self._opened_at

    def _is_too_much(self, now: float) -> bool:
        row = self._in_a_row
        if len(row) == row.maxlen and now - row[0] <= self._settings.window:
            return True
        calls, failures = self._recent.counts(now)
        return calls >= _ENOUGH and 2 * failures >= calls

    def _open(self, now: float, seconds: float) -> None:
        if self.state(now) == "open":
            self._opens_until = max(self._opens_until or now, now + seconds)
            return
        self._opened_at, self._opens_until = now, now + seconds
        self._probes = []
        self._recent = _Recent(self._settings.window)


class _Recent:
    """Counts the calls of a window, in slices of a tenth of it; so the oldest tenth may be missing.

    Args:
        window: Its length, in seconds.
    """

    __slots__ = ("_length", "_slices")

    def __init__(self, window: float) -> None:
        self._length = window / _SLICES
        self._slices: deque[list[int]] = deque(maxlen=_SLICES)

    def add(self, now: float, *, failed: bool) -> None:
        number = int(now // self._length)
        if not self._slices or self._slices[-1][0] != number:
            self._slices.append([number, 0, 0])
        newest = self._slices[-1]
        newest[1] += 1
        newest[2] += failed

    def counts(self, now: float) -> tuple[int, int]:
        """Give how many calls there were, and how many of them failed."""
        first = int(now // self._length) - _SLICES + 1
        recent = [each for each in self._slices if each[0] >= first]
        return sum(each[1] for each in recent), sum(each[2] for each in recent)
