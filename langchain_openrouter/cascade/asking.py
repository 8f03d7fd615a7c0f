"""One cheap call of a cascade. A failure that another model may survive is an answer that says nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.cascade.case import Answer
from langchain_openrouter.routing.failures import is_empty, remedy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

__all__ = ["CheapCall"]


@dataclass(frozen=True, slots=True)
class CheapCall:
    """A call that is to be made.

    Args:
        model: Name of the model.
        stage: Of which stage, from 0.
        runnable: The model, with its tools bound.
        messages: The prompt.
        arguments: Arguments of the call.
    """

    model: str
    stage: int
    runnable: Runnable[Any, Any]
    messages: Sequence[BaseMessage]
    arguments: dict[str, Any]

    def make(self, config: RunnableConfig) -> Answer:
        """Make it."""
        began = time.monotonic()
        try:
            message = self.runnable.invoke(self.messages, config, **self.arguments)
        except Exception as error:  # noqa: BLE001  # what no model survives is raised by who reads the answer
            return self._failed(error, began)
        return self._answered(message, began)

    async def amake(self, config: RunnableConfig) -> Answer:
        """Make it asynchronously."""
        began = time.monotonic()
        try:
            message = await self.runnable.ainvoke(self.messages, config, **self.arguments)
        except Exception as error:  # noqa: BLE001
            return self._failed(error, began)
        return self._answered(message, began)

    def _answered(self, message: AIMessage, began: float) -> Answer:
        said = None if is_empty(message) else message
        return Answer(self.model, self.stage, said, None, time.monotonic() - began)

    def _failed(self, error: Exception, began: float) -> Answer:
        return Answer(self.model, self.stage, None, error, time.monotonic() - began)


def raise_fatal(answers: Sequence[Answer]) -> None:
    """Raise what no model survives: a wrong key, a bad request, a budget that says no."""
    for each in answers:
        if each.error is not None and remedy_of(each.error) == "raise":
            raise each.error
