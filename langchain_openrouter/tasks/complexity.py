"""How much a request demands of a model: from its length, the number of its demands, and words of reasoning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from langchain_openrouter.tasks.layout import QUESTION_MARKS

if TYPE_CHECKING:
    from langchain_openrouter.tasks.evidence import Evidence
    from langchain_openrouter.tasks.task import Complexity, Task

__all__ = ["complexity_of"]

_LENGTHS = (350, 1200, 6000)
"""Characters. A text that is longer than one of these demands a point more."""

_DEMANDS = (1, 3)
"""Questions and items of lists; likewise."""

_ITEM = re.compile(r"\n[ \t]{0,8}(?:\d{1,2}[.)]|[-*\u2022])\s")
_HARD_AT_MOST = 4.0
_REASONED: frozenset[Task] = frozenset({"code", "math", "analysis"})
_SHORT = 14
"""Words. A shorter question about code or numbers can be simple."""

_MODERATE, _COMPLEX = 2, 4


def complexity_of(task: Task, length: int, evidence: Evidence) -> Complexity:
    """Tell how much a request demands.

    Args:
        task: What it is about.
        length: Characters of the whole text.
        evidence: What was found in a bounded piece of it.
    """
    demands = len(_ITEM.findall(f"\n{evidence.text}")) + sum(map(evidence.text.count, QUESTION_MARKS))
    points = min(evidence.scores.get("hard", 0.0), _HARD_AT_MOST) + (task in _REASONED)
    points += sum(length > mark for mark in _LENGTHS) + sum(demands > mark for mark in _DEMANDS)
    if points >= _COMPLEX:
        return "complex"
    needs_thought = task == "analysis" or (task in _REASONED and evidence.words > _SHORT)
    return "moderate" if points >= _MODERATE or needs_thought else "simple"
