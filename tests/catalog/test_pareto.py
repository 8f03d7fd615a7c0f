"""The frontier: the models that no other beats, against a comparison of each with all."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import Axis, Catalog
from tests.helpers.searching import VALUES, Both, Record, is_plain, supported


@pytest.fixture(scope="module", params=[Both.recorded, Both.varied], ids=["recorded", "varied"])
def both(request: pytest.FixtureRequest) -> Both:
    """The recorded models, and variations of them."""
    made: Both = request.param()
    return made


def goodness(axis: str, record: Record) -> Any:
    """Read how good a model is on an axis."""
    value = VALUES[axis](record)
    return -value if value is not None and axis.endswith("price") else value


def unbeaten(points: list[tuple[Any, Any, str]]) -> set[str]:
    """Give the names of the points that no other beats, by comparing each with all."""
    return {
        name
        for x, y, name in points
        if not any(x <= other_x and y <= other_y and (x, y) != (other_x, other_y) for other_x, other_y, _ in points)
    }


@pytest.mark.parametrize(("x", "y"), [(x, y) for x in get_args(Axis) for y in get_args(Axis)])
def test_the_frontier(both: Both, x: Axis, y: Axis) -> None:
    """Of the models that tell both values those are kept that none beats, best on `x` first."""
    points = [(goodness(x, record), goodness(y, record), record["id"]) for record in both.records]
    found = both.found(both.catalog.pareto(x, y))
    on_x = [goodness(x, record) for record in found]

    assert {record["id"] for record in found} == unbeaten([p for p in points if p[0] is not None and p[1] is not None])
    assert len({record["id"] for record in found}) == len(found)
    assert on_x == sorted(on_x, reverse=True)


COORDINATE = st.none() | st.integers(0, 4)


@given(points=st.lists(st.tuples(COORDINATE, COORDINATE), max_size=12))
@settings(max_examples=300, deadline=None)
def test_the_frontier_of_equals(points: list[tuple[int | None, int | None]]) -> None:
    """Equal models are all kept or all left out, and those without a value take no part."""
    catalog = Catalog.from_response(
        {
            "id": str(number),
            "context_length": None if x is None else x + 1,
            "pricing": {} if y is None else {"prompt": str(y)},
        }
        for number, (x, y) in enumerate(points)
    )
    known = [(x, -y, str(number)) for number, (x, y) in enumerate(points) if x is not None and y is not None]

    assert {model.id for model in catalog.pareto("context", "prompt_price")} == unbeaten(known)


def test_the_frontier_of_a_query(both: Both) -> None:
    """A query says which models take part."""
    records = [record for record in both.records if is_plain(record) and "tools" in supported(record)]
    points = [(goodness("price", record), goodness("coding", record), record["id"]) for record in records]
    found = both.catalog.pareto("price", "coding", plain=True, tools=True)

    assert {model.id for model in found} == unbeaten([p for p in points if p[0] is not None and p[1] is not None])


@pytest.mark.parametrize("limit", [0, 1, 4, 10**6])
def test_a_limit_cuts_the_frontier(both: Both, limit: int) -> None:
    """A limit takes the first of the frontier; it does not choose who takes part."""
    assert both.catalog.pareto("context", "coding", limit=limit) == both.catalog.pareto("context", "coding")[:limit]


@pytest.mark.parametrize(("x", "y", "remedy"), [("prise", "coding", "'price'"), ("price", "-coding", "'coding'")])
def test_axes_that_are_not_known(both: Both, x: Any, y: Any, remedy: str) -> None:
    """A wrong axis is refused with a message that shows it and says what to write instead."""
    with pytest.raises(ValueError, match=f"Did you mean {remedy}"):
        both.catalog.pareto(x, y)
