"""What OpenRouter itself says of the money: the limits of a key, the credit behind it, and what a generation cost."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from langchain_openrouter import _service
from langchain_openrouter.catalog.reading import flag, items, mapping, text
from langchain_openrouter.errors import (
    AuthenticationError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
)
from langchain_openrouter.errors.limits import amount, moment
from langchain_openrouter.ledger.window import Period, window_at

if TYPE_CHECKING:
    from decimal import Decimal

    from langchain_openrouter.http.asking import Asking

__all__ = ["Account", "Generation", "Generations", "KeyBudget", "aaccount", "account", "generation"]

_PERIODS: dict[str, Period] = {"daily": "day", "weekly": "week", "monthly": "month"}
"""How long a limit of OpenRouter holds, by its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBudget:
    """A limit that OpenRouter checks for a key: of a guardrail, of the workspace, or of the key itself.

    Args:
        scope: Whose limit it is, such as `"member"`, `"workspace"` or `"key_limit"`.
        limit_usd: Dollars of a window.
        spend_usd: Dollars spent in this window.
        remaining_usd: What is left; zero or less means that requests are refused.
        reset_interval: `"daily"`, `"weekly"` or `"monthly"`; `None` for a limit that never resets.
        resets_at: When the next window begins (UTC).
        include_byok: Whether spending with your own keys at providers counts.
    """

    scope: str | None = None
    limit_usd: Decimal | None = None
    spend_usd: Decimal | None = None
    remaining_usd: Decimal | None = None
    reset_interval: str | None = None
    resets_at: dt.datetime | None = None
    include_byok: bool | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> KeyBudget:
        """Read an element of `budgets` of `GET /key`."""
        return cls(
            scope=text(record.get("scope")),
            limit_usd=amount(record.get("limit_usd")),
            spend_usd=amount(record.get("spend_usd")),
            remaining_usd=amount(record.get("remaining_usd")),
            reset_interval=text(record.get("reset_interval")),
            resets_at=moment(record.get("resets_at")),
            include_byok=flag(record.get("include_byok")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The money of a key, as OpenRouter counts it. Dollars; `None` stands where OpenRouter does not tell.

    Args:
        label: The key, as OpenRouter shortens it.
        limit: The most that the key may spend in a window; `None` is no limit.
        remaining: What is left of it; below zero where more was spent.
        limit_reset: `"daily"`, `"weekly"` or `"monthly"`; `None` for a limit that never resets.
        resets_at: When the limit resets (UTC).
        usage: What the key has spent of all time.
        usage_daily: The same of this day, in UTC.
        usage_weekly: The same of this week, which begins on Monday.
        usage_monthly: The same of this month.
        byok_usage: What your own keys at providers have spent through this key.
        byok_usage_daily: The same of this day.
        byok_usage_weekly: The same of this week.
        byok_usage_monthly: The same of this month.
        include_byok_in_limit: Whether that counts for the limit.
        is_free_tier: Whether no credit was ever bought.
        expires_at: When the key ends (UTC).
        credits_total: All credit of the account. Only management keys may see it.
        credits_used: What the account has spent of it, by all keys.
        free_requests_limit: Requests to free models that a day allows.
        free_requests_used: Those of today.
        free_requests_left: Those that are left today.
        budgets: All limits that are checked for the key, in the order of checking.
        effective_budget: The limit that will refuse first.
    """

    label: str | None = None
    limit: Decimal | None = None
    remaining: Decimal | None = None
    limit_reset: str | None = None
    resets_at: dt.datetime | None = None
    usage: Decimal | None = None
    usage_daily: Decimal | None = None
    usage_weekly: Decimal | None = None
    usage_monthly: Decimal | None = None
    byok_usage: Decimal | None = None
    byok_usage_daily: Decimal | None = None
    byok_usage_weekly: Decimal | None = None
    byok_usage_monthly: Decimal | None = None
    include_byok_in_limit: bool | None = None
    is_free_tier: bool | None = None
    expires_at: dt.datetime | None = None
    credits_total: Decimal | None = None
    credits_used: Decimal | None = None
    free_requests_limit: int | None = None
    free_requests_used: int | None = None
    free_requests_left: int | None = None
    budgets: tuple[KeyBudget, ...] = ()
    effective_budget: KeyBudget | None = None

    @property
    def credits_left(self) -> Decimal | None:
        """What is left of the account's credit; below zero where it is overdrawn."""
        if self.credits_total is None or self.credits_used is None:
            return None
        return self.credits_total - self.credits_used

    @classmethod
    def from_records(
        cls, key: Mapping[str, Any], credit: Mapping[str, Any] | None = None, now: dt.datetime | None = None
    ) -> Account:
        """Read answers.

        Args:
            key: The `data` of `GET /key`.
            credit: The `data` of `GET /credits`, where the key may see it.
            now: The time of the answer, to tell when the limit resets.

        Example:
            >>> Account.from_records({"limit": 5, "limit_remaining": 4.5}).remaining
            Decimal('4.5')
        """
        budgets = tuple(KeyBudget.from_record(record) for record in map(mapping, items(key.get("budgets"))) if record)
        effective = mapping(key.get("effective_budget"))
        free = mapping(key.get("free_model_daily_requests"))
        credit = credit or {}
        return cls(
            label=text(key.get("label")),
            remaining=amount(key.get("limit_remaining")),
            limit_reset=text(key.get("limit_reset")),
            resets_at=_reset(text(key.get("limit_reset")), budgets, now or dt.datetime.now(dt.UTC)),
            include_byok_in_limit=flag(key.get("include_byok_in_limit")),
            is_free_tier=flag(key.get("is_free_tier")),
            expires_at=moment(key.get("expires_at")),
            credits_total=amount(credit.get("total_credits")),
            credits_used=amount(credit.get("total_usage")),
            free_requests_limit=_count(free.get("limit")),
            free_requests_used=_count(free.get("used")),
            free_requests_left=_count(free.get("remaining")),
            budgets=budgets,
            effective_budget=KeyBudget.from_record(effective) if effective else None,
            **{name: amount(key.get(name)) for name in _AMOUNTS},
        )


_AMOUNTS = (
    "limit",
    *(kind + span for kind in ("usage", "byok_usage") for span in ("", "_daily", "_weekly", "_monthly")),
)
"""Dollars that `GET /key` tells under the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What OpenRouter keeps of an answer. `None` stands where it does not tell.

    Args:
        id: Its id (`gen-…`).
        cost: Dollars that OpenRouter charged.
        upstream: Dollars that the provider charged.
        is_byok: Whether your own key at the provider was used, which pays `upstream` there.
        model: The model that answered.
        provider: The provider that answered.
        prompt_tokens: Tokens of the prompt, as the provider counts.
        completion_tokens: Tokens of the answer.
        reasoning_tokens: Those of them that are reasoning.
        cached_tokens: Tokens of the prompt that were read from a cache.
        finish_reason: Why the answer ended, such as `"stop"`.
        cancelled: Whether it was given up by the caller.
        streamed: Whether it was streamed.
        latency_s: Seconds to its first token.
        generation_s: Seconds of the generation.
        created_at: When it was asked for (UTC).
    """

    id: str
    cost: Decimal | None = None
    upstream: Decimal | None = None
    is_byok: bool | None = None
    model: str | None = None
    provider: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    finish_reason: str | None = None
    cancelled: bool | None = None
    streamed: bool | None = None
    latency_s: float | None = None
    generation_s: float | None = None
    created_at: dt.datetime | None = None

    @classmethod
    def from_record(cls, generation_id: str, record: Mapping[str, Any]) -> Generation:
        """Read the `data` of `GET /generation`.

        Args:
            generation_id: What was asked for.
            record: The `data`.
        """
        total = amount(record.get("total_cost"))
        return cls(
            id=text(record.get("id")) or generation_id,
            cost=amount(record.get("usage")) if total is None else total,
            upstream=amount(record.get("upstream_inference_cost")),
            is_byok=flag(record.get("is_byok")),
            model=text(record.get("model")),
            provider=text(record.get("provider_name")),
            prompt_tokens=_count(record.get("native_tokens_prompt")),
            completion_tokens=_count(record.get("native_tokens_completion")),
            reasoning_tokens=_count(record.get("native_tokens_reasoning")),
            cached_tokens=_count(record.get("native_tokens_cached")),
            finish_reason=text(record.get("finish_reason")),
            cancelled=flag(record.get("cancelled")),
            streamed=flag(record.get("streamed")),
            latency_s=_seconds(record.get("latency")),
            generation_s=_seconds(record.get("generation_time")),
            created_at=moment(record.get("created_at")),
        )


class Generations:
    """Looks generations up, many through one connection: `with Generations() as kept: kept.get("gen-…")`.

    Args:
        api_key: A key of the account. Default: `OPENROUTER_API_KEY`.
        base_url: Base URL of the API. Default: `OPENROUTER_API_BASE`, else OpenRouter's own.
        http_client: Your own `httpx.Client` or `httpx2.Client`.

    Raises:
        AuthenticationError: There is no key.
    """

    __slots__ = ("_asking",)

    def __init__(self, *, api_key: str | None = None, base_url: str | None = None, http_client: Any = None) -> None:
        self._asking = _asking(api_key, base_url, http_client, deadline=None)

    def __enter__(self) -> Self:
        self._asking.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._asking.__exit__()

    def get(self, generation_id: str) -> Generation | None:
        """Look a generation up.

        Args:
            generation_id: Its id (`gen-…`).

        Returns:
            What OpenRouter keeps of it, or `None` when it does not know it, which is so for some seconds after the
            end of a stream.

        Raises:
            OpenRouterError: OpenRouter could not be reached, or refused.
        """
        try:
            record = _data(self._asking, "/generation", {"id": generation_id})
        except NotFoundError:
            return None
        return Generation.from_record(generation_id, record)


def account(*, api_key: str | None = None, base_url: str | None = None, http_client: Any = None) -> Account:
    """Ask OpenRouter for the limits of a key, what it has spent, and the credit of its account.

    Args:
        api_key: The key. Default: `OPENROUTER_API_KEY`.
        base_url: Base URL of the API. Default: `OPENROUTER_API_BASE`, else OpenRouter's own.
        http_client: Your own `httpx.Client` or `httpx2.Client`.

    Returns:
        What OpenRouter tells. The credit is `None` unless it is a management key: others may not see it.

    Raises:
        AuthenticationError: There is no key, or OpenRouter does not know it.
        OpenRouterError: OpenRouter could not be reached, or refused.

    Example:
        >>> from langchain_openrouter.emulator import Emulator
        >>> with Emulator(models=[], credits=5) as openrouter:
        ...     account(api_key=openrouter.api_key, base_url=openrouter.base_url).credits_left
        Decimal('5.0')
    """
    with _asking(api_key, base_url, http_client) as asking:
        key = _data(asking, "/key")
        try:
            credit = _data(asking, "/credits")
        except (AuthenticationError, PermissionDeniedError):
            credit = {}
    return Account.from_records(key, credit)


async def aaccount(*, api_key: str | None = None, base_url: str | None = None, http_client: Any = None) -> Account:
    """Ask OpenRouter, in a thread. See `account`; `http_client` is a synchronous one here, too."""
    return await asyncio.to_thread(account, api_key=api_key, base_url=base_url, http_client=http_client)


def generation(
    generation_id: str, *, api_key: str | None = None, base_url: str | None = None, http_client: Any = None
) -> Generation | None:
    """Look one generation up. See `Generations` for its arguments, and `Generations.get` for what comes."""
    with Generations(api_key=api_key, base_url=base_url, http_client=http_client) as generations:
        return generations.get(generation_id)


def _asking(api_key: str | None, base_url: str | None, http_client: Any, **limits: None) -> Asking:
    from langchain_openrouter.http.asking import Asking  # brings the HTTP library, which most programs need later

    key = (api_key or os.environ.get(_service.KEY_VARIABLE, "")).strip()
    if not key:
        raise AuthenticationError("There is no API key, so OpenRouter cannot be asked about its account.")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise AuthenticationError("The API key has a blank or another character in it that no key has.")
    url = base_url or os.environ.get(_service.BASE_URL_VARIABLE) or _service.BASE_URL
    return Asking(url.rstrip("/"), key, http_client, **limits)


def _data(asking: Asking, path: str, query: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    answer = asking.get(path, query, exact=True)
    if not isinstance(answer["data"], Mapping):
        raise InvalidResponseError(f"GET {path} answered without an object in `data`.", body=answer)
    return answer["data"]


def _reset(limit_reset: str | None, budgets: tuple[KeyBudget, ...], now: dt.datetime) -> dt.datetime | None:
    """Say when the key's own limit resets: as OpenRouter tells, else by the calendar."""
    told = next((budget.resets_at for budget in budgets if budget.scope == "key_limit"), None)
    period = _PERIODS.get(limit_reset or "")
    return told or (window_at(period, now).resets_at if period else None)


def _count(value: object) -> int | None:
    number = amount(value)
    return int(number) if number is not None and number >= 0 and not isinstance(value, str) else None


def _seconds(milliseconds: object) -> float | None:
    number = amount(milliseconds)
    return float(number / 1000) if number is not None and number >= 0 else None
