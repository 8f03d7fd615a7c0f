"""Presets: named queries that stay current with the catalog."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from langchain_openrouter.catalog import Catalog, Preset, PresetName, preset, presets, register_preset
from tests.helpers.records import FULL, real_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_openrouter.catalog import Model

NAMES = get_args(PresetName)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """A catalog of the recorded models."""
    return Catalog.from_response(real_records())


@pytest.fixture
def registered() -> Iterator[None]:
    """Forget the presets that a test registers."""
    before = presets()
    yield
    preset._PRESETS.clear()
    preset._PRESETS.update(before)


def price(model: Model) -> Any:
    """Add up the prices, as cheap models are compared."""
    assert model.pricing.prompt is not None
    assert model.pricing.completion is not None
    return 3 * model.pricing.prompt + model.pricing.completion


def falling(values: list[Any]) -> bool:
    """Tell whether values fall; those that are unknown may only come last."""
    known = [value for value in values if value is not None]
    return values[: len(known)] == sorted(known, reverse=True)


def test_all_are_there() -> None:
    """The presets are those of the type that editors show, and the copy that is given can be changed."""
    given = presets()
    given.clear()

    assert presets().keys() >= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_none_is_empty(catalog: Catalog, name: PresetName) -> None:
    """Each preset finds some of the recorded models, without a repetition, the same each time."""
    found = catalog.preset(name)

    assert 0 < len(found) < len(catalog)
    assert len({model.id for model in found}) == len(found)
    assert found == catalog.preset(name)


@pytest.mark.parametrize("name", NAMES)
def test_each_stays_a_query(name: PresetName) -> None:
    """A preset names no model and no author, so it finds models that nobody knew when it was written."""
    query = presets()[name].query

    assert query.keys().isdisjoint({"text", "author"})
    new = {**FULL, "id": "nobody/new", "alias_target": None, "context_length": 10**7}
    free = {"prompt": "0", "completion": "0"}
    cheap = {"prompt": "0.000000001", "completion": "0.000000001"}
    record = {
        **new,
        "expiration_date": None,
        "pricing": free if name == "free" else cheap,
        "benchmarks": {"artificial_analysis": dict.fromkeys(["intelligence_index", "coding_index"], 1000)},
    }
    found = Catalog.from_response([*real_records(), record]).preset(name)

    assert found[0].id == "nobody/new"


def test_no_model_is_named_in_the_code() -> None:
    """No id of a model, with or without its author, stands in the module, not even in its comments."""
    source = Path(preset.__file__).read_text().casefold()
    texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    for model in Catalog.load("snapshot"):
        assert model.id not in source
        # A router's short name can be a plain word.
        assert texts.isdisjoint({model.author} if model.is_router else {model.author, model.id.partition("/")[2]})


def test_what_they_promise(catalog: Catalog) -> None:
    """Each preset holds what its name says, best first."""
    found: dict[str, list[Model]] = {name: catalog.preset(name) for name in NAMES}

    assert falling([model.benchmarks.intelligence for model in found["frontier"]])
    assert found["frontier"][0].benchmarks.intelligence == max(model.benchmarks.intelligence or 0 for model in catalog)
    assert all(model.reasoning is not None for model in found["reasoning"])
    assert falling([model.benchmarks.coding for model in found["coding"]])
    assert all("tools" in model.supported_parameters for model in found["coding"])
    assert all("image" in model.input_modalities for model in found["vision"])
    assert all((model.context_length or 0) >= 500_000 for model in found["long_context"])
    assert falling([model.context_length for model in found["long_context"]])
    assert {model.id for model in found["free"]} == {
        record["id"]
        for record in real_records()
        if {*map(float, (v for v in record["pricing"].values() if isinstance(v, str)))} == {0.0}
        and "text" in record["architecture"]["output_modalities"]
    }
    assert all(model.open_weights for model in found["open_weights"])
    for name in set(NAMES) - {"free"}:
        assert not any(model.is_alias or model.is_router or model.variant for model in found[name])


def test_cost_optimized_is_the_cheap_end_of_the_frontier(catalog: Catalog) -> None:
    """The cheapest models with tools that no other beats at price and intelligence; free ones are apart."""
    found = catalog.preset("cost_optimized")
    unbeaten = catalog.pareto("price", "intelligence", plain=True, tools=True, free=False)

    assert found == sorted(unbeaten, key=price)[: len(found)]
    assert len(found) == 5


@pytest.mark.usefixtures("registered")
def test_a_preset_of_ones_own(catalog: Catalog) -> None:
    """A user's preset is found by its name, in every catalog, and may take the place of one that is there."""
    register_preset("mine", Preset({"author": "openai", "tools": True, "sort": "price", "limit": 3}))
    register_preset("coding", Preset({"limit": 1}))

    assert catalog.preset("mine") == catalog.search(author="openai", tools=True, sort="price", limit=3)
    assert catalog.preset("coding") == [catalog.models[0]]
    assert "mine" in presets()
    assert Catalog.from_response([{"id": "a/b"}]).preset("mine") == []


@pytest.mark.usefixtures("registered")
def test_forms_of_a_preset(catalog: Catalog) -> None:
    """A preset is registered as such, as a dict, as keywords, or as a dict with keywords that change it."""
    register_preset("as itself", Preset({"tools": True, "limit": 3}))
    register_preset("as a dict", {"tools": True, "limit": 3})
    register_preset("as keywords", tools=True, limit=3)
    register_preset("as both", {"tools": True, "limit": 5}, limit=3)

    for form in ("as itself", "as a dict", "as keywords", "as both"):
        assert catalog.preset(form) == catalog.search(tools=True, limit=3)


@pytest.mark.usefixtures("registered")
def test_keywords_beside_a_preset_are_not_dropped(catalog: Catalog) -> None:
    """Keywords beside a whole preset change it or are refused; they are not passed over."""
    try:
        register_preset("mine", Preset({"tools": True, "limit": 5}), limit=3)
    except (TypeError, ValueError):
        assert "mine" not in presets()
    else:
        assert catalog.preset("mine") == catalog.search(tools=True, limit=3)


@pytest.mark.usefixtures("registered")
def test_a_frontier_of_ones_own(catalog: Catalog) -> None:
    """With two axes a preset keeps what none beats on both, best on the first one first, and then as many as asked."""
    register_preset("mine", Preset({"tools": True, "limit": 2}, ("prompt_price", "coding")))
    register_preset("whole", Preset({"tools": True}, ("prompt_price", "coding")))

    unbeaten = catalog.pareto("prompt_price", "coding", tools=True)

    assert catalog.preset("whole") == unbeaten
    assert catalog.preset("mine") == unbeaten[:2]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("made", "kind", "told"),
    [
        (Preset({"tool": True}), TypeError, "Did you mean 'tools'?"),  # type: ignore[typeddict-unknown-key]
        (Preset({"sort": "prise"}), ValueError, "sort='prise'"),  # type: ignore[typeddict-item]
        (Preset({"input": "images"}), ValueError, "input='images'"),
        (Preset({}, ("price", "beauty")), ValueError, "axis='beauty'"),  # type: ignore[arg-type]
        (Preset({"max_prompt_price": "cheap"}), ValueError, "max_prompt_price='cheap'"),  # type: ignore[typeddict-item]
        (Preset({"limit": -1}), ValueError, "limit=-1"),
    ],
    ids=["key", "sort", "modality", "axis", "price", "limit"],
)
def test_a_wrong_preset_is_refused_at_once(made: Preset, kind: type[Exception], told: str) -> None:
    """A slip in a preset is told where it is registered, not where it is used, and the preset is not kept."""
    with pytest.raises(kind) as caught:
        register_preset("mine", made)

    assert told in str(caught.value)
    assert "mine" not in presets()


def test_an_unknown_preset(catalog: Catalog) -> None:
    """A preset that there is not is an error that names those there are, and how to add one."""
    with pytest.raises(ValueError, match="There is no preset 'cheapest'") as caught:
        catalog.preset("cheapest")

    assert all(name in str(caught.value) for name in (*NAMES, "register_preset"))
