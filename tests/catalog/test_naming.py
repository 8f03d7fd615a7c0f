"""Names: what somebody writes, and which model is meant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import Catalog, Model, ModelNotFoundError
from langchain_openrouter.catalog.naming import ROUTING_VARIANTS, Names, is_short
from tests.helpers.records import real_records


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """The recorded models."""
    return real_records()


@pytest.fixture(scope="module")
def catalog(records: list[dict[str, Any]]) -> Catalog:
    """A catalog of the recorded models."""
    return Catalog.from_response({"data": records})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("openai/gpt-4o:batch", "openai/gpt-4o:batch"),
        ("openai/gpt-oss-20b:free", "openai/gpt-oss-20b:free"),
        ("qwen/qwen-plus-2025-07-28:thinking", "qwen/qwen-plus-2025-07-28:thinking"),
        ("~anthropic/claude-sonnet-latest", "~anthropic/claude-sonnet-latest"),
        ("openrouter/auto", "openrouter/auto"),
        # canonical slugs
        ("x-ai/grok-4.6-20260810", "x-ai/grok-4.6"),
        ("anthropic/claude-4.5-sonnet-20250929", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-4.5-sonnet-20250929:batch", "anthropic/claude-sonnet-4.5:batch"),
        ("qwen/qwen-plus-2025-07-28", "qwen/qwen-plus-2025-07-28"),
        # routing variants
        ("openai/gpt-4o:nitro", "openai/gpt-4o"),
        ("~openai/gpt-latest:online", "~openai/gpt-latest"),
        ("openai/gpt-oss-20b:free:online", "openai/gpt-oss-20b:free"),
        ("openai/gpt-4o:floor:online", "openai/gpt-4o"),
        ("openai/gpt-4o:online:batch", "openai/gpt-4o:batch"),
        ("x-ai/grok-4.6-20260810:exacto", "x-ai/grok-4.6"),
        # short names
        ("gpt-4o", "openai/gpt-4o"),
        ("gpt-4o:nitro", "openai/gpt-4o"),
        ("gpt-4o:batch", "openai/gpt-4o:batch"),
        ("gpt-oss-20b:free", "openai/gpt-oss-20b:free"),
        ("claude-sonnet-4.5", "anthropic/claude-sonnet-4.5"),
        # a dash for a dot
        ("anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-sonnet-4-5:nitro", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-sonnet-4-5:batch", "anthropic/claude-sonnet-4.5:batch"),
        ("claude-sonnet-4-5", "anthropic/claude-sonnet-4.5"),
        # presets
        ("openai/gpt-4o@preset/mine", "openai/gpt-4o"),
        ("openai/gpt-4o:floor@preset/mine", "openai/gpt-4o"),
        ("gpt-4o@preset/mine", "openai/gpt-4o"),
        ("openai/gpt-oss-20b:free@preset/a/b:c", "openai/gpt-oss-20b:free"),
    ],
)
def test_meant(catalog: Catalog, name: str, meant: str) -> None:
    """An id, a slug, an alias, a variant, a short name, a dash for a dot and a preset lead to their model."""
    model = catalog.lookup(name)

    assert model.id == meant
    assert model is catalog[meant] is catalog.get(name)
    assert name in catalog


@pytest.mark.parametrize("variant", sorted(ROUTING_VARIANTS))
def test_routing_variants(catalog: Catalog, variant: str) -> None:
    """Every way of routing leads to the model itself, unless the model has a record for it."""
    for model in catalog:
        found = catalog[f"{model.id}:{variant}"]
        assert found is catalog.get(model.id) or found.variant == variant


def test_a_model_goes_by_its_id(catalog: Catalog) -> None:
    """Every model is what its id means, and its slug means a model of the same slug: the model before its variants."""
    ids = {model.id for model in catalog}
    for model in catalog:
        assert catalog[model.id] is model
        assert model.canonical_slug is not None
        by_slug = catalog[model.canonical_slug]
        assert model.canonical_slug in {by_slug.canonical_slug, by_slug.id}
        assert by_slug.variant is None or by_slug.id.partition(":")[0] not in ids


@pytest.mark.parametrize("ids", [["a/b", "a/b:free"], ["a/b:free", "a/b"], ["a/c:free", "a/b:batch", "a/b"]])
def test_a_slug_means_the_model_before_its_variants(ids: list[str]) -> None:
    """Of models with one slug, that without a variant is meant, whatever the order."""
    assert Names((model_id, "a/b-2026") for model_id in ids).find("a/b-2026") == "a/b"


def test_the_newer_of_two_models_of_one_slug() -> None:
    """Of two models with one slug the first in the list, the newer, is meant."""
    assert Names([("a/new", "s"), ("a/old", "s")]).find("s") == "a/new"
    assert Names([("a/new:free", "s"), ("a/old:free", "s")]).find("s") == "a/new:free"


def test_a_dated_slug_keeps_its_variant(catalog: Catalog) -> None:
    """What answers name, the slug with the variant, is that variant, also where the model itself is gone."""
    for model in catalog:
        if model.variant:
            assert catalog[f"{model.canonical_slug}:{model.variant}"].id == model.id


def test_a_variant_without_its_model_has_a_short_name_too(catalog: Catalog) -> None:
    """A `:free` model whose own model is gone is found without its author, and with dashes for dots."""
    ids = {model.id for model in catalog}
    lonely = [model for model in catalog if model.variant and model.id.partition(":")[0] not in ids]

    assert len(lonely) == 8
    for model in lonely:
        assert catalog[model.id.partition("/")[2]] is model
        assert catalog[model.id.replace(".", "-")] is model


def test_short_names(catalog: Catalog) -> None:
    """Every model is found without its author, unless two authors have a model of that name; then none is."""
    names = [model.id.partition("/")[2] for model in catalog]
    slugs = {model.canonical_slug for model in catalog}
    for model in catalog:
        short = model.id.partition("/")[2]
        if model.variant is None and short not in slugs:
            assert catalog.get(short) is (model if names.count(short) == 1 else None)


@pytest.mark.parametrize(
    "name",
    ["", ":", ":free", "/", "a/b", "openai/", "/gpt-4o", "openai/gpt-4o:", "openai/gpt-4o:unknown", " gpt-4o",
     "openai/gpt-4o:free", "gpt-4o:free", "openai/gpt-4o:free@preset/x", "openai", "OPENAI/GPT-4O", "@preset", "\0"],
)  # fmt: skip
def test_not_meant(catalog: Catalog, name: str) -> None:
    """What no model goes by is not found, though it may be close to one."""
    assert catalog.get(name) is None
    assert name not in catalog
    with pytest.raises(ModelNotFoundError) as caught:
        catalog.lookup(name)
    assert caught.value.name == name
    assert len(caught.value.suggestions) <= 3
    assert all(each in catalog for each in caught.value.suggestions)


def test_free_without_a_free_record(catalog: Catalog) -> None:
    """Of a model that is not offered free, the model itself is suggested."""
    for model_id in ("openai/gpt-4o", "anthropic/claude-sonnet-4.5", "x-ai/grok-4.6"):
        with pytest.raises(ModelNotFoundError, match=f"{model_id}:free") as caught:
            catalog.lookup(f"{model_id}:free")
        assert model_id in caught.value.suggestions


def test_a_preset_alone_gives_a_model_of_which_nothing_is_known(catalog: Catalog) -> None:
    """`@preset/mine` passes; what stands behind it only OpenRouter knows."""
    model = catalog.lookup("@preset/mine")

    assert (model.id, model.context_length, model.pricing.known) == ("@preset/mine", None, {})
    assert catalog.get("@preset/mine") is None


def test_presets_are_not_kept(catalog: Catalog) -> None:
    """A name with a preset is found anew each time, so that many presets take no room."""
    before = len(catalog._found)
    for number in range(100):
        assert catalog.lookup(f"openai/gpt-4o@preset/{number}") is catalog["openai/gpt-4o"]

    assert len(catalog._found) <= before + 1


PART = st.text("ab1.-:", min_size=1, max_size=4)
ID = st.builds("{}/{}".format, st.sampled_from(["a", "b", "~a"]), PART)
ALL = st.dictionaries(ID, st.none() | ID, min_size=1, max_size=6)


@given(ALL, st.text("ab1.-:/~@", max_size=12) | ID)
@example({"a/b": None}, ":" * 5000)
@example({"a/b": None}, "a/b" + ":nitro" * 3000)
@settings(max_examples=500, deadline=None)
def test_any_name_in_any_catalog(slugs: dict[str, str | None], name: str) -> None:
    """Ids mean themselves, what is found is an id of the catalog, and nothing that is written is an error."""
    names = Names(slugs.items())
    found = names.find(name)

    assert [names.find(model_id) for model_id in slugs] == list(slugs)
    assert found is None or found in slugs
    assert names.find(f"{name}@preset/mine") == found
    if found is not None:
        assert names.find(f"{name}:nitro") == found


@given(ALL)
@settings(max_examples=300, deadline=None)
def test_what_two_models_could_mean(slugs: dict[str, str | None]) -> None:
    """A short name that fits two models means neither, unless it is an id or a slug."""
    names = Names(slugs.items())
    models = [model_id for model_id in slugs if ":" not in model_id]
    for model_id in models:
        short = model_id.partition("/")[2]
        sharing = [each for each in models if each.partition("/")[2] == short]
        if short and len(sharing) > 1 and short not in slugs.values():
            assert names.find(short) is None


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("gpt-4o", True),
        ("gpt-4o:nitro", True),
        ("gpt-4o@preset/a", True),
        ("openai/gpt-4o", False),
        ("~openai/gpt-latest", False),
        ("@preset/mine", False),
        ("openai/gpt-4o@preset/mine", False),
    ],
)
def test_is_short(name: str, short: bool) -> None:
    """A name is short when it lacks its author."""
    assert is_short(name) is short


@pytest.mark.parametrize("odd", [None, 7, Model("a/b")])
def test_a_name_is_a_text(odd: object) -> None:
    """What is no text is refused by an error that says so."""
    with pytest.raises(TypeError, match=r"looked up by a name"):
        Catalog.from_response([{"id": "a/b"}]).lookup(odd)  # type: ignore[arg-type]
