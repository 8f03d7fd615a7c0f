"""From the end of a call to its record: what was answered, what it cost, or what may have been spent all the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import ModelConnectionError, ModelError, ModelTimeoutError

from langchain_openrouter.costs import Usage, price
from langchain_openrouter.costs.prompt import count_prompt
from langchain_openrouter.costs.record import CallRecord
from langchain_openrouter.errors import ProviderResponseError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.ledger.budget import Caller
    from langchain_openrouter.tracking.request import Request

__all__ = ["Started", "answered", "failed", "lost"]

_BYTES_PER_TOKEN = 4
_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"})
_MISTAKES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, ImportError, NameError, SyntaxError)
"""What a program does wrong before anything is sent."""


@dataclass(slots=True)
class Started:
    """A call on its way.

    Args:
        id: LangChain's run id.
        root: Id of the outermost run.
        request: What is asked for.
        at: When it began (UTC).
        began: The same on a clock that does not jump, in seconds.
        event: An object that LangChain hands to all handlers when it tells them of this call; see `refusals`.
        group: An object that LangChain hands to all calls of one `generate`; `None` where there is none.
        prompt: The prompt, for as long as the call is on its way.
        first_token: When its first piece came, on that clock.
        reserved: Dollars set aside; `None` where nothing was.
    """

    id: str
    root: str
    request: Request
    at: dt.datetime
    began: float
    event: object = field(default=None, repr=False)
    group: object = field(default=None, repr=False)
    prompt: Sequence[BaseMessage] = field(default=(), repr=False)
    first_token: float | None = None
    reserved: Decimal | None = None

    def record(self, **told: Any) -> CallRecord:
        """Make the record of the call."""
        caller = self.request.caller
        return CallRecord(
            **{
                "id": self.id,
                "started_at": self.at,
                "model_asked": caller.model,
                "reserved": self.reserved,
                "tags": caller.tags,
                "metadata": caller.metadata,
                "user": caller.user,
                "thread_id": caller.thread,
                "run_id": self.root,
                "key": caller.key,
                **told,
            }
        )

    def caller_of(self, record: CallRecord) -> Caller:
        """Say whose call it was, now that it may be known which provider answered."""
        caller = self.request.caller
        return replace(caller, providers=(record.provider,)) if record.provider else caller

    def times(self, now: float) -> dict[str, float | None]:
        """Give how long it took, to its first piece and in all."""
        first = None if self.first_token is None else self.first_token - self.began
        return {"first_token_s": first, "duration_s": now - self.began}


def lost(started: Started) -> CallRecord:
    """Make the record of a call that nobody brought to its end: what was set aside counts until the truth is known."""
    status = "unknown" if started.reserved is None else "estimated"
    return started.record(cost=started.reserved, status=status, pending=True, error="Lost")


def answered(started: Started, response: LLMResult, catalog: Catalog, now: float) -> CallRecord:
    """Make the record of an answer.

    Args:
        started: The call.
        response: What LangChain tells at its end.
        catalog: Where prices are looked up.
        now: The time, on the clock of `Started.began`.
    """
    message = _message(response)
    told = {**_told(message), **started.times(now)}
    if message is not None and (getattr(message, "usage_metadata", None) or {}).get("total_cost") == 0:
        # LangChain writes it on what its cache answers; the generation was booked when it was made.
        return started.record(**{**told, "generation_id": None}, cost=Decimal(0), status="cached")
    usage = Usage() if message is None else Usage.read(message)
    charge = price(usage, told.get("model") or started.request.caller.model, at=started.at, catalog=catalog)
    costs = {"billed": charge.billed, "computed": charge.computed, "upstream": charge.upstream}
    told |= {**costs, "is_byok": charge.is_byok, **_tokens(usage)}
    if charge.total is None:
        return _unsure(started, told)
    return started.record(**told, cost=charge.total, status=charge.status)


def failed(
    started: Started, error: BaseException, response: LLMResult | None, catalog: Catalog, now: float
) -> CallRecord:
    """Make the record of a call that ended with an error: it cost nothing, or it may have been billed.

    Args:
        started: The call.
        error: What ended it. A stream that its reader left ends with `GeneratorExit` or `CancelledError`.
        response: What had arrived.
        catalog: Where prices are looked up.
        now: The time, on the clock of `Started.began`.
    """
    message = getattr(error, "partial_message", None) or (_message(response) if response else None)
    told = {"error": type(error).__name__, **_told(message), **started.times(now)}
    told["generation_id"] = told.get("generation_id") or getattr(error, "generation_id", None)
    usage = Usage() if message is None else Usage.read(message)
    if usage.cost is not None:  # all was told before it ended
        return started.record(**told, **_tokens(usage), cost=usage.cost, billed=usage.cost, status="billed")
    if not _may_be_billed(error, message):
        return started.record(**told, cost=Decimal(0), status="computed")
    if started.reserved is None:
        heard = count_prompt(started.prompt, started.request.tools).expected
        said = len(str(getattr(message, "text", ""))) // _BYTES_PER_TOKEN
        guess = price(Usage(heard, said), started.request.caller.model, at=started.at, catalog=catalog)
        told["computed"] = guess.computed
    return _unsure(started, told)


def _unsure(started: Started, told: dict[str, Any]) -> CallRecord:
    """Settle for what was set aside, or for what little can be computed, until OpenRouter is asked."""
    guess = started.reserved if started.reserved is not None else told.pop("computed", None)
    status = "unknown" if guess is None else "estimated"
    return started.record(**{**told, "computed": None}, cost=guess, status=status, pending=True)


def _may_be_billed(error: BaseException, message: BaseMessage | None) -> bool:
    """Say whether a call may have been billed although it failed: whether a model may have begun to answer."""
    if message is not None and (message.content or getattr(message, "tool_calls", None)):
        return True
    if isinstance(error, (ModelTimeoutError, ModelConnectionError)):
        was_told_why = getattr(error, "status_code", None) is not None
        return not was_told_why and type(error.__cause__).__name__ not in _NEVER_SENT
    if isinstance(error, ModelError):
        # An answer came and cannot be used; all others were refused, or were not sent.
        return isinstance(error, ProviderResponseError)
    # A stream that was left, a call that was cancelled; no slip of the program before anything was sent.
    return not isinstance(error, _MISTAKES)


def _message(response: LLMResult) -> BaseMessage | None:
    for generations in response.generations:
        for generation in generations:
            message: BaseMessage | None = getattr(generation, "message", None)
            if message is not None:
                return message
    return None


def _told(message: BaseMessage | None) -> dict[str, Any]:
    metadata = message.response_metadata if message is not None else {}
    names = {
        "model": ("model_name", "model"),
        "provider": ("provider",),
        "generation_id": ("id", "generation_id"),
        "finish_reason": ("finish_reason", "stop_reason"),
    }
    found = {field: _first(metadata, keys) for field, keys in names.items()}
    return {field: value for field, value in found.items() if value is not None}


def _first(metadata: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((metadata[name] for name in names if isinstance(metadata.get(name), str) and metadata[name]), None)


def _tokens(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "cached_tokens": usage.cached,
        "cache_write_tokens": usage.written + usage.written_1h,
        "reasoning_tokens": usage.reasoning,
        "audio_tokens": usage.audio + usage.audio_output,
        "image_tokens": usage.image + usage.image_output,
        "searches": usage.searches,
    }
