"""A chat model that lets other chat models answer.

To callbacks and traces it is a chain, whose steps are the calls of the models that it asks. So each call is told, timed
and paid for once: by the model that made it. LangChain's own way, in which a chat model announces a call of its own,
would count every token twice.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from langchain_core.callbacks import AsyncCallbackManager, AsyncCallbackManagerForLLMRun, CallbackManager
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, LLMResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import (
    ensure_config,
    get_async_callback_manager_for_config,
    get_callback_manager_for_config,
    merge_configs,
    patch_config,
)
from langchain_core.tools import BaseTool
from langchain_core.utils import get_pydantic_field_names
from pydantic import ConfigDict, Field, SkipValidation, model_validator
from typing_extensions import override

from langchain_openrouter.catalog.query import check_choice
from langchain_openrouter.chat import counting
from langchain_openrouter.chat.binding import Binding
from langchain_openrouter.chat.tools import to_wire_tools
from langchain_openrouter.routing.streaming import as_chunk

__all__ = ["Delegating", "Work"]

_OF_MODELS = ("cache", "rate_limiter")


@dataclass
class Work:
    """One call of a model that delegates.

    Args:
        messages: The prompt.
        arguments: Arguments of the call, `stop` among them where it was given.
        config: LangChain's configuration of the call.
        plan: What was decided before the run.
        began: When the call began, by a clock that never goes back.
        metadata: Gives what traces are told of the call.
        answer: The answer, or its chunks, when they are there.
    """

    messages: list[BaseMessage]
    arguments: dict[str, Any]
    config: RunnableConfig
    plan: Any = None
    began: float = field(default_factory=time.monotonic)
    metadata: Callable[[], dict[str, Any]] = dict
    answer: AIMessage | list[AIMessageChunk] | None = None


class Delegating(Binding):
    """The run methods of a chat model that lets others answer. Subclasses say how, in six methods."""

    model_config = ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True)

    model_options: Annotated[dict[str, Any], SkipValidation] = Field(default_factory=dict, repr=False)
    """Fields of the `ChatOpenRouter`s that are made of ids, such as `base_url`. They can be given directly, too."""

    @model_validator(mode="before")
    @classmethod
    def _gather_model_options(cls, values: dict[str, Any]) -> Any:
        """Move what only a `ChatOpenRouter` has a field for to the models that are made."""
        for name in _OF_MODELS:
            if values.get(name) is not None:
                raise ValueError(f"`{name}` belongs to the models that answer. Give it to them, or in `model_options`.")
        own = get_pydantic_field_names(cls) - {"output_version"}  # which is of the models that answer, too
        others = {name: value for name, value in values.items() if name not in own}
        if not others:
            return values
        from langchain_openrouter.chat_models import ChatOpenRouter

        for name in others:
            check_choice("argument", name, own | get_pydantic_field_names(ChatOpenRouter))
        kept = {name: value for name, value in values.items() if name in own}
        return {**kept, "model_options": {**(values.get("model_options") or {}), **others}}

    @abstractmethod
    def _prepare(self, work: Work) -> None:
        """Decide what there is to decide before the run begins."""

    @abstractmethod
    async def _aprepare(self, work: Work) -> None:
        """Decide what there is to decide before the run begins."""

    @abstractmethod
    def _answer(self, work: Work, config: RunnableConfig) -> AIMessage:
        """Let a model answer; its run is a step of this one by `config`."""

    @abstractmethod
    async def _aanswer(self, work: Work, config: RunnableConfig) -> AIMessage:
        """Let a model answer."""

    @abstractmethod
    def _pieces(self, work: Work, config: RunnableConfig) -> Generator[AIMessageChunk, None, None]:
        """Let a model stream its answer."""

    @abstractmethod
    def _apieces(self, work: Work, config: RunnableConfig) -> AsyncGenerator[AIMessageChunk, None]:
        """Let a model stream its answer."""

    @override
    def get_token_ids(self, text: str) -> list[int]:
        """Give one number for each token that the text will about have; an estimate that needs no network."""
        return self.custom_get_token_ids(text) if self.custom_get_token_ids else counting.token_ids(text)

    @override
    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """Estimate the prompt tokens of messages and tools, without a network."""
        converted: list[Any] | None = to_wire_tools(tools) if tools else None
        return count_tokens_approximately(messages, tools=converted)

    @override
    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "openrouter"
        params["ls_model_name"] = kwargs.get("model") or self.get_name()
        return params

    @override
    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        """Tell callbacks, where LangChain announces a call of this model, that others make the calls that cost."""
        return {**super()._get_invocation_params(stop=stop, **kwargs), "delegates": True}

    @override
    def invoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Answer; see `Runnable.invoke`."""
        work = self._work(input, config, stop, kwargs)
        self._prepare(work)
        with _run(self, work) as child:
            work.answer = message = self._answer(work, child)
        return message

    @override
    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Answer asynchronously; see `Runnable.ainvoke`."""
        work = self._work(input, config, stop, kwargs)
        await self._aprepare(work)
        async with _arun(self, work) as child:
            work.answer = message = await self._aanswer(work, child)
        return message

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
        if self._streaming_disabled(**kwargs):
            yield as_chunk(self.invoke(input, config, stop=stop, **kwargs))
            return
        work = self._work(input, config, stop, kwargs)
        self._prepare(work)
        work.answer = chunks = []
        with _run(self, work) as child:
            pieces = self._pieces(work, child)
            try:
                for chunk in pieces:
                    chunks.append(chunk)
                    yield chunk
            finally:
                pieces.close()

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
        if self._streaming_disabled(**kwargs):
            yield as_chunk(await self.ainvoke(input, config, stop=stop, **kwargs))
            return
        work = self._work(input, config, stop, kwargs)
        await self._aprepare(work)
        work.answer = chunks = []
        async with _arun(self, work) as child, aclosing(self._apieces(work, child)) as pieces:
            async for chunk in pieces:
                chunks.append(chunk)
                yield chunk

    @override
    def generate(
        self, messages: list[list[BaseMessage]], stop: list[str] | None = None, callbacks: Any = None, *,
        tags: list[str] | None = None, metadata: dict[str, Any] | None = None, run_name: str | None = None,
        run_id: Any = None, **kwargs: Any,
    ) -> LLMResult:  # fmt: skip
        """Answer each of several prompts; see `BaseChatModel.generate`."""
        config = _config(callbacks, tags, metadata, run_name, run_id if len(messages) == 1 else None)
        return _result([self.invoke(each, config, stop=stop, **kwargs) for each in messages])

    @override
    async def agenerate(
        self, messages: list[list[BaseMessage]], stop: list[str] | None = None, callbacks: Any = None, *,
        tags: list[str] | None = None, metadata: dict[str, Any] | None = None, run_name: str | None = None,
        run_id: Any = None, **kwargs: Any,
    ) -> LLMResult:  # fmt: skip
        """Answer each of several prompts at once; see `BaseChatModel.agenerate`."""
        config = _config(callbacks, tags, metadata, run_name, run_id if len(messages) == 1 else None)
        asked = (self.ainvoke(each, config, stop=stop, **kwargs) for each in messages)
        answers = await asyncio.gather(*asked, return_exceptions=True)  # so that none is left running
        for each in answers:
            if isinstance(each, BaseException):
                raise each
        return _result([each for each in answers if isinstance(each, AIMessage)])

    @override
    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        message = self.invoke(messages, _child_of(run_manager), stop=stop, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    @override
    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        message = await self.ainvoke(messages, _child_of(run_manager), stop=stop, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    @override
    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in self.stream(messages, _child_of(run_manager), stop=stop, **kwargs):
            yield ChatGenerationChunk(message=chunk)

    @override
    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in self.astream(messages, _child_of(run_manager), stop=stop, **kwargs):
            yield ChatGenerationChunk(message=chunk)

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Give the model tools; whoever answers gets them in its own form. See `ChatOpenRouter.bind_tools`.

        Args:
            tools: LangChain tools, functions, pydantic classes, `TypedDict`s or dicts.
            tool_choice: `"auto"`, `"none"`, `"any"`, the name of a tool, or `True` for the only one.
            strict: Whether arguments must match the schema exactly.
            parallel_tool_calls: Whether the model may call several tools at once.
            **kwargs: Further parameters to bind.
        """
        given = {"tool_choice": tool_choice, "strict": strict, "parallel_tool_calls": parallel_tool_calls, **kwargs}
        return self.bind(tools=list(tools), **{name: value for name, value in given.items() if value is not None})

    def _work(
        self, given: LanguageModelInput, config: RunnableConfig | None, stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Work:
        own: RunnableConfig = {}
        if self.callbacks:
            own["callbacks"] = self.callbacks
        if self.tags:
            own["tags"] = self.tags
        if self.metadata:
            own["metadata"] = self.metadata
        messages = self._convert_input(given).to_messages()
        arguments = kwargs if stop is None else {**kwargs, "stop": stop}
        whole = ensure_config(config)
        return Work(messages, arguments, merge_configs(own, whole) if own else whole)


@contextmanager
def _run(model: BaseChatModel, work: Work) -> Iterator[RunnableConfig]:
    """Tell callbacks of a run, and give the configuration of its steps."""
    config = work.config
    manager = get_callback_manager_for_config(config)
    if manager.handlers:
        manager.add_metadata(work.metadata(), inherit=False)
    run = manager.on_chain_start(None, work.messages, name=_name(model, config), run_id=config.get("run_id"))
    try:
        yield patch_config(work.config, callbacks=run.get_child())
    except BaseException as error:
        run.on_chain_error(error)
        raise
    run.on_chain_end(_told(work, run.handlers))


@asynccontextmanager
async def _arun(model: BaseChatModel, work: Work) -> AsyncIterator[RunnableConfig]:
    config = work.config
    manager = get_async_callback_manager_for_config(config)
    if manager.handlers:
        manager.add_metadata(work.metadata(), inherit=False)
    run = await manager.on_chain_start(None, work.messages, name=_name(model, config), run_id=config.get("run_id"))
    try:
        yield patch_config(work.config, callbacks=run.get_child())
    except BaseException as error:
        await run.on_chain_error(error)
        raise
    await run.on_chain_end(_told(work, run.handlers))


def _name(model: BaseChatModel, config: RunnableConfig) -> str:
    return config.get("run_name") or model.get_name()


def _child_of(run: Any) -> RunnableConfig:
    """Give the configuration of steps of a run that LangChain has announced, as its event streams do by themselves."""
    if run is None:
        return {}
    kind = AsyncCallbackManager if isinstance(run, AsyncCallbackManagerForLLMRun) else CallbackManager
    manager = kind(handlers=[], parent_run_id=run.run_id)
    manager.set_handlers(run.inheritable_handlers)
    manager.add_tags(run.inheritable_tags)
    manager.add_metadata(run.inheritable_metadata)
    return {"callbacks": manager}


def _config(callbacks: Any, tags: Any, metadata: Any, run_name: Any, run_id: Any) -> RunnableConfig:
    given = {"callbacks": callbacks, "tags": tags, "metadata": metadata, "run_name": run_name, "run_id": run_id}
    return ensure_config(cast("RunnableConfig", {name: value for name, value in given.items() if value is not None}))


def _result(messages: list[AIMessage]) -> LLMResult:
    return LLMResult(generations=[[ChatGeneration(message=message)] for message in messages])


def _told(work: Work, handlers: Sequence[Any]) -> BaseMessage | None:
    """Give the answer for callbacks; chunks are added up once, and only if somebody listens."""
    if not isinstance(work.answer, list):
        return work.answer
    if not work.answer or not handlers:
        return None
    first, *others = work.answer
    return message_chunk_to_message(add_ai_message_chunks(first, *others))
