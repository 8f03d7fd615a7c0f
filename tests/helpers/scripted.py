"""Chat models of another provider, which say what they are told to say."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr


class Scripted(BaseChatModel):
    """Gives its answers in turn, the last one again and again; an exception among them is raised.

    Args:
        model: Its name.
        says: Texts, messages, or exceptions.
        cost: Dollars that each answer tells; `None`: none.
        seconds: How long an answer takes.
    """

    model: str
    says: list[Any] = Field(default_factory=lambda: ["yes"])
    cost: float | None = None
    seconds: float = 0.0

    _asked: list[dict[str, Any]] = PrivateAttr(default_factory=list)
    _spans: list[tuple[float, float]] = PrivateAttr(default_factory=list)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The calls so far: messages and arguments of each."""
        return self._asked

    @property
    def spans(self) -> list[tuple[float, float]]:
        """When each call began and ended."""
        return self._spans

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Bind them as they are."""
        return self.bind(tools=tools, **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        began = time.monotonic()
        time.sleep(self.seconds)
        self._spans.append((began, time.monotonic()))
        return self._say(messages, kwargs)

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        began = time.monotonic()
        await asyncio.sleep(self.seconds)
        self._spans.append((began, time.monotonic()))
        return self._say(messages, kwargs)

    def _say(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> ChatResult:
        said = self.says[min(len(self._asked), len(self.says) - 1)]
        self._asked.append({"messages": messages, **kwargs})
        if isinstance(said, BaseException):
            raise said
        message = said if isinstance(said, AIMessage) else AIMessage(said)
        told = {"model_name": self.model} | ({} if self.cost is None else {"cost": self.cost})
        message = message.model_copy(update={"response_metadata": {**told, **message.response_metadata}})
        return ChatResult(generations=[ChatGeneration(message=message)])
