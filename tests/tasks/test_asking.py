"""The classifier that asks a model."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from langchain_core.exceptions import ModelAuthenticationError
from langchain_core.language_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda

from langchain_openrouter.errors import (
    AuthenticationError,
    BudgetExceededError,
    InsufficientCreditsError,
    LedgerUnavailableError,
    RateLimitError,
    UnknownPriceError,
)
from langchain_openrouter.tasks import KeywordClassifier, ModelClassifier, TaskClassifier, TaskGuess
from langchain_openrouter.tasks.asking import PROMPT

Classify = Callable[[TaskClassifier, Sequence[BaseMessage]], Awaitable[TaskGuess]]
ASK = [HumanMessage("Write a poem about the sea")]


async def _sync(classifier: TaskClassifier, messages: Sequence[BaseMessage]) -> TaskGuess:
    return classifier.classify(messages)


async def _async(classifier: TaskClassifier, messages: Sequence[BaseMessage]) -> TaskGuess:
    return await classifier.aclassify(messages)


@pytest.fixture(params=[_sync, _async], ids=["classify", "aclassify"])
def classify(request: pytest.FixtureRequest) -> Classify:
    """Both ways to ask."""
    chosen: Classify = request.param
    return chosen


def saying(text: str) -> FakeListChatModel:
    """Make a model that says this."""
    return FakeListChatModel(responses=[text])


def failing(error: Exception) -> RunnableLambda[Any, Any]:
    """Make a model that fails."""

    def fail(_: Any) -> str:
        raise error

    return RunnableLambda(fail)


class TestAnswers:
    async def test_what_the_model_says(self, classify: Classify) -> None:
        """Task, complexity and confidence are the model's."""
        classifier = ModelClassifier(saying('{"task": "math", "complexity": "complex", "confidence": 0.4}'))

        assert await classify(classifier, ASK) == TaskGuess("math", 0.4, "complex", "the model said so")

    async def test_what_it_leaves_out(self, classify: Classify) -> None:
        """The complexity is found in the text, and the confidence is a usual one."""
        told = await classify(ModelClassifier(saying("analysis")), [HumanMessage("Prove it step by step")])

        assert told == TaskGuess("analysis", 0.8, "complex", "the model said so")

    async def test_thoughts_are_no_answer(self, classify: Classify) -> None:
        """Blocks of thought in the content are passed over."""
        content: list[str | dict[Any, Any]] = [
            {"type": "reasoning", "reasoning": "is it code?"},
            {"type": "text", "text": "chat"},
        ]
        model = GenericFakeChatModel(messages=iter([AIMessage(content)]))

        assert (await classify(ModelClassifier(model), ASK)).task == "chat"

    async def test_an_unreadable_answer(self, classify: Classify) -> None:
        """The words decide instead, and the reason says so."""
        told = await classify(ModelClassifier(saying("I would rather write it")), ASK)

        assert told.task == "creative"
        assert told.reason == "the model's answer names no task, so words: poem, write, to be written"

    async def test_another_fallback(self, classify: Classify) -> None:
        """The fallback can be any classifier."""
        classifier = ModelClassifier(saying("?"), fallback=ModelClassifier(saying("vision")))

        assert (await classify(classifier, ASK)).task == "vision"


class TestFailures:
    @pytest.mark.parametrize(
        "error", [RateLimitError("too many"), InsufficientCreditsError("no credit"), ValueError("odd"), OSError("gone")]
    )
    async def test_survived(self, error: Exception, classify: Classify) -> None:
        """A model that fails costs no answer; what it said may be secret, so the reason tells only the kind."""
        told = await classify(ModelClassifier(failing(error)), ASK)

        assert told.task == "creative"
        assert told.reason.startswith(f"the model failed ({type(error).__name__}), so words: poem")
        assert str(error).split("\n", maxsplit=1)[0] not in told.reason

    @pytest.mark.parametrize(
        "error",
        [
            BudgetExceededError("no"),
            UnknownPriceError("no"),
            LedgerUnavailableError("no"),
            AuthenticationError("no"),
            ModelAuthenticationError("no"),
        ],
    )
    async def test_raised(self, error: Exception, classify: Classify) -> None:
        """A limit of the user's and a wrong key are not hidden."""
        with pytest.raises(type(error)) as caught:
            await classify(ModelClassifier(failing(error)), ASK)

        assert caught.value is error

    async def test_stopping_is_no_failure(self, classify: Classify) -> None:
        """A call that is cancelled has not failed."""
        with pytest.raises(asyncio.CancelledError):
            await classify(ModelClassifier(RunnableLambda(_cancel)), ASK)


def _cancel(_: Any) -> str:
    raise asyncio.CancelledError


class TestQuestion:
    async def test_what_the_model_is_shown(self, classify: Classify) -> None:
        """It gets the prompt, the request, the one before and word of images, in one call that streams to nobody."""
        calls: list[tuple[Any, RunnableConfig]] = []

        def note(messages: Any, config: RunnableConfig) -> str:
            calls.append((messages, config))
            return "vision"

        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        conversation = [
            HumanMessage("Hello"),
            AIMessage("Hi"),
            HumanMessage([{"type": "text", "text": "What is this?"}, image]),
        ]
        await classify(ModelClassifier(RunnableLambda(note)), conversation)

        ((messages, config),) = calls
        assert messages == [
            ("system", PROMPT),
            (
                "human",
                "<earlier>\nHello\n</earlier>\n<request>\nWhat is this?\n</request>\nThe request comes with an image.",
            ),
        ]
        assert config["tags"] == ["nostream"]

    async def test_long_requests_are_cut(self, classify: Classify) -> None:
        """The model is not paid for reading it all."""
        read: list[int] = []

        def note(messages: Any) -> str:
            read.append(len(messages[1][1]))
            return "chat"

        await classify(ModelClassifier(RunnableLambda(note), "Which?"), [HumanMessage("word " * 20_000)] * 3)

        assert len(read) == 1
        assert read[0] < 2000


def test_the_prompt_names_all_tasks() -> None:
    """A task that the model is not told of is never found."""
    from langchain_openrouter.tasks import TASKS

    assert all(f"\n{task}: " in PROMPT for task in TASKS)


def test_pickling() -> None:
    """A classifier is pickled with its model."""
    classifier = pickle.loads(pickle.dumps(ModelClassifier(saying("math"), "Which?")))  # noqa: S301  # our own

    assert classifier.classify(ASK).task == "math"
    assert isinstance(classifier, TaskClassifier)
    assert isinstance(KeywordClassifier(), TaskClassifier)
