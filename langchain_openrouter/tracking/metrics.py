"""Measurements for OpenTelemetry: what calls cost, how long they take, what was refused. No prompt, key or user.

Names and attributes of the first three are those of OpenTelemetry's conventions for generative AI; for money these have
none yet. Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_openrouter._version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

    from langchain_openrouter.costs.record import CallRecord
    from langchain_openrouter.errors import BudgetExceededError

__all__ = ["Metrics"]

_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640)
_TOKENS = tuple(4**power for power in range(13))


class Metrics:
    """Measures calls.

    Args:
        provider: Who collects the measurements; `True` for the program's own (`metrics.get_meter_provider()`).

    Raises:
        ImportError: OpenTelemetry is not installed.
    """

    def __init__(self, provider: MeterProvider | bool) -> None:  # noqa: FBT001  # `metrics=True` reads well
        try:
            from opentelemetry import metrics
        except ImportError as error:
            msg = 'Metrics need OpenTelemetry: pip install "langchain-openrouter-plus[otel]"'
            raise ImportError(msg, name="opentelemetry") from error
        source = metrics.get_meter_provider() if isinstance(provider, bool) else provider
        meter = source.get_meter("langchain_openrouter", __version__)
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="Time to the end of the answer.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._first_token = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            unit="s",
            description="Time to the first piece of a streamed answer.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Tokens of prompts and answers.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self._cost = meter.create_counter("openrouter.cost", unit="USD", description="What calls cost.")
        self._unpriced = meter.create_counter(
            "openrouter.calls.unpriced", unit="{call}", description="Calls whose cost nobody knows."
        )
        self._refused = meter.create_counter(
            "openrouter.calls.refused", unit="{call}", description="Calls that did not fit into a budget."
        )

    def measure(self, record: CallRecord) -> None:
        """Measure a call."""
        told = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openrouter",
            "gen_ai.request.model": record.model_asked,
            "gen_ai.response.model": record.model,
            "openrouter.provider": record.provider,
            "openrouter.cost.status": record.status,
        }
        known = {name: value for name, value in told.items() if value is not None}
        failure = {} if record.error is None else {"error.type": record.error}
        if record.duration_s is not None:
            self._duration.record(record.duration_s, {**known, **failure})
        if record.first_token_s is not None:
            self._first_token.record(record.first_token_s, known)
        for kind, count in (("input", record.prompt_tokens), ("output", record.completion_tokens)):
            if count is not None:
                self._tokens.record(count, {**known, "gen_ai.token.type": kind})
        if record.cost is None:
            self._unpriced.add(1, known)
        else:
            self._cost.add(float(record.cost), known)  # OpenTelemetry knows no decimals

    def refuse(self, error: BudgetExceededError) -> None:
        """Count a call that a budget refused."""
        told = {"openrouter.budget": error.budget, "gen_ai.request.model": error.model}
        self._refused.add(1, {name: value for name, value in told.items() if value is not None})
