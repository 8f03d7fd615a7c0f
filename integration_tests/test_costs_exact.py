"""The sum of a handler is the sum of what was billed, to the last digit, over all recorded traffic."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.support import Served, recorded
from langchain_openrouter import Ledger, OpenRouterCostHandler
from langchain_openrouter.costs.money import from_nano, to_nano

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(os.environ.get("OPENROUTER_SHARED", Path(__file__).parents[2] / "shared" / "openrouter"))
pytestmark = pytest.mark.skipif(
    not (FOLDER / "traffic.jsonl").is_file(),
    reason=f"no file {FOLDER / 'traffic.jsonl'}: set OPENROUTER_SHARED to the folder with recorded traffic",
)


@functools.cache
def exchanges() -> list[tuple[dict[str, Any], str]]:
    """Read the recorded chat answers that tell a cost, each with the cost as it is written there."""
    found = []
    with (FOLDER / "traffic.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            # Some recordings have one made-up id in place of all that there were.
            exchange = json.loads(re.sub(r"chatcmpl-REDACTED_\d+", f"gen-{number}", line))
            if exchange["path"].endswith("/chat/completions") and "midstream_error" not in exchange["kinds"]:
                costs = [(answer.get("usage") or {}).get("cost") for answer in answers(exchange)]
                found += [(exchange, cost) for cost in costs[-1:] if cost is not None]
    return found


def answers(exchange: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read the JSON of an answer, numbers as they are written."""
    lines = exchange["body"].splitlines() if exchange["stream"] else [exchange["body"]]
    for line in lines:
        text = line.removeprefix("data:").strip()
        if text.startswith("{"):
            yield json.loads(text, parse_float=str, parse_int=str)


def replay(served: Served, exchange: dict[str, Any]) -> Any:
    """Let the emulator answer with a recording."""
    served.emulator.clear_faults()
    served.fail(recorded(exchange["body"], "text/event-stream" if exchange["stream"] else "application/json"))
    return served.model(model_validation="off")


async def ask_all(served: Served, handler: OpenRouterCostHandler, *, asynchronous: bool) -> None:
    """Ask for every recorded answer, streams as streams."""
    config: Any = {"callbacks": [handler]}
    for exchange, _ in exchanges():
        model = replay(served, exchange)
        if asynchronous and exchange["stream"]:
            _ = [chunk async for chunk in model.astream("Hello", config)]
        elif asynchronous:
            await model.ainvoke("Hello", config)
        elif exchange["stream"]:
            list(model.stream("Hello", config))
        else:
            model.invoke("Hello", config)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_every_cost(served: Served, asynchronous: bool) -> None:
    """The total of all recorded answers is the sum of their costs, exactly, and so are the parts and the ledger."""
    costs = [Decimal(cost) for _, cost in exchanges()]
    handler = OpenRouterCostHandler(ledger="memory:")

    asyncio.run(ask_all(served, handler, asynchronous=asynchronous))

    assert len(costs) > 300
    assert sum(exchange["stream"] for exchange, _ in exchanges()) > 50
    assert handler.calls == len(costs)
    assert handler.unpriced_calls == 0
    assert handler.total == sum(costs, Decimal(0))
    assert [record.billed for record in handler.records] == costs
    for dimension in ("model", "provider", "day", "status", "run"):
        assert sum((tally.total for tally in handler.by(dimension).values()), Decimal(0)) == handler.total
    assert handler.ledger is not None
    assert sum((record.cost or 0 for record in handler.ledger.records()), Decimal(0)) == handler.total


def test_twice(served: Served) -> None:
    """All of it told again adds nothing: neither to the handler nor to the ledger's counters."""
    ledger = Ledger.open("memory:")
    handler = OpenRouterCostHandler("$100", ledger=ledger, on_unknown_price="allow")

    for _ in range(2):
        asyncio.run(ask_all(served, handler, asynchronous=False))

    costs = [Decimal(cost) for _, cost in exchanges()]
    assert handler.total == sum(costs, Decimal(0))
    (status,) = handler.status()
    assert status.spent == sum((from_nano(to_nano(cost)) for cost in costs), Decimal(0))
    assert status.reserved == 0


def test_whatever_the_precision(served: Served) -> None:
    """A program that reckons with few digits for its own numbers gets exact totals all the same."""
    few = exchanges()[:20]
    handler = OpenRouterCostHandler("$1000000", on_unknown_price="allow")

    with localcontext() as context:
        context.prec = 3
        for exchange, _ in few:
            model = replay(served, exchange)
            if exchange["stream"]:
                list(model.stream("Hello", {"callbacks": [handler]}))
            else:
                model.invoke("Hello", {"callbacks": [handler]})
        (status,) = handler.status()

    assert handler.total == sum((Decimal(cost) for _, cost in few), Decimal(0))
    assert status.spent == sum((from_nano(to_nano(Decimal(cost))) for _, cost in few), Decimal(0))
