"""How long it waits, and how often it asks: retries and time-outs as the server sees them. Resources are next door."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from integration_tests.support import STREAMS, STYLES, Ask, Served
from langchain_openrouter import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadGatewayError,
    BadRequestError,
    DeadlineExceededError,
    InFlightBudgetError,
    InsufficientCreditsError,
    NotFoundError,
    OpenRouterError,
    OverloadedError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    ServiceUnavailableError,
    StreamIdleError,
    UnprocessableEntityError,
)
from langchain_openrouter.emulator import Fault

SAY = "Reply with exactly 'blue'."
IN_FLIGHT = {"error_type": "in_flight_budget_exhausted", "limit_source": "openrouter_in_flight_budget"}
NO_LIMIT = 60.0
SOON = 5.0
"""Seconds, for a machine that is busy with other things."""

RETRIED = [
    (408, RequestTimeoutError),
    (409, OpenRouterError),
    (429, RateLimitError),
    (500, ServerError),
    (502, BadGatewayError),
    (503, ServiceUnavailableError),
    (504, RequestTimeoutError),
    (524, RequestTimeoutError),
    (529, OverloadedError),
]
NOT_RETRIED = [
    (400, BadRequestError),
    (401, AuthenticationError),
    (402, InsufficientCreditsError),
    (403, PermissionDeniedError),
    (404, NotFoundError),
    (413, PayloadTooLargeError),
    (422, UnprocessableEntityError),
]


class TestRetries:
    @pytest.mark.parametrize(("status", "cls"), RETRIED)
    async def test_as_often_as_told(self, served: Served, ask: Ask, status: int, cls: type[OpenRouterError]) -> None:
        """A status that may pass is tried again `max_retries` times, and then raised in its class."""
        served.fail(Fault(kind="status", status=status))

        with pytest.raises(cls) as caught:
            await ask(served.model(max_retries=2), SAY)
        assert caught.value.status_code == status
        assert len(served.bodies) == 3

    @pytest.mark.parametrize(("status", "cls"), NOT_RETRIED)
    async def test_never(self, served: Served, ask: Ask, status: int, cls: type[OpenRouterError]) -> None:
        """A status that will not pass is raised at once."""
        served.fail(Fault(kind="status", status=status, message="Insufficient credits" if status == 402 else "No"))

        with pytest.raises(cls) as caught:
            await ask(served.model(max_retries=2), SAY)
        assert caught.value.status_code == status
        assert len(served.bodies) == 1

    async def test_in_flight_budget(self, served: Served, ask: Ask) -> None:
        """A 402 that says that calls in flight hold the credit is tried again; one about the credit itself is not."""
        served.fail(Fault(kind="status", status=402, message="In-flight budget", metadata=IN_FLIGHT, retry_after=1))

        with pytest.raises(InFlightBudgetError):
            await ask(served.model(max_retries=1), SAY)
        assert len(served.bodies) == 2

    @pytest.mark.parametrize("status", [429, 502])
    async def test_none(self, served: Served, ask: Ask, status: int) -> None:
        """`max_retries=0` means one request."""
        served.fail(Fault(kind="status", status=status))

        with pytest.raises(OpenRouterError):
            await ask(served.model(max_retries=0), SAY)
        assert len(served.bodies) == 1

    async def test_success_in_the_end(self, served: Served, ask: Ask) -> None:
        """An answer after two failures is an answer."""
        served.fail(Fault(kind="status", status=503, times=2))

        assert (await ask(served.model(max_retries=2), SAY)).text == "blue"
        assert len(served.bodies) == 3

    async def test_of_one_call(self, served: Served, ask: Ask) -> None:
        """A call can have a limit of its own."""
        served.fail(Fault(kind="status", status=503))

        with pytest.raises(ServerError):
            await ask(served.model(max_retries=5), SAY, max_retries=1)
        assert len(served.bodies) == 2
        assert "max_retries" not in served.bodies[0]

    @pytest.mark.parametrize("style", ["invoke", "ainvoke"])
    async def test_a_lost_connection(self, served: Served, style: str) -> None:
        """A connection that broke before the whole answer came is tried again."""
        served.fail(Fault(kind="cut", times=1))

        assert (await STYLES[style](served.model(max_retries=1), SAY)).text == "blue"
        assert len(served.bodies) == 2

    @pytest.mark.parametrize("style", STREAMS)
    @pytest.mark.parametrize("kind", ["cut", "end_early", "midstream_error"])
    async def test_not_once_text_is_shown(self, served: Served, style: str, kind: Any) -> None:
        """A stream that broke is not begun again: its text is on the screen, and it may be billed."""
        served.fail(Fault(kind=kind, after=3, status=502))

        with pytest.raises(OpenRouterError) as caught:
            await STREAMS[style](served.model(max_retries=2), "Hello")
        assert caught.value.partial_message is not None
        assert len(served.bodies) == 1

    async def test_no_server(self, served: Served, ask: Ask) -> None:
        """Where nobody listens, the error comes after the retries, soon."""
        begun = time.monotonic()

        with pytest.raises(APIConnectionError):
            await ask(served.model(base_url="http://127.0.0.1:9/api/v1", max_retries=2), SAY)
        assert time.monotonic() - begun < SOON


class TestRetryAfter:
    @pytest.mark.parametrize("status", [408, 429, 503, 529])
    async def test_seconds(self, served: Served, ask: Ask, status: int) -> None:
        """The server's word on how long to wait is obeyed, whatever the status."""
        served.fail(Fault(kind="status", status=status, retry_after=0.2, times=1))

        begun = time.monotonic()
        await ask(served.model(max_retries=1, max_retry_wait=NO_LIMIT), SAY)

        assert 0.2 <= time.monotonic() - begun < SOON
        assert len(served.bodies) == 2

    def test_date(self, served: Served) -> None:
        """It may be a date, too."""
        at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        served.fail(Fault(kind="status", status=429, retry_after=at, times=1))

        begun = time.monotonic()
        served.model(max_retries=1, max_retry_wait=NO_LIMIT).invoke(SAY)

        assert 0.5 < time.monotonic() - begun < SOON

    async def test_is_bounded(self, served: Served, ask: Ask) -> None:
        """However long the server wants us to wait, `max_retry_wait` is the most; the error still tells its word."""
        served.fail(Fault(kind="status", status=503, retry_after=3600))

        begun = time.monotonic()
        with pytest.raises(ServiceUnavailableError) as caught:
            await ask(served.model(max_retries=1, max_retry_wait=0.05), SAY)

        assert time.monotonic() - begun < SOON
        assert caught.value.retry_after == 3600
        assert len(served.bodies) == 2


class TestWaiting:
    async def test_slow_headers(self, served: Served) -> None:
        """A model that thinks for longer than httpx's 5 seconds answers, and is asked once. All styles at once."""
        served.fail(Fault(kind="slow_headers", seconds=5.5))
        model = served.model(max_retries=2)

        def ask(style: str) -> str:
            return asyncio.run(_text(STYLES[style], model))

        with ThreadPoolExecutor() as pool:
            texts = await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(pool, ask, s) for s in STYLES))

        assert texts == ["blue"] * 4
        assert len(served.bodies) == 4

    async def test_timeout(self, served: Served, ask: Ask) -> None:
        """`timeout` is seconds of silence; the request has arrived, so it is not sent and paid again."""
        served.fail(Fault(kind="slow_headers", seconds=None))

        begun = time.monotonic()
        with pytest.raises(APITimeoutError):
            await ask(served.model(timeout=0.2, max_retries=2), SAY)

        assert 0.2 <= time.monotonic() - begun < SOON
        assert len(served.bodies) == 1

    async def test_keep_alive(self, served: Served, ask: Ask) -> None:
        """White space and comments are signs of life: with them a long wait trips no time-out."""
        served.fail(Fault(kind="keepalive", seconds=0.6))

        answer = await ask(served.model(timeout=0.4, stream_idle_timeout=0.4), SAY)

        assert answer.text == "blue"
        assert len(served.bodies) == 1

    @pytest.mark.parametrize("style", STREAMS)
    async def test_stall(self, served: Served, style: str) -> None:
        """A stream that falls silent is an error after `stream_idle_timeout`, with what had arrived."""
        served.fail(Fault(kind="stall", seconds=None, after=3))

        begun = time.monotonic()
        with pytest.raises(StreamIdleError) as caught:
            await STREAMS[style](served.model(stream_idle_timeout=0.2, max_retries=2), "Hello")

        assert 0.2 <= time.monotonic() - begun < SOON
        assert caught.value.partial_message is not None
        assert caught.value.partial_message.text
        assert len(served.bodies) == 1

    @pytest.mark.parametrize("style", STREAMS)
    async def test_a_short_stall(self, served: Served, style: str) -> None:
        """A stream that only catches its breath goes on."""
        served.fail(Fault(kind="stall", seconds=0.2, after=1))

        assert (await STREAMS[style](served.model(stream_idle_timeout=2), SAY)).text == "blue"

    async def test_deadline_of_retries(self, served: Served, ask: Ask) -> None:
        """The deadline bounds all attempts and pauses together."""
        served.fail(Fault(kind="status", status=503, retry_after=10))

        begun = time.monotonic()
        with pytest.raises(OpenRouterError):
            await ask(served.model(max_retries=9, max_retry_wait=NO_LIMIT, deadline=0.3), SAY)

        assert time.monotonic() - begun < SOON
        assert len(served.bodies) == 1

    async def test_deadline_of_a_slow_answer(self, served: Served, ask: Ask) -> None:
        """An answer that keeps showing signs of life is still bounded."""
        served.fail(Fault(kind="keepalive", seconds=None))

        begun = time.monotonic()
        with pytest.raises(DeadlineExceededError):
            await ask(served.model(deadline=0.3), SAY)

        assert 0.3 <= time.monotonic() - begun < SOON


async def _text(ask: Ask, model: Any) -> str:
    return (await ask(model, SAY)).text
