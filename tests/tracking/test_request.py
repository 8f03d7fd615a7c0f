"""What is read of a call from LangChain's callbacks: any shape of it, and no key."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.tracking.request import read_request
from tests.helpers.records import JSON

KEY = "sk-or-v1-0123456789abcdef"

bodies = st.dictionaries(
    st.sampled_from(
        ["model", "models", "max_tokens", "max_completion_tokens", "n", "provider", "plugins", "tools", "user",
         "extra_body", "web_search_options", "session_id", "model_name", "key_fingerprint"]
    ),
    JSON,
)  # fmt: skip


@given(bodies, st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.lists(st.text(max_size=4), max_size=3))
def test_anything(body: dict[str, Any], metadata: dict[str, Any], tags: list[str]) -> None:
    """Whatever a request and its metadata hold, reading them does not stop the call; the server has its say."""
    request = read_request(body, tags, metadata, "run")

    assert request.max_tokens is None or request.max_tokens > 0
    assert request.choices > 0
    assert all(isinstance(model, str) for model in request.models)
    assert all(isinstance(value, (str, int, float, bool)) for value in request.caller.metadata.values())
    assert all(math.isfinite(value) for value in request.caller.metadata.values() if isinstance(value, float))


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ({"model": "a/b"}, ("a/b",)),
        ({"model": "a/b", "models": ["c/d", "a/b"]}, ("a/b", "c/d")),
        ({"models": ["c/d"]}, ("c/d",)),
        ({"model": "a/b", "extra_body": {"model": "e/f"}}, ("e/f",)),
        ({"model_name": "gpt-4o"}, ("gpt-4o",)),
    ],
)
def test_models(body: dict[str, Any], models: tuple[str, ...]) -> None:
    """All models that may answer are known, each once, in the order of asking."""
    assert read_request(body, None, None, "run").models == models


@pytest.mark.parametrize(
    ("preferences", "most"),
    [
        ({"max_price": {"prompt": 1, "completion": "2"}}, (Decimal("0.000001"), Decimal("0.000002"))),
        ({"max_price": {"prompt": 1}}, None),
        ({"max_price": 3}, None),
        ({}, None),
    ],
)
def test_max_price(preferences: Any, most: Any) -> None:
    """`provider.max_price` is a bound where it has both prices."""
    assert read_request({"model": "a/b", "provider": preferences}, None, None, "run").most == most


def test_keys() -> None:
    """A key is in no field, and two keys are still told apart."""
    metadata = {"user_id": KEY, "note": f"Bearer {KEY}"}
    first = read_request({"model": "a/b"}, [KEY], metadata, "run").caller
    second = read_request({"model": "a/b"}, [KEY + "0"], {"user_id": KEY + "0"}, "run").caller

    assert KEY not in repr(first)
    assert first.user != second.user
    assert first.tags != second.tags


def test_long_values() -> None:
    """Long texts, endless numbers, and what is no plain value are left out of the metadata."""
    odd: Any = {"a": "x" * 501, "b": 10**5000, "c": float("nan"), "d": [1], "ls_model": "x", "f": None}
    metadata = {**odd, "e": "short"}

    assert read_request({}, None, metadata, "run").caller.metadata == {"e": "short"}
