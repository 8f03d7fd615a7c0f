"""The classifier that compares a request with examples, by embeddings."""

from __future__ import annotations

import functools
import math
from importlib import resources
from operator import itemgetter, mul
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_openrouter.tasks.complexity import complexity_of
from langchain_openrouter.tasks.failing import NOT_SURVIVED, instead
from langchain_openrouter.tasks.keywords import KeywordClassifier, look_at, vision_guess
from langchain_openrouter.tasks.once import Once
from langchain_openrouter.tasks.task import Task, TaskClassifier, TaskGuess, check_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.embeddings import Embeddings
    from langchain_core.messages import BaseMessage

__all__ = ["EmbeddingClassifier", "built_in_examples"]

_NEIGHBOURS = 3
"""So many of a task's examples, the most similar, say how similar a request is to the task."""

_UNLIKE_ALL = 0.3
"""The confidence where no example is similar enough."""


class _Example(NamedTuple):
    task: Task
    vector: list[float]
    """Of length 1."""


class EmbeddingClassifier:
    """Tells the task from the examples that a request is most similar to.

    The examples are embedded once, when they are first needed. A request costs one call of `embed_query`; a request
    with images or without text costs none.

    Args:
        embeddings: Any embeddings of LangChain.
        examples: Requests of each task; by default a few in several languages.
        threshold: The cosine similarity, from -1 to 1, below which a request is `general`. Good values differ between
            models: look at the similarities that the reasons tell.
        fallback: Who is asked when the embeddings fail. Default: `KeywordClassifier()`. Errors of authentication and of
            budgets are raised.

    Raises:
        ValueError: A task is unknown or has no examples, or the threshold is no similarity.

    Example:
        ```python
        from langchain_openai import OpenAIEmbeddings

        classifier = EmbeddingClassifier(OpenAIEmbeddings(model="text-embedding-3-small"), threshold=0.25)
        classifier.classify([HumanMessage("Why does my loop never end?")])
        ```
    """

    def __init__(
        self,
        embeddings: Embeddings,
        examples: Mapping[Task, Sequence[str]] | None = None,
        *,
        threshold: float = 0.3,
        fallback: TaskClassifier | None = None,
    ) -> None:
        if not -1 <= threshold <= 1:
            msg = f"threshold={threshold!r} is no cosine similarity. Pass a number from -1 to 1, such as 0.3."
            raise ValueError(msg)
        self._embeddings = embeddings
        self._examples = None if examples is None else _checked(examples)
        self._threshold = threshold
        self._fallback = fallback or KeywordClassifier()
        self._embedded = Once[list[_Example]]()

    def classify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about.

        Args:
            messages: The conversation.

        Raises:
            BudgetExceededError: A budget does not allow the embedding.
            ModelAuthenticationError: The key of the embeddings is missing or wrong.
        """
        look = _Look(messages)
        if look.guess:
            return look.guess
        try:
            known = self._embedded.get(lambda: self._as_examples(self._embeddings.embed_documents(self._texts())))
            vector = self._embeddings.embed_query(look.text)
        except NOT_SURVIVED:
            raise
        except Exception as error:  # noqa: BLE001  # embeddings raise what they like
            return instead(self._fallback.classify(messages), _why(error))
        return self._judge(look, vector, known)

    async def aclassify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about; arguments and errors are those of `classify`."""
        look = _Look(messages)
        if look.guess:
            return look.guess
        try:
            known = await self._embedded.aget(self._embed_examples)
            vector = await self._embeddings.aembed_query(look.text)
        except NOT_SURVIVED:
            raise
        except Exception as error:  # noqa: BLE001  # see `classify`
            return instead(await self._fallback.aclassify(messages), _why(error))
        return self._judge(look, vector, known)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the embedded examples."""
        return {name: value for name, value in self.__dict__.items() if name != "_embedded"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Embed the examples anew when they are needed."""
        self.__dict__.update(state, _embedded=Once[list[_Example]]())

    def _all_examples(self) -> Mapping[Task, Sequence[str]]:
        return built_in_examples() if self._examples is None else self._examples

    def _texts(self) -> list[str]:
        return [text for texts in self._all_examples().values() for text in texts]

    async def _embed_examples(self) -> list[_Example]:
        return self._as_examples(await self._embeddings.aembed_documents(self._texts()))

    def _as_examples(self, vectors: list[list[float]]) -> list[_Example]:
        tasks = [task for task, texts in self._all_examples().items() for _ in texts]
        return [_Example(task, _of_length_one(vector)) for task, vector in zip(tasks, vectors, strict=True)]

    def _judge(self, look: _Look, vector: list[float], known: list[_Example]) -> TaskGuess:
        similarity = similarities(vector, known)
        task, best = max(similarity.items(), key=itemgetter(1))
        told = f"like examples of {task} ({best:.2f})"
        if best < self._threshold:
            return look.as_guess("general", _UNLIKE_ALL, f"only {told}, below {self._threshold:g}")
        return look.as_guess(task, min(max(best, 0.0), 1.0), told)


class _Look:
    """What is seen of a request without embedding it; a guess, where that is enough."""

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        self._turn, self._evidence = look_at(messages)
        self.text = self._turn.text
        self.guess = vision_guess(self._turn, self._evidence)
        if not self.guess and not self.text:
            self.guess = self.as_guess("general", _UNLIKE_ALL, "no text")

    def as_guess(self, task: Task, confidence: float, reason: str) -> TaskGuess:
        return TaskGuess(task, confidence, complexity_of(task, self._turn.length, self._evidence), reason)


def similarities(vector: list[float], known: Sequence[_Example]) -> dict[Task, float]:
    """Tell how similar a request is to each task: the mean of the cosines with the task's nearest examples."""
    request = _of_length_one(vector)
    cosines: dict[Task, list[float]] = {}
    for task, example in known:
        cosines.setdefault(task, []).append(sum(map(mul, request, example)))
    nearest = {task: sorted(each, reverse=True)[:_NEIGHBOURS] for task, each in cosines.items()}
    return {task: sum(each) / len(each) for task, each in nearest.items()}


@functools.cache
def built_in_examples() -> Mapping[Task, Sequence[str]]:
    """Read the examples that come with the package."""
    examples: dict[Task, list[str]] = {}
    for line in resources.files(__package__).joinpath("examples.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = check_task(line.strip("[]"), "examples.txt")
        elif line and not line.startswith("#"):
            examples.setdefault(section, []).append(line)
    return examples


def _checked(examples: Mapping[Task, Sequence[str]]) -> dict[Task, tuple[str, ...]]:
    for task, texts in examples.items():
        check_task(task, "examples")
        if isinstance(texts, str) or not texts:
            msg = f"examples[{task!r}]={texts!r} is no list of requests. Give at least one, or leave the task out."
            raise ValueError(msg)
    if not examples:
        msg = "examples={} has nothing to compare with. Leave it out for the examples of the package."
        raise ValueError(msg)
    return {task: tuple(texts) for task, texts in examples.items()}


def _of_length_one(vector: list[float]) -> list[float]:
    length = math.hypot(*vector)
    # What has no direction is similar to nothing.
    return [each / length for each in vector] if length and math.isfinite(length) else [0.0] * len(vector)


def _why(error: Exception) -> str:
    return f"the embeddings failed ({type(error).__name__})"
