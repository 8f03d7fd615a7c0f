"""Budgets as calls meet them: windows, scopes, several at once, shares, alerts, and limits that change."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.support import MODEL, Ask, Served
from langchain_openrouter import Budget, BudgetExceededError, Ledger, OpenRouterCostHandler, track_cost

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_openrouter.ledger import BudgetAlert

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
"""A Saturday."""


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: dt.datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        """Give the time."""
        return self.now


def ask_with(served: Served, handler: OpenRouterCostHandler, model: str = MODEL, **config: Any) -> None:
    """Call a model whose worst case is about three hundredths of a cent."""
    fields = config.pop("fields", {})
    asked: Any = {"callbacks": [handler], **config}
    served.model(model, **{"max_tokens": 500, **fields}).invoke("Hello", config=asked)


def used_up(served: Served, budget: Budget, ledger: Ledger, **config: Any) -> OpenRouterCostHandler:
    """Give a handler whose budget has been spent by one call."""
    handler = OpenRouterCostHandler(budget, ledger=ledger)
    ask_with(served, handler, **config)
    budget.limit = handler.total
    return handler


class TestWindows:
    @pytest.mark.parametrize(
        ("per", "later"),
        [
            ("minute", dt.timedelta(minutes=1)),
            ("hour", dt.timedelta(hours=1)),
            ("day", dt.timedelta(hours=12)),
            ("week", dt.timedelta(days=1, hours=12)),
            ("month", dt.timedelta(days=9, hours=12)),
            (dt.timedelta(hours=6), dt.timedelta(hours=6)),
        ],
    )
    def test_reset(self, served: Served, per: Any, later: dt.timedelta) -> None:
        """A budget that is used up refuses up to the last moment of its window, and lets pass from the next on."""
        clock = Clock()
        handler = used_up(served, Budget("$1", per=per), Ledger.open("memory:", clock=clock))

        clock.now = NOON + later - dt.timedelta(milliseconds=1)
        with pytest.raises(BudgetExceededError) as refused:
            ask_with(served, handler)
        assert refused.value.resets_at == NOON + later
        clock.now = NOON + later
        handler.budgets[0].limit = "$1"
        ask_with(served, handler)

        (status,) = handler.status()
        assert status.spent == handler.records[-1].cost

    @pytest.mark.parametrize("per", ["run", "lifetime"])
    def test_without_end(self, served: Served, per: Any) -> None:
        """Budgets of a run and of a lifetime never reset."""
        clock = Clock()
        handler = OpenRouterCostHandler(
            Budget("$1", per=per), ledger=Ledger.open("memory:", clock=clock), run="r", lease=dt.timedelta(days=9000)
        )
        ask_with(served, handler)
        handler.budgets[0].limit = handler.total

        clock.now = NOON + dt.timedelta(days=25)
        with pytest.raises(BudgetExceededError) as refused:
            ask_with(served, handler)

        assert refused.value.resets_at is None

    def test_late_answer(self, served: Served) -> None:
        """A call is charged to the window it began in, though it ends in the next."""
        clock = Clock()
        budget = Budget("$1", per="minute")
        handler = OpenRouterCostHandler(budget, ledger=Ledger.open("memory:", clock=clock))
        chunks = served.model().stream("Hello", config={"callbacks": [handler]})
        next(chunks)

        clock.now = NOON + dt.timedelta(minutes=1)
        list(chunks)

        assert budget.status().spent == 0
        assert budget.status(at=NOON).spent == handler.total > 0

    def test_run_is_the_outermost(self, served: Served) -> None:
        """A budget per run holds for each outermost run by itself."""
        handler = OpenRouterCostHandler(Budget("$1", per="run"))
        ask_with(served, handler)
        handler.budgets[0].limit = "$0.0004"

        for _ in range(5):
            ask_with(served, handler)

        assert handler.calls == 6


class TestScopes:
    @pytest.mark.parametrize(
        ("scope", "spender", "other"),
        [
            ("user", {"metadata": {"user_id": "ann"}}, {"metadata": {"user_id": "bob"}}),
            ("user", {"fields": {"user": "ann"}}, {"fields": {"user": "bob"}}),
            ("tag", {"tags": ["a"]}, {"tags": ["b"]}),
            ("model", {}, {"model": "openai/gpt-4.1-nano"}),
            ("thread", {"metadata": {"thread_id": "1"}}, {"metadata": {"thread_id": "2"}}),
            ("thread", {"configurable": {"thread_id": "1"}}, {"configurable": {"thread_id": "2"}}),
            ("team", {"metadata": {"team": "blue"}}, {"metadata": {"team": "red"}}),
            ({"user": "ann"}, {"metadata": {"user_id": "ann"}}, {"metadata": {"user_id": "bob"}}),
            ({"tag": "a"}, {"tags": ["x", "a"]}, {"tags": ["b"]}),
            (
                ("user", "tag"),
                {"metadata": {"user_id": "ann"}, "tags": ["a"]},
                {"metadata": {"user_id": "ann"}, "tags": ["b"]},
            ),
            (
                "provider",
                {"fields": {"openrouter_provider": {"only": ["openai"]}}},
                {"fields": {"openrouter_provider": {"only": ["azure"]}}},
            ),
            (
                "provider",
                {"fields": {"openrouter_provider": {"order": ["openai"], "allow_fallbacks": False}}},
                {"fields": {"openrouter_provider": {"order": ["azure"], "allow_fallbacks": False}}},
            ),
        ],
    )
    def test_apart(self, served: Served, scope: Any, spender: Any, other: Any) -> None:
        """What one has spent refuses that one, and nobody else."""
        ledger = Ledger.open("memory:")
        handler = used_up(served, Budget("$1", per="day", scope=scope), ledger, **spender)

        with pytest.raises(BudgetExceededError):
            ask_with(served, handler, **spender)
        handler.budgets[0].limit = Decimal("0.0004")
        ask_with(served, handler, **other)

        assert handler.calls == 2
        assert ledger.in_flight() == 0

    def test_key(self, served: Served) -> None:
        """A budget can be apart by API key, which is known by its fingerprint."""
        budget = Budget("$1", per="day", scope="key")
        handler = used_up(served, budget, Ledger.open("memory:"))

        with pytest.raises(BudgetExceededError):
            ask_with(served, handler)

        key = handler.records[0].key
        assert key is not None
        assert budget.status(key=key).spent == handler.total

    def test_several_tags(self, served: Served) -> None:
        """A call with several tags has to fit for each of them, and is charged to each."""
        budget = Budget("$1", per="day", scope="tag")
        handler = used_up(served, budget, Ledger.open("memory:"), tags=["a", "b"])

        assert budget.status(tag="a").spent == budget.status(tag="b").spent == handler.total
        with pytest.raises(BudgetExceededError):
            ask_with(served, handler, tags=["b", "c"])
        assert budget.status(tag="c").reserved == 0

    def test_nobody(self, served: Served) -> None:
        """Calls that do not say whose they are share a budget: they are not without one."""
        handler = used_up(served, Budget("$1", per="day", scope="user"), Ledger.open("memory:"))

        with pytest.raises(BudgetExceededError):
            ask_with(served, handler)

    def test_provider_that_is_not_known_before(self, served: Served) -> None:
        """Money is set aside in the budget of one provider while nobody knows who answers, and charged only to it."""
        openai = Budget("$1", per="day", scope={"provider": "OpenAI"})
        azure = Budget("$1", per="day", scope={"provider": "azure"})
        handler = OpenRouterCostHandler([openai, azure], ledger="memory:")
        chunks = served.model().stream("Hello", config={"callbacks": [handler]})
        next(chunks)
        before = [budget.status().reserved for budget in (openai, azure)]
        list(chunks)

        assert all(before)
        spent = {budget.name: budget.status().spent for budget in (openai, azure)}
        answered = handler.records[0].provider
        assert sorted(spent.values()) == [0, handler.total]
        assert spent["day of provider openai"] == (handler.total if answered == "OpenAI" else 0)
        assert [budget.status().reserved for budget in (openai, azure)] == [0, 0]

    @pytest.mark.parametrize("user", ["ann&tag=x", "ann/bob", "100%", "Zoë", "a\0b", "\ud800", "=", "&", "", " "])
    @pytest.mark.parametrize("store", ["memory:", "sqlite"])
    def test_hostile_names(self, served: Served, tmp_path: Path, store: str, user: str) -> None:
        """A user of any name has a budget of its own, in the memory and in a file."""
        url = f"sqlite:///{tmp_path / 'ledger.db'}" if store == "sqlite" else store
        handler = OpenRouterCostHandler(Budget("$0.0006", per="day", scope="user"), ledger=url)

        ask_with(served, handler, metadata={"user_id": user, "note": user, user or "x": user})
        ask_with(served, handler, metadata={"user_id": "ann"})

        assert handler.ledger is not None
        assert handler.calls == 2
        assert len(list(handler.ledger.records())) == 2
        assert handler.ledger.in_flight() == 0
        assert {record.metadata.get("note") for record in handler.ledger.records()} == {user, None}


class TestSeveral:
    def test_each_is_charged(self, served: Served) -> None:
        """Several budgets are charged the same, each in its window."""
        budgets = [Budget("$1", per=per) for per in ("hour", "day", "week", "month", "lifetime")]
        handler = OpenRouterCostHandler(budgets, ledger="memory:")

        ask_with(served, handler)

        assert [status.spent for status in handler.status()] == [handler.total] * 5

    def test_per_request(self, served: Served) -> None:
        """No call may cost more than the cap of a request, however much is left."""
        handler = OpenRouterCostHandler(Budget("$100", per="day", per_request="$0.0005"), ledger="memory:")

        ask_with(served, handler)
        with pytest.raises(BudgetExceededError, match="one call may cost") as refused:
            served.model().invoke("Hello", config={"callbacks": [handler]})

        assert refused.value.fits == Decimal("0.0005")
        assert handler.calls == 1

    def test_per_request_of_others(self, served: Served) -> None:
        """The cap of a budget that is not about a call does not hold for it."""
        budget = Budget("$100", per="day", scope={"user": "ann"}, per_request="$0.0000001")
        handler = OpenRouterCostHandler(budget, ledger="memory:")

        ask_with(served, handler, metadata={"user_id": "bob"})
        with pytest.raises(BudgetExceededError):
            ask_with(served, handler, metadata={"user_id": "ann"})

    def test_share(self, served: Served) -> None:
        """A call may take a share of what is left, no more."""
        handler = OpenRouterCostHandler(Budget("$0.02", per="day", share=0.1), ledger="memory:")

        ask_with(served, handler)
        with pytest.raises(BudgetExceededError, match="10%"):
            served.model().invoke("Hello", config={"callbacks": [handler]})

        assert handler.calls == 1


class TestAlerts:
    async def test_once(self, served: Served, ask: Ask) -> None:
        """Each share of the limit is told once in a window, also where two handlers share ledger and budget."""
        told: list[BudgetAlert] = []
        clock = Clock()
        ledger = Ledger.open("memory:", clock=clock)
        budget = Budget("$1", per="hour", on_alert=told.append, on_exceed=lambda _: True)
        handlers = [OpenRouterCostHandler(budget, ledger=ledger) for _ in range(2)]
        await ask(served.model(), "Hello", config={"callbacks": handlers})
        told.clear()
        budget.limit = handlers[0].total * 4

        for _ in range(6):
            await ask(served.model(), "Hello", config={"callbacks": handlers})
        first = [alert.share for alert in told]
        clock.now += dt.timedelta(hours=1)
        for _ in range(6):
            await ask(served.model(), "Hello", config={"callbacks": handlers})

        assert first == [Decimal("0.5"), Decimal("0.8"), Decimal("1.0")]
        assert [alert.share for alert in told] == first * 2
        assert told[0].status.limit == budget.limit
        assert told[0].status.spent >= budget.limit / 2

    def test_bell_that_breaks(self, served: Served, caplog: pytest.LogCaptureFixture) -> None:
        """An `on_alert` that raises loses no answer."""

        def bell(alert: BudgetAlert) -> None:
            raise LookupError(alert.share)

        handler = OpenRouterCostHandler(Budget("$1", per="day", on_alert=bell), ledger="memory:")
        ask_with(served, handler)
        handler.budgets[0].limit = handler.total * 2
        handler.budgets[0].on_exceed = "warn"
        ask_with(served, handler)

        assert handler.calls == 2
        assert "on_alert of budget 'day' failed" in caplog.text


class TestExceeded:
    def test_warn(self, served: Served, caplog: pytest.LogCaptureFixture) -> None:
        """With `warn` a call passes, is counted, and the log says so."""
        handler = OpenRouterCostHandler(Budget("$0.000001", per="day", on_exceed="warn"), ledger="memory:")

        ask_with(served, handler)

        assert handler.status()[0].spent == handler.total > 0
        assert handler.status()[0].remaining == 0
        assert "It passes all the same" in caplog.text

    def test_warn_beside_one_that_raises(self, served: Served) -> None:
        """One budget that only warns does not let pass what another refuses."""
        budgets = [Budget("$0.000001", per="day", on_exceed="warn"), Budget("$0.000002", per="hour")]
        handler = OpenRouterCostHandler(budgets, ledger="memory:")

        with pytest.raises(BudgetExceededError) as refused:
            ask_with(served, handler)

        assert refused.value.budget == "hour"
        assert [status.reserved for status in handler.status()] == [0, 0]

    @pytest.mark.parametrize("may", [True, False])
    def test_asked(self, served: Served, may: bool) -> None:
        """A function says whether a call that does not fit may pass."""
        asked: list[BudgetExceededError] = []

        def decide(error: BudgetExceededError) -> bool:
            asked.append(error)
            return may

        handler = OpenRouterCostHandler(Budget("$0.000001", per="day", on_exceed=decide), ledger="memory:")

        if may:
            ask_with(served, handler)
        else:
            with pytest.raises(BudgetExceededError):
                ask_with(served, handler)

        assert len(asked) == 1
        assert handler.calls == may

    @pytest.mark.parametrize("everywhere", [True, False])
    def test_raised_while_asking(self, served: Served, everywhere: bool) -> None:
        """The function may raise the limit, for this process or for everybody; then the call is looked at again."""
        ledger = Ledger.open("memory:")
        budget = Budget("$0.000001", per="day")

        def decide(_: BudgetExceededError) -> bool:
            if everywhere:
                ledger.set_limit(budget, "$1")
            else:
                budget.limit = "$1"
            return True

        budget.on_exceed = decide
        handler = OpenRouterCostHandler(budget, ledger=ledger)
        ask_with(served, handler)
        budget.on_exceed = "raise"
        ask_with(served, handler)

        assert handler.calls == 2
        assert handler.status()[0].limit == 1


class TestLimits:
    @pytest.mark.parametrize("raised", ["in the process", "in the ledger"])
    async def test_raised_while_running(self, served: Served, ask: Ask, raised: str) -> None:
        """A limit can be raised, and lowered, while the program runs."""
        ledger, budget = Ledger.open("memory:"), Budget("$0.000001", per="day")
        handler = OpenRouterCostHandler(budget, ledger=ledger)

        def set_limit(limit: str) -> None:
            if raised == "in the ledger":
                ledger.set_limit(budget, limit)
            else:
                budget.limit = limit

        config: Any = {"callbacks": [handler]}
        with pytest.raises(BudgetExceededError):
            await ask(served.model(), "Hello", config={**config})
        set_limit("$1")
        await ask(served.model(), "Hello", config={**config})
        set_limit("$0.00001")
        with pytest.raises(BudgetExceededError):
            await ask(served.model(), "Hello", config={**config})

        assert handler.calls == 1

    def test_status(self, served: Served) -> None:
        """The status tells limit, spent, reserved, remaining and reset, while a call is on its way too."""
        budget = Budget("$1", per="day")
        handler = OpenRouterCostHandler(budget, ledger=Ledger.open("memory:", clock=Clock()))
        ask_with(served, handler)
        chunks = served.model().stream("Hello", config={"callbacks": [handler]})
        next(chunks)

        status = budget.status()

        assert [status.limit, status.spent] == [1, handler.total]
        assert status.reserved > 0
        assert status.remaining == 1 - status.spent - status.reserved
        assert status.resets_at == dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
        list(chunks)
        assert budget.status().reserved == 0


class TestConcurrent:
    async def test_tasks(self, served: Served) -> None:
        """Many calls at once never spend more than the limit, and none is refused once all money is free again."""
        handler = OpenRouterCostHandler("$0.002")
        model = served.model(max_tokens=500)
        config: Any = {"callbacks": [handler]}

        answers = await asyncio.gather(*(model.ainvoke("Hello", config) for _ in range(40)), return_exceptions=True)

        refused = [each for each in answers if isinstance(each, BudgetExceededError)]
        assert 0 < len(refused) < 40
        assert handler.total <= Decimal("0.002")
        await model.ainvoke("Hello", config)


def test_free_models_when_nothing_is_left(served: Served) -> None:
    """Free models pass an exhausted budget."""
    with track_cost("$0") as cost:
        served.model("openai/gpt-oss-20b:free").invoke("Hello")
        with pytest.raises(BudgetExceededError):
            served.model().invoke("Hello")

    assert [cost.calls, cost.total] == [1, 0]
