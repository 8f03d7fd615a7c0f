"""Sets of models: what belongs to them follows from the catalog."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

import pytest

from langchain_openrouter.catalog import Catalog
from langchain_openrouter.evaluation import ModelSet
from langchain_openrouter.evaluation.sets import models_of

DAY = dt.date(2026, 11, 21)
SNAPSHOT = Catalog.load("snapshot")
THINKS: dict[str, Any] = {"mandatory": True}
MAY_THINK: dict[str, Any] = {"mandatory": False, "default_enabled": False}


def record(name: str, price: float, intelligence: float | None, **fields: Any) -> dict[str, Any]:
    """Give a model that can call tools, with a price per million tokens."""
    per_token = f"{price / 1_000_000:.12f}"
    benchmarks = {"artificial_analysis": {"intelligence_index": intelligence}} if intelligence is not None else {}
    return {
        "id": name,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
        "pricing": {"prompt": per_token, "completion": per_token},
        "supported_parameters": ["tools"],
        "benchmarks": benchmarks,
        **fields,
    }


CATALOG = Catalog.from_response(
    [
        record("a/best", 30, 90, reasoning=THINKS),
        record("a/second", 20, 80),
        record("b/third", 10, 70),
        record("c/cheap", 0.2, 40),
        record("c/dominated", 0.3, 30, reasoning=MAY_THINK),
        record("d/cheapest", 0.1, 10),
        record("d/unmeasured", 0.05, None),
        record("e/thinks", 0.2, 50, reasoning=THINKS),
        record("e/may-think", 0.25, 45, reasoning={"mandatory": False}),
        record("f/no-tools", 0.2, 60, supported_parameters=[]),
        record("f/free", 0, 65),
        record("g/gone", 1, 99, expiration_date="2026-11-20"),
        record("g/draws", 1, 99, architecture={"input_modalities": ["text"], "output_modalities": ["image"]}),
        record("g/batch:batch", 1, 99),
        record("h/dear", 40, 5),
        record("h/dearer", 50, 5),
        record("h/dearest", 60, 5),
        record("h/most", 70, 5),
        record("h/more", 80, 5),
        record("h/still", 90, 5),
    ]
)


def ids(name: str) -> list[str]:
    """Give the ids of a set of the made-up models."""
    return [model.id for model in models_of(name, CATALOG, DAY)]


def test_quality() -> None:
    """The best by Intelligence Index, whatever they cost, but for those that are gone or do not write."""
    assert ids("quality") == ["a/best", "a/second", "b/third", "f/free"]


def test_diverse() -> None:
    """The best of each of the best authors."""
    assert ids("diverse") == ["a/best", "b/third", "f/free", "e/thinks"]


def test_cost() -> None:
    """The cheapest that none beats on price and quality, that cost something, can call tools and are measured."""
    assert ids("cost") == ["d/cheapest", "e/thinks", "b/third", "a/second"]


def test_speed() -> None:
    """Of the cheapest third that can call tools and do not think unless they are told to: the best."""
    assert ids("speed") == ["c/cheap", "c/dominated", "d/cheapest", "d/unmeasured"]


@pytest.mark.parametrize("name", get_args(ModelSet))
def test_of_the_real_catalog(name: str) -> None:
    """Each set has four models that can be asked on that day, none twice."""
    found = models_of(name, SNAPSHOT, DAY)

    assert len({model.id for model in found}) == 4
    assert all("text" in model.output_modalities and not model.has_expired(DAY) for model in found)


def test_today_is_the_day() -> None:
    """Where no day is said, models that are gone by now are left out."""
    gone = record("x/gone", 1, 99, expiration_date="2020-01-01")
    assert [model.id for model in models_of("quality", Catalog.from_response([gone, record("x/there", 1, 1)]))] == [
        "x/there"
    ]


def test_what_is_not_measured_is_not_the_best() -> None:
    """A model without a score is not put after those that have one."""
    catalog = Catalog.from_response([record("a/measured", 1, 1), record("b/unmeasured", 1, None)])

    assert [model.id for model in models_of("quality", catalog, DAY)] == ["a/measured"]


def test_no_such_set() -> None:
    """An id is taken for no set, and the message says what to do."""
    with pytest.raises(ValueError, match=r"'a/b' is no set of models.*'diverse'.*\['a/b'\]"):
        models_of("a/b", CATALOG)


def test_an_empty_set() -> None:
    """A catalog that has none for a set is said so, before anything is asked."""
    with pytest.raises(ValueError, match="has no model for the set 'cost'"):
        models_of("cost", Catalog.from_response([record("a/b", 0, 1)]))
