"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.styles import STREAMED, STYLES, WHOLE, Ask

# What the user's machine keeps of the catalog and of the money is not what a test is about.
os.environ["OPENROUTER_CATALOG_CACHE"] = "off"
os.environ["OPENROUTER_LEDGER"] = "memory:"

SHARED_DATA = Path(__file__).parents[2] / "shared" / "openrouter"


@pytest.fixture(scope="session")
def shared() -> Path:
    """OpenRouter's API description and recorded traffic, which are kept beside the repository."""
    folder = Path(os.environ.get("OPENROUTER_SHARED", SHARED_DATA))
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: set OPENROUTER_SHARED to the one with openapi.yaml")
    return folder


@pytest.fixture(params=STYLES)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each of `invoke`, `ainvoke`, `stream`, `astream`, giving the whole message."""
    return STYLES[request.param]


@pytest.fixture(params=WHOLE)
def ask_whole(request: pytest.FixtureRequest) -> Ask:
    """`invoke` and `ainvoke`."""
    return WHOLE[request.param]


@pytest.fixture(params=STREAMED)
def ask_streamed(request: pytest.FixtureRequest) -> Ask:
    """`stream` and `astream`, giving the chunks added up."""
    return STREAMED[request.param]
