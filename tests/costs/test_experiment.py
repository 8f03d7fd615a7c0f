"""What an experiment may cost, before it is run."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.prompt_values import StringPromptValue
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import Model, ModelNotFoundError
from langchain_openrouter.costs import sized
from langchain_openrouter.costs.estimation import estimate_cost
from langchain_openrouter.costs.experiment import RunEstimate, estimate_run
from langchain_openrouter.costs.prompt import TokenRange, count_prompt
from langchain_openrouter.costs.shares import Shares
from tests.costs.made import BASE, CLAUDE, model, pricings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_openrouter.catalog import Catalog

QUESTION = "How are you today?"
PLAIN = Model.from_record(model("acme/plain", BASE))
CLAUDE_MODEL = Model.from_record(model("anthropic/claude", CLAUDE))


def test_models_times_prompts_times_repeats() -> None:
    """Each model gets each prompt as often as said, and costs as much as those requests."""
    run = estimate_run([PLAIN, CLAUDE_MODEL], [QUESTION, "Why?"], max_tokens=100, repeats=3)
    asked, why = (estimate_cost(prompt, PLAIN, max_tokens=100) for prompt in (QUESTION, "Why?"))

    assert (run.calls, run.prompts, run.repeats) == (12, 2, 3)
    assert [each.model for each in run.models] == ["acme/plain", "anthropic/claude"]
    assert run.models[0].calls == 6
    assert asked.expected is not None
    assert why.expected is not None
    assert run.models[0].expected == 3 * (asked.expected + why.expected)
    assert run.models[0].completion_tokens == TokenRange(6, 600, 600)


prompts = st.lists(st.integers(0, 3000).map(lambda length: "word " * length), max_size=4)
models = st.lists(
    st.tuples(pricings(), st.none() | st.integers(1, 20_000)).map(
        lambda made: dataclasses.replace(
            Model.from_record(model("acme/any", made[0])), context_length=made[1], max_completion_tokens=made[1]
        )
    ),
    max_size=4,
)
NOON = dt.datetime(2026, 8, 15, 12, 30, tzinfo=dt.UTC)


def total(costs: Sequence[Decimal | None]) -> Decimal | None:
    """Add costs; one that is unknown makes the sum unknown."""
    return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))


@given(models, prompts, st.none() | st.integers(1, 9000), st.integers(1, 5))
def test_totals_are_sums_of_estimates(
    some: list[Model], texts: list[str], max_tokens: int | None, repeats: int
) -> None:
    """All totals are the sums of what `estimate_cost` says of each request, exactly."""
    run = estimate_run(some, texts, max_tokens=max_tokens, repeats=repeats, at=NOON)
    each = [
        estimate_cost(text, one, max_tokens=max_tokens, at=NOON)
        for one in some
        for text in texts
        for _ in range(repeats)
    ]

    assert run.calls == len(each)
    for name in ("low", "expected", "high"):
        assert getattr(run, name) == total([getattr(guess, name) for guess in each])
        by_model = [getattr(one, name) for one in run.models]
        assert getattr(run, f"known_{name}") == total([cost for cost in by_model if cost is not None])
    assert run.prompt_tokens.expected == sum(guess.prompt_tokens.expected for guess in each)
    assert run.completion_tokens.low == sum(guess.completion_tokens.low for guess in each)


def test_an_unknown_price(catalog: Catalog) -> None:
    """Where one price is unknown so is the total; what is known stands beside it, and the model is named."""
    known, run = (
        estimate_run(names, QUESTION, catalog=catalog, budget=1)
        for names in (["acme/plain"], ["acme/plain", "openrouter/any"])
    )

    assert (run.low, run.expected, run.high) == (None, None, None)
    assert (run.known_low, run.known_expected, run.known_high) == (known.low, known.expected, known.high)
    assert list(run.unknown) == ["openrouter/any"]
    assert "is decided per request" in run.unknown["openrouter/any"]
    assert run.share == Shares(None, None, None)


def test_only_the_most_is_unknown() -> None:
    """Of a model without limits the most alone is unknown, so it alone is missing from the total."""
    endless = dataclasses.replace(PLAIN, id="acme/endless", context_length=None, max_completion_tokens=None)
    run = estimate_run([PLAIN, endless], QUESTION)

    assert run.expected is not None
    assert run.high is None
    assert run.known_high == estimate_cost(QUESTION, PLAIN).high
    assert list(run.unknown) == ["acme/endless"]
    assert run.completion_tokens.high is None


EXPECTED = Decimal("0.212")
"""Dollars that 1000 short questions probably cost, of which each may cost 0.271 at most in a thousand."""


def thousand(budget: Any) -> RunEstimate:
    """Estimate a thousand short questions."""
    return estimate_run([PLAIN], [QUESTION], max_tokens=100, repeats=1000, budget=budget)


@pytest.mark.parametrize(
    ("budget", "ask", "may_ask"),
    [
        ("0.265", False, True),  # 80 % is what is expected
        ("0.264999", True, True),
        ("0.33875", False, False),  # 80 % is the most
        ("0.338749", False, True),
        ("0", True, True),
        (None, False, False),
    ],
)
def test_when_to_ask(budget: str | None, ask: bool, may_ask: bool) -> None:
    """A program should ask above 80 % of the budget, not at it; without a budget there is nothing to ask about."""
    run = thousand(budget)

    assert run.expected == EXPECTED
    assert (run.needs_confirmation, run.may_need_confirmation) == (ask, may_ask)


def test_asking_about_the_unknown(catalog: Catalog) -> None:
    """What nobody knows the price of is asked about, whatever the budget; what is free is not, even without one."""
    run = estimate_run(["openrouter/any"], QUESTION, budget=1000, catalog=catalog)
    free = estimate_run(["acme/plain:free"], QUESTION, budget=0, catalog=catalog)

    assert (run.needs_confirmation, run.may_need_confirmation) == (True, True)
    assert (free.needs_confirmation, free.may_need_confirmation) == (False, False)


def test_the_share_of_the_budget() -> None:
    """The share of the run's own budget, and of any other."""
    run = thousand("$1")

    assert run.share == run.share_of(1) == Shares(Decimal("0.004"), EXPECTED, Decimal("0.271"))
    assert run.models[0].share_of(2).expected == EXPECTED / 2
    assert thousand(None).share is None


@pytest.mark.parametrize(
    "prompt",
    [
        QUESTION,
        HumanMessage(QUESTION),
        StringPromptValue(text=QUESTION),
        [HumanMessage(QUESTION)],
        [("user", QUESTION)],
    ],
    ids=lambda prompt: type(prompt).__name__,
)
def test_each_form_of_a_prompt(prompt: Any) -> None:
    """A prompt is a text, a message, a prompt value or a conversation; and so are several, or a generator of them."""
    once = estimate_run([PLAIN], [QUESTION])

    assert estimate_run([PLAIN], [prompt]) == once
    assert estimate_run([PLAIN], (each for each in [prompt])) == once
    assert estimate_run([PLAIN], [prompt, prompt]).calls == 2


@pytest.mark.parametrize("prompt", [QUESTION, HumanMessage(QUESTION), StringPromptValue(text=QUESTION)])
def test_one_of_each(prompt: Any) -> None:
    """One model and one prompt need no list."""
    assert estimate_run(PLAIN, prompt) == estimate_run([PLAIN], [QUESTION])


def test_a_conversation_is_one_prompt() -> None:
    """Messages in a list of their own are one prompt; messages alone are one each."""
    conversation = [SystemMessage("Be brief."), HumanMessage(QUESTION)]

    assert estimate_run(PLAIN, [conversation]).calls == 1
    assert estimate_run(PLAIN, conversation).calls == 2


@pytest.mark.parametrize("message", [{"role": "user", "content": "a secret"}, ("user", "a secret")])
def test_a_conversation_that_lacks_its_list(message: Any) -> None:
    """Messages in the API's form would be miscounted as prompts; the error says what to do, and does not cite them."""
    with pytest.raises(TypeError, match=r"Put the messages of each conversation into a list") as caught:
        estimate_run(PLAIN, [message])

    assert "secret" not in str(caught.value)
    assert estimate_run(PLAIN, [[message]]).calls == 1


def test_chat_models(catalog: Catalog) -> None:
    """A chat model counts with its limits and tools, beside names that have none."""
    schema = {"type": "function", "function": {"name": "a", "description": "b" * 400, "parameters": {}}}
    chat = ChatOpenRouter(model="acme/plain", api_key=SecretStr("sk-or-test"), max_tokens=100, n=2)
    bound = chat.bind_tools([schema])

    run = estimate_run([bound, chat, "acme/plain"], [QUESTION], catalog=catalog)

    singles = [estimate_cost(QUESTION, each, catalog=catalog) for each in (bound, chat, "acme/plain")]
    assert [each.high for each in run.models] == [single.high for single in singles]
    assert len({each.prompt_tokens for each in run.models}) == 2
    assert estimate_run(chat, QUESTION, catalog=catalog).calls == 1


def test_a_prompt_is_counted_once(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    """Counting takes most of the time, so a prompt is counted once, not once for each model."""
    counted: list[Any] = []

    def noting(prompt: Any, tools: Any) -> TokenRange:
        counted.append(prompt)
        return count_prompt(prompt, tools)

    monkeypatch.setattr(sized, "count_prompt", noting)

    estimate_run(catalog, [QUESTION, "Why?"], catalog=catalog)

    assert len(counted) == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"repeats": 0}, "repeats=0 is no number of repeats"),
        ({"max_tokens": 0}, "max_tokens=0 is no number of tokens"),
        ({"expected_tokens": -1}, "expected_tokens=-1 is no number of tokens"),
        ({"budget": "much"}, "budget='much' is no amount"),
    ],
)
def test_numbers_that_are_none(wrong: dict[str, Any], told: str) -> None:
    """A number that is none is refused by name."""
    with pytest.raises(ValueError, match=f"^{told}"):
        estimate_run(PLAIN, QUESTION, **wrong)


def test_a_name_that_is_wrong(catalog: Catalog) -> None:
    """A model that nobody knows has no estimate, and neither has the run."""
    with pytest.raises(ModelNotFoundError):
        estimate_run(["acme/plain", "acme/plane"], QUESTION, catalog=catalog)


@pytest.mark.parametrize(("some", "texts"), [([], [QUESTION]), ([PLAIN], []), ([], [])])
def test_nothing_to_run(some: list[Model], texts: list[str]) -> None:
    """An experiment of nothing costs nothing, and is a table of it."""
    run = estimate_run(some, texts, budget=0)

    assert (run.calls, run.unknown) == (0, {})
    assert run.low == run.expected == run.high == 0
    assert not run.needs_confirmation
    assert "total" in str(run)


def test_rows() -> None:
    """Each model is a flat row, amounts exact."""
    assert thousand(1).to_dicts() == [
        {
            "model": "acme/plain",
            "calls": 1000,
            "low": Decimal("0.004"),
            "expected": EXPECTED,
            "high": Decimal("0.271"),
            "share": EXPECTED,
            "prompt_tokens_low": 2000,
            "prompt_tokens_expected": 12_000,
            "prompt_tokens_high": 71_000,
            "completion_tokens_low": 1000,
            "completion_tokens_expected": 100_000,
            "completion_tokens_high": 100_000,
            "reason": None,
        }
    ]
    assert thousand(None).to_dicts()[0]["share"] is None


def test_the_table(catalog: Catalog) -> None:
    """The table has a row for each model, the total, what is known of it, the share, and what is unknown."""
    run = estimate_run(
        ["acme/plain", "openrouter/any"], [QUESTION], max_tokens=100, repeats=10_000, budget="$4", catalog=catalog
    )

    assert str(run).splitlines() == [
        "model            calls  prompt tokens  answer tokens  at least  expected  at most",
        "acme/plain      10,000        120,000      1,000,000     $0.04     $2.12    $2.71",
        "openrouter/any  10,000        120,000      1,000,000   unknown   unknown  unknown",
        "total           20,000        240,000      2,000,000   unknown   unknown  unknown",
        "known of it                                              $0.04     $2.12    $2.71",
        "Of $4.00, as far as known: 53% expected, 1% at least, 68% at most.",
        "openrouter/any: The price of 'openrouter/any' is decided per request, or nobody knows it.",
    ]


@pytest.mark.parametrize(
    ("budget", "line"),
    [
        (1, "Of $1.00: 21% expected, under 1% at least, 27% at most."),
        (0, "Of $0.00: more than all expected, more than all at least, more than all at most."),
    ],
)
def test_shares_in_the_table(budget: int, line: str) -> None:
    """A small share is not written as none, and one of nothing is not written as a number."""
    assert str(thousand(budget)).splitlines()[-1] == line


def test_no_prompt_is_shown() -> None:
    """Neither the table nor the `repr` shows what is asked."""
    run = estimate_run(PLAIN, ["a secret"])

    assert "secret" not in repr(run) + str(run)
