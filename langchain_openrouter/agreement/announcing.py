"""Where an answer is announced in words: "The answer is …", in many languages."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.languages import Announcement, announcements

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["announced"]

_LONGEST = 1000
"""Characters of what is announced."""

_IS = r"(?:is|was|are|would\sbe|should\sbe|must\sbe|will\sbe|equals|becomes)"
_PRAISED = r"(?:(?:final|correct|right|best|true|exact|overall|most\s\w{1,20})[ \t]+)"
_PATTERN = rf"""
    \b{_PRAISED}{{0,3}}(?:answer|solution|result|conclusion)(?:\s(?:choice|option|letter|value))?
        (?:[ \t,]+(?:to|for|of|here|in|from|that|which|among|therefore|then|thus)\b[^.\n:;?!]{{0,80}}?)?[ \t,]+{_IS}\b
  | \b{_PRAISED}{{1,3}}(?:option|choice|ending|letter|completion|continuation|response|word|statement|number)
        [^.\n:;?!]{{0,40}}?[ \t]{_IS}\b
  | \b{_PRAISED}{{0,3}}(?:answer|ans|solution|result)(?:\s(?:choice|option|letter))?[ \t]*[:=]
  | \bfinal[ \t]answer[ \t]*-
  | \banswer[ \t]*(?=\([A-Za-z]\))
  | ^[ \t]*(?:final[ \t]|the[ \t])?(?:answer|result)[ \t]*$
"""
_WORDS = (
    "answer", "ans", "solution", "result", "conclusion", "option", "choice", "ending", "letter", "completion",
    "continuation", "response", "word", "statement", "number",
)  # fmt: skip
_ANNOUNCEMENTS = (Announcement(_WORDS, _PATTERN), *announcements())
_TAGGED = re.compile(r"<answer>([^<]{0,1000})", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:if|whether|assum\w{0,4}|suppos\w{0,4}|unless|that)\W{1,3}(?:\w{1,12}\W{1,3}){0,2}$", re.IGNORECASE
)
_NOT_SAID = re.compile(
    r"\W*(?:not|n't|never|no\slonger|neither|incorrect|wrong|right|correct|as\sfollows|given\s(?:by|in|as)|found\sby|"
    r"obtained|based\son|one\sof|unknown|unclear|\$?letter|in\sthe\s(?:form|range|text)|"
    r"simple|complicated|complex|clear|obvious|straightforward|subjective|nuanced)\b",
    re.IGNORECASE,
)
_SOMETHING = re.compile(r"[^\W_]|\u2205|\u221e")
_CUT = re.compile(r"^[\s:=\-]+")
_NEGATIVE = re.compile(r"\s*-\s?[\d.$]")
_QUESTION = re.compile(r"[^.\n]{0,60}\?")


def announced(text: str) -> tuple[str, int] | None:
    """Find the last answer that is announced.

    Args:
        text: A text as `one_spelling` writes it, without what decorates it.

    Returns:
        What is announced, up to the end of its line, and where the announcement ends; `None` where there is none.
    """
    found = [(match[1], match.end()) for match in _TAGGED.finditer(text)]
    found += [(told, match.end()) for match in _matches(text) if (told := _told(text, match))]
    return max(found, key=lambda each: each[1], default=None)


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Look for the announcements of those languages of which a word is there."""
    small = text.casefold()
    for announcement in _ANNOUNCEMENTS:
        if any(word in small for word in announcement.words):
            yield from _compiled(announcement.pattern).finditer(text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: most texts are in one language."""
    return re.compile(rf"(?:{pattern})[ \t]*:?", re.VERBOSE | re.IGNORECASE | re.MULTILINE)


def _told(text: str, found: re.Match[str]) -> str | None:
    """Give what follows an announcement; `None` where it is nothing, a condition, a denial or a question."""
    if _UNSURE.search(text, max(0, found.start() - 40), found.start()) or _NOT_SAID.match(text, found.end()):
        return None
    line = _line(text, found.end())
    return None if line is None or _QUESTION.match(line) else line


def _line(text: str, start: int) -> str | None:
    """Give the rest of the line, or the next line that says something."""
    for line in text[start : start + _LONGEST].split("\n"):
        if _SOMETHING.search(line):
            return line.strip() if _NEGATIVE.match(line) else _CUT.sub("", line)
    return None
