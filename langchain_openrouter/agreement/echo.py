"""What an answer only repeats of its question."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from langchain_openrouter.agreement.languages import phrases
from langchain_openrouter.agreement.words import negated, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["NO_ECHO", "Echo", "without_echo"]

_NEUTRAL = frozenset(phrases("neutral"))
_SOME, _MUCH = 0.25, 0.4
"""Part of a question's words that an answer repeats before its own: less will do before an `is`, or after them."""

_DEFINES = frozenset({"is", "are", "was", "were", "called", "by", "named", "as", "in", "on", "at", "from"})
_ASKING = frozenset(
    {"what", "who", "whom", "whose", "where", "when", "why", "how", "many", "much", "please", "give", "tell"}
)


@dataclass(frozen=True, slots=True)
class Echo:
    """What an answer may repeat of its question.

    Args:
        stems: The stems of the question's words; none where it gives a choice of words, which are answers then.
        noun: The stem of what is asked for, as `river` in "which river": a name may begin with it.
        pairs: Those that the question joins by `and`: an answer with one of them is not about the other.
    """

    stems: frozenset[str] = frozenset()
    noun: str | None = None
    pairs: tuple[frozenset[str], ...] = ()

    @classmethod
    def of(cls, asking: str) -> Self:
        """Read a question.

        Args:
            asking: The sentence that asks.
        """
        asked = words(asking)
        if "or" in asked:
            return cls()
        stems = [stem(word) for word in asked]
        places = [place for place, word in enumerate(asked) if word == "and" and 0 < place < len(asked) - 1]
        noun = next((other for word, other in pairwise(stems) if word in {"which", "what"}), None)
        return cls(frozenset(stems), noun, tuple(frozenset({stems[place - 1], stems[place + 1]}) for place in places))


NO_ECHO = Echo()
"""Nothing may be repeated."""


def without_echo(said: Sequence[str], asked: Echo) -> list[str]:
    """Leave out what an answer repeats of its question, at its begin or at its end.

    Only what repeats much of the question, and on one side, goes: "the dog bit the cat" is more than "bit" where the
    dog and the cat are in the question. A sentence that says no stays as it is: it would say the contrary.

    Args:
        said: The words of one sentence.
        asked: What may be repeated.

    Returns:
        What is left; everything where nothing would be.

    Example:
        >>> without_echo(["capital", "of", "france", "is", "paris"], Echo.of("What is the capital of France?"))
        ['paris']
    """
    if negated(said):
        return list(said)
    echo = [word in _NEUTRAL or stem(word) in asked.stems for word in said]
    if all(echo):
        return list(said)
    begin = echo.index(False)
    end = len(echo) - echo[::-1].index(False)
    before, after = _content(said[:begin]), _content(said[end:])
    told = before | after
    defines = not before or said[begin - 1] in _DEFINES
    much = len(told) >= (_SOME if defines else _MUCH) * len(_content(asked.stems))
    if (before - {asked.noun} and after) or (told and not much) or any(len(pair & told) == 1 for pair in asked.pairs):
        begin, end = _neutral_ends(said)
        # The River Thames is the Thames where a river is asked for.
        begin += stem(said[begin]) == asked.noun and end - begin > 1 and not echo[begin + 1]
    return list(said[begin:end])


def _content(said: Iterable[str]) -> set[str]:
    return {stem(word) for word in said if word not in _NEUTRAL and word not in _ASKING}


def _neutral_ends(said: Sequence[str]) -> tuple[int, int]:
    begin = next(place for place, word in enumerate(said) if word not in _NEUTRAL)
    end = next(place for place in range(len(said), 0, -1) if said[place - 1] not in _NEUTRAL)
    return begin, end
