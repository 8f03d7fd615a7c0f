"""How models and providers are doing: who fails too often to be called now, and how fast the others are."""

from __future__ import annotations

import contextlib
import functools
import math
import threading
import time
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from langchain_core import exceptions as core

from langchain_openrouter._guard import Guard
from langchain_openrouter.http.backend import failure_kind
from langchain_openrouter.routing.breaker import Breaker, BreakerSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_openrouter.routing.breaker import State

__all__ = ["Health", "Pace", "status_of", "tells_of_health"]

_Key: TypeAlias = tuple[str, str | None]
_T = TypeVar("_T")

_MOST_KEYS = 4096
_WEIGHT = 0.2
"""Of the latest call in a mean, so that about the last ten calls make most of it."""

_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS, _SERVER_ERROR = 408, 429, 500


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a model answers: means in which each call weighs a fifth, and all calls before it the rest.

    Args:
        first_token_s: Seconds to the first piece of streamed answers; `None` where there was none.
        duration_s: Seconds to the end of answers; `None` where nobody told.
        calls: How many calls are in them.
    """

    first_token_s: float | None
    duration_s: float | None
    calls: int


class Health:
    """Circuit breakers for models and their providers, shared by any number of routers, threads and event loops.

    A breaker opens after `failures` failures in a row within `window`; when half of at least 20 calls within `window`
    failed; or at once, for as long as the server says in `Retry-After`. It is open for `cool_down`. Then `probes` calls
    may pass: if one is answered the breaker closes, if one fails it opens for twice as long as the time before.

    Calls that began before a breaker opened may end after it. They say how things were, so they neither close it nor
    open it again; `duration_s` of a report tells them apart from probes. Where that is left out, a report counts while
    the breaker is closed or half open, and does not while it is open.

    It knows some thousands of models and providers; those that were not used for the longest time are forgotten.
    A pickled one comes back with the same settings, and has seen nothing.

    Args:
        failures: How many failures in a row open a breaker.
        window: Seconds within which calls are counted.
        cool_down: Seconds for which a breaker opens first, and after which a probe of which nothing was heard is given
            up.
        longest_cool_down: The most seconds for which it opens, also where a server asks for more.
        probes: How many calls may pass at once while a breaker is half open.
        clock: Gives seconds. Where it goes back, the time goes on from there.

    Raises:
        ValueError: A value is one that cannot be.

    Example:
        >>> from langchain_openrouter import OverloadedError
        >>> health = Health(failures=2)
        >>> for _ in range(2):
        ...     health.failed("openai/gpt-4o-mini", error=OverloadedError("The provider is overloaded."))
        >>> health.state("openai/gpt-4o-mini"), health.admit("openai/gpt-4o-mini")
        ('open', False)
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        window: float = 60.0,
        cool_down: float = 30.0,
        longest_cool_down: float = 600.0,
        probes: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = BreakerSettings(
            failures=failures,
            window=window,
            cool_down=cool_down,
            longest_cool_down=longest_cool_down,
            probes=probes,
        )
        self._clock = clock
        self._now = _Steady(clock)
        self._guard = Guard(threading.TIMEOUT_MAX)
        self._breakers: OrderedDict[_Key, Breaker] = OrderedDict()
        self._ailing: dict[str, dict[str | None, Breaker]] = {}
        """The breakers that are not closed, which are few: by model and provider."""
        self._speeds: OrderedDict[str, Pace] = OrderedDict()
        self._reports: deque[Callable[[float], None]] = deque()

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in asdict(self._settings).items())
        return f"{type(self).__name__}({settings})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings."""
        return functools.partial(type(self), **asdict(self._settings), clock=self._clock), ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Stay one: the copy of a router has seen what the router has."""
        return self

    def state(self, model: str, provider: str | None = None) -> State:
        """Tell how a breaker stands: `"closed"` (calls pass), `"open"` (none does) or `"half_open"` (probes do)."""
        return self._asked(model, provider, Breaker.state, "closed")

    def wait(self, model: str, provider: str | None = None) -> float:
        """Give the seconds until a breaker lets a call pass; 0 where it does now."""
        return self._asked(model, provider, Breaker.wait, 0.0)

    def admit(self, model: str, provider: str | None = None) -> bool:
        """Let a call pass, or not. What becomes of it is to be told by `succeeded` or `failed`."""
        return self._asked(model, provider, Breaker.admit, True)  # noqa: FBT003  # what a closed breaker answers

    def snapshot(self, models: Sequence[str]) -> Sequence[float]:
        """Give the waits of many models, in their order; in microseconds where no breaker is open."""
        if not self._ailing:
            return [0.0] * len(models)
        with self._guard:
            now = self._catch_up()
            waits = {model: found[None].wait(now) for model, found in self._ailing.items() if None in found}
        return [waits.get(model, 0.0) for model in models]

    def ailing_providers(self, model: str) -> tuple[str, ...]:
        """Give the providers of a model whose breakers are open, for the `ignore` of a request's `provider`."""
        if model not in self._ailing:
            return ()
        with self._guard:
            now = self._catch_up()
            found = self._ailing.get(model, {})
            return tuple(sorted(name for name, breaker in found.items() if name and breaker.state(now) == "open"))

    def speed(self, model: str) -> Pace | None:
        """Tell how fast a model answers; `None` where that is not known."""
        return self._speeds.get(model)

    def succeeded(
        self,
        model: str,
        provider: str | None = None,
        *,
        first_token_s: float | None = None,
        duration_s: float | None = None,
    ) -> None:
        """Note an answer.

        Args:
            model: The model that was called.
            provider: The provider that answered, where it is known.
            first_token_s: Seconds from the call to its first piece, if it was streamed.
            duration_s: Seconds from the call to now.
        """
        self._tell(functools.partial(self._succeeded, model, provider, first_token_s, duration_s))

    def failed(
        self, model: str, provider: str | None = None, *, error: BaseException, duration_s: float | None = None
    ) -> None:
        """Note how a call ended that gave no answer, whatever ended it.

        Args:
            model: The model that was called.
            provider: The provider that failed; what the error says goes before.
            error: What ended the call. See `tells_of_health`.
            duration_s: Seconds from the call to now.
        """
        self._tell(functools.partial(self._failed, model, provider, error, duration_s))

    def _asked(self, model: str, provider: str | None, question: Callable[[Breaker, float], _T], closed: _T) -> _T:
        if model not in self._ailing:
            return closed
        with self._guard:
            now = self._catch_up()
            breaker = self._ailing.get(model, {}).get(provider)
            if breaker is None:
                return closed
            self._breakers.move_to_end((model, provider))
            return question(breaker, now)

    def _tell(self, report: Callable[[float], None]) -> None:
        """Note a report at once, or with the next step.

        Python may collect a stream, and so end a call, in the middle of a step of this very thread. That is no time for
        another step, and no reason to fail.
        """
        self._reports.append(report)
        with contextlib.suppress(TimeoutError), self._guard:
            self._catch_up()

    def _catch_up(self) -> float:
        """Note what was reported; give the time."""
        now = self._now()
        while self._reports:
            self._reports.popleft()(now)
        return now

    def _succeeded(
        self, model: str, provider: str | None, first_token_s: float | None, duration_s: float | None, now: float
    ) -> None:
        began = _begin(now, duration_s)
        for name in dict.fromkeys((provider, None)):
            breaker = self._breaker(model, name)
            breaker.succeeded(now, began)
            self._sort(model, name, breaker)
        if _is_time(first_token_s) or _is_time(duration_s):
            known = self._speeds.get(model, Pace(None, None, 0))
            first, whole = _mean(known.first_token_s, first_token_s), _mean(known.duration_s, duration_s)
            self._speeds[model] = Pace(first, whole, known.calls + 1)
            self._speeds.move_to_end(model)
            if len(self._speeds) > _MOST_KEYS:
                self._speeds.popitem(last=False)

    def _failed(
        self, model: str, provider: str | None, error: BaseException, duration_s: float | None, now: float
    ) -> None:
        provider, began = getattr(error, "provider_name", None) or provider, _begin(now, duration_s)
        if not tells_of_health(error):
            for name, breaker in self._ailing.get(model, {}).items():
                if name in {provider, None}:
                    breaker.ended(now, began)
            return
        told = getattr(error, "retry_after", None)
        retry_after = told if _is_time(told) else None
        for name in dict.fromkeys((provider, None)):
            breaker = self._breaker(model, name)
            # The server speaks of the provider, where there is one: others may serve the model at once.
            breaker.failed(now, began, retry_after if name == provider else None)
            self._sort(model, name, breaker)

    def _breaker(self, model: str, provider: str | None) -> Breaker:
        """Give a breaker, new where it is not known, and forget another where there are too many."""
        key = model, provider
        if key in self._breakers:
            self._breakers.move_to_end(key)
            return self._breakers[key]
        breaker = self._breakers[key] = Breaker(self._settings)
        if len(self._breakers) > _MOST_KEYS:
            (model, provider), _ = self._breakers.popitem(last=False)
            self._forget(model, provider)
        return breaker

    def _sort(self, model: str, provider: str | None, breaker: Breaker) -> None:
        """Keep the breakers that are not closed at hand."""
        if breaker.is_closed:
            self._forget(model, provider)
        else:
            self._ailing.setdefault(model, {})[provider] = breaker

    def _forget(self, model: str, provider: str | None) -> None:
        found = self._ailing.get(model, {})
        found.pop(provider, None)
        if not found:
            self._ailing.pop(model, None)


_WELL = (core.ModelAuthenticationError, core.ModelInvalidRequestError, core.ModelNotFoundError,
         core.ModelPermissionDeniedError)  # fmt: skip
_ILL = (core.ModelAPIError, core.ModelConnectionError, core.ModelRateLimitError, core.ModelTimeoutError)


def tells_of_health(error: BaseException) -> bool:
    """Say whether an error says that a model is not well, so that other calls of it would fail too.

    Rate limits, overload, failures of a server (5xx), time-outs, broken connections, and answers that are empty or cut
    off say so. Errors of the request, the key, the budget or the data policy do not, and neither does a call that was
    cancelled. Models of other providers are judged by LangChain's classes of errors, else by the HTTP status, else by
    whether the transport failed.

    Args:
        error: What ended a call.

    Example:
        >>> from langchain_openrouter import BadRequestError, RateLimitError
        >>> tells_of_health(RateLimitError("Slow down.")), tells_of_health(BadRequestError("No such parameter."))
        (True, False)
    """
    if isinstance(error, core.ModelError):
        # A refusal comes first: too much money on its way is a rate limit too, of the account.
        return isinstance(error, _ILL) and not isinstance(error, _WELL)
    status = status_of(error)
    if status is not None:
        return status in {_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS} or status >= _SERVER_ERROR
    return isinstance(error, (TimeoutError, ConnectionError)) or failure_kind(error) is not None


def status_of(error: BaseException) -> int | None:
    """Give the HTTP status that an error of any package tells; `None` where it tells none."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # as botocore has it
        response = response.get("ResponseMetadata") or {}
        return response.get("HTTPStatusCode")
    told = (getattr(error, "status_code", None), getattr(error, "code", None), getattr(response, "status_code", None))
    return next((status for status in told if isinstance(status, int) and not isinstance(status, bool)), None)


def _is_time(seconds: Any) -> bool:
    return isinstance(seconds, (int, float)) and 0 <= seconds < math.inf


def _begin(now: float, duration_s: float | None) -> float | None:
    return now - duration_s if duration_s is not None and _is_time(duration_s) else None


def _mean(known: float | None, new: float | None) -> float | None:
    if new is None or not _is_time(new):
        return known
    return new if known is None else known + _WEIGHT * (new - known)


class _Steady:
    """A clock that does not go back, whatever the one behind it does. For one thread at a time.

    Args:
        clock: Gives seconds.
    """

    __slots__ = ("_ahead", "_clock", "_read", "_told")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._read = self._told = -math.inf
        self._ahead = 0.0

    def __call__(self) -> float:
        read = self._clock()
        self._ahead += max(0.0, self._read - read)
        self._read = read
        self._told = max(self._told, read + self._ahead)  # a sum may be a little less than its like before
        return self._told
