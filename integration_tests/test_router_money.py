"""What a router's calls cost: every attempt is booked once, and the sum is what was charged."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.messages import HumanMessage

from integration_tests.routers import FIRST, SAY, SECOND, THIRD, THREE, Elsewhere, asked, router_of
from integration_tests.support import STYLES, Ask, Served, wait_until
from integration_tests.ways import WAYS, call
from langchain_openrouter import (
    Budget,
    BudgetExceededError,
    Ledger,
    OpenRouterCostHandler,
    OpenRouterError,
    track_cost,
)
from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_openrouter import ModelRouter
    from langchain_openrouter.emulator.failing.faults import FaultKind

pytestmark = pytest.mark.filterwarnings(
    # LangChain says of its third version that it may change, and of the first that it will go.
    "ignore:The .*stream_events.* is in beta",
    "ignore:.*v3.* is in beta",
    "ignore:.*astream_events.*v1.*",
)


class Books(Served):
    """The emulator with its account, as of this test."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self._before = emulator.spent

    @property
    def spent(self) -> Decimal:
        """Dollars that this test was charged."""
        return self.emulator.spent - self._before


@pytest.fixture
def books(served: Served) -> Books:
    """Give the emulator with the account of this test."""
    return Books(served.emulator)


@pytest.fixture
def alone() -> Iterator[Books]:
    """Serve an emulator of the test's own: what broke off before it told an id is learnt from the whole account."""
    with Emulator(credits=None, seed=7) as emulator:
        yield Books(emulator)


def reconciled(books: Books, handler: OpenRouterCostHandler) -> None:
    """Ask what the calls cost that were cut off, and hold all against the account."""
    books.emulator.clear_faults()
    result = handler.reconcile(api_key=books.emulator.api_key, base_url=books.emulator.base_url)
    assert result is not None
    assert [result.pending, result.difference] == [0, 0]
    settled(books, handler)


def settled(books: Books, handler: OpenRouterCostHandler) -> None:
    """Hold handler and ledger against the account; nothing may be set aside any more."""
    assert handler.ledger is not None
    assert handler.ledger.in_flight() == 0
    assert handler._open == {}
    (status,) = handler.status()
    assert handler.total == status.spent == books.spent
    assert status.reserved == 0


class TestEachWay:
    @pytest.mark.parametrize("way", WAYS)
    async def test_answered_by_the_first(self, books: Books, way: str) -> None:
        """One answer is one record with the cost that was billed."""
        handler = OpenRouterCostHandler("$1")

        await call(way, router_of(books), handler)

        count = WAYS[way][0]
        assert asked(books) == [FIRST] * count
        assert [(record.model_asked, record.status) for record in handler.records] == [(FIRST, "billed")] * count
        settled(books, handler)

    @pytest.mark.parametrize("way", WAYS)
    async def test_answered_by_the_second(self, books: Books, way: str) -> None:
        """A refusal and an answer are two records, the first with no cost."""
        books.fail(Fault(kind="status", status=503, model=FIRST))
        handler = OpenRouterCostHandler("$1")

        await call(way, router_of(books), handler)

        count = WAYS[way][0]
        told = sorted((record.model_asked, record.error or "", record.cost == 0) for record in handler.records)
        assert told == [(SECOND, "", False)] * count + [(FIRST, "ServiceUnavailableError", True)] * count
        settled(books, handler)

    async def test_first_breaks_off(self, alone: Books) -> None:
        """An answer that broke off is charged all the same; what it cost is known after a look at the account."""
        alone.fail(Fault(kind="cut", after=1, model=FIRST))
        handler = OpenRouterCostHandler("$1")

        for way, (count, _) in WAYS.items():
            before = len(alone.bodies), handler.calls, handler.tally.pending_calls
            await call(way, router_of(alone), handler)
            after = len(alone.bodies), handler.calls, handler.tally.pending_calls
            grown = [new - old for new, old in zip(after, before, strict=True)]
            assert grown == [2 * count, 2 * count, count], way

        assert handler.total > alone.spent
        reconciled(alone, handler)


REFUSALS = (400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529)
BREAKS: tuple[FaultKind, ...] = ("html", "empty", "cut", "end_early", "midstream_error", "error_in_200")


class TestEachFailure:
    @pytest.mark.parametrize("position", range(3))
    async def test_refusals(self, books: Books, ask: Ask, position: int) -> None:
        """Whatever refuses whom: one record for each attempt, and the sum is what was charged."""
        handler = OpenRouterCostHandler("$1")
        for status in REFUSALS:
            books.fail(*(Fault(kind="status", status=503, model=model) for model in THREE[:position]))
            books.fail(Fault(kind="status", status=status, model=THREE[position]))
            before = len(books.bodies)
            await _quietly(ask, router_of(books), handler)
            assert handler.calls == len(books.bodies)
            assert len(books.bodies) - before >= position + 1
            books.emulator.clear_faults()

        settled(books, handler)

    async def test_breaks(self, alone: Books, ask: Ask) -> None:
        """So it is with answers that break off or cannot be read, before their first content."""
        handler = OpenRouterCostHandler("$100")
        for position, kind in itertools.product(range(3), BREAKS):
            alone.fail(*(Fault(kind="status", status=503, model=model) for model in THREE[:position]))
            alone.fail(Fault(kind=kind, model=THREE[position], after=1))
            await _quietly(ask, router_of(alone), handler)
            assert handler.calls == len(alone.bodies)
            alone.emulator.clear_faults()

        reconciled(alone, handler)

    async def test_breaks_after_content(self, alone: Books, ask: Ask) -> None:
        """So it is after content, whether the error is raised or another model begins anew."""
        handler = OpenRouterCostHandler("$100")
        for kind, what in itertools.product(BREAKS[2:5], ("raise", "restart")):
            alone.fail(Fault(kind=kind, model=FIRST, after=3))
            await _quietly(ask, router_of(alone, on_midstream_error=what), handler)
            assert handler.calls == len(alone.bodies)
            alone.emulator.clear_faults()

        reconciled(alone, handler)


async def _quietly(ask: Ask, router: ModelRouter, handler: Any) -> None:
    with contextlib.suppress(OpenRouterError):
        await ask(router, SAY, config={"callbacks": [handler]})


class TestOnce:
    async def test_block_and_handlers(self, books: Books, ask: Ask) -> None:
        """A handler in the router and in the config, within a block: each counts an attempt once."""
        books.fail(Fault(kind="status", status=503, model=FIRST))
        handler = OpenRouterCostHandler("$1")

        with track_cost("$1") as block:
            await ask(router_of(books, callbacks=[handler]), SAY, config={"callbacks": [handler, handler]})

        assert (handler.calls, block.calls) == (2, 2)
        assert handler.total == block.total == books.spent > 0

    async def test_of_a_candidate(self, books: Books, ask: Ask) -> None:
        """A handler of one candidate sees the calls of that one books."""
        handler = OpenRouterCostHandler("$1")
        router = router_of(books, books.model(FIRST, callbacks=[handler]), SECOND)
        await ask(router, SAY)
        spent = books.spent
        books.fail(Fault(kind="status", status=503, model=FIRST))
        await ask(router, SAY)

        assert (handler.calls, handler.total) == (2, spent)
        assert books.spent > spent

    async def test_ledger(self, books: Books, ask: Ask) -> None:
        """The ledger has one row for each attempt, all of the same run."""
        books.fail(Fault(kind="status", status=503, model=FIRST))
        ledger = Ledger.open("memory:")
        handler = OpenRouterCostHandler(Budget("$1", per="day"), ledger=ledger)

        await ask(router_of(books), SAY, config={"callbacks": [handler]})

        records = list(ledger.records())
        assert sorted(str(record.model_asked) for record in records) == sorted([FIRST, SECOND])
        assert len({record.run_id for record in records}) == 1
        assert sum(record.cost or 0 for record in records) == books.spent

    @pytest.mark.parametrize("style", ["invoke", "astream"])
    async def test_who_finds_the_task(self, books: Books, style: str) -> None:
        """A model that finds the task is paid for, too, by the same handler and in the same run."""
        handler = OpenRouterCostHandler("$1")

        await STYLES[style](router_of(books, tasks=books.model(THIRD)), SAY, config={"callbacks": [handler]})

        assert [record.model_asked for record in handler.records] == asked(books) == [THIRD, FIRST]
        settled(books, handler)

    async def test_decisions_cost_nothing(self, books: Books) -> None:
        """To ask who would answer books nothing and sends nothing."""
        with track_cost("$1") as cost:
            router = router_of(books)
            router.decide(SAY)
            await router.adecide(SAY)

        assert (cost.calls, books.requests) == (0, [])

    def test_agent(self, books: Books) -> None:
        """Each turn of an agent's loop is booked once, refused attempts too."""

        def weather(city: str) -> str:
            """Tell the weather in a city."""
            return f"It is sunny in {city}."

        books.fail(Fault(kind="status", status=503, model=FIRST, nth=1))
        handler = OpenRouterCostHandler("$1")
        agent: Any = create_agent(router_of(books), tools=[weather])

        agent.invoke({"messages": [HumanMessage("Weather in Oslo?")]}, {"callbacks": [handler]})

        assert asked(books) == [FIRST, SECOND, FIRST]
        assert [record.model_asked for record in handler.records] == asked(books)
        settled(books, handler)

    def test_nothing_is_kept(self, books: Books) -> None:
        """The handler of a program that runs for months does not remember runs that are over."""
        handler = OpenRouterCostHandler("$1")
        config: Any = {"callbacks": [handler]}
        router = router_of(books)

        router.invoke(SAY, config)
        list(router.stream(SAY, config))
        assert list(router.stream_events(SAY, config, version="v3"))

        assert handler._runs == {}


class TestTokens:
    @pytest.mark.parametrize("way", [way for way in WAYS if way != "events v3"])  # LangChain announces two runs there
    async def test_counted_once(self, served: Served, way: str) -> None:
        """LangChain's own callback counts the tokens of an answer once."""
        router = router_of(served)
        tokens: Any = router.invoke(SAY).usage_metadata

        with get_usage_metadata_callback() as usage:
            await call(way, router)

        counted: Any = usage.usage_metadata
        assert {name: each["total_tokens"] for name, each in counted.items()} == {
            FIRST: WAYS[way][0] * tokens["total_tokens"]
        }

    async def test_by_model(self, served: Served, ask: Ask) -> None:
        """Answers of two models are counted under two names, and add up."""
        router = router_of(served)
        with get_usage_metadata_callback() as usage:
            first = await ask(router, SAY)
            served.fail(Fault(kind="status", status=503, model=FIRST))
            second = await ask(router, SAY)

        counted: Any = usage.usage_metadata
        assert {name: each["total_tokens"] for name, each in counted.items()} == {
            FIRST: first.usage_metadata["total_tokens"],  # type: ignore[index]
            SECOND: second.usage_metadata["total_tokens"],  # type: ignore[index]
        }


class TestBudgets:
    async def test_says_no(self, books: Books, ask: Ask) -> None:
        """A budget that is used up stops the router's call; nothing of it is set aside any more."""
        handler = OpenRouterCostHandler("$0.0000001")

        with pytest.raises(BudgetExceededError):
            await ask(router_of(books), SAY, config={"callbacks": [handler]})

        (status,) = handler.status()
        assert [status.spent, status.reserved] == [0, 0]
        assert [books.bodies, books.spent] == [[], 0]

    async def test_says_no_to_the_second(self, books: Books, ask: Ask) -> None:
        """A fallback is a call like any other: a budget too small for it stops it."""
        books.fail(Fault(kind="status", status=503, model=FIRST))
        handler = OpenRouterCostHandler("$0.02")  # pays the longest answer of the first, not that of the third

        with pytest.raises(BudgetExceededError) as caught:
            await ask(router_of(books, FIRST, THIRD), SAY, config={"callbacks": [handler]})

        assert [each["error"] for each in caught.value.attempts] == [  # type: ignore[attr-defined]
            "ServiceUnavailableError",
            "BudgetExceededError",
        ]
        assert asked(books) == [FIRST]
        assert handler.total == books.spent == 0

    async def test_many_at_once(self, books: Books) -> None:
        """Many calls at once, some of them with fallbacks, spend no more than there is, and are booked exactly."""
        books.fail(Fault(kind="status", status=503, model=FIRST, probability=0.3))
        handler = OpenRouterCostHandler("$0.05")
        router = router_of(books, max_tokens=100)

        results = await asyncio.gather(
            *(router.ainvoke(SAY, {"callbacks": [handler]}) for _ in range(60)), return_exceptions=True
        )

        assert all(not isinstance(each, BaseException) or isinstance(each, BudgetExceededError) for each in results)
        assert handler.calls == len(books.bodies)
        assert handler.total == books.spent <= Decimal("0.05")
        settled(books, handler)


class TestOthers:
    async def test_another_provider(self, books: Books, ask: Ask) -> None:
        """The call of a model of another provider is one record, whose cost nobody knows."""
        with track_cost() as cost:
            await ask(router_of(books, Elsewhere()), SAY)

        assert [(record.cost, record.status) for record in cost.records] == [(None, "unknown")]

    async def test_abandoned(self, alone: Books) -> None:
        """A stream that its reader leaves is booked, and learnt later."""
        handler = OpenRouterCostHandler("$1")
        stream: Any = router_of(alone).stream(SAY, {"callbacks": [handler]})
        next(stream)
        stream.close()

        assert wait_until(lambda: handler.calls == 1)
        (record,) = handler.records
        assert (record.error, record.pending) == ("GeneratorExit", True)
        reconciled(alone, handler)
