"""A request that is made to fit a budget."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompt_values import StringPromptValue
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import Catalog, Model, ModelNotFoundError
from langchain_openrouter.costs.estimation import estimate_cost
from langchain_openrouter.costs.fitting import Fit, NothingFitsError, fit_to_budget
from tests.costs.made import BASE, TIERS, model, pricings

if TYPE_CHECKING:
    from collections.abc import Sequence

QUESTION = "How are you today?"
DEAR = Model.from_record(model("acme/dear", {"prompt": "0.00001", "completion": "0.00002"}))
PLAIN = Model.from_record(model("acme/plain", BASE))
"""A dollar a million tokens in, two out: a tenth of the dear one."""
FREE = Model.from_record(model("acme/free", {"prompt": "0", "completion": "0"}))
UNKNOWN = Model.from_record(model("openrouter/any", {"prompt": "-1", "completion": "-1"}, tokenizer="Router"))

ASKED = Decimal("0.0271")
"""Cents that the question costs at most on the plain model, with an answer of 100 tokens."""


def test_the_best_that_is_paid_for() -> None:
    """The first candidate is taken whose most is within the budget, with the prompt as it is."""
    rich = fit_to_budget(QUESTION, 10 * ASKED, [DEAR, PLAIN], max_tokens=100)
    poor = fit_to_budget(QUESTION, ASKED, [DEAR, PLAIN], max_tokens=100)

    assert (rich.model, poor.model) == ("acme/dear", "acme/plain")
    assert poor.messages == [HumanMessage(QUESTION)]
    assert poor.estimate == estimate_cost(QUESTION, PLAIN, max_tokens=100)
    assert (poor.budget, poor.max_tokens) == (ASKED / 100, 100)
    assert (poor.is_whole, poor.messages_removed, poor.tokens_removed, poor.answer_limited) == (True, 0, 0, False)
    assert "Nothing was cut" in poor.reason


def test_preference_goes_before_price() -> None:
    """What fits is not weighed by price: the order is the caller's."""
    assert fit_to_budget(QUESTION, 100, [DEAR, PLAIN, FREE], max_tokens=100).model == "acme/dear"


@pytest.mark.parametrize("cents", [5, 5.0, "5", Decimal(5), " 5 "])
def test_cents(cents: Any) -> None:
    """Cents are written in any way, and are a hundredth of a dollar."""
    assert fit_to_budget(QUESTION, cents, PLAIN).budget == Decimal("0.05")


@pytest.mark.parametrize("cents", ["$5", "five", -1, float("nan"), True])
def test_what_is_no_cents(cents: Any) -> None:
    """What is no amount is refused; so is one of dollars, which would be read as a hundredth of it."""
    with pytest.raises(ValueError, match=r"^cents=.* is no amount of cents"):
        fit_to_budget(QUESTION, cents, PLAIN)


def test_free_models_always_fit() -> None:
    """What costs nothing fits into nothing, even where no limit of it is known."""
    endless = dataclasses.replace(FREE, context_length=None, max_completion_tokens=None)

    for free in (FREE, endless):
        fit = fit_to_budget(QUESTION, 0, [PLAIN, free])
        assert (fit.model, fit.is_whole) == ("acme/free", True)
        assert fit.estimate.high == 0


def test_unknown_prices_never_fit() -> None:
    """A price that nobody knows may be any, so no budget is enough."""
    assert fit_to_budget(QUESTION, 100_000, [UNKNOWN, PLAIN]).model == "acme/plain"
    with pytest.raises(NothingFitsError, match=r"openrouter/any: The price of 'openrouter/any' is decided") as caught:
        fit_to_budget(QUESTION, 100_000, [UNKNOWN], shortest_answer=10)

    assert caught.value.cheapest is None


def test_a_window_that_is_too_small() -> None:
    """A model whose window the prompt exceeds would refuse it, so it does not fit, at whatever price."""
    small = dataclasses.replace(FREE, id="acme/small", context_length=1000)

    assert fit_to_budget("a" * 8000, 100, [small, PLAIN]).model == "acme/plain"
    assert fit_to_budget("a" * 7992, 100, [small, PLAIN]).model == "acme/small"
    with pytest.raises(NothingFitsError, match=r"acme/small: Its window is shorter than the prompt"):
        fit_to_budget("a" * 8000, 100, [small])


TALK: list[BaseMessage] = [
    SystemMessage("Be brief."),
    HumanMessage("First? " + "word " * 400),
    AIMessage("First. " + "word " * 400),
    HumanMessage("Second? " + "word " * 400),
    AIMessage("", tool_calls=[{"name": "search", "args": {"query": "second"}, "id": "1"}]),
    ToolMessage("found", tool_call_id="1"),
    AIMessage("Second."),
    HumanMessage("Third?"),
]


def highest(messages: Sequence[BaseMessage], max_tokens: int = 100) -> Decimal:
    """Give the cents that a prompt costs at most on the plain model."""
    high = estimate_cost(list(messages), PLAIN, max_tokens=max_tokens).high
    assert high is not None
    return 100 * high


@pytest.mark.parametrize(("cut", "kept"), [(0, 8), (2, 6), (6, 2)])
def test_the_oldest_turns_are_cut(cut: int, kept: int) -> None:
    """No more is cut than is needed; the system message stays, the rest begins with a user, results keep calls."""
    shorter = [TALK[0], *TALK[1 + cut :]]
    fit = fit_to_budget(TALK, highest(shorter), PLAIN, max_tokens=100)

    assert fit.messages == shorter
    assert (len(fit.messages), fit.messages_removed) == (kept, cut)
    whole, rest = (estimate_cost(each, PLAIN).prompt_tokens.expected for each in (TALK, shorter))
    assert fit.tokens_removed == whole - rest


def test_what_was_cut_is_said() -> None:
    """The reason says how many messages and tokens are gone, and what is left costs."""
    shorter = [TALK[0], *TALK[3:]]
    fit = fit_to_budget(TALK, highest(shorter), [DEAR, PLAIN], max_tokens=100)

    assert "None of 2 fits with the whole prompt" in fit.reason
    assert f"the oldest 2 of 8 messages were cut, about {fit.tokens_removed} tokens" in fit.reason
    assert "'acme/plain' costs $" in fit.reason


def test_the_candidate_that_keeps_most() -> None:
    """Where none fits whole, it is not the first that decides but the one that keeps most; of equals the first."""
    cents = highest([TALK[0], *TALK[3:]])

    assert fit_to_budget(TALK, cents, [DEAR, PLAIN], max_tokens=100).model == "acme/plain"
    same = dataclasses.replace(PLAIN, id="acme/same")
    assert fit_to_budget(TALK, cents, [same, PLAIN], max_tokens=100).model == "acme/same"


def test_nothing_fits() -> None:
    """Where even the shortest is too dear, the error says what the cheapest would cost, and what would help."""
    shortest = highest([TALK[0], TALK[-1]])
    with pytest.raises(NothingFitsError) as caught:
        fit_to_budget(TALK, shortest - Decimal("0.0001"), [DEAR, UNKNOWN, PLAIN], max_tokens=100)

    error = caught.value
    assert isinstance(error, ValueError)
    assert error.cheapest is not None
    assert (error.cheapest.model, error.cheapest.high) == ("acme/plain", shortest / 100)
    assert "'acme/plain', costs up to $0.000281, even with the shortest prompt (2 messages)" in str(error)
    assert "Pass more cents" in str(error)
    assert "Third" not in str(error)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert (str(copy), copy.budget, copy.cheapest) == (str(error), error.budget, error.cheapest)


def test_the_cheapest_with_a_shorter_answer() -> None:
    """Where the answer may be limited, the error counts with the limit."""
    with pytest.raises(NothingFitsError) as caught:
        fit_to_budget(QUESTION, 0, PLAIN, shortest_answer=50)

    assert caught.value.cheapest == estimate_cost(QUESTION, PLAIN, max_tokens=50)


def test_no_candidates() -> None:
    """Without candidates there is nothing to choose."""
    with pytest.raises(ValueError, match=r"^There are no candidates"):
        fit_to_budget(QUESTION, 5, [])


def test_a_shorter_answer() -> None:
    """Where it may be limited, the answer is as long as the budget pays for; the prompt stays whole."""
    cents = highest(TALK, 300)
    fit = fit_to_budget(TALK, cents, [DEAR, PLAIN], max_tokens=1000, shortest_answer=100)

    assert (fit.model, fit.max_tokens, fit.answer_limited, fit.is_whole) == ("acme/plain", 300, True, True)
    assert fit.estimate == estimate_cost(TALK, PLAIN, max_tokens=300)
    assert "The answer is limited to 300 tokens" in fit.reason


def test_a_shorter_answer_of_no_given_length() -> None:
    """Without `max_tokens` the answer is limited below the model's own limit, or where that is not known, at all."""
    endless = dataclasses.replace(PLAIN, context_length=None, max_completion_tokens=None)

    for each in (PLAIN, endless):
        fit = fit_to_budget(QUESTION, highest([HumanMessage(QUESTION)], 7000), each, shortest_answer=100)
        assert fit.max_tokens == 7000


def test_a_limit_that_all_budgets_pay_for() -> None:
    """Where answers are free and endless, the limit is one that no answer reaches."""
    endless = dataclasses.replace(
        Model.from_record(model("acme/a", {"prompt": "0.000001", "completion": "0"})),
        context_length=None,
        max_completion_tokens=None,
    )

    assert fit_to_budget(QUESTION, 5, endless, shortest_answer=100).max_tokens == 999_999
    assert fit_to_budget(QUESTION, 5, endless, shortest_answer=2_000_000).max_tokens == 2_000_000


def test_answers_are_limited_before_prompts_are_cut() -> None:
    """The shortest answer that the caller takes is worth less than what the prompt says."""
    cents = highest(TALK, 100)

    assert fit_to_budget(TALK, cents, PLAIN, max_tokens=5000, shortest_answer=100).is_whole
    both = fit_to_budget(TALK, cents - Decimal("0.001"), PLAIN, max_tokens=5000, shortest_answer=100)
    assert both.messages == [TALK[0], *TALK[3:]]
    assert both.answer_limited
    assert both.max_tokens is not None
    assert 100 < both.max_tokens < 5000


def test_an_answer_is_not_limited_unasked() -> None:
    """Without `shortest_answer` the answer keeps its limit, though the prompt must be cut for it."""
    fit = fit_to_budget(TALK, highest([TALK[0], TALK[-1]], 1000), PLAIN, max_tokens=1000)

    assert (fit.max_tokens, fit.answer_limited, fit.messages_removed) == (1000, False, 6)


def test_no_user_has_spoken() -> None:
    """Where there is no message of a user, nothing can be cut."""
    talk = [SystemMessage("Be brief."), AIMessage("word " * 400), AIMessage("Yes?")]

    with pytest.raises(NothingFitsError, match=r"the shortest prompt \(3 messages\)"):
        fit_to_budget(talk, 0, PLAIN)


def test_what_follows_the_last_user_message() -> None:
    """Calls and results after the last user message stay with it."""
    talk = [*TALK[:-1], HumanMessage("Third?"), *TALK[4:6]]
    fit = fit_to_budget(talk, highest([TALK[0], *talk[-3:]]), PLAIN, max_tokens=100)

    assert fit.messages == [TALK[0], *talk[-3:]]


@pytest.mark.parametrize(
    "result",
    [
        ToolMessage("found", tool_call_id="1"),
        HumanMessage([{"type": "tool_result", "tool_use_id": "1", "content": "found"}]),
    ],
)
def test_a_result_that_comes_late(result: BaseMessage) -> None:
    """No cut is made between a call and its result, though a user's message is there."""
    talk = [HumanMessage("First? " + "word " * 400), TALK[4], HumanMessage("Hurry!"), result, HumanMessage("Well?")]

    small = dataclasses.replace(FREE, context_length=200)

    assert fit_to_budget(talk, 0, small).messages == talk[4:]


def test_users_messages_in_a_row() -> None:
    """Each message of a user may be the first that is kept, whoever spoke before it."""
    talk = [HumanMessage("word " * 400) for _ in range(4)]

    assert fit_to_budget(talk, highest(talk[1:]), PLAIN, max_tokens=100).messages_removed == 1


def test_several_system_messages() -> None:
    """All system messages at the begin stay."""
    talk = [SystemMessage("Be brief."), SystemMessage("Be kind."), *TALK[1:]]

    assert fit_to_budget(talk, highest([*talk[:2], talk[-1]]), PLAIN, max_tokens=100).messages == [*talk[:2], talk[-1]]


@pytest.mark.parametrize("prompt", [StringPromptValue(text=QUESTION), [{"role": "user", "content": QUESTION}]])
def test_each_form_of_a_prompt(prompt: Any) -> None:
    """The prompt comes in any form, and the fit has it as messages."""
    assert fit_to_budget(prompt, 5, PLAIN).messages == [HumanMessage(QUESTION)]


def test_names_and_chat_models(catalog: Catalog) -> None:
    """A candidate is a name, a model or a chat model with its limits; the fit has it as it was given."""
    chat = ChatOpenRouter(model="acme/plain", api_key=SecretStr("sk-or-test"), max_tokens=100)

    fits = [fit_to_budget(QUESTION, 5, each, catalog=catalog) for each in ("acme/plain:nitro", PLAIN, chat, [chat])]
    assert [fit.candidate for fit in fits] == ["acme/plain:nitro", PLAIN, chat, chat]
    assert [fit.model for fit in fits] == ["acme/plain"] * 4
    assert [fit.max_tokens for fit in fits] == [None, None, 100, 100]


def test_a_name_that_is_wrong(catalog: Catalog) -> None:
    """A candidate that nobody knows is an error, also behind one that fits."""
    with pytest.raises(ModelNotFoundError):
        fit_to_budget(QUESTION, 5, ["acme/plain", "acme/plane"], catalog=catalog)


@pytest.mark.parametrize("name", ["max_tokens", "expected_tokens", "shortest_answer"])
def test_numbers_that_are_none(name: str) -> None:
    """A number below 1 is refused by name."""
    given: dict[str, Any] = {name: 0}
    with pytest.raises(ValueError, match=f"^{name}=0 is no number of tokens"):
        fit_to_budget(QUESTION, 5, PLAIN, **given)


def test_no_prompt_is_shown() -> None:
    """Neither the `repr` nor the reason shows what is asked."""
    fit = fit_to_budget("a secret", 5, PLAIN)

    assert "secret" not in repr(fit)


NOON = dt.datetime(2026, 8, 15, 12, 30, tzinfo=dt.UTC)
sizes = st.integers(0, 400).map(lambda length: "word " * length)
call_ids = st.sampled_from(["1", "2", "3"])
talks = st.lists(
    sizes.map(HumanMessage)
    | sizes.map(AIMessage)
    | sizes.map(SystemMessage)
    | call_ids.map(lambda name: AIMessage("", tool_calls=[{"name": "a", "args": {}, "id": name}]))
    | st.builds(lambda text, name: ToolMessage(text, tool_call_id=name), sizes, call_ids),
    min_size=1,
    max_size=8,
)
limits = st.none() | st.integers(1, 20_000)
special: list[dict[str, Any]] = [TIERS, {"prompt": "0", "completion": "0"}, {"prompt": "-1"}]
candidates = st.lists(
    st.tuples(pricings() | st.sampled_from(special), limits),
    min_size=1,
    max_size=3,
).map(
    lambda made: [
        dataclasses.replace(
            Model.from_record(model(f"acme/{place}", prices)), context_length=limit, max_completion_tokens=limit
        )
        for place, (prices, limit) in enumerate(made)
    ]
)
budgets = st.decimals(0, 20, places=4) | st.just(Decimal(0))


def fitted(talk: list[BaseMessage], cents: Decimal, some: list[Model], **given: Any) -> Fit | None:
    """Fit a prompt; give `None` where nothing fits."""
    try:
        return fit_to_budget(talk, cents, some, at=NOON, **given)
    except NothingFitsError as error:
        cheapest = error.cheapest
    assert cheapest is None or (cheapest.high is not None and cheapest.high > cents / 100)
    return None


@given(talks, budgets, candidates, limits, limits)
def test_a_fit_is_within_the_budget(
    talk: list[BaseMessage], cents: Decimal, some: list[Model], max_tokens: int | None, shortest: int | None
) -> None:
    """What is chosen and cut costs no more than the budget when it is sent, and the answer is as long as allowed."""
    fit = fitted(talk, cents, some, max_tokens=max_tokens, shortest_answer=shortest)

    if fit is not None:
        assert isinstance(fit.candidate, Model)
        again = estimate_cost(fit.messages, fit.candidate, max_tokens=fit.max_tokens, at=NOON)
        assert fit.estimate.high is not None
        assert fit.estimate.high == (again.high or 0)
        assert fit.estimate.high <= cents / 100
        if fit.answer_limited:
            assert shortest is not None
            assert fit.max_tokens is not None
            assert shortest <= fit.max_tokens < (max_tokens or 1_000_000)
        else:
            assert fit.max_tokens == max_tokens


def rank(fit: Fit | None, some: list[Model]) -> tuple[Any, ...]:
    """Give how good a fit is: more of the prompt, then a whole answer, then preference, then the longer answer."""
    if fit is None:
        return (1,)
    place = [each.id for each in some].index(fit.model)
    return (0, fit.messages_removed, fit.answer_limited, place, -(fit.max_tokens or 0))


@given(talks, budgets, budgets, candidates, limits, limits)
def test_more_money_is_never_worse(  # noqa: PLR0917  # what is drawn
    talk: list[BaseMessage],
    cents: Decimal,
    more: Decimal,
    some: list[Model],
    max_tokens: int | None,
    shortest: int | None,
) -> None:
    """A larger budget keeps as much of the prompt or more, and of equals takes the better candidate."""
    less, richer = (
        fitted(talk, amount, some, max_tokens=max_tokens, shortest_answer=shortest) for amount in (cents, cents + more)
    )

    assert rank(richer, some) <= rank(less, some)


@given(talks, budgets, candidates, st.integers(1, 100))
@example([HumanMessage("word " * 400), AIMessage("Yes."), HumanMessage("Why?")], Decimal("0.05"), [PLAIN], 16)
def test_what_is_never_cut(talk: list[BaseMessage], cents: Decimal, some: list[Model], max_tokens: int) -> None:
    """The system messages and the end of the talk are kept, from a user's message on, with whole pairs of tools."""
    fit = fitted(talk, cents, some, max_tokens=max_tokens)

    if fit is None or fit.is_whole:
        assert fit is None or fit.messages == talk
        return
    start = next(place for place, each in enumerate(talk) if not isinstance(each, SystemMessage))
    kept = fit.messages[start:]
    assert fit.messages[:start] == talk[:start]
    assert kept == talk[-len(kept) :]
    assert isinstance(kept[0], HumanMessage)
    last = next(each for each in reversed(talk) if isinstance(each, HumanMessage))
    assert any(each is last for each in kept)
    calls: set[str | None] = set()
    for place, message in enumerate(talk):
        if place == len(talk) - len(kept):
            cut, calls = calls, set()
        if isinstance(message, AIMessage):
            calls |= {call["id"] for call in message.tool_calls}
    results = {each.tool_call_id for each in kept if isinstance(each, ToolMessage)}
    assert results.isdisjoint(cut - calls)
