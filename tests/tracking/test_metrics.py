"""What OpenTelemetry is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from langchain_openrouter import BudgetExceededError, ChatOpenRouter, OpenRouterCostHandler
from langchain_openrouter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = "The secret of the pyramids"
MODEL = "openai/gpt-4o-mini"


@pytest.fixture
def openrouter() -> Iterator[Emulator]:
    """Serve an emulator."""
    with Emulator() as emulator:
        yield emulator


def model_of(emulator: Emulator, **fields: Any) -> ChatOpenRouter:
    """Make a model that asks it."""
    place: dict[str, Any] = {"base_url": emulator.base_url, "api_key": emulator.api_key}
    return ChatOpenRouter(model=MODEL, max_tokens=200, max_retries=0, **place, **fields)


class Collected:
    """What was measured, by the name of the instrument."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self.provider = MeterProvider([self._reader], shutdown_on_exit=False)

    def points(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        metrics = [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return {metric.name: list(metric.data.data_points) for metric in metrics}


def test_a_call_is_measured(openrouter: Emulator) -> None:
    """Duration, time to the first piece, tokens in and out and cost, by the models and the provider."""
    collected = Collected()
    handler = OpenRouterCostHandler(metrics=collected.provider)

    for _ in model_of(openrouter).stream(PROMPT, config={"callbacks": [handler]}):
        pass
    points = collected.points()
    (record,) = handler.records

    assert points["openrouter.cost"][0].value == float(openrouter.spent)
    tokens = {
        point.attributes["gen_ai.token.type"]: (point.count, point.sum) for point in points["gen_ai.client.token.usage"]
    }
    assert tokens == {"input": (1, record.prompt_tokens), "output": (1, record.completion_tokens)}
    assert points["gen_ai.client.operation.duration"][0].sum == record.duration_s
    assert points["gen_ai.client.operation.time_to_first_chunk"][0].sum == record.first_token_s
    assert dict(points["openrouter.cost"][0].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.request.model": MODEL,
        "gen_ai.response.model": MODEL,
        "openrouter.provider": record.provider,
        "openrouter.cost.status": "billed",
    }


def test_nothing_is_measured_that_must_not_leave(openrouter: Emulator) -> None:
    """No prompt, key, user, tag or metadata stands in an attribute."""
    collected = Collected()
    handler = OpenRouterCostHandler(metrics=collected.provider)
    config: Any = {
        "callbacks": [handler],
        "tags": ["secret-tag"],
        "metadata": {"user_id": "ann", "team": "secret-team"},
    }

    model_of(openrouter, user="ann").invoke(PROMPT, config=config)
    told = str([dict(point.attributes) for points in collected.points().values() for point in points])

    assert not [word for word in (PROMPT, openrouter.api_key, "key-", "ann", "secret") if word in told]


def test_refusals_and_failures_are_counted(openrouter: Emulator) -> None:
    """A refused call counts under its budget, and is no call; a failed one tells the class of its error."""
    collected = Collected()
    config: Any = {"callbacks": [OpenRouterCostHandler("$0.0000001", metrics=collected.provider)]}

    with pytest.raises(BudgetExceededError):
        model_of(openrouter).invoke(PROMPT, config=config)
    config = {"callbacks": [OpenRouterCostHandler(metrics=collected.provider)]}
    with pytest.raises(Exception, match="key"):
        model_of(openrouter).invoke(PROMPT, config=config, api_key="sk-or-v1-another")
    points = collected.points()

    assert [(point.value, dict(point.attributes)) for point in points["openrouter.calls.refused"]] == [
        (1, {"openrouter.budget": "total", "gen_ai.request.model": MODEL})
    ]
    assert [point.attributes["error.type"] for point in points["gen_ai.client.operation.duration"]] == [
        "AuthenticationError"
    ]


def test_the_programs_own_provider(openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """`metrics=True` measures for the provider that the program has set."""
    from opentelemetry import metrics

    collected = Collected()
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: collected.provider)

    model_of(openrouter).invoke(PROMPT, config={"callbacks": [OpenRouterCostHandler(metrics=True)]})

    assert collected.points()["openrouter.cost"][0].value == float(openrouter.spent)
