"""Keys are masked before any text from outside is shown, kept or logged."""

from __future__ import annotations

import re
from typing import Any

_SECRET = re.compile(r"(\bsk-(?:or-|ant-|proj-)?|Bearer\s+)[\w.\-]{4,}", re.IGNORECASE)


def redact(value: Any) -> Any:
    """Mask everything that looks like an API key, in a text or anywhere inside parsed JSON.

    Args:
        value: A text, or lists and dicts of texts.

    Returns:
        The same, with `***` in place of each key.

    Example:
        ```python
        assert redact("Bearer sk-or-v1-0123456789abcdef") == "Bearer ***"
        ```
    """
    if isinstance(value, str):
        return _SECRET.sub(r"\1***", value)
    if isinstance(value, dict):
        return {redact(key): redact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redact(item) for item in value]
    return value
