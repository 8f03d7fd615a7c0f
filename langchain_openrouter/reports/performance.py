"""How fast models and providers answered, and how often they did."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from langchain_openrouter.reports.grouping import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_openrouter.costs.record import CallRecord

__all__ = ["Percentiles", "Performance", "for_people", "measure", "percentile", "percentiles"]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Nearest-rank percentiles: `p95` is the least value seen that 95 of 100 do not exceed."""

    p50: float
    p90: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How a model did, at all providers or at one. `None` where nothing is known. Answers from a cache do not count.

    Args:
        model: The model that answered, or, where none did, the one that was asked; `"(none)"` where nobody knows.
        provider: The provider; `None` for all of them together; `"(none)"` where nobody knows, such as for most failed
            calls.
        calls: How many.
        failed_calls: Those of them that an error ended.
        latency: Seconds to the end of successful answers.
        first_token: Seconds to the first piece of successful streamed answers.
        tokens_per_second: The median over the successful answers: tokens of the answer by the time from the first
            piece to the end where that is known, else by the whole time.
        errors: How often each class of error ended a call, most frequent first.
    """

    model: str
    provider: str | None
    calls: int
    failed_calls: int
    latency: Percentiles | None
    first_token: Percentiles | None
    tokens_per_second: float | None
    errors: Mapping[str, int] = field(default_factory=dict)

    @property
    def success_rate(self) -> float:
        """Part of the calls that gave an answer, 1 for all."""
        return 1 - self.failed_calls / self.calls


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Give the nearest-rank percentile: the least of the values that `percent` of 100 of them do not exceed.

    Args:
        ordered: At least one value, in rising order.
        percent: 1 to 100.

    Example:
        >>> percentile([1, 2, 3, 4], 50), percentile([1, 2, 3, 4], 51)
        (2, 3)
    """
    # Whole numbers: 0.95 * 100 is more than 95 in floats, and the rank would be one too high.
    return ordered[(percent * len(ordered) + 99) // 100 - 1]


def percentiles(values: Iterable[float | None]) -> Percentiles | None:
    """Give the percentiles of what is known.

    Args:
        values: In any order.
    """
    ordered = sorted(value for value in values if value is not None)
    return Percentiles(*(percentile(ordered, percent) for percent in (50, 90, 95, 99))) if ordered else None


def measure(calls: Iterable[CallRecord]) -> list[Performance]:
    """Give the performance of each model, the one with the most calls first, each followed by that at its providers.

    Args:
        calls: In any order.
    """
    models: defaultdict[str, list[CallRecord]] = defaultdict(list)
    for call in calls:
        if call.status != "cached":
            models[call.model or call.model_asked or NOBODY].append(call)
    measured = []
    for model in sorted(models, key=lambda model: (-len(models[model]), model)):
        providers: defaultdict[str, list[CallRecord]] = defaultdict(list)
        for call in models[model]:
            providers[call.provider or NOBODY].append(call)
        ordered = sorted(providers.items(), key=lambda each: (-len(each[1]), each[0]))
        apart = [_measure(model, provider, group) for provider, group in ordered]
        # One provider's figures are the model's.
        whole = replace(apart[0], provider=None) if len(apart) == 1 else _measure(model, None, models[model])
        measured += [whole, *apart]
    return measured


def for_people(performance: Sequence[Performance]) -> list[tuple[Performance, str]]:
    """Leave out what says the same again, and name the providers.

    A model that one provider answered has one line, in which its failures are, whoever they are from.

    Args:
        performance: As `measure` gives it.

    Returns:
        What to show, with its providers.
    """
    named: defaultdict[str, list[str]] = defaultdict(list)
    for each in performance:
        if each.provider not in {None, NOBODY}:
            named[each.model].append(each.provider or NOBODY)
    shown = []
    for each in performance:
        several = len(named[each.model]) > 1
        if each.provider is None:
            shown.append((each, "all providers" if several else "".join(named[each.model]) or NOBODY))
        elif several:
            shown.append((each, each.provider))
    return shown


def _measure(model: str, provider: str | None, calls: Sequence[CallRecord]) -> Performance:
    answered = [call for call in calls if call.error is None]
    errors = Counter(call.error for call in calls if call.error is not None)
    speed = percentiles(_speed(call) for call in answered)
    return Performance(
        model=model,
        provider=provider,
        calls=len(calls),
        failed_calls=len(calls) - len(answered),
        latency=percentiles(call.duration_s for call in answered),
        first_token=percentiles(call.first_token_s for call in answered),
        tokens_per_second=speed.p50 if speed else None,
        errors=dict(sorted(errors.items(), key=lambda each: (-each[1], each[0]))),
    )


def _speed(call: CallRecord) -> float | None:
    if not call.completion_tokens or not call.duration_s:
        return None
    writing = call.duration_s - (call.first_token_s or 0)
    # An answer that came in one piece was written before that piece, not in the instant after it.
    return call.completion_tokens / (writing if writing > 0 else call.duration_s)
