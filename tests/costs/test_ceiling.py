"""The dearest prices of a model are never below what a usage comes to."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.catalog import Catalog, Model
from langchain_openrouter.costs.ceiling import Ceiling, ceiling_of
from tests.costs import made

if TYPE_CHECKING:
    from decimal import Decimal

    from langchain_openrouter.costs import Usage

times = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


def model_of(pricing: dict[str, Any], outputs: tuple[str, ...] = ("text", "audio", "image")) -> Model:
    """Give a model with these prices."""
    return Catalog.from_response([made.model("acme/model", pricing, outputs)]).lookup("acme/model")


@given(made.pricings(), made.usages(searches=False), times)
def test_never_too_low(pricing: dict[str, Any], used: Usage, at: dt.datetime) -> None:
    """Whatever a prompt and an answer consist of, they cost no more than the ceiling says."""
    ceiling = ceiling_of(model_of(pricing), used.prompt or 0, at, audio=True)

    assert ceiling is not None
    most = ceiling.cost(used.prompt or 0, used.completion or 0)
    assert Fraction(most) >= made.reference(pricing, used, at)


@given(made.pricings(), made.usages(searches=False), times, st.integers(0, 40))
def test_shorter_prompts(pricing: dict[str, Any], used: Usage, at: dt.datetime, more: int) -> None:
    """The ceiling of the longest that a prompt may be holds for a shorter one, whichever tier that meets."""
    longest = (used.prompt or 0) + more
    ceiling = ceiling_of(model_of(pricing), longest, at, audio=True)

    assert ceiling is not None
    assert Fraction(ceiling.cost(longest, used.completion or 0)) >= made.reference(pricing, used, at)


@given(st.builds(Ceiling, *[st.decimals(0, "0.001", places=9)] * 4), st.decimals(0, 5, places=9), st.integers(0, 1000))
def test_longest(ceiling: Ceiling, amount: Decimal, prompt: int) -> None:
    """An answer of the longest length is paid for, and one token more is not."""
    longest = ceiling.longest(amount, prompt)

    if longest is None:
        assert ceiling.cost(prompt, 0) > amount or not ceiling.completion
    else:
        assert ceiling.cost(prompt, longest) <= amount < ceiling.cost(prompt, longest + 1)


def test_unknown() -> None:
    """Where a price is decided per request, there is no ceiling."""
    assert ceiling_of(model_of({"prompt": "-1", "completion": "-1"}), 10, dt.datetime.now(dt.UTC)) is None
