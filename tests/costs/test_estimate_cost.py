"""What a request of a chat model may cost, and how much of a budget that is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables.retry import RunnableRetry
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import Model, ModelNotFoundError
from langchain_openrouter.costs.estimation import estimate, estimate_cost
from langchain_openrouter.costs.prompt import TokenRange
from langchain_openrouter.costs.shares import Shares
from tests.costs.made import BASE, TIERS, model

if TYPE_CHECKING:
    from langchain_openrouter.catalog import Catalog

QUESTION = "How are you today?"
PLAIN = Model.from_record(model("acme/plain", BASE))
SCHEMA: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "description": "Tell the weather.", "parameters": {"type": "object"}},
}


def chat(name: str = "acme/plain", **fields: Any) -> ChatOpenRouter:
    """Give a chat model."""
    return ChatOpenRouter(model=name, api_key=SecretStr("sk-or-test"), **fields)


def test_the_older_name() -> None:
    """`estimate` is the same function, not a copy that could differ."""
    assert estimate is estimate_cost


def test_a_chat_model(catalog: Catalog) -> None:
    """A chat model without limits costs what its model costs."""
    assert estimate_cost(QUESTION, chat(), catalog=catalog) == estimate_cost(QUESTION, PLAIN)


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 100}, 100),
        ({"max_tokens": 500, "max_completion_tokens": 100}, 100),
        ({"max_tokens": 100, "max_completion_tokens": 500}, 500),
        ({"max_tokens": 500, "extra_body": {"max_tokens": 100}}, 100),
        ({}, 8000),
    ],
)
def test_the_limit_of_a_chat_model(catalog: Catalog, fields: dict[str, Any], limit: int) -> None:
    """The limit is the one that OpenRouter goes by: the newer name before the older, the extra body over both."""
    assert estimate_cost(QUESTION, chat(**fields), catalog=catalog).completion_tokens.high == limit


def test_an_argument_goes_first(catalog: Catalog) -> None:
    """What the caller says here is what the request will say."""
    asked = chat(max_tokens=500, n=3, tools=[SCHEMA])

    assert estimate_cost(QUESTION, asked, max_tokens=100, n=2, tools=[], catalog=catalog) == estimate_cost(
        QUESTION, PLAIN, max_tokens=100, n=2
    )


def test_what_is_bound(catalog: Catalog) -> None:
    """Tools and limits that are bound count, the outermost first; retries and configuration around it do not matter."""
    bound = chat(max_tokens=500).bind_tools([SCHEMA]).bind(max_tokens=100)
    wrapped = bound.bind(max_tokens=200).with_config(tags=["a"]).with_retry()

    nested = RunnableRetry(bound=bound, kwargs={}, config={}).bind(max_tokens=300)

    for asked, limit in ((bound, 100), (wrapped, 200), (nested, 300)):
        assert estimate_cost(QUESTION, asked, catalog=catalog) == estimate_cost(
            QUESTION, PLAIN, tools=[SCHEMA], max_tokens=limit
        )


def test_another_model_is_bound(catalog: Catalog) -> None:
    """A model that a call asks for instead is the one that is paid for."""
    assert estimate_cost(QUESTION, chat().bind(model="acme/plain:free"), catalog=catalog).high == 0


def test_a_limit_that_is_taken_away(catalog: Catalog) -> None:
    """`None` takes a default away, so the model's own limit holds."""
    asked = chat(max_tokens=100).bind(max_tokens=None)

    assert estimate_cost(QUESTION, asked, catalog=catalog).completion_tokens.high == 8000


def test_the_schema_of_an_answer(catalog: Catalog) -> None:
    """A schema for the answer is sent along, and is in the prompt that is paid for."""
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    asked = chat().bind(response_format=form)

    assert estimate_cost(QUESTION, asked, catalog=catalog).prompt_tokens.expected > 12


def test_a_chat_model_of_another_package(catalog: Catalog) -> None:
    """Any chat model that says which model it is can be estimated."""
    openai = ChatOpenAI(model="acme/plain", api_key=SecretStr("sk-test"), max_completion_tokens=100, n=2)

    assert estimate_cost(QUESTION, openai, catalog=catalog) == estimate_cost(QUESTION, PLAIN, max_tokens=100, n=2)


@pytest.mark.parametrize("tiers", [BASE, TIERS])
def test_several_answers(tiers: dict[str, Any]) -> None:
    """Each of several answers may have all the tokens of one; the prompt is paid for once."""
    shop = Model.from_record(model("acme/shop", {**tiers, "request": "0.005"}))
    one, three = (estimate_cost(QUESTION, shop, max_tokens=100, n=n) for n in (1, 3))

    assert three.completion_tokens == TokenRange(3, 300, 300)
    assert three.prompt_tokens == one.prompt_tokens
    assert one.high is not None
    assert three.high == one.high + 200 * Decimal(tiers["completion"])
    assert one.expected is not None
    assert three.expected == one.expected + 200 * Decimal(tiers["completion"])


def test_several_answers_of_a_chat_model(catalog: Catalog) -> None:
    """`n` of a chat model counts, and one that is bound counts before it."""
    asked = chat(n=2)

    assert estimate_cost(QUESTION, asked, catalog=catalog) == estimate_cost(QUESTION, PLAIN, n=2)
    assert estimate_cost(QUESTION, asked.bind(n=3), catalog=catalog) == estimate_cost(QUESTION, PLAIN, n=3)


def test_models_to_fall_back_to(catalog: Catalog) -> None:
    """Where OpenRouter may turn to another model, the range holds both; what is expected is the first one's."""
    guess = estimate_cost(QUESTION, chat(models=["anthropic/claude", "acme/plain:free"]), catalog=catalog)

    assert guess.low == 0
    assert guess.expected == estimate_cost(QUESTION, PLAIN).expected
    assert guess.high == estimate_cost(QUESTION, "anthropic/claude", catalog=catalog).high
    assert guess.model == "acme/plain"


def test_a_fallback_of_unknown_price(catalog: Catalog) -> None:
    """Where the price of one of the models is unknown, so is the most, and the reason is told."""
    guess = estimate_cost(QUESTION, chat(models=["openrouter/any"]), catalog=catalog)

    assert (guess.low, guess.high) == (None, None)
    assert guess.expected is not None
    assert "openrouter/any" in (guess.reason or "")


def test_a_chain_is_no_model() -> None:
    """What is no model is refused with what to pass instead."""
    chain: Any = ChatPromptTemplate.from_messages([("user", "{x}")]) | chat()

    with pytest.raises(TypeError, match=r"RunnableSequence cannot be told.*of a chain, the model in it"):
        estimate_cost(QUESTION, chain)


def test_a_chat_model_without_a_name() -> None:
    """A chat model that does not say which model it is cannot be estimated."""
    with pytest.raises(TypeError, match="FakeListChatModel does not say which model it is"):
        estimate_cost(QUESTION, FakeListChatModel(responses=["a"]))


def test_a_chat_model_that_nobody_knows(catalog: Catalog) -> None:
    """A chat model whose model the catalog does not know has no estimate."""
    with pytest.raises(ModelNotFoundError):
        estimate_cost(QUESTION, chat("acme/unknown"), catalog=catalog)


def test_no_answers() -> None:
    """Fewer answers than one are a mistake."""
    with pytest.raises(ValueError, match=r"^n=0 is no number of answers"):
        estimate_cost(QUESTION, PLAIN, n=0)


@pytest.mark.parametrize(("threshold", "rate"), [(11, "0.000004"), (12, "0.000001"), (13, "0.000001")])
def test_the_threshold_of_a_tier(threshold: int, rate: str) -> None:
    """A tier holds for prompts of more tokens than its threshold, not for one of as many."""
    tiers = {**BASE, "overrides": [{"min_prompt_tokens": threshold, "prompt": "0.000004"}]}
    guess = estimate_cost(QUESTION, Model.from_record(model("acme/tiers", tiers)))

    assert guess.prompt_tokens.expected == 12
    assert guess.expected == 12 * Decimal(rate) + 500 * Decimal("0.000002")
    assert guess.high == 71 * Decimal("0.000004") + 8000 * Decimal("0.000002")


def test_the_reason_of_a_tier_without_a_price() -> None:
    """Where only long prompts have no price, the most is unknown, and the reason says so."""
    tiers = {**BASE, "overrides": [{"min_prompt_tokens": 50, "prompt": "-1", "completion": "-1"}]}
    guess = estimate_cost(QUESTION, Model.from_record(model("acme/tiers", tiers)))

    assert guess.low is not None
    assert guess.high is None
    assert "is decided per request" in (guess.reason or "")


@dataclass
class Status:
    remaining: Any


GUESS = estimate_cost(QUESTION, PLAIN, max_tokens=100)


@pytest.mark.parametrize("budget", ["$0.001", "0.001", Decimal("0.001"), 0.001, Status(Decimal("0.001"))])
def test_a_share(budget: Any) -> None:
    """The share is that of the dollars, or of those that a status says are left."""
    assert GUESS.share_of(budget) == Shares(Decimal("0.004"), Decimal("0.212"), Decimal("0.271"))


def test_a_share_of_the_unknown(catalog: Catalog) -> None:
    """What is unknown has no share."""
    assert estimate_cost(QUESTION, "openrouter/any", catalog=catalog).share_of(1) == Shares(None, None, None)


@pytest.mark.parametrize("budget", [0, "$0", Status(Decimal(0)), Status(Decimal(-1))])
def test_a_share_of_nothing(catalog: Catalog, budget: Any) -> None:
    """Of a budget of nothing, or one that is overdrawn, what is free takes nothing, and all else more than all."""
    endless, free = Decimal("Infinity"), estimate_cost(QUESTION, "acme/plain:free", catalog=catalog)

    assert GUESS.share_of(budget) == Shares(endless, endless, endless)
    assert free.share_of(budget) == Shares(Decimal(0), Decimal(0), Decimal(0))


@pytest.mark.parametrize("budget", [Status(None), Status("1"), Status(Decimal("NaN")), object(), "much", -1])
def test_what_is_no_budget(budget: Any) -> None:
    """What is no amount is refused, with what to pass instead."""
    with pytest.raises(ValueError, match="Pass"):
        GUESS.share_of(budget)


@given(st.decimals(0, 1000, places=6), st.decimals(0, 1000, places=6))
def test_what_fits_has_a_share_of_at_most_one(cost: Decimal, budget: Decimal) -> None:
    """A share is at most 1 exactly where the cost is within the budget."""
    share = Shares.of(cost, cost, cost, budget).high

    assert share is not None
    assert (share <= 1) == (cost <= budget)
