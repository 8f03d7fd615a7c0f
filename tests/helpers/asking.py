"""What can be asked of a model: a value of each parameter, messages with parts of each kind, a prompt that is long."""

from __future__ import annotations

from typing import Any

FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
LONG = [{"role": "user", "content": "word " * 100_000}]
"""About 100,000 tokens."""

ASKED: dict[str, Any] = {
    "frequency_penalty": 0.5, "include_reasoning": True, "logit_bias": {"1": 5}, "min_p": 0.1,
    "prediction": {"type": "content", "content": "x"}, "presence_penalty": 0.5, "reasoning": {"effort": "low"},
    "reasoning_effort": "high", "repetition_penalty": 1.2, "response_format": SCHEMA, "seed": 0, "stop": ["END"],
    "temperature": 0, "tool_choice": "required", "tools": [FUNCTION], "top_a": 0.5, "top_k": 5, "top_p": 0.5,
}  # fmt: skip
"""A value of each parameter that asks for something."""

SUPPORTED = [*ASKED, "max_tokens", "structured_outputs"]
"""The `supported_parameters` of a model that can do all of it."""


def parts(*kinds: str) -> list[dict[str, Any]]:
    """Write messages with parts of these types."""
    return [{"role": "user", "content": [{"type": "text", "text": "Hi"}, *({"type": kind} for kind in kinds)]}]
