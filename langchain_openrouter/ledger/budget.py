"""Budgets: how much may be spent, by whom, in which stretch of time."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from langchain_openrouter.catalog.naming import ROUTING_VARIANTS
from langchain_openrouter.costs.money import Money, as_dollars, in_dollars, to_nano
from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.ledger.stores.store import Claim
from langchain_openrouter.ledger.window import Period, Window, check_period, window_at

if TYPE_CHECKING:
    from langchain_openrouter.ledger.ledger import Ledger

__all__ = ["Budget", "BudgetAlert", "BudgetStatus", "Caller", "ScopeName", "Target", "whose"]

ScopeName = Literal["user", "tag", "model", "provider", "thread", "key"] | str
"""What a budget can be apart by: one of these, or the name of an entry of LangChain's metadata."""

OnExceed = Literal["raise", "warn"] | Callable[[BudgetExceededError], bool]

_THOUSANDTH = Decimal("0.001")
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)

_KEPT_AFTER_A_RUN = dt.timedelta(days=1)
"""How long the counter of a run is kept: there is one for each run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose call it is: what budgets can be apart by. `None` where a call does not tell.

    Args:
        run: Id of the outermost run.
        user: The end user.
        thread: The thread of the conversation.
        key: Fingerprint of the API key.
        model: The model that is asked for.
        models: Models that may answer in its place.
        providers: Providers that may answer, or the one that did; empty where all may.
        tags: LangChain's tags.
        metadata: LangChain's metadata.
    """

    run: str | None = None
    user: str | None = None
    thread: str | None = None
    key: str | None = None
    model: str | None = None
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def values(self, name: str) -> tuple[str, ...]:
        """Give the values that a call has for a scope: several for its tags, one for most."""
        if name == "tag":
            return self.tags
        if name == "provider":
            return tuple(dict.fromkeys(map(plain_provider, self.providers)))
        if name == "model":
            names = (self.model, *self.models)
            return tuple(dict.fromkeys(plain_model(each) for each in names if each is not None))
        value = getattr(self, name) if name in {"user", "thread", "key"} else self.metadata.get(name)
        return () if value is None else (str(value),)


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """Where a budget stands.

    Args:
        budget: Its name.
        limit: Dollars of a window, as they hold now.
        spent: Dollars that calls of this window cost.
        reserved: Dollars set aside for calls on their way.
        resets_at: When the window ends (UTC); `None` where it does not.
        scope: Whose window it is.
    """

    budget: str
    limit: Decimal
    spent: Decimal
    reserved: Decimal
    resets_at: dt.datetime | None = None
    scope: Mapping[str, str] = field(default_factory=dict)

    @property
    def remaining(self) -> Decimal:
        """Dollars that are neither spent nor set aside; not below 0."""
        return max(self.limit - self.spent - self.reserved, Decimal(0))


@dataclass(frozen=True, slots=True)
class Target:
    """A window of a budget that a call belongs to.

    Args:
        budget: The budget.
        claim: The same as the store knows it.
        scope: Whose window it is.
        resets_at: When it ends.
    """

    budget: Budget
    claim: Claim
    scope: Mapping[str, str]
    resets_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class BudgetAlert:
    """A budget reached a share of its limit; told once for each window and share.

    Args:
        share: The share, of `Budget.alert_at`.
        status: Where the budget stood then.
    """

    share: Decimal
    status: BudgetStatus

    def __str__(self) -> str:
        status = self.status
        return (
            f"Budget {whose(status.budget, status.scope)} has reached {self.share:.0%}: {in_dollars(status.spent)} of "
            f"{in_dollars(status.limit)} are spent."
        )


class Budget:
    """How much may be spent in a stretch of time.

    Money is set aside before a call and counted after it, so a limit holds while many calls run at once; with a ledger
    that others use too, across processes and machines.

    Args:
        limit: Dollars. May be set again at any time, for this process; `Ledger.set_limit` sets it for everybody.
        per: Its window: one outermost `run`; a minute, hour, day, week or month in UTC, as OpenRouter's own limits
            reset; a `timedelta`, counted from 1970 on; or the `lifetime` of the ledger. Default: `run`.
        scope: Whose calls count. A name, such as `"user"`, gives each value a budget of its own; a mapping, such as
            `{"user": "ann"}`, counts only those calls; several names, each combination. `user`, `tag`, `model` (as
            asked for), `provider`, `thread`, `key`, or any entry of LangChain's metadata. Default: all calls.
        alert_at: Shares of the limit at which `on_alert` is told, once for each window.
        on_exceed: What happens to a call that does not fit: `raise` a `BudgetExceededError`; `warn` in the log, and let
            it pass; or a function of the error that may raise the limit, after which the call is looked at again; where
            it does not fit even then, it passes if the function returned `True`.
        on_alert: What is told. Default: a warning in the log.
        per_request: The most dollars that one call may cost.
        share: The most that one call may take of what is left, 0.001 to 1, in thousandths.
        name: Its name in errors, alerts and the ledger. Budgets of one name, window and scope count together.

    Raises:
        ValueError: A value is none of these.

    Example:
        >>> budget = Budget("$10", per="day", scope="user", per_request="$0.25")
        >>> budget.name
        'day by user'
    """

    def __init__(
        self,
        limit: Money,
        per: Period | dt.timedelta = "run",
        scope: ScopeName | Mapping[str, str] | Sequence[str] | None = None,
        *,
        alert_at: Iterable[float | Decimal] | float | Decimal = (0.5, 0.8, 1.0),
        on_exceed: OnExceed = "raise",
        on_alert: Callable[[BudgetAlert], None] | None = None,
        per_request: Money | None = None,
        share: float | Decimal | None = None,
        name: str | None = None,
    ) -> None:
        check_period(per)
        self.limit = limit
        self.per = per
        self.scope = _scope(scope)
        shares = [alert_at] if isinstance(alert_at, (float, int, Decimal)) else alert_at
        self.alert_at = tuple(sorted(_share(each, "alert_at") for each in shares))
        if on_exceed not in ("raise", "warn") and not callable(on_exceed):
            msg = f'on_exceed={on_exceed!r} is not known. Pass "raise", "warn", or a function of the error.'
            raise ValueError(msg)
        self.on_exceed = on_exceed
        self.on_alert = on_alert
        self.per_request = None if per_request is None else as_dollars(per_request, "per_request")
        self.share = None if share is None else _in_thousandths(share)
        self.name = name or self._described()
        self.key = f"{_quoted(self.name, safe=' ')}/{per if isinstance(per, str) else f'{per.total_seconds()}s'}"
        self.ledger: Ledger | None = None
        self.latest_run: str | None = None
        self._window: Window | None = None

    def __repr__(self) -> str:
        return f"Budget({in_dollars(self.limit)!r}, name={self.name!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Copy and pickle without the ledger, which the next handler gives it."""
        return {**self.__dict__, "ledger": None, "latest_run": None}

    @property
    def limit(self) -> Decimal:
        """Dollars of a window."""
        return self._limit

    @limit.setter
    def limit(self, value: Money) -> None:
        self._limit = as_dollars(value, "limit")
        self._nano = to_nano(self._limit)

    def status(self, *, at: dt.datetime | None = None, run: str | None = None, **scope: str) -> BudgetStatus:
        """Tell where it stands in the ledger of the handler that it was given to.

        Args:
            at: A moment of the window. Default: now.
            run: The run, for a budget per run. Default: the latest that set money aside.
            **scope: Whose, for a budget that is apart by something: `status(user="ann")`.

        Raises:
            ValueError: It was given to no handler yet, or it is not said whose status is wanted.
        """
        if self.ledger is None:
            msg = f"Budget {self.name!r} has no ledger yet. Give it to a cost handler, or ask `ledger.status(budget)`."
            raise ValueError(msg)
        return self.ledger.status(self, at=at, run=run, **scope)

    def window(self, at: dt.datetime) -> Window:
        """Give the window that holds a moment."""
        latest = self._window  # most calls are in the same as the one before
        if latest is None or not (latest.start or at) <= at < (latest.resets_at or _NEVER):
            self._window = latest = window_at(self.per, at)
        return latest

    def scopes(self, caller: Caller) -> list[dict[str, str]]:
        """Give the scopes that a call belongs to, a value for every name; none where the budget is not about it."""
        found = [{name: value for name, value in self.scope.items() if value is not None}]
        for name, wanted in self.scope.items():
            values = caller.values(name)
            if wanted is not None:
                # Any provider may answer a request that names none.
                if wanted not in values and (values or name != "provider"):
                    return []
                continue
            # Calls that do not say whose they are share one counter: they must not go uncounted.
            values = values or (() if name == "provider" else ("",))
            found = [{**each, name: value} for each in found for value in values]
        return found

    def counter(self, scope: Mapping[str, str], run: str | None, window: Window) -> str:
        """Give the key of one counter.

        Args:
            scope: A value for each name that the budget is apart by.
            run: The outermost run, for a budget per run.
            window: The window.
        """
        begin = _quoted(run or "") if self.per == "run" else window.begin
        if not self.scope:
            return f"{self.key}/{begin}/"
        fixed = [f"{_quoted(name)}:{_quoted(value)}" for name, value in self.scope.items() if value is not None]
        apart = [f"{_quoted(name)}={_quoted(scope[name])}" for name, value in self.scope.items() if value is None]
        return f"{self.key}/{begin}/{'&'.join(sorted(fixed + apart))}"

    def targets(self, caller: Caller, at: dt.datetime) -> list[Target]:
        """Give the windows that a call belongs to."""
        scopes = self.scopes(caller)
        if not scopes:
            return []
        window = self.window(at)
        kept = window.resets_at or (at + _KEPT_AFTER_A_RUN if self.per == "run" else None)
        share = None if self.share is None else int(self.share * 1000)
        until = None if kept is None else int(kept.timestamp() * 1000)
        counters = [self.counter(scope, caller.run, window) for scope in scopes]
        return [
            Target(self, Claim(counter, self._nano, self.key, share, until), scope, window.resets_at)
            for counter, scope in zip(counters, scopes, strict=True)
        ]

    def _described(self) -> str:
        per = self.per if isinstance(self.per, str) else str(self.per)
        fixed = [f"{name} {value}" for name, value in self.scope.items() if value is not None]
        apart = [name for name, value in self.scope.items() if value is None]
        by = f" by {' and '.join(apart)}" if apart else ""
        return f"{per}{' of ' + ' and '.join(fixed) if fixed else ''}{by}"


def plain_provider(name: str) -> str:
    """Write a provider's name and its slug the same way: `Google Vertex` and `google-vertex/us` are one."""
    return name.partition("/")[0].strip().casefold().replace(" ", "-")


def plain_model(name: str) -> str:
    """Write a model's name without what only chooses how it is served: `a/b:nitro` costs what `a/b` costs."""
    base, _, variant = name.rpartition(":")
    return base if base and variant in ROUTING_VARIANTS else name


_PLAIN = {"model": plain_model, "provider": plain_provider}


def whose(budget: str, scope: Mapping[str, str]) -> str:
    """Name a budget, and whose it is.

    Example:
        >>> whose("day by user", {"user": "ann"})
        "'day by user' (user ann)"
    """
    told = ", ".join(f"{name} {value or '(none)'}" for name, value in scope.items())
    return f"{budget!r} ({told})" if told else repr(budget)


def _scope(scope: str | Mapping[str, Any] | Sequence[str] | None) -> dict[str, str | None]:
    if scope is None:
        return {}
    if isinstance(scope, Mapping):
        odd = [value for value in scope.values() if not isinstance(value, (str, int))]
        if odd:
            msg = f"scope={scope!r} has {odd[0]!r} in it, which no call has. Pass one text for each name."
            raise ValueError(msg)
        return {name: _PLAIN.get(name, str)(str(value)) for name, value in scope.items()}
    names = [scope] if isinstance(scope, str) else list(scope)
    if not all(names):
        msg = f"scope={scope!r} is not known. Pass a name, names, or a mapping of names to values."
        raise ValueError(msg)
    return dict.fromkeys(names)


def _share(value: float | Decimal, name: str) -> Decimal:
    share = Decimal(str(value))
    if not 0 < share <= 1:
        msg = f"{name}={value!r} is no share. Pass a number above 0 and up to 1."
        raise ValueError(msg)
    return share


def _in_thousandths(value: float | Decimal) -> Decimal:
    """Read a share as stores keep it."""
    share = _share(value, "share")
    if share % _THOUSANDTH:
        msg = f"share={value!r} is finer than a ledger keeps. Pass thousandths, such as 0.001 or 0.25."
        raise ValueError(msg)
    return share


@functools.lru_cache(maxsize=10_000)  # the same names and users come again and again
def _quoted(text: str, safe: str = "") -> str:
    """Write a text with letters and digits of ASCII only: two texts never look alike, and every store takes them."""
    return quote(text, safe=safe, errors="surrogatepass")
