"""Where models stand, and who goes on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.evaluation.screening.halving import places
from langchain_openrouter.evaluation.screening.standings import Outcome, ScreenedModel, best_first, survivors, tally

if TYPE_CHECKING:
    from langchain_openrouter.evaluation.screening.halving import Part

scores = st.lists(st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=1, max_size=12)
parts = st.one_of(st.integers(1, 12), st.floats(0.05, 1.0))


def model(name: str, score: float | None = None, **more: object) -> ScreenedModel:
    """A model as it stands."""
    return ScreenedModel(model=name, score=score, **more)  # type: ignore[arg-type]


def standing(scores: list[float | None]) -> list[ScreenedModel]:
    """Models of one stage by their scores."""
    return [model(f"m{number}", score, asked=1) for number, score in enumerate(scores)]


class TestTally:
    def test_unknown_is_not_zero(self) -> None:
        """The mean is over known scores; unknown scores and failures are counted apart."""
        told = tally(
            "m",
            [
                Outcome(model="m", prompt=0, score=1.0, cost=Decimal("0.01")),
                Outcome(model="m", prompt=1, score=0.5, cost=Decimal("0.02")),
                Outcome(model="m", prompt=2, cost=Decimal("0.06"), unscored="ValueError: no"),
                Outcome(model="m", prompt=3, error="RateLimitError: slow", cost=Decimal(0)),
                Outcome(model="m", prompt=4, score=0.0),
            ],
        )

        assert told == ScreenedModel(
            model="m", score=0.5, asked=5, scored=3, unscored=1, failed_calls=1, cost=Decimal("0.09"),
            unpriced_calls=1, mean_cost=Decimal("0.03"), error="RateLimitError: slow",
        )  # fmt: skip

    def test_nothing(self) -> None:
        """A model that was asked nothing has no score and no cost, and did not fail."""
        told = tally("m", [])

        assert told == ScreenedModel(model="m")
        assert not told.failed_everything

    def test_the_latest_trouble(self) -> None:
        """A failed call says more than a failed scorer, the latest more than earlier ones."""
        bad, worse = (Outcome(model="m", prompt=0, error=error) for error in ("E: a", "E: b"))
        unscored = Outcome(model="m", prompt=1, unscored="S: c")

        assert tally("m", [bad, worse, unscored]).error == "E: b"
        assert tally("m", [unscored]).error == "S: c"

    def test_a_failure_with_a_score(self) -> None:
        """A failed call that counts as 0 is in the mean, and a failure all the same."""
        told = tally("m", [Outcome(model="m", prompt=0, score=0.0, error="E"), Outcome(model="m", prompt=1, score=1.0)])

        assert (told.score, told.scored, told.unscored, told.failed_calls) == (0.5, 2, 0, 1)

    @given(st.permutations([0.1] * 10 + [0.7] * 7))
    def test_exact(self, scores: list[float]) -> None:
        """The mean does not depend on the order in which answers come."""
        expected = tally("m", [Outcome(model="m", prompt=0, score=score) for score in sorted(scores)]).score

        assert tally("m", [Outcome(model="m", prompt=0, score=score) for score in scores]).score == expected


class TestOrder:
    def test_ties(self) -> None:
        """By score; then fewer failures; then the cheaper one; then as given. What is not known comes last."""
        models = [
            model("no score"),
            model("no cost", 0.5),
            model("dear", 0.5, mean_cost=Decimal(2)),
            model("fails", 0.5, failed_calls=1, mean_cost=Decimal(0)),
            model("cheap", 0.5, mean_cost=Decimal(1)),
            model("cheap too", 0.5, mean_cost=Decimal(1)),
            model("worst", -1.0),
            model("best", 0.6),
        ]

        assert [each.model for each in best_first(models)] == [
            "best", "cheap", "cheap too", "dear", "no cost", "fails", "worst", "no score",
        ]  # fmt: skip


class TestSurvivors:
    def test_the_best_part(self) -> None:
        """The best part goes on, in the order given."""
        assert survivors(standing([0.1, 0.9, 0.5, 0.7]), 0.5) == ["m1", "m3"]

    def test_equals_go_on_together(self) -> None:
        """All that score as well as the last one that goes on go on with it, whatever they cost."""
        models = [model("a", 0.5, mean_cost=Decimal(9), asked=1), model("b", 0.5, asked=1), model("c", 0.4, asked=1)]

        assert survivors(models, 1) == ["a", "b"]

    def test_failed_everything(self) -> None:
        """A model that failed everything leaves, even where there is a place."""
        models = [model("dead", asked=3, failed_calls=3), model("bad", 0.0, asked=3), model("ill", asked=3)]

        assert survivors(models, 1.0) == ["bad", "ill"]
        assert survivors(models[:1], 1.0) == []

    def test_dead_models_take_no_places(self) -> None:
        """How many go on depends on how many were asked: a model that failed everything leaves its place to others."""
        dead = [model(name, asked=1, failed_calls=1) for name in "xyz"]

        assert survivors([*dead, *standing([0.1, 0.2, 0.3])], 0.5) == ["m0", "m1", "m2"]

    def test_no_score_is_the_worst(self) -> None:
        """Models without a score go on only where there is a place for one of them, and then all of them."""
        models = standing([None, 0.0, None])

        assert survivors(models, 1) == ["m1"]
        assert survivors(models, 2) == ["m0", "m1", "m2"]

    @given(scores, parts)
    def test_size(self, scores: list[float | None], keep: Part) -> None:
        """As many go on as there are places, or more in a tie; none of the others scores as well."""
        models = standing(scores)
        going = survivors(models, keep)
        known = {each.model: each.score if each.score is not None else -1.0 for each in models}
        least = min(known[name] for name in going)

        assert len(going) >= places(len(models), keep)
        assert all(known[each.model] < least for each in models if each.model not in going)
        assert sum(known[name] > least for name in going) < places(len(models), keep)

    @given(scores, parts, st.data())
    def test_doing_better_never_harms(self, scores: list[float | None], keep: Part, data: st.DataObject) -> None:
        """A model that goes on goes on with a higher score, too."""
        going = survivors(standing(scores), keep)
        lucky = data.draw(st.sampled_from(going))
        better = [2.0 if f"m{number}" == lucky else score for number, score in enumerate(scores)]

        assert lucky in survivors(standing(better), keep)

    @given(scores, st.integers(1, 12), st.integers(1, 12))
    def test_more_places(self, scores: list[float | None], fewer: int, more: int) -> None:
        """With more places, everybody who went on before goes on."""
        fewer, more = sorted((fewer, more))

        assert set(survivors(standing(scores), fewer)) <= set(survivors(standing(scores), more))

    @pytest.mark.parametrize("keep", [1, 0.5])
    def test_alone(self, keep: Part) -> None:
        """One model alone goes on."""
        assert survivors(standing([0.0]), keep) == ["m0"]
