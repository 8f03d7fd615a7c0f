"""Money and places: limits over all attempts of a call, and of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integration_tests.routers import (
    FIRST,
    SAY,
    SECOND,
    THIRD,
    Tried,
    asked,
    router_of,
    timed,
    tried,
)
from integration_tests.support import STYLES, Ask, Served
from langchain_openrouter import (
    NoCandidateError,
    RateLimitError,
)
from langchain_openrouter.catalog import current
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing import Candidate, RateLimits
from langchain_openrouter.tasks import TASKS


@pytest.fixture(params=["invoke", "ainvoke"])
def ask_whole(request: pytest.FixtureRequest) -> Ask:
    """Give each of the two call styles that give a whole answer, for what takes a second."""
    style: Any = request.param
    return STYLES[style]


def ceiling(model: str, prompt_tokens: int, answer_tokens: int) -> Decimal:
    """Give the most that an answer of this length costs, by the catalog's plain prices."""
    prices = current().lookup(model).pricing.at()
    assert prices.prompt is not None
    assert prices.completion is not None
    return prices.prompt * prompt_tokens + prices.completion * answer_tokens


class TestCost:
    async def test_shortens_the_answer(self, served: Served, ask: Ask) -> None:
        """What one call may cost limits its answer so that it cannot cost more, and not much less either."""
        await ask(router_of(served, FIRST, max_cost_per_call="$0.001"), SAY)

        limit = served.bodies[0]["max_tokens"]
        assert ceiling(FIRST, 0, limit) < Decimal("0.001") < ceiling(FIRST, 60, limit + 60)

    async def test_leaves_short_answers(self, served: Served, ask: Ask) -> None:
        """An answer that cannot cost as much is not limited."""
        await ask(router_of(served, FIRST, max_cost_per_call="$1"), SAY)

        assert "max_tokens" not in served.bodies[0]

    @pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
    async def test_limit_of_the_call(self, served: Served, ask: Ask, name: str) -> None:
        """A shorter limit of the call stays, a longer one is lowered; under either name there is one limit at most."""
        router = router_of(served, FIRST, max_cost_per_call="$0.001")

        await ask(router, SAY, **{name: 50})
        await ask(router, SAY, **{name: 5000})

        short, lowered = ([body[key] for key in body if "max_" in key] for body in served.bodies)
        assert short == [50]
        assert len(lowered) == 1
        assert ceiling(FIRST, 0, lowered[0]) < Decimal("0.001")

    @pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
    async def test_limit_of_the_router(self, served: Served, ask: Ask, name: str) -> None:
        """A shorter limit of the router's own models stays."""
        await ask(router_of(served, FIRST, max_cost_per_call="$0.001", **{name: 50}), SAY)

        assert [body[key] for body in served.bodies for key in body if "max_" in key] == [50]

    async def test_limit_of_a_model(self, served: Served, ask: Ask) -> None:
        """So does that of a chat model which the user made."""
        await ask(router_of(served, served.model(FIRST, max_tokens=50), max_cost_per_call="$0.001"), SAY)

        assert served.bodies[0]["max_tokens"] == 50

    async def test_limit_of_a_task(self, served: Served, ask: Ask) -> None:
        """So does that of a task's settings."""
        settings = {task: {"max_tokens": 50} for task in TASKS}
        await ask(router_of(served, FIRST, max_cost_per_call="$0.001", task_settings=settings), SAY)

        assert served.bodies[0]["max_tokens"] == 50

    async def test_of_one_candidate(self, served: Served, ask: Ask) -> None:
        """A candidate can have a cap of its own, which holds for its attempt alone."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        await ask(router_of(served, Candidate(FIRST, max_cost="$0.001"), SECOND), SAY)

        first, second = served.bodies
        assert ceiling(FIRST, 0, first["max_tokens"]) < Decimal("0.001")
        assert "max_tokens" not in second

    async def test_too_dear(self, served: Served, ask: Ask) -> None:
        """Where each model's usual answer would cost more, nothing is sent."""
        with pytest.raises(NoCandidateError, match="at most"):
            await ask(router_of(served, max_cost_per_call="$0.0000001"), SAY)

        assert served.bodies == []

    async def test_over_all_attempts(self, served: Served, ask: Ask) -> None:
        """An attempt that may have been billed takes from what all may cost; who does not fit then is passed over."""
        served.fail(Fault(kind="cut", after=1, model=FIRST))
        router = router_of(served, FIRST, THIRD, SECOND, max_cost="$0.0020")  # about 0.0003, 0.0025 and 0.0013

        answer = await ask(router, SAY)

        assert tried(answer) == [Tried(FIRST, "APIConnectionError"), Tried(SECOND, None)]
        (skipped,) = answer.response_metadata["routing"]["skipped"]
        assert skipped["model"] == THIRD
        assert ceiling(SECOND, 0, served.bodies[1]["max_tokens"]) < Decimal("0.0018")

    async def test_refusals_are_free(self, served: Served, ask: Ask) -> None:
        """An attempt that was refused takes nothing of it."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        router = router_of(served, FIRST, THIRD, max_cost="$0.0026")

        assert (await ask(router, SAY)).response_metadata["routing"]["model"] == THIRD

    async def test_nothing_left(self, served: Served, ask: Ask) -> None:
        """Where nothing is left for anybody else, the error of the last attempt is raised."""
        served.fail(Fault(kind="cut", after=1))

        error, _ = await timed(lambda: ask(router_of(served, FIRST, SECOND, max_cost="$0.0014"), SAY))

        assert tried(error) == [Tried(FIRST, "APIConnectionError")]
        assert asked(served) == [FIRST]

    async def test_less_than_any(self, served: Served, ask: Ask) -> None:
        """Less than any model would cost is told as a lack of candidates, like each other demand nobody meets."""
        with pytest.raises(NoCandidateError):
            await ask(router_of(served, max_cost="$0.0000001"), SAY)

        assert served.bodies == []

    async def test_free_models(self, served: Served, ask: Ask) -> None:
        """A free model fits into every cap, and is not limited."""
        await ask(router_of(served, "openai/gpt-oss-20b:free", max_cost="$0.0000001", max_cost_per_call="$0"), SAY)

        assert "max_tokens" not in served.bodies[0]


class TestPlaces:
    async def test_next_has_a_place(self, served: Served, ask: Ask) -> None:
        """Who has no place left under the user's rate limits is passed over, without a wait and without blame."""
        router = router_of(served, rate_limits=RateLimits({FIRST: "1/hour"}))
        await ask(router, SAY)

        answer = await ask(router, SAY)

        assert tried(answer) == [Tried(FIRST, "NoPlaceError"), Tried(SECOND, None)]
        assert answer.response_metadata["routing"]["attempts"][0]["cost"] == "0"
        assert asked(served) == [FIRST, SECOND]
        assert router.health.state(FIRST) == "closed"

    async def test_nobody_has(self, served: Served, ask: Ask) -> None:
        """Where nobody has one before the deadline, that is the error: one of a rate limit."""
        router = router_of(served, FIRST, SECOND, deadline=0.5, rate_limits=RateLimits({"*": "1/hour"}))
        await ask(router, SAY)

        error, took = await timed(lambda: ask(router, SAY))

        assert isinstance(error, RateLimitError)
        assert [each.error for each in tried(error)] == ["NoPlaceError", "NoPlaceError"]
        assert took < 0.5
        assert len(served.bodies) == 1

    async def test_the_last_waits(self, served: Served, ask_whole: Ask) -> None:
        """The last waits for its place."""
        router = router_of(served, FIRST, SECOND, rate_limits=RateLimits({"*": "1/second"}))
        await ask_whole(router, SAY)

        answer = await ask_whole(router, SAY)

        assert tried(answer) == [Tried(FIRST, "NoPlaceError"), Tried(SECOND, None)]
