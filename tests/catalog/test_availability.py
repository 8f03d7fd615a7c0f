"""Which models can be called, without a paid call."""

from __future__ import annotations

import datetime as dt

import pytest

from langchain_openrouter.catalog import Catalog
from langchain_openrouter.catalog.availability import Availability, availability
from langchain_openrouter.emulator import Emulator, Fault
from langchain_openrouter.errors import ServiceUnavailableError

RECORDS = [{"id": "a/there"}, {"id": "a/ending", "expiration_date": "2026-08-17"}]


@pytest.fixture
def catalog() -> Catalog:
    """A model that is there, and one that ends."""
    return Catalog.from_response({"data": RECORDS})


def test_from_the_catalog(catalog: Catalog) -> None:
    """A known model is available, an unknown one comes with what may have been meant."""
    found = catalog.availability(["there", "a/there:nitro", "a/their"])

    assert found["there"] == found["a/there:nitro"] == Availability("available", "a/there")
    assert (found["a/their"].status, found["a/their"].suggestions[0]) == ("unknown", "a/there")


@pytest.mark.parametrize(("day", "status"), [(17, "available"), (18, "expired")])
def test_the_last_day(catalog: Catalog, day: int, status: str) -> None:
    """A model may be removed after its expiration date, not on it."""
    assert availability(catalog, "a/ending", live=False, today=dt.date(2026, 8, day)).status == status


def test_live() -> None:
    """With `live` the endpoints are counted that work; a failure of the server is raised, not taken for an answer."""
    with Emulator() as emulator:
        catalog = Catalog.load("live", base_url=emulator.base_url, cache="off")
        name = catalog.models[0].id

        (found,) = catalog.availability([name], live=True).values()
        assert found.status == "available"
        assert found.endpoints is not None
        assert found.endpoints > 0

        other = catalog.models[1].id
        emulator.add_fault(Fault(kind="status", status=503, path=f"/models/{other}/endpoints"))
        with pytest.raises(ServiceUnavailableError):
            catalog.availability([other], live=True)
