"""The lists of words are well formed, and each word is found where it stands."""

from __future__ import annotations

from collections import Counter

import pytest

from langchain_openrouter.tasks import TASKS
from langchain_openrouter.tasks.folding import fold, spellings, tokens_of
from langchain_openrouter.tasks.lexicon import Lexicon
from langchain_openrouter.tasks.wordlists import Word, built_in, listed_words, make_vocabulary
from tests.tasks.prompted import LANGUAGES

HELPING = {"common", "polite", "make", "count", "number", "language", "into", "say", "hard"}
WORDED = set(TASKS) - {"vision"}


def found(lexicon: Lexicon, text: str) -> set[str]:
    """Give what the words of a text speak for."""
    folded = fold(text)
    tokens = tokens_of(folded)
    hits = [*lexicon.find(dict.fromkeys(tokens), f" {' '.join(tokens)} "), *lexicon.find_unspaced(folded)]
    return {hit.kind for hit in hits}


def test_sections() -> None:
    """Every section is a task, the begin of a sentence for one, or one of those that help."""
    sections = {word.section for word in listed_words()}

    assert sections <= WORDED | {f"{task} first" for task in WORDED} | HELPING


@pytest.mark.parametrize("word", sorted({word.section for word in listed_words()} & HELPING))
def test_helping_words_weigh_nothing(word: str) -> None:
    """Words that help have no weight of their own, but for those that speak for a demanding request."""
    weights = {each.weight for each in listed_words() if each.section == word}

    assert (weights == {0}) == (word != "hard")


def test_every_language_has_every_task() -> None:
    """A list has words for each task, and a name for each language that has one."""
    own = Counter((word.language, word.section) for word in built_in_words_with_language())

    assert {language for language, _ in own} == set(LANGUAGES)
    for language in LANGUAGES:
        for section in (WORDED | {"hard", "count", "number", "language"}) - {"translation", "language"}:
            if (language, section) != ("en", "code"):
                assert own[language, section] >= 1, (language, section)


def built_in_words_with_language() -> list[Word]:
    """Give the words that belong to one language."""
    return [word for word in listed_words() if word.language]


def test_stems_are_long_enough() -> None:
    """A stem in Latin letters has four or more: shorter ones are not looked up."""
    short = [
        word.written
        for word in listed_words()
        if "*" in word.written and "_" not in word.written and word.written.isascii() and len(word.written) < 5
    ]

    assert short == []


def test_weights() -> None:
    """Weights go from 0 to 6, and a word stands once in a section of a language, not with several weights."""
    counted = Counter((word.language, word.section, word.written) for word in listed_words() if word.language)

    assert {word.weight for word in listed_words()} <= {0, 1, 1.5, 2, 3, 4, 5, 6}
    assert [each for each, times in counted.items() if times > 1] == []


def test_each_word_is_found() -> None:
    """A text that has a word of a list speaks for its section, in capital letters or not."""
    words = [word for word in listed_words() if word.section not in {"common", "polite"}]
    vocabulary = built_in()
    for word in words:
        text = word.written.replace("_", " ")
        text = f"und{text[1:]}" if text.startswith("*") else text.replace("*", "")
        lexicon = vocabulary.first if word.section.endswith(" first") else vocabulary.anywhere
        assert word.section.removesuffix(" first") in found(lexicon, text.upper()) | found(lexicon, text), word


class TestLexicon:
    def lexicon(self, *written: str) -> Lexicon:
        """Make one of words for code."""
        return Lexicon([Word("code", 3, each) for each in written])

    @pytest.mark.parametrize(
        ("written", "text", "is_found"),
        [
            ("array", "an array", True),
            ("array", "arrays", False),
            ("array*", "arrays", True),
            ("array*", "disarray", False),
            ("*brief", "Kündigungsbrief", True),
            ("*brief", "briefing", False),
            ("how_many", "how  many, how?", True),
            ("how_many", "how not many", False),
            ("how_many*", "how manyfold", True),
            ("how_many", "how manyfold", False),
            ("über*", "ueberall", True),
            ("über*", "uberall", True),
            ("번역*", "번역해", True),
            ("왜", "왜", True),
            ("왜", "왜곡", False),
            ("翻译", "请翻译这句", True),
            ("翻译", "翻", False),
            ("python", "用python写", True),
            ("über*", "u\u0308bersetzen", True),
            ("اوراق", "الأوراق", True),
            ("اوراق", "والأوراق", True),
            ("अनुवाद", "अनुवाद करो", True),
            ("अनुवाद", "अनुवादक", False),
            ("फ़ाइल", "फाइल", True),
            ("istanbul*", "İSTANBUL'da", True),
        ],
    )
    def test_finds(self, written: str, text: str, *, is_found: bool) -> None:
        """Words, stems, endings and phrases, in scripts of all kinds, and nothing that only looks like them."""
        assert (found(self.lexicon(written), text) == {"code"}) is is_found

    def test_the_longest_unspaced_word(self) -> None:
        """A word that is part of a longer one does not count beside it."""
        lexicon = Lexicon([Word("math", 3, "方程"), Word("code", 3, "方程式")])

        assert found(lexicon, "方程式") == {"code"}
        assert found(lexicon, "方程") == {"math"}

    def test_the_weightiest_counts(self) -> None:
        """Of several entries that one word of the text fits, one counts for each kind: the weightiest."""
        lexicon = Lexicon([Word("code", 1, "parse*"), Word("code", 3, "parser"), Word("math", 2, "parser")])
        hits = list(lexicon.find(["parser"], " parser "))

        assert {(hit.kind, hit.weight, hit.word) for hit in hits} == {("code", 3, "parser"), ("math", 2, "parser")}


class TestLanguages:
    def test_foreign(self) -> None:
        """Common words tell which languages a text is not in; one alone tells nothing."""
        vocabulary = make_vocabulary(
            [Word("common", 0, each, "en") for each in ("the", "of", "is")]
            + [Word("common", 0, each, "nl") for each in ("de", "van", "is")]
        )

        assert vocabulary.foreign_to(["the", "name", "of", "it", "is"]) == {"nl"}
        assert vocabulary.foreign_to(["de", "naam", "van", "dit", "is"]) == {"en"}
        assert vocabulary.foreign_to(["the", "van"]) == frozenset()
        assert vocabulary.foreign_to(["the"]) == frozenset()
        assert vocabulary.foreign_to([]) == frozenset()

    def test_words_of_foreign_languages(self) -> None:
        """They are passed over, those without a language are not."""
        lexicon = Lexicon([Word("code", 3, "gift", "de"), Word("math", 3, "gift"), Word("chat", 3, "gift", "en")])

        assert {hit.kind for hit in lexicon.find(["gift"], " gift ", {"de"})} == {"math", "chat"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain", {"plain"}),
        ("übersetz", {"übersetz", "ubersetz", "uebersetz"}),
        ("résum", {"résum", "resum"}),
        ("كود", {"كود", "وكود", "بكود", "لكود"}),
    ],
)
def test_spellings(word: str, expected: set[str]) -> None:
    """People leave accents out, write umlauts with two letters, and join short words in Arabic."""
    assert spellings(word) == expected
