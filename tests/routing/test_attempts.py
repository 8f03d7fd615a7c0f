"""The attempts of one call: who is tried next, with what limits, and what a failure means; by a clock of the test."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from langchain_core.messages import AIMessage

from langchain_openrouter.errors import (
    AuthenticationError,
    ContextLengthError,
    EmptyResponseError,
    IncompleteStreamError,
    NoCandidateError,
    RateLimitError,
    ServiceUnavailableError,
)
from langchain_openrouter.routing.failures import NoPlaceError
from langchain_openrouter.routing.health import Health
from tests.routing.attempting import ANSWER, CUT, DOWN, LONG, NO_CREDIT, WRONG_KEY, attempts_of, models, play
from tests.routing.made import made

if TYPE_CHECKING:
    from langchain_openrouter.routing.attempts import Attempt


class TestOrder:
    def test_until_one_answers(self) -> None:
        """Models are tried in the order of the decision, until one answers; the record says so."""
        attempts, _ = attempts_of()

        play(attempts, DOWN, ANSWER)

        assert attempts.answered is attempts.made[1]
        assert attempts.record() == {
            "model": "a/1",
            "fallback": True,
            "attempts": [
                {
                    "model": "a/0",
                    "error": "ServiceUnavailableError",
                    "message": "It is down.",
                    "seconds": 0.0,
                    "cost": "0",
                },
                {"model": "a/1", "error": None, "message": None, "seconds": 0.0, "cost": "0.25"},
            ],
            "skipped": [],
        }

    def test_times(self) -> None:
        """Each attempt tells how long it took."""
        attempts, clock = attempts_of()
        for attempt in attempts:
            with attempts.trying(attempt):
                clock.now += 2.5
                if attempt.model == "a/0":
                    raise DOWN
                attempts.accept(attempt, ANSWER, is_empty=False)

        assert [each["seconds"] for each in attempts.record()["attempts"]] == [2.5, 2.5]

    def test_is_last(self) -> None:
        """The last is the one behind whom nobody is left."""
        attempts, _ = attempts_of()
        with pytest.raises(ServiceUnavailableError):
            play(attempts, DOWN, DOWN, DOWN, DOWN)

        assert [each.is_last for each in attempts.made] == [False, False, False, True]

    def test_is_last_of_those_that_fit(self) -> None:
        """Who can help no more does not count as one that is left."""
        attempts, _ = attempts_of()
        with pytest.raises(ContextLengthError):
            play(attempts, LONG, LONG, LONG)

        assert [(each.model, each.is_last) for each in attempts.made] == [("a/0", False), ("a/1", False), ("a/3", True)]

    def test_is_last_of_as_many_as_may_be(self) -> None:
        """The last that may be tried is the last."""
        attempts, _ = attempts_of(attempts=2)
        with pytest.raises(ServiceUnavailableError):
            play(attempts, DOWN, DOWN)

        assert [each.is_last for each in attempts.made] == [False, True]

    def test_resting_ones_come_last(self) -> None:
        """Who rests after failures is tried when all others have failed, and the last of them is the last."""
        health = Health(failures=1)
        health.failed("a/0", error=DOWN)
        attempts, _ = attempts_of(health=health)
        with pytest.raises(ServiceUnavailableError):
            play(attempts, DOWN, DOWN, DOWN, DOWN)

        assert [each.model for each in attempts.made] == ["a/1", "a/2", "a/3", "a/0"]
        assert [each.is_last for each in attempts.made] == [False, False, False, True]

    def test_who_rests_since_is_passed_over(self) -> None:
        """Who begins to rest between decision and turn is passed over, and said so, unless it is the last."""
        attempts, _ = attempts_of(models(3))
        health = attempts.health
        for model in ("a/1", "a/2"):
            for _ in range(5):
                health.failed(model, error=DOWN)

        play(attempts, DOWN, ANSWER)

        assert [each.model for each in attempts.made] == ["a/0", "a/2"]
        assert [each["model"] for each in attempts.skipped] == ["a/1"]


class TestEnds:
    def test_error_of_the_last(self) -> None:
        """Where all fail, the last error is raised, with what was tried, and a note for people."""
        attempts, _ = attempts_of(models(2))
        error = RateLimitError("Slow down.", status_code=429)

        with pytest.raises(RateLimitError) as caught:
            play(attempts, DOWN, error)

        assert caught.value is error
        assert [each["model"] for each in error.attempts] == ["a/0", "a/1"]  # type: ignore[attr-defined]
        assert error.__notes__ == ["Tried: a/0 (ServiceUnavailableError), a/1 (RateLimitError)."]

    def test_not_survived(self) -> None:
        """What no other model survives is raised at once."""
        attempts, _ = attempts_of()

        with pytest.raises(AuthenticationError) as caught:
            play(attempts, WRONG_KEY)

        assert [each["error"] for each in caught.value.attempts] == ["AuthenticationError"]  # type: ignore[attr-defined]
        assert attempts.health.state("a/0") == "closed"

    def test_nobody_could_be_tried(self) -> None:
        """Where nobody fits from the start, that is told with the reasons, as where nobody fits the request."""
        attempts, _ = attempts_of(max_cost=Decimal("0.0000001"))

        with pytest.raises(NoCandidateError) as caught:
            play(attempts)

        assert set(caught.value.rejected) == {"a/0", "a/1", "a/2", "a/3"}

    def test_error_raised_twice(self) -> None:
        """A model that raises one and the same object each time does not collect notes on it."""
        error = ServiceUnavailableError("It is down.", status_code=503)
        for _ in range(2):
            attempts, _clock = attempts_of(models(2))
            with pytest.raises(ServiceUnavailableError):
                play(attempts, error, error)

        assert len(error.__notes__) == 1

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit()])
    def test_left(self, error: BaseException) -> None:
        """What ends the program or the stream goes on as it is; nobody is blamed, nobody is tried."""
        attempts, _ = attempts_of(health=Health(failures=1))

        with pytest.raises(type(error)):
            play(attempts, error)

        assert len(attempts.made) == 1
        assert attempts.health.state("a/0") == "closed"
        assert not hasattr(error, "attempts")

    def test_message_without_keys(self) -> None:
        """A key in the words of an error is masked in the record, and only the first line is kept."""
        attempts, _ = attempts_of(models(1))
        with pytest.raises(RuntimeError):
            play(attempts, RuntimeError("Bad sk-or-v1-0123456789abcdef0123456789abcdef\nand more"))

        (record,) = attempts.record()["attempts"]
        assert "0123456789abcdef" not in record["message"]
        assert "and more" not in record["message"]


class TestRemedies:
    def test_only_larger_contexts(self) -> None:
        """After an overflow only larger contexts are tried; the largest that was too small counts."""
        attempts, _ = attempts_of()  # 8, 32, 16 and 64 thousand

        play(attempts, LONG, LONG, ANSWER)

        assert [each.model for each in attempts.made] == ["a/0", "a/1", "a/3"]
        assert [each["model"] for each in attempts.skipped] == ["a/2"]
        assert "context" in attempts.skipped[0]["reason"]

    def test_equal_contexts(self) -> None:
        """A context of the same size helps no more."""
        same = [made(f"a/{i}", f"0.00000{i + 1}", context_length=8_000) for i in range(2)]
        attempts, _ = attempts_of(same)

        with pytest.raises(ContextLengthError):
            play(attempts, LONG)
        assert [each["model"] for each in attempts.skipped] == ["a/1"]

    def test_only_free_ones(self) -> None:
        """Without credit only free models are tried."""
        free = made("a/free", "0", "0", context_length=8_000)
        attempts, _ = attempts_of([*models(2), free])
        assert attempts.decision.chosen == "a/free"

        attempts._queue.rotate(-1)  # the free one last
        play(attempts, NO_CREDIT, ANSWER)

        assert [each.model for each in attempts.made] == ["a/0", "a/free"]
        assert [each["model"] for each in attempts.skipped] == ["a/1"]

    def test_both(self) -> None:
        """Remedies add up: larger, and free."""
        small, large = made("a/small", "0", "0", context_length=4_000), made("a/large", "0", "0", context_length=64_000)
        attempts, _ = attempts_of([*models(2), small, large])
        attempts._queue.rotate(-2)

        play(attempts, LONG, NO_CREDIT, ANSWER)

        assert [each.model for each in attempts.made] == ["a/0", "a/1", "a/large"]


class TestAnswers:
    def test_empty_is_none(self) -> None:
        """An empty answer is a failure like others, with what it cost."""
        attempts, _ = attempts_of()
        nothing = AIMessage("", response_metadata={"cost": 0.125, "id": "gen-1"})

        play(attempts, nothing, ANSWER)

        first = attempts.made[0]
        assert isinstance(first.error, EmptyResponseError)
        assert (first.cost, first.error.generation_id) == (Decimal("0.125"), "gen-1")

    def test_empty_of_the_last(self) -> None:
        """The last one's empty answer is taken: a model may have nothing to say."""
        attempts, _ = attempts_of(models(1))

        play(attempts, AIMessage(""))

        assert attempts.answered is attempts.made[0]

    def test_health_is_told(self) -> None:
        """Answers and failures are told, with provider and times."""
        attempts, clock = attempts_of(health=Health(failures=1))
        for attempt in attempts:
            with attempts.trying(attempt):
                clock.now += 2.0
                attempt.first_content = clock.now
                clock.now += 1.0
                if attempt.model == "a/0":
                    raise ServiceUnavailableError("…", provider_name="Acme")
                attempts.accept(attempt, ANSWER, is_empty=False)

        speed = attempts.health.speed("a/1")
        assert speed is not None
        assert (speed.first_token_s, speed.duration_s, speed.calls) == (2.0, 3.0, 1)
        assert attempts.health.state("a/0") == attempts.health.state("a/0", "Acme") == "open"

    def test_no_place_is_no_blame(self) -> None:
        """Who had no place under the user's own limits did not fail, and cost nothing."""
        attempts, _ = attempts_of(health=Health(failures=1))

        play(attempts, NoPlaceError("No place."), ANSWER)

        assert attempts.health.state("a/0") == "closed"
        assert attempts.made[0].cost == 0

    def test_no_place_is_no_probe(self) -> None:
        """Nor was it a probe: the next call may be one."""
        clock = [0.0]
        health = Health(failures=1, cool_down=10, clock=lambda: clock[0])
        health.failed("a/0", error=DOWN)
        clock[0] = 11.0
        attempts, _ = attempts_of(health=health)

        play(attempts, NoPlaceError("No place."), ANSWER)

        assert health.admit("a/0")

    def test_provider_that_is_no_text(self) -> None:
        """A provider that is told as something else is not known."""
        attempts, _ = attempts_of()

        play(attempts, AIMessage("yes", response_metadata={"provider": ["Acme"]}))

        assert attempts.answered is not None


class TestAfterContent:
    @pytest.mark.parametrize(
        ("restarts", "has_calls", "goes_on"), [(False, False, False), (True, False, True), (True, True, False)]
    )
    def test_restarts(self, restarts: bool, has_calls: bool, goes_on: bool) -> None:
        """After content another model begins anew only where the user wants it, and no tool calls were passed on."""
        attempts, _ = attempts_of(restarts=restarts)

        def commit(attempt: Attempt) -> None:
            attempts.committed, attempts.has_passed_calls = True, has_calls

        if goes_on:
            assert len(play(attempts, CUT, ANSWER, before=commit)) == 2
        else:
            with pytest.raises(IncompleteStreamError):
                play(attempts, CUT, before=commit)
            assert len(attempts.made) == 1

    @pytest.mark.parametrize("own", [None, AIMessage("one two")])
    def test_part_that_came(self, own: AIMessage | None) -> None:
        """An error tells the part that came: what it brought itself, else what was passed on."""
        attempts, _ = attempts_of()
        attempts.committed, attempts.partial = True, lambda: AIMessage("one")
        error = IncompleteStreamError("It ended early.", partial_message=own)

        with pytest.raises(IncompleteStreamError):
            play(attempts, error)
        assert error.partial_message is not None
        assert error.partial_message.text == ("one" if own is None else "one two")

    def test_not_all(self) -> None:
        """What no other model survives is raised there, too."""
        attempts, _ = attempts_of(restarts=True)
        attempts.committed = True

        with pytest.raises(AuthenticationError):
            play(attempts, WRONG_KEY)
