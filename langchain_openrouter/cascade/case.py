"""What an acceptance rule is shown, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from langchain_openrouter.costs.money import written
from langchain_openrouter.errors import redact
from langchain_openrouter.routing.failures import cost_of_answer, cost_of_failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import AIMessage, BaseMessage

__all__ = ["Acceptance", "Answer", "Case", "Verdict"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave.

    Args:
        model: The model that was asked.
        stage: Of which stage, from 0.
        message: The answer; `None` where the call failed.
        error: Why it failed.
        seconds: How long it took.
    """

    model: str
    stage: int
    message: AIMessage | None
    error: Exception | None
    seconds: float

    @property
    def cost(self) -> Decimal | None:
        """Dollars that it cost; `None` where nobody knows. A call that was refused cost nothing."""
        if self.message is not None:
            return cost_of_answer(self.message)
        return cost_of_failure(self.error) if self.error else None

    def record(self) -> dict[str, Any]:
        """Give it as JSON, without the answer."""
        return {
            "model": self.model,
            "stage": self.stage,
            "error": type(self.error).__name__ if self.error else None,
            "message": redact(str(self.error).partition("\n")[0]) if self.error else None,
            "seconds": round(self.seconds, 6),
            "cost": written(self.cost),
        }


@dataclass(frozen=True, slots=True)
class Case:
    """The answers so far.

    Args:
        question: Text of the latest message of the user.
        messages: The whole prompt.
        answers: All answers, also failed ones, in the order of the stages.
        stage: The stage that has just been asked, from 0.
        arguments: Arguments of the call, `tools` among them.
        model_options: Fields of the `ChatOpenRouter`s that are made of ids.
    """

    question: str
    messages: Sequence[BaseMessage]
    answers: Sequence[Answer]
    stage: int
    arguments: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> list[tuple[int, AIMessage]]:
        """The answers of all calls that did not fail, with their positions."""
        return [(i, each.message) for i, each in enumerate(self.answers) if each.message is not None]

    @property
    def latest(self) -> list[tuple[int, AIMessage]]:
        """Those of the stage that has just been asked."""
        return [(i, message) for i, message in self.given if self.answers[i].stage == self.stage]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one of the answers is good enough.

    Args:
        position: Which one; `None`: none of them.
        confidence: How sure that is, 0 to 1; `None` where the rule knows no degrees.
        reason: Why, in some words.
        cost: Dollars that the rule itself cost; `None` where nobody knows.
    """

    position: int | None
    confidence: float | None = None
    reason: str = ""
    cost: Decimal | None = Decimal(0)


@runtime_checkable
class Acceptance(Protocol):
    """Says whether one of the cheap answers is good enough."""

    @property
    def asks_for(self) -> Mapping[str, Any]:
        """What the models have to be asked for, such as log-probabilities."""
        ...

    def weigh(self, case: Case) -> Verdict:
        """Look at the answers so far."""
        ...

    async def aweigh(self, case: Case) -> Verdict:
        """Look at the answers so far, asynchronously."""
        ...
