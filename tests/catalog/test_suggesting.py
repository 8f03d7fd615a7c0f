from __future__ import annotations

import json
import random
import re
import string
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.catalog.suggesting import suggest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Models = list[tuple[str, str]]

MADE_UP = [
    ("acme/lark-5-large", "Acme: Lark 5 Large"),
    ("acme/lark-5-small", "Acme: Lark 5 Small"),
    ("acme/lark-5-small:free", "Acme: Lark 5 Small (free)"),
    ("~acme/lark-large-latest", "Acme: Lark Large Latest"),
    ("zenith-ai/heron-3.1-70b-instruct", "Zenith: Heron 3.1 70B Instruct"),
    ("zenith-ai/heron-3.1-8b-instruct", "Zenith: Heron 3.1 8B Instruct"),
    ("acme/lark-4.5-large", "Acme: Lark 4.5 Large"),
    ("acme/lark-4-large", "Acme: Lark 4 Large"),
    ("acme/lark-4-large:batch", "Acme: Lark 4 Large (batch)"),
    ("acme/lark-4-large-2030-01-31", "Acme: Lark 4 Large (2030-01-31)"),
    ("zenith-ai/wren-image", "Zenith: Purple Pear (Wren Image)"),
    ("acme/w2", "Acme: w2"),
]

REAL = {
    "misspelt": {
        "anthropic/claude-sonet-4.5": "anthropic/claude-sonnet-4.5",
        "anthropc/claude-opus-4.8": "anthropic/claude-opus-4.8",
        "anthropic/claude-sonnet-4.55": "anthropic/claude-sonnet-4.5",
        "anthropic/claud-opus-5": "anthropic/claude-opus-5",
        "anthropic/claude-fabel-5": "anthropic/claude-fable-5",
        "opeani/gpt-5.4": "openai/gpt-5.4",
        "openai/gpt-4o-minni": "openai/gpt-4o-mini",
        "openai/got-4o": "openai/gpt-4o",
        "openai/gpt-oos-20b": "openai/gpt-oss-20b",
        "openai/gpt-5.6-tera": "openai/gpt-5.6-terra",
        "gooogle/gemini-2.5-pr": "google/gemini-2.5-pro",
        "google/gemimi-3.1-flash-lite": "google/gemini-3.1-flash-lite",
        "deepseek/depseek-chat-v3.1": "deepseek/deepseek-chat-v3.1",
        "mistrallai/mistral-lrage-2512": "mistralai/mistral-large-2512",
        "minimax/minmax-m2.7": "minimax/minimax-m2.7",
        "qwen/qwen3-235b-a22b-thinkng-2507": "qwen/qwen3-235b-a22b-thinking-2507",
        "prplexity/sonar-reasonin-pro": "perplexity/sonar-reasoning-pro",
        "xioami/mimo-v2.5": "xiaomi/mimo-v2.5",
        "arcee-ai/trinty-large-thinkin": "arcee-ai/trinity-large-thinking",
    },
    "another author": {
        "meta/llama-3.3-70b": "meta-llama/llama-3.3-70b-instruct",
        "facebook/llama-4-scout": "meta-llama/llama-4-scout",
        "mistral/mistral-nemo": "mistralai/mistral-nemo",
        "xai/grok-4.5": "x-ai/grok-4.5",
        "deepseek-ai/DeepSeek-R1": "deepseek/deepseek-r1",
        "alibaba/qwen3-32b": "qwen/qwen3-32b",
        "google-ai/gemini-2.5-flash": "google/gemini-2.5-flash",
        "azure/gpt-4o-mini": "openai/gpt-4o-mini",
        "openai/claude-sonnet-4.5": "anthropic/claude-sonnet-4.5",
        "vertex_ai/gemini-3.5-flash": "google/gemini-3.5-flash",
        "moonshot-ai/kimi-k2": "moonshotai/kimi-k2",
        "zhipuai/glm-5": "z-ai/glm-5",
        "bedrock/nova-lite": "amazon/nova-lite-v1",
    },
    "no author": {
        "gpt4o": "openai/gpt-4o",
        "claude sonnet 4.5": "anthropic/claude-sonnet-4.5",
        "gemini-2.5-flsh": "google/gemini-2.5-flash",
        "grok": "x-ai/grok-4.6",
        "haiku": "anthropic/claude-haiku-4.5",
        "o3": "openai/o3",
        "r1": "deepseek/deepseek-r1",
    },
    "other separators": {
        "openai-gpt-4o": "openai/gpt-4o",
        "openai:gpt-4o": "openai/gpt-4o",
        "openai/gpt_4o": "openai/gpt-4o",
        "claude-sonnet-4-5": "anthropic/claude-sonnet-4.5",
        "anthropic.claude-sonnet-4.5": "anthropic/claude-sonnet-4.5",
        "claude4.5sonnet": "anthropic/claude-sonnet-4.5",
        "openaigpt4omini": "openai/gpt-4o-mini",
        "Anthropic Claude Opus 4.7": "anthropic/claude-opus-4.7",
        "google\\gemini-2.5-pro": "google/gemini-2.5-pro",
        "qwen/qwen2.5-72b-instruct": "qwen/qwen-2.5-72b-instruct",
        "llama3.3:70b": "meta-llama/llama-3.3-70b-instruct",
        "LLAMA-3.3-70B-INSTRUCT": "meta-llama/llama-3.3-70b-instruct",
    },
    "another order": {
        "claude-4.5-sonnet": "anthropic/claude-sonnet-4.5",
        "claude-4-sonnet": "anthropic/claude-sonnet-4",
        "anthropic/opus-claude-4.7": "anthropic/claude-opus-4.7",
        "google/gemini-pro-2.5": "google/gemini-2.5-pro",
        "qwen/coder-qwen3-flash": "qwen/qwen3-coder-flash",
    },
    "more or less than the id": {
        "anthropic/claude-sonnet-4-5-20250929": "anthropic/claude-sonnet-4.5",
        "anthropic.claude-sonnet-4-5-20250929-v1:0": "anthropic/claude-sonnet-4.5",
        "openai/gpt-5-2025-08-07": "openai/gpt-5",
        "openai/gpt-4o-20241120": "openai/gpt-4o-2024-11-20",
        "models/gemini-2.5-pro": "google/gemini-2.5-pro",
        "openrouter/openai/gpt-4o": "openai/gpt-4o",
        "google/gemma-3-4b": "google/gemma-3-4b-it",
        "liquid/lfm-2.5-2.6b": "liquid/lfm-2.5-2.6b:free",
        "meta-llama/llama-4-scout-17b-16e-instruct": "meta-llama/llama-4-scout",
        "openai/gpt-4o:free": "openai/gpt-4o",
        "openai/gpt-4o:bacth": "openai/gpt-4o:batch",
        "deepseek/deepseek-chat-v3.1:free": "deepseek/deepseek-chat-v3.1",
        "openai/gpt-5.5-preview": "openai/gpt-5.5",
        "google/gemini-pro-latest": "~google/gemini-pro-latest",
        "google/gemini-2.5-flash-preview-05-20": "google/gemini-2.5-flash",
        "mistralai/Mistral-Small-3.2-24B-Instruct-2506": "mistralai/mistral-small-3.2-24b-instruct",
        "fireworks_ai/accounts/fireworks/models/deepseek-v3p2": "deepseek/deepseek-v3.2",
        "moonshotai/kimi-k2-instruct": "moonshotai/kimi-k2",
    },
    "display name": {
        "GPT-4o mini": "openai/gpt-4o-mini",
        "Claude Sonnet 4.5": "anthropic/claude-sonnet-4.5",
        "DeepSeek: R1": "deepseek/deepseek-r1",
        "nano banana": "google/gemini-2.5-flash-image",
        "Command R+": "cohere/command-r-plus-08-2024",
        "qwen/qwen3-coder-480b-a35b": "qwen/qwen3-coder",
    },
    "gone or never there": {
        "google/gemini-1.5-pro": "google/gemini-2.5-pro",
        "google/gemini-2.0-flash-exp:free": "google/gemini-2.5-flash",
        "openai/gpt-3.5": "openai/gpt-3.5-turbo",
        "openai/gpt-4-32k": "openai/gpt-4",
        "openai/o1-preview": "openai/o1",
        "openai/chatgpt-4o-latest": "openai/gpt-4o",
        "anthropic/claude-2": "anthropic/claude-3-haiku",
        "anthropic/claude-3-opus": "anthropic/claude-opus-5",
        "anthropic/claude-3.7-sonnet:thinking": "anthropic/claude-sonnet-4",
        "meta-llama/llama-2-70b-chat": "meta-llama/llama-3.3-70b-instruct",
        "mistralai/mixtral-8x7b": "mistralai/mixtral-8x22b-instruct",
        "x-ai/grok-3-mini": "x-ai/grok-4.6",
    },
}
"""What people type, and which model of OpenRouter's list they mean."""

REWRITINGS: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "spaces": lambda each: re.sub("[-/:]", " ", each),
    "no separators": lambda each: re.sub(r"\W", "", each),
    "dashes for dots": lambda each: each.replace(".", "-"),
    "underscores": lambda each: each.replace("-", "_"),
    "no author": lambda each: each.partition("/")[2],
    "a host for the author": lambda each: f"host/{each.partition('/')[2]}",
    "a router in front": lambda each: f"router/{each}",
    "a dash after the author": lambda each: each.replace("/", "-"),
}

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

any_id = st.from_regex(r"~?[a-z]{1,5}/[a-z0-9]{1,4}([.-][a-z0-9]{1,4}){0,3}(:free)?", fullmatch=True)


@pytest.fixture(scope="module")
def real(shared: Path) -> Models:
    """Id and display name of each model that OpenRouter listed one day."""
    records = json.loads((shared / "models.json").read_bytes())["data"]
    return [(record["id"], record["name"]) for record in records]


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        # The same but for separators and case comes first, then what is near.
        ("ACME_lark_5_small", ("acme/lark-5-small", "acme/lark-5-large", "acme/lark-4.5-large")),
        ("lark45large", ("acme/lark-4.5-large", "acme/lark-5-large", "acme/lark-4-large")),
        # Slips of the keyboard.
        ("zenit-ai/hreon-3.1-8b-instruct", ("zenith-ai/heron-3.1-8b-instruct", "zenith-ai/heron-3.1-70b-instruct")),
        # The size counts, the author hardly.
        ("other/heron-70b", ("zenith-ai/heron-3.1-70b-instruct",)),
        # A date and a host's version are often added.
        (
            "acme.lark-5-large-20310203-v1:0",
            ("acme/lark-5-large", "acme/lark-4.5-large", "acme/lark-4-large-2030-01-31"),
        ),
        # A model shows once: as the variant that was typed, else as itself.
        ("lark-5-small:fre", ("acme/lark-5-small:free", "acme/lark-5-large")),
        ("acme/lark-4-large:free", ("acme/lark-4-large", "acme/lark-4-large-2030-01-31", "acme/lark-4.5-large")),
        # An alias is first when its own word was typed.
        ("lark large latest", ("~acme/lark-large-latest", "acme/lark-5-large", "acme/lark-4-large")),
        # A display name may have nothing of the id.
        ("purple paer", ("zenith-ai/wren-image",)),
        # A version that is gone leads to its neighbours.
        ("acme/lark-3-large", ("acme/lark-4-large", "acme/lark-5-large", "acme/lark-4.5-large")),
        ("w3", ("acme/w2",)),
    ],
)
def test_suggested(typed: str, suggested: tuple[str, ...]) -> None:
    """Slips, other spellings and versions that are gone lead to what was meant, the likeliest first."""
    assert suggest(typed, MADE_UP) == suggested


def test_the_newest_of_the_kind_has_the_last_place() -> None:
    """When a version is gone, its neighbours leave a place for the newest; when it is there, they do not."""
    versions = [(f"acme/lark-{version}-large", f"Acme: Lark {version} Large") for version in (9, 8, 7, 5, 4, 3)]

    assert suggest("acme/lark-2-large", versions) == ("acme/lark-3-large", "acme/lark-4-large", "acme/lark-9-large")
    assert suggest("lark-4-large", versions) == ("acme/lark-4-large", "acme/lark-5-large", "acme/lark-3-large")


def test_of_equals_the_newest_is_first() -> None:
    """Models that are equally near stay in the order in which they came."""
    equals = [("acme/lark-red", "Red"), ("acme/lark-fox", "Fox"), ("acme/lark-sky", "Sky")]

    assert suggest("acme/lark", equals) == ("acme/lark-red", "acme/lark-fox", "acme/lark-sky")


@pytest.mark.parametrize("typed", ["", " ", "/", ":", "!!!", "~/", "asdfqwer/zzz", "12345", "日本語", "hello world"])
def test_nothing_close(typed: str, real: Models) -> None:
    """What is like no model gets no suggestion, from a short list and from a long one."""
    assert suggest(typed, MADE_UP) == ()
    assert suggest(typed, real) == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [pytest.param(*case, id=f"{kind}: {case[0]}") for kind, cases in REAL.items() for case in cases.items()],
)
def test_meant_by_people(typed: str, meant: str, real: Models) -> None:
    """The model that somebody meant is one of three."""
    assert meant in suggest(typed, real)


@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_another_spelling(rewriting: str, real: Models) -> None:
    """An id that is whole, but spelt in another way, is found at once."""
    for meant, _ in real[::9]:
        typed = REWRITINGS[rewriting](meant)
        assert suggest(typed, real)[0] == meant, typed


def test_typing_slips_at_random(real: Models) -> None:
    """Of 300 ids with one or two slips, at least 95 in 100 are among three suggestions, and 90 are first."""
    chance = random.Random(2026)
    ids = [model_id for model_id, _ in real]
    slips: list[tuple[str, tuple[str, ...]]] = []
    while len(slips) < 300:
        meant = chance.choice(ids)
        typed = mistype(meant, chance)
        typed = mistype(typed, chance) if chance.random() < 0.5 else typed
        # A slip that makes another id is beyond help.
        if typed not in ids:
            slips.append((meant, suggest(typed, real)))

    assert sum(meant in suggested for meant, suggested in slips) >= 285
    assert sum(suggested[:1] == (meant,) for meant, suggested in slips) >= 270


def mistype(text: str, chance: random.Random) -> str:
    """Leave out, double, swap, replace or add one sign."""
    place = chance.randrange(len(text))
    before, sign, after = text[:place], text[place], text[place + 1 :]
    slips = (
        before + after,
        before + sign + sign + after,
        before + after[:1] + sign + after[1:],
        before + neighbour(sign, chance) + after,
        before + sign + chance.choice(string.ascii_lowercase) + after,
    )
    return chance.choice(slips)


def neighbour(sign: str, chance: random.Random) -> str:
    """Hit a key beside the right one; for what is no letter, any letter."""
    row = next((keys for keys in KEYBOARD if sign in keys), string.ascii_lowercase)
    place = row.find(sign)
    return chance.choice(row[max(place - 1, 0) : place + 2] if place >= 0 else row)


def test_an_id_is_suggested_first(real: Models) -> None:
    """Whatever else is close: an id of the list means itself."""
    for models in (MADE_UP, real[::5]):
        for model_id, _ in models:
            assert suggest(model_id, models)[0] == model_id


@given(st.dictionaries(any_id, st.text(max_size=12), min_size=1, max_size=8), st.data())
def test_an_id_is_suggested_first_from_any_list(titles: dict[str, str], data: st.DataObject) -> None:
    """So it is in lists whose ids differ in separators only, and whose display names say anything."""
    typed = data.draw(st.sampled_from(sorted(titles)))

    assert suggest(typed, titles.items())[0] == typed


@given(st.text() | st.text(alphabet="acmelrk-/.:~ 0123456789", max_size=30), st.integers(-1, 5))
def test_any_text(typed: str, limit: int) -> None:
    """Whatever is typed, what comes back are some of the ids, each model once, and no more than wanted."""
    suggested = suggest(typed, MADE_UP, limit)

    assert set(suggested) <= dict(MADE_UP).keys()
    assert len({each.partition(":")[0] for each in suggested}) == len(suggested) <= max(limit, 0)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5), st.text(max_size=8))
def test_any_list(titles: dict[str, str], typed: str) -> None:
    """No list of names, however odd, is an error."""
    assert set(suggest(typed, titles.items())) <= titles.keys()


def test_no_models() -> None:
    """An empty list has nothing to suggest."""
    assert suggest("acme/lark", []) == ()


def test_a_prompt_in_the_wrong_place(real: Models) -> None:
    """A text of a million letters costs no more than a name: less than a fifth of a second."""
    start = time.process_time()
    suggest("Write a poem about 4.5 larks. " * 33_334, real)

    assert time.process_time() - start < 0.2


def test_quick(real: Models) -> None:
    """An error about a name waits at most 50 ms of computing for its suggestions."""
    durations = []
    for _ in range(5):
        start = time.process_time()
        suggest("anthropic/claude-3-5-sonet-20241022", real)
        durations.append(time.process_time() - start)

    assert min(durations) < 0.05


def test_a_family_that_is_gone_leads_to_its_author() -> None:
    """A name that is like none gets the newest models of its author, without variants; of an unknown one, nothing."""
    models = [("maker/new:free", "New"), ("maker/new", "New"), ("~maker/new-latest", "New"), ("other/thing", "Thing")]

    assert suggest("maker/zzqqxx", models) == ("maker/new",)
    assert suggest("nobody/zzqqxx", models) == ()
