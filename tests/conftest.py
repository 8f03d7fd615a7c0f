"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "openrouter"


@pytest.fixture(scope="session")
def shared() -> Path:
    """OpenRouter's API description and recorded traffic, which are kept beside the repository."""
    folder = Path(os.environ.get("OPENROUTER_SHARED", SHARED_DATA))
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: set OPENROUTER_SHARED to the one with openapi.yaml")
    return folder
