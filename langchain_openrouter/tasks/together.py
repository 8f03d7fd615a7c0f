"""What words say only together: *list* beside *Python*, *how many* beside numbers, *say* beside a language."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from langchain_openrouter.tasks.evidence import CLEAR
from langchain_openrouter.tasks.layout import QUESTION_MARKS
from langchain_openrouter.tasks.lexicon import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_openrouter.tasks.evidence import Evidence

__all__ = ["combine"]

_WITH_HINTS = ("code", "math")
"""Everyday words such as *list*, *class* or *times* belong to them only beside clearer ones."""

_HINTS_ONLY = 0.5
_CODE = 5.0
"""A text of such a shape is code; its numbers are part of it."""

_MADE = ("creative", "code")
_ENOUGH_TO_MAKE = 2.0

_CHATTY = 8
"""Words. In a longer text, a greeting is only polite."""

_WORD_QUESTION = 25
"""Words. A question for a word in another language is shorter."""

_TOLD = 20
"""Words. What is told at such length before a question has to be thought about."""

_NUMBERS = 3
_STOPS = re.compile(r"[.!;:,\u3002\u3001\uff0c\uff1b\uff1a\u060c\u0964]")


def combine(evidence: Evidence) -> None:
    """Add what words say only together, and take back what they do not say alone."""
    scores = evidence.scores
    for kind in _WITH_HINTS:
        if kind in scores and not any(hit.kind == kind and hit.weight >= CLEAR for hit in evidence.hits):
            scores[kind] *= _HINTS_ONLY
    if "count" in scores:
        evidence.add(_count_hits(evidence))
    if "language" in scores:
        evidence.add(_language_hits(evidence))
    if "make" in scores:
        made = [kind for kind in _MADE if scores.get(kind, 0) >= _ENOUGH_TO_MAKE]
        evidence.add([Hit(kind, 1.5, "to be written") for kind in made])
    if "math" in scores and evidence.shape("code") >= _CODE:
        scores["math"] *= 0.5
    if "chat" in scores and evidence.words > _CHATTY:
        scores["chat"] *= _CHATTY / evidence.words
    if scores.get("math", 0) < CLEAR and _is_told(evidence):
        is_in_numbers = evidence.numerals >= _NUMBERS
        evidence.add([Hit("math", 3.0, "told in numbers") if is_in_numbers else Hit("analysis", 2.0, "a told case")])


def _count_hits(evidence: Evidence) -> Iterator[Hit]:
    numbers = evidence.numerals + len(evidence.found("number"))
    if numbers:
        yield Hit("math", 4.0 if numbers > 1 else CLEAR, "numbers, and a question for one")
    elif "hard" in evidence.scores:
        yield Hit("analysis", 3.0, "a number to be reasoned")


def _language_hits(evidence: Evidence) -> Iterator[Hit]:
    """Find out whether a language is named because something is wanted in it."""
    named = tuple(evidence.found("language"))
    into = set(evidence.found("into"))
    if "say" in evidence.scores and evidence.words <= _WORD_QUESTION:
        yield Hit("translation", 4.0, "a word in a language")
    elif into and any(a in into and b.startswith(named) for a, b in itertools.pairwise(evidence.tokens)):
        yield Hit("translation", 3.5, "into a language")
    label = evidence.folded.rstrip()
    if label.endswith((":", "\uff1a")) and label[:-1].rstrip().endswith(named):
        yield Hit("translation", 4.0, "a language to be filled in")


def _is_told(evidence: Evidence) -> bool:
    """Say whether a case is told, and then asked about."""
    is_long = evidence.words > _TOLD
    return is_long and evidence.text.endswith(QUESTION_MARKS) and _STOPS.search(evidence.text) is not None
