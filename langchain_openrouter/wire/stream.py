"""A streamed answer as LangChain's chunks: the same facts as unstreamed, each of them once.

The first chunk tells the generation's id, so that an abandoned stream can be accounted for; the last one tells the
rest: model, provider, finish reason, usage, cost. Nothing is yielded before the model says something, so that a
fallback still can take over.

Source: `ChatStreamChunk` of OpenRouter's API description, https://openrouter.ai/docs/api/reference/streaming, and
recorded traffic.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message
from langchain_core.outputs import ChatGenerationChunk

from langchain_openrouter.errors import EmptyResponseError, IncompleteStreamError, from_payload
from langchain_openrouter.wire.choice import ChoiceStream, unreadable_ending, whole_index
from langchain_openrouter.wire.messages import to_wire
from langchain_openrouter.wire.response import (
    PROVIDER,
    answer_identity,
    choices_of,
    load,
    raise_for_choice,
    response_metadata,
)
from langchain_openrouter.wire.usage import usage_extras, usage_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.outputs import ChatGeneration

_ROUTINE = frozenset({"choices", "created", "error", "id", "model", "object", "provider", "usage"})
"""What every chunk repeats; told once."""

_OF_GENERATION = (
    "model_name", "provider", "system_fingerprint", "native_finish_reason", "id", "created", "object", "model_provider",
)  # fmt: skip
"""What the last chunk tells in `generation_info` too, as in the official package."""


class StreamParser:
    """Turns the data of server-sent events into chunks. Does no I/O.

    Args:
        headers: The response headers, names in lower case.
        model: The id that was asked for, should the answer name none.
    """

    __slots__ = ("_choices", "_headers", "_known", "_metadata", "_model", "_said", "_unknown", "_usage", "done")

    def __init__(self, headers: Mapping[str, str], model: str) -> None:
        self.done = False
        self._headers = headers
        self._model = model
        self._known: dict[str, Any] = {}
        self._unknown = {"created", "id", "model", "object", "provider"}
        self._metadata: dict[str, Any] = {}
        self._usage: dict[str, Any] | None = None
        self._choices: dict[int, ChoiceStream] = {}
        self._said: dict[int, list[AIMessageChunk]] = {}

    @property
    def complete(self) -> bool:
        """Whether the answer has been told to its end, by a finish reason or by the closing event."""
        main = self._choices.get(0)
        return self.done or (main is not None and main.finish_reason is not None)

    def feed(self, data: bytes) -> ChatGenerationChunk | None:
        """Take the data of one event.

        Returns:
            The chunk for it, or `None` where it says nothing new to the user.

        Raises:
            OpenRouterError: The event carries an error; what had arrived is its `partial_message`.
        """
        if data == b"[DONE]":
            self.done = True
            return None
        try:
            body = load(data)
        except ValueError:
            return None  # one garbled line must not cost the answer; a cut-off answer shows at the end
        return self._feed(body) if isinstance(body, dict) else None

    def finish(self) -> list[ChatGenerationChunk]:
        """Take the end of the stream.

        Returns:
            The last chunks; the very last tells finish reason, usage, cost, and whatever is said once.

        Raises:
            IncompleteStreamError: The answer was cut off.
            EmptyResponseError: There was no answer.
        """
        if not self.complete:
            what = "before its answer was complete" if self._choices else "before its answer began"
            msg = f"The stream of OpenRouter API ended {what}: it told neither a finish reason nor `[DONE]`."
            raise IncompleteStreamError(msg, headers=self._headers, partial_message=self.partial())
        if not self._choices:
            msg = "OpenRouter API returned a response with no choices. The stream ended without an answer."
            raise EmptyResponseError(msg, headers=self._headers)
        main = self._choices.setdefault(0, ChoiceStream())
        closing = main.close_calls()
        return [*([ChatGenerationChunk(message=closing)] if closing else []), self._last_chunk(main)]

    def partial(self) -> AIMessage | None:
        """Give what has arrived so far as one message; `None` when nothing has."""
        main = self._choices.get(0)
        if main is None or not (self._said[0] or main.holds_back):
            return None
        message = self._message(0)
        message.response_metadata.update(self._identity())
        if self._usage is not None:
            message.usage_metadata = usage_metadata(self._usage)
            message.response_metadata.update(usage_extras(self._usage))
        return message

    def _feed(self, body: dict[str, Any]) -> ChatGenerationChunk | None:
        if self._unknown:
            self._learn(body)
        for key, value in body.items():
            if key not in _ROUTINE and value is not None:
                self._metadata[key] = value
        if isinstance(usage := body.get("usage"), dict) and usage:
            self._usage = usage
        if error := body.get("error"):
            raise from_payload(error, body=body, headers=self._headers, streaming=True, partial=self.partial())
        emitted = None
        for choice in choices_of(body):
            emitted = self._feed_choice(choice, body) or emitted
        return ChatGenerationChunk(message=emitted) if emitted is not None else None

    def _feed_choice(self, choice: dict[str, Any], body: dict[str, Any]) -> AIMessageChunk | None:
        index = whole_index(choice.get("index")) or 0
        state = self._choices.get(index)
        if state is None:
            state = self._choices[index] = ChoiceStream()
            self._said[index] = []
        if choice.get("error") or choice.get("finish_reason") == "error":
            raise_for_choice(choice, body, self._headers, self.partial(), streaming=True)
        chunk = state.feed(choice)
        if chunk is None:
            return None
        if index == 0 and not state.started:
            state.started = True
            chunk.response_metadata.update(self._names())
        self._said[index].append(chunk)
        return chunk if index == 0 else None

    def _learn(self, body: dict[str, Any]) -> None:
        """Keep the first that is said of what names the answer; some chunks say null."""
        for name in [name for name in self._unknown if body.get(name) is not None]:
            self._known[name] = body[name]
            self._unknown.discard(name)

    def _names(self) -> dict[str, Any]:
        """Give what an abandoned stream is accounted for by, and LangChain does not double when it adds chunks."""
        identity = self._identity()
        return {name: identity[name] for name in ("id", "created") if name in identity}

    def _identity(self) -> dict[str, Any]:
        identity = answer_identity(self._known, self._headers, self._model)
        if "provider" in self._known:
            identity["provider"] = self._known["provider"]
        return identity

    def _last_chunk(self, main: ChoiceStream) -> ChatGenerationChunk:
        last = main.finish()
        metadata = last.response_metadata
        metadata.update(self._identity())
        metadata.update(response_metadata(self._metadata, self._headers))
        if self._usage is not None:
            metadata.update(usage_extras(self._usage))
        if others := [self._other(index) for index in sorted(self._choices) if index != 0]:
            metadata["other_choices"] = others
        message = AIMessageChunk(
            content="",
            additional_kwargs=last.additional_kwargs,
            response_metadata=metadata,
            usage_metadata=usage_metadata(self._usage) if self._usage is not None else None,
            chunk_position="last",
        )
        info = {name: metadata[name] for name in _OF_GENERATION if name in metadata}
        return ChatGenerationChunk(message=message, generation_info={"finish_reason": main.finish_reason, **info})

    def _other(self, index: int) -> dict[str, Any]:
        """Tell another choice whole, in the form of the wire: LangChain's streams are streams of one message."""
        choice, message = self._choices[index], self._message(index)
        return {"index": index, "finish_reason": choice.finish_reason, "message": to_wire([message])[0]}

    def _message(self, index: int) -> AIMessage:
        """Add up what a choice has said."""
        choice = self._choices[index]
        end = choice.finish()
        end.response_metadata.update(self._identity())
        chunks = [*self._said[index], *filter(None, [choice.close_calls()]), end]
        merged = chunks[0] + chunks[1:]
        return message_chunk_to_message(merged)  # type: ignore[return-value]


def whole_as_chunk(generations: list[ChatGeneration]) -> ChatGenerationChunk:
    """Turn an answer that came whole into the one chunk of a stream: some servers answer so.

    Args:
        generations: The answer.

    Returns:
        A chunk that equals the first message when it is added up; the others stand in its `other_choices`.
    """
    first, *others = generations
    message = cast("AIMessage", first.message)
    info = first.generation_info or {}
    metadata = {**message.response_metadata, **info, "model_provider": PROVIDER}
    if others:
        metadata["other_choices"] = [
            {
                "index": index,
                "finish_reason": (other.generation_info or {}).get("finish_reason"),
                "message": to_wire([other.message])[0],
            }
            for index, other in enumerate(others, start=1)
        ]
    fragments = [
        {"type": "tool_call_chunk", "name": call["name"], "args": call["args"], "id": call["id"], "index": position}
        for position, call in enumerate(_raw_calls(message))
    ]
    chunk = AIMessageChunk(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata=metadata,
        usage_metadata=message.usage_metadata,
        tool_call_chunks=fragments,  # type: ignore[arg-type]
        chunk_position="last",
    )
    return ChatGenerationChunk(message=chunk, generation_info={"finish_reason": info.get("finish_reason")})


def _raw_calls(message: AIMessage) -> list[dict[str, Any]]:
    valid = [{**call, "args": json.dumps(call["args"], ensure_ascii=False)} for call in message.tool_calls]
    broken = [
        {**call, "args": (call["args"] or "") + (unreadable_ending(call["args"] or "") or "")}
        for call in message.invalid_tool_calls
    ]
    return [*valid, *broken]
