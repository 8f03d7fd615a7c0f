"""What an agreement is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Agreement"]


class Agreement(Protocol):
    """Says which answers say the same."""

    def group(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers that say the same.

        Args:
            answers: Their texts; of messages, `answer_text` gives them.
            question: What was asked.

        Returns:
            Indexes of the answers, each in one group: the largest group first, then the one with the earliest member.
            An answer in which nothing can be found is a group of its own, and agrees with nobody.
        """

    async def agroup(self, answers: Sequence[str], question: str | None = None) -> list[list[int]]:
        """Group answers that say the same, as `group`."""
