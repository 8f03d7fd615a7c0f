"""The catalog on disk: one file for each API address, written whole or not at all.

A file that cannot be read, for whatever reason, is as good as none: it is fetched again. A folder that cannot be
written costs the cache, nothing else.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import logging
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_openrouter._service import BASE_URL
from langchain_openrouter.catalog.reading import text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["VARIABLE", "Cache", "Stored", "shown"]

VARIABLE = "OPENROUTER_CATALOG_CACHE"
"""The environment variable that names the folder (or a file ending in ``.json``), or turns the cache ``off``."""

_OFF = frozenset({"0", "false", "no", "none", "off"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the cache holds of one API address.

    Args:
        records: The models, as the API wrote them.
        fetched_at: When the API last said that they are so (UTC).
        etag: What to ask the API with whether they still are; ``None`` when it gave none.
        last_modified: The same by time, as the API wrote it.
    """

    records: list[dict[str, Any]]
    fetched_at: dt.datetime
    etag: str | None = None
    last_modified: str | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask only for what is new."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


class Cache:
    """The file of one API address.

    Args:
        base_url: The address: what one server says of models is not true of another.
        place: Folder, file ending in ``.json``, or ``"off"``. Default: the environment variable
            ``OPENROUTER_CATALOG_CACHE``, else the user's cache folder of the operating system.
    """

    __slots__ = ("_base_url", "_is_told", "path")

    def __init__(self, base_url: str, place: str | os.PathLike[str] | None = None) -> None:
        self._base_url = base_url
        self._is_told = False
        self.path = _path(base_url, place if place is not None else os.environ.get(VARIABLE, ""))

    def read(self) -> Stored | None:
        """Give what is stored; ``None`` when there is nothing, or nothing that can be used."""
        if self.path is None:
            return None
        try:
            content = _opened(self.path.read_bytes())
            fetched_at = dt.datetime.fromisoformat(content["fetched_at"])
            records = [record for record in content["data"] if isinstance(record["id"], str) and record["id"]]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            if not self._is_told:  # a load reads it twice
                _log.warning("The catalog's cache %s cannot be read and is passed over: %r", self.path, error)
            self._is_told = True
            return None
        # A file that the user names may have been filled from another address.
        if not records or fetched_at.tzinfo is None or content.get("base_url") != shown(self._base_url):
            return None
        return Stored(records, fetched_at, _mark(content.get("etag")), _mark(content.get("last_modified")))

    def write(self, stored: Stored) -> None:
        """Store, so that a reader finds the old file or the new one, never a part."""
        if self.path is None:
            return
        content = {
            "base_url": shown(self._base_url),
            "fetched_at": stored.fetched_at.isoformat(),
            "etag": stored.etag,
            "last_modified": stored.last_modified,
            "data": stored.records,
        }
        try:
            _replace(self.path, _sealed(content))
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("The catalog's cache %s cannot be written: %r", self.path, error)

    @contextlib.contextmanager
    def locked(self, patience: float) -> Iterator[None]:
        """Keep other processes from fetching the same, for as long as the block runs.

        Args:
            patience: Seconds to wait for another process; then the block runs all the same, since a second fetch is
                better than none.
        """
        with contextlib.ExitStack() as stack:
            if self.path is not None:
                from filelock import FileLock  # not needed to read

                try:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    stack.enter_context(FileLock(f"{self.path}.lock", timeout=patience))
                except (OSError, NotImplementedError) as error:
                    _log.info("Fetching the catalog without the lock of %s: %r", self.path, error)
            yield


def _path(base_url: str, place: str | os.PathLike[str]) -> Path | None:
    if str(place).casefold() in _OFF:
        return None
    if str(place).endswith(".json"):
        return Path(os.path.expanduser(place))  # noqa: PTH111  # leaves alone what `Path.expanduser` raises for
    if place:
        folder = Path(os.path.expanduser(place))  # noqa: PTH111
    else:
        from platformdirs import user_cache_path  # not needed where a place is named

        folder = user_cache_path("langchain-openrouter", appauthor=False)
    return folder / _file_name(base_url)


def _file_name(base_url: str) -> str:
    if base_url == BASE_URL:
        return "models.json"
    return f"models-{hashlib.sha256(base_url.encode(errors='replace')).hexdigest()[:12]}.json"


def _sealed(content: dict[str, Any]) -> bytes:
    """Write JSON that begins with a digest of what follows it: wrong facts must not be renewed by their tag."""
    rest = json.dumps(content, separators=(",", ":"))[1:].encode()
    return _head(rest) + rest


def _opened(written: bytes) -> Any:
    """Read what `_sealed` has written.

    Raises:
        ValueError: It has changed since.
    """
    length = len(_head(b""))
    if written[:length] != _head(written[length:]):
        raise ValueError("its digest does not fit")
    return json.loads(written)


def _head(rest: bytes) -> bytes:
    return f'{{"sha256":"{hashlib.sha256(rest).hexdigest()}",'.encode()


def _mark(value: object) -> str | None:
    """Read a tag or a time; one that no header can carry would keep the file from ever being fetched again."""
    mark = text(value)
    return mark if mark and re.fullmatch("[!-~]+( +[!-~]+)*", mark) else None


def shown(base_url: str) -> str:
    """Write a URL without the name and the password that may stand before its host."""
    return base_url.rpartition("@")[2]


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)  # noqa: PTH105  # says what is meant: atomic on every system
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise
