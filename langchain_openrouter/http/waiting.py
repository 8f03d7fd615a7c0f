"""How long to wait for what, and whether to try again. Plain arithmetic over a clock: no I/O, no sleeping."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_openrouter.errors import (
    APIConnectionError,
    APITimeoutError,
    DeadlineExceededError,
    OpenRouterError,
    RequestTimeoutError,
    StreamIdleError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_CONFLICT = 409
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 8.0

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection to be made, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The limits of one call, all in seconds; `None` is no limit.

    Args:
        connect: For a connection to be made.
        read: Without a byte, before the headers and inside a body. Keep-alive bytes count as bytes.
        write: For a piece of the request to be taken.
        idle: Without a byte inside a stream; comments count as bytes.
        deadline: For everything together, retries and pauses included.
        max_retries: How many further attempts follow a failed one.
        max_retry_wait: The longest pause before a retry, whatever `Retry-After` says.
    """

    connect: float | None = CONNECT_TIMEOUT
    read: float | None = 600.0
    write: float | None = 60.0
    idle: float | None = 120.0
    deadline: float | None = 3600.0
    max_retries: int = 2
    max_retry_wait: float = 60.0


class Attempts:
    """The attempts of one call: its clock, its limits, and the pauses between.

    Args:
        waiting: The limits.
        clock: Seconds that never go back.
    """

    __slots__ = ("_clock", "_failures", "ends", "streaming", "waiting")

    def __init__(self, waiting: Waiting, clock: Callable[[], float] = time.monotonic) -> None:
        self.waiting = waiting
        self.streaming = False
        self._clock = clock
        self._failures = 0
        self.ends = None if waiting.deadline is None else clock() + waiting.deadline

    def timeouts(self) -> dict[str, float | None]:
        """Give the limits of an attempt that starts now, in the form of httpx's `timeout` extension.

        Raises:
            DeadlineExceededError: No time is left.
        """
        self.check()
        waiting = self.waiting
        return {
            "connect": self._at_most_left(waiting.connect),
            "read": self._at_most_left(waiting.read),
            "write": self._at_most_left(waiting.write),
            "pool": self._at_most_left(waiting.connect),
        }

    def read_timeout(self) -> float | None:
        """Give the limit of silence inside a body that starts now, in seconds."""
        return self._at_most_left(self.waiting.idle if self.streaming else self.waiting.read)

    def check(self) -> None:
        """Raise when the deadline has passed.

        Raises:
            DeadlineExceededError: It has.
        """
        if self.ends is not None and self._clock() >= self.ends:
            raise self._deadline_exceeded()

    def pause_after(self, error: OpenRouterError) -> float:
        """Say how long to pause before the next attempt.

        Args:
            error: What ended the last one.

        Returns:
            Seconds, at most `max_retry_wait`.

        Raises:
            OpenRouterError: The same error, when there is to be no further attempt.
        """
        self._failures += 1
        if self._failures > self.waiting.max_retries or not _may_retry(error) or self._is_far_off(error):
            raise error
        pause = self._pause(error)
        left = self.left()
        if left is not None and pause >= left:
            raise error
        return pause

    def _is_far_off(self, error: OpenRouterError) -> bool:
        """Say whether a limit resets later than we wait, as that of the free models does: at midnight.

        Such a time stands in the body. `Retry-After` is a server's guess instead, and worth a try after the longest
        pause.
        """
        if error.retry_after is None or "retry-after" in error.headers:
            return False
        return error.retry_after > self.waiting.max_retry_wait

    def timed_out(self, what: str) -> OpenRouterError:
        """Name the limit that a time-out of the network broke.

        Args:
            what: The limit that httpx says it was: `"connect"`, `"read"`, `"write"` or `"pool"`.

        Returns:
            The error, to be raised by the caller.
        """
        left = self.left()
        if left is not None and left <= 0:
            return self._deadline_exceeded()
        if what in {"connect", "pool"}:
            return APIConnectionError(
                f"No connection to OpenRouter within {self.waiting.connect} s (`connect` time-out)."
            )
        if self.streaming:
            return StreamIdleError(f"The stream fell silent for {self.waiting.idle} s (`stream_idle_timeout`).")
        return APITimeoutError(f"OpenRouter sent nothing for {self.waiting.read} s (`timeout`).")

    def _pause(self, error: OpenRouterError) -> float:
        if error.retry_after is not None:
            return min(error.retry_after, self.waiting.max_retry_wait)
        pause = min(_FIRST_PAUSE * 2.0 ** (self._failures - 1), _LONGEST_PAUSE)
        return min(pause * random.uniform(0.5, 1.0), self.waiting.max_retry_wait)  # noqa: S311

    def left(self) -> float | None:
        """Give the seconds that are left until the deadline; `None` without one."""
        return None if self.ends is None else self.ends - self._clock()

    def _at_most_left(self, limit: float | None) -> float | None:
        left = self.left()
        if left is None:
            return limit
        return left if limit is None else min(limit, left)

    def _deadline_exceeded(self) -> DeadlineExceededError:
        return DeadlineExceededError(f"The call took longer than its `deadline` of {self.waiting.deadline} s.")


def _may_retry(error: OpenRouterError) -> bool:
    """Say whether another attempt may succeed without paying twice.

    A read time-out of ours is not retried: the request has arrived, and the generation may be billed.
    """
    if error.embedded or (isinstance(error, APITimeoutError) and not isinstance(error, RequestTimeoutError)):
        return False
    return error.is_retryable or error.status_code == _CONFLICT
