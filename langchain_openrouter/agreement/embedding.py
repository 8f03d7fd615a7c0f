"""Answers that mean nearly the same, by their embeddings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from langchain_openrouter.agreement.cleaning import spoken
from langchain_openrouter.agreement.grouping import by_key, by_likeness, in_order
from langchain_openrouter.agreement.protocol import Agreement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.embeddings import Embeddings

__all__ = ["EmbeddingAgreement"]


@dataclass(frozen=True, slots=True)
class EmbeddingAgreement(Agreement):
    """Compares meanings: the cosine of every two answers of a group is at least the threshold.

    That every two must be alike keeps a chain of small steps from joining strangers. Embeddings hardly tell 41 from 42
    or "is" from "is not", so this is for open texts, not for answers that are right or wrong.

    Args:
        embeddings: Makes the vectors, in one call for all answers.
        threshold: The least cosine, above 0 and up to 1. It depends on the embeddings; measure it on your answers.

    Raises:
        ValueError: The threshold is out of its range.

    Example:
        ```python
        from langchain_openrouter import OpenRouterEmbeddings
        from langchain_openrouter.agreement import EmbeddingAgreement

        agreement = EmbeddingAgreement(OpenRouterEmbeddings(model="openai/text-embedding-3-small"), threshold=0.92)
        ```
    """

    embeddings: Embeddings
    threshold: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            msg = f"threshold={self.threshold!r} is no cosine to ask for. Pass more than 0, and at most 1."
            raise ValueError(msg)

    @override
    def group(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers that mean nearly the same.

        Args:
            answers: Their texts.
            question: Not used: it would make all answers alike.
        """
        texts, same = _distinct(answers)
        vectors = self.embeddings.embed_documents(texts) if len(texts) > 1 else []
        return self._grouped(texts, same, vectors)

    @override
    async def agroup(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers that mean nearly the same, as `group`."""
        texts, same = _distinct(answers)
        vectors = await self.embeddings.aembed_documents(texts) if len(texts) > 1 else []
        return self._grouped(texts, same, vectors)

    def _grouped(self, texts: list[str], same: list[list[int]], vectors: list[list[float]]) -> list[list[int]]:
        """Join the groups of equal answers whose texts are alike; those after the texts are empty answers."""
        if len(vectors) != len(texts):
            if len(texts) > 1:
                msg = f"{len(texts)} texts got {len(vectors)} embeddings. Each text needs one: see {self.embeddings!r}."
                raise ValueError(msg)
            return in_order(same)
        likeness = [[_cosine(one, other) for other in vectors] for one in vectors]
        joined = by_likeness(likeness, self.threshold)
        alike = [[index for place in places for index in same[place]] for places in joined]
        return in_order([*alike, *same[len(texts) :]])


def _distinct(answers: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """Give the distinct texts, and of each the indexes of its answers; then those of empty answers."""
    said = [spoken(answer) or None for answer in answers]
    groups = sorted(by_key(said), key=lambda group: said[group[0]] is None)
    return [text for group in groups if (text := said[group[0]]) is not None], groups


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    cosine = math.fsum(left * right for left, right in zip(one, other, strict=True)) / lengths if lengths else 0.0
    # Rounding shall not keep equal vectors from a threshold of 1.
    return round(cosine, 12) if math.isfinite(cosine) else 0.0
