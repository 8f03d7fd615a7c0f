"""The Responses API, as far as clients of chat models need it: a coat over chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.words import words
from langchain_openrouter.emulator.failing.errors import bad_request, wrong_type
from langchain_openrouter.emulator.services.generation import Generation, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from langchain_openrouter.emulator.answering.answer import Answer
    from langchain_openrouter.emulator.services.stream import Event

_SAME = words(
    """
    model models temperature top_p stream parallel_tool_calls provider plugins metadata
    service_tier user session_id reasoning top_logprobs modalities prompt_cache_key
    """
)
_PARTS = {"input_text": "text", "output_text": "text", "text": "text"}


def chat_request_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a Responses request to a chat request.

    Raises:
        ApiError: 400 for input that has no counterpart.
    """
    request = {key: asked[key] for key in _SAME if asked.get(key) is not None}
    messages = _messages(asked.get("input"))
    if asked.get("instructions"):
        messages.insert(0, {"role": "system", "content": asked["instructions"]})
    request["messages"] = messages
    if asked.get("max_output_tokens"):
        request["max_tokens"] = asked["max_output_tokens"]
    if asked.get("tools"):
        request["tools"] = [_tool(tool) for tool in asked["tools"]]
    if asked.get("tool_choice") is not None:
        request["tool_choice"] = _tool_choice(asked["tool_choice"])
    form = (asked.get("text") or {}).get("format") or {}
    if form.get("type") == "json_schema":
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {key: value for key, value in form.items() if key != "type"},
        }
    elif form.get("type") == "json_object":
        request["response_format"] = {"type": "json_object"}
    if request.get("top_logprobs"):
        request["logprobs"] = True
    reasoning = request.get("reasoning")
    if isinstance(reasoning, dict):
        kept = ("effort", "max_tokens", "exclude", "enabled", "summary")
        request["reasoning"] = {key: reasoning[key] for key in kept if reasoning.get(key)}
    return request


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        return dict(tool)
    keys = ("name", "description", "parameters", "strict")
    return {"type": "function", "function": {k: tool[k] for k in keys if tool.get(k) is not None}}


def _tool_choice(choice: Any) -> Any:
    if isinstance(choice, dict) and choice.get("type") == "function" and "name" in choice:
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice


def _messages(given: Any) -> list[dict[str, Any]]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list):
        raise wrong_type("input", "string or array", given)
    messages: list[dict[str, Any]] = []
    for item in given:
        _add(messages, item)
    return messages


def _add(messages: list[dict[str, Any]], item: Mapping[str, Any]) -> None:
    kind = item.get("type") or "message"
    if kind == "message":
        messages.append({"role": item.get("role"), "content": _content(item.get("content"))})
    elif kind == "function_call":
        function = {"name": item.get("name"), "arguments": item.get("arguments")}
        call = {"id": item.get("call_id"), "type": "function", "function": function}
        if not messages or messages[-1]["role"] != "assistant":
            messages.append({"role": "assistant", "content": None})
        messages[-1].setdefault("tool_calls", []).append(call)
    elif kind == "function_call_output":
        content = _content(item.get("output"))
        messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": content})
    elif kind != "reasoning":
        raise bad_request(f"input: unsupported item of type {kind!r}")


def _content(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    return [_part(part) for part in content]


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    kind = part.get("type")
    if kind in _PARTS:
        return {"type": "text", "text": part.get("text")}
    if kind == "refusal":
        return {"type": "text", "text": part.get("refusal")}
    if kind == "input_image":
        return {"type": "image_url", "image_url": {"url": part.get("image_url")}}
    if kind == "input_file":
        return {"type": "file", "file": {k: v for k, v in part.items() if k != "type"}}
    return dict(part)


def response_body(made: Generation, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body of a finished response."""
    answer = made.answers[0]
    cut = answer.finish == "length"
    body = _frame(made, asked, "incomplete" if cut else "completed")
    body["output"] = [item for item, _ in _items(made, answer)]
    body["incomplete_details"] = {"reason": "max_output_tokens"} if cut else None
    body["completed_at"] = made.created
    body["usage"] = _usage(made)
    return body


def _frame(made: Generation, asked: Mapping[str, Any], status: str) -> dict[str, Any]:
    return {
        "id": made.id,
        "object": "response",
        "created_at": made.created,
        "completed_at": None,
        "model": made.model.id,
        "status": status,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "metadata": asked.get("metadata") or {},
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "temperature": asked.get("temperature", 1),
        "top_p": asked.get("top_p", 1),
        "top_logprobs": asked.get("top_logprobs") or 0,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "tools": [{"strict": None, **tool} for tool in asked.get("tools") or ()],
        "tool_choice": asked.get("tool_choice") or "auto",
        "parallel_tool_calls": asked.get("parallel_tool_calls", True),
        "text": asked.get("text") or {"format": {"type": "text"}},
        "reasoning": asked.get("reasoning"),
        "background": False,
        "previous_response_id": None,
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "safety_identifier": None,
        "service_tier": asked.get("service_tier") or "default",
        "store": False,
        "truncation": "disabled",
        "user": asked.get("user"),
        "usage": None,
    }


def _usage(made: Generation) -> dict[str, Any]:
    usage, cost = made.usage, made.cost
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {
            "cached_tokens": usage.cached,
            "cache_write_tokens": usage.cache_write,
        },
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
        "cost": number(cost.total),
        "is_byok": cost.is_byok,
        "cost_details": {
            "upstream_inference_cost": number(cost.upstream),
            "upstream_inference_input_cost": number(cost.prompt),
            "upstream_inference_output_cost": number(cost.completion),
        },
    }


def _items(made: Generation, answer: Answer) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """Give the output items, each with the pieces that its text is streamed in."""
    items: list[tuple[dict[str, Any], tuple[str, ...]]] = []
    if answer.reasoning and not answer.hidden:
        items.append((_reasoning_item(made, answer), answer.reasoning.pieces))
    for index, call in enumerate(answer.calls):
        item = {
            "id": f"fc_{made.id[-12:]}{index}",
            "type": "function_call",
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
        items.append((item, (call.arguments,)))
    if not answer.calls:
        pieces = (answer.refusal,) if answer.refusal else answer.pieces
        items.append((_message_item(made, answer), pieces))
    return items


def _reasoning_item(made: Generation, answer: Answer) -> dict[str, Any]:
    details = answer.reasoning.details if answer.reasoning else ()
    text = (answer.reasoning.text if answer.reasoning else None) or ""
    sealed = next((d["data"] for d in details if "data" in d), None)
    return {
        "id": f"rs_{made.id[-12:]}",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text}] if text else [],
        "encrypted_content": sealed,
        "status": "completed",
    }


def _message_item(made: Generation, answer: Answer) -> dict[str, Any]:
    return {
        "id": f"msg_{made.id[-12:]}",
        "type": "message",
        "role": "assistant",
        "status": "incomplete" if answer.finish == "length" else "completed",
        "content": [_text_part(answer)],
    }


def _text_part(answer: Answer) -> dict[str, Any]:
    if answer.refusal:
        return {"type": "refusal", "refusal": answer.refusal}
    found = [a["url_citation"] for a in answer.annotations if a["type"] == "url_citation"]
    annotations = [{"type": "url_citation", **citation} for citation in found]
    text = answer.content or ""
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def response_events(made: Generation, asked: Mapping[str, Any]) -> Iterator[Event]:
    """Give the events of a streamed response, numbered, and the end mark."""
    yield ": "
    for sequence, event in enumerate(_events(made, asked)):
        yield event | {"sequence_number": sequence}
    yield "data: [DONE]"


def _events(made: Generation, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    opened = _frame(made, asked, "in_progress")
    yield {"type": "response.created", "response": opened}
    yield {"type": "response.in_progress", "response": opened}
    for index, (item, pieces) in enumerate(_items(made, made.answers[0])):
        place = {"output_index": index, "item_id": item["id"]}
        empty = _emptied(item)
        yield {"type": "response.output_item.added", "output_index": index, "item": empty}
        yield from _item_events(item, pieces, place)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    body = response_body(made, asked)
    yield {"type": f"response.{body['status']}", "response": body}


def _emptied(item: dict[str, Any]) -> dict[str, Any]:
    blank: dict[str, dict[str, Any]] = {"message": {"content": []}, "reasoning": {"summary": []}}
    return item | {"status": "in_progress"} | blank.get(item["type"], {"arguments": ""})


def _item_events(item: dict[str, Any], pieces: tuple[str, ...], place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if item["type"] == "function_call":
        arguments = item["arguments"]
        yield {"type": "response.function_call_arguments.delta", **place, "delta": arguments}
        done = {"name": item["name"], "arguments": arguments}
        yield {"type": "response.function_call_arguments.done", **place, **done}
    elif item["type"] == "reasoning":
        yield from _summary_events(item, pieces, place)
    else:
        yield from _text_events(item["content"][0], pieces, place)


def _summary_events(item: dict[str, Any], pieces: tuple[str, ...], place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not item["summary"]:
        return
    where, part = {**place, "summary_index": 0}, item["summary"][0]
    name = "response.reasoning_summary"
    yield {"type": f"{name}_part.added", **where, "part": part | {"text": ""}}
    for piece in pieces:
        yield {"type": f"{name}_text.delta", **where, "delta": piece}
    yield {"type": f"{name}_text.done", **where, "text": part["text"]}
    yield {"type": f"{name}_part.done", **where, "part": part}


def _text_events(part: dict[str, Any], pieces: tuple[str, ...], place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    where = {**place, "content_index": 0}
    key = "refusal" if part["type"] == "refusal" else "text"
    name = "response.refusal" if key == "refusal" else "response.output_text"
    extra: dict[str, Any] = {} if key == "refusal" else {"logprobs": []}
    yield {"type": "response.content_part.added", **where, "part": part | {key: ""}}
    for piece in pieces:
        yield {"type": f"{name}.delta", **where, "delta": piece, **extra}
    for number_, annotation in enumerate(part.get("annotations") or ()):
        added = {"annotation_index": number_, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **where, **added}
    yield {"type": f"{name}.done", **where, key: part[key], **extra}
    yield {"type": "response.content_part.done", **where, "part": part}
