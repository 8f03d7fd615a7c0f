"""A fake OpenRouter behind `http_client=` and `http_async_client=`: it answers as told, and keeps what it was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2

from langchain_openrouter import ChatOpenRouter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

KEY = "sk-or-v1-0123456789abcdef"
MODEL = "acme/model-1"


@dataclass(frozen=True)
class Answer:
    """One response: a status, headers, and a body in one or more pieces."""

    body: bytes | list[bytes]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> httpx2.Response:
        """Make the response anew: each may be read once."""
        pieces = self.body if isinstance(self.body, list) else [self.body]
        return httpx2.Response(self.status, headers=dict(self.headers), stream=_Pieces(pieces))


class _Pieces(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def whole(body: Any, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON (or bytes as they are)."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(content, status, {"content-type": "application/json", **_header_names(headers)})


def events(*data: Any, done: bool = True, **headers: str) -> Answer:
    """Answer with server-sent events, each a JSON value or bytes as they are, closed by `[DONE]`."""
    texts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in data]
    texts += [b"[DONE]"] if done else []
    return Answer(
        [b"data: " + text + b"\n\n" for text in texts],
        200,
        {"content-type": "text/event-stream", **_header_names(headers)},
    )


def _header_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def answer_body(content: Any = "Hello.", *, finish_reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    """Write the body of a whole answer; keyword arguments are added to its message."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}}
    return {
        "id": "gen-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": MODEL,
        "provider": "Acme",
        "choices": [{**choice, "finish_reason": finish_reason, "native_finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, "cost": 0.001},
    }


def delta(content: Any = None, *, index: Any = 0, finish_reason: str | None = None, **parts: Any) -> dict[str, Any]:
    """Write a chunk of a streamed answer; keyword arguments are added to its delta."""
    said = {**({} if content is None else {"content": content}), **parts}
    choice = {"index": index, "delta": said, "finish_reason": finish_reason, "native_finish_reason": finish_reason}
    return {
        "id": "gen-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": MODEL,
        "provider": "Acme",
        "choices": [choice],
    }


def usage_chunk(**usage: Any) -> dict[str, Any]:
    """Write the trailing chunk that tells the usage."""
    return {**delta(""), "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, **usage}}


class Server:
    """Answers requests in the given order, the last answer again and again, and keeps the requests.

    Args:
        *answers: What to answer. An exception among them is raised instead.
    """

    def __init__(self, *answers: Answer | Exception) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = answers or (whole(answer_body()),)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The parsed bodies of all requests."""
        return [json.loads(request.content) for request in self.requests]

    @property
    def body(self) -> dict[str, Any]:
        """The parsed body of the last request."""
        return self.bodies[-1]

    @property
    def headers(self) -> httpx2.Headers:
        """The headers of the last request."""
        return self.requests[-1].headers

    def model(self, **fields: Any) -> ChatOpenRouter:
        """Make a model that talks to this server."""
        transport = httpx2.MockTransport(self._handle)
        own: dict[str, Any] = {"model": MODEL, "api_key": KEY, "max_retries": 0}
        own["model_validation"] = "off"  # no catalog knows a model that is made up
        clients = {
            "http_client": httpx2.Client(transport=transport),
            "http_async_client": httpx2.AsyncClient(transport=transport),
        }
        return ChatOpenRouter(**{**own, **clients, **fields})

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer.response()
