"""What a request is about, which decides what a model has to be good at.

Example:
    >>> from langchain_core.messages import HumanMessage
    >>> from langchain_openrouter.tasks import KeywordClassifier
    >>> guess = KeywordClassifier().classify([HumanMessage("Why does my Rust program not compile?")])
    >>> guess.task, guess.complexity
    ('code', 'moderate')
"""

from __future__ import annotations

from langchain_openrouter.tasks.asking import ModelClassifier
from langchain_openrouter.tasks.choosing import as_classifier
from langchain_openrouter.tasks.embedding import EmbeddingClassifier
from langchain_openrouter.tasks.keywords import KeywordClassifier
from langchain_openrouter.tasks.settings import TASK_SETTINGS, TaskSettings
from langchain_openrouter.tasks.task import TASKS, Complexity, Task, TaskClassifier, TaskGuess

__all__ = [
    "TASKS",
    "TASK_SETTINGS",
    "Complexity",
    "EmbeddingClassifier",
    "KeywordClassifier",
    "ModelClassifier",
    "Task",
    "TaskClassifier",
    "TaskGuess",
    "TaskSettings",
    "as_classifier",
]
