"""`ChatOpenRouter`: every model on OpenRouter as a LangChain chat model."""

from __future__ import annotations

import functools
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel, agenerate_from_stream, generate_from_stream
from langchain_core.messages import BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.utils import get_pydantic_field_names
from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import override

from langchain_openrouter._version import __version__
from langchain_openrouter.catalog.profile import find_profile
from langchain_openrouter.chat import counting
from langchain_openrouter.chat.announcing import Announcing, Progress, reach
from langchain_openrouter.chat.binding import Binding
from langchain_openrouter.chat.calls import merge, sending_arguments, sort_arguments
from langchain_openrouter.chat.connection import Connection, check_key, check_timeout
from langchain_openrouter.chat.parameters import RequestParameters, parameters_in, warn_of_given
from langchain_openrouter.chat.reading import StreamReader
from langchain_openrouter.chat.responses_api import Overheard, delegate, openai_errors
from langchain_openrouter.chat.tools import to_wire_tools
from langchain_openrouter.chat.tracing import TracedCost, tell_chunk
from langchain_openrouter.chat.validating import Validation
from langchain_openrouter.errors import OpenRouterError, masking
from langchain_openrouter.http.client import Call
from langchain_openrouter.wire import blocks as _blocks  # noqa: F401  # registers the translator of content blocks
from langchain_openrouter.wire.messages import to_wire
from langchain_openrouter.wire.request import encode
from langchain_openrouter.wire.response import chat_result, parse

__all__ = ["ChatOpenRouter"]

_NO_STREAM_OF_MANY = "n must be 1 when streaming."

_OFFICIAL_FIELDS = frozenset(get_pydantic_field_names(BaseChatModel)) | {
    "api_key", "app_categories", "app_title", "app_url", "base_url", "client", "default_headers", "frequency_penalty",
    "max_completion_tokens", "max_retries", "max_tokens", "model", "model_kwargs", "model_name", "n",
    "openrouter_api_base", "openrouter_api_key", "openrouter_provider", "plugins", "presence_penalty", "reasoning",
    "request_timeout", "route", "seed", "session_id", "stop", "stop_sequences", "stream_usage", "streaming",
    "temperature", "timeout", "top_p", "trace",
}  # fmt: skip
"""The fields of the official class. It refuses them in `model_kwargs`, and takes all others there; so do we."""


class ChatOpenRouter(Announcing, TracedCost, Binding, Validation, RequestParameters, Connection):
    """A chat model of OpenRouter.

    The fields are OpenRouter's request parameters (`RequestParameters`) and how to reach it (`Connection`); every
    parameter can also be given to a single call, or bound. A drop-in for the class of the same name in the official
    `langchain-openrouter`.

    Args:
        model: Model id, such as `"openai/gpt-4o-mini"`.
        **kwargs: The other fields. What no field has the name of goes to `model_kwargs`, with a warning.

    Raises:
        ValueError: No API key, `n` below 1, `n` above 1 with `streaming`, or a `timeout` that is no time.

    Example:
        ```python
        from langchain_openrouter import ChatOpenRouter

        model = ChatOpenRouter(model="openai/gpt-4o-mini", temperature=0)
        message = model.invoke("What is the capital of France?")
        print(message.text, message.response_metadata["cost"])
        ```

    See https://openrouter.ai/docs/api/reference/overview.
    """

    # The input of a failed construction may hold the key.
    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def build_extra(cls, values: dict[str, Any]) -> Any:
        """Move arguments that no field has the name of to `model_kwargs`, and say so."""
        if values.get("provider") is not None and values.get("openrouter_provider") is not None:
            msg = "Found provider supplied twice: as `provider` and as `openrouter_provider`. Pass one of them."
            raise ValueError(msg)
        if values.get("provider") is not None:
            values = {**values, "openrouter_provider": values["provider"], "provider": None}
        known = _field_names(cls)
        extra = dict(values.get("model_kwargs") or {})
        for name in values:
            if name in extra:
                msg = f"Found {name} supplied twice."
                raise ValueError(msg)
        unknown = [name for name in values if name not in known]
        for name in unknown:
            warnings.warn(
                f"WARNING! {name} is not default parameter. {name} was transferred to model_kwargs. "
                f"Please confirm that {name} is what you intended.",
                stacklevel=4,
            )
            extra[name] = values[name]
        misplaced = _OFFICIAL_FIELDS & extra.keys()
        if misplaced:
            msg = (
                f"Parameters {misplaced} should be specified explicitly. "
                "Instead they were passed in as part of `model_kwargs` parameter."
            )
            raise ValueError(msg)
        return {**{name: value for name, value in values.items() if name in known}, "model_kwargs": extra}

    @model_validator(mode="after")
    def _set_openrouter_version(self) -> Self:
        self._add_version("langchain-openrouter", __version__)
        return self

    @model_validator(mode="after")
    def validate_environment(self) -> Self:
        """Check what pydantic's types cannot, and build what requests go through; a client that is there stays."""
        check_key(self.openrouter_api_key)
        if self.n > 1 and self.streaming:
            raise ValueError(_NO_STREAM_OF_MANY)
        check_timeout(self.request_timeout)
        self._warn_of_suspicions()
        if not self.client:
            self.client = self._build_client()
        return self

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return find_profile(self.model_name)

    @model_validator(mode="after")
    def _check_profile_keys(self) -> Self:
        """Do not check what the catalog made: it is tested, and LangChain's check takes as long as all else here."""
        return self

    @property
    @override
    def lc_secrets(self) -> dict[str, str]:
        """Where serialised models find their key."""
        return {"openrouter_api_key": "OPENROUTER_API_KEY"}

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        """Whether LangChain can serialise the model."""
        return True

    @property
    @override
    def _llm_type(self) -> str:
        return "openrouter-chat"

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        names = (
            "temperature",
            "max_tokens",
            "top_p",
            "streaming",
            "reasoning",
            "openrouter_provider",
            "route",
            "model_kwargs",
        )
        return {"model": self.model_name, **{name: getattr(self, name) for name in names}}

    @override
    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        """Tell callbacks and traces everything that is asked for, and which key pays, by its fingerprint."""
        told = super()._get_invocation_params(stop=stop, **kwargs)
        further = parameters_in(self.extra_body)
        return {**self._default_params, **told, **further, "key_fingerprint": self._fingerprint(kwargs)}

    @override
    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = LangSmithParams(
            ls_provider="openrouter",
            ls_model_name=kwargs.get("model") or self.model_name,
            ls_model_type="chat",
            ls_temperature=kwargs.get("temperature", self.temperature),
        )
        if max_tokens := kwargs.get("max_tokens", self.max_tokens):
            params["ls_max_tokens"] = max_tokens
        if stops := stop or kwargs.get("stop") or self.stop:
            params["ls_stop"] = stops if isinstance(stops, list) else [stops]
        return params

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.streaming:
            return generate_from_stream(self._stream(messages, stop=stop, run_manager=run_manager, **kwargs))
        if self.use_responses_api:
            openai, arguments, overheard = self._delegate(messages, stop, kwargs)
            with openai_errors():
                result = openai._generate(messages, None, run_manager, **arguments)
            overheard.tell(result.generations[0].message)
            return result
        call, model = self._prepare(messages, stop, kwargs, stream=False)
        with masking(call.headers):
            reply = self.client.send(call)
            return parse(reply.content, reply.headers, model)

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.streaming:
            return await agenerate_from_stream(self._astream(messages, stop=stop, run_manager=run_manager, **kwargs))
        if self.use_responses_api:
            openai, arguments, overheard = self._delegate(messages, stop, kwargs)
            with openai_errors():
                result = await openai._agenerate(messages, None, run_manager, **arguments)
            overheard.tell(result.generations[0].message)
            return result
        call, model = self._prepare(messages, stop, kwargs, stream=False)
        with masking(call.headers):
            reply = await self.client.asend(call)
            return parse(reply.content, reply.headers, model)

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        if self.use_responses_api:
            openai, arguments, overheard = self._delegate(messages, stop, kwargs)
            with openai_errors():
                for chunk in openai._stream(messages, None, run_manager, **arguments):
                    overheard.tell(chunk.message)
                    if run_manager:
                        tell_chunk(run_manager, chunk)
                    yield chunk
            return
        chunks = self._chunks(*self._prepare(messages, stop, kwargs, stream=True))
        if run_manager is None:  # LangChain tells the callbacks itself, as in `stream`
            yield from chunks
            return
        for chunk in chunks:
            run_manager.on_llm_new_token(chunk.text, chunk=chunk, **_logprobs(chunk))
            tell_chunk(run_manager, chunk)
            yield chunk

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        if self.use_responses_api:
            openai, arguments, overheard = self._delegate(messages, stop, kwargs)
            with openai_errors():
                async for chunk in openai._astream(messages, None, run_manager, **arguments):
                    overheard.tell(chunk.message)
                    if run_manager:
                        tell_chunk(run_manager, chunk)
                    yield chunk
            return
        async with aclosing(self._achunks(*self._prepare(messages, stop, kwargs, stream=True))) as chunks:
            async for chunk in chunks:
                if run_manager:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk, **_logprobs(chunk))
                    tell_chunk(run_manager, chunk)
                yield chunk

    def _chunks(self, call: Call, model: str) -> Iterator[ChatGenerationChunk]:
        with masking(call.headers):
            with self.client.stream(call) as stream:
                reader = StreamReader(stream.headers, model)
                try:
                    for piece in stream:
                        yield from reader.feed(piece)
                        if reader.done:
                            stream.all_is_told()
                except OpenRouterError as error:
                    reader.broken(error)
            yield from reader.finish()

    async def _achunks(self, call: Call, model: str) -> AsyncGenerator[ChatGenerationChunk]:
        with masking(call.headers):
            async with await self.client.astream(call) as stream:
                reader = StreamReader(stream.headers, model)
                try:
                    async for piece in stream:
                        for chunk in reader.feed(piece):
                            yield chunk
                        if reader.done:
                            stream.all_is_told()
                except OpenRouterError as error:
                    reader.broken(error)
            for chunk in reader.finish():
                yield chunk

    def _prepare(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], *, stream: bool
    ) -> tuple[Call, str]:
        """Give the request to make, and the model that it asks for."""
        reach(Progress.PREPARING)
        body, sending = self._body(messages, stop, kwargs, stream=stream)
        url = (sending.pop("base_url", None) or self._base_url()).rstrip("/")
        headers = self._headers(sending, stream=stream)
        content = encode(body)
        self._validate_request(body, len(content), sending.pop("model_validation", None))
        call = Call(f"{url}/chat/completions", headers, content, self._waiting(sending))
        reach(Progress.SENDING)
        return call, body.get("model", self.model_name)

    def _body(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], *, stream: bool
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the body of a request to the chat API, and what its arguments say of how to send it."""
        given, sending = sort_arguments({**sending_arguments(self.model_kwargs), **kwargs})
        warn_of_given(given)
        params = merge(self._default_params, given)
        if stop is not None:
            params["stop"] = stop
        params["stream"] = stream
        if stream and sending.pop("stream_usage", self.stream_usage):
            params["stream_options"] = {"include_usage": True, **(params.get("stream_options") or {})}
        further = sending.pop("extra_body", None) or {}
        return {"messages": to_wire(messages), **params, **self.extra_body, **further}, sending

    def _delegate(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> tuple[BaseChatModel, dict[str, Any], Overheard]:
        """Give the model that speaks the Responses API, the arguments of its call, and what hears its answers."""
        reach(Progress.PREPARING)
        body, sending = self._body(messages, stop, kwargs, stream=False)
        self._validate_request(body, None, sending.get("model_validation"))
        delegated = delegate(self, kwargs, stop)
        reach(Progress.SENDING)
        return delegated

    def _create_message_dicts(
        self, messages: list[BaseMessage], stop: list[str] | None
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Give the messages and parameters of a request, as the official package's method of this name does."""
        params = self._default_params
        if stop is not None:
            params["stop"] = stop
        return to_wire(messages), params

    def _create_chat_result(self, response: Any) -> ChatResult:
        """Read an answer that is a dict or has `model_dump`, as the official package's method of this name does."""
        body = response if isinstance(response, dict) else response.model_dump(by_alias=True)
        return chat_result(body, {}, self.model_name)

    @override
    def get_token_ids(self, text: str) -> list[int]:
        """Give one number for each token that the text will about have; an estimate that needs no network."""
        return self.custom_get_token_ids(text) if self.custom_get_token_ids else counting.token_ids(text)

    @override
    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """Estimate the prompt tokens of messages and tools, without a network."""
        converted: list[Any] | None = to_wire_tools(tools) if tools else None
        return count_tokens_approximately(messages, tools=converted)

    def close(self) -> None:
        """Give the shared connections back; they are closed when no other model uses them. The model stays usable."""
        self.client.close()

    async def aclose(self) -> None:
        """Give the shared connections back, those of the running event loop too."""
        await self.client.aclose()


@functools.cache
def _field_names(cls: type[BaseModel]) -> frozenset[str]:
    return frozenset(get_pydantic_field_names(cls))


def _logprobs(chunk: ChatGenerationChunk) -> dict[str, Any]:
    logprobs = chunk.message.response_metadata.get("logprobs")
    return {"logprobs": logprobs} if logprobs else {}
