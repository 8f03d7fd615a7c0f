"""What a model costs per token or unit, and which price holds when.

Prices are exact: ``Decimal`` dollars per single token or unit, as OpenRouter writes them. ``None`` means that no such
price is given; a price of ``"-1"`` is decided per request, so it is ``None`` too.

Source: ``PublicPricing`` and ``PricingOverride`` of OpenRouter's API description, and
https://openrouter.ai/docs/guides/overview/models.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog.reading import dollars, items, mapping, number, share

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Pricing", "PricingOverride", "Rates"]

_MILLION = 1_000_000
_NEXT_MIDNIGHT = 2400


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices in dollars, each per token unless said otherwise; ``None`` where none is given.

    Args:
        prompt: Per token of the prompt.
        completion: Per token of the answer, reasoning included unless that is priced apart.
        request: Per request.
        image: Per image of the prompt. Google's models put the price per image *token* here.
        image_token: Per image token of the prompt.
        image_output: Per image token of the answer (the API's page says per image; recorded bills say token).
        audio: Per audio token of the prompt.
        audio_output: Per audio token of the answer.
        input_audio_cache: Per audio token read from the prompt cache.
        input_cache_read: Per token read from the prompt cache.
        input_cache_write: Per token written to the prompt cache, kept for five minutes.
        input_cache_write_1h: Per token written to the prompt cache, kept for one hour.
        internal_reasoning: Per reasoning token.
        web_search: Per search that the model's provider does.
    """

    prompt: Decimal | None = None
    completion: Decimal | None = None
    request: Decimal | None = None
    image: Decimal | None = None
    image_token: Decimal | None = None
    image_output: Decimal | None = None
    audio: Decimal | None = None
    audio_output: Decimal | None = None
    input_audio_cache: Decimal | None = None
    input_cache_read: Decimal | None = None
    input_cache_write: Decimal | None = None
    input_cache_write_1h: Decimal | None = None
    internal_reasoning: Decimal | None = None
    web_search: Decimal | None = None

    @property
    def known(self) -> dict[str, Decimal]:
        """The prices that are given, by name."""
        prices = ((name, getattr(self, name)) for name in RATE_NAMES)
        return {name: price for name, price in prices if price is not None}


RATE_NAMES = tuple(each.name for each in fields(Rates))
"""The price keys of ``PublicPricing``."""


@dataclass(frozen=True, slots=True)
class PricingOverride(Rates):
    """Other prices for long prompts or for hours of the day. It applies when all of its conditions hold.

    A price that it does not give stays as it was.

    Args:
        min_prompt_tokens: Applies to prompts of *more* tokens than this; ``None`` for prompts of any length.
        utc_start: First minute of a daily window in UTC; ``None`` for midnight.
        utc_end: First minute after that window; ``None`` for midnight. Before ``utc_start`` where the window goes on
            past midnight.
        undecided: Names of prices that are decided per request while it applies.
    """

    min_prompt_tokens: float | None = None
    utc_start: dt.time | None = None
    utc_end: dt.time | None = None
    undecided: frozenset[str] = frozenset()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> PricingOverride | None:
        """Read one entry of ``overrides``; ``None`` when a condition cannot be read, since it must not apply then."""
        if record.get("utc_end") == _NEXT_MIDNIGHT:
            record = {**record, "utc_end": None}
        conditions: dict[str, Any] = {
            "min_prompt_tokens": number(record.get("min_prompt_tokens")),
            "utc_start": _clock(record.get("utc_start")),
            "utc_end": _clock(record.get("utc_end")),
        }
        unread = (name for name in record.keys() - RATE_NAMES if record[name] is not None)
        if any(conditions.get(name) is None and (name in conditions or not _is_price(record[name])) for name in unread):
            return None
        prices = _prices({name: price for name, price in record.items() if price is not None})
        undecided = frozenset(name for name, price in prices.items() if price is None)
        return cls(**prices, **conditions, undecided=undecided)

    def applies(self, prompt_tokens: float, at: dt.datetime) -> bool:
        """Say whether the entry applies.

        Args:
            prompt_tokens: All tokens of the prompt, cached ones too.
            at: When the request is made, in UTC.
        """
        if self.min_prompt_tokens is not None and prompt_tokens <= self.min_prompt_tokens:
            return False
        if self.utc_start is None and self.utc_end is None:
            return True
        now, start, end = at.time(), self.utc_start or dt.time.min, self.utc_end or dt.time.min
        if self.utc_end is None:
            return now >= start
        return start <= now < end if start <= end else now >= start or now < end


@dataclass(frozen=True, slots=True)
class Pricing(Rates):
    """The prices of a model or an endpoint, and what changes them.

    Args:
        discount: Share that is taken off every price, 0 to 1.
        overrides: Conditional prices; of those that apply, later ones win, price by price.

    Example:
        >>> pricing = Pricing.from_record({"prompt": "0.0000025", "completion": "0.00001"})
        >>> pricing.per_million("prompt")
        Decimal('2.5')
    """

    discount: Decimal = Decimal(0)
    overrides: tuple[PricingOverride, ...] = ()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Pricing:
        """Read ``pricing`` of a model or an endpoint. Keys that are not prices are ignored."""
        entries = [PricingOverride.from_record(mapping(entry)) for entry in items(record.get("overrides"))]
        return cls(
            **_prices(record),
            discount=share(record.get("discount")),
            overrides=tuple(entry for entry in entries if entry is not None),
        )

    def at(self, prompt_tokens: float = 0, at: dt.datetime | None = None) -> Rates:
        """Give the prices of one request, overrides and discount applied.

        Args:
            prompt_tokens: All tokens of the prompt, which choose the tier.
            at: When the request is made; a time without a zone is UTC. Default: now.

        Example:
            >>> tier = {"min_prompt_tokens": 200_000, "prompt": "0.000006"}
            >>> pricing = Pricing.from_record({"prompt": "0.000003", "completion": "0", "overrides": [tier]})
            >>> pricing.at(200_000).prompt, pricing.at(200_001).prompt
            (Decimal('0.000003'), Decimal('0.000006'))
        """
        if not self.overrides and not self.discount:
            return self
        now = in_utc(at)
        prices = self.known
        for entry in self.overrides:
            if entry.applies(prompt_tokens, now):
                prices |= entry.known
                prices = {name: price for name, price in prices.items() if name not in entry.undecided}
        kept = 1 - self.discount
        return Rates(**{name: price * kept for name, price in prices.items()})

    @property
    def is_free(self) -> bool:
        """Whether those of prompt and answer are given, and every price is zero or taken off, also in overrides."""
        if self.prompt is None or self.completion is None:
            return False
        if self.discount == 1:
            return True
        costly = any(any(entry.known.values()) or entry.undecided for entry in self.overrides)
        return not costly and not any(self.known.values())

    def per_million(self, name: str) -> Decimal | None:
        """Give a price in dollars per million tokens, discount applied.

        Args:
            name: The price, such as ``"prompt"``.
        """
        price: Decimal | None = getattr(self, name)
        if price is None:
            return None
        return price * _MILLION * (1 - self.discount) if self.discount else price * _MILLION


NO_PRICING = Pricing()


def _prices(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dollars(record[name]) for name in RATE_NAMES if name in record}


def _is_price(value: object) -> bool:
    """Say whether the value of a key that is not known is a price, and so no condition: prices are decimal texts."""
    return isinstance(value, str) and dollars(value) is not None


def _clock(value: object) -> dt.time | None:
    """Read a clock number such as 1030; 2400 is midnight."""
    clock = number(value)
    if clock is None or clock < 0:
        return None
    hour, minute = divmod(int(clock), 100)
    return dt.time(hour % 24, minute) if hour <= 24 and minute < 60 else None  # noqa: PLR2004  # hours, minutes


def in_utc(at: dt.datetime | None = None) -> dt.datetime:
    """Give a time in UTC; one without a zone is UTC, and none is now."""
    if at is None:
        return dt.datetime.now(dt.UTC)
    return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
