"""The classifier that asks a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.tasks.answers import read_answer
from langchain_openrouter.tasks.complexity import complexity_of
from langchain_openrouter.tasks.failing import NOT_SURVIVED, instead
from langchain_openrouter.tasks.keywords import KeywordClassifier, look_at
from langchain_openrouter.tasks.reading import earlier_text
from langchain_openrouter.tasks.task import TaskGuess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

    from langchain_openrouter.tasks.task import TaskClassifier

__all__ = ["PROMPT", "ModelClassifier"]

PROMPT = """\
Say which kind of task the request is. Do not do what it asks for. The kinds are:
code: programs, queries, configuration, and questions about them
math: calculations, word problems, proofs
analysis: why and how things hang together, comparing, judging, logic, exam questions with choices
creative: texts to be written or rewritten, such as stories, mails and speeches; roles to be played
chat: greetings, thanks, small talk
extraction: what is in a given text: summaries, lists, fields, labels, questions about a passage
translation: from one human language into another
vision: images to be looked at
general: facts, advice, and all that is none of these
Answer with JSON only: {"task": one of these words, "complexity": "simple" or "moderate" or "complex", \
"confidence": 0 to 1}"""
"""What the model is told. The request follows in a message of its own."""

_CONFIDENCE = 0.8
"""Where the model does not tell its own."""

_CONFIG: RunnableConfig = {
    "run_name": "TaskClassifier",
    # LangGraph keeps the tokens of a call with this tag out of the user's stream.
    "tags": ["nostream"],
}


class ModelClassifier:
    """Asks a model, in one call, and reads its answer tolerantly.

    A model that is small and quick is good enough. It is shown begin and end of the last human turn and of the human
    message before it.

    Args:
        model: A chat model, or what `bind` or `with_fallbacks` made of one.
        prompt: What the model is told. It should answer with JSON as of `PROMPT`, or with the word of a task.
        fallback: Who is asked when the model fails or its answer cannot be read. Default: `KeywordClassifier()`. The
            reason says so. Errors of authentication and of budgets are raised.

    Example:
        >>> from langchain_core.language_models import FakeListChatModel
        >>> from langchain_core.messages import HumanMessage
        >>> ModelClassifier(FakeListChatModel(responses=["math"])).classify([HumanMessage("Two and two?")]).task
        'math'
    """

    def __init__(
        self,
        model: Runnable[LanguageModelInput, Any],
        prompt: str = PROMPT,
        *,
        fallback: TaskClassifier | None = None,
    ) -> None:
        self._model = model
        self._prompt = prompt
        self._fallback = fallback or KeywordClassifier()

    def classify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about.

        Args:
            messages: The conversation.

        Raises:
            BudgetExceededError: A budget does not allow the call.
            ModelAuthenticationError: The key of the model is missing or wrong.
        """
        try:
            answer = self._model.invoke(_question(self._prompt, messages), _CONFIG)
        except NOT_SURVIVED:
            raise
        except Exception as error:  # noqa: BLE001  # models of all providers raise what they like
            return instead(self._fallback.classify(messages), _why(error))
        return _judge(messages, answer) or instead(self._fallback.classify(messages), _UNREADABLE)

    async def aclassify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about; arguments and errors are those of `classify`."""
        try:
            answer = await self._model.ainvoke(_question(self._prompt, messages), _CONFIG)
        except NOT_SURVIVED:
            raise
        except Exception as error:  # noqa: BLE001  # see `classify`
            return instead(await self._fallback.aclassify(messages), _why(error))
        return _judge(messages, answer) or instead(await self._fallback.aclassify(messages), _UNREADABLE)


_UNREADABLE = "the model's answer names no task"


def _why(error: Exception) -> str:
    return f"the model failed ({type(error).__name__})"


def _question(prompt: str, messages: Sequence[BaseMessage]) -> list[tuple[str, str]]:
    turn, _ = look_at(messages)
    earlier = earlier_text(messages, turn.start)
    parts = [f"<earlier>\n{earlier}\n</earlier>"] if earlier else []
    parts.append(f"<request>\n{turn.text}\n</request>")
    parts += ["The request comes with an image."] if turn.has_image else []
    return [("system", prompt), ("human", "\n".join(parts))]


def _judge(messages: Sequence[BaseMessage], answer: Any) -> TaskGuess | None:
    told = read_answer(answer if isinstance(answer, str) else getattr(answer, "text", ""))
    if told is None:
        return None
    turn, evidence = look_at(messages)
    complexity = told.complexity or complexity_of(told.task, turn.length, evidence)
    confidence = _CONFIDENCE if told.confidence is None else told.confidence
    return TaskGuess(told.task, confidence, complexity, "the model said so")
