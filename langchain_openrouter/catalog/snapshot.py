"""The bundled answer of OpenRouter's ``GET /models``, reduced to facts and dated.

``snapshot.json.gz`` is written by ``scripts/build_snapshot.py`` and holds
``{"data": [record, …], "date": "YYYY-MM-DD"}``. A record has the shape of ``Model`` in OpenRouter's
OpenAPI description, without prose and links. Nothing is read before the first call here, and
nothing but that one file is read then.
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import json
from importlib import resources
from typing import Any

__all__ = ["FILE_NAME", "NOT_FACTS", "date", "load"]

FILE_NAME = "snapshot.json.gz"

NOT_FACTS = frozenset({"description", "links"})
"""Keys of a record that hold prose or navigation. A key that OpenRouter adds later is kept until it is named here."""


@functools.cache
def load() -> dict[str, dict[str, Any]]:
    """Return every model of the snapshot by its id, in OpenRouter's order: newest first.

    The answer is shared by all callers and costs about ten milliseconds once; read it, never write
    to it. Prices are strings in dollars per token (``"-1"``: decided per request),
    ``context_length`` counts tokens, ``created`` is Unix seconds and 0 where it is not known.

    Example:
        >>> load()["openai/gpt-4o"]["context_length"]
        128000
    """
    return {record["id"]: record for record in json.loads(_text())["data"]}


@functools.cache
def date() -> dt.date:
    """Return the day on which OpenRouter gave the answer that the snapshot holds (UTC).

    Example:
        >>> date() >= dt.date(2026, 8, 15)
        True
    """
    # The date stands last; to read it, the records need not be parsed.
    return dt.date.fromisoformat(json.loads("{" + _text().rpartition(b",")[2].decode())["date"])


def _text() -> bytes:
    return gzip.decompress(resources.files(__package__).joinpath(FILE_NAME).read_bytes())
