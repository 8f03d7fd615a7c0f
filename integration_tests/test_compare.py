"""Comparisons over real HTTP: what the emulator billed, how long it let models wait, and the page in a browser."""

from __future__ import annotations

import asyncio
import signal
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage

from integration_tests.support import MODEL, VERSATILE_MODEL, wait_until
from integration_tests.test_report_page import PHONE, SCREEN, Browser, Page, browser
from langchain_openrouter import track_cost
from langchain_openrouter.emulator import Fault
from langchain_openrouter.evaluation import Comparison, ComparisonInterruptedError, Trial, acompare, compare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from langchain_core.messages import AIMessage

    from integration_tests.support import Served

__all__ = ["browser"]

INPUTS = ["Say 'good morning'", "Tell me a story about two dogs", "Why is the sky blue?"]
MODELS = [MODEL, VERSATILE_MODEL, "deepseek/deepseek-v4-flash-0731", "anthropic/claude-haiku-4.5"]
HOSTILE = "<script>document.title='stolen'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"


def _acompare(*args: Any, **kwargs: Any) -> Comparison:
    return asyncio.run(acompare(*args, **kwargs))


@pytest.fixture(params=[compare, _acompare], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Callable[..., Comparison]:
    """Give both ways to compare."""
    way: Callable[..., Comparison] = request.param
    return way


def polite(answer: AIMessage, asked: Any, reference: Any) -> bool:
    return "good morning" in answer.text


def test_three_inputs_on_four_models(served: Served, run: Callable[..., Comparison]) -> None:
    """Every model gets every input once, and what is told of the cost is what was billed, to the last digit."""
    before = served.emulator.spent

    compared = run(INPUTS, [served.model(model) for model in MODELS], metrics=[polite])

    assert [(each.input_index, each.model) for each in compared.trials] == [
        (index, model) for index in range(3) for model in MODELS
    ]
    assert sorted(body["model"] for body in served.bodies) == sorted(MODELS * 3)
    assert compared.cost == served.emulator.spent - before > 0
    assert sum(row.cost or 0 for row in compared.rows) == compared.cost
    for row in compared.rows:
        assert (row.answers, row.unpriced_calls, row.scores) == (3, 0, {"polite": 1 / 3})
        assert row.latency is not None
        assert row.first_token is not None
        assert row.first_token.p50 <= row.latency.p50
        assert row.completion_tokens is not None
        assert row.tokens_per_second is not None


def test_one_model_that_is_down(served: Served, run: Callable[..., Comparison]) -> None:
    """A model that answers 503 has its failures; the others answer, and only they cost."""
    served.fail(Fault(kind="status", status=503, model=VERSATILE_MODEL))
    before = served.emulator.spent

    compared = run(INPUTS, [served.model(model) for model in MODELS])

    assert [(row.model, row.answers, row.errors) for row in compared.rows] == [
        (model, 0, {"ServiceUnavailableError": 3}) if model == VERSATILE_MODEL else (model, 3, {}) for model in MODELS
    ]
    assert compared.rows[1].cost == 0
    assert compared.cost == served.emulator.spent - before


def test_a_slow_model(served: Served, run: Callable[..., Comparison]) -> None:
    """A model that lets its readers wait has the longer time to its first piece, and is not the fastest."""
    served.fail(Fault(kind="slow_headers", seconds=0.5, model=MODELS[3]))

    compared = run(INPUTS, [served.model(model) for model in MODELS], max_concurrency=4)

    *others, slow = (row.first_token.p50 for row in compared.rows if row.first_token)
    assert len(others) == 3
    assert slow > max(others)
    assert compared.fastest in MODELS[:3]


def test_repeats(served: Served, run: Callable[..., Comparison]) -> None:
    """Each input is asked as often as said, and all of it is billed."""
    before = served.emulator.spent

    compared = run(INPUTS[0], {"mine": served.model()}, repeats=5)

    assert [each.repeat for each in compared.trials] == [0, 1, 2, 3, 4]
    assert len(served.bodies) == 5
    assert compared.cost == served.emulator.spent - before


def test_a_judge_is_paid_apart(served: Served, run: Callable[..., Comparison]) -> None:
    """What the models and the judge cost adds up to the bill; here the judge says what the question has it say."""
    before = served.emulator.spent

    compared = run(["Say '8'", INPUTS[1]], [served.model()], judge=served.model(VERSATILE_MODEL))

    assert compared.judge_cost is not None
    assert compared.cost is not None
    assert compared.judge_cost > 0
    assert compared.cost + compared.judge_cost == served.emulator.spent - before
    assert compared.judge_calls == 2
    assert [each.scores for each in compared.trials] == [{"judge": 8.0}, {}]
    assert compared.trials[1].unscored == {"judge": "unreadable verdict"}
    assert {body["model"]: body.get("stream", False) for body in served.bodies} == {MODEL: True, VERSATILE_MODEL: False}


def test_a_budget_stops_in_time(served: Served, run: Callable[..., Comparison]) -> None:
    """No more is spent than may be; what was refused was not sent, and is told; the rest is given all the same."""
    before = served.emulator.spent
    models = [served.model(model, max_tokens=200) for model in MODELS[:2]]
    questions = [f"{INPUTS[1]}, number {number}" for number in range(40)]

    compared = run(questions, models, budget="$0.002")

    spent = served.emulator.spent - before
    refused = [each for each in compared.trials if each.refused]
    assert compared.cost == spent
    assert 0 < spent <= Decimal("0.002")
    assert 0 < len(refused) < 80
    assert len(served.bodies) == 80 - len(refused) == sum(row.answers for row in compared.rows)
    assert all(each.error is not None and each.error.startswith("BudgetExceededError: ") for each in refused)


def test_a_budget_is_used_up_before_it_refuses(served: Served, run: Callable[..., Comparison]) -> None:
    """What is refused since others are on their way is asked again: a budget that fits one call at a time fits all."""
    model = served.model(max_tokens=4000)
    before = served.emulator.spent

    compared = run([f"Say '{number}'" for number in range(16)], [model], budget="$0.003", max_concurrency=8)

    assert compared.rows[0].answers == 16
    assert served.emulator.spent - before == compared.cost


def test_a_budget_holds_for_the_judge(served: Served, run: Callable[..., Comparison]) -> None:
    """A judge that may cost more than is left is not asked."""
    judge = served.model("anthropic/claude-haiku-4.5", max_tokens=4000)

    compared = run(INPUTS[0], [served.model(max_tokens=100)], judge=judge, budget="$0.001")

    assert compared.trials[0].answer is not None
    assert compared.trials[0].unscored["judge"].startswith("BudgetExceededError: ")
    assert [body["model"] for body in served.bodies] == [MODEL]
    assert compared.judge_cost == 0


def test_a_block_around_it_sees_all(served: Served, run: Callable[..., Comparison]) -> None:
    """The caller's own account counts every call, the judge's too, once."""
    with track_cost() as cost:
        compared = run(INPUTS, [served.model()], judge=served.model())

    assert compared.cost is not None
    assert compared.judge_cost is not None
    assert cost.total == compared.cost + compared.judge_cost
    assert cost.calls == 6


def test_an_agent(served: Served, run: Callable[..., Comparison]) -> None:
    """An agent is compared with the model that it is made of: its calls are found, and its last message judged."""
    asked = {"messages": [HumanMessage("Say 'good morning'")]}
    before = served.emulator.spent

    compared = run([asked], {"agent": create_agent(served.model())}, metrics=[polite])

    assert compared.rows[0].scores == {"polite": 1.0}
    assert compared.cost == served.emulator.spent - before > 0


def test_a_set_by_its_name(environment: Served, run: Callable[..., Comparison]) -> None:
    """A set asks four models of different authors, which the environment says where to find."""
    compared = run(INPUTS[0], "diverse")

    assert len({row.model.partition("/")[0] for row in compared.rows}) == 4
    assert [row.answers for row in compared.rows] == [1] * 4


def test_an_answer_that_is_cut_off(served: Served, run: Callable[..., Comparison]) -> None:
    """An answer that breaks off is a failure, whose cost is an estimate, not nothing."""
    served.fail(Fault(kind="cut", after=3))

    (trial,) = run(INPUTS[1], [served.model()]).trials

    assert trial.answer is None
    assert trial.error is not None
    assert trial.cost is not None
    assert trial.cost > 0


def test_ctrl_c(served: Served) -> None:
    """A real interrupt ends it: what was done is kept, no further request is sent, and nothing runs on."""
    served.fail(Fault(kind="slow_headers", seconds=0.2, model=VERSATILE_MODEL))
    started: list[Trial] = []

    def interrupt_soon(trial: Trial) -> None:
        if not started:
            started.append(trial)
            threading.Timer(0.05, lambda: signal.raise_signal(signal.SIGINT)).start()

    with pytest.raises(ComparisonInterruptedError) as caught:
        compare(
            INPUTS * 5,
            [served.model(), served.model(VERSATILE_MODEL)],
            max_concurrency=2,
            on_trial=interrupt_soon,
        )

    done = caught.value.comparison.trials
    assert 0 < len(done) < 30
    assert len(served.bodies) == len(done)
    assert all(each.answer is not None for each in done)


async def test_a_cancellation_leaves_no_request(served: Served) -> None:
    """Cancelled, the requests on their way are left, and no other is sent."""
    served.fail(Fault(kind="slow_headers", seconds=None))
    task = asyncio.create_task(acompare(INPUTS * 5, [served.model()], max_concurrency=3))
    assert await asyncio.to_thread(wait_until, lambda: len(served.bodies) == 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.sleep(0.2)
    assert len(served.bodies) == 3


def test_a_data_frame(served: Served, run: Callable[..., Comparison]) -> None:
    """A line for each model or call, amounts exact."""
    compared = run(INPUTS[:2], [served.model(model) for model in MODELS], metrics=[polite])

    rows, trials = compared.to_dataframe(), compared.to_dataframe("trials")
    assert {
        "model",
        "latency_p50_s",
        "first_token_p90_s",
        "tokens_per_second",
        "cost",
        "mean_cost",
        "score_polite",
    } <= {*rows.columns}
    assert {"input_index", "model", "repeat", "input", "answer", "error", "latency_s", "cost"} <= {*trials.columns}
    assert list(rows["model"]) == MODELS
    assert sum(trials["cost"]) == compared.cost


@pytest.fixture(scope="module")
def page(running: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a comparison with hostile inputs, whose answers repeat them."""
    from integration_tests.support import Served as View

    served = View(running)
    served.fail(Fault(kind="status", status=503, model=MODELS[1], nth=1))
    file = tmp_path_factory.mktemp("page") / "comparison.html"
    inputs = [*INPUTS, f"Repeat {HOSTILE}", f"Say '{HOSTILE}'"]
    compare(inputs, [served.model(model) for model in MODELS], metrics={HOSTILE: polite}).to_html(file)
    return file


@pytest.mark.parametrize("width", [PHONE, 700, SCREEN])
def test_the_page_in_a_browser(browser: Browser, page: Path, width: int) -> None:
    """It loads nothing, complains of nothing, runs no script of an answer, and is no wider than the window."""
    shown = Page(browser, page, width)

    assert shown.requests == [page.as_uri()]
    assert shown.complaints == []
    assert shown.value("document.title") == "4 models compared"
    assert shown.value("document.querySelectorAll('script, img, link, iframe, [onload], [onerror]').length") == 0
    assert shown.value("document.documentElement.scrollWidth") <= width
    assert shown.texts("tbody th") == MODELS
    assert any(HOSTILE in text for text in shown.texts("details .said"))
    outside = shown.value(
        "[...document.querySelectorAll('body :not(.scroll *)')]"
        ".map(e => [e.tagName, e.getBoundingClientRect()])"
        ".filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth + 0.5)).map(([name]) => name)"
    )
    assert outside == []
