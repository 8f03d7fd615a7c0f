from __future__ import annotations

from typing import get_type_hints

import pytest
from langchain_core.language_models.model_profile import ModelProfile

from langchain_openrouter.catalog import find_profile, find_record, profile_of, snapshot
from langchain_openrouter.data import _profiles


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

    assert profile_of(record) == {
        "name": "Author: Name",
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
    profile = profile_of({"architecture": {"input_modalities": ["text"]}})

    assert profile == {
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
    assert profile_of(record) == {}


def test_no_weights_is_a_fact() -> None:
    """An empty ``hugging_face_id`` says that the weights are closed."""
    assert profile_of({"hugging_face_id": ""}) == {"open_weights": False}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("openai/gpt-4o:nitro", "openai/gpt-4o"),
        ("openai/gpt-4o:free:online", "openai/gpt-4o"),
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
    """An id, a slug, an alias, a variant and a preset of a model lead to its record."""
    record = snapshot.load()[found]

    assert find_record(asked) is record
    assert find_profile(asked) == profile_of(record)


@pytest.mark.parametrize(
    "asked",
    ["", ":", ":free", "@preset/mine", "nobody/nothing", "openai/gpt-4o:unknown", "gpt-4o"],
)
def test_not_found(asked: str) -> None:
    """What the snapshot does not list has no profile."""
    assert find_profile(asked) is None


def test_every_model_has_a_profile_langchain_knows() -> None:
    """All models have a window and modalities, and no key is unknown to LangChain."""
    known_keys = get_type_hints(ModelProfile).keys()

    for record in snapshot.load().values():
        profile = profile_of(record)
        assert profile["max_input_tokens"] > 0
        assert profile["text_inputs"]
        assert profile.keys() <= known_keys


def test_profiles_where_the_official_package_has_them() -> None:
    """``langchain_openrouter.data._profiles._PROFILES`` maps every id to its profile, made once."""
    from langchain_openrouter.data._profiles import _PROFILES

    assert _PROFILES.keys() == snapshot.load().keys()
    assert _PROFILES["openai/gpt-4o"] == find_profile("openai/gpt-4o")
    assert _profiles._PROFILES is _PROFILES


def test_no_other_name_in_profiles() -> None:
    """Any other name of that module is an ordinary `AttributeError`."""
    with pytest.raises(AttributeError, match="'_OTHER'"):
        _ = _profiles._OTHER
