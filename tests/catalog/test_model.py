"""A model: every fact of its record, and nothing that the record does not say."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import ArenaScore, Benchmarks, Model, Pricing, ReasoningOptions
from tests.helpers.records import FULL, JSON, real_records, spoiled
from tests.helpers.schema import description

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_FACTS = {"description", "links"}
DERIVED = {"architecture.modality", "alias_target.name"}
"""Said by other keys; `test_what_is_left_out_is_said_elsewhere` holds that."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of a record that is no object, with its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}" if path else key)
    else:
        yield path, value


def kept_facts(model: Model) -> dict[str, Any]:
    """Write a model as the record that it was read from, field by field."""
    reasoning, benchmarks = model.reasoning, model.benchmarks
    facts: dict[str, Any] = {
        "id": model.id,
        "canonical_slug": model.canonical_slug,
        "name": model.name,
        "created": 0 if model.created is None else int(model.created.timestamp()),
        "context_length": model.context_length,
        "hugging_face_id": model.hugging_face_id,
        "knowledge_cutoff": model.knowledge_cutoff and model.knowledge_cutoff.isoformat(),
        "expiration_date": model.expiration_date and model.expiration_date.isoformat(),
        "supported_parameters": model.supported_parameters,
        "supported_voices": model.supported_voices,
        "alias_target.slug": model.alias_target,
        "architecture.input_modalities": model.input_modalities,
        "architecture.output_modalities": model.output_modalities,
        "architecture.tokenizer": model.tokenizer,
        "architecture.instruct_type": model.instruct_type,
        "top_provider.context_length": model.endpoint_context_length,
        "top_provider.max_completion_tokens": model.max_completion_tokens,
        "top_provider.is_moderated": model.is_moderated,
        "benchmarks.artificial_analysis.intelligence_index": benchmarks.intelligence,
        "benchmarks.artificial_analysis.coding_index": benchmarks.coding,
        "benchmarks.artificial_analysis.agentic_index": benchmarks.agentic,
        "benchmarks.design_arena": [dataclasses.asdict(score) for score in benchmarks.design_arena],
    }
    for group in ("default_parameters", "per_request_limits"):
        facts |= {f"{group}.{key}": value for key, value in getattr(model, group).items()}
    facts |= {f"pricing.{name}": price for name, price in model.pricing.known.items()}
    facts["pricing.overrides"] = [kept_override(entry) for entry in model.pricing.overrides]
    facts["pricing.discount"] = model.pricing.discount
    if reasoning is not None:
        facts |= {
            "reasoning.mandatory": reasoning.mandatory,
            "reasoning.default_enabled": reasoning.enabled_by_default,
            "reasoning.supported_efforts": reasoning.efforts,
            "reasoning.default_effort": reasoning.default_effort,
            "reasoning.supports_max_tokens": reasoning.takes_max_tokens,
        }
    return facts


def kept_override(entry: Any) -> dict[str, Any]:
    """Write an override as the entry that it was read from."""
    clocks = {
        name: None if time is None else time.hour * 100 + time.minute
        for name, time in (("utc_start", entry.utc_start), ("utc_end", entry.utc_end))
    }
    conditions = {"min_prompt_tokens": entry.min_prompt_tokens, **clocks}
    return {**{name: value for name, value in conditions.items() if value is not None}, **entry.known}


def as_kept(path: str, value: Any) -> Any:
    """Turn a value of a record into what a model says of it."""
    if path == "pricing.overrides":
        return [{key: Decimal(each) if isinstance(each, str) else each for key, each in e.items()} for e in value]
    if path.startswith("pricing."):
        return None if value == "-1" else Decimal(str(value))
    if path in {"supported_parameters", "architecture.input_modalities", "architecture.output_modalities"}:
        return frozenset(value)
    if path in {"supported_voices", "reasoning.supported_efforts"}:
        return tuple(value or ())
    return value


def assert_all_kept(record: dict[str, Any]) -> None:
    """Compare every value of a record with the model; a key that nobody compares with is an error."""
    model = Model.from_record(record)
    facts = kept_facts(model)
    for path, value in leaves({key: value for key, value in record.items() if key not in NOT_FACTS}):
        if path not in DERIVED and value is not None:
            assert facts.get(path, "nothing of that name" if value != "-1" else None) == as_kept(path, value), path
        elif value is None:
            assert not facts.get(path), path


def test_the_full_record_is_full(shared: Path) -> None:
    """The record of these tests has every key of the API description, so that no new key is overlooked."""
    assert set(FULL) == set(description(shared)["components"]["schemas"]["Model"]["properties"])


def test_every_fact_of_the_full_record() -> None:
    """Each value of the full record is a value of the model."""
    assert_all_kept(FULL)


@pytest.mark.parametrize("key", sorted(set(FULL) - {"id"}))
def test_every_key_may_be_missing(key: str) -> None:
    """Without a key, or with `null`, the model lacks what that key says and nothing else."""
    without = {name: value for name, value in FULL.items() if name != key}
    model = Model.from_record(without)

    assert model == Model.from_record({**FULL, key: None})
    assert_all_kept(without)


def test_every_fact_of_every_real_model() -> None:
    """All 413 recorded models load, and each value of each record is a value of its model."""
    records = real_records()

    assert len(records) == 413
    for record in records:
        assert_all_kept(record)


def test_nothing_is_made_up() -> None:
    """A real model says nothing but what its record says: what the record leaves out is `None` or empty."""
    for record in real_records():
        told = {path for path, value in leaves(record) if value is not None}
        for path, value in kept_facts(Model.from_record(record)).items():
            # A switch that is not told is off; a discount that is not told is none.
            assert path in told or not value, (record["id"], path)


def test_what_is_left_out_is_said_elsewhere() -> None:
    """`modality` repeats the modalities, and an alias's name is that of its target, so neither is kept."""
    records = real_records()
    names = {record["id"]: record["name"] for record in records}
    for record in records:
        inputs, outputs = record["architecture"]["modality"].split("->")
        model = Model.from_record(record)
        assert model.input_modalities == set(inputs.split("+"))
        assert model.output_modalities == set(outputs.split("+"))
        if model.alias_target:
            assert record["alias_target"]["name"] == names[model.alias_target]


@pytest.mark.parametrize(
    ("own", "endpoint", "window"),
    [(8192, 4096, 8192), (None, 4096, 4096), (0, 4096, 4096), (8192, None, 8192), (0, 0, None)],
)
def test_the_window(own: int | None, endpoint: int | None, window: int | None) -> None:
    """The window is the model's own, else that of its default endpoint; 0 stands where none is known."""
    record = {"id": "a/b", "context_length": own, "top_provider": {"context_length": endpoint}}
    model = Model.from_record(record)

    assert (model.context_length, model.endpoint_context_length) == (window, endpoint or None)


def test_only_an_id_is_needed() -> None:
    """Of a model with an id alone nothing else is known; nothing is 0 or `False` that was not told."""
    model = Model.from_record({"id": "a/b"})

    assert model == Model("a/b")
    nothing: list[Any] = [None, (), {}, frozenset(), Pricing(), Benchmarks()]
    assert all(getattr(model, each.name) in nothing for each in dataclasses.fields(Model) if each.name != "id")
    assert model.pricing.known == {}
    assert model.open_weights is None


NO_IDS: list[Any] = [None, "", 5, True, [], {}, ["a/b"]]


@pytest.mark.parametrize("record", [{}, *({"id": value} for value in NO_IDS)])
def test_without_an_id_it_is_no_model(record: dict[str, Any]) -> None:
    """A record without an id is refused, and the message says what was there instead."""
    with pytest.raises(ValueError, match="needs an `id`") as caught:
        Model.from_record(record)

    assert repr(record.get("id")) in str(caught.value)


def assert_well_typed(model: Model) -> None:
    """Check that each value is of the type that is promised, or unknown."""
    optional: dict[str, type] = {
        "canonical_slug": str, "name": str, "created": dt.datetime, "context_length": int, "is_moderated": bool,
        "max_completion_tokens": int, "endpoint_context_length": int, "tokenizer": str, "instruct_type": str,
        "knowledge_cutoff": dt.date, "expiration_date": dt.date, "hugging_face_id": str, "alias_target": str,
        "reasoning": ReasoningOptions,
    }  # fmt: skip
    for name, kind in optional.items():
        assert type(getattr(model, name)) in {kind, type(None)}, name
    for names in (model.input_modalities, model.output_modalities, model.supported_parameters):
        assert isinstance(names, frozenset)
        assert all(isinstance(each, str) for each in names)
    scores = [getattr(model.benchmarks, name) for name in ("intelligence", "coding", "agentic")]
    numbers = [*scores, *model.default_parameters.values(), *model.per_request_limits.values()]
    assert all(each is None or (isinstance(each, float) and abs(each) < float("inf")) for each in numbers)
    assert all(price >= 0 and price.is_finite() for price in model.pricing.known.values())
    assert all(isinstance(each, str) for each in (*model.supported_voices, model.author, model.variant or ""))
    assert all(isinstance(each, ArenaScore) for each in model.benchmarks.design_arena)
    assert {model.is_alias, model.is_router, model.supports("tools")} <= {True, False}


@given(spoiled(FULL))
@settings(max_examples=500, deadline=None)
def test_garbage_is_borne(record: dict[str, Any]) -> None:
    """Whatever stands in whichever place of a record: the model loads, and each value has its type or is unknown."""
    model = Model.from_record(record)

    assert_well_typed(model)
    assert model == Model.from_record(copy.deepcopy(record))
    hash(model)


@given(st.dictionaries(st.sampled_from(sorted(set(FULL) - {"id"})), JSON))
@settings(max_examples=300, deadline=None)
def test_any_value_of_any_key_is_borne(fields: dict[str, Any]) -> None:
    """No value of any key stops the reading."""
    assert_well_typed(Model.from_record({**fields, "id": "a/b"}))


@pytest.mark.parametrize("value", [None, "false", "no", 1, [True]])
def test_a_switch_is_on_when_it_says_so(value: Any) -> None:
    """Only `true` says that reasoning cannot be turned off, or that it takes a number of tokens."""
    options = ReasoningOptions.from_record({"mandatory": value, "supports_max_tokens": value, "default_enabled": value})

    assert options == ReasoningOptions(mandatory=False, takes_max_tokens=False, enabled_by_default=None)


@pytest.mark.parametrize("place", ["arena", "category"])
def test_an_arena_that_is_not_told_is_no_arena_of_that_name(place: str) -> None:
    """Where a score lacks its arena or category, no word like `None` stands there."""
    score = {key: value for key, value in FULL["benchmarks"]["design_arena"][0].items() if key != place}
    found = Benchmarks.from_record({"design_arena": [score]}).design_arena

    assert not any(getattr(each, place) == "None" for each in found)


@pytest.mark.parametrize(
    ("model_id", "author", "variant", "is_alias"),
    [
        ("openai/gpt-4o", "openai", None, False),
        ("openai/gpt-4o:batch", "openai", "batch", False),
        ("~openai/gpt-latest", "openai", None, True),
        ("lonely", "lonely", None, False),
        ("a/b:", "a", None, False),
        ("a/b:c:d", "a", "c:d", False),
    ],
)
def test_parts_of_an_id(model_id: str, author: str, variant: str | None, is_alias: bool) -> None:
    """Author and variant are parts of the id, and a tilde makes an alias."""
    model = Model(model_id)

    assert (model.author, model.variant, model.is_alias) == (author, variant, is_alias)


def test_routers_and_aliases_of_the_real_catalog() -> None:
    """Routers are those whose price is decided per request, and some more; each alias leads to a model."""
    models = {record["id"]: Model.from_record(record) for record in real_records()}
    undecided = {record["id"] for record in real_records() if record["pricing"]["prompt"] == "-1"}
    aliases = [model for model in models.values() if model.is_alias]

    assert len(undecided) == 5
    assert undecided <= {model_id for model_id, model in models.items() if model.is_router}
    assert {model.author for model in models.values() if model.is_router} == {"openrouter"}
    assert all(models[model_id].pricing.prompt is None for model_id in undecided)
    assert {alias.alias_target for alias in aliases} <= models.keys()
    assert len(aliases) == 11


@pytest.mark.parametrize(("told", "is_open"), [(None, None), ("", False), ("Author/Name", True)])
def test_open_weights(told: str | None, is_open: bool | None) -> None:
    """An empty id of Hugging Face says that the weights are closed, and none that nobody knows."""
    assert Model.from_record({"id": "a/b", "hugging_face_id": told}).open_weights is is_open


def test_supports() -> None:
    """A model supports what it lists, all of it."""
    model = Model.from_record(FULL)

    assert model.supports("tools", "reasoning")
    assert not model.supports("tools", "seed")
    assert model.supports()


def test_a_model_is_a_value() -> None:
    """Models compare by what they say, can be hashed, pickled and copied, and do not change."""
    model = Model.from_record(FULL)
    other = Model.from_record({**FULL, "pricing": {**FULL["pricing"], "prompt": "0.000004"}})

    assert model != other
    assert len({model, Model.from_record(copy.deepcopy(FULL)), other}) == 2
    assert model.reasoning is not None
    for value in (model, model.benchmarks, model.benchmarks.design_arena[0], model.reasoning):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, None)
        assert not hasattr(value, "__dict__")


def test_every_real_model_can_be_pickled_and_copied() -> None:
    """A pickled and a copied model equal the model, and have its hash."""
    for model in [Model.from_record(record) for record in real_records()]:
        for same in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):  # noqa: S301
            assert same == model
            assert hash(same) == hash(model)


def test_a_model_does_not_change_with_its_record() -> None:
    """What becomes of the record afterwards is no matter of the model's."""
    record = copy.deepcopy(FULL)
    model = Model.from_record(record)
    record["default_parameters"]["temperature"] = 2
    record["supported_parameters"].clear()
    record["pricing"]["overrides"].clear()

    assert model == Model.from_record(FULL)
