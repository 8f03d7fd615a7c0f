"""Who answers: OpenRouter where there is a key, else the emulator in this process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter._service import BASE_URL, BASE_URL_VARIABLE, KEY_VARIABLE
from langchain_openrouter.catalog import Query, current
from langchain_openrouter.costs import Usage, price
from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

# The best that are cheap, answer at once, and can do what the steps show.
_WANTED: Query = {
    "plain": True,
    "tools": True,
    "structured_output": True,
    "parameters": {"tool_choice", "max_tokens"},
    "reasoning": False,
    "max_completion_price": 1,
    "sort": "-intelligence",
}
_NO_SUCH_MODEL = "nobody/a-model-that-does-not-exist"
_DELAY = 0.02  # seconds between two chunks of the emulator, so that a stream is seen to stream
_MOST_OUT = 1000  # tokens of an answer; what a step can cost at most follows from it
_MOST_IN = 500  # tokens of a prompt with its tools; ours are far shorter


def chosen_models() -> tuple[str, str]:
    """Choose the model that answers, and one of another author to fall back to."""
    first, *others = current().search(**_WANTED)
    return first.id, next(model.id for model in others if model.author != first.author)


class Place:
    """OpenRouter itself.

    Args:
        model: Id of the model that answers.
    """

    is_real = True

    def __init__(self, model: str) -> None:
        self.model_name = model

    @property
    def description(self) -> str:
        """Say who answers."""
        url = os.environ.get(BASE_URL_VARIABLE) or BASE_URL
        return f"OPENROUTER_API_KEY is set, so OpenRouter answers at {url}, and bills it to you."

    def model(self, name: str | None = None, **fields: Any) -> ChatOpenRouter:
        """Give a model; the one of this demo when no name is given. What fails is shown, so nothing warns of it."""
        return ChatOpenRouter(model=name or self.model_name, max_tokens=_MOST_OUT, model_validation="off", **fields)

    @contextmanager
    def failing(self) -> Iterator[tuple[ChatOpenRouter, ChatOpenRouter]]:
        """Give a model that is sure to fail, and one to fall back to."""
        yield self.model(_NO_SUCH_MODEL, max_retries=0), self.model()

    def estimate(self, calls: int) -> Decimal | None:
        """Say how many dollars so many calls cost at most, by the catalog's prices; `None` where it has none."""
        most = price(Usage(_MOST_IN, _MOST_OUT), self.model_name).total
        return None if most is None else calls * most


class LocalPlace(Place):
    """The emulator. Nothing leaves this machine.

    Args:
        model: Id of the model that answers.
        emulator: One that serves.
    """

    is_real = False

    def __init__(self, model: str, emulator: Emulator) -> None:
        super().__init__(model)
        self._emulator = emulator

    @property
    def description(self) -> str:
        """Say who answers."""
        return (
            f"There is no OPENROUTER_API_KEY, so an emulator of OpenRouter answers at {self._emulator.base_url}. "
            "Its words mean little, its prices are those of the catalog, and nobody is billed."
        )

    def model(self, name: str | None = None, **fields: Any) -> ChatOpenRouter:
        """Give a model that asks the emulator."""
        return super().model(name, base_url=self._emulator.base_url, api_key=self._emulator.api_key, **fields)

    @contextmanager
    def failing(self) -> Iterator[tuple[ChatOpenRouter, ChatOpenRouter]]:
        """Break the model's provider, and give the model and one to fall back to."""
        self._emulator.add_fault(Fault(kind="status", status=503, model=self.model_name))
        yield self.model(max_retries=0), self.model(chosen_models()[1])
        self._emulator.clear_faults()


@contextmanager
def find_place(model: str) -> Iterator[Place]:
    """Give OpenRouter where its key is set, else an emulator that serves until the end."""
    if os.environ.get(KEY_VARIABLE):
        yield Place(model)
        return
    with Emulator(chunk_delay=_DELAY) as emulator:
        yield LocalPlace(model, emulator)
