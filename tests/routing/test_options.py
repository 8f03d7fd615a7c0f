"""What a policy chooses from, one by one and in columns."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.routing.options import Option, Options
from tests.routing.made import decided, made, options_of

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
costs = st.none() | st.integers(0, 10**16)
tiers = st.none() | st.sampled_from(["free", "budget", "balanced", "premium"])
ROWS = st.lists(st.tuples(costs, numbers, numbers, tiers), max_size=8)


def of_rows(rows: list[Any]) -> Options:
    """Give options of their figures."""
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    return options_of(*columns)


@given(ROWS)
def test_rows_and_columns(rows: list[Any]) -> None:
    """Each option says what the columns say, with its cost in dollars."""
    options = of_rows(rows)

    assert len(options) == len(rows)
    for place, (option, (cost, quality, seconds, tier)) in enumerate(zip(options, rows, strict=True)):
        dollars = None if cost is None else Decimal(cost) / 10**12
        assert option == options[place] == options[place - len(rows)]
        assert option == Option(f"a/{place}", dollars, quality, seconds, tier)


@given(ROWS, st.slices(8))
def test_slices(rows: list[Any], part: slice) -> None:
    """A part of the options is the list of those in it."""
    assert of_rows(rows)[part] == list(of_rows(rows))[part]


@given(ROWS)
def test_records(rows: list[Any]) -> None:
    """Options come back from their record, also after a way through JSON, exactly."""
    options = of_rows(rows)
    back = Options.from_record(json.loads(json.dumps(options.record())))

    assert list(back) == list(options)
    assert (back.models, back.costs, back.qualities, back.seconds, back.tiers) == (
        options.models, options.costs, options.qualities, options.seconds, options.tiers,
    )  # fmt: skip


def test_tiers_are_asked_for_once() -> None:
    """Tiers, which few policies look at, are found out when somebody asks, and not again."""
    asked: list[str] = []

    def tell() -> list[Any]:
        asked.append("asked")
        return ["free"]

    options = Options(["a/b"], [1], [2], [3], tell)

    assert not asked
    assert (options[0].tier, options.tiers, asked) == ("free", ["free"], ["asked"])


@pytest.mark.parametrize("place", [2, -3])
def test_beyond_the_end(place: int) -> None:
    """There is no option beyond the last one."""
    with pytest.raises(IndexError):
        options_of([1, 2])[place]


def test_any_precision() -> None:
    """Amounts are exact whatever precision a program has chosen for numbers of its own."""
    models = [made("a/one", "0.00000123", "0.00000457"), made("a/two", "0.00000777", "0.00000888")]
    with localcontext() as context:
        context.prec = 4
        decision = decided(models, "word" * 12_345)
        record = decision.record()
        again = Options.from_record(record["options"])
    calm = decided(models, "word" * 12_345)

    assert decision.estimated_cost == calm.estimated_cost
    assert record == calm.record()
    assert again.costs == calm.options.costs
