"""Budgets: whom they are about, which counters a call belongs to, and what is refused as a budget."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from langchain_openrouter import Budget, BudgetExceededError, Ledger
from langchain_openrouter.ledger.budget import Caller

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LEASE = dt.timedelta(minutes=15)

names = st.text(st.characters(exclude_categories=()) | st.sampled_from("/&=%:?#+ \0\ud800é"), max_size=6)
"""Also with NUL, halves of surrogate pairs, and all that separates the parts of a key."""

periods: st.SearchStrategy[Any] = st.sampled_from(["run", "day", "lifetime"])


@st.composite
def budgets(draw: st.DrawFn) -> tuple[Budget, dict[str, str], str]:
    """Give a budget, a value for each name that it is apart by, and a run."""
    scope: dict[str, str | None] = draw(st.dictionaries(names.filter(bool), st.none() | names, max_size=2))
    budget = Budget("$1", per=draw(periods), name=draw(names.filter(bool)))
    budget.scope = scope
    return budget, {name: draw(names) for name, value in scope.items() if value is None}, draw(names.filter(bool))


def identity(budget: Budget, whose: dict[str, str], run: str) -> Any:
    """Give what tells a counter from others."""
    return budget.name, budget.per, budget.scope, whose, run if budget.per == "run" else None


def _whose(name: str, value: str) -> Any:
    return {name: value}


class TestKeys:
    @given(budgets(), budgets())
    @example(
        (Budget("$1", name="x"), {}, "r/user=a"),
        (Budget("$1", name="x", scope="user"), {"user": "a"}, "r"),
    )
    @example(
        (Budget("$1", name="x", scope={"user": "ann"}), {}, "r"),
        (Budget("$1", name="x", scope={"user": "bob"}), {}, "r"),
    )
    @example(
        (Budget("$1", name="x", scope={"user": "ann"}), {}, "r"),
        (Budget("$1", name="x", scope="user"), {"user": "ann"}, "r"),
    )
    @example(
        (Budget("$1", name="x", scope=("tag", "user")), {"tag": "a&user=b", "user": ""}, "r"),
        (Budget("$1", name="x", scope=("tag", "user")), {"tag": "a", "user": "b"}, "r"),
    )
    def test_apart(self, one: Any, other: Any) -> None:
        """No two budgets, scopes or runs share a counter, whatever their names."""
        keys = [budget.counter(whose, run, budget.window(NOON)) for budget, whose, run in (one, other)]

        assert (keys[0] == keys[1]) == (identity(*one) == identity(*other))

    @given(budgets())
    def test_plain(self, one: Any) -> None:
        """Keys are printable ASCII: every store takes them."""
        budget, whose, run = one
        for key in (budget.key, budget.counter(whose, run, budget.window(NOON))):
            assert key.isascii()
            assert key.isprintable()

    @given(names, names)
    def test_order_of_names(self, user: str, tag: str) -> None:
        """It does not matter in which order a scope's names are given."""
        whose = {"user": user, "tag": tag}
        first, second = (Budget("$1", per="day", scope=scope, name="x") for scope in (("user", "tag"), ("tag", "user")))

        assert first.counter(whose, None, first.window(NOON)) == second.counter(whose, None, second.window(NOON))

    @given(st.dictionaries(names.filter(bool), names, min_size=1, max_size=2), st.sampled_from(["memory:"]))
    def test_any_name_in_a_ledger(self, metadata: dict[str, str], url: str) -> None:
        """A call of any metadata is set aside and given back, and nobody else's budget moves."""
        name, value = next(iter(metadata.items()))
        assume(name not in {"user", "tag", "model", "provider", "thread", "key"})
        ledger, budget = Ledger.open(url), Budget("$1", per="day", scope=name)

        held = ledger.reserve("1", Decimal("0.25"), [budget], Caller(metadata=metadata), lease=LEASE)

        assert ledger.status(budget, **_whose(name, value)).reserved == Decimal("0.25")
        assert ledger.status(budget, **_whose(name, value + "x")).reserved == 0
        ledger.release(held)
        assert ledger.status(budget, **_whose(name, value)).reserved == 0


class TestAbout:
    @pytest.mark.parametrize(
        ("scope", "caller", "counters"),
        [
            (None, Caller(), 1),
            ("tag", Caller(tags=("a", "b")), 2),
            ("tag", Caller(), 1),
            ({"tag": "a"}, Caller(tags=("a", "b")), 1),
            ({"tag": "a"}, Caller(tags=("b",)), 0),
            ({"user": "ann"}, Caller(), 0),
            (("user", "tag"), Caller(user="ann", tags=("a", "b")), 2),
            ("provider", Caller(providers=("OpenAI", "azure")), 2),
            ("provider", Caller(), 0),
            ({"provider": "Google Vertex"}, Caller(providers=("google-vertex/us",)), 1),
            ({"provider": "openai"}, Caller(), 1),
            ({"provider": "openai"}, Caller(providers=("azure",)), 0),
            ("team", Caller(metadata={"team": 7}), 1),
            ("thread", Caller(thread="1"), 1),
            ("key", Caller(key="key-1"), 1),
            ("model", Caller(model="a/b"), 1),
        ],
    )
    def test_counters(self, scope: Any, caller: Caller, counters: int) -> None:
        """A call belongs to one counter of each value that it has; to none of a budget that is not about it."""
        budget = Budget("$1", per="day", scope=scope)

        found = [target.claim.counter for target in budget.targets(caller, NOON)]

        assert len(found) == len(set(found)) == counters


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ({"limit": "much"}, "limit"),
            ({"limit": -1}, "limit"),
            ({"limit": True}, "limit"),
            ({"per": "year"}, "per"),
            ({"alert_at": [0]}, "alert_at"),
            ({"alert_at": [1.5]}, "alert_at"),
            ({"on_exceed": "stop"}, "on_exceed"),
            ({"share": 0}, "share"),
            ({"share": 2}, "share"),
            ({"share": 0.0001}, "share"),
            ({"per_request": "x"}, "per_request"),
            ({"scope": ["user", ""]}, "scope"),
        ],
    )
    def test_refused(self, arguments: dict[str, Any], named: str) -> None:
        """What makes no sense is refused with its name, and with what to pass."""
        with pytest.raises(ValueError, match=rf"{named}=.*Pass"):
            Budget(**{"limit": "$1", **arguments})

    def test_names(self) -> None:
        """A budget without a name is named by its window and scope."""
        assert Budget("$1").name == "run"
        assert Budget("$1", per="day", scope={"user": "ann", "tag": "x"}).name == "day of user ann and tag x"
        assert Budget("$1", per="day", scope=("user", "tag")).name == "day by user and tag"

    def test_status_without_a_ledger(self) -> None:
        """A budget that no handler has cannot tell where it stands, and says so."""
        with pytest.raises(ValueError, match="no ledger yet"):
            Budget("$1").status()


@given(
    st.integers(1, 1000).map(lambda share: Decimal(share) / 1000),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_share(share: Decimal, spent: int, limit: int) -> None:
    """What the error says would fit does fit, and a nano-dollar more does not, for every share."""
    nano = Decimal("1e-9")
    assume(spent <= limit)
    ledger = Ledger.open("memory:")
    wide = Budget(limit * nano, per="day", name="x")
    ledger.reserve("before", spent * nano, [wide], Caller(), lease=LEASE)
    budget = Budget(limit * nano, per="day", share=share, name="x")

    with pytest.raises(BudgetExceededError) as refused:
        ledger.reserve("1", limit * nano + nano, [budget], Caller(), lease=LEASE)
    fits = refused.value.fits
    assert fits is not None
    whole = fits // nano * nano
    with pytest.raises(BudgetExceededError):
        ledger.reserve("2", whole + nano, [budget], Caller(), lease=LEASE)
    ledger.reserve("3", whole, [budget], Caller(), lease=LEASE)
