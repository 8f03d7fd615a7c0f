"""What a scorer says: a score, that it cannot tell, that it failed, or that its own call was refused."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.evaluation.judging import Judge
from langchain_openrouter.evaluation.screening.marking import Mark, Marker

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER = AIMessage("42")


def sync(marker: Marker) -> Mark:
    """Mark in this thread."""
    return marker.mark(ANSWER, "6 * 7?", "42")


def in_a_task(marker: Marker) -> Mark:
    """Mark in an event loop."""
    return asyncio.run(marker.amark(ANSWER, "6 * 7?", "42"))


@pytest.fixture(params=[sync, in_a_task])
def mark(request: pytest.FixtureRequest) -> Callable[[Marker], Mark]:
    """Both ways."""
    way: Callable[[Marker], Mark] = request.param
    return way


class Right:
    def __call__(self, answer: AIMessage, asked: Any, reference: Any) -> bool:
        return bool(answer.text == reference and asked == "6 * 7?")


async def later(answer: AIMessage, asked: Any, reference: Any) -> float:
    """Score after a while."""
    await asyncio.sleep(0)
    return 0.5


def refusing(answer: AIMessage, asked: Any, reference: Any) -> float:
    """Be refused."""
    raise BudgetExceededError("no")


class TestFunctions:
    @pytest.mark.parametrize(
        ("scorer", "told"),
        [
            (Right(), Mark(1.0)),
            (later, Mark(0.5)),
            (lambda *_: later(*_), Mark(0.5)),  # noqa: PLW0108  # a function that is not asynchronous gives what is
            (lambda *_: 7, Mark(7.0)),
            (lambda *_: Fraction(1, 4), Mark(0.25)),
            (lambda *_: None, Mark()),
            (lambda *_: "good", Mark(failure="str is no score")),
            (lambda *_: float("nan"), Mark(failure="nan is no score")),
            (lambda *_: 1 // 0, Mark(failure="ZeroDivisionError: integer division or modulo by zero")),
        ],
    )
    def test_known(self, mark: Callable[[Marker], Mark], scorer: Any, told: Mark) -> None:
        """Numbers and truth values are scores, `None` is none, and all else is a failure that is told."""
        assert mark(Marker(scorer)) == told

    def test_a_refusal_is_raised(self, mark: Callable[[Marker], Mark]) -> None:
        """A budget's refusal of what the scorer asks is no failure of the scorer."""
        with pytest.raises(BudgetExceededError):
            mark(Marker(refusing))


class TestJudges:
    def test_scores(self, mark: Callable[[Marker], Mark]) -> None:
        """A judge's points are the score; a model alone judges in the usual way."""
        assert mark(Marker(Judge(FakeListChatModel(responses=["Score: 8"])))) == Mark(8.0)
        assert mark(Marker(FakeListChatModel(responses=["Score: 8"]))) == Mark(8.0)

    def test_unreadable(self, mark: Callable[[Marker], Mark]) -> None:
        """A verdict that nobody can read is a failure."""
        assert mark(Marker(FakeListChatModel(responses=["Hm."]))).failure == "unreadable verdict"

    def test_a_refusal_is_raised(self, mark: Callable[[Marker], Mark]) -> None:
        """A judge whose call a budget refuses has not failed."""
        judge = Judge(FakeListChatModel(responses=["Score: 8"]))
        judge.model = RunnableLambda(lambda _: refusing(ANSWER, "", ""))  # type: ignore[assignment]

        with pytest.raises(BudgetExceededError, match="no"):
            mark(Marker(judge))


class TestChecks:
    def test_names(self) -> None:
        """A scorer is named the same in each run of a program."""
        assert Marker(refusing).name == "refusing"
        assert Marker(Right()).name == "Right"
        assert Marker(partial(refusing)).name == "refusing"
        one, same = (Marker(Judge(FakeListChatModel(responses=["8"]))).name for _ in range(2))
        assert one == same != Marker(Judge(FakeListChatModel(responses=["8"]), criteria="short")).name

    def test_none(self) -> None:
        """What cannot score is refused."""
        with pytest.raises(TypeError, match="scorer=7 cannot score"):
            Marker(7)  # type: ignore[arg-type]

    def test_falling(self) -> None:
        """A scale on which less is better is refused, as more wins."""

        def words(answer: AIMessage, asked: Any, reference: Any) -> float:
            return len(answer.text)

        words.scale = (100, 0)  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match=r"The scale \(100, 0\) of the scorer falls"):
            Marker(words)
