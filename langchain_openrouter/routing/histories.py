"""What an earlier model left in a conversation that another model would reject: its reasoning, signed or encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage

from langchain_openrouter.catalog.reading import items, mapping
from langchain_openrouter.wire.reasoning import details_of_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["family_of", "without_foreign_reasoning"]

_FAMILIES = {"anthropic": "anthropic", "google": "google", "meta": "meta-llama", "openai": "openai", "xai": "x-ai"}
"""A word in the format of reasoning details, with the author of the models that take them back.

Source: `reasoning_details[].format` in https://openrouter.ai/docs/use-cases/reasoning-tokens and recorded traffic.
"""


_REASONING_BLOCKS = frozenset({"reasoning", "redacted_thinking", "thinking"})


def without_foreign_reasoning(messages: Sequence[BaseMessage], model: str) -> list[BaseMessage]:
    """Leave out reasoning details of other families, which the model would reject; all else stays as it is.

    Args:
        messages: The conversation.
        model: Id of the model that it goes to.

    Returns:
        The same messages where nothing was left out of them.

    Example:
        >>> signed = {"type": "reasoning.text", "format": "anthropic-claude-v1", "signature": "…"}
        >>> message = AIMessage("Hello", additional_kwargs={"reasoning_details": [signed]})
        >>> without_foreign_reasoning([message], "openai/gpt-5-mini")[0].additional_kwargs
        {}
    """
    family = family_of(model)
    # Models of other providers' packages, whose names have no slash, know their own.
    own = "/" not in model
    return [
        _cleaned(each, family) if isinstance(each, AIMessage) and not (own and "/" not in _author(each)) else each
        for each in messages
    ]


def family_of(model: str) -> str:
    """Give the author of a model, who decides which reasoning it takes back.

    Args:
        model: Its id.

    Example:
        >>> family_of("~anthropic/claude-latest")
        'anthropic'
    """
    return model.removeprefix("~").partition("/")[0]


def _cleaned(message: AIMessage, family: str) -> AIMessage:
    changed: dict[str, Any] = {}
    details = items(message.additional_kwargs.get("reasoning_details"))
    kept = [each for each in details if _belongs(mapping(each), message, family)]
    if len(kept) < len(details):
        others = {name: value for name, value in message.additional_kwargs.items() if name != "reasoning_details"}
        changed["additional_kwargs"] = others | ({"reasoning_details": kept} if kept else {})
    if isinstance(message.content, list):
        blocks = [each for each in message.content if _is_plain(each, message, family)]
        if len(blocks) < len(message.content):
            changed["content"] = blocks
    return message.model_copy(update=changed) if changed else message


def _is_plain(block: Any, message: AIMessage, family: str) -> bool:
    """Say whether a block of the content is one that every model takes: all but the reasoning of other families."""
    if mapping(block).get("type") not in _REASONING_BLOCKS:
        return True
    details = details_of_blocks([block]).get("reasoning_details", ())
    return all(_belongs(detail, message, family) for detail in details)


def _belongs(detail: Mapping[str, Any], message: AIMessage, family: str) -> bool:
    """Say whether a detail is of a family: by its format, else by the model that wrote the message."""
    author = _author(message)
    words = str(detail.get("format") or "").split("-")
    told = next((author for word, author in _FAMILIES.items() if word in words), None)
    return told == family if told else "/" not in author or family_of(author) == family


def _author(message: AIMessage) -> str:
    return str(message.response_metadata.get("model_name") or "")
