"""What speaks for each task in a text: words, what sentences begin with, and the shape of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_openrouter.tasks.folding import count_words, fold, has_unspaced, tokens_of
from langchain_openrouter.tasks.layout import lay_out
from langchain_openrouter.tasks.lexicon import Hit
from langchain_openrouter.tasks.shape import numerals_in, shapes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from langchain_openrouter.tasks.lexicon import Lexicon
    from langchain_openrouter.tasks.wordlists import Vocabulary

__all__ = ["CLEAR", "Evidence", "weigh"]

CLEAR = 2.5
"""What weighs as much speaks for a task by itself."""

_SENTENCES = 160
"""Characters at begin and end in which sentences are looked for."""

_OPENING = 48
"""Characters in which the first word of a sentence stands, politeness included."""

_SENTENCE = re.compile(r"[.!?:;\n\u3002\u061f\u0964]+\s*|,\s+")


@dataclass(slots=True)
class Evidence:
    """What was found in a text.

    Args:
        text: The text.
        folded: The part of it that says what is wanted, as `fold` writes it.
        tokens: The words of that part.
        scores: How much speaks for each kind.
        hits: What that was.
        shapes: Those of it that are no words.
        words: How many words there are in that part.
        numerals: How many numbers.
    """

    text: str = ""
    folded: str = ""
    tokens: list[str] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    shapes: list[Hit] = field(default_factory=list)
    words: int = 0
    numerals: int = 0

    def add(self, hits: Iterable[Hit]) -> None:
        """Take what was found into account."""
        scores = self.scores
        for hit in hits:
            scores[hit.kind] = scores.get(hit.kind, 0.0) + hit.weight
            self.hits.append(hit)

    def add_shapes(self, shapes: Iterable[Hit]) -> None:
        """Take into account what is no word."""
        self.shapes += shapes
        self.add(self.shapes)

    def shape(self, kind: str) -> float:
        """Tell how much the shape of the text speaks for a kind."""
        return sum(hit.weight for hit in self.shapes if hit.kind == kind)

    def found(self, kind: str) -> list[str]:
        """Give the words of a kind that were found."""
        return [hit.word for hit in self.hits if hit.kind == kind]


def weigh(text: str, vocabulary: Vocabulary) -> Evidence:
    """Find what speaks for each task in a text.

    Args:
        text: A bounded piece of text.
        vocabulary: The words to find.
    """
    layout = lay_out(text)
    folded = fold(layout.instruction)
    tokens = tokens_of(folded)
    foreign = vocabulary.foreign_to(tokens)
    evidence = Evidence(text, folded, tokens)
    evidence.words, evidence.numerals = count_words(folded, tokens), numerals_in(folded)
    evidence.add(_words_in(folded, tokens, vocabulary.anywhere, foreign))
    evidence.add(_first_words(folded, vocabulary, foreign))
    evidence.add_shapes(shapes_of(text))
    if layout.asks_about_passage and not any(hit.weight >= CLEAR for hit in evidence.shapes):
        evidence.add([Hit("extraction", 5.0 if layout.is_question else 3.0, "about a passage")])
        # "Who was" and "when" ask for a fact, but it stands in the passage.
        evidence.scores.pop("general", None)
    return evidence


def _words_in(folded: str, tokens: list[str], lexicon: Lexicon, foreign: frozenset[str]) -> Iterator[Hit]:
    yield from lexicon.find(dict.fromkeys(tokens), f" {' '.join(tokens)} ", foreign)
    if has_unspaced(folded):
        yield from lexicon.find_unspaced(folded)


def _first_words(folded: str, vocabulary: Vocabulary, foreign: frozenset[str]) -> Iterator[Hit]:
    """Find what sentences begin with; politeness before it does not count."""
    looked_at = folded if len(folded) <= 2 * _SENTENCES else f"{folded[:_SENTENCES]}\n{folded[-_SENTENCES:]}"
    polite = vocabulary.polite
    firsts = dict[str, None]()
    for sentence in _SENTENCE.split(looked_at):
        for token in tokens_of(sentence[:_OPENING]):
            if token not in polite:
                firsts[token] = None
                break
    return vocabulary.first.find(firsts, "", foreign)
