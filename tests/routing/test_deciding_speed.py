"""How the time of a decision grows with the number of models; as a ratio, since machines differ."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_openrouter.routing.deciding import Moment, decide
from langchain_openrouter.routing.needs import read_needs
from langchain_openrouter.routing.options import Situation
from tests.routing.made import AT, TOOL, real_table, snapshot, table_of, terms_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.routing.needs import Needs
    from langchain_openrouter.routing.table import Table

ROUNDS = 25
NEEDS = read_needs([HumanMessage("Hello")], {"tools": [TOOL]})


def ratio(one: Callable[[], object], other: Callable[[], object]) -> float:
    """Compare the times of this thread alone, each the shortest of many that are taken in turns."""
    shortest = [float("inf"), float("inf")]
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for which, work in enumerate((one, other)):
                begun = time.thread_time()
                for _ in range(10):
                    work()
                shortest[which] = min(shortest[which], time.thread_time() - begun)
    finally:
        gc.enable()
    return shortest[0] / shortest[1]


def deciding(table: Table, needs: Needs = NEEDS, **constraints: Any) -> Callable[[], object]:
    """Give what decides, once it has been done, so that tables are filled."""
    terms, moment = terms_of(table, "balanced", **constraints), Moment(AT)

    def decide_now() -> object:
        return decide(terms, moment, needs, Situation()).chosen

    decide_now()
    return decide_now


def test_four_hundred_models() -> None:
    """A decision over 413 models takes less than 30 times one over 10: models are compared in columns.

    One by one it would be more than 41 times; 13 to 17 were measured.
    """
    known = [model for model in snapshot() if model.benchmarks.intelligence][:10]
    few = deciding(table_of(known, snapshot()), min_quality=10)

    assert ratio(deciding(real_table(), min_quality=10), few) < 30


@pytest.mark.parametrize("demand", [{"max_cost_per_call": "$0.0000001"}, {"min_quality": 55}], ids=str)
def test_reasons_are_put_into_words_on_demand(demand: dict[str, Any]) -> None:
    """A decision that rejects nearly everybody takes no more than one and a half times one that rejects nobody."""
    hello = read_needs([HumanMessage("Hello")], {})

    assert ratio(deciding(real_table(), hello, **demand), deciding(real_table(), hello)) < 1.5
