"""What a model is strong at and what it costs among others: derived, never typed in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from langchain_openrouter.catalog import Catalog, ModelNotFoundError, standing


def record(number: int, **more: object) -> dict[str, object]:
    """A model whose price, window and scores rise with its number."""
    score = {"intelligence_index": number, "coding_index": 100 - number, "agentic_index": None}
    return {
        "id": f"author/m{number}",
        "context_length": 1000 * (number + 1),
        "pricing": {"prompt": str(Decimal(number) / 10**6), "completion": str(Decimal(number) / 10**6)},
        "benchmarks": {"artificial_analysis": score, "design_arena": []},
        **more,
    }


@pytest.fixture
def catalog() -> Catalog:
    """Twelve models that cost something, a free one, and one whose price is decided per request."""
    free = {"id": "author/none:free", "pricing": {"prompt": "0", "completion": "0"}}
    router = {"id": "openrouter/any", "pricing": {"prompt": "-1", "completion": "-1"}}
    return Catalog.from_response({"data": [*(record(number) for number in range(1, 13)), free, router]})


def test_tiers_are_thirds(catalog: Catalog) -> None:
    """The cheapest, middle and dearest third of what costs something; free and unknown are apart."""
    tiers = [catalog.tier(f"m{number}") for number in range(1, 13)]

    assert tiers == ["budget"] * 5 + ["balanced"] * 4 + ["premium"] * 3
    assert catalog.tier("author/none:free") == "free"
    assert catalog.tier("openrouter/any") is None


def test_strengths_are_the_best_quarter(catalog: Catalog) -> None:
    """Measured strengths are those of the best quarter; what is not measured is no strength."""
    intelligent = [m.id for m in catalog if "intelligence" in catalog.strengths(m.id)]
    coders = [m.id for m in catalog if "coding" in catalog.strengths(m.id)]

    assert intelligent == ["author/m10", "author/m11", "author/m12"]
    assert coders == ["author/m1", "author/m2", "author/m3"]
    assert not [m.id for m in catalog if "agentic" in catalog.strengths(m.id)]
    assert "free" in catalog.strengths("author/none:free")


def test_abilities() -> None:
    """What a model can do is among its strengths."""
    able = {
        "id": "a/b",
        "architecture": {"input_modalities": ["text", "image", "audio", "video"], "output_modalities": ["image"]},
        "supported_parameters": ["tools", "structured_outputs", "reasoning"],
        "reasoning": {"mandatory": False},
        "hugging_face_id": "a/b",
    }

    assert Catalog.from_response([able]).strengths("b") == (
        "tools",
        "structured_output",
        "reasoning",
        "vision",
        "audio",
        "video",
        "image_output",
        "open_weights",
    )


def test_every_model_of_the_snapshot_stands_somewhere() -> None:
    """No model of the real list is too odd, and every tier and measured strength occurs."""
    catalog = Catalog.load("snapshot")

    tiers = {catalog.tier(model.id) for model in catalog}
    strengths = {strength for model in catalog for strength in catalog.strengths(model.id)}

    assert tiers == {"free", "budget", "balanced", "premium", None}
    assert {"intelligence", "coding", "agentic", "long_context", "low_price"} <= strengths


def test_an_empty_catalog_has_no_marks() -> None:
    """Nothing to compare with is no error."""
    alone = Catalog.from_response([{"id": "a/b", "pricing": {"prompt": "1", "completion": "1"}}])

    assert alone.tier("a/b") == "budget"
    assert Catalog.from_response([]).models == ()
    with pytest.raises(ModelNotFoundError):
        Catalog.from_response([]).tier("a/b")


def test_no_model_is_named() -> None:
    """The code names no model of the catalog."""
    code = Path(standing.__file__ or "").read_text()

    assert not [model.id for model in Catalog.load("snapshot") if model.id in code]
