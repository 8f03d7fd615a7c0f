"""Requests that OpenRouter would refuse are refused, in its words."""

from __future__ import annotations

from typing import Any

import pytest

USER = {"role": "user", "content": "Hello"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f"}}


def block(**content: Any) -> list[dict[str, Any]]:
    """Give messages with one block of content."""
    return [{"role": "user", "content": [content]}]


MESSAGES: list[tuple[Any, str]] = [
    ([], "messages: Too small"),
    ("Hello", "messages: Invalid input: expected array, received string"),
    ([{"role": "robot", "content": "x"}], "messages.0.role: Invalid option"),
    ([{"role": "user"}], "messages.0.content: Invalid input: expected string or array"),
    ([{"role": "user", "content": 5}], "messages.0.content: Invalid input"),
    ([USER, {"role": "user", "content": "x", "name": 1}], "messages.1.name: Invalid input"),
    (block(type="thinking", thinking="x"), "messages.0.content.0.type: Invalid option"),
    (block(type="UNKNOWN", raw={}), "messages.0.content.0.type: Invalid option"),
    (block(type="text"), "messages.0.content.0.text: Invalid input: expected string"),
    (block(type="image_url", image_url="x"), "messages.0.content.0.image_url: Invalid input"),
    (block(type="image_url", image_url={"url": "x"}), "Invalid image URL"),
    (block(type="input_audio", input_audio={"data": "x"}), "input_audio.format: Invalid input"),
    (block(type="file", file={}), "Either file_data or file_id is required"),
    (block(type="text", text="x", cache_control={"type": "forever"}), "cache_control: Invalid"),
    ([USER, {"role": "tool", "content": "x"}], "messages.1.tool_call_id: Invalid input"),
    (
        [USER, {"role": "tool", "content": "x", "tool_call_id": "c9"}],
        "messages.1.tool_call_id: no tool call with id `c9`",
    ),
    (
        [USER, {"role": "assistant", "tool_calls": [{**CALL, "id": None}]}],
        "messages.1.tool_calls.0.id: Invalid input: expected string, received null",
    ),
    (
        [USER, {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f"}}]}],
        "tool_calls.0.function.arguments: Invalid input",
    ),
    (
        [USER, {"role": "assistant", "content": "x", "reasoning_details": [{"text": "x"}]}],
        "reasoning_details.0.type: Invalid input",
    ),
]

PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"model": "no/such-model"}, "no/such-model is not a valid model ID"),
    ({"model": None}, "No models provided"),
    ({"model": 5}, "model: Invalid input: expected string, received number"),
    ({"models": ["a", "b", "c", "d"]}, "'models' array must have 3 items or fewer."),
    ({"temperature": 3}, "temperature: Invalid input: expected number to be <=2"),
    ({"temperature": "hot"}, "temperature: Invalid input: expected number, received string"),
    ({"top_p": -0.1}, "top_p: Invalid input: expected number to be >=0"),
    ({"max_tokens": 0}, "max_tokens: Invalid input: expected number to be >=1"),
    ({"max_tokens": 1.5}, "max_tokens: Invalid input: expected int"),
    ({"n": True}, "n: Invalid input: expected int, received boolean"),
    ({"seed": "x"}, "seed: Invalid input"),
    ({"stream": "yes"}, "stream: Invalid input: expected boolean"),
    ({"stop": ["a"] * 5}, "stop: Too big: expected array to have <=4 items"),
    ({"top_logprobs": 30, "logprobs": True}, "top_logprobs: Invalid input"),
    ({"top_logprobs": 2}, "logprobs must be true"),
    ({"logit_bias": {"5": 101}}, "logit_bias.5: Invalid input"),
    ({"reasoning": {"effort": "huge"}}, "reasoning.effort: Invalid option"),
    ({"reasoning": {"effort": "low", "max_tokens": 5}}, 'Only one of "reasoning.effort"'),
    ({"reasoning": {"effort": "low"}, "reasoning_effort": "high"}, "must not differ"),
    ({"modalities": ["smell"]}, "modalities.0: Invalid option"),
    ({"session_id": "x" * 257}, "session_id: Too big"),
    ({"metadata": {"a": 1}}, "metadata.a: Invalid input"),
    ({"route": "scenic"}, "route: Invalid option"),
    ({"provider": {"sort": "beauty"}}, "provider.sort: Invalid option"),
    ({"provider": {"data_collection": "denyy"}}, "provider.data_collection: Invalid option"),
    ({"provider": {"order": "openai"}}, "provider.order: Invalid input: expected array"),
    ({"provider": {"quantizations": ["fp3"]}}, "provider.quantizations.0: Invalid option"),
    ({"provider": {"allow_fallbacks": "nope"}}, "provider.allow_fallbacks: Invalid input"),
    ({"provider": {"max_price": {"prompt": "cheap"}}}, "provider.max_price.prompt: Invalid"),
    ({"provider": {"favourite": True}}, 'provider: Unrecognized key: "favourite"'),
    ({"plugins": [{"id": "magic"}]}, "plugins.0.id: Invalid option"),
    ({"tools": {}}, "tools: Invalid input: expected array, received object"),
    ({"tools": [{"type": "funktion"}]}, "tools.0.type: Invalid input"),
    ({"tools": [{"type": "function", "function": {}}]}, "tools.0.function.name: Invalid input"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "must match pattern"),
    ({"tools": [TOOL, TOOL]}, "Tool names must be unique"),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}]},
        "schema must be a JSON Schema of 'type: \"object\"'",
    ),
    (
        {
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "f", "parameters": {"properties": {"a": {"type": "int"}}}},
                }
            ]
        },
        "'int' is not a valid type",
    ),
    ({"tool_choice": "required"}, "only allowed when tools are specified"),
    ({"tools": [TOOL], "tool_choice": "any"}, "tool_choice: Invalid option"),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}},
        "Tool choice 'g' not found",
    ),
    ({"response_format": {"type": "yaml"}}, "response_format.type: Invalid option"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema: Invalid input"),
    (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": "x",
                    "strict": True,
                    "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
                },
            }
        },
        "'additionalProperties' is required to be supplied and to be false",
    ),
]


@pytest.mark.parametrize(("messages", "expected"), MESSAGES)
async def test_bad_messages(talk: Any, messages: Any, expected: str) -> None:
    """Messages that are not as described are refused, naming the place."""
    body = {"model": "openai/plain", "messages": messages}
    answer = await talk.send("/chat/completions", body)
    assert answer.status_code == 400
    assert expected in answer.json()["error"]["message"]


@pytest.mark.parametrize(("options", "expected"), PARAMETERS)
async def test_bad_parameters(talk: Any, options: dict[str, Any], expected: str) -> None:
    """Parameters of a wrong type or value are refused, naming them."""
    status, message = await talk.refusal("Hello", **options)
    assert (status, expected in message) == (400, True), message


FINE: list[dict[str, Any]] = [
    {"temperature": None, "tools": None, "provider": None, "max_tokens": None},
    {"unheard_of": 1, "usage": {"include": True}, "transforms": ["middle-out"]},
    {"provider": {"max_price": {"prompt": 1.5, "completion": "2"}, "sort": {"by": "price"}}},
    {"provider": {"preferred_max_latency": {"p90": 3}, "preferred_min_throughput": 50}},
    {"reasoning": {"max_tokens": 2000, "exclude": True, "enabled": True, "novelty": 1}},
    {"tools": [TOOL, {"type": "openrouter:web_search", "parameters": {}}]},
    {"stop": "x", "seed": -1, "logit_bias": {"5": -100}, "user": "u", "session_id": "s"},
    {"messages": [{"role": "developer", "content": "x"}, {**USER, "name": "ann"}]},
    {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": []}, USER]},
    {"route": "fallback", "n": 2, "plugins": [{"id": "response-healing"}]},
]


@pytest.mark.parametrize("options", FINE)
async def test_what_is_not_wrong_is_accepted(talk: Any, options: dict[str, Any]) -> None:
    """Nulls, unknown parameters and all documented forms pass."""
    answer = await talk.ask(options.pop("messages", "Hello"), **options)
    assert answer.status_code == 200, answer.text


async def test_keys(talk: Any) -> None:
    """Without a key, and with another's, nothing is answered that costs or concerns money."""
    body = {"model": "openai/plain", "messages": [USER]}
    answer = await talk.send("/chat/completions", body, headers={"authorization": ""})
    assert answer.status_code == 401
    assert answer.json() == {"error": {"message": "No auth credentials found", "code": 401}}
    answer = await talk.send("/key", key="sk-or-v1-other")
    assert answer.status_code == 401
    assert answer.json() == {"error": {"message": "User not found.", "code": 401}}
    assert (await talk.send("/models", key="sk-or-v1-other")).status_code == 200


async def test_bodies_that_are_no_json(talk: Any) -> None:
    """A body must be a JSON object, and not too long."""
    answer = await talk.send("/chat/completions", b"{")
    assert answer.status_code == 400
    answer = await talk.send("/chat/completions", b"[]")
    assert answer.json()["error"]["message"] == "Request body must be a JSON object"
    answer = await talk.send("/chat/completions", b" " * (64 * 1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_unknown_paths_and_methods(talk: Any) -> None:
    """Below the API's root the answer is JSON, elsewhere a page."""
    answer = await talk.send("/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)
    answer = await talk.send("/chat/completions", method="GET")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = await talk.send("http://emulator/elsewhere")
    assert answer.headers["content-type"].startswith("text/html")


async def test_long_contexts(talk: Any) -> None:
    """A prompt that does not fit is refused with the numbers."""
    status, message = await talk.refusal("word " * 150, model="mistralai/tiny", max_tokens=100)
    assert status == 400
    assert message.startswith(
        "This endpoint's maximum context length is 200 tokens. However, you requested about "
        "254 tokens (154 of text input, 100 in the output)."
    )
