"""Fixtures of this folder: a few models with made-up prices, in a catalog and behind an emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from langchain_openrouter.catalog import Catalog
from langchain_openrouter.emulator import Emulator
from tests.costs.made import MODELS
from tests.helpers.environment import no_settings_of_this_machine

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["no_settings_of_this_machine"]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Give the catalog of the made-up models."""
    return Catalog.from_response(MODELS)


@pytest.fixture(scope="session")
def openrouter() -> Iterator[Emulator]:
    """Serve the made-up models to all tests; a cache that one fills is of a prompt that no other sends."""
    with Emulator(models=MODELS, credits=None) as emulator:
        yield emulator
