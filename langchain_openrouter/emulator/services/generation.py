"""One generation and how it is written down: JSON body, chunks, record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from langchain_openrouter.emulator.answering.answer import Answer
    from langchain_openrouter.emulator.answering.tools import Call
    from langchain_openrouter.emulator.market.pricing import Cost, Usage
    from langchain_openrouter.emulator.market.registry import Model

LATENCY_MS = 250
GENERATION_MS_PER_TOKEN = 12


@dataclass(frozen=True, slots=True)
class Generation:
    """What was answered, by whom, for how much.

    Attributes:
        id: As in the body and the `X-Generation-Id` header.
        created: Unix time in seconds.
        model: That answered.
        provider: Name of the provider.
        answers: One for each choice.
        usage: Tokens of all choices.
        cost: In dollars.
        request: As asked.
        metadata: As `openrouter_metadata`, where asked for.
        cache_status: `HIT` or `MISS` where the response cache was asked, else `None`.
    """

    id: str
    created: int
    model: Model
    provider: str
    answers: tuple[Answer, ...]
    usage: Usage
    cost: Cost
    request: Mapping[str, Any]
    metadata: Mapping[str, Any] | None = None
    cache_status: str | None = None


def number(amount: Decimal) -> float:
    """Give money as the JSON number that reads back as the same decimal."""
    return float(amount)


def usage_body(generation: Generation) -> dict[str, Any]:
    """Give `usage` of a chat answer."""
    usage, cost = generation.usage, generation.cost
    body: dict[str, Any] = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "cost": number(cost.total),
        "is_byok": cost.is_byok,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached,
            "cache_write_tokens": usage.cache_write,
            "audio_tokens": usage.audio_in,
            "video_tokens": usage.video_in,
        },
        "cost_details": {
            "upstream_inference_cost": number(cost.upstream),
            "upstream_inference_prompt_cost": number(cost.prompt),
            "upstream_inference_completions_cost": number(cost.completion),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "image_tokens": usage.image_out,
            "audio_tokens": usage.audio_out,
        },
    }
    if usage.searches:
        body["server_tool_use_details"] = {
            "tool_calls_executed": usage.searches,
            "tool_calls_requested": usage.searches,
            "web_search_requests": usage.searches,
        }
    return body


def chat_body(generation: Generation) -> dict[str, Any]:
    """Give the body of a non-streaming chat answer."""
    body: dict[str, Any] = {
        "id": generation.id,
        "object": "chat.completion",
        "created": generation.created,
        "model": generation.model.id,
        "provider": generation.provider,
        "system_fingerprint": None,
        "service_tier": generation.request.get("service_tier"),
        "choices": [choice_body(generation, answer) for answer in generation.answers],
        "usage": usage_body(generation),
    }
    if generation.metadata is not None:
        body["openrouter_metadata"] = dict(generation.metadata)
    return body


def choice_body(generation: Generation, answer: Answer) -> dict[str, Any]:
    """Give one choice of a non-streaming answer."""
    return {
        "index": answer.index,
        "finish_reason": answer.finish,
        "native_finish_reason": native_reason(generation, answer),
        "logprobs": logprobs(generation.request, answer.pieces),
        "message": _message(answer),
    }


def native_reason(generation: Generation, answer: Answer) -> str:
    """Give the provider's own word for the finish reason."""
    return generation.model.family.native[answer.finish]


def _message(answer: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.content,
        "refusal": answer.refusal,
        "reasoning": None,
    }
    if answer.reasoning and not answer.hidden:
        message["reasoning"] = answer.reasoning.text
        message["reasoning_details"] = list(answer.reasoning.details)
    if answer.calls:
        message["tool_calls"] = [{"index": index, **tool_call(call)} for index, call in enumerate(answer.calls)]
    extras = {
        "images": list(answer.images),
        "audio": answer.audio,
        "annotations": list(answer.annotations),
    }
    return message | {key: value for key, value in extras.items() if value}


def tool_call(call: Call) -> dict[str, Any]:
    """Give a tool call as a message holds it."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def logprobs(request: Mapping[str, Any], pieces: tuple[str, ...]) -> dict[str, Any] | None:
    """Give the log probabilities of tokens, where the request asks for them."""
    if not request.get("logprobs"):
        return None
    count = request.get("top_logprobs") or 0
    return {"content": [_logprob(piece, count) for piece in pieces], "refusal": None}


def _logprob(piece: str, count: int) -> dict[str, Any]:
    chance = 0.5 + sha256(piece.encode()).digest()[0] / 512
    entry = _token(piece, log(chance))
    rest = [_token(f" option{rank}", log((1 - chance) / 2**rank)) for rank in range(1, count)]
    return entry | {"top_logprobs": [dict(entry), *rest] if count else []}


def _token(piece: str, logprob: float) -> dict[str, Any]:
    return {"token": piece, "logprob": round(logprob, 6), "bytes": list(piece.encode())}


def record_of(generation: Generation, headers: Mapping[str, str]) -> dict[str, Any]:
    """Give what `GET /generation` tells about a generation."""
    usage, cost, request = generation.usage, generation.cost, generation.request
    first = generation.answers[0]
    took = LATENCY_MS + GENERATION_MS_PER_TOKEN * usage.completion
    searched = usage.searches or None
    return {
        "id": generation.id,
        "upstream_id": f"upstream-{generation.id}",
        "created_at": datetime.fromtimestamp(generation.created, UTC).isoformat(),
        "model": generation.model.id,
        "provider_name": generation.provider,
        "api_type": "completions",
        "streamed": bool(request.get("stream")),
        "cancelled": False,
        "finish_reason": first.finish,
        "native_finish_reason": native_reason(generation, first),
        "tokens_prompt": usage.prompt,
        "tokens_completion": usage.completion,
        "native_tokens_prompt": usage.prompt,
        "native_tokens_completion": usage.completion,
        "native_tokens_completion_images": usage.image_out,
        "native_tokens_reasoning": usage.reasoning,
        "native_tokens_cached": usage.cached,
        "num_media_prompt": None,
        "num_input_audio_prompt": None,
        "num_media_completion": sum(len(answer.images) for answer in generation.answers),
        "num_search_results": searched,
        "num_fetches": None,
        "web_search_engine": "exa" if searched else None,
        "total_cost": number(cost.total),
        "usage": number(cost.total),
        "upstream_inference_cost": number(cost.upstream),
        "cache_discount": None,
        "is_byok": cost.is_byok,
        "latency": LATENCY_MS,
        "moderation_latency": None,
        "generation_time": took,
        "service_tier": request.get("service_tier"),
        "session_id": request.get("session_id"),
        "external_user": request.get("user"),
        "origin": headers.get("http-referer") or "",
        "http_referer": headers.get("http-referer"),
        "user_agent": headers.get("user-agent"),
        "app_id": None,
        "preset_id": None,
        "router": None,
        "provider_responses": None,
        "data_region": "global",
        "workspace_id": None,
        "request_id": f"req-{generation.id}",
    }
