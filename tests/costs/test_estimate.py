"""What a request may cost, before it is sent."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from langchain_openrouter.catalog import Catalog, Model, ModelNotFoundError
from langchain_openrouter.costs import Usage, estimate, price
from langchain_openrouter.costs.prompt import TokenRange, count_prompt
from tests.costs.made import BASE, CLAUDE, GEMINI, amounts, model, pricings

if TYPE_CHECKING:
    from langchain_openrouter.emulator import Emulator

PLAIN = Model.from_record(model("acme/plain", BASE))
"""A dollar a million tokens in, two out; a window of 100 000 tokens, answers of at most 8000."""

QUESTION = "How are you today?"
ASKED = TokenRange(2, 12, 71)


def test_the_three_numbers() -> None:
    """From the shortest prompt and one token, by a typical answer, to the longest prompt and the longest answer."""
    guess = estimate(QUESTION, PLAIN)

    assert (guess.prompt_tokens, guess.completion_tokens) == (ASKED, TokenRange(1, 500, 8000))
    assert guess.low == 2 * Decimal("0.000001") + 1 * Decimal("0.000002")
    assert guess.expected == 12 * Decimal("0.000001") + 500 * Decimal("0.000002")
    assert guess.high == 71 * Decimal("0.000001") + 8000 * Decimal("0.000002")
    assert (guess.model, guess.reason) == ("acme/plain", None)


def test_caches() -> None:
    """At best the whole prompt is read from the cache, at worst it is written there, for as long as is dearest."""
    guess = estimate(QUESTION, Model.from_record(model("anthropic/claude", CLAUDE)), max_tokens=100)

    assert guess.low == 2 * Decimal("0.0000003") + 1 * Decimal("0.000015")
    assert guess.expected == 12 * Decimal("0.000003") + 100 * Decimal("0.000015")
    assert guess.high == 71 * Decimal("0.000006") + 100 * Decimal("0.000015")


def test_storage() -> None:
    """Where writing to the cache is storage beside sending, the most is both."""
    guess = estimate(QUESTION, Model.from_record(model("google/gemini", {**BASE, "input_cache_write": "0.0000005"})))

    assert guess.high == 71 * (Decimal("0.000001") + Decimal("0.0000005")) + 8000 * Decimal("0.000002")


@pytest.mark.parametrize("reasoning", [{"mandatory": True}, {"default_enabled": True}])
def test_a_model_that_thinks(reasoning: dict[str, Any]) -> None:
    """A model that thinks unasked is expected to say more; thoughts priced apart are in the most that it can cost."""
    record = model("acme/thinker", {**BASE, "internal_reasoning": "0.000003"}, reasoning=reasoning)

    guess = estimate(QUESTION, Model.from_record(record))

    assert guess.completion_tokens == TokenRange(1, 2000, 8000)
    assert guess.high == 71 * Decimal("0.000001") + 8000 * Decimal("0.000003")


@pytest.mark.parametrize("reasoning", [{"mandatory": False}, {"default_enabled": False}, {"supported_efforts": []}])
def test_a_model_that_can_think(reasoning: dict[str, Any]) -> None:
    """A model that thinks only when it is told to is not expected to."""
    guess = estimate(QUESTION, Model.from_record(model("acme/thinker", BASE, reasoning=reasoning)))

    assert guess.completion_tokens.expected == 500


@pytest.mark.parametrize(
    ("limits", "answer"),
    [
        ({"max_tokens": 1000}, TokenRange(1, 500, 1000)),
        ({"max_tokens": 100}, TokenRange(1, 100, 100)),
        ({"max_tokens": 1}, TokenRange(1, 16, 16)),
        ({"max_tokens": 1_000_000}, TokenRange(1, 500, 8000)),
        ({"expected_tokens": 3000}, TokenRange(1, 3000, 8000)),
        ({"expected_tokens": 1}, TokenRange(1, 1, 8000)),
        ({"expected_tokens": 9000}, TokenRange(1, 8000, 8000)),
        ({"expected_tokens": 3000, "max_tokens": 2000}, TokenRange(1, 2000, 2000)),
    ],
)
def test_limits(limits: dict[str, int], answer: TokenRange) -> None:
    """No more is expected than `max_tokens` or the model allow; a limit below 16 is one of 16 at some providers."""
    assert estimate(QUESTION, PLAIN, **limits).completion_tokens == answer  # type: ignore[arg-type]


def test_a_window_that_is_nearly_full() -> None:
    """Prompt and answer share the window, so a long prompt leaves less room; one that is too long leaves a token."""
    small = dataclasses.replace(PLAIN, context_length=1000)

    assert estimate("a" * 4000, small).completion_tokens == TokenRange(1, 500, 500)
    assert estimate("a" * 80_000, small).completion_tokens == TokenRange(1, 1, 1)


def without_limits(**limits: Any) -> Model:
    """Give a model of which no limit is known but these."""
    return dataclasses.replace(PLAIN, **{"context_length": None, "max_completion_tokens": None, **limits})


def test_no_limit_is_known() -> None:
    """Without any limit the most is not known, which is `None`, and the reason names what would set one."""
    guess = estimate(QUESTION, without_limits())

    assert (guess.high, guess.completion_tokens) == (None, TokenRange(1, 500, None))
    assert guess.low == Decimal("0.000004")
    assert guess.expected == Decimal("0.001012")
    assert guess.reason is not None
    assert "no limit of 'acme/plain'" in guess.reason
    assert "`max_tokens`" in guess.reason


@pytest.mark.parametrize("limits", [{"context_length": 4000}, {"max_completion_tokens": 4000}])
def test_one_limit_is_enough(limits: dict[str, int]) -> None:
    """The window, or the longest answer, suffices to know the most; so does `max_tokens`."""
    assert estimate(QUESTION, without_limits(**limits)).high is not None
    assert estimate(QUESTION, without_limits(), max_tokens=100).high == 71 * Decimal("0.000001") + Decimal("0.0002")


SOUND = [HumanMessage([{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}])]


def test_a_medium_may_fill_the_window() -> None:
    """A sound or a film may be as long as the window; where that is not known, neither is the most."""
    small = dataclasses.replace(PLAIN, context_length=1000)
    assert estimate(SOUND, PLAIN).prompt_tokens == TokenRange(1, 2008, 100_000)
    assert estimate(SOUND, small).prompt_tokens == TokenRange(1, 2008, 2008)
    unlimited = estimate(SOUND, without_limits(), max_tokens=100)
    assert unlimited.prompt_tokens == TokenRange(1, 2008, None)
    assert (unlimited.high, unlimited.reason is None) == (None, False)


def test_tools_cost() -> None:
    """Tools are sent with the prompt, so they are in all three numbers."""
    tool = {"type": "function", "function": {"name": "weather", "description": "Tell the weather. " * 10}}
    without, with_tools = estimate(QUESTION, PLAIN), estimate(QUESTION, PLAIN, tools=[tool])

    assert with_tools.prompt_tokens == count_prompt(QUESTION, [tool])
    for name in ("low", "expected", "high"):
        assert getattr(without, name) < getattr(with_tools, name)


def test_prices_by_the_hour() -> None:
    """The prices are those of the time when the request will be made."""
    night = {
        **BASE,
        "overrides": [{"utc_start": 2200, "utc_end": 600, "prompt": "0.0000005", "completion": "0.000001"}],
    }
    shop = Model.from_record(model("acme/night", night))
    day, late = (estimate(QUESTION, shop, at=dt.datetime(2026, 8, 15, hour, tzinfo=dt.UTC)) for hour in (12, 23))

    assert late.low is not None
    assert late.expected is not None
    assert late.high is not None
    assert (late.low * 2, late.expected * 2, late.high * 2) == (day.low, day.expected, day.high)


def test_a_tier_is_reached() -> None:
    """A prompt that may be above the threshold of a tier has the tier's price in the most."""
    tiers = {**BASE, "overrides": [{"min_prompt_tokens": 50, "prompt": "0.000004", "completion": "0.000008"}]}
    guess = estimate(QUESTION, Model.from_record(model("acme/tiers", tiers)))

    assert guess.expected == 12 * Decimal("0.000001") + 500 * Decimal("0.000002")
    assert guess.high == 71 * Decimal("0.000004") + 8000 * Decimal("0.000008")


def test_a_tier_that_is_cheaper() -> None:
    """Where long prompts cost less by the token, the longest may cost less than the likely: the range holds both."""
    tiers = {**BASE, "overrides": [{"min_prompt_tokens": 50, "prompt": "0.000000001", "completion": "0.000000001"}]}
    guess = estimate(QUESTION, Model.from_record(model("acme/tiers", tiers)), max_tokens=16)

    assert guess.low == (71 + 16) * Decimal("0.000000001")
    assert guess.expected == guess.high == 12 * Decimal("0.000001") + 16 * Decimal("0.000002")


def test_what_is_not_there_is_not_priced() -> None:
    """The price of sound does not count for a prompt without it, nor that of pictures for a model that makes none."""
    dear = {**BASE, "audio": "0.0001", "audio_output": "0.0001", "image_output": "0.0001"}

    assert estimate(QUESTION, Model.from_record(model("acme/plain", dear))) == estimate(QUESTION, PLAIN)


@pytest.mark.parametrize("name", ["openrouter/any", "@preset/mine"])
def test_a_price_that_is_not_known(catalog: Catalog, name: str) -> None:
    """Where nobody knows the price, nothing is estimated, and the reason is told; 0 would be a lie."""
    guess = estimate(QUESTION, name, catalog=catalog)

    assert (guess.low, guess.expected, guess.high, guess.model) == (None, None, None, name)
    assert guess.reason is not None
    assert "is decided per request" in guess.reason


def test_free_is_known(catalog: Catalog) -> None:
    """A free model costs 0, at least and at most."""
    guess = estimate(QUESTION, "acme/plain:free", catalog=catalog)

    assert guess.low == guess.expected == guess.high == 0
    assert guess.reason is None


@pytest.mark.parametrize("name", ["acme/plain", "acme/plain-20260101", "acme/plain:nitro", "plain"])
def test_names(catalog: Catalog, name: str) -> None:
    """A model may be named in any way that the catalog knows, and the estimate says which it is."""
    guess = estimate(QUESTION, name, catalog=catalog)

    assert guess == estimate(QUESTION, PLAIN)
    assert estimate(QUESTION, "openai/gpt-4o-mini").model == "openai/gpt-4o-mini"


def test_a_name_that_is_wrong() -> None:
    """A model that nobody knows has no estimate; the error suggests the one that was meant."""
    with pytest.raises(ModelNotFoundError) as caught:
        estimate(QUESTION, "openai/gpt4o-mini", catalog=Catalog.load("snapshot"))

    assert "openai/gpt-4o-mini" in caught.value.suggestions
    assert "Did you mean" in caught.value.remedy


@pytest.mark.parametrize("name", ["max_tokens", "expected_tokens"])
@pytest.mark.parametrize("value", [0, -1])
def test_numbers_that_are_none(name: str, value: int) -> None:
    """A limit below 1 is a mistake, which the error names."""
    with pytest.raises(ValueError, match=rf"^{name}={value} is no number of tokens"):
        estimate(QUESTION, PLAIN, **{name: value})  # type: ignore[arg-type]


def test_nothing_is_sent(openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request is made, not even for the catalog, of a service that would answer."""
    monkeypatch.setenv("OPENROUTER_API_BASE", openrouter.base_url)
    monkeypatch.setenv("OPENROUTER_API_KEY", openrouter.api_key)
    before = len(openrouter.requests)

    image = {"type": "image_url", "image_url": {"url": f"{openrouter.base_url}/image.png"}}
    assert estimate([HumanMessage([image])], "openai/gpt-4o-mini").high is not None

    assert len(openrouter.requests) == before


prompts = st.lists(
    st.text(max_size=200) | st.integers(0, 4000).map(lambda length: "word " * length), min_size=1, max_size=3
).map(lambda texts: [HumanMessage(text) for text in texts])
limits = st.none() | st.integers(1, 200_000)
times = st.integers(0, 23).map(lambda hour: dt.datetime(2026, 8, 15, hour, 30, tzinfo=dt.UTC))
tiers = st.lists(
    st.fixed_dictionaries(
        {"min_prompt_tokens": st.integers(0, 10_000)}, optional={"prompt": amounts, "completion": amounts}
    ),
    max_size=3,
)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Give a model with any prices and limits."""
    record = model("acme/any", {**draw(pricings()), "overrides": draw(tiers)})
    window, longest = draw(limits), draw(limits)
    record |= {"context_length": window, "top_provider": {"max_completion_tokens": longest}}
    return Model.from_record(record | {"reasoning": {"mandatory": draw(st.booleans())}})


@given(prompts, models(), limits, limits, times)
def test_a_range_is_one(
    prompt: list[Any], any_model: Model, max_tokens: int | None, expected: int | None, at: dt.datetime
) -> None:
    """Low is no more than expected, and that no more than high, in tokens and in dollars, at any prices and limits."""
    guess = estimate(prompt, any_model, max_tokens=max_tokens, expected_tokens=expected, at=at)

    for tokens in (guess.prompt_tokens, guess.completion_tokens):
        assert 0 <= tokens.low <= tokens.expected
        assert tokens.high is None or tokens.expected <= tokens.high
    assert type(guess.low) is type(guess.expected) is Decimal
    assert 0 <= guess.low <= guess.expected
    assert (guess.high is None) == (guess.completion_tokens.high is None) == (guess.reason is not None)
    assert guess.high is None or (type(guess.high) is Decimal and guess.expected <= guess.high)
    if max_tokens is not None:
        assert guess.completion_tokens.high is not None
        assert guess.completion_tokens.high <= max(max_tokens, 16)


@given(prompts, models(), st.integers(16, 9000), times, st.data())
def test_no_answer_costs_more(
    prompt: list[Any], any_model: Model, max_tokens: int, at: dt.datetime, data: st.DataObject
) -> None:
    """The longest prompt and answer cost no more than the most, whatever was cached and thought of it."""
    any_model = dataclasses.replace(any_model, output_modalities=frozenset({"text"}))
    guess = estimate(prompt, any_model, max_tokens=max_tokens, at=at)
    sent, said = guess.prompt_tokens.high, guess.completion_tokens.high
    assert sent is not None
    assert said is not None
    written = data.draw(st.integers(0, sent))
    hour = data.draw(st.integers(0, sent - written))
    used = Usage(sent, said, written=written, written_1h=hour, reasoning=data.draw(st.integers(0, said)))

    cost = price(used, any_model, at=at).computed

    assert cost is not None
    assert guess.high is not None
    assert cost <= guess.high


@pytest.mark.parametrize(
    ("prompt", "pricing", "outputs", "used"),
    [
        (SOUND, GEMINI, ("text",), Usage(2000, 10, audio=2000)),
        (SOUND, {**BASE, "audio": "0.000032"}, ("text",), Usage(50_000, 10, audio=50_000)),
        ("Draw a cat", GEMINI, ("text", "image"), Usage(10, 1300, image_output=1290)),
        ("Say it", {**BASE, "audio_output": "0.000064"}, ("text", "audio"), Usage(10, 900, audio_output=890)),
    ],
    ids=["sound in", "long sound in", "picture out", "sound out"],
)
def test_no_medium_costs_more(prompt: Any, pricing: dict[str, Any], outputs: tuple[str, ...], used: Usage) -> None:
    """What a sound or a picture costs, sent or made, is within the most that a request can cost."""
    assert used.prompt is not None
    assert used.completion is not None
    # No longer than what was said and heard, so that nothing but the price of the medium matters.
    window = {"context_length": used.prompt + used.completion}
    shop = Model.from_record(model("acme/media", pricing, outputs, **window))
    guess = estimate(prompt, shop, max_tokens=used.completion)
    cost = price(used, shop).computed

    assert guess.high is not None
    assert cost is not None
    assert cost <= guess.high
