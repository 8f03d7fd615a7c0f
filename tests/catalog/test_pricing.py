"""Prices: which there are, what they are, and which holds when."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import Pricing, PricingOverride, Rates
from tests.helpers.records import FULL, JSON, spoiled
from tests.helpers.schema import description

if TYPE_CHECKING:
    from pathlib import Path

NOON = dt.datetime(2026, 8, 15, 12, tzinfo=dt.UTC)
RATES = [each.name for each in dataclasses.fields(Rates)]
BASE = {"prompt": "0.000001", "completion": "0.000002"}


def keys_of(folder: Path, schema: str) -> set[str]:
    """Read the keys of an object of the API description."""
    return set(description(folder)["components"]["schemas"][schema]["properties"])


def test_every_key_of_the_description_is_a_field(shared: Path) -> None:
    """`Pricing` has a field for each key of `PublicPricing`, `PricingOverride` for each condition and price of it."""
    fields = {each.name for each in dataclasses.fields(Pricing)}
    of_override = {each.name for each in dataclasses.fields(PricingOverride)}

    assert fields == keys_of(shared, "PublicPricing")
    assert keys_of(shared, "PricingOverride") <= of_override
    assert of_override - set(RATES) - {"undecided"} <= keys_of(shared, "PricingOverride")


@pytest.mark.parametrize("name", RATES)
def test_each_price(name: str) -> None:
    """Each price arrives under its own name, exactly; without it, or where it is `"-1"`, it is `None`."""
    pricing = Pricing.from_record({name: "0.00000123"})

    assert pricing.known == {name: Decimal("0.00000123")}
    assert getattr(pricing, name) == Decimal("0.00000123")
    assert getattr(Pricing.from_record({}), name) is None
    assert getattr(Pricing.from_record({name: "-1"}), name) is None
    assert getattr(Pricing.from_record({name: None}), name) is None


@pytest.mark.parametrize("name", RATES)
def test_each_price_of_an_override(name: str) -> None:
    """An override may change any price, also one that has no base; all others stay."""
    pricing = Pricing.from_record({**BASE, "overrides": [{"min_prompt_tokens": 10, name: "0.5"}]})

    assert pricing.at(10, NOON).known == {name: Decimal(price) for name, price in BASE.items()}
    assert pricing.at(11, NOON).known == {**pricing.known, name: Decimal("0.5")}


TIERS: list[dict[str, Any]] = [
    {"min_prompt_tokens": 1000, "prompt": "0.000002"},
    {"min_prompt_tokens": 5000.0, "prompt": "0.000003", "completion": "0.00001"},
    {"utc_start": 2200, "utc_end": 600, "completion": "0.000001"},
]


@pytest.mark.parametrize(
    ("tokens", "hour", "prompt", "completion"),
    [
        (0, 12, "0.000001", "0.000002"),
        (1000, 12, "0.000001", "0.000002"),
        (1001, 12, "0.000002", "0.000002"),
        (5000, 12, "0.000002", "0.000002"),
        (5001, 12, "0.000003", "0.00001"),
        (5001, 23, "0.000003", "0.000001"),
        (1, 5, "0.000001", "0.000001"),
        (1, 6, "0.000001", "0.000002"),
    ],
)
def test_tiers_and_windows(tokens: int, hour: int, prompt: str, completion: str) -> None:
    """A tier begins above its threshold; of entries that apply, the later wins, price by price."""
    rates = Pricing.from_record({**BASE, "overrides": TIERS}).at(tokens, NOON.replace(hour=hour))

    assert (rates.prompt, rates.completion) == (Decimal(prompt), Decimal(completion))


def test_the_later_entry_wins_also_when_it_is_the_smaller_tier() -> None:
    """The order of the list counts, not the size of the threshold."""
    pricing = Pricing.from_record({**BASE, "overrides": TIERS[1::-1]})

    assert pricing.at(9000, NOON).prompt == Decimal("0.000002")
    assert pricing.at(9000, NOON).completion == Decimal("0.00001")


WINDOWS: list[tuple[dict[str, Any], list[tuple[int, int]]]] = [
    ({"utc_start": 100, "utc_end": 400}, [(100, 359)]),
    ({"utc_start": 30, "utc_end": 230}, [(30, 229)]),
    ({"utc_start": 2200, "utc_end": 130}, [(0, 129), (2200, 2359)]),
    ({"utc_start": 2100}, [(2100, 2359)]),
    ({"utc_start": 2100, "utc_end": None}, [(2100, 2359)]),
    ({"utc_end": 300.0}, [(0, 259)]),
    ({"utc_start": 2200, "utc_end": 2400}, [(2200, 2359)]),
    ({"utc_start": 2200, "utc_end": 0}, [(2200, 2359)]),
    ({"utc_start": 0, "utc_end": 2400}, [(0, 2359)]),
    ({"utc_start": 0}, [(0, 2359)]),
    ({"utc_start": 500, "utc_end": 500}, []),
    ({"utc_start": 0, "utc_end": 0}, []),
    ({"utc_start": 2100, "min_prompt_tokens": 100}, []),
    ({"utc_start": 2100, "min_prompt_tokens": 99}, [(2100, 2359)]),
    ({}, [(0, 2359)]),
]
CLOCKS = [hour * 100 + minute for hour in range(24) for minute in range(60)]


@pytest.mark.parametrize(("conditions", "spans"), WINDOWS)
def test_windows(conditions: dict[str, Any], spans: list[tuple[int, int]]) -> None:
    """A window holds from its first minute until before its last, past midnight too; one end reaches to midnight."""
    pricing = Pricing.from_record({**BASE, "overrides": [{**conditions, "prompt": "0.5"}]})
    inside = [
        clock
        for clock in CLOCKS
        if pricing.at(100, NOON.replace(hour=clock // 100, minute=clock % 100)).prompt == Decimal("0.5")
    ]

    assert inside == [clock for clock in CLOCKS if any(first <= clock <= last for first, last in spans)]


def test_a_window_ends_to_the_microsecond() -> None:
    """The last microsecond before the end is inside, the end is not."""
    pricing = Pricing.from_record({**BASE, "overrides": [{"utc_start": 900, "utc_end": 1200, "prompt": "0.5"}]})

    assert pricing.at(0, NOON - dt.timedelta(microseconds=1)).prompt == Decimal("0.5")
    assert pricing.at(0, NOON).prompt == Decimal("0.000001")


def test_hours_are_those_of_utc() -> None:
    """A time of another zone is turned into UTC; one without a zone is UTC."""
    pricing = Pricing.from_record({**BASE, "overrides": [{"utc_start": 1200, "utc_end": 1300, "prompt": "0.5"}]})
    tokyo = dt.timezone(dt.timedelta(hours=9))

    assert pricing.at(0, NOON.astimezone(tokyo)).prompt == Decimal("0.5")
    assert pricing.at(0, NOON.replace(tzinfo=tokyo)).prompt == Decimal("0.000001")
    assert pricing.at(0, NOON.replace(tzinfo=None)).prompt == Decimal("0.5")


def test_the_time_is_now_unless_told() -> None:
    """Without a time, the window that the clock is in applies."""
    now = dt.datetime.now(dt.UTC)
    start, end = now - dt.timedelta(hours=2), now + dt.timedelta(hours=2)
    window = {"utc_start": start.hour * 100 + start.minute, "utc_end": end.hour * 100 + end.minute, "prompt": "0.5"}

    assert Pricing.from_record({**BASE, "overrides": [window]}).at().prompt == Decimal("0.5")


@pytest.mark.parametrize("discount", [0.1, "0.1", 0.25, 1])
def test_a_discount_multiplies(discount: Any) -> None:
    """A discount takes its share off every price, those of overrides too, and off the price per million."""
    pricing = Pricing.from_record({**BASE, "discount": discount, "overrides": [{"completion": "0.00001"}]})
    kept = 1 - Decimal(str(discount))

    assert pricing.at(0, NOON).known == {
        "prompt": Decimal("0.000001") * kept,
        "completion": Decimal("0.00001") * kept,
    }
    assert pricing.per_million("prompt") == kept
    assert pricing.per_million("image") is None


@pytest.mark.parametrize(
    "condition",
    [
        {"min_prompt_tokens": "many"},
        {"min_prompt_tokens": float("nan")},
        {"min_prompt_tokens": True},
        {"utc_start": 2460},
        {"utc_start": -100},
        {"utc_start": 100, "utc_end": 9900},
        {"utc_end": "tea time"},
        {"utc_end": []},
    ],
)
def test_a_condition_that_cannot_be_read_is_not_met(condition: dict[str, Any]) -> None:
    """Where a known condition says something unknown, its entry never applies, and the others do."""
    entries = [{"prompt": "0.5"}, {**condition, "prompt": "9"}]
    pricing = Pricing.from_record({**BASE, "overrides": entries})

    assert pricing.at(10**6, NOON).prompt == Decimal("0.5")


@pytest.mark.parametrize(
    "condition",
    [
        {"min_prompt_tokens": "100000"},
        {"utc_start": "2200"},
        {"utc_end": "0600"},
        {"utc_start": "2200", "utc_end": 600},
    ],
)
def test_a_condition_that_is_written_as_a_text_does_not_hold_always(condition: dict[str, Any]) -> None:
    """A number in quotation marks is no price: the entry keeps its condition, or never applies."""
    pricing = Pricing.from_record({**BASE, "overrides": [{**condition, "prompt": "9"}]})

    assert pricing.at(100, NOON).prompt == Decimal("0.000001")


@pytest.mark.parametrize("condition", [{"min_images": 3}, {"weekdays": ["sat", "sun"]}, {"region": "eu"}, {"x": True}])
def test_a_condition_that_nobody_knows_is_not_met(condition: dict[str, Any]) -> None:
    """An entry applies only when all of its conditions hold, and of a new one that cannot be told."""
    pricing = Pricing.from_record({**BASE, "overrides": [{**condition, "prompt": "9"}]})

    assert pricing.at(10**6, NOON).prompt == Decimal("0.000001")


def test_a_new_price_in_an_override_spoils_nothing() -> None:
    """A price of a kind that nobody knows is passed over; those beside it change."""
    entry = {"min_prompt_tokens": 5, "prompt": "9", "hologram": "0.01"}
    pricing = Pricing.from_record({**BASE, "overrides": [entry], "hologram": "0.02"})

    assert pricing.at(6, NOON).known == {"prompt": Decimal(9), "completion": Decimal("0.000002")}


def minutes_of(entry: dict[str, Any]) -> set[int]:
    """Walk through the minutes of a window, one by one."""
    start, end = (
        clock // 100 * 60 + clock % 100
        for clock in (
            0 if entry.get("utc_start") is None else entry["utc_start"],
            2400 if entry.get("utc_end") is None else entry["utc_end"],
        )
    )
    return {minute % 1440 for minute in range(start, end if end >= start else end + 1440)}


def reference(record: dict[str, Any], tokens: int, at: dt.datetime) -> dict[str, Decimal]:
    """Tell the prices of a request by other means than the package's: from the last entry back to the base.

    A price of `-1` is decided per request, and is not known, also where an entry says so of a price that is known.
    """
    minute = at.hour * 60 + at.minute
    prices: dict[str, Decimal] = {}
    for name in RATES:
        for entry in [*reversed(record.get("overrides", [])), record]:
            threshold = entry.get("min_prompt_tokens")
            reached = threshold is None or tokens > threshold
            if name in entry and reached and minute in minutes_of(entry):
                if entry[name] != "-1":
                    prices[name] = Decimal(entry[name]) - Decimal(entry[name]) * Decimal(str(record.get("discount", 0)))
                break
    return prices


CLOCK = st.none() | st.sampled_from([0, 1, 59, 100, 630, 1159, 1200, 2200, 2359]) | st.sampled_from(CLOCKS)
PRICE = st.decimals(0, 1, places=7).map(str) | st.sampled_from(["0", "-1"])
PRICES = dict.fromkeys(("prompt", "completion", "input_cache_read", "web_search"), PRICE)
TOKENS = st.sampled_from([0, 1, 1000, 200_000])
ENTRY = st.fixed_dictionaries(
    {}, optional={**PRICES, "min_prompt_tokens": TOKENS, "utc_start": CLOCK, "utc_end": CLOCK | st.just(2400)}
)
RECORD = st.fixed_dictionaries(
    {"image": PRICE},
    optional={**PRICES, "discount": st.sampled_from([0, 0.1, 0.5, 1]), "overrides": st.lists(ENTRY, max_size=4)},
)


@given(RECORD, TOKENS.flatmap(lambda tokens: st.integers(max(tokens - 1, 0), tokens + 1)), st.sampled_from(CLOCKS))
@example({"prompt": "1", "overrides": [{"utc_start": 0, "utc_end": 0, "prompt": "2"}]}, 0, 0)
@settings(max_examples=600, deadline=None)
def test_prices_against_brute_force(record: dict[str, Any], tokens: int, clock: int) -> None:
    """Whatever tiers, windows and discount: the prices are those of a reading minute by minute."""
    at = NOON.replace(hour=clock // 100, minute=clock % 100)

    assert Pricing.from_record(record).at(tokens, at).known == reference(record, tokens, at)


@given(spoiled(FULL["pricing"], frozenset()), st.floats(0, 1e7))
@settings(max_examples=300, deadline=None)
def test_garbage_is_borne(record: dict[str, Any], tokens: float) -> None:
    """Whatever stands in whichever place: prices are decimals from 0 or unknown, and can be asked for."""
    pricing = Pricing.from_record(record)

    for rates in (pricing, pricing.at(tokens, NOON), *pricing.overrides):
        for name in RATES:
            price = getattr(rates, name)
            assert price is None or (isinstance(price, Decimal) and price.is_finite() and price >= 0)
            assert (pricing.per_million(name) is None) is (getattr(pricing, name) is None)
    assert 0 <= pricing.discount <= 1
    assert pricing.is_free in {True, False}


@given(st.dictionaries(st.sampled_from([*RATES, "discount", "overrides"]), JSON))
@settings(max_examples=300, deadline=None)
def test_any_value_of_any_key_is_borne(record: dict[str, Any]) -> None:
    """No value of any key stops the reading, and what is no price is no price of 0."""
    pricing = Pricing.from_record(record)

    for name in RATES:
        value = record.get(name)
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            assert getattr(pricing, name) is None


@pytest.mark.parametrize(
    ("record", "free"),
    [
        ({"prompt": "0", "completion": "0"}, True),
        ({"prompt": "0", "completion": "0", "request": "0", "image": "0"}, True),
        ({"prompt": "0", "completion": "0", "web_search": "0.01"}, False),
        ({"prompt": "0"}, False),
        ({"completion": "0"}, False),
        ({}, False),
        ({"prompt": "-1", "completion": "-1"}, False),
        ({"prompt": "0", "completion": "0.1"}, False),
        ({"prompt": "0", "completion": "0", "overrides": [{"min_prompt_tokens": 5, "prompt": "0"}]}, True),
        ({"prompt": "0", "completion": "0", "overrides": [{"min_prompt_tokens": 5, "prompt": "1"}]}, False),
        ({"prompt": "0", "completion": "0", "overrides": [{"min_prompt_tokens": 5, "prompt": "-1"}]}, False),
        ({"prompt": "1", "completion": "1", "discount": 1}, True),
        ({"prompt": "1", "completion": "1", "discount": 0.99}, False),
    ],
)
def test_free(record: dict[str, Any], free: bool) -> None:
    """Free is what has no price above zero anywhere, and tells both prices that every request has."""
    assert Pricing.from_record(record).is_free is free


def test_a_pricing_is_a_value() -> None:
    """Prices compare by what they say, can be hashed, pickled and copied, and do not change."""
    pricing, same = Pricing.from_record(FULL["pricing"]), Pricing.from_record(copy.deepcopy(FULL["pricing"]))
    other = Pricing.from_record({**FULL["pricing"], "prompt": "0.000004"})

    assert pricing == same == pickle.loads(pickle.dumps(pricing)) == copy.deepcopy(pricing)  # noqa: S301
    assert hash(pricing) == hash(same)
    assert pricing != other
    for value in (pricing, pricing.overrides[0], pricing.at(0, NOON)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, None)
        assert not hasattr(value, "__dict__")
