"""Parameters under the names of the wire, and the encoded body of a request.

Source: `ChatRequest` of OpenRouter's API description.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import pathlib
import uuid
from typing import Any

from pydantic import BaseModel

_WIRE_NAMES = {
    "model_name": "model",
    "openrouter_provider": "provider",
    "request_metadata": "metadata",
    "stop_sequences": "stop",
}
_OF_LANGCHAIN = frozenset({"ls_structured_output_format", "structured_output_format"})
"""What LangChain binds to a model for its tracers alone."""


def wire_names(params: dict[str, Any]) -> dict[str, Any]:
    """Rename parameters from LangChain's names to those of the wire, leave out LangChain's own, and keep all others."""
    return {_WIRE_NAMES.get(name, name): value for name, value in params.items() if name not in _OF_LANGCHAIN}


def encode(body: dict[str, Any]) -> bytes:
    """Encode a request body.

    Args:
        body: The body; pydantic models and sets in it are encoded as objects and lists.

    Raises:
        TypeError: A value has no form in JSON.
        ValueError: A number is NaN or infinite.
    """
    try:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
    except ValueError as error:
        msg = f"The request cannot be written as JSON: {error}. Look for NaN or an infinity among its numbers."
        raise ValueError(msg) from error
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as a text cut in the middle of an emoji holds
        return json.dumps(body, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, pathlib.PurePath)):
        return str(value)
    try:
        return float(value) if hasattr(value, "__float__") else dict(value)
    except (TypeError, ValueError):
        msg = (
            f"{value!r} cannot be sent: {type(value).__name__} has no form in JSON. Pass numbers, texts, lists, dicts."
        )
        raise TypeError(msg) from None
