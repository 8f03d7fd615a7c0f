"""Finding words of a list in a text, fast: each word of the text is looked up, not each of the list."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, NamedTuple

from langchain_openrouter.tasks.folding import fold, has_unspaced, spellings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from langchain_openrouter.tasks.wordlists import Word

__all__ = ["Hit", "Lexicon"]

_LETTERS = 4
"""Letters of a stem, or of an ending, by which it is looked up. Only scripts with short words have shorter ones."""


_COMPOUND = 5
"""Letters. Only longer words have endings that are looked up."""


class Hit(NamedTuple):
    """Something that speaks for a task: what for, how much, the word, and its language."""

    kind: str
    weight: float
    word: str
    language: str = ""


class _Entry(NamedTuple):
    begin: str
    """How the word that is looked at begins."""

    end: str
    """How it ends."""

    phrase: str
    """What has to stand in the text, if it is more than this word."""

    hit: Hit


class Lexicon:
    """Words that can be found in a text.

    Args:
        words: Words, as they stand in a list.
    """

    def __init__(self, words: Iterable[Word]) -> None:
        self._words: dict[str, list[_Entry]] = {}
        self._stems: dict[str, list[_Entry]] = {}
        self._endings: dict[str, list[_Entry]] = {}
        self._unspaced: dict[str, dict[str, list[Hit]]] = {}
        for section, weight, written, language in words:
            word = fold(written).replace("_", " ").strip()
            hit = Hit(section.removesuffix(" first"), weight, word.strip("*"), language)
            if has_unspaced(word):
                self._unspaced.setdefault(word[:2], {}).setdefault(word, []).append(hit)
            else:
                self._add(word, hit)

    def find(self, tokens: Iterable[str], joined: str, foreign: Collection[str] = ()) -> Iterator[Hit]:
        """Find words; of those that one word of the text fits, the weightiest of each kind.

        Args:
            tokens: Words of the text, each once.
            joined: All its words, with a space before and after each.
            foreign: Languages that the text is not in.
        """
        words, stems, endings, nothing = self._words, self._stems, self._endings, list[_Entry]()
        for token in tokens:
            entries = words.get(token, nothing)
            stem = stems.get(token[:_LETTERS], nothing)
            ending = endings.get(token[-_LETTERS:], nothing) if len(token) > _COMPOUND else nothing
            if stem or ending or not token.isascii():
                entries = [*entries, *stem, *ending, *self._short_stems(token)]
            if entries:
                hits = [
                    hit
                    for begin, end, phrase, hit in entries
                    if token.startswith(begin)
                    and token.endswith(end)
                    and phrase in joined
                    and hit.language not in foreign
                ]
                yield from _weightiest(hits) if hits[1:] else hits

    def find_unspaced(self, folded: str) -> Iterator[Hit]:
        """Find words of scripts without spaces, wherever they stand; none that is part of a longer one."""
        heads = self._unspaced.keys() & {*map(add, folded, folded[1:]), *folded}
        found = {word: hits for head in heads for word, hits in self._unspaced[head].items() if word in folded}
        for word in sorted(found):
            if not any(word in other for other in found if word is not other):
                yield from _weightiest(found[word])

    def _short_stems(self, token: str) -> Iterator[_Entry]:
        if not token.isascii():
            for size in range(1, min(_LETTERS, len(token))):
                yield from self._stems.get(token[:size], ())
                yield from self._endings.get(token[-size:], ())

    def _add(self, word: str, hit: Hit) -> None:
        for spelling in spellings(word.strip("*")):
            if word.startswith("*"):
                self._endings.setdefault(spelling[-_LETTERS:], []).append(_Entry("", spelling, "", hit))
            elif " " in spelling:
                self._add_phrase(spelling, hit, is_open=word.endswith("*"))
            elif word.endswith("*"):
                self._stems.setdefault(spelling[:_LETTERS], []).append(_Entry(spelling, "", "", hit))
            else:
                self._words.setdefault(spelling, []).append(_Entry(spelling, "", "", hit))

    def _add_phrase(self, phrase: str, hit: Hit, *, is_open: bool) -> None:
        """Keep a phrase under its longest word, which is the rarest; an open end may go on, so it is no whole word."""
        whole = phrase.split()[: -1 if is_open else None]
        longest = max(whole, key=len)
        wanted = f" {phrase}" if is_open else f" {phrase} "
        self._words.setdefault(longest, []).append(_Entry(longest, "", wanted, hit))


def _weightiest(hits: Iterable[Hit]) -> Iterable[Hit]:
    best: dict[str, Hit] = {}
    for hit in hits:
        if hit.kind not in best or hit.weight > best[hit.kind].weight:
            best[hit.kind] = hit
    return best.values()
