"""What a router knows between calls, and that deciding leaves no trace."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import pickle
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_openrouter import Budget, ChatOpenRouter, Ledger
from langchain_openrouter.catalog import Catalog
from langchain_openrouter.costs import CallRecord
from langchain_openrouter.errors import BadGatewayError, NoCandidateError
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.downshift import Downshift
from langchain_openrouter.routing.memory import Memory
from langchain_openrouter.routing.policies import explore, round_robin, sticky
from langchain_openrouter.tasks import TaskGuess
from tests.costs.made import model as record_of
from tests.routing.engines import ANN, GUESS, MODELS, NOW, THREAD, decided, engine_of
from tests.routing.made import made, snapshot
from tests.routing.test_candidate import OfAnother


class TestNoTrace:
    @pytest.mark.parametrize("policy", ["balanced", "round_robin", "explore", "sticky", "cheapest"])
    def test_deciding_leaves_none(self, policy: str) -> None:
        """Deciding again and again gives the same decision; no turn is counted, nothing drawn, nobody remembered."""
        engine = engine_of(policy, memory=Memory(5))
        before = engine.memory.turn, engine.memory.draw(), dict(engine.speeds), copy.copy(engine.memory._latest)
        records = [decided(engine, THREAD).record() for _ in range(5)]

        assert all(record == records[0] for record in records)
        assert (engine.memory.turn, engine.memory.draw(), dict(engine.speeds), engine.memory._latest) == before

    def test_turns(self) -> None:
        """With each turn that was counted, the next in turn is decided, and another number is drawn."""
        engine, chosen, drawn = engine_of(round_robin()), [], set()
        for _ in range(6):
            decision = decided(engine)
            chosen.append(decision.chosen)
            drawn.add(decision.situation.draw)
            engine.memory.count()

        assert chosen == MODELS * 2
        assert len(drawn) == 6

    def test_chance(self) -> None:
        """Chance chooses in the share of calls that it should, all models alike; the same seed, the same choices."""
        counts: list[Counter[str]] = []
        for _ in range(2):
            engine, seen = engine_of(explore(epsilon=0.3, then="cheapest"), memory=Memory(11)), Counter[str]()
            for _ in range(3000):
                seen[decided(engine).chosen] += 1
                engine.memory.count()
            counts.append(seen)

        assert counts[0] == counts[1]
        assert all(240 < counts[0][name] < 360 for name in ("a/two", "a/three"))


class TestWhoAnsweredBefore:
    def test_the_thread(self) -> None:
        """A thread stays with the model that answered in it; other threads do not."""
        engine = engine_of(sticky(then="cheapest"))
        engine.answered("a/three", {}, THREAD)

        assert decided(engine, THREAD).chosen == "a/three"
        assert decided(engine, {"configurable": {"thread_id": "8"}}).chosen == "a/one"
        assert decided(engine, {}, {"session_id": "7"}).chosen == "a/three"

    def test_it_leaves_when_it_must(self) -> None:
        """When the model cannot answer any more, another does, and the thread stays with that one."""
        engine = engine_of(sticky(then="cheapest"))
        engine.answered("a/three", {}, THREAD)
        for _ in range(99):
            engine.health.failed("a/three", None, error=BadGatewayError("…"))
        decision = decided(engine, THREAD)
        engine.answered(decision.chosen, {}, THREAD)

        assert (decision.chosen, decision.rejected["a/three"].rule) == ("a/one", "health")
        assert decided(engine, THREAD).situation.previous == "a/one"

    def test_the_messages(self) -> None:
        """Without a thread, or in a new process, the messages tell who answered before."""
        told: list[Any] = [HumanMessage("Hi"), AIMessage("Hello", response_metadata={"routing": {"model": "a/two"}})]

        configs: list[Any] = [{}, THREAD]
        for config in configs:
            assert decided(engine_of(sticky(then="cheapest")), config, messages=told).chosen == "a/two"
        assert decided(engine_of(sticky(by="history", then="cheapest")), THREAD, messages=told).chosen == "a/two"

    def test_the_thread_goes_before_the_messages(self) -> None:
        """Where both are known, the thread's latest answer counts; with `history`, the messages alone."""
        told: list[Any] = [AIMessage("Hello", response_metadata={"model_name": "a/two"})]
        for by, chosen in (("thread", "a/three"), ("history", "a/two")):
            engine = engine_of(sticky(by=by, then="cheapest"))  # type: ignore[arg-type]
            engine.memory.answered("thread 7", "a/three")
            assert decided(engine, THREAD, messages=told).chosen == chosen

    def test_the_user(self) -> None:
        """By user, a user's latest answer counts in all threads, and the messages do not."""
        engine = engine_of(sticky(by="user", then="cheapest"))
        engine.answered("a/three", {}, ANN)
        told: list[Any] = [AIMessage("Hello", response_metadata={"model_name": "a/two"})]

        assert decided(engine, {**ANN, **THREAD}).chosen == "a/three"
        assert decided(engine, THREAD, messages=told).chosen == "a/one"
        assert decided(engine, {}, {"user": "ann"}).chosen == "a/three"

    def test_the_user_inside_another_policy(self) -> None:
        """A policy that stays by user does so inside another one, too."""
        engine = engine_of(explore(epsilon=0.0, then=sticky(by="user", then="cheapest")))
        engine.answered("a/three", {}, ANN)

        assert decided(engine, ANN).chosen == "a/three"

    def test_an_answer_under_its_dated_name(self) -> None:
        """An answer that calls its model by the dated name, as OpenRouter's do, is known for the candidate's.

        Recorded: who asks for `openai/gpt-5.2` is answered by `openai/gpt-5.2-20251211`.
        """
        engine = engine_of(
            sticky(by="history", then="cheapest"),
            candidates=["openai/gpt-5-nano", "openai/gpt-5.2"],
            catalog=snapshot(),
        )
        told: list[Any] = [AIMessage("Hello", response_metadata={"model_name": "openai/gpt-5.2-20251211"})]

        assert snapshot().lookup("openai/gpt-5.2").canonical_slug == "openai/gpt-5.2-20251211"
        assert decided(engine, messages=told).chosen == "openai/gpt-5.2"


class TestTerms:
    def test_kept_for_a_day(self) -> None:
        """The table is made once for a catalog and a day, and anew for another."""
        engine = engine_of()

        assert engine.terms(NOW) is engine.terms(NOW + dt.timedelta(hours=11))
        assert engine.terms(NOW) is not engine.terms(NOW + dt.timedelta(hours=12))
        known = engine.terms(NOW)
        engine.catalog = Catalog.from_response([record_of("a/one", {"prompt": "0", "completion": "0"})])
        assert engine.terms(NOW) is not known
        assert decided(engine).estimated_cost == 0

    def test_a_model_that_expires_overnight(self) -> None:
        """A model whose last day is over is out from then on, in a router that lives on."""
        record = record_of("a/one", {"prompt": "0", "completion": "0"}, expiration_date="2026-08-15")
        engine = engine_of(catalog=Catalog.from_response([record]))

        assert decided(engine).chosen == "a/one"
        later = engine.decide([HumanMessage("Hello")], {}, {}, GUESS, NOW + dt.timedelta(hours=12))
        assert later.rejected["a/one"].rule == "expired"

    def test_own_quality(self) -> None:
        """Figures by name go before the candidates' own, and decide by task."""
        candidates = [Candidate("a/one", quality=9), "a/two"]
        engine = engine_of("quality", candidates=candidates, quality={"a/one": 1, "a/two": {"general": 2}})

        assert decided(engine).chosen == "a/two"
        assert decided(engine_of("quality", candidates=candidates, quality={"a/two": 2})).chosen == "a/one"

    def test_the_time(self) -> None:
        """A decision tells its time in UTC, also of a time in another zone or without one."""
        zone = dt.timezone(dt.timedelta(hours=2))
        for now in (NOW.astimezone(zone), NOW.replace(tzinfo=None)):
            assert engine_of().decide([HumanMessage("Hello")], {}, {}, GUESS, now).at == NOW

    def test_what_is_told_of_the_task(self) -> None:
        """Task, complexity and reason are those of the guess."""
        guess = TaskGuess(task="code", confidence=1.0, complexity="complex", reason="a fence of code")
        decision = engine_of().decide([HumanMessage("Hello")], {}, {}, guess, NOW)

        assert (decision.task, decision.complexity, decision.task_reason) == ("code", "complex", "a fence of code")

    def test_pickle(self) -> None:
        """A copy decides as the first one did, from the beginning, without tables and models."""
        engine = engine_of(explore(epsilon=0.5, then="cheapest"), catalog=None)
        engine.candidates = ["openai/gpt-4o-mini", "openai/gpt-4o"]
        first = decided(engine)
        engine.model("openai/gpt-4o", engine.terms(NOW).table)
        copied = pickle.loads(pickle.dumps(engine))  # noqa: S301

        assert (copied._terms, copied._models) == (None, {})
        assert decided(copied) == first


class TestModels:
    def test_made_once(self) -> None:
        """The chat model of an id is made when it is needed, once, with the router's fields; others are as given."""
        own = OfAnother()
        engine = engine_of(candidates=["a/one", own], fields={"api_key": "sk-or-test", "temperature": 0.5})
        table = engine.terms(NOW).table
        made_here = engine.model("a/one", table)

        assert isinstance(made_here, ChatOpenRouter)
        assert (made_here.model_name, made_here.temperature) == ("a/one", 0.5)
        assert engine.model("a/one", table) is made_here
        assert engine.model("own-1", table) is own

    @pytest.mark.parametrize(
        ("fields", "rejected"),
        [
            ({"max_tokens": 9000}, {"a/one"}),
            ({"max_completion_tokens": 9000}, {"a/one"}),
            ({"reasoning": {"effort": "high"}}, {"a/two"}),
            ({"model_kwargs": {"reasoning": {"effort": "high"}}}, {"a/two"}),
            ({"temperature": 0.5}, {"a/two"}),
        ],
        ids=repr,
    )
    def test_what_the_fields_ask_for(self, fields: dict[str, Any], rejected: set[str]) -> None:
        """What the router's fields ask of every model, a request needs as if its arguments did."""
        short = made("a/one", supported_parameters=["max_tokens", "temperature", "reasoning"])
        plain = made("a/two", supported_parameters=["max_tokens"], top_provider={"max_completion_tokens": 50_000})
        by_field = engine_of(candidates=[short, plain], fields={"api_key": "sk-or-test", **fields})
        by_argument = engine_of(candidates=[short, plain])

        wanted = decided(by_argument, arguments=fields).rejected
        assert wanted.keys() == rejected
        assert decided(by_field).rejected == wanted

    def test_what_the_fields_cost(self) -> None:
        """Answers that the router's fields keep short are expected to be short."""
        short = decided(engine_of(fields={"api_key": "sk-or-test", "max_tokens": 20}))

        assert short.estimated_cost == decided(engine_of(), arguments={"max_tokens": 20}).estimated_cost


class TestBudget:
    def test_cheaper_as_it_empties(self) -> None:
        """An engine asks the budget, and cheaper models answer as it empties; when nothing is left and free, nobody."""
        ledger, budget = Ledger.open("memory:"), Budget("$1", per="day")
        downshift = Downshift(budget, ledger)
        engine = engine_of("quality", quality={"a/one": 1, "a/two": 2, "a/three": 3}, downshift=downshift)
        chosen = []
        for number, spent in enumerate(("0.4", "0.3", "0.2", "0.1")):
            chosen.append(decided(engine).chosen)
            record = CallRecord(
                id=str(number), started_at=dt.datetime.now(dt.UTC), cost=Decimal(spent), status="billed"
            )
            ledger.settle(record, None, [budget])
            downshift._seen = None  # as if a second had passed

        assert chosen == ["a/three", "a/three", "a/two", "a/one"]
        with pytest.raises(NoCandidateError, match="3 by budget"):
            decided(engine)


async def test_many_decisions_at_once() -> None:
    """Decisions in many threads at once are those that one thread makes."""
    engine = engine_of(candidates=list(snapshot()), catalog=snapshot())
    wanted = decided(engine).record()
    engine._terms = None
    found = await asyncio.gather(*(asyncio.to_thread(decided, engine) for _ in range(16)))

    assert all(decision.record() == wanted for decision in found)
