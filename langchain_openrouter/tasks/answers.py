"""Reading what a model says about a request, in whatever form it says it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from langchain_openrouter.tasks.task import TASKS, Complexity, Task

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Answer", "read_answer"]

_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_OBJECT = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[a-z]+")
_LABELLED = re.compile(r"\btask\b\W{1,5}(?:is\b\W{1,5})?([a-z]+)")

_OTHER_NAMES: dict[str, Task] = {
    "coding": "code", "programming": "code", "mathematics": "math", "maths": "math", "reasoning": "analysis",
    "analytical": "analysis", "writing": "creative", "conversation": "chat", "smalltalk": "chat",
    "summarization": "extraction", "summarisation": "extraction", "classification": "extraction",
    "translate": "translation", "image": "vision", "other": "general",
}  # fmt: skip
_NAMES: dict[str, Task] = {**_OTHER_NAMES, **{task: task for task in TASKS}}
_COMPLEXITIES: dict[str, Complexity] = {each: each for each in get_args(Complexity)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said.

    Args:
        task: The task.
        complexity: How much the request demands; `None` where that was not said.
        confidence: How sure the model is, from 0 to 1; `None` where that was not said.
    """

    task: Task
    complexity: Complexity | None = None
    confidence: float | None = None


def read_answer(text: str) -> Answer | None:
    r"""Read an answer: JSON with or without words around it, or a text that names one task.

    Example:
        >>> read_answer('Sure!\n{"task": "Code", "complexity": "simple"}')
        Answer(task='code', complexity='simple', confidence=None)
        >>> read_answer("It could be code or math.") is None
        True
    """
    said = _THOUGHTS.sub("", text)
    for match in reversed(_OBJECT.findall(said)):
        if answer := _of_object(_parsed(match)):
            return answer
    return _of_words(said.lower())


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_object(value: Any) -> Answer | None:
    if not isinstance(value, dict):
        return None
    fields = {str(name).lower(): each for name, each in value.items()}
    task = _NAMES.get(str(fields.get("task")).strip().lower())
    if task is None:
        return None
    complexity = _COMPLEXITIES.get(str(fields.get("complexity")).strip().lower())
    return Answer(task, complexity, _share(fields.get("confidence")))


def _of_words(said: str) -> Answer | None:
    words = _WORD.findall(said)
    task = _only(_NAMES[word] for word in words if word in _NAMES)
    if task is None and (label := _LABELLED.search(said)):
        task = _NAMES.get(label[1])
    if task is None:
        return None
    return Answer(task, _only(_COMPLEXITIES[word] for word in words if word in _COMPLEXITIES))


def _only(values: Iterable[Any]) -> Any:
    """Give the value that all are; `None` where they differ, or there is none."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def _share(value: Any) -> float | None:
    """Read a confidence; what is none is no reason to doubt the task."""
    is_share = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if is_share else None
