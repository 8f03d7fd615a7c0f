"""Servers that are slow, stall, or break off: every wait is bounded, and no patience is lost."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from langchain_openrouter import errors
from tests.helpers.fake import answer_body
from tests.helpers.sockets import Connection, RawServer, elapsed

if TYPE_CHECKING:
    from tests.helpers.sockets import Script
    from tests.helpers.styles import Ask

pytestmark = pytest.mark.timeout(10)

EVENT = b'data: {"id": "gen-1", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'
END = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
BODY = json.dumps(answer_body("Hi")).encode()
SOON = 5.0
"""Seconds within which a limit of 0.15 seconds must have been noticed, on a busy machine."""


def stall_before_headers(connection: Connection) -> None:
    """Say nothing."""
    connection.stall()


def drip_headers(connection: Connection) -> None:
    """Never come to the end of the headers."""
    connection.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    connection.drip(b"x")


def stall_in_body(connection: Connection) -> None:
    """Begin an answer and fall silent."""
    connection.headers()
    connection.send(EVENT)
    connection.stall()


def drip_comments(connection: Connection) -> None:
    """Begin an answer and send nothing but comments."""
    connection.headers()
    connection.send(EVENT)
    connection.drip(b": OPENROUTER PROCESSING\n\n")


def drip_then_stall(connection: Connection) -> None:
    """Send comments for most of the time there is, and then nothing."""
    connection.headers()
    for _ in range(8):
        connection.send(b": OPENROUTER PROCESSING\n\n")
        time.sleep(0.015)
    connection.stall()


SCRIPTS: list[Script] = [stall_before_headers, drip_headers, stall_in_body, drip_comments, drip_then_stall]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_deadline_bounds_everything(script: Script, ask: Ask) -> None:
    """Whatever a server does with its bytes, a call ends at its deadline, and leaves the connection."""
    with RawServer(script) as server:
        started = time.monotonic()
        with pytest.raises(errors.DeadlineExceededError, match=r"`deadline` of 0\.15 s") as caught:
            ask(server.model(deadline=0.15))

        assert 0.14 < elapsed(started) < SOON
        assert not caught.value.is_retryable
        assert server.left.wait(SOON)


def test_silence_trips_the_read_timeout(ask: Ask) -> None:
    """`timeout` bounds the wait for a byte; such a failure is not tried again, since it may have been billed."""
    with RawServer(stall_before_headers) as server:
        with pytest.raises(errors.APITimeoutError, match=r"nothing for 0\.2 s \(`timeout`\)") as caught:
            ask(server.model(timeout=0.2, max_retries=2))

        assert type(caught.value) is errors.APITimeoutError
        assert server.requests == 1


def test_a_stream_that_stalls_trips_its_own_limit(ask_streamed: Ask) -> None:
    """`stream_idle_timeout` bounds silence inside a stream, and what had come is attached."""
    with RawServer(stall_in_body) as server:
        with pytest.raises(errors.StreamIdleError, match=r"`stream_idle_timeout`") as caught:
            ask_streamed(server.model(stream_idle_timeout=0.2, timeout=30))

        assert caught.value.partial_message is not None
        assert caught.value.partial_message.content == "Hi"
        assert server.left.wait(SOON)


def test_slow_headers_comments_and_white_space_do_not_trip(ask: Ask) -> None:
    """A slow answer that shows signs of life arrives, though it takes longer than either limit."""

    def patient(connection: Connection) -> None:
        time.sleep(0.1)
        connection.headers("text/event-stream" if ask.streams else "application/json")
        for _ in range(8):
            connection.send(b": OPENROUTER PROCESSING\n\n" if ask.streams else b"         \n")
            time.sleep(0.05)
        connection.send(EVENT + END if ask.streams else BODY)

    with RawServer(patient) as server:
        assert ask(server.model(timeout=0.25, stream_idle_timeout=0.25)).content == "Hi"


def test_a_cut_stream_is_incomplete(ask_streamed: Ask) -> None:
    """A connection that breaks in the middle raises, with what had come."""

    def cut(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))

    with (
        RawServer(cut) as server,
        pytest.raises(errors.APIConnectionError, match="connection to OpenRouter broke") as caught,
    ):
        ask_streamed(server.model(max_retries=2))

    assert caught.value.partial_message is not None
    assert caught.value.partial_message.content == "Hi"
    assert server.requests == 1


def test_a_cut_after_the_end_costs_nothing(ask_streamed: Ask) -> None:
    """Once the answer was told to its end, a broken connection is no failure."""

    def cut(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send(b"%x\r\n%s\r\n" % (len(EVENT + END), EVENT + END))

    with RawServer(cut) as server:
        assert ask_streamed(server.model()).content == "Hi"


def test_a_connection_that_is_closed_at_once_is_tried_again(ask: Ask) -> None:
    """A server that hangs up before it answers has billed nothing."""

    def second_time(connection: Connection) -> None:
        if server.requests == 2:
            connection.headers("text/event-stream" if ask.streams else "application/json")
            connection.send(EVENT + END if ask.streams else BODY)

    with RawServer(second_time) as server:
        assert ask(server.model(max_retries=1, max_retry_wait=0.01)).content == "Hi"
        assert server.requests == 2


def test_nobody_at_home(ask: Ask) -> None:
    """A refused connection is an error of its own, at once."""
    with RawServer(stall_before_headers) as server:
        model = server.model()
    with pytest.raises(errors.APIConnectionError, match="Check the network, the proxy and `base_url`"):
        ask(model)
