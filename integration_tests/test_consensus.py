"""Consensus over the wire: structured answers, what a judge costs, budgets, and typed errors."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from integration_tests.support import whole
from langchain_openrouter import BudgetExceededError, RateLimitError, ServiceUnavailableError
from langchain_openrouter.agreement import JudgeAgreement
from langchain_openrouter.emulator import Fault
from langchain_openrouter.evaluation.polling.consensus import aconsensus, consensus

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration_tests.support import Served
    from langchain_openrouter import ChatOpenRouter
    from langchain_openrouter.evaluation.polling.voting import Consensus

MODELS = ["openai/gpt-4o-mini", "openai/gpt-4.1-nano", "openai/gpt-4o"]


def wait_for_aconsensus(*args: Any, **options: Any) -> Consensus:
    """Run `aconsensus` to its end."""
    return asyncio.run(aconsensus(*args, **options))


@pytest.fixture(params=[consensus, wait_for_aconsensus], ids=["consensus", "aconsensus"])
def find(request: pytest.FixtureRequest) -> Callable[..., Consensus]:
    """Both ways."""
    way: Callable[..., Consensus] = request.param
    return way


def models(served: Served, **fields: Any) -> list[ChatOpenRouter]:
    """Give three models."""
    return [served.model(model, **{"max_tokens": 60, **fields}) for model in MODELS]


def says(served: Served, model: str, answer: Any, **more: Any) -> None:
    """Let a model answer this from now on."""
    answered = whole({"content": answer if isinstance(answer, str) else json.dumps(answer)}, **more)
    served.fail(Fault(kind="status", status=200, content_type=answered.content_type, body=answered.body, model=model))


def calls(served: Served, model: str, tool: str, /, **arguments: Any) -> None:
    """Let a model call this tool from now on, which is how it is asked for a schema."""
    call = {"id": "1", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    answered = whole({"content": None, "tool_calls": [call]}, "tool_calls")
    served.fail(Fault(kind="status", status=200, content_type=answered.content_type, body=answered.body, model=model))


class City(BaseModel):
    name: str
    people: int


class Town(TypedDict):
    """A town."""

    name: str
    people: int


class TestVote:
    def test_cost(self, served: Served, find: Callable[..., Consensus]) -> None:
        """The cost is what was billed, to the last digit."""
        before = served.emulator.spent
        found = find("Say 'good morning'", models(served))

        assert (found.reached, found.share, found.text) == (True, 1.0, "good morning")
        assert (found.cost, found.unpriced_calls) == (served.emulator.spent - before, 0)
        assert found.groups[0].cost == found.cost
        assert found.groups[0].models == tuple(MODELS)

    def test_cost_of_an_agreement(self, served: Served, find: Callable[..., Consensus]) -> None:
        """What an agreement asks a model is in the cost."""
        for model, answer in zip(MODELS, ["Paris", "The city of light", "Lyon"], strict=True):
            usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "cost": 0.5}
            says(served, model, answer, usage=usage, id=f"gen-{model}")
        before = served.emulator.spent
        judge = served.model("anthropic/claude-sonnet-4.5", max_tokens=60)
        found = find("Which city?", models(served), agreement=JudgeAgreement(judge))

        assert served.emulator.spent > before
        assert (found.cost, found.unpriced_calls) == (Decimal("1.5") + served.emulator.spent - before, 0)

    def test_typed_errors(self, served: Served, find: Callable[..., Consensus]) -> None:
        """A model that is down stops nobody; when all are, the last one's own error is raised."""
        served.fail(Fault(kind="status", status=503, model=MODELS[2], retry_after=7))
        found = find("Say 'good morning'", models(served))
        assert (found.reached, found.share) == (True, 2 / 3)
        assert found.failures[0].model == MODELS[2]

        served.fail(*(Fault(kind="status", status=429, model=model) for model in MODELS[:2]))
        with pytest.raises(ServiceUnavailableError) as raised:
            find("Say 'good morning'", models(served))
        assert raised.value.retry_after == 7

    def test_a_budget_holds(self, served: Served, find: Callable[..., Consensus]) -> None:
        """Who does not fit into the budget has failed; the others answer."""
        found = find("Say 'good morning'", models(served, max_tokens=1000), budget="$0.002", max_concurrency=3)

        assert [trial.model for trial in found.failures] == ["openai/gpt-4o"]
        assert found.failures[0].refused
        assert found.cost is not None
        assert found.cost <= Decimal("0.002")
        with pytest.raises(BudgetExceededError):
            find("Say 'good morning'", models(served), budget=0)


class TestStructured:
    @pytest.mark.parametrize("schema", [City, Town, City.model_json_schema()], ids=["pydantic", "typed dict", "JSON"])
    def test_field_by_field(self, served: Served, find: Callable[..., Consensus], schema: Any) -> None:
        """Each field is voted on by itself; who fails counts as one who differs."""
        tool = "Town" if schema is Town else "City"
        calls(served, MODELS[0], tool, name="Paris", people=2_000_000)
        calls(served, MODELS[1], tool, name="paris", people=3_000_000)
        calls(served, MODELS[2], tool, name="Paris", people=12)
        found = find("Which city?", models(served), method="structured", schema=schema)

        assert found.value == {"name": "Paris", "people": None}
        assert (found.disputed, found.reached, found.share) == (("people",), False, 1 / 3)
        assert found.fields[0].share == 1.0

    def test_all_agree(self, served: Served, find: Callable[..., Consensus]) -> None:
        """Where all fields are agreed on, so is the answer."""
        found = find("Which city?", models(served), method="structured", schema=City)

        assert (found.reached, found.disputed) == (True, ())
        assert City(**found.value).model_dump() == found.value

    def test_who_breaks_the_schema_fails(self, served: Served, find: Callable[..., Consensus]) -> None:
        """An answer that is not of the schema is a failure."""
        says(served, MODELS[0], "It is Paris.")
        found = find("Which city?", models(served), method="structured", schema=City)

        assert [trial.model for trial in found.failures] == [MODELS[0]]
        assert found.fields[0].share == 2 / 3


class TestJudge:
    def test_cost(self, served: Served, find: Callable[..., Consensus]) -> None:
        """The judge's call is in the cost."""
        verdict = {"groups": [[1, 2, 3]], "answer": "Good morning to you."}
        usage = {"prompt_tokens": 90, "completion_tokens": 20, "total_tokens": 110, "cost": 0.25}
        says(served, "anthropic/claude-sonnet-4.5", verdict, usage=usage)
        before = served.emulator.spent
        judge = served.model("anthropic/claude-sonnet-4.5")
        found = find("Say 'good morning'", models(served), method="judge", judge=judge)

        assert (found.reached, found.text, found.share) == (True, "Good morning to you.", 1.0)
        assert (found.cost, found.unpriced_calls) == (served.emulator.spent - before + Decimal("0.25"), 0)
        assert len(served.bodies) == 4

    def test_a_judge_that_is_down(self, served: Served, find: Callable[..., Consensus]) -> None:
        """A judge that is down loses no answer."""
        served.fail(Fault(kind="status", status=429, model="anthropic/claude-sonnet-4.5"))
        judge = served.model("anthropic/claude-sonnet-4.5")
        found = find("Say 'good morning'", models(served), method="judge", judge=judge)

        assert (found.reached, found.text) == (False, "good morning")
        assert (found.error or "").startswith(f"{RateLimitError.__name__}: ")
