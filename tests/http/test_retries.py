"""What is tried again, how often, and after which pause."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter import errors
from langchain_openrouter.errors import OpenRouterError, from_response
from langchain_openrouter.http.waiting import Attempts, Waiting
from tests.helpers.fake import Answer, Server, answer_body, delta, events, whole

if TYPE_CHECKING:
    from tests.helpers.styles import Ask

AGAIN = {408, 409, 429, 500, 502, 503, 504, 524, 529}
NOT_AGAIN = {400, 401, 402, 403, 404, 413, 418, 422}


def failure(status: int, **headers: str) -> Answer:
    """Write a failed response."""
    return whole({"error": {"message": "no", "code": status}}, status=status, **headers)


def good(ask: Ask) -> Answer:
    """Write a good answer for a call style."""
    return events(delta("Hi"), delta("", finish_reason="stop")) if ask.streams else whole(answer_body("Hi"))


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def error(status: int = 500, **details: Any) -> OpenRouterError:
    """Make the error of a failed response."""
    headers = {"Retry-After": str(details["retry_after"])} if "retry_after" in details else {}
    return from_response(status, headers, '{"error": {"message": "no"}}')


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_retries_are_counted(retries: int, ask: Ask) -> None:
    """`max_retries` is how many further attempts follow; 0 means one attempt, and the last error is raised."""
    server = Server(failure(503))
    with pytest.raises(errors.ServiceUnavailableError):
        ask(server.model(max_retries=retries, max_retry_wait=0.001))

    assert len(server.requests) == retries + 1


@pytest.mark.parametrize("status", sorted(AGAIN))
def test_what_may_help_is_tried_again(status: int, ask: Ask) -> None:
    """After a failure that a retry can mend, the next answer counts."""
    server = Server(failure(status), good(ask))

    assert ask(server.model(max_retries=1, max_retry_wait=0.001)).content == "Hi"
    assert len(server.requests) == 2
    assert server.bodies[0] == server.bodies[1]


@pytest.mark.parametrize("status", sorted(NOT_AGAIN))
def test_what_cannot_help_is_not(status: int, ask: Ask) -> None:
    """A wrong request stays wrong, and without credit every attempt fails."""
    server = Server(failure(status), good(ask))
    with pytest.raises(OpenRouterError):
        ask(server.model(max_retries=2, max_retry_wait=0.001))

    assert len(server.requests) == 1


def test_credit_in_flight_comes_back(ask: Ask) -> None:
    """A 402 with `Retry-After` is tried again."""
    server = Server(failure(402, retry_after="0"), good(ask))

    assert ask(server.model(max_retries=1)).content == "Hi"


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("kind", ["ConnectError", "ConnectTimeout", "ReadError", "RemoteProtocolError", "PoolTimeout"])
def test_a_lost_connection_is_tried_again(library: Any, kind: str, ask: Ask) -> None:
    """Whichever library lost it."""
    server = Server(getattr(library, kind)("lost"), good(ask))

    assert ask(server.model(max_retries=1, max_retry_wait=0.001)).content == "Hi"


@pytest.mark.parametrize("kind", ["ReadTimeout", "WriteTimeout"])
def test_a_timeout_of_ours_is_not(kind: str, ask: Ask) -> None:
    """The request has arrived: a second one might be billed as well."""
    server = Server(getattr(httpx2, kind)("slow"), good(ask))
    with pytest.raises(errors.APITimeoutError):
        ask(server.model(max_retries=2, max_retry_wait=0.001))

    assert len(server.requests) == 1


def test_other_exceptions_pass(ask: Ask) -> None:
    """What is not the network's is neither swallowed nor dressed up."""
    with pytest.raises(KeyError, match="mine"):
        ask(Server(KeyError("mine")).model(max_retries=2))


def test_a_call_may_set_its_retries(ask: Ask) -> None:
    """An argument of a call wins over the constructor."""
    server = Server(failure(503))
    with pytest.raises(errors.ServiceUnavailableError):
        ask(server.model(max_retries=2), "Hello", max_retries=0)

    assert len(server.requests) == 1
    assert set(server.body) - {"stream_options"} == {"messages", "model", "stream"}


def test_retry_after_is_honoured(ask: Ask) -> None:
    """The pause is as long as the server says."""
    server = Server(failure(429, retry_after="0.2"), good(ask))
    started = time.monotonic()
    ask(server.model(max_retries=1))

    assert time.monotonic() - started >= 0.2


def test_retry_after_is_capped(ask: Ask) -> None:
    """But never longer than `max_retry_wait`."""
    server = Server(failure(503, retry_after="3600"), good(ask))
    started = time.monotonic()
    ask(server.model(max_retries=1, max_retry_wait=0.05))

    assert time.monotonic() - started < 60  # of the hour that the server says


def test_a_limit_of_the_day_is_not_waited_for() -> None:
    """A free model's daily limit, whose reset the body tells, is raised at once; one that resets soon is waited for."""
    metadata = '{"headers": {"X-RateLimit-Reset": "%d"}}'
    reset = '{"error": {"code": 429, "message": "free-models-per-day", "metadata": ' + metadata + "}}"
    tomorrow = from_response(429, {}, reset % ((time.time() + 36_000) * 1000))
    soon = from_response(429, {}, reset % ((time.time() + 20) * 1000))

    with pytest.raises(errors.RateLimitError):
        Attempts(Waiting()).pause_after(tomorrow)
    assert Attempts(Waiting()).pause_after(soon) == pytest.approx(20, abs=1)


def test_no_pause_outlasts_the_deadline(ask: Ask) -> None:
    """Where the deadline would pass in the pause, the error is raised at once."""
    server = Server(failure(503, retry_after="30"))
    started = time.monotonic()
    with pytest.raises(errors.ServiceUnavailableError):
        ask(server.model(max_retries=5, deadline=10))

    assert time.monotonic() - started < 20  # of the thirty that the server says
    assert len(server.requests) == 1


@given(failures=st.integers(min_value=1, max_value=8))
def test_pauses_grow_and_vary(failures: int) -> None:
    """Each pause lies between a half and the whole of 0.5, 1, 2, 4, 8, 8 … seconds."""
    attempts = Attempts(Waiting(max_retries=10, deadline=None))
    pauses = [attempts.pause_after(error()) for _ in range(failures)]

    for number, pause in enumerate(pauses):
        longest = min(0.5 * 2**number, 8.0)
        assert longest / 2 <= pause <= longest


@pytest.mark.parametrize(("said", "pause"), [(0, 0.0), (7, 7.0), (60, 60.0), (61, 60.0), (86400, 60.0)])
def test_the_default_cap_is_a_minute(said: float, pause: float) -> None:
    """`Retry-After` is taken exactly, up to 60 seconds."""
    assert Attempts(Waiting()).pause_after(error(429, retry_after=said)) == pause


def test_the_deadline_counts_from_the_first_attempt() -> None:
    """Every limit shrinks to what is left; at the end nothing more is begun."""
    clock = Clock()
    attempts = Attempts(Waiting(deadline=20.0, connect=10.0, read=15.0, write=5.0, idle=3.0), clock)

    assert attempts.timeouts() == {"connect": 10.0, "read": 15.0, "write": 5.0, "pool": 10.0}
    clock.now += 12
    assert attempts.timeouts() == {"connect": 8.0, "read": 8.0, "write": 5.0, "pool": 8.0}
    assert attempts.read_timeout() == 8.0
    attempts.streaming = True
    assert attempts.read_timeout() == 3.0
    clock.now += 8
    with pytest.raises(errors.DeadlineExceededError):
        attempts.timeouts()
    assert isinstance(attempts.timed_out("read"), errors.DeadlineExceededError)


def test_without_limits_nothing_is_limited() -> None:
    """`None` is no limit."""
    waiting = Waiting(connect=None, read=None, write=None, idle=None, deadline=None)
    attempts = Attempts(waiting)
    attempts.check()

    assert set(attempts.timeouts().values()) == {None}
    assert attempts.read_timeout() is None


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        (None, {"connect": 10.0, "read": 600.0, "write": 60.0, "pool": 10.0}),
        (60, {"connect": 10.0, "read": 60, "write": 60, "pool": 10.0}),
        (2.5, {"connect": 2.5, "read": 2.5, "write": 2.5, "pool": 2.5}),
        (httpx.Timeout(5, read=7), {"connect": 5, "read": 7, "write": 5, "pool": 5}),
        (httpx2.Timeout(5, connect=None), {"connect": None, "read": 5, "write": 5, "pool": None}),
    ],
)
def test_a_timeout_is_in_seconds(timeout: Any, expected: dict[str, float | None], ask: Ask) -> None:
    """A number, or a `Timeout` of either library; by constructor and by call."""
    server = Server(good(ask))
    ask(server.model(timeout=timeout, deadline=10_000))
    if timeout is not None:
        ask(server.model(deadline=10_000), "Hello", timeout=timeout)

    for request in server.requests:
        limits = dict(request.extensions["timeout"])
        if ask.streams:  # the body of a stream has a limit of its own
            limits["read"] = expected["read"] or 10_000
        assert limits == pytest.approx({name: limit or 10_000 for name, limit in expected.items()}, abs=1e-2, rel=0)
