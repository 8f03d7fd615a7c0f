"""The ledger: amounts set aside and booked as dollars, limits for everybody, and what a status asks for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from langchain_openrouter import Budget, BudgetExceededError, Ledger
from langchain_openrouter.costs.record import CallRecord
from langchain_openrouter.ledger.budget import BudgetAlert, Caller
from langchain_openrouter.ledger.reconciliation import _shared_out

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LEASE = dt.timedelta(minutes=15)
CENT = Decimal("0.01")


def ledger() -> Ledger:
    """Give a ledger whose clock stands still."""
    return Ledger.open("memory:", clock=lambda: NOON)


def record(name: str = "1", cost: Decimal | None = CENT, **told: Any) -> CallRecord:
    """Give a record of a call."""
    return CallRecord(**{"id": name, "started_at": NOON, "cost": cost, "status": "billed", **told})


class TestSettling:
    def test_again(self) -> None:
        """Settling a call again changes nothing, and says so."""
        book, budget = ledger(), Budget("$1", per="day")
        held = book.reserve("1", 2 * CENT, [budget], Caller(), lease=LEASE)

        outcomes = [book.settle(record(), held, [budget]) for _ in range(3)]

        assert outcomes == ["booked", "known", "known"]
        assert book.status(budget).spent == CENT
        assert book.in_flight() == 0

    def test_same_generation(self) -> None:
        """A generation is charged once, whichever call brings it."""
        book, budget = ledger(), Budget("$1", per="day")

        outcomes = [book.settle(record(name, generation_id="gen-1"), None, [budget]) for name in ("1", "2")]

        assert outcomes == ["booked", "replayed"]
        assert book.status(budget).spent == CENT

    def test_correction(self) -> None:
        """What was an estimate is put right, downwards too, wherever it was charged."""
        book, budgets = ledger(), [Budget("$1", per="day"), Budget("$1", per="hour")]
        book.settle(record(cost=5 * CENT, pending=True), None, budgets)

        outcome = book.settle(record(cost=CENT), None)

        assert outcome == "corrected"
        assert [book.status(budget).spent for budget in budgets] == [CENT, CENT]
        assert [each.cost for each in book.records()] == [CENT]

    def test_release(self) -> None:
        """What is given back is free, and books nothing."""
        book, budget = ledger(), Budget("$1", per="day")
        book.release(book.reserve("1", Decimal(1), [budget], Caller(), lease=LEASE))

        book.reserve("2", Decimal(1), [budget], Caller(), lease=LEASE)

        assert list(book.records()) == []


class TestRefusing:
    def test_two_budgets_of_one_name_and_window(self) -> None:
        """Of two budgets that count together, the narrower limit holds, in whichever order they are given."""
        for limits in (("$1", "$0.01"), ("$0.01", "$1")):
            budgets = [Budget(limit, per="day") for limit in limits]
            with pytest.raises(BudgetExceededError):
                ledger().reserve("1", 2 * CENT, budgets, Caller(), lease=LEASE)

    def test_a_warning_waives_one_budget(self) -> None:
        """A budget that only warns does not take another of the same name along."""
        budgets = [
            Budget("$0.001", per="day", name="x", on_exceed="warn"),
            Budget("$0.002", per="month", name="x"),
        ]
        with pytest.raises(BudgetExceededError):
            ledger().reserve("1", CENT, budgets, Caller(), lease=LEASE)

    def test_exact_fit(self) -> None:
        """A call that takes the very rest of a limit fits; a nano-dollar more does not."""
        book, budget = ledger(), Budget("$1", per="day")
        book.reserve("1", Decimal("0.4"), [budget], Caller(), lease=LEASE)

        with pytest.raises(BudgetExceededError):
            book.reserve("2", Decimal("0.600000001"), [budget], Caller(), lease=LEASE)
        book.reserve("3", Decimal("0.6"), [budget], Caller(), lease=LEASE)

        assert book.status(budget).remaining == 0


class TestAlerts:
    def test_of_a_limit_for_everybody(self) -> None:
        """Shares are those of the limit that holds: also where it was set for everybody, by another process."""
        told: list[BudgetAlert] = []
        book, budget = ledger(), Budget("$1", per="day", on_alert=told.append)
        book.set_limit(budget, 2 * CENT)

        book.settle(record(), None, [budget])

        assert [(alert.share, alert.status.limit) for alert in told] == [(Decimal("0.5"), 2 * CENT)]

    def test_whose(self) -> None:
        """The alert of a budget that is apart by user says which user."""
        told: list[BudgetAlert] = []
        book, budget = ledger(), Budget(CENT, per="day", scope="user", alert_at=[1], on_alert=told.append)

        book.settle(record(user="ann"), None, [budget], Caller(user="ann"))

        assert [alert.status.scope for alert in told] == [{"user": "ann"}]


class TestStatus:
    @pytest.mark.parametrize(("scope", "asked"), [("user", {}), (None, {"user": "ann"}), ("user", {"tag": "x"})])
    def test_whose(self, scope: Any, asked: dict[str, str]) -> None:
        """A status asks for a value of each name that the budget is apart by, and for nothing else."""
        with pytest.raises(ValueError, match="Pass "):
            ledger().status(Budget("$1", per="day", scope=scope), **dict[str, Any](asked))

    def test_limit_for_everybody(self) -> None:
        """A limit that was set for everybody is shown, and taken away again with `None`."""
        book, budget = ledger(), Budget("$1", per="day")

        book.set_limit(budget, "$5")
        raised = book.status(budget).limit
        book.set_limit(budget, None)

        assert [raised, book.status(budget).limit] == [5, 1]


class TestSharedOut:
    def test_no_more_than_was_set_aside(self) -> None:
        """What the account counts more is shared among lost calls, to none more than it may have cost."""
        lost = [record(str(number), None, pending=True, reserved=CENT) for number in range(3)]

        found = list(_shared_out(lost, Decimal("0.015")))

        assert [each.cost for each in found] == [CENT, Decimal("0.005"), 0]
        assert not any(each.pending for each in found)

    @pytest.mark.parametrize("amount", [Decimal("0.031"), Decimal("-0.001")])
    def test_not_theirs(self, amount: Decimal) -> None:
        """An amount that cannot be theirs is left alone."""
        lost = [record(str(number), None, pending=True, reserved=CENT) for number in range(3)]

        assert list(_shared_out(lost, amount)) == []
