"""What an experiment may cost, before it is run: several prompts on several models, several times."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.costs.asked import at_least_one, each_model, read_asked
from langchain_openrouter.costs.estimation import Estimator
from langchain_openrouter.costs.prompt import TokenRange, as_messages
from langchain_openrouter.costs.shares import Shares, budget_in_dollars, share_of
from langchain_openrouter.costs.sized import SizedPrompt

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.prompt_values import PromptValue
    from typing_extensions import TypeIs

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs.asked import ModelLike
    from langchain_openrouter.costs.estimation import Estimate
    from langchain_openrouter.costs.shares import BudgetLike

    Prompt: TypeAlias = LanguageModelInput | BaseMessage

__all__ = ["ASK_ABOVE", "ModelEstimate", "RunEstimate", "estimate_run"]

ASK_ABOVE = Decimal("0.8")
"""The share of a budget above which a program should ask before it runs."""


@dataclass(frozen=True, slots=True)
class ModelEstimate:
    """What one model of an experiment may cost, in dollars; ``None`` where it cannot be told.

    Args:
        model: The model whose prices were taken.
        calls: How many requests it gets.
        low: What they cost at least.
        expected: What they probably cost.
        high: What they cost at most.
        prompt_tokens: The range of all prompts together.
        completion_tokens: The range of all answers together.
        reason: Why something is unknown.
    """

    model: str
    calls: int
    low: Decimal | None
    expected: Decimal | None
    high: Decimal | None
    prompt_tokens: TokenRange
    completion_tokens: TokenRange
    reason: str | None = None

    def share_of(self, budget: BudgetLike) -> Shares:
        """Say how much of a budget it takes. See `Estimate.share_of`."""
        return Shares.of(self.low, self.expected, self.high, budget)

    def to_dict(self, budget: Decimal | None = None) -> dict[str, Any]:
        """Give all of it by name, amounts as they are.

        Args:
            budget: Dollars to give the share of what is expected of.
        """
        sizes = {"prompt_tokens": self.prompt_tokens, "completion_tokens": self.completion_tokens}
        return {
            "model": self.model,
            "calls": self.calls,
            "low": self.low,
            "expected": self.expected,
            "high": self.high,
            "share": None if budget is None else share_of(self.expected, budget),
            **{f"{name}_{end}": getattr(size, end) for name, size in sizes.items() for end in _ENDS},
            "reason": self.reason,
        }


_ENDS = ("low", "expected", "high")


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """What an experiment may cost, in dollars. ``print`` it for a table.

    A total is ``None`` where the cost of one model is unknown; `unknown` says which and why, and the sum of the others
    stands beside it (`known_expected` and so on).

    Args:
        models: What each model costs, in the order given.
        prompts: How many prompts each gets.
        repeats: How often it gets each.
        budget: Dollars that there are; ``None`` where that was not said.
    """

    models: tuple[ModelEstimate, ...]
    prompts: int
    repeats: int = 1
    budget: Decimal | None = None

    @property
    def calls(self) -> int:
        """How many requests there are."""
        return sum(each.calls for each in self.models)

    @property
    def low(self) -> Decimal | None:
        """What all of it costs at least; ``None`` where a model's cost is unknown."""
        return _total([each.low for each in self.models])

    @property
    def expected(self) -> Decimal | None:
        """What all of it probably costs; ``None`` where a model's cost is unknown."""
        return _total([each.expected for each in self.models])

    @property
    def high(self) -> Decimal | None:
        """What all of it costs at most; ``None`` where a model's cost is unknown."""
        return _total([each.high for each in self.models])

    @property
    def known_low(self) -> Decimal:
        """What those models cost at least of which it is known."""
        return _sum_of_known([each.low for each in self.models])

    @property
    def known_expected(self) -> Decimal:
        """What those models probably cost of which it is known."""
        return _sum_of_known([each.expected for each in self.models])

    @property
    def known_high(self) -> Decimal:
        """What those models cost at most of which it is known."""
        return _sum_of_known([each.high for each in self.models])

    @property
    def prompt_tokens(self) -> TokenRange:
        """The range of all prompts together."""
        return _add([each.prompt_tokens for each in self.models])

    @property
    def completion_tokens(self) -> TokenRange:
        """The range of all answers together."""
        return _add([each.completion_tokens for each in self.models])

    @property
    def unknown(self) -> dict[str, str]:
        """The models of which some cost is unknown, and why."""
        return {each.model: each.reason for each in self.models if each.reason is not None}

    @property
    def share(self) -> Shares | None:
        """How much of the budget it takes; ``None`` where there is no budget."""
        return None if self.budget is None else self.share_of(self.budget)

    def share_of(self, budget: BudgetLike) -> Shares:
        """Say how much of a budget it takes. See `Estimate.share_of`."""
        return Shares.of(self.low, self.expected, self.high, budget)

    @property
    def needs_confirmation(self) -> bool:
        """Whether a program should ask first: more than 80 % of the budget is expected to be spent, or nobody knows."""
        return self._asks_for(self.expected)

    @property
    def may_need_confirmation(self) -> bool:
        """Whether more than 80 % of the budget is spent at most, or nobody knows how much."""
        return self._asks_for(self.high)

    def _asks_for(self, cost: Decimal | None) -> bool:
        return self.budget is not None and (cost is None or cost > ASK_ABOVE * self.budget)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give a flat dict for each model, amounts as `Decimal`: rows of a table, such as one of pandas.

        Example:
            >>> [row["calls"] for row in estimate_run(["openai/gpt-4o-mini"], ["Hello", "Why?"]).to_dicts()]
            [2]
        """
        return [each.to_dict(self.budget) for each in self.models]

    def __str__(self) -> str:
        """Write it as a table, amounts shortened."""
        from langchain_openrouter.costs.run_table import run_table

        return run_table(self)


def estimate_run(
    models: Iterable[ModelLike] | ModelLike,
    prompts: Iterable[Prompt] | str | PromptValue | BaseMessage,
    *,
    max_tokens: int | None = None,
    expected_tokens: int | None = None,
    tools: Sequence[Any] | None = None,
    repeats: int = 1,
    budget: BudgetLike | None = None,
    catalog: Catalog | None = None,
    at: dt.datetime | None = None,
) -> RunEstimate:
    """Estimate an experiment: each prompt on each model. Nothing is sent, and no network is needed.

    Args:
        models: The models, each as in `estimate_cost`.
        prompts: The prompts; each a text, a message, a prompt value, or a list of messages: one conversation.
        max_tokens: The most tokens of an answer. Default: what a chat model says, else the model's own limit.
        expected_tokens: Tokens that you expect of an answer. Default: as with `estimate_cost`.
        tools: Tools that are sent along. Default: what is bound to a chat model.
        repeats: How often each model gets each prompt.
        budget: Dollars, or what tells how many are left (`remaining`), such as the status of a budget.
        catalog: Where names are looked up. Default: `langchain_openrouter.catalog.current()`.
        at: When it will be run, for prices by the hour. Default: now.

    Returns:
        The cost of each model and of all, with their share of the budget.

    Raises:
        ModelNotFoundError: The catalog has no such model.
        TypeError: A model, or a prompt, is none.
        ValueError: A number is below 1, or ``budget`` is no amount of money.

    Example:
        >>> run = estimate_run(["openai/gpt-4o-mini", "openai/gpt-4o"], ["Hello", "Why?"], repeats=10, budget="$5")
        >>> run.calls, run.needs_confirmation
        (40, False)
    """
    at_least_one(max_tokens=max_tokens, expected_tokens=expected_tokens, repeats=repeats)
    dollars = None if budget is None else budget_in_dollars(budget)
    sized = [SizedPrompt(_as_prompt(prompt)) for prompt in ([prompts] if _is_one_prompt(prompts) else prompts)]
    at = in_utc(at)
    estimates = []
    for model in each_model(models):
        asked = read_asked(model, tools=tools, max_tokens=max_tokens, catalog=catalog)
        estimator = Estimator.of(asked, expected_tokens, at)
        guesses = [estimator.estimate(prompt.with_tools(asked.tools), audio=prompt.audio) for prompt in sized]
        estimates.append(_together(asked.models[0].id, guesses, repeats))
    return RunEstimate(tuple(estimates), len(sized), repeats, dollars)


def _is_one_prompt(
    prompts: Iterable[Prompt] | str | PromptValue | BaseMessage,
) -> TypeIs[str | PromptValue | BaseMessage]:
    """Say whether it is a prompt, not several; a list is always one of prompts."""
    from langchain_core.messages import BaseMessage
    from langchain_core.prompt_values import PromptValue

    return isinstance(prompts, (str, PromptValue, BaseMessage))


def _as_prompt(prompt: Prompt) -> list[BaseMessage]:
    """Read one prompt; a message in the API's form would be one of a conversation that lacks its list."""
    from langchain_core.messages import BaseMessage

    kind: type = type(prompt)
    if kind is dict or (kind is tuple and all(isinstance(part, str) for part in prompt)):
        msg = (
            f"A prompt that is a {kind.__name__} may be a message of a conversation or a prompt of its own. "
            "Put the messages of each conversation into a list: prompts=[[message, message], [message]]."
        )
        raise TypeError(msg)
    return as_messages([prompt] if isinstance(prompt, BaseMessage) else prompt)


def _together(model: str, guesses: Sequence[Estimate], repeats: int) -> ModelEstimate:
    """Add the estimates of one model."""
    return ModelEstimate(
        model=model,
        calls=len(guesses) * repeats,
        low=_total([guess.low for guess in guesses], repeats),
        expected=_total([guess.expected for guess in guesses], repeats),
        high=_total([guess.high for guess in guesses], repeats),
        prompt_tokens=_add([guess.prompt_tokens for guess in guesses], repeats),
        completion_tokens=_add([guess.completion_tokens for guess in guesses], repeats),
        reason=next((guess.reason for guess in guesses if guess.reason), None),
    )


def _total(costs: Sequence[Decimal | None], times: int = 1) -> Decimal | None:
    return None if None in costs else _sum_of_known(costs) * times


def _sum_of_known(costs: Sequence[Decimal | None]) -> Decimal:
    return sum((cost for cost in costs if cost is not None), Decimal(0))


def _add(ranges: Sequence[TokenRange], times: int = 1) -> TokenRange:
    highs = [each.high for each in ranges]
    return TokenRange(
        times * sum(each.low for each in ranges),
        times * sum(each.expected for each in ranges),
        None if None in highs else times * sum(high for high in highs if high is not None),
    )
