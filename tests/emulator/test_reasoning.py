"""Reasoning: asked for, shaped by family, and guarded on its way back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = {
    "anthropic/thinker": [("reasoning.text", "anthropic-claude-v1", 0)],
    "openai/thinker": [
        ("reasoning.summary", "openai-responses-v1", 0),
        ("reasoning.encrypted", "openai-responses-v1", 1),
    ],
    "google/thinker": [
        ("reasoning.text", "google-gemini-v1", 0),
        ("reasoning.encrypted", "google-gemini-v1", 0),
    ],
    "x-ai/thinker": [("reasoning.encrypted", "xai-responses-v1", 0)],
    "minimax/thinker": [("reasoning.text", None, 0)],
}
LOW: dict[str, Any] = {"reasoning": {"effort": "low"}}
QUESTION = {"role": "user", "content": "What is the weather in Paris?"}


@pytest.mark.parametrize("model", SHAPES)
async def test_details_have_the_shape_of_the_family(talk: Any, model: str) -> None:
    """Types, format and indexes are those of recorded answers."""
    message = await talk.message("Hello", model=model, **LOW)
    details = [(d["type"], d["format"], d["index"]) for d in message["reasoning_details"]]
    assert details == SHAPES[model]


@pytest.mark.parametrize("model", SHAPES)
async def test_streamed_details_are_the_same(talk: Any, model: str, weather: Any) -> None:
    """Fragments merged by type and index are as whole as those of the plain answer."""
    options = {"model": model, "tools": [weather], **LOW}
    whole = (await talk.message([QUESTION], **options))["reasoning_details"]
    merged = merge(await talk.stream([QUESTION], **options))
    assert [sorted(detail) for detail in merged] == [sorted(detail) for detail in whole]
    for key in ("text", "summary"):
        assert [d.get(key) for d in merged] == [d.get(key) for d in whole]


def merge(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merge fragments as a careful client does."""
    merged: dict[tuple[str, int], dict[str, Any]] = {}
    for chunk in chunks:
        for detail in chunk["choices"][0]["delta"].get("reasoning_details", []):
            kept = merged.setdefault((detail["type"], detail["index"]), {})
            for key, value in detail.items():
                kept[key] = kept.get(key, "") + value if key in ("text", "summary") else value
    return list(merged.values())


ASKED: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"reasoning": {"enabled": True}}, True),
    ({"reasoning": {"max_tokens": 2000}}, True),
    ({"reasoning": {"effort": "none"}}, False),
    ({"reasoning_effort": "high"}, True),
    ({"include_reasoning": True}, True),
    ({"reasoning": {"enabled": False}}, False),
    ({"model": "openai/forced"}, True),
    ({"model": "openai/plain", "reasoning": {"effort": "high"}}, False),
    ({"model": "minimax/thinker:thinking"}, True),
]


@pytest.mark.parametrize(("options", "reasons"), ASKED)
async def test_reasoning_when_asked(talk: Any, options: dict[str, Any], reasons: bool) -> None:
    """Reasoning comes when asked for, on models that can, or where it cannot be turned off."""
    body = await talk.chat("Hello", **{"model": "minimax/thinker", **options})
    message = body["choices"][0]["message"]
    assert (message["reasoning"] is not None) == reasons
    tokens = body["usage"]["completion_tokens_details"]["reasoning_tokens"]
    assert (tokens > 0) == reasons


async def test_hidden_reasoning_is_charged(talk: Any) -> None:
    """Excluded reasoning is not shown, and costs the same."""
    shown = await talk.chat("Hello", model="minimax/thinker", **LOW)
    hidden = {"effort": "low", "exclude": True}
    body = await talk.chat("Hello", model="minimax/thinker", reasoning=hidden)
    assert body["choices"][0]["message"]["reasoning"] is None
    assert "reasoning_details" not in body["choices"][0]["message"]
    assert body["usage"] == shown["usage"]


async def test_reasoning_is_limited(talk: Any) -> None:
    """`reasoning.max_tokens` bounds the reasoning, `max_tokens` both together."""
    body = await talk.chat("Hello", model="minimax/thinker", reasoning={"max_tokens": 5})
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 5
    body = await talk.chat("Hello", model="minimax/thinker", max_tokens=3, **LOW)
    assert body["usage"]["completion_tokens"] == 3
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == ""


@pytest.mark.parametrize("model", SHAPES)
async def test_unchanged_details_are_accepted(talk: Any, model: str, weather: Any) -> None:
    """What came may go back, also without nulls and in another order of keys."""
    options = {"model": model, "tools": [weather], **LOW}
    message = await talk.message([QUESTION], **options)
    details = message["reasoning_details"]
    kept = [{k: v for k, v in reversed(d.items()) if v is not None} for d in details]
    message["reasoning_details"] = kept
    answer = await talk.ask([QUESTION, message, result(message)], **options)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("model", SHAPES)
async def test_details_from_elsewhere_are_accepted(talk: Any, model: str) -> None:
    """Details that this emulator did not issue are none of its business."""
    details = [{"type": "reasoning.text", "text": "mine", "signature": "abc", "index": 0}]
    messages = [
        QUESTION,
        {"role": "assistant", "content": "Hm", "reasoning_details": details},
        QUESTION,
    ]
    assert (await talk.ask(messages, model=model)).status_code == 200


def _changed_text(details: list[dict[str, Any]]) -> None:
    details[0]["text"] += "!"


def _changed_signature(details: list[dict[str, Any]]) -> None:
    details[0]["signature"] = details[0]["signature"][:-4] + "AAAA"


def _lost_signature(details: list[dict[str, Any]]) -> None:
    del details[0]["signature"]


def _repeated_format(details: list[dict[str, Any]]) -> None:
    details[0]["format"] *= 2


def _lost_encrypted(details: list[dict[str, Any]]) -> None:
    del details[1]


def _changed_data(details: list[dict[str, Any]]) -> None:
    details[-1]["data"] += "AA"


def _merged_by_index(details: list[dict[str, Any]]) -> None:
    details[0] |= {"data": details[1]["data"]}
    del details[1]


def _lost_everything(details: list[dict[str, Any]]) -> None:
    details.clear()


CHANGES: list[tuple[str, Callable[[list[dict[str, Any]]], None]]] = [
    ("anthropic/thinker", _changed_text),
    ("anthropic/thinker", _changed_signature),
    ("anthropic/thinker", _lost_signature),
    ("anthropic/thinker", _repeated_format),
    ("openai/thinker", _lost_encrypted),
    ("openai/thinker", _changed_data),
    ("google/thinker", _merged_by_index),
    ("google/thinker", _lost_encrypted),
    ("google/thinker", _lost_everything),
    ("x-ai/thinker", _changed_data),
]


@pytest.mark.parametrize(("model", "change"), CHANGES)
async def test_changed_details_are_refused(
    talk: Any, model: str, weather: Any, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    """Details that were issued here and come back changed are refused in the provider's name."""
    options = {"model": model, "tools": [weather], **LOW}
    message = copy.deepcopy(await talk.message([QUESTION], **options))
    change(message["reasoning_details"])
    answer = await talk.ask([QUESTION, message, result(message)], **options)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"] == "Provider returned error"
    assert "invalid_request_error" in error["metadata"]["raw"]


def result(message: dict[str, Any]) -> dict[str, Any]:
    """Answer the tool call of a message."""
    return {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "sunny"}
