"""An answer that is paid for reaches its caller, whatever breaks while its cost is counted."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from integration_tests.support import MODEL
from integration_tests.test_costs_store_down import Broken
from langchain_openrouter import Ledger, OpenRouterCostHandler

if TYPE_CHECKING:
    from integration_tests.support import Ask, Served


class TestNeverRaises:
    async def test_broken_store(self, served: Served, ask: Ask) -> None:
        """An answer reaches its caller though the store breaks in a way that it does not know itself."""
        ledger = Ledger.open("memory:")
        ledger._store = Broken(ledger._store, "settle")
        handler = OpenRouterCostHandler("$1", ledger=ledger)

        answer = await ask(served.model(), "Hello", config={"callbacks": [handler]})

        assert answer.text
        assert handler.calls == 1
        assert handler.total > 0

    @pytest.mark.parametrize(
        "answer",
        [
            LLMResult(generations=[]),
            LLMResult(generations=[[]]),
            LLMResult(generations=[[ChatGeneration(message=AIMessage("", response_metadata={"cost": "dear"}))]]),
            LLMResult(generations=[[ChatGeneration(message=AIMessage("", response_metadata={"id": 7, "model": []}))]]),
            LLMResult(generations=[[ChatGeneration(message=AIMessage("", response_metadata={"cost": float("nan")}))]]),
            LLMResult(generations=[[ChatGeneration(message=AIMessage("", response_metadata={"id": "a\0b"}))]]),
            None,
        ],
    )
    def test_odd_answers(self, answer: Any) -> None:
        """Whatever LangChain tells as the end of a call, the handler does not raise, and the call is counted."""
        handler = OpenRouterCostHandler("$1")
        run_id = uuid.uuid4()
        handler.on_chat_model_start(
            {}, [[HumanMessage("Hello")]], run_id=run_id, invocation_params={"model": MODEL, "max_tokens": 10}
        )

        handler.on_llm_end(answer, run_id=run_id)

        assert handler.calls == 1
        assert handler.records[0].pending
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0
        handler.on_llm_end(answer, run_id=run_id)
        handler.on_llm_error(ValueError(), run_id=uuid.uuid4())

    def test_odd_catalog(self, served: Served) -> None:
        """A catalog that breaks while an answer is priced does not lose the answer, nor what was set aside for it."""

        class Odd:
            def get(self, name: str) -> Any:
                raise LookupError(name)

        handler = OpenRouterCostHandler("$1")
        chunks = served.model().stream("Hello", config={"callbacks": [handler]})
        next(chunks)
        handler._admission._catalog = Odd()  # type: ignore[assignment]

        list(chunks)

        assert handler.calls == 1
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0
