"""The catalog that chat models of this process are checked against and described by."""

from __future__ import annotations

import threading

from langchain_openrouter.catalog.catalog import Catalog

__all__ = ["current", "use"]

_current: Catalog | None = None
_loading = threading.Lock()


def current() -> Catalog:
    """Give the facts of this process: those given to `use`, else the disk cache or the snapshot, whichever is newer.

    Read once, when first needed, and never from the network.

    Example:
        >>> len(current()) > 400
        True
    """
    global _current  # noqa: PLW0603  # one catalog for each process is what this module is for
    in_use = _current
    if in_use is None:
        with _loading:
            in_use = _current = _current or Catalog.load("cache")
    return in_use


def use(catalog: Catalog | None) -> None:
    """Let chat models of this process go by other facts.

    Args:
        catalog: The facts, such as ``Catalog.load()`` for today's; ``None`` for those that `current` begins with.
    """
    global _current  # noqa: PLW0603
    with _loading:  # else a thread that is just loading would put its own in place of it
        _current = catalog
