"""Server-sent events, decoded from bytes as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Only `data` matters to OpenRouter's streams: comments (`: OPENROUTER PROCESSING`) keep the connection alive, and other
fields do not occur.
"""

from __future__ import annotations

DONE = b"[DONE]"
"""The data of the event that ends a complete stream."""


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventDecoder:
    r"""Turn pieces of a stream, cut anywhere, into the data of its events. Does no I/O.

    Example:
        ```python
        decoder = EventDecoder()
        assert decoder.feed(b': comment\n\ndata: {"a"') == []
        assert decoder.feed(b": 1}\n\n") == [b'{"a": 1}']
        ```
    """

    __slots__ = ("_at_start", "_begun", "_data", "_held", "_rest")

    def __init__(self) -> None:
        self._begun = False
        self._at_start = False
        self._rest: list[bytes] = []
        self._held = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[bytes]:
        """Take the next bytes of the stream.

        Args:
            piece: Bytes as they came from the network.

        Returns:
            The data of each event that these bytes complete, in order.
        """
        if self._at_start and piece.startswith(b"data: ") and piece.find(b"\n\n") == len(piece) - 2:
            data = piece[6:-2]
            if b"\n" not in data and b"\r" not in data:  # one whole event: most pieces are
                return [data.strip()]
        if self._held or b"\r" in piece:
            piece = self._with_plain_ends(piece)
        self._rest.append(piece)
        if b"\n" not in piece:  # an image comes in one long line: joined once, not with each piece
            self._at_start = False
            return []
        *lines, rest = b"".join(self._rest).split(b"\n")
        self._rest = [rest]
        if not self._begun:
            self._begun = True
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
            elif self._data and not line:
                events.append(b"\n".join(self._data))
                self._data.clear()
        self._at_start = not (rest or self._data or self._held)
        return events

    def _with_plain_ends(self, piece: bytes) -> bytes:
        """Write CR and CR LF as LF. A CR at the end of a piece is held until it is known what follows."""
        piece = self._held + piece
        self._held = b"\r" if piece.endswith(b"\r") else b""
        return piece.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def finish(self) -> list[bytes]:
        """Take the end of the stream: an event whose closing blank line never came still counts.

        Returns:
            The data of the last event, or nothing.
        """
        return self.feed(b"\n\n")
