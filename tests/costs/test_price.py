"""Every component of a price, by sums worked out by hand, and what is known of a charge."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.catalog import Catalog, Endpoint, Model, Pricing
from langchain_openrouter.costs import Charge, ChargePart, Usage, price
from tests.costs.made import BASE, CLAUDE, GEMINI, TIERS

if TYPE_CHECKING:
    from langchain_openrouter.costs import PartKind

FULL = {
    "prompt": "0.000001",
    "completion": "0.000002",
    "request": "0.001",
    "image": "0.0004",
    "image_token": "0.000004",
    "image_output": "0.00003",
    "audio": "0.00001",
    "audio_output": "0.00002",
    "input_audio_cache": "0.000003",
    "input_cache_read": "0.0000001",
    "input_cache_write": "0.00000125",
    "input_cache_write_1h": "0.0000025",
    "internal_reasoning": "0.000005",
    "web_search": "0.01",
}
"""Every price, each another. Plain tokens: a dollar a million in, two out."""

Lines = dict[Any, tuple[int, str]]

ALWAYS: Lines = {"prompt": (0, "0.000001"), "completion": (0, "0.000002"), "request": (1, "0.001")}
EACH: dict[str, tuple[Usage, int, Lines, str]] = {
    "nothing": (Usage(0, 0), 0, {}, "0.001"),
    "prompt": (Usage(1000, 0), 0, {"prompt": (1000, "0.000001")}, "0.002"),
    "answer": (Usage(0, 100), 0, {"completion": (100, "0.000002")}, "0.0012"),
    "cache read": (
        Usage(1000, 0, cached=400), 0, {"prompt": (600, "0.000001"), "cache_read": (400, "0.0000001")}, "0.00164"
    ),
    "cache read, all of it": (Usage(400, 0, cached=400), 0, {"cache_read": (400, "0.0000001")}, "0.00104"),
    "more cached than sent": (Usage(10, 0, cached=20), 0, {"cache_read": (20, "0.0000001")}, "0.001002"),
    "more said aloud than said": (Usage(0, 10, audio_output=20), 0, {"audio_output": (20, "0.00002")}, "0.0014"),
    "an answer to what is not told": (Usage(None, 100), 0, {"completion": (100, "0.000002")}, "0.0012"),
    "a prompt alone": (Usage(100), 0, {"prompt": (100, "0.000001")}, "0.0011"),
    "cache write": (
        Usage(1000, 0, written=400), 0, {"prompt": (600, "0.000001"), "cache_write": (400, "0.00000125")}, "0.0021"
    ),
    "cache write for an hour": (
        Usage(1000, 0, written_1h=400),
        0,
        {"prompt": (600, "0.000001"), "cache_write_1h": (400, "0.0000025")},
        "0.0026",
    ),
    "cache, all three": (
        Usage(1000, 0, cached=500, written=300, written_1h=100),
        0,
        {
            "prompt": (100, "0.000001"),
            "cache_read": (500, "0.0000001"),
            "cache_write": (300, "0.00000125"),
            "cache_write_1h": (100, "0.0000025"),
        },
        "0.001775",
    ),
    "audio": (Usage(100, 0, audio=10), 0, {"prompt": (90, "0.000001"), "audio": (10, "0.00001")}, "0.00119"),
    "audio beside a cached text": (
        Usage(100, 0, cached=90, audio=10), 0, {"cache_read": (90, "0.0000001"), "audio": (10, "0.00001")}, "0.001109"
    ),
    "cached audio": (
        Usage(100, 0, cached=96, audio=10),
        0,
        {"cache_read": (90, "0.0000001"), "audio": (4, "0.00001"), "audio_cache_read": (6, "0.000003")},
        "0.001067",
    ),
    "image tokens": (Usage(100, 0, image=60), 0, {"prompt": (40, "0.000001"), "image": (60, "0.000004")}, "0.00128"),
    "images": (Usage(100, 0), 3, {"prompt": (100, "0.000001"), "image": (3, "0.0004")}, "0.0023"),
    "video": (Usage(100, 0, video=70), 0, {"prompt": (30, "0.000001"), "video": (70, "0.000001")}, "0.0011"),
    "reasoning": (
        Usage(0, 100, reasoning=60), 0, {"completion": (40, "0.000002"), "reasoning": (60, "0.000005")}, "0.00138"
    ),
    "reasoning beside the answer": (
        Usage(0, 100, reasoning=700), 0, {"completion": (100, "0.000002"), "reasoning": (700, "0.000005")}, "0.0047"
    ),
    "audio out": (
        Usage(0, 100, audio_output=50), 0, {"completion": (50, "0.000002"), "audio_output": (50, "0.00002")}, "0.0021"
    ),
    "image out": (
        Usage(0, 1300, image_output=1290),
        0,
        {"completion": (10, "0.000002"), "image_output": (1290, "0.00003")},
        "0.03972",
    ),
    "searches": (Usage(0, 0, searches=3), 0, {"web_search": (3, "0.01")}, "0.031"),
}  # fmt: skip


@pytest.mark.parametrize(("used", "images", "lines", "total"), EACH.values(), ids=EACH)
def test_each_component(used: Usage, images: int, lines: Lines, total: str) -> None:
    """Each thing that is used has a line with its count and its own price; what is not used has none."""
    charge = price(used, Pricing.from_record(FULL), images=images)

    wanted = {kind: ChargePart(kind, count, Decimal(rate)) for kind, (count, rate) in {**ALWAYS, **lines}.items()}
    assert {part.kind: part for part in charge.parts} == wanted
    assert len(charge.parts) == len(wanted)
    assert charge.total == charge.computed == Decimal(total)
    assert (charge.status, charge.reason) == ("computed", None)


FALLBACKS: dict[str, tuple[dict[str, Any], Usage, str]] = {
    "cache read": (BASE, Usage(1000, 0, cached=400), "0.001"),
    "cache write": (BASE, Usage(1000, 0, written=400), "0.001"),
    "an hour costs what five minutes do": (
        {**BASE, "input_cache_write": "0.00000125"}, Usage(1000, 0, written_1h=400), "0.0011"
    ),
    "audio": (BASE, Usage(1000, 0, audio=400), "0.001"),
    "cached audio costs what audio does": ({**BASE, "audio": "0.00001"}, Usage(10, 0, cached=10, audio=10), "0.0001"),
    "image tokens": (BASE, Usage(1000, 0, image=400), "0.001"),
    "reasoning": (BASE, Usage(0, 1000, reasoning=400), "0.002"),
    "audio out": (BASE, Usage(0, 1000, audio_output=400), "0.002"),
    "image out": (BASE, Usage(0, 1000, image_output=400), "0.002"),
    "reasoning at 0, as in old records": ({**BASE, "internal_reasoning": "0"}, Usage(0, 1000, reasoning=400), "0.002"),
    "reasoning at the price of the answer, beside it": (
        {**BASE, "internal_reasoning": "0.000002"}, Usage(0, 10, reasoning=400), "0.00002"
    ),
    "a fee of 0": ({**BASE, "request": "0", "image": "0", "web_search": "0"}, Usage(1000, 0, searches=2), "0.001"),
}  # fmt: skip


@pytest.mark.parametrize(("pricing", "used", "total"), FALLBACKS.values(), ids=FALLBACKS)
def test_without_a_price_of_its_own(pricing: dict[str, Any], used: Usage, total: str) -> None:
    """Tokens that have no price of their own have the ordinary one."""
    assert price(used, Pricing.from_record(pricing)).computed == Decimal(total)


STORED = {"prompt": "0.000001", "completion": "0.000002", "input_cache_write": "0.0000002"}
STORAGE: dict[str, tuple[dict[str, Any], Usage, str]] = {
    "sent and stored": (STORED, Usage(1000, 0, written=900), "0.00118"),
    "read and stored": (
        {**STORED, "input_cache_read": "0.0000001"}, Usage(1000, 0, cached=900, written=900), "0.00037"
    ),
    "stored for nothing": ({**STORED, "input_cache_write": "0"}, Usage(1000, 0, written=900), "0.001"),
    "at the price of sending": ({**STORED, "input_cache_write": "0.000001"}, Usage(1000, 0, written=900), "0.001"),
    "for an hour": ({**STORED, "input_cache_write_1h": "0.0000004"}, Usage(1000, 0, written_1h=900), "0.00136"),
    "halved": ({**STORED, "discount": 0.5}, Usage(1000, 0, written=900), "0.00059"),
    "Gemini": (GEMINI, Usage(10_000, 0, cached=4000, written=6000), "0.0024199999999999998"),
}  # fmt: skip


@pytest.mark.parametrize(("pricing", "used", "total"), STORAGE.values(), ids=STORAGE)
def test_a_price_of_storage(pricing: dict[str, Any], used: Usage, total: str) -> None:
    """Writing that is cheaper than sending is storage: it is charged beside sending or reading, not instead."""
    assert price(used, Pricing.from_record(pricing)).computed == Decimal(total)


def test_a_price_per_image_token() -> None:
    """Where the price of an image is that of a token, as with Google's models, images are not charged once more."""
    charge = price(Usage(1300, 0, image=1290), Pricing.from_record(GEMINI), images=5)

    assert charge.computed == Decimal("0.00039")
    assert [(part.kind, part.count) for part in charge.parts] == [("prompt", 10), ("image", 1290), ("completion", 0)]


@pytest.mark.parametrize(("discount", "total"), [(0, "0.0136"), (0.25, "0.0102"), (0.05, "0.01292"), (1, "0")])
def test_a_discount(discount: float, total: str) -> None:
    """A discount is taken off every price, exactly; all of it leaves 0, which is a price."""
    pricing = Pricing.from_record({**CLAUDE, "discount": discount})

    charge = price(Usage(1000, 40, searches=1), pricing)

    assert charge.computed == Decimal(total)
    assert charge.status == "computed"


@pytest.mark.parametrize(
    ("used", "total"),
    [
        (Usage(2000, 100), "0.000073"),
        (Usage(2001, 100), "0.0002401"),
        (Usage(2001, 100, cached=2001), "0.0002401"),
        (Usage(4000, 100), "0.00044"),
        (Usage(4001, 100), "0.0008402"),
    ],
)
def test_tiers(used: Usage, total: str) -> None:
    """A tier begins above its number of prompt tokens, cached ones included, and is for all tokens of the request."""
    assert price(used, Pricing.from_record(TIERS)).computed == Decimal(total)


NIGHT = {**BASE, "overrides": [{"utc_start": 2200, "utc_end": 600, "completion": "0.000001"}]}
CET = dt.timezone(dt.timedelta(hours=1))
NOT_IN_NIGHT, IN_NIGHT = "0.0002", "0.0001"


@pytest.mark.parametrize(
    ("at", "total"),
    [
        (dt.datetime(2026, 8, 15, 12), NOT_IN_NIGHT),  # noqa: DTZ001  # a time without a zone is what is tried
        (dt.datetime(2026, 8, 15, 22), IN_NIGHT),  # noqa: DTZ001
        (dt.datetime(2026, 8, 15, 21, 59, 59, tzinfo=dt.UTC), NOT_IN_NIGHT),
        (dt.datetime(2026, 8, 15, 22, tzinfo=dt.UTC), IN_NIGHT),
        (dt.datetime(2026, 8, 16, 5, 59, 59, tzinfo=dt.UTC), IN_NIGHT),
        (dt.datetime(2026, 8, 16, 6, tzinfo=dt.UTC), NOT_IN_NIGHT),
        (dt.datetime(2026, 8, 15, 22, 30, tzinfo=CET), NOT_IN_NIGHT),
        (dt.datetime(2026, 8, 16, 6, 30, tzinfo=CET), IN_NIGHT),
    ],
)
def test_hours(at: dt.datetime, total: str) -> None:
    """Prices by the hour go by UTC, whatever the zone of `at`; a time without one is UTC."""
    assert price(Usage(0, 100), Pricing.from_record(NIGHT), at=at).computed == Decimal(total)


def test_now() -> None:
    """Without `at`, the request was made now."""
    now = dt.datetime.now(dt.UTC)
    start, end = (now + dt.timedelta(minutes=minutes) for minutes in (-10, 10))
    window = {"utc_start": int(f"{start:%H%M}"), "utc_end": int(f"{end:%H%M}"), "prompt": "0.5"}

    assert price(Usage(2, 0), Pricing.from_record({**BASE, "overrides": [window]})).computed == 1


USED = {"prompt_tokens": 1000, "completion_tokens": 100}
RECORD = {"id": "acme/one", "canonical_slug": "acme/one-2026", "pricing": BASE}
CATALOG = Catalog.from_response(
    [RECORD, {**RECORD, "id": "acme/one:free", "pricing": {"prompt": "0", "completion": "0"}}]
)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("acme/one", "acme/one"),
        ("acme/one-2026", "acme/one-2026"),
        ("acme/one:nitro", "acme/one:nitro"),
        ("one", "one"),
        (Model.from_record(RECORD), "acme/one"),
        (Endpoint("Acme", model_id="acme/one", pricing=Pricing.from_record(BASE)), "acme/one"),
        (Pricing.from_record(BASE), None),
    ],
    ids=repr,
)
def test_what_has_prices(model: Any, name: str | None) -> None:
    """A model may be named in any way that the catalog knows, or be what has prices itself."""
    charge = price(USED, model, catalog=CATALOG)

    assert (charge.total, charge.model) == (Decimal("0.0012"), name)


def test_the_catalog_in_use() -> None:
    """Without a catalog, a name is looked up in the one that is in use."""
    charge = price(USED, "openai/gpt-4o-mini")

    assert charge.status == "computed"
    assert charge.total


UNKNOWN: dict[str, tuple[dict[str, Any], Any, str]] = {
    "a router": (USED, Pricing.from_record({"prompt": "-1", "completion": "-1"}), "is decided per request"),
    "no price of the answer": (USED, Pricing.from_record({"prompt": "0.1"}), "has no price for completion"),
    "no price of the prompt": (USED, Pricing.from_record({"completion": "0.1"}), "has no price for prompt"),
    "no such model": (USED, "acme/two", "There is no model 'acme/two' in the catalog of"),
    "a preset": (USED, "@preset/mine", "The price of '@preset/mine' is decided per request"),
    "no model": (USED, None, "No model is named"),
    "no usage": ({}, "acme/one", "does not tell how many tokens"),
    "seconds": ({"seconds": 6}, "acme/one", "does not tell how many tokens"),
    "tools": ({**USED, "server_tool_use": {"tool_calls_executed": 1}}, "acme/one", "OpenRouter ran tools"),
    "a search": ({**USED, "server_tool_use": {"web_search_requests": 1}}, "acme/one", "has no price for web_search"),
}


@pytest.mark.parametrize("cost", [None, Decimal(0), Decimal("0.5")])
@pytest.mark.parametrize(("used", "model", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known(used: dict[str, Any], model: Any, reason: str, cost: Decimal | None) -> None:
    """A price that is not known is `None`, never 0 and never an error; the charge says why, also of one billed."""
    charge = price({**used, "cost": cost}, model, catalog=CATALOG)

    assert charge.computed is None
    assert charge.reason is not None
    assert reason in charge.reason
    if cost is None:
        assert (charge.status, charge.total, charge.billed) == ("unknown", None, None)
    else:
        assert (charge.status, charge.total, charge.billed) == ("billed", cost, cost)


def test_free_is_known() -> None:
    """A free model costs 0, which is not the same as unknown."""
    charge = price(USED, "acme/one:free", catalog=CATALOG)

    assert (charge.status, charge.total, charge.reason) == ("computed", Decimal(0), None)


def test_billed_and_computed() -> None:
    """What was billed is the total; what the usage comes to stands beside it, line by line."""
    charge = price({**USED, "cost": 0.0023, "is_byok": False}, "acme/one", catalog=CATALOG)

    assert (charge.status, charge.total, charge.billed) == ("billed", Decimal("0.0023"), Decimal("0.0023"))
    assert (charge.computed, charge.upstream, charge.is_byok) == (Decimal("0.0012"), None, False)


@pytest.mark.parametrize("cost", [0, 0.00006])
def test_own_key(cost: float) -> None:
    """With the user's own key the total is what OpenRouter takes, mostly 0; `upstream` is the provider's price."""
    told = {**USED, "cost": cost, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0012}}

    charge = price(told, "acme/one", catalog=CATALOG)

    assert (charge.status, charge.total, charge.is_byok) == ("billed", Decimal(str(cost)), True)
    assert charge.upstream == charge.computed == Decimal("0.0012")
    assert charge.reason is not None
    assert "`upstream` is on its bill" in charge.reason


@pytest.mark.parametrize("tokens", [1000, 1000.0, Decimal(1000)])
def test_no_float(tokens: Any) -> None:
    """Every amount and every price is a `Decimal`, every count an `int`, whatever the usage was written with."""
    told = {"prompt_tokens": tokens, "completion_tokens": tokens, "cost": 0.1, "is_byok": True}
    details = {"cached_tokens": tokens / 4, "audio_tokens": tokens / 4}
    told |= {"prompt_tokens_details": details, "cost_details": {"upstream_inference_cost": 0.1}}

    charge = price(told, Pricing.from_record({**FULL, "discount": 0.1}), images=2)

    amounts = [charge.billed, charge.upstream, charge.total, charge.computed]
    amounts += [value for part in charge.parts for value in (part.rate, part.amount)]
    assert {type(amount) for amount in amounts} == {Decimal}
    assert {type(part.count) for part in charge.parts} == {int}


def test_a_line_without_a_price() -> None:
    """A line whose price is not known has no amount, and then nothing is computed of all lines together."""
    kind: PartKind = "prompt"
    known, unknown = ChargePart(kind, 3, Decimal("0.1")), ChargePart("server_tools", 3, None)

    assert (known.amount, unknown.amount) == (Decimal("0.3"), None)
    assert Charge((known,)).computed == Decimal("0.3")
    assert Charge((known, unknown)).computed is None
    assert Charge(()).computed is None
    assert dataclasses.replace(Charge((unknown,)), billed=Decimal(0)).total == 0
