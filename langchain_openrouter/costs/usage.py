"""What an answer used, read from every form in which that is told.

Forms: ``usage`` of the chat API and of the Responses API, LangChain's ``UsageMetadata``, and a LangChain message, which
holds both counts and cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_openrouter.catalog.reading import dollars, flag

__all__ = ["Usage"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts of one answer. Details are parts of `prompt` and `completion`, not beside them.

    Args:
        prompt: All tokens of the prompt; ``None`` where it is not told.
        completion: All tokens of the answer; ``None`` where it is not told.
        cached: Prompt tokens read from the cache.
        written: Prompt tokens written to the cache for five minutes.
        written_1h: Prompt tokens written to the cache for an hour.
        audio: Audio tokens of the prompt.
        image: Image tokens of the prompt.
        video: Video tokens of the prompt.
        reasoning: Reasoning tokens.
        audio_output: Audio tokens of the answer.
        image_output: Image tokens of the answer.
        searches: Web searches.
        server_tools: Calls of tools that OpenRouter ran.
        cost: Dollars that OpenRouter charged; ``None`` where it is not told.
        upstream: Dollars that the provider charged; ``None`` where it is not told.
        is_byok: Whether the user's own key at the provider paid.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int = 0
    written: int = 0
    written_1h: int = 0
    audio: int = 0
    image: int = 0
    video: int = 0
    reasoning: int = 0
    audio_output: int = 0
    image_output: int = 0
    searches: int = 0
    server_tools: int = 0
    cost: Decimal | None = None
    upstream: Decimal | None = None
    is_byok: bool | None = None

    @classmethod
    def read(cls, told: Any) -> Usage:
        """Read a usage in any form.

        Args:
            told: A mapping, or a LangChain message.

        Raises:
            TypeError: It is neither.

        Example:
            >>> Usage.read({"input_tokens": 10, "output_tokens": 2, "input_token_details": {"cache_read": 8}}).cached
            8
        """
        if isinstance(told, cls):
            return told
        usage = _of_message(told) if hasattr(told, "response_metadata") else told
        if not isinstance(usage, Mapping):
            msg = (
                f"A usage is the `usage` of an answer, LangChain's `usage_metadata`, or a message; this is "
                f"{type(told).__name__}. Pass one of those."
            )
            raise TypeError(msg)
        into = _mapping(usage, "prompt_tokens_details", "input_tokens_details", "input_token_details")
        out = _mapping(usage, "completion_tokens_details", "output_tokens_details", "output_token_details")
        tools = _mapping(usage, "server_tool_use_details", "server_tool_use")
        written, written_1h = _written(into)
        return cls(
            prompt=_count(usage, "prompt_tokens", "input_tokens"),
            completion=_count(usage, "completion_tokens", "output_tokens"),
            cached=_count(into, "cached_tokens", "cache_read") or 0,
            written=written,
            written_1h=written_1h,
            audio=_count(into, "audio_tokens", "audio") or 0,
            image=_count(into, "image_tokens", "image") or 0,
            video=_count(into, "video_tokens", "video") or 0,
            reasoning=_count(out, "reasoning_tokens", "reasoning") or 0,
            audio_output=_count(out, "audio_tokens", "audio") or 0,
            image_output=_count(out, "image_tokens", "image") or 0,
            searches=_count(tools, "web_search_requests") or 0,
            server_tools=_count(tools, "tool_calls_executed") or 0,
            cost=dollars(usage.get("cost")),
            upstream=dollars(_mapping(usage, "cost_details").get("upstream_inference_cost")),
            is_byok=flag(usage.get("is_byok")),
        )


def _of_message(message: Any) -> dict[str, Any]:
    """Take the counts of a message, and what our chat model put beside them."""
    return {**message.response_metadata, **(getattr(message, "usage_metadata", None) or {})}


def _written(details: Mapping[str, Any]) -> tuple[int, int]:
    """Read the tokens written for five minutes, and those for an hour; a total counts both."""
    by_time = details.get("cache_creation")
    by_time = by_time if isinstance(by_time, Mapping) else details
    five_minutes = _count(by_time, "ephemeral_5m_input_tokens") or 0
    hour = _count(by_time, "ephemeral_1h_input_tokens", "cache_write_1h_tokens") or 0
    total = _count(details, "cache_write_tokens", "cache_creation") or 0
    return max(total - hour, five_minutes), hour


def _mapping(usage: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((usage[name] for name in names if isinstance(usage.get(name), Mapping)), {})


def _count(counts: Mapping[str, Any], *names: str) -> int | None:
    """Read the first of these that is a count; some servers write floats."""
    for name in names:
        value = counts.get(name)
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and 0 <= value < float("inf"):
            return int(value)
    return None
