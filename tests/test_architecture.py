"""The house rules of docs/architecture.md, read from that page and from the imports."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = "langchain_openrouter"
FILES = sorted((ROOT / PACKAGE).rglob("*.py"))
PACKAGES = sorted(file.parent for file in FILES if file.name == "__init__.py")
LONGEST_FILE = 400
"""Lines."""

EVERYTHING = frozenset({"*"})
DOORS = {
    "__init__": EVERYTHING,
    "_distribution": frozenset[str](),
    "_guard": frozenset[str](),
    "_service": frozenset[str](),
    "_version": frozenset[str](),
    "data": frozenset({"catalog"}),
    "demo": EVERYTHING,
}
"""Files that are no rooms, with the rooms they may import: they hold a name where others look for it."""

OPEN_TO_ALL = frozenset({"_guard", "_service", "_version"})


def rooms_of_the_page() -> dict[str, frozenset[str]]:
    """Read the table: which room may import which."""
    rooms: dict[str, frozenset[str]] = {}
    page = (ROOT / "docs" / "architecture.md").read_text()
    for names, allowed in re.findall(r"^\| (`.*?) \|.*\| (.*?) \|$", page, flags=re.MULTILINE):
        above = frozenset(rooms) if "all of the above" in allowed else frozenset[str]()
        for name in _names_in(names):
            rooms[name] = above | _names_in(allowed)
    return rooms


def _names_in(cell: str) -> frozenset[str]:
    quoted = re.findall(r"`([^`]+)`", cell)
    return frozenset(name.removesuffix("/").removesuffix(".py") for name in quoted)


def room_of(file: Path) -> str:
    """Return the first part of a file's path inside the package."""
    return file.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")


def imports_of(file: Path, *, everywhere: bool = True) -> Iterator[str]:
    """Yield the dotted names that a file imports; those of functions and `TYPE_CHECKING` too.

    Args:
        file: The file to read.
        everywhere: Whether imports inside functions and conditions count.
    """
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, file)
            # `from package import name` may import a module of that name.
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _absolute(node: ast.ImportFrom, file: Path) -> str:
    if not node.level:
        return node.module or ""
    package = file.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *filter(None, [node.module])])


def rooms_imported_by(file: Path) -> frozenset[str]:
    """Return the rooms of this package that a file imports."""
    names = [name.split(".") for name in imports_of(file)]
    own = [name[1] for name in names if name[0] == PACKAGE and len(name) > 1]
    known = {room_of(each) for each in FILES}
    # A name that is no room comes from the package itself, which is on top of all.
    return frozenset(room if room in known else "__init__" for room in own)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_down(file: Path) -> None:
    """A file imports its own room and those that docs/architecture.md allows it, no other."""
    room = room_of(file)
    allowed = (rooms_of_the_page() | DOORS).get(room)

    assert allowed is not None, f"docs/architecture.md has no row for `{room}`"
    if allowed is not EVERYTHING:
        assert rooms_imported_by(file) - {room} - OPEN_TO_ALL <= allowed


def test_the_page_has_rooms() -> None:
    """The table is found and read, so that the test above compares with something."""
    rooms = rooms_of_the_page()

    assert rooms["options"] == frozenset()
    assert rooms["wire"] == {"errors", "options"}
    assert rooms["emulator"] == {"catalog"}
    assert {"errors", "options", "catalog", "wire", "http"} <= rooms["chat_models"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_fits_its_reader(file: Path) -> None:
    """No file is longer than 400 lines."""
    assert len(file.read_text().splitlines()) <= LONGEST_FILE


def foreign_imports(room: str, *, everywhere: bool) -> set[str]:
    """Return the top-level names that a room imports from elsewhere."""
    return {
        name.partition(".")[0]
        for file in FILES
        if room_of(file) == room
        for name in imports_of(file, everywhere=everywhere)
    } - {PACKAGE}


def test_http_knows_no_langchain() -> None:
    """`http` could carry any traffic: it imports no LangChain package, not even for types."""
    imported = foreign_imports("http", everywhere=True)

    assert not {name for name in imported if name.startswith("lang")}


def test_options_need_nothing() -> None:
    """The types of the options cost no import but that of `typing_extensions`."""
    imported = foreign_imports("options", everywhere=True)

    assert imported <= {"__future__", "typing", "typing_extensions"}


def test_one_file_chooses_the_http_library() -> None:
    """Only `http/backend.py` imports httpx or httpx2; the emulator is no client."""
    importers = {
        str(file.relative_to(ROOT / PACKAGE))
        for file in FILES
        if room_of(file) not in {"demo", "emulator"}
        for name in imports_of(file)
        if name.partition(".")[0] in {"httpx", "httpx2"}
    }

    assert importers <= {"http/backend.py"}


def test_slow_packages_wait_until_needed() -> None:
    """No module imports openai or langchain_openai when it is imported itself (0.5 s)."""
    for file in FILES:
        names = {name.partition(".")[0] for name in imports_of(file, everywhere=False)}
        assert names.isdisjoint({"openai", "langchain_openai"}), file


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_public_names(folder: Path) -> None:
    """`__all__` of a package names what it defines or takes from its modules, once each, in order."""
    module = importlib.import_module(".".join(folder.relative_to(ROOT).parts))
    # A package of internal modules may offer no name.
    listed: list[str] = getattr(module, "__all__", [])

    assert listed == sorted(listed, key=_constants_classes_others)
    assert len(listed) == len(set(listed))
    assert set(_names_bound_in(folder / "__init__.py")) <= set(listed)
    for name in listed:
        assert getattr(module, name) is not None


def _constants_classes_others(name: str) -> tuple[int, str]:
    """Order names as ruff does (RUF022)."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1 if name[0].isupper() else 2), name


def _names_bound_in(init: Path) -> Iterator[str]:
    for node in ast.parse(init.read_bytes()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            names = [alias.asname or alias.name for alias in node.names]
        else:
            continue
        private = re.compile(r"_[^_]|__getattr__|__dir__|\*")
        yield from (name for name in names if not private.match(name) and name not in _DOOR_NAMES)


_DOOR_NAMES = {"warn_of_official_distribution"}
"""Imported by the package to be called, not to be offered."""


def test_errors_are_public() -> None:
    """Every error class can be imported from the package itself."""
    package = importlib.import_module(PACKAGE)
    tree, catalog = (importlib.import_module(f"{PACKAGE}.errors.{name}") for name in ("tree", "catalog"))
    classes = {name: value for name in package.__all__ if isinstance(value := getattr(package, name), type)}

    errors = {name for name, value in classes.items() if issubclass(value, package.OpenRouterError)}
    assert errors == {*tree.__all__, *catalog.__all__}


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The lazy look-up refuses what is not public, so `hasattr` and typing mistakes behave."""
    package = importlib.import_module(PACKAGE)

    with pytest.raises(AttributeError, match="'ChatOpenRooter'"):
        _ = package.ChatOpenRooter
    assert set(package.__all__) <= set(dir(package))


REPORT = """
import sys
{before}
opened = []
sys.addaudithook(lambda event, _: event.startswith("socket.") and opened.append(event))
{statement}
print(*opened)
print(*sorted({{"httpx", "httpx2", "langchain_openai", "openai", "langchain_core"}} & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("before", "statement", "unwanted"),
    [
        (
            "",
            "import langchain_openrouter",
            {"httpx", "httpx2", "langchain_core", "langchain_openai", "openai"},
        ),
        (
            # It brings urllib3, which binds a socket to learn whether this machine has IPv6.
            "import langchain_core.language_models.chat_models",
            "from langchain_openrouter import ChatOpenRouter",
            {"langchain_openai", "openai"},
        ),
        ("", "import langchain_openrouter.emulator", {"langchain_openai", "openai"}),
    ],
)
def test_importing_is_quiet(before: str, statement: str, unwanted: set[str]) -> None:
    """Importing opens no socket, looks up no host, prints nothing and loads no slow package."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", REPORT.format(before=before, statement=statement)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    sockets, modules = result.stdout.splitlines()
    assert sockets == ""
    assert unwanted.isdisjoint(modules.split())
