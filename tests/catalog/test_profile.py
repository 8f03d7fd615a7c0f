from __future__ import annotations

import datetime as dt
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from langchain_core.language_models.model_profile import ModelProfile

from langchain_openrouter.catalog import Catalog, Model, current, find_profile, profile_of, use
from langchain_openrouter.data import _profiles
from tests.helpers.records import FULL, spoiled


def profile_of_record(**fields: Any) -> dict[str, Any]:
    """Give the profile of a model with these facts, without its status."""
    profile = profile_of(Model.from_record({"id": "author/name", **fields}))
    assert profile.pop("status") == "active"
    return {**profile}


def test_all_fields_of_a_model() -> None:
    """Each field of a profile is what the record says."""
    record = {
        "id": "author/name",
        "name": "Author: Name",
        "created": 1735689600,
        "hugging_face_id": "Author/Name",
        "context_length": 200_000,
        "architecture": {
            "input_modalities": ["text", "image", "file", "audio", "video"],
            "output_modalities": ["text", "image", "audio"],
        },
        "top_provider": {"context_length": 100_000, "max_completion_tokens": 8192},
        "supported_parameters": [
            "reasoning",
            "structured_outputs",
            "temperature",
            "tool_choice",
            "tools",
        ],
        "reasoning": {
            "mandatory": False,
            "default_effort": "medium",
            "supported_efforts": ["high", "medium", "low"],
        },
    }

    assert profile_of(Model.from_record(record)) == {
        "name": "Author: Name",
        "status": "active",
        "release_date": "2025-01-01",
        "open_weights": True,
        "max_input_tokens": 200_000,
        "max_output_tokens": 8192,
        "text_inputs": True,
        "image_inputs": True,
        "image_url_inputs": True,
        "audio_inputs": True,
        "video_inputs": True,
        "pdf_inputs": True,
        "attachment": True,
        "image_tool_message": True,
        "pdf_tool_message": True,
        "text_outputs": True,
        "image_outputs": True,
        "audio_outputs": True,
        "video_outputs": False,
        "reasoning_output": True,
        "reasoning_effort_levels": ["high", "medium", "low"],
        "reasoning_effort_default": "medium",
        "structured_output": True,
        "temperature": True,
        "tool_calling": True,
        "tool_choice": True,
        "tool_call_streaming": True,
    }


def test_a_text_model_reads_pdf_files_but_no_images() -> None:
    """OpenRouter turns PDF files into text for a model that reads text only."""
    assert profile_of_record(architecture={"input_modalities": ["text"]}) == {
        "text_inputs": True,
        "image_inputs": False,
        "image_url_inputs": False,
        "audio_inputs": False,
        "video_inputs": False,
        "pdf_inputs": True,
        "attachment": False,
        "image_tool_message": False,
        "pdf_tool_message": False,
    }


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"created": 0, "hugging_face_id": None, "supported_parameters": []},
        {
            "name": None,
            "context_length": None,
            "architecture": None,
            "top_provider": None,
            "reasoning": None,
        },
        {"architecture": {"input_modalities": None, "output_modalities": []}},
        {"top_provider": {"context_length": None, "max_completion_tokens": None}},
        {"reasoning": {"mandatory": True, "supported_efforts": None, "default_effort": "high"}},
    ],
)
def test_unknown_stays_absent(record: dict[str, object]) -> None:
    """What a record leaves out, or holds no value for, is in no profile."""
    assert profile_of_record(**record) == {}


def test_no_weights_is_a_fact() -> None:
    """An empty ``hugging_face_id`` says that the weights are closed."""
    assert profile_of_record(hugging_face_id="") == {"open_weights": False}


@pytest.mark.parametrize(
    ("days", "status"),
    [(None, "active"), (-1000, "deprecated"), (-1, "deprecated"), (0, "deprecated"), (30, "deprecated"),
     (364, "deprecated"), (368, "active"), (26_000, "active")],
)  # fmt: skip
def test_status(days: int | None, status: str) -> None:
    """A model whose end is less than a year away, or past, is deprecated; an end far away stands where none is."""
    today = dt.datetime.now(dt.UTC).date()
    ends = None if days is None else (today + dt.timedelta(days=days)).isoformat()

    assert profile_of(Model.from_record({"id": "a/b", "expiration_date": ends}))["status"] == status


@given(spoiled(FULL))
@settings(max_examples=200, deadline=None)
def test_garbage_is_borne(record: dict[str, Any]) -> None:
    """Whatever stands in a record, there is a profile, and each of its fields has the type that LangChain gives it."""
    profile = profile_of(Model.from_record(record))
    hints = get_type_hints(ModelProfile)
    assert profile.pop("status") in {"active", "deprecated"}
    for name, value in profile.items():
        assert isinstance(value, list if name == "reasoning_effort_levels" else hints[name]), name


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("openai/gpt-4o:nitro", "openai/gpt-4o"),
        ("gpt-4o", "openai/gpt-4o"),
        ("openai/gpt-4o@preset/mine", "openai/gpt-4o"),
        ("openai/gpt-4o:floor@preset/mine", "openai/gpt-4o"),
        ("openai/gpt-oss-20b:free", "openai/gpt-oss-20b:free"),
        ("openai/gpt-oss-20b:free:online", "openai/gpt-oss-20b:free"),
        ("qwen/qwen-plus-2025-07-28:thinking", "qwen/qwen-plus-2025-07-28:thinking"),
        ("x-ai/grok-4.6-20260810", "x-ai/grok-4.6"),
        ("x-ai/grok-4.6-20260810:exacto", "x-ai/grok-4.6"),
        ("nvidia/nemotron-3-ultra-550b-a55b-20260604", "nvidia/nemotron-3-ultra-550b-a55b"),
        ("~openai/gpt-latest", "~openai/gpt-latest"),
        ("~openai/gpt-latest:online", "~openai/gpt-latest"),
        ("openrouter/auto", "openrouter/auto"),
    ],
)
def test_found(asked: str, found: str) -> None:
    """An id, a slug, an alias, a variant and a preset of a model lead to its profile."""
    assert find_profile(asked) == profile_of(current()[found])


@pytest.mark.parametrize(
    "asked",
    ["", ":", ":free", "@preset/mine", "nobody/nothing", "openai/gpt-4o:unknown", "openai/gpt-4o:free:online"],
)
def test_not_found(asked: str) -> None:
    """What the catalog does not list has no profile."""
    assert find_profile(asked) is None


def test_profiles_follow_the_facts_in_use() -> None:
    """A profile is that of the catalog which is in use, and of the snapshot when none is."""
    use(Catalog.from_response([{"id": "openai/gpt-4o", "context_length": 5}]))
    assert find_profile("openai/gpt-4o") == {"status": "active", "max_input_tokens": 5}
    use(None)
    assert find_profile("openai/gpt-4o") == profile_of(Catalog.load("snapshot")["openai/gpt-4o"])


def test_every_model_has_a_profile_langchain_knows() -> None:
    """All models have a window and modalities, and no key is unknown to LangChain."""
    known_keys = get_type_hints(ModelProfile).keys()

    for model in Catalog.load("snapshot"):
        profile = profile_of(model)
        assert profile["max_input_tokens"] > 0
        assert profile["text_inputs"]
        assert profile.keys() <= known_keys


def test_profiles_where_the_official_package_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """``langchain_openrouter.data._profiles._PROFILES`` maps every id to its profile, made once."""
    monkeypatch.delitem(vars(_profiles), "_PROFILES", raising=False)
    made = _profiles._PROFILES

    assert made.keys() == {model.id for model in Catalog.load("snapshot")}
    assert made["openai/gpt-4o"] == find_profile("openai/gpt-4o")
    assert _profiles._PROFILES is made


def test_no_other_name_in_profiles() -> None:
    """Any other name of that module is an ordinary `AttributeError`."""
    with pytest.raises(AttributeError, match="'_OTHER'"):
        _ = _profiles._OTHER
