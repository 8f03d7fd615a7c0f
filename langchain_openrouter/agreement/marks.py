r"""Where an answer says that this is its answer: `\boxed{…}`, `#### …`, "The answer is …", in many languages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice

from langchain_openrouter.agreement.announcing import announced

__all__ = ["Mark", "last_mark"]

_LONGEST = 1000
"""Characters of what is marked."""

_MOST_BOXES = 50
"""From the end on. An answer has one or a few, and they close."""

_BOX = re.compile(r"\\f?box(?:ed)?(?![a-zA-Z])[ \t]*")
_WORD = re.compile(r"[^\s$.,;\\]{1,40}")
_BETWEEN_BOXES = re.compile(r"[\s$,;\\()\[\]]*(?:and|or|,)[\s$,;a-z=\\()\[\]]{0,12}")
_HASHES = re.compile(
    r"(?<!#)####[ \t]{0,9}([^\s#\d]{0,20}\d[^\s#]{0,80}(?:[ \t][^\s#]{1,40}){0,3})[ \t]{0,9}$", re.MULTILINE
)


_TAKEN_BACK = re.compile(
    r"\b(?:wait\b(?:\s?[-,.!:]|\s(?:no|that|actually|a\s(?:second|moment|minute)))|hold\son\b|correction\s?:|scratch\sthat|"
    r"i\smade\s(?:a|an)\s(?:mistake|error)|let\sme\s(?:recheck|reconsider|redo|recalculate|rethink|correct))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What an answer marks as its answer.

    Args:
        text: What is marked, up to the end of the line.
        formal: Whether it stands in a box, as answers in mathematics do.
        end: Where the mark ends in the answer.
        doubted: Whether the text takes it back afterwards.
    """

    text: str
    formal: bool
    end: int
    doubted: bool = False


def last_mark(text: str) -> Mark | None:
    """Find the last answer that a text marks as such.

    Args:
        text: A text as `one_spelling` writes it, without what decorates it.

    Returns:
        The mark; `None` where there is none.

    Example:
        >>> last_mark("The answer is 5. No: the answer is 6").text
        '6'
    """
    found = max((mark for mark in (_box(text), _hashes(text), _phrase(text)) if mark), key=_place, default=None)
    return replace(found, doubted=_TAKEN_BACK.search(text, found.end) is not None) if found else None


def _place(mark: Mark) -> int:
    return mark.end


def _box(text: str) -> Mark | None:
    r"""Read the last box, and those that are joined to it: `\boxed{1}` and `\boxed{2}`."""
    contents: list[str] = []
    begin = end = len(text)
    for found in islice(reversed(list(_BOX.finditer(text))), _MOST_BOXES):
        read = _content(text, found.end())
        if read is None:
            continue
        content, closing = read
        if contents and not _BETWEEN_BOXES.fullmatch(text[closing:begin]):
            break
        contents.insert(0, content)
        begin, end = found.start(), end if len(contents) > 1 else closing
    return Mark(", ".join(contents), formal=True, end=end) if contents else None


def _content(text: str, start: int) -> tuple[str, int] | None:
    """Read what is in a box, and where it ends; LaTeX needs no braces around a single sign."""
    if text[start : start + 1] != "{":
        word = _WORD.match(text, start)
        return (word[0], word.end()) if word else None
    end = _closing_brace(text, start)
    return None if end is None else (text[start + 1 : end], end + 1)


def _closing_brace(text: str, opening: int) -> int | None:
    depth = 0
    for position in range(opening, min(opening + _LONGEST, len(text))):
        sign = text[position]
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return position
    return None


def _hashes(text: str) -> Mark | None:
    found = None
    for found in _HASHES.finditer(text):  # noqa: B007  # the last one counts
        pass
    return Mark(found[1], formal=False, end=found.end()) if found else None


def _phrase(text: str) -> Mark | None:
    found = announced(text)
    return Mark(found[0], formal=False, end=found[1]) if found else None
