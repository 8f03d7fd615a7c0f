"""LangChain's profile of a router: what all of its models support."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import profile_of
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.shared_profile import profile_of_all
from tests.routing.made import made, snapshot
from tests.routing.test_candidate import OfAnother

NAMES = [model.id for model in snapshot()]
LIMITS = {"max_input_tokens", "max_output_tokens"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
def test_what_all_support(names: list[str]) -> None:
    """A limit is the least of all, an ability is there if each has it, all else is what they have in common."""
    shared: Any = profile_of_all(names, snapshot()) or {}
    profiles: list[Any] = [profile_of(snapshot()[name]) for name in names]

    for key in set().union(*profiles):
        values = [each.get(key) for each in profiles]
        if None in values:
            assert key not in shared
        elif key in LIMITS:
            assert shared[key] == min(values)
        elif isinstance(values[0], bool):
            assert shared[key] is all(values)
        elif all(value == values[0] for value in values):
            assert shared[key] == values[0]
        else:
            assert key not in shared
    assert shared.keys() <= set().union(*profiles)


@pytest.mark.parametrize("name", NAMES[::40])
def test_one_model(name: str) -> None:
    """The profile of one model is its own."""
    assert profile_of_all([name], snapshot()) == profile_of(snapshot()[name])


def test_models_in_every_form() -> None:
    """Ids, records, our chat models and those of others count alike."""
    other = OfAnother(profile={"max_input_tokens": 1000, "tool_calling": True, "image_inputs": False})
    chat = ChatOpenRouter(model="openai/gpt-4o-mini", api_key=SecretStr("sk-or-test"))
    shared: Any = profile_of_all(["openai/gpt-4o", snapshot()["openai/gpt-4o-mini"], chat, other], snapshot())

    assert shared == {"max_input_tokens": 1000, "tool_calling": True, "image_inputs": False}


def test_facts_of_ones_own() -> None:
    """Facts that the user gives go before what a chat model says of itself."""
    facts = made("own/1", context_length=777)
    shared: Any = profile_of_all([Candidate(OfAnother(profile={"max_input_tokens": 5}), facts=facts)], snapshot())

    assert shared["max_input_tokens"] == 777


def test_what_nobody_knows() -> None:
    """A model of which nothing is known is passed over; of such models alone nothing is known."""
    assert profile_of_all(["openai/gpt-4o", "acme/unknown", OfAnother()], snapshot()) == profile_of(
        snapshot()["openai/gpt-4o"]
    )
    assert profile_of_all(["acme/unknown", OfAnother()], snapshot()) is None


def test_a_preset_and_a_query() -> None:
    """Presets and queries work as everywhere."""
    assert (profile_of_all({"tools": True}, snapshot()) or {}).get("tool_calling") is True
    assert profile_of_all("frontier", snapshot())
