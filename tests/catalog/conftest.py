"""Fixtures of this folder: no catalog of this machine, and an OpenRouter that lists two models."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from langchain_openrouter.catalog import Catalog, use
from langchain_openrouter.catalog.cache import VARIABLE
from langchain_openrouter.emulator import Emulator
from tests.helpers.environment import no_settings_of_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["no_settings_of_this_machine"]


@pytest.fixture(autouse=True)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of the cache, which is not there yet: that of the user's machine is left alone."""
    request.getfixturevalue("no_settings_of_this_machine")
    folder = tmp_path / "cache"
    monkeypatch.setenv(VARIABLE, str(folder))
    use(None)
    yield folder
    use(None)


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """Serve for all tests; a test takes `openrouter`, which begins anew."""
    with Emulator(models=[]) as emulator:
        yield emulator


@pytest.fixture
def openrouter(running: Emulator) -> Emulator:
    """Give an OpenRouter that lists two models and has not been asked for anything."""
    running.set_models([{"id": "live/one"}, {"id": "live/two"}])
    running.clear_faults()
    running.page_size = None
    running._state.requests.clear()
    return running


@pytest.fixture
def load(openrouter: Emulator) -> Callable[..., Catalog]:
    """Give `Catalog.load`, which asks that OpenRouter."""
    return functools.partial(Catalog.load, base_url=openrouter.base_url)
