"""The base of all option types."""

from __future__ import annotations

from typing_extensions import TypedDict

__all__ = ["Options"]


class Options(TypedDict, total=False):
    """A part of a request. Keys that OpenRouter adds later may stand beside those that have a type here.

    These types are for editors and type checkers. Nothing is checked when a program runs: whatever
    the mapping holds is sent.
    """

    # Where pydantic meets one of these types, it keeps the keys that it does not know.
    __pydantic_config__ = {"extra": "allow"}  # type: ignore[misc]  # noqa: RUF012
