"""A classifier of whatever somebody passes as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_openrouter.tasks.complexity import complexity_of
from langchain_openrouter.tasks.keywords import KeywordClassifier, look_at
from langchain_openrouter.tasks.task import TaskClassifier, TaskGuess, check_task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from langchain_openrouter.tasks.task import Task

    ClassifierLike: TypeAlias = (
        Literal["keywords"] | TaskClassifier | Embeddings | BaseChatModel | Callable[[Sequence[BaseMessage]], Task]
    )
    """The built-in words, a classifier, embeddings, a chat model, or a function that names the task."""

__all__ = ["FunctionClassifier", "as_classifier"]


@dataclass(frozen=True, slots=True)
class FunctionClassifier:
    """Asks a function of the user's, which must be quick: it is called in the event loop, too.

    Args:
        function: Gets the conversation, gives the task.
    """

    function: Callable[[Sequence[BaseMessage]], Task]

    def classify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about.

        Args:
            messages: The conversation.

        Raises:
            ValueError: The function gave something that is no task.
        """
        name = getattr(self.function, "__name__", type(self.function).__name__)
        task = check_task(self.function(messages), f"the answer of {name}")
        turn, evidence = look_at(messages)
        return TaskGuess(task, 1.0, complexity_of(task, turn.length, evidence), f"{name} said so")

    async def aclassify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about; arguments and errors are those of `classify`."""
        return self.classify(messages)


def as_classifier(value: ClassifierLike) -> TaskClassifier:
    """Make a classifier of what somebody passes as one.

    Args:
        value: `"keywords"`, a classifier, embeddings, a chat model, what `bind` or `with_fallbacks` made of one, or a
            function that gets the conversation and names the task.

    Raises:
        ValueError: It is a text other than `"keywords"`.
        TypeError: It is none of these.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> as_classifier(lambda messages: "chat").classify([HumanMessage("Hello")]).task
        'chat'
    """
    return _of_name(value) if isinstance(value, str) else _of_object(value)


def _of_name(name: str) -> TaskClassifier:
    if name == "keywords":
        return KeywordClassifier()
    msg = f"{name!r} is no classifier. Pass 'keywords', or a model, embeddings or a function instead of a text."
    raise ValueError(msg)


def _of_object(value: Any) -> TaskClassifier:
    if isinstance(value, type):
        msg = f"{value.__name__} is a class. Pass an instance: {value.__name__}(…)."
        raise TypeError(msg)
    if isinstance(value, TaskClassifier):
        return value
    # Importing these takes a third of a second, which the words do not need.
    from langchain_core.embeddings import Embeddings
    from langchain_core.runnables import Runnable

    from langchain_openrouter.tasks.asking import ModelClassifier
    from langchain_openrouter.tasks.embedding import EmbeddingClassifier

    if isinstance(value, Embeddings):
        return EmbeddingClassifier(value)
    if isinstance(value, Runnable):
        return ModelClassifier(value)
    if callable(value):
        return FunctionClassifier(value)
    msg = (
        f"{type(value).__name__} is no classifier. Pass 'keywords', an object with `classify` and `aclassify`, "
        "embeddings, a chat model, or a function that gets the messages and names the task."
    )
    raise TypeError(msg)
