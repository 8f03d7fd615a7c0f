"""Screenings over the wire: budgets that hold, models that fail, and a process that is killed in the middle."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import zlib
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.support import wait_until
from langchain_openrouter import Budget, track_cost
from langchain_openrouter.emulator import Fault
from langchain_openrouter.evaluation.judging import Judge
from langchain_openrouter.evaluation.screening.screen import ascreen, screen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from langchain_core.messages import AIMessage

    from integration_tests.support import Served
    from langchain_openrouter import ChatOpenRouter
    from langchain_openrouter.evaluation.screening.result import Screening

MODELS = [
    "openai/gpt-4o-mini", "openai/gpt-4.1-nano", "openai/gpt-oss-120b", "openai/gpt-5-mini",
    "anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash", "x-ai/grok-4.3", "openai/gpt-4o",
]  # fmt: skip
PROMPTS = [f"Say '{number}'" for number in range(24)]


def luck(answer: AIMessage, prompt: str, reference: Any) -> float:
    """Score that looks random, and is the same each time."""
    return zlib.crc32(f"{answer.response_metadata['model_name']} {prompt}".encode()) % 101 / 100


def wait_for_ascreen(*args: Any, **options: Any) -> Screening:
    """Run `ascreen` to its end."""
    return asyncio.run(ascreen(*args, **options))


@pytest.fixture(params=[screen, wait_for_ascreen], ids=["screen", "ascreen"])
def run(request: pytest.FixtureRequest) -> Callable[..., Screening]:
    """Both ways, with no progress shown."""

    def screened(*args: Any, **options: Any) -> Screening:
        told: Screening = request.param(*args, luck, **{"progress": False, **options})
        return told

    return screened


def models(served: Served, **fields: Any) -> list[ChatOpenRouter]:
    """Give the models, each with short answers."""
    return [served.model(model, **{"max_tokens": 60, **fields}) for model in MODELS]


def asked(served: Served) -> Counter[tuple[str, str]]:
    """Count what was asked of whom."""
    return Counter((body["model"], body["messages"][-1]["content"]) for body in served.bodies)


class TestMoney:
    def test_cost(self, served: Served, run: Callable[..., Screening]) -> None:
        """The costs of all models are what was billed, to the last digit; savings go by each model's own mean."""
        before = served.emulator.spent
        told = run(models(served), PROMPTS)

        assert told.complete
        assert told.cost == served.emulator.spent - before
        assert told.unpriced_calls == 0
        assert told.dollars_saved == sum((24 - each.asked) * (each.mean_cost or 0) for each in told.ranking)
        assert told.calls == len(served.bodies) <= 8 * 24 / 2

    def test_a_budget_holds(self, served: Served, run: Callable[..., Screening], tmp_path: Path) -> None:
        """When the budget is used up, the screening ends with what was paid for; a later run asks the rest."""
        before = served.emulator.spent
        told = run(models(served), PROMPTS, budget="$0.0015", checkpoint=tmp_path / "one.jsonl")

        assert not told.complete
        assert "does not fit into the budget" in (told.reason or "")
        assert told.cost == served.emulator.spent - before <= Decimal("0.0015")
        assert 8 <= told.calls == len(served.bodies)
        assert sum(each.failed_calls for each in told.ranking) == 0
        assert max(each.asked for each in told.ranking) <= min(each.asked for each in told.ranking) + 2

        rest = run(models(served), PROMPTS, checkpoint=tmp_path / "one.jsonl")
        assert (rest.complete, rest.resumed) == (True, told.calls)
        assert rest.ranking == run(models(served), PROMPTS, checkpoint=tmp_path / "one.jsonl").ranking
        assert set(asked(served).values()) == {1}

    def test_room_for_few_at_a_time(self, served: Served, run: Callable[..., Screening]) -> None:
        """A budget that has no room for so many worst cases at once, but for all that is billed, refuses nothing."""
        few = [served.model(model, max_tokens=4000) for model in MODELS[:3]]
        told = run(few, PROMPTS, budget="$0.01", max_concurrency=8)

        assert told.complete
        assert sum(each.failed_calls for each in told.ranking) == 0
        assert set(asked(served).values()) == {1}

    def test_a_budget_of_others(self, served: Served, run: Callable[..., Screening]) -> None:
        """A budget of the block that the screening stands in ends it as well; with nothing left, nothing is sent."""
        with track_cost(budget=Budget("$0", per="run")):
            told = run(models(served), PROMPTS)

        assert (told.complete, told.calls, told.winner, served.bodies) == (False, 0, None, [])
        assert "does not fit into the budget 'run'" in (told.reason or "")

    def test_one_call_too_dear(self, served: Served, run: Callable[..., Screening]) -> None:
        """A model whose every call is above what one call may cost leaves; the others go on."""
        told = run(models(served), PROMPTS, budget=Budget("$1", per_request="$0.0005"))

        assert told.complete
        assert told["anthropic/claude-sonnet-4.5"].failed_calls == told["anthropic/claude-sonnet-4.5"].asked
        assert "one call may cost $0.0005 at most" in (told["anthropic/claude-sonnet-4.5"].error or "")
        assert told.winner is not None


class TestFailures:
    def test_a_model_that_is_down(self, served: Served, run: Callable[..., Screening]) -> None:
        """A model that is down leaves with its typed error, and stops nobody."""
        served.fail(Fault(kind="status", status=503, model=MODELS[0]))
        told = run(models(served), PROMPTS)

        assert told.complete
        assert told[MODELS[0]].left_after == 1
        assert (told[MODELS[0]].error or "").startswith("ServiceUnavailableError: ")

    def test_now_and_then(self, served: Served, run: Callable[..., Screening]) -> None:
        """Calls that fail now and then are counted, and all else is as it would be."""
        served.fail(Fault(kind="status", status=429, probability=0.2))
        told = run(models(served), PROMPTS)

        assert told.complete
        assert 0 < sum(each.failed_calls for each in told.ranking) < told.calls
        assert told.cost is not None


class TestJudge:
    @pytest.mark.parametrize("way", [screen, wait_for_ascreen], ids=["screen", "ascreen"])
    def test_points(self, served: Served, way: Callable[..., Screening]) -> None:
        """A judge's points are scores; its calls hold to the budget, and are not in the models' cost."""
        before = served.emulator.spent
        judge = Judge(served.model("openai/gpt-4o", max_tokens=100))
        told = way(models(served)[:2], ["Say '7'"] * 24, judge, budget="$0.01", progress=False)

        # The emulator says 7 to the judge's prompt as well, which is a verdict.
        assert told.complete is False
        assert {each.score for each in told.ranking} == {7.0}
        assert told.cost is not None
        assert told.cost < served.emulator.spent - before <= Decimal("0.01")
        assert sum(each.scored for each in told.ranking) == sum(
            body["model"] == "openai/gpt-4o" for body in served.bodies
        )


KILLED = """
import sys
from integration_tests.test_screen import MODELS, PROMPTS, luck
from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.evaluation.judging import Judge
from langchain_openrouter.evaluation.screening.screen import screen
url, key, path, width = sys.argv[1:]
models = [ChatOpenRouter(model=model, base_url=url, api_key=key, max_tokens=60, max_retries=0) for model in MODELS]
print(screen(models, PROMPTS, luck, checkpoint=path, max_concurrency=int(width), progress=False).to_json())
"""


def begin(served: Served, path: Path, width: int) -> subprocess.Popen[str]:
    """Begin a screening in a process of its own."""
    emulator = served.emulator
    command = [sys.executable, "-c", KILLED, emulator.base_url, emulator.api_key, str(path), str(width)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


class TestKilled:
    @pytest.mark.parametrize(("width", "most"), [(1, 5), (6, 40)])
    def test_nothing_is_paid_twice(self, served: Served, tmp_path: Path, width: int, most: int) -> None:
        """After a SIGKILL a new process asks just what is missing; twice is asked what was on its way at most."""
        path = tmp_path / "one.jsonl"
        with begin(served, path, width) as first:
            assert wait_until(lambda: len(served.bodies) >= most, 30)
            first.send_signal(signal.SIGKILL)
        known = {
            (told["model"], told["prompt"]) for line in path.read_text().splitlines()[1:] for told in [_read(line)]
        }
        before = len(served.bodies)
        assert most - width <= len(known) <= before

        with begin(served, path, width) as second:
            told = json.loads(second.communicate(timeout=60)[0])
        assert (second.returncode, told["complete"], told["resumed"]) == (0, True, len(known))
        assert before + len(served.bodies[before:]) <= told["calls"] + width
        # A request that was killed on its way has no body, and may have been noted late.
        later = [body for body in served.bodies[before:] if body]
        assert known.isdisjoint((body["model"], PROMPTS.index(body["messages"][-1]["content"])) for body in later)
        uninterrupted = screen(models(served), PROMPTS, luck, progress=False)
        assert [each["model"] for each in told["ranking"]] == [each.model for each in uninterrupted.ranking]


def _read(line: str) -> dict[str, Any]:
    """Read a line of a checkpoint; the last one may be torn."""
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"model": None, "prompt": None}
    return told
