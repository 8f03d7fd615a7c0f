"""How fast models answer: from the router's own calls, from a ledger, or from OpenRouter's live figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from langchain_openrouter.reports.performance import measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_openrouter.catalog import Endpoint
    from langchain_openrouter.costs.record import CallRecord

__all__ = ["Speed", "speed_of_endpoints", "speeds_of_records"]


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a model answers; `None` where nobody knows.

    Args:
        first_token_s: Seconds to the first token.
        tokens_per_second: Tokens of the answer in a second, from then on.
        answer_s: Seconds that whole answers took.
        source: Where the figures are from.
    """

    first_token_s: float | None = None
    tokens_per_second: float | None = None
    answer_s: float | None = None
    source: Literal["calls", "ledger", "endpoints", "user"] = "user"

    @property
    def latency(self) -> float | None:
        """Seconds to the first token; where only whole answers were timed, to their end."""
        return self.answer_s if self.first_token_s is None else self.first_token_s

    def seconds(self, tokens: int) -> float | None:
        """Give how long an answer is expected to take.

        Args:
            tokens: Its length.
        """
        if self.tokens_per_second:
            return (self.first_token_s or 0.0) + tokens / self.tokens_per_second
        return self.latency if self.answer_s is None else self.answer_s


def speeds_of_records(records: Iterable[CallRecord]) -> dict[str, Speed]:
    """Read the speeds of models from the calls of a ledger: the medians over all providers.

    Args:
        records: Calls, such as `ledger.records(since=…)`.
    """
    return {
        each.model: Speed(
            each.first_token.p50 if each.first_token else None,
            each.tokens_per_second,
            each.latency.p50 if each.latency else None,
            "ledger",
        )
        for each in measure(records)
        if each.provider is None and (each.latency or each.tokens_per_second)
    }


def speed_of_endpoints(endpoints: Sequence[Endpoint]) -> Speed | None:
    """Read the speed of a model from its endpoints: the best median of those that work, since OpenRouter may choose.

    Args:
        endpoints: As `Catalog.endpoints` gives them; without an API key they tell no speed.
    """
    working = [each for each in endpoints if each.is_operational]
    latencies = [each.latency.p50 for each in working if each.latency and each.latency.p50 is not None]
    throughputs = [each.throughput.p50 for each in working if each.throughput and each.throughput.p50]
    if not latencies and not throughputs:
        return None
    return Speed(min(latencies) / 1000 if latencies else None, max(throughputs, default=None), None, "endpoints")
