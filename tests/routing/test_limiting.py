"""Rate limits: which hold for which model, how long a call waits, and when it is refused. In this process."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.errors import RateLimitError
from langchain_openrouter.routing.limiting import RateLimits
from langchain_openrouter.routing.windows import MemoryCounters, Window

MODEL, FREE = "author/one", "author/one:free"
DAY = 86400
NOON = 20_000 * DAY + DAY // 2
"""Seconds since 1970, at noon in UTC."""


class Clocks:
    """Two clocks that go alike until one is set."""

    def __init__(self) -> None:
        self.elapsed = 100.0
        self.time = float(NOON)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed += seconds
        self.time += seconds

    def counters(self) -> MemoryCounters:
        """Count by them."""
        return MemoryCounters(elapsed=lambda: self.elapsed, clock=lambda: self.time)


@pytest.fixture
def clocks() -> Clocks:
    """Give the clocks of a test."""
    return Clocks()


def limited(clocks: Clocks, limits: dict[str, str], **options: Any) -> RateLimits:
    """Give limits by these clocks."""
    made = RateLimits(limits, **options)
    made._gate.counters = clocks.counters()
    return made


def passed(limits: RateLimits, model: str, provider: str | None = None, calls: int = 20) -> int:
    """Ask for calls at once; say how many pass."""
    limiter = limits.limiter(model, provider)
    assert limiter is not None
    return [limiter.acquire(blocking=False) for _ in range(calls)].count(True)


class TestPatterns:
    @pytest.mark.parametrize("pattern", ["author/one:free", "*", "author/*", "*:free", "AUTHOR/*:Free", "*one?free"])
    def test_fit(self, pattern: str) -> None:
        """A pattern is that of a shell, and upper and lower case are the same."""
        assert passed(RateLimits({pattern: "3/minute"}), "Author/one:free") == 3

    @pytest.mark.parametrize("pattern", ["author/one", "author", "other/*", "free", "provider:*", ""])
    def test_do_not_fit(self, pattern: str) -> None:
        """All of an id is meant; where nothing fits there is no limiter, and no wait."""
        limits = RateLimits({pattern: "3/minute"})
        assert limits.limiter(FREE) is None
        assert limits.wait(FREE) == 0

    def test_shared(self) -> None:
        """All models of a pattern share its limit, each limiter of a model counts for the others."""
        limits = RateLimits({"*:free": "5/minute"})
        assert passed(limits, "a/a:free", calls=2) == 2
        assert passed(limits, "b/b:free", calls=2) == 2
        assert passed(limits, "a/a:free") == 1
        assert passed(RateLimits({"*:free": "5/minute"}), "a/a:free") == 5

    def test_all_that_fit(self) -> None:
        """Where several fit, all hold."""
        limits = RateLimits({"author/*": "3/minute", "*": "5/minute"})
        assert passed(limits, MODEL) == 3
        assert passed(limits, "other/one") == 2

    def test_providers(self) -> None:
        """A limit of a provider holds for calls that name it, whatever the model; that of a model holds as well."""
        limits = RateLimits({"provider:Ann's": "3/minute", "author/*": "4/minute"})
        assert limits.limiter("other/one") is None
        assert limits.limiter("other/one", "Bob's") is None
        assert passed(limits, "other/one", "ann's", calls=1) == 1
        assert passed(limits, MODEL, "Ann's") == 2
        assert passed(limits, MODEL, "Bob's") == 2
        assert limits.wait("other/one", "Ann's") > 0
        assert limits.wait("other/one") == 0

    def test_provider_is_no_model(self) -> None:
        """A pattern of models does not fit the name of a provider."""
        assert RateLimits({"*ann*": "3/minute"}).limiter(MODEL, "Ann's") is None


class TestWindows:
    def test_moving(self, clocks: Clocks) -> None:
        """Within any minute no more calls pass than a minute has, and the next one as soon as the oldest is gone."""
        limits = limited(clocks, {"*": "3/minute"})
        assert passed(limits, MODEL, calls=1) == 1
        clocks.wait(50)
        assert passed(limits, MODEL) == 2
        assert limits.wait(MODEL) == 10
        clocks.wait(9.5)
        assert (passed(limits, MODEL), limits.wait(MODEL)) == (0, 0.5)
        clocks.wait(0.5)
        assert (passed(limits, MODEL), limits.wait(MODEL)) == (1, 50)

    def test_day(self, clocks: Clocks) -> None:
        """A day ends at midnight UTC, whenever it was used up."""
        limits = limited(clocks, {"*": "3/day"})
        clocks.wait(DAY // 2 - 1)
        assert passed(limits, MODEL) == 3
        assert limits.wait(MODEL) == 1
        clocks.wait(1)
        assert (passed(limits, MODEL), limits.wait(MODEL)) == (3, DAY)

    @pytest.mark.parametrize(
        ("text", "wait"),
        [("1/second", 1), ("1 per 5 seconds", 5), ("1/hour", 3600), ("1/24 hours", DAY), ("1/2 days", DAY * 3 / 2),
         ("1/10 minute, 9/minute", 600), ("9/minute|1/hour", 3600), ("1/day", DAY / 2)],
    )  # fmt: skip
    def test_lengths(self, clocks: Clocks, text: str, wait: float) -> None:
        """Each way to write a limit means what it says; several days are counted from 1970."""
        limits = limited(clocks, {"*": text})
        assert passed(limits, MODEL) == 1
        assert limits.wait(MODEL) == wait

    def test_all_or_nothing(self, clocks: Clocks) -> None:
        """A call that one window refuses takes no place in another."""
        limits = limited(clocks, {"*": "5/minute", "author/*": "2/day", "author/one": "1/second"})
        assert passed(limits, MODEL) == 1
        clocks.wait(2)
        assert passed(limits, MODEL) == 1
        clocks.wait(2)
        assert passed(limits, MODEL) == 0
        assert limits.wait(MODEL) == DAY / 2 - 4
        assert passed(limits, "other/one") == 3

    def test_said_twice(self) -> None:
        """A limit that is written twice is one."""
        assert passed(RateLimits({"*": "4/minute; 4/minute"}), MODEL) == 4

    def test_looking_takes_nothing(self) -> None:
        """To ask for the wait counts no call."""
        limits = RateLimits({"*": "2/minute; 2/day"})
        assert [limits.wait(MODEL) for _ in range(5)] == [0] * 5
        assert passed(limits, MODEL) == 2

    def test_clock_goes_back(self, clocks: Clocks) -> None:
        """A clock that is set back over midnight gives nobody a day once more."""
        limits = limited(clocks, {"*": "2/day; 3/minute"})
        assert passed(limits, MODEL) == 2
        clocks.time += DAY
        assert passed(limits, MODEL) == 1
        clocks.time -= DAY
        clocks.elapsed += 60
        assert passed(limits, MODEL) == 1
        clocks.time += DAY
        assert passed(limits, MODEL) == 0


WINDOWS = [Window("a", 2, 10, moves=True), Window("b", 3, 15, moves=True), Window("c", 4, 20, moves=False)]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.lists(st.sampled_from(WINDOWS), min_size=1, unique=True)), max_size=40))
def test_against_a_list(steps: list[tuple[int, list[Window]]]) -> None:
    """Calls pass exactly when a list of all calls says that no window has its most, and wait exactly until then."""
    clocks = Clocks()
    counters = clocks.counters()
    calls: list[tuple[float, list[Window]]] = []

    def used(window: Window, at: float) -> int:
        begin = at - window.seconds if window.moves else at // window.seconds * window.seconds - 0.5
        return sum(begin < time <= at for time, windows in calls if window in windows)

    def fits(windows: list[Window], at: float) -> bool:
        return all(used(window, at) < window.most for window in windows)

    for pause, windows in steps:
        clocks.wait(pause)
        now = clocks.time
        expected = next(wait for wait in range(100) if fits(windows, now + wait))
        assert counters.look(windows).wait == expected
        assert counters.take(windows).wait == expected
        if not expected:
            calls.append((now, windows))


class TestWaiting:
    @pytest.mark.parametrize("style", ["acquire", "aacquire"])
    def test_waits(self, style: str) -> None:
        """Calls wait until they may pass: five of them need two further windows where two fit into each."""
        limiter = RateLimits({"*": "2/second"}).limiter(MODEL)
        assert limiter is not None

        async def several() -> list[bool]:
            return await asyncio.gather(*(limiter.aacquire() for _ in range(5)))

        begin = time.monotonic()
        answers = [limiter.acquire() for _ in range(5)] if style == "acquire" else asyncio.run(several())
        assert answers == [True] * 5
        assert time.monotonic() - begin >= 2

    async def test_at_once(self) -> None:
        """Without blocking, the answer comes at once, and a refused call counts nowhere."""
        limiter = RateLimits({"*": "2/minute"}, longest_wait=0).limiter(MODEL)
        assert limiter is not None
        answers = [await limiter.aacquire(blocking=False), limiter.acquire(blocking=False)]
        assert answers == [True, True]
        assert [await limiter.aacquire(blocking=False), limiter.acquire(blocking=False)] == [False, False]

    async def test_cancelled(self) -> None:
        """Waits that are cancelled take nothing."""
        limits = RateLimits({"*": "3/second"})
        assert passed(limits, MODEL) == 3
        limiter = limits.limiter(MODEL)
        assert limiter is not None
        tasks = [asyncio.create_task(limiter.aacquire()) for _ in range(20)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(1.01)
        assert passed(limits, MODEL) == 3

    @pytest.mark.parametrize(
        ("text", "longest", "refused"),
        [("1/minute", 59, True), ("1/minute", 60, False), ("1/minute", 0, True), ("1/minute", None, False),
         ("1/hour", None, False), ("1/2 hours", None, True), ("1/day", None, True), ("1/day", DAY, False)],
    )  # fmt: skip
    def test_too_long(self, clocks: Clocks, text: str, longest: float | None, refused: bool) -> None:
        """What would wait for longer than it may is refused; who says nothing waits for an hour, not for tomorrow."""
        limits = limited(clocks, {"*": text}, longest_wait=longest)
        assert passed(limits, MODEL) == 1
        if refused:
            with pytest.raises(RateLimitError) as caught:
                limits._gate.check(limits.wait(MODEL), 0, MODEL)
            assert caught.value.retry_after == limits.wait(MODEL)
        else:
            limits._gate.check(limits.wait(MODEL), 0, MODEL)

    def test_of_one_limiter(self) -> None:
        """A limiter may wait for less, or for more, than the others; it counts along with them."""
        limits = RateLimits({"*": "1/second"}, longest_wait=0)
        assert passed(limits, MODEL) == 1
        patient, hasty = (limits.limiter(MODEL, longest_wait=longest) for longest in (5, 0.001))
        assert patient is not None
        assert hasty is not None
        assert patient.acquire()
        for limiter in (hasty, pickle.loads(pickle.dumps(hasty))):  # noqa: S301
            limiter.acquire(blocking=False)
            with pytest.raises(RateLimitError):
                limiter.acquire()
        with pytest.raises(ValueError, match="longest_wait=-1 is no time"):
            limits.limiter(MODEL, longest_wait=-1)

    def test_whole_wait(self) -> None:
        """The longest wait is that of all of a call's waits together; without one, a call may wait again and again."""
        gate = RateLimits({"*": "1/minute"}, longest_wait=100)._gate
        gate.check(60, 40, MODEL)
        with pytest.raises(RateLimitError):
            gate.check(60, 41, MODEL)
        RateLimits({"*": "1/minute"})._gate.check(60, 10**6, MODEL)

    async def test_refusal(self, clocks: Clocks) -> None:
        """A refusal says what is used up and until when, and comes from both styles."""
        limits = limited(clocks, {"*:free": "20/minute; 2/day"})
        assert passed(limits, FREE) == 2
        limiter = limits.limiter(FREE)
        assert limiter is not None
        with pytest.raises(RateLimitError) as first:
            limiter.acquire()
        with pytest.raises(RateLimitError) as second:
            await limiter.aacquire()
        for caught in (first, second):
            assert caught.value.retry_after == DAY / 2
            assert "author/one:free (20/minute; 2/day) is used up. The next call may pass in 43200 s" in str(
                caught.value
            )
            assert "Nothing was sent." in str(caught.value)
            assert "longest_wait" in str(caught.value)
        assert (limiter.acquire(blocking=False), await limiter.aacquire(blocking=False)) == (False, False)


class TestFreeTier:
    @pytest.mark.parametrize(("bought_credit", "of_a_day"), [(False, 50), (True, 1000)])
    def test_limits(self, clocks: Clocks, bought_credit: bool, of_a_day: int) -> None:
        """Twenty in a minute, and fifty in a day or a thousand, of all free models together."""
        limits = RateLimits.free_tier(bought_credit=bought_credit, longest_wait=5)
        limits._gate.counters = clocks.counters()
        calls = 0
        for number in range(60):
            calls += passed(limits, f"author/{number}:free", calls=30)
            clocks.wait(60)
        assert calls == of_a_day
        assert limits.limiter(MODEL) is None
        clocks.wait(limits.wait(FREE))
        assert clocks.time % DAY == 0
        assert passed(limits, FREE, calls=30) == 20
        assert "'longest_wait': 5" in repr(limits._options)


class TestObject:
    def test_pickled(self) -> None:
        """The copy for another process has the same settings; in memory, it counts for itself."""
        limits = RateLimits({"*": "2/minute"}, name="team", longest_wait=7, on_error="allow")
        assert passed(limits, MODEL) == 2
        again = pickle.loads(pickle.dumps(limits))  # noqa: S301
        assert repr(again) == repr(limits)
        assert repr(limits) == (
            "RateLimits({'*': '2/minute'}, storage='memory', name='team', longest_wait=7, on_error='allow')"
        )
        assert passed(again, MODEL) == 2
        limiter = pickle.loads(pickle.dumps(limits.limiter(MODEL)))  # noqa: S301
        assert repr(limiter) == repr(limits.limiter(MODEL)) == "<rate limit of author/one (2/minute)>"
        assert limiter.acquire(blocking=False)

    def test_copied(self) -> None:
        """The copy of a model shares the limits."""
        limits = RateLimits({"*": "2/minute"})
        limiter = limits.limiter(MODEL)
        assert copy.deepcopy([limits, limiter]) == [limits, limiter]

    @pytest.mark.parametrize(
        ("text", "why"),
        [("", "is no rate limit"), ("20", "is no rate limit"), ("20/fortnight", "is no rate limit"),
         ("20/minute foo", "is no rate limit"), ("-1/minute", "is no rate limit"), (20, "is no rate limit"),
         ("0/minute", "lets 0 calls pass"), ("5/minute; 1000001/day", "lets 1000001 calls pass"),
         ("5/month", "months and years differ"), ("5/minute, 5/year", "months and years differ"),
         ("5/366 days", "months and years differ")],
    )  # fmt: skip
    def test_bad_limits(self, text: Any, why: str) -> None:
        """What is no limit is refused at once, with its pattern and how to write it."""
        with pytest.raises(ValueError, match=rf"'\*:free': {text!r}:? {why}"):
            RateLimits({"*": "1/minute", "*:free": text})

    @pytest.mark.parametrize(
        ("options", "why"),
        [({"storage": "postgresql://ann:secret@host"}, r"storage='postgresql://\*\*\*@host' is no storage"),
         ({"storage": "redis"}, "storage='redis' is no storage"), ({"name": "a b"}, "name='a b' is no name"),
         ({"name": ""}, "name='' is no name"), ({"longest_wait": -1}, "longest_wait=-1 is no time"),
         ({"longest_wait": float("nan")}, "longest_wait=nan is no time"),
         ({"longest_wait": float("inf")}, "longest_wait=inf is no time"),
         ({"on_error": "ignore"}, "on_error='ignore' is not known")],
    )  # fmt: skip
    def test_bad_options(self, options: Any, why: str) -> None:
        """So are other values, without passwords."""
        with pytest.raises(ValueError, match=why) as caught:
            RateLimits({"*": "1/minute"}, **options)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("limits", ["20/minute", 5, None])
    def test_no_patterns(self, limits: Any) -> None:
        """A limit without a pattern is refused, with an example."""
        with pytest.raises(TypeError, match=r"is of no model. Pass patterns with their limits, such as {'\*'"):
            RateLimits(limits)


ABSENT = """
import sys
sys.modules[{package!r}] = None
from langchain_openrouter.routing.limiting import RateLimits
try:
    RateLimits({{"*": "1/minute"}}, storage="redis://127.0.0.1")
except ImportError as error:
    print(error.name, error)
"""


@pytest.mark.parametrize(("package", "extras"), [("limits", "limits"), ("redis", "limits,redis")])
def test_absent(package: str, extras: str) -> None:
    """Without a package the module can be imported, and its use says what to install."""
    command = [sys.executable, "-W", "error", "-c", ABSENT.format(package=package)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{package} Rate limits ")
    assert result.stdout.endswith(f'need the package {package}: pip install "langchain-openrouter-plus[{extras}]"\n')
