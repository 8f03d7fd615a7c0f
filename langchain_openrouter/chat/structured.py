"""Structured output: the request for it, the reading of it, and typed errors where a model did not give it."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message
from langchain_core.output_parsers import BaseCumulativeTransformOutputParser, JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.outputs import ChatGeneration
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass

from langchain_openrouter.errors import MissingOutputError, RefusedOutputError, TruncatedOutputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

Method = Literal["function_calling", "json_schema", "json_mode"]

_LENGTH = frozenset({"length", "max_tokens", "max_output_tokens"})
_NO_NAME = "output"


def tool_for(schema: Any) -> tuple[str, dict[str, Any]]:
    """Give the name of the tool that carries the structure, and the tool as LangChain's tracers show it."""
    tool = convert_to_openai_tool(titled(schema))
    return tool["function"]["name"], tool


def response_format_for(schema: Any, *, strict: bool | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the `response_format` of the wire, and the schema in it.

    Args:
        schema: A pydantic class, a `TypedDict`, a JSON schema, or a function of OpenAI's form.
        strict: With `True` the schema is made strict: every property required, none besides them.
    """
    json_schema = convert_to_json_schema(titled(schema), strict=strict)
    spec: dict[str, Any] = {"name": json_schema.get("title", _NO_NAME), "schema": json_schema}
    if strict is not None:
        spec["strict"] = strict
    return {"type": "json_schema", "json_schema": spec}, json_schema


def titled(schema: Any) -> Any:
    """Give a JSON schema the form that LangChain converts: with a title, or as the parameters of a function.

    Without `properties` on top (`anyOf`, `$ref`, a free object) it would be refused, or lose all but its title.
    """
    if not isinstance(schema, dict) or schema.keys() & {"function", "input_schema", "name", "parameters"}:
        return schema
    if "properties" in schema:
        return {"title": _NO_NAME, **schema}
    return {"name": schema.get("title", _NO_NAME), "parameters": schema}


def parser_for(schema: Any, method: Method) -> BaseCumulativeTransformOutputParser[Any]:
    """Give the parser that turns an answer into the structure: an object of a pydantic class, else a dict."""
    pydantic = schema if isinstance(schema, type) and is_basemodel_subclass(schema) else None
    if method == "function_calling":
        if pydantic:
            return PydanticToolsParser(tools=[pydantic], first_tool_only=True)
        return JsonOutputKeyToolsParser(key_name=tool_for(schema)[0], first_tool_only=True)
    return PydanticOutputParser(pydantic_object=pydantic) if pydantic else JsonOutputParser()


def structured(
    model: Runnable[Any, Any], parser: BaseCumulativeTransformOutputParser[Any], method: Method, *, include_raw: bool
) -> Runnable[Any, Any]:
    """Put a model and a parser together.

    Args:
        model: The model, bound to the request for the structure.
        parser: What turns its answer into the structure.
        method: How the structure was asked for.
        include_raw: Whether to give `{"raw", "parsed", "parsing_error"}` instead of the structure, and errors in it.

    Returns:
        A runnable that raises a `StructuredOutputError` where the answer was cut off, was a refusal, or has no
        structure.
    """
    checked = _Check(method, parser).as_runnable() | parser
    if not include_raw:
        return model | checked
    parse = RunnablePassthrough.assign(parsed=itemgetter("raw") | checked, parsing_error=lambda _: None)
    give_up = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=model) | parse.with_fallbacks([give_up], exception_key="parsing_error")


class _Check:
    """Passes an answer on as it comes, and looks at the whole of it at its end."""

    def __init__(self, method: Method, parser: BaseCumulativeTransformOutputParser[Any]) -> None:
        self._by_tool = method == "function_calling"
        self._parser = parser

    def as_runnable(self) -> Runnable[AIMessage, AIMessage]:
        return RunnableGenerator(self._pass_on, self._apass_on, name="check_structured_output")

    def _pass_on(self, messages: Iterator[AIMessage]) -> Iterator[AIMessage]:
        seen = []
        for message in messages:
            seen.append(message)
            if isinstance(message, AIMessageChunk):
                yield message
        yield from self._checked(seen)

    async def _apass_on(self, messages: AsyncIterator[AIMessage]) -> AsyncIterator[AIMessage]:
        seen = []
        async for message in messages:
            seen.append(message)
            if isinstance(message, AIMessageChunk):
                yield message
        for message in self._checked(seen):
            yield message

    def _checked(self, seen: list[AIMessage]) -> list[AIMessage]:
        """Check the whole answer, and give what has not been passed on yet."""
        if not seen or not isinstance(seen[0], AIMessageChunk):
            for message in seen:
                self.check(message, [call["args"] for call in message.invalid_tool_calls])
            return seen
        merged = seen[0] + seen[1:] if len(seen) > 1 else seen[0]
        whole = message_chunk_to_message(merged)
        self.check(whole, [call["args"] for call in merged.tool_call_chunks if not _is_json(call["args"])])  # type: ignore[arg-type, attr-defined]
        # While a stream comes, parsers keep quiet about what does not fit yet; at its end it never will.
        self._parser.parse_result([ChatGeneration(message=whole)])
        return []

    def check(self, message: AIMessage, broken_arguments: list[str | None]) -> None:
        """Raise when a whole answer holds no structure.

        Args:
            message: The answer.
            broken_arguments: Arguments of tool calls that are not JSON.
        """
        refusal = message.additional_kwargs.get("refusal")
        reason = message.response_metadata.get("finish_reason")
        if refusal or reason == "content_filter":
            msg = f"The model refused: {refusal}" if refusal else "A content filter stopped the answer."
            raise RefusedOutputError(msg, **_details(message))
        if self._by_tool:
            self._check_call(message, reason, broken_arguments)
        elif reason in _LENGTH and not _is_json(message.text):
            _cut_off(message, message.text)
        elif not message.text.strip():
            msg = "The answer is empty, where it should hold JSON."
            raise MissingOutputError(msg, **_details(message))

    def _check_call(self, message: AIMessage, reason: str | None, broken_arguments: list[str | None]) -> None:
        if broken_arguments or (reason in _LENGTH and not message.tool_calls):
            _cut_off(message, str(broken_arguments[0]) if broken_arguments else message.text)
        if not message.tool_calls:
            msg = f"The model answered with text instead of calling the tool: {_shortened(message.text)!r}"
            raise MissingOutputError(msg, **_details(message))


def _cut_off(message: AIMessage, text: str) -> NoReturn:
    reason = message.response_metadata.get("finish_reason")
    end = _shortened(text, from_end=True)
    msg = f"The answer was cut off (finish_reason {reason!r}); its structure ends with {end!r}"
    raise TruncatedOutputError(msg, **_details(message))


def _details(message: AIMessage) -> dict[str, Any]:
    metadata = message.response_metadata
    return {
        "partial_message": message,
        "generation_id": metadata.get("id"),
        "provider_name": metadata.get("provider"),
    }


def _is_json(text: str | None) -> bool:
    try:
        json.loads(text or "{}", strict=False)
    except ValueError:
        return False
    return True


def _shortened(text: str, *, from_end: bool = False, limit: int = 120) -> str:
    if len(text) <= limit:
        return text
    return "…" + text[-limit:] if from_end else text[:limit] + "…"
