"""Attempts of a call over made models, by a clock of the test, and what plays them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from langchain_openrouter.errors import (
    AuthenticationError,
    ContextLengthError,
    IncompleteStreamError,
    InsufficientCreditsError,
    ServiceUnavailableError,
)
from langchain_openrouter.routing.attempts import Attempt, Attempts, Limits
from langchain_openrouter.routing.health import Health
from tests.routing.made import decided, made, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_openrouter.catalog import Model
    from langchain_openrouter.routing.table import Table

CONTEXTS = (8_000, 32_000, 16_000, 64_000)
DOWN = ServiceUnavailableError("It is down.", status_code=503)
CUT = IncompleteStreamError("It ended early.")
LONG = ContextLengthError("It is too long.", status_code=400)
NO_CREDIT = InsufficientCreditsError("There is no credit.", status_code=402)
WRONG_KEY = AuthenticationError("The key is wrong.", status_code=401)


class Clock:
    """Seconds that pass only when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def models(count: int = 4, **more: Any) -> list[Model]:
    """Make models `a/0`, `a/1`, …, each dearer than the one before, with contexts of `CONTEXTS`."""
    return [
        made(f"a/{i}", f"0.00000{i + 1}", f"0.00000{i + 1}", context_length=CONTEXTS[i], **more) for i in range(count)
    ]


def attempts_of(
    candidates: Sequence[Any] | None = None, *, health: Health | None = None, **limits: Any
) -> tuple[Attempts, Clock]:
    """Give the attempts of a call over candidates that are tried from the cheapest on, and their clock."""
    table: Table = table_of(models() if candidates is None else candidates)
    clock = Clock()
    known = health or Health(clock=clock)
    moment = {"waits": known.snapshot(table.names)}
    return Attempts(decided(table, moment=moment), table, Limits(**limits), known, clock), clock


def play(attempts: Attempts, *ends: Any, before: Callable[[Attempt], None] | None = None) -> list[Attempt]:
    """Let attempts end in turn, by an error or with an answer, and give those that were made."""
    told = iter(ends)
    for attempt in attempts:
        if before is not None:
            before(attempt)
        with attempts.trying(attempt):
            end = next(told)
            if isinstance(end, BaseException):
                raise end
            attempts.accept(attempt, end, is_empty=not end.text)
    return attempts.made


ANSWER = AIMessage("yes", response_metadata={"model_name": "a/1", "cost": 0.25, "provider": "Acme"})
