"""Successive halving: how many prompts each stage asks, and which models go on. Pure; nothing is asked here.

Each stage asks all models that are left; the best part of them goes on to the next. Where nobody says how long the
stages are, they share half of the calls of the full grid equally, so few models get many prompts: close to the best
that is possible with so many calls (Karnin, Koren, Somekh 2013, https://proceedings.mlr.press/v28/karnin13.html).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self, TypeAlias

__all__ = ["Part", "StagePlan", "draw", "places", "plan_stages"]

Part: TypeAlias = int | float
"""A whole number counts; a float is a share of all, above 0 and up to 1."""

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class StagePlan:
    """The stages of a screening.

    Args:
        stages: How many prompts each model has been asked at the end of each stage; they rise.
        keep: The best part that goes on from each stage to the next; one fewer than stages.
    """

    stages: tuple[int, ...]
    keep: tuple[Part, ...]

    def models(self, models: int) -> list[int]:
        """Give how many models each stage asks, if there are no ties."""
        asked = [models]
        for part in self.keep:
            asked.append(places(asked[-1], part))
        return asked

    def calls(self, models: int) -> int:
        """Give how many calls there are, if there are no ties and no model is left alone before the end."""
        before = (0, *self.stages)
        return sum(
            asked * (until - since)
            for asked, since, until in zip(self.models(models), before, self.stages, strict=False)
        )


def plan_stages(
    models: int,
    prompts: int,
    stages: Sequence[Part] | int | None = None,
    keep: Part | Sequence[Part] = 0.5,
) -> StagePlan:
    """Plan how many prompts each stage asks.

    Args:
        models: How many there are.
        prompts: How many there are.
        stages: How many prompts each model has been asked at the end of each stage, as numbers or shares; or how many
            stages there are at most. Default: as many as it takes until one model is left.
        keep: The best part of a stage's models that goes on; or one for each stage but the last.

    Raises:
        ValueError: There is nothing to plan, or a number is none.

    Example:
        >>> plan_stages(16, 100).stages
        (13, 38, 88, 100)
        >>> plan_stages(16, 100).calls(16)
        632
    """
    if not models or not prompts:
        msg = f"A screening needs models and prompts, and there are {models} and {prompts}."
        raise ValueError(msg)
    cuts = _Cuts.read(keep)
    if isinstance(stages, Sequence):
        lengths = _lengths(stages, prompts)
        return StagePlan(lengths, cuts.of(len(lengths)))
    return _equal_shares(models, prompts, cuts, _most_stages(models, stages, cuts))


def places(models: int, part: Part) -> int:
    """Give how many models go on, ties aside: at least one, and not all where only a part may.

    Args:
        models: How many there are.
        part: The best part.

    Example:
        >>> places(5, 0.5), places(5, 2), places(3, 0.9)
        (3, 2, 2)
    """
    if isinstance(part, int):
        return min(part, models)
    if part == 1:
        return models
    # A share as it is written: 0.1 * 30 is more than 3 in floats.
    return max(1, min(models - 1, math.ceil(Fraction(str(part)) * models)))


def draw(prompts: int, seed: int) -> list[int]:
    """Give the order in which prompts are asked: the first of them are a fair sample of all.

    Args:
        prompts: How many there are.
        seed: Of the order.
    """
    order = list(range(prompts))
    random.Random(seed).shuffle(order)  # noqa: S311  # a sample, not a secret
    return order


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Which part goes on: the same after each stage, or one for `each`."""

    always: Part
    each: tuple[Part, ...] | None = None

    @classmethod
    def read(cls, keep: Part | Sequence[Part]) -> Self:
        cuts = cls(1.0, tuple(keep)) if isinstance(keep, Sequence) else cls(keep)
        for part in (cuts.always, *(cuts.each or ())):
            _check_part(part, "keep")
        return cuts

    def after(self, stage: int) -> Part:
        return self.always if self.each is None else self.each[stage - 1]

    def of(self, stages: int) -> tuple[Part, ...]:
        """Give one for each of so many stages but the last.

        Raises:
            ValueError: There are more, or fewer.
        """
        if self.each is not None and len(self.each) != stages - 1:
            msg = (
                f"keep={list(self.each)!r} has {len(self.each)} parts for {stages} stages. Pass one for each stage but "
                "the last, after which nobody goes on."
            )
            raise ValueError(msg)
        return tuple(self.after(stage) for stage in range(1, stages))


def _equal_shares(models: int, prompts: int, cuts: _Cuts, most: int) -> StagePlan:
    """Share half of the calls of the full grid between the stages that drop a model."""
    asked = [models]
    while len(asked) < most and (left := places(asked[-1], cuts.after(len(asked)))) not in {1, asked[-1]}:
        asked.append(left)
    if len(asked) == 1:
        return StagePlan((prompts,), ())  # nobody leaves before the end
    share = _HALF * models * prompts / len(asked)
    lengths, reached = list[int](), Fraction(0)
    for count in asked:
        reached += share / count
        lengths.append(min(prompts, max(len(lengths) + 1, math.floor(reached + _HALF))))
    rising = tuple(dict.fromkeys(lengths))
    return StagePlan(rising, tuple(cuts.after(stage) for stage in range(1, len(rising))))


def _lengths(stages: Sequence[Part], prompts: int) -> tuple[int, ...]:
    for part in stages:
        _check_part(part, "stages")
    lengths = tuple(
        part if isinstance(part, int) else max(1, math.floor(Fraction(str(part)) * prompts + _HALF)) for part in stages
    )
    if not lengths or list(lengths) != sorted(set(lengths)) or lengths[-1] > prompts:
        msg = (
            f"stages={list(stages)!r} comes to {list(lengths)} of {prompts} prompts. Pass numbers of prompts that rise "
            f"and end at {prompts} at most, such as [5, 20], or shares of them, such as [0.1, 1.0]."
        )
        raise ValueError(msg)
    return lengths


def _most_stages(models: int, stages: int | None, cuts: _Cuts) -> int:
    if stages is None:
        return models if cuts.each is None else len(cuts.each) + 1
    if isinstance(stages, bool) or stages < 1:
        msg = f"stages={stages!r} is no number of stages. Pass 1 or more, or a list of numbers of prompts."
        raise ValueError(msg)
    cuts.of(stages)
    return stages


def _check_part(part: Part, name: str) -> None:
    counts = isinstance(part, int) and not isinstance(part, bool) and part >= 1
    shares = isinstance(part, float) and 0 < part <= 1
    if not (counts or shares):
        msg = f"{name}={part!r} is no part. Pass a whole number from 1 on, or a share above 0 and up to 1.0."
        raise ValueError(msg)
