"""Helpers of the integration tests: a view of the emulator, and one function for each call style."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.emulator import Fault

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from langchain_openrouter.emulator import Emulator
    from langchain_openrouter.emulator.state import RecordedRequest

MODEL = "openai/gpt-4o-mini"
VERSATILE_MODEL = "openai/gpt-oss-120b"
"""Takes the sampling parameters that `MODEL` does not, and reasons."""

REASONING_MODELS = {
    "anthropic/claude-sonnet-4.5": ["reasoning.text"],  # signed
    "google/gemini-2.5-flash": ["reasoning.text", "reasoning.encrypted"],  # both with index 0
    "openai/gpt-5-mini": ["reasoning.summary", "reasoning.encrypted"],
    "x-ai/grok-4.3": ["reasoning.encrypted"],
}
"""A model for each recorded shape of reasoning details, with the types of its details."""

Ask: TypeAlias = Callable[..., Coroutine[Any, Any, AIMessage]]


class Served:
    """The running emulator as one test sees it.

    Args:
        emulator: That other tests may have used before.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._seen = len(emulator.requests)
        self._left = emulator.disconnects

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests of this test, oldest first."""
        return self.emulator.requests[self._seen :]

    @property
    def bodies(self) -> list[Any]:
        """The bodies of its requests for an answer, retries included."""
        return [one.json for one in self.requests if one.method == "POST"]

    @property
    def disconnects(self) -> int:
        """How many clients left early during this test."""
        return self.emulator.disconnects - self._left

    def fail(self, *faults: Fault) -> None:
        """Put faults in force until the test ends."""
        for fault in faults:
            self.emulator.add_fault(fault)

    def model(self, model: str = MODEL, **fields: Any) -> ChatOpenRouter:
        """Give a model that asks the emulator, and retries at once where it retries."""
        options: dict[str, Any] = {
            "model": model,
            "base_url": self.emulator.base_url,
            "api_key": self.emulator.api_key,
            "max_retries": 0,
            "max_retry_wait": 0.01,
        }
        return ChatOpenRouter(**{**options, **fields})


def merged(chunks: list[AIMessageChunk]) -> AIMessage:
    """Add chunks up as every LangChain program does, and give the message they make."""
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    message = message_chunk_to_message(whole)
    assert isinstance(message, AIMessage)
    return message


async def _invoke(model: Runnable[Any, Any], messages: Any, **kwargs: Any) -> AIMessage:
    answer: AIMessage = model.invoke(messages, **kwargs)
    return answer


async def _ainvoke(model: Runnable[Any, Any], messages: Any, **kwargs: Any) -> AIMessage:
    answer: AIMessage = await model.ainvoke(messages, **kwargs)
    return answer


async def _stream(model: Runnable[Any, Any], messages: Any, **kwargs: Any) -> AIMessage:
    return merged(list(model.stream(messages, **kwargs)))


async def _astream(model: Runnable[Any, Any], messages: Any, **kwargs: Any) -> AIMessage:
    return merged([chunk async for chunk in model.astream(messages, **kwargs)])


STYLES: dict[str, Ask] = {"invoke": _invoke, "ainvoke": _ainvoke, "stream": _stream, "astream": _astream}
"""The four ways to call a model. Each gives the whole answer, so one scenario serves all of them."""

STREAMS: dict[str, Ask] = {name: STYLES[name] for name in ("stream", "astream")}


def wait_until(condition: Callable[[], bool], seconds: float = 1.0) -> bool:
    """Wait until something is so.

    Args:
        condition: What to wait for.
        seconds: For how long at most.

    Returns:
        Whether it became so in time.
    """
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.005)
    return True


def recorded(body: Any, content_type: str = "application/json", status: int = 200) -> Fault:
    """Give a response that comes byte for byte, as the fault that answers with it.

    Args:
        body: Text as it is, or what is written as JSON.
        content_type: Of the response.
        status: Of the response.
    """
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault(kind="status", status=status, content_type=content_type, body=text)


def whole(message: dict[str, Any], finish_reason: str = "stop", **more: Any) -> Fault:
    """Give an answer that comes whole.

    Args:
        message: The assistant's message of the wire.
        finish_reason: Why it ended.
        **more: Further keys of the answer.
    """
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", **message}}
    return recorded({"id": "gen-1", "model": MODEL, "choices": [choice], **more})


def streamed(*events: dict[str, Any]) -> Fault:
    """Give a stream of these events, with the mark at its end."""
    lines = [*(f"data: {json.dumps(event)}\n\n" for event in events), "data: [DONE]\n\n"]
    return recorded("".join(lines), "text/event-stream")


def delta(message: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    """Give a chunk of a stream, as JSON."""
    choice = {"index": 0, "finish_reason": finish_reason, "delta": {"role": "assistant", **message}}
    return {"id": "gen-1", "model": MODEL, "choices": [choice]}


def as_asked(ask: Ask, message: dict[str, Any], **more: Any) -> Fault:
    """Give an answer with this message, whole or in one piece of a stream, by the call style."""
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    if ask in STREAMS.values():
        return streamed(delta(message), delta({}, reason), {"id": "gen-1", "choices": [], **more})
    return whole(message, reason, **more)
