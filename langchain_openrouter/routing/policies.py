"""The policies: each one small, and a pure function of the options and the situation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from langchain_openrouter.catalog.query import check_choice
from langchain_openrouter.catalog.standing import Tier
from langchain_openrouter.routing.policy import as_policy, policy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_openrouter.routing.options import Options, Situation
    from langchain_openrouter.routing.policy import PolicyLike, Scores

__all__ = ["balanced", "cheapest", "explore", "fastest", "pareto", "quality", "round_robin", "sticky", "tiered"]

_TIERS: tuple[Tier, ...] = get_args(Tier)
_TIER_FOR = {"simple": 1, "moderate": 2, "complex": 3}
_By: TypeAlias = Literal["thread", "history", "user"]


@policy
def cheapest(options: Options, situation: Situation) -> Scores:
    """Prefer what is expected to cost least."""
    return [None if cost is None else -float(cost) for cost in options.costs]


@policy
def quality(options: Options, situation: Situation) -> Scores:
    """Prefer what is best at the task, by its benchmark or the user's own figures."""
    return options.qualities


@policy
def fastest(options: Options, situation: Situation) -> Scores:
    """Prefer what is expected to answer soonest. Of what nobody has measured, the cheaper comes first."""
    return [None if seconds is None else -seconds for seconds in options.seconds]


@policy
def balanced(
    options: Options, situation: Situation, *, quality: float = 1.0, cost: float = 1.0, speed: float = 0.5
) -> Scores:
    """Weigh quality, cost and speed against each other, each from 0 for the worst of the options to 1 for the best.

    Costs and times are compared by their ratio, since the dearest model often costs a thousand times the cheapest; what
    costs nothing counts as half of the cheapest that costs something. What is not known counts as the worst, except of
    speed, where it counts as the middle: speeds are unknown at first.

    Args:
        options: What can answer.
        situation: The request.
        quality: Weight of quality.
        cost: Weight of cost.
        speed: Weight of speed.
    """
    log, least = math.log, min(filter(None, options.costs), default=2) / 2
    worst, better = _scale(options.qualities, quality)
    dearest, cheaper = _scale(options.costs, -cost, lambda price: log(price or least))
    slowest, quicker = _scale(options.seconds, -speed, _log_of_seconds)
    middle = speed / 2
    return [
        (0.0 if good is None else (good - worst) * better)
        + (0.0 if price is None else (log(price or least) - dearest) * cheaper)
        + (middle if seconds is None else (_log_of_seconds(seconds) - slowest) * quicker)
        for good, price, seconds in zip(options.qualities, options.costs, options.seconds, strict=True)
    ]


def _log_of_seconds(seconds: float) -> float:
    return math.log(seconds + 0.01)


def _scale(values: Sequence[Any], weight: float, of: Callable[[Any], float] = float) -> tuple[float, float]:
    """Give the worst of values, and what a step away from it adds, so that the best one has all the weight.

    Args:
        values: The values; `None` where not known.
        weight: The weight; below 0 where less is better.
        of: What is compared of a value.
    """
    known = [value for value in values if value is not None]
    least, most = (of(min(known)), of(max(known))) if known else (0.0, 0.0)
    worst = least if weight > 0 else most
    if least == most:  # all of them are the best
        return worst - 1, abs(weight)
    return worst, weight / (most - least)


@policy
def pareto(options: Options, situation: Situation, *, min_quality: float | None = None) -> Scores:
    """Prefer the cheapest of those that no other beats on both cost and quality, if it is good enough.

    Args:
        options: What can answer.
        situation: The request.
        min_quality: The least quality, on the scale of the task's benchmark. Where none reaches it, the best is
            preferred. Default: three quarters of the best one's.
    """
    pairs = enumerate(zip(options.costs, options.qualities, strict=True))
    known = [(cost, -good, i) for i, (cost, good) in pairs if cost is not None and good is not None]
    highest = max((-worth for _, worth, _ in known), default=0.0)
    least = 0.75 * highest if min_quality is None else min_quality
    scores: list[float | None] = [None] * len(options)
    best = -math.inf
    for place, (_, worth, i) in enumerate(sorted(known)):
        good = -worth
        # On the frontier and good enough: the cheapest first; then the others, the best first.
        scores[i] = highest + len(known) - place if good > best and good >= least else good
        best = max(best, good)
    return scores


@policy
def tiered(options: Options, situation: Situation, *, ceiling: Tier = "premium") -> Scores:
    """Prefer the price tier that the request's complexity asks for, and in it what is best at the task.

    Args:
        options: What can answer.
        situation: The request.
        ceiling: The dearest tier: `free`, `budget`, `balanced`, or `premium`.
    """
    check_choice("ceiling", ceiling, _TIERS)
    highest = _TIERS.index(ceiling)
    wanted = min(_TIER_FOR.get(situation.complexity, 2), highest)
    # What is above the ceiling is farther away than all that is not; quality decides only within a tier.
    distances = {
        tier: 10 * (abs(place - wanted) + (len(_TIERS) if place > highest else 0)) for place, tier in enumerate(_TIERS)
    }
    good = _normalised(options.qualities, unknown=0.0)
    return [None if tier is None else good[i] - distances[tier] for i, tier in enumerate(options.tiers)]


@policy
def round_robin(options: Options, situation: Situation) -> Scores:
    """Take turns, in the user's order."""
    count = len(options)
    return [float(-((i - situation.turn) % count)) for i in range(count)]


@policy
def sticky(
    options: Options,
    situation: Situation,
    *,
    by: _By = "thread",
    then: PolicyLike = "balanced",
) -> Scores:
    """Stay with the model that answered before, so that prompt caches and reasoning signatures last.

    Args:
        options: What can answer.
        situation: The request.
        by: What "before" means: the same LangGraph thread or session, else the messages of this request; only its
            messages; or the same user.
        then: What decides the first time, and where that model can no longer answer.
    """
    check_choice("by", by, get_args(_By))
    scores = list(as_policy(then)(options, situation))
    if situation.previous in options.models:
        scores[options.models.index(situation.previous)] = _above(scores)
    return scores


@policy
def explore(options: Options, situation: Situation, *, epsilon: float = 0.1, then: PolicyLike = "balanced") -> Scores:
    """Let chance choose now and then, so that other models are measured, too.

    Args:
        options: What can answer.
        situation: The request; `draw` is what chance has drawn.
        epsilon: How often, 0 to 1.
        then: What decides else.
    """
    if not 0 <= epsilon <= 1:
        msg = f"epsilon={epsilon!r} is no share. Pass a number from 0 to 1, such as 0.1."
        raise ValueError(msg)
    scores = list(as_policy(then)(options, situation))
    if situation.draw < epsilon:
        scores[min(int(situation.draw / epsilon * len(options)), len(options) - 1)] = _above(scores)
    return scores


def _above(scores: Scores) -> float:
    """Give a score above all others, whatever policy gave them."""
    highest = max((score for score in scores if score is not None), default=0.0)
    return highest + abs(highest) + 1


def _normalised(values: Sequence[Any], unknown: float) -> list[float]:
    """Give each value as a number from 0 for the least to 1 for the most."""
    known = [value for value in values if value is not None]
    if not known:
        return [unknown] * len(values)
    least, most = min(known), max(known)
    if least == most:
        return [unknown if value is None else 1.0 for value in values]
    span = most - least
    return [unknown if value is None else (value - least) / span for value in values]
