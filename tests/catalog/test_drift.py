"""The maintainer's check of an answer: strict where the catalog is tolerant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from langchain_openrouter.catalog import Catalog, snapshot
from langchain_openrouter.catalog.pricing import RATE_NAMES
from scripts import check_drift

SCRIPT = Path(check_drift.__file__)


def run(path: Path) -> subprocess.CompletedProcess[str]:
    """Run the check as a maintainer does."""
    return subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True, check=False)


def changed(**changes: Any) -> dict[str, Any]:
    """A model of the snapshot, with links, and with other values at dotted paths."""
    record: dict[str, Any] = json.loads(json.dumps(snapshot.load()["openai/gpt-4o"]))
    for path, value in changes.items():
        *parents, key = path.split("__")
        place = record
        for parent in parents:
            place = place[parent]
        place[key] = value
    return record


def test_the_real_list_is_as_expected(shared: Path) -> None:
    """Nothing in the recorded list is news."""
    result = run(shared / "models.json")

    assert (result.returncode, result.stdout) == (0, "413 models, all as the catalog expects them\n")


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"mood": "good"}, "mood", "Extra inputs are not permitted"),
        ({"pricing__per_haiku": "0.1"}, "pricing.per_haiku", "Extra inputs are not permitted"),
        ({"pricing__prompt": "cheap"}, "pricing.prompt", "String should match pattern"),
        ({"pricing__prompt": 0.1}, "pricing.prompt", "Input should be a valid string"),
        ({"pricing__overrides": [{"min_images": 3}]}, "pricing.overrides.[].min_images", "Extra inputs"),
        ({"context_length": "many"}, "context_length", "Input should be a valid integer"),
        ({"architecture__input_modalities": ["smell"]}, "architecture.input_modalities", "'smell' is new"),
        ({"architecture__output_modalities": ["touch"]}, "architecture.output_modalities", "'touch' is new"),
        ({"expiration_date": "soon"}, "expiration_date", "String should match pattern"),
        ({"reasoning": {"mandatory": False, "default_effort": "some"}}, "reasoning.default_effort", "Input should be"),
    ],
)
def test_news_is_named(changes: dict[str, Any], where: str, what: str) -> None:
    """A new key, a new value and a wrong type are found and placed; the catalog loads such a record all the same."""
    record = changed(**changes)

    (finding,) = check_drift.drift(record)

    assert finding[0] == where
    assert what in finding[1]
    assert Catalog.from_response([record]).lookup("openai/gpt-4o").id == "openai/gpt-4o"


def test_the_command_says_how_often(tmp_path: Path) -> None:
    """The command counts equal findings, and fails."""
    path = tmp_path / "models.json"
    path.write_text(json.dumps({"data": [changed(mood=1), changed(mood=2), changed()]}))

    result = run(path)

    assert result.returncode == 1
    assert result.stdout == "mood: Extra inputs are not permitted (2 of 3 models)\n"


def test_the_same_prices_are_known() -> None:
    """The strict reader and the tolerant one know the same price keys."""
    assert set(check_drift.Prices.model_fields) == set(RATE_NAMES)
