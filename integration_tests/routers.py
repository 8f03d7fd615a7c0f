"""Routers over three models of the emulator, tried in the order in which they are given; and models that misbehave."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tracers.base import BaseTracer
from pydantic import Field

from langchain_openrouter import ModelRouter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from langchain_core.tracers.schemas import Run

    from integration_tests.support import Served
    from langchain_openrouter.routing.options import Options, Situation

FIRST, SECOND, THIRD = "openai/gpt-4o-mini", "google/gemini-2.5-flash", "anthropic/claude-haiku-4.5"
"""With contexts of 128 000, 1 048 576 and 200 000 tokens."""
THREE = (FIRST, SECOND, THIRD)

SAY = "Reply with exactly 'one two three four five six'."
SAID = "one two three four five six"


def as_given(options: Options, situation: Situation) -> list[float]:
    """Order models as the user gave them: a policy."""
    return [-float(position) for position in range(len(options))]


def router_of(served: Served, *candidates: Any, **fields: Any) -> ModelRouter:
    """Give a router over these models, else over the three, whose models do not try again by themselves."""
    options: dict[str, Any] = {
        "candidates": list(candidates or THREE),
        "policy": as_given,
        "base_url": served.emulator.base_url,
        "api_key": served.emulator.api_key,
        "max_retries": 0,
    }
    return ModelRouter(**{**options, **fields})


def asked(served: Served) -> list[str]:
    """Give the models that the emulator was asked for, in order."""
    return [body["model"] for body in served.bodies]


class Tried(NamedTuple):
    """What is told of an attempt: the model, and the name of the error that ended it."""

    model: str
    error: str | None


def tried(told: Any) -> list[Tried]:
    """Give the attempts of an answer's metadata, or of an error."""
    attempts = getattr(told, "attempts", None)
    if attempts is None:
        attempts = told.response_metadata["routing"]["attempts"]
    return [Tried(each["model"], each["error"]) for each in attempts]


class Elsewhere(BaseChatModel):
    """A model of another provider: answers after a while, or fails, and keeps what it was called with."""

    model_name: str = "elsewhere"
    text: str = "from elsewhere"
    seconds: float = 0.0
    """To wait, before the answer or after `pieces` of it."""
    pieces: int = 0
    """How many pieces of a stream come before the wait and the failure."""
    error: Any = Field(default=None, repr=False)
    """What is raised after the wait."""
    calls: list[dict[str, Any]] = Field(default_factory=list, repr=False)
    """Arguments of the calls so far, with the prompt as `messages`."""
    ended: list[str] = Field(default_factory=list, repr=False)
    """Names of what ended calls before they were done."""

    @property
    def _llm_type(self) -> str:
        return "elsewhere"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Keep the tools with the other arguments, as LangChain objects."""
        return self.bind(own_tools=tools, **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.calls.append({"messages": messages, "stop": stop, **kwargs})
        if self.error is not None:
            raise self.error
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.text))])

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        await self._wait()
        return self._generate(messages, stop, run_manager, **kwargs)

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        words = self.text.split(" ")
        for position, word in enumerate(words[: self.pieces] if self.error is not None else words):
            yield _piece(position, word)
        self._generate(messages, stop, run_manager, **kwargs)

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        words = self.text.split(" ")
        for position, word in enumerate(words[: self.pieces]):
            yield _piece(position, word)
        await self._wait()
        self._generate(messages, stop, run_manager, **kwargs)
        for position, word in enumerate(words[self.pieces :], self.pieces):
            yield _piece(position, word)

    async def _wait(self) -> None:
        try:
            await asyncio.sleep(self.seconds)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise


def _piece(position: int, word: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=f" {word}" if position else word))


async def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Give what a call came to, or its error, and how many seconds that took."""
    began = time.monotonic()
    try:
        result = await call()
    except Exception as error:  # noqa: BLE001  # the test looks at it
        result = error
    return result, time.monotonic() - began


class Tracer(BaseTracer):
    """A tracer as LangSmith's: keeps the trees of runs that it would send."""

    run_inline = True

    def __init__(self) -> None:
        super().__init__()
        self.roots: list[Run] = []

    def _persist_run(self, run: Run) -> None:
        self.roots.append(run)
