"""What a router remembers between calls."""

from __future__ import annotations

import pickle
import threading
from collections import Counter
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_openrouter.routing.memory import Memory, answered_before, whose


class TestMemory:
    def test_draws(self) -> None:
        """The same seed and turn draw the same number, from 0 up to 1; each turn draws another."""
        memory, twin = Memory(5), Memory(5)
        drawn = []
        for _ in range(200):
            assert memory.draw() == memory.draw() == twin.draw()
            drawn.append(memory.draw())
            memory.count()
            twin.count()

        assert all(0 <= draw < 1 for draw in drawn)
        assert len(set(drawn)) == 200
        assert Memory(6).draw() != Memory(5).draw()

    @pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
    def test_draws_are_even(self, seed: int) -> None:
        """Over many turns each tenth is drawn about as often as the others."""
        memory = Memory(seed)
        tenths: Counter[int] = Counter()
        for _ in range(10_000):
            tenths[int(memory.draw() * 10)] += 1
            memory.count()

        assert all(850 < tenths[i] < 1150 for i in range(10))

    def test_without_a_seed(self) -> None:
        """Without a seed each router draws its own."""
        assert len({Memory().seed for _ in range(20)}) == 20

    def test_pickle(self) -> None:
        """A copy draws from the same seed, from the beginning, and knows nobody."""
        memory = Memory(5)
        memory.count()
        memory.answered("thread 1", "a/b")
        copied = pickle.loads(pickle.dumps(memory))  # noqa: S301

        assert (copied.seed, copied.turn, copied.latest("thread 1")) == (5, 0, None)

    def test_who_answered(self) -> None:
        """The latest answer of a thread counts, and of no other; nobody's answers are not kept."""
        memory = Memory(1)
        for name, model in (("thread 1", "a/b"), ("thread 2", "c/d"), ("thread 1", "e/f"), (None, "g/h"), ("", "i/j")):
            memory.answered(name, model)

        assert [memory.latest(each) for each in ("thread 1", "thread 2", "thread 3", None, "")] == [
            "e/f", "c/d", None, None, None,
        ]  # fmt: skip

    def test_the_most_that_is_remembered(self) -> None:
        """Of more than ten thousand threads, those whose latest answer is the oldest are forgotten."""
        memory = Memory(1)
        for i in range(10_000):
            memory.answered(f"thread {i}", "a/b")
        memory.answered("thread 0", "c/d")
        memory.answered("thread 10000", "a/b")

        assert memory.latest("thread 0") == "c/d"
        assert memory.latest("thread 1") is None
        assert memory.latest("thread 2") == memory.latest("thread 10000") == "a/b"

    def test_threads(self) -> None:
        """Every call counts, from however many threads."""
        memory = Memory(1)

        def call() -> None:
            for _ in range(1000):
                memory.count()

        threads = [threading.Thread(target=call) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert memory.turn == 8000


class TestWhose:
    @pytest.mark.parametrize(
        ("config", "arguments", "thread", "user"),
        [
            ({}, {}, None, None),
            ({"configurable": {"thread_id": "7"}}, {}, "thread 7", None),
            ({"configurable": {"thread_id": 7}}, {}, "thread 7", None),
            ({"metadata": {"session_id": "s", "user_id": "ann"}}, {}, "thread s", "user ann"),
            ({"metadata": {"conversation_id": "c"}}, {"user": "bob"}, "thread c", "user bob"),
            ({}, {"session_id": "s", "user": "bob"}, "thread s", "user bob"),
            ({"configurable": {"thread_id": "7"}, "metadata": {"thread_id": "8"}}, {"user": "x"}, "thread 7", "user x"),
            ({"configurable": {"langgraph_auth_user_id": "x"}}, {}, None, "user x"),
            ({"configurable": None, "metadata": None}, {}, None, None),
            ({"configurable": {"thread_id": ""}}, {}, None, None),
        ],
    )  # fmt: skip
    def test_threads_and_users(self, config: Any, arguments: Any, thread: str | None, user: str | None) -> None:
        """Threads and users are told apart, and found in LangGraph's configuration, metadata, then arguments."""
        assert whose(config, "thread", arguments) == thread
        assert whose(config, "user", arguments) == user
        assert whose(config, "history", arguments) is None

    def test_thread_zero(self) -> None:
        """A thread numbered 0 is a thread like others."""
        assert whose({"configurable": {"thread_id": 0}}, "thread", {}) == "thread 0"


def said(model: Any = None, routed: Any = None) -> AIMessage:
    """Make an answer of a model."""
    metadata = {"model_name": model, "routing": None if routed is None else {"model": routed}}
    return AIMessage("Hello", response_metadata={key: value for key, value in metadata.items() if value is not None})


class TestAnsweredBefore:
    @pytest.mark.parametrize(
        ("messages", "model"),
        [
            ([], None),
            ([HumanMessage("Hello")], None),
            ([said("a/b"), HumanMessage("And?")], "a/b"),
            ([said("a/b"), said("c/d"), HumanMessage("And?")], "c/d"),
            ([said("a/b-20260101", routed="a/b")], "a/b"),
            ([said("a/b"), said()], None),
            ([said(5)], None),
        ],
    )
    def test_the_latest_answer(self, messages: Any, model: str | None) -> None:
        """The model of the latest answer is known by what a router noted, else by what the answer says itself."""
        assert answered_before(messages) == model
