"""From an address to a store."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest

from langchain_openrouter.ledger.stores.memory import MemoryStore
from langchain_openrouter.ledger.stores.opening import VARIABLE, open_store
from langchain_openrouter.ledger.stores.postgres import PostgresStore
from langchain_openrouter.ledger.stores.redis import RedisStore
from langchain_openrouter.ledger.stores.sqlite import SQLiteStore


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the setting of this machine."""
    monkeypatch.delenv(VARIABLE, raising=False)


def path_of(*args: object) -> Path:
    """Give the file of a store of SQLite."""
    store = open_store(*args)  # type: ignore[arg-type]
    assert isinstance(store, SQLiteStore)
    return store.path


@pytest.mark.parametrize("url", ["memory:", "sqlite:///:memory:", "sqlite://"])
def test_memory(url: str) -> None:
    """Each is a ledger of its own."""
    first, second = open_store(url), open_store(url)

    assert isinstance(first, MemoryStore)
    assert first is not second


def test_file(tmp_path: Path) -> None:
    """Three slashes begin a relative path, four an absolute one; a path is a path; `~` is the user's folder."""
    assert path_of("sqlite:///costs/my ledger.db") == Path("costs/my ledger.db")
    assert path_of(f"sqlite:///{tmp_path}/ledger.db") == tmp_path / "ledger.db"
    assert path_of(f"sqlite:////{tmp_path.relative_to('/')}/ledger.db") == tmp_path / "ledger.db"
    assert path_of(tmp_path / "ledger.db") == tmp_path / "ledger.db"
    assert path_of("sqlite:///~/ledger.db") == Path.home() / "ledger.db"


@pytest.mark.parametrize("url", ["postgresql://u:secret@127.0.0.1:1/x", "postgres://u:secret@127.0.0.1:1/x"])
def test_postgres(url: str) -> None:
    """Nothing is connected to yet, and the password is not shown."""
    store = open_store(url, namespace="mine")

    assert isinstance(store, PostgresStore)
    assert "secret" not in repr(store)
    assert "127.0.0.1:1/x" in repr(store)
    assert "mine" in repr(store)


@pytest.mark.parametrize("url", ["redis://:secret@127.0.0.1:1/0", "rediss://u:secret@h", "unix://u:secret@/run/redis"])
def test_redis(url: str) -> None:
    """Nothing is connected to yet, and the password is not shown."""
    store = open_store(url)

    assert isinstance(store, RedisStore)
    assert "secret" not in repr(store)


def test_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address, the variable has it; an argument goes before."""
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/named.db")
    assert path_of() == tmp_path / "named.db"
    assert isinstance(open_store("memory:"), MemoryStore)


@pytest.mark.parametrize("value", [None, ""])
def test_default(value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without both, the ledger is in the user's data folder of this system."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    folder = platformdirs.user_data_path("langchain-openrouter", appauthor=False)
    assert path_of() == folder / "ledger.db"
    assert not folder.exists()


@pytest.mark.parametrize(
    "url",
    ["", "ledger.db", "mysql://u:secret@host/x?password=secret", "sqlite:ledger.db", "sqlite://ledger.db", "memory",
     "sqlite:///ledger.db?password=secret", "//u:secret@host"],
)  # fmt: skip
def test_unknown(url: str) -> None:
    """The error names what there is, and no password."""
    with pytest.raises(ValueError, match=r'"memory:".*"sqlite:///.*"postgresql://.*"redis://') as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:sec%ret@host/x", "postgresql://u:secret@host:port/x?password", "redis://:sec/ret@host",
     "redis://u:secret@host:port", "redis://u:secret@host?unknown=secret", "redis://u:secret@host?db=secret",
     "postgresql://u:secret@host/x?secret=secret", "postgresql://u:se cret@host/x y?a=secret"],
)  # fmt: skip
def test_broken_address(url: str) -> None:
    """An address that cannot be read is told without its password, and without an error that has it in its chain."""
    with pytest.raises(ValueError, match="no address of") as caught:
        open_store(url)
    error: BaseException | None = caught.value
    while error is not None:
        assert "sec" not in str(error)
        assert "ret" not in str(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("namespace", ["", "Team", "a b", "1st", "pg_mine", "a" * 49, "a-b", "{x}", 'x"; DROP', "ä"])
@pytest.mark.parametrize("url", ["postgresql://127.0.0.1/x", "redis://127.0.0.1"])
def test_namespace(namespace: str, url: str) -> None:
    """A name that PostgreSQL would change, or that means something else, is refused."""
    with pytest.raises(ValueError, match="no name of a ledger"):
        open_store(url, namespace=namespace)


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [("postgresql://127.0.0.1/x", "psycopg", "sql"), ("redis://127.0.0.1", "redis", "redis")],
)
def test_missing_package(url: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, the error says how to install it."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ImportError, match=rf'pip install "langchain-openrouter-plus\[{extra}\]"') as caught:
        open_store(url)
    assert caught.value.name == package
