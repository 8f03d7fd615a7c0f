"""What a cascade saved, also with models whose prices no catalog knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from langchain_openrouter import Cascade, ModelRouter, OverloadedError
from langchain_openrouter.cascade import Agreed, Outlay, Savings, Verifier
from tests.helpers.scripted import Scripted


def test_the_last_models_own_bills_stand_for_its_unknown_price() -> None:
    """Eight of ten answers are accepted: 10 times 0.002 and 2 times 0.1, against 10 times 0.1."""
    agree = ["x"] * 8
    cheap = [
        Scripted(model="plain/one", says=["a", "a", *agree], cost=0.001),
        Scripted(model="plain/two", says=["b", "b", *agree], cost=0.001),
    ]
    cascade = Cascade(models=[*cheap, Scripted(model="plain/big", says=["y"], cost=0.1)], accept=Agreed(by="text"))

    answers = [cascade.invoke("?") for _ in range(10)]

    savings = cascade.savings
    assert (savings.calls, savings.accepted) == (10, 8)
    assert (savings.cost, savings.cost_of_last) == (Decimal("0.220"), Decimal("1.0"))
    assert savings.saved == pytest.approx(0.78)
    assert answers[-1].response_metadata["cascade"]["saved"] == pytest.approx(0.98)


def test_answers_before_the_first_bill_count_as_soon_as_there_is_one() -> None:
    """Whichever comes first, the sum is the same; before, nobody knows."""
    savings = Savings()
    savings.count(Outlay(Decimal("0.002"), None), accepted=True)
    assert savings.saved is None

    savings.count(Outlay(Decimal("0.102"), Decimal("0.1")), accepted=False)

    assert savings.cost_of_last == Decimal("0.2")
    assert savings.saved == pytest.approx(0.48)


def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    """Unknown is not zero."""
    savings = Savings()
    savings.count(Outlay(None, Decimal("0.1")), accepted=False)

    assert (savings.cost, savings.saved) == (None, None)


def test_a_router_as_the_last_model_is_counted_with_all_its_attempts() -> None:
    """What its failed attempts cost is in the cascade's cost."""
    partial = AIMessage("half", response_metadata={"cost": 0.02})
    broken = OverloadedError("Too much.", partial_message=partial)
    router = ModelRouter(
        candidates=[Scripted(model="a/one", says=[broken]), Scripted(model="a/two", says=["z"], cost=0.05)],
        policy="round_robin",
    )
    cheap = [Scripted(model=f"cheap/{i}", says=[said], cost=0.001) for i, said in enumerate("xy")]

    answer = Cascade(models=[cheap, router], accept=Agreed(by="text")).invoke("?")

    assert answer.response_metadata["cascade"]["cost"] == "0.072"
    assert answer.response_metadata["routing"]["model"] == "a/two"


def test_a_verifier_that_fails_convinces_nobody() -> None:
    """The dearer model answers; a verifier made of an id gets the cascade's fields."""
    verifier = Verifier(Scripted(model="judge/one", says=[OverloadedError("Too much.")]))
    cascade = Cascade(models=[Scripted(model="a/b", says=["x"]), Scripted(model="c/d", says=["y"])], accept=verifier)

    answer = cascade.invoke("?")

    assert answer.text == "y"
    assert "OverloadedError" in answer.response_metadata["cascade"]["reason"]


@pytest.mark.parametrize("temperature", [0.0, 0.2])
def test_a_temperature_that_somebody_has_set_stays(temperature: float) -> None:
    """Only a model that says nothing gets the one for samples."""

    class Warm(Scripted):
        temperature: float | None = None

    cheap = Warm(model="a/b", says=["x"], temperature=temperature)

    Cascade(models=[cheap, Scripted(model="c/d")], accept=Agreed(by="text")).invoke("?")

    assert all("temperature" not in call for call in cheap.asked)


def test_arguments_of_openrouter_do_not_reach_models_of_others() -> None:
    """They would refuse them; others reach them."""
    cheap: list[Any] = [Scripted(model=f"cheap/{i}", says=["x"]) for i in range(2)]

    Cascade(models=[*cheap, Scripted(model="c/d")], accept=Agreed(by="text")).invoke(
        "?", session_id="s", provider={"zdr": True}, deadline=3, top_p=0.5
    )

    assert [set(model.asked[0]) - {"messages"} for model in cheap] == [{"top_p"}] * 2
