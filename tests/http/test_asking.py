"""Questions that are no generations: what is sent, how an answer is read, and that every wait ends."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter import errors
from langchain_openrouter.emulator import Emulator, Exchange, Fault
from langchain_openrouter.http import asking as module
from langchain_openrouter.http.asking import Asking, read_answer
from langchain_openrouter.http.client import Reply
from tests.helpers.sockets import RawServer, answering

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "plainKey-0123456789"
"""Of a form that no pattern knows."""


@pytest.fixture
def openrouter() -> Iterator[Emulator]:
    """Serve an OpenRouter."""
    with Emulator(models=[], api_key=KEY) as running:
        yield running


def answered(content: bytes | str) -> Reply:
    """Give an answer with this body."""
    return Reply({}, content.encode() if isinstance(content, str) else content)


class TestQuestion:
    def test_what_is_sent(self, openrouter: Emulator) -> None:
        """A question has a path, a query whose values may be anything, the key, and says who asks."""
        with Asking(openrouter.base_url, KEY) as asking, pytest.raises(errors.NotFoundError):
            asking.get("/generation", {"id": "gen 1&x=ä"})
        [sent] = openrouter.requests
        assert (sent.method, sent.path) == ("GET", "/api/v1/generation")
        assert httpx.QueryParams(sent.query)["id"] == "gen 1&x=ä"
        assert sent.headers["authorization"] == f"Bearer {KEY}"
        assert sent.headers["accept"] == "application/json"
        assert sent.headers["user-agent"].startswith("langchain-openrouter-plus/")

    @pytest.mark.parametrize("key", [None, ""])
    def test_no_key(self, key: str | None, openrouter: Emulator) -> None:
        """Without a key none is sent, not even an empty one."""
        with Asking(openrouter.base_url, key) as asking:
            assert asking.get("/models")["data"] == []
        assert "authorization" not in openrouter.requests[0].headers

    def test_headers_of_one_question(self, openrouter: Emulator) -> None:
        """A question can have headers of its own; its answer comes with status and headers."""
        with Asking(openrouter.base_url) as asking:
            first = asking.send(f"{openrouter.base_url}/models")
            second = asking.send(f"{openrouter.base_url}/models", {"If-None-Match": first.headers["etag"]})
            asking.send(f"{openrouter.base_url}/models")
        assert (first.status, second.status) == (200, 304)
        assert ["if-none-match" in one.headers for one in openrouter.requests] == [False, True, False]

    @pytest.mark.parametrize("library", [httpx, httpx2])
    def test_own_client(self, library: Any, openrouter: Emulator) -> None:
        """A client of one's own is what is asked through; it stays open."""
        with library.Client(headers={"X-Own": "1"}) as client:
            with Asking(openrouter.base_url, KEY, client) as asking:
                asking.get("/key")
            assert not client.is_closed
        assert openrouter.requests[0].headers["x-own"] == "1"

    def test_one_connection(self) -> None:
        """Several questions go over one connection."""
        with RawServer(answering(b'{"data":[]}')) as server:
            with Asking(server.url) as asking:
                for _ in range(5):
                    asking.get("/models")
            assert server.connections == 1


class TestAnswer:
    @pytest.mark.parametrize(
        "content", [b"", b"<html>", b"\xff", b'{"data":', b"[" * 100_000, b'{"data": 1' + b"1" * 5000]
    )
    def test_no_json(self, content: bytes) -> None:
        """What is no JSON is said to be none, and where it came from."""
        with pytest.raises(errors.InvalidResponseError, match=r"^host/v1 answered with something that is not JSON"):
            read_answer(answered(content), "https://user:secret@host/v1")

    @pytest.mark.parametrize("content", ["null", "[]", "3", "{}", '{"error": {}}', '"data"'])
    def test_no_data(self, content: str) -> None:
        """JSON without `data` is no answer; the error holds what came, and no password of the address."""
        with pytest.raises(errors.InvalidResponseError, match=r"^host/v1 answered without `data`") as caught:
            read_answer(answered(content), "https://user:secret@host/v1")
        assert caught.value.body == json.loads(content)

    @given(digits=st.decimals(allow_nan=False, allow_infinity=False))
    def test_exact_numbers(self, digits: Decimal) -> None:
        """Asked for exactly, a number with a fraction has the digits that it was written with."""
        written = f"{digits:f}" if "." in f"{digits:f}" else f"{digits:f}.0"
        answer = read_answer(answered(f'{{"data": {written}}}'), "x", exact=True)
        assert isinstance(answer["data"], Decimal)
        assert str(answer["data"]) == str(Decimal(written))

    def test_floats_unless_asked_for(self) -> None:
        """Otherwise it is a float, as the catalog's cache can write it."""
        assert type(read_answer(answered('{"data": 0.1}'), "x")["data"]) is float

    @pytest.mark.parametrize(
        ("written", "value"), [("1e99999999999999999999", float("inf")), ("1e-99999999999999999999", 0)]
    )
    def test_numbers_beyond_all_decimals(self, written: str, value: float) -> None:
        """An exponent that no decimal has does not spoil the answer around it."""
        assert read_answer(answered(f'{{"data": {written}}}'), "x", exact=True)["data"] == value


class TestFailure:
    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:1/v1", "http://[", "nonsense://x", "http://\ud800", "", "http://127.0.0.1:99999999"]
    )
    def test_no_way(self, url: str) -> None:
        """An address that cannot be reached, or is none, is a failed connection."""
        with Asking(url, KEY, deadline=5) as asking, pytest.raises(errors.APIConnectionError):
            asking.get("/key")

    def test_a_proxy_that_is_none(self, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """So is a proxy of the environment that cannot be used."""
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("ALL_PROXY", "nonsense://proxy")
        with (
            Asking(openrouter.base_url, KEY) as asking,
            pytest.raises(errors.APIConnectionError, match="No request can"),
        ):
            asking.get("/key")

    def test_a_refusal_is_typed(self, openrouter: Emulator) -> None:
        """A status of 400 or more is the error that it stands for."""
        openrouter.add_fault(Fault(kind="status", status=403, path="/key"))
        with Asking(openrouter.base_url, KEY) as asking, pytest.raises(errors.PermissionDeniedError):
            asking.get("/key")

    @pytest.mark.parametrize("times", [1, 2])
    def test_one_more_attempt(self, times: int, openrouter: Emulator) -> None:
        """A failure that may pass is tried once more, not more often."""
        openrouter.add_fault(Fault(kind="status", status=503, retry_after=0, path="/key", times=times))
        with Asking(openrouter.base_url, KEY) as asking:
            if times == 1:
                assert asking.get("/key")["data"]
            else:
                with pytest.raises(errors.ServiceUnavailableError):
                    asking.get("/key")
        assert len(openrouter.requests) == 2

    def test_the_key_is_masked(self) -> None:
        """A server that repeats the key does not get it into the error."""
        body = {"error": {"message": f"no such key: {KEY}", "code": 401}}
        exchange = Exchange(method="GET", path="/api/v1/key", status=401, body=body)
        with (
            Emulator(models=[], replay=exchange) as openrouter,
            Asking(openrouter.base_url, KEY) as asking,
            pytest.raises(errors.AuthenticationError, match=r"no such key: \*\*\*") as caught,
        ):
            asking.get("/key")
        assert KEY not in f"{caught.value} {caught.value.body} {caught.value.args} {asking!r}"


class TestDeadline:
    def test_all_questions_together(self, openrouter: Emulator) -> None:
        """The deadline counts from `with` on, whatever the number of questions."""
        openrouter.add_fault(Fault(kind="slow_headers", seconds=0.15, path="/key"))
        start = time.monotonic()
        with Asking(openrouter.base_url, KEY, deadline=0.4) as asking:
            asking.get("/key")
            asking.get("/key")
            with pytest.raises(errors.APITimeoutError):
                asking.get("/key")
        assert time.monotonic() - start < 2

    def test_each_question(self, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without one, each question has its own: many may take longer together, but none alone."""
        monkeypatch.setattr(module, "DEADLINE", 0.5)
        openrouter.add_fault(Fault(kind="slow_headers", seconds=0.15, path="/key", times=5))
        with Asking(openrouter.base_url, KEY, deadline=None) as asking:
            for _ in range(5):
                asking.get("/key")
            openrouter.add_fault(Fault(kind="slow_headers", seconds=3, path="/key"))
            with pytest.raises(errors.APITimeoutError):
                asking.get("/key")
