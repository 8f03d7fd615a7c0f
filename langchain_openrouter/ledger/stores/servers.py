"""What the stores on servers have in common: their names, their addresses, and the packages that they need."""

from __future__ import annotations

import re

__all__ = ["PAGE", "check_namespace", "missing", "shown"]

PAGE = 1000
"""Calls that are read or forgotten at once, so that others do not wait for long."""


def check_namespace(namespace: str) -> str:
    """Look at the name of a ledger, which is the name of a schema or the begin of keys.

    Raises:
        ValueError: It is no such name.
    """
    if not re.fullmatch(r"(?!pg_)[a-z][a-z0-9_]{0,47}", namespace):
        msg = (
            f"namespace={namespace!r} is no name of a ledger. Pass up to 48 of a-z, 0-9 and _, beginning with a letter "
            '(and not with "pg_"), such as "openrouter".'
        )
        raise ValueError(msg)
    return namespace


def shown(url: str) -> str:
    """Write the address of a server without user, password and options.

    Example:
        >>> shown("postgresql://me:secret@db.example:5432/costs?sslpassword=secret")
        'postgresql://***@db.example:5432/costs'
    """
    start, _, place = url.rpartition("@")
    scheme, found, rest = (start or place).partition("://")
    if not found:
        return place.partition("?")[0]
    return f"{scheme}://{'***@' + place if start else rest}".partition("?")[0]


def missing(package: str, store: str, extra: str) -> ImportError:
    """Give the error of a package that is not installed."""
    msg = f'A ledger in {store} needs the package {package}: pip install "langchain-openrouter-plus[{extra}]"'
    return ImportError(msg, name=package)
