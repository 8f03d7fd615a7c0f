"""Where OpenRouter is, and who we say we are."""

from __future__ import annotations

import hashlib

from langchain_openrouter._version import __version__

BASE_URL = "https://openrouter.ai/api/v1"
"""Base URL of OpenRouter's API."""

BASE_URL_VARIABLE = "OPENROUTER_API_BASE"
"""The environment variable that names another."""

KEY_VARIABLE = "OPENROUTER_API_KEY"
"""The environment variable that holds the key."""

USER_AGENT = f"langchain-openrouter-plus/{__version__}"


def fingerprint(key: str) -> str:
    """Give what tells keys apart and says nothing of them: the begin of a digest.

    Args:
        key: The key.

    Example:
        >>> fingerprint("sk-or-v1-emulator")
        'key-115a3e7c'
    """
    return f"key-{hashlib.sha256(key.strip().encode()).hexdigest()[:8]}"
