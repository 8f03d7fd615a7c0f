"""One provider's offer: every fact of its record, and nothing that the record does not say."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import Endpoint, Percentiles, Pricing
from tests.helpers.records import FULL, JSON, spoiled
from tests.helpers.schema import description

if TYPE_CHECKING:
    from pathlib import Path

RECORD: dict[str, Any] = {
    "provider_name": "DeepInfra",
    "tag": "deepinfra/fp8",
    "model_id": "author/name",
    "model_name": "Author: Name",
    "name": "DeepInfra | author/name",
    "quantization": "fp8",
    "context_length": 131_072,
    "max_prompt_tokens": 100_000,
    "max_completion_tokens": 16_384,
    "supported_parameters": ["tools", "seed"],
    "supports_implicit_caching": True,
    "supports_voice_cloning": False,
    "pricing": {"prompt": "0.000001", "completion": "0.000002", "discount": 0.1},
    "latency_last_30m": {"p50": 250, "p75": 350.5, "p90": 480, "p99": 850},
    "throughput_last_30m": {"p50": 45.2, "p75": 38.5, "p90": 28.3, "p99": 15.1},
    "uptime_last_5m": 100,
    "uptime_last_30m": 99.5,
    "uptime_last_1d": 99.8,
    "status": 0,
}
NOT_KEPT = {"model_name", "supports_voice_cloning"}
"""The model knows its name; voices are cloned by another path of the API."""


def test_the_record_is_full(shared: Path) -> None:
    """The record of these tests has every key of the API description, so that no new key is overlooked."""
    assert set(RECORD) == set(description(shared)["components"]["schemas"]["PublicEndpoint"]["properties"])


def test_every_fact() -> None:
    """Each value of the record is a value of the endpoint, and each field of the endpoint is told by the record."""
    endpoint = Endpoint.from_record(RECORD)

    assert endpoint == Endpoint(
        provider_name="DeepInfra",
        tag="deepinfra/fp8",
        model_id="author/name",
        name="DeepInfra | author/name",
        quantization="fp8",
        context_length=131_072,
        max_prompt_tokens=100_000,
        max_completion_tokens=16_384,
        supported_parameters=frozenset({"tools", "seed"}),
        supports_implicit_caching=True,
        pricing=Pricing(Decimal("0.000001"), Decimal("0.000002"), discount=Decimal("0.1")),
        latency=Percentiles(250, 350.5, 480, 850),
        throughput=Percentiles(45.2, 38.5, 28.3, 15.1),
        uptime_5m=100,
        uptime_30m=99.5,
        uptime_1d=99.8,
        status=0,
    )
    assert len(dataclasses.fields(Endpoint)) == len(RECORD.keys() - NOT_KEPT)


OTHER_NAMES = {
    "latency_last_30m": "latency",
    "throughput_last_30m": "throughput",
    "uptime_last_5m": "uptime_5m",
    "uptime_last_30m": "uptime_30m",
    "uptime_last_1d": "uptime_1d",
}


@pytest.mark.parametrize("key", sorted(set(RECORD) - NOT_KEPT))
def test_every_key_may_be_missing(key: str) -> None:
    """Without a key, or with `null`, the endpoint lacks what that key says and nothing else."""
    whole = Endpoint.from_record(RECORD)
    endpoint = Endpoint.from_record({name: value for name, value in RECORD.items() if name != key})
    field = OTHER_NAMES.get(key, key)

    assert endpoint != whole
    assert dataclasses.replace(endpoint, **{field: getattr(whole, field)}) == whole
    assert endpoint == Endpoint.from_record({**RECORD, key: None})


def test_what_is_shown_to_those_without_a_key() -> None:
    """Speeds are `null` without a key; they are unknown then, not 0."""
    endpoint = Endpoint.from_record({**RECORD, "latency_last_30m": None, "throughput_last_30m": None})

    assert (endpoint.latency, endpoint.throughput) == (None, None)


@pytest.mark.parametrize(
    ("record", "percentiles"),
    [
        ({}, None),
        ({"p50": None, "p75": None, "p90": None, "p99": None}, None),
        ({"p50": "fast"}, None),
        ({"p50": 250, "p99": None}, Percentiles(p50=250)),
        ({"p50": 0}, Percentiles(p50=0)),
    ],
)
def test_percentiles(record: dict[str, Any], percentiles: Percentiles | None) -> None:
    """Percentiles are there when one of them is a number."""
    assert Percentiles.from_record(record) == percentiles


@pytest.mark.parametrize(("status", "works"), [(0, True), (None, True), (-1, False), (-5, False), (-10, False)])
def test_operational(status: int | None, works: bool) -> None:
    """An endpoint works unless its status says that it does not."""
    assert Endpoint.from_record({**RECORD, "status": status}).is_operational is works


def test_every_status_of_the_description(shared: Path) -> None:
    """Each status that OpenRouter knows is kept, and 0 alone is well."""
    known = description(shared)["components"]["schemas"]["EndpointStatus"]["enum"]

    assert [status for status in known if Endpoint.from_record({"status": int(status)}).is_operational] == [0]
    assert {Endpoint.from_record({"status": int(status)}).status for status in known} == set(map(int, known))


@given(spoiled(RECORD | {"pricing": FULL["pricing"]}, frozenset()))
@settings(max_examples=400, deadline=None)
def test_garbage_is_borne(record: dict[str, Any]) -> None:
    """Whatever stands in whichever place of a record: each value has its type or is unknown."""
    endpoint = Endpoint.from_record(record)

    assert isinstance(endpoint.provider_name, str)
    for name in ("tag", "model_id", "name", "quantization"):
        assert isinstance(getattr(endpoint, name), str | None)
    for name in ("context_length", "max_prompt_tokens", "max_completion_tokens", "status"):
        assert type(getattr(endpoint, name)) in {int, type(None)}
    for speeds in (endpoint.latency, endpoint.throughput):
        assert speeds is None or any(value is not None for value in dataclasses.astuple(speeds))
    assert all(price >= 0 for price in endpoint.pricing.known.values())
    assert endpoint.is_operational is (endpoint.status in {0, None})
    hash(endpoint)


@given(st.dictionaries(st.sampled_from(sorted(RECORD)), JSON))
@settings(max_examples=200, deadline=None)
def test_any_value_of_any_key_is_borne(record: dict[str, Any]) -> None:
    """No value of any key stops the reading."""
    assert Endpoint.from_record(record).supports_implicit_caching in {True, False, None}


def test_an_endpoint_is_a_value() -> None:
    """Endpoints compare by what they say, can be hashed, pickled and copied, and do not change."""
    endpoint = Endpoint.from_record(RECORD)

    assert endpoint == pickle.loads(pickle.dumps(endpoint)) == copy.deepcopy(endpoint)  # noqa: S301
    assert len({endpoint, Endpoint.from_record(RECORD), Endpoint.from_record({**RECORD, "status": -1})}) == 2
    for value in (endpoint, endpoint.latency):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, None)  # type: ignore[arg-type]
