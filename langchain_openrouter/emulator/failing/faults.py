"""Faults on demand: what goes wrong, and for which requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC
from random import Random
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

FaultKind = Literal[
    "status",
    "html",
    "slow_headers",
    "keepalive",
    "stall",
    "cut",
    "end_early",
    "midstream_error",
    "error_in_200",
    "duplicate_usage",
    "duplicate_finish",
    "garbage_line",
    "empty",
    "odd_fields",
    "odd_calls",
]
MidstreamForm = Literal["documented", "no_choices", "null_finish", "string_code", "choice_error"]

REFUSALS: frozenset[str] = frozenset({"status", "html", "error_in_200"})
"""Kinds that answer instead of the model, so that `models` falls to the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong, and when.

    Args:
        kind: What goes wrong.

            - `status`: the answer has `status` and `message`; with status 200 and a `body` it is
              garbage that looks good from outside.
            - `html`: the same with a page of HTML as body.
            - `slow_headers`: nothing at all for `seconds`, then a good answer.
            - `keepalive`: white space or comments for `seconds`, then a good answer.
            - `stall`: `after` chunks (or half of a JSON body), then silence for `seconds`, then the
              rest.
            - `cut`: `after` chunks (or half of a JSON body), then the connection drops.
            - `end_early`: `after` chunks (or half of a JSON body), then a clean end without finish
              reason and `[DONE]`.
            - `midstream_error`: `after` chunks, then an error in the `form` given.
            - `error_in_200`: status 200 with an error as body.
            - `duplicate_usage`: the chunk with usage comes twice, with different costs.
            - `duplicate_finish`: the chunk with the finish reason comes twice.
            - `garbage_line`: a line that is not JSON among the chunks.
            - `odd_fields`: a good answer whose fields are missing, null, fractional, or empty.
            - `odd_calls`: fragments of tool calls that repeat id and name, the first call without
              index; whole calls without type.
            - `empty`: an answer without choices, or a stream with nothing but `[DONE]`.
        status: HTTP status of `status` and `html`; `error.code` of the kinds with an error.
        message: `error.message`.
        error_type: `error.metadata.error_type`.
        metadata: Further keys of `error.metadata`.
        retry_after: `Retry-After` header: seconds, or any text such as an HTTP date.
        content_type: Of a `status` body. Anything but JSON sends `body` as it is.
        body: Replaces the body of `status` and `html`.
        seconds: Of the kinds that wait; `None` waits until the client leaves.
        after: Number of chunks that still arrive, of the kinds that break a stream.
        form: Of `midstream_error`. `documented` has the error beside a choice that finished with
            `error`; `no_choices` has empty choices; `null_finish` is as once recorded; in
            `string_code` the code is a word; in `choice_error` the error is inside the choice.
        model: Only requests for this model id (as answered, or as requested).
        path: Only requests for this path below `/api/v1`, such as `/chat/completions` or
            `/models`; `None` for any path that the emulator answers.
        nth: Only the nth matching request, counted from 1, or several of them.
        times: At most so many times.
        probability: Between 0 and 1; chance drawn from the emulator's seed.

    Raises:
        ValueError: On an unknown kind or a probability outside 0 to 1.

    >>> Fault(kind="status", status=503, retry_after=2, nth=1).status
    503
    """

    kind: FaultKind
    status: int = 500
    message: str = "Provider returned error"
    error_type: str | None = None
    metadata: Mapping[str, Any] | None = None
    retry_after: float | str | None = None
    content_type: str = "application/json"
    body: str | None = None
    seconds: float | None = 0.0
    after: int = 1
    form: MidstreamForm = "documented"
    model: str | None = None
    path: str | None = None
    nth: int | frozenset[int] | set[int] | None = None
    times: int | None = None
    probability: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what could never happen."""
        if self.kind not in get_args(FaultKind):
            msg = f"unknown fault kind `{self.kind}`; known are {', '.join(get_args(FaultKind))}"
            raise ValueError(msg)
        if not 0 <= self.probability <= 1:
            msg = f"probability {self.probability} is not between 0 and 1"
            raise ValueError(msg)

    @classmethod
    def over_budget(
        cls,
        limit_usd: float,
        spend_usd: float,
        resets_at: datetime | None = None,
        limit_source: str = "openrouter_key_limit",
        **when: Any,
    ) -> Self:
        """Give the 403 of a spending limit that is used up.

        Args:
            limit_usd: The limit.
            spend_usd: What is spent of it.
            resets_at: When it resets, with its zone; `None` for a lifetime limit.
            limit_source: Whose limit it is; also `openrouter_guardrail_budget` or `openrouter_workspace_budget`.
            **when: Which requests: arguments of the class.

        >>> Fault.over_budget(5, 5.25).status
        403
        """
        reset = resets_at and f"{resets_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        told = {"limit_source": limit_source, "limit_usd": limit_usd, "spend_usd": spend_usd, "resets_at": reset}
        return cls(kind="status", status=403, message="Budget limit exceeded", metadata=told, **when)

    @classmethod
    def in_flight(cls, retry_after: float = 1, **when: Any) -> Self:
        """Give the 402 of too much money in calls that are still running.

        Args:
            retry_after: Seconds until another attempt may succeed.
            **when: Which requests: arguments of the class.
        """
        message = (
            "This request would exceed your available credits given your current in-flight requests. Retry after "
            "in-flight requests settle, or add credits."
        )
        told = {"reason": "in_flight_budget_exhausted", "limit_source": "openrouter_in_flight_budget"}
        return cls(kind="status", status=402, message=message, metadata=told, retry_after=retry_after, **when)


@dataclass(slots=True)
class _Entry:
    fault: Fault
    seen: int = 0
    used: int = field(default=0)


class FaultBook:
    """The faults in force; decides for each request whether one strikes.

    Args:
        faults: To begin with.
        seed: Of the chance in `Fault.probability`.
    """

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        """Start with some faults."""
        self._entries = [_Entry(fault) for fault in faults]
        self._random = Random(seed)  # noqa: S311 - reproducible, not secret
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._entries.append(_Entry(fault))

    def clear(self) -> None:
        """Take all faults out of force."""
        with self._lock:
            self._entries.clear()

    def strike(self, path: str, names: frozenset[str]) -> Fault | None:
        """Give the first fault that strikes a request, counting it.

        Args:
            path: Below `/api/v1`.
            names: The model's ids: as requested and as resolved; empty where none is.
        """
        with self._lock:
            struck = [entry for entry in self._entries if self._strikes(entry, path, names)]
            if not struck:
                return None
            struck[0].used += 1
            return struck[0].fault

    def _strikes(self, entry: _Entry, path: str, names: frozenset[str]) -> bool:
        fault = entry.fault
        if fault.path is not None and _below_root(fault.path) != path:
            return False
        if fault.model is not None and fault.model not in names:
            return False
        entry.seen += 1
        if fault.nth is not None:
            wanted = {fault.nth} if isinstance(fault.nth, int) else fault.nth
            if entry.seen not in wanted:
                return False
        if fault.times is not None and entry.used >= fault.times:
            return False
        return fault.probability >= 1 or self._random.random() < fault.probability


def _below_root(path: str) -> str:
    return "/" + path.removeprefix("/api/v1").strip("/")
