"""Agreement by a function of two answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from langchain_openrouter.agreement.grouping import by_relation
from langchain_openrouter.agreement.protocol import Agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["PairAgreement"]


@dataclass(frozen=True, slots=True)
class PairAgreement(Agreement):
    """Asks a function about two answers at a time. A group holds answers of which every two agree.

    Args:
        agree: Says whether two answers agree; the earlier one comes first. Empty answers are not shown to it.

    Example:
        >>> PairAgreement(lambda one, other: one[0] == other[0]).group(["ab", "cd", "ae"])
        [[0, 2], [1]]
    """

    agree: Callable[[str, str], bool]

    @override
    def group(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers of which every two agree.

        Args:
            answers: Their texts.
            question: Not used: the function sees answers only.
        """
        return by_relation([answer if answer.strip() else None for answer in answers], self.agree)

    @override
    async def agroup(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers of which every two agree, as `group`."""
        return self.group(answers, question)
