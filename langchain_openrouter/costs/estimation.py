"""What a request may cost, before it is sent."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog import Catalog, Model, current
from langchain_openrouter.costs.pricing import price
from langchain_openrouter.costs.prompt import TokenRange, as_messages, count_prompt, holds_audio
from langchain_openrouter.costs.usage import Usage

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from langchain_core.language_models import LanguageModelInput

__all__ = ["Estimate", "estimate"]

TYPICAL_ANSWER = 500
"""Tokens of an answer, where the caller expects nothing else."""

SHORTEST_LIMIT = 16
"""Tokens: some providers take a lower `max_tokens` for this one, as recorded."""

TYPICAL_THOUGHT = 1500
"""Tokens that a model thinks before it answers, where it thinks without being told to."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request may cost, in dollars; ``None`` where it cannot be told, and `reason` says why.

    Args:
        low: With the shortest prompt, all of it read from the cache, and an answer of one token.
        expected: With the likely prompt, nothing cached, and a typical answer.
        high: With the longest prompt, all of it written to the cache for as long as is dearest, and the longest answer.
        prompt_tokens: The range of the prompt.
        completion_tokens: The range of the answer.
        model: The model whose prices were taken.
        reason: Why something is unknown.
    """

    low: Decimal | None
    expected: Decimal | None
    high: Decimal | None
    prompt_tokens: TokenRange
    completion_tokens: TokenRange
    model: str
    reason: str | None = None


def estimate(
    messages: LanguageModelInput,
    model: str | Model,
    *,
    tools: Sequence[Any] | None = None,
    max_tokens: int | None = None,
    expected_tokens: int | None = None,
    at: dt.datetime | None = None,
    catalog: Catalog | None = None,
) -> Estimate:
    """Estimate what a request will cost. Nothing is sent, and no network is needed.

    What OpenRouter's own tools and plugins cost is not in it.

    Args:
        messages: The prompt, in any form that a chat model takes.
        model: The model, or its name as in `Catalog.lookup`.
        tools: Tools that are sent along.
        max_tokens: The most tokens of the answer, as the request will say. Default: the model's own limit.
        expected_tokens: Tokens that you expect of the answer. Default: 500, and 1500 more of a model that thinks.
        at: When the request will be made, for prices by the hour. Default: now.
        catalog: Where a name is looked up. Default: `langchain_openrouter.catalog.current()`.

    Returns:
        A range of dollars, ``low <= expected <= high``.

    Raises:
        ModelNotFoundError: The catalog has no such model.
        ValueError: ``max_tokens`` or ``expected_tokens`` is below 1.

    Example:
        >>> guess = estimate("Tell me a story.", "openai/gpt-4o-mini", max_tokens=1000)
        >>> guess.low < guess.expected < guess.high
        True
    """
    for name, value in (("max_tokens", max_tokens), ("expected_tokens", expected_tokens)):
        if value is not None and value < 1:
            msg = f"{name}={value!r} is no number of tokens. Pass 1 or more, or leave it out."
            raise ValueError(msg)
    found = model if isinstance(model, Model) else (catalog or current()).lookup(model)
    messages = as_messages(messages)
    prompt = _within_window(count_prompt(messages, tools), found.context_length)
    completion = _answer(found, prompt, max_tokens, expected_tokens)
    low = price(Usage(prompt.low, completion.low, cached=prompt.low), found, at=at)
    expected = price(Usage(prompt.expected, completion.expected), found, at=at)
    high, reason = _dearest(found, prompt, completion, at, audio=holds_audio(messages))
    costs = [cost for cost in (low.total, expected.total, high) if cost is not None]
    return Estimate(
        # A long prompt may be cheaper by the token; a range stays one.
        low=min(costs) if low.total is not None else None,
        expected=expected.total,
        high=None if high is None else max(costs),
        prompt_tokens=prompt,
        completion_tokens=completion,
        model=found.id,
        reason=low.reason or reason,
    )


def _within_window(prompt: TokenRange, window: int | None) -> TokenRange:
    """Let the window be the limit where the prompt itself is none; what exceeds it stays, for it will be refused."""
    high = window if prompt.high is None else prompt.high
    return TokenRange(prompt.low, prompt.expected, high if high is None else max(high, prompt.expected))


def _answer(model: Model, prompt: TokenRange, max_tokens: int | None, expected: int | None) -> TokenRange:
    room = None if model.context_length is None else max(model.context_length - prompt.low, 1)
    asked = None if max_tokens is None else max(max_tokens, SHORTEST_LIMIT)
    limits = [limit for limit in (asked, model.max_completion_tokens, room) if limit is not None]
    most = min(limits) if limits else None
    thinks = model.reasoning is not None and (model.reasoning.mandatory or bool(model.reasoning.enabled_by_default))
    likely = expected or TYPICAL_ANSWER + (TYPICAL_THOUGHT if thinks else 0)
    return TokenRange(1, likely if most is None else min(likely, most), most)


def _dearest(
    model: Model, prompt: TokenRange, completion: TokenRange, at: dt.datetime | None, *, audio: bool
) -> tuple[Decimal | None, str | None]:
    """Give the most that it can cost: whichever way of using the same tokens is dearest."""
    if prompt.high is None or completion.high is None:
        remedy = "" if prompt.high is None else "; `max_tokens` sets one"
        return None, f"The catalog knows no limit of {model.id!r}{remedy}."
    sent: list[dict[str, Any]] = [{}, {"written": prompt.high}, {"written_1h": prompt.high}]
    if audio:
        sent.append({"audio": prompt.high})
    said: list[dict[str, Any]] = [{}, {"reasoning": completion.high}]
    said += [{f"{each}_output": completion.high} for each in ("audio", "image") if each in model.output_modalities]
    ways = [
        price(Usage(prompt.high, completion.high, **into, **out), model, at=at).total
        for into, out in itertools.product(sent, said)
    ]
    known = [cost for cost in ways if cost is not None]
    return (max(known) if known else None), None
