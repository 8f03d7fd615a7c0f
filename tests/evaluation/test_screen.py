"""`screen` and `ascreen` with models that are functions: the same result, whoever runs it and however it goes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import FakeListChatModel, ParrotFakeChatModel
from langchain_core.runnables import RunnableLambda

from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.evaluation.screening.screen import ascreen, screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

    from langchain_openrouter.evaluation.screening.progress import ScreenProgress
    from langchain_openrouter.evaluation.screening.result import Screening

PROMPTS = [str(number) for number in range(12)]


def wait_for_ascreen(*args: Any, **options: Any) -> Screening:
    """Run `ascreen` to its end."""
    return asyncio.run(ascreen(*args, **options))


@pytest.fixture(params=[screen, wait_for_ascreen], ids=["screen", "ascreen"])
def run(request: pytest.FixtureRequest) -> Callable[..., Screening]:
    """Both ways, with no progress shown."""

    def screened(*args: Any, **options: Any) -> Screening:
        told: Screening = request.param(*args, **{"progress": False, **options})
        return told

    return screened


class Asked(Counter[str]):
    """Models that are right on some prompts, and a count of what they were asked."""

    def model(self, name: str, right: int = 12) -> Runnable[str, str]:
        """Give one that is right on the first prompts."""

        def answer(prompt: str) -> str:
            self[f"{name} {prompt}"] += 1
            return "right" if int(prompt) < right else "wrong"

        return RunnableLambda(answer)

    def models(self) -> dict[str, Runnable[str, str]]:
        """Give eight, the last of which is the best."""
        return {f"m{number}": self.model(f"m{number}", number + 5) for number in range(8)}


def is_right(answer: AIMessage, prompt: str, reference: Any) -> bool:
    """Score 1 for a right answer."""
    return bool(answer.text == "right")


class TestScreening:
    def test_result(self, run: Callable[..., Screening]) -> None:
        """The best wins; each model is asked each prompt once at most; what is counted is what was made."""
        asked = Asked()
        told = run(asked.models(), PROMPTS, is_right)

        assert (told.winner, told.complete, told.resumed) == ("m7", True, 0)
        assert set(asked.values()) == {1}
        assert (told.calls, told.calls_saved) == (asked.total(), 8 * 12 - asked.total())
        assert told.calls_saved == 24
        assert {(each.answer, each.score) for each in told.outcomes} == {("right", 1.0), ("wrong", 0.0)}

    def test_both_ways_are_one(self) -> None:
        """Threads and tasks come to the same, whatever their number."""
        one = screen(Asked().models(), PROMPTS, is_right, progress=False, max_concurrency=1)
        many = screen(Asked().models(), PROMPTS, is_right, progress=False, max_concurrency=16)
        tasks = wait_for_ascreen(Asked().models(), PROMPTS, is_right, progress=False)

        assert one.ranking == many.ranking == tasks.ranking

    def test_seed(self) -> None:
        """The seed says which prompts come first."""
        firsts = [
            {each.prompt for each in screen(Asked().models(), PROMPTS, is_right, progress=False, seed=seed).outcomes
             if each.model == "m0"}
            for seed in (0, 0, 1)
        ]  # fmt: skip

        assert firsts[0] == firsts[1] != firsts[2]

    def test_references(self, run: Callable[..., Screening]) -> None:
        """The scorer is told the answer, the prompt, and the reference of that prompt."""
        seen = []
        run({"parrot": ParrotFakeChatModel()}, ["a", "b"], lambda *told: seen.append(told), references=[1, None])

        assert sorted((answer.text, prompt, reference) for answer, prompt, reference in seen) == [
            ("a", "a", 1), ("b", "b", None),
        ]  # fmt: skip

    def test_a_list_of_models(self, run: Callable[..., Screening]) -> None:
        """Models of a list go by their names; prompts may be messages."""
        models = [FakeListChatModel(responses=["x"], name="x"), ParrotFakeChatModel()]
        told = run(models, [[("human", "y")]], lambda answer, *_: answer.text == "y")

        assert told.winner == "ParrotFakeChatModel"

    def test_stages_and_keep(self, run: Callable[..., Screening]) -> None:
        """Stages and parts are as they are asked for."""
        models = {name: FakeListChatModel(responses=[name]) for name in "12345678"}
        told = run(models, PROMPTS, lambda answer, *_: float(answer.text), stages=[2, 6, 12], keep=[3, 0.5])

        assert told.stages == (2, 6, 12)
        assert [(each.model, each.asked, each.left_after) for each in told.ranking] == [
            ("8", 12, None), ("7", 12, None), ("6", 6, 2), *((name, 2, 1) for name in "54321"),
        ]  # fmt: skip


class TestFailures:
    def test_a_model_that_fails(self, run: Callable[..., Screening]) -> None:
        """A model that fails everything leaves, is told, and stops nobody."""

        def fail(prompt: str) -> str:
            raise ConnectionError("No route\nto host")

        told = run({"dead": RunnableLambda(fail), **Asked().models()}, PROMPTS, is_right, stages=[2, 12])

        assert (told.winner, told.complete) == ("m7", True)
        assert told["dead"].failed_calls == told["dead"].asked == 2
        assert (told["dead"].left_after, told["dead"].error) == (1, "ConnectionError: No route")

    def test_all_fail(self, run: Callable[..., Screening]) -> None:
        """Where everything fails there is a result all the same."""

        def fail(prompt: str) -> str:
            raise ConnectionError("No route")

        told = run({"a": RunnableLambda(fail), "b": RunnableLambda(fail), "c": RunnableLambda(fail)}, PROMPTS, is_right)

        assert (told.winner, told.complete) == (None, False)
        assert told.reason == "Every call failed. The latest of a: ConnectionError: No route"

    @pytest.mark.parametrize(("failure_score", "winner"), [(None, "lucky"), (0, "steady")])
    def test_failures_may_count(self, run: Callable[..., Screening], failure_score: float | None, winner: str) -> None:
        """A failed call counts as nothing, or as the score that is asked for."""

        def lucky(prompt: str) -> str:
            if prompt != "3":
                raise TimeoutError
            return "right"

        models = {"steady": Asked().model("steady", 11), "lucky": RunnableLambda(lucky)}
        told = run(models, PROMPTS, is_right, failure_score=failure_score)

        assert told.winner == winner
        assert told["lucky"].failed_calls == 11

    def test_unknown_scores(self, run: Callable[..., Screening]) -> None:
        """An unknown score is no 0: the mean is of the known ones."""
        told = run(
            Asked().models(),
            PROMPTS,
            lambda answer, prompt, _: None if int(prompt) > 4 else is_right(answer, prompt, _),
        )

        assert told.winners == tuple(f"m{number}" for number in range(8))
        assert {(each.score, each.scored + each.unscored) for each in told.ranking} == {(1.0, 12)}

    def test_a_scorer_that_always_fails(self, run: Callable[..., Screening]) -> None:
        """A scorer that fails on the first answers ends the screening before much is paid."""
        asked = Asked()
        told = run(asked.models(), PROMPTS, lambda *_: 1 / 0, max_concurrency=2)

        assert not told.complete
        assert told.reason == "The scorer failed on the first 5 answers: ZeroDivisionError: division by zero"
        assert asked.total() <= 6
        assert (told.winner, told.ranking[0].error) == (None, "ZeroDivisionError: division by zero")

    def test_failed_calls_say_nothing_of_the_scorer(self, run: Callable[..., Screening]) -> None:
        """A call that failed, and so was not scored, is no sign that the scorer works."""

        def fail(prompt: str) -> str:
            raise ConnectionError("No route")

        told = run({"dead": RunnableLambda(fail), **Asked().models()}, PROMPTS, lambda *_: 1 / 0, max_concurrency=1)

        assert "The scorer failed on the first 5 answers" in (told.reason or "")

    def test_a_scorer_that_fails_now_and_then(self, run: Callable[..., Screening]) -> None:
        """A scorer that has given a score, even an unknown one, may fail."""
        seen: list[str] = []

        def scorer(answer: AIMessage, prompt: str, reference: Any) -> float | None:
            seen.append(prompt)
            if len(seen) > 1:
                raise ValueError("no")
            return None

        told = run(Asked().models(), PROMPTS, scorer, max_concurrency=1)

        assert told.complete
        assert sum(each.unscored for each in told.ranking) == told.calls == 8 * 12


class TestBudget:
    def test_a_refusal_ends_it_in_order(self, run: Callable[..., Screening]) -> None:
        """When a budget says no for good, what is known is the result, about as much of each model."""
        asked, lock = Asked(), threading.Lock()

        def limited(name: str) -> Callable[[str], str]:
            def answer(prompt: str) -> str:
                with lock:
                    if asked.total() >= 20:
                        raise BudgetExceededError(
                            "All is spent.", limit=Decimal(1), spent=Decimal(1), reserved=Decimal(0)
                        )
                    return str(asked.model(name).invoke(prompt))

            return answer

        told = run({name: RunnableLambda(limited(name)) for name in "abcdefgh"}, PROMPTS, is_right, stages=[12])

        assert (told.complete, told.reason, told.calls) == (False, "All is spent.", 20)
        assert {each.asked for each in told.ranking} <= {1, 2, 3, 4}
        assert sum(each.failed_calls for each in told.ranking) == 0

    def test_a_refused_score_does_not_lose_the_answer(self, run: Callable[..., Screening]) -> None:
        """Where the scorer's own call is refused for a moment, the answer waits, and is not paid for again."""
        asked, tries = Asked(), Counter[str]()

        def scorer(answer: AIMessage, prompt: str, reference: Any) -> bool:
            tries[prompt] += 1
            if prompt == "3" and tries["3"] <= 2:
                raise BudgetExceededError("Not now.", limit=Decimal(1), spent=Decimal(0), reserved=Decimal(1))
            return is_right(answer, prompt, reference)

        told = run({"a": asked.model("a")}, PROMPTS, scorer, max_concurrency=4)

        assert (told.complete, told["a"].scored, told["a"].unscored) == (True, 12, 0)
        assert set(asked.values()) == {1}
        assert tries["3"] == 3

    def test_answers_that_get_no_score_are_counted(self, run: Callable[..., Screening], tmp_path: Path) -> None:
        """Where the scorer's own calls are refused for good, what was paid for is in the result, without a score."""
        asked = Asked()

        def scorer(answer: AIMessage, prompt: str, reference: Any) -> bool:
            raise BudgetExceededError("All is spent.")

        told = run(asked.models(), PROMPTS, scorer, max_concurrency=4, checkpoint=tmp_path / "one.jsonl")

        assert (told.complete, told.reason, told.winner) == (False, "All is spent.", None)
        assert told.calls == asked.total() == sum(each.unscored for each in told.ranking) == 4
        assert told.outcomes[0].unscored == "BudgetExceededError: All is spent."
        assert run(asked.models(), PROMPTS, scorer, checkpoint=tmp_path / "one.jsonl").resumed == 0

    def test_one_call_too_dear(self, run: Callable[..., Screening]) -> None:
        """A call that alone is refused fails alone."""

        def dear(prompt: str) -> str:
            raise BudgetExceededError("One call may cost $0.01 at most.")

        told = run({"dear": RunnableLambda(dear), **Asked().models()}, PROMPTS, is_right)

        assert (told.winner, told.complete) == ("m7", True)
        assert told["dear"].error == "BudgetExceededError: One call may cost $0.01 at most."


class TestCheckpoint:
    def test_nothing_is_asked_twice(self, run: Callable[..., Screening], tmp_path: Path) -> None:
        """A run that was finished is read, without a call."""
        path, asked = tmp_path / "one.jsonl", Asked()
        first = run(asked.models(), PROMPTS, is_right, checkpoint=path)
        again = run(asked.models(), PROMPTS, is_right, checkpoint=path)

        assert again.ranking == first.ranking
        assert (again.resumed, set(asked.values())) == (first.calls, {1})

    def test_after_any_interruption(self, run: Callable[..., Screening], tmp_path: Path) -> None:
        """Wherever a run is interrupted, the next one asks the rest, and the result is the same."""
        whole = run(Asked().models(), PROMPTS, is_right)

        for most in (0, 1, 7, 23, whole.calls - 1):
            path, asked, left = tmp_path / f"{most}.jsonl", Asked(), iter(range(most))

            def interrupt(_: ScreenProgress, left: Iterator[int] = left) -> None:
                if next(left, None) is None:
                    raise InterruptedError

            with pytest.raises(InterruptedError):
                run(asked.models(), PROMPTS, is_right, checkpoint=path, progress=interrupt)
            assert run(asked.models(), PROMPTS, is_right, checkpoint=path).ranking == whole.ranking
            assert asked.total() == whole.calls

    def test_what_failed_is_asked_again(self, run: Callable[..., Screening], tmp_path: Path) -> None:
        """A later run asks again what failed, and nothing else."""
        path, asked, down = tmp_path / "one.jsonl", Asked(), threading.Event()
        down.set()

        def shaky(prompt: str) -> str:
            if down.is_set() and prompt in {"3", "4"}:
                raise ConnectionError
            return str(asked.model("shaky").invoke(prompt))

        assert run({"shaky": RunnableLambda(shaky)}, PROMPTS, is_right, checkpoint=path)["shaky"].failed_calls == 2
        down.clear()
        told = run({"shaky": RunnableLambda(shaky)}, PROMPTS, is_right, checkpoint=path)

        assert (told.resumed, told["shaky"].failed_calls, told["shaky"].scored) == (10, 0, 12)
        assert set(asked.values()) == {1}

    @pytest.mark.parametrize(
        ("other", "named"),
        [
            ({"models": {"other": ParrotFakeChatModel()}}, "models"), ({"prompts": PROMPTS[:-1]}, "prompts"),
            ({"prompts": [*PROMPTS[:-1], "99"]}, "prompts"), ({"scorer": lambda *_: 1}, "scorer"),
            ({"seed": 1}, "seed"), ({"stages": [1, 5]}, "stages"), ({"keep": 0.25}, "keep"),
            ({"references": PROMPTS}, "references"),
        ],
    )  # fmt: skip
    def test_another_experiment(self, tmp_path: Path, other: dict[str, Any], named: str) -> None:
        """The checkpoint of another experiment is refused before anything is asked."""
        asked = Asked()
        options: dict[str, Any] = {"models": asked.models(), "prompts": PROMPTS, "scorer": is_right, "progress": False}
        options["checkpoint"] = tmp_path / "one.jsonl"
        screen(**options)
        before = asked.total()

        with pytest.raises(ValueError, match=rf"is of another screening: .*{named} "):
            screen(**{**options, **other})
        assert asked.total() == before


class TestArguments:
    @pytest.mark.parametrize(
        ("wrong", "error", "told"),
        [
            ({"models": []}, ValueError, "holds no model"), ({"prompts": []}, ValueError, "holds no input"),
            ({"models": [7]}, TypeError, "int"), ({"scorer": 7}, TypeError, "cannot score"),
            ({"references": ["a"]}, ValueError, "references is 1 of them, for 12 prompts"),
            ({"references": "abcdefghijkl"}, ValueError, "references is a text"),
            ({"max_concurrency": 0}, ValueError, "max_concurrency=0 would ask nobody"),
            ({"budget": "much"}, ValueError, "much"), ({"keep": 2.0}, ValueError, "keep=2.0 is no part"),
            ({"models": [ParrotFakeChatModel(), ParrotFakeChatModel()]}, ValueError, "Two models are named"),
        ],
    )  # fmt: skip
    def test_refused(self, wrong: dict[str, Any], error: type[Exception], told: str) -> None:
        """What makes no sense is refused by name, before anything is asked."""
        asked = Asked()
        with pytest.raises(error, match=told):
            screen(**{"models": asked.models(), "prompts": PROMPTS, "scorer": is_right, "progress": False, **wrong})
        assert asked.total() == 0


class TestProgress:
    def test_told_after_each(self, run: Callable[..., Screening]) -> None:
        """A function is told at the beginning, after each call, and at the beginning of each stage."""
        told: list[ScreenProgress] = []
        done = run(Asked().models(), PROMPTS, is_right, progress=told.append, max_concurrency=1)

        assert len(told) == 1 + done.calls + len(done.stages) - 1
        assert [each.done for each in told if each.stage == 1] == list(range(8 * done.stages[0] + 1))
        assert (told[-1].done, told[-1].calls, told[-1].leader) == (told[-1].calls, told[-1].calls, "m7")


class TestConfig:
    def test_config(self, run: Callable[..., Screening]) -> None:
        """Callbacks and tags of the config reach each call."""
        tags: list[list[str]] = []

        class Watch(BaseCallbackHandler):
            def on_chat_model_start(self, *args: Any, tags: Any = None, **kwargs: Any) -> None:
                seen.append(tags)

        seen = tags
        run([ParrotFakeChatModel()], ["a", "b"], lambda *_: 1, config={"callbacks": [Watch()], "tags": ["mine"]})

        assert tags == [["mine"], ["mine"]]

    def test_json(self) -> None:
        """A real result can be written."""
        assert json.loads(screen(Asked().models(), PROMPTS, is_right, progress=False).to_json())["winner"] == "m7"
