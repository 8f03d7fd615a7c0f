"""Recorded exchanges that are answered again, byte for byte."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_openrouter.emulator.state import RecordedRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A recorded request and its answer.

    Args:
        method: Such as `POST`.
        path: Such as `/api/v1/chat/completions`.
        request: Body of the request, parsed.
        status: HTTP status of the answer.
        content_type: Of the answer.
        body: Of the answer: text as it came, or parsed JSON.

    >>> Exchange(path="/api/v1/models", method="GET", body={"data": []}).raw_body
    b'{"data": []}'
    """

    method: str = "POST"
    path: str = "/api/v1/chat/completions"
    request: Any = None
    status: int = 200
    content_type: str = "application/json"
    body: Any = None

    @property
    def raw_body(self) -> bytes:
        """Give the bytes that are sent."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return text.encode()

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Exchange:
        """Read a record with the keys `method, path, request, status, headers, body`."""
        headers = {str(k).lower(): v for k, v in (record.get("headers") or {}).items()}
        is_stream = bool(record.get("stream"))
        usual = "text/event-stream" if is_stream else "application/json"
        return cls(
            method=record.get("method") or "POST",
            path=record.get("path") or "/api/v1/chat/completions",
            request=record.get("request"),
            status=int(record.get("status") or 200),
            content_type=str(headers.get("content-type") or usual),
            body=record.get("body"),
        )


Replay = Exchange | Mapping[str, Any] | str | Path | Iterable[Exchange | Mapping[str, Any]]


def read_exchanges(source: Replay) -> list[Exchange]:
    """Read exchanges from one, from several, or from a file with one JSON object a line.

    Args:
        source: An `Exchange`, a record, an iterable of them, or a path.
    """
    if isinstance(source, str | Path):
        lines = Path(source).read_text(encoding="utf-8").splitlines()
        return [Exchange.of(json.loads(line)) for line in lines if line.strip()]
    if isinstance(source, Exchange):
        return [source]
    if isinstance(source, Mapping):
        return [Exchange.of(source)]
    return [one if isinstance(one, Exchange) else Exchange.of(one) for one in source]


class ReplayBook:
    """Finds the recorded answer to a request.

    A request with the same path, model and messages (or input) as a recorded one gets that
    answer, each recording once before any comes again. Other requests for a recorded path get
    its unused answers in order. What is left is answered by the emulator itself.
    """

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        """Start with nothing used."""
        self._exchanges = list(exchanges)
        self._used: set[int] = set()
        self._lock = threading.Lock()

    def next_for(self, request: RecordedRequest) -> Exchange | None:
        """Give the answer to a request, `None` when there is no recording for it."""
        same_path = [
            (number, exchange)
            for number, exchange in enumerate(self._exchanges)
            if (exchange.method, exchange.path) == (request.method, request.path)
        ]
        wanted = _essence(request.json)
        equal = [pair for pair in same_path if _essence(pair[1].request) == wanted]
        with self._lock:
            fresh_equal = [pair for pair in equal if pair[0] not in self._used]
            fresh = [pair for pair in same_path if pair[0] not in self._used]
            found = fresh_equal or equal or fresh
            if not found:
                return None
            number, exchange = found[0]
            self._used.add(number)
            return exchange


def _essence(body: Any) -> Any:
    if not isinstance(body, dict):
        return None
    return {key: body.get(key) for key in ("model", "messages", "input")}
