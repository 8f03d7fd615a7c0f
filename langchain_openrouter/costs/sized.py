"""A prompt that is counted once for many models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.costs.prompt import TokenRange, count_prompt, holds_audio

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

__all__ = ["SizedPrompt"]


class SizedPrompt:
    """A prompt that is counted once for all models that get the same tools.

    Args:
        messages: The prompt.

    Attributes:
        messages: The prompt.
        audio: Whether there is sound in it.
    """

    __slots__ = ("_sizes", "audio", "messages")

    def __init__(self, messages: list[BaseMessage]) -> None:
        self.messages = messages
        self.audio = holds_audio(messages)
        self._sizes: dict[tuple[int, ...], TokenRange] = {}

    def with_tools(self, tools: tuple[Any, ...]) -> TokenRange:
        """Count its tokens.

        Args:
            tools: The tools that are sent along; they must live as long as the prompt does.
        """
        these = tuple(map(id, tools))
        if these not in self._sizes:
            self._sizes[these] = count_prompt(self.messages, tools)
        return self._sizes[these]
