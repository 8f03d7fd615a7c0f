"""Words as data: `words/*.txt`, one list for each language.

A list has sections, such as `[code]`. A line of a section is a weight, 1 (a hint) to 5 (hardly anything else), and
words of that weight. `_` stands between the words of a phrase, and a star for the rest of a word, as in `how_many`,
`übersetz*`, `*brief`. Words of `[code first]` count only where a sentence begins with them. Of Chinese and Japanese,
words are found anywhere.

Sections that are no task: `common` words tell the language of a text; `polite` ones may stand before the first word of
a sentence; `make` are verbs that say what is wanted only together with another word; `count` asks for a number;
`number` are numbers in words; `language` are names of languages, `into` stands before them, `say` asks for a word in
them; `hard` speaks for a demanding request.
"""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from langchain_openrouter.tasks.folding import fold, spellings
from langchain_openrouter.tasks.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["Vocabulary", "Word", "built_in", "listed_words", "make_vocabulary"]

_LOOKED_AT = 40
"""Words of a text that tell its language."""

_SHARED = ("translation", "language")
"""Sections whose words count in a text of any language: who wants a translation writes in two."""


class Word(NamedTuple):
    """A word of a list: its section, how much it says, how it is written there; its language, if only that has it."""

    section: str
    weight: float
    written: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words that are known.

    Args:
        anywhere: Those that count wherever they stand.
        first: Those that count where a sentence begins with them.
        polite: Those that may stand before the first word of a sentence.
        common: Those that tell the language of a text, with the languages that have them.
        languages: The languages that such words tell.
    """

    anywhere: Lexicon
    first: Lexicon
    polite: frozenset[str]
    common: Mapping[str, tuple[str, ...]]
    languages: frozenset[str]

    def foreign_to(self, tokens: Sequence[str]) -> frozenset[str]:
        """Give the languages that a text is not in, whose words may look like its own.

        Args:
            tokens: The words of the text.
        """
        common = self.common
        votes = Counter(language for token in tokens[:_LOOKED_AT] if token in common for language in common[token])
        most = max(votes.values(), default=0)
        if most <= 1:
            return frozenset()
        return frozenset(language for language in self.languages if votes[language] * 4 <= most * 3)


@functools.cache
def built_in() -> Vocabulary:
    """Give the words of all lists; made ready when they are needed first."""
    return make_vocabulary(listed_words())


@functools.cache
def listed_words() -> tuple[Word, ...]:
    """Read the lists of all languages."""
    files = resources.files(__package__).joinpath("words").iterdir()
    lists = sorted((file for file in files if file.name.endswith(".txt")), key=lambda file: file.name)
    return tuple(
        word for file in lists for word in _read(file.read_text(encoding="utf-8"), file.name.removesuffix(".txt"))
    )


def make_vocabulary(words: Iterable[Word]) -> Vocabulary:
    """Make words ready to be found."""
    anywhere, first = list[Word](), list[Word]()
    polite, common = set[str](), dict[str, tuple[str, ...]]()
    for word in words:
        if word.section == "polite":
            polite.update(spellings(fold(word.written)))
        elif word.section == "common":
            common[word.written] = (*common.get(word.written, ()), word.language)
        else:
            (first if word.section.endswith(" first") else anywhere).append(word)
    languages = frozenset(language for each in common.values() for language in each)
    return Vocabulary(Lexicon(anywhere), Lexicon(first), frozenset(polite), common, languages)


def _read(text: str, language: str) -> Iterator[Word]:
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            weight, *words = line.split()
            # Programmers of all languages use English words for what they do.
            is_shared = (language, section) == ("en", "code") or section.startswith(_SHARED)
            yield from (Word(section, float(weight), word, "" if is_shared else language) for word in words)
