"""Rules for answers that have to have a form: a schema, or tool calls."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, TypeAdapter, ValidationError

from langchain_openrouter.cascade.accepting import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.messages import AIMessage

    from langchain_openrouter.cascade.case import Case

__all__ = ["valid_schema", "valid_tool_calls"]

_FENCE = re.compile(r"^```\w*\s*\n(.*?)\n?```\s*$", re.DOTALL)


def valid_schema(schema: type | dict[str, Any]) -> Judged:
    """Accept an answer that fits a schema: its text as JSON, or the arguments of its only tool call.

    Args:
        schema: A pydantic class, a `TypedDict`, or a JSON schema, which needs the package `jsonschema`.

    Example:
        ```python
        cascade = Cascade(models=["cheap/model", "strong/model"], accept=valid_schema(Person))
        ```
    """
    return Judged(_of_schema(schema))


def valid_tool_calls() -> Judged:
    """Accept an answer whose tool calls name tools that there are, with arguments that fit them.

    An answer without a tool call passes where none is demanded.
    """
    return Judged(_fits_tools)


def _of_schema(schema: type | dict[str, Any]) -> Callable[[AIMessage, Case], bool]:
    def fits(message: AIMessage, _: Case) -> bool:
        value = message.tool_calls[0]["args"] if len(message.tool_calls) == 1 else _json(message.text)
        if isinstance(schema, dict):
            import jsonschema

            return value is not None and bool(jsonschema.Draft202012Validator(schema).is_valid(value))
        return value is not None and _fits(TypeAdapter(schema), value)

    return fits


def _json(text: str) -> Any:
    fenced = _FENCE.match(text.strip())
    try:
        return json.loads(fenced.group(1) if fenced else text)
    except ValueError:
        return None


def _fits(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def _fits_tools(message: AIMessage, case: Case) -> bool:
    if message.invalid_tool_calls:
        return False
    if not message.tool_calls:
        demanded = case.arguments.get("tool_choice") not in (None, "auto", "none", False)
        return bool(message.content) and not demanded
    tools = {convert_to_openai_tool(tool)["function"]["name"]: tool for tool in case.arguments.get("tools") or ()}
    return all(call["name"] in tools and _fits_tool(tools[call["name"]], call["args"]) for call in message.tool_calls)


def _fits_tool(tool: Any, arguments: Mapping[str, Any]) -> bool:
    if isinstance(tool, BaseTool) and isinstance(tool.tool_call_schema, type):
        return _fits(TypeAdapter(tool.tool_call_schema), dict(arguments))
    if isinstance(tool, type) and issubclass(tool, BaseModel):
        return _fits(TypeAdapter(tool), dict(arguments))
    schema = convert_to_openai_tool(tool)["function"].get("parameters", {})
    known, required = schema.get("properties", {}), schema.get("required", ())
    return all(name in arguments for name in required) and all(name in known for name in arguments)
