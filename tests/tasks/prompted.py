"""The prompts of the folder `prompts`, and how well a classifier does on them."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from langchain_core.messages import HumanMessage

if TYPE_CHECKING:
    from langchain_openrouter.tasks import TaskClassifier

FOLDER = Path(__file__).parent / "prompts"
LANGUAGES = sorted(file.stem for file in FOLDER.glob("*.toml"))
Half = Literal["tuning", "held out"]
HALVES: tuple[Half, ...] = ("tuning", "held out")


@dataclass(frozen=True, slots=True)
class Prompt:
    language: str
    task: str
    half: Half
    text: str


@functools.cache
def prompts() -> tuple[Prompt, ...]:
    """Read all prompts."""
    return tuple(
        Prompt(language, task, HALVES[index % 2], text)
        for language in LANGUAGES
        for task, texts in tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")).items()
        for index, text in enumerate(texts)
    )


def accuracy(classifier: TaskClassifier, chosen: list[Prompt]) -> float:
    """Tell the share of prompts whose task is found."""
    right = [classifier.classify([HumanMessage(each.text)]).task == each.task for each in chosen]
    return sum(right) / len(right)
