"""Breakers: when they open, for how long, and what closes them."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from langchain_core import exceptions as core

from langchain_openrouter import errors
from langchain_openrouter.errors import tree
from langchain_openrouter.routing import health as module
from langchain_openrouter.routing.health import Health, Pace, tells_of_health

if TYPE_CHECKING:
    from langchain_openrouter.routing.breaker import State

ONE, OTHER = "author/one", "author/other"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    """Give a clock."""
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    """Give the health of models of which nothing is known, by that clock."""
    return Health(clock=clock)


def fail(health: Health, times: int = 1, provider: str | None = None, **details: Any) -> None:
    """Report failures of the first model."""
    for _ in range(times):
        health.failed(ONE, provider, error=errors.BadGatewayError("The provider is down.", **details))


def open_for(health: Health) -> float:
    """Give the wait of the first model."""
    return health.wait(ONE)


class TestOpening:
    def test_unknown(self, health: Health) -> None:
        """A model of which nothing was heard is well, and asking does not change that."""
        assert (health.state(ONE), health.wait(ONE), health.admit(ONE)) == ("closed", 0, True)
        assert health.ailing_providers(ONE) == ()
        assert health.speed(ONE) is None

    def test_in_a_row(self, health: Health) -> None:
        """The fifth failure in a row opens the breaker of this model, and of no other."""
        fail(health, 4)
        assert health.admit(ONE)
        fail(health)
        assert (health.state(ONE), health.wait(ONE), health.admit(ONE)) == ("open", 30, False)
        assert (health.state(OTHER), health.wait(OTHER), health.admit(OTHER)) == ("closed", 0, True)

    def test_a_success_between(self, health: Health) -> None:
        """An answer begins the row anew."""
        fail(health, 4)
        health.succeeded(ONE)
        fail(health, 4)
        assert health.state(ONE) == "closed"
        fail(health)
        assert health.state(ONE) == "open"

    @pytest.mark.parametrize(("pause", "state"), [(15.0, "open"), (15.1, "closed")])
    def test_window(self, health: Health, clock: Clock, pause: float, state: State) -> None:
        """A row counts if all of it is within the window, its ends included."""
        fail(health)
        for _ in range(4):
            clock.time += pause
            fail(health)
        assert health.state(ONE) == state

    @pytest.mark.parametrize(
        ("calls", "state"),
        [("sf" * 10, "open"), ("sf" * 9 + "f", "closed"), ("s" + "sf" * 10, "closed"), ("ssff" * 5, "open")],
    )
    def test_half_of_many(self, health: Health, calls: str, state: State) -> None:
        """Half of twenty calls open it; half of fewer do not, nor less than half."""
        for call in calls:
            fail(health) if call == "f" else health.succeeded(ONE)
        assert health.state(ONE) == state

    @pytest.mark.parametrize(("pause", "state"), [(54.0, "open"), (60.0, "closed")])
    def test_half_of_those_within_the_window(self, health: Health, clock: Clock, pause: float, state: State) -> None:
        """Calls before the window do not count."""
        for _ in range(9):
            health.succeeded(ONE)
            fail(health)
        clock.time += pause
        health.succeeded(ONE)
        fail(health)
        assert health.state(ONE) == state

    def test_half_of_those_in_later_slices(self, health: Health, clock: Clock) -> None:
        """Old calls are forgotten a tenth of the window at a time, and no younger ones with them."""
        for calls, pause in (("ss", 6), ("sf" * 9, 54), ("sf", 0)):
            for call in calls:
                fail(health) if call == "f" else health.succeeded(ONE)
            clock.time += pause
        assert health.state(ONE) == "open"

    def test_retry_after(self, health: Health, clock: Clock) -> None:
        """A server that says for how long opens it at once, for so long; saying more prolongs it, less does not."""
        fail(health, retry_after=7.5)
        assert open_for(health) == 7.5
        fail(health, retry_after=2)
        assert open_for(health) == 7.5
        fail(health, retry_after=60)
        assert open_for(health) == 60
        clock.time += 60
        assert health.state(ONE) == "half_open"

    @pytest.mark.parametrize(("told", "wait"), [(601, 600), (10**9, 600), (0, 0), (None, 0), (-1, 0), ("soon", 0)])
    def test_retry_after_limits(self, health: Health, told: Any, wait: float) -> None:
        """No server closes a model for longer than `longest_cool_down`; what is no time is none."""
        fail(health, retry_after=told)
        assert open_for(health) == wait

    def test_prolonged_only_by_servers(self, health: Health, clock: Clock) -> None:
        """Failures of calls that were on their way do not prolong it."""
        fail(health, 5)
        clock.time += 10
        fail(health, 20)
        assert open_for(health) == 20


class TestClosing:
    def test_probe_is_answered(self, health: Health, clock: Clock) -> None:
        """After the cool-down one call passes; its answer closes the breaker, and everything begins anew."""
        fail(health, 5)
        clock.time += 29
        assert not health.admit(ONE)
        clock.time += 1
        assert (health.state(ONE), health.wait(ONE)) == ("half_open", 0)
        assert (health.admit(ONE), health.admit(ONE), health.wait(ONE)) == (True, False, 30)
        clock.time += 2
        health.succeeded(ONE, duration_s=2)
        assert (health.state(ONE), health.admit(ONE), health.admit(ONE)) == ("closed", True, True)
        fail(health, 4)
        assert health.state(ONE) == "closed"
        fail(health)
        assert open_for(health) == 30

    def test_probe_fails(self, health: Health, clock: Clock) -> None:
        """Each probe that fails doubles the time, up to the longest."""
        fail(health, 5)
        waits = []
        for _ in range(7):
            clock.time += open_for(health)
            assert health.admit(ONE)
            health.failed(ONE, error=errors.OverloadedError("529"), duration_s=0)
            waits.append(open_for(health))
        assert waits == [60, 120, 240, 480, 600, 600, 600]

    def test_probe_is_told_when(self, health: Health, clock: Clock) -> None:
        """A server's own time goes before the doubled one, which holds again for a failure without."""
        fail(health, 5)
        clock.time += 30
        assert health.admit(ONE)
        fail(health, retry_after=5)
        assert open_for(health) == 5
        clock.time += 5
        assert health.admit(ONE)
        fail(health)
        assert open_for(health) == 120

    def test_probe_is_never_heard_of(self, health: Health, clock: Clock) -> None:
        """A probe lapses after the cool-down, and another may pass."""
        fail(health, 5)
        clock.time += 30
        assert health.admit(ONE)
        clock.time += 29
        assert (health.admit(ONE), health.wait(ONE)) == (False, 1)
        clock.time += 1
        assert (health.wait(ONE), health.admit(ONE), health.admit(ONE)) == (0, True, False)

    def test_probe_says_nothing(self, health: Health, clock: Clock) -> None:
        """A probe that is cancelled, or was a bad request, makes room for another and changes nothing else."""
        fail(health, 5)
        clock.time += 30
        for error in (asyncio.CancelledError(), errors.BadRequestError("No such parameter.")):
            assert health.admit(ONE)
            assert not health.admit(ONE)
            health.failed(ONE, error=error)
            assert health.state(ONE) == "half_open"
        assert health.admit(ONE)
        assert not health.admit(ONE)

    def test_several_probes(self, clock: Clock) -> None:
        """As many pass as are wished, and the first that is answered closes it."""
        health = Health(probes=3, failures=1, clock=clock)
        fail(health)
        clock.time += 30
        assert [health.admit(ONE) for _ in range(5)] == [True, True, True, False, False]
        health.succeeded(ONE)
        assert health.state(ONE) == "closed"


class TestLateResults:
    def test_success_while_open(self, health: Health, clock: Clock) -> None:
        """An answer to a call from before leaves an open breaker open, whether its begin is told or not."""
        clock.time += 100
        fail(health, 5)
        clock.time += 1
        health.succeeded(ONE)
        health.succeeded(ONE, duration_s=1)
        health.succeeded(ONE, duration_s=50)
        assert open_for(health) == 29

    def test_success_while_half_open(self, health: Health, clock: Clock) -> None:
        """An answer to a call from before is not taken for that of the probe."""
        fail(health, 5)
        clock.time += 35
        assert health.admit(ONE)
        health.succeeded(ONE, duration_s=36)
        assert health.state(ONE) == "half_open"
        health.succeeded(ONE, duration_s=0)
        assert health.state(ONE) == "closed"

    def test_failure_while_half_open(self, health: Health, clock: Clock) -> None:
        """A failure of a call from before does not open it again, and frees no probe."""
        fail(health, 5)
        clock.time += 35
        assert health.admit(ONE)
        health.failed(ONE, error=errors.BadGatewayError("Down."), duration_s=36)
        health.failed(ONE, error=asyncio.CancelledError(), duration_s=36)
        assert (health.state(ONE), health.admit(ONE)) == ("half_open", False)

    def test_failure_after_closing(self, health: Health, clock: Clock) -> None:
        """Failures of calls from before the opening do not open it once more after it has closed."""
        fail(health, 5)
        clock.time += 35
        health.succeeded(ONE, duration_s=1)
        for _ in range(30):
            health.failed(ONE, error=errors.BadGatewayError("Down."), duration_s=36)
        fail(health, 4)
        assert health.state(ONE) == "closed"

    def test_late_word_of_the_server(self, health: Health, clock: Clock) -> None:
        """What a server asks for holds from now on, whenever the call began; it is no failed probe."""
        fail(health, 5)
        clock.time += 35
        health.failed(ONE, error=errors.RateLimitError("Slow down.", retry_after=8), duration_s=36)
        assert open_for(health) == 8
        clock.time += 8
        fail(health)
        assert open_for(health) == 60

    def test_success_of_a_call_that_began_while_open(self, health: Health, clock: Clock) -> None:
        """Somebody who asked in spite of it, and got an answer, has shown that it is well."""
        fail(health, 5)
        clock.time += 10
        health.succeeded(ONE, duration_s=5)
        assert health.state(ONE) == "closed"


class TestProviders:
    def test_named_by_the_error(self, health: Health) -> None:
        """The breaker of the provider opens that the error names, and the model's own counts along."""
        fail(health, 5, provider_name="Ann's")
        assert health.ailing_providers(ONE) == ("Ann's",)
        assert [health.state(ONE, provider) for provider in ("Ann's", "Bob's", None)] == ["open", "closed", "open"]

    def test_named_by_the_caller(self, health: Health) -> None:
        """The caller may name it; the error knows better."""
        fail(health, 5, provider="Bob's")
        fail(health, 5, provider="Bob's", provider_name="Ann's")
        assert health.ailing_providers(ONE) == ("Ann's", "Bob's")

    def test_several(self, health: Health) -> None:
        """Failures in a row at several providers are a row of the model."""
        fail(health, 3, provider="Ann's")
        fail(health, 2, provider="Bob's")
        assert health.ailing_providers(ONE) == ()
        assert health.state(ONE) == "open"

    def test_retry_after_is_the_providers(self, health: Health) -> None:
        """A provider that is busy for a while closes nothing but itself."""
        fail(health, retry_after=50, provider_name="Ann's")
        assert (health.wait(ONE, "Ann's"), health.wait(ONE)) == (50, 0)
        assert health.snapshot([ONE]) == [0]

    def test_success(self, health: Health) -> None:
        """An answer of one provider ends the row of the model, not that of another provider."""
        fail(health, 4, provider="Ann's")
        health.succeeded(ONE, "Bob's")
        fail(health, provider="Ann's")
        assert health.ailing_providers(ONE) == ("Ann's",)
        assert health.state(ONE) == "closed"

    def test_probe(self, health: Health, clock: Clock) -> None:
        """A provider that may be tried again is not ailing, and its answer closes its breaker."""
        fail(health, retry_after=50, provider_name="Ann's")
        clock.time += 50
        assert health.ailing_providers(ONE) == ()
        assert [health.admit(ONE, "Ann's") for _ in range(2)] == [True, False]
        health.failed(ONE, "Bob's", error=asyncio.CancelledError())
        assert not health.admit(ONE, "Ann's")
        health.failed(ONE, "Ann's", error=asyncio.CancelledError())
        assert health.admit(ONE, "Ann's")
        health.succeeded(ONE, "Ann's")
        assert health.state(ONE, "Ann's") == "closed"

    def test_other_models(self, health: Health) -> None:
        """The same provider may be well at another model."""
        fail(health, 5, provider="Ann's")
        assert health.ailing_providers(OTHER) == ()


class TestSnapshot:
    def test_waits(self, health: Health, clock: Clock) -> None:
        """It gives what `wait` does, in the order of the question."""
        fail(health, 5)
        health.failed(OTHER, error=errors.RateLimitError("Slow down.", retry_after=45))
        clock.time += 10
        assert health.snapshot([OTHER, "author/third", ONE, ONE]) == [35, 0, 20, 20]
        clock.time += 20
        assert health.snapshot([OTHER, "author/third", ONE]) == [15, 0, 0]
        assert health.admit(ONE)
        assert health.snapshot([ONE]) == [30]
        assert health.snapshot([]) == []

    def test_without_a_lock(self, health: Health) -> None:
        """While nothing is open nobody waits for a lock, not even for that of a step that does not end."""
        health.succeeded(ONE)
        with health._guard:
            assert health.snapshot([ONE, OTHER]) == [0, 0]
            assert health.admit(ONE)

    def test_nothing_stays_behind(self, health: Health, clock: Clock) -> None:
        """When all breakers are closed again, it is as quick as before."""
        fail(health, 5, provider="Ann's")
        clock.time += 30
        health.succeeded(ONE, "Ann's")
        assert health._ailing == {}


class TestSpeed:
    def test_means(self, health: Health) -> None:
        """A mean begins with the first call, and each later one weighs a fifth."""
        health.succeeded(ONE, first_token_s=1, duration_s=10)
        assert health.speed(ONE) == Pace(1, 10, 1)
        health.succeeded(ONE, first_token_s=2, duration_s=5)
        assert health.speed(ONE) == Pace(1.2, 9, 2)
        assert health.speed(OTHER) is None

    def test_parts(self, health: Health) -> None:
        """What is not told changes nothing, and what cannot be is not told."""
        health.succeeded(ONE)
        assert health.speed(ONE) is None
        health.succeeded(ONE, duration_s=4)
        assert health.speed(ONE) == Pace(None, 4, 1)
        health.succeeded(ONE, first_token_s=0, duration_s=-1)
        assert health.speed(ONE) == Pace(0, 4, 2)
        health.succeeded(ONE, first_token_s=float("nan"), duration_s=float("inf"))
        assert health.speed(ONE) == Pace(0, 4, 2)


ILL = [
    errors.RateLimitError("429"),
    errors.ServerError("500"),
    errors.BadGatewayError("502"),
    errors.ServiceUnavailableError("503"),
    errors.OverloadedError("529"),
    errors.APITimeoutError("silence"),
    errors.RequestTimeoutError("408"),
    errors.StreamIdleError("silence"),
    errors.DeadlineExceededError("too long"),
    errors.APIConnectionError("no route"),
    errors.IncompleteStreamError("cut"),
    errors.EmptyResponseError("empty"),
    errors.InvalidResponseError("a page of a proxy"),
    errors.OverloadedError("529 in an answer", embedded=True),
    core.ModelRateLimitError(),
    core.ModelAPIError(),
    core.ModelTimeoutError(),
    core.ModelConnectionError(),
    TimeoutError(),
    ConnectionResetError(),
    httpx.ReadTimeout("silence"),
    httpx.ConnectError("no route"),
]
WELL = [
    errors.BadRequestError("400"),
    errors.ContextLengthError("400"),
    errors.PayloadTooLargeError("413"),
    errors.UnprocessableEntityError("422"),
    errors.ModelValidationError([]),
    errors.AuthenticationError("401"),
    errors.InsufficientCreditsError("402"),
    errors.InFlightBudgetError("402", retry_after=5),
    errors.PermissionDeniedError("403"),
    errors.ModerationError("403"),
    errors.GuardrailError("403"),
    errors.BudgetLimitError("403"),
    errors.NoEndpointsError("404"),
    errors.UnknownModelError("404"),
    errors.ModelNotFoundError("author/none"),
    errors.TruncatedOutputError("not all of the structure"),
    errors.RefusedOutputError("no"),
    errors.MissingOutputError("text"),
    errors.BudgetExceededError("too dear"),
    errors.LedgerUnavailableError("no ledger"),
    core.ModelError(),
    core.ContextOverflowError(),
    asyncio.CancelledError(),
    GeneratorExit(),
    KeyboardInterrupt(),
    ValueError("a slip"),
    OSError("no space"),
]


class TestErrors:
    @pytest.mark.parametrize("error", ILL, ids=repr)
    def test_ill(self, health: Health, error: BaseException) -> None:
        """Five such failures open a breaker."""
        assert tells_of_health(error)
        for _ in range(5):
            health.failed(ONE, error=error)
        assert health.state(ONE) == "open"

    @pytest.mark.parametrize("error", WELL, ids=repr)
    def test_well(self, health: Health, error: BaseException) -> None:
        """No number of such failures opens one, even where a server says when to come again."""
        assert not tells_of_health(error)
        for _ in range(50):
            health.failed(ONE, error=error)
        assert health.state(ONE) == "closed"

    def test_well_is_no_success(self, health: Health) -> None:
        """They are not counted at all: a row goes on after them."""
        fail(health, 4)
        health.failed(ONE, error=errors.BadRequestError("400"))
        fail(health)
        assert health.state(ONE) == "open"

    def test_every_class(self) -> None:
        """Each class of our errors is in one of the two lists, or is the mother of one."""
        judged = {base for error in ILL + WELL for base in type(error).__mro__}
        assert {getattr(tree, name) for name in tree.__all__} <= judged

    @pytest.mark.parametrize(
        ("status", "ill"),
        [(400, False), (401, False), (404, False), (408, True), (429, True), (500, True), (529, True)],
    )
    def test_status(self, status: int, ill: bool) -> None:
        """Errors of other libraries are judged by their status, wherever they keep it."""

        class StatusError(Exception):
            status_code = status

        response = httpx.Response(status, request=httpx.Request("POST", "https://127.0.0.1"))
        theirs = httpx.HTTPStatusError("no", request=response.request, response=response)
        assert [tells_of_health(StatusError()), tells_of_health(theirs)] == [ill, ill]


class TestObject:
    def test_pickled(self) -> None:
        """A copy for another process has the same settings, and has seen nothing."""
        health = Health(failures=1, window=2, cool_down=3, longest_cool_down=4, probes=5)
        fail(health)
        health.succeeded(OTHER, duration_s=1)
        again = pickle.loads(pickle.dumps(health))  # noqa: S301
        assert repr(again) == repr(health)
        assert repr(health) == "Health(failures=1, window=2, cool_down=3, longest_cool_down=4, probes=5)"
        assert (again.state(ONE), again.speed(OTHER)) == ("closed", None)
        fail(again)
        assert again.state(ONE) == "open"
        assert again._clock is time.monotonic

    def test_copied(self, health: Health) -> None:
        """The copy of a router shares it."""
        assert copy.deepcopy({"health": health})["health"] is health

    def test_bounded(self, health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was not used for the longest time is forgotten; asking an open breaker is using it."""
        monkeypatch.setattr(module, "_MOST_KEYS", 10)
        fail(health, 5)
        health.failed(OTHER, error=errors.OverloadedError("529", retry_after=100))
        health.succeeded("author/0", duration_s=1)
        for number in range(1, 9):
            health.succeeded(f"author/{number}", duration_s=1)
            assert not health.admit(ONE)
        assert (health.state(ONE), health.state(OTHER)) == ("open", "closed")
        assert OTHER not in health._ailing
        assert len(health._breakers) == 10
        health.succeeded("author/0", duration_s=1)
        for number in range(8):
            health.succeeded(f"more/{number}", duration_s=1)
        speeds = [health.speed(f"author/{number}") for number in (7, 8, 0)]
        assert speeds == [None, Pace(None, 1, 1), Pace(None, 1, 2)]
        assert len(health._speeds) == 10

    def test_reports_are_use(self, health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is told of again is not forgotten."""
        monkeypatch.setattr(module, "_MOST_KEYS", 2)
        fail(health)
        health.succeeded(OTHER)
        fail(health)
        health.succeeded("author/third")
        fail(health, 3)
        assert health.state(ONE) == "open"

    def test_clock_goes_back(self, health: Health, clock: Clock) -> None:
        """Where the clock is set back, time goes on: nothing stays open for longer, and nothing closes earlier."""
        fail(health, 5)
        clock.time -= 500
        assert open_for(health) == 30
        clock.time += 20
        assert open_for(health) == 10
        clock.time -= 10_000
        clock.time += 5
        assert open_for(health) == 10
        clock.time += 10
        assert health.admit(ONE)
        assert not health.admit(ONE)
        clock.time -= 1
        health.succeeded(ONE, duration_s=0)
        assert health.state(ONE) == "closed"

    def test_told_in_the_middle_of_a_step(self, clock: Clock) -> None:
        """A call that ends while its thread is in a step, as a collected stream does, is noted after it."""
        ends = [25.0]

        def read() -> float:
            while ends:
                told.failed(ONE, error=errors.RateLimitError("429", retry_after=ends.pop()))
            return clock()

        told = Health(clock=read)
        told.succeeded(OTHER)
        assert open_for(told) == 25

    @pytest.mark.parametrize("name", ["failures", "probes"])
    @pytest.mark.parametrize("value", [0, -1, 1.5, True, "5", None])
    def test_bad_counts(self, name: str, value: Any) -> None:
        """What is no count is refused, by its name."""
        with pytest.raises(ValueError, match=f"{name}={value!r} is no count of calls. Pass a whole number"):
            Health(**{name: value})

    @pytest.mark.parametrize("name", ["window", "cool_down", "longest_cool_down"])
    @pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), True, "5", None])
    def test_bad_times(self, name: str, value: Any) -> None:
        """What is no time is refused, by its name."""
        with pytest.raises(ValueError, match=f"{name}={value!r} is no time. Pass seconds"):
            Health(**{name: value})

    def test_shortest_longest(self) -> None:
        """The longest time is not shorter than the first."""
        with pytest.raises(ValueError, match=r"longest_cool_down=20 is shorter than cool_down=30.0"):
            Health(longest_cool_down=20)
        assert Health(longest_cool_down=30).admit(ONE)
