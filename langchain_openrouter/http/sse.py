"""Server-sent events, decoded from bytes as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Only `data` matters to OpenRouter's streams: comments (`: OPENROUTER PROCESSING`) keep the connection alive, and other
fields do not occur.
"""

from __future__ import annotations

DONE = b"[DONE]"
"""The data of the event that ends a complete stream."""


class EventDecoder:
    r"""Turn pieces of a stream, cut anywhere, into the data of its events. Does no I/O.

    Example:
        ```python
        decoder = EventDecoder()
        assert decoder.feed(b': comment\n\ndata: {"a"') == []
        assert decoder.feed(b": 1}\n\n") == [b'{"a": 1}']
        ```
    """

    __slots__ = ("_data", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[bytes]:
        """Take the next bytes of the stream.

        Args:
            piece: Bytes as they came from the network.

        Returns:
            The data of each event that these bytes complete, in order.
        """
        *lines, self._rest = (self._rest + piece).split(b"\n")
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
            elif self._data and not line.rstrip(b"\r"):
                events.append(b"\n".join(self._data))
                self._data.clear()
        return events

    def finish(self) -> list[bytes]:
        """Take the end of the stream: an event whose closing blank line never came still counts.

        Returns:
            The data of the last event, or nothing.
        """
        return self.feed(b"\n\n")
