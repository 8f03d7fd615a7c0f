"""Rate limits of models and providers, as LangChain's rate limiters: a call waits until it may pass."""

from __future__ import annotations

import asyncio
import datetime as dt
import fnmatch
import functools
import logging
import math
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, get_args

from langchain_core.rate_limiters import BaseRateLimiter
from typing_extensions import override

from langchain_openrouter.catalog.query import check_choice
from langchain_openrouter.errors import LedgerUnavailableError, RateLimitError
from langchain_openrouter.ledger.stores.servers import shown
from langchain_openrouter.routing.windows import MemoryCounters, RedisCounters, Taken, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_openrouter.routing.windows import Counters

__all__ = ["OnError", "RateLimits"]

OnError: TypeAlias = Literal["raise", "allow"]
"""What becomes of a call that cannot be counted, since Redis does not answer."""

_log = logging.getLogger(__name__)

_PROVIDER = "provider:"
_REDIS = ("redis://", "rediss://", "unix://")
_REASONABLE = 3600.0
"""Seconds. Who does not say how long a call may wait does not want to wait for tomorrow."""
_MOST = 1_000_000
"""Calls in a window; each is kept for as long as it counts."""
_LONGEST = 365 * 86400
"""Seconds."""
_WITHOUT_LENGTH = frozenset({"month", "year"})


class RateLimits:
    """Which limits hold for which models.

    A limit is shared by all models that fit its pattern. Where several patterns fit, all of their limits hold; a call
    takes its place in all of them, or in none. The order is not kept among calls that wait.

    Limits by the second, minute or hour hold for any stretch of that length, so `"24/24 hours"` is one of a day that
    moves. Those by the day begin at midnight UTC, as OpenRouter's do.

    Args:
        limits: Patterns of model ids (`"openai/*"`, `"*:free"`, `"*"`), or of the names of providers
            (`"provider:OpenAI"`), to limits: `"20/minute"`, `"5 per 10 seconds"`, `"20/minute; 50/day"`. Upper and
            lower case are the same.
        storage: Where calls are counted: `"memory"`, by this object, or the address of a Redis, by all programs
            together: `"redis://user:password@host:6379/0"`, `"rediss://…"`, `"unix://…"`.
        name: What is shared in Redis: programs with the same name and the same limits count together.
        longest_wait: The most seconds that a call waits; what would have to wait longer is refused at once. `None`: as
            long as it takes, unless the next place is more than an hour away.
        on_error: A call while Redis does not answer: `"raise"` refuses it, `"allow"` lets it pass, and logs a warning.

    Raises:
        ValueError: A limit, the storage or a value cannot be read.
        ImportError: `limits` is not installed, or `redis` where it is needed:
            `pip install "langchain-openrouter-plus[limits,redis]"`.

    Example:
        >>> limits = RateLimits({"*": "100/minute", "openai/*": "1/second"})
        >>> limiter = limits.limiter("openai/gpt-4o-mini")
        >>> limiter.acquire(), limiter.acquire(blocking=False)
        (True, False)
    """

    def __init__(
        self,
        limits: Mapping[str, str],
        *,
        storage: str = "memory",
        name: str = "openrouter",
        longest_wait: float | None = None,
        on_error: OnError = "raise",
    ) -> None:
        check_choice("on_error", on_error, get_args(OnError))
        if not re.fullmatch(r"[\w.-]{1,64}", name):
            raise ValueError(f"name={name!r} is no name. Pass up to 64 letters, digits, '_', '-' and '.'.")
        try:
            self._limits = dict(limits)
        except (TypeError, ValueError) as error:
            msg = f"limits={limits!r} is of no model. Pass patterns with their limits, such as {{'*': '20/minute'}}."
            raise TypeError(msg) from error
        self._options: dict[str, Any] = {
            "storage": storage,
            "name": name,
            "longest_wait": longest_wait,
            "on_error": on_error,
        }
        self._windows = {pattern: _windows(pattern, text) for pattern, text in self._limits.items()}
        self._gate = _Gate(_counters(storage, name), longest_wait, on_error)

    @classmethod
    def free_tier(cls, *, bought_credit: bool = False, **options: Any) -> Self:
        """Give the limits that OpenRouter sets for models whose ids end in `:free`; all of an account's share them.

        They are 20 requests a minute, and 50 a day, or 1000 for who has bought credit. A failed request counts too, and
        so does each retry of a model, which a limiter does not see: `max_retries=0`.

        Source: https://openrouter.ai/docs/api_reference/limits.

        Args:
            bought_credit: Whether at least 10 dollars of credit have ever been bought.
            **options: As in the class.
        """
        return cls({"*:free": f"20/minute; {1000 if bought_credit else 50}/day"}, **options)

    def __repr__(self) -> str:
        options = {**self._options, "storage": shown(self._options["storage"])}
        return f"{type(self).__name__}({self._limits}, {', '.join(f'{name}={options[name]!r}' for name in options)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings, with the address of Redis. One in memory counts from 0 where it is unpickled."""
        return functools.partial(type(self), **self._options), (self._limits,)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Stay one: the copy of a model has no limits of its own."""
        return self

    def limiter(
        self, model: str, provider: str | None = None, *, longest_wait: float | None = None
    ) -> BaseRateLimiter | None:
        """Give the limiter for a model, such as for the `rate_limiter` of a `ChatOpenRouter`.

        Args:
            model: The id of the model.
            provider: The provider that will answer, where only one may. Without it, no limit of a provider holds.
            longest_wait: The most seconds that its calls wait, in place of what is said for all.

        Returns:
            The limiter; `None` where no pattern fits.
        """
        fitting = self._fitting(model, provider)
        if not fitting:
            return None
        told = "; ".join(self._limits[pattern] for pattern in fitting)
        gate = self._gate if longest_wait is None else _Gate(self._gate.counters, longest_wait, self._gate.on_error)
        origin = functools.partial(self.limiter, model, provider, longest_wait=longest_wait)
        return _Limiter(gate, self._windows_of(fitting), f"{model} ({told})", origin)

    def wait(self, model: str, provider: str | None = None) -> float:
        """Give the seconds until a call would pass if it were the next, without making one; 0 where it would now.

        With Redis, this is a round trip: in an event loop, call it by `asyncio.to_thread`.

        Args:
            model: The id of the model.
            provider: The provider that will answer, as in `limiter`.

        Raises:
            LedgerUnavailableError: Redis does not answer.
        """
        windows = self._windows_of(self._fitting(model, provider))
        return self._gate.look(windows).wait if windows else 0.0

    def _fitting(self, model: str, provider: str | None) -> list[str]:
        """Give the patterns that fit."""
        of_provider = f"{_PROVIDER}{provider}".lower() if provider else ""
        return [
            pattern
            for pattern in self._limits
            if fnmatch.fnmatchcase(
                of_provider if pattern.lower().startswith(_PROVIDER) else model.lower(), pattern.lower()
            )
        ]

    def _windows_of(self, patterns: list[str]) -> list[Window]:
        return [window for pattern in patterns for window in self._windows[pattern]]


class _Gate:
    """Lets calls pass, makes them wait, or refuses them.

    Args:
        counters: Where they are counted.
        longest_wait: As in `RateLimits`.
        on_error: As in `RateLimits`.
    """

    def __init__(self, counters: Counters, longest_wait: float | None, on_error: OnError) -> None:
        if longest_wait is not None and not 0 <= longest_wait < math.inf:
            raise ValueError(f"longest_wait={longest_wait!r} is no time. Pass seconds, 0 or more, or None.")
        self.counters = counters
        self._longest_wait = longest_wait
        self.on_error = on_error

    def take(self, windows: list[Window]) -> Taken:
        """Count a call in all windows, or in none."""
        return self._done(self.counters.take, windows)

    def look(self, windows: list[Window]) -> Taken:
        """Tell what would come of a call now."""
        return self._done(self.counters.look, windows)

    def check(self, wait: float, waited: float, told: str) -> None:
        """Look whether a call that has waited for some time may wait for more.

        Raises:
            RateLimitError: It would be too long.
        """
        longest = self._longest_wait
        if wait <= _REASONABLE if longest is None else waited + wait <= longest:
            return
        reset = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=wait)
        error = RateLimitError(
            f"The rate limit of {told} is used up. The next call may pass in {wait:.0f} s, at "
            f"{reset:%Y-%m-%d %H:%M:%S} UTC. Nothing was sent.",
            retry_after=wait,
        )
        error.remedy = "Wait `.retry_after` seconds, take another model, or give `RateLimits` a larger `longest_wait`."
        raise error

    def _done(self, step: Callable[[list[Window]], Taken], windows: list[Window]) -> Taken:
        try:
            return step(windows)
        except self.counters.failures as error:
            message = f"The calls of a rate limit cannot be counted: {type(error).__name__} of Redis. Nothing was sent."
            if self.on_error == "raise":
                remedy = 'See the cause. Mend Redis, or let calls pass with `on_error="allow"`.'
                raise LedgerUnavailableError(f"{message} {remedy}") from error
            _log.warning("%s The call passes: on_error is 'allow'.", message)
            return Taken(0.0)


class _Limiter(BaseRateLimiter):
    """Waits for the windows of one model.

    Args:
        gate: What lets a call pass.
        windows: The windows.
        told: What they are of, for people.
        origin: Makes it again, where it is unpickled.
    """

    def __init__(
        self, gate: _Gate, windows: list[Window], told: str, origin: Callable[[], BaseRateLimiter | None]
    ) -> None:
        self._gate = gate
        self._windows = windows
        self._told = told
        self._origin = origin

    def __repr__(self) -> str:
        return f"<rate limit of {self._told}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the limits, as far as they can be."""
        return self._origin, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Stay one: the copy of a model has no limits of its own."""
        return self

    @override
    def acquire(self, *, blocking: bool = True) -> bool:
        """Wait until a call may pass, and count it.

        Args:
            blocking: Whether to wait. Else the answer comes at once.

        Returns:
            Whether it may pass.

        Raises:
            RateLimitError: It would have to wait for too long; `.retry_after` says how long.
            LedgerUnavailableError: Redis does not answer.
        """
        begin = time.monotonic()
        while wait := self._gate.take(self._windows).wait:
            if not blocking:
                return False
            self._gate.check(wait, time.monotonic() - begin, self._told)
            time.sleep(wait)
        return True

    @override
    async def aacquire(self, *, blocking: bool = True) -> bool:
        """Wait as `acquire` does, without keeping the event loop. A wait that is cancelled counts no call."""
        begin = time.monotonic()
        while wait := (await self._taken()).wait:
            if not blocking:
                return False
            self._gate.check(wait, time.monotonic() - begin, self._told)
            await asyncio.sleep(wait)
        return True

    async def _taken(self) -> Taken:
        if not self._gate.counters.waits_for_others:
            return self._gate.take(self._windows)
        attempt = _Attempt(self._gate, self._windows)
        try:
            return await asyncio.to_thread(attempt.make)
        except asyncio.CancelledError:
            attempt.leave()
            raise


class _Attempt:
    """Takes windows in a thread, for a task that may leave meanwhile: who leaves last gives them back.

    Args:
        gate: What lets a call pass.
        windows: The windows.
    """

    def __init__(self, gate: _Gate, windows: list[Window]) -> None:
        self._gate = gate
        self._windows = windows
        self._changing = threading.Lock()
        self._taken: Taken | None = None
        self._is_left = False

    def make(self) -> Taken:
        """Take them."""
        taken = self._gate.take(self._windows)
        with self._changing:
            self._taken = taken
            is_left = self._is_left
        if is_left:
            self._give_back(taken)
        return taken

    def leave(self) -> None:
        """Go before they are used."""
        with self._changing:
            self._is_left = True
            taken = self._taken
        if taken:
            threading.Thread(target=self._give_back, args=(taken,)).start()

    def _give_back(self, taken: Taken) -> None:
        if taken.at and not taken.wait:
            self._gate.counters.give_back(self._windows, taken)


def _windows(pattern: str, text: str) -> list[Window]:
    """Read the limits of a pattern."""
    try:
        import limits
    except ImportError as error:
        msg = 'Rate limits need the package limits: pip install "langchain-openrouter-plus[limits]"'
        raise ImportError(msg, name="limits") from error
    try:
        items = limits.parse_many(text)
    except ValueError:
        items = []
    windows = []
    for item in items:
        unit, seconds = item.GRANULARITY.name, item.get_expiry()
        if unit in _WITHOUT_LENGTH or seconds > _LONGEST:
            raise ValueError(
                f"{pattern!r}: {text!r}: months and years differ in length. Write days, 365 at most: '1000/30 days'."
            )
        if not 1 <= item.amount <= _MOST:
            raise ValueError(f"{pattern!r}: {text!r} lets {item.amount} calls pass. Write 1 to {_MOST}.")
        windows.append(Window(item.key_for(pattern.lower()), item.amount, seconds, unit != "day"))
    if not windows:
        raise ValueError(f"{pattern!r}: {text!r} is no rate limit. Write it as '20/minute', or '20/minute; 50/day'.")
    return list(dict.fromkeys(windows))


def _counters(storage: str, name: str) -> Counters:
    if storage == "memory":
        return MemoryCounters()
    if storage.startswith(_REDIS):
        return RedisCounters(storage, name)
    raise ValueError(f"storage={shown(storage)!r} is no storage. Pass 'memory', or 'redis://host:6379/0'.")
