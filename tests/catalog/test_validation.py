"""What a request asks that a model cannot do: found where it is so, and not reported where nobody knows."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.catalog import Catalog, Problem, ProblemKind, problems
from langchain_openrouter.catalog.naming import ROUTING_VARIANTS
from tests.helpers.asking import ASKED, FUNCTION, LONG, SCHEMA, SUPPORTED, parts
from tests.helpers.records import JSON, ODD

if TYPE_CHECKING:
    from langchain_openrouter.catalog import Model

TODAY = dt.date(2026, 8, 15)
TEXT = {"input_modalities": ["text"], "output_modalities": ["text"]}
LIMITS = {"context_length": 20_000, "top_provider": {"max_completion_tokens": 1000}}
ABLE = {
    **LIMITS,
    "id": "acme/able",
    "canonical_slug": "acme/able-2026-01-01",
    "architecture": {"input_modalities": ["text", "image", "audio", "video"], "output_modalities": ["text", "image"]},
    "supported_parameters": SUPPORTED,
    "reasoning": {"mandatory": False, "supported_efforts": ["high", "low"]},
}
PLAIN = {**LIMITS, "id": "acme/plain", "architecture": TEXT, "supported_parameters": ["max_tokens"]}
FREE_JSON = {**PLAIN, "id": "acme/free-json", "supported_parameters": ["response_format"]}
THINKER = {**ABLE, "id": "acme/thinker", "reasoning": {"mandatory": True, "supported_efforts": ["high", "low"]}}
ENDING = {**ABLE, "id": "acme/ending", "expiration_date": "2026-08-31"}
UNTOLD = {"id": "acme/untold"}
ROUTER = {**PLAIN, "id": "acme/router", "architecture": {**TEXT, "tokenizer": "Router"}, "supported_parameters": []}
CATALOG = Catalog.from_response([ABLE, PLAIN, FREE_JSON, THINKER, ENDING, UNTOLD, ROUTER])


def found(model: str = "acme/able", catalog: Catalog = CATALOG, **body: Any) -> list[tuple[ProblemKind, str]]:
    """Give kind and subject of each problem."""
    asked = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **body}
    return [(each.kind, each.subject) for each in problems(asked, catalog, today=TODAY)]


REPORTED: list[tuple[ProblemKind, str, str, dict[str, Any], list[str]]] = [
    ("unknown_model", "acme/abel", "acme/abel", {}, ["no model", "'acme/able'"]),
    ("short_name", "able", "able", {}, ["short name", "'acme/able'"]),
    ("expiring_model", "acme/ending", "acme/ending", {}, ["is to be removed", "2026-08-31"]),
    ("expired_model", "acme/ending", "acme/ending", {"day": "2026-09-01"}, ["was to be removed", "2026-08-31"]),
    ("unsupported_parameter", "acme/plain", "tools", {"tools": [FUNCTION]}, ["`tools`", "{'tools'}"]),
    ("unsupported_parameter", "acme/plain", "seed", {"seed": 1}, ["`seed`", "{'seed'}"]),
    ("unsupported_parameter", "acme/free-json", "response_format", {"response_format": SCHEMA},
     ["`response_format` of type 'json_schema'", "{'structured_outputs'}"]),
    ("unsupported_parameter", "acme/plain", "response_format", {"response_format": {"type": "json_object"}},
     ["`response_format` of type 'json_object'", "{'response_format'}"]),
    ("unsupported_input", "acme/plain", "image", {"messages": parts("image_url")}, ["read image", "text", "{'image'}"]),
    ("unsupported_input", "acme/plain", "audio", {"messages": parts("input_audio")}, ["read audio", "text"]),
    ("unsupported_input", "acme/plain", "video", {"messages": parts("video_url")}, ["read video", "text"]),
    ("unsupported_output", "acme/able", "audio", {"modalities": ["text", "audio"]}, ["audio", "image, text", "output"]),
    ("max_tokens", "acme/able", "max_tokens", {"max_tokens": 1001}, ["1001", "1000"]),
    ("max_tokens", "acme/able", "max_tokens", {"max_completion_tokens": 1001}, ["1001", "1000"]),
    ("context_length", "acme/able", "messages", {"messages": LONG}, ["20000", "min_context="]),
    ("reasoning_effort", "acme/able", "medium", {"reasoning": {"effort": "medium"}}, ["'medium'", "high, low"]),
    ("reasoning_effort", "acme/able", "medium", {"reasoning_effort": "medium"}, ["'medium'", "high, low"]),
    ("reasoning_mandatory", "acme/thinker", "reasoning", {"reasoning": {"enabled": False}}, ["always", "'low'"]),
    ("reasoning_mandatory", "acme/thinker", "reasoning", {"reasoning": {"effort": "none"}}, ["always", "'low'"]),
    ("reasoning_mandatory", "acme/thinker", "reasoning", {"reasoning_effort": "none"}, ["always", "'low'"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "model", "subject", "body", "words"), REPORTED)
def test_reported(kind: ProblemKind, model: str, subject: str, body: dict[str, Any], words: list[str]) -> None:
    """Alone, and in words that name the model, the value, the reason and what to do."""
    day = dt.date.fromisoformat(body.get("day", str(TODAY)))
    (problem,) = problems({"messages": [], **body, "model": model}, CATALOG, today=day)

    assert (problem.kind, problem.model, problem.subject) == (kind, model, subject)
    assert repr(model) in problem.message
    assert [word for word in words if word not in str(problem)] == []
    for sentence in (problem.message, problem.remedy):
        assert re.fullmatch(r"(?s)\S.*[.?]", sentence), sentence
    assert str(problem) == f"{problem.message} {problem.remedy}"


@pytest.mark.parametrize(
    ("model", "body", "certain"),
    [
        ("acme/abel", {}, True),
        ("able", {}, False),  # OpenRouter may know it
        ("acme/ending", {}, False),  # it is there yet
        ("acme/plain", {"tools": [FUNCTION]}, True),
        ("acme/able", {"max_tokens": 1001}, True),
        ("acme/able", {"messages": LONG}, True),
        ("acme/able", {"messages": [{"role": "user", "content": "word " * 20_000}]}, False),  # 20,000 tokens or less
    ],
)
def test_what_is_certain(model: str, body: dict[str, Any], certain: bool) -> None:
    """What may work after all is told apart from what cannot."""
    (problem,) = problems({"model": model, "messages": [], **body}, CATALOG, today=TODAY)

    assert problem.certain is certain


def test_every_kind_is_reported() -> None:
    """The table above leaves none out."""
    assert {kind for kind, *_ in REPORTED} == set(get_args(ProblemKind))


@pytest.mark.parametrize(
    "body",
    [
        ASKED,
        {"max_tokens": 1000, "messages": parts("image_url", "input_audio", "video_url", "file", "text")},
        {"max_completion_tokens": 1000, "modalities": ["text", "image"]},
        {"reasoning": {"enabled": False}},
        {"reasoning": {"effort": "none"}, "reasoning_effort": "high"},
        {"reasoning": {"max_tokens": 2000}},
        {"reasoning": {"enabled": True, "effort": None}},
        {"a_parameter_of_tomorrow": {"nested": [1]}, "provider": {"only": ["acme"]}, "verbosity": None},
    ],
)
def test_a_model_that_can_is_not_reported(body: dict[str, Any]) -> None:
    """Whatever is asked up to its limits, and what nobody has heard of, is no problem."""
    assert found("acme/able", **body) == []


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": None, "tools": None, "logprobs": False, "include_reasoning": False},
        {"tools": [{"type": "openrouter:web_search"}, {"type": "openrouter:datetime"}]},
        {"tools": []},
        {"tools": [{"type": "openrouter:web_search"}], "tool_choice": "auto"},
        {"tool_choice": "none"},
        {"response_format": {"type": "text"}},
        {"reasoning": {"effort": "none"}},
        {"reasoning": {"enabled": False}},
        {"reasoning": {"exclude": True}},  # "All models support this", says OpenRouter
        {"reasoning": {}},
        {"stop": []},
        {"logit_bias": {}},
        {"messages": parts("file")},  # OpenRouter turns it into text
        {"models": "acme/able"},  # no list: OpenRouter will say so
    ],
)
def test_what_asks_for_nothing_needs_no_support(body: dict[str, Any]) -> None:
    """Values that leave things as they are, and what OpenRouter does by itself, go to any model."""
    assert found("acme/plain", **body) == []


@pytest.mark.parametrize(
    "model",
    ["acme/untold", "acme/untold:nitro", "acme/router", "@preset/mine", "@preset/acme/untold", None, 7],
)
def test_what_nobody_knows_is_no_problem(model: Any) -> None:
    """A model that the catalog tells nothing of, a router, a preset: whatever is asked of them."""
    body = {**ASKED, "messages": [*parts("image_url", "input_audio", "video_url"), *LONG], "max_tokens": 10**9}

    assert found(model, **body, modalities=["audio"]) == []


@pytest.mark.parametrize("variant", sorted(ROUTING_VARIANTS))
def test_a_variant_is_its_model(variant: str) -> None:
    """What the model cannot do, a way of routing it cannot; but `:extended` has limits of its own."""
    assert found(f"acme/plain:{variant}", temperature=1) == [("unsupported_parameter", "temperature")]
    limits = found(f"acme/plain:{variant}", max_tokens=5000)
    assert limits == ([] if variant == "extended" else [("max_tokens", "max_tokens")])


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (["acme/plain", "acme/able", "@preset/mine", "acme/able:floor", "acme/able-2026-01-01"], []),
        (["acme/abel"], [("unknown_model", "acme/abel")]),
        (["plain"], [("short_name", "plain")]),
        (["acme/ending", None, 7], [("expiring_model", "acme/ending")]),
    ],
)
def test_fallbacks_must_exist(models: list[Any], expected: list[Any]) -> None:
    """Of the further models of a request it is asked whether they are there, not what they can do."""
    assert found(models=models, tools=[FUNCTION]) == expected
    assert found("acme/plain", models=models, tools=[FUNCTION]) == [*expected, ("unsupported_parameter", "tools")]


@pytest.mark.parametrize(
    ("days", "kind"),
    [(30, None), (29, "expiring_model"), (0, "expiring_model"), (-1, "expired_model"), (-400, "expired_model")],
)
def test_the_end_of_a_model(days: int, kind: str | None) -> None:
    """Told for thirty days; on its last day a model is still there; a date that means never is none."""
    ends = TODAY + dt.timedelta(days=days)
    catalog = Catalog.from_response([{**ABLE, "expiration_date": str(ends)}, {"id": "acme/other", "name": "Other"}])

    assert [each for each, _ in found(catalog=catalog)] == ([kind] if kind else [])
    assert found(catalog=Catalog.from_response([{**ABLE, "expiration_date": "2098-12-31"}])) == []


def test_the_day_is_today() -> None:
    """Where no day is given."""
    today = dt.datetime.now(dt.UTC).date()
    for days, kinds in ((-3, ["expired_model"]), (3, ["expiring_model"]), (40, [])):
        record = {**ABLE, "expiration_date": str(today + dt.timedelta(days=days))}
        given = problems({"model": "acme/able"}, Catalog.from_response([record]))

        assert [each.kind for each in given] == kinds


@pytest.mark.parametrize(
    ("body", "reported"),
    [
        ({"messages": LONG, "plugins": [{"id": "context-compression"}]}, False),
        ({"messages": LONG, "transforms": ["middle-out"]}, False),
        ({"messages": LONG, "plugins": [{"id": "context-compression", "enabled": False}]}, True),
        ({"messages": LONG, "plugins": [{"id": "web"}], "transforms": []}, True),
        ({"tools": [{**FUNCTION, "description": "word " * 100_000}]}, True),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "word " * 100_000}]}]}, True),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x" * 10**6}}]}]},
            False,
        ),
        ({"messages": [{"role": "assistant", "reasoning_details": [{"data": "x" * 10**6}]}]}, False),
    ],
)
def test_what_counts_to_the_window(body: dict[str, Any], reported: bool) -> None:
    """Texts and tools do, media do not, and a prompt that OpenRouter is asked to shorten is never too long."""
    assert found(**body) == ([("context_length", "messages")] if reported else [])


@pytest.mark.parametrize(
    ("body", "reported"),
    [({}, False), ({"transforms": []}, True), ({"plugins": [{"id": "context-compression", "enabled": False}]}, True)],
)
def test_prompts_of_small_models_are_shortened(body: dict[str, Any], reported: bool) -> None:
    """For windows of 8192 tokens or less OpenRouter shortens prompts, unless it is told not to.

    See https://openrouter.ai/docs/guides/features/message-transforms.
    """
    catalog = Catalog.from_response([{**ABLE, "context_length": 8192}])

    assert found(catalog=catalog, messages=LONG, **body) == ([("context_length", "messages")] if reported else [])


def test_the_answer_counts_to_the_window() -> None:
    """The whole window may be asked for, and no token more."""
    catalog = Catalog.from_response([{"id": "a/b", "context_length": 10_000}])

    assert found("a/b", catalog, messages=[], max_tokens=10_000) == []
    assert found("a/b", catalog, messages=[], max_tokens=10_001) == [("context_length", "messages")]
    assert found("a/b", catalog, messages=LONG) == [("context_length", "messages")]
    assert found("a/b", catalog, messages=[{"role": "user", "content": "word " * 7000}]) == []


@given(st.text(max_size=300), st.integers(0, 1000), st.integers(1, 400))
def test_the_size_spares_work_and_changes_nothing(content: str, wanted: int, window: int) -> None:
    """With the bytes of the body at hand, the findings are those of a count."""
    catalog = Catalog.from_response([{"id": "a/b", "context_length": window}])
    messages = [{"role": "user", "content": content}]
    body = {"model": "a/b", "messages": messages, "max_tokens": wanted, "transforms": []}
    size = len(json.dumps(body, ensure_ascii=False).encode(errors="replace"))

    assert list(problems(body, catalog, size=size)) == list(problems(body, catalog))


def test_in_the_order_of_the_request() -> None:
    """The same request has the same problems in the same order, in every process."""
    expected = [("unsupported_parameter", name) for name in ASKED]

    assert found("acme/plain", **ASKED) == expected


KEYS = ["model", "models", "messages", "tools", "tool_choice", "response_format", "reasoning", "reasoning_effort"]
KEYS += ["max_tokens", "max_completion_tokens", "modalities", "plugins", "transforms", "stop", "temperature"]
PART = st.dictionaries(st.sampled_from(["type", "text", "image_url"]), JSON, max_size=3)
MESSAGES = st.lists(st.fixed_dictionaries({"role": JSON, "content": JSON | st.lists(PART | JSON, max_size=2)}))


@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ODD) | JSON | MESSAGES), st.sampled_from(list(CATALOG)))
def test_any_body_is_borne(body: dict[str, Any], model: Model) -> None:
    """What is no request at all is for OpenRouter to refuse: looking at it never raises."""
    for asked in (body, {**body, "model": model.id}):
        for problem in problems(asked, CATALOG):
            assert isinstance(problem, Problem)
