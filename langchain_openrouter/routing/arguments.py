"""The arguments of a call in the form of the model that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.runnables.base import RunnableBindingBase

from langchain_openrouter.chat.calls import is_sending
from langchain_openrouter.routing.delegating import Delegating
from langchain_openrouter.routing.models import is_ours

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

__all__ = ["with_tools"]

_OF_TOOLS = frozenset({"parallel_tool_calls", "strict", "tool_choice", "tools"})


def with_tools(model: BaseChatModel, arguments: dict[str, Any]) -> tuple[Runnable[Any, Any], dict[str, Any]]:
    """Give the model that answers a call, and the arguments that it takes, with the tools in its own form."""
    if not (is_ours(model) or isinstance(model, Delegating)):
        arguments = {name: value for name, value in arguments.items() if not _is_of_openrouter(name)}
    if not arguments.get("tools"):
        return model, {name: value for name, value in arguments.items() if name != "tools"}
    of_tools = {name: arguments[name] for name in _OF_TOOLS & arguments.keys()}
    others = {name: value for name, value in arguments.items() if name not in _OF_TOOLS}
    runnable: Any = model.bind_tools(**of_tools)
    # A binding would lay the configuration of the surrounding graph over the one that it is called with.
    while isinstance(runnable, RunnableBindingBase) and not runnable.config and not runnable.config_factories:
        runnable, others = runnable.bound, {**runnable.kwargs, **others}
    return runnable, others


_OF_OPENROUTER = frozenset(
    {
        "cache_control", "models", "openrouter_provider", "plugins", "provider", "request_metadata", "route",
        "session_id", "trace", "transforms",
    }
)  # fmt: skip
"""Arguments that models of other providers do not take."""


def _is_of_openrouter(name: str) -> bool:
    return name in _OF_OPENROUTER or is_sending(name)
