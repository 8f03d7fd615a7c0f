"""What an answer is expected to cost: the same as `costs.estimate` says, to the last digit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import Model
from langchain_openrouter.costs import estimate
from langchain_openrouter.routing.candidate import Candidate
from tests.costs.made import model as record_of
from tests.costs.made import pricings
from tests.routing.made import AT, PICTURE, TOOL, decided, made, real_table, table_of

TALK = [
    SystemMessage("Be brief."),
    HumanMessage([{"type": "text", "text": "What is this?"}, PICTURE]),
    AIMessage("A cat.", additional_kwargs={"reasoning_content": "Ears, whiskers."}),
    HumanMessage("And whose is it?"),
]
LENGTHS = [0, 10, 8000, 31_990, 32_000, 127_990, 128_000, 200_000, 256_000, 272_000, 900_000]
"""Tokens, about: around the thresholds at which real prices change."""


def _agree(candidates: Any, prompt: Any, limit: int | None = None, **more: Any) -> int:
    """Compare the costs of all that can answer; tell how many that were."""
    arguments = {} if limit is None else {"max_tokens": limit}
    table = candidates if hasattr(candidates, "facts") else table_of(candidates)
    decision = decided(table, prompt, arguments | more.pop("arguments", {}), context_margin=0, **more)
    facts = dict(zip(table.names, table.facts, strict=True))
    at = more.get("moment", {}).get("at", AT)
    found = {option.model: option.cost for option in decision.options}
    wanted = {name: estimate(prompt, facts[name], max_tokens=limit, at=at).expected for name in found}
    assert found == wanted
    return sum(cost is not None for cost in found.values())


@pytest.mark.parametrize("limit", [None, 16, 499, 501, 1999, 2001, 4000])
@pytest.mark.parametrize("length", LENGTHS)
def test_every_real_model(length: int, limit: int | None) -> None:
    """Of every real model that can answer, short prompt or long, the cost is exactly the estimate's."""
    assert _agree(real_table(), "word" * length, limit) > 5


def test_all_that_have_a_price() -> None:
    """A short prompt is priced for all real models but the routers, whose price is decided later."""
    free_of_price = {
        name for name, model in zip(real_table().names, real_table().facts, strict=True) if model and model.is_router
    }

    assert _agree(real_table(), "Hello") == 413 - len(free_of_price - {"openrouter/free"})


def test_a_conversation() -> None:
    """Several messages, a picture and a thought are counted as the estimate counts them."""
    assert _agree(real_table(), TALK) > 100


def test_tools_and_schemas() -> None:
    """Tools are part of the prompt that is paid for."""
    decision = decided(real_table(), "Hello", {"tools": [TOOL]})
    for option in decision.options:
        if not (model := real_table().facts[real_table().positions[option.model]]):
            continue
        assert option.cost == estimate("Hello", model, tools=[TOOL], at=AT).expected


@given(pricings(), st.integers(0, 60), st.none() | st.integers(16, 900), st.integers(0, 47))
@settings(deadline=None)
def test_any_price_list(pricing: dict[str, Any], words: int, limit: int | None, hours: int) -> None:
    """Fees, discounts, thresholds and hours of any price list count as in the estimate."""
    model = Model.from_record(record_of("acme/any", pricing))
    moment = {"at": AT + dt.timedelta(hours=hours)}

    assert _agree([model, made("acme/other")], "word" * words, limit, moment=moment) == 2


@pytest.mark.parametrize("limit", [1, 5, 15])
def test_a_limit_that_providers_raise(limit: int) -> None:
    """A limit below the one that some providers take is expected to be raised, as in the estimate."""
    _agree([made("acme/one")], "Hello", limit)


@pytest.mark.parametrize(
    "more",
    [
        {"top_provider": {"max_completion_tokens": 300}},
        {"top_provider": {"max_completion_tokens": 900}, "reasoning": {"mandatory": True}},
        {"context_length": 1500, "reasoning": {"mandatory": True}},
    ],
)
def test_a_model_of_short_answers(more: dict[str, Any]) -> None:
    """No answer is expected to be longer than the model makes any, as in the estimate."""
    _agree([made("acme/short", **more)], "Hello")


def test_several_answers() -> None:
    """Each of several answers costs as much as one, as in the estimate."""
    model = made("acme/one")

    decision = decided([model], "Hello", {"n": 3})
    assert decision.estimated_cost == estimate("Hello", model, n=3, at=AT).expected


def test_a_limit_of_the_model_itself() -> None:
    """A chat model that limits its answers is expected to keep to that, as in the estimate."""
    chat = ChatOpenRouter(model="openai/gpt-4o", api_key=SecretStr("sk-or-test"), max_tokens=20)
    decision = decided(table_of([Candidate(chat)], real_table().catalog), "Hello")
    expected = estimate("Hello", chat, at=AT, catalog=real_table().catalog).expected

    assert decision.estimated_cost == expected


def test_unknown_is_not_nothing() -> None:
    """A cost that nobody knows is `None`, also where another is 0."""
    unknown, free = "acme/unknown", made("acme/one:free", "0", "0")
    decision = decided([unknown, free, made("openrouter/any", "-1", "-1")], "Hello")

    assert [option.cost for option in decision.options] == [None, Decimal(0), None]
    assert decision.chosen == "acme/one:free"
    assert decision.cost_of(unknown) is None
    assert decision.estimated_cost == 0
