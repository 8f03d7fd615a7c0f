"""Records of models as `GET /models` gives them: the real ones, a full one, and any garbage in their places."""

from __future__ import annotations

import copy
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

_FOLDER = Path(os.environ.get("OPENROUTER_SHARED", Path(__file__).parents[3] / "shared" / "openrouter"))
_MISSING = object()

FULL: dict[str, Any] = {
    "id": "author/name-1.5:free",
    "canonical_slug": "author/name-1.5-20260101",
    "name": "Author: Name 1.5",
    "description": "Prose.",
    "links": {"details": "/api/v1/models/author/name-1.5/endpoints"},
    "created": 1_767_225_600,
    "context_length": 200_000,
    "hugging_face_id": "Author/Name",
    "knowledge_cutoff": "2025-06-30",
    "expiration_date": "2027-01-31",
    "per_request_limits": {"prompt_tokens": 1000, "completion_tokens": 100},
    "supported_parameters": ["reasoning", "structured_outputs", "tools"],
    "supported_voices": ["alloy", "nova"],
    "default_parameters": {"temperature": 0.7, "top_p": 1, "top_k": None},
    "alias_target": {"slug": "author/name-1.4", "name": "Author: Name 1.4"},
    "architecture": {
        "modality": "text+image->text",
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "tokenizer": "GPT",
        "instruct_type": "chatml",
    },
    "top_provider": {"context_length": 100_000, "max_completion_tokens": 8192, "is_moderated": True},
    "pricing": {
        "prompt": "0.000003",
        "completion": "0.000015",
        "web_search": "0.01",
        "discount": 0.25,
        "overrides": [
            {"min_prompt_tokens": 100_000, "prompt": "0.000006"},
            {"utc_start": 2200, "utc_end": 600, "completion": "0.00001"},
        ],
    },
    "reasoning": {
        "mandatory": True,
        "default_enabled": True,
        "default_effort": "medium",
        "supported_efforts": ["high", "medium"],
        "supports_max_tokens": True,
    },
    "benchmarks": {
        "artificial_analysis": {"intelligence_index": 71.4, "coding_index": 63.2, "agentic_index": 55},
        "design_arena": [{"arena": "models", "category": "website", "elo": 1385.2, "rank": 5, "win_rate": 62.5}],
    },
}
"""A record with every key of OpenRouter's API description."""

ODD: list[Any] = [
    0, 0.0, -1, -0.0, 1e308, -1e308, 10**400, -(10**400), int(sys.float_info.max) + 1, 2**63, 1.5, 1e-300,
    "", " ", "-1", "0", "-0", "1e-9", "1e999999", "NaN", "sNaN", "Infinity", "-Infinity", "free", "$1", "1,5", "٣",
    "2026-13-45", "0000-00-00", "2026-08-15T00:00:00Z", "9999-12-31", "2400", "\ud800", "a/b", "null",
    [], [None], [[]], {}, {"": None}, {"prompt": {}}, [{"prompt": []}], True, False, None,
]  # fmt: skip
"""Values that have been or may be in the place of another."""

JSON: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON value, `NaN` and numbers beyond every float among them."""


def real_records() -> list[dict[str, Any]]:
    """Read the recorded answer of `GET /models`; skip the test where it is not at hand."""
    file = _FOLDER / "models.json"
    if not file.is_file():
        pytest.skip(f"no file {file}: set OPENROUTER_SHARED to the folder with models.json")
    records: list[dict[str, Any]] = json.loads(file.read_bytes())["data"]
    return records


@st.composite
def spoiled(draw: st.DrawFn, record: dict[str, Any], keep: frozenset[str] = frozenset({"id"})) -> dict[str, Any]:
    """Put garbage in some places of a record, leave out others, and add what nobody knows.

    Args:
        draw: Given by Hypothesis.
        record: What to spoil; it is not changed.
        keep: Top-level keys that stay as they are.
    """
    record = copy.deepcopy(record)
    places = [place for place in _places(record) if place[0] not in keep]
    for place in draw(st.lists(st.sampled_from(places), min_size=1, max_size=5)):
        _put(record, place, draw(st.just(_MISSING) | JSON))
    return record | draw(st.dictionaries(st.text(max_size=8).filter(lambda key: key not in record), JSON, max_size=2))


def _places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in inner for place in [(*above, key), *_places(each, (*above, key))]]


def _put(record: Any, place: tuple[Any, ...], value: Any) -> None:
    """Set the value of a place, or remove it; a place that is gone stays gone."""
    try:
        for key in place[:-1]:
            record = record[key]
        if value is _MISSING:
            del record[place[-1]]
        else:
            record[place[-1]] = value
    except (LookupError, TypeError):
        pass
