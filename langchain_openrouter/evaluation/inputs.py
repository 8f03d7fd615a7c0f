"""What models are asked: one input or several, and how inputs and answers read as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["each_input", "said", "text_of"]


def each_input(inputs: Any) -> list[Any]:
    """Give several inputs; one alone is a list of one.

    Args:
        inputs: A text, a prompt value, a dict for a chain, or a list of these. A list of messages is one
            conversation.

    Raises:
        TypeError: It mixes messages with other inputs, so nobody can tell where one ends.
        ValueError: There is none.

    Example:
        >>> each_input(["Hello", "Why?"]), len(each_input([("system", "Be brief."), ("human", "Why?")]))
        (['Hello', 'Why?'], 1)
    """
    if isinstance(inputs, (str, PromptValue, BaseMessage, dict)):
        return [[inputs] if isinstance(inputs, BaseMessage) else inputs]
    every = list(inputs) if isinstance(inputs, Iterable) else []
    if not every:
        msg = f"inputs={inputs!r} holds no input. Pass a text, or a list of texts or conversations."
        raise ValueError(msg)
    messages = [_is_message(each) for each in every]
    if any(messages) and not all(messages):
        msg = (
            "inputs holds messages beside other inputs. Put the messages of each conversation into a list of their own."
        )
        raise TypeError(msg)
    return [every] if all(messages) else every


def text_of(asked: Any) -> str:
    """Write an input for people and judges: a text as it is, the turns of a conversation, all else as JSON.

    Args:
        asked: The input.

    Example:
        >>> print(text_of([("system", "Be brief."), ("human", "Why?")]))
        system: Be brief.
        human: Why?
    """
    if isinstance(asked, str):
        return asked
    if isinstance(asked, PromptValue):
        return text_of(asked.to_messages())
    if isinstance(asked, dict) and "messages" in asked:
        return text_of(asked["messages"])
    if _is_conversation(asked):
        turns = convert_to_messages(asked)
        return turns[0].text if len(turns) == 1 else "\n".join(f"{turn.type}: {turn.text}" for turn in turns)
    return json.dumps(asked, default=str, ensure_ascii=False)


def said(answer: AIMessage) -> str:
    """Write an answer: its text, and the tools that it calls.

    Args:
        answer: The answer.

    Example:
        >>> print(said(AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1}, "id": "1"}])))
        add({"a": 1})
    """
    calls = [
        f"{call['name']}({json.dumps(call['args'], default=str, ensure_ascii=False)})" for call in answer.tool_calls
    ]
    return "\n".join(filter(None, [answer.text, *calls]))


def _is_conversation(asked: Any) -> TypeIs[Sequence[Any]]:
    return isinstance(asked, (list, tuple)) and bool(asked) and all(_is_message(part) for part in asked)


def _is_message(part: Any) -> bool:
    """Say whether something is a message in one of the forms that LangChain takes; a text alone is a prompt."""
    if isinstance(part, dict):
        return "role" in part and "content" in part
    if isinstance(part, tuple):
        return len(part) == 2 and isinstance(part[0], str)  # noqa: PLR2004  # role and content
    return isinstance(part, BaseMessage)
