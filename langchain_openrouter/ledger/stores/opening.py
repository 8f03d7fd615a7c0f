"""From the address of a ledger to its store."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_openrouter.ledger.stores.memory import MemoryStore
from langchain_openrouter.ledger.stores.servers import shown
from langchain_openrouter.ledger.stores.sqlite import SQLiteStore

if TYPE_CHECKING:
    from langchain_openrouter.ledger.stores.store import Store

__all__ = ["VARIABLE", "open_store"]

VARIABLE = "OPENROUTER_LEDGER"
"""The environment variable with the address of the ledger."""

_MEMORY = frozenset({"memory:", "memory://", "sqlite://", "sqlite:///", "sqlite:///:memory:"})
_POSTGRES = ("postgresql://", "postgres://")
_REDIS = ("redis://", "rediss://", "unix://")


def open_store(url: str | os.PathLike[str] | None = None, *, namespace: str = "openrouter") -> Store:
    """Give the store of a ledger. It connects, or makes its file, when it is used first.

    Args:
        url: `"memory:"`, `"sqlite:///relative.db"`, `"sqlite:////absolute.db"`, `"postgresql://…"`, `"redis://…"` (or
            `rediss://…`, `unix://…`), or the path of a file of SQLite. Default: the environment variable
            `OPENROUTER_LEDGER`, else a file in the user's data folder of the operating system.
        namespace: Which of the ledgers of a server: a schema in PostgreSQL, the begin of the keys in Redis. A file
            holds one ledger, and so does memory; they pass over it.

    Raises:
        ValueError: It is no such address.
        ImportError: The store needs a package that is not installed.

    Example:
        >>> open_store("memory:").balances(["day"], None)
        {'day': Balance(spent=0, reserved=0, peak=0)}
    """
    url = os.environ.get(VARIABLE) or None if url is None else url
    if url is None:
        return SQLiteStore(_default_path())
    if not isinstance(url, str):
        return SQLiteStore(_path(os.fspath(url)))
    if url in _MEMORY:
        return MemoryStore()
    if url.startswith("sqlite:///") and "?" not in url:
        return SQLiteStore(_path(url.removeprefix("sqlite:///")))
    url = re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)  # as SQLAlchemy writes it, with a driver
    if url.startswith(_POSTGRES):
        from langchain_openrouter.ledger.stores.postgres import PostgresStore

        return PostgresStore(url, namespace)
    if url.startswith(_REDIS):
        from langchain_openrouter.ledger.stores.redis import RedisStore

        return RedisStore(url, namespace)
    msg = (
        f'{shown(url)!r} is no address of a ledger. Pass "memory:", "sqlite:///ledger.db" (a fourth slash begins an '
        'absolute path), "postgresql://user:password@host:5432/database" or "redis://host:6379/0".'
    )
    raise ValueError(msg)


def _path(path: str) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111  # leaves alone what `Path.expanduser` raises for


def _default_path() -> Path:
    from platformdirs import user_data_path  # not needed where a place is named

    return user_data_path("langchain-openrouter", appauthor=False) / "ledger.db"
