"""The most that a call can cost: what a budget sets aside for it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from langchain_openrouter.catalog import Model, Pricing, Rates

__all__ = ["Ceiling", "ceiling_of", "dearest"]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The dearest prices that a call can meet, in dollars.

    Args:
        prompt: Per token of the prompt, whichever way it is used: read, written to the cache, heard.
        completion: Per token of the answer, whichever way it is used: said, thought, spoken, painted.
        image: Per image of the prompt, beside its tokens.
        request: For the call itself.
    """

    prompt: Decimal
    completion: Decimal
    image: Decimal
    request: Decimal

    def cost(self, prompt_tokens: int, completion_tokens: int, images: int = 0) -> Decimal:
        """Give the most that so much can cost."""
        whole = self.prompt * prompt_tokens + self.completion * completion_tokens
        return whole + self.image * images + self.request

    def longest(self, amount: Decimal, prompt_tokens: int, images: int = 0) -> int | None:
        """Give the longest answer that an amount pays for; `None` where it does not even pay the prompt."""
        left = amount - self.cost(prompt_tokens, 0, images)
        if left < 0 or not self.completion:
            return None
        return int(left / self.completion)


def ceiling_of(model: Model, prompt_tokens: int, at: dt.datetime, *, audio: bool = False) -> Ceiling | None:
    """Find the dearest prices of a model.

    Args:
        model: The model.
        prompt_tokens: The longest that the prompt may be, which chooses among the price's tiers.
        at: When the request is made, which chooses among the hours.
        audio: Whether there is sound in the prompt.

    Returns:
        The prices; `None` where those of prompt or answer are not known.

    Example:
        >>> import datetime as dt
        >>> from langchain_openrouter.catalog import current
        >>> ceiling = ceiling_of(current().lookup("openai/gpt-4o-mini"), 1000, dt.datetime.now(dt.UTC))
        >>> ceiling.cost(1000, 100)
        Decimal('0.00021000')
    """
    outputs, pricing = model.output_modalities, model.pricing
    if not pricing.overrides:
        return _plain(pricing, outputs, audio=audio)
    floors = [each.min_prompt_tokens for each in pricing.overrides if each.min_prompt_tokens is not None]
    begins = {0, *(int(floor) + 1 for floor in floors)}
    tiers = [pricing.at(begin, at) for begin in begins if begin <= prompt_tokens]
    ceilings = [dearest(rates, outputs, audio=audio) for rates in tiers]
    known = [ceiling for ceiling in ceilings if ceiling is not None]
    if len(known) < len(ceilings):
        return None
    return Ceiling(*(max(prices) for prices in zip(*map(_prices, known), strict=True)))


@functools.lru_cache(maxsize=1024)
def _plain(pricing: Pricing, outputs: frozenset[str], *, audio: bool) -> Ceiling | None:
    return dearest(pricing.at(), outputs, audio=audio)


def dearest(rates: Rates, outputs: frozenset[str], *, audio: bool) -> Ceiling | None:
    """Find the dearest ways of using a token at some prices.

    Args:
        rates: The prices.
        outputs: What a model gives, such as `text`, `audio`, `image`.
        audio: Whether there is sound in the prompt.

    Returns:
        The prices; `None` where those of prompt or answer are not known.
    """
    if rates.prompt is None or rates.completion is None:
        return None
    kinds = [rates.input_cache_read, rates.image_token, *((rates.audio, rates.input_audio_cache) if audio else ())]
    used = max(rates.prompt, *(each or 0 for each in kinds))
    # Where writing to the cache is cheaper than reading the prompt, it is a fee on top; see `costs.pricing`.
    on_top = used if rates.input_cache_write is not None and rates.input_cache_write < rates.prompt else Decimal(0)
    writes = [each + on_top for each in (rates.input_cache_write, rates.input_cache_write_1h) if each is not None]
    into = [used, *writes]
    out = [rates.completion, rates.internal_reasoning or 0]
    out += [rates.audio_output or 0] if "audio" in outputs else []
    out += [rates.image_output or 0] if "image" in outputs else []
    image = rates.image or Decimal(0)
    return Ceiling(Decimal(max(into)), Decimal(max(out)), image, rates.request or Decimal(0))


def _prices(ceiling: Ceiling) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    return ceiling.prompt, ceiling.completion, ceiling.image, ceiling.request
