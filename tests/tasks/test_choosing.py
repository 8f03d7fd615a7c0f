"""A classifier of whatever is passed as one."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import BaseMessage, HumanMessage

from langchain_openrouter.tasks import (
    TASK_SETTINGS,
    TASKS,
    EmbeddingClassifier,
    KeywordClassifier,
    ModelClassifier,
    Task,
    TaskGuess,
    TaskSettings,
    as_classifier,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ASK = [HumanMessage("Prove it step by step, in detail")]


def always_chat(messages: Sequence[BaseMessage]) -> Task:
    """Name a task."""
    return "chat"


class Own:
    """A classifier of a user's, which is told by its methods."""

    def classify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Guess."""
        return TaskGuess("code", 1.0, "simple", "I know")

    async def aclassify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Guess."""
        return self.classify(messages)

    def __call__(self, messages: Sequence[BaseMessage]) -> Task:
        """Be callable, too."""
        return "math"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("keywords", KeywordClassifier),
        (DeterministicFakeEmbedding(size=3), EmbeddingClassifier),
        (FakeListChatModel(responses=["math"]), ModelClassifier),
        (FakeListChatModel(responses=["math"]).bind(stop=["x"]), ModelClassifier),
    ],
)
def test_kinds(value: Any, kind: type) -> None:
    """Each kind of thing becomes the classifier that uses it."""
    assert type(as_classifier(value)) is kind


def test_a_classifier_is_one() -> None:
    """What has the methods of a classifier is taken as it is, callable or not."""
    own = Own()

    assert as_classifier(own) is own


async def test_functions() -> None:
    """A function names the task; how much it demands is found in the text."""
    told = as_classifier(always_chat)

    assert told.classify(ASK) == TaskGuess("chat", 1.0, "complex", "always_chat said so")
    assert await told.aclassify(ASK) == told.classify(ASK)
    assert pickle.loads(pickle.dumps(told)) == told  # noqa: S301  # our own


def test_functions_that_name_no_task() -> None:
    """What a function says is looked at."""

    def always_cooking(messages: Sequence[BaseMessage]) -> Any:
        return "cooking"

    with pytest.raises(
        ValueError, match=r"'cooking' in the answer of always_cooking is no task\. There are code, math"
    ):
        as_classifier(always_cooking).classify(ASK)


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        ("keyword", ValueError, "'keyword' is no classifier. Pass 'keywords'"),
        (KeywordClassifier, TypeError, r"KeywordClassifier is a class. Pass an instance: KeywordClassifier\(…\)"),
        (7, TypeError, "int is no classifier. Pass 'keywords'"),
        (None, TypeError, "NoneType is no classifier"),
    ],
)
def test_others(value: Any, error: type[Exception], said: str) -> None:
    """Anything else is refused, with what can be passed."""
    with pytest.raises(error, match=said):
        as_classifier(value)


class TestSettings:
    def test_each_task_has_some(self) -> None:
        """Temperature and length are given for every task, in the form that users pass."""
        assert set(TASK_SETTINGS) == set(TASKS) == set(get_args(Task))
        for settings in TASK_SETTINGS.values():
            assert set(settings) == set(get_type_hints(TaskSettings))
            assert 0 <= settings["temperature"] <= 1
            assert settings["max_tokens"] >= 1024

    def test_one_right_answer(self) -> None:
        """Where there is one right answer, the model is not to be inventive."""
        exact = max(TASK_SETTINGS[task]["temperature"] for task in ("math", "code", "extraction", "translation"))

        assert exact < TASK_SETTINGS["chat"]["temperature"] < TASK_SETTINGS["creative"]["temperature"]

    def test_they_are_plain_data(self) -> None:
        """They go through pickle and JSON unchanged."""
        assert pickle.loads(pickle.dumps(TASK_SETTINGS)) == TASK_SETTINGS  # noqa: S301  # our own
        assert json.loads(json.dumps(TASK_SETTINGS)) == TASK_SETTINGS
