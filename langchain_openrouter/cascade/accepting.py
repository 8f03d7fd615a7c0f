"""The rules by which a cheap answer is good enough."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_openrouter.agreement import AgreementLike, answer_text, as_agreement
from langchain_openrouter.cascade.case import Acceptance, Case, Verdict

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

__all__ = ["AcceptanceLike", "Agreed", "Judged", "MeanLogprob", "as_acceptance"]

Judgement: TypeAlias = "Callable[[AIMessage, Case], bool | float | Awaitable[bool | float]]"

AcceptanceLike: TypeAlias = Literal["agreement", "logprobs", "tool_calls"] | Acceptance | Judgement
"""A rule: by name, one of this room's classes, or a function of an answer and the case that gives a bool or 0 to 1."""

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Agreed:
    """Accepts what several answers say.

    Two cheap models that agree are rarely wrong, and they often agree: by far the strongest sign there is.

    Args:
        by: How answers are compared: `auto`, `text`, `number`, `choice`, `json`, `code`, an `Agreement`, or a function
            of two texts.
        quorum: How many answers have to say the same, 2 or more; `None` for more than half of those that were asked
            for, and at least 2.

    Raises:
        ValueError: `quorum` is below 2.
    """

    by: AgreementLike = "auto"
    quorum: int | None = 2

    def __post_init__(self) -> None:
        """Refuse what every answer would pass."""
        as_agreement(self.by)
        if self.quorum is not None and self.quorum < 2:  # noqa: PLR2004  # one answer agrees with itself
            raise ValueError(f"quorum={self.quorum!r}: one answer always agrees with itself. Pass 2 or more.")

    @property
    def asks_for(self) -> Mapping[str, Any]:
        """Nothing."""
        return _NOTHING

    def weigh(self, case: Case) -> Verdict:
        """Compare the answers."""
        texts = [answer_text(message) for _, message in case.given]
        return self._verdict(case, as_agreement(self.by).group(texts, case.question) if texts else [])

    async def aweigh(self, case: Case) -> Verdict:
        """Compare the answers, asynchronously."""
        texts = [answer_text(message) for _, message in case.given]
        return self._verdict(case, await as_agreement(self.by).agroup(texts, case.question) if texts else [])

    def _verdict(self, case: Case, groups: Sequence[Sequence[int]]) -> Verdict:
        asked = len(case.answers)
        needed = max(asked // 2 + 1, 2) if self.quorum is None else self.quorum
        largest = groups[0] if groups else ()
        said = f"{len(largest)} of {asked} answers say the same; {needed} have to"
        # Where two groups are equally large, they contradict each other.
        is_tie = len(groups) > 1 and len(groups[1]) == len(largest)
        share = len(largest) / asked if asked else 0.0
        if len(largest) < needed or is_tie:
            return Verdict(None, share if len(largest) > 1 else 0.0, said)
        return Verdict(case.given[largest[0]][0], share, said)


@dataclass(frozen=True)
class MeanLogprob:
    """Accepts an answer whose tokens the model was sure of, on average.

    Args:
        threshold: The least mean log-probability of a token, at most 0.

    Raises:
        ValueError: `threshold` is above 0.
    """

    threshold: float = -0.15

    def __post_init__(self) -> None:
        """Refuse what nothing can pass."""
        if not self.threshold <= 0:
            raise ValueError(f"threshold={self.threshold!r}: a log-probability is at most 0. Pass such as -0.15.")

    @property
    def asks_for(self) -> Mapping[str, Any]:
        """Log-probabilities."""
        return {"logprobs": True}

    def weigh(self, case: Case) -> Verdict:
        """Look at the latest answers."""
        known = [(mean, i) for i, message in case.latest if (mean := mean_logprob(message)) is not None]
        if not known:
            return Verdict(None, None, "no model told log-probabilities")
        mean, position = max(known)
        said = f"the mean log-probability is {mean:.3f}; at least {self.threshold:g} is wanted"
        return Verdict(position if mean >= self.threshold else None, math.exp(mean), said)

    async def aweigh(self, case: Case) -> Verdict:
        """Look at the latest answers."""
        return self.weigh(case)


def mean_logprob(message: AIMessage) -> float | None:
    """Give the mean log-probability of an answer's tokens; `None` where the model did not tell."""
    told = message.response_metadata.get("logprobs")
    tokens = told.get("content") if isinstance(told, Mapping) else None
    values = [each["logprob"] for each in tokens or () if isinstance(each.get("logprob"), (int, float))]
    return sum(values) / len(values) if values else None


@dataclass(frozen=True)
class Judged:
    """Accepts an answer that a function finds good enough.

    Args:
        judge: A function of the answer and the case, also an asynchronous one, that gives a bool, or 0 to 1.
        threshold: The least of a number.
        wants: What models have to be asked for.
    """

    judge: Judgement
    threshold: float = 0.5
    wants: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asks_for(self) -> Mapping[str, Any]:
        """What was said."""
        return self.wants

    def weigh(self, case: Case) -> Verdict:
        """Judge the latest answers.

        Raises:
            TypeError: The function is asynchronous, and the call is not.
        """
        scores = [(self.judge(message, case), i) for i, message in case.latest]
        for score, _ in scores:
            if inspect.isawaitable(score):
                if inspect.iscoroutine(score):
                    score.close()
                raise TypeError("The rule is asynchronous. Call the cascade with ainvoke, astream or abatch.")
        return self._verdict([(float(score), i) for score, i in scores])  # type: ignore[arg-type]

    async def aweigh(self, case: Case) -> Verdict:
        """Judge the latest answers, asynchronously."""
        scores = []
        for i, message in case.latest:
            score = self.judge(message, case)
            scores.append((float(await score if inspect.isawaitable(score) else score), i))
        return self._verdict(scores)

    def _verdict(self, scores: Sequence[tuple[float, int]]) -> Verdict:
        if not scores:
            return Verdict(None, None, "no model answered")
        best, position = max(scores, key=lambda each: (each[0], -each[1]))
        said = f"judged {best:g}; at least {self.threshold:g} is wanted"
        return Verdict(position if best >= self.threshold else None, min(max(best, 0.0), 1.0), said)


def as_acceptance(value: AcceptanceLike) -> Acceptance:
    """Give the rule that somebody means.

    Raises:
        ValueError: There is no rule of that name.
        TypeError: It is none.
    """
    from langchain_openrouter.cascade.validity import valid_tool_calls

    named: dict[str, Callable[[], Acceptance]] = {
        "agreement": Agreed,
        "logprobs": MeanLogprob,
        "tool_calls": valid_tool_calls,
    }
    if isinstance(value, str):
        if value not in named:
            raise ValueError(f"accept={value!r} is not known. It can be {', '.join(named)}, a rule, or a function.")
        return named[value]()
    if isinstance(value, Acceptance):
        return value
    if callable(value):
        return Judged(value)
    raise TypeError(f"accept={value!r} is no rule. Pass a name, a rule, or a function of an answer and the case.")
