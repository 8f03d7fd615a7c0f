"""Writes a generation as the chunks of a stream, cut as recorded streams are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.services.generation import Generation, logprobs, native_reason, usage_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_openrouter.emulator.answering.answer import Answer

COMMENT = ": OPENROUTER PROCESSING"
DONE = "data: [DONE]"
_COMMENTS_BEFORE = 3
_ARGUMENT_LETTERS = 8

Event = str | dict[str, Any]
"""A comment or other raw line, or a chunk that travels as `data:`."""


def chat_events(generation: Generation) -> Iterator[Event]:
    """Give the comments, chunks and end mark of a chat stream."""
    yield from [COMMENT] * _COMMENTS_BEFORE
    for answer in generation.answers:
        for delta, pieces in _deltas(answer):
            yield _chunk(generation, [_choice(generation, answer, delta, pieces)])
        yield _chunk(generation, [_finish(generation, answer)])
    yield _usage_chunk(generation)
    yield DONE


def _chunk(generation: Generation, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": generation.id,
        "object": "chat.completion.chunk",
        "created": generation.created,
        "model": generation.model.id,
        "provider": generation.provider,
        "choices": choices,
    }


def _choice(generation: Generation, answer: Answer, delta: dict[str, Any], pieces: tuple[str, ...]) -> dict[str, Any]:
    choice: dict[str, Any] = {
        "index": answer.index,
        "delta": {"role": "assistant", **delta},
        "finish_reason": None,
        "native_finish_reason": None,
    }
    if pieces and generation.request.get("logprobs"):
        choice["logprobs"] = logprobs(generation.request, pieces)
    return choice


def _finish(generation: Generation, answer: Answer) -> dict[str, Any]:
    return {
        "index": answer.index,
        "delta": {"role": "assistant", "content": ""},
        "finish_reason": answer.finish,
        "native_finish_reason": native_reason(generation, answer),
    }


def _usage_chunk(generation: Generation) -> dict[str, Any]:
    chunk = _chunk(generation, [_finish(generation, generation.answers[-1])])
    chunk["usage"] = usage_body(generation)
    if generation.request.get("service_tier"):
        chunk["service_tier"] = generation.request["service_tier"]
    if generation.metadata is not None:
        chunk["openrouter_metadata"] = dict(generation.metadata)
    return chunk


def _deltas(answer: Answer) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Give each delta of a choice and the content tokens that it carries."""
    yield {"content": ""}, ()
    if answer.reasoning and not answer.hidden:
        yield from ((delta, ()) for delta in _reasoning_deltas(answer))
    if answer.refusal:
        yield {"content": "", "refusal": answer.refusal}, ()
    for piece in answer.pieces:
        yield {"content": piece}, (piece,)
    for key, value in (("images", answer.images), ("annotations", answer.annotations)):
        if value:
            yield {"content": "", key: list(value)}, ()
    if answer.audio:
        yield from ((delta, ()) for delta in _audio_deltas(answer.audio))
    for index, call in enumerate(answer.calls):
        opening = {"name": call.name, "arguments": ""}
        start = {"index": index, "id": call.id, "type": "function", "function": opening}
        yield {"content": None, "tool_calls": [start]}, ()
        for at in range(0, len(call.arguments), _ARGUMENT_LETTERS):
            part = {"arguments": call.arguments[at : at + _ARGUMENT_LETTERS]}
            yield {"content": None, "tool_calls": [{"index": index, "function": part}]}, ()


def _reasoning_deltas(answer: Answer) -> Iterator[dict[str, Any]]:
    """Cut reasoning into fragments; what seals it comes last, whole."""
    reasoning = answer.reasoning
    if reasoning is None:
        return
    for detail in reasoning.details:
        field = {"reasoning.text": "text", "reasoning.summary": "summary"}.get(detail["type"])
        if field is None:
            yield {"content": "", "reasoning": None, "reasoning_details": [detail]}
            continue
        plain = {key: detail[key] for key in ("type", "format", "index")}
        for piece in reasoning.pieces:
            fragment = plain | {field: piece}
            yield {"content": "", "reasoning": piece, "reasoning_details": [fragment]}
        if "signature" in detail:
            sealed = plain | {"signature": detail["signature"]}
            yield {"content": "", "reasoning": None, "reasoning_details": [sealed]}


def _audio_deltas(audio: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Send sound as OpenAI does: the transcript, then the data, then when it expires."""
    yield {"audio": {"id": audio["id"], "transcript": audio["transcript"]}}
    half = len(audio["data"]) // 8 * 4
    yield {"audio": {"data": audio["data"][:half]}}
    yield {"audio": {"data": audio["data"][half:]}}
    yield {"audio": {"expires_at": audio["expires_at"]}}
