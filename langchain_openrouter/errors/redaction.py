"""Keys are masked before any text from outside is shown, kept or logged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_openrouter.errors.tree import OpenRouterError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRET = re.compile(r"(\bsk-(?:or-|ant-|proj-)?|Bearer\s+)[\w.\-]{4,}", re.IGNORECASE)
_SHORTEST_KEY = 8
"""Characters. What is shorter is an ordinary word more likely than a key, and would be masked all over."""


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
    return _replaced(value, _SECRET, r"\1***")


class masking:  # noqa: N801  # used like a function
    """Mask the key of a request in the errors that leave a block, whatever it looks like: `with masking(headers): …`.

    Proxies have keys of their own, in no known form.

    Args:
        headers: The headers of the request.
    """

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, Any]) -> None:
        self._headers = headers

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, OpenRouterError):
            for name, value in self._headers.items():
                if name.lower() == "authorization":
                    _mask(error, _text(value).rpartition(" ")[2])


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _mask(error: OpenRouterError, key: str) -> None:
    if len(key) < _SHORTEST_KEY:
        return
    pattern = re.compile(rf"(?<!\w){re.escape(key)}(?!\w)")
    error.message = _replaced(error.message, pattern, "***")
    error.args = tuple(_replaced(argument, pattern, "***") for argument in error.args)
    error.body = _replaced(error.body, pattern, "***")


def _replaced(value: Any, pattern: re.Pattern[str], mask: str) -> Any:
    if isinstance(value, str):
        return pattern.sub(mask, value)
    if isinstance(value, dict):
        return {_replaced(key, pattern, mask): _replaced(item, pattern, mask) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, pattern, mask) for item in value]
    return value
