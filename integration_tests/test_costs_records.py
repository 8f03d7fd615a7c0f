"""What a cost handler keeps of a call: everything about it but what was said, and never a key."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langgraph.checkpoint.memory import InMemorySaver

from integration_tests.support import MODEL, STREAMS, Ask, Served
from langchain_openrouter import OpenRouterCostHandler
from langchain_openrouter._service import fingerprint
from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "The password of the vault is swordfish."


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class TestFields:
    async def test_answer(self, served: Served, ask: Ask) -> None:
        """A record says who was asked, who answered, by which generation, and what was billed for how many tokens."""
        handler = OpenRouterCostHandler("$1")

        answer = await ask(served.model(), "Hello", config={"callbacks": [handler]})

        (record,) = handler.records
        told = answer.response_metadata
        assert (record.model_asked, record.model, record.provider) == (MODEL, MODEL, told["provider"])
        assert record.generation_id == told["id"]
        assert (record.status, record.pending, record.error) == ("billed", False, None)
        assert record.cost == record.billed == record.computed == Decimal(str(told["cost"]))
        assert answer.usage_metadata is not None
        assert record.prompt_tokens == answer.usage_metadata["input_tokens"]
        assert record.completion_tokens == answer.usage_metadata["output_tokens"]
        assert record.finish_reason == "stop"
        assert record.key == fingerprint(served.emulator.api_key)
        assert record.reserved is not None
        assert record.cost is not None
        assert record.reserved >= record.cost

    async def test_times(self, served: Served, ask: Ask) -> None:
        """The time to the first piece is told of streams, and only of them; it is no longer than the whole."""
        handler = OpenRouterCostHandler()

        await ask(served.model(), "Hello", config={"callbacks": [handler]})

        (record,) = handler.records
        assert record.duration_s is not None
        if ask in STREAMS.values():
            assert record.first_token_s is not None
            assert 0 < record.first_token_s <= record.duration_s
        else:
            assert record.first_token_s is None

    async def test_another_model_answers(self, served: Served, ask: Ask) -> None:
        """Where another of `models` took the call, the record has both names."""
        served.fail(Fault(kind="status", status=503, model=MODEL))
        handler = OpenRouterCostHandler("$1")

        await ask(served.model(models=["openai/gpt-4o"]), "Hello", config={"callbacks": [handler]})

        (record,) = handler.records
        assert (record.model_asked, record.model) == (MODEL, "openai/gpt-4o")
        assert list(handler.by("model")) == ["openai/gpt-4o"]

    async def test_tokens_by_kind(self, served: Served, ask: Ask) -> None:
        """Reasoning is told apart from the rest of the answer."""
        handler = OpenRouterCostHandler()

        answer = await ask(
            served.model("openai/gpt-5-mini", reasoning={"effort": "low"}), "Hello", config={"callbacks": [handler]}
        )

        (record,) = handler.records
        assert answer.usage_metadata is not None
        assert record.reasoning_tokens == answer.usage_metadata["output_token_details"]["reasoning"] > 0

    async def test_whose(self, served: Served, ask: Ask) -> None:
        """Tags, metadata, user and thread come from the call's config and body."""
        handler = OpenRouterCostHandler()
        config: Any = {"callbacks": [handler], "tags": ["nightly"], "metadata": {"team": "blue", "thread_id": "t-1"}}

        await ask(served.model(user="ann"), "Hello", config=config)

        (record,) = handler.records
        assert record.tags == ("nightly",)
        assert record.metadata["team"] == "blue"
        assert (record.user, record.thread_id) == ("ann", "t-1")

    async def test_own_key_at_the_provider(self, ask: Ask) -> None:
        """With a key of one's own at the provider the cost is known, and nothing; the provider's bill stands beside."""
        handler = OpenRouterCostHandler()
        with Emulator(byok=["openai"], credits=None) as emulator:
            await ask(Served(emulator).model(), "Hello", config={"callbacks": [handler]})

        (record,) = handler.records
        assert (record.cost, record.status, record.is_byok) == (Decimal(0), "billed", True)
        assert record.upstream is not None
        assert record.upstream > 0
        assert handler.unpriced_calls == 0


class TestRun:
    def test_chain(self, served: Served) -> None:
        """In a chain, the run is the outermost one, and all its calls have the same."""
        handler = OpenRouterCostHandler()
        prompt = ChatPromptTemplate.from_messages([("human", "{it}")])
        chain = prompt | served.model() | StrOutputParser() | served.model()

        chain.invoke({"it": "Hello"}, config={"callbacks": [handler]})
        chain.invoke({"it": "Hello"}, config={"callbacks": [handler]})

        first, second, third, fourth = (record.run_id for record in handler.records)
        assert first == second != third == fourth
        assert first not in {record.id for record in handler.records}

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_agent_with_a_checkpointer(self, served: Served, asynchronous: bool) -> None:
        """All calls of an agent's run are of one run; those of the next run of the thread of another."""
        handler = OpenRouterCostHandler("$1")
        agent: Any = create_agent(served.model(), tools=[weather], checkpointer=InMemorySaver())
        question = {"messages": [HumanMessage("What is the weather in Oslo?")]}
        config = {"callbacks": [handler], "configurable": {"thread_id": "t-7"}}

        for _ in range(2):
            await agent.ainvoke(question, config) if asynchronous else agent.invoke(question, config)

        runs = [record.run_id for record in handler.records]
        assert len(runs) >= 3
        assert len(set(runs)) == 2
        assert runs[0] == runs[1]
        assert {record.thread_id for record in handler.records} == {"t-7"}
        assert handler._runs == {}

    async def test_batches(self, served: Served) -> None:
        """Calls of a batch are all there, from threads and from tasks."""
        handler = OpenRouterCostHandler("$1")
        prompts = [f"Say {number}" for number in range(12)]

        served.model().batch(list(prompts), config={"callbacks": [handler], "max_concurrency": 4})
        await served.model().abatch(list(prompts), config={"callbacks": [handler]})

        assert handler.calls == 24
        assert handler.total == sum(record.billed or 0 for record in handler.records)
        assert handler.ledger is not None
        assert handler.ledger.in_flight() == 0


class TestSecrets:
    async def test_nothing_said_is_kept(
        self, served: Served, ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither prompt nor answer nor key is in records, texts, logs, or the file of the ledger; failures too."""
        caplog.set_level(logging.DEBUG)
        file = tmp_path / "ledger.db"
        handler = OpenRouterCostHandler("$1", ledger=f"sqlite:///{file}")
        config: Any = {"callbacks": [handler], "metadata": {"key": served.emulator.api_key}}
        model = served.model()

        answer = await ask(model, PROMPT, config=config)
        served.fail(Fault(kind="status", status=400, message=f"Not with {served.emulator.api_key}", times=1))
        with pytest.raises(Exception, match="Not with"):
            await ask(model, PROMPT, config=config)

        assert handler.ledger is not None
        handler.ledger.close()
        kept = [repr(handler), repr(handler.records), repr(handler.__dict__), caplog.text]
        kept += [record.to_json() for record in handler.records]
        kept += [each.read_bytes().decode("latin-1") for each in tmp_path.iterdir()]  # noqa: ASYNC240
        assert len(handler.records) == 2
        for secret in ("swordfish", answer.text[:20], served.emulator.api_key):
            assert not [text[:200] for text in kept if secret in text], secret

    def test_prompt_of_a_call_on_its_way(self, served: Served) -> None:
        """While a call is on its way, its prompt is not in what the handler shows of itself."""
        handler = OpenRouterCostHandler("$1")
        chunks = served.model().stream(PROMPT, config={"callbacks": [handler]})
        next(chunks)

        assert handler._open
        assert "swordfish" not in repr(handler.__dict__)
        list(chunks)

    def test_tags_that_hold_a_key(self, served: Served) -> None:
        """A key that a program put in a tag or for a user is masked, like one in the metadata."""
        key = "sk-or-v1-0123456789abcdef0123"
        handler = OpenRouterCostHandler()
        config: Any = {"callbacks": [handler], "tags": [key], "metadata": {"user_id": key, "thread_id": key}}

        served.model().invoke("Hello", config=config)

        assert key not in handler.records[0].to_json()


def test_export(served: Served) -> None:
    """Records go out as dicts and as a DataFrame, with amounts as `Decimal`; as JSON, they come back the same."""
    handler = OpenRouterCostHandler()
    served.model().invoke("Hello", config={"callbacks": [handler]})

    (row,) = handler.to_dicts()
    frame = handler.to_pandas()

    assert isinstance(row["cost"], Decimal)
    assert frame["cost"].sum() == handler.total
    assert json.loads(handler.records[0].to_json())["cost"] == str(handler.total)
