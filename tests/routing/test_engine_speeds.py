"""How fast models answer, as a router learns it: from its calls, and from a ledger."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from langchain_openrouter import Ledger
from langchain_openrouter.costs import CallRecord
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.constraints import Constraints
from langchain_openrouter.routing.speeds import Speed
from tests.routing.engines import decided, engine_of
from tests.routing.made import snapshot


class TestSpeeds:
    def test_learned_from_calls(self) -> None:
        """How fast a model answered is known for the next decision."""
        engine = engine_of("fastest")
        engine.health.succeeded("a/two", None, first_token_s=0.2, duration_s=1.0)
        engine.answered("a/two", {}, {})

        assert engine.speeds["a/two"].source == "calls"
        assert (engine.speeds["a/two"].first_token_s, engine.speeds["a/two"].answer_s) == (0.2, 1.0)
        assert decided(engine).chosen == "a/two"

    def test_what_is_known_stays(self) -> None:
        """A call that tells no time to the first token leaves the one that is known."""
        engine = engine_of(speeds={"a/two": Speed(0.3, 80.0)})
        engine.health.succeeded("a/two", None, first_token_s=None, duration_s=2.0)
        engine.answered("a/two", {}, {})

        assert engine.speeds["a/two"] == Speed(0.3, 80.0, 2.0, "calls")

    def test_learned_while_others_decide(self) -> None:
        """A call that ends while another one is decided does not disturb it."""
        engine = engine_of(constraints=Constraints(max_latency=5))

        class WhileLooking(Speed):
            @property
            def latency(self) -> float:
                engine.health.succeeded("a/three", None, first_token_s=0.1, duration_s=0.1)
                engine.answered("a/three", {}, {})
                return 9.0

        engine.speeds = {"a/one": WhileLooking(9.0), "a/two": Speed(0.1)}

        assert decided(engine).rejected.keys() == {"a/one"}

    def test_many_threads(self) -> None:
        """Calls that end at once in many threads are all remembered."""
        names = [f"a/{i}" for i in range(200)]
        engine = engine_of(candidates=names)
        for name in names:
            engine.health.succeeded(name, None, first_token_s=0.1, duration_s=1.0)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda name: engine.answered(name, {}, {"configurable": {"thread_id": name}}), names))

        assert engine.speeds.keys() == set(names)
        assert all(engine.memory.latest(f"thread {name}") == name for name in names)


def ledger_of(*records: CallRecord) -> Ledger:
    """Give a ledger with these calls."""
    ledger = Ledger.open("memory:")
    for record in records:
        ledger.settle(record, None)
    return ledger


def called(number: int, model: str, asked: str | None = None, ago: float = 1.0, **times: Any) -> CallRecord:
    """Make the record of a call, so many hours ago."""
    at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=ago)
    return CallRecord(
        id=str(number),
        started_at=at,
        model=model,
        model_asked=asked or model,
        status="billed",
        cost=Decimal(0),
        **times,
    )


class TestRefresh:
    def test_from_a_ledger(self) -> None:
        """A ledger's calls of the last day tell the speeds of candidates, and of nobody else."""
        ledger = ledger_of(
            called(1, "a/one", first_token_s=0.5, duration_s=2.5, completion_tokens=100),
            called(2, "a/two", ago=30, duration_s=9.0),
            called(3, "b/other", duration_s=9.0),
        )
        engine = engine_of(speeds={"a/three": Speed(7.0)})
        engine.refresh(ledger, dt.timedelta(days=1), live=False)

        assert engine.speeds == {"a/one": Speed(0.5, 50.0, 2.5, "ledger"), "a/three": Speed(7.0)}

    def test_dated_names(self) -> None:
        """A call that a dated version answered tells the speed of the candidate that was asked.

        Recorded: who asks for `openai/gpt-5.2` is answered by `openai/gpt-5.2-20251211`, and a ledger keeps both.
        """
        ledger = ledger_of(called(1, "openai/gpt-5.2-20251211", "openai/gpt-5.2", duration_s=2.0))
        engine = engine_of(candidates=["openai/gpt-5.2", "openai/gpt-5-nano"], catalog=snapshot())
        engine.refresh(ledger, dt.timedelta(days=1), live=False)

        assert engine.speeds.keys() == {"openai/gpt-5.2"}

    def test_candidates_of_other_names(self) -> None:
        """A candidate has the speed of its model, whatever it is called, and as often as it is one."""
        ledger = ledger_of(called(1, "a/one", duration_s=2.0))
        engine = engine_of(candidates=[Candidate("a/one", name="mine"), "a/one", "a/one"])
        engine.refresh(ledger, dt.timedelta(days=1), live=False)

        assert engine.speeds.keys() == {"mine", "a/one", "a/one#2"}
