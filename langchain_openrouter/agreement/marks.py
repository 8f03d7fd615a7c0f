r"""Where an answer says that this is its answer: `\boxed{…}`, `#### …`, "The answer is …", in many languages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.languages import announcements, any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mark", "last_mark"]

_LONGEST = 1000
"""Characters of what is marked."""

_BOX = re.compile(r"\\f?box(?:ed)?(?![a-zA-Z])[ \t]*")
_BETWEEN_BOXES = re.compile(r"[\s$,;\\()\[\]]*(?:and|or|,)[\s$,;a-z=\\()\[\]]{0,12}")
_HASHES = re.compile(
    r"(?<!#)####[ \t]{0,9}([^\s#\d]{0,20}\d[^\s#]{0,80}(?:[ \t][^\s#]{1,40}){0,3})[ \t]{0,9}$", re.MULTILINE
)
_TAGGED = re.compile(r"<answer>([^<]{0,1000})", re.IGNORECASE)

_IS = r"(?:is|was|are|would\sbe|should\sbe|must\sbe|will\sbe|equals|becomes)"
_PRAISED = r"(?:(?:final|correct|right|best|true|exact|overall|most\s\w{1,20})[ \t]+)"
_ENGLISH = rf"""
    \b{_PRAISED}{{0,3}}(?:answer|solution|result|conclusion)(?:\s(?:choice|option|letter|value))?
        (?:[ \t,]+(?:to|for|of|here|in|from|that|which|among|therefore|then|thus)\b[^.\n:;?!]{{0,80}}?)?[ \t,]+{_IS}\b
  | \b{_PRAISED}{{1,3}}(?:option|choice|ending|letter|completion|continuation|response|word|statement|number)
        [^.\n:;?!]{{0,40}}?[ \t]{_IS}\b
  | \b{_PRAISED}{{0,3}}(?:answer|ans|solution|result)(?:\s(?:choice|option|letter))?[ \t]*[:=]
  | \bfinal[ \t]answer[ \t]*-
  | \banswer[ \t]*(?=\([A-Za-z]\))
  | ^[ \t]*(?:final[ \t]|the[ \t])?(?:answer|result)[ \t]*$
"""
_GLUED = rf"""
    {any_of("nouns", "glued")}\s?(?:{any_of("links", "glued")}|:)
  | {any_of("chosen", "glued")}\s?:?(?=\s?[A-Z(])
"""
_PHRASE = re.compile(rf"(?:{_ENGLISH}|{announcements()}|{_GLUED})[ \t]*:?", re.VERBOSE | re.IGNORECASE | re.MULTILINE)
_UNSURE = re.compile(
    r"\b(?:if|whether|assum\w{0,4}|suppos\w{0,4}|unless|that)\W{1,3}(?:\w{1,12}\W{1,3}){0,2}$", re.IGNORECASE
)
_NOT_SAID = re.compile(
    r"\W*(?:not|n't|never|no\slonger|neither|incorrect|wrong|right|correct|as\sfollows|given\s(?:by|in|as)|"
    r"found\sby|obtained|simple|complicated|complex|clear|obvious|straightforward|subjective|nuanced|not\b|based\son|one\sof|unknown|unclear|\$?letter|in\sthe\s(?:form|range|text))\b",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"\b(?:wait\b(?:\s?[-,.!:]|\s(?:no|that|actually|a\s(?:second|moment|minute)))|hold\son\b|correction\s?:|scratch\sthat|"
    r"i\smade\s(?:a|an)\s(?:mistake|error)|let\sme\s(?:recheck|reconsider|redo|recalculate|rethink|correct))",
    re.IGNORECASE,
)
_SOMETHING = re.compile(r"[^\W_]|\u2205|\u221e")
_CUT = re.compile(r"^[\s:=\-]+")


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
    boxes = list(_boxes(text))
    if not boxes:
        return None
    begin = len(boxes) - 1
    while begin and _BETWEEN_BOXES.fullmatch(text[boxes[begin - 1][1] : boxes[begin][0]]):
        begin -= 1
    return Mark(", ".join(content for *_, content in boxes[begin:]), formal=True, end=boxes[-1][1])


def _boxes(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each box begins and ends, and what is in it."""
    for found in _BOX.finditer(text):
        if text[found.end() : found.end() + 1] != "{":
            word = re.compile(r"[^\s$.,;\\]{1,40}").match(text, found.end())
            if word:
                yield found.start(), word.end(), word[0]
        elif (end := _closing_brace(text, found.end())) is not None:
            yield found.start(), end + 1, text[found.end() + 1 : end]


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
    last = None
    for found in (*_PHRASE.finditer(text), *_TAGGED.finditer(text)):
        marked = found[1] if found.re is _TAGGED else _marked(text, found)
        if marked and (last is None or found.end() > last.end):
            last = Mark(marked, formal=False, end=found.end())
    return last


def _marked(text: str, found: re.Match[str]) -> str | None:
    """Give what follows a phrase; `None` where it is nothing, a condition, a denial or a question."""
    if _UNSURE.search(text, max(0, found.start() - 40), found.start()) or _NOT_SAID.match(text, found.end()):
        return None
    line = _line(text, found.end())
    if line is None or re.match(r"[^.\n]{0,60}\?", line):
        return None
    return line


def _line(text: str, start: int) -> str | None:
    """Give the rest of the line, or the next line that says something."""
    for line in text[start : start + _LONGEST].split("\n"):
        if _SOMETHING.search(line):
            return _CUT.sub("", line) if not re.match(r"\s*-\s?[\d.$]", line) else line.strip()
    return None
