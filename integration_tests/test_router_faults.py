"""Each failure of a server, at each of three models, in each call style: who answers, or what is raised."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from integration_tests.routers import FIRST, SAID, SAY, SECOND, THIRD, THREE, Tried, asked, router_of, tried
from integration_tests.support import STREAMS, Ask, Served
from langchain_openrouter import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadGatewayError,
    BadRequestError,
    BudgetExceededError,
    BudgetLimitError,
    ContextLengthError,
    DeadlineExceededError,
    EmptyResponseError,
    GuardrailError,
    IncompleteStreamError,
    InFlightBudgetError,
    InsufficientCreditsError,
    InvalidResponseError,
    ModerationError,
    NoEndpointsError,
    NotFoundError,
    OverloadedError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    ServiceUnavailableError,
    StreamIdleError,
    UnknownModelError,
    UnprocessableEntityError,
    track_cost,
)
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing import Health

if TYPE_CHECKING:
    from langchain_openrouter import OpenRouterError
    from langchain_openrouter.routing.failures import Remedy

FREE = "openai/gpt-oss-20b:free"


@dataclass(frozen=True)
class Case:
    """A failure, and what it means.

    Args:
        fault: What the emulator does; `None` for a server that is not there.
        cls: The error, of a whole answer.
        remedy: What helps.
        streamed: The error where it is another in a stream.
        cost: What the record says that the attempt cost; `None` where nobody can know.
    """

    fault: Fault | None
    cls: type[OpenRouterError]
    remedy: Remedy = "next"
    streamed: type[OpenRouterError] | None = None
    cost: Literal["0"] | None = "0"

    def error(self, ask: Ask) -> type[OpenRouterError]:
        """Give the error of a call style."""
        return (self.streamed or self.cls) if ask in STREAMS.values() else self.cls


def status(code: int, message: str = "Nobody knows why", **more: Any) -> Fault:
    """Give an answer with an error status."""
    return Fault(kind="status", status=code, message=message, **more)


FLAGGED = {"reasons": ["violence"], "flagged_input": "…", "provider_name": "OpenAI"}
TOO_LONG = "This endpoint's maximum context length is 10 tokens. However, you requested about 20 tokens."
CASES = {
    "400": Case(status(400), BadRequestError, "raise"),
    "400 context": Case(status(400, TOO_LONG), ContextLengthError, "larger"),
    "400 unknown model": Case(status(400, "acme/one is not a valid model ID"), UnknownModelError),
    "401": Case(status(401), AuthenticationError, "raise"),
    "402 credit": Case(status(402, "Insufficient credits"), InsufficientCreditsError, "free"),
    "402 in flight": Case(Fault.in_flight(), InFlightBudgetError),
    "403": Case(status(403), PermissionDeniedError, "raise"),
    "403 budget": Case(Fault.over_budget(5, 5.25), BudgetLimitError, "raise"),
    "403 guardrail": Case(status(403, "Request blocked", metadata={"patterns": ["x"]}), GuardrailError, "raise"),
    "403 moderation": Case(status(403, metadata=FLAGGED), ModerationError),
    "404": Case(status(404), NotFoundError),
    "404 no endpoints": Case(status(404, "No endpoints found for acme/one."), NoEndpointsError),
    "404 unknown model": Case(status(404, "Model acme/one not found"), UnknownModelError),
    "408": Case(status(408), RequestTimeoutError),
    "409": Case(status(409), BadRequestError, "raise"),
    "413": Case(status(413), PayloadTooLargeError, "raise"),
    "413 context": Case(status(413, TOO_LONG), ContextLengthError, "larger"),
    "422": Case(status(422), UnprocessableEntityError, "raise"),
    "429": Case(status(429), RateLimitError),
    "429 retry after": Case(status(429, retry_after=30), RateLimitError),
    "500": Case(status(500), ServerError),
    "502": Case(status(502), BadGatewayError),
    "503": Case(status(503), ServiceUnavailableError),
    "504": Case(status(504), RequestTimeoutError),
    "524": Case(status(524), RequestTimeoutError),
    "529": Case(status(529), OverloadedError),
    "page of an error": Case(Fault(kind="html", status=502), BadGatewayError),
    "page": Case(Fault(kind="html", status=200), InvalidResponseError, cost=None),
    "garbage": Case(status(200, body="}{"), InvalidResponseError, cost=None),
    "error in 200": Case(Fault(kind="error_in_200", status=502), BadGatewayError, cost=None),
    "rate limit in 200": Case(Fault(kind="error_in_200", status=429), RateLimitError, cost=None),
    "wrong key in 200": Case(Fault(kind="error_in_200", status=401), AuthenticationError, "raise", cost=None),
    "empty": Case(Fault(kind="empty"), EmptyResponseError, cost=None),
    "cut at once": Case(Fault(kind="cut", after=0), APIConnectionError, cost=None),
    "cut before content": Case(Fault(kind="cut", after=1), APIConnectionError, cost=None),
    "ends before content": Case(
        Fault(kind="end_early", after=1), InvalidResponseError, streamed=IncompleteStreamError, cost=None
    ),
    "error before content": Case(Fault(kind="midstream_error", status=529, after=1), OverloadedError, cost=None),
    "wrong key before content": Case(
        Fault(kind="midstream_error", status=401, after=1), AuthenticationError, "raise", cost=None
    ),
    "stalled before content": Case(
        Fault(kind="stall", seconds=None, after=1), APITimeoutError, streamed=StreamIdleError, cost=None
    ),
    "no headers": Case(Fault(kind="slow_headers", seconds=None), APITimeoutError, cost=None),
    "nobody there": Case(None, APIConnectionError, cost=None),
}

NOBODY = "http://127.0.0.1:9/api/v1"


def patience(case: Case) -> dict[str, float]:
    """Give the time-outs of models: short ones where the case is about waiting."""
    waits = case.fault is not None and case.fault.seconds is None
    return {"timeout": 0.1, "stream_idle_timeout": 0.1} if waits else {}


def candidates_with(served: Served, case: Case, position: int) -> list[Any]:
    """Let the model at a position fail as the case says, and those before it be unavailable."""
    for model in THREE[:position]:
        served.fail(status(503, model=model))
    candidates: list[Any] = list(THREE)
    if case.fault is None:
        candidates[position] = served.model(THREE[position], base_url=NOBODY)
    else:
        served.fail(replace(case.fault, model=THREE[position]))
    return candidates


class TestEachFailure:
    @pytest.mark.parametrize("position", range(3))
    @pytest.mark.parametrize("name", CASES)
    async def test_matrix(self, served: Served, ask: Ask, name: str, position: int) -> None:
        """What another model may survive, the next one answers; all else is raised, and nobody else is asked."""
        case = CASES[name]
        router = router_of(served, *candidates_with(served, case, position), **patience(case))
        answers_next = position < 2 and (case.remedy == "next" or (case.remedy == "larger" and position == 0))
        failed = [Tried(model, "ServiceUnavailableError") for model in THREE[:position]]
        failed.append(Tried(THREE[position], case.error(ask).__name__))

        if answers_next:
            answer = await ask(router, SAY)
            assert answer.text == SAID
            told = answer.response_metadata["routing"]
            assert (told["model"], told["fallback"]) == (THREE[position + 1], True)
            assert tried(answer) == [*failed, Tried(THREE[position + 1], None)]
            attempts = told["attempts"]
            assert attempts[-1]["cost"] == format(served_cost(answer), "f")
        else:
            with pytest.raises(case.error(ask)) as caught:
                await ask(router, SAY)
            assert type(caught.value).__name__ == case.error(ask).__name__
            assert tried(caught.value) == failed
            attempts = caught.value.attempts  # type: ignore[attr-defined]  # the router wrote it
        assert [each["cost"] for each in attempts[: position + 1]] == ["0"] * position + [case.cost]
        assert all(each["seconds"] > 0 and (each["message"] or not each["error"]) for each in attempts)
        reached = THREE[: position + 1 + answers_next]
        assert asked(served) == [model for model in reached if case.fault or model != THREE[position]]

    @pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.remedy == "raise"])
    async def test_health_is_not_blamed(self, served: Served, ask: Ask, name: str) -> None:
        """An error of the request, the key or the budget says nothing of the model, however often it comes."""
        fault = CASES[name].fault
        assert fault is not None
        served.fail(replace(fault, times=2))
        router = router_of(served, health=Health(failures=1))

        for _ in range(2):
            with pytest.raises(CASES[name].error(ask)):
                await ask(router, SAY)

        assert router.health.state(FIRST) == "closed"
        assert (await ask(router, SAY)).response_metadata["routing"]["model"] == FIRST


def served_cost(answer: Any) -> Any:
    """Give the cost that OpenRouter told, as the decimal that it wrote."""
    from decimal import Decimal

    return Decimal(str(answer.response_metadata["cost"])).normalize()


class TestNoFailure:
    async def test_answer_of_the_first(self, served: Served, ask: Ask) -> None:
        """Where nothing fails, the first answers, and the metadata say so."""
        answer = await ask(router_of(served), SAY)

        told = answer.response_metadata["routing"]
        assert (answer.text, answer.response_metadata["model_name"]) == (SAID, FIRST)
        assert (told["model"], told["fallback"], told["skipped"]) == (FIRST, False, [])
        assert tried(answer) == [Tried(FIRST, None)]
        assert asked(served) == [FIRST]
        assert json.loads(json.dumps(told)) == told


class TestContext:
    async def test_over_the_smaller_one(self, served: Served, ask: Ask) -> None:
        """After an overflow the next model with a larger context answers; smaller ones are passed over, and said so."""
        served.fail(status(400, TOO_LONG, model=THIRD))  # 200 000 tokens
        router = router_of(served, THIRD, FIRST, SECOND)

        answer = await ask(router, SAY)

        assert answer.response_metadata["routing"]["model"] == SECOND
        assert [each["model"] for each in answer.response_metadata["routing"]["skipped"]] == [FIRST]
        assert asked(served) == [THIRD, SECOND]

    async def test_in_a_good_response(self, served: Served, ask: Ask) -> None:
        """An overflow that comes with status 200 is one, too."""
        served.fail(Fault(kind="error_in_200", status=400, message=TOO_LONG, model=FIRST))

        assert (await ask(router_of(served), SAY)).response_metadata["routing"]["model"] == SECOND

    async def test_the_largest_overflow_counts(self, served: Served, ask: Ask) -> None:
        """A later, smaller overflow does not open the way to a context that was too small already."""
        served.fail(status(400, TOO_LONG, model=FIRST), status(400, TOO_LONG, model=SECOND))
        router = router_of(served, FIRST, SECOND, "openai/gpt-4.1")  # 1 047 576 tokens

        with pytest.raises(ContextLengthError) as caught:
            await ask(router, SAY)
        assert [each.model for each in tried(caught.value)] == [FIRST, SECOND]


class TestCredit:
    async def test_free_models_go_on(self, served: Served, ask: Ask) -> None:
        """Without credit only models that cost nothing are asked, however far back they are."""
        served.fail(status(402, "Insufficient credits", model=FIRST))

        answer = await ask(router_of(served, FIRST, SECOND, FREE), SAY)

        assert answer.response_metadata["routing"]["model"] == FREE
        assert [each["model"] for each in answer.response_metadata["routing"]["skipped"]] == [SECOND]
        assert asked(served) == [FIRST, FREE]

    async def test_own_budget(self, served: Served, ask: Ask) -> None:
        """A budget of ours that says no is no reason to ask another model: it is raised, and nothing is sent."""
        with track_cost("$0.0000001"), pytest.raises(BudgetExceededError) as caught:
            await ask(router_of(served), SAY)

        assert tried(caught.value) == [Tried(FIRST, "BudgetExceededError")]
        assert served.bodies == []


class TestAllFail:
    async def test_error_of_the_last(self, served: Served, ask: Ask) -> None:
        """Where all fail, the last one's error is raised; it says what was tried, for programs and for people."""
        served.fail(status(429, model=FIRST), status(502, model=SECOND), status(529, model=THIRD))

        with pytest.raises(OverloadedError) as caught:
            await ask(router_of(served), SAY)

        names = ["RateLimitError", "BadGatewayError", "OverloadedError"]
        assert tried(caught.value) == [Tried(*each) for each in zip(THREE, names, strict=True)]
        (note,) = caught.value.__notes__
        assert all(f"{model} ({name})" in note for model, name in zip(THREE, names, strict=True))

    async def test_one_candidate(self, served: Served, ask: Ask) -> None:
        """A router with one model raises its error, with one attempt and no note."""
        served.fail(status(503))

        with pytest.raises(ServiceUnavailableError) as caught:
            await ask(router_of(served, FIRST), SAY)

        assert tried(caught.value) == [Tried(FIRST, "ServiceUnavailableError")]
        assert not hasattr(caught.value, "__notes__")

    async def test_an_empty_answer_of_the_last(self, served: Served, ask: Ask) -> None:
        """Where nobody has anything to say, that is an error, too."""
        served.fail(Fault(kind="empty"))

        with pytest.raises(EmptyResponseError):
            await ask(router_of(served), SAY)

        assert asked(served) == list(THREE)


class TestRetries:
    async def test_only_the_last_retries(self, served: Served, ask: Ask) -> None:
        """To go on is faster than to try again: only who has nobody behind it uses the retries of its model."""
        served.fail(status(503, model=FIRST), status(503, model=SECOND), status(503, model=THIRD, times=2))
        router = router_of(served, max_retries=2, max_retry_wait=0.01)

        assert (await ask(router, SAY)).text == SAID
        assert asked(served) == [FIRST, SECOND, THIRD, THIRD, THIRD]

    async def test_retries_of_the_call(self, served: Served, ask: Ask) -> None:
        """Who asks for retries in a call gets them from each model."""
        served.fail(status(503, model=FIRST))
        router = router_of(served, max_retry_wait=0.01)

        assert (await ask(router, SAY, max_retries=1)).response_metadata["routing"]["model"] == SECOND
        assert asked(served) == [FIRST, FIRST, SECOND]

    async def test_own_model_keeps_its_retries(self, served: Served, ask: Ask) -> None:
        """A chat model that the user made retries as the user said, wherever it stands."""
        served.fail(status(503, model=FIRST))
        own = served.model(FIRST, max_retries=1)

        assert (await ask(router_of(served, own, SECOND), SAY)).response_metadata["routing"]["model"] == SECOND
        assert asked(served) == [FIRST, FIRST, SECOND]


class TestTime:
    async def test_moves_on(self, served: Served, ask: Ask) -> None:
        """A model that takes longer than an attempt may is left for the next, in all call styles."""
        served.fail(Fault(kind="slow_headers", seconds=None, model=FIRST))

        answer = await ask(router_of(served, attempt_timeout=0.2), SAY)

        assert tried(answer) == [Tried(FIRST, DeadlineExceededError.__name__), Tried(SECOND, None)]
