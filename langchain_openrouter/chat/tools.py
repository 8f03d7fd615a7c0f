"""Tools and tool choices of every kind LangChain users have, in the form of the wire."""

from __future__ import annotations

import copy
import weakref
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

WireTool = dict[str, Any]

_CHOICES = {"any": "required", "auto": "auto", "none": "none", "required": "required"}
_converted: dict[tuple[int, bool | None], tuple[weakref.ref[Any], Any, WireTool]] = {}


def to_wire_tools(tools: Sequence[Any], *, strict: bool | None = None) -> list[WireTool]:
    """Convert tools.

    Args:
        tools: LangChain tools, functions, pydantic classes, `TypedDict`s, or dicts. A dict whose `type` is not
            `function`, such as `{"type": "openrouter:web_search"}`, is a tool that runs at OpenRouter; it is passed on
            untouched.
        strict: Whether arguments must match the schema exactly; `None` leaves it to the provider.

    Returns:
        Tools for the wire. A tool object is converted once, however often it is bound.
    """
    return [tool if is_server_tool(tool) else copy.deepcopy(_remembered(tool, strict=strict)) for tool in tools]


def read_wire_tools(tools: Sequence[Any]) -> list[WireTool]:
    """Convert tools to look at them: unlike those of `to_wire_tools`, they are shared, and must not be changed."""
    return [tool if _is_wire_tool(tool) else _remembered(tool, strict=None) for tool in tools]


def _is_wire_tool(tool: Any) -> bool:
    return is_server_tool(tool) or (isinstance(tool, dict) and tool.get("type") == "function" and "function" in tool)


def is_server_tool(tool: Any) -> bool:
    """Say whether a tool is one that runs at OpenRouter."""
    if not isinstance(tool, dict) or "input_schema" in tool or "function" in tool:
        return False
    kind = tool.get("type")
    return isinstance(kind, str) and kind not in {"custom", "function", "object"}


def to_wire_choice(choice: Any, tools: Sequence[WireTool]) -> Any:
    """Convert a tool choice.

    Args:
        choice: `"auto"`, `"none"`, `"required"` or `"any"`; the name of a tool; the `type` of a server tool; `True` for
            the only tool; a dict in the form of the wire or of Anthropic; `None` or `False` for no choice.
        tools: The converted tools.

    Returns:
        The choice for the wire, or `None` for none.

    Raises:
        ValueError: `True` with more than one tool.
    """
    if choice is None or choice is False:
        return None
    if choice is True:
        if len(tools) != 1:
            msg = f"tool_choice can only be True when there is one tool. Received {len(tools)} tools."
            raise ValueError(msg)
        return _named(_name(tools[0]), tools)
    if isinstance(choice, str):
        return _CHOICES.get(choice) or (_named(choice, tools) if choice else None)
    if isinstance(choice, dict) and choice.get("type") in {"any", "auto", "none"}:
        return _CHOICES[choice["type"]]
    if isinstance(choice, dict) and choice.get("type") == "tool":
        return _named(choice.get("name", ""), tools)
    return choice


def _named(name: str, tools: Sequence[WireTool]) -> WireTool:
    if any(is_server_tool(tool) and tool["type"] == name for tool in tools):
        return {"type": name}
    return {"type": "function", "function": {"name": name}}


def _name(tool: WireTool) -> str:
    function = tool.get("function")
    return str(function["name"] if function else tool["type"])


def _remembered(tool: Any, *, strict: bool | None) -> WireTool:
    """Convert a tool, or find what it was converted to; agents bind the same tools before every step."""
    key = (id(tool), strict)
    known = _converted.get(key)
    mark = _mark(tool)
    if known is not None and known[0]() is tool and known[1] == mark:
        return known[2]
    converted = _convert(tool, strict=strict)
    try:
        reference = weakref.ref(tool, lambda _: _converted.pop(key, None))
    except TypeError:  # dicts cannot be referred to weakly; they are nearly in their final form anyway
        return converted
    _converted[key] = (reference, mark, converted)
    return converted


def _mark(tool: Any) -> Any:
    """Tell one state of a tool from another, since tools can be changed after they were bound."""
    if isinstance(tool, BaseTool):
        return (tool.name, tool.description, id(tool.args_schema), repr(tool.extras))
    return getattr(tool, "__doc__", None)


def _convert(tool: Any, *, strict: bool | None) -> WireTool:
    converted = convert_to_openai_tool(tool, strict=strict)
    extras = tool if isinstance(tool, dict) else getattr(tool, "extras", None) or {}
    if isinstance(extras, dict) and "cache_control" in extras:
        return {**converted, "cache_control": extras["cache_control"]}
    return converted
