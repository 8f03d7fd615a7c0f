"""The decoder of server-sent events, against arbitrary bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.http.sse import EventDecoder

line_ends = st.sampled_from([b"\n", b"\r\n"])
data = st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"").strip())


def decode(*pieces: bytes) -> list[bytes]:
    """Decode a whole stream."""
    decoder = EventDecoder()
    found = [event for piece in pieces for event in decoder.feed(piece)]
    return found + decoder.finish()


@given(events=st.lists(data, max_size=8), end=line_ends, cuts=st.lists(st.integers(0, 300), max_size=10))
def test_every_event_comes_out_whole(events: list[bytes], end: bytes, cuts: list[int]) -> None:
    """The data of each event come out once and in order, wherever the stream was cut and whatever stands between."""
    noise = b": comment" + end + b"event: x" + end + b"id: 1" + end + end
    stream = b"".join(noise + b"data: " + event + end + end for event in events)
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    pieces = [stream[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]

    assert decode(*pieces) == events
    assert decode(stream) == events


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    """Anything may be fed; how it is cut makes no difference."""
    assert decode(*pieces) == decode(b"".join(pieces))


def test_data_of_several_lines_are_one_event() -> None:
    """Lines of `data` that follow one another are joined, with or without a space after the colon."""
    assert decode(b"data: a\ndata:b\n\ndata: c\n\n") == [b"a\nb", b"c"]


def test_the_last_event_may_lack_its_blank_line() -> None:
    """An event at the end of the stream counts, though its closing line or its line end never came."""
    assert decode(b"data: a\n") == [b"a"]
    assert decode(b"data: a") == [b"a"]


def test_events_come_as_soon_as_they_are_complete() -> None:
    """Nothing is held back until the next piece."""
    decoder = EventDecoder()

    assert decoder.feed(b": OPENROUTER PROCESSING\n\n") == []
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\n") == [b"a"]
    assert decoder.finish() == []
