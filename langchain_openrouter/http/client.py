"""Requests sent and answers received, with retries, time-outs and typed errors; once synchronous, once asynchronous.

Only the lines that do I/O are written twice. What to wait for is decided in `waiting`, what an exception means in
`backend`, and what a failed response means in `errors`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from langchain_openrouter.errors import APIConnectionError, OpenRouterError, from_response
from langchain_openrouter.http import backend
from langchain_openrouter.http.bounded import reads_until
from langchain_openrouter.http.pool import Lease
from langchain_openrouter.http.waiting import Attempts, Waiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import TracebackType

_Taken = TypeVar("_Taken")

_FIRST_ERROR_STATUS = 400
_FAREWELL = 0.2
"""Seconds to wait for the end of a response after all has been told. A connection that ends properly is used again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be made, as often as its limits allow.

    Args:
        url: The whole URL.
        headers: All headers of the request.
        content: The body, encoded.
        waiting: The limits.
        method: The HTTP method.
    """

    url: str
    headers: dict[str, str] = field(repr=False)  # they hold the key, and tracebacks may show variables
    content: bytes
    waiting: Waiting
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response with a status below 400: its headers, names in lower case, its body, and the status."""

    headers: dict[str, str]
    content: bytes
    status: int = 200


class HttpClient:
    """What one model sends its requests through. Opens nothing until the first call.

    Args:
        client: The user's own `httpx.Client` or `httpx2.Client`; `None` for the shared one.
        async_client: The user's own asynchronous client; `None` for the shared one.
        proxy: URL of a proxy for the shared clients; `None` for what the environment says.
    """

    __slots__ = ("_async_client", "_client", "_lease")

    def __init__(self, client: Any = None, async_client: Any = None, proxy: str | None = None) -> None:
        self._client = client
        self._async_client = async_client
        self._lease = Lease(proxy)

    def __eq__(self, other: object) -> bool:
        """Two are equal when requests go the same way through both."""
        return isinstance(other, HttpClient) and self._way() == other._way()

    def __hash__(self) -> int:
        return hash(self._lease.proxy)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the way, not the connections. Clients of the user stay behind: they cannot be pickled."""
        return HttpClient, (None, None, self._lease.proxy)

    def __deepcopy__(self, _: dict[int, Any]) -> HttpClient:
        return HttpClient(*self._way())

    def _way(self) -> tuple[Any, Any, str | None]:
        return self._client, self._async_client, self._lease.proxy

    def send(self, call: Call) -> Reply:
        """Send the request and read the whole answer.

        Args:
            call: What to send, and how long to wait.

        Returns:
            The answer, with a status below 400.

        Raises:
            OpenRouterError: Of the kind that the status, the network or the clock calls for.
        """
        return self._repeat(call, Stream.whole)

    async def asend(self, call: Call) -> Reply:
        """Send the request and read the whole answer, asynchronously. See `send`."""
        return await self._arepeat(call, AsyncStream.whole)

    def stream(self, call: Call) -> Stream:
        """Send the request and give the answer as a stream, to be closed by the caller.

        Retries end with the headers: what follows them may have reached the user already.

        Args:
            call: What to send, and how long to wait.

        Returns:
            An open stream with a status below 400, to be iterated once.

        Raises:
            OpenRouterError: Of the kind that the status, the network or the clock calls for.
        """
        return self._repeat(call, Stream.of_events)

    async def astream(self, call: Call) -> AsyncStream:
        """Send the request and give the answer as a stream, asynchronously. See `stream`."""
        return await self._arepeat(call, AsyncStream.of_events)

    def cleaned(self, headers: dict[str, Any], hear: Callable[[str], Callable[[bytes], None]]) -> Any:
        """Give a client for an SDK: it sends through ours, and these headers are all that its requests carry.

        Args:
            headers: The headers.
            hear: Gives, for an answer of a content type, what is to hear the pieces of its body.
        """
        return backend.client_through(lambda: self._client or self._lease.client(), headers, hear)

    def acleaned(self, headers: dict[str, Any], hear: Callable[[str], Callable[[bytes], None]]) -> Any:
        """Give an asynchronous client for an SDK. See `cleaned`."""

        async def client() -> Any:
            return self._async_client or await self._lease.async_client()

        return backend.async_client_through(client, headers, hear)

    def close(self) -> None:
        """Give the shared connections back; they are closed when nobody else uses them. The user's own client stays."""
        self._lease.close()

    async def aclose(self) -> None:
        """Give the shared connections back, those of the running event loop too."""
        await self._lease.aclose()

    def _repeat(self, call: Call, take: Callable[[Stream], _Taken]) -> _Taken:
        """Send the request until its answer can be taken, as often as its limits allow."""
        attempts = Attempts(call.waiting)
        while True:
            try:
                return take(self._open(call, attempts))
            except OpenRouterError as error:
                pause = attempts.pause_after(error)
            time.sleep(pause)

    async def _arepeat(self, call: Call, take: Callable[[AsyncStream], Awaitable[_Taken]]) -> _Taken:
        attempts = Attempts(call.waiting)
        while True:
            try:
                return await take(await self._aopen(call, attempts))
            except OpenRouterError as error:
                pause = attempts.pause_after(error)
            await asyncio.sleep(pause)

    def _open(self, call: Call, attempts: Attempts) -> Stream:
        client = self._client or self._lease.client()
        timeouts = attempts.timeouts()
        with _typed_errors(attempts), reads_until(attempts.ends):
            response = client.send(_request(self._client, call, timeouts), stream=True)
        stream = Stream(response, attempts, timeouts)
        if response.status_code >= _FIRST_ERROR_STATUS:
            with stream:
                content = b"".join(stream)
            raise from_response(response.status_code, response.headers, content.decode(errors="replace"))
        return stream

    async def _aopen(self, call: Call, attempts: Attempts) -> AsyncStream:
        client = self._async_client or await self._lease.async_client()
        timeouts = attempts.timeouts()
        with _typed_errors(attempts):
            async with asyncio.timeout(attempts.left()):
                response = await client.send(_request(self._async_client, call, timeouts), stream=True)
        stream = AsyncStream(response, attempts, timeouts)
        if response.status_code >= _FIRST_ERROR_STATUS:
            async with stream:
                content = b"".join([piece async for piece in stream])
            raise from_response(response.status_code, response.headers, content.decode(errors="replace"))
        return stream


def _request(own_client: Any, call: Call, timeouts: dict[str, float | None]) -> Any:
    """Build the request; a client of the user adds what the user gave it (headers, cookies, authentication)."""
    build = own_client.build_request if own_client else backend.new_request
    return build(call.method, call.url, headers=call.headers, content=call.content, extensions={"timeout": timeouts})


class _typed_errors:  # noqa: N801  # used like a function
    """Turn exceptions of the HTTP library into ours, around `return`, `await` and `yield` alike."""

    __slots__ = ("_attempts",)

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            return
        what = "read" if isinstance(error, TimeoutError) else backend.failure_kind(error)
        if what == "broken":
            raise APIConnectionError(
                f"The connection to OpenRouter broke: {str(error) or type(error).__name__}"
            ) from error
        if what is not None:
            raise self._attempts.timed_out(what) from error


class _OpenStream:
    """A response whose body is still coming."""

    __slots__ = ("_attempts", "_response", "_timeouts", "_told", "headers")

    def __init__(self, response: Any, attempts: Attempts, timeouts: dict[str, float | None]) -> None:
        self._response = response
        self._attempts = attempts
        self._timeouts = timeouts
        self._told = False
        self.headers: dict[str, str] = {name.lower(): value for name, value in response.headers.items()}

    def all_is_told(self) -> None:
        """Take the news that nothing of interest can follow. The end is waited for shortly, to keep the connection."""
        self._told = True

    def _expect_body(self) -> None:
        """Set how long the body may be silent. The transport looks this up when the body begins."""
        self._timeouts["read"] = self._attempts.read_timeout()

    def _left(self) -> float | None:
        return _FAREWELL if self._told else self._attempts.left()


class Stream(_OpenStream):
    """A response body as pieces of bytes; a context manager that closes the connection at its end."""

    __slots__ = ()

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces as they come.

        Raises:
            OpenRouterError: The connection broke, fell silent, or the deadline passed.
        """
        self._expect_body()
        pieces = self._response.iter_bytes()
        limit = reads_until(self._attempts.ends)
        with _typed_errors(self._attempts):
            while True:
                if self._told:
                    limit = reads_until(time.monotonic() + _FAREWELL)
                try:
                    with limit:
                        piece = next(pieces, None)
                except Exception:
                    if self._told:
                        return
                    raise
                if piece is None:
                    return
                self._attempts.check()
                yield piece

    def whole(self) -> Reply:
        """Read the body to its end, and close."""
        with self:
            return Reply(self.headers, b"".join(self), self._response.status_code)

    def of_events(self) -> Self:
        """Take the body for a stream of events, which has a limit of silence of its own."""
        self._attempts.streaming = True
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()


class AsyncStream(_OpenStream):
    """A response body as pieces of bytes, asynchronously."""

    __slots__ = ()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces as they come. See `Stream`."""
        self._expect_body()
        pieces = self._response.aiter_bytes()
        with _typed_errors(self._attempts):
            while True:
                try:
                    async with asyncio.timeout(self._left()):
                        piece = await anext(pieces, None)
                except Exception:
                    if self._told:
                        return
                    raise
                if piece is None:
                    return
                self._attempts.check()
                yield piece

    async def whole(self) -> Reply:
        """Read the body to its end, and close."""
        async with self:
            return Reply(self.headers, b"".join([piece async for piece in self]), self._response.status_code)

    async def of_events(self) -> Self:
        """Take the body for a stream of events, which has a limit of silence of its own."""
        self._attempts.streaming = True
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._response.aclose()
