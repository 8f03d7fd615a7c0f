"""Records of calls: as JSON in plain ASCII, and back without loss."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.costs.record import FIELDS, CallRecord

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)

texts = st.text(st.characters(exclude_categories=()), max_size=10)
"""Also with NUL and with halves of surrogate pairs."""

amounts = st.none() | st.decimals(0, 1000, allow_nan=False, allow_infinity=False)
metadata = st.dictionaries(texts, texts | st.integers() | st.booleans() | st.floats(allow_nan=False), max_size=3)
records = st.builds(
    CallRecord,
    id=texts,
    started_at=st.datetimes(timezones=st.just(dt.UTC)),
    model_asked=st.none() | texts,
    provider=st.none() | texts,
    generation_id=st.none() | texts,
    cost=amounts,
    billed=amounts,
    reserved=amounts,
    status=st.sampled_from(["billed", "computed", "estimated", "unknown", "cached"]),
    pending=st.booleans(),
    is_byok=st.none() | st.booleans(),
    prompt_tokens=st.none() | st.integers(0),
    first_token_s=st.none() | st.floats(0, 1e6),
    tags=st.lists(texts, max_size=3).map(tuple),
    metadata=metadata,
    user=st.none() | texts,
    thread_id=st.none() | texts,
)


@given(records)
def test_back(record: CallRecord) -> None:
    """A record comes back from its JSON as it was, amounts with all their digits."""
    back = CallRecord.from_json(record.to_json())

    assert back == record
    assert str(back.cost) == str(record.cost)


@given(records)
def test_ascii(record: CallRecord) -> None:
    """The JSON is plain ASCII without control characters: some databases refuse others."""
    text = record.to_json()

    assert text.isascii()
    assert text.isprintable()


@given(records, st.dictionaries(texts.filter(lambda name: name not in FIELDS), st.integers(), max_size=2))
def test_of_a_later_version(record: CallRecord, more: dict[str, Any]) -> None:
    """Fields that a later version has added are passed over."""
    told = {**more, **json.loads(record.to_json())}

    assert CallRecord.from_json(json.dumps(told)) == record


def test_nothing_and_not_known() -> None:
    """A cost of nothing is told; one that is not known is left out, and stays unknown."""
    free = CallRecord(id="1", started_at=NOON, cost=Decimal(0))
    unknown = CallRecord(id="1", started_at=NOON)

    assert json.loads(free.to_json())["cost"] == "0"
    assert "cost" not in json.loads(unknown.to_json())
    assert CallRecord.from_json(unknown.to_json()).cost is None


def test_day() -> None:
    """The day of a call is the one in UTC."""
    assert CallRecord(id="1", started_at=NOON).day == "2026-11-21"
