"""What an answer used, in every form in which that is told."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage

from langchain_openrouter.catalog import Pricing
from langchain_openrouter.costs import Usage, price
from tests.helpers.records import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

COST = {"cost": 0.00123, "is_byok": False}
COST_READ: dict[str, Any] = {"cost": Decimal("0.00123"), "is_byok": False}
CHAT = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 150,
    "prompt_tokens_details": {
        "cached_tokens": 10,
        "cache_write_tokens": 20,
        "audio_tokens": 3,
        "image_tokens": 4,
        "video_tokens": 5,
    },
    "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 6, "image_tokens": 7},
    "cost_details": {"upstream_inference_cost": 0.001, "upstream_inference_prompt_cost": 0.0004},
    "server_tool_use_details": {"tool_calls_requested": 3, "tool_calls_executed": 2, "web_search_requests": 1},
    **COST,
}
RESPONSES = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 20},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 30},
    "total_tokens": 150,
    "cost_details": {"upstream_inference_cost": None, "upstream_inference_input_cost": 0.0004},
    "server_tool_use_details": {"web_search_requests": 1},
    **COST,
}
LANGCHAIN: Any = {
    "input_tokens": 100,
    "output_tokens": 50,
    "total_tokens": 150,
    "input_token_details": {"audio": 3, "cache_read": 10, "cache_creation": 20, "image": 4, "video": 5},
    "output_token_details": {"reasoning": 30, "audio": 6, "image": 7},
}
METADATA = {
    "model_name": "acme/plain",
    "finish_reason": "stop",
    "cost_details": {"upstream_inference_cost": 0.001},
    "server_tool_use": {"tool_calls_executed": 2, "web_search_requests": 1},
    **COST,
}
COUNTS = Usage(
    100, 50, cached=10, written=20, audio=3, image=4, video=5, reasoning=30, audio_output=6, image_output=7
)  # fmt: skip
ALL = dataclasses.replace(COUNTS, searches=1, server_tools=2, upstream=Decimal("0.001"), **COST_READ)
FORMS: dict[str, tuple[Any, Usage]] = {
    "chat": (CHAT, ALL),
    "responses": (RESPONSES, Usage(100, 50, cached=10, written=20, reasoning=30, searches=1, **COST_READ)),
    "usage_metadata": (LANGCHAIN, COUNTS),
    "message": (AIMessage("", response_metadata=METADATA, usage_metadata=LANGCHAIN), ALL),
    "chunk": (AIMessageChunk(content="", response_metadata=METADATA, usage_metadata=LANGCHAIN), ALL),
    "message without usage": (AIMessage(""), Usage()),
    "message of the user": (HumanMessage(""), Usage()),
    "usage that was read": (ALL, ALL),
    "nothing": ({}, Usage()),
    "cost alone": ({"cost": 0.0006, "seconds": 6}, Usage(cost=Decimal("0.0006"))),
    "embeddings": ({"prompt_tokens": 31, "total_tokens": 31, "cost": 6.2e-7}, Usage(31, cost=Decimal("0.00000062"))),
}


@pytest.mark.parametrize(("told", "read"), FORMS.values(), ids=FORMS)
def test_each_form(told: Any, read: Usage) -> None:
    """Every count, and what was billed, is read in each form; what it does not tell is `None`, or no part of it."""
    assert Usage.read(told) == read


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Usage)])
def test_no_field_is_forgotten(name: str) -> None:
    """Each field of `Usage` differs from its default in one of the forms above, so each is really read."""
    others = [*(read for _, read in FORMS.values()), Usage.read({"input_token_details": HOURS["an hour, apart"][0]})]

    assert any(getattr(read, name) != getattr(Usage(), name) for read in others)


HOURS: dict[str, tuple[Mapping[str, Any], int, int]] = {
    "five minutes": ({"cache_creation": 20}, 20, 0),
    "an hour, apart": ({"cache_creation": 20, "ephemeral_1h_input_tokens": 15}, 5, 15),
    "all for an hour": ({"cache_creation": 20, "ephemeral_1h_input_tokens": 20, "ephemeral_5m_input_tokens": 0}, 0, 20),
    "without a sum": ({"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15}, 5, 15),
    "a sum of zero": ({"cache_creation": 0, "ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15}, 5, 15),
    "by time": ({"cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15}}, 5, 15),
    "OpenRouter's": ({"cache_write_tokens": 20, "cache_write_1h_tokens": 15}, 5, 15),
    "more for an hour than all": ({"cache_creation": 10, "ephemeral_1h_input_tokens": 15}, 0, 15),
}


@pytest.mark.parametrize(("details", "minutes", "hour"), HOURS.values(), ids=HOURS)
def test_what_was_written(details: Mapping[str, Any], minutes: int, hour: int) -> None:
    """Tokens written for an hour are counted apart from those written for five minutes, and none twice."""
    read = Usage.read({"input_tokens": 100, "input_token_details": details})

    assert (read.written, read.written_1h) == (minutes, hour)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (7, 7), (7.0, 7), (7.9, 7), (Decimal("7.5"), 7), (0, 0), (0.0, 0), (1e15, 10**15), (10**400, 10**400),
        (None, None), (-1, None), (-0.5, None), (True, None), ("7", None), ([7], None), ({}, None),
        (float("nan"), None), (float("inf"), None), (float("-inf"), None),
    ],
)  # fmt: skip
def test_counts(value: object, count: int | None) -> None:
    """A count is a whole number of 0 or more, which some servers write as a float; anything else is not known."""
    assert Usage.read({"prompt_tokens": value}).prompt == count
    assert Usage.read({"output_tokens": value}).completion == count
    assert Usage.read({"prompt_tokens_details": {"cached_tokens": value}}).cached == (count or 0)


def test_the_next_name_is_tried() -> None:
    """A name of the chat API that holds nothing does not hide one of the Responses API or of LangChain."""
    told: dict[str, Any] = {
        "prompt_tokens": None,
        "input_tokens": 9,
        "prompt_tokens_details": None,
        "input_tokens_details": [],
        "input_token_details": {"cached_tokens": None, "cache_read": 4},
    }

    assert Usage.read(told) == Usage(9, cached=4)


@pytest.mark.parametrize(
    ("value", "dollars"),
    [
        (1.8e-06, "0.0000018"), (0.1, "0.1"), (0, "0"), (2, "2"), ("0.0005", "0.0005"), (Decimal("0.30"), "0.30"),
        (5e-324, "5e-324"), (0.007637029, "0.007637029"), (0.0076509169000000005, "0.0076509169000000005"),
        (None, None), (True, None), (False, None), ("", None), ("free", None), ([], None), ({}, None),
        (float("nan"), None), (float("inf"), None), ("NaN", None), ("sNaN", None), ("-Infinity", None),
    ],
)  # fmt: skip
def test_dollars(value: object, dollars: str | None) -> None:
    """An amount is the decimal that was written, not the binary number next to it; no amount is not 0."""
    read = Usage.read({"cost": value, "cost_details": {"upstream_inference_cost": value}})

    assert read.cost == read.upstream == (None if dollars is None else Decimal(dollars))
    assert str(read.cost) == str(read.upstream)


@pytest.mark.parametrize("told", [None, "usage", 7, [("prompt_tokens", 7)], b"", object(), dict])
def test_what_is_no_usage(told: Any) -> None:
    """What is neither a usage nor a message is refused; the error names what it is, and what to pass."""
    for read in (Usage.read, price):
        with pytest.raises(TypeError, match=rf"this is {type(told).__name__}\. Pass one of those") as caught:
            read(told)
        assert "usage_metadata" in str(caught.value)


NAMES = sorted({*CHAT, *RESPONSES, *LANGCHAIN, "server_tool_use"})
DETAILS = sorted(
    {name for form in (CHAT, RESPONSES, LANGCHAIN) for each in form.values() if isinstance(each, dict) for name in each}
    | {name for details, _, _ in HOURS.values() for name in details}
)
usage_like = st.dictionaries(
    st.sampled_from(NAMES) | st.text(max_size=5),
    JSON | st.integers(-3, 300) | st.dictionaries(st.sampled_from(DETAILS), JSON | st.integers(-3, 300), max_size=6),
    max_size=10,
)


@given(usage_like)
@example({"is_byok": "yes", "cost": 1})
@example({"is_byok": {"deep": []}, "cost": "1e999999"})
@example({"prompt_tokens": 10**400, "cost_details": [], "prompt_tokens_details": {"cached_tokens": 10**300}})
def test_any_mapping_is_read(told: dict[str, Any]) -> None:
    """Whatever JSON stands in a usage: it is read without an error, and each field has a value of its kind."""
    read = Usage.read(told)

    amounts = {"cost": read.cost, "upstream": read.upstream}
    counts = {name: count for name, count in dataclasses.asdict(read).items() if name not in {*amounts, "is_byok"}}
    assert all(type(count) is int and count >= 0 for count in counts.values() if count is not None)
    assert {name for name, count in counts.items() if count is None} <= {"prompt", "completion"}
    assert all(amount is None or (type(amount) is Decimal and amount.is_finite()) for amount in amounts.values())
    assert read.is_byok is None or type(read.is_byok) is bool


@given(usage_like)
@example({"prompt_tokens": 10**400})
def test_any_mapping_is_priced(told: dict[str, Any]) -> None:
    """Whatever JSON stands in a usage: it has a charge, of exact decimals that are finite, or one that says why not."""
    pricing = Pricing.from_record({"prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000001"})

    charge = price(told, pricing)

    assert (charge.total is None) == (charge.status == "unknown")
    assert charge.status != "unknown" or charge.reason
    for amount in (charge.total, charge.computed, charge.billed, *(part.amount for part in charge.parts)):
        assert amount is None or (type(amount) is Decimal and amount.is_finite())
