"""OpenRouter's Responses API, spoken by langchain-openai (`use_responses_api=True`).

That package keeps up with the Responses API, so it does the work. It is pointed at OpenRouter, sends through our
connections, and what it reads from the environment for OpenAI (`OPENAI_API_KEY`, `OPENAI_ORG_ID`,
`OPENAI_CUSTOM_HEADERS`, …) never leaves.

Source: https://openrouter.ai/docs/api/reference/responses/overview
"""

from __future__ import annotations

import functools
import inspect
import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from langchain_openrouter.chat.calls import merge, sending_arguments, sort_arguments
from langchain_openrouter.errors import APIConnectionError, APITimeoutError, from_response, redact
from langchain_openrouter.http.sse import EventDecoder
from langchain_openrouter.wire.usage import usage_extras

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

_CONVERTED = frozenset(
    {"parallel_tool_calls", "response_format", "tool_choice", "tools", "reasoning_effort", "verbosity"}
)
"""What langchain-openai translates from the chat API's form."""

_LENGTHS = ("max_completion_tokens", "max_tokens")


class Overheard:
    """What answers tell and langchain-openai leaves out: the billed cost, and what OpenRouter's own tools did."""

    __slots__ = ("_body", "_usage")

    def __init__(self) -> None:
        self._body = bytearray()
        self._usage: dict[str, Any] = {}

    def hear(self, content_type: str) -> Callable[[bytes], None]:
        """Give what hears the body of an answer; an earlier one, which was tried again, is forgotten."""
        self._body, self._usage = bytearray(), {}
        if not content_type.startswith("text/event-stream"):
            return self._body.extend
        decoder = EventDecoder()

        def take(piece: bytes) -> None:
            for data in decoder.feed(piece):
                if b'"usage"' in data:
                    self._read(data)

        return take

    def tell(self, message: BaseMessage) -> None:
        """Put what was heard into the message, or the chunk, that tells the usage."""
        if self._body:
            self._read(bytes(self._body))
        if isinstance(message, AIMessage) and message.usage_metadata:
            message.response_metadata.update(usage_extras(self._usage))

    def _read(self, data: bytes) -> None:
        try:
            answer = json.loads(data)
        except ValueError:  # for the SDK to complain of
            return
        response = answer.get("response", answer) if isinstance(answer, dict) else {}
        usage = response.get("usage") if isinstance(response, dict) else None
        if isinstance(usage, dict):
            self._usage = usage


def delegate(
    owner: Any, kwargs: dict[str, Any], stop: list[str] | None
) -> tuple[ChatOpenAI, dict[str, Any], Overheard]:
    """Build the model that speaks for another, and the arguments of its call.

    Built for each call: it holds no connection, so that costs little, and a change of the owner's fields is never
    missed.

    Args:
        owner: The `ChatOpenRouter` to speak for.
        kwargs: Arguments of the call.
        stop: Texts at which to stop.

    Returns:
        A `ChatOpenAI`, the arguments for its `_generate` or `_stream`, and what hears its answers.
    """
    from langchain_openai import ChatOpenAI

    given, sending = sort_arguments({**sending_arguments(owner.model_kwargs), **kwargs})
    params = merge(owner._default_params, given)
    params.pop("stream", None)
    if stop is not None:
        params["stop"] = stop
    extra_body = {**owner.extra_body, **(sending.pop("extra_body", None) or {})}
    known = _known_arguments()
    call = {name: params.pop(name) for name in list(params) if name in known}
    length = next((params.pop(name) for name in _LENGTHS if params.get(name) is not None), None)
    params.pop("stream_options", None)
    base_url = (sending.pop("base_url", None) or owner._base_url()).rstrip("/")
    headers = owner._headers(sending, stream=False)
    waiting = owner._waiting(sending)
    overheard = Overheard()
    model = ChatOpenAI(
        model=call.pop("model"),
        api_key=owner.openrouter_api_key,
        base_url=base_url,
        use_responses_api=True,
        output_version=owner.output_version,
        max_completion_tokens=length,
        max_retries=waiting.max_retries,
        timeout=waiting.read,
        openai_proxy="",
        http_socket_options=(),
        http_client=owner.client.cleaned(headers, overheard.hear),
        http_async_client=owner.client.acleaned(headers, overheard.hear),
        extra_body={**params, **extra_body} or None,
    )
    return model, call, overheard


class openai_errors:  # noqa: N801  # used like a function
    """Turn errors of the OpenAI SDK into ours: `with openai_errors(): …`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None or not type(error).__module__.startswith(("langchain_openai", "openai")):
            return
        import openai

        if isinstance(error, openai.APIStatusError):
            response = error.response
            raise from_response(response.status_code, response.headers, response.text) from error
        if isinstance(error, openai.APITimeoutError):
            raise APITimeoutError("OpenRouter sent nothing for longer than `timeout`.") from error
        if isinstance(error, openai.APIConnectionError):
            raise APIConnectionError(f"The connection to OpenRouter broke: {redact(str(error))}") from error


@functools.cache
def _known_arguments() -> frozenset[str]:
    """Give what can be passed as it is; everything else goes into the body."""
    from openai.resources.responses import Responses

    return frozenset(inspect.signature(Responses.create).parameters) - {"self", "stream", "extra_headers"} | _CONVERTED
