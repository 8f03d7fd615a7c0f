"""How answers are announced in languages other than English, read from `phrases.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

__all__ = ["Announcement", "announcements", "any_of", "phrases"]

Writing = Literal["spaced", "glued"]
Sort = Literal["nouns", "links", "choice", "chosen", "no", "unknown", "neutral", "count", "irregular"]

_PHRASES: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(
    files(__package__).joinpath("phrases.toml").read_text("utf-8")
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """How a language announces answers.

    Args:
        words: Words, in small letters, of which an announcement has one.
        pattern: What an announcement looks like.
    """

    words: tuple[str, ...]
    pattern: str


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


def any_of(sort: Sort, *writings: Writing) -> str:
    """Give a pattern that any phrase of a sort fits."""
    return _any(phrases(sort, *writings))


def announcements() -> list[Announcement]:
    """Give how answers are announced in each language but English."""
    spaced = [_spaced(language) for language in _PHRASES["spaced"].values() if "nouns" in language]
    return [*spaced, *(_glued(language) for language in _PHRASES["glued"].values())]


def _spaced(language: dict[str, list[str]]) -> Announcement:
    """Read a language that parts its words: `Die Antwort ist`, `Antwort:`, `Antwort B`."""
    nouns, choices, links = (language.get(sort, []) for sort in ("nouns", "choice", "links"))
    few = r"(?:[ \t][^\s.:;?!]{1,20}){0,3}?[ \t]*"
    # What follows a link is left to the next match.
    link = rf"[ \t]{_any(links)}(?=[ \t:])" if links else r"(?!)"
    told = rf"{_any(nouns)}{few}(?::|=|-[ \t]|{link})|{_any([*nouns, *choices])}{few}{link}"
    letter = rf"{_any(nouns)}[ \t](?=\(?(?-i:[A-Z])\)?(?:[\s.,;]|$))"
    return Announcement((*nouns, *choices), rf"(?<![^\W_])(?:{told}|{letter})")


def _glued(language: dict[str, list[str]]) -> Announcement:
    """Read a language that does not part its words."""
    nouns, links, chosen = (language.get(sort, []) for sort in ("nouns", "links", "chosen"))
    chooses = rf"|{_any(chosen)}\s?:?(?=\s?[A-Z(])" if chosen else ""
    return Announcement((*nouns, *chosen), rf"{_any(nouns)}\s?(?:{_any(links)}|:){chooses}")


def _any(words: list[str]) -> str:
    return "(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")"
