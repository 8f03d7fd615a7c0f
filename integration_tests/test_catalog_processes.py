"""Catalogs of several processes at once, of killed processes, and what a program opens and leaves behind."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from integration_tests.support import wait_until
from langchain_openrouter import OpenRouterError
from langchain_openrouter.catalog import Catalog
from langchain_openrouter.catalog.cache import Cache
from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-or-v1-0123456789abcdef"
OPEN_FILES = Path("/proc/self/fd")

LOAD = """
import sys, json
from langchain_openrouter.catalog import Catalog
from langchain_openrouter.http import client
print("ready", flush=True)
sys.stdin.readline()
catalog = Catalog.load(sys.argv[1])
print(json.dumps([catalog.source, str(catalog.fetched_at), len(catalog)]))
"""

WRITE = """
import sys, itertools, datetime as dt
from langchain_openrouter.catalog.cache import Cache, Stored
cache, now = Cache(sys.argv[1], sys.argv[2]), dt.datetime.now(dt.UTC)
for number in itertools.count():
    cache.write(Stored([{"id": f"v{number}/{i}"} for i in range(3000)], now, f'"{number}"'))
    if number == 0:
        print("writing", flush=True)
"""

HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1] + ".lock"):
    print("held", flush=True)
    sys.stdin.read()
"""

QUIET = """
import sys
opened = []
network = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}
sys.addaudithook(lambda event, _: event in network and opened.append(event))
import langchain_openrouter
from langchain_openrouter import Catalog, ChatOpenRouter
from langchain_openrouter.catalog import current
model = ChatOpenRouter(model="openai/gpt-4o")
assert model.profile["max_input_tokens"] == 128000
assert Catalog.load("snapshot").source == Catalog.load("cache").source == current().source == "snapshot"
assert [each.id for each in Catalog.load("cache").search("gpt-4o", limit=1)]
print(opened)
"""

LEAK = """
import asyncio
from langchain_openrouter import Catalog, OpenRouterError
catalog = Catalog.load()
catalog.endpoints("a/b")
Catalog.load(max_age=0)
async def main():
    await Catalog.aload(max_age=0)
    await catalog.aendpoints("c/d")
asyncio.run(main())
try:
    Catalog.load("live", base_url="http://127.0.0.1:1/api/v1")
except OpenRouterError:
    print("done")
"""


@pytest.fixture
def openrouter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve two models to programs that go by the environment, with a cache of this test."""
    with Emulator(models=[{"id": "a/b"}, {"id": "c/d"}]) as emulator:
        monkeypatch.setenv("OPENROUTER_API_BASE", emulator.base_url)
        monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
        monkeypatch.setenv("OPENROUTER_CATALOG_CACHE", str(tmp_path / "cache"))
        yield emulator


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program, and wait for its first line."""
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def stop(process: subprocess.Popen[str]) -> None:
    """Kill a program as the system does when memory is short."""
    process.kill()
    process.communicate()


def load_at_once(number: int, source: str) -> list[Any]:
    """Let so many processes load at the same time; give the source, the time and the size that each has."""
    processes: list[subprocess.Popen[str]] = []
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            processes.append(start(LOAD, source))
            stack.callback(stop, processes[-1])
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        results = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for *_, code in results] == [0] * number, results
    return [json.loads(out) for out, *_ in results]


def left_in(folder: Path, url: str) -> None:
    """Hold that a folder has the file of the cache, whole, and its lock at most."""
    path = Cache(url).path
    assert path is not None
    assert json.loads(path.read_bytes())["data"]
    assert {each.name for each in folder.iterdir()} <= {path.name, f"{path.name}.lock"}


class TestAtOnce:
    @pytest.mark.parametrize("number", [2, 8])
    def test_one_asks(self, number: int, openrouter: Emulator, tmp_path: Path) -> None:
        """Of processes that find no fresh cache at the same time, one asks, and all have its answer."""
        openrouter.add_fault(Fault(kind="slow_headers", seconds=0.3, path="/models"))
        results = load_at_once(number, "auto")
        assert len(openrouter.requests) == 1
        assert {source for source, *_ in results} <= {"live", "cache"}
        assert "live" in {source for source, *_ in results}
        assert len({(fetched_at, size) for _, fetched_at, size in results}) == 1
        assert results[0][2] == 2
        left_in(tmp_path / "cache", openrouter.base_url)

    def test_few_ask_for_what_is_live(self, openrouter: Emulator, tmp_path: Path) -> None:
        """Who must have an answer of now takes that of another process, if it was asked for after he came."""
        openrouter.add_fault(Fault(kind="slow_headers", seconds=0.5, path="/models"))
        results = load_at_once(8, "live")
        assert [(source, size) for source, _, size in results] == [("live", 2)] * 8
        assert len({fetched_at for _, fetched_at, _ in results}) == len(openrouter.requests) < 8
        left_in(tmp_path / "cache", openrouter.base_url)

    def test_all_fail(self, openrouter: Emulator) -> None:
        """Where the server fails, every process has the snapshot, none waits long for another."""
        openrouter.add_fault(Fault(kind="status", status=500, retry_after=0.01, path="/models"))
        began = time.monotonic()
        assert [source for source, *_ in load_at_once(4, "auto")] == ["snapshot"] * 4
        assert time.monotonic() - began < 15

    def test_no_cache(self, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a cache each process asks for itself."""
        monkeypatch.setenv("OPENROUTER_CATALOG_CACHE", "off")
        assert [source for source, *_ in load_at_once(2, "auto")] == ["live"] * 2
        assert len(openrouter.requests) == 2


class TestLock:
    @pytest.fixture
    def cache(self, tmp_path: Path) -> Cache:
        """Give the cache of a server."""
        return Cache("https://openrouter.ai/api/v1", tmp_path)

    def test_waits_for_another(self, cache: Cache) -> None:
        """Who comes second runs after the first has gone."""
        order: list[str] = []
        entered = threading.Event()

        def hold() -> None:
            with cache.locked(5):
                entered.set()
                time.sleep(0.1)
                order.append("first")

        holder = threading.Thread(target=hold)
        holder.start()
        assert entered.wait(5)
        with cache.locked(5):
            order.append("second")
        holder.join()
        assert order == ["first", "second"]

    def test_patience_ends(self, cache: Cache) -> None:
        """Who holds the lock for ever is waited for no longer than the patience; the block runs all the same."""
        process = start(HOLD, str(cache.path))
        began = time.monotonic()
        with cache.locked(0.2):
            waited = time.monotonic() - began
        stop(process)
        began = time.monotonic()
        with cache.locked(20):
            after_death = time.monotonic() - began
        assert 0.2 <= waited < 2
        assert after_death < 2

    def test_an_error_inside_lets_go(self, cache: Cache) -> None:
        """What is raised in the block comes out of it, and the lock is free."""
        with pytest.raises(TimeoutError, match="mine"), cache.locked(1):
            raise TimeoutError("mine")
        began = time.monotonic()
        with cache.locked(5):
            assert time.monotonic() - began < 1

    def test_off(self) -> None:
        """Without a file there is nothing to lock."""
        cache = Cache("https://openrouter.ai/api/v1", "off")
        with cache.locked(0), cache.locked(0):
            assert cache.path is None


class TestKilled:
    def test_while_it_asks(self, openrouter: Emulator, tmp_path: Path) -> None:
        """A process that is killed while others wait for it leaves the lock to them at once."""
        openrouter.add_fault(Fault(kind="slow_headers", seconds=None, path="/models", times=1))
        process = start(LOAD, "auto")
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert wait_until(lambda: len(openrouter.requests) == 1, 10)
        stop(process)

        began = time.monotonic()
        assert Catalog.load().source == "live"
        assert time.monotonic() - began < 3
        left_in(tmp_path / "cache", openrouter.base_url)

    def test_while_it_writes(self, openrouter: Emulator, tmp_path: Path) -> None:
        """A process that is killed anywhere in its writing leaves a whole file."""
        cache = Cache(openrouter.base_url)
        for _ in range(5):
            process = start(WRITE, openrouter.base_url, str(tmp_path / "cache"))
            time.sleep(random.uniform(0, 0.03))
            stop(process)
            stored = cache.read()
            assert stored is not None
            assert stored.etag is not None
            version = stored.etag.strip('"')
            assert [each["id"] for each in stored.records] == [f"v{version}/{i}" for i in range(3000)]


class TestQuiet:
    def test_nothing_is_asked(self, openrouter: Emulator) -> None:
        """Importing, making a model, the snapshot and the cache reach for no host and look up none."""
        result = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, timeout=60, check=False)
        assert (result.stdout, result.stderr) == ("[]\n", "")
        assert openrouter.requests == []

    def test_nothing_is_left_open(self, openrouter: Emulator) -> None:
        """A program that loads, asks for endpoints and fails closes all it opened, by Python's own check."""
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", LEAK]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (result.stdout, result.stderr) == ("done\n", "")

    @pytest.mark.skipif(not OPEN_FILES.exists(), reason="open files are counted in /proc, as Linux has it")
    def test_no_connection_is_left(self, openrouter: Emulator) -> None:
        """A catalog holds no connection; a client of one's own stays as it was."""

        def work() -> None:
            openrouter.add_fault(Fault(kind="cut", path="/models", times=2))
            with contextlib.suppress(OpenRouterError):
                Catalog.load("live")
            openrouter.clear_faults()
            Catalog.load(max_age=0).endpoints("a/b")

        def mine() -> int:
            gc.collect()
            found = 0
            for each in OPEN_FILES.iterdir():
                with contextlib.suppress(OSError):
                    found += str(each.readlink()).startswith("socket:")
            return found

        before = mine()
        with httpx.Client() as client:
            catalogs = [Catalog.load(max_age=0, http_client=client) for _ in range(3)]
            for _ in range(3):
                work()
            assert not client.is_closed
            assert [catalog.source for catalog in catalogs] == ["live"] * 3
            assert wait_until(lambda: mine() <= before + 2)  # of the client's own connection, both ends


class TestEnvironment:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("ALL_PROXY", "nonsense://proxy"),
            ("ALL_PROXY", "socks5://127.0.0.1:1"),
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("SSL_CERT_FILE", "/no/such/file"),
        ],
    )
    def test_an_environment_that_allows_no_client(
        self, name: str, value: str, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A proxy or certificates that cannot be used are one more reason to take what is at hand."""
        for variable in os.environ:
            if variable.lower().endswith("_proxy"):
                monkeypatch.delenv(variable)
        monkeypatch.setenv(name, value)
        assert Catalog.load().source == "snapshot"
        with pytest.raises(OpenRouterError):
            Catalog.load("live")
