"""Faults: each does what it says, to the requests that it should."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from langchain_openrouter.emulator import Emulator, Fault
from langchain_openrouter.emulator.failing.faults import FaultBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HELLO = [{"role": "user", "content": "Hello"}]


async def test_statuses(make: Callable[..., Any]) -> None:
    """A status comes with its message, metadata and `Retry-After`."""
    fault = Fault(
        kind="status",
        status=429,
        message="Slow down",
        retry_after=2,
        error_type="rate_limit_exceeded",
        metadata={"provider_name": "Acme"},
    )
    answer = await make(faults=[fault]).ask("Hello")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error"] == {
        "code": 429,
        "message": "Slow down",
        "metadata": {"provider_name": "Acme", "error_type": "rate_limit_exceeded"},
    }


async def test_budgets_that_are_used_up(make: Callable[..., Any]) -> None:
    """The refusal of a limit has its source, its amounts and its reset; a lifetime limit has none."""
    reset = datetime(2026, 10, 12, 2, tzinfo=timezone(timedelta(hours=2)))
    faults = [Fault.over_budget(50, 50.25, reset, "openrouter_guardrail_budget", nth=1), Fault.over_budget(5, 5)]
    talk = make(faults=faults)
    first, second = await talk.ask("Hello"), await talk.ask("Hello")
    assert (first.status_code, second.status_code) == (403, 403)
    assert first.json()["error"]["metadata"] == {
        "limit_source": "openrouter_guardrail_budget",
        "limit_usd": 50,
        "spend_usd": 50.25,
        "resets_at": "2026-10-12T00:00:00.000Z",
    }
    assert second.json()["error"]["metadata"]["limit_source"] == "openrouter_key_limit"
    assert second.json()["error"]["metadata"]["resets_at"] is None


async def test_money_in_flight(make: Callable[..., Any]) -> None:
    """The refusal for money in flight says when another attempt may succeed, and strikes as often as asked for."""
    talk = make(faults=[Fault.in_flight(3, times=1)])
    answer = await talk.ask("Hello")
    assert (answer.status_code, answer.headers["retry-after"]) == (402, "3")
    metadata = answer.json()["error"]["metadata"]
    assert metadata == {"reason": "in_flight_budget_exhausted", "limit_source": "openrouter_in_flight_budget"}
    assert (await talk.ask("Hello")).status_code == 200


async def test_bodies_that_are_no_json(make: Callable[..., Any]) -> None:
    """An error can be a page, or plain text; its date can be one of HTTP."""
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    answer = await make(faults=[Fault(kind="html", status=503, retry_after=date)]).ask("Hello")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, date)
    assert answer.headers["content-type"].startswith("text/html")
    plain = Fault(kind="status", status=413, content_type="text/plain", body="Too Large\n")
    answer = await make(faults=[plain]).ask("Hello", stream=True)
    assert (answer.status_code, answer.text) == (413, "Too Large\n")


async def test_error_in_200(make: Callable[..., Any]) -> None:
    """An error can hide behind status 200."""
    talk = make(faults=[Fault(kind="error_in_200", status=502)])
    for stream in (False, True):
        answer = await talk.ask("Hello", stream=stream)
        assert (answer.status_code, answer.json()["error"]["code"]) == (200, 502)


FORMS: list[tuple[str, Any, Any, bool]] = [
    ("documented", 502, "error", True),
    ("no_choices", 502, None, False),
    ("null_finish", 502, None, True),
    ("string_code", "server_error", "error", True),
]


@pytest.mark.parametrize(("form", "code", "finish", "done"), FORMS)
async def test_errors_in_mid_stream(make: Callable[..., Any], form: Any, code: Any, finish: Any, done: bool) -> None:
    """After some chunks an error comes in the form asked for, and nothing more."""
    talk = make(faults=[Fault(kind="midstream_error", form=form, status=502, after=3)])
    answer = await talk.ask("Hello", stream=True)
    chunks = [json.loads(x[6:]) for x in answer.text.splitlines() if x.startswith("data: {")]
    assert len(chunks) == 4
    assert chunks[-1]["error"]["code"] == code
    choices = chunks[-1]["choices"]
    assert [choice["finish_reason"] for choice in choices] == ([finish] if form != "no_choices" else [])
    assert answer.text.rstrip().endswith("[DONE]") == done


async def test_errors_in_a_choice(make: Callable[..., Any]) -> None:
    """The error can be inside the choice, in both modes."""
    talk = make(faults=[Fault(kind="midstream_error", form="choice_error")])
    [*_, last] = await talk.stream("Hello")
    assert last["choices"][0]["error"]["code"] == 500
    assert "error" not in last
    body = await talk.chat("Hello")
    assert body["choices"][0]["error"]["message"] == "Provider returned error"


async def test_ends_without_end(make: Callable[..., Any]) -> None:
    """A stream can just end, without finish reason and mark."""
    answer = await make(faults=[Fault(kind="end_early", after=2)]).ask("Hello", stream=True)
    assert "[DONE]" not in answer.text
    assert '"finish_reason":"' not in answer.text
    assert answer.text.count("data:") == 2


async def test_repetitions(make: Callable[..., Any]) -> None:
    """The usage comes twice with another cost, or the finish twice."""
    chunks = await make(faults=[Fault(kind="duplicate_usage")]).stream("Hello")
    costs = [chunk["usage"]["cost"] for chunk in chunks if "usage" in chunk]
    assert costs[1] == costs[0] * 2
    chunks = await make(faults=[Fault(kind="duplicate_finish")]).stream("Hello")
    finishes = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert finishes.count("stop") == 3


async def test_garbage(make: Callable[..., Any]) -> None:
    """A line that is no JSON stands among good ones."""
    answer = await make(faults=[Fault(kind="garbage_line", after=2)]).ask("Hello", stream=True)
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    broken = [n for n, line in enumerate(lines) if not line.endswith(("}", "[DONE]"))]
    assert broken == [2]


async def test_empty(make: Callable[..., Any]) -> None:
    """There may be no choices, and no chunks."""
    talk = make(faults=[Fault(kind="empty")])
    assert (await talk.chat("Hello"))["choices"] == []
    assert (await talk.ask("Hello", stream=True)).text == "data: [DONE]\n\n"


async def test_odd_fields(make: Callable[..., Any]) -> None:
    """An answer can lack what the description requires, and still say the same."""
    plain = await make().message("Hello")
    talk = make(faults=[Fault(kind="odd_fields")])
    body = await talk.chat("Hello")
    assert body["choices"][0]["message"] == plain
    assert (body["model"], body["created"] % 1, "object" in body) == (None, 0.5, False)
    assert isinstance(body["usage"]["prompt_tokens"], float)
    chunks = await talk.stream("Hello")
    assert {chunk["choices"][0]["delta"]["role"] for chunk in chunks} == {""}
    text = "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks)
    assert text == plain["content"]


async def test_odd_calls(make: Callable[..., Any], weather: dict[str, Any]) -> None:
    """Fragments can repeat name and id, and lack an index."""
    talk = make(faults=[Fault(kind="odd_calls")])
    chunks = await talk.stream("Weather in Paris and Rome?", tools=[weather])
    calls = [c for chunk in chunks for c in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert {call["function"]["name"] for call in calls} == {"get_weather"}
    assert len({call["id"] for call in calls}) == 2
    assert {call.get("index") for call in calls} == {None, 1}
    [first, _] = (await talk.message("Weather in Paris and Rome?", tools=[weather]))["tool_calls"]
    assert set(first) == {"id", "function"}


async def test_cuts_in_this_process(make: Callable[..., Any]) -> None:
    """Without a socket a cut is the same error."""
    talk = make(faults=[Fault(kind="cut")])
    for stream in (False, True):
        with pytest.raises(httpx.RemoteProtocolError):
            await talk.ask("Hello", stream=stream)


async def test_other_paths(make: Callable[..., Any]) -> None:
    """Faults strike the other endpoints too, and only those asked for."""
    talk = make(faults=[Fault(kind="status", status=500, path="/models")])
    assert (await talk.send("/models")).status_code == 500
    assert (await talk.send("/models/count")).status_code == 200
    assert (await talk.ask("Hello")).status_code == 200
    talk.emulator.clear_faults()
    assert (await talk.send("/models")).status_code == 200
    talk.emulator.add_fault(Fault(kind="html", path="/api/v1/embeddings"))
    body = {"model": "openai/text-embedding-3-small", "input": "x"}
    assert (await talk.send("/embeddings", body)).status_code == 500


SELECTED: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3, 4, 5, 6]),
    ({"nth": 2}, [2]),
    ({"nth": {1, 4}}, [1, 4]),
    ({"times": 2}, [1, 2]),
    ({"model": "b"}, [2, 4, 6]),
    ({"model": "b", "nth": 2}, [4]),
    ({"path": "/x"}, []),
    ({"path": "/chat/completions", "model": "a", "times": 1}, [1]),
]


@pytest.mark.parametrize(("selection", "struck"), SELECTED)
def test_selection(selection: dict[str, Any], struck: list[int]) -> None:
    """Of six requests, in turn for the models a and b, those selected are struck."""
    book = FaultBook([Fault(kind="status", **selection)], seed=0)
    models = ["a", "b"] * 3
    found = [book.strike("/chat/completions", frozenset({model})) for model in models]
    assert [number for number, fault in enumerate(found, 1) if fault] == struck


def test_chance() -> None:
    """Chance follows the seed."""

    def strikes(seed: int) -> list[bool]:
        book = FaultBook([Fault(kind="status", probability=0.3)], seed)
        return [book.strike("/x", frozenset()) is not None for _ in range(200)]

    assert strikes(1) == strikes(1) != strikes(2)
    assert 40 < sum(strikes(1)) < 80


def test_impossible_faults() -> None:
    """What could never happen is refused at once."""
    with pytest.raises(ValueError, match="unknown fault kind `explode`; known are status"):
        Fault(kind="explode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not between 0 and 1"):
        Fault(kind="cut", probability=2)


@pytest.fixture
def served(records: Any) -> Iterator[Emulator]:
    """Serve on a socket, with a little time between chunks."""
    with Emulator(models=records, chunk_delay=0.01) as emulator:
        yield emulator


@pytest.fixture
def http(served: Emulator) -> Iterator[httpx.Client]:
    """Give a client with short patience."""
    headers = {"authorization": f"Bearer {served.api_key}"}
    with httpx.Client(base_url=served.base_url, headers=headers, timeout=0.4) as client:
        yield client


def body(*, stream: bool) -> dict[str, Any]:
    """Give a request."""
    return {"model": "openai/plain", "messages": HELLO, "stream": stream}


@pytest.mark.parametrize("stream", [False, True])
def test_slow_headers(http: httpx.Client, served: Emulator, stream: bool) -> None:
    """For some time nothing comes; whoever waits gets the answer."""
    served.add_fault(Fault(kind="slow_headers", seconds=0.6, times=1))
    with pytest.raises(httpx.ReadTimeout):
        http.post("/chat/completions", json=body(stream=stream))
    served.add_fault(Fault(kind="slow_headers", seconds=0.1))
    start = time.monotonic()
    answer = http.post("/chat/completions", json=body(stream=stream))
    assert answer.status_code == 200
    assert time.monotonic() - start >= 0.1


@pytest.mark.parametrize("stream", [False, True])
def test_keepalive(http: httpx.Client, served: Emulator, stream: bool) -> None:
    """White space or comments keep a patient client alive for longer than its read timeout."""
    served.add_fault(Fault(kind="keepalive", seconds=0.7))
    answer = http.post("/chat/completions", json=body(stream=stream))
    assert answer.elapsed.total_seconds() > 0.4
    assert answer.text.count("OPENROUTER" if stream else "\n         \n") >= 7


@pytest.mark.parametrize("stream", [False, True])
def test_stalls(http: httpx.Client, served: Emulator, stream: bool) -> None:
    """A stall trips the read timeout, and the emulator sees the client leave."""
    served.add_fault(Fault(kind="stall", after=2, seconds=None))
    with pytest.raises(httpx.ReadTimeout):
        http.post("/chat/completions", json=body(stream=stream))
    http.close()
    assert _within(2, lambda: served.disconnects == 1)


def test_disconnects(http: httpx.Client, served: Emulator) -> None:
    """A client that leaves in the middle is counted, one that stays is not."""
    with http.stream("POST", "/chat/completions", json=body(stream=True)) as answer:
        next(answer.iter_lines())
    assert _within(2, lambda: served.disconnects == 1)
    http.post("/chat/completions", json=body(stream=True))
    http.post("/chat/completions", json=body(stream=False))
    assert served.disconnects == 1


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()
