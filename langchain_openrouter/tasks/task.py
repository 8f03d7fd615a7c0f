"""What a request is about, and who can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, get_args, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["TASKS", "Complexity", "Task", "TaskClassifier", "TaskGuess", "check_task"]

Task = Literal["code", "math", "analysis", "creative", "chat", "extraction", "translation", "vision", "general"]
"""What a request is about.

- `code`: programs, queries, configuration, and questions about them.
- `math`: calculations, word problems, proofs.
- `analysis`: why and how things hang together, comparing, judging, logic, questions with choices.
- `creative`: texts to be written or rewritten: stories, mails, speeches, roles to be played.
- `chat`: greetings, thanks, small talk.
- `extraction`: what is in a given text: summaries, lists, fields, labels.
- `translation`: from one human language into another.
- `vision`: images to be looked at.
- `general`: facts, advice, and all that is none of these.
"""

Complexity = Literal["simple", "moderate", "complex"]
"""How much a request demands of a model."""

TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True, slots=True)
class TaskGuess:
    """What a request seems to be about.

    Args:
        task: The task.
        confidence: How sure that is, from 0 to 1. It orders guesses of one classifier; it is no probability.
        complexity: How much the request demands.
        reason: What speaks for it, in a few words, such as `words: traceback, def`.
    """

    task: Task
    confidence: float
    complexity: Complexity
    reason: str


@runtime_checkable
class TaskClassifier(Protocol):
    """Tells what a request is about."""

    def classify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about.

        Args:
            messages: The conversation; the last human message counts most.
        """
        ...

    async def aclassify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about.

        Args:
            messages: The conversation; the last human message counts most.
        """
        ...


def check_task(value: object, where: str) -> Task:
    """Look at a value that must be a task.

    Args:
        value: The value.
        where: Where it stands, for the message.

    Raises:
        ValueError: It is none.
    """
    for task in TASKS:
        if value == task:
            return task
    msg = f"{value!r} in {where} is no task. There are {', '.join(TASKS)}."
    raise ValueError(msg)
