"""Limits of time, money and number over the attempts of one call; by a clock of the test."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from langchain_openrouter.errors import (
    DeadlineExceededError,
    IncompleteStreamError,
    NoCandidateError,
    OpenRouterError,
    ServiceUnavailableError,
)
from langchain_openrouter.routing.attempts import Attempts
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.failures import NoPlaceError
from tests.routing.attempting import ANSWER, CUT, DOWN, LONG, NO_CREDIT, WRONG_KEY, attempts_of, models, play
from tests.routing.made import made

if TYPE_CHECKING:
    from langchain_openrouter.routing.attempts import Attempt


class TestTime:
    def test_shortest_limit(self) -> None:
        """An attempt may take the least of what is left, of an attempt's time and of the candidate's own."""
        timed = [Candidate(model, timeout=seconds) for model, seconds in zip(models(), (9, 2, 9, 9), strict=True)]
        attempts, clock = attempts_of(timed, deadline=10.0, attempt_timeout=4.0)

        def pass_time(attempt: Attempt) -> None:
            clock.now += 3.0

        with pytest.raises(ServiceUnavailableError):
            play(attempts, DOWN, DOWN, DOWN, DOWN, before=pass_time)
        assert [each.seconds for each in attempts.made] == [4.0, 2.0, 4.0, 1.0]

    def test_began_before(self) -> None:
        """What came before the attempts, such as to find the task, takes from the same time."""
        attempts, clock = attempts_of(deadline=10.0)
        earlier = Attempts(
            attempts.decision, attempts.table, attempts.limits, attempts.health, clock, began=clock.now - 4.0
        )

        play(earlier, ANSWER)

        assert earlier.made[0].seconds == 6.0

    def test_renewed(self) -> None:
        """An attempt that has waited may take what is left then."""
        attempts, clock = attempts_of(deadline=10.0, attempt_timeout=9.0)
        attempt = next(iter(attempts))
        clock.now += 4.0

        assert attempts.renew(attempt).seconds == 6.0

    def test_no_limit(self) -> None:
        """Without limits an attempt may take as long as it likes."""
        attempts, _ = attempts_of()
        play(attempts, ANSWER)

        assert attempts.made[0].seconds is None

    def test_deadline(self) -> None:
        """When the time is over nobody is tried: that is the error, caused by the last one."""
        attempts, clock = attempts_of(deadline=5.0)

        def pass_time(attempt: Attempt) -> None:
            clock.now += 5.0

        with pytest.raises(DeadlineExceededError, match="5 s") as caught:
            play(attempts, DOWN, before=pass_time)

        assert caught.value.__cause__ is DOWN
        assert [each["model"] for each in caught.value.attempts] == ["a/0"]  # type: ignore[attr-defined]

    def test_deadline_before_any(self) -> None:
        """Where time is over before anything began, the error has no cause."""
        attempts, clock = attempts_of(deadline=5.0)
        clock.now += 6.0

        with pytest.raises(DeadlineExceededError) as caught:
            play(attempts)
        assert caught.value.__cause__ is None
        assert caught.value.attempts == []  # type: ignore[attr-defined]

    def test_number(self) -> None:
        """No more are tried than may be."""
        attempts, _ = attempts_of(attempts=2)

        with pytest.raises(ServiceUnavailableError):
            play(attempts, DOWN, DOWN)
        assert [each.model for each in attempts.made] == ["a/0", "a/1"]


class TestMoney:
    def test_what_is_left(self) -> None:
        """What an attempt cost is taken from what all may cost; who does not fit any more is passed over."""
        attempts, _ = attempts_of(max_cost=Decimal("0.005"))
        expected = [attempts.decision.cost_of(f"a/{i}") for i in range(4)]
        told = IncompleteStreamError("…", partial_message=AIMessage("y", response_metadata={"cost": 0.0035}))

        play(attempts, told, ANSWER)

        assert attempts.made[0].dollars == Decimal("0.005")
        assert attempts.made[1].dollars == Decimal("0.0015")
        assert all(each is not None and each < Decimal("0.005") for each in expected)
        assert [each.model for each in attempts.made] == ["a/0", attempts.made[1].model]

    def test_unknown_costs_count_as_expected(self) -> None:
        """What nobody knows counts as it was expected; a refusal counts nothing."""
        attempts, _ = attempts_of(max_cost=Decimal(1))
        expected = attempts.decision.cost_of("a/1")
        assert expected is not None

        play(attempts, DOWN, CUT, ANSWER)

        assert [each.dollars for each in attempts.made] == [Decimal(1), Decimal(1), Decimal(1) - expected]

    def test_never_negative(self) -> None:
        """What is left is never less than nothing."""
        attempts, _ = attempts_of([*models(1), made("a/free", "0", "0")], max_cost=Decimal(1))
        attempts._queue.rotate(-1)
        told = IncompleteStreamError("…", partial_message=AIMessage("y", response_metadata={"cost": 3.0}))

        play(attempts, told, ANSWER)

        assert [(each.model, each.dollars) for each in attempts.made] == [("a/0", Decimal(1)), ("a/free", Decimal(0))]

    def test_unknown_prices(self) -> None:
        """Who has no known price does not fit into a cap."""
        attempts, _ = attempts_of([*models(1), Candidate("b/unknown")], max_cost=Decimal(1))

        with pytest.raises(ServiceUnavailableError):
            play(attempts, DOWN)
        assert [each["model"] for each in attempts.skipped] == ["b/unknown"]


ENDS = st.sampled_from([DOWN, CUT, LONG, NO_CREDIT, WRONG_KEY, NoPlaceError("…"), AIMessage(""), ANSWER])
SECONDS = st.floats(0, 4)


class TestAnything:
    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(st.tuples(ENDS, SECONDS), min_size=5, max_size=5),
        st.none() | st.floats(0.5, 10),
        st.none() | st.floats(0.5, 10),
        st.none() | st.decimals("0.0001", "0.01", places=5),
        st.none() | st.integers(1, 5),
    )
    def test_invariants(
        self,
        ends: list[tuple[Any, float]],
        deadline: float | None,
        timeout: float | None,
        money: Decimal | None,
        most: int | None,
    ) -> None:
        """Whatever happens: in order, nobody twice, within all limits, and then an answer or a typed error."""
        candidates = [*models(), made("a/free", "0", "0", context_length=128_000)]
        attempts, clock = attempts_of(
            candidates, deadline=deadline, attempt_timeout=timeout, max_cost=money, attempts=most
        )
        told, error = iter(ends), None
        try:
            for attempt in attempts:
                began = clock.now
                assert attempt.seconds is None or 0 < attempt.seconds <= min(deadline or 99, timeout or 99)
                assert deadline is None or began + (attempt.seconds or 0) <= 100.0 + deadline + 1e-9
                assert attempt.dollars is None or 0 <= attempt.dollars <= (money or 0)
                with attempts.trying(attempt):
                    end, seconds = next(told)
                    clock.now += seconds
                    if isinstance(end, BaseException):
                        raise end
                    attempts.accept(attempt, end, is_empty=not end.text)
        except (OpenRouterError, NoCandidateError) as raised:
            error = raised

        tried = [each.model for each in attempts.made]
        assert tried == [name for name in attempts.decision.ordered if name in tried]
        assert len(tried) <= (most or 5)
        assert (error is None) is (attempts.answered is not None)
        assert not {each["model"] for each in attempts.skipped} & set(tried)
        told_of = getattr(error, "attempts", attempts.record()["attempts"] if attempts.made else [])
        assert [each["model"] for each in told_of] == tried
        contexts = [attempts.table.context[attempts.table.positions[name]] for name in tried]
        too_small = 0
        for attempt, context in zip(attempts.made, contexts, strict=True):
            assert context > too_small
            too_small = max(too_small, context if attempt.error is LONG else 0)
