"""The options that a question lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Option", "given_options", "read_options"]

_LINE = re.compile(
    r"^[ \t]*(?:[-*][ \t]+)?(?:(?:option|choice|answer|ending)[ \t]+)?[(\[]?([A-Za-z]|\d{1,2})[)\].:][ \t]*(\S[^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
_INLINE = re.compile(r"(?<![^\s,;(\"'])[(\[]?([A-Za-z]|\d)[)\]][.:]?\s|(?<![^\s,;])([A-Z])[.:]\s")
_CHOICE = re.compile(
    r"\b(?:which|who|choose|select|options?|choices?|pick|correct|best|blank|most\slikely|complete\sthe|1\sor\s2)\b",
    re.IGNORECASE,
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers to choose from.

    Args:
        label: Its letter, as a capital, or its number.
        text: What it says.
        words: The same in one form.
    """

    label: str
    text: str
    words: tuple[str, ...]


def read_options(question: str) -> tuple[Option, ...]:
    """Find the options in a question: one a line, or one after the other. The last list counts, after any examples.

    Args:
        question: A question as `one_spelling` writes it.

    Returns:
        The options; none where there is no list that begins with A or 1, or 0.

    Example:
        >>> [option.label for option in read_options("Which is a fruit? (a) apple (b) stone")]
        ['A', 'B']
    """
    lines = [(found[1], found[2]) for found in _LINE.finditer(question)]
    for labelled in (lines, _inline(question)):
        lettered = _last_run((label, text) for label, text in labelled if label.isalpha())
        if lettered:
            return lettered
        numbered = _last_run((label, text) for label, text in labelled if label.isdigit())
        if numbered and _CHOICE.search(question):
            return numbered
    return ()


def given_options(choices: Sequence[str]) -> tuple[Option, ...]:
    """Make options of texts: in their order, they are A, B, and so on.

    Args:
        choices: Their texts, or their labels where each is one letter or a number.
    """
    if all(choice.strip().isdigit() or len(choice.strip()) == 1 for choice in choices):
        return tuple(_option(choice.strip(), "") for choice in choices)
    return tuple(_option(_label(place), choice) for place, choice in enumerate(choices))


def _label(place: int) -> str:
    return _LETTERS[place] if place < len(_LETTERS) else str(place + 1)


def _option(label: str, text: str) -> Option:
    text = text.strip().rstrip(",;").strip()
    return Option(label.upper(), text, tuple(words(text)))


def _last_run(labelled: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    """Take the last list whose labels follow each other from the first one on."""
    runs: list[list[tuple[str, str]]] = []
    for label, text in labelled:
        if label.upper() in {"A", "1", "0"} and not (runs and _follows(runs[-1][-1][0], label)):
            runs.append([(label, text)])
        elif runs and _follows(runs[-1][-1][0], label):
            runs[-1].append((label, text))
    last = next((run for run in reversed(runs) if len(run) >= _FEWEST), [])
    return tuple(_option(label, text) for label, text in last)


def _follows(before: str, label: str) -> bool:
    if before.isdigit() or label.isdigit():
        return before.isdigit() and label.isdigit() and int(label) == int(before) + 1
    return ord(label) == ord(before) + 1


def _inline(question: str) -> list[tuple[str, str]]:
    found = [*_INLINE.finditer(question)]
    ends = [following.start() for following in found[1:]] + [len(question)]
    return [
        (label[1] or label[2], question[label.end() : end].split("\n", 1)[0])
        for label, end in zip(found, ends, strict=False)
    ]
