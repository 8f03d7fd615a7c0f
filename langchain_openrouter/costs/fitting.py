"""A prompt made to fit a budget: another model, a shorter answer, a shorter prompt."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.costs.asked import at_least_one, each_model, read_asked
from langchain_openrouter.costs.estimation import Estimate, Estimator
from langchain_openrouter.costs.money import Money, as_dollars, in_dollars
from langchain_openrouter.costs.prompt import as_messages
from langchain_openrouter.costs.sized import SizedPrompt

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import BaseMessage

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs.asked import ModelLike

__all__ = ["Fit", "NothingFitsError", "fit_to_budget"]

_LONGEST_ANSWER = 1_000_000
"""Tokens, where neither request nor catalog sets a limit: no answer is as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A request that costs no more than a budget, and what it took to make it so.

    Args:
        model: The model whose prices were taken.
        candidate: The same as it was passed: a name, a model or a chat model.
        messages: The prompt to send.
        max_tokens: The limit of the answer to send with it; ``None`` where none is needed. To a chat model that has
            `max_completion_tokens` it must be bound under that name, which OpenRouter prefers.
        estimate: What the request costs; ``high`` is within the budget.
        budget: Dollars.
        reason: How it was chosen and what was cut, in words.
        messages_removed: How many messages of the prompt were cut.
        tokens_removed: How many tokens they probably have.
        answer_limited: Whether ``max_tokens`` was lowered.
    """

    model: str
    candidate: ModelLike = field(repr=False)
    messages: list[BaseMessage] = field(repr=False)
    max_tokens: int | None
    estimate: Estimate
    budget: Decimal
    reason: str
    messages_removed: int = 0
    tokens_removed: int = 0
    answer_limited: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the prompt was cut."""
        return not self.messages_removed


class NothingFitsError(ValueError):
    """No candidate fits into the budget, however short the prompt is made.

    Args:
        message: What happened, and what would help.
        budget: Dollars that there were.
        cheapest: What the shortest prompt costs on the cheapest candidate; ``None`` where no candidate can take it at
            a known price.
    """

    def __init__(self, message: str, budget: Decimal, cheapest: Estimate | None = None) -> None:
        super().__init__(message)
        self.budget = budget
        self.cheapest = cheapest

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the arguments."""
        return type(self), (str(self), self.budget, self.cheapest)


def fit_to_budget(
    messages: LanguageModelInput,
    cents: Money,
    candidates: Iterable[ModelLike] | ModelLike,
    *,
    max_tokens: int | None = None,
    expected_tokens: int | None = None,
    shortest_answer: int | None = None,
    tools: Sequence[Any] | None = None,
    catalog: Catalog | None = None,
    at: dt.datetime | None = None,
) -> Fit:
    """Fit a request into a budget: take the best model that it pays for, else shorten.

    The first candidate is chosen whose worst case is within the budget. Where there is none, the answer is limited if
    ``shortest_answer`` allows it, and then the oldest turns of the prompt are cut: no more than needed, so it is the
    candidate that keeps most of the prompt, and of several the first. System messages at the begin and all from the
    last user message on stay, and a tool's result stays with its call. A candidate whose price is unknown, or whose
    window the prompt exceeds, does not fit.

    Args:
        messages: The prompt, in any form that a chat model takes.
        cents: The budget, in cents: ``5`` is $0.05.
        candidates: The models, best first, each as in `estimate_cost`.
        max_tokens: The most tokens of the answer. Default: what a chat model says, else the model's own limit. That is
            long with most models and makes most of the worst case, so give one.
        expected_tokens: Tokens that you expect of the answer. Default: as with `estimate_cost`.
        shortest_answer: Tokens down to which the answer may be limited, where the whole does not fit. Default: not.
        tools: Tools that are sent along. Default: what is bound to a chat model.
        catalog: Where names are looked up. Default: `langchain_openrouter.catalog.current()`.
        at: When the request will be made, for prices by the hour. Default: now.

    Returns:
        What to send to which model, and what was cut.

    Raises:
        ModelNotFoundError: The catalog has no such model.
        NothingFitsError: Even the shortest prompt costs too much, or no price is known. A `ValueError`.
        TypeError: A candidate is no model.
        ValueError: ``cents`` is no amount, a number is below 1, or there are no candidates.

    Example:
        >>> fit = fit_to_budget("Tell me a story.", 1, ["openai/gpt-4o", "openai/gpt-4o-mini"], max_tokens=2000)
        >>> fit.model, fit.is_whole
        ('openai/gpt-4o-mini', True)
    """
    at_least_one(max_tokens=max_tokens, expected_tokens=expected_tokens, shortest_answer=shortest_answer)
    budget, at = _dollars_of_cents(cents), in_utc(at)
    choices = []
    for candidate in each_model(candidates):
        asked = read_asked(candidate, tools=tools, max_tokens=max_tokens, catalog=catalog)
        choices.append(_Choice(candidate, Estimator.of(asked, expected_tokens, at)))
    if not choices:
        raise ValueError("There are no candidates. Pass at least one model.")
    whole = prompt = SizedPrompt(as_messages(messages))
    for shorter in _ever_shorter(whole.messages):
        prompt = SizedPrompt(shorter) if len(shorter) < len(whole.messages) else whole
        for choice in choices:
            if choice.fits(prompt, budget):
                return _fit(choice, choices, prompt, whole, budget)
        for choice in choices if shortest_answer else ():
            limited = choice.limited(prompt, budget, shortest_answer or 1)
            if limited is not None:
                return _fit(limited, choices, prompt, whole, budget)
    raise _nothing_fits(choices, prompt, budget, shortest_answer)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A candidate, and what it costs."""

    candidate: ModelLike
    estimator: Estimator
    answer_limited: bool = False

    @property
    def model_id(self) -> str:
        return self.estimator.asked.models[0].id

    def estimate(self, prompt: SizedPrompt) -> Estimate:
        asked = self.estimator.asked
        guess = self.estimator.estimate(prompt.with_tools(asked.tools), audio=prompt.audio)
        if all(model.pricing.is_free for model in asked.models):
            return replace(guess, high=Decimal(0), reason=None)  # known, whatever the limits are
        return guess

    def holds(self, prompt: SizedPrompt) -> bool:
        """Say whether the window may hold the prompt."""
        asked = self.estimator.asked
        window = asked.models[0].context_length
        return window is None or prompt.with_tools(asked.tools).low < window

    def fits(self, prompt: SizedPrompt, budget: Decimal) -> bool:
        """Say whether the most that it can cost is within the budget."""
        high = self.estimate(prompt).high
        return high is not None and high <= budget and self.holds(prompt)

    def limited(self, prompt: SizedPrompt, budget: Decimal, shortest: int) -> _Choice | None:
        """Give the same with the longest answer that the budget pays for; ``None`` where that is below the shortest."""
        longest = self.estimate(prompt).completion_tokens.high
        most = max(_LONGEST_ANSWER, shortest + 1) if longest is None else longest // self.estimator.asked.n
        if not self.with_limit(shortest).fits(prompt, budget):
            return None
        fitting = bisect.bisect_left(
            range(shortest, most), 1, key=lambda tokens: int(not self.with_limit(tokens).fits(prompt, budget))
        )
        return self.with_limit(shortest + fitting - 1)

    def with_limit(self, max_tokens: int) -> _Choice:
        """Give the same with another limit of the answer."""
        return replace(self, estimator=self.estimator.limited(max_tokens), answer_limited=True)


def _dollars_of_cents(cents: Money) -> Decimal:
    try:
        if isinstance(cents, str) and "$" in cents:
            raise ValueError  # noqa: TRY301  # five dollars are no five cents
        return as_dollars(cents) / 100
    except ValueError:
        msg = f'cents={cents!r} is no amount of cents. Pass a number that is 0 or more, such as 5 or "0.5".'
        raise ValueError(msg) from None


def _ever_shorter(messages: list[BaseMessage]) -> Iterator[list[BaseMessage]]:
    """Give a prompt whole, then without its oldest turn, without the next one, and so on to the last user message."""
    from langchain_core.messages import SystemMessage, trim_messages

    yield messages
    start = next((place for place, each in enumerate(messages) if not isinstance(each, SystemMessage)), len(messages))
    system, kept = messages[:start], messages[start:]
    spans = _tool_spans(messages)
    while len(kept) > 1:
        kept = trim_messages(kept, max_tokens=len(kept) - 1, token_counter=len, strategy="last", start_on="human")
        cut = len(messages) - len(kept)
        if kept and not any(called < cut <= answered for called, answered in spans):
            yield [*system, *kept]


def _tool_spans(messages: Sequence[BaseMessage]) -> list[tuple[int, int]]:
    """Give the places of each tool's call and of its result: no cut may be between them."""
    calls: dict[str | None, int] = {}
    spans = []
    for place, message in enumerate(messages):
        spans += [(calls[answered], place) for answered in _answered(message) if answered in calls]
        for name in ("tool_calls", "invalid_tool_calls"):
            calls |= dict.fromkeys((call.get("id") for call in getattr(message, name, ())), place)
    return spans


def _answered(message: BaseMessage) -> Iterable[str]:
    """Give the ids of calls that a message answers: one of a tool, or of a user with Anthropic's blocks."""
    blocks = message.content if isinstance(message.content, list) else ()
    ids = [getattr(message, "tool_call_id", None), *(b.get("tool_use_id") for b in blocks if isinstance(b, dict))]
    return (each for each in ids if each is not None)


def _fit(choice: _Choice, choices: Sequence[_Choice], prompt: SizedPrompt, whole: SizedPrompt, budget: Decimal) -> Fit:
    asked, guess = choice.estimator.asked, choice.estimate(prompt)
    fit = Fit(
        model=choice.model_id,
        candidate=choice.candidate,
        messages=prompt.messages,
        max_tokens=asked.max_tokens,
        estimate=guess,
        budget=budget,
        reason="",
        messages_removed=len(whole.messages) - len(prompt.messages),
        tokens_removed=whole.with_tools(asked.tools).expected - prompt.with_tools(asked.tools).expected,
        answer_limited=choice.answer_limited,
    )
    return replace(fit, reason=" ".join(_reasons(fit, len(choices), len(whole.messages))))


def _reasons(fit: Fit, candidates: int, messages: int) -> Iterator[str]:
    cost = f"{fit.model!r} costs {in_dollars(fit.estimate.high)} at most, of {in_dollars(fit.budget)}"
    if fit.is_whole and not fit.answer_limited:
        yield f"{cost}: the first that fits, of {candidates} in order of preference. Nothing was cut."
        return
    yield f"None of {candidates} fits with the whole prompt and answer. {cost}."
    if fit.messages_removed:
        yield (
            f"It keeps the most: the oldest {fit.messages_removed} of {messages} messages were cut, "
            f"about {fit.tokens_removed} tokens."
        )
    else:
        yield "The prompt is whole."
    if fit.answer_limited:
        yield f"The answer is limited to {fit.max_tokens} tokens."


def _nothing_fits(
    choices: Sequence[_Choice], shortest: SizedPrompt, budget: Decimal, shortest_answer: int | None
) -> NothingFitsError:
    """Say what the shortest prompt and answer would cost, or why nobody knows."""
    if shortest_answer:
        choices = [*choices, *(choice.with_limit(shortest_answer) for choice in choices)]
    guesses = [(choice.estimate(shortest), choice.holds(shortest)) for choice in choices]
    costs = [(guess.high, place) for place, (guess, holds) in enumerate(guesses) if holds and guess.high is not None]
    if not costs:
        too_long = "Its window is shorter than the prompt, also when that is cut."
        why = {guess.model: too_long if not holds else guess.reason for guess, holds in guesses}
        return NothingFitsError(
            f"No candidate can take the prompt at a known price. {' '.join(f'{model}: {why[model]}' for model in why)} "
            "Pass a model of a known price and a longer window.",
            budget,
        )
    cheapest, _ = guesses[min(costs)[1]]
    return NothingFitsError(
        f"Nothing fits into {in_dollars(budget)}: the cheapest candidate, {cheapest.model!r}, costs up to "
        f"{in_dollars(cheapest.high)}, even with the shortest prompt ({len(shortest.messages)} messages) and an answer "
        f"of at most {cheapest.completion_tokens.high} tokens. Pass more cents, a cheaper or a free model, or a lower "
        "`max_tokens` or `shortest_answer`.",
        budget,
        cheapest,
    )
