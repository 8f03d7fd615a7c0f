"""What budgets say about a call that does not fit, whose they are, and what a ledger does by itself."""

from __future__ import annotations

import datetime as dt
import pickle
import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter import Budget, BudgetExceededError, Ledger
from langchain_openrouter.costs.record import CallRecord
from langchain_openrouter.ledger.budget import BudgetAlert, Caller
from langchain_openrouter.ledger.reconciliation import Reconciliation
from langchain_openrouter.ledger.stores.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LEASE = dt.timedelta(minutes=15)
CENT = Decimal("0.01")


def reserve(ledger: Ledger, budget: Budget, amount: Decimal = CENT, **caller: Any) -> None:
    """Set money aside for a call."""
    ledger.reserve("1", amount, [budget], Caller(**caller), lease=LEASE)


class TestAsking:
    """`on_exceed` as a function of the error."""

    @pytest.mark.parametrize("answer", [None, False, True])
    @pytest.mark.parametrize("everywhere", [False, True])
    def test_a_raised_limit_counts_whatever_it_returns(self, answer: Any, everywhere: bool) -> None:
        """A call is looked at again after the limit was raised, here or for everybody."""
        ledger = Ledger.open("memory:")

        def ask(error: BudgetExceededError) -> bool:
            if everywhere:
                ledger.set_limit(budget, "$1")
            else:
                budget.limit = "$1"
            return answer  # type: ignore[no-any-return]

        budget = Budget("$0.001", per="day", on_exceed=ask)
        reserve(ledger, budget)

        assert ledger.status(budget).reserved == CENT

    def test_not_raised_enough(self) -> None:
        """Where it does not fit even then, the answer counts; a budget is asked once."""
        asked: list[BudgetExceededError] = []

        def ask(error: BudgetExceededError) -> bool:
            asked.append(error)
            budget.limit = "$0.002"
            return False

        budget = Budget("$0.001", per="day", on_exceed=ask)

        with pytest.raises(BudgetExceededError) as caught:
            reserve(Ledger.open("memory:"), budget)

        assert (len(asked), caught.value.limit) == (1, Decimal("0.002"))

    def test_in_force_of_another_limit(self) -> None:
        """A limit that holds for everybody is not overruled by raising one's own, and asking comes to an end."""

        def ask(error: BudgetExceededError) -> bool:
            budget.limit = budget.limit + 1
            return True

        ledger, budget = Ledger.open("memory:"), Budget("$0.001", per="day", on_exceed=ask)
        ledger.set_limit(budget, "$0.001")
        reserve(ledger, budget)

        assert ledger.status(budget).reserved == 0  # it passes, since the answer was yes


class TestWhose:
    def test_the_error_names_them(self) -> None:
        """A budget that is apart by something says whose it was that did not fit."""
        budget = Budget("$0.001", per="day", scope="user")

        with pytest.raises(BudgetExceededError, match=r"'day by user' \(user ann\)") as caught:
            reserve(Ledger.open("memory:"), budget, user="ann")

        assert caught.value.scope == {"user": "ann"}

    def test_the_alert_names_them(self) -> None:
        """So does an alert."""
        heard: list[BudgetAlert] = []
        budget = Budget("$0.02", per="day", scope="user", on_alert=heard.append, alert_at=0.5)
        record = CallRecord(id="1", started_at=NOON, cost=CENT, status="billed")

        Ledger.open("memory:").settle(record, None, [budget], Caller(user="ann"))

        assert [alert.status.scope for alert in heard] == [{"user": "ann"}]
        assert "(user ann)" in str(heard[0])

    @pytest.mark.parametrize("asked", ["a/b", "a/b:nitro", "a/b:floor"])
    def test_a_model_by_any_of_its_routes(self, asked: str) -> None:
        """What only chooses how a model is served does not lead around its budget."""
        budget = Budget("$0.001", per="day", scope={"model": "a/b"})

        with pytest.raises(BudgetExceededError):
            reserve(Ledger.open("memory:"), budget, model=asked)

    def test_a_model_in_reserve(self) -> None:
        """A model that may take another's place has to fit into its own budget; a free variant is another model."""
        budget = Budget("$0.001", per="day", scope={"model": "a/b"})

        with pytest.raises(BudgetExceededError):
            reserve(Ledger.open("memory:"), budget, model="c/d", models=("a/b",))
        reserve(Ledger.open("memory:"), budget, model="a/b:free")

    @pytest.mark.parametrize("odd", [["a", "b"], None, {"x": 1}])
    def test_what_no_call_can_have(self, odd: Any) -> None:
        """A scope that can never match is refused, not passed over for ever."""
        with pytest.raises(ValueError, match="which no call has"):
            Budget("$1", scope={"tag": odd})


class TestByItself:
    def test_old_calls_go_with_the_first_booking(self, tmp_path: Path) -> None:
        """Programs that live for a moment prune, too."""
        address = f"sqlite:///{tmp_path}/ledger.db"
        ages = {"old": 100, "new": 0}
        for name, days in ages.items():
            with Ledger.open(address, retention=dt.timedelta(days=30)) as ledger:
                at = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
                ledger.settle(CallRecord(id=name, started_at=at, cost=CENT, status="billed"), None)

        with Ledger.open(address) as ledger:
            assert [record.id for record in ledger.records()] == ["new"]

    def test_calls_that_wait_for_the_store(self) -> None:
        """They are booked with any later call of the ledger, whoever makes it."""

        class Store(MemoryStore):
            failures = (sqlite3.Error,)
            down = True

            def settle(self, *arguments: Any) -> Any:
                if self.down:
                    raise sqlite3.OperationalError
                return super().settle(*arguments)

        store = Store()
        ledger, budget = Ledger(store), Budget("$1", per="day")
        records = [CallRecord(id=name, started_at=NOON, cost=CENT, status="billed") for name in "123"]

        for record in records[:2]:
            ledger.book(record, None, [budget], Caller())
        store.down = False
        ledger.book(records[2], None, [budget], Caller())

        assert {record.id for record in ledger.records()} == {"1", "2", "3"}
        assert ledger.catch_up() == 0


class TestPickled:
    def test_a_ledger_is_its_address(self, tmp_path: Path) -> None:
        """A process that gets a ledger or a budget goes on with the same account."""
        ledger, budget = Ledger.open(f"sqlite:///{tmp_path}/ledger.db"), Budget("$1", per="day", scope={"user": "ann"})
        reserve(ledger, budget, user="ann")

        other, same = pickle.loads(pickle.dumps((ledger, budget)))  # noqa: S301  # our own

        assert other.status(same).reserved == CENT

    def test_not_from_memory(self) -> None:
        """What is in memory stays in its process, and says so."""
        with pytest.raises(TypeError, match="none in memory"):
            pickle.dumps(Ledger.open("memory:"))


def test_a_comparison_in_words() -> None:
    """Amounts are written as everywhere: with cents, without exponents, and as unknown where nobody tells them."""
    compared = Reconciliation(corrected=1, pending=2, since=NOON, ledger=Decimal("1E-7"), account=None)

    assert str(compared) == (
        "Since 2026-11-21 (UTC): ledger $0.0000001, OpenRouter unknown, difference unknown. "
        "1 calls were corrected, 2 are pending."
    )
