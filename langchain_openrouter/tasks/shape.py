r"""What the shape of a text says, whatever its words mean: code, formulas, questions with choices.

A router has no time to spare, so each expression begins with the rare character that it is about (a set of characters
is searched for fast), or is tried only where a cheap look at the text allows it. None repeats over text of any length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from langchain_openrouter.tasks.lexicon import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["numerals_in", "shapes_of"]

_SEVERAL = 3
_OF_LINES = (0.0, 4.5, 7.0, 10.0)
"""What so many lines of code weigh."""

_LINES = 24
"""So many lines show whether a text is code."""

_ERROR = re.compile(r"E(?<=[a-z]E)(?:rror|xception)\b")
_FRAME = re.compile(r'\n\s{1,16}at [\w.$<>]{1,80}[( ]|File "[^"\n]{1,200}", line \d')
_CODE_LINE = re.compile(
    r"""[ \t]*(?:>>>|\$|>|[-+])?[ \t]*(?:
        (?:async[ ])?def[ ]\w{1,60}\( | class[ ]\w{1,60}\s?[:({] | (?:from[ ][\w.]{1,60}[ ])?import[ ][\w{*]
      | \#include\b | @\w{1,40}\( | package[ ]\w{1,40};?$ | (?:public|private|protected|static)[ ]\w
      | (?:const|let|var)[ ]\w{1,40}\s?= | (?:export[ ])?(?:async[ ])?function\b[ *\w]{0,40}\(
      | (?:func|fn|pub[ ]fn)[ ]\w
      | (?:if|for|while|switch)\s?\(.{0,120}\)\s?\{ | return\b.{0,120}[;)\]]$ | assert[ ].{0,80}(?:==|\()
      | elif\b.{0,120}:$ | else:$ | try:$ | print\( | [})\]]{1,3}[;,]?$
      | (?:SELECT|INSERT[ ]INTO|UPDATE|DELETE[ ]FROM|CREATE[ ]TABLE|ALTER[ ]TABLE)\b
      | </?(?:div|html|body|script|span|head|p|a|ul|form|button|template)\b
      | (?:pip|npm|git|docker|sudo|cargo|kubectl|apt|brew|curl)[ ][a-z]
      | [\w.\[\]]{1,60}\s?=\s?[\w.]{1,60}[(\[].{0,120}[)\]];?$
    )""",
    re.VERBOSE,
)
_MARK = re.compile(
    r"[=!:&|;$<\[(+#-](?:(?<=\()\)|(?<=[=!])=|(?<=[=-])>|(?<=:):|(?<=&)&|(?<=\|)\||(?<=;)\n|(?<=\$)\{|(?<=<)/"
    r"|(?<=\[)(?:[0ij]\]|-1\]|:)|(?<=\b[cC]\+)\+|(?<=\b[cC]#))"
)
_CALL = re.compile(r"[.](?<=\w.)\w{1,40}\(|_(?<=[a-z0-9]_)[a-z0-9_]{1,40}\(|`[^`\n]{1,80}`")
_SNAKE = re.compile(r"_(?<=[a-z0-9]_)[a-z0-9]")
_FILE = re.compile(
    r"[.](?<=[\w*]\.)(?:py|js|jsx|ts|tsx|java|go|rs|cpp|hpp|cs|rb|php|sh|sql|html|css|ipynb|yml|yaml|toml|kt|swift|vue|env)\b"
)
_LATEX = re.compile(
    r"\\(?:d?frac|int|sum|sqrt|cdot|times|le|leq|ge|geq|begin|mathbb|pi|infty|lim|left|alpha|theta|angle|circ|log|div|star)\b"
    r"|\$[^$\n]{0,200}[\\^_=<>+][^$\n]{0,200}\$"
)
_FORMULA = re.compile(
    r"[-+*/=^(\u00d7\u00f7\u00b2\u00b3\u221a\u222b\u2211\u03c0\u2264\u2265\u221e\u2208\u2220]"
    r"(?:(?<=[\u221a\u222b\u2211\u03c0\u2264\u2265\u221e\u2208\u2220])"
    r"|(?<=[\w)][\u00b2\u00b3])"
    r"|(?<=[\d)x][+*\u00d7\u00f7^])\s?\(?[\dx]"
    r"|(?<=[\d)] [-+*/\u00d7\u00f7])\s\(?\d"
    r"|(?<=\b[a-zA-Z]\^)\d"
    r"|(?<=\b[xyznk] [-+*/])\s\(?\w|(?<=\d[xyznk] [-+*/])\s\(?\w"
    r"|(?<=\b[a-zA-Z]=)[-\w(]|(?<=\b[a-zA-Z] =)\s[-\w(]|(?<=[\d)]=)\s?[-\d(]|(?<=[\d)] =)\s[-\d(]"
    r"|(?<=\b[a-zA-Z]\()[a-z]\)"
    r"|(?<=\()-?\d{1,9}\s?[,\uff0c\u060c]\s?-?\d{1,9}\))"
)
_SEQUENCE = re.compile(r"[,\uff0c\u060c\u3001](?<=\d.)\s?\d{1,9}(?:[,\uff0c\u060c\u3001]\s?\d{1,9}){2}")
_SECOND_CHOICE = re.compile(r"[Bb](?<![^\s(\uff08\uff09\u3002\uff1f?].)[).:\uff09\uff0e\u3001]")
_CHOICE = re.compile(r"(?<![^\s(\uff08\uff09\u3002\uff1f?])([A-Da-d])[).:\uff09\uff0e\u3001]")
_CHOICES = frozenset("abc")
_NUMERAL = re.compile("[0-9\u0660-\u0669\u0966-\u096f](?:[.,]?[0-9\u0660-\u0669\u0966-\u096f])*")
_OBJECT = re.compile(r'"[\w -]{1,40}"\s?:\s?(?:[\[{"\d]|true|false|null|string|number)')


def shapes_of(text: str) -> Iterator[Hit]:
    """Find what the shape of a text speaks for."""
    is_latex = bool(("\\" in text or "$" in text) and _LATEX.search(text))
    yield from _code_shapes(text, is_latex=is_latex)
    if is_latex:
        yield Hit("math", 4, "LaTeX")
    elif _FORMULA.search(text) or _SEQUENCE.search(text):
        yield Hit("math", 2.5, "formula")
    if _SECOND_CHOICE.search(text) and {letter.lower() for letter in _CHOICE.findall(text)} >= _CHOICES:
        yield Hit("analysis", 3, "choices")
    yield from _data_shapes(text)


def numerals_in(text: str) -> int:
    """Count the numbers of a text that are written in digits."""
    return len(_NUMERAL.findall(text))


def _code_shapes(text: str, *, is_latex: bool) -> Iterator[Hit]:
    if "```" in text or "~~~" in text:
        yield Hit("code", 3, "fenced code")
    if "Traceback (most" in text or _ERROR.search(text) or _FRAME.search(text):
        yield Hit("code", 4, "stack trace")
    if lines := sum(_CODE_LINE.match(line) is not None for line in text.split("\n", _LINES)[:_LINES]):
        yield Hit("code", _OF_LINES[min(lines, _SEVERAL)], "lines of code")
    if is_latex:
        return
    if marks := len(_MARK.findall(text)) + len(_CALL.findall(text)):
        yield Hit("code", min(1.5 * marks, 4), "code-like punctuation")
    if "_" in text and _SNAKE.search(text):
        yield Hit("code", 1.5, "identifiers")
    if _FILE.search(text):
        yield Hit("code", 2.5, "file name")


def _data_shapes(text: str) -> Iterator[Hit]:
    if text.count("|") > 2 * _SEVERAL and text.count("\n") > 1:
        yield Hit("extraction", 1.5, "table")
    if '"' in text and ":" in text and _OBJECT.search(text):
        yield Hit("extraction", 1, "JSON")
