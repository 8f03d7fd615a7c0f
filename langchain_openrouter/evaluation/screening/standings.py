"""Where each model of a screening stands by its outcomes, and which ones go on. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.evaluation.screening.halving import places
from langchain_openrouter.reports.rows import divide, exact_sum

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_openrouter.evaluation.screening.halving import Part

__all__ = ["Outcome", "ScreenedModel", "best_first", "survivors", "tally"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one call of a screening. `None` stands where something is not known.

    Args:
        model: Name of the model.
        prompt: Place of the prompt among all, from 0 on.
        score: How good the answer is; `None` where there is none, or where the scorer cannot tell.
        answer: Text of the answer; `None` where the call failed.
        cost: Dollars.
        seconds: Until the end of the answer, or the failure.
        error: Why the call failed, such as `"RateLimitError: Too many requests"`.
        unscored: Why the scorer failed. A later run asks again.
    """

    model: str
    prompt: int
    score: float | None = None
    answer: str | None = None
    cost: Decimal | None = None
    seconds: float | None = None
    error: str | None = None
    unscored: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedModel:
    """How a model did in a screening. `None` stands where nothing is known.

    Args:
        model: Its name.
        score: The mean of its scores. Answers without a score are not in it.
        asked: How many prompts it was asked.
        scored: How many scores it has.
        unscored: How many of its answers have none.
        failed_calls: How often an error ended the call.
        cost: Dollars of all calls whose cost is known; `None` where none is.
        unpriced_calls: Calls whose cost nobody knows.
        mean_cost: Dollars of an answer, to twelve digits: over the answers whose cost is known.
        left_after: The stage after which it left, the first is 1; `None` where it stayed to the end.
        error: Why the latest of its failed calls failed, or else why the scorer did.
    """

    model: str
    score: float | None = None
    asked: int = 0
    scored: int = 0
    unscored: int = 0
    failed_calls: int = 0
    cost: Decimal | None = None
    unpriced_calls: int = 0
    mean_cost: Decimal | None = None
    left_after: int | None = None
    error: str | None = None

    @property
    def failed_everything(self) -> bool:
        """Whether every call failed."""
        return 0 < self.asked == self.failed_calls


def tally(model: str, outcomes: Sequence[Outcome], left_after: int | None = None) -> ScreenedModel:
    """Sum up what came of the calls of a model.

    Args:
        model: Its name.
        outcomes: Of its calls.
        left_after: The stage after which it left.
    """
    scores = [each.score for each in outcomes if each.score is not None]
    answered = [each for each in outcomes if each.error is None]
    priced = [each.cost for each in outcomes if each.cost is not None]
    paid = [each.cost for each in answered if each.cost is not None]
    troubles = [each.error for each in outcomes if each.error] or [each.unscored for each in outcomes if each.unscored]
    return ScreenedModel(
        model=model,
        score=math.fsum(scores) / len(scores) if scores else None,
        asked=len(outcomes),
        scored=len(scores),
        unscored=sum(each.score is None for each in answered),
        failed_calls=len(outcomes) - len(answered),
        cost=exact_sum(priced) if priced else None,
        unpriced_calls=len(outcomes) - len(priced),
        mean_cost=divide(exact_sum(paid), len(paid)),
        left_after=left_after,
        error=troubles[-1] if troubles else None,
    )


def best_first(models: Iterable[ScreenedModel]) -> list[ScreenedModel]:
    """Put models in order: by score; then the one that failed less; then the cheaper one; then as they were given.

    What is not known comes last.

    Args:
        models: Those of one stage.
    """

    def rank(each: ScreenedModel) -> tuple[bool, float, int, bool, Decimal]:
        score, cost = each.score, each.mean_cost
        return (score is None, -(score or 0), each.failed_calls, cost is None, cost or Decimal(0))

    return sorted(models, key=rank)


def survivors(models: Sequence[ScreenedModel], keep: Part) -> list[str]:
    """Say who goes on to the next stage: the best part, and all that score as well as the last of it.

    Who goes on is a matter of scores alone: the cheaper of two equals would often be the one that looks as good on few
    prompts only. Models that failed everything do not go on.

    Args:
        models: Those of a stage.
        keep: The part of them.

    Returns:
        Names, in the order given.

    Example:
        >>> stage = [ScreenedModel(model=name, score=score) for name, score in [("a", 0.2), ("b", 0.8), ("c", 0.8)]]
        >>> survivors(stage, 1)
        ['b', 'c']
    """
    alive = [each for each in models if not each.failed_everything]
    going = places(len(models), keep)
    last = best_first(alive)[going - 1].score if len(alive) > going else None
    return [each.model for each in alive if last is None or (each.score is not None and each.score >= last)]
