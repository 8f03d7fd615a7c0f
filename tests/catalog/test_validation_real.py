"""Validation against the real catalog and recorded requests: what is reported is true, and nothing else is."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.catalog import Catalog, problems
from tests.helpers.asking import ASKED, FUNCTION, LONG, parts

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_openrouter.catalog import Model, ProblemKind

RECORDED = dt.date(2026, 8, 15)
GONE = {
    "anthropic/claude-3.7-sonnet:thinking",
    "google/gemini-2.0-flash-exp:free",
    "minimax/minimax-m2:free",
    "mistralai/mistral-small",
    "x-ai/grok-4",
}
"""Models of the recordings of 2025 that were removed before the recorded catalog."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The bundled facts."""
    return Catalog.load("snapshot")


@pytest.fixture(scope="module")
def models(catalog: Catalog) -> list[Model]:
    """The models that say what they can do, and do not end."""
    return [model for model in catalog if not model.is_router and model.expiration_date is None]


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[dict[str, Any]]:
    """The recorded requests to the chat API that were answered."""
    rows = [json.loads(line) for line in (shared / "traffic.jsonl").read_text().splitlines()]
    chats = [row for row in rows if row["path"].endswith("/chat/completions") and row["status"] == 200]
    return [row for row in chats if isinstance(row["request"], dict)]


def found(model: Model, catalog: Catalog, **body: Any) -> list[tuple[ProblemKind, str]]:
    """Give kind and subject of each problem of a request."""
    return [(each.kind, each.subject) for each in problems({"model": model.id, **body}, catalog)]


def test_every_name_of_every_model_is_known(catalog: Catalog) -> None:
    """Ids, slugs, aliases and routing variants are accepted; that a model ends may be told."""
    names = {name for model in catalog for name in (model.id, model.canonical_slug, f"{model.id}:online") if name}
    kinds = {each.kind for name in names for each in problems({"model": name}, catalog)}

    assert kinds <= {"expiring_model", "expired_model"}
    assert any(name.startswith("~") for name in names)


@pytest.mark.parametrize("name", ["frequency_penalty", "seed", "stop", "temperature", "tools", "top_k", "top_p"])
def test_parameters(models: list[Model], catalog: Catalog, name: str) -> None:
    """A parameter is reported for exactly those models that do not list it."""
    reported = [model.id for model in models if found(model, catalog, **{name: ASKED[name]})]

    assert reported == [model.id for model in models if not model.supports(name)]
    assert 0 < len(reported) < len(models)


@pytest.mark.parametrize(
    ("part", "modality"), [("image_url", "image"), ("input_audio", "audio"), ("video_url", "video")]
)
def test_modalities(models: list[Model], catalog: Catalog, part: str, modality: str) -> None:
    """A part of a message is reported for exactly those models that do not read it."""
    for model in models:
        expected = [] if modality in model.input_modalities else [("unsupported_input", modality)]
        assert found(model, catalog, messages=parts(part)) == expected, model.id


@pytest.mark.parametrize("effort", ["minimal", "low", "high"])
def test_efforts(models: list[Model], catalog: Catalog, effort: str) -> None:
    """An effort is reported where efforts are listed without it; where none are listed, any is taken."""
    for model in models:
        if model.reasoning and model.supports("reasoning"):
            taken = not model.reasoning.efforts or effort in model.reasoning.efforts
            expected = [] if taken else [("reasoning_effort", effort)]
            assert found(model, catalog, reasoning={"effort": effort}) == expected, model.id


def test_turning_reasoning_off(models: list[Model], catalog: Catalog) -> None:
    """Is reported where it is mandatory, and nowhere else: `none` need not be among the efforts."""
    for model in models:
        must = model.reasoning is not None and model.reasoning.mandatory
        expected = [("reasoning_mandatory", "reasoning")] if must else []
        assert found(model, catalog, reasoning={"effort": "none"}) == expected, model.id


def test_limits(models: list[Model], catalog: Catalog) -> None:
    """The longest answer may be asked for, and no token more."""
    limits = [(model, model.max_completion_tokens) for model in models if model.max_completion_tokens]
    for model, limit in limits:
        assert ("max_tokens", "max_tokens") not in found(model, catalog, max_tokens=limit)
        assert ("max_tokens", "max_tokens") in found(model, catalog, max_tokens=limit + 1)
    assert len(limits) > 100


@pytest.mark.parametrize(
    "body",
    [
        *({name: ASKED[name]} for name in ("logit_bias", "min_p", "response_format", "seed", "tools")),
        {"tools": [FUNCTION], "tool_choice": "required"},
        {"messages": parts("input_audio")},
        {"modalities": ["image"]},
        {"messages": LONG},
    ],
)
def test_remedies_remedy(models: list[Model], catalog: Catalog, body: dict[str, Any]) -> None:
    """The search that a remedy names gives models, and they can do what was asked."""
    troubled = next(model for model in models if len(found(model, catalog, **body)) == 1)
    (problem,) = problems({"model": troubled.id, **body}, catalog)
    (arguments,) = re.findall(r"`Catalog\.search\((.*)\)`", problem.remedy)
    others = catalog.search(**eval(f"dict({arguments})"))  # noqa: S307  # what our own message says

    assert others
    assert [model.id for model in others if (problem.kind, problem.subject) in found(model, catalog, **body)] == []


def test_recorded_requests(rows: list[dict[str, Any]], shared: Path) -> None:
    """OpenRouter answered them all, so nothing is to be reported but models that are gone since."""
    catalog = Catalog.from_response(json.loads((shared / "models.json").read_bytes()))
    found = [(each, row["source"]) for row in rows for each in problems(row["request"], catalog, today=RECORDED)]

    assert len(rows) > 300
    assert [pair for pair in found if pair[0].kind != "unknown_model"] == []
    assert {problem.model for problem, _ in found} == GONE


def test_a_prompt_that_fitted_is_not_surely_too_long(rows: list[dict[str, Any]]) -> None:
    """Even where the window is just what the recorded exchange needed, it may be worth a word, but no refusal."""
    refused: dict[str, str] = {}
    for row in rows:
        counts = re.findall(r'"total_tokens": ?(\d+)', row["body"])
        if counts:
            window = Catalog.from_response([{"id": "a/b", "context_length": int(counts[-1])}])
            prompt = {key: row["request"].get(key) for key in ("messages", "tools")}
            body = {"model": "a/b", "transforms": [], **prompt}  # nothing shortens it
            certain = [each.message for each in problems(body, window) if each.certain]
            refused |= {f"{row['source']}: {message}": counts[-1] for message in certain}

    assert refused == {}
