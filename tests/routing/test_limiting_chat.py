"""Rate limits as the `rate_limiter` of a `ChatOpenRouter`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter import ChatOpenRouter, RateLimitError
from langchain_openrouter.emulator import Emulator
from langchain_openrouter.routing.limiting import RateLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.helpers.styles import Ask

FREE, PAID = "openai/gpt-oss-20b:free", "openai/gpt-4o-mini"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Serve an emulator that has seen nobody: it counts requests of free models, as OpenRouter does."""
    with Emulator(credits=None, seed=7) as emulator:
        yield emulator


def model_of(emulator: Emulator, limits: RateLimits, model: str = FREE) -> ChatOpenRouter:
    """Give a model that asks the emulator, within limits."""
    options: dict[str, Any] = {"base_url": emulator.base_url, "api_key": emulator.api_key, "max_retries": 0}
    return ChatOpenRouter(model=model, rate_limiter=limits.limiter(model), **options)


def test_a_model(emulator: Emulator, ask: Ask) -> None:
    """As many calls are sent as may be; the next one is refused before it is sent, in each call style."""
    limits = RateLimits({"*:free": "2/hour"}, longest_wait=1)
    model = model_of(emulator, limits)
    before = len(emulator.requests)

    assert ask(model).text
    assert ask(model.model_copy(deep=True)).text
    with pytest.raises(RateLimitError, match="Nothing was sent") as caught:
        ask(model)

    assert caught.value.retry_after is not None
    assert 3000 < caught.value.retry_after <= 3600
    assert len(emulator.requests) - before == 2


def test_no_limit(emulator: Emulator, ask: Ask) -> None:
    """A model that fits no pattern has no limiter, and answers as ever."""
    limits = RateLimits({"*:free": "1/hour"}, longest_wait=0)
    model = model_of(emulator, limits, PAID)

    assert model.rate_limiter is None
    assert [bool(ask(model).text) for _ in range(3)] == [True] * 3


def test_fallback(emulator: Emulator, ask: Ask) -> None:
    """When the free tier is used up, a fallback answers."""
    limits = RateLimits({"*:free": "1/hour"}, longest_wait=0)
    model = model_of(emulator, limits).with_fallbacks(
        [model_of(emulator, limits, PAID)], exceptions_to_handle=(RateLimitError,)
    )

    assert [ask(model).response_metadata["model_name"] for _ in range(3)] == [FREE, PAID, PAID]


async def test_batch(emulator: Emulator) -> None:
    """A batch waits for its places."""
    model = model_of(emulator, RateLimits({"*": "4/second"}), PAID)

    answers = [*await model.abatch(["Hello"] * 6), *model.batch(["Hello"] * 3)]

    assert [bool(answer.text) for answer in answers] == [True] * 9


def test_free_tier(emulator: Emulator) -> None:
    """The limits of the free tier keep us from being refused by OpenRouter: what we send is answered."""
    model = model_of(emulator, RateLimits.free_tier(longest_wait=0))
    answered = 0
    for _ in range(25):
        try:
            answered += bool(model.invoke("Hello").text)
        except RateLimitError as error:
            assert "Nothing was sent" in error.message  # noqa: PT017  # some calls are answered

    assert answered == len(emulator.requests) == 20
    with pytest.raises(RateLimitError, match="OpenRouter answered 429"):
        model.model_copy(update={"rate_limiter": None}).invoke("Hello")
