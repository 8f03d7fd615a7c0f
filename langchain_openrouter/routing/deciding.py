"""The decision itself: a pure function of the candidates, the request, and what is known at that moment."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING

from langchain_openrouter.costs.estimation import SHORTEST_LIMIT
from langchain_openrouter.errors import NoCandidateError
from langchain_openrouter.routing.decision import RoutingDecision
from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policy import described
from langchain_openrouter.routing.sieve import Sieve
from langchain_openrouter.routing.table import flags, members

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
    fitting = flags(sieve.fitting)
    options = Options(
        list(compress(table.names, fitting)),
        list(compress(costs, fitting)),
        list(compress(table.quality(situation.task), fitting)),
        _expected_seconds(table, fitting, needs, moment.speeds),
        lambda: list(compress(table.tiers, fitting)),
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
    prices, answers = table.prices(prompt, at), _expected_answers(table, needs)
    beside = prices.beside
    if answers is not table.typical_answer or choices > 1:
        columns = zip(prices.completion, prices.request, answers, strict=True)
        beside = [out * answer * choices + call for out, call, answer in columns]
    return [None if into < 0 else into * prompt + other for into, other in zip(prices.prompt, beside, strict=True)]


def _expected_answers(table: Table, needs: Needs) -> Sequence[int]:
    """Give tokens that the answer of each candidate is expected to have."""
    answers = table.typical_answer
    if needs.max_tokens is not None:
        limit = max(needs.max_tokens, SHORTEST_LIMIT)
        answers = [min(limit, tokens) for tokens in answers]
    prompt = needs.prompt.low
    without_room = table.contexts.below(prompt + table.most_typical)
    if without_room:
        answers = list(answers)
        for i in members(without_room):
            answers[i] = min(answers[i], max(table.context[i] - prompt, 1))
    return answers


def _expected_seconds(table: Table, fitting: bytes, needs: Needs, speeds: Mapping[str, Speed]) -> list[float | None]:
    if not speeds:
        return [None] * sum(fitting)
    answers = _expected_answers(table, needs)
    if answers is table.typical_answer:
        return list(compress(table.usual_seconds(speeds), fitting))
    known = zip(map(speeds.get, table.names), answers, strict=True)
    return [speed.seconds(answer) if speed else None for speed, answer in compress(known, fitting)]


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
