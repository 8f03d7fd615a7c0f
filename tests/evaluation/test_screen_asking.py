"""Many calls at once: never more than there is room for, fewer when a budget refuses, and none lost."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.errors import BudgetExceededError, UnknownPriceError
from langchain_openrouter.evaluation.asking import Line, aask_all, ask_all, is_used_up, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.evaluation.asking import Turn

REFUSED = BudgetExceededError("no")


def both(ask: Callable[[Any], None], jobs: list[Any], width: int) -> list[BudgetExceededError | None]:
    """Ask all in threads and in tasks."""

    async def aask(job: Any) -> None:
        await asyncio.sleep(0)
        ask(job)

    return [ask_all(jobs, ask, width), asyncio.run(aask_all(jobs, aask, width))]


class TestLine:
    def test_width(self) -> None:
        """So many begin, in order; the next when one has ended."""
        line = Line("abc", 2)
        first, second = line.next(), line.next()

        assert first is not None
        assert second is not None
        assert (first.job, second.job, line.next()) == ("a", "b", None)
        line.ended(second, None)
        third = line.next()
        assert third is not None
        assert (third.job, line.next()) == ("c", None)

    def test_a_refused_job_is_tried_again_with_fewer_beside_it(self) -> None:
        """Each refusal halves the width, those of the same moment together once."""
        line = Line("abcdefgh", 8)
        turns = [line.next() for _ in range(8)]
        for turn in turns:
            assert turn is not None
            line.ended(turn, REFUSED)
        again = [line.next() for _ in range(5)]

        assert [turn and turn.width for turn in again] == [4, 4, 4, 4, None]
        assert line.refusal is None

    def test_refused_alone(self) -> None:
        """What is refused with nothing beside it ends all."""
        line = Line("ab", 1)
        turn = line.next()
        assert turn is not None
        line.ended(turn, REFUSED)

        assert (line.next(), line.refusal) == (None, REFUSED)

    def test_an_error_is_raised(self) -> None:
        """What is no refusal is raised."""
        line = Line("ab", 1)
        turn = line.next()
        assert turn is not None
        with pytest.raises(ValueError, match="mine"):
            line.ended(turn, ValueError("mine"))

    @given(st.integers(0, 30), st.integers(1, 9), st.integers(0, 9), st.randoms())
    @settings(max_examples=300)
    def test_a_budget_with_room_for_some(self, jobs: int, width: int, room: int, chance: Any) -> None:
        """If a budget has room for some calls at a time, all are made, each once; for none, the line ends."""
        line, done = Line(range(jobs), width), Counter[int]()
        running: list[tuple[Turn[int], bool]] = []
        while True:
            while (turn := line.next()) is not None:
                running.append((turn, sum(fits for _, fits in running) < room))
            assert len(running) <= width
            if not running:
                break
            turn, fits = running.pop(chance.randrange(len(running)))
            done[turn.job] += fits
            line.ended(turn, None if fits else REFUSED)

        assert (line.refusal is None) == (room > 0 or jobs == 0)
        assert +done == (Counter(range(jobs)) if room else Counter())


class TestAsking:
    def test_all(self) -> None:
        """Each job is done once, and that is told after each."""
        done: list[int] = []

        assert both(done.append, list(range(20)), 4) == [None, None]
        assert Counter(done) == Counter([*range(20), *range(20)])

    def test_never_more_than_the_width(self) -> None:
        """As many threads as there is room for are at it, and no more."""
        full, running, most = threading.Barrier(3, timeout=10), Counter[str](), Counter[str]()

        def ask(_: int) -> None:
            running["now"] += 1
            full.wait()
            most["ever"] = max(most["ever"], running["now"])
            full.wait()
            running["now"] -= 1
            full.wait()

        ask_all(range(9), ask, 3)
        assert most["ever"] == 3

    async def test_never_more_than_the_width_async(self) -> None:
        """As many tasks as there is room for are at it, and no more."""
        running, most = 0, 0

        async def ask(_: int) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1

        await aask_all(range(20), ask, 3)
        assert most == 3

    def test_refusal(self) -> None:
        """A refusal that stays ends it, and is given back."""

        def ask(job: int) -> None:
            if job >= 3:
                raise REFUSED

        assert both(ask, list(range(9)), 4) == [REFUSED, REFUSED]

    def test_told(self) -> None:
        """The caller's function is called after each, in the caller's thread."""
        told: list[threading.Thread] = []
        ask_all(range(5), lambda _: None, 2, lambda: told.append(threading.current_thread()))

        assert told == [threading.current_thread()] * 5

    def test_an_error(self) -> None:
        """An error is raised; what is on its way comes to its end, and nothing new begins."""
        ended: list[int] = []
        begun = threading.Event()

        def ask(job: int) -> None:
            if job == 0:
                begun.wait(10)
                raise ValueError("mine")
            begun.set()
            ended.append(job)

        with pytest.raises(ValueError, match="mine"):
            ask_all(range(100), ask, 2)
        assert 1 in ended

    async def test_an_error_async(self) -> None:
        """An error is raised; what is on its way comes to its end."""
        ended: list[int] = []

        async def ask(job: int) -> None:
            if job == 0:
                raise ValueError("mine")
            await asyncio.sleep(0.01)
            ended.append(job)

        with pytest.raises(ValueError, match="mine"):
            await aask_all(range(100), ask, 3)
        assert ended == [1, 2]

    async def test_cancelled(self) -> None:
        """A cancellation cancels what is on its way, and is raised."""
        cancelled: list[int] = []

        async def ask(job: int) -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(job)
                raise

        task = asyncio.create_task(aask_all(range(9), ask, 3))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cancelled == [0, 1, 2]


def refusal(limit: int, spent: int | None, reserved: int | None, asked: int | None) -> BudgetExceededError:
    """A refusal with these dollars."""
    amounts = [None if amount is None else Decimal(amount) for amount in (limit, spent, reserved, asked)]
    return BudgetExceededError("no", limit=amounts[0], spent=amounts[1], reserved=amounts[2], asked=amounts[3])


class TestRefusals:
    @pytest.mark.parametrize("error", [refusal(10, 8, 0, 3), refusal(10, 0, 9, 2), refusal(10, 10, 0, None)])
    def test_a_budget_that_is_used_up(self, error: BudgetExceededError) -> None:
        """A call that does not fit into what is left is refused as others may be."""
        assert is_used_up(error)

    @pytest.mark.parametrize(
        "error",
        [refusal(10, None, None, 3), refusal(10, 2, 0, 8), UnknownPriceError("no price"), BudgetExceededError("?")],
    )
    def test_a_call_too_dear(self, error: BudgetExceededError) -> None:
        """A call above what one call may cost, or of unknown price, is refused by itself."""
        assert not is_used_up(error)

    def test_its_trial(self) -> None:
        """The trial of a refused call says why, and that it cost nothing."""
        trial = refused(UnknownPriceError("no price"), input="Hello", model="m")

        assert (trial.input, trial.model, trial.refused, trial.cost) == ("Hello", "m", True, Decimal(0))
        assert trial.error == "UnknownPriceError: no price"
