"""The two caches of OpenRouter: the provider's prompt cache, and the response cache."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.conversation import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SHORTEST_PREFIX = 1024
"""Tokens below which providers cache nothing."""


@dataclass(frozen=True, slots=True)
class CacheUse:
    """Tokens read from and written to the prompt cache."""

    read: int = 0
    written: int = 0
    is_1h: bool = False


class PromptCache:
    """Remembers prompt prefixes that end in a block with `cache_control`."""

    def __init__(self) -> None:
        """Start empty."""
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def use(self, model_id: str, request: Mapping[str, Any], count: Callable[[Any], int]) -> CacheUse:
        """Look up and store the prefixes of a request.

        Args:
            model_id: Caches are kept apart by model.
            request: The chat request.
            count: Gives the tokens of a list of content blocks.
        """
        marks = list(_prefixes(request))
        read = written = 0
        is_1h = False
        with self._lock:
            for digest, blocks, ttl in marks:
                size, key = count(blocks), f"{model_id}/{digest}"
                if size < SHORTEST_PREFIX:
                    continue
                if key in self._seen:
                    read = size
                else:
                    written, is_1h = size - read, is_1h or ttl == "1h"
                    self._seen.add(key)
        return CacheUse(read, written, is_1h)


def _prefixes(request: Mapping[str, Any]) -> Iterator[tuple[str, list[Any], str | None]]:
    """Give each marked prefix: its digest, its blocks, its time to live."""
    blocks: list[Any] = list(request.get("tools") or ())
    marked = next((b["cache_control"] for b in reversed(blocks) if b.get("cache_control")), None)
    if marked:
        yield _digest(blocks), list(blocks), marked.get("ttl")
    last = request.get("cache_control")
    for message in request["messages"]:
        content = message.get("content")
        parts = list(parts_of(content)) or [{"type": "text", "text": content or ""}]
        for part in parts:
            blocks.append({"role": message.get("role"), **_unmarked(part)})
            if part.get("cache_control"):
                yield _digest(blocks), list(blocks), part["cache_control"].get("ttl")
    if last:
        yield _digest(blocks), list(blocks), last.get("ttl")


def _unmarked(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "cache_control"}


def _digest(blocks: list[Any]) -> str:
    return hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()


class ResponseCache:
    """Remembers whole answers, for requests with `X-OpenRouter-Cache: true`."""

    def __init__(self) -> None:
        """Start empty."""
        self._answers: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, request: Mapping[str, Any]) -> Any | None:
        """Give the answer to an equal request, or `None`."""
        with self._lock:
            return self._answers.get(_digest([request]))

    def put(self, request: Mapping[str, Any], answer: object) -> None:
        """Remember an answer."""
        with self._lock:
            self._answers[_digest([request])] = answer
