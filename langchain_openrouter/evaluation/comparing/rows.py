"""What the trials of one model come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_openrouter.reports.performance import percentiles
from langchain_openrouter.reports.rows import divide, exact_sum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from langchain_openrouter.evaluation.trial import Trial
    from langchain_openrouter.reports.performance import Percentiles

__all__ = ["ComparisonRow", "row_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """How one model did. `None` stands where nothing is known.

    Args:
        model: Its name.
        calls: How often it was asked, the refused ones too.
        failed_calls: How often an error ended the call.
        refused_calls: How often a budget said no, so that nothing was sent.
        errors: How often each class of error ended a call, the refusals too; most frequent first.
        first_token: Seconds to the first piece of its answers.
        latency: Seconds to the end of its answers.
        tokens_per_second: The median over its answers.
        prompt_tokens: Of all calls that told.
        completion_tokens: Of all calls that told.
        cost: Dollars of all calls whose cost is known, failed ones too; `None` where none is.
        unpriced_calls: Calls whose cost nobody knows. They are in no sum.
        mean_cost: Dollars of an answer, to twelve digits: over those whose cost is known and that came from no cache.
        scores: The mean score by metric, over the answers that have one.
        unscored: How many answers a metric gave no score, by metric; only where there are any.
    """

    model: str
    calls: int
    failed_calls: int
    refused_calls: int
    errors: Mapping[str, int] = field(default_factory=dict)
    first_token: Percentiles | None = None
    latency: Percentiles | None = None
    tokens_per_second: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: Decimal | None = None
    unpriced_calls: int = 0
    mean_cost: Decimal | None = None
    scores: Mapping[str, float | None] = field(default_factory=dict)
    unscored: Mapping[str, int] = field(default_factory=dict)

    @property
    def answers(self) -> int:
        """How many answers it gave."""
        return self.calls - self.failed_calls - self.refused_calls

    @property
    def success_rate(self) -> float | None:
        """Part of the calls that were sent and gave an answer, 1 for all; `None` where none was sent."""
        sent = self.calls - self.refused_calls
        return self.answers / sent if sent else None


def row_of(model: str, trials: Sequence[Trial], metrics: Iterable[str]) -> ComparisonRow:
    """Give the row of a model.

    Args:
        model: Its name.
        trials: All of its trials.
        metrics: Names of the metrics.
    """
    names = list(metrics)
    answered = [trial for trial in trials if trial.succeeded]
    fresh = [trial for trial in answered if not trial.cached]
    priced = [trial.cost for trial in trials if trial.cost is not None]
    paid = [trial.cost for trial in fresh if trial.cost is not None]
    refused = sum(trial.refused for trial in trials)
    speed = percentiles(trial.tokens_per_second for trial in fresh)
    errors = Counter(trial.error.partition(":")[0] for trial in trials if trial.error is not None)
    return ComparisonRow(
        model=model,
        calls=len(trials),
        failed_calls=len(trials) - len(answered) - refused,
        refused_calls=refused,
        errors=dict(sorted(errors.items(), key=lambda each: (-each[1], each[0]))),
        first_token=percentiles(trial.first_token_s for trial in fresh),
        latency=percentiles(trial.latency_s for trial in fresh),
        tokens_per_second=speed.p50 if speed else None,
        prompt_tokens=_known(trial.prompt_tokens for trial in trials),
        completion_tokens=_known(trial.completion_tokens for trial in trials),
        cost=exact_sum(priced) if priced else None,
        unpriced_calls=len(trials) - len(priced),
        mean_cost=divide(exact_sum(paid), len(paid)),
        scores={name: _mean([trial.scores[name] for trial in answered if name in trial.scores]) for name in names},
        unscored={name: count for name in names if (count := sum(name in trial.unscored for trial in answered))},
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _known(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
