"""What holds of every price: any usage at any prices."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from langchain_openrouter.catalog import Pricing
from langchain_openrouter.costs import Usage, price
from tests.costs.made import ANSWER_DETAILS, PROMPT_DETAILS, amounts, pricings, reference, usages

times = st.integers(0, 23).map(lambda hour: dt.datetime(2026, 8, 15, hour, 30, tzinfo=dt.UTC))
at_any_price = pricings(with_overrides=False)
NOON = dt.datetime(2026, 8, 15, 12, tzinfo=dt.UTC)


def computed(used: Usage, pricing: dict[str, Any], **options: Any) -> Decimal:
    """Give what a usage comes to, which is known for all prices of this module."""
    amount = price(used, Pricing.from_record(pricing), **options).computed
    assert amount is not None
    return amount


def known(pricing: dict[str, Any], used: Usage) -> dict[str, Any]:
    """Give prices with one for a search, where there was one."""
    return {**pricing, "web_search": pricing.get("web_search", "0.01")} if used.searches else pricing


@given(usages(), pricings(), times)
def test_every_token_has_its_price(used: Usage, pricing: dict[str, Any], at: dt.datetime) -> None:
    """The total is that of giving each single token its price, by tier, hour and discount, to the last digit."""
    pricing = known(pricing, used)

    assert Fraction(computed(used, pricing, at=at)) == reference(pricing, used, at)


@given(usages(), pricings(), times, st.integers(0, 5))
def test_lines_add_up(used: Usage, pricing: dict[str, Any], at: dt.datetime, images: int) -> None:
    """The amounts of all lines are the total, and no line but those of prompt and answer is empty."""
    charge = price(used, Pricing.from_record(known(pricing, used)), at=at, images=images)

    lines = [(part.kind, part.count * part.rate) for part in charge.parts if part.rate is not None]
    assert [part.amount for part in charge.parts] == [amount for _, amount in lines]
    assert charge.total == charge.computed == sum(amount for _, amount in lines)
    assert {part.kind for part in charge.parts if not part.count} <= {"prompt", "completion"}


@given(usages(searches=False), at_any_price)
def test_no_token_is_lost_or_counted_twice(used: Usage, pricing: dict[str, Any]) -> None:
    """The counts of all lines together are the tokens of the usage, unless writing is storage beside sending."""
    assume(Decimal(pricing.get("input_cache_write", pricing["prompt"])) >= Decimal(pricing["prompt"]))

    charge = price(used, Pricing.from_record({name: each for name, each in pricing.items() if name != "request"}))

    assert sum(part.count for part in charge.parts) == (used.prompt or 0) + (used.completion or 0)


@given(usages(), at_any_price, st.sampled_from(["prompt", "completion", "searches"]), st.integers(1, 1000))
def test_more_never_costs_less(used: Usage, pricing: dict[str, Any], name: str, more: int) -> None:
    """More tokens of the prompt, of the answer, or more searches never lower the total."""
    pricing = {**pricing, "web_search": pricing.get("web_search", "0.01")}
    greater = dataclasses.replace(used, **{name: getattr(used, name) + more})

    assert computed(used, pricing) <= computed(greater, pricing)


RATES = {
    "cached": "input_cache_read",
    "written": "input_cache_write",
    "written_1h": "input_cache_write_1h",
    "image": "image_token",
    "video": "prompt",
    "audio": "audio",
    "reasoning": "internal_reasoning",
    "audio_output": "audio_output",
    "image_output": "image_output",
}
"""The price of each detail."""


@given(usages(), at_any_price, st.sampled_from(sorted(RATES)))
def test_a_detail_moves_the_total_by_its_price(used: Usage, pricing: dict[str, Any], name: str) -> None:
    """One more token of a detail moves the total by its price less that of a plain token: dearer up, cheaper down."""
    base = "completion" if name in ANSWER_DETAILS else "prompt"
    details = PROMPT_DETAILS if base == "prompt" else ANSWER_DETAILS
    assume(sum(getattr(used, each) for each in details) < (getattr(used, base) or 0))
    pricing = known({**pricing, RATES[name]: pricing.get(RATES[name], pricing[base])}, used)
    writes = Decimal(pricing.get("input_cache_write", pricing["prompt"]))
    assume(writes >= Decimal(pricing["prompt"]) or not name.startswith("written"))

    moved = computed(dataclasses.replace(used, **{name: getattr(used, name) + 1}), pricing) - computed(used, pricing)

    difference = Decimal(pricing[RATES[name]]) - Decimal(pricing[base])
    assert moved == difference * (1 - Decimal(str(pricing.get("discount", 0))))


@given(usages(searches=False), amounts, amounts, st.integers(0, 100))
@example(Usage(10, 10, cached=10, audio=10, reasoning=10), "0.00000001", "0.00000002", 0)
def test_equal_prices_need_no_details(used: Usage, into: str, out: str, hundredths: int) -> None:
    """Where all tokens cost the same, it does not matter which they are: the total is that of the bare counts."""
    same: dict[str, Any] = {rate: out if name in ANSWER_DETAILS else into for name, rate in RATES.items()}
    pricing = {**same, "prompt": into, "completion": out, "input_audio_cache": into, "discount": hundredths / 100}

    assert computed(used, pricing) == computed(Usage(used.prompt, used.completion), pricing)


@given(usages(), pricings())
def test_a_discount_is_off_everything(used: Usage, pricing: dict[str, Any]) -> None:
    """Half off every price is half off the total."""
    pricing = {**known(pricing, used), "discount": 0}

    assert 2 * computed(used, {**pricing, "discount": 0.5}, at=NOON) == computed(used, pricing, at=NOON)


@given(usages(), pricings(), st.sampled_from(["prompt", "completion"]))
def test_one_unknown_price_makes_the_total_unknown(used: Usage, pricing: dict[str, Any], name: str) -> None:
    """Without the price of the prompt or of the answer nothing is computed, however much else is known."""
    pricing = {**pricing, name: "-1", "overrides": []}

    charge = price(used, Pricing.from_record(pricing))

    assert (charge.status, charge.total, charge.computed) == ("unknown", None, None)
    assert charge.reason
