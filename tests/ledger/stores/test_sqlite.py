"""What may happen to a file: processes that race, forks, full disks, strangers' files, other versions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from langchain_openrouter.errors import LedgerUnavailableError
from langchain_openrouter.ledger.stores import sqlite
from langchain_openrouter.ledger.stores.sqlite import SQLiteStore
from langchain_openrouter.ledger.stores.store import Balance, Claim, Entry, Hold
from tests.helpers.forking import forked, forked_while_busy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLAIM = Claim("day", 10**12, "day")
HOUR = 3_600_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the path of a ledger, in folders that are not there yet."""
    return tmp_path / "some" / "folder" / "ledger.db"


@pytest.fixture
def store(file: Path) -> Iterator[SQLiteStore]:
    """Give a store that has waited long enough after a tenth of a second."""
    with contextlib.closing(SQLiteStore(file, timeout=0.1)) as store:
        yield store


def spend(store: SQLiteStore, call: str = "a") -> None:
    """Make a call that costs 7."""
    assert store.reserve(Hold(call, 10, HOUR, None), [CLAIM], None) is None
    store.settle(Entry(call, 7, 1, None, False, "{}"), [CLAIM.counter], [CLAIM])


def spent(store: SQLiteStore) -> Balance:
    """Read the counter."""
    return store.balances([CLAIM.counter], None)[CLAIM.counter]


def test_folder_is_made(store: SQLiteStore, file: Path) -> None:
    """The file and its folders come into being with the first use, not before."""
    assert not file.parent.exists()
    spend(store)
    assert file.exists()


def _spend_in_a_process(file: Path, name: str, start: str) -> None:
    while not os.path.exists(start):  # noqa: PTH110
        time.sleep(0.001)
    store = SQLiteStore(file)
    for number in range(50):
        spend(store, f"{name}-{number}")
    store.close()


_PROCESS = """
import sys
from pathlib import Path
from tests.ledger.stores.test_sqlite import _spend_in_a_process
print(flush=True)
_spend_in_a_process(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
"""


def test_processes_race(file: Path, tmp_path: Path) -> None:
    """Eight processes that begin with a new file at once make its tables once, and lose nothing."""
    start = tmp_path / "start"
    command = [sys.executable, "-c", _PROCESS, str(file)]
    processes = [
        subprocess.Popen([*command, str(number), str(start)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for number in range(8)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    start.touch()
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert errors == [b""] * 8
    with contextlib.closing(SQLiteStore(file)) as store:
        assert spent(store) == Balance(8 * 50 * 7, 0, 8 * 50 * 7)
        assert len(list(store.entries())) == 400


class TestFailures:
    def test_not_a_database(self, store: SQLiteStore, file: Path) -> None:
        """A file of something else is left alone."""
        file.parent.mkdir(parents=True)
        file.write_bytes(b"my notes, which are no database" * 100)

        with pytest.raises(store.failures, match="not a database"):
            spend(store)
        assert file.read_bytes().startswith(b"my notes")

    def test_a_file_in_place_of_the_folder(self, store: SQLiteStore, file: Path) -> None:
        """A folder that cannot be made is a failure of the store."""
        file.parent.parent.write_text("I am a file")

        with pytest.raises(store.failures):
            spend(store)

    def test_read_only(self, store: SQLiteStore, file: Path) -> None:
        """A file that cannot be written is a failure; when it can again, all goes on."""
        spend(store)
        assert store._connection is not None
        store._connection.execute("PRAGMA query_only = 1")

        with pytest.raises(store.failures, match="readonly"):
            spend(store, "b")
        assert spent(store) == Balance(7, 0, 7)

    def test_full(self, store: SQLiteStore) -> None:
        """A disk that is full is a failure, and the step has not happened; with room again, all goes on."""
        spend(store)
        assert store._connection is not None
        store._connection.execute("PRAGMA max_page_count = 1")

        long = Entry("long", 5, 1, None, False, "x" * 100_000)
        with pytest.raises(store.failures, match="full"):
            store.settle(long, [], [CLAIM])
        assert spent(store) == Balance(7, 0, 7)
        assert store.settle(long, [], [CLAIM]).outcome == "booked"

    def test_full_disk(self, tmp_path: Path) -> None:
        """On a disk that is really full it is the same."""
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip("no right to mount a small disk")
        store = SQLiteStore(disk / "ledger.db", timeout=0.1)
        try:
            spend(store)
            filler = disk / "filler"
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 512)
            with pytest.raises(store.failures):
                store.settle(Entry("long", 0, 1, None, False, "x" * 200_000), [], [CLAIM])
            filler.unlink()
            spend(store, "again")
            assert spent(store) == Balance(14, 0, 14)
        finally:
            store.close()
            subprocess.run(["umount", str(disk)], check=True)  # noqa: S607

    def test_locked(self, store: SQLiteStore, file: Path) -> None:
        """Another process that does not let go is a failure after the time-out; then all goes on."""
        spend(store)
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(store.failures, match="locked"):
                spend(store, "b")
            assert store.limit("day") is None  # reading goes on
        spend(store, "b")
        assert spent(store) == Balance(14, 0, 14)

    def test_locked_threads(self, store: SQLiteStore, file: Path) -> None:
        """Threads do not wait one after the other: all have failed after the time-out."""
        spend(store)
        failed = []

        def fail(name: str) -> None:
            with contextlib.suppress(*store.failures):
                spend(store, name)
                return
            failed.append(name)

        threads = [threading.Thread(target=fail, args=(f"{number}",)) for number in range(20)]
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            begin = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(failed) == 20
        assert time.monotonic() - begin < 20 * 0.1

    def test_removed(self, store: SQLiteStore, file: Path) -> None:
        """A file that was removed while it was in use is made anew, so that all processes use the same one."""
        spend(store)
        for path in list(file.parent.iterdir()):
            path.unlink()

        spend(store, "b")
        with contextlib.closing(SQLiteStore(file)) as other:
            assert spent(other) == spent(store) == Balance(7, 0, 7)


class TestVersions:
    def test_newer(self, store: SQLiteStore, file: Path) -> None:
        """Tables of a newer version are left alone, and the error says what to do."""
        spend(store)
        with contextlib.closing(sqlite3.connect(file)) as other:
            other.execute("PRAGMA user_version = 99")

        with contextlib.closing(SQLiteStore(file)) as late, pytest.raises(LedgerUnavailableError, match="version 99"):
            spend(late)

    def test_older(self, store: SQLiteStore, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A script that a newer version adds is run once, and what was in the file stays."""
        spend(store)
        added = "ALTER TABLE calls ADD COLUMN added TEXT DEFAULT 'new'; CREATE TABLE other (key TEXT)"
        monkeypatch.setattr(sqlite, "MIGRATIONS", (*sqlite.MIGRATIONS, added))

        for call in ("b", "c"):
            with contextlib.closing(SQLiteStore(file)) as newer:
                spend(newer, call)
        with contextlib.closing(sqlite3.connect(file)) as other:
            assert other.execute("SELECT id, added FROM calls ORDER BY id").fetchall() == [
                ("a", "new"), ("b", "new"), ("c", "new"),
            ]  # fmt: skip
            assert other.execute("PRAGMA user_version").fetchone() == (2,)

    def test_broken_script(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A script that fails half way leaves nothing behind."""
        monkeypatch.setattr(sqlite, "MIGRATIONS", ("CREATE TABLE one (key); CREATE TABLE one (key)",))

        with contextlib.closing(SQLiteStore(file)) as store, pytest.raises(store.failures, match="already exists"):
            spend(store)
        with contextlib.closing(sqlite3.connect(file)) as other:
            assert other.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
class TestFork:
    def test_in_the_middle_of_a_step(self, store: SQLiteStore) -> None:
        """A process that is forked while a thread has the lock does not wait for that thread for ever."""
        spend(store)
        is_held, may_go = threading.Event(), threading.Event()

        def keep() -> None:
            with store._lock:
                is_held.set()
                may_go.wait(30)

        thread = threading.Thread(target=keep)
        thread.start()
        is_held.wait(30)
        child = forked(spend, store, "child")
        may_go.set()
        thread.join()

        assert child == 0
        assert spent(store) == Balance(14, 0, 14)

    def test_busy(self, file: Path) -> None:
        """Forks in a program whose threads use the ledger all the time."""
        store = SQLiteStore(file)
        children = forked_while_busy(spend, store, threads=4, children=8)

        calls = len(list(store.entries()))
        assert children == [0] * 8
        assert spent(store) == Balance(7 * calls, 0, 7 * calls)
        store.close()
