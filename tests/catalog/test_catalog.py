"""The catalog as a collection: what it is made of, what is in it, and what is said of what is not."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.exceptions import ModelError

import langchain_openrouter.catalog
import langchain_openrouter.errors
from langchain_openrouter.catalog import Catalog, Model, ModelNotFoundError
from langchain_openrouter.errors import OpenRouterError, UnknownModelError
from tests.helpers.records import real_records

YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """The recorded models."""
    return real_records()


@pytest.fixture
def catalog(records: list[dict[str, Any]]) -> Catalog:
    """A catalog of the recorded models that nobody has asked for anything yet."""
    return Catalog.from_response({"data": records})


def test_every_form_of_an_answer(records: list[dict[str, Any]]) -> None:
    """A whole answer, its list, a tuple and a generator of its records make the same catalog."""
    answers: list[Any] = [
        {"data": records, "total_count": 413, "links": {"next": None}},
        {"data": tuple(records)},
        records,
        tuple(records),
        (record for record in records),
    ]
    for answer in answers:
        assert Catalog.from_response(answer).models == Catalog.from_response(records).models


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"error": {"code": 401, "message": "No auth"}}, "dict with NoneType"),
        ({"data": {"id": "a/b"}}, "dict with dict"),
        ({"data": None}, "dict with NoneType"),
        ({"data": "a/b"}, "dict with str"),
        ({}, "dict with NoneType"),
        ('{"data": []}', "str"),
        (b"{}", "bytes"),
        (None, "NoneType"),
        (5, "int"),
    ],
)
def test_what_is_no_answer(answer: Any, told: str) -> None:
    """What is no answer is refused, and the message says what it is and what to pass."""
    with pytest.raises(ValueError, match="Pass the parsed JSON") as caught:
        Catalog.from_response(answer)

    assert told in str(caught.value)


NO_MODELS: list[Any] = [{}, {"id": None}, {"id": ""}, {"id": 5}, {"name": "a"}, None, "a/b", 5, [], [{"id": "x/y"}]]


def test_what_is_no_model_is_passed_over() -> None:
    """Among models, what has no id or is no object is left out, in an answer as in the constructor."""
    records = [{"id": "a/b"}, *NO_MODELS, {"id": "c/d"}]

    assert [model.id for model in Catalog.from_response(records)] == ["a/b", "c/d"]
    assert len(Catalog.from_response([])) == 0
    without_id = [record for record in records if isinstance(record, dict)]
    assert [model.id for model in Catalog(without_id)] == ["a/b", "c/d"]


def test_a_model_that_is_listed_twice() -> None:
    """A model is in the catalog once, as it is told of last, where it is told of first."""
    catalog = Catalog.from_response([{"id": "a/b"}, {"id": "c/d"}, {"id": "a/b", "context_length": 5}])

    assert [(model.id, model.context_length) for model in catalog] == [("a/b", 5), ("c/d", None)]
    assert len(catalog) == 2


def test_order_and_size(catalog: Catalog, records: list[dict[str, Any]]) -> None:
    """A catalog is iterated in the order of the answer, as often as one likes, and knows its size beforehand."""
    assert len(catalog) == len(records) == 413
    assert [model.id for model in catalog] == [record["id"] for record in records]
    assert list(catalog) == list(catalog.models)
    assert catalog.models is catalog.models


@pytest.mark.parametrize("first", [list, len, lambda catalog: catalog.search("gpt"), lambda catalog: catalog["gpt-4o"]])
def test_a_model_is_one_object(catalog: Catalog, first: Any) -> None:
    """Whatever is asked first: a model is the same object by its id, in the iteration, and in what is found."""
    first(catalog)

    assert all(catalog[model.id] is catalog.get(model.id) is model for model in catalog)
    assert all(catalog[model.id] is model for model in catalog.search(tools=True))


def test_only_what_is_asked_for_is_built(catalog: Catalog) -> None:
    """A look-up builds one model: each is the one of its record, whatever the others are."""
    assert catalog["openai/gpt-4o"] == Model.from_record(next(r for r in real_records() if r["id"] == "openai/gpt-4o"))


@pytest.mark.parametrize("thing", [None, 5, b"openai/gpt-4o", ["openai/gpt-4o"], {}, Model("openai/gpt-4o")])
def test_only_names_are_in_it(catalog: Catalog, thing: Any) -> None:
    """What is no name is not in a catalog, and asking is no error."""
    assert thing not in catalog


def test_unknown_names_leave_nothing_behind(catalog: Catalog) -> None:
    """A name that means nothing is not kept, so that many of them take no room."""
    before = dict(catalog._found)
    for number in range(100):
        assert catalog.get(f"nobody/nothing-{number}") is None

    assert catalog._found == before


def test_the_answer_may_change_afterwards(records: list[dict[str, Any]]) -> None:
    """A catalog does not change with the answer that it was made of."""
    answer = copy.deepcopy(records)
    catalog = Catalog.from_response(answer)
    for record in answer:
        record["name"] = record["canonical_slug"] = "other"
        record["pricing"]["prompt"] = "9"
        record["supported_parameters"].clear()
    answer.clear()

    assert catalog.models == Catalog.from_response(records).models
    assert catalog.get("x-ai/grok-4.6-20260810") is catalog["x-ai/grok-4.6"]


def test_the_answer_is_left_alone(records: list[dict[str, Any]]) -> None:
    """Making a catalog, and asking it, changes nothing in the answer."""
    before = copy.deepcopy(records)
    catalog = Catalog.from_response(records)
    catalog.search("gpt", tools=True, sort="price")
    catalog.preset("free")

    assert records == before


@pytest.mark.parametrize("used", [False, True])
def test_a_catalog_can_be_pickled_and_copied(catalog: Catalog, used: bool) -> None:
    """A catalog goes to another process, or is copied, before its first use and after, with all that it knows."""
    if used:
        catalog.search("gpt")
        catalog.strengths("gpt-4o")
    for same in (pickle.loads(pickle.dumps(catalog)), copy.deepcopy(catalog)):  # noqa: S301
        assert same.models == catalog.models
        assert (same.source, same.fetched_at) == (catalog.source, catalog.fetched_at)
        assert same["gpt-4o:nitro"] is same["openai/gpt-4o"]
        assert same["gpt-4o"] is not catalog["gpt-4o"]


def test_where_it_came_from() -> None:
    """A catalog of an answer says so, and when: now, unless told otherwise."""
    before = dt.datetime.now(dt.UTC)
    catalog = Catalog.from_response([{"id": "a/b"}])

    assert catalog.source == "response"
    assert catalog.fetched_at is not None
    assert before <= catalog.fetched_at <= dt.datetime.now(dt.UTC)
    assert Catalog.from_response([], fetched_at=YESTERDAY).fetched_at == YESTERDAY
    assert repr(Catalog.from_response([{"id": "a/b"}], fetched_at=YESTERDAY)) == (
        f"<Catalog: 1 models, response of {YESTERDAY:%Y-%m-%d %H:%M} UTC>"
    )


def test_age() -> None:
    """The age is the time since then; it is never negative, and unknown where the time is."""
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    age = Catalog.from_response([], fetched_at=YESTERDAY).age

    assert age is not None
    assert dt.timedelta(days=1) <= age < dt.timedelta(days=2)
    assert Catalog.from_response([], fetched_at=tomorrow).age == dt.timedelta(0)
    assert Catalog([]).age is None


def test_a_time_without_a_zone_is_utc() -> None:
    """The time of an answer may be written without a zone, as elsewhere in the catalog."""
    age = Catalog.from_response([], fetched_at=YESTERDAY.replace(tzinfo=None)).age

    assert age is not None
    assert dt.timedelta(days=1) <= age < dt.timedelta(days=2)


def test_the_error_is_one_class() -> None:
    """The error has one class under both of its addresses, in the trees of OpenRouter, LangChain and Python."""
    assert langchain_openrouter.catalog.ModelNotFoundError is langchain_openrouter.errors.ModelNotFoundError
    assert all(
        issubclass(ModelNotFoundError, each) for each in (UnknownModelError, OpenRouterError, ModelError, KeyError)
    )


@pytest.mark.parametrize(
    ("suggestions", "remedy"),
    [
        ([], "Models are listed at https://openrouter.ai/models."),
        (["a/b"], "Did you mean 'a/b'?"),
        (["a/b", "c/d"], "Did you mean 'a/b' or 'c/d'?"),
        (["a/b", "c/d", "e/f"], "Did you mean 'a/b', 'c/d' or 'e/f'?"),
    ],
)
def test_the_error_says_what_may_have_been_meant(suggestions: list[str], remedy: str) -> None:
    """The message names what was asked for and the suggestions, and newer facts; a pickled error is the same."""
    remedy += " If it is newer than that: `catalog.use(Catalog.load())`."
    error = ModelNotFoundError("a/bb", suggestions, "the catalog of 2026-08-15")
    for each in (error, pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):  # noqa: S301
        assert str(each) == f"There is no model 'a/bb' in the catalog of 2026-08-15.\n{remedy}"
        assert (each.name, each.suggestions) == ("a/bb", tuple(suggestions))
        assert (each.catalog, each.remedy) == ("the catalog of 2026-08-15", remedy)


def test_what_was_raised_can_be_pickled(catalog: Catalog) -> None:
    """The error of a look-up carries its suggestions to another process."""
    with pytest.raises(ModelNotFoundError, match="There is no model 'openai/gpt4o-mni'") as caught:
        _ = catalog["openai/gpt4o-mni"]
    same = pickle.loads(pickle.dumps(caught.value))  # noqa: S301

    assert "openai/gpt-4o-mini" in caught.value.suggestions
    assert (str(same), same.suggestions) == (str(caught.value), caught.value.suggestions)


def test_suggestions_are_ids_of_the_catalog(catalog: Catalog) -> None:
    """Suggestions are as many as asked for at most, each once, and all of them are there."""
    for limit in (0, 1, 3, 10):
        found = catalog.suggest("claude-sonet", limit)
        assert len(found) == len(set(found)) <= limit
        assert all(catalog[each].id == each for each in found)
    assert Catalog([]).suggest("claude-sonet") == ()


def test_eight_threads_at_once(records: list[dict[str, Any]]) -> None:
    """Threads that build, look up and search a fresh catalog at the same moment all read the same facts."""
    expected = {record["id"]: Model.from_record(record) for record in records}
    sorted_ids = [model.id for model in Catalog.from_response(records).search(sort="-intelligence")]

    def ask(seed: int, catalog: Catalog, start: threading.Barrier) -> None:
        names = list(expected)
        random.Random(seed).shuffle(names)
        start.wait(timeout=30)
        if seed % 2:
            assert [model.id for model in catalog.search(sort="-intelligence")] == sorted_ids
        for name in names:
            assert catalog[f"{name}:nitro" if ":" not in name else name] == expected[name]
        assert list(catalog) == list(expected.values())
        assert catalog["gpt-4o"] == expected["openai/gpt-4o"]

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            catalog, start = Catalog.from_response(records), threading.Barrier(8)
            for done in [pool.submit(ask, seed, catalog, start) for seed in range(8)]:
                done.result(timeout=60)
