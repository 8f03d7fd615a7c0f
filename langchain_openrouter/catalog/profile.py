"""LangChain's ``ModelProfile`` of a model.

A profile says what works through OpenRouter, which is at times more than the model can do alone:
OpenRouter fetches images by URL and turns PDF files into text for models that cannot read them.
What the catalog does not tell stays absent.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from langchain_openrouter.catalog.in_use import current
from langchain_openrouter.catalog.pricing import in_utc

if TYPE_CHECKING:
    from langchain_core.language_models.model_profile import ModelProfile

    from langchain_openrouter.catalog.model import Model

__all__ = ["find_profile", "profile_of"]


def find_profile(name: str) -> ModelProfile | None:
    """Return the profile of a model of the current catalog, or ``None`` when it is not known.

    Args:
        name: As in `Catalog.lookup`.

    Example:
        >>> find_profile("openai/gpt-4o:nitro")["tool_calling"]
        True
        >>> find_profile("@preset/mine") is None
        True
    """
    model = current().get(name)
    return None if model is None else profile_of(model)


def profile_of(model: Model) -> ModelProfile:
    """Return LangChain's profile of a model, with as many fields as the catalog supports.

    Args:
        model: A model of the catalog.

    Example:
        >>> from langchain_openrouter.catalog import Model
        >>> profile_of(Model("a/b", context_length=8192))
        {'status': 'active', 'max_input_tokens': 8192}
    """
    profile: ModelProfile = {}
    _describe_model(model, profile)
    _describe_inputs(model.input_modalities, profile)
    _describe_outputs(model.output_modalities, profile)
    # A router lists no parameters: it takes on those of the model that it chooses.
    if model.supported_parameters:
        _describe_parameters(model.supported_parameters, profile)
    # No list of efforts says that every effort is accepted, but a list of all would grow old.
    if model.reasoning and model.reasoning.efforts:
        profile["reasoning_effort_levels"] = list(model.reasoning.efforts)
        if model.reasoning.default_effort:
            profile["reasoning_effort_default"] = model.reasoning.default_effort
    return profile


def _describe_model(model: Model, profile: ModelProfile) -> None:
    if model.name:
        profile["name"] = model.name
    profile["status"] = "deprecated" if _is_ending(model) else "active"
    if model.created:
        profile["release_date"] = model.created.date().isoformat()
    if model.open_weights is not None:
        profile["open_weights"] = model.open_weights
    if model.context_length:
        profile["max_input_tokens"] = model.context_length
    if model.max_completion_tokens:
        profile["max_output_tokens"] = model.max_completion_tokens


def _is_ending(model: Model) -> bool:
    """Say whether the model's end is set; an end far away stands where none is."""
    return model.has_expired(in_utc().date() + _FAR)


_FAR = dt.timedelta(days=366)


def _describe_inputs(inputs: frozenset[str], profile: ModelProfile) -> None:
    if not inputs:
        return
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


def _describe_outputs(outputs: frozenset[str], profile: ModelProfile) -> None:
    if not outputs:
        return
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
