"""The twelve ways in which users of other tools lost money or patience (`langchain-rules.md` 2.3), each as a test."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from importlib.metadata import requires
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.messages import HumanMessage

from integration_tests.support import MODEL, Ask, Served, delta, streamed, whole
from langchain_openrouter import Budget, BudgetExceededError, Catalog, Ledger, OpenRouterCostHandler, UnknownPriceError
from langchain_openrouter.emulator import Emulator
from langchain_openrouter.errors import LedgerUnavailableError
from tests.costs.made import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_openrouter.ledger import BudgetAlert

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


class Test01ConcurrentOverspend:
    async def test_first_calls_of_an_unknown_user(self, served: Served) -> None:
        """The very first calls of a user, all at once, are held to the limit together."""
        handler = OpenRouterCostHandler(Budget("$0.001", per="day", scope="user"), ledger="memory:")
        model = served.model(max_tokens=500, user=uuid.uuid4().hex)
        config: Any = {"callbacks": [handler]}

        answers = await asyncio.gather(*(model.ainvoke("Hello", config) for _ in range(30)), return_exceptions=True)

        sent = [each for each in answers if not isinstance(each, BudgetExceededError)]
        assert 0 < len(sent) < 30
        assert handler.total <= Decimal("0.001")
        assert len(served.bodies) == len(sent) == handler.calls

    def test_tiers(self) -> None:
        """The price above a threshold is in what is set aside for a prompt that may be above it."""
        catalog = Catalog.from_response(MODELS)
        handler = OpenRouterCostHandler("$1", catalog=catalog)
        with Emulator(models=MODELS, credits=None) as emulator:
            model = Served(emulator).model("acme/tiers", max_tokens=1000, model_validation="off")
            model.invoke("word " * 5000, config={"callbacks": [handler]})

        (record,) = handler.records
        assert record.prompt_tokens is not None
        assert record.prompt_tokens > 4000
        assert record.cost is not None
        assert record.reserved is not None
        assert record.prompt_tokens * Decimal("0.0000002") < record.cost <= record.reserved


class Test02UnknownCost:
    def test_no_call_without_a_hold(self, served: Served) -> None:
        """A model whose price nobody knows does not slip past the budget."""
        handler = OpenRouterCostHandler("$1")

        with pytest.raises(UnknownPriceError):
            served.model("openrouter/auto").invoke("Hello", config={"callbacks": [handler]})

        assert served.bodies == []


class Test03StoreDown:
    def test_closed_by_default(self, served: Served, tmp_path: Path) -> None:
        """A budget whose store is down lets nothing pass, unless the program said so."""
        for policy, passes in ((None, False), ("block", False), ("allow", True)):
            options: Any = {} if policy is None else {"on_store_error": policy}
            handler = OpenRouterCostHandler(Budget("$1", per="day"), ledger=f"sqlite:///{tmp_path}", **options)
            if passes:
                served.model().invoke("Hello", config={"callbacks": [handler]})
            else:
                with pytest.raises(LedgerUnavailableError):
                    served.model().invoke("Hello", config={"callbacks": [handler]})

        assert len(served.bodies) == 1


class Test04FalseRefusals:
    def test_a_lost_hold_ends(self, served: Served) -> None:
        """What a killed process had set aside is free again after its lease, when it is not to be charged."""
        now = [dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)]
        ledger = Ledger.open("memory:", clock=lambda: now[0])
        budget = Budget("$0.012", per="day")
        lost = OpenRouterCostHandler(budget, ledger=ledger, on_lost="release", lease=dt.timedelta(minutes=1))
        asked = {"model": MODEL, "max_tokens": 16_384}
        lost.on_chat_model_start({}, [[HumanMessage("Hello")]], run_id=uuid.uuid4(), invocation_params=asked)
        other = OpenRouterCostHandler(budget, ledger=ledger)
        with pytest.raises(BudgetExceededError):
            served.model().invoke("Hello", config={"callbacks": [other]})

        now[0] += dt.timedelta(minutes=2)
        served.model().invoke("Hello", config={"callbacks": [other]})

        assert other.calls == 1

    async def test_counter_is_the_truth(self, served: Served, ask: Ask) -> None:
        """After many calls the counter is what was billed, no more: every last cent of the limit can be spent."""
        before = served.emulator.spent
        handler = OpenRouterCostHandler("$1")
        for _ in range(10):
            await ask(served.model(), "Hello", config={"callbacks": [handler]})

        (status,) = handler.status()
        assert [status.spent, status.reserved] == [served.emulator.spent - before, 0]


class Test05StreamedCost:
    @pytest.mark.parametrize("place", ["alone", "with the last choice", "with the first choice"])
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_wherever_the_usage_is(self, served: Served, place: str, asynchronous: bool) -> None:
        """A stream's cost is read from whichever chunk tells it."""
        events = [delta({"content": "Hi"}), delta({}, "stop"), {"id": "gen-1", "choices": []}]
        events[{"alone": 2, "with the last choice": 1, "with the first choice": 0}[place]]["usage"] = {
            **USAGE,
            "cost": 0.00125,
        }
        served.fail(streamed(*events))
        handler = OpenRouterCostHandler("$1")
        config: Any = {"callbacks": [handler]}

        if asynchronous:
            _ = [chunk async for chunk in served.model().astream("Hello", config)]
        else:
            list(served.model().stream("Hello", config))

        assert handler.total == Decimal("0.00125")


class Test06CachedTokens:
    def test_as_billed(self, served: Served) -> None:
        """Tokens read from and written to the provider's cache cost what was billed for them, not the full price."""
        details = {"cached_tokens": 900, "cache_write_tokens": 50}
        served.fail(whole({"content": "Hi"}, usage={**USAGE, "prompt_tokens": 1000, "cost": 0.00007,
                                                    "prompt_tokens_details": details}))  # fmt: skip
        handler = OpenRouterCostHandler("$1")

        served.model().invoke("Hello", config={"callbacks": [handler]})

        (record,) = handler.records
        assert handler.total == Decimal("0.00007")
        assert (record.prompt_tokens, record.cached_tokens, record.cache_write_tokens) == (1000, 900, 50)


class Test07CacheHits:
    def test_cost_nothing(self, served: Served) -> None:
        """A hit of LangChain's cache is not billed, and is not counted as if it were."""
        before = served.emulator.spent
        handler = OpenRouterCostHandler("$1")
        model = served.model(cache=InMemoryCache())
        for _ in range(4):
            model.invoke("Hello", config={"callbacks": [handler]})

        assert handler.total == served.emulator.spent - before
        assert handler.calls == 1


class Test08ZeroAndUnknown:
    def test_told_apart(self, served: Served) -> None:
        """A free answer costs zero; one that tells no usage is unknown, and is counted as such."""
        free, unknown = OpenRouterCostHandler(), OpenRouterCostHandler()
        served.model("openai/gpt-oss-20b:free").invoke("Hello", config={"callbacks": [free]})
        served.fail(whole({"content": "Hi"}))
        served.model().invoke("Hello", config={"callbacks": [unknown]})

        assert [free.total, free.unpriced_calls, free.records[0].cost] == [0, 0, 0]
        assert [unknown.total, unknown.unpriced_calls, unknown.records[0].cost] == [0, 1, None]
        assert unknown.records[0].status == "unknown"

    def test_unknown_under_a_budget(self, served: Served) -> None:
        """Under a budget, what was set aside counts for an answer that tells no usage, until it is looked up."""
        served.fail(whole({"content": "Hi"}))
        handler = OpenRouterCostHandler("$1")
        served.model().invoke("Hello", config={"callbacks": [handler]})

        (record,) = handler.records
        assert (record.status, record.pending, record.cost) == ("estimated", True, record.reserved)
        assert handler.status()[0].spent == record.reserved


class Test09Drift:
    def test_exact(self, served: Served) -> None:
        """Ten thousand times a price of seven hundred-millionths is what it is, in the handler and in the ledger."""
        ledger, budget = Ledger.open("memory:"), Budget("$1", per="day")
        handler = OpenRouterCostHandler(budget, ledger=ledger)
        for number in range(50):
            served.emulator.clear_faults()
            served.fail(whole({"content": "Hi"}, usage={**USAGE, "cost": 0.00000007}, id=f"gen-{number}"))
            served.model().invoke("Hello", config={"callbacks": [handler]})

        assert sum([0.00000007] * 50) != 0.0000035
        assert handler.total == budget.status().spent == Decimal("0.0000035")


class Test10RaisedLimits:
    def test_asked_instead_of_crashed(self, served: Served) -> None:
        """A program can ask somebody when the budget is used up, raise the limit, and go on with the same call."""
        asked = []

        def ask_boss(error: BudgetExceededError) -> bool:
            asked.append(error.asked)
            budget.limit = budget.limit * 10000
            return True

        budget = Budget("$0.000001", per="day", on_exceed=ask_boss)
        handler = OpenRouterCostHandler(budget, ledger="memory:")

        served.model(max_tokens=100).invoke("Hello", config={"callbacks": [handler]})

        assert len(asked) == 1
        assert handler.calls == 1


class Test11SharedByAccident:
    def test_two_handlers(self, served: Served) -> None:
        """Two handlers with an amount each, or with budgets of the same text, share nothing."""
        handlers = [OpenRouterCostHandler("$1"), OpenRouterCostHandler("$1"), OpenRouterCostHandler(Budget("$1"))]
        served.model().invoke("Hello", config={"callbacks": [handlers[0]]})

        assert [handler.calls for handler in handlers] == [1, 0, 0]
        assert [status.spent for handler in handlers[1:] for status in handler.status()] == [0, 0]

    def test_few_dependencies(self) -> None:
        """The package brings few others: no proxy, no vendor's client."""
        needed = [each for each in requires("langchain-openrouter-plus") or () if "extra ==" not in each]

        assert len(needed) <= 8
        assert not [each for each in needed if each.startswith(("litellm", "langfuse", "sqlalchemy", "redis"))]


class Test12Alerts:
    def test_each_share_once(self, served: Served) -> None:
        """Each share is told once in a window, however many calls follow."""
        told: list[BudgetAlert] = []
        budget = Budget("$1", per="day", alert_at=(0.5, 0.75, 0.9, 1), on_alert=told.append, on_exceed=lambda _: True)
        handler = OpenRouterCostHandler(budget, ledger="memory:")
        served.model().invoke("Hello", config={"callbacks": [handler]})
        told.clear()
        budget.limit = handler.total * 10
        for _ in range(15):
            served.model().invoke("Hello", config={"callbacks": [handler]})

        assert [alert.share for alert in told] == [Decimal("0.5"), Decimal("0.75"), Decimal("0.9"), Decimal(1)]


def test_usage_of_langchain_adds_up(served: Served) -> None:
    """LangChain's own counter of tokens still adds up beside the handler: no cost is put where it counts."""
    handler = OpenRouterCostHandler("$1")
    with get_usage_metadata_callback() as usage:
        for _ in range(2):
            served.model().invoke("Hello", config={"callbacks": [handler]})

    assert usage.usage_metadata[MODEL]["input_tokens"] == handler.tally.prompt_tokens
    assert usage.usage_metadata[MODEL]["output_tokens"] == handler.tally.completion_tokens
