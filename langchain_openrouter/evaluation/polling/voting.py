"""What several answers have in common. Pure: who agrees with whom is told, not found out here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_core.messages import AIMessage

from langchain_openrouter.agreement.grouping import by_key, in_order
from langchain_openrouter.evaluation.inputs import said
from langchain_openrouter.reports.rows import exact_sum

if TYPE_CHECKING:
    from decimal import Decimal

    from langchain_openrouter.evaluation.polling.synthesis import Verdict
    from langchain_openrouter.evaluation.trial import Trial

__all__ = [
    "AnswerGroup",
    "Consensus",
    "FieldVote",
    "Groups",
    "Method",
    "alone",
    "field_texts",
    "synthesis",
    "values_by_field",
    "vote",
    "vote_by_field",
]

Method = Literal["vote", "judge", "structured"]
"""How a consensus is found: the largest group of answers that say the same; a model that reads all of them; or field by
field of a structured answer."""

Groups: TypeAlias = Sequence[Sequence[int]]
"""Places of answers that agree, the largest group first, then the one with the earliest member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGroup:
    """Answers that say the same.

    Args:
        answer: That of the model that was given first.
        models: Who says so, in the order given; a model that was asked several times may be here as often.
        share: Their part of all answers that were asked for.
        cost: Dollars of these answers whose cost is known; `None` where none is.
    """

    answer: AIMessage
    models: tuple[str, ...]
    share: float
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldVote:
    """What models say of one field.

    Args:
        name: Of the field.
        value: What most say; `None` where they do not agree, or agree on that.
        agreed: Whether they do.
        share: The part that says so, of all answers that were asked for.
        values: What each group says, with the models that say it, the largest first.
    """

    name: str
    value: Any
    agreed: bool
    share: float
    values: tuple[tuple[Any, tuple[str, ...]], ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """What models agree on. `str()` gives the answer, and how it came about.

    Args:
        answer: What the largest group says, in the words of its model that was given first; or what the judge made of
            all answers; or the fields that are agreed on, as JSON. Without a consensus, the best guess. `None` where
            nobody says anything.
        reached: Whether the share is as large as the threshold asks, and no other group is as large.
        share: The largest group's part of all answers that were asked for: those that failed agree with nobody. Of a
            structured answer, that of the field with the least.
        threshold: The share that it takes.
        method: How it was found.
        groups: Answers that say the same, the largest first; of a judge, those that its answer agrees with first.
        fields: What is said of each field of a structured answer.
        trials: Every call of a model, in the order given.
        error: Why the judge gave no answer.
        cost: Dollars of all calls whose cost is known, also of those to judge; `None` where none is.
        unpriced_calls: Calls whose cost nobody knows. They are in no sum.
    """

    answer: AIMessage | None
    reached: bool
    share: float
    threshold: float
    method: Method
    groups: tuple[AnswerGroup, ...]
    fields: tuple[FieldVote, ...] = ()
    trials: tuple[Trial, ...] = field(repr=False)
    error: str | None = None
    cost: Decimal | None = None
    unpriced_calls: int = 0

    @property
    def text(self) -> str:
        """The answer's text; empty where there is none."""
        return "" if self.answer is None else said(self.answer)

    @property
    def dissent(self) -> tuple[AnswerGroup, ...]:
        """The answers that do not say what the consensus says."""
        return self.groups[1:] if self.share else self.groups

    @property
    def failures(self) -> tuple[Trial, ...]:
        """The calls that failed."""
        return tuple(trial for trial in self.trials if not trial.succeeded)

    @property
    def disputed(self) -> tuple[str, ...]:
        """Names of the fields that are not agreed on."""
        return tuple(each.name for each in self.fields if not each.agreed)

    @property
    def value(self) -> dict[str, Any]:
        """The structured answer; `None` stands in the disputed fields."""
        return {each.name: each.value for each in self.fields}

    def __str__(self) -> str:
        found = "Agreed" if self.reached else "No consensus"
        told = [f"{found}: {self.share:.0%} of {len(self.trials)} answers, {self.threshold:.0%} needed."]
        told += [self.text] if self.text else []
        told += [f"Disputed: {', '.join(self.disputed)}."] if self.disputed else []
        told += [f"{', '.join(each.models)} differ: {said(each.answer)}" for each in self.dissent]
        told += [f"{each.model} failed: {each.error}" for each in self.failures]
        return "\n".join([*told, *([f"The judge failed: {self.error}"] if self.error else [])])


def vote(trials: Sequence[Trial], groups: Groups, threshold: float, method: Method = "vote") -> Consensus:
    """Find what most answers say.

    Args:
        trials: Every call.
        groups: Of the answers, by their places among those that succeeded.
        threshold: The share that it takes.
        method: How they were grouped.
    """
    answered = [trial for trial in trials if trial.answer is not None]
    told = tuple(_group([answered[place] for place in group], len(trials)) for group in groups if group)
    # What says nothing agrees with nobody, and is no rival either.
    silent = [each for each in told if not said(each.answer).strip()]
    speaking = [each for each in told if each not in silent]
    best = speaking[0] if speaking else None
    return Consensus(
        answer=None if best is None else best.answer,
        reached=best is not None and _wins([len(each.models) for each in speaking], best.share, threshold),
        share=0.0 if best is None else best.share,
        threshold=threshold,
        method=method,
        groups=(*speaking, *silent),
        trials=tuple(trials),
    )


def _wins(sizes: Sequence[int], share: float, threshold: float) -> bool:
    return share >= threshold and (len(sizes) == 1 or sizes[0] > sizes[1])


def _group(members: Sequence[Trial], asked: int) -> AnswerGroup:
    priced = [member.cost for member in members if member.cost is not None]
    return AnswerGroup(
        answer=members[0].answer or AIMessage(""),
        models=tuple(member.model for member in members),
        share=len(members) / asked,
        cost=exact_sum(priced) if priced else None,
    )


def synthesis(trials: Sequence[Trial], verdict: Verdict | None, threshold: float) -> Consensus:
    """Take a judge's answer, with the share of those that agree with it.

    Args:
        trials: Every call.
        verdict: What the judge says; `None` where it says nothing, so that nobody knows who agrees.
        threshold: The share that it takes.
    """
    if verdict is None:
        apart = vote(trials, alone(sum(trial.succeeded for trial in trials)), threshold, "judge")
        return replace(apart, reached=False, share=0.0)
    sizes = [len(group) for group in verdict.groups]
    share = sizes[0] / len(trials)
    told = vote(trials, verdict.groups, threshold, "judge")
    return replace(told, answer=verdict.answer, share=share, reached=_wins(sizes, share, threshold))


def alone(answers: int) -> Groups:
    """Give the groups of answers of which no two agree."""
    return [[place] for place in range(answers)]


def values_by_field(trials: Sequence[Trial]) -> dict[str, list[Any]]:
    """Give what each structured answer says of each field; `None` where it does not say.

    Args:
        trials: Every call. Their answers are JSON objects.
    """
    answers = [json.loads(trial.answer.text) for trial in trials if trial.answer is not None]
    names = dict.fromkeys(name for answer in answers for name in answer)
    return {name: [answer.get(name) for answer in answers] for name in names}


def field_texts(values: Sequence[Any]) -> list[str]:
    """Write the values of a field, but for `None`, so that they can be compared."""
    return [
        value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
        for value in values
        if value is not None
    ]


def vote_by_field(trials: Sequence[Trial], groups: Mapping[str, Groups], threshold: float) -> Consensus:
    """Find what most answers say of each field.

    Args:
        trials: Every call.
        groups: Which values agree, by field: places in `field_texts`. Where a field is missing, none do.
        threshold: The share that it takes for a field.
    """
    values = values_by_field(trials)
    fields = tuple(_field(name, values[name], groups.get(name), trials, threshold) for name in values)
    answered = [trial.answer.text for trial in trials if trial.answer is not None]
    agreed = {each.name: each.value for each in fields}
    return replace(
        vote(trials, by_key(answered), threshold, "structured"),
        answer=AIMessage(json.dumps(agreed, ensure_ascii=False)) if fields else None,
        reached=bool(fields) and all(each.agreed for each in fields),
        share=min((each.share for each in fields), default=0.0),
        fields=fields,
    )


def _field(
    name: str, values: Sequence[Any], told: Groups | None, trials: Sequence[Trial], threshold: float
) -> FieldVote:
    models = [trial.model for trial in trials if trial.answer is not None]
    said_of_it = [place for place, value in enumerate(values) if value is not None]
    silent = [place for place, value in enumerate(values) if value is None]
    told = alone(len(said_of_it)) if told is None else told
    # That there is nothing to say is a value like others.
    groups = in_order([*([said_of_it[place] for place in group] for group in told), silent])
    share = len(groups[0]) / len(trials)
    agreed = _wins([len(group) for group in groups], share, threshold)
    return FieldVote(
        name=name,
        value=values[groups[0][0]] if agreed else None,
        agreed=agreed,
        share=share,
        values=tuple((values[group[0]], tuple(models[place] for place in group)) for group in groups),
    )
