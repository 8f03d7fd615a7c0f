"""Clients of a server whose clocks go wrong: money is set aside for as long as was asked, by the server's clock."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from langchain_openrouter.ledger.budget import Budget, Caller
from langchain_openrouter.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ledger.stores.conftest import Place

HOUR = dt.timedelta(hours=1)
INSTANT = dt.timedelta(milliseconds=1)
BUDGET = Budget("$5", per="lifetime")


@pytest.fixture(params=["postgres", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name the stores on servers."""
    return str(request.param)


@pytest.fixture(params=[-400, 400], ids=["behind", "ahead"])
def skew(request: pytest.FixtureRequest) -> dt.timedelta:
    """Say how far the clock of a client is ahead of the server's."""
    return dt.timedelta(days=request.param)


class Skewed(Ledger):
    """The ledger of a client whose clock goes wrong."""

    skew = dt.timedelta(0)

    @override
    def now(self) -> dt.datetime:
        return super().now() + self.skew


@pytest.fixture
def client(place: Place, skew: dt.timedelta, monkeypatch: pytest.MonkeyPatch) -> Iterator[Skewed]:
    """Give a client whose clock goes wrong."""
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + skew.total_seconds())
    with contextlib.closing(Skewed(place.open())) as client:
        client.skew = skew
        yield client


@pytest.fixture
def other(place: Place) -> Iterator[Ledger]:
    """Give a client of the same ledger whose clock goes right."""
    with contextlib.closing(Ledger(place.open())) as other:
        yield other


def test_not_too_early(client: Skewed, other: Ledger) -> None:
    """What a client sets aside for an hour is not free at once, whoever looks."""
    client.reserve("a", Decimal(1), [BUDGET], Caller(), lease=HOUR)
    other.reserve("b", Decimal(1), [BUDGET], Caller(), lease=HOUR)

    for ledger in (client, other):
        assert ledger.status(BUDGET).reserved == Decimal(2)
        assert ledger.in_flight() == 2


def test_length(client: Skewed, place: Place) -> None:
    """A lease of an hour lasts an hour."""
    now = dt.datetime.now(dt.UTC)
    client.reserve("a", Decimal(1), [BUDGET], Caller(), lease=HOUR)

    assert in_flight_at(now + dt.timedelta(minutes=59), place) == 1
    assert in_flight_at(now + dt.timedelta(minutes=62), place) == 0


def in_flight_at(moment: dt.datetime, place: Place) -> int:
    """Count calls as they will be at a time."""
    with contextlib.closing(Ledger(place.open(), clock=lambda: moment)) as ledger:
        return ledger.in_flight()


def test_not_too_late(client: Skewed, other: Ledger) -> None:
    """What a client sets aside for a moment is free after it."""
    client.reserve("a", Decimal(1), [BUDGET], Caller(), lease=INSTANT)

    until = time.monotonic() + 10
    while other.in_flight() and time.monotonic() < until:
        time.sleep(0.002)
    assert (client.in_flight(), other.in_flight()) == (0, 0)
    assert other.status(BUDGET).reserved == Decimal(0)
