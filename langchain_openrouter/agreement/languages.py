"""How answers are announced in languages other than English, read from `phrases.toml`."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Literal

__all__ = ["announcements", "any_of", "phrases"]

Writing = Literal["spaced", "glued"]
Sort = Literal["nouns", "links", "choice", "chosen", "no", "unknown", "neutral", "count"]

_PHRASES: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(
    files(__package__).joinpath("phrases.toml").read_text("utf-8")
)


def phrases(sort: Sort, *writings: Writing) -> list[str]:
    """Give the phrases of a sort, in all languages, the longest first.

    Args:
        sort: Which, as `phrases.toml` explains them.
        *writings: Of which languages; of all where none is named.
    """
    languages = [language for writing in writings or ("spaced", "glued") for language in _PHRASES[writing].values()]
    return sorted(
        {phrase for language in languages for phrase in language.get(sort, ())}, key=lambda each: (-len(each), each)
    )


def announcements() -> str:
    """Give a pattern that fits how an answer is announced in a language that parts its words: `Die Antwort ist`.

    What follows a link is left to the next match, so that it is not swallowed.
    """
    return "|".join(_announcement(language) for language in _PHRASES["spaced"].values() if "nouns" in language)


def _announcement(language: dict[str, list[str]]) -> str:
    nouns = "|".join(map(re.escape, [*language["nouns"], *language.get("choice", ())]))
    links = "|".join(map(re.escape, language.get("links", ())))
    link = rf"|[ \t](?:{links})(?=[ \t:])" if links else ""
    return rf"(?<![^\W_])(?:{nouns})(?:[ \t][^\s.:;?!]{{1,20}}){{0,3}}?[ \t]*(?::|=|-[ \t]{link})"


def any_of(sort: Sort, *writings: Writing) -> str:
    """Give a pattern that any phrase of a sort fits."""
    return "(?:" + "|".join(re.escape(phrase) for phrase in phrases(sort, *writings)) + ")"
