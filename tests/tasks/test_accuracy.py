"""How often the words find the task that a person names, on prompts that they were tuned on and on others."""

from __future__ import annotations

from collections import Counter

import pytest
from langchain_core.messages import HumanMessage

from langchain_openrouter.tasks import TASKS, KeywordClassifier
from tests.tasks.prompted import HALVES, LANGUAGES, Half, accuracy, prompts

WORDED = [task for task in TASKS if task != "vision"]


def test_there_are_enough_prompts() -> None:
    """There are prompts of every task in every language, as many in one half as in the other."""
    counted = Counter((each.language, each.task, each.half) for each in prompts())

    assert len(prompts()) >= 500
    assert len(LANGUAGES) == 16
    for language in LANGUAGES:
        for task in WORDED:
            assert counted[language, task, "tuning"] == counted[language, task, "held out"] >= 1
    assert all(counted["en", task, "held out"] >= 12 for task in WORDED)
    assert len({each.text for each in prompts()}) == len(prompts())


@pytest.mark.parametrize("half", HALVES)
def test_over_all(half: Half) -> None:
    """The task is found for 95 of 100 prompts, held out or not."""
    chosen = [each for each in prompts() if each.half == half]

    assert accuracy(KeywordClassifier(), chosen) >= 0.95


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_in_a_language(language: str, half: Half) -> None:
    """No language is left behind."""
    chosen = [each for each in prompts() if (each.language, each.half) == (language, half)]

    assert accuracy(KeywordClassifier(), chosen) >= 0.85


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("task", WORDED)
def test_of_a_task(task: str, half: Half) -> None:
    """No task is left behind."""
    chosen = [each for each in prompts() if (each.task, each.half) == (task, half)]

    assert accuracy(KeywordClassifier(), chosen) >= 0.85


@pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda text: f"\n  {text}\t \n"])
def test_case_and_space_matter_little(spelling: object) -> None:
    """White space around a prompt changes nothing, and letter case hardly anything."""
    assert callable(spelling)
    classifier = KeywordClassifier()
    same = [
        classifier.classify([HumanMessage(each.text)]).task
        == classifier.classify([HumanMessage(spelling(each.text))]).task
        for each in prompts()
    ]

    assert sum(same) / len(same) >= (1 if spelling not in {str.upper, str.lower} else 0.97)


def test_confidence_means_something() -> None:
    """The classifier is right more often where it is surer."""
    classifier = KeywordClassifier()
    guesses = [(classifier.classify([HumanMessage(each.text)]), each.task) for each in prompts()]
    sure = [guess.task == task for guess, task in guesses if guess.confidence >= 0.6]
    unsure = [guess.task == task for guess, task in guesses if guess.confidence < 0.6]

    assert sum(sure) / len(sure) >= sum(unsure) / len(unsure)
    assert sum(sure) / len(sure) >= 0.98
