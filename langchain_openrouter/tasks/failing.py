"""What a classifier that asks others does when they fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from langchain_core.exceptions import ModelAuthenticationError

from langchain_openrouter.errors import BudgetExceededError, LedgerUnavailableError

if TYPE_CHECKING:
    from langchain_openrouter.tasks.task import TaskGuess

__all__ = ["NOT_SURVIVED", "instead"]

NOT_SURVIVED = (BudgetExceededError, LedgerUnavailableError, ModelAuthenticationError)
"""The user has to hear of these: a limit of theirs said no, or a key is wrong.

That OpenRouter wants more credit is none of them. A free model can still answer the request.
"""


def instead(guess: TaskGuess, why: str) -> TaskGuess:
    """Say that a guess is another classifier's, and why."""
    return replace(guess, reason=f"{why}, so {guess.reason}")
