"""Texts as words in one form, and what the words of a question take away from an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from langchain_openrouter.agreement.languages import any_of, phrases
from langchain_openrouter.agreement.literals import LITERAL, SMALL_NUMBERS, read_literal, write_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["NO_ECHO", "Echo", "is_refusal", "negated", "sentences", "stem", "without_echo", "words"]

_LITERAL = re.compile(rf"(?<![\w.,:/]){LITERAL}(?![\w:/])", re.VERBOSE)
_ABBREVIATION = re.compile(r"\b(?:[^\W\d_]\.){2,12}")
_DROPPED = re.compile(
    r"(?<!\d)[.:]|[.:](?!\d)|(?<!\s)-|-(?!\d)|(?<!\d)!|!(?=\w)|[^\w\s.:!+\-#%@$€£¥/\\<>=^|~°∞∅√±\u0300-\u036f]|_"
)
_ARTICLES = frozenset({"a", "an", "the"})
_DIGITS = {word: str(number) for number, word in enumerate(SMALL_NUMBERS[:13])}
_NEUTRAL = frozenset(phrases("neutral"))
_NEGATIONS = frozenset(phrases("no"))
_REFUSAL = re.compile(
    r"(?:i(?:'m| am) (?:very |so |really )?(?:sorry|not (?:sure|certain|able))|sorry,|i apologi[sz]e|"
    r"i (?:do not|don't) (?:know|have (?:enough|access|the))|"
    r"i(?:'m| am)? (?:cannot|can't|can not|unable|could not|couldn't)\b(?! (?:be|see)\b)|"
    r"as an? (?:ai|artificial|(?:large )?language)|unable to|(?:the )?answer (?:cannot|can't)|"
    r"(?:it|that|this|(?:the )?answer) (?:is|remains) (?:not known|unknown|unclear|not clear)|"
    rf"n/?a\W*$|unknown\W*$|no (?:answer|idea)\W*$|{any_of('unknown')})",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(r"\n+|(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Ms|Dr|St|Jr|Sr|vs|No|Mt|ca)\.)(?<!\bMrs\.)\s+")
_ENDINGS = re.compile(r"(?:ings?|ed|ers?|ors?|es|e|s|ly)$")
_SHORTEST_STEM = 4
_SOME, _MUCH = 0.25, 0.4
"""Part of a question's words that an answer repeats before its own: less will do before an `is`, or after them."""

_DEFINES = frozenset({"is", "are", "was", "were", "called", "by", "named", "as"})

_ASKING = frozenset(
    {"what", "who", "whom", "whose", "where", "when", "why", "how", "many", "much", "please", "give", "tell"}
)


@dataclass(frozen=True, slots=True)
class Echo:
    """What an answer may repeat of its question.

    Args:
        stems: The stems of the question's words; none where it gives a choice of words, which are answers then.
        pairs: Those that the question joins by `and`: an answer with one of them is not about the other.
    """

    stems: frozenset[str] = frozenset()
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
        return cls(frozenset(stems), tuple(frozenset({stems[place - 1], stems[place + 1]}) for place in places))


NO_ECHO = Echo()
"""Nothing may be repeated."""


def words(text: str) -> list[str]:
    """Give the words of a text in one form: small letters, no articles, no punctuation, numbers as digits.

    Letters keep their accents, and signs that make names, such as those of `C++` and `C#`, stay.

    Args:
        text: A text as `one_spelling` writes it.

    Example:
        >>> words("The U.S.A. sold 1,000 well-known *C++* books!")
        ['usa', 'sold', '1000', 'well', 'known', 'c++', 'books']
    """
    joined = _ABBREVIATION.sub(lambda found: found[0].replace(".", "") + " ", text.casefold()).replace("'", "")
    plain = _DROPPED.sub(" ", _LITERAL.sub(_one_form, joined.replace("&", " and "))).split()
    last = len(plain) - 1
    kept = [word for place, word in enumerate(plain) if word not in _ARTICLES or (place == last and word != "the")]
    return [_DIGITS.get(word, word) for word in kept or plain]


def sentences(text: str) -> list[str]:
    """Split a text into its sentences and lines."""
    return [sentence.strip() for sentence in _SENTENCE_ENDS.split(text) if sentence.strip()]


def negated(said: Sequence[str]) -> bool:
    """Say whether some word says no."""
    return not _NEGATIONS.isdisjoint(said)


def is_refusal(text: str) -> bool:
    """Say whether a text says that it has no answer."""
    return _REFUSAL.match(text.strip().lstrip("\"'*. ")) is not None


def stem(word: str) -> str:
    """Cut an ending off, so that a question's `painted` is known again in `painter`."""
    short = _ENDINGS.sub("", word)
    return short if len(short) >= _SHORTEST_STEM else word


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
    repeated = [_content(said[:begin]), _content(said[end:])]
    told = repeated[0] | repeated[1]
    defines = not repeated[0] or said[begin - 1] in _DEFINES
    much = len(told) >= (_SOME if defines else _MUCH) * len(_content(asked.stems))
    if all(repeated) or (told and not much) or any(len(pair & told) == 1 for pair in asked.pairs):
        begin, end = _neutral_ends(said)
    return list(said[begin:end])


def _content(said: Iterable[str]) -> set[str]:
    return {stem(word) for word in said if word not in _NEUTRAL and word not in _ASKING}


def _neutral_ends(said: Sequence[str]) -> tuple[int, int]:
    begin = next(place for place, word in enumerate(said) if word not in _NEUTRAL)
    end = next(place for place in range(len(said), 0, -1) if said[place - 1] not in _NEUTRAL)
    return begin, end


def _one_form(found: re.Match[str]) -> str:
    """Write a number with separators in one way; what has none may be a name, and stays."""
    literal = found[0]
    value = read_literal(literal) if set(literal) & set(",.' _") else None
    return literal if value is None else write_number(value)
