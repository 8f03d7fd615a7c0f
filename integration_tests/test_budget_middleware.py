"""`BudgetMiddleware`: a budget for a run of an agent and for a thread, wherever it stands among other middleware."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, ModelFallbackMiddleware, ModelRetryMiddleware
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Command
from pydantic import BaseModel

from integration_tests.support import MODEL, Served
from langchain_openrouter import BudgetExceededError, Ledger, track_cost
from langchain_openrouter.agents import BudgetMiddleware
from langchain_openrouter.emulator import Fault

OTHER = "openai/gpt-4o"
QUESTION: Any = {"messages": [HumanMessage("What is the weather in Oslo?")]}
ROOM: Any = {"max_tokens": 100}
"""A call costs at most some hundredths of a cent."""


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class Report(BaseModel):
    """The weather in a city."""

    city: str


async def run(agent: Any, question: Any = None, *, asynchronous: bool, thread: str | None = None, **config: Any) -> Any:
    """Run an agent to its end."""
    config["configurable"] = {"thread_id": thread} if thread else {}
    question = QUESTION if question is None else question
    return await agent.ainvoke(question, config) if asynchronous else agent.invoke(question, config)


def spent(ledger: Ledger) -> Decimal:
    """Give what a ledger has booked; nothing may be on its way."""
    assert ledger.in_flight() == 0
    return sum((record.cost or Decimal(0) for record in ledger.records()), Decimal(0))


@pytest.mark.parametrize("asynchronous", [False, True])
class TestLimits:
    @pytest.mark.parametrize("checkpointer", [False, True])
    @pytest.mark.parametrize("exit_behavior", ["error", "end"])
    @pytest.mark.parametrize("kind", ["run_limit", "thread_limit"])
    async def test_refused(
        self, served: Served, asynchronous: bool, kind: str, exit_behavior: Any, checkpointer: bool
    ) -> None:
        """A call above the limit is not sent; the run ends with an error, or with a message that says why."""
        limits: Any = {kind: "$0.0000001"}
        budget = BudgetMiddleware(**limits, exit_behavior=exit_behavior, ledger="memory:")
        saver = InMemorySaver() if checkpointer else None
        agent: Any = create_agent(served.model(**ROOM), tools=[weather], middleware=[budget], checkpointer=saver)

        if exit_behavior == "error":
            with pytest.raises(BudgetExceededError):
                await run(agent, asynchronous=asynchronous, thread="1")
        else:
            last = (await run(agent, asynchronous=asynchronous, thread="1"))["messages"][-1]
            assert isinstance(last, AIMessage)
            assert last.tool_calls == []
            assert "The run ends here" in last.text

        assert served.requests == []
        assert budget.ledger.in_flight() == 0

    async def test_in_the_middle(self, served: Served, asynchronous: bool) -> None:
        """A run that reaches its limit after some steps keeps what it did, and ends there."""
        budget = BudgetMiddleware(run_limit="$0.0005", exit_behavior="end", ledger="memory:")
        agent: Any = create_agent(served.model(max_tokens=500), tools=[weather], middleware=[budget])
        await run(agent, asynchronous=asynchronous)
        first = spent(budget.ledger)
        assert budget.run_budget is not None
        budget.run_budget.limit = Decimal("0.00048")

        messages = (await run(agent, asynchronous=asynchronous))["messages"]

        assert first > 0
        assert [type(message).__name__ for message in messages] == [
            "HumanMessage", "AIMessage", "ToolMessage", "AIMessage"
        ]  # fmt: skip

    async def test_each_run_anew(self, served: Served, asynchronous: bool) -> None:
        """A run limit holds for each run by itself; a thread limit for all runs of a thread, and no other thread."""
        agent: Any = create_agent(
            served.model(**ROOM),
            tools=[],
            middleware=[budget := BudgetMiddleware(run_limit="$0.001", thread_limit="$0.0012", ledger="memory:")],
            checkpointer=InMemorySaver(),
        )
        assert budget.thread_budget is not None
        await run(agent, asynchronous=asynchronous, thread="1")
        budget.thread_budget.limit = spent(budget.ledger)

        with pytest.raises(BudgetExceededError) as refused:
            await run(agent, asynchronous=asynchronous, thread="1")
        budget.thread_budget.limit = Decimal("0.0012")
        await run(agent, asynchronous=asynchronous, thread="2")

        assert refused.value.budget == budget.thread_budget.name
        assert len(list(budget.ledger.records())) == 2

    async def test_without_a_thread(self, served: Served, asynchronous: bool) -> None:
        """Without a thread, the limit of a thread holds for a run."""
        budget = BudgetMiddleware(thread_limit="$0.001", ledger="memory:")
        agent: Any = create_agent(served.model(**ROOM), tools=[], middleware=[budget])

        for _ in range(20):
            await run(agent, asynchronous=asynchronous)

        assert len(list(budget.ledger.records())) == 20

    async def test_structured_answer(self, served: Served, asynchronous: bool) -> None:
        """An agent that was to give a structure ends all the same, without one."""
        budget = BudgetMiddleware(run_limit="$0", exit_behavior="end", ledger="memory:")
        agent: Any = create_agent(served.model(), tools=[weather], response_format=Report, middleware=[budget])

        result = await run(agent, asynchronous=asynchronous)

        assert "The run ends here" in result["messages"][-1].text
        assert result.get("structured_response") is None
        assert served.requests == []


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("innermost", [False, True])
class TestPlaces:
    async def test_retries_count(self, served: Served, asynchronous: bool, innermost: bool) -> None:
        """Each try of retry middleware is a call within the budget; what failed gives back what it had set aside."""
        served.fail(Fault(kind="status", status=503, times=2))
        retry = ModelRetryMiddleware(max_retries=3, initial_delay=0.0, on_failure="error")
        budget = BudgetMiddleware(run_limit="$0.01", ledger="memory:")
        places: list[Any] = [retry, budget] if innermost else [budget, retry]
        agent: Any = create_agent(served.model(), tools=[], middleware=places)

        await run(agent, asynchronous=asynchronous)

        assert [record.error for record in budget.ledger.records()] == ["ServiceUnavailableError"] * 2 + [None]
        assert spent(budget.ledger) > 0

    async def test_no_retry_of_a_refusal(self, served: Served, asynchronous: bool, innermost: bool) -> None:
        """Retry middleware does not try again what the budget refused, and what it raises is that refusal."""
        retry = ModelRetryMiddleware(max_retries=3, initial_delay=30.0, on_failure="error")
        budget = BudgetMiddleware(run_limit="$0", ledger="memory:")
        places: list[Any] = [retry, budget] if innermost else [budget, retry]
        agent: Any = create_agent(served.model(), tools=[], middleware=places)

        with pytest.raises(BudgetExceededError):
            await run(agent, asynchronous=asynchronous)

        assert served.requests == []

    async def test_fallback_to_a_cheaper_model(self, served: Served, asynchronous: bool, innermost: bool) -> None:
        """Fallback middleware goes on with a model that fits, on whichever side of it the budget stands."""
        fallback = ModelFallbackMiddleware(served.model(**ROOM))
        budget = BudgetMiddleware(run_limit="$0.001", ledger="memory:")
        places: list[Any] = [fallback, budget] if innermost else [budget, fallback]
        agent: Any = create_agent(served.model(OTHER), tools=[], middleware=places)

        messages = (await run(agent, asynchronous=asynchronous))["messages"]

        assert messages[-1].response_metadata["model_name"] == MODEL
        assert [body["model"] for body in served.bodies] == [MODEL]
        assert spent(budget.ledger) > 0

    @pytest.mark.parametrize("exit_behavior", ["error", "end"])
    async def test_every_model_too_dear(
        self, served: Served, asynchronous: bool, innermost: bool, exit_behavior: Any
    ) -> None:
        """Where no model fits, the run ends as asked for."""
        fallback = ModelFallbackMiddleware(served.model())
        budget = BudgetMiddleware(run_limit="$0", exit_behavior=exit_behavior, ledger="memory:")
        places: list[Any] = [fallback, budget] if innermost else [budget, fallback]
        agent: Any = create_agent(served.model(OTHER), tools=[], middleware=places)

        if exit_behavior == "error":
            with pytest.raises(BudgetExceededError):
                await run(agent, asynchronous=asynchronous)
        else:
            assert "The run ends here" in (await run(agent, asynchronous=asynchronous))["messages"][-1].text
        assert served.requests == []


@pytest.mark.parametrize("asynchronous", [False, True])
class TestStates:
    async def test_nothing_in_checkpoints(
        self, served: Served, asynchronous: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Checkpoints hold nothing of the middleware, and are read back under LangGraph's strict rules."""
        monkeypatch.setenv("LANGGRAPH_STRICT_MSGPACK", "true")
        budget = BudgetMiddleware(run_limit="$1", thread_limit="$1", ledger="memory:")
        saver = InMemorySaver(serde=JsonPlusSerializer())
        agent: Any = create_agent(served.model(), tools=[weather], middleware=[budget], checkpointer=saver)

        result = await run(agent, asynchronous=asynchronous, thread="1")
        await run(agent, asynchronous=asynchronous, thread="1")

        assert set(result) == {"messages"}
        states = list(agent.get_state_history({"configurable": {"thread_id": "1"}}))
        assert states
        assert all(set(state.values) <= {"messages"} for state in states)

    async def test_resumed(self, served: Served, asynchronous: bool) -> None:
        """A run that goes on after an interrupt is within a budget; the thread's budget has both halves."""
        budget = BudgetMiddleware(run_limit="$1", thread_limit="$1", ledger="memory:")
        places: list[Any] = [HumanInTheLoopMiddleware(interrupt_on={"weather": True}), budget]
        agent: Any = create_agent(
            served.model(**ROOM),
            tools=[weather],
            middleware=places,
            checkpointer=InMemorySaver(),
        )
        await run(agent, asynchronous=asynchronous, thread="1")
        assert budget.thread_budget is not None
        assert budget.run_budget is not None
        half = spent(budget.ledger)

        resumed: Any = Command(resume={"decisions": [{"type": "approve"}]})
        budget.thread_budget.limit = half
        with pytest.raises(BudgetExceededError):
            await run(agent, resumed, asynchronous=asynchronous, thread="1")
        budget.thread_budget.limit = Decimal(1)
        messages = (await run(agent, None, asynchronous=asynchronous, thread="1"))["messages"]

        assert messages[-1].text
        assert budget.thread_budget.status(thread="1").spent == spent(budget.ledger) > half > 0


@pytest.mark.parametrize("asynchronous", [False, True])
class TestTwoAgents:
    async def test_agent_as_a_tool(self, served: Served, asynchronous: bool) -> None:
        """An agent that is a tool of another has a run of its own, and what it spends is the other's spending, too."""
        inner_budget = BudgetMiddleware(run_limit="$1", ledger="memory:")
        outer_budget = BudgetMiddleware(run_limit="$1", ledger="memory:")
        inner: Any = create_agent(served.model(), tools=[], middleware=[inner_budget])

        def weather(city: str) -> str:
            """Tell the weather in a city."""
            answer: str = inner.invoke({"messages": [HumanMessage(city)]})["messages"][-1].text
            return answer

        async def aweather(city: str) -> str:
            """Tell the weather in a city."""
            answer: str = (await inner.ainvoke({"messages": [HumanMessage(city)]}))["messages"][-1].text
            return answer

        outer: Any = create_agent(
            served.model(), tools=[StructuredTool.from_function(weather, aweather)], middleware=[outer_budget]
        )
        with track_cost() as cost:
            await run(outer, asynchronous=asynchronous)

        assert len(list(inner_budget.ledger.records())) == 1
        assert len(list(outer_budget.ledger.records())) == cost.calls == 3
        assert 0 < spent(inner_budget.ledger) < spent(outer_budget.ledger) == cost.total

    @pytest.mark.parametrize("exit_behavior", ["error", "end"])
    async def test_a_tool_that_asks_models(self, served: Served, asynchronous: bool, exit_behavior: Any) -> None:
        """A tool spends the run's money: it is refused what does not fit, and the run ends as it does elsewhere."""
        model = served.model(**ROOM)
        budget = BudgetMiddleware(run_limit="$0.0004", exit_behavior=exit_behavior, ledger="memory:")

        def weather(city: str) -> str:
            """Tell the weather in a city."""
            return " ".join(model.invoke(f"{city} {number}").text for number in range(50))

        async def aweather(city: str) -> str:
            """Tell the weather in a city."""
            return " ".join([(await model.ainvoke(f"{city} {number}")).text for number in range(50)])

        tools = [StructuredTool.from_function(weather, aweather)]
        agent: Any = create_agent(model, tools=tools, middleware=[budget])
        with track_cost() as cost:
            if exit_behavior == "error":
                with pytest.raises(BudgetExceededError, match="agent run"):
                    await run(agent, asynchronous=asynchronous)
            else:
                assert "The run ends here" in (await run(agent, asynchronous=asynchronous))["messages"][-1].text

        assert 2 < cost.calls < 50
        assert cost.total == spent(budget.ledger) <= Decimal("0.0004")

    async def test_limits_of_others(self, served: Served, asynchronous: bool) -> None:
        """A run ends quietly at its own limits only: a budget around it raises."""
        budget = BudgetMiddleware(run_limit="$1", exit_behavior="end", ledger="memory:")
        agent: Any = create_agent(served.model(**ROOM), tools=[], middleware=[budget])

        with track_cost("$0.0000001"), pytest.raises(BudgetExceededError, match="total"):
            await run(agent, asynchronous=asynchronous)

    async def test_one_middleware_in_two_agents(self, served: Served, asynchronous: bool) -> None:
        """Two agents with one middleware share no run, and share a thread, as they share its budget."""
        budget = BudgetMiddleware(run_limit="$1", ledger="memory:")
        agents = [create_agent(served.model(), tools=[], middleware=[budget]) for _ in range(2)]
        for agent in agents:
            await run(agent, asynchronous=asynchronous)

        runs = {record.run_id for record in budget.ledger.records()}
        assert len(runs) == 2


class TestArguments:
    @pytest.mark.parametrize(
        "arguments",
        [{}, {"run_limit": "$1", "exit_behavior": "stop"}, {"run_limit": "much"}, {"thread_limit": -1}],
    )
    def test_refused(self, arguments: Any) -> None:
        """What makes no sense is refused when the middleware is made, with a reason and a remedy."""
        with pytest.raises(ValueError, match=r"[Pp]ass"):
            BudgetMiddleware(**arguments)
