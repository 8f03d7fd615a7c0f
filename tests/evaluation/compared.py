"""Models that answer without a network, and trials that are made up."""

from __future__ import annotations

import asyncio
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from langchain_openrouter.catalog import Catalog
from langchain_openrouter.evaluation import Trial

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from langchain_core.messages import BaseMessage

CATALOG = Catalog.from_response(
    {"data": [{"id": "made/up", "pricing": {"prompt": "0.000001", "completion": "0.000002"}}]}
)
"""A model of a dollar a million tokens in, two out."""

TEN_TOKENS = {"input_tokens": 4, "output_tokens": 6, "total_tokens": 10}
COST = Decimal("0.000016")
"""What `TEN_TOKENS` of `made/up` cost."""


class Scripted(BaseChatModel):
    """Answers as a function says, in pieces of one word, and counts.

    Args:
        says: What it says to the last message; an exception it gives is raised.
        model_name: What it is called in answers.
        usage: The usage that it tells.
        streams: Whether it can stream.
        pause: Seconds before its first word, and after each. An empty piece comes before, as from many providers.
    """

    says: Any = lambda text: text
    model_name: str = "made/up"
    usage: dict[str, int] | None = None
    streams: bool = True
    pause: float = 0
    counts: Any = None

    def model_post_init(self, _: Any, /) -> None:
        self.counts = Counts()
        if not self.streams:
            self.disable_streaming = True

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def _pieces(self, messages: list[BaseMessage]) -> list[str]:
        said = self.says(messages[-1].text)
        if isinstance(said, BaseException):
            raise said
        words: list[str] = said.split(" ")
        return [word if place == 0 else f" {word}" for place, word in enumerate(words)]

    def _chunk(self, text: str, *, last: bool) -> ChatGenerationChunk:
        usage: Any = self.usage if last else None
        metadata = {"model_name": self.model_name} if last else {}
        return ChatGenerationChunk(
            message=AIMessageChunk(content=text, usage_metadata=usage, response_metadata=metadata, id="1")
        )

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        with self.counts:
            time.sleep(2 * self.pause)
            text, usage = "".join(self._pieces(messages)), self.usage
            told: Any = {"usage_metadata": usage, "response_metadata": {"model_name": self.model_name}}
            message = AIMessage(text, **told)
            return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        with self.counts:
            yield self._chunk("", last=False)
            time.sleep(self.pause)
            for piece in self._pieces(messages):
                yield self._chunk(piece, last=False)
                time.sleep(self.pause)
            yield self._chunk("", last=True)

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        with self.counts:
            yield self._chunk("", last=False)
            await asyncio.sleep(self.pause)
            for piece in self._pieces(messages):
                yield self._chunk(piece, last=False)
                await asyncio.sleep(self.pause)
            yield self._chunk("", last=True)


class Counts:
    """How many calls there were, how many are running, and how many ran at once at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = self.running = self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self.calls += 1
            self.running += 1
            self.most = max(self.most, self.running)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self.running -= 1

    def __deepcopy__(self, memo: object) -> Counts:
        return self


def saying(text: str) -> Callable[[str], str]:
    """Give a script that always says the same."""
    return lambda _: text


def trial(model: str = "a/b", **fields: Any) -> Trial:
    """Give a trial that succeeded, but for what is said."""
    failed = "error" in fields
    usual = {"input": "Why?", "answer": None if failed else AIMessage("So."), "latency_s": 1.0, "cost": Decimal("0.5")}
    return Trial(model=model, **{**usual, **fields})
