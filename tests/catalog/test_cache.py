"""The file of the cache: where it lies, what it holds, what it survives, and who may read it meanwhile."""

from __future__ import annotations

import datetime as dt
import errno
import json
import logging
import os
import random
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.catalog import Catalog
from langchain_openrouter.catalog.cache import VARIABLE, Cache, Stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.emulator import Emulator

URL = "https://openrouter.ai/api/v1"
OTHER_URL = "https://proxy.example/v1"
LONG_AGO = dt.datetime(2026, 9, 1, 12, 30, 15, 123456, dt.UTC)
"""After the day of the bundled snapshot, so that the file is preferred to it."""

STORED = Stored([{"id": "kept/one", "name": "Größe"}, {"id": "kept/two"}], LONG_AGO, '"tag"')

TEXT = st.text(st.characters(exclude_categories=()), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """Give a cache with two models in it."""
    cache = Cache(URL, tmp_path)
    cache.write(STORED)
    return cache


def path_of(cache: Cache) -> Path:
    """Give the file of a cache that is not off."""
    assert cache.path is not None
    return cache.path


def ids(catalog: Catalog) -> list[str]:
    """Name the models of a catalog, each built."""
    return [model.id for model in catalog]


class TestPlace:
    def test_folder(self, tmp_path: Path) -> None:
        """The variable names a folder; an argument goes before it."""
        named = tmp_path / "cache"
        assert Cache(URL).path == named / "models.json"
        assert Cache(URL, tmp_path / "mine").path == tmp_path / "mine" / "models.json"
        assert Cache(URL, str(tmp_path)).path == tmp_path / "models.json"

    def test_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that ends in `.json` is the file itself."""
        monkeypatch.setenv(VARIABLE, str(tmp_path / "mine.json"))
        assert Cache(URL).path == tmp_path / "mine.json"
        assert Cache(URL, tmp_path / "other.json").path == tmp_path / "other.json"

    @pytest.mark.parametrize("off", ["off", "OFF", "Off", "0", "false", "no", "none"])
    def test_off(self, off: str, load: Callable[..., Catalog], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The word, in the variable or as an argument, turns the cache off: nothing is read or written."""
        monkeypatch.setenv(VARIABLE, off)
        monkeypatch.chdir(folder.parent)
        assert load().source == "live"
        assert load().source == "live"
        assert load("cache").source == "snapshot"
        monkeypatch.setenv(VARIABLE, str(folder))
        assert load(cache=off).source == "live"
        assert list(folder.parent.iterdir()) == []

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems keep caches elsewhere")
    @pytest.mark.parametrize("variable", ["", None])
    def test_default(self, variable: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a word of the user, the file is where the system keeps caches."""
        monkeypatch.delenv(VARIABLE)
        if variable is not None:
            monkeypatch.setenv(VARIABLE, variable)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert Cache(URL).path == tmp_path / "langchain-openrouter" / "models.json"

    def test_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A tilde is the user's home, and a home that nobody knows does not break anything."""
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        assert Cache(URL, "~/x").path == tmp_path / "x" / "models.json"
        assert len(Catalog.load("cache", cache="~nosuchuser/x")) > 400
        assert len(Catalog.load("cache", cache="~nosuchuser/x.json")) > 400

    def test_one_file_for_each_server(self, folder: Path, openrouter: Emulator) -> None:
        """What one server says is not read as the word of another; a slash at the end makes no other server."""
        mine = Catalog.load(base_url=openrouter.base_url)
        assert Catalog.load("cache", base_url=openrouter.base_url + "/").fetched_at == mine.fetched_at
        assert Catalog.load("cache").source == "snapshot"
        assert Catalog.load("cache", base_url=OTHER_URL).source == "snapshot"
        assert len({Cache(url).path for url in (URL, OTHER_URL, openrouter.base_url)}) == 3

    def test_a_named_file_keeps_to_its_server(self, tmp_path: Path, openrouter: Emulator) -> None:
        """Also where the user names one file for all: it is not read for another server."""
        file = tmp_path / "mine.json"
        assert Catalog.load(base_url=openrouter.base_url, cache=file).source == "live"
        assert Catalog.load("cache", base_url=OTHER_URL, cache=file).source == "snapshot"


class TestContent:
    def test_round_trip(self, cache: Cache) -> None:
        """What was written is read, to the microsecond."""
        assert cache.read() == STORED
        cache.write(Stored([{"id": "a/b"}], LONG_AGO))
        assert cache.read() == Stored([{"id": "a/b"}], LONG_AGO, None)

    @given(record=st.dictionaries(TEXT, JSON, max_size=4))
    def test_any_record(self, record: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
        """Whatever JSON can say comes back, halves of surrogate pairs too."""
        cache = Cache(URL, tmp_path_factory.mktemp("any"))
        stored = Stored([{**record, "id": "a/b"}], LONG_AGO)
        cache.write(stored)
        assert cache.read() == stored

    def test_missing_folders_are_made(self, tmp_path: Path) -> None:
        """A folder that is not there is made, with those above it."""
        cache = Cache(URL, tmp_path / "a" / "b" / "c")
        assert cache.read() is None
        cache.write(STORED)
        assert cache.read() == STORED

    def test_nothing_else_is_left(self, load: Callable[..., Catalog], folder: Path) -> None:
        """Beside the file there is its lock, and nothing more."""
        load()
        load(max_age=0)
        names = {path.name for path in folder.iterdir()}
        (file,) = (name for name in names if name.endswith(".json"))
        assert names <= {file, f"{file}.lock"}


def _file(**changes: Any) -> bytes:
    content = {"base_url": URL, "fetched_at": LONG_AGO.isoformat(), "etag": '"tag"', "data": [{"id": "a/b"}]}
    return json.dumps(content | changes).encode()


def _nested(depth: int) -> bytes:
    return _file(data=[])[:-3] + b"[" * depth + b"]" * depth + b"}"


DAMAGED = {
    "empty": b"",
    "white space": b" \n\n ",
    "zeros": b"\0" * 4096,
    "binary": bytes(range(256)) * 16,
    "noise": random.Random(1).randbytes(5000),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "page": b"<!DOCTYPE html><html></html>",
    "deep": _nested(100_000),
    "null": b"null",
    "number": b"5",
    "long number": b"1" * 10_000,
    "text": b'"models"',
    "list": b"[]",
    "answer": b'{"data":[{"id":"a/b"}]}',
    "no data": _file().replace(b'"data"', b'"date"'),
    "data null": _file(data=None),
    "data text": _file(data="a/b"),
    "data number": _file(data=5),
    "data object": _file(data={"id": "a/b"}),
    "data empty": _file(data=[]),
    "data of others": _file(data=[5, None, "a/b", []]),
    "no id": _file(data=[{"id": "a/b"}, {}]),
    "id number": _file(data=[{"id": 5}]),
    "id empty": _file(data=[{"id": ""}]),
    "time null": _file(fetched_at=None),
    "time number": _file(fetched_at=1_700_000_000),
    "time object": _file(fetched_at={}),
    "time word": _file(fetched_at="yesterday"),
    "time without zone": _file(fetched_at="2026-09-01T00:00:00"),
}


class TestDamage:
    @pytest.mark.parametrize("damage", DAMAGED)
    def test_damaged(self, damage: str, load: Callable[..., Catalog], openrouter: Emulator) -> None:
        """A file that is not what we wrote is as good as none: passed over offline, replaced when fetched."""
        path = path_of(Cache(openrouter.base_url))
        path.parent.mkdir()
        path.write_bytes(DAMAGED[damage].replace(URL.encode(), openrouter.base_url.encode()))
        assert load("cache").source == "snapshot"
        assert (load().source, load().source) == ("live", "cache")
        assert ids(load("cache")) == ["live/one", "live/two"]

    @pytest.mark.parametrize(
        "stored",
        [
            Stored([], LONG_AGO),
            Stored([{"id": ""}], LONG_AGO),
            Stored([{"id": 5}], LONG_AGO),
            Stored([{"id": "a/b"}, {}], LONG_AGO),
            Stored([None], LONG_AGO),  # type: ignore[list-item]
            Stored([{"id": "a/b"}], LONG_AGO.replace(tzinfo=None)),
        ],
    )
    def test_written_by_another_version(self, stored: Stored, cache: Cache) -> None:
        """A file that is whole, but has not what it should have, is as good as none."""
        cache.write(stored)
        assert cache.read() is None

    def test_cut_at_every_byte(self, cache: Cache) -> None:
        """A file that ends anywhere before its end is as good as none."""
        path = path_of(cache)
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            assert cache.read() is None
            assert Catalog.load("cache", base_url=URL, cache=path.parent).source == "snapshot"
        path.write_bytes(whole)
        assert ids(Catalog.load("cache", base_url=URL, cache=path.parent)) == ["kept/one", "kept/two"]

    @given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=4))
    def test_flipped(self, flips: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory) -> None:
        """Wrong bits anywhere leave a catalog that is not empty, and every model in it can be built."""
        cache = Cache(URL, tmp_path_factory.mktemp("flipped"))
        cache.write(STORED)
        content = bytearray(path_of(cache).read_bytes())
        for position, bits in flips:
            content[position % len(content)] ^= bits
        path_of(cache).write_bytes(content)
        catalog = Catalog.load("cache", base_url=URL, cache=path_of(cache))
        assert all(ids(catalog))
        assert len(catalog) in {1, 2} or catalog.source == "snapshot"

    @pytest.mark.parametrize(
        "tag", ['"a\nb"', '"a\r\nX-Evil: 1"', '"é"', "\ud800", "\0", " ", "", '"a" ', '"\u2028"', 5, [], {}]
    )
    def test_damaged_tag(self, tag: Any, load: Callable[..., Catalog], openrouter: Emulator) -> None:
        """A tag that no header can carry is not sent, so that it cannot keep the file from being renewed."""
        path = path_of(Cache(openrouter.base_url))
        path.parent.mkdir()
        path.write_bytes(_file(etag=tag, base_url=openrouter.base_url))
        assert load().source == "live"
        assert ids(load("cache")) == ["live/one", "live/two"]
        assert len(openrouter.requests) == 1

    @pytest.mark.parametrize("tag", ['"a\nb"', '"é"', "\ud800", " ", "", '"a" ', ' "a"', "\x7f"])
    def test_stored_tag(self, tag: str, cache: Cache) -> None:
        """A tag that no header can carry is no tag; the models are kept."""
        cache.write(Stored(STORED.records, LONG_AGO, tag))
        assert cache.read() == Stored(STORED.records, LONG_AGO, None)

    def test_a_wrong_value_is_not_renewed(self, load: Callable[..., Catalog], openrouter: Emulator) -> None:
        """A file whose JSON is whole but not what was written is not taken for what its tag stands for."""
        load()
        path = path_of(Cache(openrouter.base_url))
        path.write_bytes(path.read_bytes().replace(b"live/one", b"live/0ne"))
        assert ids(load(max_age=0)) == ["live/one", "live/two"]

    def test_one_warning(
        self, load: Callable[..., Catalog], openrouter: Emulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A load says once that the file cannot be read, and names it."""
        path = path_of(Cache(openrouter.base_url))
        path.parent.mkdir()
        path.write_bytes(b"{")
        load()
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert str(path) in caplog.text


def _blocked(name: str, tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_text("no folder")
    (tmp_path / "taken" / "models.json").mkdir(parents=True)
    places = {"a file": file, "below a file": file / "x", "no file system": Path("/proc/none")}
    return places.get(name, tmp_path / "taken" / "models.json")


class TestNoPlace:
    """Not by permissions, since these tests may run as root, who may write anywhere."""

    @pytest.mark.parametrize("name", ["a file", "below a file", "no file system", "a folder as file"])
    def test_cannot_be_written(self, name: str, load: Callable[..., Catalog], tmp_path: Path) -> None:
        """Where nothing can be stored, the catalog is fetched each time, and offline there is the snapshot."""
        if name == "no file system" and not Path("/proc").is_dir():
            pytest.skip("no /proc here")
        place = _blocked(name, tmp_path)
        assert (load(cache=place).source, load(cache=place).source) == ("live", "live")
        assert load("cache", cache=place).source == "snapshot"
        assert (tmp_path / "file").read_text() == "no folder"

    def test_a_folder_without_permissions(self, load: Callable[..., Catalog], folder: Path) -> None:
        """A folder that may only be read costs the cache; who is root may write it all the same."""
        folder.mkdir()
        folder.chmod(0o500)
        sources = load().source, load().source
        folder.chmod(0o700)
        assert sources == ("live", "cache" if os.geteuid() == 0 else "live")

    @pytest.mark.parametrize("step", ["replace", "fdopen"])
    @pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
    def test_a_write_that_fails(
        self,
        step: str,
        code: int,
        cache: Cache,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A disk that is full or read-only leaves the old file, no rest of the new one, and one warning."""

        def fail(handle: Any, *_: object) -> None:
            if isinstance(handle, int):
                os.close(handle)
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as system:
            system.setattr(os, step, fail)
            cache.write(Stored([{"id": "new/one"}], LONG_AGO))
        assert cache.read() == STORED
        assert list(path_of(cache).parent.glob("*models*")) + list(path_of(cache).parent.glob(".*")) == [cache.path]
        assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_reader_never_sees_a_part(cache: Cache) -> None:
    """While two writers replace the file again and again, a reader finds one of the versions, whole."""
    versions = [Stored([{"id": f"v{number}/{i}"} for i in range(200)], LONG_AGO, f'"{number}"') for number in range(2)]
    cache.write(versions[0])
    ends = threading.Event()

    def write(stored: Stored) -> None:
        while not ends.is_set():
            cache.write(stored)

    writers = [threading.Thread(target=write, args=(stored,)) for stored in versions]
    for writer in writers:
        writer.start()
    seen = [cache.read() for _ in range(300)]
    ends.set()
    for writer in writers:
        writer.join()
    assert all(stored in versions for stored in seen)
    assert list(path_of(cache).parent.iterdir()) == [cache.path]
