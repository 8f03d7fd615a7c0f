"""Token counts as LangChain's `UsageMetadata`, and everything else that stands beside them.

Source: `ChatUsage` of OpenRouter's API description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages.ai import UsageMetadata

_INPUT_NAMES = {"cached_tokens": "cache_read", "cache_write_tokens": "cache_creation"}
_COUNTS = frozenset(
    {
        "completion_tokens", "completion_tokens_details", "input_tokens", "input_tokens_details", "output_tokens",
        "output_tokens_details", "prompt_tokens", "prompt_tokens_details", "total_tokens",
    }
)  # fmt: skip


def usage_metadata(usage: dict[str, Any]) -> UsageMetadata:
    """Read the token counts.

    Args:
        usage: `usage` of an answer or a chunk. Counts may be floats, null or missing.

    Returns:
        Whole numbers. Details hold each count that was given, zero too, under LangChain's name for it where there is
        one (`cache_read`, `cache_creation`, `audio`, `reasoning`) and under its own without `_tokens` where not
        (`image`, `video`).
    """
    prompt = _first(usage, "prompt_tokens", "input_tokens")
    completion = _first(usage, "completion_tokens", "output_tokens")
    total = _first(usage, "total_tokens")
    metadata: UsageMetadata = {
        "input_tokens": prompt or 0,
        "output_tokens": completion or 0,
        "total_tokens": (prompt or 0) + (completion or 0) if total is None else total,
    }
    input_details = _details(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    if input_details:
        metadata["input_token_details"] = input_details  # type: ignore[typeddict-item]  # more keys than it names
    output_details = _details(usage.get("completion_tokens_details") or usage.get("output_tokens_details"))
    if output_details:
        metadata["output_token_details"] = output_details  # type: ignore[typeddict-item]
    return metadata


def usage_extras(usage: dict[str, Any]) -> dict[str, Any]:
    """Give what stands beside the token counts: `cost`, `cost_details`, `is_byok`, and what is new.

    Numbers stay as they came. What the server's tools did is `server_tool_use`, whichever name OpenRouter gave it.
    """
    extras = {key: value for key, value in usage.items() if key not in _COUNTS and value is not None}
    if "server_tool_use_details" in extras:
        extras.setdefault("server_tool_use", extras.pop("server_tool_use_details"))
    return extras


def _first(usage: dict[str, Any], *names: str) -> int | None:
    for name in names:
        count = whole(usage.get(name))
        if count is not None:
            return count
    return None


def whole(value: Any) -> int | None:
    """Read a whole number, which some servers write as a float; `None` where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value == value and abs(value) != float("inf"):  # noqa: PLR0124  # NaN is not itself
        return int(value)
    return None


def _details(details: Any) -> dict[str, int]:
    if not isinstance(details, dict):
        return {}
    counts = {key: whole(value) for key, value in details.items()}
    return {
        _INPUT_NAMES.get(key, key.removesuffix("_tokens")): count for key, count in counts.items() if count is not None
    }
