"""What changes while the emulator runs: money, requests seen, generations, rates."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.reasoning import ReasoningLedger
from langchain_openrouter.emulator.failing.errors import too_many_free_requests
from langchain_openrouter.emulator.market.pricing import ZERO
from langchain_openrouter.emulator.services.caching import PromptCache, ResponseCache

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

FREE_REQUESTS_PER_MINUTE = 20
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that the emulator received.

    Attributes:
        method: Such as `POST`.
        path: Such as `/api/v1/chat/completions`, without the query.
        headers: Names in lower case; `authorization` is kept.
        json: The parsed body, `None` where it is no JSON.
        raw: The body as it came.
        query: The query string.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    json: Any
    raw: bytes
    query: str = ""


class State:
    """Everything that changes, guarded by one lock.

    Args:
        credits: Dollars that may be spent, `None` for any amount.
    """

    def __init__(self, credits: Decimal | None) -> None:  # noqa: A002 - OpenRouter's own word
        """Start with nothing spent."""
        self.credits = credits
        self.spent = ZERO
        self.byok_spent = ZERO
        self.disconnects = 0
        self.requests: list[RecordedRequest] = []
        self.generations: dict[str, dict[str, Any]] = {}
        self.reasoning = ReasoningLedger()
        self.prompts = PromptCache()
        self.responses = ResponseCache()
        self._free: deque[float] = deque()
        self._sequence = 0
        self._lock = threading.Lock()

    @property
    def credit_left(self) -> Decimal | None:
        """Give the dollars that are left, `None` for any amount."""
        return None if self.credits is None else self.credits - self.spent

    def next_number(self) -> int:
        """Give a number that no other generation has."""
        with self._lock:
            self._sequence += 1
            return self._sequence

    def see(self, request: RecordedRequest) -> None:
        """Record a request."""
        with self._lock:
            self.requests.append(request)

    def leave(self) -> None:
        """Count a client that left early."""
        with self._lock:
            self.disconnects += 1

    def charge(self, amount: Decimal, upstream: Decimal, record: dict[str, Any]) -> None:
        """Book a generation."""
        with self._lock:
            self.spent += amount
            if record.get("is_byok"):
                self.byok_spent += upstream
            self.generations[record["id"]] = record

    def count_free(self) -> None:
        """Count a request to a free model.

        Raises:
            ApiError: 429 above the rate.
        """
        now = time.monotonic()
        with self._lock:
            while self._free and self._free[0] <= now - _MINUTE:
                self._free.popleft()
            if len(self._free) >= FREE_REQUESTS_PER_MINUTE:
                wait = _MINUTE - (now - self._free[0])
                reset = int((time.time() + wait) * 1000)
                raise too_many_free_requests(FREE_REQUESTS_PER_MINUTE, reset)
            self._free.append(now)
