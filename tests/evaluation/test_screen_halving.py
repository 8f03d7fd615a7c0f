"""How many prompts each stage of a screening asks, and how many models go on."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.evaluation.screening.halving import Part, StagePlan, draw, places, plan_stages

counts = st.integers(1, 200)
shares = st.floats(0.01, 0.99)


class TestDefaultPlan:
    @pytest.mark.parametrize(
        ("models", "prompts", "stages", "asked"),
        [
            (1, 5, (5,), [1]),
            (2, 10, (10,), [2]),
            (3, 12, (3, 8), [3, 2]),
            (4, 40, (10, 30), [4, 2]),
            (8, 40, (7, 20, 40), [8, 4, 2]),
            (16, 100, (13, 38, 88, 100), [16, 8, 4, 2]),
            (32, 100, (10, 30, 70, 100), [32, 16, 8, 4]),
            (8, 3, (1, 2, 3), [8, 4, 2]),
            (8, 1, (1,), [8]),
        ],
    )
    def test_known(self, models: int, prompts: int, stages: tuple[int, ...], asked: list[int]) -> None:
        """Stages have about as many calls each, end at all prompts at most, and halve the models."""
        plan = plan_stages(models, prompts)

        assert (plan.stages, plan.models(models)) == (stages, asked)

    @given(models=st.integers(3, 300), prompts=st.integers(1, 2000))
    def test_half_of_the_grid(self, models: int, prompts: int) -> None:
        """From three models on, about half of the full grid is asked, or less: rounding to whole prompts may add."""
        plan = plan_stages(models, prompts)

        assert plan.calls(models) <= models * prompts / 2 + models * len(plan.stages)

    @given(models=counts, prompts=counts, keep=shares)
    def test_rising(self, models: int, prompts: int, keep: float) -> None:
        """However much is kept, stages rise, start above 0 and end within the prompts, with a cut between each two."""
        plan = plan_stages(models, prompts, keep=keep)

        assert list(plan.stages) == sorted(set(plan.stages))
        assert 1 <= plan.stages[0] <= plan.stages[-1] <= prompts
        assert len(plan.keep) == len(plan.stages) - 1

    @given(models=counts, prompts=counts)
    def test_who_leaves_nobody_asks_everything(self, models: int, prompts: int) -> None:
        """Where all may stay, there is one stage, of all prompts."""
        assert plan_stages(models, prompts, keep=1.0) == StagePlan((prompts,), ())
        assert plan_stages(models, prompts, keep=models) == StagePlan((prompts,), ())

    def test_number_of_stages(self) -> None:
        """As many stages as are asked for share the calls; more than there is use for are not made."""
        assert plan_stages(20, 100, 2) == StagePlan((25, 75), (0.5,))
        assert plan_stages(20, 100, 1) == StagePlan((100,), ())
        assert plan_stages(20, 100, 99) == plan_stages(20, 100)

    def test_a_part_for_each_stage(self) -> None:
        """With a part for each stage but the last, there is one stage more than parts."""
        plan = plan_stages(20, 100, keep=[4, 2])

        assert plan == StagePlan((17, 100), (4,))
        assert plan_stages(20, 1000, keep=[10, 3]).keep == (10, 3)
        assert plan_stages(20, 1000, 3, [10, 3]) == plan_stages(20, 1000, keep=[10, 3])


class TestGivenPlan:
    def test_numbers_and_shares(self) -> None:
        """Stages are numbers of prompts or shares of them, rounded to the nearest, at least one prompt."""
        assert plan_stages(20, 100, [5, 20, 100]).stages == (5, 20, 100)
        assert plan_stages(20, 100, [0.05, 0.2, 1.0]).stages == (5, 20, 100)
        assert plan_stages(20, 30, [0.01, 0.05, 30]).stages == (1, 2, 30)

    def test_keep(self) -> None:
        """One part holds for each cut; several are given in order."""
        assert plan_stages(20, 100, [5, 20, 100], 0.25).keep == (0.25, 0.25)
        assert plan_stages(20, 100, [5, 20, 100], [10, 3]).keep == (10, 3)
        assert plan_stages(20, 100, [5, 20, 100], [10, 3]).models(20) == [20, 10, 3]

    def test_calls(self) -> None:
        """Calls are those of each stage's models with its new prompts."""
        assert plan_stages(20, 100, [5, 20, 100], [10, 3]).calls(20) == 20 * 5 + 10 * 15 + 3 * 80

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"stages": [5, 200]}, r"comes to \[5, 200\] of 100 prompts"),
            ({"stages": [20, 5]}, "that rise"),
            ({"stages": [5, 5]}, "that rise"),
            ({"stages": []}, "that rise"),
            ({"stages": [0.001, 0.002]}, r"comes to \[1, 1\]"),
            ({"stages": [0, 5]}, "stages=0 is no part"),
            ({"stages": [5, 1.5]}, "stages=1.5 is no part"),
            ({"stages": 0}, "stages=0 is no number of stages"),
            ({"stages": True}, "stages=True is no number of stages"),
            ({"stages": [5, 20], "keep": [1, 2]}, "has 2 parts for 2 stages"),
            ({"stages": 3, "keep": [1]}, "has 1 parts for 3 stages"),
            ({"keep": 0}, "keep=0 is no part"),
            ({"keep": 0.0}, "keep=0.0 is no part"),
            ({"keep": True}, "keep=True is no part"),
            ({"keep": -2}, "keep=-2 is no part"),
            ({"keep": math.nan}, "keep=nan is no part"),
            ({"keep": [0.5, 1.01]}, "keep=1.01 is no part"),
        ],
    )
    def test_refused(self, wrong: dict[str, Any], told: str) -> None:
        """What makes no plan is refused by name."""
        with pytest.raises(ValueError, match=told):
            plan_stages(20, 100, **wrong)

    @pytest.mark.parametrize(("models", "prompts"), [(0, 5), (5, 0)])
    def test_nothing(self, models: int, prompts: int) -> None:
        """Without models or prompts there is nothing to screen."""
        with pytest.raises(ValueError, match=f"there are {models} and {prompts}"):
            plan_stages(models, prompts)


class TestPlaces:
    @pytest.mark.parametrize(
        ("models", "part", "going"),
        [
            (8, 0.5, 4), (5, 0.5, 3), (3, 0.5, 2), (2, 0.5, 1), (1, 0.5, 1), (30, 0.1, 3), (3, 0.9, 2), (3, 0.01, 1),
            (5, 1.0, 5), (5, 1, 1), (5, 2, 2), (5, 9, 5),
        ],
    )  # fmt: skip
    def test_known(self, models: int, part: Part, going: int) -> None:
        """A share is rounded up, though at least one model leaves; a number is that many, at most all."""
        assert places(models, part) == going

    @given(models=counts, fewer=shares, more=shares)
    def test_monotone(self, models: int, fewer: float, more: float) -> None:
        """A larger part never lets fewer go on; at least one goes on, and of two or more, one stays behind."""
        fewer, more = sorted((fewer, more))

        assert 1 <= places(models, fewer) <= places(models, more) <= max(1, models - 1)

    @given(models=counts, percent=st.integers(1, 99))
    def test_exact(self, models: int, percent: int) -> None:
        """A share counts as it is written, not as the nearest binary number."""
        assert places(models, percent / 100) == max(1, min(models - 1, math.ceil(Fraction(percent, 100) * models)))


class TestDraw:
    @given(prompts=st.integers(1, 200), seed=st.integers())
    def test_an_order(self, prompts: int, seed: int) -> None:
        """Each prompt comes once, and the same seed gives the same order."""
        order = draw(prompts, seed)

        assert sorted(order) == list(range(prompts))
        assert order == draw(prompts, seed)

    def test_other_seeds(self) -> None:
        """Another seed gives another order."""
        assert draw(50, 0) != draw(50, 1)
