"""What messages of `ChatOpenRouter` cost: the emulator bills, and a charge must come to the same."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import Catalog
from langchain_openrouter.costs import Charge, price
from langchain_openrouter.emulator import Emulator
from tests.costs.made import MODELS
from tests.helpers.styles import Ask, invoke, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import BaseMessage

PICO = Decimal("1e-12")
"""Dollars to which the emulator rounds."""

SOUND = base64.b64encode(bytes(20_000)).decode()
HEAR = {"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}}


def model_of(openrouter: Emulator, name: str, **fields: Any) -> ChatOpenRouter:
    """Make a model that asks the emulator."""
    options: dict[str, Any] = {"model": name, "base_url": openrouter.base_url, "api_key": openrouter.api_key}
    return ChatOpenRouter(**options, max_retries=0, model_validation="off", **fields)


def charged(
    openrouter: Emulator, catalog: Catalog, ask: Ask, model: ChatOpenRouter, prompt: Any
) -> tuple[Charge, Decimal]:
    """Ask; give the charge of the message, and what the emulator billed for it."""
    spent = openrouter.spent
    message = ask(model, prompt)
    return price(message, catalog=catalog), openrouter.spent - spent


def counted(charge: Charge) -> dict[str, int]:
    """Give the count of each part."""
    return {part.kind: part.count for part in charge.parts}


def marked(text: str, ttl: str | None = None) -> list[BaseMessage]:
    """Give a prompt that is cached but for its last message; no other text has the same cache."""
    control = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
    return [
        SystemMessage([{"type": "text", "text": text + " word" * 3000, "cache_control": control}]),
        HumanMessage("Hi"),
    ]


SAY = "Say 'good morning'"
PLAIN = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
CASES: dict[str, tuple[str, Any, dict[str, Any], set[str]]] = {
    "plain": ("acme/plain", SAY, {}, {"prompt", "completion"}),
    "free": ("acme/plain:free", SAY, {}, {"prompt", "completion"}),
    "discount": ("acme/cheaper", SAY, {}, {"prompt", "completion"}),
    "fee for the request": ("acme/fee", SAY, {}, {"prompt", "completion", "request"}),
    "reasoning at the price of the answer": ("acme/plain", SAY, {"reasoning": {"effort": "high"}}, {"completion"}),
    "reasoning at its own price": ("acme/thinker", SAY, {"reasoning": {"effort": "high"}}, {"reasoning"}),
    "below the tier": ("acme/tiers", "word " * 1900, {}, {"prompt"}),
    "first tier": ("acme/tiers", "word " * 2100, {}, {"prompt"}),
    "both tiers": ("acme/tiers", "word " * 4100, {}, {"prompt"}),
    "sound in": ("google/gemini", [HumanMessage([HEAR])], {}, {"audio"}),
    "sound out": ("acme/speaker", SAY, {"model_kwargs": PLAIN}, {"audio_output"}),
    "picture out": (
        "google/gemini",
        "Draw a cat",
        {"model_kwargs": {"modalities": ["text", "image"]}},
        {"image_output"},
    ),
    "a canonical slug": ("acme/plain-20260101", SAY, {}, {"prompt", "completion"}),
    "a router": ("openrouter/any", SAY, {}, {"prompt", "completion"}),
}


@pytest.mark.parametrize(("name", "prompt", "fields", "kinds"), CASES.values(), ids=CASES)
def test_a_charge_is_the_bill(  # noqa: PLR0917  # pytest passes by name
    openrouter: Emulator, catalog: Catalog, ask: Ask, name: str, prompt: Any, fields: dict[str, Any], kinds: set[str]
) -> None:
    """Whole or as the sum of its chunks, a message is priced at what was billed, and its usage comes to the same."""
    charge, billed = charged(openrouter, catalog, ask, model_of(openrouter, name, **fields), prompt)

    assert (charge.status, charge.reason, charge.is_byok) == ("billed", None, False)
    assert charge.total == charge.billed == billed
    assert charge.computed is not None
    assert charge.computed.quantize(PICO) == billed
    counts = counted(charge)
    assert kinds <= {kind for kind, count in counts.items() if count}
    assert (billed == 0) == name.endswith(":free")


@pytest.mark.parametrize("name", ["anthropic/claude", "google/gemini"])
def test_a_cache(openrouter: Emulator, catalog: Catalog, ask: Ask, name: str, request: pytest.FixtureRequest) -> None:
    """A marked prompt is billed as written, then as read; both times the charge comes to it, token by token."""
    model, prompt = model_of(openrouter, name), marked(request.node.name)
    first, billed_first = charged(openrouter, catalog, ask, model, prompt)
    again, billed_again = charged(openrouter, catalog, ask, model, prompt)

    assert counted(first)["cache_write"] == counted(again)["cache_read"] > 3000
    assert first.computed is not None
    assert (first.total, first.computed.quantize(PICO)) == (billed_first, billed_first)
    assert (again.total, again.computed) == (billed_again, billed_again)
    assert billed_again < billed_first


def test_a_cache_for_an_hour(openrouter: Emulator, catalog: Catalog, ask: Ask, request: pytest.FixtureRequest) -> None:
    """What was billed counts where no usage tells how long the cache is kept: computed for five minutes, it is less."""
    prompt = marked(request.node.name, "1h")
    charge, billed = charged(openrouter, catalog, ask, model_of(openrouter, "anthropic/claude"), prompt)

    assert charge.total == billed
    assert charge.computed is not None
    dearer = Decimal("0.000006") - Decimal("0.00000375")
    assert billed - charge.computed == counted(charge)["cache_write"] * dearer


def test_own_key(catalog: Catalog, ask: Ask) -> None:
    """With a key at the provider OpenRouter bills 0, which is a total and not unknown; the provider's price is told."""
    with Emulator(models=MODELS, credits=None, byok=["anthropic"]) as openrouter:
        charge, billed = charged(openrouter, catalog, ask, model_of(openrouter, "anthropic/claude"), SAY)

    assert (charge.status, charge.is_byok) == ("billed", True)
    assert charge.total == billed == 0
    assert charge.upstream == charge.computed
    assert charge.upstream
    assert charge.reason is not None
    assert charge.reason.startswith("Your own key at the provider paid")


def test_tools_of_the_server(openrouter: Emulator, catalog: Catalog, ask: Ask) -> None:
    """A search by OpenRouter is on its bill, which counts; what it comes to is not known, and that is said."""
    model = model_of(openrouter, "anthropic/claude", plugins=[{"id": "web"}])
    charge, billed = charged(openrouter, catalog, ask, model, SAY)

    assert (charge.status, charge.total, charge.computed) == ("billed", billed, None)
    assert charge.reason is not None
    assert "OpenRouter ran tools" in charge.reason


def test_a_cached_answer(openrouter: Emulator, catalog: Catalog, ask: Ask, request: pytest.FixtureRequest) -> None:
    """An answer out of OpenRouter's cache is free: 0, billed and computed, and not unknown."""
    model = model_of(openrouter, "acme/plain", default_headers={"X-OpenRouter-Cache": "true"})
    first, _ = charged(openrouter, catalog, ask, model, request.node.name)
    again, billed = charged(openrouter, catalog, ask, model, request.node.name)

    assert first.total
    assert again.status == "billed"
    assert again.total == again.computed == billed == 0


def test_the_model_that_is_named_wins(openrouter: Emulator, catalog: Catalog, ask: Ask) -> None:
    """The prices are those of the model that answered, unless another is given; the bill is what it is."""
    message = ask(model_of(openrouter, "acme/plain"), SAY)
    usual, other = price(message, catalog=catalog), price(message, "acme/plain:free", catalog=catalog)

    assert (usual.model, other.model) == ("acme/plain", "acme/plain:free")
    assert usual.computed == usual.billed == other.billed == other.total
    assert other.computed == 0


def shapes() -> Iterator[tuple[str, str]]:
    """Give one model of the bundled catalog for each set of prices that models have."""
    seen = set()
    for model in Catalog.load("snapshot"):
        shape = (*model.pricing.known, *("tiers" for _ in model.pricing.overrides[:1]))
        if shape and shape not in seen and "text" in model.output_modalities:
            seen.add(shape)
            yield "+".join(shape), model.id


@pytest.fixture(scope="module")
def real() -> Iterator[Emulator]:
    """Serve the models of the bundled catalog."""
    with Emulator(credits=None) as emulator:
        yield emulator


@pytest.mark.parametrize("name", [name for _, name in shapes()], ids=[shape for shape, _ in shapes()])
def test_each_set_of_prices(real: Emulator, name: str) -> None:
    """Whatever prices a real model has, the charge of an answer of it is the bill, invoked and streamed."""
    catalog, model = Catalog.load("snapshot"), model_of(real, name, reasoning={"effort": "high"})
    for ask in (invoke, stream):
        charge, billed = charged(real, catalog, ask, model, SAY)

        assert charge.total == billed
        assert charge.computed is not None
        assert charge.computed.quantize(PICO) == billed


@pytest.mark.parametrize("ask", [invoke, stream])
def test_the_responses_api(openrouter: Emulator, catalog: Catalog, ask: Ask) -> None:
    """A message by way of the Responses API is priced at what was billed for it, fees included."""
    model = model_of(openrouter, "anthropic/claude", use_responses_api=True, plugins=[{"id": "web"}])
    charge, billed = charged(openrouter, catalog, ask, model, SAY)

    assert charge.total == billed
    assert charge.status == "billed"
