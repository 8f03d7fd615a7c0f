"""What a router promises, with chat models that say what they are told."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.messages import AIMessage
from langchain_core.rate_limiters import InMemoryRateLimiter

from langchain_openrouter import Cascade, DeadlineExceededError, ModelRouter, RoutingDecision
from langchain_openrouter.catalog import Model
from langchain_openrouter.routing import Candidate, Options, RateLimits, Situation, pareto, sticky
from langchain_openrouter.routing.failures import remedy_of
from tests.helpers.scripted import Scripted


def in_order(options: Options, _: Situation) -> list[float]:
    """Prefer what stands first."""
    return [-float(i) for i in range(len(options))]


def two(**fields: Any) -> tuple[ModelRouter, list[Scripted]]:
    """A router over two models of another provider, in their order."""
    models = [Scripted(model="a/one", says=["1"], cost=0.001), Scripted(model="a/two", says=["2"], cost=0.002)]
    return ModelRouter(candidates=models, **{"policy": in_order, **fields}), models


@pytest.mark.parametrize("arguments", [{"model": "b/three"}, {"models": ["b/three"]}])
def test_a_call_cannot_go_around_the_candidates(arguments: dict[str, Any]) -> None:
    """No constraint would hold for a model that the call names itself."""
    router, models = two()

    with pytest.raises(ValueError, match="goes around the router"):
        router.invoke("?", **arguments)
    assert not any(model.asked for model in models)


@pytest.mark.parametrize("field", [{"cache": InMemoryCache()}, {"rate_limiter": InMemoryRateLimiter()}])
@pytest.mark.parametrize("made", [ModelRouter, Cascade])
def test_what_only_models_can_keep_to_is_refused(made: type, field: dict[str, Any]) -> None:
    """A cache or a limiter that is silently not used would be worse."""
    key = "candidates" if made is ModelRouter else "models"
    with pytest.raises(ValueError, match="belongs to the models that answer"):
        made(**{key: ["a/b", "c/d", "e/f"], **field})


def test_limits_are_of_models_whatever_candidates_are_called() -> None:
    """A limit of free models holds for one that is called otherwise."""
    models = [Scripted(model="a/one:free", says=["1"]), Scripted(model="a/two", says=["2"])]
    router = ModelRouter(
        candidates=[Candidate(models[0], name="gratis"), models[1]],
        policy=in_order,
        rate_limits=RateLimits({"*:free": "1/hour"}),
    )

    assert [router.invoke("?").text for _ in range(2)] == ["1", "2"]
    told = router.invoke("?").response_metadata["routing"]
    assert [(each["model"], each["error"]) for each in told["attempts"]] == [
        ("gratis", "NoPlaceError"),
        ("a/two", None),
    ]


def test_a_full_limit_says_nothing_about_health() -> None:
    """Nothing was sent, so no breaker hears of it."""
    router, _ = two(rate_limits=RateLimits({"a/one": "1/hour"}))
    for _ in range(12):
        router.invoke("?")

    assert router.health.state("a/one") == "closed"


def test_the_deadline_begins_with_the_call() -> None:
    """What a classifier takes is taken from it."""
    slow = Scripted(model="classifier/one", says=["code"], seconds=0.3)
    router, models = two(tasks=slow, deadline=0.2)

    with pytest.raises(DeadlineExceededError):
        router.invoke("?")
    assert not any(model.asked for model in models)


class Warm(Exception):  # noqa: N818
    """An error of a package that nobody knows."""


@pytest.mark.parametrize(
    ("told", "remedy"),
    [
        ({"status_code": 503}, "next"),
        ({"code": 503}, "next"),
        ({"response": {"ResponseMetadata": {"HTTPStatusCode": 429}}}, "next"),
        ({"status_code": 404}, "next"),
        ({"status_code": 413}, "larger"),
        ({"status_code": 401}, "raise"),
        ({"code": "overloaded"}, "raise"),
        ({}, "raise"),
    ],
)
def test_errors_of_other_packages_are_known_by_their_status(told: dict[str, Any], remedy: str) -> None:
    """Wherever they have it."""
    error = Warm("It went wrong.")
    vars(error).update(told)

    assert remedy_of(error) == remedy


def test_a_rating_of_nobody_is_a_slip() -> None:
    """It would count for nothing, silently."""
    with pytest.raises(ValueError, match="a/onne"):
        two(quality={"a/onne": 0.5})[0].decide("?")


def test_the_tasks_usual_settings_yield_to_what_is_said() -> None:
    """By the call, or by the router's own fields."""
    router, models = two(task_settings={"code": {"temperature": 0.2, "max_tokens": 400}}, tasks=lambda _: "code")
    router.invoke("?", max_tokens=50)

    asked = {name: value for name, value in models[0].asked[0].items() if name != "messages"}
    assert asked == {"temperature": 0.2, "max_tokens": 50}
    assert router.decide("?").needs.max_tokens == 400
    assert two(
        task_settings={"code": {"max_tokens": 400}}, tasks=lambda _: "code", max_tokens=77
    )[0].decide("?").needs.max_tokens == 77  # fmt: skip


def test_an_answer_without_a_bill_costs_what_the_facts_say() -> None:
    """Models that no catalog knows can be given prices."""
    usage: Any = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    facts = Model.from_record({"id": "plain", "pricing": {"prompt": "0.000001", "completion": "0.00001"}})
    model = Scripted(model="plain", says=[AIMessage("x", usage_metadata=usage)])

    told = ModelRouter(candidates=[Candidate(model, facts=facts)]).invoke("?").response_metadata["routing"]

    assert Decimal(told["attempts"][0]["cost"]) == Decimal("0.002")


def test_the_inner_routers_record_is_kept() -> None:
    """A router among the candidates tells its part."""
    inner, _ = two()
    told = ModelRouter(candidates=[inner]).invoke("?").response_metadata["routing"]

    assert told["inner"]["model"] == "a/one"
    assert told["attempts"][0]["cost"] == "0.001"


def test_the_record_in_an_answer_is_json_and_can_be_rebuilt() -> None:
    """Also of a policy inside of another."""
    router, _ = two(policy=sticky(then=pareto(min_quality=1)), quality={"a/one": 0.5, "a/two": 0.7})
    told = router.invoke("?").response_metadata["routing"]

    decision = RoutingDecision.from_record(json.loads(json.dumps(told)))
    assert decision.rebuild() == decision
