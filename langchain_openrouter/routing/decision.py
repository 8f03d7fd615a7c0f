"""What was decided, and why: which model, what else could have answered, what could not, and the figures behind it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_openrouter.costs.money import in_dollars, written
from langchain_openrouter.routing.constraints import Rejection
from langchain_openrouter.routing.needs import Needs
from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policy import policy_of_record, read_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from langchain_openrouter.routing.policy import Policy, Scores
    from langchain_openrouter.tasks import Task

__all__ = ["RoutingDecision", "in_order"]

_MOST_IN_A_MESSAGE = 20
"""Models that a message's metadata tell of; a router over the whole catalog would fill a conversation with them."""


@dataclass(frozen=True, eq=False)
class RoutingDecision:
    """Which model answers a request, and why.

    Args:
        options: The models that can answer, with the figures that were compared.
        points: The policy's score for each of them, in the same order; see `scores`.
        needs: What the request needs.
        situation: The task, what answered before, and what chance has drawn.
        policy: Name of the policy.
        policy_arguments: What it was made with.
        constraints: What the user demands.
        task_reason: Why the task was taken to be what it is.
        waived: Parameters that none of the options supports, so that they were not asked for.
        last_resort: Whether all models that fit are resting after failures, so that they are tried all the same.
        at: When it was decided (UTC).
        catalog_date: The day and time of the facts (UTC); `None` where that is not known.
        rejections: Gives the models that cannot answer, or may not.
    """

    options: Options
    points: Scores
    needs: Needs
    situation: Situation
    policy: str
    policy_arguments: Mapping[str, Any]
    constraints: Mapping[str, Any]
    task_reason: str
    waived: tuple[str, ...]
    last_resort: bool
    at: dt.datetime
    catalog_date: dt.datetime | None
    rejections: Callable[[], Mapping[str, Rejection]] = field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RoutingDecision) and self.record() == other.record()

    def __hash__(self) -> int:
        return hash((self.at, self.chosen, self.policy))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the record."""
        return RoutingDecision.from_record, (self.record(),)

    @cached_property
    def chosen(self) -> str:
        """The model that is called first."""
        return self.options.models[_best(self.options, self.points)]

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """All models that can answer, in the order in which they are tried."""
        return tuple(self.options.models[i] for i in in_order(self.options, self.points))

    @property
    def alternatives(self) -> tuple[str, ...]:
        """What is called when the chosen one fails, in this order."""
        return self.ordered[1:]

    @cached_property
    def scores(self) -> Mapping[str, float | None]:
        """The policy's score for each model that can answer; higher is better, and `None` comes last."""
        return dict(zip(self.options.models, self.points, strict=True))

    @cached_property
    def rejected(self) -> Mapping[str, Rejection]:
        """The models that cannot answer, or may not, with the reason."""
        return self.rejections()

    @property
    def task(self) -> Task:
        """What kind of work the request was taken for."""
        return self.situation.task

    @property
    def complexity(self) -> str:
        """How hard it looks: `simple`, `moderate`, or `complex`."""
        return self.situation.complexity

    @property
    def estimated_cost(self) -> Decimal | None:
        """Dollars that the chosen model's answer is expected to cost; `None` where nobody knows."""
        return self.cost_of(self.chosen)

    def cost_of(self, model: str) -> Decimal | None:
        """Give dollars that the answer of a model is expected to cost; `None` where nobody knows."""
        return self.options.cost_of(model)

    @property
    def resting(self) -> tuple[str, ...]:
        """The models that could answer, but rest after failures; the one that is well again soonest first."""
        waits = {
            name: each.figures[0] for name, each in self.rejected.items() if each.rule == "health" and each.figures
        }
        return tuple(sorted(waits, key=lambda name: waits[name]))

    @property
    def catalog_age(self) -> dt.timedelta | None:
        """How old the facts were."""
        return None if self.catalog_date is None else max(self.at - self.catalog_date, dt.timedelta(0))

    @property
    def reason(self) -> str:
        """Why the chosen model was chosen, in a sentence."""
        by = read_policy(self.policy, self.policy_arguments)
        among = f"first of {len(self.options)} that can answer, by {by!r}"
        return f"{self.chosen} is {among}, for {self.complexity} {self.task} ({self.task_reason})."

    def explain(self) -> str:
        """Say in some lines which model was chosen and why."""
        lines = [
            self.reason,
            *(self._line(name) for name in self.ordered[:_MOST_IN_A_MESSAGE]),
            *(f"  not {name}: {each.reason}" for name, each in list(self.rejected.items())[:_MOST_IN_A_MESSAGE]),
        ]
        left_out = len(self.ordered) + len(self.rejected) - len(lines) + 1
        return "\n".join([*lines, f"  … and {left_out} more"] if left_out > 0 else lines)

    def _line(self, name: str) -> str:
        position = self.options.models.index(name)
        option, score = self.options[position], self.points[position]
        quality = "" if option.quality is None else f", quality {option.quality:g}"
        seconds = "" if option.seconds is None else f", {option.seconds:.1f} s"
        scored = "no score" if score is None else f"score {score:.3g}"
        return f"  {name}: {scored}, {in_dollars(option.cost)}{quality}{seconds}"

    def record(self) -> dict[str, Any]:
        """Give all of it as JSON: who has the record can make the decision again, with `rebuild`."""
        options = self.options.record()
        for option, score in zip(options, self.points, strict=True):
            option["score"] = _written(score)
        return {
            **self._head(),
            "options": options,
            "rejected": {
                name: {"rule": each.rule, "reason": each.reason, "figures": each.figures and list(each.figures)}
                for name, each in self.rejected.items()
            },
            "needs": self.needs.record(),
            "situation": {name: getattr(self.situation, name) for name in ("previous", "turn", "draw")},
            "constraints": dict(self.constraints),
            "waived": list(self.waived),
            "last_resort": self.last_resort,
        }

    def _head(self) -> dict[str, Any]:
        return {
            "chosen": self.chosen,
            "reason": self.reason,
            "alternatives": list(self.alternatives[:_MOST_IN_A_MESSAGE]),
            "policy": self.policy,
            "policy_arguments": dict(self.policy_arguments),
            "task": self.task,
            "complexity": self.complexity,
            "task_reason": self.task_reason,
            "estimated_cost": written(self.estimated_cost),
            "at": self.at.isoformat(),
            "catalog_date": self.catalog_date and self.catalog_date.isoformat(),
        }

    def summary(self) -> dict[str, Any]:
        """Give the record, or, of more than twenty models, its head and counts: what fits into a message."""
        rejected = self.rejected
        if len(self.options) + len(rejected) <= _MOST_IN_A_MESSAGE:
            return self.record()
        rules: dict[str, int] = {}
        for each in rejected.values():
            rules[each.rule] = rules.get(each.rule, 0) + 1
        return {**self._head(), "considered": len(self.options), "rejected_by": rules}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> RoutingDecision:
        """Read a record.

        Args:
            record: As `record` gives it, also after a way through JSON.

        Raises:
            ValueError: It is only the summary of one: the decision was among too many models for a message.
        """
        if "options" not in record:
            msg = "This is the summary of a decision among many models. `on_decision` and traces have the whole record."
            raise ValueError(msg)
        rejected = {
            name: Rejection(each["rule"], each["reason"], each["figures"] and tuple(each["figures"]))
            for name, each in record["rejected"].items()
        }
        date = record["catalog_date"]
        return cls(
            options=Options.from_record(record["options"]),
            points=[_read(option["score"]) for option in record["options"]],
            needs=Needs.from_record(record["needs"]),
            situation=Situation(record["task"], record["complexity"], **record["situation"]),
            policy=record["policy"],
            policy_arguments=record["policy_arguments"],
            constraints=record["constraints"],
            task_reason=record["task_reason"],
            waived=tuple(record["waived"]),
            last_resort=record["last_resort"],
            at=dt.datetime.fromisoformat(record["at"]),
            catalog_date=date and dt.datetime.fromisoformat(date),
            rejections=lambda: rejected,
        )

    def rebuild(self, policy: Policy | None = None) -> RoutingDecision:
        """Make the decision again from its figures, as an auditor would: the policy scores the same options.

        Args:
            policy: The policy, where it is a function of your own; others are known by name.

        Returns:
            The decision. It equals this one, unless the policy has changed since.

        Raises:
            ValueError: The policy is a function of the user, and was not given.
        """
        known = policy or policy_of_record(self.policy, self.policy_arguments)
        if known is None:
            msg = f"policy={self.policy!r} is none of the package's: pass the function that it was."
            raise ValueError(msg)
        return replace(self, points=known(self.options, self.situation))


def in_order(options: Options, scores: Scores) -> list[int]:
    """Give the positions of options, best first; of equal ones the cheaper, then the earlier."""
    costs = [math.inf if cost is None else cost for cost in options.costs]
    by_cost = sorted(range(len(costs)), key=costs.__getitem__)
    known = [i for i in by_cost if scores[i] is not None]
    known.sort(key=scores.__getitem__, reverse=True)  # type: ignore[arg-type]  # equals stay in order of cost
    return known if len(known) == len(by_cost) else [*known, *(i for i in by_cost if scores[i] is None)]


def _written(score: float | None) -> float | str | None:
    """Give a score as JSON, which knows neither NumPy's numbers nor infinite ones."""
    if score is None:
        return None
    return float(score) if math.isfinite(score) else str(float(score))


def _read(score: float | str | None) -> float | None:
    return None if score is None else float(score)


def _best(options: Options, scores: Scores) -> int:
    """Give the first of the order, without putting all in order."""
    scores = list(scores)  # a policy may give an array
    try:
        highest = max(scores, default=None)  # type: ignore[type-var]
    except TypeError:  # some have none
        highest = max((score for score in scores if score is not None), default=None)
    if scores.count(highest) == 1:
        return scores.index(highest)
    return min((i for i, score in enumerate(scores) if score == highest), key=_cost_key(options.costs))


def _cost_key(costs: Sequence[int | None]) -> Callable[[int], tuple[bool, int, int]]:
    def key(position: int) -> tuple[bool, int, int]:
        cost = costs[position]
        return cost is None, cost or 0, position

    return key
