"""The four ways to call a model, each giving the whole message."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable


@dataclass(frozen=True)
class Ask:
    """Calls a model, or what a model was bound or piped to, and gives its whole answer."""

    call: Callable[..., Any]
    streams: bool

    def __call__(self, model: Runnable[Any, Any], prompt: Any = "Hello", /, **kwargs: Any) -> AIMessage:
        """Call it."""
        message: AIMessage = self.call(model, prompt, **kwargs)
        return message


def _invoke(model: Runnable[Any, Any], prompt: Any, /, **kwargs: Any) -> Any:
    return model.invoke(prompt, **kwargs)


def _ainvoke(model: Runnable[Any, Any], prompt: Any, /, **kwargs: Any) -> Any:
    return asyncio.run(model.ainvoke(prompt, **kwargs))


def _stream(model: Runnable[Any, Any], prompt: Any, /, **kwargs: Any) -> Any:
    return add_up(list(model.stream(prompt, **kwargs)))


def _astream(model: Runnable[Any, Any], prompt: Any, /, **kwargs: Any) -> Any:
    async def chunks() -> list[Any]:
        return [chunk async for chunk in model.astream(prompt, **kwargs)]

    return add_up(asyncio.run(chunks()))


def add_up(chunks: list[Any]) -> Any:
    """Add message chunks the way users do, one after the other; of other things, take the last."""
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk if hasattr(chunk, "tool_calls") else chunk
    return total


invoke = Ask(_invoke, streams=False)
ainvoke = Ask(_ainvoke, streams=False)
stream = Ask(_stream, streams=True)
astream = Ask(_astream, streams=True)

WHOLE: dict[str, Ask] = {"invoke": invoke, "ainvoke": ainvoke}
STREAMED: dict[str, Ask] = {"stream": stream, "astream": astream}
STYLES: dict[str, Ask] = {**WHOLE, **STREAMED}
