"""What words say only together."""

from __future__ import annotations

import pytest

from langchain_openrouter.tasks.evidence import Evidence, weigh
from langchain_openrouter.tasks.lexicon import Hit
from langchain_openrouter.tasks.together import combine
from langchain_openrouter.tasks.wordlists import built_in

STORY = "The bus left at nine, and Ann ran after it with her heavy bag in the rain, all the way to the old harbour. "


def scores(text: str) -> dict[str, float]:
    """Weigh a text."""
    evidence = weigh(text, built_in())
    combine(evidence)
    return evidence.scores


def added(evidence: Evidence) -> dict[str, float]:
    """Give what is added to some evidence, by its name."""
    before = len(evidence.hits)
    combine(evidence)
    return {hit.word: hit.weight for hit in evidence.hits[before:]}


def found(*hits: Hit, **fields: int) -> Evidence:
    """Make evidence."""
    evidence = Evidence(**fields)  # type: ignore[arg-type]  # counts only
    evidence.add(hits)
    return evidence


class TestHints:
    @pytest.mark.parametrize("kind", ["code", "math"])
    def test_hints_alone(self, kind: str) -> None:
        """Hints alone count half, however many there are."""
        evidence = found(Hit(kind, 2, "a"), Hit(kind, 1, "b"))
        combine(evidence)

        assert evidence.scores[kind] == 1.5

    def test_hints_beside_a_clear_word(self) -> None:
        """A clear word makes them count."""
        evidence = found(Hit("code", 2, "a"), Hit("code", 3, "b"))
        combine(evidence)

        assert evidence.scores["code"] == 5

    def test_others(self) -> None:
        """Other tasks have no hints that mislead."""
        evidence = found(Hit("extraction", 2, "a"))
        combine(evidence)

        assert evidence.scores["extraction"] == 2


class TestCounting:
    @pytest.mark.parametrize(("numerals", "weight"), [(0, None), (1, 2.5), (2, 4), (5, 4)])
    def test_numbers(self, numerals: int, weight: float | None) -> None:
        """Asked for a number, a text with numbers is about calculating."""
        evidence = found(Hit("count", 0, "how many"), numerals=numerals)

        assert added(evidence).get("numbers, and a question for one") == weight

    def test_numbers_in_words(self) -> None:
        """Numbers in words are numbers."""
        told = added(found(Hit("count", 0, "how many"), Hit("number", 0, "two"), Hit("number", 0, "half")))

        assert told == {"numbers, and a question for one": 4}

    def test_without_numbers(self) -> None:
        """A number that has to be reasoned out is no calculation."""
        assert added(found(Hit("count", 0, "how many"), Hit("hard", 1, "explain"))) == {"a number to be reasoned": 3}


class TestLanguages:
    def test_a_word(self) -> None:
        """To ask for a word in a language is to ask for a translation; to speak of that language is not."""
        assert scores("What is the Finnish word for owl?")["translation"] >= 4
        assert "translation" not in scores("What do the Finnish people eat on Sundays?")

    def test_a_long_text(self) -> None:
        """In a long text, both words may stand by accident."""
        assert "translation" not in scores(f"{STORY}She said that the Finnish ship was late, and so was she, as ever.")

    def test_into(self) -> None:
        """A language counts right after what stands before languages."""
        assert scores("this in Finnish please")["translation"] == 3.5
        assert "translation" not in scores("the rain in the Finnish town")

    @pytest.mark.parametrize("text", ["English: the owl\nFinnish:", "English: the owl\nFinnish :", "中文\uff1a"])
    def test_a_form_to_fill_in(self, text: str) -> None:
        """The name of a language at the end waits for the translation."""
        assert scores(text)["translation"] >= 4

    def test_a_form_that_is_filled_in(self) -> None:
        """With something behind it, it does not."""
        assert "translation" not in scores("English: the owl\nFinnish: it flies")


class TestWriting:
    @pytest.mark.parametrize("kind", ["creative", "code"])
    def test_what_is_to_be_written(self, kind: str) -> None:
        """`Write` counts for what is named with it."""
        assert added(found(Hit("make", 0, "write"), Hit(kind, 3, "it"))) == {"to be written": 1.5}

    @pytest.mark.parametrize("kind", ["chat", "math"])
    def test_what_is_not(self, kind: str) -> None:
        """It says nothing for other tasks, nor by itself."""
        assert added(found(Hit("make", 0, "write"), Hit(kind, 3, "it"), Hit("creative", 1, "hint"))) == {}


class TestOthers:
    def test_numbers_in_code(self) -> None:
        """The numbers of code are part of it."""
        evidence = found(Hit("math", 4, "sum"))
        evidence.add_shapes([Hit("code", 7, "lines of code")])
        combine(evidence)

        assert (evidence.scores["math"], evidence.scores["code"]) == (2, 7)

    @pytest.mark.parametrize(("words", "score"), [(3, 4), (8, 4), (16, 2), (32, 1)])
    def test_greetings_in_long_texts(self, words: int, score: float) -> None:
        """The longer a text, the less a greeting in it matters."""
        evidence = found(Hit("chat", 4, "good morning"), words=words)
        combine(evidence)

        assert evidence.scores["chat"] == score

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            (f"{STORY}Who will help her?", "analysis"),
            (f"{STORY}It cost 3 coins, 5 coins and 7 coins. What was left?", "math"),
            (f"{STORY}She got home.", None),
            ("Who will help her?", None),
        ],
    )
    def test_a_told_case(self, text: str, kind: str | None) -> None:
        """Something told and then asked about has to be thought about; with numbers, calculated."""
        told = [hit.kind for hit in weigh_all(text).hits if hit.word in {"a told case", "told in numbers"}]

        assert told == ([kind] if kind else [])

    def test_a_told_case_with_clear_numbers(self) -> None:
        """What is mathematics anyway needs no such sign."""
        assert "a told case" not in {hit.word for hit in weigh_all(f"{STORY}What is the square root of it?").hits}


def weigh_all(text: str) -> Evidence:
    """Weigh a text."""
    evidence = weigh(text, built_in())
    combine(evidence)
    return evidence
