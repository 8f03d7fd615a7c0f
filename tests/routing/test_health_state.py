"""`Health` against a model in plain Python, which keeps all that it was told and counts anew each time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from langchain_openrouter.errors import BadGatewayError
from langchain_openrouter.routing.health import Health

MODELS = ["author/one", "author/other"]
PROVIDERS = ["Ann's", "Bob's", None]
KEYS = [(model, provider) for model in MODELS for provider in PROVIDERS]

FAILURES, WINDOW, COOL_DOWN, LONGEST = 3, 10, 8, 20
SLICE = WINDOW // 10

models = st.sampled_from(MODELS)
providers = st.sampled_from(PROVIDERS)
ages = st.none() | st.integers(0, 30)
retries = st.none() | st.integers(0, 40)


@dataclass
class Plain:
    """A breaker, as one would describe it to a friend."""

    probes: int
    opened: list[int] = field(default_factory=list)
    closes_at: int | None = None
    """When its time is over; `None` while it is closed."""
    cool_down: int = COOL_DOWN
    told: list[tuple[int, bool]] = field(default_factory=list)
    """Times of the calls since it last opened or closed, and whether they failed."""
    out: list[int] = field(default_factory=list)
    """When its probes began."""

    def state(self, now: int) -> str:
        if self.closes_at is None:
            return "closed"
        return "open" if now < self.closes_at else "half_open"

    def wait(self, now: int) -> int:
        state = self.state(now)
        if state == "open":
            return (self.closes_at or 0) - now
        ends = sorted(begin + COOL_DOWN for begin in self.out if begin + COOL_DOWN > now)
        return ends[0] - now if state == "half_open" and len(ends) >= self.probes else 0

    def admit(self, now: int) -> bool:
        passes = self.wait(now) == 0
        if passes and self.state(now) == "half_open":
            self.out = [*(begin for begin in self.out if begin + COOL_DOWN > now), now]
        return passes

    def is_news(self, now: int, age: int | None) -> bool:
        if age is None:
            return self.state(now) != "open"
        return not self.opened or now - age > self.opened[-1]

    def succeed(self, now: int, age: int | None) -> None:
        if self.is_news(now, age):
            if self.state(now) != "closed":
                self.closes_at, self.cool_down, self.told, self.out = None, COOL_DOWN, [], []
            self.told.append((now, False))

    def fail(self, now: int, age: int | None, retry: int | None) -> None:
        before, news = self.state(now), self.is_news(now, age)
        if news and before == "closed":
            self.told.append((now, True))
        if news and before == "half_open":
            self.cool_down = min(self.cool_down * 2, LONGEST)
        if retry:
            self.open(now, min(retry, LONGEST))
        elif news and (before == "half_open" or (before == "closed" and self.is_ill(now))):
            self.open(now, self.cool_down)

    def is_ill(self, now: int) -> bool:
        last = self.told[-FAILURES:]
        if len(last) == FAILURES and all(failed for _, failed in last) and now - last[0][0] <= WINDOW:
            return True
        recent = [failed for at, failed in self.told if at // SLICE > now // SLICE - 10]
        return len(recent) >= 20 and sum(recent) >= len(recent) / 2

    def open(self, now: int, seconds: int) -> None:
        if self.state(now) == "open":
            self.closes_at = max(self.closes_at or 0, now + seconds)
        else:
            self.opened.append(now)
            self.closes_at, self.told, self.out = now + seconds, [], []

    def end(self, now: int, age: int | None) -> None:
        if self.is_news(now, age):
            self.out = self.out[1:]


class Machine(RuleBasedStateMachine):
    """Tells the same to both, and compares what they say."""

    @initialize(probes=st.integers(1, 3))
    def begin(self, probes: int) -> None:
        self.now = 0
        self.read = 5000
        self.health = Health(
            failures=FAILURES,
            window=WINDOW,
            cool_down=COOL_DOWN,
            longest_cool_down=LONGEST,
            probes=probes,
            clock=lambda: self.read,
        )
        self.plain = {key: Plain(probes) for key in KEYS}
        self.is_known = False

    @rule(by=st.integers(0, 12))
    def let_time_pass(self, by: int) -> None:
        self.now += by
        self.read += by

    @rule(by=st.integers(1, 10_000))
    def set_the_clock_back(self, by: int) -> None:
        """Time stands still then. It is only noticed where the clock is looked at before."""
        self.health.failed("author/nobody", error=BadGatewayError("502", retry_after=math.nan))
        self.read -= by
        self.health.failed("author/nobody", error=asyncio.CancelledError())

    @rule(model=models, provider=providers, age=ages)
    def succeed(self, model: str, provider: str | None, age: int | None) -> None:
        self.health.succeeded(model, provider, duration_s=age)
        for name in {provider, None}:
            self.plain[model, name].succeed(self.now, age)

    @rule(model=models, provider=providers, age=ages, retry=retries, by_error=st.booleans(), times=st.integers(1, 3))
    def fail(self, *, model: str, provider: str | None, age: int | None, retry: int | None, by_error: bool,
             times: int) -> None:  # fmt: skip
        error = BadGatewayError("502", retry_after=retry, provider_name=provider if by_error else None)
        for _ in range(times):
            self.health.failed(model, None if by_error else provider, error=error, duration_s=age)
            for name in {provider, None}:
                self.plain[model, name].fail(self.now, age, retry if name == provider else None)

    @rule(model=models, provider=providers, calls=st.lists(st.booleans(), min_size=18, max_size=22))
    def call_often(self, model: str, provider: str | None, calls: list[bool]) -> None:
        for succeeds in calls:
            if succeeds:
                self.succeed(model, provider, None)
            else:
                self.fail(model=model, provider=provider, age=None, retry=None, by_error=False, times=1)

    @rule(model=models, provider=providers, age=ages)
    def end(self, model: str, provider: str | None, age: int | None) -> None:
        self.health.failed(model, provider, error=asyncio.CancelledError(), duration_s=age)
        for name in {provider, None}:
            self.plain[model, name].end(self.now, age)

    @rule(model=models, provider=providers)
    def admit(self, model: str, provider: str | None) -> None:
        assert self.health.admit(model, provider) == self.plain[model, provider].admit(self.now)

    @invariant()
    def agree(self) -> None:
        for (model, provider), plain in self.plain.items():
            assert self.health.state(model, provider) == plain.state(self.now)
            assert self.health.wait(model, provider) == plain.wait(self.now)
        assert self.health.snapshot(MODELS) == [self.plain[model, None].wait(self.now) for model in MODELS]
        for model in MODELS:
            ailing = [each for each in PROVIDERS if each and self.plain[model, each].state(self.now) == "open"]
            assert self.health.ailing_providers(model) == tuple(ailing)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
