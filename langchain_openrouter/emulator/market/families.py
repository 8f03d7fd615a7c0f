"""How the families of models differ on the wire.

The family is read from the catalog's `architecture.tokenizer`; the differences are those that
recorded answers show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["signed_text", "summary_and_encrypted", "text_and_encrypted", "encrypted", "text"]


@dataclass(frozen=True, slots=True)
class Family:
    """What a provider's own API shows through OpenRouter's.

    Attributes:
        reasoning_format: `format` of reasoning details, `None` where recordings have null.
        reasoning_shape: Which kinds of reasoning details one answer holds.
        call_prefix: Start of the ids of tool calls.
        native: From OpenRouter's finish reasons to the provider's own.
    """

    reasoning_format: str | None
    reasoning_shape: Shape
    call_prefix: str
    native: dict[str, str]


_SAME = {reason: reason for reason in ("stop", "tool_calls", "length", "content_filter", "error")}

_FAMILIES = {
    "Claude": Family(
        "anthropic-claude-v1",
        "signed_text",
        "toolu_01",
        _SAME | {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"},
    ),
    "GPT": Family(
        "openai-responses-v1",
        "summary_and_encrypted",
        "call_",
        _SAME | {"stop": "completed", "tool_calls": "completed", "length": "max_output_tokens"},
    ),
    "Gemini": Family(
        "google-gemini-v1",
        "text_and_encrypted",
        "tool_",
        _SAME | {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS"},
    ),
    "Grok": Family(
        "xai-responses-v1",
        "encrypted",
        "call_",
        _SAME | {"stop": "completed", "tool_calls": "completed", "length": "max_output_tokens"},
    ),
}

_OTHER = Family(None, "text", "call_", _SAME)


def family_of(tokenizer: str | None) -> Family:
    """Give the family of a model by `architecture.tokenizer`."""
    return _FAMILIES.get(tokenizer or "", _OTHER)
