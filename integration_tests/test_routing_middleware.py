"""`RoutingMiddleware`: a router in place of an agent's model, wherever it stands among other middleware."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    SummarizationMiddleware,
)
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from integration_tests.routers import FIRST, SECOND, THIRD, Elsewhere, asked, router_of
from langchain_openrouter import (
    BudgetExceededError,
    NoCandidateError,
    OpenRouterCostHandler,
    ServerError,
    track_cost,
)
from langchain_openrouter.agents import BudgetMiddleware, RoutingMiddleware
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing.health import Health

if TYPE_CHECKING:
    from integration_tests.support import Served

OWN = "openai/gpt-4o"
"""The model of the agents, which the router answers in place of."""
SPARE = "mistralai/mistral-small-3.2-24b-instruct"
"""The model that fallback middleware turns to."""
QUESTION: Any = {"messages": [HumanMessage("What is the weather in Oslo?")]}


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class Settings(AgentMiddleware[Any, Any, Any]):
    """Changes what a request says, as other people's middleware does."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.changes = changes

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        return handler(request.override(**self.changes))

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        return await handler(request.override(**self.changes))


def routing_of(served: Served, *candidates: Any, **fields: Any) -> RoutingMiddleware:
    """Give the middleware with a router over these models, else over two, tried in this order."""
    return RoutingMiddleware(router_of(served, *(candidates or (FIRST, SECOND)), **fields))


async def run(agent: Any, question: Any = None, *, asynchronous: bool, thread: str | None = None) -> Any:
    """Run an agent to its end."""
    config = {"configurable": {"thread_id": thread} if thread else {}}
    question = QUESTION if question is None else question
    return await agent.ainvoke(question, config) if asynchronous else agent.invoke(question, config)


def answered(message: AIMessage) -> Any:
    """Give the model that a message says it is from."""
    return message.response_metadata["model_name"]


def down(*models: str, **fault: Any) -> list[Fault]:
    """Give the faults of models that are not to be had."""
    return [Fault(kind="status", status=503, model=model, **fault) for model in models]


class TestInPlaceOfTheModel:
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_each_call(self, served: Served, asynchronous: bool) -> None:
        """Each step of the agent is the router's, its answers say so, and the agent's own model is never asked."""
        agent: Any = create_agent(served.model(OWN), tools=[weather], middleware=[routing_of(served)])

        messages = (await run(agent, asynchronous=asynchronous))["messages"]

        assert [type(message) for message in messages] == [HumanMessage, AIMessage, ToolMessage, AIMessage]
        assert [messages[place].response_metadata["routing"]["model"] for place in (1, 3)] == [FIRST, FIRST]
        assert "It is sunny in Oslo." in messages[-1].text
        assert asked(served) == [FIRST, FIRST]

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_a_failure(self, served: Served, asynchronous: bool) -> None:
        """When a model fails, the router's next one goes on with the same conversation."""
        served.fail(*down(FIRST, nth=2))
        agent: Any = create_agent(served.model(OWN), tools=[weather], middleware=[routing_of(served)])

        messages = (await run(agent, asynchronous=asynchronous))["messages"]

        assert asked(served) == [FIRST, FIRST, SECOND]
        assert [answered(messages[place]) for place in (1, 3)] == [FIRST, SECOND]

    @pytest.mark.parametrize("inside", [False, True])
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_what_a_request_says(self, served: Served, asynchronous: bool, inside: bool) -> None:
        """System message, tools, choice of a tool and settings reach the model, on whichever side they were set."""
        settings = Settings(tool_choice="weather", model_settings={"temperature": 0.3})
        routing = routing_of(served)
        places: list[Any] = [routing, settings] if inside else [settings, routing]
        limit = ModelCallLimitMiddleware(run_limit=1)
        agent: Any = create_agent(
            served.model(OWN), tools=[weather], system_prompt="Be brief.", middleware=[limit, *places]
        )

        await run(agent, asynchronous=asynchronous)

        (body,) = served.bodies
        assert body["model"] == FIRST
        assert body["messages"][0] == {"role": "system", "content": "Be brief."}
        assert [tool["function"]["name"] for tool in body["tools"]] == ["weather"]
        assert body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
        assert body["temperature"] == 0.3

    def test_of_fields(self, environment: Served) -> None:
        """Candidates and policy are all that it needs, and a name all that the agent needs."""
        routing = RoutingMiddleware(candidates=[OWN, FIRST], policy="cheapest")
        agent: Any = create_agent("openrouter:" + OWN, middleware=[routing])

        message = agent.invoke(QUESTION)["messages"][-1]

        assert message.response_metadata["routing"]["policy"] == "cheapest"
        assert asked(environment) == [FIRST]

    def test_models_of_other_providers(self, served: Served) -> None:
        """A model of another provider answers an agent as ours do."""
        agent: Any = create_agent(
            served.model(OWN), tools=[weather], middleware=[routing_of(served, Elsewhere(text="Hello"), FIRST)]
        )

        message = agent.invoke(QUESTION)["messages"][-1]

        assert (message.text, message.response_metadata["routing"]["model"]) == ("Hello", "elsewhere")
        assert asked(served) == []

    def test_nobody_can_answer(self, served: Served) -> None:
        """Where no candidate can answer, the run ends with that, or with the model of a fallback around it."""
        routing = routing_of(served, deny=["*"])
        fallback = ModelFallbackMiddleware(served.model(SPARE))

        places: list[Any] = [fallback, routing]
        with pytest.raises(NoCandidateError):
            create_agent(served.model(OWN), middleware=[routing]).invoke(QUESTION)
        create_agent(served.model(OWN), middleware=places).invoke(QUESTION)

        assert asked(served) == [SPARE]


ORDERS: list[Any] = [pytest.param(order, id=" ".join(order)) for size in (1, 2, 3, 4) for order in permutations(
    ["routing", "fallback", "retry", "budget"], size) if "routing" in order]  # fmt: skip


def middleware_of(served: Served, order: tuple[str, ...], limit: str = "$1", exit_behavior: Any = "error") -> Any:
    """Give middleware in an order, by name."""
    kinds: Any = {
        "routing": lambda: routing_of(served),
        "fallback": lambda: ModelFallbackMiddleware(served.model(SPARE, max_tokens=100)),
        "retry": lambda: ModelRetryMiddleware(max_retries=1, initial_delay=0.0, on_failure="error"),
        "budget": lambda: BudgetMiddleware(run_limit=limit, exit_behavior=exit_behavior, ledger="memory:"),
    }
    return {name: kinds[name]() for name in order}


def requests_when_all_fail(order: tuple[str, ...]) -> list[str]:
    """Say whom the emulator is asked for while no model of the router answers."""
    router = [FIRST, SECOND]
    if "fallback" not in order:
        return router * (2 if "retry" in order else 1)
    retried_first = "retry" in order and order.index("fallback") < order.index("retry")
    return [*router * (2 if retried_first else 1), SPARE]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("order", ORDERS)
class TestOrders:
    async def test_the_first_answers(self, served: Served, asynchronous: bool, order: tuple[str, ...]) -> None:
        """Where nothing fails, one request is sent, for the router's choice, and booked."""
        middleware = middleware_of(served, order)
        agent: Any = create_agent(served.model(OWN), middleware=[*middleware.values()])

        with track_cost() as cost:
            message = (await run(agent, asynchronous=asynchronous))["messages"][-1]

        assert asked(served) == [FIRST]
        assert message.response_metadata["routing"]["model"] == FIRST
        assert_booked(middleware, cost, [None])

    async def test_the_second_answers(self, served: Served, asynchronous: bool, order: tuple[str, ...]) -> None:
        """What the router survives is no failure for anybody else."""
        served.fail(*down(FIRST))
        middleware = middleware_of(served, order)
        agent: Any = create_agent(served.model(OWN), middleware=[*middleware.values()])

        with track_cost() as cost:
            message = (await run(agent, asynchronous=asynchronous))["messages"][-1]

        assert asked(served) == [FIRST, SECOND]
        assert message.response_metadata["routing"]["fallback"] is True
        assert_booked(middleware, cost, ["ServiceUnavailableError", None])

    async def test_no_candidate_answers(self, served: Served, asynchronous: bool, order: tuple[str, ...]) -> None:
        """When the router fails, retry asks it again, and the model of a fallback is asked as it is: not the router."""
        served.fail(*down(FIRST, SECOND))
        middleware = middleware_of(served, order)
        agent: Any = create_agent(served.model(OWN), middleware=[*middleware.values()])

        with track_cost() as cost:
            if "fallback" in order:
                message = (await run(agent, asynchronous=asynchronous))["messages"][-1]
                assert answered(message) == SPARE
                assert "routing" not in message.response_metadata
            else:
                with pytest.raises(ServerError):
                    await run(agent, asynchronous=asynchronous)

        expected = requests_when_all_fail(order)
        assert asked(served) == expected
        assert_booked(middleware, cost, [None if model == SPARE else "ServiceUnavailableError" for model in expected])


def assert_booked(middleware: dict[str, Any], cost: OpenRouterCostHandler, errors: list[str | None]) -> None:
    """See that each request is in the ledger once, and that each ledger says the same."""
    assert cost.calls == len(errors)
    if "budget" in middleware:
        ledger = middleware["budget"].ledger
        records = list(ledger.records())
        assert [record.error for record in records] == errors
        assert sum((record.cost or Decimal(0) for record in records), Decimal(0)) == cost.total
        assert ledger.in_flight() == 0


BUDGETED = [param for param in ORDERS if "budget" in param.values[0]]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("exit_behavior", ["error", "end"])
@pytest.mark.parametrize("order", BUDGETED)
class TestBudgets:
    async def test_nothing_fits(
        self, served: Served, asynchronous: bool, exit_behavior: str, order: tuple[str, ...]
    ) -> None:
        """A budget that nothing fits into raises, or ends the run, as `BudgetMiddleware` says; nothing is sent."""
        middleware = middleware_of(served, order, "$0.0000001", exit_behavior)
        agent: Any = create_agent(served.model(OWN), middleware=[*middleware.values()])

        if exit_behavior == "error":
            with pytest.raises(BudgetExceededError):
                await run(agent, asynchronous=asynchronous)
        else:
            assert "The run ends here" in (await run(agent, asynchronous=asynchronous))["messages"][-1].text

        assert asked(served) == []
        assert middleware["budget"].ledger.in_flight() == 0

    async def test_only_the_fallback_fits(
        self, served: Served, asynchronous: bool, exit_behavior: str, order: tuple[str, ...]
    ) -> None:
        """A fallback goes on with a model that fits, unless a budget inside of it ends the run before."""
        middleware = middleware_of(served, order, "$0.0005", exit_behavior)
        agent: Any = create_agent(served.model(OWN), middleware=[*middleware.values()])
        ends_within = exit_behavior == "end" and (
            "fallback" not in order or order.index("fallback") < order.index("budget")
        )

        if "fallback" in order and not ends_within:
            assert answered((await run(agent, asynchronous=asynchronous))["messages"][-1]) == SPARE
            assert asked(served) == [SPARE]
        elif ends_within:
            assert "The run ends here" in (await run(agent, asynchronous=asynchronous))["messages"][-1].text
            assert asked(served) == []
        else:
            with pytest.raises(BudgetExceededError):
                await run(agent, asynchronous=asynchronous)
            assert asked(served) == []


@pytest.mark.parametrize("asynchronous", [False, True])
class TestOtherMiddleware:
    @pytest.mark.parametrize("first", [False, True])
    async def test_call_limits(self, served: Served, asynchronous: bool, first: bool) -> None:
        """What the router tries for one step is one call to a limit of calls."""
        served.fail(*down(FIRST))
        limit = ModelCallLimitMiddleware(run_limit=1, exit_behavior="end")
        places: list[Any] = [limit, routing_of(served)] if first else [routing_of(served), limit]
        agent: Any = create_agent(served.model(OWN), tools=[weather], middleware=places)

        messages = (await run(agent, asynchronous=asynchronous))["messages"]

        assert asked(served) == [FIRST, SECOND]
        assert "limit" in messages[-1].text

    @pytest.mark.parametrize("first", [False, True])
    async def test_summaries(self, served: Served, asynchronous: bool, first: bool) -> None:
        """A summary is written by the model that was given for it; the router answers the agent."""
        summary = SummarizationMiddleware(model=served.model(SPARE), trigger=("messages", 4), keep=("messages", 2))
        places: list[Any] = [summary, routing_of(served)] if first else [routing_of(served), summary]
        agent: Any = create_agent(served.model(OWN), middleware=places)
        turns = [HumanMessage("Hello"), AIMessage("Hi"), HumanMessage("How are you?"), AIMessage("Well")]

        messages = (await run(agent, {"messages": [*turns, HumanMessage("Good")]}, asynchronous=asynchronous))[
            "messages"
        ]

        assert asked(served) == [SPARE, FIRST]
        assert len(messages) == 4

    @pytest.mark.parametrize("first", [False, True])
    async def test_a_person_decides(self, served: Served, asynchronous: bool, first: bool) -> None:
        """A run waits for a person after the router's answer, and goes on without asking it again."""
        person = HumanInTheLoopMiddleware(interrupt_on={"weather": True})
        places: list[Any] = [person, routing_of(served)] if first else [routing_of(served), person]
        agent: Any = create_agent(served.model(OWN), tools=[weather], middleware=places, checkpointer=InMemorySaver())

        waiting = await run(agent, asynchronous=asynchronous, thread="1")
        resumed: Any = Command(resume={"decisions": [{"type": "approve"}]})
        messages = (await run(agent, resumed, asynchronous=asynchronous, thread="1"))["messages"]

        assert waiting["__interrupt__"]
        assert "It is sunny in Oslo." in messages[-1].text
        assert asked(served) == [FIRST, FIRST]

    async def test_a_model_chosen_inside(self, served: Served, asynchronous: bool) -> None:
        """Middleware that chooses a model has the last word inside of the router, and the router inside of it."""
        chooser = Settings(model=served.model(SPARE))

        orders: list[Any] = [[routing_of(served), chooser], [chooser, routing_of(served)]]
        for places in orders:
            await run(create_agent(served.model(OWN), middleware=places), asynchronous=asynchronous)

        assert asked(served) == [SPARE, FIRST]

    async def test_several_fallbacks(self, served: Served, asynchronous: bool) -> None:
        """Each model of a fallback is asked in its turn, in each step of a run; the router has the first try."""
        served.fail(*down(FIRST, SECOND, SPARE))
        fallback = ModelFallbackMiddleware(served.model(SPARE), served.model(THIRD))
        places: list[Any] = [fallback, routing_of(served)]
        agent: Any = create_agent(served.model(OWN), tools=[weather], middleware=places)

        messages = (await run(agent, asynchronous=asynchronous))["messages"]

        assert answered(messages[-1]) == THIRD
        assert asked(served) == [FIRST, SECOND, SPARE, THIRD] * 2

    async def test_a_fallback_like_the_agents_model(self, served: Served, asynchronous: bool) -> None:
        """A fallback to a model that only equals the agent's is a fallback to that model."""
        served.fail(*down(FIRST, SECOND))
        places: list[Any] = [ModelFallbackMiddleware(served.model(OWN)), routing_of(served)]
        own = served.model(OWN)
        assert own == places[0].models[0]

        await run(create_agent(own, middleware=places), asynchronous=asynchronous)

        assert asked(served) == [FIRST, SECOND, OWN]

    async def test_changed_between_attempts(self, served: Served, asynchronous: bool) -> None:
        """A request that comes again with other settings, but for the agent's model, is the router's again."""
        served.fail(*down(FIRST, SECOND, times=1))
        retry = ModelRetryMiddleware(max_retries=1, initial_delay=0.0, on_failure="error")
        settings = Settings(model_settings={"temperature": 0.5})
        agent: Any = create_agent(served.model(OWN), middleware=[retry, settings, routing_of(served)])

        await run(agent, asynchronous=asynchronous)

        assert asked(served) == [FIRST, SECOND, FIRST]

    async def test_two_routers(self, served: Served, asynchronous: bool) -> None:
        """Of two routers the outer one answers: it is a model that middleware has chosen."""

        class Other(RoutingMiddleware):
            pass

        places: list[Any] = [Other(router_of(served, THIRD)), routing_of(served)]
        await run(create_agent(served.model(OWN), middleware=places), asynchronous=asynchronous)

        assert asked(served) == [THIRD]


class TestSharedByAgents:
    def agents(self, served: Served) -> tuple[Any, Any]:
        """Give two agents with one middleware: the own model of one is what the other falls back to."""
        served.fail(*down(FIRST, SECOND))
        routing, model = routing_of(served, health=Health(failures=1000)), served.model(SPARE)
        fallbacks = ModelFallbackMiddleware(model), ModelFallbackMiddleware(served.model(THIRD))
        places: list[list[Any]] = [[fallback, routing] for fallback in fallbacks]
        one: Any = create_agent(served.model(OWN), middleware=places[0])
        other: Any = create_agent(model, middleware=places[1])
        return one, other

    def test_in_threads(self, served: Served) -> None:
        """A model is an agent's own or a fallback by the agent that asks, also in threads at the same time."""
        one, other = self.agents(served)

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda each: each.invoke(QUESTION), [one, other] * 8))

        assert [answered(each["messages"][-1]) for each in results] == [SPARE, THIRD] * 8
        assert sorted(asked(served)) == sorted([FIRST, SECOND, SPARE] * 8 + [FIRST, SECOND, THIRD] * 8)

    async def test_in_tasks(self, served: Served) -> None:
        """The same holds for tasks of one event loop."""
        one, other = self.agents(served)

        results = await asyncio.gather(*(each.ainvoke(QUESTION) for each in [one, other] * 8))

        assert [answered(each["messages"][-1]) for each in results] == [SPARE, THIRD] * 8

    def test_an_agent_as_a_tool(self, served: Served) -> None:
        """An agent within another has calls of its own: each starts with the router."""
        routing = routing_of(served)
        inner: Any = create_agent(served.model(SPARE), middleware=[routing])

        def weather(city: str) -> str:
            """Tell the weather in a city."""
            answer: str = inner.invoke({"messages": [HumanMessage(city)]})["messages"][-1].text
            return answer

        create_agent(served.model(OWN), tools=[weather], middleware=[routing]).invoke(QUESTION)

        assert asked(served) == [FIRST] * 3
