"""Every recorded answer, read in all four call styles and sent back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.fake import Server
from tests.helpers.styles import STYLES, invoke, stream
from tests.helpers.traffic import Exchange, Said, good_exchanges

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from tests.helpers.styles import Ask

every_exchange = pytest.mark.parametrize("exchange", good_exchanges(), ids=str)


IN_STYLES = [
    pytest.param(exchange, style, id=f"{style}-{exchange}")
    for place, exchange in enumerate(good_exchanges())
    for style, ask in STYLES.items()
    # Whole answers read as a stream, and streams read as a whole: some of them, to save time.
    if ask.streams is exchange.stream or place % 5 == 0
]


def read(exchange: Exchange, ask: Ask, **fields: Any) -> AIMessage:
    """Read a recorded answer; also whole ones as a stream, and streams as a whole."""
    streaming = {"streaming": True} if exchange.stream else {}
    return ask(Server(exchange.answer).model(**streaming, **fields))


@pytest.mark.parametrize(("exchange", "style"), IN_STYLES)
def test_a_message_says_what_the_answer_says(exchange: Exchange, style: str) -> None:
    """Each fact of a recording is in the message, in its place and unchanged, however it was called."""
    ask, said = STYLES[style], exchange.said
    message = read(exchange, ask)

    check_contents(message, said)
    check_metadata(message.response_metadata, said)
    check_usage(message, said.usage)
    check_blocks(message.content_blocks, said)
    if ask.streams is exchange.stream:
        check_sent_back(message, said)


@every_exchange
def test_a_message_of_blocks_says_what_the_answer_says(exchange: Exchange) -> None:
    """`output_version="v1"` gives reasoning, text and tool calls as blocks, and loses nothing on the way back."""
    ask = stream if exchange.stream else invoke
    message, said = read(exchange, ask, output_version="v1"), exchange.said
    blocks = message.content
    assert isinstance(blocks, list)

    check_contents(message, said)
    check_blocks(blocks, said)
    check_sent_back(message, said)


@every_exchange
def test_one_chunk_tells_the_cost(exchange: Exchange) -> None:
    """Cost and usage are on exactly one chunk, the generation's id on the first one."""
    chunks = list(Server(exchange.answer).model().stream("Hello"))
    costs = [chunk.response_metadata["cost"] for chunk in chunks if "cost" in chunk.response_metadata]

    assert costs == [cost for cost in [exchange.said.usage.get("cost")] if cost is not None]
    assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1
    assert chunks[0].response_metadata["id"] == exchange.said.id


def check_contents(message: AIMessage, said: Said) -> None:
    """Compare text, reasoning, refusal, tool calls, annotations and log probabilities."""
    extras = message.additional_kwargs

    assert message.text == said.text
    assert extras.get("reasoning_content", "") == said.reasoning
    assert extras.get("reasoning_details", []) == said.details
    assert extras.get("refusal", "") == said.refusal
    assert extras.get("annotations", []) == said.annotations
    assert (message.response_metadata.get("logprobs") or {}).get("content", []) == said.logprobs
    assert [(call["name"], call["args"], call["id"]) for call in message.tool_calls] == said.valid_calls
    assert [(call["name"], call["id"]) for call in message.invalid_tool_calls] == said.broken_calls


def check_metadata(metadata: dict[str, Any], said: Said) -> None:
    """Compare cost, provider, model, ids, times and finish reasons."""
    expected = {
        "model_name": said.model,
        "model_provider": "openrouter",
        "id": said.id,
        "created": said.created,
        "provider": said.provider,
        "finish_reason": said.finish_reason,
        "native_finish_reason": said.native_finish_reason,
        **{key: said.usage.get(key) for key in ("cost", "cost_details", "is_byok")},
    }

    assert {key: metadata.get(key) for key in expected} == expected


def check_usage(message: AIMessage, said: dict[str, Any]) -> None:
    """Compare the token counts, and every detail of them under LangChain's name."""
    usage: dict[str, Any] = dict(message.usage_metadata or {})
    into, out = usage.get("input_token_details", {}), usage.get("output_token_details", {})
    prompt, completion = said.get("prompt_tokens_details") or {}, said.get("completion_tokens_details") or {}

    assert usage["input_tokens"] == said["prompt_tokens"]
    assert usage["output_tokens"] == said["completion_tokens"]
    assert usage["total_tokens"] == said["total_tokens"]
    assert [into.get(key) for key in ("cache_read", "cache_creation", "audio", "video")] == [
        prompt.get(key) for key in ("cached_tokens", "cache_write_tokens", "audio_tokens", "video_tokens")
    ]
    assert [out.get(key) for key in ("reasoning", "image", "audio")] == [
        completion.get(key) for key in ("reasoning_tokens", "image_tokens", "audio_tokens")
    ]


def check_blocks(blocks: list[Any], said: Said) -> None:
    """Compare text, reasoning and tool calls of content blocks."""
    reasoning = said.reasoning or "".join(each.get("text") or each.get("summary") or "" for each in said.details)
    calls = [(each["name"], each["args"], each["id"]) for each in blocks if each["type"] == "tool_call"]

    assert "".join(each["text"] for each in blocks if each["type"] == "text") == said.text
    assert "".join(each.get("reasoning", "") for each in blocks if each["type"] == "reasoning") == reasoning
    assert calls == said.valid_calls
    assert len([each for each in blocks if each["type"] in {"invalid_tool_call", "tool_call_chunk"}]) == len(
        said.broken_calls
    )


def check_sent_back(message: AIMessage, said: Said) -> None:
    """Compare the assistant's message of the next request: details byte for byte, text, tool calls, annotations."""
    server = Server()
    server.model().invoke([("user", "Hello"), message, ("user", "Go on.")])
    sent = server.body["messages"][1]
    calls = [
        (call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"), call["id"])
        for call in sent.get("tool_calls", [])
        if call["id"] not in {call_id for _, call_id in said.broken_calls}
    ]

    assert sent.get("reasoning_details", []) == said.details
    assert sent.get("reasoning", "") == said.reasoning
    assert _text(sent["content"]) == said.text
    assert calls == said.valid_calls
    assert len(sent.get("tool_calls", [])) == len(said.calls)
    assert sent.get("refusal", "") == said.refusal
    assert sent.get("annotations", []) == said.annotations


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content or ())
