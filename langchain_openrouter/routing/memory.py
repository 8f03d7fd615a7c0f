"""What a router remembers between calls: who answered whom, and how many calls there were."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from langchain_openrouter._guard import Guard
from langchain_openrouter.catalog.reading import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

__all__ = ["Memory", "answered_before", "whose"]

_MOST_REMEMBERED = 10_000


class Memory:
    """Counts calls and remembers which model answered last for each thread or user, in this process.

    Args:
        seed: What chance is drawn from; `None` for another one in each process.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = random.SystemRandom().getrandbits(32) if seed is None else seed
        self.turn = 0
        self._drawn = -1, 0.0
        self._latest: OrderedDict[str, str] = OrderedDict()
        self._guard = Guard(threading.TIMEOUT_MAX)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the seed alone."""
        return Memory, (self.seed,)

    def draw(self) -> float:
        """Give what chance has drawn for this turn: the same as long as it is the same turn."""
        turn, drawn = self._drawn
        if turn != self.turn:
            turn = self.turn
            drawn = random.Random(self.seed * 1_000_003 + turn).random()  # noqa: S311  # no secret is made of it
            self._drawn = turn, drawn
        return drawn

    def count(self) -> None:
        """Begin the next turn."""
        with self._guard:
            self.turn += 1

    def latest(self, whose: str | None) -> str | None:
        """Give the model that answered last; `None` where nobody did."""
        return self._latest.get(whose) if whose else None

    def answered(self, whose: str | None, model: str) -> None:
        """Remember which model answered."""
        if whose:
            with self._guard:
                self._latest[whose] = model
                self._latest.move_to_end(whose)
                if len(self._latest) > _MOST_REMEMBERED:
                    self._latest.popitem(last=False)


_THREADS = ("thread_id", "session_id", "conversation_id")
_USERS = ("user_id", "user", "langgraph_user_id", "langgraph_auth_user_id")


def whose(config: RunnableConfig, by: str, arguments: Mapping[str, Any]) -> str | None:
    """Give whose call it is: a thread's or a user's.

    Args:
        config: LangChain's configuration of the call.
        by: `thread` or `user`; nobody's for all else.
        arguments: Arguments of the call, which may name a session or a user, too.
    """
    names = {"thread": _THREADS, "user": _USERS}.get(by, ())
    places = (mapping(config.get("configurable")), mapping(config.get("metadata")), arguments)
    values = (place.get(name) for place in places for name in names)
    return next((f"{by} {value}" for value in values if value not in (None, "")), None)


def answered_before(messages: Sequence[BaseMessage]) -> str | None:
    """Give the model of the latest answer in a conversation; `None` where there is none."""
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            told = message.response_metadata
            model = mapping(told.get("routing")).get("model") or told.get("model_name")
            return model if isinstance(model, str) else None
    return None
