"""One call of a model, measured: its answer or its failure, how long it took, and what it cost."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage, message_chunk_to_message
from langchain_core.runnables.config import ensure_config, merge_configs

from langchain_openrouter.costs import Usage, price
from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.errors.redaction import redact
from langchain_openrouter.routing.models import model_name
from langchain_openrouter.tracking import OpenRouterCostHandler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from types import TracebackType

    from langchain_core.runnables import Runnable, RunnableConfig

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs import CallRecord

__all__ = ["Trial", "arun_trial", "describe_error", "name_of", "run_trial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One call of a model. `None` stands where something is not known.

    Args:
        input: What was asked.
        input_index: Its place among the inputs.
        model: Name of the model.
        repeat: 0 for the first time that this model is asked this, 1 for the second, and so on.
        answer: What the model answered; `None` where it failed. What is no message was made one: text as it is,
            the last message of an agent's state, all else as JSON.
        error: Class and first line of the error that ended it, such as `"RateLimitError: Too many requests"`.
        refused: Whether a budget said no, so that nothing was sent.
        first_token_s: Seconds to the first piece of the answer; `None` where it did not come in pieces.
        latency_s: Seconds to the end of the answer, or to the failure.
        tokens_per_second: Tokens of the answer by the time from the first piece to the end, where that is known and
            the answer is of one call; else by the whole time.
        prompt_tokens: Tokens of the prompt, of all calls of a chain.
        completion_tokens: Tokens of the answer, of all calls of a chain.
        cost: Dollars, of all calls of a chain; 0 where nothing was sent, an estimate where an answer was cut off.
        cached: Whether LangChain's cache answered, so that times say nothing about the model.
        scores: How good the answer is, by metric. What gave no score is missing here.
        unscored: Why a metric gave no score, by metric.
    """

    input: Any
    input_index: int = 0
    model: str
    repeat: int = 0
    answer: AIMessage | None = None
    error: str | None = None
    refused: bool = False
    first_token_s: float | None = None
    latency_s: float | None = None
    tokens_per_second: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: Decimal | None = None
    cached: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)
    unscored: Mapping[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether there is an answer."""
        return self.error is None


def run_trial(
    model: BaseChatModel | Runnable[Any, Any],
    input: Any,  # noqa: A002  # LangChain's word
    *,
    config: RunnableConfig | None = None,
    stream: bool = True,
    name: str | None = None,
    input_index: int = 0,
    repeat: int = 0,
    raise_budget: bool = False,
    catalog: Catalog | None = None,
) -> Trial:
    """Call a model, and measure it. A failure is told in the trial, not raised.

    Args:
        model: A chat model of any provider, or what was made of one.
        input: What it is asked.
        config: LangChain's config of the call. Its `run_id` is left out: each call has its own.
        stream: Whether to stream, so that the time to the first piece is known. What gives neither messages nor text,
            such as an agent, is called without.
        name: Name of the model. Default: its own.
        input_index: Place of the input among others.
        repeat: How often this was asked before.
        raise_budget: Whether `BudgetExceededError` is raised.
        catalog: Where prices are looked up. Default: `langchain_openrouter.catalog.current()`.

    Raises:
        BudgetExceededError: The budget of a block that this runs in has not so much left, and `raise_budget` is set.

    Example:
        >>> from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
        >>> model = GenericFakeChatModel(messages=iter([AIMessage("Good morning")]))
        >>> trial = run_trial(model, "Say good morning", name="fake")
        >>> trial.model, trial.answer.text, trial.error, trial.cost
        ('fake', 'Good morning', None, None)
    """
    call = _Call(config, raise_budget=raise_budget, catalog=catalog)
    with call:
        if stream and _streams(model):
            for chunk in model.stream(input, call.config):
                call.take(chunk)
        else:
            call.take(model.invoke(input, call.config))
    return Trial(input=input, input_index=input_index, model=name or name_of(model), repeat=repeat, **call.told())


async def arun_trial(
    model: BaseChatModel | Runnable[Any, Any],
    input: Any,  # noqa: A002
    *,
    config: RunnableConfig | None = None,
    stream: bool = True,
    name: str | None = None,
    input_index: int = 0,
    repeat: int = 0,
    raise_budget: bool = False,
    catalog: Catalog | None = None,
) -> Trial:
    """Call a model asynchronously, and measure it. See `run_trial`; a cancellation is raised."""
    call = _Call(config, raise_budget=raise_budget, catalog=catalog)
    with call:
        if stream and _streams(model):
            async for chunk in model.astream(input, call.config):
                call.take(chunk)
        else:
            call.take(await model.ainvoke(input, call.config))
    return Trial(input=input, input_index=input_index, model=name or name_of(model), repeat=repeat, **call.told())


def name_of(model: Runnable[Any, Any]) -> str:
    """Give the name of a model, or of what was made of one.

    Args:
        model: A chat model, one with bound arguments, or any other runnable.
    """
    while hasattr(model, "bound"):
        model = model.bound
    return model_name(model) if isinstance(model, BaseChatModel) else model.get_name()


def describe_error(error: BaseException) -> str:
    r"""Give the class of an error and the first line of what it says, without keys.

    Example:
        >>> describe_error(ValueError("No such model.\nTry another."))
        'ValueError: No such model.'
    """
    said = redact(str(error).strip().partition("\n")[0].rstrip())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


class _Call:
    """A call that is measured while it stands in a `with` block, which keeps its failure."""

    def __init__(self, config: RunnableConfig | None, *, raise_budget: bool, catalog: Catalog | None) -> None:
        # It sees every call of a chain, and those that failed.
        self._account = OpenRouterCostHandler(catalog=catalog)
        self._catalog = catalog
        self._raises: tuple[type[Exception], ...] = (BudgetExceededError,) if raise_budget else ()
        # Handlers of a run around this one, such as a graph's, are beside ours.
        self.config = merge_configs(ensure_config(config), {"callbacks": [self._account]})
        self.config.pop("run_id", None)
        self._pieces: list[Any] = []
        self._answer: AIMessage | None = None
        self._error: str | None = None
        self._refused = False
        self._first: float | None = None
        self._latency = 0.0
        self._began = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: TracebackType | None) -> bool:
        self._latency = time.perf_counter() - self._began
        if error is None:
            try:
                self._answer = _answer(self._pieces)
            except Exception as unusable:  # noqa: BLE001  # an answer that cannot be read is a failure like others
                error = unusable
        if error is not None:
            self._error = describe_error(error)
            self._refused = isinstance(error, BudgetExceededError)
        return isinstance(error, Exception) and not isinstance(error, self._raises)

    def take(self, piece: Any) -> None:
        """Take a piece of the answer, or all of it."""
        if self._first is None and _begins(piece):
            self._first = time.perf_counter() - self._began
        self._pieces.append(piece)

    def told(self) -> dict[str, Any]:
        """Give what was measured, by the names of a trial's fields."""
        records = self._account.records
        prompt, completion, cost = self._spent(records)
        first = self._first_token()
        writing = self._latency - (first or 0) if len(records) <= 1 else self._latency
        cached = bool(records) and all(record.status == "cached" for record in records)
        return {
            "answer": self._answer,
            "error": self._error,
            "refused": self._refused,
            "first_token_s": first,
            "latency_s": self._latency,
            "tokens_per_second": _speed(completion, writing, self._latency) if self._answer else None,
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "cost": cost,
            "cached": cached,
        }

    def _first_token(self) -> float | None:
        # A text that came whole says nothing of when the model began.
        came_whole = len(self._pieces) == 1 and not isinstance(self._pieces[0], AIMessageChunk)
        return None if came_whole else self._first

    def _spent(self, records: list[CallRecord]) -> tuple[int | None, int | None, Decimal | None]:
        if not records and self._answer is not None:  # by something that tells LangChain nothing
            usage = Usage.read(self._answer)
            return usage.prompt, usage.completion, price(self._answer, catalog=self._catalog).total
        cost = None if self._account.unpriced_calls else self._account.total
        prompt = _sum(record.prompt_tokens for record in records)
        return prompt, _sum(record.completion_tokens for record in records), cost


def _streams(model: Runnable[Any, Any]) -> bool:
    """Say whether a model streams what can be put together again: messages or text."""
    try:
        output: Any = model.OutputType
    except TypeError:  # LangChain cannot tell
        return False
    return bool(output is str or output == AnyMessage)


def _begins(piece: Any) -> bool:
    """Say whether an answer begins with a piece: not with an empty one, nor with a whole message."""
    if isinstance(piece, AIMessageChunk):
        return bool(piece.content or piece.tool_call_chunks or piece.additional_kwargs)
    return isinstance(piece, str) and bool(piece)


def _answer(pieces: list[Any]) -> AIMessage:
    if not pieces:
        msg = "The answer is empty."
        raise ValueError(msg)
    first, *others = pieces
    if isinstance(first, AIMessageChunk):
        return _message(message_chunk_to_message(first + others if others else first))
    if isinstance(first, str):
        return AIMessage("".join(pieces))
    return _message(pieces[-1])


def _message(output: Any) -> AIMessage:
    """Make a message of what a runnable gives."""
    if isinstance(output, AIMessage):
        return output
    if isinstance(output, BaseMessage):
        return AIMessage(output.content)
    if isinstance(output, str):
        return AIMessage(output)
    if isinstance(output, dict) and output.get("messages"):
        return _message(output["messages"][-1])
    return AIMessage(json.dumps(output, default=_plain, ensure_ascii=False))


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


def _speed(tokens: int | None, writing: float, whole: float) -> float | None:
    if not tokens or not whole:
        return None
    # An answer that came in one piece was written before that piece, not in the instant after it.
    return tokens / (writing if writing > 0 else whole)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return sum(count for count in known if count is not None) if known and None not in known else None
