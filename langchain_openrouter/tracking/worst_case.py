"""The most that a call may cost, before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.costs.ceiling import Ceiling, ceiling_of
from langchain_openrouter.costs.estimation import SHORTEST_LIMIT, longest_answer
from langchain_openrouter.costs.prompt import IMAGES, TokenRange, count_prompt, holds_audio

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from langchain_openrouter.catalog import Catalog, Model
    from langchain_openrouter.tracking.request import Request

__all__ = ["WorstCase", "worst_case"]

_FREE = Ceiling(Decimal(0), Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class WorstCase:
    """What a call may cost at most.

    Args:
        amount: Dollars, as far as prices are known.
        unknown: Why that may not be all; `None` where it is.
        prompt: The prompt's tokens.
        ceiling: The dearest prices of the model that was asked for; `None` where they are not known.
        images: Images of the prompt.
        choices: How many answers.
    """

    amount: Decimal
    unknown: str | None
    prompt: TokenRange
    ceiling: Ceiling | None = None
    images: int = 0
    choices: int = 1

    def longest(self, amount: Decimal) -> int | None:
        """Give the longest answer that an amount pays for; `None` where it does not pay for the shortest."""
        if self.ceiling is None or self.prompt.high is None:
            return None
        tokens = (self.ceiling.longest(amount, self.prompt.high, self.images) or 0) // self.choices
        return tokens if tokens >= SHORTEST_LIMIT else None


def worst_case(request: Request, messages: Sequence[BaseMessage], catalog: Catalog, at: dt.datetime) -> WorstCase:
    """Find the most that a call may cost, whichever of its models and tiers it meets.

    Args:
        request: What is asked for.
        messages: The prompt.
        catalog: Where models are looked up.
        at: When the request is made.
    """
    prompt = count_prompt(messages, request.tools)
    blocks = [block for each in messages if isinstance(each.content, list) for block in each.content]
    images = sum(isinstance(block, dict) and block.get("type") in IMAGES for block in blocks)
    audio = bool(blocks) and holds_audio(messages)
    whole, first, reasons = Decimal(0), None, list[str]()
    for name in request.models:
        model = catalog.get(name)
        case = _of_model(model, request, prompt, at, images=images, audio=audio) if model else f"no model {name!r}"
        if isinstance(case, str):
            reasons.append(case)
        else:
            amount, ceiling = case
            whole, first = max(whole, amount), first or ceiling
    if not request.models:
        reasons.append("the call names no model")
    if reasons and request.most and prompt.high is not None and request.max_tokens is not None:
        # No provider may answer above this price, whatever the model is.
        bound = Ceiling(*request.most, Decimal(0), Decimal(0))
        whole = max(whole, bound.cost(prompt.high, request.max_tokens * request.choices))
        reasons, first = [], first or bound
    if request.fees:
        reasons.append(f"{' and '.join(request.fees)}: billed apart, at prices that no catalog has")
    return WorstCase(whole, "; ".join(reasons) or None, prompt, first, images, request.choices)


def _of_model(
    model: Model, request: Request, prompt: TokenRange, at: dt.datetime, *, images: int, audio: bool
) -> tuple[Decimal, Ceiling] | str:
    """Give the most that a model may cost, and its prices; or say why nobody knows."""
    if model.pricing.is_free:
        return Decimal(0), _FREE
    longest_prompt = prompt.high if prompt.high is not None else model.context_length
    answer = longest_answer(model, prompt, request.max_tokens)
    if longest_prompt is None or answer is None:
        return f"no limit of {model.id!r} is known; `max_tokens` sets one"
    ceiling = ceiling_of(model, longest_prompt, at, audio=audio)
    if ceiling is None:
        return f"the price of {model.id!r} is decided per request, or nobody knows it"
    return ceiling.cost(longest_prompt, answer * request.choices, images), ceiling
