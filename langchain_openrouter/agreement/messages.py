"""Messages as texts that agreements can compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

__all__ = ["answer_text", "is_tool_call"]

_BEGIN = '{"tool_calls":'


def answer_text(message: BaseMessage | str) -> str:
    """Write a message so that equal answers can be compared.

    Tool calls are what a message does, so with any, its text does not count: models announce the same call in other
    words. Parallel calls have no order. Their ids do not count.

    Args:
        message: A message, or its text.

    Returns:
        The text; where there are tool calls, JSON with their names and arguments.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> answer_text(AIMessage("Let me see.", tool_calls=[{"name": "add", "args": {"b": 2, "a": 1}, "id": "x"}]))
        '{"tool_calls": [{"args": {"a": 1, "b": 2}, "name": "add"}]}'
    """
    if isinstance(message, str):
        return message
    good: list[Any] = getattr(message, "tool_calls", None) or []
    broken: list[Any] = getattr(message, "invalid_tool_calls", None) or []
    calls = sorted(_written({"name": call["name"], "args": call["args"]}) for call in (*good, *broken))
    return f"{_BEGIN} [{', '.join(calls)}]}}" if calls else str(message.text)


def is_tool_call(text: str) -> bool:
    """Say whether a text is tool calls, as `answer_text` writes them."""
    return text.startswith(_BEGIN)


def _written(call: dict[str, Any]) -> str:
    return json.dumps(call, sort_keys=True, ensure_ascii=False, default=str)
