"""How well a text fits a model: word by word, over id and display name."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_openrouter.catalog.model import Model

__all__ = ["ranked"]


def ranked(models: list[Model], text: str) -> list[Model]:
    """Keep the models that hold every word, the best match first; ``gpt4o`` finds ``gpt-4o``."""
    words, whole = _words(text), _compact(text)
    if not whole:
        return []
    ranks = [(rank, model) for model in models if (rank := _rank(model, words, whole)) is not None]
    return [model for _, model in sorted(ranks, key=lambda each: each[0])]


def _rank(model: Model, words: list[str], whole: str) -> tuple[int, int] | None:
    """Tell how well a text fits; the less, the better. Of equals, the shorter id is what was meant."""
    model_id, short, name = _forms(model.id, model.name)
    if whole in {model_id, short, name}:
        return 0, 0
    if short.startswith(whole):
        return 1, len(short)
    if whole in model_id:
        return 2, len(short)
    if whole in name:
        return 3, len(short)
    both = model_id + name
    return (4, len(short)) if all(word in both for word in words) else None


@functools.lru_cache(maxsize=4096)
def _forms(model_id: str, name: str | None) -> tuple[str, str, str]:
    """Give the id, the id without its author, and the name, without anything between their words."""
    author, _, short = model_id.partition("/")
    return _compact(author) + _compact(short), _compact(short), _compact(name or "")


def _compact(text: str) -> str:
    return "".join(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())
