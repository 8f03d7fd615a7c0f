"""Catalogs of other days: whatever OpenRouter removed, changed, added or forgot, they load and can be used."""

from __future__ import annotations

import copy
import datetime as dt
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import (
    Axis,
    Catalog,
    Model,
    ModelNotFoundError,
    PresetName,
    Query,
    SortKey,
    problems,
    profile_of,
)
from langchain_openrouter.costs import estimate, price
from tests.helpers.records import FULL, JSON, ODD, real_records, spoiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Records = list[dict[str, Any]]

USAGE = {
    "prompt_tokens": 250_000,
    "completion_tokens": 1000,
    "prompt_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 500, "audio_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 300, "image_tokens": 20},
    "server_tool_use": {"web_search_requests": 2},
}
BODY: dict[str, Any] = {
    "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}]}],
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "reasoning": {"effort": "none"},
    "max_tokens": 100_000,
    "temperature": 0.5,
    "modalities": ["image"],
}
QUERIES: list[dict[str, Any]] = [
    {"text": "gpt 4"}, {"tools": True}, {"structured_output": False}, {"reasoning": True}, {"input": {"image", "text"}},
    {"output": "text"}, {"min_context": 1}, {"min_output": 1}, {"max_prompt_price": 5}, {"max_completion_price": 0},
    {"free": True}, {"open_weights": False}, {"author": {"openai"}}, {"parameters": {"seed"}}, {"min_intelligence": 1},
    {"min_coding": 0}, {"min_agentic": -5}, {"available_on": dt.date(2026, 8, 15)}, {"plain": True}, {"limit": 3},
]  # fmt: skip


def assert_found(catalog: Catalog, records: Records) -> None:
    """Check that all that is a model is there, by its id and in its place."""
    ids = [record["id"] for record in records if isinstance(record.get("id"), str) and record["id"]]

    assert [model.id for model in catalog] == list(dict.fromkeys(ids))
    assert len(catalog) == len(set(ids))
    for model in catalog:
        assert catalog[model.id] is model
        assert model.id in catalog
    assert catalog.get("nobody/nothing") is None


def assert_described(model: Model) -> None:
    """Check that a model has a profile, prices and a cost, and that a request to it can be checked."""
    assert profile_of(model)["status"] in {"active", "deprecated"}
    for at in (dt.datetime(2026, 1, 1, hour, tzinfo=dt.UTC) for hour in (0, 12)):
        rates = model.pricing.at(250_000, at)
        assert all(rate >= 0 for rate in rates.known.values())
    charge = price(USAGE, model)
    assert charge.total is None or charge.total >= 0
    assert charge.total is not None or charge.reason
    hash(model)


def assert_searched(catalog: Catalog) -> None:
    """Check that every filter, order, axis and preset works."""
    size = len(catalog)
    for query in [*QUERIES, *({"sort": key} for key in get_args(SortKey))]:
        found = catalog.search(**query)
        assert len(found) == size if "sort" in query else len(found) <= size
    for axis in get_args(Axis):
        assert len(catalog.pareto(axis, "coding")) <= size
    for name in get_args(PresetName):
        assert len(catalog.preset(name)) <= size


def assert_judged(catalog: Catalog) -> None:
    """Check that models are compared with each other, and requests with models."""
    for model in list(catalog)[:25]:
        assert isinstance(catalog.strengths(model.id), tuple)
        assert catalog.tier(model.id) in {"free", "budget", "balanced", "premium", None}
        assert catalog.availability([model.id])[model.id].status in {"available", "expired"}
        assert all(problem.message for problem in problems({**BODY, "model": model.id}, catalog))
        guess = estimate("Hello", model)
        assert guess.low is None or guess.high is None or guess.low <= guess.high


def usable(records: Records) -> Catalog:
    """Load records, use all that there is, and give the catalog."""
    before = copy.deepcopy(records)
    catalog = Catalog.from_response({"data": records, "total_count": len(records), "new": {"key": 1}})
    assert_found(catalog, records)
    for model in catalog:
        assert_described(model)
    assert_searched(catalog)
    assert_judged(catalog)
    assert repr(records) == repr(before)
    return catalog


def containers(value: Any) -> Iterator[Any]:
    """Yield each object and list of a record."""
    if isinstance(value, (dict, list)):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from containers(each)


def places(records: Records, chance: random.Random, share: float) -> Iterator[tuple[Any, Any]]:
    """Choose some values of each record but its id: yield what holds the value, and where."""
    for record in records:
        for holder in list(containers(record)):
            for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
                if key != "id" and chance.random() < share:
                    yield holder, key


def removed(records: Records, chance: random.Random) -> Records:
    """Take models away: each fifth."""
    return [record for record in records if chance.random() > 0.2]


def shuffled(records: Records, chance: random.Random) -> Records:
    """List the models in another order."""
    return chance.sample(records, len(records))


def repriced(records: Records, chance: random.Random) -> Records:
    """Change prices: others, unknown ones, numbers for texts, tiers and windows."""
    for record in records:
        pricing = record["pricing"] = {**record["pricing"]} if isinstance(record.get("pricing"), dict) else {}
        for key in ("prompt", "completion", "request", "image", "input_cache_read", "web_search", "internal_reasoning"):
            pricing[key] = chance.choice(["0", "-1", "0.000001", 0.000001, None, 0, -1, "1e-7", pricing.get(key)])
        pricing["discount"] = chance.choice([0, 0.5, 1, None, "0.1"])
        window = {"utc_start": chance.randrange(2500), "utc_end": chance.randrange(2500), "prompt": "0.000002"}
        pricing["overrides"] = chance.choice([[], None, [window], [{**window, "min_prompt_tokens": 1000}] * 2])
    return records


def extended(records: Records, chance: random.Random) -> Records:
    """Add what nobody knows yet, everywhere."""
    for holder in list(containers(records)):
        if isinstance(holder, list):
            if holder and isinstance(holder[0], str):
                holder.append("hologram")
        elif chance.random() < 0.5:
            holder["new_key"] = chance.choice(["text", 5, None, True, {"deep": [1]}, []])
    return records


def reduced(records: Records, chance: random.Random) -> Records:
    """Drop keys, at any depth."""
    for holder, key in places(records, chance, 0.2):
        if isinstance(holder, dict):
            del holder[key]
    return records


def nulled(records: Records, chance: random.Random) -> Records:
    """Put `null` in the place of values, at any depth."""
    for holder, key in places(records, chance, 0.2):
        holder[key] = None
    return records


def zeroed(records: Records, chance: random.Random) -> Records:
    """Put 0 in the place of numbers, and of prices."""
    for holder, key in places(records, chance, 0.5):
        if isinstance(holder[key], (int, float)) or str(holder[key]).replace(".", "").isdigit():
            holder[key] = type(holder[key])(0)
    return records


def mistyped(records: Records, chance: random.Random) -> Records:
    """Put values of any type in the place of others."""
    for holder, key in places(records, chance, 0.1):
        holder[key] = chance.choice(ODD)
    return records


def of_2024(records: Records, chance: random.Random) -> Records:
    """Write records as the API did in 2024."""
    return [
        {
            "id": record["id"],
            "name": record.get("name"),
            "created": 1_700_000_000 + chance.randrange(10**7),
            "description": "Prose.",
            "context_length": record.get("context_length"),
            "architecture": {"modality": "text+image->text", "tokenizer": "GPT", "instruct_type": None},
            "pricing": {"prompt": "0.0000025", "completion": "0.00001", "image": "0", "request": "0"},
            "top_provider": {"context_length": None, "max_completion_tokens": None, "is_moderated": False},
            "per_request_limits": chance.choice([None, {"prompt_tokens": "40395", "completion_tokens": 20197}]),
        }
        for record in records
    ]


CHANGES = [removed, shuffled, repriced, extended, reduced, nulled, zeroed, mistyped, of_2024]


@pytest.mark.parametrize("change", CHANGES)
def test_one_change(change: Callable[[Records, random.Random], Records]) -> None:
    """A catalog with changes of one kind in many models can be loaded, iterated, searched, priced and described."""
    usable(change(real_records(), random.Random(change.__name__)))


@pytest.mark.parametrize("seed", range(12))
def test_many_changes(seed: int) -> None:
    """So can one with changes of several kinds, one upon the other."""
    chance = random.Random(seed)
    records = chance.sample(real_records(), 60)
    for change in chance.choices(CHANGES, k=4):
        records = change(records, chance)
    usable(records)


@pytest.mark.parametrize("key", sorted(set(FULL) - {"id"}))
def test_odd_values_of_one_key(key: str) -> None:
    """Whatever stands under one key, in the catalog's models each something else: it can be used."""
    usable([{**FULL, "id": f"author/name-{number}", key: value} for number, value in enumerate(ODD)])


@given(st.lists(spoiled(FULL, frozenset()), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_spoiled_records(records: Records) -> None:
    """Records with garbage in any place, the id too, make a catalog of those that are models, and it can be used."""
    usable(records)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(FULL)), JSON) | JSON, max_size=5))
@settings(max_examples=100, deadline=None)
def test_any_list(answer: list[Any]) -> None:
    """Any JSON list is the list of a catalog, though it may hold no model."""
    usable([record for record in answer if isinstance(record, dict)])
    assert len(Catalog.from_response({"data": answer})) <= len(answer)


@pytest.mark.parametrize(
    "records",
    [
        [],
        [{"id": "a/b"}],
        [{"id": "a/b:free", "pricing": {"prompt": "0", "completion": "0"}}],
        [{**FULL, "id": "a/b:batch", "alias_target": None}],
        [{**FULL, "id": "~a/b-latest", "alias_target": {"slug": "gone/model", "name": "Gone"}}],
        [{"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}}],
        [dict.fromkeys(FULL) | {"id": "a/b"}],
        [{"id": name} for name in ("lonely", "/", ":", "~", "a/b/c", "a/b:c:d", " ", "\0", "A/B", "a/ü", "🙂/🙂")],
    ],
    ids=["none", "bare", "free", "batch", "alias", "router", "null", "odd ids"],
)
def test_small_catalogs(records: Records) -> None:
    """A catalog without a model that others could be compared with, or with odd ids, can be used too."""
    usable(records)


def test_a_whole_dump_of_nulls() -> None:
    """Of models of which nothing but the id is told, nothing is known."""
    keys = real_records()[0].keys()
    catalog = usable([dict.fromkeys(keys) | {"id": record["id"]} for record in real_records()])

    assert list(catalog) == [Model(record["id"]) for record in real_records()]


def test_what_changed_between_two_days() -> None:
    """A removed model is not found any more, a new one is, a new price is the price, and all else is as it was."""
    before = Catalog.from_response(real_records())
    gone, dearer, *others = real_records()
    dearer["pricing"]["prompt"] = "0.000123"
    new = {**FULL, "id": "new/model", "canonical_slug": "new/model-2027", "alias_target": None}
    after = usable([new, dearer, *others])

    with pytest.raises(ModelNotFoundError):
        after.lookup(gone["id"])
    assert gone["id"] in before
    assert after["new/model-2027:nitro"] is after["new/model"] is after.models[0]
    assert "new/model" not in before
    assert after[dearer["id"]].pricing.prompt == Decimal("0.000123")
    assert after[dearer["id"]] != before[dearer["id"]]
    assert all(after[record["id"]] == before[record["id"]] for record in others)


def test_an_alias_that_moves() -> None:
    """An alias stands for what the newer answer says; where its target is gone, it is there all the same."""
    records = real_records()
    alias = next(record for record in records if record["id"] == "~anthropic/claude-sonnet-latest")
    alias["alias_target"] = {"slug": "anthropic/claude-sonnet-9", "name": "Claude Sonnet 9"}

    assert usable(records)["~anthropic/claude-sonnet-latest"].alias_target == "anthropic/claude-sonnet-9"


def test_suggestions_survive_every_dump() -> None:
    """A name that is not found is answered with ids of the catalog, whatever stands in the place of names."""
    odd = [{"id": f"author/name-{number}", "name": value} for number, value in enumerate(ODD)]
    for records in (
        odd,
        of_2024(real_records(), random.Random(1)),
        [{"id": record["id"]} for record in real_records()],
    ):
        catalog = Catalog.from_response(records)
        for name in ("author/nmae-1", "gpt4o", "", "🙂", "a" * 300):
            assert all(each in catalog for each in catalog.suggest(name))


def test_every_filter_is_used() -> None:
    """The checks of this file use every key of a query."""
    assert {key for query in QUERIES for key in query} | {"sort"} == Query.__annotations__.keys()
