"""What OpenRouter tells of a limit that was reached: whose it is, how much, and when it resets.

Sources: https://openrouter.ai/docs/api_reference/limits for 402 and 429. The 403 of a budget is known from others only:
https://www.developersdigest.tech/errors/api/openrouter/403-budget-limit-exceeded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["LimitDetails", "amount", "moment"]

_ABSURD = Decimal(10) ** 9
_FIRST_MILLISECONDS = 10**11
"""In 1973. What is less counts something else, such as seconds."""


class LimitDetails:
    """The limit behind a refusal, read from `.body` and `.headers`; each is `None` where OpenRouter does not tell."""

    body: Any
    headers: dict[str, str]

    @property
    def limit_source(self) -> str | None:
        """Whose limit it is, such as `"openrouter_key_limit"` or `"openrouter_free_tier_daily"`."""
        told = self._told("limit_source")
        return told if isinstance(told, str) else None

    @property
    def limit_usd(self) -> Decimal | None:
        """The limit, in dollars."""
        return amount(self._told("limit_usd"))

    @property
    def spend_usd(self) -> Decimal | None:
        """What is spent of it, in dollars."""
        return amount(self._told("spend_usd"))

    @property
    def resets_at(self) -> dt.datetime | None:
        """When it resets (UTC). A lifetime limit never does, and not every answer tells."""
        told = moment(self._told("resets_at"))
        if told is not None:
            return told
        in_body = self._told("headers")
        in_body = in_body.get("X-RateLimit-Reset") if isinstance(in_body, Mapping) else None
        return _from_milliseconds(in_body) or _from_milliseconds(self.headers.get("x-ratelimit-reset"))

    def _told(self, name: str) -> Any:
        """Look up a detail of the error; some answers have it beside the message."""
        for error in _errors_in(self.body):
            for place in (error.get("metadata"), error):
                if isinstance(place, Mapping) and place.get(name) is not None:
                    return place[name]
        return None

    def __str__(self) -> str:
        spent, limit, reset = self.spend_usd, self.limit_usd, self.resets_at
        told = [
            f"${spent:f} of ${limit:f} are spent." if spent is not None and limit is not None else "",
            f"The limit resets at {reset:%Y-%m-%d %H:%M:%S} UTC." if reset is not None else "",
        ]
        return " ".join([super().__str__(), *filter(None, told)])


def _errors_in(body: Any) -> Iterator[Mapping[str, Any]]:
    """Find the error of a failed response, of an answer, or of one of its choices."""
    if not isinstance(body, Mapping):
        return
    choices = body.get("choices")
    for place in (body, *(choices if isinstance(choices, list) else ())):
        if isinstance(place, Mapping) and isinstance(place.get("error"), Mapping):
            yield place["error"]


def amount(value: object) -> Decimal | None:
    """Read dollars of an answer, which may be below zero; what is no amount is `None`.

    Example:
        >>> amount(17.5), amount(-1), amount("0.10"), amount("much")
        (Decimal('17.5'), Decimal('-1'), Decimal('0.10'), None)
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        dollars = Decimal(str(value))
    except (InvalidOperation, ValueError):  # no number, or one with thousands of digits
        return None
    return dollars if dollars.is_finite() and abs(dollars) < _ABSURD else None


def moment(value: object) -> dt.datetime | None:
    """Read an ISO 8601 time of an answer; one without a zone is in UTC.

    Example:
        >>> moment("2026-10-12T02:00:00.000+02:00").isoformat()
        '2026-10-12T00:00:00+00:00'
    """
    if not isinstance(value, str):
        return None
    try:
        time = dt.datetime.fromisoformat(value)
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _from_milliseconds(value: object) -> dt.datetime | None:
    """Read milliseconds since 1970."""
    try:
        milliseconds = float(str(value))
        reset = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return reset if milliseconds >= _FIRST_MILLISECONDS else None
