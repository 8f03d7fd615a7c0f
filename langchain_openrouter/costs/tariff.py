"""What one token costs, at best, as usual and at worst.

A whole experiment is millions of tokens and thousands of requests, all at the same few prices; so these are worked out
once, by asking `price` what a single token of each kind costs, and the rest is multiplying.
"""

from __future__ import annotations

import bisect
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog import Model, Pricing, Rates
from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.costs.ceiling import dearest
from langchain_openrouter.costs.pricing import price
from langchain_openrouter.costs.usage import Usage

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

__all__ = ["Tariff", "TokenPrices"]


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """Dollars for one token, and for the request as such.

    Args:
        request: For the request, whatever its length.
        cached: Of the prompt, read from the cache.
        prompt: Of the prompt, nothing cached.
        prompt_at_worst: Of the prompt, written to the cache for as long as is dearest.
        sound_at_worst: The same of a prompt with sound in it.
        completion: Of the answer.
        completion_at_worst: Of the answer, thought or made in the way that is dearest.
    """

    request: Decimal
    cached: Decimal
    prompt: Decimal
    prompt_at_worst: Decimal
    sound_at_worst: Decimal
    completion: Decimal
    completion_at_worst: Decimal


class Tariff:
    """The prices of a model at one time, by the length of the prompt.

    Args:
        model: The model.
        at: When; a time without a zone is UTC. Default: now.
    """

    __slots__ = ("_at", "_found", "_thresholds", "model")

    def __init__(self, model: Model, at: dt.datetime | None = None) -> None:
        self.model = model
        self._at = in_utc(at)
        tiers = (entry.min_prompt_tokens for entry in model.pricing.overrides)
        self._thresholds = sorted({tier for tier in tiers if tier is not None})
        self._found: dict[int, TokenPrices | None] = {}

    def prices(self, prompt_tokens: int) -> TokenPrices | None:
        """Give the prices of a prompt of this length; ``None`` where they are not known.

        Args:
            prompt_tokens: All tokens of the prompt.
        """
        # A tier holds for prompts of more tokens than its threshold.
        tier = bisect.bisect_left(self._thresholds, prompt_tokens)
        if tier not in self._found:
            rates = self.model.pricing.at(prompt_tokens, self._at)
            self._found[tier] = _token_prices(rates, self.model.output_modalities)
        return self._found[tier]

    def why_unknown(self, prompt_tokens: int) -> str | None:
        """Say why the prices of a prompt of this length are not known."""
        return price(Usage(prompt_tokens, 1), self.model, at=self._at).reason


@functools.lru_cache(maxsize=2048)
def _token_prices(rates: Rates, outputs: frozenset[str]) -> TokenPrices | None:
    known: dict[str, Any] = rates.known
    flat = Pricing(**known)
    worst, with_sound = (dearest(rates, outputs, audio=audio) for audio in (False, True))
    read = price(Usage(1, 0, cached=1), flat).total
    if worst is None or with_sound is None or read is None or rates.prompt is None or rates.completion is None:
        return None
    return TokenPrices(
        request=worst.request,
        cached=read - worst.request,
        prompt=rates.prompt,
        prompt_at_worst=worst.prompt,
        sound_at_worst=with_sound.prompt,
        completion=rates.completion,
        completion_at_worst=worst.completion,
    )
