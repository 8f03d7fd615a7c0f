"""The course of a screening, with made-up answers: who wins, what is asked, and what an interruption changes."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.evaluation.screening.course import Course
from langchain_openrouter.evaluation.screening.halving import StagePlan, draw, plan_stages
from langchain_openrouter.evaluation.screening.standings import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_openrouter.evaluation.screening.result import Screening

Answers: TypeAlias = "Mapping[str, Sequence[float | None]]"
"""The score of each model for each prompt; `None` is a failed call."""

tables = st.integers(1, 8).flatmap(
    lambda prompts: st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.lists(st.sampled_from([None, 0.0, 0.5, 1.0]), min_size=prompts, max_size=prompts),
        min_size=1,
    )
)


def outcome(answers: Answers, model: str, prompt: int) -> Outcome:
    """What comes of one call."""
    score = answers[model][prompt]
    return Outcome(model=model, prompt=prompt, score=score, error=None if score is not None else "Down")


def course_of(answers: Answers, plan: StagePlan | None = None, known: Sequence[Outcome] = (), seed: int = 0) -> Course:
    """A course of all prompts that there are answers to."""
    prompts = len(next(iter(answers.values())))
    return Course(list(answers), draw(prompts, seed), plan or plan_stages(len(answers), prompts), known)


def run(answers: Answers, course: Course, most: int | None = None) -> list[Outcome]:
    """Answer what the course asks, to its end or so many calls; give what was answered."""
    made: list[Outcome] = []
    while True:
        for model, prompt in course.missing():
            if len(made) == most:
                return made
            made.append(outcome(answers, model, prompt))
            course.take(made[-1])
        if not course.advance():
            return made


def screened(answers: Answers, plan: StagePlan | None = None, seed: int = 0) -> Screening:
    """A whole screening."""
    course = course_of(answers, plan, seed=seed)
    run(answers, course)
    return course.result()


def coins(models: Mapping[str, float], prompts: int, seed: int) -> dict[str, list[float | None]]:
    """Answers that are right with each model's own probability."""
    chance = random.Random(seed)
    return {name: [float(chance.random() < right) for _ in range(prompts)] for name, right in models.items()}


class TestCourse:
    def test_stages(self) -> None:
        """Prompt by prompt, all models of a stage are asked what they have not been asked yet."""
        answers = {"a": [1.0, 1.0, 1.0, 1.0], "b": [0.0, 0.0, 0.0, 0.0], "c": [1.0, 0.0, 1.0, 0.0]}
        course = Course(list(answers), [2, 0, 3, 1], StagePlan((1, 3), (2,)))

        first = course.missing()
        assert first == [("a", 2), ("b", 2), ("c", 2)]
        for job in first:
            course.take(outcome(answers, *job))
        assert course.missing() == []
        assert course.advance()
        assert course.missing() == [("a", 0), ("c", 0), ("a", 3), ("c", 3)]

    def test_result(self) -> None:
        """Those that stay longest lead, whatever their mean; each left after the stage that it lost."""
        answers = {
            "early": [1.0, 0.0, 1.0, 1.0],
            "late": [1.0, 1.0, 0.0, 0.0],
            "worst": [0.0] * 4,
            "last": [1.0, 1.0, 1.0, 0.0],
        }
        course = Course(list(answers), [0, 1, 2, 3], StagePlan((2, 3, 4), (0.5, 1)))
        run(answers, course)
        told = course.result()

        assert [(each.model, each.asked, each.left_after) for each in told.ranking] == [
            ("last", 3, None), ("late", 3, 2), ("early", 2, 1), ("worst", 2, 1),
        ]  # fmt: skip
        assert (told.winner, told.winners, told.calls, told.calls_saved) == ("last", ("last",), 10, 6)
        assert (told.complete, told.reason) == (True, None)

    def test_left_alone(self) -> None:
        """A model that is left alone has won: it is asked no more."""
        answers = {"a": [1.0] * 9, "b": [0.0] * 9}
        told = screened(answers, StagePlan((2, 5, 9), (0.5, 0.5)))

        assert (told.winner, told.calls, told.calls_saved) == ("a", 4, 14)

    def test_ties_to_the_end(self) -> None:
        """Equals all win; the winner is the one that was given first."""
        told = screened({"a": [1.0, 0.0], "b": [0.0, 1.0], "c": [0.0, 0.0]}, StagePlan((2,), ()))

        assert (told.winner, told.winners) == ("a", ("a", "b"))

    def test_every_call_failed(self) -> None:
        """Where every call fails, nobody wins, and the result says why."""
        told = screened({"a": [None] * 4, "b": [None] * 4, "c": [None] * 4}, StagePlan((2, 4), (0.5,)))

        assert (told.winner, told.winners, told.complete) == (None, (), False)
        assert told.reason == "Every call failed. The latest of a: Down"
        assert told.calls == 6

    def test_a_dead_model(self) -> None:
        """A model that fails everything leaves after the first stage and stops nobody."""
        told = screened({"a": [None] * 4, "b": [0.0] * 4, "c": [1.0] * 4}, StagePlan((1, 4), (1.0,)))

        assert [(each.model, each.left_after) for each in told.ranking] == [("c", None), ("b", None), ("a", 1)]
        assert told["a"].failed_calls == 1

    def test_progress(self) -> None:
        """It tells the stage, how much of it is done, what it costs, and who leads."""
        course = Course(["a", "b", "c"], [0, 1], StagePlan((1, 2), (1.0,)))
        course.take(Outcome(model="b", prompt=0, score=0.5, cost=Decimal("0.25")))
        course.take(Outcome(model="c", prompt=0, cost=Decimal("0.5")))
        told = course.progress()

        assert (told.stage, told.stages, told.models, told.done, told.calls) == (1, 2, 3, 2, 3)
        assert (told.leader, told.score, told.known_cost) == ("b", 0.5, Decimal("0.75"))


class TestPromises:
    @given(tables, st.integers(0, 3))
    @settings(max_examples=200)
    def test_deterministic(self, answers: Answers, seed: int) -> None:
        """The same answers and seed give the same result."""
        assert screened(answers, seed=seed) == screened(answers, seed=seed)

    @given(tables, st.integers(0, 60), st.randoms())
    @settings(max_examples=300)
    def test_an_interruption_changes_nothing(self, answers: Answers, most: int, chance: random.Random) -> None:
        """A run that goes on from any point asks just the rest, and ends as one that was never interrupted."""
        whole = course_of(answers)
        asked = run(answers, whole)
        known = run(answers, course_of(answers), most)
        chance.shuffle(known)
        resumed = course_of(answers, known=known)
        rest = run(answers, resumed)

        assert len(known) + len(rest) == len(asked)
        assert resumed.result().ranking == whole.result().ranking
        assert resumed.result().resumed == len(known)

    @given(tables)
    def test_nobody_is_asked_twice(self, answers: Answers) -> None:
        """Each model gets each prompt once at most."""
        asked = [(each.model, each.prompt) for each in run(answers, course_of(answers))]

        assert len(asked) == len(set(asked))

    @given(tables)
    def test_prompts_are_nested(self, answers: Answers) -> None:
        """All models of a stage get the same prompts: those of a model that left are among those of one that stayed."""
        told = screened(answers)
        of = {each.model: {one.prompt for one in told.outcomes if one.model == each.model} for each in told.ranking}
        by_size = sorted(of.values(), key=len)

        assert all(fewer <= more for fewer, more in itertools.pairwise(by_size))

    @given(st.integers(3, 12), st.integers(1, 30), st.data())
    def test_the_best_on_every_prompt_wins(self, models: int, prompts: int, data: st.DataObject) -> None:
        """A model that is better on every prompt wins, whatever the others do."""
        worse = st.lists(st.floats(0, 0.9), min_size=prompts, max_size=prompts)
        answers: dict[str, list[float | None]] = {f"m{number}": list(data.draw(worse)) for number in range(models - 1)}
        answers["best"] = [1.0] * prompts

        assert screened(answers).winners == ("best",)


class TestSimulation:
    def test_the_best_by_a_margin_wins(self) -> None:
        """With a clear margin, the best of 16 models wins nearly always, for at most half of the calls."""
        wins, calls = 0, 0
        for seed in range(100):
            models = {f"m{number}": 0.2 + 0.02 * number for number in range(15)} | {"best": 0.8}
            told = screened(coins(models, 100, seed), seed=seed)
            wins += told.winner == "best"
            calls += told.calls

        assert wins >= 97
        assert calls <= 100 * 16 * 100 / 2

    def test_close_models(self) -> None:
        """Where the best is hardly better, the winner is nearly as good: in the mean within four points."""
        shares = {f"m{number}": 0.5 + 0.02 * number for number in range(12)}
        lost = [
            shares["m11"] - shares[screened(coins(shares, 100, seed), seed=seed).winner or ""] for seed in range(100)
        ]

        assert sum(lost) / len(lost) <= 0.04
