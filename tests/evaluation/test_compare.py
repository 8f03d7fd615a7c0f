"""`compare` and `acompare`: who is asked what, in which order, how many at a time, and what stops them."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableLambda

from langchain_openrouter.catalog import Catalog
from langchain_openrouter.evaluation import Comparison, ComparisonInterruptedError, Judge, Trial, acompare, compare
from langchain_openrouter.evaluation.comparing.planning import Done, Plan, Run, named_models
from tests.evaluation.compared import CATALOG, COST, TEN_TOKENS, Scripted, saying
from tests.evaluation.compared import trial as made_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from langchain_core.outputs import ChatGenerationChunk


def _acompare(*args: Any, **kwargs: Any) -> Comparison:
    return asyncio.run(acompare(*args, **kwargs))


@pytest.fixture(params=[compare, _acompare], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Callable[..., Comparison]:
    """Give both ways to compare."""
    way: Callable[..., Comparison] = request.param
    return way


def exact(answer: AIMessage, asked: Any, reference: Any) -> bool:
    """Compare with the reference."""
    return bool(answer.text == reference)


async def long(answer: AIMessage, asked: Any, reference: Any) -> float | None:
    """Count letters, but of what is a question."""
    await asyncio.sleep(0)
    return len(answer.text) / 100 if answer.text != "?" else None


def test_every_model_gets_every_input(run: Callable[..., Comparison]) -> None:
    """Trials are in order of input, model and repeat, whatever finished first; each has the answer of its model."""
    slow = Scripted(says=lambda text: f"slow {text}", pause=0.02)
    fast = Scripted(says=lambda text: f"fast {text}")

    compared = run(["x", "y", "z"], {"slow": slow, "fast": fast}, repeats=2)

    assert [
        (each.input_index, each.model, each.repeat, each.answer and each.answer.text) for each in compared.trials
    ] == [
        (index, model, repeat, f"{model} {asked}")
        for index, asked in enumerate("xyz")
        for model in ("slow", "fast")
        for repeat in (0, 1)
    ]
    assert [(row.model, row.calls) for row in compared.rows] == [("slow", 6), ("fast", 6)]
    assert compared.fastest == "fast"


def test_no_more_at_a_time_than_asked(run: Callable[..., Comparison]) -> None:
    """As many calls run at once as may, and never more."""
    model = Scripted(pause=0.02)

    run([str(number) for number in range(12)], {"one": model}, max_concurrency=3)

    assert model.counts.most == 3
    assert model.counts.calls == 12


def test_one_failure_stops_nothing(run: Callable[..., Comparison]) -> None:
    """A model that always fails, and one that sometimes does, cost the others nothing."""
    broken = Scripted(says=lambda _: OSError("down"))
    moody = Scripted(says=lambda text: ValueError("not y") if text == "y" else text)

    compared = run(["x", "y"], {"broken": broken, "moody": moody, "good": Scripted()})

    assert [(row.model, row.answers, row.errors) for row in compared.rows] == [
        ("broken", 0, {"OSError": 2}),
        ("moody", 1, {"ValueError": 1}),
        ("good", 2, {}),
    ]


def test_metrics_references_and_judge(run: Callable[..., Comparison]) -> None:
    """All metrics and the judge score each answer, with the reference of its input; the judge's cost is apart."""
    judge = Judge(Scripted(says=lambda asked: '{"score": 7}' if "x" in asked else "hm", usage=TEN_TOKENS), name="tutor")

    compared = run(
        ["x", "y", "?"],
        {"echo": Scripted(usage=TEN_TOKENS)},
        metrics=[exact, long],
        judge=judge,
        references=["x", "z", None],
        catalog=CATALOG,
    )

    assert [(each.scores, each.unscored) for each in compared.trials] == [
        ({"exact": 1.0, "long": 0.01, "tutor": 7.0}, {}),
        ({"exact": 0.0, "long": 0.01}, {"tutor": "unreadable verdict"}),
        ({"exact": 0.0}, {"long": "no score", "tutor": "unreadable verdict"}),
    ]
    assert compared.metrics == ("exact", "long", "tutor")
    assert compared.scales["tutor"] == (1.0, 10.0)
    assert compared.rows[0].unscored == {"long": 1, "tutor": 2}
    assert compared.judge_calls == 3
    assert compared.cost == 3 * COST


def test_failures_are_not_scored(run: Callable[..., Comparison]) -> None:
    """Without an answer there is nothing to judge, and nothing to pay a judge for."""
    judge = Scripted(says=saying("5"))

    compared = run("x", {"broken": Scripted(says=lambda _: OSError("down"))}, metrics=[exact], judge=judge)

    assert judge.counts.calls == 0
    assert (compared.trials[0].scores, compared.trials[0].unscored) == ({}, {})
    assert compared.judge_cost == 0


def test_a_model_judges_in_the_usual_way(run: Callable[..., Comparison]) -> None:
    """A model alone is a judge of its own criteria."""
    compared = run("x", {"echo": Scripted()}, judge=Scripted(says=saying('{"score": 10}')))

    assert compared.qualities() == {"echo": 1.0}


def test_inputs_of_every_kind(run: Callable[..., Comparison]) -> None:
    """A conversation is one input; a chain takes what it takes."""
    conversation = [SystemMessage("Be brief."), HumanMessage("Why?")]
    chain = RunnableLambda(lambda told: told["word"])

    assert [each.answer and each.answer.text for each in run(conversation, {"m": Scripted()}).trials] == ["Why?"]
    assert [each.answer and each.answer.text for each in run([{"word": "a"}, {"word": "b"}], [chain]).trials] == [
        "a",
        "b",
    ]


def test_progress(run: Callable[..., Comparison]) -> None:
    """It is told that nothing is done, and then of each call; so is who wants the trials."""
    counts: list[tuple[int, int]] = []
    trials: list[Trial] = []

    compared = run(
        ["x", "y"],
        {"a": Scripted(), "b": Scripted()},
        metrics=[exact],
        progress=lambda done, calls: counts.append((done, calls)),
        on_trial=trials.append,
    )

    assert counts == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert Comparison.of(trials, models=["a", "b"]).trials == compared.trials


def test_progress_that_nobody_watches(run: Callable[..., Comparison], caplog: pytest.LogCaptureFixture) -> None:
    """Without a terminal, begin and end are logged."""
    caplog.set_level("INFO")

    run(["x", "y"], {"a": Scripted()}, progress=True)

    assert [record.getMessage() for record in caplog.records] == ["compare: 0 of 2 calls", "compare: 2 of 2 calls"]


def test_progress_in_a_terminal(
    run: Callable[..., Comparison], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a terminal, there is a bar on standard error."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    run(["x", "y"], {"a": Scripted()}, progress=True)

    told = capfd.readouterr()
    assert "compare" in told.err
    assert "2/2" in told.err
    assert told.out == ""


def test_config(run: Callable[..., Comparison]) -> None:
    """Callbacks and tags reach the calls of the models and of the judge."""
    seen = []

    class Watch(BaseCallbackHandler):
        def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
            seen.append(kwargs["tags"])

    run("x", {"a": Scripted()}, judge=Scripted(), config={"callbacks": [Watch()], "tags": ["mine"]})

    assert seen == [["mine"], ["mine"]]


def test_without_streaming(run: Callable[..., Comparison]) -> None:
    """Answers that come whole have no time to a first piece."""
    assert run("x", {"a": Scripted()}, stream=False).rows[0].first_token is None
    assert run("x", {"a": Scripted()}).rows[0].first_token is not None


def test_a_set_by_name() -> None:
    """The name of a set gives models of the catalog that is passed."""
    record = {
        "id": "a/b",
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
        "benchmarks": {"artificial_analysis": {"intelligence_index": 1}},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENROUTER_API_KEY", "sk-or-v1-0")
        assert list(named_models("quality", Catalog.from_response([record]))) == ["a/b"]
        assert list(named_models(["a/b", Catalog.from_response([{"id": "c/d"}])["c/d"]])) == ["a/b", "c/d"]


def test_one_model_alone(run: Callable[..., Comparison]) -> None:
    """A chat model that is in no list is compared with nobody."""
    assert [row.model for row in run("x", Scripted()).rows] == ["made/up"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"models": "best"}, ValueError, "'best' is no set of models"),
        ({"models": []}, ValueError, "holds no model"),
        ({"models": [Scripted(), Scripted()]}, ValueError, "Two models are named 'made/up'. Pass a dict"),
        ({"models": [5]}, TypeError, "int is no model"),
        ({"inputs": []}, ValueError, "holds no input"),
        ({"references": ["a", "b"]}, ValueError, "references is a list of 2, for 1 inputs"),
        ({"references": "a"}, ValueError, "references is a text, for 1 inputs"),
        ({"repeats": 0}, ValueError, "repeats=0 would ask nobody"),
        ({"max_concurrency": 0}, ValueError, "max_concurrency=0 would ask nobody"),
        ({"metrics": exact}, TypeError, "is one metric"),
        ({"metrics": {"judge": exact}, "judge": Scripted()}, ValueError, "A metric is named 'judge' like the judge"),
        ({"judge": 5}, TypeError, "int is no model"),
        ({"budget": "much"}, ValueError, "much"),
    ],
)
def test_bad_arguments(
    run: Callable[..., Comparison], arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    """What makes no sense is refused before anybody is asked."""
    model = Scripted()
    with pytest.raises(error, match=words):
        run(**{"inputs": "x", "models": {"a": model}, **arguments})
    assert model.counts.calls == 0


@pytest.mark.parametrize("scale", [(1, 1), (0, float("inf"))])
def test_scales_of_metrics(run: Callable[..., Comparison], scale: Any) -> None:
    """A metric on a scale without room is refused before anybody is asked."""

    def measure(*_: Any) -> float:
        return 1.0

    measure.scale = scale  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="of 'measure' has no room"):
        run("x", {"a": Scripted()}, metrics=[measure])


def test_a_callback_that_fails(run: Callable[..., Comparison]) -> None:
    """An error of the caller's own function is raised, and calls that wait are not begun."""
    model = Scripted(pause=0.01)

    def stop(_: Trial) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        run([str(number) for number in range(50)], {"a": model}, on_trial=stop, max_concurrency=2)
    assert model.counts.running == 0
    assert model.counts.calls < 50


def test_ctrl_c_keeps_what_is_done() -> None:
    """Calls on their way end and are kept, no other begins, and the error has all of them."""
    begun = threading.Event()

    def answer(text: str) -> str:
        if text == "3":
            begun.set()
            time.sleep(0.1)
        return text

    def interrupt(trial: Trial) -> None:
        if trial.input == "2":
            assert begun.wait(10)
            raise KeyboardInterrupt

    model = Scripted(says=answer)
    with pytest.raises(KeyboardInterrupt, match="Interrupted after 4 of 20 calls") as caught:
        compare([str(number) for number in range(20)], {"a": model}, on_trial=interrupt, max_concurrency=1)

    assert isinstance(caught.value, ComparisonInterruptedError)
    assert [each.answer and each.answer.text for each in caught.value.comparison.trials] == ["0", "1", "2", "3"]
    assert caught.value.planned == 20
    assert (model.counts.calls, model.counts.running) == (4, 0)


async def test_a_cancellation_ends_all_calls() -> None:
    """Cancelled, nothing runs on; what was done has been told."""
    done: list[Trial] = []
    two_done = asyncio.Event()

    def keep(trial: Trial) -> None:
        done.append(trial)
        if len(done) == 2:
            two_done.set()

    quick, endless = Scripted(), Scripted(pause=60)
    task = asyncio.create_task(acompare(["x", "y"], {"q": quick, "e": endless}, on_trial=keep))
    await two_done.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert (quick.counts.running, endless.counts.running) == (0, 0)
    assert [each.model for each in Comparison.of(done).trials] == ["q", "q"]


async def test_a_cancellation_waits_for_the_ends() -> None:
    """What a model does to end its call is done when the comparison has ended."""

    class Lingering(Scripted):
        async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
            with self.counts:
                try:
                    await asyncio.sleep(60)
                finally:
                    await asyncio.sleep(0.05)
            yield self._chunk("", last=True)

    model = Lingering()
    task = asyncio.create_task(acompare(["x", "y"], {"a": model}))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (model.counts.calls, model.counts.running) == (2, 0)


async def test_a_timeout_works() -> None:
    """`asyncio.timeout` around it gives its own error."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await acompare("x", {"e": Scripted(pause=60)})


async def test_inside_of_a_running_loop() -> None:
    """In a notebook, where a loop runs, the synchronous form works with asynchronous metrics."""
    assert compare("x", {"a": Scripted()}, metrics=[long]).rows[0].scores == {"long": 0.01}


def test_what_is_refused_is_tried_with_fewer_beside_it() -> None:
    """Half as many each time, at last alone; then a refusal stands."""
    counts: list[tuple[int, int]] = []
    plan = Plan([str(number) for number in range(20)], {"a": Scripted()}, max_concurrency=8)
    run = Run(plan, lambda *told: counts.append(told), None)

    widths = []
    while jobs := run.turn():
        widths.append(run.width)
        for place in jobs:
            run.take(place, Done(made_up(error="BudgetExceededError: no", refused=place != 3), ()))

    assert widths == [8, 4, 2, 1]
    assert counts == [(done, 20) for done in range(21)]
    assert len(run.done) == 20


def test_few_calls_are_tried_alone_sooner() -> None:
    """Where three calls are left, one beside another is half of them."""
    plan = Plan(["x", "y", "z"], {"a": Scripted()}, max_concurrency=8)
    run = Run(plan, lambda *_: None, None)

    widths = []
    while jobs := run.turn():
        widths.append(run.width)
        for place in jobs:
            run.take(place, Done(made_up(error="BudgetExceededError: no", refused=True), ()))
    assert widths == [3, 1]


def test_a_budget_refuses_before_anything_is_sent(run: Callable[..., Comparison]) -> None:
    """What nobody knows the price of is refused, told as such, and the rest goes on."""
    model = Scripted(usage=TEN_TOKENS)

    compared = run(["x", "y"], {"a": model}, budget="$1", catalog=CATALOG)

    assert model.counts.calls == 0
    assert (compared.rows[0].refused_calls, compared.rows[0].errors) == (2, {"UnknownPriceError": 2})
    assert compared.cost == 0


def test_a_budget_goes_by_the_catalog_that_is_passed(run: Callable[..., Comparison]) -> None:
    """What a call may cost is looked up where prices are."""
    record = {"id": "made/up", "context_length": 1000, "pricing": {"prompt": "0.000001", "completion": "0.000002"}}
    catalog = Catalog.from_response([{**record, "top_provider": {"max_completion_tokens": 500}}])

    assert run("x", {"a": Scripted(usage=TEN_TOKENS)}, budget="$1", catalog=catalog).cost == COST
