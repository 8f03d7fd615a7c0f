"""Comparisons for programs: flat dicts, and JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.evaluation.inputs import said, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_openrouter.evaluation.comparing.comparison import Comparison
    from langchain_openrouter.evaluation.comparing.rows import ComparisonRow
    from langchain_openrouter.evaluation.trial import Trial
    from langchain_openrouter.reports.performance import Percentiles

__all__ = ["as_json", "row_dict", "trial_dict"]


def row_dict(row: ComparisonRow) -> dict[str, Any]:
    """Give a model's row without anything nested: a column for each percentile and each metric."""
    return {
        "model": row.model,
        "calls": row.calls,
        "answers": row.answers,
        "failed_calls": row.failed_calls,
        "refused_calls": row.refused_calls,
        "errors": _counted(row.errors),
        "success_rate": row.success_rate,
        **_times("first_token", row.first_token),
        **_times("latency", row.latency),
        "tokens_per_second": row.tokens_per_second,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cost": row.cost,
        "unpriced_calls": row.unpriced_calls,
        "mean_cost": row.mean_cost,
        **{f"score_{metric}": mean for metric, mean in row.scores.items()},
        **{f"unscored_{metric}": row.unscored.get(metric, 0) for metric in row.scores},
    }


def trial_dict(trial: Trial, metrics: Iterable[str]) -> dict[str, Any]:
    """Give a call without anything nested: input and answer as text, a column for each metric."""
    names = list(metrics)
    return {
        "input_index": trial.input_index,
        "model": trial.model,
        "repeat": trial.repeat,
        "input": text_of(trial.input),
        "answer": None if trial.answer is None else said(trial.answer),
        "error": trial.error,
        "refused": trial.refused,
        "first_token_s": trial.first_token_s,
        "latency_s": trial.latency_s,
        "tokens_per_second": trial.tokens_per_second,
        "prompt_tokens": trial.prompt_tokens,
        "completion_tokens": trial.completion_tokens,
        "cost": trial.cost,
        "cached": trial.cached,
        **{f"score_{metric}": trial.scores.get(metric) for metric in names},
        **{f"unscored_{metric}": trial.unscored.get(metric) for metric in names},
    }


def as_json(comparison: Comparison) -> str:
    """Write a comparison."""
    told = {
        "created_at": comparison.created_at.isoformat(),
        "fastest": comparison.fastest,
        "cheapest": comparison.cheapest,
        "best": {metric: comparison.best(metric) for metric in comparison.metrics},
        "scales": comparison.scales,
        "cost": comparison.cost,
        "unpriced_calls": comparison.unpriced_calls,
        "judge_calls": comparison.judge_calls,
        "judge_cost": comparison.judge_cost,
        "unpriced_judge_calls": comparison.unpriced_judge_calls,
        "rows": comparison.to_dicts("rows"),
        "trials": comparison.to_dicts("trials"),
    }
    return json.dumps(told, indent=2, ensure_ascii=False, default=_amount)


def _amount(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _times(name: str, times: Percentiles | None) -> dict[str, float | None]:
    return {f"{name}_{which}_s": getattr(times, which) if times else None for which in ("p50", "p90")}


def _counted(errors: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in errors.items())
