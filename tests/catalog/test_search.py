"""Search: what fits, in which order; against a reading of the plain records, one by one."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import Axis, Catalog, Query, SortKey
from tests.helpers.searching import FITS, VALUES, Both, holds_words


@pytest.fixture(scope="module", params=[Both.recorded, Both.varied], ids=["recorded", "varied"])
def both(request: pytest.FixtureRequest) -> Both:
    """The recorded models, and variations of them."""
    made: Both = request.param()
    return made


SOME: dict[str, list[Any]] = {
    "text": ["gpt", "GPT-4o mini", "claude sonnet", "Meta: llama", "free", "5", "no such model"],
    **{key: [True, False] for key in ("tools", "structured_output", "reasoning", "free", "open_weights", "plain")},
    "input": ["text", "image", {"image", "file"}, ["audio"], frozenset({"video", "text"}), set[str]()],
    "output": ["text", "image", {"audio", "text"}],
    "min_context": [0, 8192, 128_000, 1_000_000, 10**9],
    "min_output": [1, 16_384, 128_000],
    "max_prompt_price": [0, 0.1, 0.15, Decimal("2.5"), 3, 1e6],
    "max_completion_price": [0, 0.3, 0.6, Decimal(10), 15],
    "author": ["openai", "OpenAI", {"anthropic", "Google"}, ["meta-llama"], "nobody"],
    "parameters": ["seed", {"tools", "temperature"}, ["logprobs"], frozenset({"no_such"})],
    **{key: [0, 20.5, 40, 55, 99] for key in ("min_intelligence", "min_coding", "min_agentic")},
    "available_on": [dt.date(2023, 11, 14), dt.date(2026, 8, 17), dt.date(2026, 8, 18), dt.date(2099, 1, 1)],
}


def test_every_key_is_tested() -> None:
    """The tests below know every key of a query, every order and every axis."""
    assert SOME.keys() | {"sort", "limit"} == FITS.keys() | {"sort", "limit"} == Query.__annotations__.keys()
    assert {key.removeprefix("-") for key in get_args(SortKey)} == VALUES.keys()
    assert set(get_args(Axis)) == VALUES.keys() - {"id"}


@pytest.mark.parametrize(("key", "wanted"), [(key, wanted) for key, some in SOME.items() for wanted in some], ids=repr)
def test_each_filter(both: Both, key: str, wanted: Any) -> None:
    """Of all models exactly those are found that fit, in OpenRouter's order unless a text ranks them."""
    query: Any = {key: wanted}
    found = both.found(both.catalog.search(**query))
    if key == "text":
        found.sort(key=lambda record: both.place[record["id"]])

    assert found == [record for record in both.records if FITS[key](record, wanted)]


QUERIES = st.fixed_dictionaries({}, optional={key: st.sampled_from(some) for key, some in SOME.items()})
SORTS = st.none() | st.sampled_from(get_args(SortKey))


@given(query=QUERIES, sort=SORTS, limit=st.none() | st.integers(0, 20))
@settings(max_examples=150, deadline=None)
def test_any_combination(both: Both, query: Any, sort: Any, limit: Any) -> None:
    """What is found fits all that was asked, nothing that fits is left out, and a limit takes the first of it."""
    fitting = [record for record in both.records if all(FITS[key](record, wanted) for key, wanted in query.items())]
    whole = both.catalog.search(**query, sort=sort)
    asked: Any = {key: wanted for key, wanted in query.items() if key != "text"}
    limited = both.catalog.search(query.get("text"), **asked, sort=sort, limit=limit)

    assert {record["id"] for record in both.found(whole)} == {record["id"] for record in fitting}
    assert len(whole) == len(fitting)
    assert limited == whole[:limit]


@pytest.mark.parametrize("sort", get_args(SortKey))
def test_each_order(both: Both, sort: SortKey) -> None:
    """A key sorts rising, with a minus falling; equals stay as they were, and unknown values come last both ways."""
    value = VALUES[sort.removeprefix("-")]
    found = both.found(both.catalog.search(sort=sort))
    known = [record for record in found if value(record) is not None]

    assert sorted(both.place[record["id"]] for record in found) == list(range(len(both.records)))
    assert found[: len(known)] == known
    # The list is newest first, so that "oldest first" turns equals round.
    backwards = sort == "created"
    for one, other in itertools.pairwise(known):
        if value(one) == value(other):
            assert (both.place[one["id"]] < both.place[other["id"]]) is not backwards
        else:
            assert (value(one) < value(other)) is not sort.startswith("-")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("gpt4o", "openai/gpt-4o"),
        ("GPT-4o", "openai/gpt-4o"),
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("GPT-4o mini", "openai/gpt-4o-mini"),
        ("OpenAI: GPT-4o-mini", "openai/gpt-4o-mini"),
        ("claude sonnet 4.5", "anthropic/claude-sonnet-4.5"),
        ("sonnet 4.5", "anthropic/claude-sonnet-4.5"),
        ("gemini 2.5 pro", "google/gemini-2.5-pro"),
        ("qwen3 coder", "qwen/qwen3-coder"),
    ],
)
def test_the_best_match_comes_first(text: str, first: str) -> None:
    """Spelling and author aside, the model that was meant comes before those that have more in their names."""
    assert Both.recorded().catalog.search(text)[0].id == first


def test_claude_sonnet() -> None:
    """Two words find all models that hold both, in either order, and those first that begin with them."""
    catalog = Both.recorded().catalog
    found = catalog.search("claude sonnet")

    assert all("sonnet" in model.id for model in found)
    assert found[0].id.removeprefix("~").startswith("anthropic/claude-sonnet")
    assert {model.id for model in catalog.search("Sonnet Claude")} == {model.id for model in found}


@given(text=st.text(max_size=8) | st.text("gptclaude-45. ", max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_text(both: Both, text: str) -> None:
    """Any text may be looked for, and what is found holds all of its words."""
    for record in both.found(both.catalog.search(text)):
        assert holds_words(record, text)


def test_what_is_not_given_does_not_matter(both: Both) -> None:
    """Without a query, or with `None` for all of it, every model is found, in a list of the caller's own."""
    nothing: Any = dict.fromkeys(Query.__annotations__)
    found = both.catalog.search()
    found.clear()

    assert both.catalog.search() == both.catalog.search(**nothing) == list(both.catalog.models)


def test_new_words_of_a_catalog() -> None:
    """A modality that came after this version can be looked for where a model has it; an author, in any spelling."""
    catalog = Catalog.from_response([{"id": "Odd/One", "architecture": {"input_modalities": ["smell"]}}, {"id": "a/b"}])

    assert [model.id for model in catalog.search(input="smell")] == ["Odd/One"]
    assert [model.id for model in catalog.search(author="odd")] == ["Odd/One"]
    with pytest.raises(ValueError, match="output='taste' is not known"):
        catalog.search(output="taste")


def test_a_moment_is_of_its_day(both: Both) -> None:
    """A `datetime` is a `date` for type checkers, so it is taken for its day in UTC."""
    moment = dt.datetime(2026, 8, 17, 23, tzinfo=dt.timezone(dt.timedelta(hours=-2)))

    assert both.catalog.search(available_on=moment) == both.catalog.search(available_on=dt.date(2026, 8, 18))


WRONG: list[tuple[str, Any, type[Exception], str]] = [
    ("tool", True, TypeError, "Did you mean 'tools'?"),
    ("max_price", 1, TypeError, "Did you mean 'max_prompt_price'?"),
    ("zzz", 1, TypeError, "There are text, tools, "),
    ("sort", "prise", ValueError, "Did you mean 'price'?"),
    ("sort", "zzz", ValueError, "It can be -agentic, -coding"),
    ("sort", 5, ValueError, "It can be "),
    ("input", "images", ValueError, "Did you mean 'image'?"),
    ("output", ["txt"], ValueError, "Did you mean 'text'?"),
    ("output", {"zzz"}, ValueError, "It can be "),
]
UNFIT: list[tuple[str, Any]] = [
    ("limit", -1),
    ("limit", "5"),
    ("min_context", "8k"),
    ("min_output", [1]),
    ("min_coding", "good"),
    ("max_prompt_price", "cheap"),
    ("max_completion_price", float("nan")),
    ("tools", "yes"),
    ("free", 1),
    ("plain", "no"),
    ("available_on", "2026-01-01"),
    ("input", 5),
    ("author", 5),
    ("parameters", [["tools"]]),
    ("text", 5),
]


@pytest.mark.parametrize(("key", "value", "kind", "remedy"), WRONG)
def test_what_cannot_be_asked(key: str, value: Any, kind: type[Exception], remedy: str) -> None:
    """A wrong key or name is refused with a message that shows it and says what to write instead."""
    query: Any = {key: value}
    with pytest.raises(kind) as caught:
        Catalog.from_response([{"id": "a/b"}]).search(**query)

    assert key in str(caught.value)
    assert remedy in str(caught.value)
    if kind is ValueError:
        assert repr(value if isinstance(value, (str, int)) else next(iter(value))) in str(caught.value)


@pytest.mark.parametrize(("key", "value"), UNFIT)
def test_a_value_of_a_wrong_kind(key: str, value: Any) -> None:
    """A value that its key cannot have is refused by name; it never quietly finds nothing, or too much."""
    query: Any = {key: value}
    with pytest.raises((TypeError, ValueError)) as caught:
        Catalog.from_response([{"id": "a/b", "context_length": 5, "pricing": {"prompt": "0"}}]).search(**query)

    assert key in str(caught.value)
    assert repr(value) in str(caught.value)
