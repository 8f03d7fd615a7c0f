"""The stages of a cascade: who is asked together, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.language_models.chat_models import BaseChatModel

from langchain_openrouter.cascade.accepting import Agreed
from langchain_openrouter.catalog import Model
from langchain_openrouter.routing.models import ModelLike, model_name

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Stage", "StagesLike", "stages_of"]

StagesLike: TypeAlias = "Sequence[ModelLike | Sequence[ModelLike]]"
"""Models, cheapest first; those in a list of their own are asked at once."""

_FEWEST = 2
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """Models that are asked at once.

    Args:
        models: The models.
        samples: How many times each is asked.
    """

    models: tuple[ModelLike, ...]
    samples: int = 1

    @property
    def asked(self) -> list[ModelLike]:
        """Whom the calls of the stage go to."""
        return [model for model in self.models for _ in range(self.samples)]


def stages_of(models: StagesLike, acceptance: Any, samples: int | None) -> list[Stage]:
    """Read the models of a cascade.

    Args:
        models: Models, cheapest first.
        acceptance: The rule: where answers have to agree, a plain list of three or more begins with two at once, and a
            single model is asked three times.
        samples: How many times each model of the first stage is asked; `None` for the usual.

    Raises:
        ValueError: There are fewer than two stages, the last one has several models, or `samples` is below 1.
        TypeError: Something in it is no model.
    """
    given = [tuple(each) if isinstance(each, (list, tuple)) else (each,) for each in _listed(models)]
    for each in given:
        for model in each:
            if not isinstance(model, (str, Model, BaseChatModel)):
                raise TypeError(f"{model!r} is no model. Pass an id, a `Model` of the catalog, or a chat model.")
    agreeing = acceptance is None or isinstance(acceptance, Agreed)
    if agreeing and len(given) > _FEWEST and all(len(each) == 1 for each in given):
        given = [given[0] + given[1], *given[2:]]
    if len(given) < _FEWEST or not all(given):
        raise ValueError(f"models={models!r} leaves nothing to turn to. Pass a cheap model and a dearer one at least.")
    if len(given[-1]) > 1:
        names = ", ".join(map(model_name, given[-1]))
        raise ValueError(f"The last stage has several models ({names}); its answer is taken as it is. Pass one there.")
    if samples is not None and samples < 1:
        raise ValueError(f"samples={samples!r} is no count. Pass 1 or more.")
    usual = _SAMPLES if agreeing and len(given[0]) == 1 else 1
    first = Stage(given[0], usual if samples is None else samples)
    if agreeing and len(first.asked) == 1:
        raise ValueError("One answer cannot agree with itself. Pass two cheap models, or samples=3.")
    return [first, *map(Stage, given[1:])]


def _listed(models: Any) -> list[Any]:
    if isinstance(models, (str, Model, BaseChatModel)):
        raise TypeError(f"models={models!r} is one model. Pass a list, cheapest first.")
    return list(models)
