"""Calls that fail, are cut off or are left: what was set aside is given back, or counts until the truth is known."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage

from integration_tests.support import STREAMS, Ask, Served, wait_until
from langchain_openrouter import Budget, OpenRouterCostHandler, track_cost
from langchain_openrouter.emulator import Emulator, Fault
from langchain_openrouter.emulator.failing.faults import MidstreamForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_openrouter.costs.record import CallRecord
    from langchain_openrouter.ledger.reconciliation import Reconciliation

LONG = "Tell me a long story"
REFUSALS = (400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 524, 529)


@pytest.fixture
def alone() -> Iterator[Served]:
    """Serve an emulator that is this test's own, so that its account is of this test's calls."""
    with Emulator(credits=None, seed=7, late_generations=1) as emulator:
        yield Served(emulator)


def only(handler: OpenRouterCostHandler) -> CallRecord:
    """Give the only record; nothing may be on its way any more."""
    (record,) = handler.records
    assert handler._open == {}
    assert handler.ledger is not None
    assert handler.ledger.in_flight() == 0
    return record


def reconciled(served: Served, handler: OpenRouterCostHandler) -> Reconciliation:
    """Reconcile until OpenRouter knows all generations, and hold the result against the emulator."""
    served.emulator.clear_faults()
    server = {"api_key": served.emulator.api_key, "base_url": served.emulator.base_url}
    result = handler.reconcile(**server)
    for _ in range(2):
        if result is not None and result.pending:
            result = handler.reconcile(**server)
    assert result is not None
    assert result.pending == 0
    assert result.difference == 0
    assert handler.total == served.emulator.spent
    (status,) = handler.status()
    assert [status.spent, status.reserved] == [served.emulator.spent, 0]
    assert handler.tally.pending_calls == 0
    return result


class TestRefusedByOpenRouter:
    @pytest.mark.parametrize("status", REFUSALS)
    async def test_status(self, served: Served, ask: Ask, status: int) -> None:
        """A call that OpenRouter refused costs nothing, and all that was set aside is given back; it is a call."""
        served.fail(Fault(kind="status", status=status))
        handler = OpenRouterCostHandler("$1")

        with pytest.raises(Exception, match=r".") as failed:
            await ask(served.model(), "Hello", config={"callbacks": [handler]})

        record = only(handler)
        assert (record.cost, record.status, record.pending) == (Decimal(0), "computed", False)
        assert record.error == type(failed.value).__name__
        assert [handler.calls, handler.tally.failed_calls, handler.total] == [1, 1, 0]
        assert [each for status in handler.status() for each in (status.spent, status.reserved)] == [0, 0]

    @pytest.mark.parametrize("kind", ["error_in_200", "html"])
    async def test_other_forms(self, alone: Served, ask: Ask, kind: Any) -> None:
        """A refusal in a good response, or as a page, costs nothing either."""
        alone.fail(Fault(kind=kind, status=429))
        handler = OpenRouterCostHandler("$1")

        with pytest.raises(Exception, match=r"."):
            await ask(alone.model(), "Hello", config={"callbacks": [handler]})

        assert only(handler).cost == 0

    async def test_unknown_model(self, alone: Served, ask: Ask) -> None:
        """A call that is stopped before it is sent costs nothing."""
        handler = OpenRouterCostHandler("$1", on_unknown_price="allow")

        with pytest.raises(Exception, match="no/such-model"):
            await ask(alone.model("no/such-model"), "Hello", config={"callbacks": [handler]})

        assert handler.total == 0
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0

    async def test_nobody_there(self, ask: Ask) -> None:
        """A server that cannot be reached has billed nothing."""
        with Emulator() as emulator:
            model = Served(emulator).model()
        handler = OpenRouterCostHandler("$1")

        with pytest.raises(Exception, match=r"."):
            await ask(model, "Hello", config={"callbacks": [handler]})

        record = only(handler)
        assert (record.cost, record.pending) == (Decimal(0), False)


class TestCutOff:
    @pytest.mark.parametrize("kind", ["cut", "end_early"])
    @pytest.mark.parametrize("style", STREAMS)
    @pytest.mark.parametrize("budget", ["$1", None])
    async def test_stream(self, alone: Served, style: str, kind: Any, budget: str | None) -> None:
        """A stream that was cut counts as what was set aside, until its generation is looked up."""
        alone.fail(Fault(kind=kind, after=3))
        handler = OpenRouterCostHandler(budget, ledger="memory:")

        with pytest.raises(Exception, match=r"."):
            await STREAMS[style](alone.model(), LONG, config={"callbacks": [handler]})

        record = handler.records[0]
        assert (record.status, record.pending) == ("estimated", True)
        assert record.generation_id in alone.emulator.generations
        assert record.cost
        if budget:
            assert record.cost == record.reserved
            assert record.cost > alone.emulator.spent
            reconciled(alone, handler)
        else:
            alone.emulator.clear_faults()
            server = {"api_key": alone.emulator.api_key, "base_url": alone.emulator.base_url}
            handler.reconcile(**server)
            handler.reconcile(**server)
        assert handler.records[0].status == "billed"
        assert handler.total == alone.emulator.spent > 0

    @pytest.mark.parametrize("kind", ["cut", "end_early"])
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_whole(self, alone: Served, asynchronous: bool, kind: Any) -> None:
        """A whole answer that was cut counts as what was set aside; the account tells what it did cost."""
        alone.fail(Fault(kind=kind))
        handler = OpenRouterCostHandler("$1")
        config: Any = {"callbacks": [handler]}

        with pytest.raises(Exception, match=r"."):
            await alone.model().ainvoke(LONG, config) if asynchronous else alone.model().invoke(LONG, config)

        record = only(handler)
        assert (record.status, record.pending, record.cost) == ("estimated", True, record.reserved)
        reconciled(alone, handler)

    @pytest.mark.parametrize("form", MidstreamForm.__args__)  # type: ignore[attr-defined]
    @pytest.mark.parametrize("style", STREAMS)
    async def test_midstream_error(self, alone: Served, style: str, form: Any) -> None:
        """An error in the middle of a stream, in every form, counts as what was set aside until it is looked up."""
        alone.fail(Fault(kind="midstream_error", after=3, form=form))
        handler = OpenRouterCostHandler("$1")

        with pytest.raises(Exception, match=r"."):
            await STREAMS[style](alone.model(), LONG, config={"callbacks": [handler]})

        record = only(handler)
        assert (record.status, record.pending) == ("estimated", True)
        reconciled(alone, handler)

    async def test_timeout(self, alone: Served, ask: Ask) -> None:
        """An answer that came too late may have been billed."""
        alone.fail(Fault(kind="slow_headers", seconds=5))
        handler = OpenRouterCostHandler("$1")

        with pytest.raises(Exception, match=r"."):
            await ask(alone.model(timeout=0.2), LONG, config={"callbacks": [handler]})

        record = only(handler)
        assert (record.status, record.pending, record.cost) == ("estimated", True, record.reserved)

    async def test_empty(self, alone: Served, ask: Ask) -> None:
        """An answer without choices may have been billed."""
        alone.fail(Fault(kind="empty"))
        handler = OpenRouterCostHandler("$1")

        with pytest.raises(Exception, match=r"."):
            await ask(alone.model(), LONG, config={"callbacks": [handler]})

        record = only(handler)
        assert record.status in {"estimated", "billed"}
        assert record.cost is not None
        assert record.cost >= alone.emulator.spent


class TestLeft:
    @pytest.mark.parametrize("budget", ["$1", None])
    def test_break(self, alone: Served, budget: str | None) -> None:
        """A stream that its reader left is told by its generation."""
        handler = OpenRouterCostHandler(budget, ledger="memory:")
        for _ in alone.model().stream(LONG, config={"callbacks": [handler]}):
            break

        record = handler.records[0]
        assert (record.error, record.status, record.pending) == ("GeneratorExit", "estimated", True)
        assert record.generation_id in alone.emulator.generations
        assert record.cost
        if budget:
            reconciled(alone, handler)

    def test_collected(self, alone: Served) -> None:
        """A stream that nobody holds any more, in a cycle of objects, is told when the collector finds it."""
        handler = OpenRouterCostHandler("$1")
        chunks: Any = [alone.model().stream(LONG, config={"callbacks": [handler]})]
        next(chunks[0])
        chunks.append(chunks)
        del chunks
        gc.collect()

        record = only(handler)
        assert (record.status, record.pending) == ("estimated", True)
        reconciled(alone, handler)

    async def test_aclose(self, alone: Served) -> None:
        """An asynchronous stream that was closed early is told, too."""
        handler = OpenRouterCostHandler("$1")
        stream: Any = alone.model().astream(LONG, config={"callbacks": [handler]})
        async with aclosing(stream) as chunks:
            async for _ in chunks:
                break

        record = only(handler)
        assert (record.status, record.pending) == ("estimated", True)
        reconciled(alone, handler)

    @pytest.mark.parametrize("style", ["ainvoke", "astream", "agent"])
    async def test_cancelled(self, alone: Served, style: str) -> None:
        """A call whose task was cancelled counts as what was set aside: it is no leak, and is not forgotten."""
        alone.fail(Fault(kind="stall", after=2, seconds=20))
        handler = OpenRouterCostHandler("$1")
        config: Any = {"callbacks": [handler]}

        async def work() -> None:
            if style == "astream":
                async for _ in alone.model().astream(LONG, config):
                    pass
            elif style == "ainvoke":
                await alone.model().ainvoke(LONG, config)
            else:
                from langchain.agents import create_agent

                agent: Any = create_agent(alone.model(), tools=[])
                await agent.ainvoke({"messages": [HumanMessage(LONG)]}, config)

        task = asyncio.create_task(work())
        assert await asyncio.to_thread(wait_until, lambda: bool(alone.emulator.generations), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        record = only(handler)
        assert (record.error, record.status, record.pending) == ("CancelledError", "estimated", True)
        reconciled(alone, handler)

    async def test_many_cancelled(self, alone: Served) -> None:
        """Calls of which most were cancelled leave nothing set aside, and add up with the account."""
        alone.fail(Fault(kind="stall", after=2, seconds=20, probability=0.6))
        handler = OpenRouterCostHandler("$1")
        tasks = [
            asyncio.create_task(alone.model().ainvoke(f"{LONG} {number}", {"callbacks": [handler]}))
            for number in range(20)
        ]
        assert await asyncio.to_thread(wait_until, lambda: len(alone.emulator.generations) == 20, 20)
        _, running = await asyncio.wait(tasks, timeout=1)
        for task in running:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

        assert running
        assert handler.calls == 20
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0
        reconciled(alone, handler)


class TestLateGenerations:
    def test_pending_until_told(self) -> None:
        """While OpenRouter does not know a generation yet, the estimate stays; then it is corrected, once."""
        with Emulator(credits=None, late_generations=2) as emulator:
            served, handler = Served(emulator), OpenRouterCostHandler("$1")
            for _ in served.model().stream(LONG, config={"callbacks": [handler]}):
                break
            server = {"api_key": emulator.api_key, "base_url": emulator.base_url}

            results = [handler.reconcile(**server) for _ in range(4)]

            assert [(result.corrected, result.pending) for result in results if result] == [
                (0, 1), (0, 1), (1, 0), (0, 0)
            ]  # fmt: skip
            assert handler.total == emulator.spent > 0


def test_failure_in_a_block(served: Served) -> None:
    """An exception in a block ends the block, and what the block counted stays."""
    block = track_cost(Budget("$1", per="day"), ledger="memory:")

    def work() -> None:
        with block:
            served.model().invoke("Hello")
            raise KeyError

    with pytest.raises(KeyError):
        work()
    cost = block._handler

    served.model().invoke("Hello")
    assert cost.calls == 1


@pytest.mark.timeout(30)
@pytest.mark.parametrize("place", ["the sums", "the store"])
def test_collected_while_another_call_is_counted(alone: Served, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """A stream that the collector finds while its handler counts another call does not block the thread."""
    handler = OpenRouterCostHandler("$1")
    assert handler.ledger is not None
    owner: Any = handler._tallies if place == "the sums" else handler.ledger._store
    name = "add" if place == "the sums" else "settle"
    count = getattr(owner, name)

    def collect(*args: Any) -> Any:
        gc.collect()
        return count(*args)

    chunks: Any = [alone.model().stream(LONG, config={"callbacks": [handler]})]
    gc.disable()
    try:
        next(chunks[0])
        chunks.append(chunks)
        del chunks
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, collect)
            alone.model().invoke("Hello", config={"callbacks": [handler]})
    finally:
        gc.enable()

    assert handler.calls == 2
    assert handler.ledger.in_flight() == 0
    reconciled(alone, handler)
