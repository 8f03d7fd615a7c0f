"""What a request may cost, before it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_openrouter.costs.asked import at_least_one, read_asked
from langchain_openrouter.costs.prompt import TokenRange, as_messages, count_prompt, holds_audio
from langchain_openrouter.costs.shares import Shares
from langchain_openrouter.costs.tariff import Tariff

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from langchain_core.language_models import LanguageModelInput

    from langchain_openrouter.catalog import Catalog, Model
    from langchain_openrouter.costs.asked import Asked, ModelLike
    from langchain_openrouter.costs.shares import BudgetLike

__all__ = ["Estimate", "Estimator", "estimate", "estimate_cost", "longest_answer", "typical_answer"]

TYPICAL_ANSWER = 500
"""Tokens of an answer, where the caller expects nothing else."""

SHORTEST_LIMIT = 16
"""Tokens: some providers take a lower `max_tokens` for this one, as recorded."""

TYPICAL_THOUGHT = 1500
"""Tokens that a model thinks before it answers, where it thinks without being told to."""

_Amount = TypeVar("_Amount", "int", "Decimal")


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

    def share_of(self, budget: BudgetLike) -> Shares:
        """Say how much of a budget it takes.

        Args:
            budget: Dollars, or what tells how many are left (`remaining`), such as the status of a budget.

        Returns:
            Shares, 1 for all of it; ``None`` where the cost is unknown. Of a budget of 0, what costs nothing takes 0,
            and all else an infinite share.

        Raises:
            ValueError: ``budget`` is no amount of money.

        Example:
            >>> estimate_cost("Tell me a story.", "openai/gpt-4o-mini", max_tokens=1000).share_of("$0.50").high < 1
            True
        """
        return Shares.of(self.low, self.expected, self.high, budget)


def estimate_cost(
    messages: LanguageModelInput,
    model: ModelLike,
    *,
    tools: Sequence[Any] | None = None,
    max_tokens: int | None = None,
    expected_tokens: int | None = None,
    n: int | None = None,
    at: dt.datetime | None = None,
    catalog: Catalog | None = None,
) -> Estimate:
    """Estimate what a request will cost. Nothing is sent, and no network is needed.

    What OpenRouter's own tools and plugins cost is not in it. `estimate` is the same function under an older name.

    Args:
        messages: The prompt, in any form that a chat model takes.
        model: The model, its name as in `Catalog.lookup`, or a chat model, also with tools or arguments bound: its
            limits, tools, number of answers and `models` to fall back to count, unless an argument here says otherwise.
        tools: Tools that are sent along.
        max_tokens: The most tokens of the answer, as the request will say. Default: the model's own limit.
        expected_tokens: Tokens that you expect of the answer. Default: 500, and 1500 more of a model that thinks.
        n: How many answers the request asks for; each has all the tokens of one. Default: 1.
        at: When the request will be made, for prices by the hour. Default: now.
        catalog: Where a name is looked up. Default: `langchain_openrouter.catalog.current()`.

    Returns:
        A range of dollars, ``low <= expected <= high``. Where OpenRouter may turn to another model, the range holds
        each of them; what is expected is the first one's.

    Raises:
        ModelNotFoundError: The catalog has no such model.
        TypeError: ``model`` is none, such as a chain.
        ValueError: ``max_tokens``, ``expected_tokens`` or ``n`` is below 1.

    Example:
        >>> guess = estimate_cost("Tell me a story.", "openai/gpt-4o-mini", max_tokens=1000)
        >>> guess.low < guess.expected < guess.high
        True
    """
    at_least_one(max_tokens=max_tokens, expected_tokens=expected_tokens, n=n)
    asked = read_asked(model, tools=tools, max_tokens=max_tokens, n=n, catalog=catalog)
    messages = as_messages(messages)
    prompt = count_prompt(messages, asked.tools)
    return Estimator.of(asked, expected_tokens, at).estimate(prompt, audio=holds_audio(messages))


estimate = estimate_cost  # the older name


@dataclass(frozen=True, slots=True)
class Estimator:
    """Estimates many requests that ask for the same, but for the prompt.

    Args:
        asked: What they ask for.
        tariffs: The prices of each model that is asked.
        expected_tokens: Tokens that are expected of an answer. Default: as with `estimate_cost`.
    """

    asked: Asked
    tariffs: tuple[Tariff, ...]
    expected_tokens: int | None = None

    @classmethod
    def of(cls, asked: Asked, expected_tokens: int | None = None, at: dt.datetime | None = None) -> Estimator:
        """Make one for requests at a time. Default: now."""
        return cls(asked, tuple(Tariff(model, at) for model in asked.models), expected_tokens)

    def limited(self, max_tokens: int) -> Estimator:
        """Give one for the same requests with another limit of the answer."""
        return replace(self, asked=replace(self.asked, max_tokens=max_tokens))

    def estimate(self, prompt: TokenRange, *, audio: bool = False) -> Estimate:
        """Estimate one request.

        Args:
            prompt: Its tokens, as `count_prompt` gives them.
            audio: Whether there is sound in it.
        """
        first, *others = (self._estimate(tariff, prompt, audio=audio) for tariff in self.tariffs)
        return _spanning(first, others) if others else first

    def _estimate(self, tariff: Tariff, prompt: TokenRange, *, audio: bool) -> Estimate:
        model = tariff.model
        prompt = _within_window(prompt, model.context_length)
        completion = self._answers(model, prompt)
        low = expected = high = reason = None
        if (prices := tariff.prices(prompt.low)) is not None:
            low = prompt.low * prices.cached + completion.low * prices.completion + prices.request
        if (prices := tariff.prices(prompt.expected)) is not None:
            expected = prompt.expected * prices.prompt + completion.expected * prices.completion + prices.request
        if prompt.high is None or completion.high is None:
            remedy = "" if prompt.high is None else "; `max_tokens` sets one"
            reason = f"The catalog knows no limit of {model.id!r}{remedy}."
        elif (prices := tariff.prices(prompt.high)) is not None:
            worst = prices.sound_at_worst if audio else prices.prompt_at_worst
            high = prompt.high * worst + completion.high * prices.completion_at_worst + prices.request
        if low is None or expected is None or (high is None and reason is None):
            reason = _why_unknown(tariff, prompt) or reason
        return _ordered(Estimate(low, expected, high, prompt, completion, model.id, reason))

    def _answers(self, model: Model, prompt: TokenRange) -> TokenRange:
        answer, n = _answer(model, prompt, self.asked.max_tokens, self.expected_tokens), self.asked.n
        if n == 1:
            return answer
        return TokenRange(n * answer.low, n * answer.expected, None if answer.high is None else n * answer.high)


def _why_unknown(tariff: Tariff, prompt: TokenRange) -> str | None:
    """Say why the price of the prompt is not known, at the first of its lengths at which it is not."""
    lengths = [length for length in (prompt.low, prompt.expected, prompt.high) if length is not None]
    return next((reason for length in lengths if (reason := tariff.why_unknown(length))), None)


def _ordered(guess: Estimate) -> Estimate:
    """Make the three costs a range: a long prompt may be cheaper by the token."""
    low, expected, high = guess.low, guess.expected, guess.high
    costs = [cost for cost in (low, expected, high) if cost is not None]
    if costs == sorted(costs):
        return guess
    return replace(guess, low=None if low is None else min(costs), high=None if high is None else max(costs))


def _spanning(first: Estimate, others: Sequence[Estimate]) -> Estimate:
    """Widen an estimate to those of other models, any of which may answer."""
    every = [first, *others]
    completion = TokenRange(
        min(each.completion_tokens.low for each in every),
        first.completion_tokens.expected,
        _most([each.completion_tokens.high for each in every]),
    )
    prompt = replace(first.prompt_tokens, high=_most([each.prompt_tokens.high for each in every]))
    lows = [each.low for each in every]
    return replace(
        first,
        low=None if None in lows else min(low for low in lows if low is not None),
        high=_most([each.high for each in every]),
        prompt_tokens=prompt,
        completion_tokens=completion,
        reason=next((each.reason for each in every if each.reason), None),
    )


def _most(values: Sequence[_Amount | None]) -> _Amount | None:
    """Give the highest; ``None`` where one is unknown."""
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _within_window(prompt: TokenRange, window: int | None) -> TokenRange:
    """Let the window be the limit where the prompt itself is none; what exceeds it stays, for it will be refused."""
    high = window if prompt.high is None else prompt.high
    return TokenRange(prompt.low, prompt.expected, high if high is None else max(high, prompt.expected))


def longest_answer(model: Model, prompt: TokenRange, max_tokens: int | None) -> int | None:
    """Give the most tokens that an answer may have; ``None`` where nothing sets a limit.

    Args:
        model: The model.
        prompt: The range of the prompt.
        max_tokens: What the request says.
    """
    room = None if model.context_length is None else max(model.context_length - prompt.low, 1)
    asked = None if max_tokens is None else max(max_tokens, SHORTEST_LIMIT)
    return min((limit for limit in (asked, model.max_completion_tokens, room) if limit is not None), default=None)


def typical_answer(model: Model) -> int:
    """Give the tokens that an answer of a model has where nobody expects anything else: 500, and its thoughts."""
    thinks = model.reasoning is not None and (model.reasoning.mandatory or bool(model.reasoning.enabled_by_default))
    return TYPICAL_ANSWER + (TYPICAL_THOUGHT if thinks else 0)


def _answer(model: Model, prompt: TokenRange, max_tokens: int | None, expected: int | None) -> TokenRange:
    most = longest_answer(model, prompt, max_tokens)
    likely = expected or typical_answer(model)
    return TokenRange(1, likely if most is None else min(likely, most), most)
