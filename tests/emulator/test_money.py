"""What answers cost: exact, from the catalog's prices, and no more than there is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.emulator.market.pricing import Usage, cost_of, prices_at
from langchain_openrouter.emulator.serving.handlers import next_reset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
BASE = {"prompt": "0.000001", "completion": "0.000002"}
RICH = BASE | {
    "input_cache_read": "0.0000001",
    "input_cache_write": "0.00000125",
    "input_cache_write_1h": "0.000002",
    "audio": "0.00001",
    "audio_output": "0.00002",
    "image_output": "0.00003",
    "internal_reasoning": "0.000003",
    "web_search": "0.01",
    "request": "0.001",
}
STORED = BASE | {"input_cache_read": "0.0000001", "input_cache_write": "0.0000001"}
"""Writing is cheaper than sending: it is the price of keeping what was sent."""
COSTS: list[tuple[dict[str, Any], Usage, str]] = [
    (BASE, Usage(1000, 100), "0.0012"),
    (BASE, Usage(1000, 100, reasoning=50), "0.0012"),
    (RICH, Usage(1000, 0), "0.002"),
    (RICH, Usage(1000, 0, cached=400), "0.00164"),
    (RICH, Usage(1000, 0, cache_write=400), "0.0021"),
    (RICH, Usage(1000, 0, cache_write=400, cache_write_is_1h=True), "0.0024"),
    (RICH, Usage(100, 100, reasoning=50), "0.00135"),
    (RICH, Usage(100, 0, audio_in=10), "0.00119"),
    (RICH, Usage(0, 100, audio_out=50), "0.0021"),
    (RICH, Usage(0, 100, image_out=100), "0.004"),
    (RICH, Usage(0, 0, searches=2), "0.021"),
    ({"prompt": "-1", "completion": "-1"}, Usage(100, 100), "0"),
    (BASE | {"discount": 0.5}, Usage(1000, 100), "0.0006"),
    (STORED, Usage(1000, 0, cached=900, cache_write=900), "0.00028"),
    (STORED, Usage(1000, 0, cache_write=900), "0.00109"),
    (STORED, Usage(1000, 0, cached=400, cache_write=500, audio_in=100), "0.00069"),
    (STORED, Usage(100, 0, cached=80, audio_in=40), "0.000048"),
    (STORED | {"discount": 0.5}, Usage(1000, 0, cached=900, cache_write=900), "0.00014"),
    (STORED | {"input_cache_write": "0.000001"}, Usage(1000, 0, cache_write=900), "0.001"),
    (STORED | {"input_cache_write": "0"}, Usage(1000, 0, cache_write=900), "0.001"),
    (
        STORED | {"input_cache_write_1h": "0.0000002"},
        Usage(1000, 0, cache_write=900, cache_write_is_1h=True),
        "0.00118",
    ),
    (RICH, Usage(100, 0, cached=80, cache_write=80), "0.001108"),
]


@pytest.mark.parametrize(("pricing", "usage", "total"), COSTS)
def test_costs(pricing: dict[str, Any], usage: Usage, total: str) -> None:
    """Each kind of token has its price, and each price falls back to that of plain tokens."""
    assert cost_of(pricing, usage, NOON).total == Decimal(total)


TIERS = BASE | {
    "overrides": [
        {"min_prompt_tokens": 1000, "prompt": "0.000002"},
        {"min_prompt_tokens": 5000.0, "prompt": "0.000003", "completion": "0.00001"},
        {"utc_start": "2200", "utc_end": "0600", "completion": "0.000001"},
    ]
}
PRICES = [
    (0, 12, "0.000001", "0.000002"),
    (1000, 12, "0.000001", "0.000002"),
    (1001, 12, "0.000002", "0.000002"),
    (5000, 12, "0.000002", "0.000002"),
    (5001, 12, "0.000003", "0.00001"),
    (5001, 23, "0.000003", "0.000001"),
    (1, 5, "0.000001", "0.000001"),
    (1, 6, "0.000001", "0.000002"),
]


@pytest.mark.parametrize(("tokens", "hour", "prompt", "completion"), PRICES)
def test_overrides(tokens: int, hour: int, prompt: str, completion: str) -> None:
    """Tiers, which begin above their threshold, and time windows, past midnight too, change the prices they name."""
    prices = prices_at(TIERS, tokens, NOON.replace(hour=hour))
    assert (prices["prompt"], prices["completion"]) == (Decimal(prompt), Decimal(completion))


WINDOWS: list[tuple[dict[str, Any], list[int]]] = [
    ({"utc_start": 2100}, [21, 22, 23]),
    ({"utc_end": 300.0}, [0, 1, 2]),
    ({"utc_start": 0, "utc_end": None}, list(range(24))),
    ({"utc_start": "0030", "utc_end": "0230"}, [1, 2]),
    ({"utc_start": 2200, "utc_end": 200}, [0, 1, 22, 23]),
    ({"utc_start": 500, "utc_end": 500}, []),
    ({"utc_start": 2100, "min_prompt_tokens": 100}, []),
    ({}, list(range(24))),
]


@pytest.mark.parametrize(("conditions", "hours"), WINDOWS)
def test_windows(conditions: dict[str, Any], hours: list[int]) -> None:
    """A window with one end only reaches to midnight; it holds together with all other conditions."""
    pricing = BASE | {"overrides": [conditions | {"prompt": "0.5"}]}
    found = [hour for hour in range(24) if prices_at(pricing, 100, NOON.replace(hour=hour))["prompt"] == Decimal("0.5")]
    assert found == hours


def test_recorded_costs_of_writing(shared: Path) -> None:
    """Prompts that OpenRouter wrote to a cache cost here what they cost there, to the last picodollar."""
    listed = json.loads((shared / "models.json").read_text(encoding="utf-8"))["data"]
    prices = {row["id"]: row["pricing"] for row in listed}
    lines = (shared / "traffic.jsonl").read_text(encoding="utf-8").splitlines()
    records = [record for record in map(json.loads, lines) if record["path"] == "/api/v1/chat/completions"]
    compared = []
    for record in records:
        if record["stream"] or record["status"] != 200:
            continue
        usage = json.loads(record["body"]).get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        if not details.get("cache_write_tokens"):
            continue
        used = Usage(usage["prompt_tokens"], cached=details["cached_tokens"], cache_write=details["cache_write_tokens"])
        told = Decimal(str(usage["cost_details"]["upstream_inference_prompt_cost"]))
        model = record["request"]["model"]
        assert cost_of(prices[model], used, NOON).prompt == told.quantize(Decimal("1e-12"))
        compared.append(model)
    assert sorted(compared) == ["anthropic/claude-sonnet-4.6"] * 5 + ["google/gemini-2.5-flash"]


async def test_usage_and_cost_of_an_answer(talk: Any) -> None:
    """Tokens times prices is the cost, in the answer, the account and the generation."""
    body = await talk.chat('Say "yes"')
    usage = body["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (8, 1)
    assert Decimal(str(usage["cost"])) == Decimal("0.00001") == talk.emulator.spent
    assert talk.emulator.credit_left == Decimal("9.99999")
    assert usage["cost_details"]["upstream_inference_prompt_cost"] == 0.000008
    record = talk.emulator.generations[body["id"]]
    assert (record["total_cost"], record["tokens_prompt"]) == (0.00001, 8)
    assert (await talk.send("/credits")).json()["data"]["total_usage"] == 0.00001
    assert (await talk.send("/key")).json()["data"]["limit_remaining"] == 9.99999


async def test_the_sum_is_exact(talk: Any) -> None:
    """Twenty answers add up to the last digit."""
    bodies = [await talk.chat(f"Hello {number}", stream=False) for number in range(20)]
    assert sum(Decimal(str(b["usage"]["cost"])) for b in bodies) == talk.emulator.spent


async def test_streams_cost_the_same(talk: Any) -> None:
    """The usage of a stream is that of the plain answer, and comes once."""
    whole = (await talk.chat("Hello"))["usage"]
    found = [chunk["usage"] for chunk in await talk.stream("Hello") if "usage" in chunk]
    assert found == [whole]


async def test_credit_runs_out(make: Callable[..., Any]) -> None:
    """A named limit must be affordable in full; without one, the answer itself."""
    talk = make(credits="0.001")
    status, message = await talk.refusal('Say "yes"', max_tokens=1000)
    assert status == 402
    assert message.startswith(
        "This request requires more credits, or fewer max_tokens. You requested up to 1000 "
        "tokens, but can only afford 496."
    )
    assert (await talk.ask('Say "yes"', max_tokens=400)).status_code == 200
    assert (await talk.ask('Say "yes"')).status_code == 200
    assert (await talk.ask("word " * 1000)).status_code == 402
    assert talk.emulator.spent == Decimal("0.00002")


async def test_unlimited_credit(make: Callable[..., Any]) -> None:
    """Without a limit nothing is refused, and what is spent is counted all the same."""
    talk = make(credits=None)
    assert (await talk.ask("Hello", max_tokens=8000)).status_code == 200
    assert talk.emulator.credit_left is None
    assert talk.emulator.spent > 0
    assert (await talk.send("/key")).json()["data"]["limit"] is None


async def test_own_keys(make: Callable[..., Any]) -> None:
    """With the user's own provider key OpenRouter charges nothing, and tells the price."""
    talk = make(byok=["openai"])
    usage = (await talk.chat('Say "yes"'))["usage"]
    assert (usage["cost"], usage["is_byok"]) == (0, True)
    assert usage["cost_details"]["upstream_inference_cost"] == 0.00001
    assert talk.emulator.spent == 0
    assert (await talk.send("/key")).json()["data"]["byok_usage"] == 0.00001


async def test_searches_are_charged(talk: Any) -> None:
    """A web search costs its fee beside the tokens, and is cited."""
    body = await talk.chat("Hello", model="anthropic/thinker", plugins=[{"id": "web"}])
    usage = body["usage"]
    upstream = Decimal(str(usage["cost_details"]["upstream_inference_cost"]))
    assert Decimal(str(usage["cost"])) - upstream == Decimal("0.01")
    kinds = [note["type"] for note in body["choices"][0]["message"]["annotations"]]
    assert kinds == ["url_citation", "url_citation"]


def long_prompt(ttl: str | None = None) -> list[dict[str, Any]]:
    """Give messages with a long marked prefix: 2000 tokens."""
    control = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
    block = {"type": "text", "text": "word " * 1000, "cache_control": control}
    return [{"role": "system", "content": [block]}, {"role": "user", "content": 'Say "yes"'}]


async def test_prompt_cache(talk: Any) -> None:
    """A long marked prefix is written once and read afterwards, at their prices."""
    first = (await talk.chat(long_prompt(), model="anthropic/thinker"))["usage"]
    again = (await talk.chat(long_prompt(), model="anthropic/thinker"))["usage"]
    total = first["prompt_tokens"]
    written = first["prompt_tokens_details"]["cache_write_tokens"]
    assert again["prompt_tokens_details"] == {
        "cached_tokens": written,
        "cache_write_tokens": 0,
        "audio_tokens": 0,
        "video_tokens": 0,
    }
    rest = (total - written) * Decimal("0.000001") + Decimal("0.000002")
    assert Decimal(str(first["cost"])) == written * Decimal("0.00000125") + rest
    assert Decimal(str(again["cost"])) == written * Decimal("0.0000001") + rest
    other = (await talk.chat(long_prompt(), model="google/thinker"))["usage"]
    assert other["prompt_tokens_details"]["cached_tokens"] == 0


async def test_response_cache(talk: Any) -> None:
    """An equal request is answered again for nothing, under an id of its own."""
    headers = {"X-OpenRouter-Cache": "true"}
    first = await talk.ask("Hello", headers=headers)
    again = await talk.ask("Hello", headers=headers)
    statuses = [one.headers["x-openrouter-cache-status"] for one in (first, again)]
    assert statuses == ["MISS", "HIT"]
    assert again.json()["choices"] == first.json()["choices"]
    assert again.json()["id"] != first.json()["id"]
    usage = again.json()["usage"]
    assert (usage["total_tokens"], usage["cost"]) == (0, 0)
    assert "x-openrouter-cache-status" not in (await talk.ask("Hello")).headers


async def test_free_models_have_a_rate(talk: Any) -> None:
    """Twenty requests a minute are free; the next is refused, and says until when."""
    for _ in range(20):
        body = await talk.chat("Hello", model="minimax/thinker:free")
        assert body["usage"]["cost"] == 0
    answer = await talk.ask("Hello", model="minimax/thinker:free")
    assert answer.status_code == 429
    headers = answer.json()["error"]["metadata"]["headers"]
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("20", "0")
    assert (await talk.ask("Hello")).status_code == 200


RESETS = [("daily", "2026-11-22"), ("weekly", "2026-11-23"), ("monthly", "2026-12-01")]


@pytest.mark.parametrize(("interval", "day"), RESETS)
def test_next_reset(interval: str, day: str) -> None:
    """A limit resets at the next midnight, Monday or first of a month; the moment itself is in the next window."""
    for moment in (datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC)):
        assert next_reset(interval, moment) == f"{day}T00:00:00.000Z"
    assert next_reset("monthly", datetime(2026, 12, 31, tzinfo=UTC)) == "2027-01-01T00:00:00.000Z"
    assert next_reset("weekly", datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-30T00:00:00.000Z"


async def test_limit_of_the_key(make: Callable[..., Any]) -> None:
    """The key has a limit of its own, with what is left of it and its reset; it refuses nothing."""
    talk = make(key_limit="0.00001", limit_reset="weekly")
    for _ in range(2):
        await talk.chat('Say "yes"')
    data = (await talk.send("/key")).json()["data"]
    assert (data["limit"], data["limit_remaining"], data["limit_reset"]) == (0.00001, -0.00001, "weekly")
    [budget] = data["budgets"]
    assert data["effective_budget"] == budget
    assert (budget["scope"], budget["reset_interval"], budget["spend_usd"]) == ("key_limit", "weekly", 0.00002)
    assert datetime.fromisoformat(budget["resets_at"]) > datetime.now(UTC)
    assert talk.emulator.credit_left == Decimal("9.99998")


async def test_a_limit_for_ever(make: Callable[..., Any]) -> None:
    """A limit without a reset never resets; without a limit there is no budget."""
    data = (await make(key_limit=5).send("/key")).json()["data"]
    assert (data["limit_reset"], data["budgets"][0]["resets_at"]) == (None, None)
    assert (await make().send("/key")).json()["data"]["budgets"] == []


@pytest.mark.parametrize(("management", "status"), [(None, 200), (True, 200), (False, 403)])
async def test_who_may_see_the_credits(make: Callable[..., Any], management: bool | None, status: int) -> None:
    """The credits are for management keys, where it matters what kind of key it is."""
    talk = make(management_key=management)
    answer = await talk.send("/credits")
    assert answer.status_code == status
    if status == 403:
        assert answer.json() == {"error": {"code": 403, "message": "Only management keys can perform this operation"}}
    assert (await talk.send("/key")).json()["data"]["is_management_key"] is (management is True)


async def test_generations_that_are_late(make: Callable[..., Any]) -> None:
    """A generation is not found so many times; each id has its own count."""
    talk = make(late_generations=2)
    first, second = [(await talk.chat("Hello"))["id"] for _ in range(2)]
    asked = [first, first, second, first, second, second]
    assert [(await talk.send(f"/generation?id={one}")).status_code for one in asked] == [404, 404, 404, 200, 404, 200]
    assert (await talk.send("/generation?id=gen-none")).status_code == 404
