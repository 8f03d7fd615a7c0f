"""A screening with what it needs: models, prompts, scorer, checkpoint and budget; and what one call of it is."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypedDict

from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.evaluation.asking import is_used_up, refused
from langchain_openrouter.evaluation.comparing.planning import named_models
from langchain_openrouter.evaluation.inputs import each_input, said
from langchain_openrouter.evaluation.screening.checkpoint import digest, opened
from langchain_openrouter.evaluation.screening.course import Course
from langchain_openrouter.evaluation.screening.halving import draw, plan_stages
from langchain_openrouter.evaluation.screening.marking import Mark, Marker
from langchain_openrouter.evaluation.screening.progress import telling
from langchain_openrouter.evaluation.screening.standings import Outcome
from langchain_openrouter.evaluation.trial import arun_trial, describe_error, run_trial
from langchain_openrouter.tracking import track_cost

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable, RunnableConfig

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs import Money
    from langchain_openrouter.evaluation.screening.checkpoint import Checkpoint
    from langchain_openrouter.evaluation.screening.halving import Part
    from langchain_openrouter.evaluation.screening.marking import ScreenScorer
    from langchain_openrouter.evaluation.screening.progress import Tell
    from langchain_openrouter.evaluation.screening.result import Screening
    from langchain_openrouter.evaluation.sets import ModelSet
    from langchain_openrouter.evaluation.trial import Trial
    from langchain_openrouter.ledger import Budget
    from langchain_openrouter.routing.models import ModelLike

    Models: TypeAlias = (
        ModelSet | Sequence[ModelLike | Runnable[Any, Any]] | Mapping[str, ModelLike | Runnable[Any, Any]]
    )
    Prompts: TypeAlias = Sequence[LanguageModelInput] | Sequence[dict[str, Any]]

__all__ = ["ScreenOptions", "Screener"]

_FAIR_TRIES = 5
"""Answers that a scorer that has given no score yet may fail on."""


class ScreenOptions(TypedDict, total=False):
    """What else `screen` takes."""

    references: Sequence[Any] | None
    """What the scorer compares an answer with: one for each prompt."""

    stages: Sequence[Part] | int | None
    """How many prompts each model has been asked at the end of each stage, as numbers or shares of all, such as
    `[5, 20, 100]` or `[0.05, 0.2, 1.0]`; or how many stages there are at most. Default: as many as it takes until two
    are left, all with as many calls, together about half of those of the full grid, or fewer. Two models are asked
    everything."""

    keep: Part | Sequence[Part]
    """The best part of a stage's models that goes on, as a share or a number; or one for each stage but the last.
    Equals at the cut go on together. Default: half."""

    failure_score: float | None
    """The score of a call that failed. Default: none, so that an outage does not count against a model; 0 where a
    model has to answer."""

    max_concurrency: int
    """How many calls are made at a time, a judge's too. Default: 8."""

    budget: Money | Budget | None
    """What may be spent, the scorer's calls too. When it says no, the screening ends with what it has."""

    checkpoint: str | os.PathLike[str] | None
    """A file that keeps what came of each call, the answers too. A screening that was interrupted goes on from there,
    and asks again what failed."""

    progress: bool | Tell
    """Whether to show how far it is, or a function of `ScreenProgress`. Default: yes, a bar in a terminal (with
    `rich`), else a line for each stage, in the log where there is no terminal."""

    config: RunnableConfig | None
    """LangChain's config of the calls: callbacks, tags, metadata."""

    seed: int
    """Of the order in which prompts are drawn. Default: 0."""

    catalog: Catalog | None
    """Where sets and prices are looked up. Default: `langchain_openrouter.catalog.current()`."""


class Screener:
    """A screening before and while it runs. All arguments are looked at here, so that none fails when money is spent.

    Args:
        models: As of `screen`, and so are the others.

    Raises:
        TypeError: An argument is of no kind that is known.
        ValueError: An argument is none that makes sense.
    """

    def __init__(
        self,
        models: Models,
        prompts: Prompts,
        scorer: ScreenScorer,
        *,
        references: Sequence[Any] | None = None,
        stages: Sequence[Part] | int | None = None,
        keep: Part | Sequence[Part] = 0.5,
        failure_score: float | None = None,
        max_concurrency: int = 8,
        budget: Money | Budget | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        progress: bool | Tell = True,
        config: RunnableConfig | None = None,
        seed: int = 0,
        catalog: Catalog | None = None,
    ) -> None:
        self.width = _width(max_concurrency)
        self._models = named_models(models, catalog)
        self._prompts = each_input(prompts)
        self._references = _references(references, len(self._prompts))
        self._plan = plan_stages(len(self._models), len(self._prompts), stages, keep)
        self._seed = seed
        self._marker = Marker(scorer, config)
        self._failure_score = failure_score
        self._path = checkpoint
        self._progress = progress
        self._options: dict[str, Any] = {"config": config, "catalog": catalog, "stream": False, "raise_budget": True}
        self._blocks = [] if budget is None else [track_cost(budget, catalog=catalog)]
        self._answered: dict[tuple[str, int], Trial] = {}
        self._scorer_works = False
        self._scorer_failures: list[str] = []
        self._reason: str | None = None
        self.is_over = False

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Hold what it needs while it runs: the checkpoint, the budget, and what shows how far it is."""
        with ExitStack() as stack:
            self._checkpoint: Checkpoint = stack.enter_context(opened(self._path, self._header()))
            order = draw(len(self._prompts), self._seed)
            self._course = Course(list(self._models), order, self._plan, self._checkpoint.outcomes)
            self._tell = stack.enter_context(telling(self._progress))
            for block in self._blocks:
                stack.enter_context(block)
            self.tell()
            yield

    def missing(self) -> list[tuple[str, int]]:
        """Give the calls that this stage still needs, as model and prompt."""
        return self._course.missing()

    def ask(self, job: tuple[str, int]) -> None:
        """Ask a model a prompt, score the answer, and keep both.

        Raises:
            BudgetExceededError: The budget has not so much left now. An answer that is paid for waits for its score.
        """
        model, asked, reference = self._of(job)
        if job not in self._answered:
            try:
                self._answered[job] = run_trial(model, asked, name=job[0], **self._options)
            except BudgetExceededError as error:
                self._answered[job] = self._refused(job, error)
        answer = self._answered[job].answer
        mark = self._marker.mark(answer, asked, reference) if answer else Mark()
        self._keep(job, mark)
        self._watch(mark, answer)

    async def aask(self, job: tuple[str, int]) -> None:
        """Ask a model a prompt, score the answer, and keep both. See `ask`."""
        model, asked, reference = self._of(job)
        if job not in self._answered:
            try:
                self._answered[job] = await arun_trial(model, asked, name=job[0], **self._options)
            except BudgetExceededError as error:
                self._answered[job] = self._refused(job, error)
        answer = self._answered[job].answer
        mark = await self._marker.amark(answer, asked, reference) if answer else Mark()
        self._keep(job, mark)
        self._watch(mark, answer)

    def tell(self) -> None:
        """Tell how far it is."""
        if self._tell is not None:
            self._tell(self._course.progress())

    @contextmanager
    def orderly(self) -> Iterator[None]:
        """End the screening with what it has, where the scorer fails on everything."""
        try:
            yield
        except _ScorerFailedError as error:
            self._end(str(error))

    def end_stage(self, refusal: BudgetExceededError | None) -> None:
        """End a stage, or all, where a budget refused the rest of it."""
        if refusal is not None:
            for job in list(self._answered):  # paid for, and refused a score
                self._keep(job, Mark(failure=describe_error(refusal)))
            self._end(refusal.message)
        elif self._course.advance():
            self.tell()
        else:
            self._end()

    def result(self) -> Screening:
        """Give what is known."""
        return self._course.result(self._reason)

    def _header(self) -> dict[str, Any]:
        """Say which screening it is."""
        return {
            "models": list(self._models),
            "prompts": f"{len(self._prompts)}, {digest(self._prompts)}",
            "references": digest(self._references),
            "stages": list(self._plan.stages),
            "keep": list(self._plan.keep),
            "seed": self._seed,
            "scorer": self._marker.name,
        }

    def _of(self, job: tuple[str, int]) -> tuple[Runnable[Any, Any], Any, Any]:
        name, place = job
        return self._models[name], self._prompts[place], self._references[place]

    def _refused(self, job: tuple[str, int], error: BudgetExceededError) -> Trial:
        """Take a refusal that concerns one call only for its failure.

        Raises:
            BudgetExceededError: It concerns all.
        """
        if is_used_up(error):
            raise error
        return refused(error, input=self._prompts[job[1]], model=job[0])

    def _keep(self, job: tuple[str, int], mark: Mark) -> None:
        name, place = job
        trial = self._answered.pop(job)
        outcome = Outcome(
            model=name,
            prompt=place,
            score=mark.score if trial.succeeded else self._failure_score,
            answer=said(trial.answer) if trial.answer else None,
            cost=trial.cost,
            seconds=trial.latency_s,
            error=trial.error,
            unscored=mark.failure,
        )
        self._checkpoint.add(outcome)
        self._course.take(outcome)

    def _watch(self, mark: Mark, answer: AIMessage | None) -> None:
        """See that no answers are paid for that nobody can score.

        Raises:
            _ScorerFailedError: The scorer fails on everything.
        """
        if mark.failure is None:
            self._scorer_works = self._scorer_works or answer is not None
            return
        self._scorer_failures.append(mark.failure)
        if not self._scorer_works and len(self._scorer_failures) >= _FAIR_TRIES:
            raise _ScorerFailedError(f"The scorer failed on the first {_FAIR_TRIES} answers: {mark.failure}")

    def _end(self, reason: str | None = None) -> None:
        self._reason = reason
        self.is_over = True


class _ScorerFailedError(Exception):
    """The scorer fails on everything."""


def _width(max_concurrency: int) -> int:
    if max_concurrency < 1:
        msg = f"max_concurrency={max_concurrency!r} would ask nobody. Pass 1 or more."
        raise ValueError(msg)
    return max_concurrency


def _references(references: Sequence[Any] | None, prompts: int) -> Sequence[Any]:
    if references is None:
        return [None] * prompts
    if isinstance(references, str) or len(references) != prompts:
        told = "a text" if isinstance(references, str) else f"{len(references)} of them"
        msg = f"references is {told}, for {prompts} prompts. Pass a list with one for each, None where there is none."
        raise ValueError(msg)
    return references
