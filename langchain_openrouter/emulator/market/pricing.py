"""What an answer costs, from the prices of the catalog, in exact decimals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PICO = Decimal("1e-12")
_MIDNIGHT, _NEXT_MIDNIGHT = 0, 2400
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, and other things that are charged.

    The details are parts of `prompt` and `completion`, not additions to them.
    """

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0
    cache_write: int = 0
    cache_write_is_1h: bool = False
    audio_in: int = 0
    video_in: int = 0
    audio_out: int = 0
    image_out: int = 0
    searches: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars of one answer. `total` is what is charged, to a millionth of a microdollar.

    `prompt` and `completion` are the provider's; `total` adds searches and the price per
    request, and is nought when the user's own provider key paid.
    """

    prompt: Decimal = ZERO
    completion: Decimal = ZERO
    total: Decimal = ZERO
    upstream: Decimal = ZERO
    is_byok: bool = field(default=False)


def decimal_of(value: object) -> Decimal:
    """Read a price; negative means unknown and costs nothing here."""
    return max(Decimal(str(value or 0)), ZERO)


def prices_at(pricing: Mapping[str, Any], prompt_tokens: int, now: datetime) -> dict[str, Decimal]:
    """Give the prices that hold for one request.

    A tier begins above its `min_prompt_tokens`; a window without start or end reaches to midnight.

    Args:
        pricing: `pricing` of a model's record, strings of dollars per token.
        prompt_tokens: Length of the prompt, for tiers.
        now: Time of the request, for time windows.
    """
    effective = {key: value for key, value in pricing.items() if key != "overrides"}
    for override in pricing.get("overrides") or ():
        if _applies(override, prompt_tokens, now.astimezone(UTC)):
            effective |= override
    factor = 1 - Decimal(str(pricing.get("discount") or 0))
    skipped = {"discount", "min_prompt_tokens", "utc_start", "utc_end"}
    return {k: decimal_of(v) * factor for k, v in effective.items() if k not in skipped}


def _applies(override: Mapping[str, Any], prompt_tokens: int, now: datetime) -> bool:
    threshold = override.get("min_prompt_tokens")
    if threshold is not None and prompt_tokens <= Decimal(str(threshold)):
        return False
    start, end = override.get("utc_start"), override.get("utc_end")
    if start is None and end is None:
        return True
    clock = now.hour * 100 + now.minute
    begin = Decimal(str(_MIDNIGHT if start is None else start))
    finish = Decimal(str(_NEXT_MIDNIGHT if end is None else end))
    if begin <= finish:
        return begin <= clock < finish
    return clock >= begin or clock < finish


def cost_of(
    pricing: Mapping[str, Any],
    usage: Usage,
    now: datetime,
    *,
    is_byok: bool = False,
) -> Cost:
    """Give the cost of an answer.

    Args:
        pricing: `pricing` of the endpoint that answered.
        usage: What it used.
        now: When the request came.
        is_byok: Whether the user's own provider key paid.

    >>> from datetime import datetime, UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> cost_of({"prompt": "0.000003", "completion": "0.000015"}, Usage(100, 10), noon).total
    Decimal('0.000450000000')
    """
    prices = prices_at(pricing, usage.prompt, now)
    prompt = _prompt_cost(prices, usage)
    completion = _completion_cost(prices, usage)
    fees = prices.get("request", ZERO) + prices.get("web_search", ZERO) * usage.searches
    upstream = (prompt + completion).quantize(_PICO)
    total = ZERO if is_byok else (prompt + completion + fees).quantize(_PICO)
    return Cost(prompt.quantize(_PICO), completion.quantize(_PICO), total, upstream, is_byok)


def _prompt_cost(prices: Mapping[str, Decimal], usage: Usage) -> Decimal:
    """Add up what was sent, read from the cache and written to it.

    A price of writing below that of sending is the price of keeping what was sent: it was recorded
    to be charged beside sending or reading. Elsewhere it is charged instead of sending.
    """
    base = prices.get("prompt", ZERO)
    read = prices.get("input_cache_read", base)
    write = prices.get("input_cache_write", base)
    sent_too = usage.cache_write if write < base else 0
    if usage.cache_write_is_1h:
        write = prices.get("input_cache_write_1h", write)
    audio = prices.get("audio", base)
    plain = max(usage.prompt - usage.cached - usage.cache_write + sent_too - usage.audio_in, 0)
    return plain * base + usage.cached * read + usage.cache_write * write + usage.audio_in * audio


def _completion_cost(prices: Mapping[str, Decimal], usage: Usage) -> Decimal:
    base = prices.get("completion", ZERO)
    thinking = prices.get("internal_reasoning", base)
    plain = usage.completion - usage.reasoning - usage.audio_out - usage.image_out
    return (
        plain * base
        + usage.reasoning * thinking
        + usage.audio_out * prices.get("audio_output", base)
        + usage.image_out * prices.get("image_output", base)
    )


def affordable_tokens(pricing: Mapping[str, Any], credit: Decimal, prompt: int) -> int:
    """Give how many output tokens the credit pays after the prompt."""
    prices = prices_at(pricing, prompt, datetime.now(UTC))
    completion = prices.get("completion", ZERO)
    rest = credit - prompt * prices.get("prompt", ZERO)
    if rest <= 0 or not completion:
        return 0
    return int(rest / completion)
