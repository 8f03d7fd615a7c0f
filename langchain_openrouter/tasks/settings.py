"""Settings that suit a task, for those who want them: nothing applies them by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_openrouter.tasks.task import Task

__all__ = ["TASK_SETTINGS", "TaskSettings"]


class TaskSettings(TypedDict, total=False):
    """Parameters of a request; what is left out stays as the model has it."""

    temperature: float
    """How freely the model picks its words, from 0 to 2."""

    max_tokens: int
    """The most tokens of the answer. A reasoning model's thoughts count, too."""


TASK_SETTINGS: Final[Mapping[Task, TaskSettings]] = {
    "code": {"temperature": 0.1, "max_tokens": 8192},
    "math": {"temperature": 0.0, "max_tokens": 8192},
    "analysis": {"temperature": 0.3, "max_tokens": 8192},
    "creative": {"temperature": 0.9, "max_tokens": 4096},
    "chat": {"temperature": 0.7, "max_tokens": 1024},
    "extraction": {"temperature": 0.0, "max_tokens": 4096},
    "translation": {"temperature": 0.2, "max_tokens": 4096},
    "vision": {"temperature": 0.2, "max_tokens": 4096},
    "general": {"temperature": 0.5, "max_tokens": 4096},
}
"""Low temperatures where one answer is right, high ones where many are; room for long answers where those are usual.

Users pass their own in the same form. A mapping of theirs need not name every task.
"""
