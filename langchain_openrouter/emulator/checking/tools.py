"""Checks tools, the choice among them, and the response format of a chat request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.failing.errors import bad_request, wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SCHEMA_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_SERVER_TOOLS = ("openrouter:", "web_search")
_FORMATS = ("text", "json_object", "json_schema", "grammar", "python")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "$defs", "definitions")


def check_tools(tools: Any) -> None:
    """Check the tools of a request.

    Raises:
        ApiError: 400, naming the tool and what is wrong with it.
    """
    if tools is None:
        return
    if not isinstance(tools, list):
        raise wrong_type("tools", "array", tools)
    seen: set[str] = set()
    for index, tool in enumerate(tools):
        _check_tool(f"tools.{index}", tool, seen)


def _check_tool(name: str, tool: Any, seen: set[str]) -> None:
    if not isinstance(tool, dict):
        raise wrong_type(name, "object", tool)
    kind = tool.get("type")
    if isinstance(kind, str) and kind.startswith(_SERVER_TOOLS):
        return
    if kind != "function":
        raise bad_request(f'{name}.type: Invalid input: expected "function", received {kind!r}')
    function = tool.get("function")
    if not isinstance(function, dict):
        raise wrong_type(f"{name}.function", "object", function)
    own = function.get("name")
    if not isinstance(own, str):
        raise wrong_type(f"{name}.function.name", "string", own)
    if not _NAME.fullmatch(own):
        raise bad_request(f"{name}.function.name: Invalid string: must match pattern /^[a-zA-Z0-9_-]{{1,64}}$/")
    if own in seen:
        raise bad_request(f"{name}.function.name: Tool names must be unique, `{own}` is repeated")
    seen.add(own)
    if function.get("description") is not None and not isinstance(function["description"], str):
        raise wrong_type(f"{name}.function.description", "string", function["description"])
    _check_parameters(f"{name}.function.parameters", function.get("parameters"))


def _check_parameters(name: str, schema: Any) -> None:
    if schema is None:
        return
    if not isinstance(schema, dict):
        raise wrong_type(name, "object", schema)
    if schema and schema.get("type", "object") != "object":
        raise bad_request(
            f"{name}: Invalid schema for function: schema must be a JSON Schema of "
            f"'type: \"object\"', got 'type: \"{schema['type']}\"'."
        )
    check_schema(name, schema)


def check_schema(name: str, schema: Any) -> None:
    """Check that a JSON schema is one, down to its leaves."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise wrong_type(name, "object", schema)
    kinds = schema.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind not in _SCHEMA_TYPES:
            raise bad_request(f"{name}: Invalid schema: {kind!r} is not a valid type")
    if not isinstance(schema.get("required", []), list):
        raise wrong_type(f"{name}.required", "array", schema["required"])
    for key, inner in _inner_schemas(name, schema):
        check_schema(f"{name}.{key}", inner)


def _inner_schemas(name: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in _MAPS:
        inner = schema.get(key, {})
        if not isinstance(inner, dict):
            raise wrong_type(f"{name}.{key}", "object", inner)
        yield from ((f"{key}.{own}", part) for own, part in inner.items())
    for key in _LISTS:
        yield from ((f"{key}.{index}", part) for index, part in enumerate(schema.get(key, [])))
    if "items" in schema:
        yield "items", schema["items"]


def check_tool_choice(choice: Any, tools: Any) -> None:
    """Check that the chosen tool is among the tools.

    Raises:
        ApiError: 400.
    """
    if choice is None or choice in ("none", "auto"):
        return
    if not tools:
        raise bad_request("tool_choice: tool_choice is only allowed when tools are specified")
    if choice == "required":
        return
    if not isinstance(choice, dict):
        raise bad_request(f'tool_choice: Invalid option: expected "none"|"auto"|"required", received {choice!r}')
    if choice.get("type") != "function":
        return
    name = (choice.get("function") or {}).get("name")
    if name not in {tool["function"]["name"] for tool in tools if tool.get("type") == "function"}:
        raise bad_request(f"tool_choice: Tool choice '{name}' not found in 'tools' parameter.")


def check_response_format(form: Any) -> None:
    """Check `response_format`; in strict mode also the rules for strict schemas.

    Raises:
        ApiError: 400.
    """
    if form is None:
        return
    if not isinstance(form, dict):
        raise wrong_type("response_format", "object", form)
    if form.get("type") not in _FORMATS:
        listed = "|".join(f'"{one}"' for one in _FORMATS)
        raise bad_request(f"response_format.type: Invalid option: expected one of {listed}")
    if form["type"] != "json_schema":
        return
    wrapper = form.get("json_schema")
    if not isinstance(wrapper, dict):
        raise wrong_type("response_format.json_schema", "object", wrapper)
    if not isinstance(wrapper.get("name"), str):
        raise wrong_type("response_format.json_schema.name", "string", wrapper.get("name"))
    schema = wrapper.get("schema")
    if schema is not None:
        check_schema("response_format.json_schema.schema", schema)
        if wrapper.get("strict"):
            _check_strict(wrapper["name"], schema)


def _check_strict(name: str, schema: Mapping[str, Any]) -> None:
    """Strict schemas forbid other keys and require all of theirs."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        where = f"Invalid schema for response_format '{name}': In context=()"
        if schema.get("additionalProperties") is not False:
            raise bad_request(f"{where}, 'additionalProperties' is required to be supplied and to be false.")
        missing = [key for key in properties if key not in schema.get("required", [])]
        if missing:
            raise bad_request(
                f"{where}, 'required' is required to be supplied and to be an array including "
                f"every key in properties. Missing '{missing[0]}'."
            )
    for _, part in _inner_schemas("schema", schema):
        if isinstance(part, dict):
            _check_strict(name, part)
