"""Every recorded bill against what the catalog's prices come to, and every recorded request against its estimate.

The prices are those of the recorded `GET /models` of 2026-08-15; the exchanges are of May 2025 to August 2026. Where
the two do not agree, a table here names the exchange and the cause. The tables are exact: what is in them must differ.
"""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.support import Served, merged, recorded
from langchain_openrouter.catalog import Catalog, Pricing
from langchain_openrouter.costs import Charge, Estimate, Usage, estimate, price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessage

FOLDER = Path(os.environ.get("OPENROUTER_SHARED", Path(__file__).parents[2] / "shared" / "openrouter"))
pytestmark = pytest.mark.skipif(
    not (FOLDER / "traffic.jsonl").is_file(),
    reason=f"no file {FOLDER / 'traffic.jsonl'}: set OPENROUTER_SHARED to the folder with recorded traffic",
)

PICO = Decimal("1e-12")
"""Dollars. All but one of the bills that agree do so to the last digit; that one is a sum of binary numbers."""


@dataclass(frozen=True)
class Bill:
    """One recorded exchange whose answer tells a usage.

    Args:
        name: Recording and place in it.
        exchange: The line of the recordings.
        answer: What told the usage: a body, the last event with one, or the response that such an event holds.
    """

    name: str
    exchange: dict[str, Any]
    answer: dict[str, Any]

    @property
    def usage(self) -> dict[str, Any]:
        """The usage, as a program reads it: amounts are floats."""
        usage: dict[str, Any] = self.answer["usage"]
        return usage

    @property
    def is_chat(self) -> bool:
        """Whether the exchange is of the chat API."""
        return str(self.exchange["path"]).endswith("/chat/completions")

    @property
    def charge(self) -> Charge:
        """What the usage comes to by the catalog."""
        return price(self.usage, self.answer.get("model") or "", catalog=catalog())

    @property
    def paid(self) -> Decimal | None:
        """What the tokens cost, on whosever bill it is; `None` where no cost is told."""
        return self.charge.upstream if self.charge.is_byok else self.charge.billed


@functools.cache
def catalog() -> Catalog:
    """Read the recorded catalog."""
    return Catalog.from_response(json.loads((FOLDER / "models.json").read_bytes()))


@functools.cache
def bills() -> dict[str, Bill]:
    """Read every exchange whose answer tells a usage, by name."""
    found = {}
    with (FOLDER / "traffic.jsonl").open(encoding="utf-8") as lines:
        for exchange in map(json.loads, lines):
            answers = [answer for answer in _answers(exchange["body"], exchange["stream"]) if answer.get("usage")]
            if answers:
                name = f"{exchange['source'].rpartition('/')[2].removesuffix('.yaml')}#{exchange['index']}"
                found[name] = Bill(name, exchange, answers[-1])
    return found


def _answers(body: str, stream: bool) -> Iterator[dict[str, Any]]:
    texts = [line.removeprefix("data:") for line in body.splitlines() if line.startswith("data:")] if stream else [body]
    for text in texts:
        if text.strip() != "[DONE]" and not text.startswith("(elided"):
            answer = json.loads(text)
            yield answer.get("response") or answer


def costly() -> dict[str, Bill]:
    """Give those that tell a cost, too."""
    return {name: bill for name, bill in bills().items() if bill.paid is not None}


@dataclass(frozen=True)
class Difference:
    """Why a bill is not what the catalog's prices come to.

    Args:
        cause: In words, and how sure it is.
        prices: Dollars a million tokens that explain the bill; none where the catalog's do.
        fee: Dollars beside the tokens.
    """

    cause: str
    prices: dict[str, str] = field(default_factory=dict)
    fee: str = "0"

    def explained(self, bill: Bill) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Give what prompt, answer and all of it come to by these prices and with this fee."""
        pricing = {name: str(Decimal(amount) / 1_000_000) for name, amount in self.prices.items()}
        model = catalog().get(bill.answer.get("model") or "")
        prices = Pricing.from_record(pricing) if pricing or not model else model.pricing
        tokens = {name: each for name, each in bill.usage.items() if name != "server_tool_use_details"}
        charge = price(tokens, prices)
        return (*halves(charge), Decimal(self.fee) + (charge.computed or 0))


OF_THE_PROMPT = {"prompt", "cache_read", "cache_write", "cache_write_1h", "audio", "audio_cache_read", "image", "video"}
OF_THE_ANSWER = {"completion", "reasoning", "audio_output", "image_output"}


def halves(charge: Charge) -> tuple[Decimal | None, Decimal | None]:
    """Give what the prompt and what the answer come to."""

    def total(kinds: set[str]) -> Decimal | None:
        amounts = [part.amount for part in charge.parts if part.kind in kinds]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal(0)) if amounts and len(known) == len(amounts) else None

    return total(OF_THE_PROMPT), total(OF_THE_ANSWER)


def told_halves(bill: Bill) -> tuple[Decimal | None, Decimal | None]:
    """Give what the bill says that prompt and answer cost; the two APIs have names of their own for it."""
    details = bill.usage.get("cost_details") or {}
    names = (("prompt_cost", "input_cost"), ("completions_cost", "output_cost"))
    found = [
        next((details[key] for name in both if (key := f"upstream_inference_{name}") in details), None)
        for both in names
    ]
    prompt, answer = (None if amount is None else Decimal(str(amount)) for amount in found)
    return prompt, answer


def same(some: Decimal | None, other: Decimal | None) -> bool:
    """Tell whether two amounts are known and the same."""
    return some is not None and other is not None and abs(some - other) < PICO


OTHER_ENDPOINT = (
    "The price of the endpoint that answered, not of the default one. Sure: the same recording has the model at four "
    "providers at three prices, one of them the catalog's"
)
EMBEDDING = Difference(
    "`/models` lists no embeddings. Sure of the price: two lengths of text agree", {"prompt": "0.02", "completion": "0"}
)
EMBEDDINGS = (
    "normalized_response_is_complete#0", "raw_round_trips#0", "raw_route_parity#0", "raw_route_parity#1",
    "single_text_convenience#0", "single_text_convenience#1",
)  # fmt: skip
ADVICE = "The advisor's own tokens. Sure of the amount, a whole number of its $5 a million"
SEARCH = "A search by OpenRouter. Sure: the very same amount is beside the tokens of both recordings"
OPENROUTER = "test_openrouter__test_openrouter"
SELECTION = "provider_selection__provider_selection_scenarios"
DIFFER = {
    "test_openai_responses__test_openai_responses_raw_cot_stream_openrouter#0": Difference(
        "Another price: nine months before the catalog, no provider told. Sure of the price, not of its cause",
        {"prompt": "0.05", "completion": "0.20"},
    ),
    f"{OPENROUTER}_file_annotation#0": Difference(
        "The fee of the file parser, which no usage tells: $2 a thousand pages by its documentation, and the file has "
        "one page. Sure of the amount",
        fee="0.002",
    ),
    f"{OPENROUTER}_thinking_false_profile_gated_model#0": Difference(
        "AtlasCloud's price, or an older one: 12 weeks before the catalog. Sure of the price, not of its cause",
        {"prompt": "0.60", "completion": "2.20"},
    ),
    f"{OPENROUTER}_web_search_tool_full_params#0": Difference(
        "The full price, where the catalog of three days later has half of it. Sure of the factor; likely a discount, "
        "for the storage price is half of that of Google's other Flash models, too",
        {"prompt": "1.50", "completion": "7.50"},
    ),
    f"{SELECTION}#0": Difference(OTHER_ENDPOINT, {"prompt": "0.26", "completion": "0.38", "input_cache_read": "0.13"}),
    f"{SELECTION}#2": Difference(OTHER_ENDPOINT, {"prompt": "0.50", "completion": "1.50"}),
    f"{SELECTION}#3": Difference(OTHER_ENDPOINT, {"prompt": "0.26", "completion": "0.38"}),
    f"{SELECTION}#4": Difference(OTHER_ENDPOINT, {"prompt": "0.26", "completion": "0.38"}),
}
"""Bills that are known and not what was computed."""

UNKNOWN = {
    f"{OPENROUTER}_advisor_tool#0": Difference(ADVICE, fee="0.015885"),
    f"{OPENROUTER}_advisor_tool_stream#0": Difference(ADVICE, fee="0.01437"),
    f"{OPENROUTER}_web_search_annotations#0": Difference(SEARCH, fee="0.007"),
    f"{OPENROUTER}_web_search_annotations_stream#0": Difference(SEARCH, fee="0.007"),
    f"{OPENROUTER}_stream_error#0": Difference("Gone from the catalog", {"prompt": "0", "completion": "0"}),
    f"{OPENROUTER}_stream_with_native_options#0": Difference(
        "A model that is gone from the catalog. Sure of its price: three kinds of tokens, of which two bills are told",
        {"prompt": "3", "completion": "15", "input_cache_read": "0.75"},
    ),
    **{f"embedding_matrix__{name}": EMBEDDING for name in EMBEDDINGS},
    "transcription__transcription_smoke#0": Difference(
        "Billed by the second, of which `/models` has no price. One bill proves nothing", fee="0.0006"
    ),
}
"""Bills that cannot be computed, and are not: the charge says `None`."""


def test_every_bill() -> None:
    """A usage comes to what was billed for it, to the last digit; every other is in one of the tables, and no more."""
    differ: set[str] = set()
    unknown: set[str] = set()
    exact: set[str] = set()
    for name, bill in costly().items():
        computed = bill.charge.computed
        (unknown if computed is None else exact if same(computed, bill.paid) else differ).add(name)

    assert differ == DIFFER.keys()
    assert unknown == UNKNOWN.keys()
    assert len(exact) > 300


def test_every_half() -> None:
    """Prompt and answer each come to what the bill says of them, so no error of one hides behind the other."""
    tables = DIFFER.keys() | UNKNOWN.keys()
    compared = {name: (bill, told_halves(bill)) for name, bill in costly().items() if name not in tables}
    wrong = {
        name: (halves(bill.charge), told)
        for name, (bill, told) in compared.items()
        if not all(map(same, halves(bill.charge), told))
    }

    assert wrong == {}
    assert len(compared) > 300


@pytest.mark.parametrize("name", [*DIFFER, *UNKNOWN])
def test_each_difference_is_explained(name: str) -> None:
    """The prices and the fee of the table come to the bill, the prices also to each half of it where it tells them."""
    bill, difference = bills()[name], {**DIFFER, **UNKNOWN}[name]
    *explained, total = difference.explained(bill)

    assert same(total, bill.paid)
    for told, half in zip(told_halves(bill), explained, strict=True):
        assert told is None or same(told, half)


def test_the_same_model_at_several_prices() -> None:
    """One recording has deepseek-v3.2 at four providers, by preference, and bills the catalog's price for one only."""
    found = [bills()[f"{SELECTION}#{index}"] for index in range(5)]

    assert [bill.answer["provider"] for bill in found] == [
        "DeepInfra",
        "Novita",
        "Friendli",
        "AtlasCloud",
        "AtlasCloud",
    ]
    assert {bill.answer["model"] for bill in found} == {"deepseek/deepseek-v3.2-20251201"}
    assert [same(bill.charge.computed, bill.paid) for bill in found] == [False, True, False, False, False]


def test_an_advisor_is_paid_by_the_token() -> None:
    """What an advisor added to a bill is a whole number of its prompt tokens; one of its answer costs five of them."""
    advisor = catalog().lookup("~anthropic/claude-opus-latest").pricing
    token = Decimal("0.000005")
    assert (advisor.prompt, advisor.completion) == (token, 5 * token)
    for name in [name for name in UNKNOWN if "advisor" in name]:
        units = Decimal(UNKNOWN[name].fee) / token

        assert units == int(units) > 0


def test_unknown_is_none() -> None:
    """A bill that cannot be computed has no computed amount and a reason; what was billed is told all the same."""
    for name in UNKNOWN:
        charge = bills()[name].charge

        assert (charge.computed, charge.status) == (None, "billed")
        assert charge.total == Decimal(str(bills()[name].usage["cost"]))
        assert charge.reason


def test_own_keys() -> None:
    """Where the user's own key paid, OpenRouter billed nothing, and the tokens come to what the provider charged."""
    own = [bill.charge for bill in bills().values() if bill.charge.is_byok]

    assert [(charge.total, charge.computed == charge.upstream) for charge in own] == [(Decimal(0), True)] * 2


def test_without_a_cost() -> None:
    """A usage of 2025 that tells no cost is computed where its model is still there, and unknown where it is not."""
    found = {name: bill.charge for name, bill in bills().items() if bill.paid is None}

    assert {charge.status for charge in found.values()} == {"computed", "unknown"}
    for charge in found.values():
        assert (charge.total is None) == (charge.reason is not None) == (charge.model not in catalog())


def test_messages(served: Served) -> None:
    """A message of the chat model, invoked or added up of its chunks, has the charge of the usage in the answer."""
    wrong, read = {}, 0
    for name, bill in bills().items():
        if not bill.is_chat or "midstream_error" in bill.exchange["kinds"]:
            continue
        charge = price(_message(served, bill), catalog=catalog())
        read += 1
        if charge != bill.charge:
            wrong[name] = charge, bill.charge

    assert wrong == {}
    assert read > 300


def _message(served: Served, bill: Bill) -> AIMessage:
    served.emulator.clear_faults()
    kind = "text/event-stream" if bill.exchange["stream"] else "application/json"
    served.fail(recorded(bill.exchange["body"], kind))
    model = served.model(model_validation="off")
    return merged(list(model.stream("Hello"))) if bill.exchange["stream"] else model.invoke("Hello")


def estimates() -> dict[str, tuple[Bill, Estimate]]:
    """Estimate every recorded chat request whose model the catalog knows."""
    found = {}
    for name, bill in bills().items():
        model = catalog().get(bill.answer.get("model") or "")
        request = bill.exchange["request"]
        if bill.is_chat and model and isinstance(request, dict):  # the recordings leave long ones out
            most = request.get("max_tokens") or request.get("max_completion_tokens")
            found[name] = bill, estimate(request["messages"], model, tools=request.get("tools"), max_tokens=most)
    return found


FOUND_ON_THE_WEB = "What the search found is in the prompt"
OTHER_PROMPTS = {
    f"{OPENROUTER}_advisor_tool#0": "What the advisor said is in the prompt",
    f"{OPENROUTER}_web_search_annotations#0": FOUND_ON_THE_WEB,
    f"{OPENROUTER}_web_search_annotations_stream#0": FOUND_ON_THE_WEB,
    f"{OPENROUTER}_web_search_tool_usage#0": FOUND_ON_THE_WEB,
    f"{OPENROUTER}_web_search_tool_usage_stream#0": FOUND_ON_THE_WEB,
    f"{OPENROUTER}_web_search_tool_full_params#0": "The settings of a server tool are no prompt",
    "cassettes__test_cache__test_openrouter_cache_tool_definitions_gemini_e2e#0": "Gemini counts little of a tool",
    f"{OPENROUTER}_video_url_public_api#0": "The answer counts no token for prompt and video",
}
"""Prompts that were longer or shorter than their estimate, and why."""

BEYOND = {name for name in UNKNOWN if "advisor" in name}
"""Bills above their estimate: a dearer model was asked besides."""


def test_every_estimate() -> None:
    """A recorded request costs no less than its estimate's low and no more than its high: computed, and as billed."""
    found = estimates()
    outside = {name for name, (bill, guess) in found.items() if not _within(guess, bill.charge.computed)}
    beyond = {name for name, (bill, guess) in found.items() if not _within(guess, bill.paid)}

    assert outside == set()
    assert beyond == BEYOND
    assert len(found) > 300


def _within(guess: Estimate, cost: Decimal | None) -> bool:
    """Tell whether a cost, where it is known, is within an estimate."""
    if cost is None:
        return True
    return guess.low is not None and guess.high is not None and guess.low <= cost <= guess.high


def test_every_prompt() -> None:
    """A recorded request has as many tokens as its estimate says, prompt and answer; the others are in the table."""
    prompts: set[str] = set()
    answers: set[str] = set()
    for name, (bill, guess) in estimates().items():
        used = Usage.read(bill.usage)
        for tokens, count, outside in (
            (guess.prompt_tokens, used.prompt, prompts),
            (guess.completion_tokens, used.completion, answers),
        ):
            assert count is not None
            if not tokens.low <= count <= (tokens.high or count):
                outside.add(name)

    assert prompts == OTHER_PROMPTS.keys()
    assert answers == set()
