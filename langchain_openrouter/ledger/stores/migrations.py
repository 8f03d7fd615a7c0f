"""Versions of a store's tables. A store counts the scripts that were run; a newer version of the package adds some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_openrouter.errors import LedgerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["pending"]


def pending(version: int, scripts: Sequence[str], place: object) -> Sequence[str]:
    """Give the scripts that have not been run.

    Args:
        version: How many were run.
        scripts: All of them, oldest first.
        place: Where the tables are, for the error.

    Raises:
        LedgerUnavailableError: The tables are of a newer version of the package.
    """
    if version > len(scripts):
        msg = (
            f"The ledger in {place} has tables of version {version}; this version of the package knows "
            f"{len(scripts)}. Install the newer version of langchain-openrouter-plus, or open another ledger."
        )
        raise LedgerUnavailableError(msg)
    return scripts[version:]
