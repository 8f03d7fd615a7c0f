"""`track_cost`: tracking by a block of code, without callbacks, in tasks, threads, agents and graphs."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.runnables.config import ContextThreadPoolExecutor
from langgraph.graph import START, StateGraph

from langchain_openrouter import BudgetExceededError, OpenRouterCostHandler, track_cost
from langchain_openrouter.tracking.ambient import _block

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    from integration_tests.support import Ask, Served

QUESTION: Any = {"messages": [HumanMessage("What is the weather in Oslo?")]}


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


@pytest.fixture(autouse=True)
def no_block_is_left() -> Iterator[None]:
    """Hold each test to leaving no block behind."""
    yield
    assert _block.get() is None


class TestBlock:
    async def test_counts(self, served: Served, ask: Ask) -> None:
        """A block counts the calls in it, not those before and after."""
        before = served.emulator.spent
        await ask(served.model(), "Hello")
        between = served.emulator.spent
        with track_cost() as cost:
            await ask(served.model(), "Hello")
        async with track_cost() as other:
            await ask(served.model(), "Hello")
        await ask(served.model(), "Hello")

        assert before < between
        assert cost.calls == other.calls == 1
        assert cost.total == other.total == between - before

    async def test_refuses(self, served: Served, ask: Ask) -> None:
        """The budget of a block holds for all of it, as one run."""
        with track_cost("$0.0003") as cost:
            for _ in range(20):
                try:
                    await ask(served.model(max_tokens=300), "Hello")
                except BudgetExceededError:
                    break

        assert 1 <= cost.calls < 20
        assert cost.total <= Decimal("0.0003")

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_agent_and_graph(self, served: Served, asynchronous: bool) -> None:
        """A block sees the calls of agents and graphs that know nothing of it."""

        class State(TypedDict):
            said: str

        def speak(state: State) -> State:
            return {"said": served.model().invoke("Hello").text}

        graph = StateGraph(State)
        graph.add_node("speak", speak)
        graph.add_edge(START, "speak")
        program: Any = graph.compile()
        agent: Any = create_agent(served.model(), tools=[weather])

        with track_cost("$1") as cost:
            if asynchronous:
                await agent.ainvoke(QUESTION)
                await program.ainvoke({"said": ""})
            else:
                agent.invoke(QUESTION)
                program.invoke({"said": ""})

        assert cost.calls == len(served.bodies) == 3
        assert cost.ledger is not None
        assert cost.ledger.in_flight() == 0

    async def test_batch(self, served: Served) -> None:
        """Threads of a batch, and LangChain's own pool, belong to the block."""
        with track_cost("$1") as cost:
            served.model().batch(["Hello"] * 6, config={"max_concurrency": 3})
            await served.model().abatch(["Hello"] * 6)
            with ContextThreadPoolExecutor() as pool:
                list(pool.map(served.model().invoke, ["Hello"] * 3))

        assert cost.calls == 15

    def test_threads_of_the_program(self, served: Served) -> None:
        """A thread that the program starts itself does not belong to the block, unless it is given its context."""
        with track_cost() as cost, ThreadPoolExecutor() as pool:
            pool.submit(served.model().invoke, "Hello").result()
            alone = cost.calls
            pool.submit(contextvars.copy_context().run, served.model().invoke, "Hello").result()

        assert (alone, cost.calls) == (0, 1)


class TestNested:
    def test_each_has_what_is_in_it(self, served: Served) -> None:
        """An outer block has the calls of the inner one too; after the inner one, only the outer one counts on."""
        with track_cost() as outer:
            served.model().invoke("Hello")
            with track_cost() as inner:
                served.model().invoke("Hello")
            served.model().invoke("Hello")

        assert (outer.calls, inner.calls) == (3, 1)

    def test_both_hold(self, served: Served) -> None:
        """The narrower budget refuses, whether it is the inner one or the outer one."""
        for budgets in (("$1", "$0.000001"), ("$0.000001", "$1")):
            with track_cost(budgets[0]), track_cost(budgets[1]), pytest.raises(BudgetExceededError):
                served.model().invoke("Hello")

        assert served.requests == []

    def test_one_block_twice(self, served: Served) -> None:
        """A block that stands in itself counts once, and ends with its outer end."""
        block = track_cost()
        with block as cost:
            with block:
                served.model().invoke("Hello")
            served.model().invoke("Hello")
        served.model().invoke("Hello")

        assert cost.calls == 2

    def test_one_block_again(self, served: Served) -> None:
        """A block can be entered again after its end, and counts on."""
        block = track_cost()
        for _ in range(2):
            with block as cost:
                served.model().invoke("Hello")

        assert cost.calls == 2

    def test_not_in_the_order_of_beginning(self, served: Served) -> None:
        """Where a block ends after one that it began in, neither goes on after its end."""
        outer, inner = track_cost(), track_cost()
        first, second = outer.__enter__(), inner.__enter__()
        served.model().invoke("Hello")
        outer.__exit__(None, None, None)
        served.model().invoke("Hello")
        inner.__exit__(None, None, None)
        served.model().invoke("Hello")

        assert (first.calls, second.calls) == (1, 2)

    def test_exception(self, served: Served) -> None:
        """An exception leaves the block, which ends, and is not swallowed."""
        inner = track_cost()

        def work() -> None:
            with inner:
                served.model().invoke("Hello")
                raise KeyError

        with track_cost() as outer:
            with pytest.raises(KeyError):
                work()
            served.model().invoke("Hello")

        assert outer.calls == 2


class TestConcurrent:
    async def test_tasks(self, served: Served) -> None:
        """Blocks of tasks that run at once do not mix."""

        async def work(calls: int) -> OpenRouterCostHandler:
            async with track_cost("$1") as cost:
                for _ in range(calls):
                    await served.model().ainvoke("Hello")
            return cost

        with track_cost() as whole:
            costs = await asyncio.gather(*(work(calls) for calls in range(1, 7)))

        assert [cost.calls for cost in costs] == [1, 2, 3, 4, 5, 6]
        assert whole.calls == 21
        assert whole.total == sum((cost.total for cost in costs), Decimal(0))

    def test_threads(self, served: Served) -> None:
        """Blocks of threads that run at once do not mix."""
        found: dict[int, int] = {}

        def work(calls: int) -> None:
            with track_cost("$1") as cost:
                for _ in range(calls):
                    served.model().invoke("Hello")
            found[calls] = cost.calls

        threads = [threading.Thread(target=work, args=(calls,)) for calls in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert found == {1: 1, 2: 2, 3: 3, 4: 4}

    async def test_one_block_in_many_tasks(self, served: Served) -> None:
        """One block that many tasks enter at once counts all their calls, and ends in each by itself."""
        block = track_cost("$1")
        gate = asyncio.Event()

        async def work(number: int) -> None:
            async with block:
                if number:
                    await gate.wait()
                await served.model().ainvoke("Hello")
            gate.set()
            assert _block.get() is None
            await served.model().ainvoke("Hello")

        await asyncio.gather(*(work(number) for number in range(4)))

        assert block._handler.calls == 4

    async def test_task_that_goes_on(self, served: Served) -> None:
        """A task that a block began belongs to it, also after the block."""

        async def work() -> None:
            await asyncio.sleep(0.02)
            await served.model().ainvoke("Hello")

        async with track_cost("$1") as cost:
            task = asyncio.create_task(work())
        await task

        assert cost.calls == 1


class TestGenerators:
    def test_ended_in_another_context(self, served: Served) -> None:
        """A generator whose block ends in another context than it began in disturbs no block there."""

        def numbers() -> Generator[int]:
            with track_cost():
                yield 1
                yield 2

        generator = numbers()
        contextvars.copy_context().run(next, generator)
        with track_cost() as cost:
            generator.close()
            served.model().invoke("Hello")

        assert cost.calls == 1

    async def test_asynchronous(self, served: Served) -> None:
        """An asynchronous generator may be closed by another task than the one that began it."""

        async def numbers() -> AsyncIterator[int]:
            async with track_cost():
                yield 1
                yield 2

        generator: Any = numbers()
        await asyncio.create_task(generator.__anext__())
        async with track_cost() as cost:
            await asyncio.create_task(generator.aclose())
            await served.model().ainvoke("Hello")

        assert cost.calls == 1

    def test_interleaved(self, served: Served) -> None:
        """Two generators with blocks that take turns in one thread leave nothing behind."""

        def numbers() -> Iterator[OpenRouterCostHandler]:
            with track_cost() as cost:
                yield cost

        first, second = numbers(), numbers()
        next(first)
        next(second)
        list(first)
        list(second)

        served.model().invoke("Hello")
        assert _block.get() is None


class TestInTheLoop:
    async def test_few_hops(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many pieces an answer comes in, a call is handed to a thread twice: at its begin and its end."""
        loop = asyncio.get_running_loop()
        hops: list[Any] = []
        hand_over = loop.run_in_executor

        def counted(executor: Any, work: Any, *args: Any) -> Any:
            hops.append(work)
            return hand_over(executor, work, *args)

        monkeypatch.setattr(loop, "run_in_executor", counted)
        handler = OpenRouterCostHandler("$1")
        model = served.model()
        alone = [chunk async for chunk in model.astream("Tell me a very long story")]
        without = len(hops)
        hops.clear()

        chunks = [chunk async for chunk in model.astream("Tell me a very long story", config={"callbacks": [handler]})]

        assert len(alone) > 10
        assert len(chunks) > 10
        assert len(hops) - without == 2
        assert handler.records[0].first_token_s is not None

    async def test_few_hops_of_a_block(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same is so of a block, and of an agent's chain events, which are many."""
        loop = asyncio.get_running_loop()
        agent: Any = create_agent(served.model(), tools=[weather])
        hops: list[Any] = []
        hand_over = loop.run_in_executor

        def counted(executor: Any, work: Any, *args: Any) -> Any:
            hops.append(work)
            return hand_over(executor, work, *args)

        monkeypatch.setattr(loop, "run_in_executor", counted)
        await agent.ainvoke(QUESTION)
        without = len(hops)
        hops.clear()
        with track_cost("$1") as cost:
            await agent.ainvoke(QUESTION)

        assert len(hops) - without == 2 * cost.calls == 4
