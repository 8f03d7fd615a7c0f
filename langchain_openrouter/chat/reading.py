"""From the bytes of a response to LangChain's chunks: the decoder of events and the parser of answers, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_openrouter.errors import IncompleteStreamError, OpenRouterError
from langchain_openrouter.http.sse import EventDecoder
from langchain_openrouter.wire.response import parse
from langchain_openrouter.wire.stream import StreamParser, whole_as_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from langchain_core.outputs import ChatGenerationChunk

_STARTS_OF_WHOLE = (b"{", b"[", b"<")
"""The first characters of JSON and HTML, which no line of a stream begins with."""

_STARTS_OF_EVENTS = (b":", b"d", b"e", b"i", b"r")
"""The first characters of a comment and of the fields `data`, `event`, `id` and `retry`."""


class StreamReader:
    """Reads one streamed answer. Fed by the synchronous and the asynchronous loop alike; does no I/O.

    Args:
        headers: The response headers, names in lower case.
        model: The id that was asked for.
    """

    __slots__ = ("_begun", "_decoder", "_headers", "_model", "_parser", "_whole")

    def __init__(self, headers: Mapping[str, str], model: str) -> None:
        self._headers = headers
        self._model = model
        self._decoder = EventDecoder()
        self._parser = StreamParser(headers, model)
        self._begun = False
        self._whole: list[bytes] | None = None

    @property
    def done(self) -> bool:
        """Whether the closing event has come."""
        return self._parser.done

    def feed(self, piece: bytes) -> Iterator[ChatGenerationChunk]:
        """Take the next bytes, and give the chunks that they complete."""
        if not self._begun and (start := piece.lstrip()[:1]):
            self._begun = True
            # Some servers and proxies answer a request for a stream with a whole answer, or with a page.
            events = "event-stream" in self._headers.get("content-type", "") or start in _STARTS_OF_EVENTS
            self._whole = [] if start in _STARTS_OF_WHOLE or not events else None
        if self._whole is not None:
            self._whole.append(piece)
            return
        feed = self._parser.feed
        for data in self._decoder.feed(piece):
            chunk = feed(data)
            if chunk is not None:
                yield chunk

    def finish(self) -> Iterator[ChatGenerationChunk]:
        """Take the end of the response, and give the last chunks."""
        if self._whole is not None:
            yield whole_as_chunk(parse(b"".join(self._whole), self._headers, self._model).generations)
            return
        for data in self._decoder.finish():
            chunk = self._parser.feed(data)
            if chunk is not None:
                yield chunk
        yield from self._parser.finish()

    def broken(self, error: OpenRouterError) -> None:
        """Take the news that the response broke off.

        A break after the whole answer was told costs nothing but the connection.

        Raises:
            OpenRouterError: The same error with what had arrived, where the answer was not told to its end.
        """
        if isinstance(error, IncompleteStreamError) or error.embedded or not self._parser.complete:
            if error.partial_message is None:
                error.partial_message = self._parser.partial()
            raise error
