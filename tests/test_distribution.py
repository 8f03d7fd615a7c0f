"""The warning that the official distribution is installed beside ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def import_beside(*folders: Path, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Import the package in an interpreter that finds distributions in these folders too."""
    path = os.pathsep.join(map(str, [*folders, ROOT]))
    return subprocess.run(
        [sys.executable, *options, "-c", "import langchain_openrouter"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def install(folder: Path, name: str, version: str) -> None:
    """Put the metadata of a distribution there, without its files."""
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")


def test_both_installed(tmp_path: Path) -> None:
    """Beside the official distribution, importing warns once and names the commands of the repair."""
    install(tmp_path, "langchain-openrouter", "0.2.9")

    result = import_beside(tmp_path)

    assert result.returncode == 0
    assert result.stderr.count("UserWarning") == 1
    assert "`langchain-openrouter` 0.2.9 and `langchain-openrouter-plus`" in result.stderr
    assert "`pip uninstall -y langchain-openrouter`" in result.stderr
    assert "`pip install --force-reinstall --no-deps langchain-openrouter-plus`" in result.stderr


def test_a_program_can_make_it_an_error(tmp_path: Path) -> None:
    """It is an ordinary `UserWarning`, so the usual filters work."""
    install(tmp_path, "langchain-openrouter", "0.2.9")

    assert import_beside(tmp_path, options=("-W", "error::UserWarning")).returncode == 1
    assert import_beside(tmp_path, options=("-W", "ignore::UserWarning")).stderr == ""


def test_ours_alone(tmp_path: Path) -> None:
    """Our own distribution, or one whose name only begins alike, is no reason to warn."""
    install(tmp_path, "langchain-openrouter-plus", "0.1.0")
    install(tmp_path, "langchain-openrouter-extras", "1.0.0")

    result = import_beside(tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
