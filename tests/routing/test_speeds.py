"""How fast models answer, from a ledger and from OpenRouter's figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from langchain_openrouter.catalog import Endpoint
from langchain_openrouter.costs import CallRecord
from langchain_openrouter.routing.speeds import Speed, speed_of_endpoints, speeds_of_records
from tests.routing.made import AT


@pytest.mark.parametrize(
    ("speed", "latency", "seconds"),
    [
        (Speed(), None, None),
        (Speed(0.5), 0.5, 0.5),
        (Speed(0.5, 50.0), 0.5, 2.5),
        (Speed(None, 50.0), None, 2.0),
        (Speed(None, None, 3.0), 3.0, 3.0),
        (Speed(0.5, None, 3.0), 0.5, 3.0),
        (Speed(0.5, 50.0, 3.0), 0.5, 2.5),
        (Speed(0.0, 0.0, None), 0.0, 0.0),
    ],
    ids=repr,
)
def test_an_answer_of_a_hundred_tokens(speed: Speed, latency: float | None, seconds: float | None) -> None:
    """The time to the first token and the rest by its length; else what whole answers took; else nobody knows."""
    assert (speed.latency, speed.seconds(100)) == (latency, seconds)


def call(number: int, model: str | None, **fields: Any) -> CallRecord:
    """Make a record of a call."""
    return CallRecord(id=str(number), started_at=AT, model=model, status="billed", **fields)


class TestRecords:
    def test_medians(self) -> None:
        """A model's speed is the median over its calls, at all providers together."""
        calls = [
            call(i, "a/one", provider=f"P{i % 2}", first_token_s=i, duration_s=i + 2.0, completion_tokens=100)
            for i in (1, 2, 3, 4, 5)
        ]

        assert speeds_of_records(calls) == {"a/one": Speed(3, 50.0, 5.0, "ledger")}

    def test_whole_answers(self) -> None:
        """Of answers that were not streamed, the time to their end is known."""
        speeds = speeds_of_records([call(1, "a/one", duration_s=4.0, completion_tokens=100)])

        assert speeds == {"a/one": Speed(None, 25.0, 4.0, "ledger")}

    def test_what_does_not_count(self) -> None:
        """Failed calls, answers from a cache, and calls that were not timed tell no speed."""
        calls = [
            call(1, "a/failed", duration_s=0.1, error="RateLimitError"),
            CallRecord(id="2", started_at=AT, model="a/cached", status="cached", duration_s=0.1),
            call(3, "a/untimed", completion_tokens=5),
        ]

        assert speeds_of_records(calls) == {}
        assert speeds_of_records([]) == {}


def endpoint(latency: float | None, throughput: float | None, status: int = 0) -> Endpoint:
    """Make an offer of a provider."""
    record = {
        "provider_name": "P",
        "status": status,
        "latency_last_30m": {"p50": latency, "p99": 1},
        "throughput_last_30m": {"p50": throughput, "p99": 1},
    }
    return Endpoint.from_record(record)


class TestEndpoints:
    def test_the_best_that_work(self) -> None:
        """The shortest median to the first token, in seconds, and the most tokens a second, of providers that work."""
        endpoints = [endpoint(800, 40), endpoint(500, 30), endpoint(100, 900, status=-1), endpoint(None, 70)]

        assert speed_of_endpoints(endpoints) == Speed(0.5, 70, None, "endpoints")

    @pytest.mark.parametrize(
        ("endpoints", "speed"),
        [
            ([], None),
            ([endpoint(None, None)], None),
            ([endpoint(100, 50, status=-2)], None),
            ([Endpoint("P")], None),
            ([endpoint(250, None)], Speed(0.25, None, None, "endpoints")),
            ([endpoint(None, 50)], Speed(None, 50, None, "endpoints")),
            ([endpoint(250, 0)], Speed(0.25, None, None, "endpoints")),
        ],
    )
    def test_what_is_not_told(self, endpoints: list[Endpoint], speed: Speed | None) -> None:
        """Without a key, or where nobody works, no speed is known; half of it is half known."""
        assert speed_of_endpoints(endpoints) == speed


def test_since() -> None:
    """Only what the caller hands over counts: how far back is asked of the ledger."""
    old = CallRecord(id="1", started_at=AT - dt.timedelta(days=99), model="a/one", status="billed", duration_s=9.0)

    assert speeds_of_records([old])["a/one"].answer_s == 9.0
