"""The one place that imports an HTTP library: httpx2 where it is installed, else httpx, of the same interface."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from langchain_openrouter.http.bounded import bound

try:
    import httpx2 as _httpx
except ImportError:  # pragma: no cover - depends on what is installed
    import httpx as _httpx  # type: ignore[no-redef]

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Hears = Callable[[bytes], None]

_IDLE_CONNECTIONS = 100
_KEEP_ALIVE = 30.0

_TIMEOUT_KINDS = {
    "ConnectTimeout": "connect",
    "PoolTimeout": "pool",
    "ReadTimeout": "read",
    "TimeoutException": "read",
    "WriteTimeout": "write",
}


@functools.lru_cache(maxsize=64)
def _url(url: str) -> Any:
    return _httpx.URL(url)


def new_request(method: str, url: str, *, headers: dict[str, Any], content: bytes, extensions: dict[str, Any]) -> Any:
    """Make a request for a client of ours. Those have nothing to add, so nothing need be merged (`build_request`)."""
    return _httpx.Request(
        method,
        _url(url),
        headers={**headers, "Accept-Encoding": "gzip, deflate"},
        content=content,
        extensions=extensions,
    )


def new_client(proxy: str | None) -> Any:
    """Make a synchronous client. The number of connections has no limit: callers set theirs with `max_concurrency`."""
    return bound(_httpx.Client(**_options(proxy)))


def new_async_client(proxy: str | None) -> Any:
    """Make an asynchronous client for the running event loop."""
    return _httpx.AsyncClient(**_options(proxy))


def _options(proxy: str | None) -> dict[str, Any]:
    limits = _httpx.Limits(
        max_connections=None, max_keepalive_connections=_IDLE_CONNECTIONS, keepalive_expiry=_KEEP_ALIVE
    )
    return {"proxy": proxy, "limits": limits, "follow_redirects": True, "timeout": None}


class _Through(_httpx.BaseTransport):
    """Sends through another client, with exactly the headers that we say, and lets somebody hear the answer."""

    def __init__(self, client: Callable[[], Any], headers: dict[str, Any], hear: Callable[[str], Hears]) -> None:
        self._client = client
        self._headers = headers
        self._hear = hear

    def handle_request(self, request: Any) -> Any:
        client = self._client()
        response = client.send(_cleaned(request, request.read(), self._headers, client), stream=True)
        return _answer(response, _Heard(response.stream, self._hear(_kind(response))))


class _AsyncThrough(_httpx.AsyncBaseTransport):
    """The same, asynchronously."""

    def __init__(
        self, client: Callable[[], Awaitable[Any]], headers: dict[str, Any], hear: Callable[[str], Hears]
    ) -> None:
        self._client = client
        self._headers = headers
        self._hear = hear

    async def handle_async_request(self, request: Any) -> Any:
        client = await self._client()
        response = await client.send(_cleaned(request, await request.aread(), self._headers, client), stream=True)
        return _answer(response, _AsyncHeard(response.stream, self._hear(_kind(response))))


class _Heard(_httpx.SyncByteStream):
    """A body that somebody hears on its way."""

    def __init__(self, stream: Any, hear: Hears) -> None:
        self._stream = stream
        self._hear = hear

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            self._hear(piece)
            yield piece

    def close(self) -> None:
        self._stream.close()


class _AsyncHeard(_httpx.AsyncByteStream):
    """The same, asynchronously."""

    def __init__(self, stream: Any, hear: Hears) -> None:
        self._stream = stream
        self._hear = hear

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._hear(piece)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def client_through(client: Callable[[], Any], headers: dict[str, Any], hear: Callable[[str], Hears]) -> Any:
    """Make a client that opens nothing itself: for SDKs that would add headers and credentials of their own.

    Args:
        client: Gives the client to send through.
        headers: The headers of every request; those that carry the body stay as the SDK set them.
        hear: Gives, for an answer of a content type, what is to hear the pieces of its body.
    """
    return _httpx.Client(transport=_Through(client, headers, hear), trust_env=False)


def async_client_through(
    client: Callable[[], Awaitable[Any]], headers: dict[str, Any], hear: Callable[[str], Hears]
) -> Any:
    """Make an asynchronous client that opens nothing itself. See `client_through`."""
    return _httpx.AsyncClient(transport=_AsyncThrough(client, headers, hear), trust_env=False)


def _kind(response: Any) -> str:
    return str(response.headers.get("content-type", ""))


def _answer(response: Any, stream: Any) -> Any:
    """Give a response of the library chosen here; that of a user's client may be the other's."""
    return _httpx.Response(
        response.status_code, headers=response.headers.raw, stream=stream, extensions=response.extensions
    )


_OF_THE_BODY = ("accept", "content-length", "content-type", "host", "transfer-encoding")


def _cleaned(request: Any, content: bytes, headers: dict[str, Any], client: Any) -> Any:
    kept = {name: request.headers[name] for name in _OF_THE_BODY if name in request.headers}
    ours = {name: value for name, value in headers.items() if name.lower() not in kept}
    # A new request: SDKs look into the headers of their own when the answer has come.
    wanted = {"headers": {**ours, **kept}, "content": content, "extensions": request.extensions}
    if isinstance(client, (_httpx.Client, _httpx.AsyncClient)):
        return _httpx.Request(request.method, request.url, **wanted)
    return client.build_request(request.method, str(request.url), **wanted)  # one of the other library


def failure_kind(error: BaseException) -> str | None:
    """Say what kind of failure an exception of either library is.

    Judged by the names in its ancestry, since the caller's own client may be of the other library.

    Args:
        error: Any exception.

    Returns:
        `"connect"`, `"read"`, `"write"` or `"pool"` for a time-out; `"broken"` for any other failure of the transport;
        `None` for an exception that is not the library's.
    """
    ancestry = [cls for cls in type(error).__mro__ if cls.__module__.partition(".")[0] in {"httpx", "httpx2"}]
    for cls in ancestry:
        if cls.__name__ in _TIMEOUT_KINDS:
            return _TIMEOUT_KINDS[cls.__name__]
    names = {cls.__name__ for cls in ancestry}
    return "broken" if names & {"HTTPError", "InvalidURL", "StreamError"} else None
