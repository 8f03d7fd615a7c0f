"""What the tests of this folder share: an emulator on a real socket, models that ask it, and the four call styles."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.support import STYLES, Ask, Served
from langchain_openrouter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the user's machine keeps of the catalog and of the money is not what a test is about.
os.environ["OPENROUTER_CATALOG_CACHE"] = "off"
os.environ["OPENROUTER_LEDGER"] = "memory:"


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """Serve one emulator for all tests; a test takes `served`, which clears up after it."""
    with Emulator(credits=None, seed=7) as emulator:
        yield emulator


@pytest.fixture
def served(running: Emulator) -> Iterator[Served]:
    """Give the emulator as this test sees it: without the faults and the requests of others."""
    running.clear_faults()
    yield Served(running)
    running.clear_faults()


@pytest.fixture
def environment(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Point programs that know nothing of the emulator to it, by OpenRouter's environment variables."""
    monkeypatch.setenv("OPENROUTER_API_KEY", served.emulator.api_key)
    monkeypatch.setenv("OPENROUTER_API_BASE", served.emulator.base_url)
    return served


@pytest.fixture(params=STYLES)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Give one of the four call styles; the test runs once with each."""
    style: Any = request.param
    return STYLES[style]
