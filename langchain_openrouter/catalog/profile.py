"""LangChain's ``ModelProfile`` of a model, derived from its catalog record.

A profile says what works through OpenRouter, which is at times more than the model can do alone:
OpenRouter fetches images by URL and turns PDF files into text for models that cannot read them.
What the record does not tell stays absent.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models.model_profile import ModelProfile

__all__ = ["VARIANTS", "find_profile", "find_record", "profile_of"]

VARIANTS = frozenset({"batch", "exacto", "extended", "floor", "free", "nitro", "online", "thinking"})
"""Endings that choose how a model is served, written ``author/name:variant``.

Source: https://openrouter.ai/docs/guides/routing/model-variants
"""


def find_profile(model_id: str) -> ModelProfile | None:
    """Return the profile of a model of the bundled snapshot, or ``None`` when it is not known.

    Args:
        model_id: An id, a canonical slug or an alias (``~author/name-latest``), with or without a
            variant (``:nitro``) or a preset (``author/name@preset/mine``).

    Example:
        >>> find_profile("openai/gpt-4o:nitro")["tool_calling"]
        True
        >>> find_profile("@preset/mine") is None
        True
    """
    record = find_record(model_id)
    return None if record is None else profile_of(record)


def find_record(model_id: str) -> dict[str, Any] | None:
    """Return the snapshot's record of a model; for a variant without one, that of its base model.

    Args:
        model_id: As in `find_profile`.
    """
    name = model_id.partition("@preset/")[0]
    models = snapshot.load()
    while name not in models:
        known_as = _ids_by_slug().get(name)
        if known_as is not None:
            return models[known_as]
        name, _, variant = name.rpartition(":")
        if variant not in VARIANTS:
            return None
    return models[name]


@functools.cache
def _ids_by_slug() -> dict[str, str]:
    """Map each canonical slug to the id that has it; of a model and its variants, to the model."""
    ids_variants_first = sorted(snapshot.load(), key=len, reverse=True)
    models = snapshot.load()
    return {models[model_id]["canonical_slug"]: model_id for model_id in ids_variants_first}


def profile_of(record: Mapping[str, Any]) -> ModelProfile:
    """Return LangChain's profile of a model, with as many fields as its record supports.

    Args:
        record: One element of ``data`` in OpenRouter's ``GET /models`` answer.

    Example:
        >>> profile_of({"id": "a/b", "context_length": 8192})
        {'max_input_tokens': 8192}
    """
    profile: ModelProfile = {}
    _describe_model(record, profile)
    _describe_modalities(record.get("architecture") or {}, profile)
    # A router lists no parameters: it takes on those of the model that it chooses.
    if record.get("supported_parameters"):
        _describe_parameters(frozenset(record["supported_parameters"]), profile)
    _describe_reasoning(record.get("reasoning") or {}, profile)
    return profile


def _describe_model(record: Mapping[str, Any], profile: ModelProfile) -> None:
    endpoint = record.get("top_provider") or {}
    if name := record.get("name"):
        profile["name"] = name
    if created := record.get("created"):
        profile["release_date"] = _day(created)
    # An empty string says that there are no weights, null that nobody noted any.
    if (weights := record.get("hugging_face_id")) is not None:
        profile["open_weights"] = bool(weights)
    if window := record.get("context_length") or endpoint.get("context_length"):
        profile["max_input_tokens"] = window
    if limit := endpoint.get("max_completion_tokens"):
        profile["max_output_tokens"] = limit


def _describe_modalities(architecture: Mapping[str, Any], profile: ModelProfile) -> None:
    if inputs := frozenset(architecture.get("input_modalities") or ()):
        profile["text_inputs"] = "text" in inputs
        profile["image_inputs"] = profile["image_url_inputs"] = "image" in inputs
        profile["audio_inputs"] = "audio" in inputs
        profile["video_inputs"] = "video" in inputs
        # The file parser reads a PDF for every model that reads text:
        # https://openrouter.ai/docs/guides/overview/multimodal/pdfs
        profile["pdf_inputs"] = not inputs.isdisjoint({"file", "text"})
        profile["attachment"] = inputs != {"text"}
        # A tool message takes the same content parts as a user's (``ChatToolMessage``).
        profile["image_tool_message"] = "image" in inputs
        profile["pdf_tool_message"] = "file" in inputs
    if outputs := frozenset(architecture.get("output_modalities") or ()):
        profile["text_outputs"] = "text" in outputs
        profile["image_outputs"] = "image" in outputs
        profile["audio_outputs"] = not outputs.isdisjoint({"audio", "speech"})
        profile["video_outputs"] = "video" in outputs


def _describe_parameters(parameters: frozenset[str], profile: ModelProfile) -> None:
    profile["reasoning_output"] = "reasoning" in parameters
    profile["structured_output"] = "structured_outputs" in parameters
    profile["temperature"] = "temperature" in parameters
    profile["tool_calling"] = "tools" in parameters
    profile["tool_choice"] = "tool_choice" in parameters
    if profile["tool_calling"]:
        # OpenRouter streams tool calls of every provider in one form.
        profile["tool_call_streaming"] = True


def _describe_reasoning(reasoning: Mapping[str, Any], profile: ModelProfile) -> None:
    # Null says that every effort is accepted, but a list of all would grow old.
    if efforts := reasoning.get("supported_efforts"):
        profile["reasoning_effort_levels"] = list(efforts)
        if default := reasoning.get("default_effort"):
            profile["reasoning_effort_default"] = default


def _day(unix_seconds: float) -> str:
    return dt.datetime.fromtimestamp(unix_seconds, dt.UTC).date().isoformat()
