"""A comparison as it is planned: who is asked what, and who scores; and what one call of it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from langchain_core.runnables import Runnable
from typing_extensions import TypedDict

from langchain_openrouter.catalog import Model, current
from langchain_openrouter.evaluation.comparing.comparison import Comparison
from langchain_openrouter.evaluation.inputs import each_input
from langchain_openrouter.evaluation.judging import Judge
from langchain_openrouter.evaluation.scoring import MetricScorer, named_metrics
from langchain_openrouter.evaluation.sets import models_of
from langchain_openrouter.evaluation.trial import arun_trial, name_of, run_trial
from langchain_openrouter.routing.models import chat_model, model_name
from langchain_openrouter.tracking import track_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from langchain_core.runnables import RunnableConfig

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs import Money
    from langchain_openrouter.evaluation.comparing.counting import Count
    from langchain_openrouter.evaluation.judging import JudgeLike
    from langchain_openrouter.evaluation.scoring import Metric, Score, Scorer
    from langchain_openrouter.evaluation.trial import Trial
    from langchain_openrouter.ledger import Budget

__all__ = ["Done", "Job", "Plan", "PlanOptions", "Run", "named_models"]


class PlanOptions(TypedDict, total=False):
    """Arguments of `compare`, which describes them."""

    metrics: Sequence[Metric] | Mapping[str, Metric]
    judge: JudgeLike | None
    references: Sequence[Any] | None
    repeats: int
    max_concurrency: int
    budget: Money | Budget | None
    config: RunnableConfig | None
    stream: bool
    catalog: Catalog | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call that is to be made."""

    model: Runnable[Any, Any]
    name: str
    input: Any
    input_index: int
    repeat: int
    reference: Any


@dataclass(frozen=True, slots=True)
class Done:
    """One call that was made and scored.

    Args:
        trial: The call.
        judged: The judge's calls on its answer.
    """

    trial: Trial
    judged: tuple[Trial, ...]


class Plan:
    """A comparison before its first call. All arguments are looked at here, so that none fails when money is spent.

    Args:
        inputs: As of `compare`.
        models: As of `compare`.
        **options: As of `compare`.

    Raises:
        TypeError: An argument is of no kind that is known.
        ValueError: An argument is none that makes sense.
    """

    def __init__(self, inputs: Any, models: Any, **options: Unpack[PlanOptions]) -> None:
        catalog, config = options.get("catalog"), options.get("config")
        repeats, self.width = options.get("repeats", 1), options.get("max_concurrency", 8)
        _at_least_one(repeats=repeats, max_concurrency=self.width)
        self._scorers = _scorers(options.get("metrics", ()), options.get("judge"))
        asked, self._models = each_input(inputs), named_models(models, catalog)
        self.jobs = [*_jobs(asked, self._models, _references(options.get("references"), len(asked)), repeats)]
        self._budget = options.get("budget")
        self._config = config
        self._options: dict[str, Any] = {"config": config, "stream": options.get("stream", True), "catalog": catalog}

    def limited(self) -> AbstractContextManager[Any]:
        """Give the block in which the budget holds, for the judge too."""
        return nullcontext() if self._budget is None else track_cost(self._budget, catalog=self._options["catalog"])

    def do(self, job: Job) -> Done:
        """Make a call, and score it."""
        trial = run_trial(job.model, job.input, **self._call(job))
        if (answer := trial.answer) is None:
            return Done(trial, ())
        told = answer, job.input, job.reference, self._config
        return self._done(trial, [each.score(*told) for each in self._scorers])

    async def ado(self, job: Job) -> Done:
        """Make a call, and score it."""
        trial = await arun_trial(job.model, job.input, **self._call(job))
        if (answer := trial.answer) is None:
            return Done(trial, ())
        told = answer, job.input, job.reference, self._config
        return self._done(trial, [await each.ascore(*told) for each in self._scorers])

    def comparison(self, done: Iterable[Done]) -> Comparison:
        """Put together what was done."""
        every = list(done)
        return Comparison.of(
            (each.trial for each in every),
            models=self._models,
            scales={scorer.name: scorer.scale for scorer in self._scorers},
            judge_calls=[call for each in every for call in each.judged],
        )

    def _call(self, job: Job) -> dict[str, Any]:
        return {"name": job.name, "input_index": job.input_index, "repeat": job.repeat, **self._options}

    def _done(self, trial: Trial, scores: Sequence[Score]) -> Done:
        named = [(scorer.name, score) for scorer, score in zip(self._scorers, scores, strict=True)]
        scored = replace(
            trial,
            scores={name: score.value for name, score in named if score.value is not None},
            unscored={name: score.why for name, score in named if score.why is not None},
        )
        return Done(scored, tuple(score.call for score in scores if score.call is not None))


class Run:
    """What is done of a plan.

    Money is set aside for every call on its way, so a budget may say no that would say yes a moment later. A refused
    call is tried again with half as many beside it; what is refused alone is refused.

    Args:
        plan: The plan.
        count: Is told how many calls are done, and how many there are.
        on_trial: Is told each call that is done.
    """

    def __init__(self, plan: Plan, count: Count, on_trial: Callable[[Trial], None] | None) -> None:
        self._jobs = plan.jobs
        self._done: dict[int, Done] = {}
        self._count = count
        self._on_trial = on_trial
        self._next_width = plan.width
        self.width = plan.width
        count(0, len(plan.jobs))

    @property
    def done(self) -> list[Done]:
        """What is done, in the order of the plan."""
        return [self._done[place] for place in sorted(self._done)]

    def turn(self) -> dict[int, Job]:
        """Give the jobs that are to be done now, `width` at a time, by place; none where all are done."""
        waiting = {place: job for place, job in enumerate(self._jobs) if place not in self._done}
        self.width = min(self._next_width, len(waiting))
        self._next_width = max(self.width // 2, 1)
        return waiting

    def keep(self, place: int, done: Done) -> bool:
        """Take what was done; say whether that was its last try."""
        is_last = not done.trial.refused or self.width == 1
        if is_last:
            self._done[place] = done
        return is_last

    def take(self, place: int, done: Done) -> None:
        """Take what was done, and tell of it."""
        if self.keep(place, done):
            self._count(len(self._done), len(self._jobs))
            if self._on_trial is not None:
                self._on_trial(done.trial)


def named_models(models: Any, catalog: Catalog | None = None) -> dict[str, Runnable[Any, Any]]:
    """Give models by name.

    Args:
        models: The name of a set, a list, or a dict that names them: ids, models of the catalog, chat models, and what
            was made of these.
        catalog: Where sets are looked up. Default: `langchain_openrouter.catalog.current()`.

    Raises:
        TypeError: One is no model.
        ValueError: There is no such set, there is no model, or two have the same name.

    Example:
        >>> from langchain_core.language_models.fake_chat_models import ParrotFakeChatModel
        >>> list(named_models({"parrot": ParrotFakeChatModel()}))
        ['parrot']
    """
    if isinstance(models, str):
        models = models_of(models, catalog or current())
    elif isinstance(models, (Model, Runnable)):
        models = [models]
    pairs = [*models.items()] if isinstance(models, Mapping) else [(_name(model), model) for model in models]
    if not pairs:
        msg = f"models={models!r} holds no model. Pass ids, chat models, or the name of a set such as 'diverse'."
        raise ValueError(msg)
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"Two models are named {twice!r}. Pass a dict that names each."
        raise ValueError(msg)
    return {name: model if isinstance(model, Runnable) else chat_model(model) for name, model in pairs}


def _name(model: Any) -> str:
    return name_of(model) if isinstance(model, Runnable) else model_name(model)


def _jobs(
    inputs: Sequence[Any], models: Mapping[str, Runnable[Any, Any]], references: Sequence[Any], repeats: int
) -> Iterator[Job]:
    for index, (asked, reference) in enumerate(zip(inputs, references, strict=True)):
        for name, model in models.items():
            for repeat in range(repeats):
                yield Job(model=model, name=name, input=asked, input_index=index, repeat=repeat, reference=reference)


def _references(given: Sequence[Any] | None, inputs: int) -> Sequence[Any]:
    if given is None:
        return [None] * inputs
    if isinstance(given, str) or len(given) != inputs:
        told = "a text" if isinstance(given, str) else f"a list of {len(given)}"
        msg = f"references is {told}, for {inputs} inputs. Pass a list with one for each, None where there is none."
        raise ValueError(msg)
    return given


def _scorers(metrics: Sequence[Metric] | Mapping[str, Metric], judge: JudgeLike | None) -> tuple[Scorer, ...]:
    scorers: list[Scorer] = [MetricScorer(name, metric) for name, metric in named_metrics(metrics).items()]
    if judge is not None:
        scorers.append(judge if isinstance(judge, Judge) else Judge(judge))
    names = [scorer.name for scorer in scorers]
    for scorer in scorers:
        worst, best = scorer.scale
        if worst == best or not math.isfinite(best - worst):
            msg = f"The scale {scorer.scale!r} of {scorer.name!r} has no room. Pass its worst and its best score."
            raise ValueError(msg)
    if len(set(names)) < len(names):
        msg = f"A metric is named {names[-1]!r} like the judge. Name the judge: Judge(model, name=…)."
        raise ValueError(msg)
    return tuple(scorers)


def _at_least_one(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            msg = f"{name}={count!r} would ask nobody. Pass 1 or more."
            raise ValueError(msg)
