"""Embeddings: vectors that depend on the words of a text only."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.facts import words_of
from langchain_openrouter.emulator.answering.words import words
from langchain_openrouter.emulator.failing.errors import ApiError, bad_request
from langchain_openrouter.emulator.market.pricing import Cost, Usage, cost_of
from langchain_openrouter.emulator.services.generation import GENERATION_MS_PER_TOKEN, LATENCY_MS, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_openrouter.emulator.services.chat import ChatService

DIMENSIONS = 256
_PRICE = {"prompt": "0.00000002"}
_KNOWN_WORDS = ("embed", "bge-", "e5-", "gte-", "minilm", "mpnet")


@dataclass(frozen=True, slots=True)
class Embedded:
    """The cost and the record of a call."""

    cost: Cost
    row: dict[str, Any]


def embed(body: Mapping[str, Any], chat: ChatService) -> tuple[dict[str, Any], Embedded]:
    """Answer `POST /embeddings`.

    `GET /models` does not list embedding models, so any id whose name says that it embeds is
    accepted and priced at two cents a million tokens. Texts that share words are near.

    Args:
        body: With `model`, `input`, `dimensions`, `encoding_format`.
        chat: For the tokenizer, the registry and the numbers of generations.

    Raises:
        ApiError: 400 for an unknown model or a bad input.
    """
    model, texts = _checked(body, chat)
    size = body.get("dimensions") or DIMENSIONS
    as_text = body.get("encoding_format") == "base64"
    vectors = [_vector(text, size, chat.seed) for text in texts]
    tokens = sum(len(chat.tokenizer(text)) if isinstance(text, str) else len(text) for text in texts)
    usage = Usage(prompt=tokens)
    cost = cost_of(_pricing(model, chat), usage, datetime.now(UTC))
    created = int(time.time())
    key = hashlib.sha256(f"{chat.seed}/{chat.state.next_number()}/{model}".encode()).hexdigest()
    new_id = f"gen-emb-{created}-{key[:20]}"
    answer = {
        "id": new_id,
        "object": "list",
        "model": model,
        "provider": "OpenAI",
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(v) if as_text else v}
            for index, v in enumerate(vectors)
        ],
        "usage": {
            "prompt_tokens": tokens,
            "total_tokens": tokens,
            "cost": number(cost.total),
            "is_byok": False,
            "cost_details": {
                "upstream_inference_cost": number(cost.upstream),
                "upstream_inference_prompt_cost": number(cost.prompt),
                "upstream_inference_completions_cost": 0,
            },
        },
    }
    return answer, Embedded(cost, _row(new_id, created, model, tokens, cost))


def _checked(body: Mapping[str, Any], chat: ChatService) -> tuple[str, list[Any]]:
    model, given = body.get("model"), body.get("input")
    if not isinstance(model, str) or not model:
        raise bad_request("model: Invalid input: expected string")
    base = model.rpartition("/")[2].lower()
    known = chat.registry.find(model) or any(word in base for word in _KNOWN_WORDS)
    if not known or "no-such" in model:
        raise ApiError(400, f"Model {model} does not exist", user_id=False)
    if isinstance(given, str):
        return model, [given]
    if isinstance(given, list) and given and all(isinstance(one, int) for one in given):
        return model, [given]
    if not isinstance(given, list) or not given:
        raise bad_request("input: Invalid input: expected string or non-empty array")
    if not all(isinstance(one, str | list) for one in given):
        raise bad_request("input: Invalid input: expected strings or arrays of tokens")
    return model, given


def _pricing(model: str, chat: ChatService) -> Mapping[str, Any]:
    found = chat.registry.find(model)
    return found.model.pricing if found else _PRICE


def _vector(text: Any, size: int, seed: int) -> list[float]:
    words = words_of(text) if isinstance(text, str) else [str(token) for token in text]
    total = [0.0] * size
    for word in words or [""]:
        random = Random(f"{seed}/{word}")  # noqa: S311 - reproducible, not secret
        total = [value + random.gauss(0, 1) for value in total]
    length = math.sqrt(sum(value * value for value in total)) or 1.0
    return [round(value / length, 8) for value in total]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _row(new_id: str, created: int, model: str, tokens: int, cost: Cost) -> dict[str, Any]:
    nothing = dict.fromkeys(
        words(
            """
    app_id cache_discount external_user finish_reason http_referer moderation_latency
    native_finish_reason native_tokens_cached native_tokens_completion_images
    native_tokens_reasoning num_fetches num_input_audio_prompt num_media_completion
    num_media_prompt num_search_results preset_id provider_responses router service_tier
    user_agent web_search_engine workspace_id
    """
        )
    )
    return nothing | {
        "id": new_id,
        "upstream_id": f"upstream-{new_id}",
        "created_at": datetime.fromtimestamp(created, UTC).isoformat(),
        "model": model,
        "provider_name": "OpenAI",
        "api_type": "embeddings",
        "streamed": False,
        "cancelled": False,
        "tokens_prompt": tokens,
        "tokens_completion": 0,
        "native_tokens_prompt": tokens,
        "native_tokens_completion": 0,
        "total_cost": number(cost.total),
        "usage": number(cost.total),
        "upstream_inference_cost": number(cost.upstream),
        "is_byok": False,
        "latency": LATENCY_MS,
        "generation_time": LATENCY_MS + GENERATION_MS_PER_TOKEN,
        "origin": "",
        "data_region": "global",
    }
