"""The decision itself: a pure function, over any candidates, needs and demands."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from langchain_openrouter.errors import NoCandidateError
from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policy import NamedPolicy, as_policy
from tests.routing.drawn import decision_of, requests
from tests.routing.made import PICTURE, TOOL, decided, made

if TYPE_CHECKING:
    from langchain_openrouter.routing.policy import Scores

SLOWLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BY_PLACE = {"round_robin", "explore"}
"""Policies that go by the user's order."""


@SLOWLY
@given(requests())
def test_nobody_is_lost(request: dict[str, Any]) -> None:
    """Every candidate is either an option or rejected with a reason, and none is both."""
    decision = decision_of(request)
    names = request["candidates"]
    if isinstance(decision, NoCandidateError):
        assert decision.rejected.keys() == set(names)
        return

    assert sorted([*decision.options.models, *decision.rejected]) == sorted(names)
    assert sorted(decision.ordered) == sorted(decision.options.models)
    assert [name for name in names if name in decision.rejected] == list(decision.rejected)
    assert [name for name in names if name not in decision.rejected] == list(decision.options.models)
    assert all(each.reason for each in decision.rejected.values())


@SLOWLY
@given(requests())
def test_the_best_is_chosen(request: dict[str, Any]) -> None:
    """The chosen one is the first in order, with the best score; scores fall in that order, unknowns come last."""
    decision = decision_of(request)
    assume(not isinstance(decision, NoCandidateError))
    assert not isinstance(decision, NoCandidateError)
    scores = decision.scores
    assert list(scores.items()) == list(zip(decision.options.models, decision.points, strict=True))
    ordered = [scores[name] for name in decision.ordered]
    known = [score for score in ordered if score is not None]

    assert (decision.chosen, *decision.alternatives) == decision.ordered
    assert ordered == sorted(known, reverse=True) + [None] * (len(ordered) - len(known))
    equals = [name for name in decision.ordered if scores[name] == ordered[0]]
    costs = [cost for name in equals if (cost := decision.cost_of(name)) is not None]
    assert decision.estimated_cost == min(costs, default=None)


@SLOWLY
@given(requests(), st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(request: dict[str, Any], shuffle: Any) -> None:
    """In another order the same one is chosen, but for exact ties; the same are rejected, for the same reasons."""
    policy = as_policy(request["policy"])
    assume(isinstance(policy, NamedPolicy) and policy.name not in BY_PLACE)
    order = list(range(len(request["candidates"])))
    shuffle.shuffle(order)
    here, there = decision_of(request), decision_of(request, order)
    if isinstance(here, NoCandidateError) or isinstance(there, NoCandidateError):
        assert isinstance(here, NoCandidateError)
        assert isinstance(there, NoCandidateError)
        assert here.rejected == there.rejected
        return

    assert (dict(here.rejected), here.waived, here.last_resort) == (
        dict(there.rejected),
        there.waived,
        there.last_resort,
    )
    if here.chosen != there.chosen:
        tie = {name: (here.cost_of(name), _quality(here.options, name)) for name in (here.chosen, there.chosen)}
        assert len(set(tie.values())) == 1 or here.scores[here.chosen] == here.scores[there.chosen]
        assert here.estimated_cost == there.estimated_cost


def _quality(options: Options, name: str) -> float | None:
    return options.qualities[options.models.index(name)]


@settings(SLOWLY, max_examples=60)
@given(requests())
def test_a_pure_function(request: dict[str, Any]) -> None:
    """The same inputs give the same record, and stay as they were."""
    before = copy.deepcopy({name: value for name, value in request.items() if name != "policy"})
    first, second = decision_of(request), decision_of(request)

    assert {name: value for name, value in request.items() if name != "policy"} == before
    if isinstance(first, NoCandidateError):
        assert str(first) == str(second)
        assert pickle.loads(pickle.dumps(first)).rejected == first.rejected  # noqa: S301
        return
    assert not isinstance(second, NoCandidateError)
    assert first == second
    assert first.record() == second.record()
    assert hash(first) == hash(second)


IN_ANOTHER_PROCESS = """
import json
from langchain_core.messages import HumanMessage
from tests.routing.made import PICTURE, made, decided
sound = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}
text = {"architecture": {"input_modalities": ["text"], "output_modalities": ["text"]}}
asked = {"modalities": ["image", "audio"], "response_format": {"type": "json_object"}}
able = made("a/able", outputs=("text", "image", "audio"))
eyes = {"architecture": {"input_modalities": ["text", "image", "audio"], "output_modalities": ["text"]}}
decision = decided([made("a/deaf", **text), made("a/mute", **eyes), able], [HumanMessage([PICTURE, sound])], asked)
print(json.dumps(decision.record()))
"""


def test_the_same_in_every_process() -> None:
    """The record is the same to the byte in processes that order sets in other ways: so can an auditor compare it."""
    records = {
        subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": ":".join(sys.path), "OPENROUTER_CATALOG_CACHE": "off"},
        ).stdout
        for seed in range(4)
    }

    assert len(records) == 1


class TestNobody:
    MODELS = (made("a/one", supported_parameters=["seed"]), made("a/two", context_length=600), made("b/three"))

    def test_the_message(self) -> None:
        """It counts the reasons, gives examples, and says what to do; the error has all of them."""
        with pytest.raises(NoCandidateError) as caught:
            decided(self.MODELS, "word" * 400, {"tools": [TOOL]}, deny=["b/*"])
        message = str(caught.value)

        assert message.startswith("None of the 3 models can answer (")
        for said in ("1 by parameter", "1 by context", "1 by denied", "a/one: it does not support `tools`"):
            assert said in message
        assert message.endswith("Add candidates, loosen the constraints, or ask for less.")
        assert caught.value.rejected.keys() == {"a/one", "a/two", "b/three"}

    def test_of_hundreds(self) -> None:
        """Of hundreds it gives five examples; the error has all."""
        with pytest.raises(NoCandidateError) as caught:
            decided([made(f"a/{i}") for i in range(300)], deny=["a/*"])

        assert "None of the 300 models can answer (300 by denied)" in str(caught.value)
        assert str(caught.value).count("a/") == 5
        assert len(caught.value.rejected) == 300

    def test_the_policy_is_not_asked(self) -> None:
        """Where nobody can answer, no policy has to deal with that."""

        def mine(options: Options, situation: Situation) -> Scores:
            raise AssertionError

        with pytest.raises(NoCandidateError):
            decided(self.MODELS, deny=["*"], policy=mine)


def test_what_a_policy_is_told() -> None:
    """A policy sees the options with their figures, in the user's order, and the situation as it is."""
    told: list[Any] = []

    def mine(options: Options, situation: Situation) -> Scores:
        told.append((list(options.models), list(options.qualities), options.tiers, situation))
        return [0.0] * len(options)

    here = Situation("code", "complex", "a/one", 5, 0.25)
    decided([made("a/one", quality=30), made("b/out"), "a/unknown"], policy=mine, situation=here, deny=["b/*"])

    assert told[0][0] == ["a/one", "a/unknown"]
    assert told[0][1] == [30, None]
    assert told[0][3] is here


def test_expected_times() -> None:
    """How long an answer takes counts its length: typical, or as limited, and longer of a model that thinks."""
    from langchain_openrouter.routing.speeds import Speed

    thinker = made("a/thinker", reasoning={"mandatory": True})
    models = [made("a/one"), thinker, made("a/whole"), made("a/unknown")]
    speeds = {"a/one": Speed(0.5, 100.0), "a/thinker": Speed(0.5, 100.0), "a/whole": Speed(answer_s=4.0)}

    assert list(decided(models, moment={"speeds": speeds}).options.seconds) == [5.5, 20.5, 4.0, None]
    limited = decided(models, arguments={"max_tokens": 50}, moment={"speeds": speeds})
    assert list(limited.options.seconds) == [1.0, 1.0, 4.0, None]
    ordered = decided(models, moment={"speeds": speeds}, policy="fastest").ordered
    assert ordered == ("a/whole", "a/one", "a/thinker", "a/unknown")
    assert decided(models, [HumanMessage([PICTURE])]).options.seconds == [None] * 4
