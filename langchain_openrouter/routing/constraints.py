"""What the user demands of every answer, whatever the policy prefers."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from langchain_openrouter.catalog.query import check_choice
from langchain_openrouter.costs.money import EXACT, Money, as_dollars
from langchain_openrouter.routing.table import PICO

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from langchain_openrouter.routing.candidate import Candidate
    from langchain_openrouter.routing.table import Table

__all__ = ["REGION_URLS", "Constraints", "Rejection", "Rule", "too_poor"]

Rule = Literal[
    "not_allowed", "denied", "closed_weights", "not_free", "data_policy", "region", "quality", "expired", "parameter",
    "input", "output", "context", "max_tokens", "cost", "latency", "throughput", "budget", "health",
]  # fmt: skip
"""Why a candidate is rejected."""

REGION_URLS = {"eu": "https://eu.openrouter.ai/api/v1", "us": "https://us.openrouter.ai/api/v1"}
"""Source: https://openrouter.ai/docs/guides/features/in-region-routing"""

_BENCHMARKS = ("agentic", "coding", "intelligence")
_CHOICES = {"data_collection": ("allow", "deny"), "region": tuple(REGION_URLS)}


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a candidate cannot answer, or may not.

    Args:
        rule: What it fails.
        reason: In words.
        figures: What was compared: what the candidate has, and what is wanted.
    """

    rule: Rule
    reason: str
    figures: tuple[Any, Any] | None = None

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What the user demands. What is left out does not matter; what is not known of a model fails a limit.

    Args:
        max_cost_per_call: Dollars that one call may cost. The longest answer is limited so that it cannot cost more,
            and a model whose usual answer would cost more is rejected.
        min_quality: The least score: of the task's benchmark, or by benchmark (`intelligence`, `coding`, `agentic`).
        max_latency: The most seconds to the first token. A model that nobody has measured yet passes.
        min_throughput: The least tokens per second. A model that nobody has measured yet passes.
        context_margin: Share of the prompt that is left free, since its tokens are counted about.
        allow: Patterns of the only models that may answer, such as `anthropic/*`: of their ids, or of the names that
            candidates were given.
        deny: Patterns of models that may not.
        open_weights: Whether only models with published weights may answer.
        free: Whether only models that cost nothing may answer.
        zdr: Whether only providers may answer that keep nothing (zero data retention).
        data_collection: `deny`: only providers that do not keep prompts for training.
        region: `eu` or `us`: prompts and answers stay there.

    Raises:
        ValueError: A value is none that it can have.
    """

    max_cost_per_call: Money | None = None
    min_quality: float | Mapping[str, float] | None = None
    max_latency: float | None = None
    min_throughput: float | None = None
    context_margin: float = 0.1
    allow: Sequence[str] | None = None
    deny: Sequence[str] | None = None
    open_weights: bool = False
    free: bool = False
    zdr: bool = False
    data_collection: Literal["allow", "deny"] | None = None
    region: Literal["eu", "us"] | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.max_cost_per_call is not None:
            as_dollars(self.max_cost_per_call, "max_cost_per_call")
        self._check_quality()
        for name in ("max_latency", "min_throughput"):
            if (limit := getattr(self, name)) is not None and not limit > 0:
                raise ValueError(f"{name}={limit!r} is no limit. Pass a number above 0, or leave it out.")
        if not 0 <= self.context_margin < math.inf:
            raise ValueError(f"context_margin={self.context_margin!r} is no share. Pass 0 or more, such as 0.1.")
        for name in ("allow", "deny"):
            if isinstance(patterns := getattr(self, name), str):
                raise ValueError(f"{name}={patterns!r} is one text. Pass a list of patterns.")  # noqa: TRY004
        for name, known in _CHOICES.items():
            if (value := getattr(self, name)) is not None:
                check_choice(name, value, known)

    def _check_quality(self) -> None:
        for name in self._least_scores:
            check_choice("min_quality", name, _BENCHMARKS)
        wanted: Any = self.min_quality
        for least in wanted.values() if isinstance(wanted, Mapping) else [wanted]:
            if least is not None and not (isinstance(least, (int, float)) and math.isfinite(least)):
                raise ValueError(f"min_quality={wanted!r} is no score. Pass a number, or some by benchmark.")

    @property
    def _least_scores(self) -> Mapping[str, float]:
        return self.min_quality if isinstance(self.min_quality, Mapping) else {}

    @property
    def most_pico(self) -> int | None:
        """Picodollars that one call may cost."""
        cost = self.max_cost_per_call
        return None if cost is None else int(EXACT.divide(as_dollars(cost), PICO))

    @property
    def provider(self) -> dict[str, Any]:
        """What OpenRouter is told of the providers that may answer."""
        wanted = {"zdr": self.zdr or None, "data_collection": self.data_collection}
        return {name: value for name, value in wanted.items() if value is not None}

    def record(self) -> dict[str, Any]:
        """Give those that are set, as JSON."""
        return {
            name: _written(value)
            for name in self.__slots__
            if (value := getattr(self, name)) is not None and value is not False
        }

    def lasting(self, table: Table, day: dt.date) -> dict[int, Rejection]:
        """Give the candidates that no request can have, whatever it asks.

        Args:
            table: The candidates.
            day: The day (UTC).
        """
        rejected: dict[int, Rejection] = {}
        for position, candidate in enumerate(table.candidates):
            rejection = next(self._lasting(table, position, candidate, day), None)
            if rejection is not None:
                rejected[position] = rejection
        return rejected

    def _lasting(self, table: Table, position: int, candidate: Candidate, day: dt.date) -> Iterator[Rejection]:
        model = table.facts[position]
        names = candidate.names(model)
        if self.allow is not None and not _matches(names, self.allow):
            yield Rejection("not_allowed", "it is not among the models that are allowed")
        # What an alias stands for may change: it is enough to deny it, but not to allow it.
        if _matches(names | {model.alias_target or model.id} if model else names, self.deny or ()):
            yield Rejection("denied", "it is among the models that are denied")
        if self.open_weights and not (model and model.open_weights):
            yield Rejection("closed_weights", "its weights are not known to be published")
        if self.free and not table.free >> position & 1:
            yield Rejection("not_free", "it costs something, or nobody knows what it costs")
        if not candidate.is_at_openrouter:
            yield from self._elsewhere()
        if model is not None and model.has_expired(day):
            yield Rejection("expired", f"it was to be removed after {model.expiration_date}")
        for benchmark, least in self._least_scores.items():
            score = getattr(model.benchmarks, benchmark) if model else None
            if score is None or score < least:
                yield too_poor(benchmark, score, least)

    def _elsewhere(self) -> Iterator[Rejection]:
        """Say what another provider's model cannot promise."""
        if self.zdr or self.data_collection == "deny":
            yield Rejection("data_policy", "it is not at OpenRouter, so its provider's data policy is not known")
        if self.region is not None:
            yield Rejection("region", "it is not at OpenRouter, so the region of its provider is not known")


def too_poor(what: str, score: float | None, least: float) -> Rejection:
    """Say that a model is not good enough.

    Args:
        what: What was measured.
        score: What it was found to be.
        least: What is wanted.
    """
    known = "not known" if score is None else f"{score:g}"
    return Rejection("quality", f"its {what} is {known}; at least {least:g} is wanted", (score, least))


def _matches(names: set[str], patterns: Sequence[str]) -> bool:
    return any(re.match(fnmatch.translate(pattern), name) for pattern in patterns for name in names)


def _written(value: Any) -> Any:
    """Give a demand as JSON, whatever kind of number or collection it is."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet):
        return sorted(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
