"""Lists of words, written as text because that is how they are read."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Cut a text at its white space.

    >>> words("one two")
    ('one', 'two')
    """
    return tuple(text.split())
