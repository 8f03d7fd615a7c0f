from __future__ import annotations

import datetime as dt
import gzip
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from langchain_openrouter.catalog import snapshot

SCRIPT = Path(__file__).parents[2] / "scripts" / "build_snapshot.py"


def run_script(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the generator as a maintainer does."""
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    """A small ``GET /models`` answer with prose, links and a key that nobody knows yet."""
    record = {
        "id": "author/name",
        "description": "Prose. " * 100,
        "links": {"details": "/api/v1/models/author/name/endpoints"},
        "pricing": {"prompt": "0.000001", "discount": 0.25},
        "new_fact": None,
    }
    path = tmp_path / "models.json"
    path.write_text(json.dumps({"data": [record], "total_count": 1}))
    return path


def test_every_record_has_what_a_model_must_have() -> None:
    """The snapshot maps each id to its own record, with price, window and architecture."""
    models = snapshot.load()

    assert len(models) == 413
    for model_id, record in models.items():
        assert record["id"] == model_id
        assert record["context_length"] > 0
        assert {"prompt", "completion"} <= record["pricing"].keys()
        assert record["architecture"]["input_modalities"]


def test_facts_only() -> None:
    """No description and no link is in the package."""
    assert not any({"description", "links"} & record.keys() for record in snapshot.load().values())


def test_date() -> None:
    """The snapshot knows the day of the answer that it holds."""
    assert snapshot.date() == dt.date(2026, 8, 15)


def test_loaded_once() -> None:
    """A second load gives the same object, so a lookup costs no reading."""
    assert snapshot.load() is snapshot.load()


def test_nothing_lost(shared: Path) -> None:
    """Every key but the prose and the links arrives with its value, and the order stays."""
    records = json.loads((shared / "models.json").read_bytes())["data"]
    for record in records:
        del record["description"], record["links"]

    assert list(snapshot.load().values()) == records


def test_file_and_script_agree() -> None:
    """The bundled file is what the script makes of it; an edit of one alone fails here."""
    result = run_script("--check")

    assert result.returncode == 0, result.stderr


def test_check_fails_on_another_answer(answer: Path) -> None:
    """``--check`` with an answer that the file was not made of fails and names the remedy."""
    result = run_script(answer, "--check")

    assert result.returncode == 1
    assert "build it again with scripts/build_snapshot.py" in result.stderr


def test_build_keeps_facts_and_is_reproducible(answer: Path, tmp_path: Path) -> None:
    """Equal answers of one day give equal bytes, without prose and with every other key."""
    files = [tmp_path / "first.gz", tmp_path / "second.gz"]
    for file in files:
        result = run_script(answer, "--date", "2026-01-02", "--output", file)
        assert result.returncode == 0, result.stderr

    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(gzip.decompress(files[0].read_bytes())) == {
        "data": [
            {
                "id": "author/name",
                "new_fact": None,
                "pricing": {"discount": 0.25, "prompt": "0.000001"},
            }
        ],
        "date": "2026-01-02",
    }


def test_prose_under_a_new_key_is_refused(tmp_path: Path) -> None:
    """A long text under a key that the script does not know stops the build."""
    answer = tmp_path / "models.json"
    answer.write_text(json.dumps({"data": [{"id": "a/b", "summary": {"en": "Prose. " * 100}}]}))

    result = run_script(answer, "--output", tmp_path / "out.gz")

    assert result.returncode == 1
    assert "looks like prose" in result.stderr
    assert not (tmp_path / "out.gz").exists()


def test_small() -> None:
    """The snapshot adds less than 100 kB to the package."""
    packed = resources.files("langchain_openrouter.catalog").joinpath("snapshot.json.gz")

    assert len(packed.read_bytes()) < 100_000
