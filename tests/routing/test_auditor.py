"""An auditor can rebuild any decision from its record."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from langchain_openrouter.errors import NoCandidateError
from langchain_openrouter.routing.constraints import Constraints
from langchain_openrouter.routing.deciding import Moment, Terms, decide
from langchain_openrouter.routing.decision import RoutingDecision
from langchain_openrouter.routing.options import Situation
from langchain_openrouter.routing.policy import policy_of_record
from tests.routing.drawn import any_request, decision_of
from tests.routing.made import snapshot, table_of


def decisions(seed: int, count: int, **fixed: Any) -> list[RoutingDecision]:
    """Make so many decisions over the real catalog; those that find nobody are not counted."""
    chance = random.Random(seed)
    found: list[RoutingDecision] = []
    while len(found) < count:
        decision = decision_of({**any_request(chance), **fixed})
        if not isinstance(decision, NoCandidateError):
            found.append(decision)
    return found


def test_two_hundred_decisions() -> None:
    """From 200 records as JSON, the policy makes the same decision again: chosen, order, scores, reasons, all of it."""
    for decision in decisions(5, 200):
        text = json.dumps(decision.record(), allow_nan=False)
        read = RoutingDecision.from_record(json.loads(text))
        again = read.rebuild()

        assert again == read == decision
        assert json.dumps(again.record()) == text
        assert again.scores == decision.scores
        assert again.ordered == decision.ordered


def test_from_the_catalog_up() -> None:
    """With the catalog of that day, and where nothing was measured, the record tells enough to sift anew, too."""
    for decision in decisions(6, 60, moment={"waits": [], "speeds": {}}):
        record = json.loads(json.dumps(decision.record()))
        read = RoutingDecision.from_record(record)
        table = table_of([*read.options.models, *read.rejected], snapshot())
        constraints = Constraints(**record["constraints"])
        policy = policy_of_record(read.policy, read.policy_arguments)
        assert policy is not None
        terms = Terms(table, constraints, policy, constraints.lasting(table, read.at.date()))
        again = decide(terms, Moment(read.at), read.needs, read.situation, read.task_reason)

        assert again.chosen == decision.chosen
        assert again.ordered == decision.ordered
        assert again.scores == decision.scores
        assert dict(again.rejected) == dict(decision.rejected)
        assert again.waived == decision.waived


@pytest.mark.parametrize("seed", range(3))
def test_the_draws_of_the_auditor_are_of_every_kind(seed: int) -> None:
    """Among the audited decisions are many policies, demands and reasons: the audit means something."""
    made = decisions(seed, 100)

    assert len({decision.policy for decision in made}) == 9
    assert len({each.rule for decision in made for each in decision.rejected.values()}) >= 10
    assert len({decision.chosen for decision in made}) > 20
    assert Situation() != made[0].situation
