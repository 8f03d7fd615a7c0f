"""An emulator with a few made-up models, and a client in the same process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from langchain_openrouter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = [
    "frequency_penalty",
    "logprobs",
    "max_tokens",
    "presence_penalty",
    "response_format",
    "seed",
    "stop",
    "structured_outputs",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
]


def record(model_id: str, tokenizer: str = "Other", **changes: Any) -> dict[str, Any]:
    """Give a `/models` record: a dollar a million tokens in, two out, unless changed."""
    supported = [*ALL, "reasoning", "include_reasoning"] if changes.pop("reasons", True) else ALL
    inputs = changes.pop("inputs", ["text", "image", "file", "audio", "video"])
    outputs = changes.pop("outputs", ["text"])
    return {
        "id": model_id,
        "canonical_slug": f"{model_id}-2026-01-01",
        "name": model_id,
        "created": 1767225600,
        "context_length": 100_000,
        "architecture": {
            "modality": "text->text",
            "input_modalities": inputs,
            "output_modalities": outputs,
            "tokenizer": tokenizer,
            "instruct_type": None,
        },
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "top_provider": {
            "context_length": 100_000,
            "max_completion_tokens": 8000,
            "is_moderated": False,
        },
        "supported_parameters": supported,
    } | changes


CACHED = {
    "prompt": "0.000001",
    "completion": "0.000002",
    "input_cache_read": "0.0000001",
    "input_cache_write": "0.00000125",
    "input_cache_write_1h": "0.000002",
    "web_search": "0.01",
}

RECORDS = [
    record("openai/plain", "GPT", reasons=False),
    record("openai/v1.5", "GPT"),
    record("openai/thinker", "GPT"),
    record("openai/forced", "GPT", reasoning={"mandatory": True}),
    record("anthropic/thinker", "Claude", pricing=CACHED),
    record("google/thinker", "Gemini"),
    record("x-ai/thinker", "Grok"),
    record("minimax/thinker"),
    record("minimax/thinker:free", pricing={"prompt": "0", "completion": "0"}),
    record("openai/speaker", "GPT", outputs=["text", "audio"]),
    record("google/painter", "Gemini", outputs=["text", "image"]),
    record("mistralai/small", "Mistral", inputs=["text"], supported_parameters=["max_tokens"]),
    record("mistralai/tiny", "Mistral", context_length=200),
    record("~openai/latest", "Router", alias_target={"slug": "openai/plain", "name": "Plain"}),
    record("openrouter/auto", "Router", pricing={"prompt": "-1", "completion": "-1"}),
]


@dataclass(frozen=True)
class Talk:
    """A client of one emulator, in this process."""

    emulator: Emulator

    async def send(
        self,
        path: str,
        body: Any = None,
        *,
        method: str | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request; the body is JSON unless it is bytes."""
        sent = {"authorization": f"Bearer {key or self.emulator.api_key}", **(headers or {})}
        content = body if isinstance(body, bytes) else None
        async with httpx.AsyncClient(transport=self.emulator.transport(), base_url="http://emulator/api/v1") as client:
            return await client.request(
                method or ("GET" if body is None else "POST"),
                path,
                json=None if content is not None else body,
                content=content,
                headers=sent,
            )

    async def ask(self, prompt: str | list[dict[str, Any]], **options: Any) -> httpx.Response:
        """Ask a model; a text is one message of the user."""
        headers = options.pop("headers", None)
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        body = {"model": "openai/plain", "messages": messages, **options}
        return await self.send("/chat/completions", body, headers=headers)

    async def chat(self, prompt: str | list[dict[str, Any]], **options: Any) -> dict[str, Any]:
        """Ask, and give the parsed body."""
        answer = await self.ask(prompt, **options)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def message(self, prompt: str | list[dict[str, Any]], **options: Any) -> dict[str, Any]:
        """Ask, and give the message of the first choice."""
        message: dict[str, Any] = (await self.chat(prompt, **options))["choices"][0]["message"]
        return message

    async def stream(self, prompt: str | list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
        """Ask for a stream, and give its chunks."""
        answer = await self.ask(prompt, stream=True, **options)
        return chunks_of(answer.text)

    async def refusal(self, prompt: str | list[dict[str, Any]], **options: Any) -> tuple[int, str]:
        """Ask for what is refused; give the status and the message."""
        answer = await self.ask(prompt, **options)
        return answer.status_code, answer.json()["error"]["message"]


def chunks_of(text: str) -> list[dict[str, Any]]:
    """Give the chunks of a stream's text, without comments and the end mark."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


@pytest.fixture
def records() -> list[dict[str, Any]]:
    """Give the records of the made-up models."""
    return RECORDS


@pytest.fixture
def make(records: list[dict[str, Any]]) -> Callable[..., Talk]:
    """Give a maker of emulators with options."""

    def make_one(**options: Any) -> Talk:
        return Talk(Emulator(**{"models": records, **options}))

    return make_one


@pytest.fixture
def talk(make: Callable[..., Talk]) -> Talk:
    """Give a client of an emulator without options."""
    return make()


@pytest.fixture
def weather() -> dict[str, Any]:
    """Give a tool."""
    return {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather at a location.",
            "parameters": {
                "type": "object",
                "properties": {"location": {"type": "string"}},
                "required": ["location"],
            },
        },
    }


@pytest.fixture
def chunks() -> Callable[[str], list[dict[str, Any]]]:
    """Give the reader of streams."""
    return chunks_of
