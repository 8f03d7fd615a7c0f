"""The billed cost on LangSmith's runs.

LangSmith shows a cost where a run's `usage_metadata` has a `total_cost`. A message's `usage_metadata` must not have
one: LangChain adds usages up as whole numbers, and `get_usage_metadata_callback` would lose every call after the first.
So the cost is put on the run of each tracer, and nowhere else.

Source: https://docs.langchain.com/langsmith/cost-tracking
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult, LLMResult
from langchain_core.runnables import RunnableConfig
from typing_extensions import override

from langchain_openrouter.chat.announcing import may_be_sent, with_run_id


class TracedCost(BaseChatModel):
    """Tells tracers the cost of a call before its run ends."""

    @override
    def _generate_with_cache(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        result = super()._generate_with_cache(messages, stop=stop, run_manager=run_manager, **kwargs)
        _tell_result(run_manager, result)
        return result

    @override
    async def _agenerate_with_cache(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        try:
            result = await super()._agenerate_with_cache(messages, stop=stop, run_manager=run_manager, **kwargs)
        except asyncio.CancelledError as error:
            # LangChain tells callbacks of a cancelled stream, and of no other cancelled call; it may be billed.
            if run_manager is not None and may_be_sent():
                await run_manager.on_llm_error(error, response=LLMResult(generations=[]))
            raise
        _tell_result(run_manager, result)
        return result

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
        config, _ = with_run_id(config)
        manager = CallbackManager.configure(config.get("callbacks"))
        run = _know_run(config, manager)
        chunks = super().stream(input, config, stop=stop, **kwargs)
        if run is None:
            yield from chunks
            return
        for chunk in chunks:
            if "cost" in chunk.response_metadata:
                _tell(manager.handlers, run, chunk.response_metadata["cost"])
            yield chunk

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
        config, _ = with_run_id(config)
        manager = AsyncCallbackManager.configure(config.get("callbacks"))
        run = _know_run(config, manager)
        async with aclosing(super().astream(input, config, stop=stop, **kwargs)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                if run and "cost" in chunk.response_metadata:
                    _tell(manager.handlers, run, chunk.response_metadata["cost"])
                yield chunk


def _know_run(config: RunnableConfig, manager: CallbackManager | AsyncCallbackManager) -> str | None:
    """Make LangChain use the tracers of a manager, and give the id of its run; `None` where no tracer listens."""
    if not any(hasattr(handler, "run_map") for handler in manager.handlers):
        return None
    config["callbacks"] = manager
    return str(config["run_id"])


def tell_chunk(run_manager: Any, chunk: ChatGenerationChunk) -> None:
    """Tell tracers the cost where a chunk has it: for LangChain's event streams, which call `_stream` themselves."""
    if "cost" in chunk.message.response_metadata:
        _tell(run_manager.handlers, str(run_manager.run_id), chunk.message.response_metadata["cost"])


def _tell_result(run_manager: Any, result: ChatResult) -> None:
    if run_manager is None or not result.generations:
        return
    message = result.generations[0].message
    cost = message.response_metadata.get("cost")
    from_cache = "total_cost" in (getattr(message, "usage_metadata", None) or {})  # LangChain says 0 then
    if cost is not None and not from_cache:
        _tell(run_manager.handlers, str(run_manager.run_id), cost)


def _tell(handlers: list[Any], run_id: str, cost: float) -> None:
    for handler in handlers:
        run = getattr(handler, "run_map", {}).get(run_id)
        if run is not None and isinstance(run.extra, dict):
            run.extra["metadata"] = _WithCost(run.extra.get("metadata") or {}, cost)


class _WithCost(dict[str, Any]):
    """A run's metadata, whose usage gets the cost when the tracer writes it there at the end of the run."""

    def __init__(self, metadata: dict[str, Any], cost: float) -> None:
        super().__init__(metadata)
        self._cost = cost

    def __setitem__(self, key: str, value: Any) -> None:
        if key == "usage_metadata" and isinstance(value, dict):
            value = {**value, "total_cost": self._cost}
        super().__setitem__(key, value)
