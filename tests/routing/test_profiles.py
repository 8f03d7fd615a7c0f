"""Named ways of routing, as data."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, get_args

import pytest

from langchain_openrouter.routing import profiles as module
from langchain_openrouter.routing.candidate import candidates_of
from langchain_openrouter.routing.constraints import Constraints
from langchain_openrouter.routing.policy import as_policy
from langchain_openrouter.routing.profiles import ProfileName, register_routing_profile, routing_profiles
from tests.routing.made import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = get_args(ProfileName)


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test's profiles be known only in it."""
    monkeypatch.setattr(module, "_PROFILES", copy.deepcopy(module._PROFILES))


def test_the_names() -> None:
    """The profiles are those that the package promises, and are JSON."""
    assert sorted(routing_profiles()) == sorted(NAMES) == ["balanced", "deep", "paranoid", "quick"]
    assert json.loads(json.dumps(routing_profiles())) == routing_profiles()


@pytest.mark.parametrize("name", NAMES)
def test_each(name: str) -> None:
    """Each profile has candidates in the catalog, several of them, a policy, and constraints that can be had."""
    profile: Mapping[str, Any] = routing_profiles()[name]
    demands = {key: value for key, value in profile.items() if key in Constraints.__slots__}

    assert len(candidates_of(profile["candidates"], snapshot())) > 3
    as_policy(profile["policy"])
    Constraints(**demands)


def test_paranoid() -> None:
    """Whoever is paranoid gets open weights, and providers that keep nothing."""
    assert routing_profiles()["paranoid"].items() >= {"zdr": True, "data_collection": "deny"}.items()
    known = [each.known(snapshot()) for each in candidates_of(routing_profiles()["paranoid"]["candidates"], snapshot())]
    assert all(model and model.open_weights for model in known)


def test_registering() -> None:
    """A profile of the user's own can be added, and can take the place of one; what is wrong in it is refused."""
    register_routing_profile("house", {"candidates": ["openai/gpt-4o-mini"], "policy": "cheapest"})
    register_routing_profile("quick", {"candidates": "free", "policy": "fastest"})

    assert routing_profiles()["house"] == {"candidates": ["openai/gpt-4o-mini"], "policy": "cheapest"}
    assert routing_profiles()["quick"]["candidates"] == "free"
    with pytest.raises(ValueError, match="polciy"):
        register_routing_profile("wrong", {"polciy": "cheapest"})  # type: ignore[typeddict-unknown-key]
    with pytest.raises(ValueError, match="is not known"):
        register_routing_profile("wrong", {"policy": "best"})
    assert "wrong" not in routing_profiles()


def test_what_is_given_is_a_copy() -> None:
    """Who changes what was given does not change the profiles of the process."""
    before = copy.deepcopy(routing_profiles())
    given: Any = routing_profiles()
    given["quick"]["policy"] = "quality"
    given["balanced"]["candidates"]["min_intelligence"] = 99
    given["new"] = {}

    assert routing_profiles() == before


def test_what_is_registered_is_a_copy() -> None:
    """Who changes what was registered does not change the profile."""
    mine: Any = {"candidates": ["openai/gpt-4o-mini"], "policy": "cheapest"}
    register_routing_profile("house", mine)
    mine["policy"] = "quality"
    mine["candidates"].append("openai/gpt-4o")

    assert routing_profiles()["house"] == {"candidates": ["openai/gpt-4o-mini"], "policy": "cheapest"}
