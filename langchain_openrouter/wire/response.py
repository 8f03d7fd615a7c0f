"""A whole answer as LangChain's `ChatResult`. Lenient: no missing, null or unknown field makes a good answer fail.

Nothing is lost: what has a place in LangChain's messages goes there, the rest keeps its own name, in
`additional_kwargs` when it belongs to the message and in `response_metadata` when it belongs to the answer.

Source: `ChatResult` of OpenRouter's API description, and recorded traffic.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from langchain_core.messages.tool import invalid_tool_call, tool_call
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic_core import from_json

from langchain_openrouter.errors import EmptyResponseError, InvalidResponseError, from_payload, redact
from langchain_openrouter.wire.usage import usage_extras, usage_metadata, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import InvalidToolCall, ToolCall

PROVIDER = "openrouter"
"""`model_provider` of every message, by which LangChain finds our block translator."""

_CACHE_HEADERS = {
    "x-openrouter-cache-age": "cache_age",
    "x-openrouter-cache-source-id": "cache_source_id",
    "x-openrouter-cache-status": "cache_status",
    "x-openrouter-cache-ttl": "cache_ttl",
}
_PLACED = frozenset({"choices", "created", "error", "id", "model", "object", "usage"})
_PLACED_IN_CHOICE = frozenset({"delta", "error", "finish_reason", "index", "logprobs", "message"})
_PLACED_IN_MESSAGE = frozenset({"content", "reasoning", "reasoning_content", "reasoning_details", "role", "tool_calls"})


def load(content: bytes | str) -> Any:
    """Parse JSON as it travels: keep-alive white space around it, `NaN`, huge numbers and lone surrogates do no harm.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        return from_json(content)
    except ValueError:
        return json.loads(content)


def parse(content: bytes, headers: Mapping[str, str], model: str) -> ChatResult:
    """Read the body of an answer that is not a stream.

    Args:
        content: The body as it came.
        headers: The response headers, names in lower case.
        model: The id that was asked for, should the answer name none.

    Returns:
        One generation for each choice.

    Raises:
        OpenRouterError: The answer carries an error, holds no choice, or is not an answer at all.
    """
    try:
        body = load(content)
    except ValueError as error:
        raise _not_an_answer(content.decode(errors="replace"), headers) from error
    if not isinstance(body, dict):
        raise _not_an_answer(body, headers)
    return chat_result(body, headers, model)


def chat_result(body: dict[str, Any], headers: Mapping[str, str], model: str) -> ChatResult:
    """Read a parsed answer; see `parse`."""
    if body.get("error"):
        raise from_payload(body["error"], body=body, headers=headers)
    choices = choices_of(body)
    if not choices:
        msg = (
            "OpenRouter API returned a response with no choices. "
            "This may indicate a problem with the request or model availability."
        )
        raise EmptyResponseError(msg, body=redact(body), headers=headers, generation_id=body.get("id"))
    identity = answer_identity(body, headers, model)
    metadata = {"model_provider": PROVIDER, **identity, **response_metadata(body, headers)}
    usage = body.get("usage")
    # The usage and its cost are those of all choices together: said once, so that sums over the choices are right.
    said_once = usage_extras(usage) if isinstance(usage, dict) else {}
    shared = {key: value for key, value in metadata.items() if key not in said_once}
    generations = [
        _generation(choice, shared if place else metadata, None if place else usage)
        for place, choice in enumerate(choices)
    ]
    for choice, generation in zip(choices, generations, strict=True):
        raise_for_choice(choice, body, headers, generation.message)
    return ChatResult(generations=generations, llm_output=identity)


def choices_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the choices of an answer or of a chunk."""
    choices = body.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def answer_identity(body: dict[str, Any], headers: Mapping[str, str], model: str) -> dict[str, Any]:
    """Give what names an answer: `model_name`, `id`, `created` (seconds since the epoch) and `object`, where known."""
    identity: dict[str, Any] = {"model_name": body.get("model") or model}
    if generation_id := body.get("id") or headers.get("x-generation-id"):
        identity["id"] = generation_id
    if (created := whole(body.get("created"))) is not None:
        identity["created"] = created
    if kind := body.get("object"):
        identity["object"] = kind
    return identity


def response_metadata(body: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """Give what the answer says beside its identity: `provider`, `service_tier`, `cost`, …, and what is new."""
    metadata = {key: value for key, value in body.items() if key not in _PLACED and value is not None}
    if isinstance(usage := body.get("usage"), dict):
        metadata.update(usage_extras(usage))
    metadata.update({name: headers[header] for header, name in _CACHE_HEADERS.items() if header in headers})
    return metadata


def choice_metadata(choice: dict[str, Any]) -> dict[str, Any]:
    """Give what a choice says of itself beside its finish reason: `native_finish_reason`, and what is new."""
    return {key: value for key, value in choice.items() if key not in _PLACED_IN_CHOICE and value is not None}


def message_extras(message: dict[str, Any]) -> dict[str, Any]:
    """Give what goes to `additional_kwargs`: reasoning, `refusal`, `images`, `audio`, `annotations`, what is new."""
    extras = {key: value for key, value in message.items() if key not in _PLACED_IN_MESSAGE and value is not None}
    if reasoning := message.get("reasoning") or message.get("reasoning_content"):
        extras["reasoning_content"] = reasoning_text(reasoning)
    if details := message.get("reasoning_details"):
        extras["reasoning_details"] = details
    return extras


def text_or_none(value: Any) -> str | None:
    """Give a name or an id as a text, since some servers number their calls; `None` where it is empty."""
    return str(value) if value or value == 0 else None


def reasoning_text(reasoning: Any) -> str:
    """Give reasoning as a text, which it is in all answers known."""
    return reasoning if isinstance(reasoning, str) else json.dumps(reasoning, ensure_ascii=False)


def content_of(message: dict[str, Any]) -> str | list[Any]:
    """Give the content: a text in nearly all answers, a list of parts in some, nothing beside tool calls."""
    content = message.get("content")
    if isinstance(content, list):
        return [part for part in content if isinstance(part, (str, dict))]
    return content if isinstance(content, str) else ""


def raise_for_choice(
    choice: dict[str, Any], body: dict[str, Any], headers: Mapping[str, str], partial: Any, *, streaming: bool = False
) -> None:
    """Raise when a choice failed: by an error of its own, or by nothing but `finish_reason: "error"`."""
    error = choice.get("error")
    if error or choice.get("finish_reason") == "error":
        error = error or {"message": "The provider failed while it was answering", "code": "provider_unavailable"}
        raise from_payload(error, body=body, headers=headers, streaming=streaming, partial=partial)


def parse_tool_calls(raw_calls: Any) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Read tool calls; what cannot be called goes to the second list, with the reason."""
    valid: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for position, raw in enumerate(raw_calls if isinstance(raw_calls, list) else ()):
        function = raw.get("function") if isinstance(raw, dict) else None
        if not isinstance(function, dict):
            invalid.append(invalid_tool_call(name=None, args=json.dumps(raw), id=None, error="It names no function."))
            continue
        name, arguments = text_or_none(function.get("name")), function.get("arguments")
        call_id = text_or_none(raw.get("id")) or f"call_{position}"
        args, error = _arguments(arguments)
        if args is not None and name:
            valid.append(tool_call(name=name, args=args, id=call_id))
        else:
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            invalid.append(invalid_tool_call(name=name, args=text, id=call_id, error=error or "It has no name."))
    return valid, invalid


def _arguments(arguments: Any) -> tuple[dict[str, Any] | None, str | None]:
    if isinstance(arguments, dict):
        return arguments, None
    if arguments is None or (isinstance(arguments, str) and not arguments.strip()):
        return {}, None
    try:
        parsed = json.loads(arguments, strict=False)
    except (TypeError, ValueError) as error:
        return None, f"The arguments are not valid JSON: {error}"
    return (parsed, None) if isinstance(parsed, dict) else (None, "The arguments are not a JSON object.")


def _generation(choice: dict[str, Any], metadata: dict[str, Any], usage: Any) -> ChatGeneration:
    raw = choice.get("message")
    message = raw if isinstance(raw, dict) else {}
    valid, invalid = parse_tool_calls(message.get("tool_calls"))
    ai_message = AIMessage(
        content=content_of(message),
        additional_kwargs=message_extras(message),
        tool_calls=valid,
        invalid_tool_calls=invalid,
        usage_metadata=usage_metadata(usage) if isinstance(usage, dict) and usage else None,
        response_metadata={**metadata, **choice_metadata(choice)},
    )
    info: dict[str, Any] = {"finish_reason": choice.get("finish_reason")}
    if "logprobs" in choice:
        info["logprobs"] = choice["logprobs"]
    return ChatGeneration(message=ai_message, generation_info=info)


def _not_an_answer(body: Any, headers: Mapping[str, str]) -> InvalidResponseError:
    shown = " ".join(str(body).split())[:200]
    return InvalidResponseError(
        f"The response is not an answer of the chat API: {redact(shown)!r}", body=redact(body), headers=headers
    )
