"""Texts as sentences, and as words in one form."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.languages import any_of, phrases
from langchain_openrouter.agreement.literals import LITERAL, SMALL_NUMBERS, read_literal, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["is_refusal", "negated", "sentences", "stem", "words"]

_LITERAL = re.compile(rf"(?<![\w.,:/]){LITERAL}(?![\w:/])", re.VERBOSE)
_ABBREVIATION = re.compile(r"\b(?:[^\W\d_]\.){2,12}")
_BETWEEN_DIGITS = re.compile(r"(?<!\d)[.:]|[.:](?!\d)|(?<!\s)-|-(?!\d)|(?<!\d)!|!(?=\w)|_")
"""Points and colons count in numbers only, a minus before them, and a `!` behind them."""

_KEPT = frozenset(".:!-+#%@$€£¥/\\<>=^|~°∞∅√±")
_ARTICLES = frozenset({"a", "an", "the"})
_DIGITS = {word: str(number) for number, word in enumerate(SMALL_NUMBERS[:13])}
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
_SENTENCE_ENDS = re.compile(
    r"\n+|(?<=[.!?])(?<!^\d\.)(?<!\b[A-Z]\.)(?<!\b(?:Mr|Ms|Dr|St|Jr|Sr|vs|No|Mt|ca)\.)(?<!\bMrs\.)\s+", re.MULTILINE
)
_ENDINGS = re.compile(r"(?:ings?|ed|ers?|ors?|es|e|s|ly)$")
_SHORTEST_STEM = 4
_IRREGULAR = {form: verb for verb, *forms in map(str.split, phrases("irregular")) for form in forms}


class _Punctuation(dict[int, int | str]):
    """Says what becomes of each character: letters, marks on letters, and digits of all scripts stay."""

    def __missing__(self, code: int) -> int | str:
        sign = chr(code)
        stays = unicodedata.category(sign)[0] in "LMN" or sign in _KEPT
        self[code] = code if stays else " "
        return self[code]


_PUNCTUATION = _Punctuation()


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
    numbers = _BETWEEN_DIGITS.sub(" ", _LITERAL.sub(_one_form, joined.replace("&", " and ")))
    plain = numbers.translate(_PUNCTUATION).split()
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
    word = _IRREGULAR.get(word, word)
    short = _ENDINGS.sub("", word)
    return short if len(short) >= _SHORTEST_STEM else word


def _one_form(found: re.Match[str]) -> str:
    """Write a number with separators in one way; what has none may be a name, and stays."""
    literal = found[0]
    value = read_literal(literal) if set(literal) & set(",.' _") else None
    return literal if value is None else write_number(value)
