"""The attempts of one call: who is tried next, with what, for how long, and what a failure means. No I/O."""

from __future__ import annotations

import math
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.costs.money import written
from langchain_openrouter.errors import DeadlineExceededError, NoCandidateError, redact
from langchain_openrouter.routing.failures import NoPlaceError, cost_of_answer, cost_of_failure, empty, remedy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from langchain_core.messages import AIMessage

    from langchain_openrouter.routing.candidate import Candidate
    from langchain_openrouter.routing.decision import RoutingDecision
    from langchain_openrouter.routing.health import Health
    from langchain_openrouter.routing.table import Table

__all__ = ["Attempt", "Attempts", "Limits"]

_TRIED = "Tried: "


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for all attempts of a call together, and for each.

    Args:
        deadline: Seconds for all of them.
        attempt_timeout: Seconds for each.
        max_cost: Dollars for all of them.
        attempts: How many there may be.
        restarts: Whether another model begins anew when a stream breaks after its first content.
    """

    deadline: float | None = None
    attempt_timeout: float | None = None
    max_cost: Decimal | None = None
    attempts: int | None = None
    restarts: bool = False


@dataclass(slots=True)
class Attempt:
    """One model's turn.

    Args:
        model: Its name.
        seconds: How long it may take; `None` for as long as it likes.
        dollars: What it may cost; `None` for no limit.
        is_last: Whether nobody else is left.
        began: When it began, by the clock of its call.
        first_content: When its first content came.
        error: What ended it.
        cost: Dollars that it cost; `None` where nobody knows.
        took: Seconds.
    """

    model: str
    seconds: float | None
    dollars: Decimal | None
    is_last: bool
    began: float
    first_content: float | None = None
    error: BaseException | None = None
    cost: Decimal | None = None
    took: float = 0.0

    def record(self) -> dict[str, Any]:
        """Give it as JSON."""
        message = redact(str(getattr(self.error, "message", self.error)).partition("\n")[0]) if self.error else None
        return {
            "model": self.model,
            "error": type(self.error).__name__ if self.error else None,
            "message": message,
            "seconds": round(self.took, 6),
            "cost": written(self.cost),
        }


@dataclass
class Attempts:
    """The attempts of one call. Iterate it: each is to be made within `trying`, until one is accepted.

    Args:
        decision: Who can answer, in the order in which they are tried.
        table: The facts of all candidates.
        limits: What holds for all attempts.
        health: What is told how each ended.
        clock: Seconds that never go back.
        began: When the call began, by the clock. Default: now.

    Attributes:
        made: The attempts so far.
        skipped: Who was passed over, and why.
        answered: The attempt whose answer was taken.
        committed: Whether content of an attempt has been passed on.
        partial: Gives what an attempt has passed on.
        has_passed_calls: Whether parts of tool calls were among it, which would run into those of a new beginning.
    """

    decision: RoutingDecision
    table: Table
    limits: Limits
    health: Health
    clock: Callable[[], float] = time.monotonic
    began: float | None = None
    made: list[Attempt] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    answered: Attempt | None = None
    committed: bool = False
    has_passed_calls: bool = False
    partial: Callable[[], AIMessage] | None = None
    _least_context: int = 0
    _only_free: bool = False

    def __post_init__(self) -> None:
        """Start the clock."""
        self._started = self.clock() if self.began is None else self.began
        # Who rests after failures may be well again when all others have failed.
        self._queue = deque([*self.decision.ordered, *self.decision.resting])

    def __iter__(self) -> Iterator[Attempt]:
        while self._queue and self.answered is None and self._places_left > 0:
            attempt = self._next(self._queue.popleft())
            if attempt is not None:
                self.made.append(attempt)
                yield attempt
        if self.answered is None:
            self._give_up()

    @property
    def _places_left(self) -> float:
        """How many attempts may still be made."""
        return math.inf if self.limits.attempts is None else self.limits.attempts - len(self.made)

    def _next(self, model: str) -> Attempt | None:
        self._time_left(model)
        reason = self._unfit(model)
        if reason is not None:
            self.skipped.append({"model": model, "reason": reason})
            return None
        is_last = self._places_left <= 1 or not any(self._unfit(each) is None for each in self._queue)
        if not is_last and not self.health.admit(model):
            self.skipped.append({"model": model, "reason": "it failed lately, and rests"})
            return None
        return self.renew(Attempt(model, None, self._money_left(), is_last, self.clock()))

    def renew(self, attempt: Attempt) -> Attempt:
        """Say how long an attempt may take from now on.

        Raises:
            DeadlineExceededError: No time is left.
        """
        limits = (self._time_left(attempt.model), self.limits.attempt_timeout, self.candidate(attempt.model).timeout)
        attempt.seconds = min((each for each in limits if each is not None), default=None)
        return attempt

    def _unfit(self, model: str) -> str | None:
        """Say why a model cannot help after what has failed; `None` where it may."""
        if self._least_context and not self._context(model) > self._least_context:
            return "its context is no larger than the one that was too small"
        if self._only_free and not self.table.free >> self.table.positions[model] & 1:
            return "the credit is used up, and it costs something"
        money = self._money_left()
        if money is not None and ((cost := self._expected(model)) is None or cost > money):
            return f"it may cost more than the ${money:f} that are left of the cap over all attempts"
        return None

    def candidate(self, model: str) -> Candidate:
        """Give the candidate of a name."""
        return self.table.candidates[self.table.positions[model]]

    def _context(self, model: str) -> int:
        return self.table.context[self.table.positions[model]]

    def _expected(self, model: str) -> Decimal | None:
        return self.decision.cost_of(model)

    def _time_left(self, model: str) -> float | None:
        """Give the seconds that are left.

        Raises:
            DeadlineExceededError: None are.
        """
        if self.limits.deadline is None:
            return None
        left = self.limits.deadline - (self.clock() - self._started)
        if left <= 0:
            late = DeadlineExceededError(
                f"The deadline of {self.limits.deadline:g} s for all attempts passed before {model!r} could be tried."
            )
            raise self._told(late) from (self.made[-1].error if self.made else None)
        return left

    def _money_left(self) -> Decimal | None:
        if self.limits.max_cost is None:
            return None
        # What nobody knows is taken for what was expected: an attempt that broke may have been billed.
        spent = (self._expected(each.model) if each.cost is None else each.cost for each in self.made)
        return max(self.limits.max_cost - sum((each or Decimal(0) for each in spent), Decimal(0)), Decimal(0))

    @contextmanager
    def trying(self, attempt: Attempt) -> Iterator[None]:
        """Make an attempt within this: a failure that another model may survive ends here, all others go on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # what is not to be survived is raised again
            self._failed(attempt, error)
        except BaseException as error:  # left, or cancelled: that says nothing about the model
            self.health.failed(attempt.model, error=error)
            raise
        else:
            attempt.took = self.clock() - attempt.began

    def _failed(self, attempt: Attempt, error: Exception) -> None:
        attempt.error = error
        attempt.took = self.clock() - attempt.began
        attempt.cost = cost_of_failure(error)
        if isinstance(error, NoPlaceError):
            self.health.failed(attempt.model, error=GeneratorExit())  # nothing was sent, so nothing was learnt
        else:
            provider = getattr(error, "provider_name", None)
            self.health.failed(attempt.model, provider, error=error, duration_s=attempt.took)
        remedy = remedy_of(error)
        if self.committed and self.partial is not None and getattr(error, "partial_message", None) is None:
            error.partial_message = self.partial()  # type: ignore[attr-defined]
        if remedy == "raise" or (self.committed and not self._may_restart):
            raise self._told(error)
        if remedy == "larger":
            self._least_context = max(self._least_context, self._context(attempt.model))
        self._only_free |= remedy == "free"

    @property
    def _may_restart(self) -> bool:
        return self.limits.restarts and not self.has_passed_calls

    def accept(self, attempt: Attempt, message: AIMessage, *, is_empty: bool) -> None:
        """Take an answer.

        Args:
            attempt: Whose it is.
            message: The answer, or as much of it as tells usage, cost and provider.
            is_empty: Whether there is nothing in it.

        Raises:
            EmptyResponseError: There is nothing in it, and somebody else is left; `trying` goes on then.
        """
        attempt.took = self.clock() - attempt.began
        attempt.cost = cost_of_answer(message, self.table.facts[self.table.positions[attempt.model]])
        if is_empty and not attempt.is_last:
            raise empty(message)
        self.answered = attempt
        provider = message.response_metadata.get("provider")
        first = None if attempt.first_content is None else attempt.first_content - attempt.began
        self.health.succeeded(
            attempt.model, provider if isinstance(provider, str) else None, first_token_s=first, duration_s=attempt.took
        )

    def _give_up(self) -> None:
        error = self.made[-1].error if self.made else None
        if error is None:
            reasons = {each["model"]: each["reason"] for each in self.skipped}
            told = "; ".join(f"{model}: {reason}" for model, reason in reasons.items())
            error = NoCandidateError(f"No model could be tried. {told}.", reasons)
        raise self._told(error)

    def _told(self, error: BaseException) -> BaseException:
        """Write onto an error what was tried, for who catches it and who reads its trace."""
        records = [each.record() for each in self.made]
        error.attempts = records  # type: ignore[attr-defined]
        if len(records) > 1 and not any(note.startswith(_TRIED) for note in getattr(error, "__notes__", ())):
            tried = ", ".join(f"{each['model']} ({each['error'] or 'answered'})" for each in records)
            error.add_note(f"{_TRIED}{tried}.")
        return error

    def record(self) -> dict[str, Any]:
        """Give what happened as JSON."""
        answered = self.answered or self.made[-1]
        return {
            "model": answered.model,
            "fallback": len(self.made) > 1,
            "attempts": [each.record() for each in self.made],
            "skipped": list(self.skipped),
        }
