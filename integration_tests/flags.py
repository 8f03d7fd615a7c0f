"""The flags of LangChain's standard suites, all of them on."""

from __future__ import annotations

from typing import Any, ClassVar

_DETAILS = ["audio_input", "audio_output", "reasoning_output", "cache_read_input", "cache_creation_input"]


class EveryFlag:
    """Mixed in before a suite, it switches everything on that the suite can check."""

    has_tool_calling = True
    has_tool_choice = True
    has_structured_output = True
    supports_json_mode = True
    supports_image_inputs = True
    supports_image_urls = True
    supports_image_tool_message = True
    supports_pdf_inputs = True
    supports_pdf_tool_message = True
    supports_audio_inputs = True
    supports_video_inputs = True
    supports_anthropic_inputs = True
    supports_model_override = True
    returns_usage_metadata = True
    enable_vcr_tests = True
    supported_usage_metadata_details: ClassVar[Any] = {"invoke": _DETAILS, "stream": _DETAILS}
