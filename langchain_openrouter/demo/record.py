"""What a step did: which models answered, through which providers, for how many tokens and how much money."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.outputs import LLMResult

_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Call:
    """One answer of a model. `None` is what it did not tell, which is not the same as 0."""

    model: str
    provider: str
    tokens_in: int | None
    tokens_out: int | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Row:
    """One step, all of its calls together."""

    step: str
    model: str
    provider: str
    calls: int
    tokens_in: int | None
    tokens_out: int | None
    seconds: float
    cost: Decimal | None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the row for JSON. The cost is text, since a JSON number may lose digits in its reader."""
        cost = None if self.cost is None else plain(self.cost)
        return {**asdict(self), "seconds": round(self.seconds, 3), "cost": cost}


class Recorder(BaseCallbackHandler):
    """Sees every call of a step, however deep in a chain or an agent it is made."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._unpriced = False

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Take note of an answer."""
        generation = response.generations[0][0]
        if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
            self.calls.append(call_of(generation.message))

    def on_llm_error(self, error: BaseException, **_: Any) -> None:
        """Take note of a failure: one that came after part of an answer may be billed, and nobody says how much."""
        self._unpriced |= getattr(error, "partial_message", None) is not None

    def row(self, step: str, seconds: float, error: str | None) -> Row:
        """Add the calls up.

        Args:
            step: The name of the step.
            seconds: How long it took.
            error: Why it failed, `None` where it did not.
        """
        return Row(
            step=step,
            model=_joined(call.model for call in self.calls),
            provider=_joined(call.provider for call in self.calls),
            calls=len(self.calls),
            tokens_in=total(call.tokens_in for call in self.calls),
            tokens_out=total(call.tokens_out for call in self.calls),
            seconds=seconds,
            cost=None if self._unpriced else total((call.cost for call in self.calls), Decimal(0)),
            error=error,
        )


def call_of(message: AIMessage) -> Call:
    """Read what an answer tells of itself."""
    metadata, usage = message.response_metadata, message.usage_metadata
    cost = metadata.get("cost")
    return Call(
        model=metadata.get("model_name") or _UNKNOWN,
        provider=metadata.get("provider") or _UNKNOWN,
        tokens_in=usage["input_tokens"] if usage else None,
        tokens_out=usage["output_tokens"] if usage else None,
        # The text of a float is the number that OpenRouter wrote; its binary value is only near it.
        cost=None if cost is None else Decimal(str(cost)),
    )


def total(values: Iterable[Any], nothing: Any = 0) -> Any:
    """Add up; one unknown makes the sum unknown."""
    known = nothing
    for value in values:
        if value is None:
            return None
        known += value
    return known


def plain(amount: Decimal) -> str:
    """Write an amount with all of its digits and no exponent."""
    return f"{amount.normalize():f}"


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "—"
