"""What LangSmith is told: the billed cost of each call, once, on the run and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.tracers import LangChainTracer

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.tracers.schemas import Run

MODEL = "openai/gpt-4o-mini"


class KeptRuns(LangChainTracer):
    """A tracer that keeps what it would send. LangChain makes copies of it, so all copies keep it in one place."""

    usages: ClassVar[list[dict[str, Any]]] = []

    @staticmethod
    def _persist_run_single(run: Run) -> None:
        """Send nothing."""

    @staticmethod
    def _update_run_single(run: Run) -> None:
        """Keep the usage instead of sending it."""
        KeptRuns.usages.append(run.extra["metadata"]["usage_metadata"])


@pytest.fixture
def tracer() -> KeptRuns:
    """Make a tracer that has kept nothing yet."""
    KeptRuns.usages.clear()
    return KeptRuns(client=object())  # type: ignore[arg-type]  # never called


@pytest.fixture
def openrouter() -> Iterator[Emulator]:
    """Serve an OpenRouter of the test's own, whose books are compared."""
    with Emulator() as emulator:
        yield emulator


def model(openrouter: Emulator, **fields: Any) -> ChatOpenRouter:
    """Make a model that asks it."""
    return ChatOpenRouter(model=MODEL, api_key=openrouter.api_key, base_url=openrouter.base_url, **fields)  # type: ignore[arg-type]


async def test_every_call_style_tells_its_cost(openrouter: Emulator, tracer: KeptRuns) -> None:
    """Invoked or streamed, in a chain or an event stream, synchronous or not: the sum is what was billed."""
    config: Any = {"callbacks": [tracer]}
    asked = model(openrouter)
    asked.invoke("one", config)
    list(asked.stream("two", config))
    await asked.ainvoke("three", config)
    assert [chunk async for chunk in asked.astream("four", config)]
    list(asked.stream_events("five", config, version="v3"))
    asked.batch(["six", "seven"], config)

    assert len(tracer.usages) == 7
    assert float(openrouter.spent) == pytest.approx(sum(usage["total_cost"] for usage in tracer.usages))


def test_a_cached_answer_costs_nothing(openrouter: Emulator, tracer: KeptRuns) -> None:
    """LangChain's cache answers for free; the cost in the kept message is not told again."""
    asked = model(openrouter, cache=InMemoryCache())
    for _ in range(2):
        asked.invoke("same", {"callbacks": [tracer]})

    assert [usage["total_cost"] > 0 for usage in tracer.usages] == [True, False]
    assert len(openrouter.requests) == 1


def test_usages_still_add_up(openrouter: Emulator, tracer: KeptRuns) -> None:
    """`get_usage_metadata_callback` adds whole numbers: a cost among them would lose every call but the first."""
    with get_usage_metadata_callback() as usages:
        messages = [model(openrouter).invoke(word, {"callbacks": [tracer]}) for word in ("one", "two and three")]

    told = [message.usage_metadata for message in messages if message.usage_metadata]
    assert usages.usage_metadata[MODEL]["input_tokens"] == sum(usage["input_tokens"] for usage in told)
    assert all("total_cost" not in usage for usage in told)
