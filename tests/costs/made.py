"""Models, prices and usages that are made up, and what these come to, worked out token by token."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from langchain_openrouter.costs import Usage

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

BASE = {"prompt": "0.000001", "completion": "0.000002"}
"""A dollar a million tokens in, two out."""

CLAUDE = {
    "prompt": "0.000003",
    "completion": "0.000015",
    "input_cache_read": "0.0000003",
    "input_cache_write": "0.00000375",
    "input_cache_write_1h": "0.000006",
    "web_search": "0.01",
}
GEMINI = {
    "prompt": "0.0000003",
    "completion": "0.0000025",
    "image": "0.0000003",
    "audio": "0.000001",
    "image_output": "0.00003",
    "internal_reasoning": "0.0000025",
    "input_audio_cache": "0.0000001",
    "input_cache_read": "0.00000003",
    "input_cache_write": "0.0000000833333333333333",
    "web_search": "0.014",
}
TIERS = {
    "prompt": "0.00000003",
    "completion": "0.00000013",
    "overrides": [
        {"min_prompt_tokens": 2000, "prompt": "0.0000001", "completion": "0.0000004"},
        {"min_prompt_tokens": 4000, "prompt": "0.0000002"},
    ],
}


def model(model_id: str, pricing: dict[str, Any], outputs: tuple[str, ...] = ("text",), **more: Any) -> dict[str, Any]:
    """Give a record as `GET /models` has it."""
    return {
        "id": model_id,
        "canonical_slug": f"{model_id}-20260101",
        "name": model_id,
        "context_length": 100_000,
        "architecture": {
            "input_modalities": ["text", "image", "file", "audio", "video"],
            "output_modalities": list(outputs),
            "tokenizer": more.pop("tokenizer", "Other"),
        },
        "pricing": pricing,
        "top_provider": {"context_length": 100_000, "max_completion_tokens": 8000},
        "supported_parameters": ["max_tokens", "reasoning", "response_format", "structured_outputs", "tools"],
    } | more


MODELS = [
    model("acme/plain", BASE),
    model("acme/plain:free", {"prompt": "0", "completion": "0"}),
    model("acme/cheaper", {**BASE, "discount": 0.25}),
    model("acme/thinker", {**BASE, "internal_reasoning": "0.000003"}),
    model("acme/tiers", TIERS),
    model("acme/fee", {**BASE, "request": "0.005"}),
    model("acme/speaker", {**BASE, "audio": "0.00003", "audio_output": "0.00006"}, ("text", "audio")),
    model("anthropic/claude", CLAUDE, tokenizer="Claude"),
    model("google/gemini", GEMINI, ("text", "image"), tokenizer="Gemini"),
    model("openrouter/any", {"prompt": "-1", "completion": "-1"}, tokenizer="Router"),
]
"""What the emulator serves in the tests of this folder, and what their catalog knows."""

PROMPT_DETAILS = ("cached", "written", "written_1h", "image", "video", "audio")
ANSWER_DETAILS = ("reasoning", "audio_output", "image_output")
_APART = (
    "input_cache_read", "input_cache_write", "input_cache_write_1h", "image_token", "audio", "internal_reasoning",
    "audio_output", "image_output",
)  # fmt: skip
"""Prices that some tokens have for themselves."""

FEES = ("request", "web_search")
amounts = st.integers(1, 9999).map(lambda units: f"{Decimal(units).scaleb(-8):f}")
"""Prices of a token, to a hundred dollars a million, as they are written."""

_counts = st.integers(0, 12)
_clocks = st.integers(0, 23).map(lambda hour: hour * 100)


def _prices(*optional: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(optional, amounts))


def overrides() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Give conditional prices; thresholds are as small as the prompts of `usages`."""
    conditions: Any = {"min_prompt_tokens": st.integers(0, 40), "utc_start": _clocks, "utc_end": _clocks}
    return st.lists(
        st.tuples(
            st.fixed_dictionaries({}, optional=conditions), _prices("prompt", "completion", "input_cache_read", "audio")
        ).map(lambda both: {**both[0], **both[1]}),
        max_size=3,
    )


def pricings(*, with_overrides: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Give `pricing` of a record: prices of prompt and answer, and any of the others."""
    shares = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
    extras: dict[str, Any] = {"discount": shares, **({"overrides": overrides()} if with_overrides else {})}
    needed = st.fixed_dictionaries({"prompt": amounts, "completion": amounts}, optional=extras)
    others = _prices(*_APART, "input_audio_cache", *FEES)
    return st.tuples(needed, others).map(lambda both: {**both[0], **both[1]})


@st.composite
def usages(draw: st.DrawFn, *, searches: bool = True) -> Usage:
    """Give usages whose details are parts of their totals, none of them counted twice."""
    counts: dict[str, Any] = {name: draw(_counts) for name in (*PROMPT_DETAILS, *ANSWER_DETAILS)}
    prompt = sum(counts[name] for name in PROMPT_DETAILS) + draw(_counts)
    completion = sum(counts[name] for name in ANSWER_DETAILS) + draw(_counts)
    return Usage(prompt, completion, **counts, searches=draw(_counts) if searches else 0)


def reference(pricing: Mapping[str, Any], used: Usage, at: dt.datetime) -> Fraction:
    """Give what a usage costs, by giving each single token its price.

    Args:
        pricing: `pricing` of a record.
        used: Counts, as `usages` gives them.
        at: When, in UTC.
    """
    rates = {name: Fraction(text) for name, text in _in_force(pricing, used.prompt or 0, at).items()}
    fees = [rates.get("request", 0), *[rates.get("web_search", 0)] * used.searches]
    tokens = [*_prompt_tokens(rates, used), *_answer_tokens(rates, used)]
    return (1 - Fraction(str(pricing.get("discount", 0)))) * sum([*tokens, *fees], Fraction(0))


def _in_force(pricing: Mapping[str, Any], prompt: int, at: dt.datetime) -> dict[str, Any]:
    rates = {name: price for name, price in pricing.items() if name not in {"discount", "overrides"}}
    for entry in pricing.get("overrides", ()):
        conditions = {"min_prompt_tokens", "utc_start", "utc_end"}
        if prompt > entry.get("min_prompt_tokens", -1) and at.hour in _hours(entry):
            rates |= {name: price for name, price in entry.items() if name not in conditions}
    return rates


def _hours(entry: Mapping[str, Any]) -> set[int]:
    """Give the hours of the day in which an entry holds; without a window, all."""
    start, end = entry.get("utc_start"), entry.get("utc_end")
    if start is None and end is None:
        return set(range(24))
    hour, last = (start or 0) // 100, 24 if end is None else end // 100
    hours = set()
    while hour != last:
        hours.add(hour % 24)
        hour += 1
        if hour == 24 and last < 24:
            hour = 0
    return hours


def _prompt_tokens(rates: Mapping[str, Fraction], used: Usage) -> Iterator[Fraction]:
    base = rates["prompt"]
    write = rates.get("input_cache_write", base)
    apart = {
        "cached": rates.get("input_cache_read", base),
        "image": rates.get("image_token", base),
        "video": base,
        "audio": rates.get("audio", base),
    }
    written = [write] * used.written + [rates.get("input_cache_write_1h", write)] * used.written_1h
    tokens = [rate for name, rate in apart.items() for _ in range(getattr(used, name))]
    if write >= base:
        tokens += written
    yield from tokens
    yield from [base] * ((used.prompt or 0) - len(tokens))
    if write < base:  # what storing costs, beside sending or reading the same tokens
        yield from written


def _answer_tokens(rates: Mapping[str, Fraction], used: Usage) -> Iterator[Fraction]:
    base = rates["completion"]
    names = {"reasoning": "internal_reasoning", "audio_output": "audio_output", "image_output": "image_output"}
    tokens = [rates.get(rate, base) for name, rate in names.items() for _ in range(getattr(used, name))]
    yield from tokens
    yield from [base] * ((used.completion or 0) - len(tokens))
