"""Which models somebody may have meant by a name that no model has.

What was typed is held against both names of every model, its id and its display name, in three ways. Each sees a slip
that the others miss:

- pairs of letters that stand side by side in both: a word misspelt, glued to the next one, or in another place;
- typed words that the model has: what was added, such as a date or another author, costs little;
- words of the model that were typed: what was left out, such as ``-instruct``, costs little.

Words that are nearly the same count in part, and numbers the more the nearer they are, so a version that is gone leads
to its neighbours. The names themselves say what a word weighs: the fewer models have it, the more it tells.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from itertools import repeat
from operator import add
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["suggest"]

# A likeness goes from 0 to 1. This much of it comes from each of the three ways:
LETTERS, TYPED_WORDS, MODEL_WORDS = 0.4, 0.4, 0.2
LETTERS_ALONE = 0.7  # when that is more: words that nothing parts are not recognised
CLOSE = 0.5  # a suggestion less alike would puzzle more than help
ALIKE = 0.6  # words less alike are different words
SPECIAL = 0.02  # lost by an alias or a variant, so that of equals the plain model is first

# The rarest word weighs 1. Dates, authors and words like none are often added by those who type.
NUMBER, DATE, AUTHOR, STRANGE = 0.8, 0.25, 0.5, 0.6

LONGEST = 100  # letters that are read: no id is longer, and a prompt in the wrong place shall not take long

TOKEN = re.compile(r"\d+(?:\.\d+)*(?:[a-z](?![a-z]))?|[^\W\d_]+")
"""A word, or a number with its unit: ``sonnet``, ``4.5``, ``70b``, ``4o``."""

NUMBER_PARTS = re.compile(r"((\d+(?:\.\d+)?)[\d.]*)([a-z]?)")
"""All of its digits, those that tell how big it is, and the unit."""

DISGUISED_DOT = re.compile(r"(?<=\d)[-_ p](?=\d{1,2}(?![\da-z]))")
"""What stands for the dot in ``4-5`` and ``v4p5``. The dash in ``3-70b`` does not."""


def suggest(name: str, models: Iterable[tuple[str, str]], limit: int = 3) -> tuple[str, ...]:
    """Return the ids that somebody may have meant, the likeliest first; none when nothing is close.

    A model is suggested once, be it as itself or as a variant (``:free``). When the likeliest has not the version that
    was typed, the last place is for the newest of its kind.

    Args:
        name: What was typed.
        models: Id and display name of each model, the newest first.
        limit: How many ids at most.

    Returns:
        Ids out of `models`.

    Example:
        >>> models = [("maker/bird-2-pro", "Maker: Bird 2 Pro"), ("maker/bird-2", "Maker: Bird 2")]
        >>> suggest("bird2", models), suggest("makr/brid-pro-2", models, 1), suggest("fish", models)
        (('maker/bird-2', 'maker/bird-2-pro'), ('maker/bird-2-pro',), ())
    """
    names = {model: _names(model, title) for model, title in models}
    typed = _Typed(_read(name[:LONGEST]), names.values())
    nearest: dict[str, str] = {}
    for model in _best_first(name, typed, names):
        nearest.setdefault(model.partition(":")[0], model)
    chosen = list(nearest.values())[: max(limit, 0)]
    if limit > 1 and chosen and typed.name.versions - names[chosen[0]][0].versions:
        newest = _newest_like(chosen[0], names)
        if newest not in chosen:
            chosen[limit - 1 :] = [newest]
    return tuple(chosen or _newest_of_author(name, names)[: max(limit, 0)])


def _newest_of_author(name: str, models: Iterable[str]) -> list[str]:
    """Give what an author has now, for a name that is like none: the family that it was of is gone."""
    author = name.partition("/")[0].casefold() if "/" in name else ""
    return [each for each in models if ":" not in each and each.partition("/")[0].casefold() == author]


def _best_first(name: str, typed: _Typed, names: Mapping[str, tuple[_Name, ...]]) -> list[str]:
    """Sort the models that are close; of equals, the newest stays first."""
    ranks = {}
    for model, both in names.items():
        same, likeness = max(map(typed.compare, both))
        if likeness >= CLOSE:
            ranks[model] = model == name, same, likeness - SPECIAL * (model.startswith("~") or ":" in model)
    return sorted(ranks, key=ranks.__getitem__, reverse=True)


def _newest_like(model: str, names: Mapping[str, tuple[_Name, ...]]) -> str:
    kind = names[model][0].kind
    return next(each for each, (by_id, *_) in names.items() if by_id.kind == kind)


class _Typed:
    """What was typed, ready to be held against the names of all models."""

    def __init__(self, name: _Name, names: Collection[tuple[_Name, ...]]) -> None:
        counts = Counter(word for both in names for word in {word for each in both for word in each.all_words})
        self.name = name
        self._rows = []
        for word, share in (dict.fromkeys(name.author, AUTHOR) | dict.fromkeys(name.words, 1.0)).items():
            likenesses = _likenesses(word, counts)
            weight = share * _weight(word, counts[word], len(names)) * (1.0 if likenesses else STRANGE)
            self._rows.append((weight, likenesses))
        self._weights = {word: _weight(word, count, len(names)) for word, count in counts.items()}
        self._best = {word: max((row.get(word, 0.0) for _, row in self._rows), default=0.0) for word in counts}

    def compare(self, other: _Name) -> tuple[bool, float]:
        """Tell whether the names are the same but for separators and case, and how much alike they are."""
        same = any(mine == its != "" for mine, its in zip(self.name.runs, other.runs, strict=True))
        letters = max(map(_overlap, self.name.pairs, other.pairs))
        found = ((weight, max(map(row.get, other.all_words, repeat(0.0)), default=0.0)) for weight, row in self._rows)
        wanted = ((self._weights[word], self._best[word]) for word in other.words)
        likeness = LETTERS * letters + TYPED_WORDS * _mean(found) + MODEL_WORDS * _mean(wanted)
        return same, max(likeness, LETTERS_ALONE * letters)


class _Name(NamedTuple):
    """A name, taken apart."""

    author: tuple[str, ...]
    words: tuple[str, ...]
    runs: tuple[str, str]
    """The letters and digits alone: of all, and of what follows the author."""
    pairs: tuple[frozenset[str], frozenset[str]]
    """The neighbours in each run."""

    @property
    def all_words(self) -> tuple[str, ...]:
        """The author's words, too."""
        return self.author + self.words

    @property
    def versions(self) -> set[str]:
        """The digits of the numbers that have no unit and are no dates."""
        numbers = filter(None, map(_number, self.words))
        return {each.digits for each in numbers if not each.unit and not each.is_date}

    @property
    def kind(self) -> tuple[str, ...]:
        """What the versions of a model have in common."""
        words = (word for word in self.words if not (number := _number(word)) or number.unit)
        return *self.author, *words


class _Number(NamedTuple):
    """A number of a name: a version, a size, a date."""

    digits: str
    value: float
    unit: str

    @property
    def is_date(self) -> bool:
        """Whether it is long enough for one: 0813, 2507, 2024.11.20."""
        return len(self.digits) >= len("0813")

    def likeness(self, other: _Number) -> float:
        """Compare as words are: 45 may be 4.5, 4 may be 4o, and 4.5 is nearer to 4 than to 3."""
        if self.digits == other.digits:
            return 1.0 if self.unit == other.unit else 0.5
        low, high = sorted((1 + self.value, 1 + other.value))
        return ALIKE * low / high if self.unit == other.unit and not self.is_date else 0.0


def _names(model: str, title: str) -> tuple[_Name, ...]:
    """Read an id and a display name; one is enough where they say the same."""
    by_id, by_title = _read(model), _read(title)
    return (by_id,) if by_id.runs[1] == by_title.runs[1] else (by_id, by_title)


@functools.lru_cache(maxsize=1024)
def _read(text: str) -> _Name:
    """Take ``author/name`` or ``Author: Name`` apart."""
    text = unicodedata.normalize("NFKC", text).casefold()
    parts = text.rpartition("/" if "/" in text else ": ")
    author, words = (tuple(TOKEN.findall(DISGUISED_DOT.sub(".", part))) for part in parts[::2])
    runs = _run(author + words), _run(words)
    return _Name(author, words, runs, (_pairs(runs[0]), _pairs(runs[1])))


def _run(words: tuple[str, ...]) -> str:
    return "".join(words).replace(".", "")


def _pairs(run: str) -> frozenset[str]:
    # The blanks make pairs of both ends, which are seldom mistyped.
    return frozenset(map(add, f" {run}", f"{run} ")) if run else frozenset()


def _overlap(some: frozenset[str], others: frozenset[str]) -> float:
    return 2 * len(some & others) / (len(some) + len(others) or 1)


def _mean(weighted: Iterable[tuple[float, float]]) -> float:
    """Average the values, the second of each pair; the first is the weight."""
    total = weights = 0.0
    for weight, value in weighted:
        total += weight * value
        weights += weight
    return total / (weights or 1.0)


def _weight(word: str, count: int, models: int) -> float:
    """Tell how much a word says: 1 when no model has it, less with each that has."""
    if number := _number(word):
        return DATE if number.is_date else NUMBER
    return (1 + math.log((1 + models) / (1 + count))) / (1 + math.log(1 + models))


def _likenesses(word: str, known: Iterable[str]) -> dict[str, float]:
    """Tell which known words, or numbers, are more or less like this one."""
    if number := _number(word):
        return {each: number.likeness(other) for each in known if (other := _number(each))}
    matcher = SequenceMatcher(b=word, autojunk=False)
    likenesses = {}
    for each in known:
        matcher.set_seq1(each)
        # The bounds are quick to tell, and spare most words the exact comparison.
        if matcher.real_quick_ratio() >= ALIKE <= matcher.quick_ratio() and (ratio := matcher.ratio()) >= ALIKE:
            likenesses[each] = ratio
    return likenesses


@functools.lru_cache(maxsize=1024)
def _number(word: str) -> _Number | None:
    found = NUMBER_PARTS.fullmatch(word)
    return found and _Number(found[1].replace(".", ""), float(found[2]), found[3])
