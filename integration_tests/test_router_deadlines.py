"""Time: a limit over all attempts of a call, and one of each."""

from __future__ import annotations

from typing import Any

import pytest

from integration_tests.routers import (
    FIRST,
    SAID,
    SAY,
    SECOND,
    THIRD,
    THREE,
    Elsewhere,
    Tried,
    asked,
    router_of,
    timed,
    tried,
)
from integration_tests.support import STYLES, Ask, Served, wait_until
from langchain_openrouter import (
    DeadlineExceededError,
    ModelRouter,
    ServiceUnavailableError,
)
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing import Candidate, RateLimits

ASYNCHRONOUS = {name: STYLES[name] for name in ("ainvoke", "astream")}
LATE = "DeadlineExceededError"
HANGS = Fault(kind="slow_headers", seconds=None)
SHARE = 2.0
"""How many times the limit a call may take on a machine that is busy with other things."""


@pytest.fixture(params=ASYNCHRONOUS)
def ask_asynchronously(request: pytest.FixtureRequest) -> Ask:
    """Give each of the two asynchronous call styles."""
    style: str = request.param
    return ASYNCHRONOUS[style]


@pytest.fixture(params=["invoke", "ainvoke"])
def ask_whole(request: pytest.FixtureRequest) -> Ask:
    """Give each of the two call styles that give a whole answer, for what takes a second."""
    style: Any = request.param
    return STYLES[style]


@pytest.fixture(scope="module", autouse=True)
def _all_is_loaded() -> None:
    """Load the catalog and all modules before time is measured."""
    ModelRouter(candidates=list(THREE), model_options={"api_key": "sk-or-v1-0"}).decide(SAY)


class TestDeadline:
    @pytest.mark.parametrize(
        "fault",
        [HANGS, Fault(kind="stall", seconds=None, after=1), Fault(kind="keepalive", seconds=None)],
        ids=["no headers", "stall", "keep-alive"],
    )
    async def test_of_all_attempts(self, served: Served, ask: Ask, fault: Fault) -> None:
        """Whatever hangs, and however it pretends to live: the call ends when its time is over."""
        served.fail(fault)
        deadline = 0.3

        error, took = await timed(lambda: ask(router_of(served, deadline=deadline, attempt_timeout=0.12), SAY))

        assert isinstance(error, DeadlineExceededError)
        assert 1 <= took / deadline < SHARE
        assert sum(each["seconds"] for each in error.attempts) <= took  # type: ignore[attr-defined]
        assert {each.error for each in tried(error)} == {LATE}
        assert [each.model for each in tried(error)] == asked(served) == list(THREE[: len(served.bodies)])
        assert len(served.bodies) > 1

    async def test_without_one_for_attempts(self, served: Served, ask: Ask) -> None:
        """Without a limit for each the first may use all of the time; then nobody else is asked."""
        served.fail(HANGS)

        error, took = await timed(lambda: ask(router_of(served, deadline=0.3), SAY))

        assert isinstance(error, DeadlineExceededError)
        assert tried(error) == [Tried(FIRST, LATE)]
        assert 1 <= took / 0.3 < SHARE
        assert asked(served) == [FIRST]

    async def test_of_retries(self, served: Served, ask: Ask) -> None:
        """Pauses between the retries of a model count, too."""
        served.fail(Fault(kind="status", status=503, retry_after=5))

        error, took = await timed(
            lambda: ask(router_of(served, FIRST, deadline=0.3, max_retries=5, max_retry_wait=60), SAY)
        )

        assert isinstance(error, ServiceUnavailableError | DeadlineExceededError)
        assert took / 0.3 < SHARE

    async def test_of_a_slow_stream(self, served: Served, ask_asynchronously: Ask) -> None:
        """A stream that trickles after its first content ends at the deadline, with its part."""
        served.fail(Fault(kind="stall", seconds=None, after=4))

        error, took = await timed(lambda: STYLES["astream"](router_of(served, deadline=0.3), SAY))

        assert isinstance(error, DeadlineExceededError)
        assert error.partial_message is not None
        assert error.partial_message.text == "one two three"
        assert 1 <= took / 0.3 < SHARE

    async def test_waiting_for_a_place(self, served: Served, ask_whole: Ask) -> None:
        """To wait for a place under a rate limit takes from the same time."""
        served.fail(HANGS)
        limits = RateLimits({"*": "1/second"})
        limiter = limits.limiter(FIRST)
        assert limiter is not None
        limiter.acquire()
        deadline = 1.2

        _, took = await timed(lambda: ask_whole(router_of(served, FIRST, deadline=deadline, rate_limits=limits), SAY))

        assert took / deadline < 1.5

    async def test_other_providers(self, served: Served, ask_asynchronously: Ask) -> None:
        """An asynchronous model of another provider is ended at the deadline, though it knows nothing of it."""
        models = [Elsewhere(model_name=f"m{number}", seconds=60) for number in range(3)]

        error, took = await timed(
            lambda: ask_asynchronously(router_of(served, *models, deadline=0.3, attempt_timeout=0.12), SAY)
        )

        assert isinstance(error, DeadlineExceededError)
        assert {each.error for each in tried(error)} == {LATE}
        assert [each.ended for each in models[:2]] == [["CancelledError"]] * 2
        assert 1 <= took / 0.3 < SHARE

    async def test_own_deadline_of_a_model(self, served: Served, ask: Ask) -> None:
        """The shorter of two deadlines holds: that of a chat model which the user made counts beside the router's."""
        served.fail(Fault(kind="slow_headers", seconds=None, model=FIRST))
        own = served.model(FIRST, deadline=0.1)

        answer, _ = await timed(lambda: ask(router_of(served, own, SECOND, deadline=0.7), SAY))

        assert tried(answer) == [Tried(FIRST, LATE), Tried(SECOND, None)]

    async def test_responses_api(self, served: Served) -> None:
        """A model that speaks OpenRouter's other API keeps to the limit of an attempt, too."""
        served.fail(Fault(kind="slow_headers", seconds=None, model=FIRST))
        silence = 1.5  # seconds after which the model itself gives up
        first = served.model(FIRST, use_responses_api=True, timeout=silence)

        answer, took = await timed(lambda: router_of(served, first, SECOND, attempt_timeout=0.2).ainvoke(SAY))

        assert [each.model for each in tried(answer)] == [FIRST, SECOND]
        assert took < silence

    async def test_deadline_of_the_call(self, served: Served, ask: Ask) -> None:
        """A deadline that a call names holds beside the router's; the shorter one counts."""
        served.fail(Fault(kind="slow_headers", seconds=None, model=FIRST))

        answer = await ask(router_of(served, deadline=30), SAY, deadline=0.2)

        assert tried(answer) == [Tried(FIRST, LATE), Tried(SECOND, None)]

    async def test_who_finds_the_task(self, served: Served) -> None:
        """A model that finds the task takes from the same time."""
        served.fail(Fault(kind="slow_headers", seconds=1.0, model=THIRD))
        router = router_of(served, FIRST, tasks=served.model(THIRD), deadline=0.3)

        _, took = await timed(lambda: router.ainvoke(SAY))

        assert took / 0.3 < SHARE

    async def test_no_deadline(self, served: Served, ask: Ask) -> None:
        """Without a deadline a model keeps its own, which is an hour."""
        answer = await ask(router_of(served), SAY)

        assert answer.text == SAID


class TestAttempts:
    async def test_moves_on(self, served: Served, ask: Ask) -> None:
        """Who takes longer than an attempt may is left for the next, and the server sees it."""
        served.fail(Fault(kind="slow_headers", seconds=None, model=FIRST))

        answer = await ask(router_of(served, attempt_timeout=0.15), SAY)

        assert tried(answer) == [Tried(FIRST, LATE), Tried(SECOND, None)]
        assert wait_until(lambda: served.disconnects == 1)

    async def test_of_one_candidate(self, served: Served, ask: Ask) -> None:
        """A candidate can have a limit of its own; the others keep theirs."""
        served.fail(HANGS)
        router = router_of(served, Candidate(FIRST, timeout=0.1), Candidate(SECOND, timeout=0.3), attempt_timeout=0.2)

        error, _ = await timed(lambda: ask(router, SAY))

        first, second = error.attempts
        assert 0.1 <= first["seconds"] < second["seconds"]
        assert second["seconds"] >= 0.2

    async def test_other_providers(self, served: Served, ask_asynchronously: Ask) -> None:
        """So it is with asynchronous models of other providers, before their first content."""
        slow = Elsewhere(seconds=60)

        answer = await ask_asynchronously(router_of(served, slow, FIRST, attempt_timeout=0.15), SAY)

        assert tried(answer) == [Tried("elsewhere", LATE), Tried(FIRST, None)]
        assert slow.ended == ["CancelledError"]

    async def test_after_content_of_another_provider(self, served: Served) -> None:
        """After content the limit ends the stream, with its part."""
        slow = Elsewhere(seconds=60, pieces=2, text=SAID)

        error, _ = await timed(lambda: STYLES["astream"](router_of(served, slow, FIRST, attempt_timeout=0.15), SAY))

        assert isinstance(error, DeadlineExceededError)
        assert slow.ended == ["CancelledError"]
        assert error.partial_message is not None
        assert error.partial_message.text == "one two"

    async def test_own_time_out_of_a_model(self, served: Served, ask_asynchronously: Ask) -> None:
        """A `TimeoutError` of a model itself is told as it is, not as a limit of ours."""
        hasty = Elsewhere(error=TimeoutError("The vault did not open."))

        answer = await ask_asynchronously(router_of(served, hasty, FIRST, attempt_timeout=30), SAY)

        assert tried(answer) == [Tried("elsewhere", "TimeoutError"), Tried(FIRST, None)]

    async def test_how_many(self, served: Served, ask: Ask) -> None:
        """No more models are tried than there may be."""
        served.fail(Fault(kind="status", status=503))

        error, _ = await timed(lambda: ask(router_of(served, max_attempts=2), SAY))

        assert isinstance(error, ServiceUnavailableError)
        assert asked(served) == [FIRST, SECOND]

    async def test_the_last_that_may_be(self, served: Served, ask: Ask) -> None:
        """Who is the last that may be tried uses the retries of its model: nobody comes after it."""
        served.fail(Fault(kind="status", status=503, model=FIRST, times=1))
        router = router_of(served, max_attempts=1, max_retries=1, max_retry_wait=0.01)

        answer, _ = await timed(lambda: ask(router, SAY))

        assert not isinstance(answer, Exception)
        assert asked(served) == [FIRST, FIRST]
