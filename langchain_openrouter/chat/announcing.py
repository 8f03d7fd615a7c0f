"""Callback handlers are told when a call that was announced to them was never sent."""

from __future__ import annotations

import contextlib
import enum
from contextlib import aclosing
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.runnables import RunnableConfig, ensure_config
from langchain_core.utils.uuid import uuid7
from typing_extensions import override

from langchain_openrouter.chat import announced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from uuid import UUID

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessageChunk, BaseMessage
    from langchain_core.outputs import LLMResult


class Progress(enum.IntEnum):
    """How far a call is."""

    ANNOUNCED = 0
    PREPARING = 1
    SENDING = 2


class _Call:
    __slots__ = ("progress",)

    def __init__(self) -> None:
        self.progress = Progress.ANNOUNCED


_call: ContextVar[_Call | None] = ContextVar("langchain_openrouter_call", default=None)
"""The call that this context makes; until its first piece, where it is streamed."""


class Announcing(BaseChatModel):
    """Follows a call from its announcement to its sending."""

    @override
    def generate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Any = None,
        *,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Generate answers; see `BaseChatModel.generate`."""
        if len(messages) != 1:  # each has a run of its own
            return super().generate(messages, stop, callbacks, run_id=run_id, **kwargs)
        run_id = run_id or uuid7()
        with _following(run_id):
            return super().generate(messages, stop, callbacks, run_id=run_id, **kwargs)

    @override
    async def agenerate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Any = None,
        *,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Generate answers asynchronously; see `BaseChatModel.agenerate`."""
        if len(messages) != 1:
            return await super().agenerate(messages, stop, callbacks, run_id=run_id, **kwargs)
        run_id = run_id or uuid7()
        with _following(run_id):
            return await super().agenerate(messages, stop, callbacks, run_id=run_id, **kwargs)

    @override
    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Stream the answer; see `Runnable.stream`."""
        config, run_id = with_run_id(config)
        chunks = super().stream(input, config, stop=stop, **kwargs)
        with _following(run_id):
            first = next(chunks, None)
        if first is not None:
            yield first
            yield from chunks

    @override
    async def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Stream the answer asynchronously; see `Runnable.astream`."""
        config, run_id = with_run_id(config)
        async with aclosing(super().astream(input, config, stop=stop, **kwargs)) as chunks:  # type: ignore[type-var]
            with _following(run_id):
                first = await anext(chunks, None)
            if first is not None:
                yield first
                async for chunk in chunks:
                    yield chunk


def reach(progress: Progress) -> None:
    """Say how far the running call is."""
    call = _call.get()
    if call is not None:
        call.progress = progress


def may_be_sent() -> bool:
    """Say whether the request of the running call may have been sent."""
    call = _call.get()
    return call is None or call.progress is Progress.SENDING


@contextlib.contextmanager
def _following(run_id: UUID) -> Iterator[None]:
    """Tell if a call ends before it is sent."""
    call = _Call()
    token = _call.set(call)
    try:
        yield
    except BaseException:
        if call.progress is not Progress.SENDING:
            announced.never_sent(run_id, starting=call.progress is Progress.ANNOUNCED)
        raise
    finally:
        _call.reset(token)


def with_run_id(config: RunnableConfig | None) -> tuple[RunnableConfig, UUID]:
    """Give a configuration whose run has an id, and the id."""
    config = ensure_config(config)
    run_id = config.get("run_id") or uuid7()
    config["run_id"] = run_id
    return config, run_id
