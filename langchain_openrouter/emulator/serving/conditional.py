"""Conditional requests: what a body's `ETag` is, and whether a client has that body already."""

from __future__ import annotations

import hashlib
import re

_OPAQUE_TAG = re.compile(r'(?:W/)?("[^"]*")\s*(?:,\s*|$)')


def entity_tag(body: bytes) -> str:
    """Give the strong tag of a body.

    >>> entity_tag(b"{}")[:9]
    '"44136fa3'
    """
    return f'"{hashlib.sha256(body).hexdigest()}"'


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Tell whether `If-None-Match` names a tag (RFC 9110, 13.1.2).

    Args:
        tag: Of the body that would be sent.
        if_none_match: Value of the header: `*`, or a list of tags, which are compared weakly.

    >>> is_known('"a"', 'W/"a", "b"'), is_known('"a"', "*"), is_known('"a"', "a")
    (True, True, False)
    """
    value = (if_none_match or "").strip()
    return value == "*" or tag in _OPAQUE_TAG.findall(value)
