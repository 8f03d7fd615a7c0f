"""The file of typed uses: that it is checked, and that nothing in it runs."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_mypy_reads_the_file() -> None:
    """It is strict, notices ignores that are not needed, and its files include the tests."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]

    assert settings["strict"] is True
    assert "tests" in settings["files"]
    assert "exclude" not in settings


def test_nothing_in_it_runs() -> None:
    """It holds imports, classes and functions, and no test."""
    tree = ast.parse((ROOT / "tests" / "typed_uses.py").read_text())
    kinds = {type(node) for node in tree.body[1:]}
    names = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]

    assert kinds <= {ast.Import, ast.ImportFrom, ast.If, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef}
    assert not [name for name in names if name.startswith("test")]
