"""A fixture for the `conftest.py` of folders whose tests make models."""

from __future__ import annotations

import os

import pytest

_KEPT = frozenset({"OPENROUTER_CATALOG_CACHE", "OPENROUTER_LEDGER", "OPENROUTER_REQUIRE_SERVICES", "OPENROUTER_SHARED"})
"""What the tests set for themselves."""


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make models without what the environment of the user's machine says."""
    for name in list(os.environ):
        if name.startswith(("OPENROUTER_", "LC_", "LANGCHAIN_", "LANGSMITH_")) and name not in _KEPT:
            monkeypatch.delenv(name)
