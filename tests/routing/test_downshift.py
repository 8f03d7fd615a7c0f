"""As a budget empties, cheaper models; when it is used up, free ones: with a real ledger in memory."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter import Budget, Ledger
from langchain_openrouter.costs import CallRecord
from langchain_openrouter.errors import NoCandidateError
from langchain_openrouter.ledger import Caller
from langchain_openrouter.routing.downshift import Downshift, Left
from tests.routing.made import AT, decided, made, real_table, rejected_by

LEASE = dt.timedelta(minutes=1)
PRICES = ["0", "0.000001", "0.000002", "0.000003", "0.000004", "0.000005", "0.000006", "0.000007", "0.000008"]
LADDER = [made(f"a/{i}", price, price, quality=i) for i, price in enumerate(PRICES)]
"""One that is free, and eight more, each dearer than the last."""


class Account:
    """A day's budget of a dollar in a ledger in memory, with a clock that stands until it is set."""

    def __init__(self, limit: str = "$1", **fields: Any) -> None:
        self.now = AT
        self.ledger = Ledger.open("memory:", clock=lambda: self.now)
        self.budget = Budget(limit, per="day", name="daily", **fields)
        self._ids = itertools.count()

    def spend(self, dollars: str, **caller: Any) -> None:
        """Book a call."""
        record = CallRecord(id=str(next(self._ids)), started_at=self.now, cost=Decimal(dollars), status="billed")
        self.ledger.settle(record, None, [self.budget], Caller(**caller))

    def left(self, **fields: Any) -> Left:
        """Look at it anew."""
        return Downshift(self.budget, self.ledger, **fields).left()


def chosen_from(left: Left, begin: float = 0.5, policy: str = "quality") -> tuple[str, ...]:
    """Give who may answer."""
    decision = decided(LADDER, policy=policy, moment={"left": left, "begin": begin})
    assert rejected_by(decision, "budget") == decision.rejected.keys()
    return decision.ordered


class TestLeft:
    def test_as_it_empties_and_is_refilled(self) -> None:
        """What is left is told as it is: all, half, a quarter, nothing, not less than nothing, and all the next day."""
        account = Account()
        assert account.left() == Left(1.0, Decimal(1))
        account.spend("0.5")
        assert account.left() == Left(0.5, Decimal("0.5"))
        account.spend("0.25")
        assert account.left() == Left(0.25, Decimal("0.25"))
        account.spend("0.25")
        assert account.left() == Left(0.0, Decimal(0))
        account.spend("3")
        assert account.left() == Left(0.0, Decimal(0))
        account.now += dt.timedelta(days=1)
        assert account.left() == Left(1.0, Decimal(1))

    def test_what_is_set_aside(self) -> None:
        """What is set aside for calls on their way is not left; what is given back is."""
        account = Account()
        account.ledger.reserve("1", Decimal("0.75"), [account.budget], Caller(), lease=LEASE)
        assert account.left() == Left(0.25, Decimal("0.25"))

    def test_a_budget_of_nothing(self) -> None:
        """Of a budget of 0 nothing is left."""
        assert Account("0").left() == Left(0.0, Decimal(0))

    def test_whose(self) -> None:
        """A budget that is apart by something is that of the scope."""
        account = Account(scope="user")
        account.spend("0.75", user="ann")

        assert account.left(scope={"user": "ann"}) == Left(0.25, Decimal("0.25"))
        assert account.left(scope={"user": "bob"}) == Left(1.0, Decimal(1))
        with pytest.raises(ValueError, match='user="…"'):
            account.left()

    def test_the_ledger_of_a_handler(self) -> None:
        """Without a ledger it is that of the handler that the budget was given to; without one, that is said."""
        account = Account()
        with pytest.raises(ValueError, match="has no ledger yet"):
            Downshift(account.budget).left()
        account.budget.ledger = account.ledger
        account.spend("0.75")

        assert Downshift(account.budget).left() == Left(0.25, Decimal("0.25"))

    def test_one_look_a_second(self) -> None:
        """The ledger is asked once a second at most, and again when the clock was set back."""
        account = Account()
        downshift, times = Downshift(account.budget, account.ledger), iter([10.0, 10.0, 10.99, 11.01, 11.01, 5.0, 5.0])

        def clock() -> float:
            return next(times)

        assert downshift.left(clock).share == 1
        account.spend("0.5")
        assert [downshift.left(clock).share for _ in range(2)] == [1, 1]
        assert downshift.left(clock).share == 0.5
        account.spend("0.25")
        assert downshift.left(clock).share == 0.25

    def test_copies(self) -> None:
        """A copy has not seen anything yet."""
        account = Account()
        downshift = Downshift(account.budget, account.ledger)
        downshift.left()
        account.spend("0.5")
        state = downshift.__getstate__()

        assert state["_seen"] is None
        assert (downshift.left().share, copy.copy(downshift).left().share) == (1.0, 0.5)

    @pytest.mark.parametrize("begin", [0, -0.5, 1.01, float("nan")])
    def test_no_share(self, begin: float) -> None:
        """When it begins is a share above 0."""
        with pytest.raises(ValueError, match=r"begin=.* is no share"):
            Downshift(Budget("$1"), begin=begin)


class TestWhoMayAnswer:
    @pytest.mark.parametrize(
        ("share", "kept"), [(1.0, 9), (0.75, 9), (0.5, 9), (0.49, 9), (0.4, 8), (0.25, 5), (0.05, 1), (0.001, 1)]
    )
    def test_the_cheapest_of_them(self, share: float, kept: int) -> None:
        """From half of the budget on, the share of models that may answer falls with what is left: the cheapest."""
        assert chosen_from(Left(share, Decimal(100))) == tuple(f"a/{i}" for i in reversed(range(kept)))

    def test_nothing_left(self) -> None:
        """When nothing is left, what is free still answers, and nothing else."""
        assert chosen_from(Left(0.0, Decimal(0))) == ("a/0",)

    def test_several_free_ones(self) -> None:
        """All that is free stays, however little is left."""
        models = [*LADDER, made("a/other:free", "0", "0", quality=99)]
        decision = decided(models, policy="quality", moment={"left": Left(0.001, Decimal("0.001"))})

        assert set(decision.ordered) == {"a/0", "a/other:free"}

    def test_nothing_is_free(self) -> None:
        """When nothing is left and nothing is free, that is said, with the rule and the figures."""
        with pytest.raises(NoCandidateError, match="8 by budget") as caught:
            decided(LADDER[1:], moment={"left": Left(0.0, Decimal(0))})
        assert "$0" in caught.value.rejected["a/1"]

    def test_the_begin(self) -> None:
        """When it begins is the user's choice; with 1 it begins at once."""
        assert len(chosen_from(Left(0.5, Decimal(9)), begin=1.0)) == 5
        assert len(chosen_from(Left(0.5, Decimal(9)), begin=0.1)) == 9

    def test_what_may_cost_more_than_is_left(self) -> None:
        """What is expected to cost more than is left is out, also of a full budget; exactly as much is in."""
        free, cheapest, *_ = LADDER
        cost = decided([cheapest]).estimated_cost
        assert cost is not None

        for left, ordered in ((cost, ("a/1", "a/0")), (cost - Decimal("1e-12"), ("a/0",))):
            decision = decided(LADDER, policy="quality", moment={"left": Left(1.0, left)})
            assert decision.ordered == ordered
            assert decision.rejected["a/8"].figures is not None
            assert "of the budget is left, and it may cost more" in decision.rejected["a/8"].reason
        assert free.pricing.is_free

    def test_an_unknown_price(self) -> None:
        """What nobody knows the price of is out: it may cost more than is left."""
        decision = decided([*LADDER, "a/unknown"], moment={"left": Left(1.0, Decimal(100))})

        assert rejected_by(decision, "budget") == {"a/unknown"}

    def test_what_is_free_but_for_its_fees(self) -> None:
        """When nothing is left, a model whose tokens are free but whose pictures or searches cost something is out."""
        fees = made("a/fees", "0", "0", pricing={"image": "0.01", "web_search": "0.02"})
        decision = decided([LADDER[0], fees], moment={"left": Left(0.0, Decimal(0))})

        assert decision.ordered == ("a/0",)

    @pytest.mark.parametrize(("share", "begin"), [(0.35, 0.5), (0.3, 0.6), (0.07, 0.7)])
    def test_no_model_too_many(self, share: float, begin: float) -> None:
        """Where the share is a whole number of models, it is that number, whatever floats make of it."""
        models = [made(f"a/{i}", f"0.00000{i + 1}") for i in range(10)]
        kept = math.ceil(10 * Fraction(str(share)) / Fraction(str(begin)))
        decision = decided(
            [*models[:9], made("a/9", "0.0000091")], moment={"left": Left(share, Decimal(9)), "begin": begin}
        )

        assert len(decision.ordered) == kept

    @settings(max_examples=60, deadline=None)
    @given(shares=st.lists(st.floats(0, 1), min_size=2, max_size=5), begin=st.floats(0.05, 1))
    def test_less_left_never_opens(self, shares: list[float], begin: float) -> None:
        """With less left, nobody may answer who might not with more; and someone always may where something is free."""
        allowed = [set(chosen_from(Left(share, Decimal(str(share)) * 100), begin)) for share in sorted(shares)]

        assert all("a/0" in each for each in allowed)
        assert all(less <= more for less, more in itertools.pairwise(allowed))

    @pytest.mark.parametrize("share", [1.0, 0.5, 0.25, 0.1, 0.01])
    def test_the_real_models(self, share: float) -> None:
        """Of the real models the cheapest remain: as many as the share says, and none dearer than one that is out."""
        everyone = decided(real_table())
        priced = [name for name in everyone.ordered if everyone.cost_of(name) is not None]
        decision = decided(real_table(), moment={"left": Left(share, Decimal(1000))})
        free = sum(everyone.cost_of(name) == 0 for name in priced)
        kept = len(priced) if share >= 0.5 else max(math.ceil(len(priced) * share / 0.5), free)

        assert list(decision.ordered) == priced[:kept]


def test_the_words() -> None:
    """The reason says how much is left, and how many of how many may answer."""
    decision = decided(LADDER, moment={"left": Left(0.25, Decimal(100))})

    assert decision.rejected["a/8"].reason == "25% of the budget is left: only the cheapest 5 of 9 may answer"
    assert decision.rejected["a/8"].figures == (0.25, 0.5)
