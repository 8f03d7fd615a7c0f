"""The decision itself: a pure function of the candidates, the request, and what is known at that moment."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_openrouter.costs.estimation import SHORTEST_LIMIT
from langchain_openrouter.errors import NoCandidateError
from langchain_openrouter.routing.decision import RoutingDecision
from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policy import described
from langchain_openrouter.routing.sieve import Sieve
from langchain_openrouter.routing.table import members

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from langchain_openrouter.routing.constraints import Constraints, Rejection
    from langchain_openrouter.routing.downshift import Left
    from langchain_openrouter.routing.needs import Needs
    from langchain_openrouter.routing.policy import Policy, Scores
    from langchain_openrouter.routing.speeds import Speed
    from langchain_openrouter.routing.table import Table

__all__ = ["Moment", "Terms", "decide"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a router was told when it was made.

    Args:
        table: The candidates.
        constraints: What the user demands.
        policy: What puts models in order.
        lasting: Candidates that no request can have.
    """

    table: Table
    constraints: Constraints
    policy: Policy
    lasting: Mapping[int, Rejection]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known when a request comes.

    Args:
        at: The time (UTC).
        waits: Seconds that each candidate rests after failures; empty where none does.
        speeds: How fast models answer, by name.
        left: What the budget has left; `None` where there is none.
        begin: The share that is left of a budget when cheaper models are to answer.
    """

    at: dt.datetime
    waits: Sequence[float] = ()
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    left: Left | None = None
    begin: float = 0.5


def decide(terms: Terms, moment: Moment, needs: Needs, situation: Situation, task_reason: str = "") -> RoutingDecision:
    """Choose the model that answers a request.

    Args:
        terms: The candidates, what the user demands, and the policy.
        moment: What is known now.
        needs: What the request needs.
        situation: Its task, and what answered before.
        task_reason: Why the task was taken to be what it is.

    Raises:
        NoCandidateError: No candidate can answer, or may.
        ValueError: The policy gave something other than a score for each model.
    """
    table, constraints = terms.table, terms.constraints
    costs = _expected_costs(table, needs, moment.at)
    sieve = Sieve(table, terms.lasting)
    sieve.by_abilities(needs)
    sieve.by_length(needs, constraints.context_margin)
    sieve.by_quality(constraints, situation.task)
    sieve.by_cost(constraints, costs)
    sieve.by_speed(constraints, moment.speeds)
    if moment.left is not None:
        sieve.by_budget(costs, moment.left, moment.begin)
    last_resort = sieve.by_health(moment.waits)
    waived = sieve.by_preferences(needs)
    if not sieve.fitting:
        raise _nobody(sieve.rejections())
    positions = members(sieve.fitting)
    qualities = table.quality(situation.task)
    options = Options(
        [table.names[i] for i in positions],
        [costs[i] for i in positions],
        [qualities[i] for i in positions],
        _expected_seconds(table, positions, needs, moment.speeds),
        lambda: [table.tiers[i] for i in positions],
    )
    name, arguments = described(terms.policy)
    return RoutingDecision(
        options=options,
        points=_scores(terms.policy, options, situation),
        needs=needs,
        situation=situation,
        policy=name,
        policy_arguments=arguments,
        constraints=constraints.record(),
        task_reason=task_reason,
        waived=waived,
        last_resort=last_resort,
        at=moment.at,
        catalog_date=table.catalog.fetched_at,
        rejections=sieve.rejections,
    )


def _expected_costs(table: Table, needs: Needs, at: dt.datetime) -> list[int | None]:
    """Give picodollars that the answer of each candidate is expected to cost."""
    prompt, choices = needs.prompt.expected, needs.choices
    prices = table.prices(prompt, at)
    return [
        None if into < 0 else into * prompt + out * answer * choices + call
        for into, out, call, answer in zip(
            prices.prompt, prices.completion, prices.request, _expected_answers(table, needs), strict=True
        )
    ]


def _expected_answers(table: Table, needs: Needs) -> Sequence[int]:
    """Give tokens that the answer of each candidate is expected to have."""
    answers = table.typical_answer
    if needs.max_tokens is not None:
        limit = max(needs.max_tokens, SHORTEST_LIMIT)
        answers = [min(limit, tokens) for tokens in answers]
    if table.least_context - needs.prompt.low >= table.most_typical:
        return answers
    rooms = (
        context - needs.prompt.low if context else tokens
        for context, tokens in zip(table.context, answers, strict=True)
    )
    return [min(tokens, max(room, 1)) for tokens, room in zip(answers, rooms, strict=True)]


def _expected_seconds(
    table: Table, positions: Sequence[int], needs: Needs, speeds: Mapping[str, Speed]
) -> list[float | None]:
    if not speeds:
        return [None] * len(positions)
    answers = _expected_answers(table, needs)
    known = [(speeds.get(table.names[i]), answers[i]) for i in positions]
    return [speed.seconds(answer) if speed else None for speed, answer in known]


def _scores(policy: Policy, options: Options, situation: Situation) -> Scores:
    scores = policy(options, situation)
    try:
        is_wrong = len(scores) != len(options) or any(map(math.isnan, [each for each in scores if each is not None]))
    except TypeError:
        is_wrong = True
    if is_wrong:
        name, _ = described(policy)
        msg = (
            f"The policy {name!r} gave {scores!r} for {len(options)} models. It has to give a number or None for each."
        )
        raise ValueError(msg)
    return scores


def _nobody(rejected: Mapping[str, Rejection]) -> NoCandidateError:
    rules = Counter(each.rule for each in rejected.values())
    counts = ", ".join(f"{count} by {rule}" for rule, count in rules.most_common())
    examples = "; ".join(f"{name}: {each.reason}" for name, each in list(rejected.items())[:5])
    return NoCandidateError(
        f"None of the {len(rejected)} models can answer ({counts}). {examples}. Add candidates, loosen the "
        "constraints, or ask for less.",
        {name: each.reason for name, each in rejected.items()},
    )
