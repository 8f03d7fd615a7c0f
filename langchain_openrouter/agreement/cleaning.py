"""From what a model sent to what it said: no thoughts, no wrapping, one way to write each sign."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["one_spelling", "readable", "spoken", "without_markdown", "without_thoughts"]

_THOUGHT_BEGINS = re.compile(r"<(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_LISTS = {"['": "']", '["': '"]'}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[ntr'\"\\])")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_CALCULATOR = re.compile(r"<<[^<>\n]*>>")
_FRAMES = re.compile(r"\[/?(?:BEGIN|DONE|END|ANS|ANSWER)\]")

_VULGAR_FRACTIONS = {
    code: " " + unicodedata.normalize("NFKC", chr(code)).replace("\u2044", "/")
    for code in (*range(0xBC, 0xBF), *range(0x2150, 0x215F))
}
_SIGNS = {
    **_VULGAR_FRACTIONS,
    **dict.fromkeys((0x2018, 0x2019, 0x201B, 0x2032, 0x02BC), "'"),
    **dict.fromkeys((0x201C, 0x201D, 0x201E, 0x201F, 0x00AB, 0x00BB), '"'),
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-"),
    **dict.fromkeys((0x2014, 0x2015), " - "),
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD), ""),
    0x2044: "/",
    0x3002: ". ",
}
"""Signs that NFKC leaves apart, or would join to their neighbours: it makes 11/2 of 1½."""

_RAISED = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+")
_MANY_ACCENTS = re.compile("([\u0300-\u036f]{8})[\u0300-\u036f]+")
"""Sorting them takes the square of their number; no language has that many on one letter."""

_FENCES = re.compile(r"^[ \t]*```[\w+#.-]{0,20}[ \t]*$", re.MULTILINE)
_BOLD = re.compile(r"(?<![\w)])(?:\*\*|__)|(?:\*\*|__)(?![\w(]|-\d)")
_HEADING = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+(?![^\s\d]{0,20}\d\S{0,80}[ \t]*$)|>[ \t]+)", re.MULTILINE)


def spoken(answer: str) -> str:
    r"""Give what was said: without thoughts, and out of a list that was printed around it.

    Args:
        answer: An answer as it came.

    Returns:
        The text; empty where all of it were thoughts, or the thoughts never ended.

    Example:
        >>> spoken("<think>Lyon? No.</think>\nParis"), spoken("['B) 40']")
        ('Paris', 'B) 40')
    """
    said = _unwrapped(without_thoughts(answer))
    return _FRAMES.sub("", _CALCULATOR.sub("", said)).strip()


def one_spelling(text: str) -> str:
    """Write each sign in one way: Unicode NFKC, plain quotes and dashes, `^{2}` for a raised 2.

    Args:
        text: Any text.
    """
    shortened = _MANY_ACCENTS.sub(r"\1", text).translate(_SIGNS)
    raised = _RAISED.sub(lambda found: "^{" + unicodedata.normalize("NFKC", found[0]) + "}", shortened)
    # NFKC makes signs of its own, such as the minus of a raised one.
    return unicodedata.normalize("NFKC", raised).translate(_SIGNS)


def without_markdown(text: str) -> str:
    """Leave out what only decorates: bold, code ticks, headings, quotes."""
    return _HEADING.sub("", _BOLD.sub("", _FENCES.sub("", text)).replace("`", ""))


def readable(answer: str) -> str:
    """Give what was said, each sign in one spelling, without what decorates it.

    Args:
        answer: An answer as it came.
    """
    return without_markdown(one_spelling(spoken(answer)))


def without_thoughts(answer: str) -> str:
    """Leave out what a model thought.

    Args:
        answer: An answer as it came.
    """
    after = _THOUGHT_ENDS.split(answer)[-1]
    opened = _THOUGHT_BEGINS.search(after)
    said = after[: opened.start()] if opened else after
    # Some models say it first and think then.
    return (said if said.strip() or opened else _THOUGHT_BEGINS.split(answer)[0]).strip()


def _unwrapped(text: str) -> str:
    """Take texts out of a list that Python printed, as files of benchmarks hold answers; several are lines then."""
    ends = _LISTS.get(text[:2])
    if ends is None or not text.endswith(ends):
        return text
    quote = ends[0]
    return _ESCAPE.sub(_unescaped, text[2:-2].replace(f"{quote}, {quote}", "\n")).strip()


def _unescaped(found: re.Match[str]) -> str:
    name = found[1]
    return chr(int(name[1:], 16)) if name[0] in "xu" else _ESCAPED.get(name, name)
