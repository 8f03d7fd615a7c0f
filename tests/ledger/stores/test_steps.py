"""What each step does, in every store: the same suite for all of them."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from langchain_openrouter.ledger.stores.store import Balance, Claim, Entry, Movement, Refusal, Settlement
from tests.ledger.stores.made import DAY, LEASE, MONTH, balance, entry, hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_openrouter.ledger.stores.store import Store
    from tests.ledger.stores.conftest import Place


@pytest.fixture
def other(place: Place) -> Iterator[Store]:
    """Give the same ledger as `store`, opened once more."""
    with contextlib.closing(place.open()) as other:
        yield other


class TestReserve:
    def test_fits(self, store: Store) -> None:
        """What is reserved stands in all counters, and nothing is spent."""
        assert store.reserve(hold(), [DAY, MONTH], 0) is None
        assert store.balances([DAY.counter, MONTH.counter, "none"], 0) == {
            DAY.counter: Balance(0, 10),
            MONTH.counter: Balance(0, 10),
            "none": Balance(),
        }

    def test_all_or_nothing(self, store: Store) -> None:
        """A call that does not fit into one counter is reserved in none, and the refusal tells how that one stands."""
        store.settle(entry("before", 30), [], [DAY])
        store.reserve(hold("meanwhile", 20), [DAY], 0)

        assert store.reserve(hold("b", 51), [MONTH, DAY], 0) == Refusal(DAY.counter, 100, 30, 20)
        assert balance(store, MONTH) == Balance()
        assert store.reserve(hold("b", 50), [MONTH, DAY], 0) is None

    def test_first_refusal(self, store: Store) -> None:
        """Of two counters that refuse, the first is named."""
        assert store.reserve(hold(amount=5000), [MONTH, DAY], 0) == Refusal(MONTH.counter, 1000, 0, 0)
        assert store.reserve(hold(amount=5000), [DAY, MONTH], 0) == Refusal(DAY.counter, 100, 0, 0)

    def test_again(self, store: Store) -> None:
        """A call that has its hold keeps it as it is, whatever a second holder asks for; new counters are added."""
        store.reserve(hold(amount=60), [DAY], 0)

        assert store.reserve(hold(amount=99, lease=9999), [DAY, MONTH], 0) is None
        assert balance(store) == Balance(0, 60)
        assert balance(store, MONTH) == Balance(0, 60)
        assert balance(store, now=LEASE) == Balance()

    def test_named_twice(self, store: Store) -> None:
        """A counter that is named twice is reserved in once; both limits count."""
        strict = Claim(DAY.counter, 9, "strict")
        assert store.reserve(hold(), [DAY, strict], 0) == Refusal(DAY.counter, 9, 0, 0)
        assert store.reserve(hold(amount=9), [DAY, strict], 0) is None
        assert balance(store) == Balance(0, 9)
        store.settle(entry(), [DAY.counter, DAY.counter], [DAY, strict])
        assert balance(store) == Balance(7, 0, 7)

    def test_nothing(self, store: Store) -> None:
        """An amount of 0 fits into a counter that is over its limit."""
        store.settle(entry("before", 500), [], [DAY])

        assert store.reserve(hold(amount=0), [DAY], 0) is None
        assert store.reserve(hold("b", amount=1), [DAY], 0) == Refusal(DAY.counter, 100, 500, 0)

    @pytest.mark.parametrize(("share", "most"), [(1000, 100), (500, 50), (333, 33), (1, 0), (0, 0), (None, 100)])
    def test_share(self, share: int | None, most: int, store: Store) -> None:
        """A call takes no more than its share of what is left, rounded down."""
        claim = Claim("shared", 100, "shared", share)

        assert store.reserve(hold("more", most + 1), [claim], 0) == Refusal("shared", 100, 0, 0)
        assert store.reserve(hold("most", most), [claim], 0) is None

    def test_changed_limit(self, store: Store, other: Store) -> None:
        """A limit that was set goes before that of the claim, for all who use the ledger, until it is taken away."""
        store.set_limit(DAY.budget, 5)
        assert (store.limit(DAY.budget), other.limit(DAY.budget), store.limit("none")) == (5, 5, None)
        assert other.reserve(hold(), [DAY], 0) == Refusal(DAY.counter, 5, 0, 0)
        store.set_limit(DAY.budget, 10)
        assert other.reserve(hold(), [DAY], 0) is None
        store.set_limit(DAY.budget, None)
        store.set_limit(DAY.budget, None)
        assert other.limit(DAY.budget) is None
        assert other.reserve(hold("b", 90), [DAY], 0) is None

    def test_seen_elsewhere(self, store: Store, other: Store) -> None:
        """What one reserved, another finds taken."""
        store.reserve(hold(amount=95), [DAY], 0)

        assert other.reserve(hold("b", 6), [DAY], 0) == Refusal(DAY.counter, 100, 0, 95)


class TestSettle:
    def test_books(self, store: Store) -> None:
        """The hold goes, the cost stays, the peak moves."""
        store.reserve(hold(), [DAY, MONTH], 0)

        settlement = store.settle(entry(), [DAY.counter, MONTH.counter], [DAY, MONTH])

        assert settlement == Settlement("booked", (Movement(DAY.counter, 0, 7), Movement(MONTH.counter, 0, 7)))
        assert balance(store) == balance(store, MONTH) == Balance(7, 0, 7)
        assert list(store.entries()) == [entry()]

    def test_once(self, store: Store) -> None:
        """A call that is settled again costs nothing more, and keeps what was booked first."""
        store.settle(entry(), [], [DAY])

        assert store.settle(entry(amount=50, generation="gen"), [], [DAY]) == Settlement("known")
        assert balance(store) == Balance(7, 0, 7)
        assert list(store.entries()) == [entry()]

    def test_second_holder(self, store: Store) -> None:
        """A call that two account for is in the ledger once, and charged to the counters of both."""
        store.reserve(hold(), [DAY], 0)
        store.reserve(hold(), [DAY, MONTH], 0)

        store.settle(entry(), [DAY.counter], [DAY])
        assert balance(store, MONTH) == Balance(0, 10)
        assert store.settle(entry(), [MONTH.counter], [DAY, MONTH]) == Settlement(
            "known", (Movement(MONTH.counter, 0, 7),)
        )
        assert balance(store) == balance(store, MONTH) == Balance(7, 0, 7)

    def test_corrects(self, store: Store) -> None:
        """A pending cost is replaced by the one that is known; the peak stays where it was."""
        store.settle(entry(amount=50, pending=True), [], [DAY])

        assert store.settle(entry(amount=20, generation="gen"), [], [DAY]) == Settlement("corrected")
        assert balance(store) == Balance(20, 0, 50)
        assert list(store.entries()) == [entry(amount=20, generation="gen")]
        assert store.settle(entry("b", 35), [], [DAY]) == Settlement("booked", (Movement(DAY.counter, 50, 55),))

    def test_corrects_upwards(self, store: Store) -> None:
        """A call that cost more than was supposed moves the peak by the difference."""
        store.settle(entry(amount=20, pending=True), [], [DAY])

        assert store.settle(entry(amount=50), [], []) == Settlement("corrected", (Movement(DAY.counter, 20, 50),))

    def test_replayed(self, store: Store) -> None:
        """A generation that another call has paid for costs nothing."""
        store.settle(entry("a", generation="gen"), [], [DAY])
        store.reserve(hold("b"), [DAY], 0)

        assert store.settle(entry("b", generation="gen"), [DAY.counter], [DAY]) == Settlement("replayed")
        assert balance(store) == Balance(7, 0, 7)
        assert list(store.entries()) == [entry("a", generation="gen")]

    def test_replayed_after_a_guess(self, store: Store) -> None:
        """A pending call that turns out to be a replay is taken out again."""
        store.settle(entry("a", generation="gen"), [], [DAY])
        store.settle(entry("b", 50, pending=True), [], [DAY])

        assert store.settle(entry("b", generation="gen"), [], [DAY]) == Settlement("replayed")
        assert balance(store) == Balance(7, 0, 57)
        assert list(store.entries()) == [entry("a", generation="gen")]

    def test_generation_is_freed(self, store: Store) -> None:
        """A corrected call has the generation that it was corrected to, and no other."""
        store.settle(entry("a", generation="old", pending=True), [], [])
        store.settle(entry("a", generation="new", pending=True), [], [])

        assert store.settle(entry("b", generation="old"), [], []).outcome == "booked"
        assert store.settle(entry("c", generation="new"), [], []).outcome == "replayed"

    def test_empty_generation(self, store: Store) -> None:
        """An empty generation id is none, so two calls may have it."""
        assert store.settle(entry("a", generation=""), [], []).outcome == "booked"
        assert store.settle(entry("b", generation=""), [], []).outcome == "booked"

    def test_without_hold(self, store: Store) -> None:
        """What was never reserved, or expired, is booked all the same, beyond every limit."""
        assert store.settle(entry(amount=500), [DAY.counter], [DAY]).outcome == "booked"
        assert balance(store) == Balance(500, 0, 500)

    def test_data_is_kept(self, store: Store, other: Store) -> None:
        """Texts of a call come back as they went in."""
        data = '{"a\\u0000b": "ä😀\\n\\"\\\\", "$1": "%s {} {{}} \'; --", "n": 1e400}\r\n\t'
        odd = Entry("id ä😀'\"%s{}", 1, 2**40, "gen-'\"{}", True, data)

        store.settle(odd, [], [Claim("counter ä😀'\"%s{}[]:*", 10, "budget '\"")])

        assert list(other.entries()) == [odd]


class TestRelease:
    def test_gives_back(self, store: Store) -> None:
        """What is released is free again, and the call is not in the ledger."""
        store.reserve(hold(amount=100), [DAY, MONTH], 0)
        store.release("a", [DAY.counter, MONTH.counter])

        assert balance(store) == balance(store, MONTH) == Balance()
        assert list(store.entries()) == []
        assert store.reserve(hold("b", 100), [DAY], 0) is None

    def test_only_its_own(self, store: Store) -> None:
        """A holder gives back its own counters; twice is once; what it does not know is passed over."""
        store.reserve(hold(), [DAY, MONTH], 0)
        store.release("a", ["none", DAY.counter])
        store.release("a", ["none", DAY.counter])
        store.release("none", [MONTH.counter])

        assert (balance(store), balance(store, MONTH)) == (Balance(), Balance(0, 10))


class TestExpiry:
    def test_gives_back(self, store: Store) -> None:
        """A hold without a call is given back at its time, not before."""
        store.reserve(hold(amount=100), [DAY], 0)

        assert store.reserve(hold("b"), [DAY], LEASE - 1) == Refusal(DAY.counter, 100, 0, 100)
        assert store.reserve(hold("b", lease=9999), [DAY], LEASE) is None
        assert balance(store) == Balance(0, 10)

    def test_books(self, store: Store) -> None:
        """A hold with a call books it, in the counters of the hold, and it can be corrected later."""
        guess = entry(amount=10, pending=True)
        store.reserve(hold(entry=guess), [DAY, MONTH], 0)

        assert balance(store, now=LEASE) == Balance(10, 0, 10)
        assert list(store.entries(pending=True)) == [guess]
        assert store.settle(entry(), [DAY.counter], [DAY, MONTH]).outcome == "corrected"
        assert balance(store, MONTH) == Balance(7, 0, 10)

    def test_own_clock(self, store: Store) -> None:
        """Without a time, a store takes its own clock, which is that of today."""
        now = int(time.time() * 1000)
        store.reserve(hold(lease=3_600_000), [DAY], None)

        assert store.in_flight(None) == store.in_flight(now + 3_000_000) == 1
        assert balance(store, now=now + 3_000_000) == Balance(0, 10)
        assert balance(store, now=now + 4_200_000) == Balance()

    def test_first_end_stays(self, store: Store) -> None:
        """A hold ends a lease after it was made: a second holder, who comes later, does not make it last longer."""
        store.reserve(hold(), [DAY], 100)
        store.reserve(hold(lease=9999), [DAY, MONTH], 300)

        assert balance(store, now=100 + LEASE - 1) == balance(store, MONTH, 100 + LEASE - 1) == Balance(0, 10)
        assert balance(store, now=100 + LEASE) == balance(store, MONTH, 100 + LEASE) == Balance()

    def test_clock_goes_back(self, store: Store) -> None:
        """What has expired stays so when a clock is set back."""
        store.reserve(hold(), [DAY], 0)
        store.balances([], LEASE)

        assert balance(store, now=-LEASE) == Balance()
        assert store.reserve(hold(lease=LEASE - 1), [DAY], -LEASE) is None
        assert balance(store, now=-2) == Balance(0, 10)


class TestEntries:
    def test_range(self, store: Store) -> None:
        """Calls of a time come in order; the begin belongs to it, the end does not."""
        for call, at in [("c", 5), ("b", 5), ("a", 9), ("d", 1)]:
            store.settle(entry(call, at=at), [], [])

        def ids(since: int | None = None, until: int | None = None) -> str:
            return "".join(each.id for each in store.entries(since, until))

        assert (ids(), ids(5), ids(2, 9), ids(None, 5), ids(6, 9)) == ("dbca", "bca", "bc", "d", "")

    def test_many(self, store: Store) -> None:
        """More calls than are read at once come all, each once, also where many began at the same moment."""
        calls = [f"{number:04}" for number in range(2100)]
        for number, call in enumerate(calls):
            store.settle(entry(call, at=number // 1500, pending=number % 2 == 0), [], [])

        assert [each.id for each in store.entries()] == calls
        assert [each.id for each in store.entries(pending=True)] == calls[::2]
        assert store.prune(1, 0) == 1500
        assert [each.id for each in store.entries()] == calls[1500:]


class TestPrune:
    def test_calls(self, store: Store) -> None:
        """Old calls are forgotten with their generations; what they cost stays in the counters."""
        store.settle(entry("old", at=1, generation="gen"), [], [DAY])
        store.settle(entry("new", at=2), [], [DAY])

        assert store.prune(2, 0) == 1
        assert [each.id for each in store.entries()] == ["new"]
        assert balance(store) == Balance(14, 0, 14)
        assert store.settle(entry("again", generation="gen"), [], []).outcome == "booked"

    def test_counters(self, store: Store) -> None:
        """Counters go after their time, unless something is reserved in them, or their time never ends."""
        lasting = Claim("lifetime", 100, "lifetime")
        store.settle(entry("a"), [], [DAY, MONTH, lasting])
        store.reserve(hold("b"), [MONTH], 0)

        assert store.prune(None, 2000) == 0
        assert balance(store) == Balance(7, 0, 7)
        assert store.prune(None, 10_000) == 0
        assert (balance(store), balance(store, MONTH)) == (Balance(), Balance(7, 10, 7))
        assert balance(store, lasting) == Balance(7, 0, 7)

    def test_no_ghosts(self, store: Store) -> None:
        """A call that is corrected after its counter was forgotten does not bring the counter back."""
        store.settle(entry(amount=50, pending=True), [], [DAY])
        store.prune(None, 10_000)

        assert store.settle(entry(amount=20), [], []) == Settlement("corrected")
        assert balance(store) == Balance()

    def test_expired_after_its_counter(self, store: Store) -> None:
        """A hold of nothing that outlives its counter is booked without it; it may be charged there later."""
        store.reserve(hold(amount=0, entry=entry()), [DAY], 0)
        store.prune(None, 10_000)

        assert balance(store, now=LEASE) == Balance()
        assert store.settle(entry(), [], [DAY]) == Settlement("known", (Movement(DAY.counter, 0, 7),))

    def test_never_below_zero(self, store: Store) -> None:
        """A counter that was forgotten and begun anew is not charged back what it does not know of."""
        store.settle(entry(amount=50, pending=True), [], [DAY])
        store.prune(None, 10_000)
        store.settle(entry("b", 5), [], [DAY])
        store.settle(entry(amount=20), [], [])

        assert balance(store) == Balance(0, 0, 5)

    def test_many_counters(self, store: Store) -> None:
        """More counters than are looked at once are forgotten, beside those that stay."""
        claims = [Claim(f"run|{number:04}", 100, "run", None, number) for number in range(2100)]
        store.reserve(hold(), claims[::3], 0)
        store.settle(entry("b"), [], claims)

        store.prune(None, 10_000)

        left = store.balances([claim.counter for claim in claims], 0)
        assert [left[claim.counter] for claim in claims] == [
            Balance() if number % 3 else Balance(7, 10, 7) for number in range(2100)
        ]


def test_threads(store: Store) -> None:
    """Eight threads that spend at once, and some that come too late, leave exact totals and never break the limit."""
    claim = Claim("shared", 8 * 200 * 7, "shared")
    tight = Claim("tight", 14, "tight")

    def work(thread: int) -> int:
        refused = 0
        for number in range(200):
            call = f"{thread}-{number}"
            refused += store.reserve(hold(call, 7, 10**12), [claim, tight], None) is not None
            assert 0 <= balance(store, tight).reserved <= 14
            store.settle(entry(call, 7, number), ["shared", "tight"], [claim])
        return refused

    with ThreadPoolExecutor(8) as pool:
        refused = sum(pool.map(work, range(8)))

    assert store.balances(["shared", "tight"], None) == {"shared": Balance(11200, 0, 11200), "tight": Balance()}
    assert len(list(store.entries())) == 1600
    assert refused < 1600


def test_threads_with_one_call(store: Store) -> None:
    """Of four threads that settle the same call at once, one books it, and it is charged once to each counter."""
    together = threading.Barrier(4)

    def work(_: int) -> list[str]:
        outcomes: list[str] = []
        for number in range(60):
            together.wait(60)
            claims = [DAY, Claim(f"run|{number}", 100, "run")]
            outcomes.append(store.settle(entry(f"{number}", generation=f"gen-{number}"), [], claims).outcome)
        return outcomes

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(work, range(4)))

    assert [sorted(each) for each in zip(*outcomes, strict=True)] == [["booked", "known", "known", "known"]] * 60
    assert balance(store) == Balance(420, 0, 420)
    assert balance(store, Claim("run|7", 100, "run")) == Balance(7, 0, 7)


def test_close(store: Store) -> None:
    """A store that was closed opens again; what was in it is there."""
    store.settle(entry(), [], [DAY])
    store.close()
    store.close()

    assert balance(store) == Balance(7, 0, 7)
