"""A call that does not fit into a budget is never sent, leaves nothing behind, and says what would fit."""

from __future__ import annotations

import copy
import pickle
import threading
import uuid
from decimal import Decimal
from typing import Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRetryMiddleware
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.exceptions import ModelError
from langchain_core.messages import HumanMessage
from langgraph.graph import START, StateGraph
from langgraph.types import RetryPolicy

from integration_tests.support import MODEL, Ask, Served, wait_until
from langchain_openrouter import (
    Budget,
    BudgetExceededError,
    Ledger,
    OpenRouterCostHandler,
    UnknownPriceError,
    track_cost,
)

TINY = "$0.00001"
"""Pays for a short answer of `MODEL`, and not for its longest."""

FREE = "openai/gpt-oss-20b:free"
QUESTION: Any = {"messages": [HumanMessage("Hello")]}


class Slow(BaseCallbackHandler):
    """A handler of somebody else, which raises after all others have been told."""

    raise_error = True

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        msg = "not today"
        raise RuntimeError(msg)


class TestNothingIsSent:
    async def test_alone(self, served: Served, ask: Ask) -> None:
        """A refused call is not sent, is in no record, and leaves nothing set aside."""
        handler = OpenRouterCostHandler(TINY)

        with pytest.raises(BudgetExceededError):
            await ask(served.model(), "Hello", config={"callbacks": [handler]})

        assert served.requests == []
        assert (handler.calls, handler.records, handler._open) == (0, [], {})
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0

    @pytest.mark.parametrize("tiny_first", [False, True])
    async def test_other_handlers(self, served: Served, ask: Ask, tiny_first: bool) -> None:
        """No other handler of the call keeps money set aside, whatever their order and whichever their ledgers."""
        shared = Ledger.open("memory:")
        others = [
            OpenRouterCostHandler("$1"),
            OpenRouterCostHandler(Budget("$1", per="day"), ledger=shared),
            OpenRouterCostHandler(Budget("$1", per="month"), ledger=shared),
        ]
        tiny = OpenRouterCostHandler(Budget(TINY, per="hour"), ledger=shared)
        callbacks = [tiny, *others] if tiny_first else [*others, tiny]

        for _ in range(5):
            with pytest.raises(BudgetExceededError):
                await ask(served.model(), "Hello", config={"callbacks": callbacks})

        assert served.requests == []
        # Asynchronous calls tell their handlers in threads, and do not wait for the others when one refuses.
        for handler in [*others, tiny]:
            assert wait_until(lambda handler=handler: not handler._open, seconds=10)  # type: ignore[misc]
        for handler in [*others, tiny]:
            assert handler.ledger is not None
            assert wait_until(lambda ledger=handler.ledger: not ledger.in_flight(), seconds=10)  # type: ignore[misc]
            assert [status.reserved for status in handler.status()] == [0]

    async def test_batch(self, served: Served) -> None:
        """In a batch those that fit pass, the others are refused; at the end nothing is set aside."""
        handler = OpenRouterCostHandler("$0.012")  # the worst case of one call is nearly a cent

        answers = served.model().batch(
            ["Hello"] * 4, config={"callbacks": [handler], "max_concurrency": 4}, return_exceptions=True
        )
        more = await served.model().abatch(["Hello"] * 4, config={"callbacks": [handler]}, return_exceptions=True)

        refused = [each for each in [*answers, *more] if isinstance(each, BudgetExceededError)]
        assert 0 < len(refused) < 8
        assert len(served.bodies) == handler.calls == 8 - len(refused)
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0

    def test_outer_block(self, served: Served) -> None:
        """What an inner block refuses leaves nothing set aside in the outer one, and the other way round."""
        for outer_budget, inner_budget in (("$1", TINY), (TINY, "$1")):
            with track_cost(outer_budget) as outer, track_cost(inner_budget) as inner:
                with pytest.raises(BudgetExceededError):
                    served.model().invoke("Hello")
                for cost in (outer, inner):
                    assert cost.ledger is not None
                    assert cost.ledger.in_flight() == 0

        assert served.requests == []

    def test_all_or_nothing(self, served: Served) -> None:
        """Of several budgets of a handler, one that refuses leaves nothing set aside in the others."""
        budgets = [Budget("$1", per="day"), Budget(TINY, per="hour"), Budget("$1", per="month")]
        handler = OpenRouterCostHandler(budgets, ledger="memory:")

        with pytest.raises(BudgetExceededError) as refused:
            served.model().invoke("Hello", config={"callbacks": [handler]})

        assert refused.value.budget == "hour"
        assert [each for status in handler.status() for each in (status.spent, status.reserved)] == [0] * 6

    async def test_same_run_id_again(self, served: Served, ask: Ask) -> None:
        """After a refusal, a call with the same explicit run id is held to the budget as the first was."""
        handler = OpenRouterCostHandler(TINY)
        config: Any = {"callbacks": [handler], "run_id": uuid.uuid4()}

        for _ in range(3):
            with pytest.raises(BudgetExceededError):
                await ask(served.model(), "Hello", config={**config})

        assert served.requests == []

    async def test_handler_of_somebody_else(self, served: Served, ask: Ask) -> None:
        """Where a stranger's handler raises, LangChain tells us nothing, and ours does: nothing is left.

        A later call, also one with the same run id, is held to the budget as if it had not been.
        """
        handler = OpenRouterCostHandler("$1")
        config: Any = {"run_id": uuid.uuid4()}
        with pytest.raises(RuntimeError, match="not today"):
            await ask(served.model(), "Hello", config={**config, "callbacks": [handler, Slow()]})
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0

        handler.budgets[0].limit = "$0.000001"
        with pytest.raises(BudgetExceededError):
            await ask(served.model(), "Hello", config={**config, "callbacks": [handler]})

        assert served.requests == []
        assert handler.ledger.in_flight() == 0


class TestTheError:
    def test_fields(self, served: Served) -> None:
        """The error says which budget, what stands in it, what was asked, what fits, and when it resets."""
        handler = OpenRouterCostHandler(Budget("$0.02", per="day"), ledger="memory:")
        served.model(max_tokens=1000).invoke("Hello", config={"callbacks": [handler]})
        chunks = served.model(max_tokens=1000).stream("Hello", config={"callbacks": [handler]})
        next(chunks)

        with pytest.raises(BudgetExceededError) as refused:
            served.model(n=3).invoke("Hello", config={"callbacks": [handler]})

        error = refused.value
        (status,) = handler.status()
        assert (error.budget, error.model) == ("day", MODEL)
        assert (error.limit, error.spent, error.reserved) == (status.limit, status.spent, status.reserved)
        assert error.spent == handler.total > 0
        assert error.reserved is not None
        assert error.reserved > 0
        assert error.asked is not None
        assert error.fits == status.remaining < error.asked
        assert error.resets_at == status.resets_at
        assert error.resets_at is not None
        assert "Nothing was sent" in str(error)
        assert served.emulator.api_key not in str(error)
        list(chunks)

    @pytest.mark.parametrize("options", [{}, {"n": 3}, {"reasoning": {"effort": "low"}}])
    @pytest.mark.parametrize("budget", [{}, {"share": 0.3}, {"per_request": "$0.0009"}])
    async def test_what_would_fit(
        self, served: Served, ask: Ask, options: dict[str, Any], budget: dict[str, Any]
    ) -> None:
        """A call with the `max_tokens` that the error names passes; with a few more, it does not."""
        handler = OpenRouterCostHandler(Budget("$0.003", per="day", **budget), ledger="memory:")
        name = "openai/gpt-5-mini"
        model = served.model(name, **{"max_tokens": 90_000, **options})

        with pytest.raises(BudgetExceededError) as refused:
            await ask(model, "Hello", config={"callbacks": [handler]})
        fits = refused.value.max_tokens
        assert fits is not None
        config: Any = {"callbacks": [handler]}
        with pytest.raises(BudgetExceededError):
            await ask(served.model(name, **{**options, "max_tokens": fits + 1}), "Hello", config={**config})
        await ask(served.model(name, **{**options, "max_tokens": fits}), "Hello", config={**config})

        assert handler.calls == 1

    def test_copies(self, served: Served) -> None:
        """The error goes through pickle and copy with all that it says."""
        handler = OpenRouterCostHandler(Budget(TINY, per="day"), ledger="memory:")
        with pytest.raises(BudgetExceededError) as refused:
            served.model().invoke("Hello", config={"callbacks": [handler]})

        for twin in (pickle.loads(pickle.dumps(refused.value)), copy.copy(refused.value)):  # noqa: S301
            assert type(twin) is BudgetExceededError
            assert twin.__dict__ == refused.value.__dict__
            assert str(twin) == str(refused.value)

    def test_kinds(self) -> None:
        """It is a `ModelError` that is not to be retried, and a `RuntimeError`, which LangGraph does not retry."""
        for error in (BudgetExceededError("no"), UnknownPriceError("no")):
            assert isinstance(error, ModelError)
            assert isinstance(error, RuntimeError)
            assert error.is_retryable is False


class State(TypedDict):
    """The state of a graph."""

    said: str


class TestNoRetry:
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_of_a_graph(self, served: Served, asynchronous: bool) -> None:
        """LangGraph's default retry policy does not run a node again that was refused."""
        handler = OpenRouterCostHandler(TINY)
        runs = []

        def speak(state: State) -> State:
            runs.append(state)
            return {"said": served.model().invoke("Hello").text}

        graph = StateGraph(State)
        graph.add_node("speak", speak, retry_policy=RetryPolicy(initial_interval=0.001, max_attempts=5))
        graph.add_edge(START, "speak")
        program: Any = graph.compile()
        config: Any = {"callbacks": [handler]}

        with pytest.raises(BudgetExceededError):
            await program.ainvoke({"said": ""}, config) if asynchronous else program.invoke({"said": ""}, config)

        assert len(runs) == 1

    @pytest.mark.parametrize("asynchronous", [False, True])
    @pytest.mark.parametrize("on_failure", ["error", "continue"])
    async def test_of_an_agent(self, served: Served, asynchronous: bool, on_failure: Any) -> None:
        """`ModelRetryMiddleware` does not try again what was refused."""
        tries: list[Any] = []

        class Seen(BaseCallbackHandler):
            def on_chat_model_start(self, *_: Any, **__: Any) -> None:
                tries.append(1)

        retry = ModelRetryMiddleware(max_retries=4, initial_delay=0.001, on_failure=on_failure)
        agent: Any = create_agent(served.model(), tools=[], middleware=[retry])
        config: Any = {"callbacks": [Seen(), OpenRouterCostHandler(TINY)]}

        with pytest.raises(BudgetExceededError):
            await agent.ainvoke(QUESTION, config) if asynchronous else agent.invoke(QUESTION, config)

        assert len(tries) == 1
        assert served.requests == []


class TestWaysOut:
    async def test_cheaper_model(self, served: Served, ask: Ask) -> None:
        """`with_fallbacks` goes on with a model that is cheap enough."""
        handler = OpenRouterCostHandler("$0.02")
        model = served.model("openai/gpt-4o").with_fallbacks([served.model(max_tokens=500)])

        answer = await ask(model, "Hello", config={"callbacks": [handler]})

        assert answer.response_metadata["model_name"] == MODEL
        assert [body["model"] for body in served.bodies] == [MODEL]

    async def test_free_model(self, served: Served, ask: Ask) -> None:
        """`with_fallbacks` goes on with a free model, though the budget is exhausted."""
        handler = OpenRouterCostHandler("$0")
        model = served.model().with_fallbacks([served.model(FREE)])

        answer = await ask(model, "Hello", config={"callbacks": [handler]})

        assert answer.text
        assert [body["model"] for body in served.bodies] == [FREE]
        assert handler.total == 0

    def test_every_model_too_dear(self, served: Served) -> None:
        """Where no fallback fits either, the first refusal is raised, and nothing is sent."""
        model = served.model("openai/gpt-4o").with_fallbacks([served.model()])

        with pytest.raises(BudgetExceededError) as refused:
            model.invoke("Hello", config={"callbacks": [OpenRouterCostHandler(TINY)]})

        assert refused.value.model == "openai/gpt-4o"
        assert served.requests == []


class TestManyThreads:
    def test_nothing_stays_behind(self, served: Served) -> None:
        """Many threads with a handler that passes and one that refuses leave nothing set aside."""
        wide, tiny = OpenRouterCostHandler("$100"), OpenRouterCostHandler(TINY)
        errors: list[BaseException] = []

        def work() -> None:
            for _ in range(10):
                try:
                    served.model().invoke("Hello", config={"callbacks": [wide, tiny]})
                except BudgetExceededError as error:
                    errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(errors) == 80
        assert wide.ledger is not None
        assert wide.ledger.in_flight() == 0
        assert served.requests == []
        assert wide.status()[0].remaining == Decimal(100)
