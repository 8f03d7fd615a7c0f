"""Amounts near nine million dollars, in every store: exact to the nano-dollar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from langchain_openrouter.costs.money import MOST_NANO
from langchain_openrouter.ledger.stores.store import Balance, Claim, Movement, Refusal
from tests.ledger.stores.made import balance, entry, hold

if TYPE_CHECKING:
    from langchain_openrouter.ledger.stores.store import Store

LIFE = Claim("lifetime", MOST_NANO, "lifetime")


@pytest.mark.parametrize("near", range(4))
def test_exact(near: int, store: Store) -> None:
    """Amounts near nine million dollars are counted to the nano-dollar."""
    store.settle(entry("a", MOST_NANO - 10 - near), [], [LIFE])

    assert store.reserve(hold("b", 11 + near), [LIFE], 0) == Refusal("lifetime", MOST_NANO, MOST_NANO - 10 - near, 0)
    assert store.reserve(hold("b", 10 + near), [LIFE], 0) is None
    assert balance(store, LIFE) == Balance(MOST_NANO - 10 - near, 10 + near, MOST_NANO - 10 - near)
    settlement = store.settle(entry("b", 10 + near), ["lifetime"], [LIFE])
    assert settlement.movements == (Movement("lifetime", MOST_NANO - 10 - near, MOST_NANO),)
    assert [each.amount for each in store.entries()] == [MOST_NANO - 10 - near, 10 + near]


@pytest.mark.parametrize("share", [1, 7, 333, 999, 1000])
@pytest.mark.parametrize("spent", [0, 1, 5, 600, 998, 999])
def test_share(share: int, spent: int, store: Store) -> None:
    """A share of a large amount is exact, though thousandths of it are more than 64 bits hold."""
    claim = Claim("shared", MOST_NANO, "shared", share)
    store.settle(entry("before", spent), [], [claim])
    most = (MOST_NANO - spent) * share // 1000

    assert store.reserve(hold("b", most + 1), [claim], 0) == Refusal("shared", MOST_NANO, spent, 0)
    assert store.reserve(hold("b", most), [claim], 0) is None


def test_end(store: Store) -> None:
    """The end of a hold is exact to the millisecond, however long its digits are."""
    now = 10**15 + 1
    store.reserve(hold(lease=1000), [LIFE], now)

    assert (store.in_flight(now + 999), store.in_flight(now + 1000)) == (1, 0)
    assert balance(store, LIFE, now + 999).reserved == 10
    assert balance(store, LIFE, now + 1000).reserved == 0


def test_round(store: Store) -> None:
    """Round amounts are not written with an exponent."""
    amount, limit = 10**15, 9 * 10**15
    store.set_limit("lifetime", limit)
    store.reserve(hold(amount=amount, lease=9 * 10**13), [LIFE], 10**13)
    assert (store.in_flight(10**14 - 1), store.in_flight(10**14)) == (1, 0)
    store.settle(entry(amount=amount, at=10**13), ["lifetime"], [LIFE])

    assert store.limit("lifetime") == limit
    assert balance(store, LIFE) == Balance(amount, 0, amount)
    assert [(each.amount, each.started_at) for each in store.entries()] == [(amount, 10**13)]
