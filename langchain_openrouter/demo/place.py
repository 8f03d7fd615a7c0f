"""Who answers: OpenRouter where there is a key, else the emulator in this process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import snapshot
from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

# Cheap, quick, offered by several providers, with tools and structured output: good for showing all steps.
MODEL = "openai/gpt-4o-mini"
# As cheap, and of another vendor, so that it is likely to be there when the first is not.
SECOND_MODEL = "google/gemini-2.5-flash-lite"

_NO_SUCH_MODEL = "openai/a-model-that-does-not-exist"
_DELAY = 0.02  # seconds between two chunks of the emulator, so that a stream is seen to stream
_MOST_OUT = 1000  # tokens of an answer; what a step can cost at most follows from it
_MOST_IN = 500  # tokens of a prompt with its tools; ours are far shorter


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
        url = os.environ.get("OPENROUTER_API_BASE") or "https://openrouter.ai/api/v1"
        return f"OPENROUTER_API_KEY is set, so OpenRouter answers at {url}, and bills it to you."

    def model(self, name: str | None = None, **fields: Any) -> ChatOpenRouter:
        """Give a model; the one of this demo when no name is given."""
        return ChatOpenRouter(model=name or self.model_name, max_tokens=_MOST_OUT, **fields)

    @contextmanager
    def failing(self) -> Iterator[tuple[ChatOpenRouter, ChatOpenRouter]]:
        """Give a model that is sure to fail, and one to fall back to."""
        yield self.model(_NO_SUCH_MODEL, max_retries=0), self.model()

    def estimate(self, calls: int) -> Decimal | None:
        """Say how many dollars so many calls cost at most, by the catalog's prices; `None` where it has none."""
        prices = snapshot.load().get(self.model_name, {}).get("pricing", {})
        per_token = [Decimal(prices.get(kind, "-1")) for kind in ("prompt", "completion")]
        if min(per_token) < 0:
            return None
        return calls * (per_token[0] * _MOST_IN + per_token[1] * _MOST_OUT)


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
        yield self.model(max_retries=0), self.model(SECOND_MODEL)
        self._emulator.clear_faults()


@contextmanager
def find_place(model: str) -> Iterator[Place]:
    """Give OpenRouter where its key is set, else an emulator that serves until the end."""
    if os.environ.get("OPENROUTER_API_KEY"):
        yield Place(model)
        return
    with Emulator(chunk_delay=_DELAY) as emulator:
        yield LocalPlace(model, emulator)
