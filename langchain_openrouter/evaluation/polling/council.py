"""Models that are asked the same, for a consensus: their calls, their failures, and how their answers are read."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from langchain_core.exceptions import ModelError
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from typing_extensions import TypedDict, override

from langchain_openrouter.agreement import answer_text, as_agreement
from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.evaluation.asking import is_used_up, refused
from langchain_openrouter.evaluation.comparing.planning import named_models
from langchain_openrouter.evaluation.inputs import said, text_of
from langchain_openrouter.evaluation.polling.synthesis import Bench
from langchain_openrouter.evaluation.polling.voting import (
    Method,
    alone,
    field_texts,
    synthesis,
    values_by_field,
    vote,
    vote_by_field,
)
from langchain_openrouter.evaluation.trial import arun_trial, describe_error, run_trial
from langchain_openrouter.reports.rows import exact_sum
from langchain_openrouter.routing.models import chat_model
from langchain_openrouter.tracking import track_cost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from langchain_openrouter.agreement import AgreementLike
    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs import Money
    from langchain_openrouter.evaluation.polling.voting import Consensus, Groups
    from langchain_openrouter.evaluation.trial import Trial
    from langchain_openrouter.ledger import Budget
    from langchain_openrouter.routing.models import ModelLike
    from langchain_openrouter.tracking import OpenRouterCostHandler

__all__ = ["ConsensusOptions", "Council"]


class ConsensusOptions(TypedDict, total=False):
    """What else `consensus` takes."""

    threshold: float
    """The part of all answers that were asked for that has to agree, above 0 and up to 1; of each field of a
    structured answer. Default: half. In a tie nothing is agreed on."""

    method: Method
    """`vote` takes the largest group of answers that say the same; `judge` lets a model read all of them and write the
    best; `structured` asks for a schema, and votes field by field. Default: `vote`."""

    agreement: AgreementLike
    """When two answers, or two values of a field, say the same; see `langchain_openrouter.agreement`. Default:
    `auto`."""

    judge: ModelLike | None
    """The model that judges. It is not told whose an answer is."""

    schema: type | dict[str, Any] | None
    """What models are asked for, as of `with_structured_output`."""

    repeats: int
    """How often each model is asked; each time is a voice of its own. Default: once."""

    max_concurrency: int
    """How many calls are made at a time. Default: 8."""

    budget: Money | Budget | None
    """What may be spent, on the judge too. A model whose call is refused has failed."""

    config: RunnableConfig | None
    """LangChain's config of the calls: callbacks, tags, metadata."""

    seed: int
    """Of the order in which a judge sees the answers. Default: 0."""

    catalog: Catalog | None
    """Where sets and prices are looked up. Default: `langchain_openrouter.catalog.current()`."""


class Council:
    """Models before and after they are asked. All arguments are looked at here, so that none fails when money is spent.

    Args:
        prompt: As of `consensus`, and so are the others.

    Raises:
        TypeError: An argument is of no kind that is known.
        ValueError: An argument is none that makes sense.
    """

    def __init__(
        self,
        prompt: Any,
        models: Any,
        *,
        threshold: float = 0.5,
        method: Method = "vote",
        agreement: AgreementLike = "auto",
        judge: ModelLike | None = None,
        schema: type | dict[str, Any] | None = None,
        repeats: int = 1,
        max_concurrency: int = 8,
        budget: Money | Budget | None = None,
        config: RunnableConfig | None = None,
        seed: int = 0,
        catalog: Catalog | None = None,
    ) -> None:
        _check(threshold, repeats, max_concurrency)
        _check_method(method, judge, schema)
        self.width = max_concurrency
        self.agreement = as_agreement(agreement)
        self.judge = None if judge is None else chat_model(judge)
        self.options: dict[str, Any] = {"config": config, "catalog": catalog, "stream": False}
        self._models = named_models(models, catalog)
        if schema is not None:
            self._models = {name: _structured(name, model, schema) for name, model in self._models.items()}
        self.jobs = [(name, repeat) for name in self._models for repeat in range(repeats)]
        self._prompt = prompt
        self._method = method
        self._threshold = threshold
        self._seed = seed
        self._block = nullcontext() if budget is None else track_cost(budget, catalog=catalog)
        self._account: OpenRouterCostHandler | None = None
        self._asked: dict[tuple[str, int], Trial] = {}
        self._errors: dict[tuple[str, int], Exception] = {}
        self._groups: dict[str, Groups] = {}
        self._judged: Trial | None = None
        self._error: str | None = None

    def limited(self) -> AbstractContextManager[Any]:
        """Give the block in which the budget holds, for the judge too."""
        return self._block

    def ask(self, job: tuple[str, int]) -> None:
        """Ask a model, and keep what came of it.

        Raises:
            BudgetExceededError: The budget has not so much left now.
        """
        model = _Watched(self._models[job[0]])
        try:
            trial = run_trial(model, self._prompt, **self._call(job))
        except BudgetExceededError as error:
            trial = self._refused(job, error)
        self._keep(job, trial, model.error)

    async def aask(self, job: tuple[str, int]) -> None:
        """Ask a model, and keep what came of it. See `ask`."""
        model = _Watched(self._models[job[0]])
        try:
            trial = await arun_trial(model, self._prompt, **self._call(job))
        except BudgetExceededError as error:
            trial = self._refused(job, error)
        self._keep(job, trial, model.error)

    def close(self, refusal: BudgetExceededError | None) -> None:
        """End the asking. Who could not be asked for want of money has failed.

        Args:
            refusal: What the budget said.

        Raises:
            Exception: All failed: the error of the last model.
        """
        for name, repeat in self.jobs:
            if refusal is not None and (name, repeat) not in self._asked:
                trial = refused(refusal, input=self._prompt, model=name, repeat=repeat)
                self._keep((name, repeat), trial, refusal)
        if len(self._errors) == len(self.jobs):
            raise self._errors[self.jobs[-1]]

    def bench(self) -> list[BaseMessage]:
        """Give what the judge is asked."""
        return self._bench().prompt()

    def judged(self, trial: Trial) -> None:
        """Take what the judge said."""
        self._judged = trial

    def questions(self) -> dict[str, tuple[list[str], str | None]]:
        """Give what is to be grouped: texts by the field that they are of, and what was asked, if that helps."""
        if self._method == "judge":
            return {}
        if self._method == "vote":
            texts = [answer_text(trial.answer) for trial in self._trials() if trial.answer is not None]
            return {"": (texts, text_of(self._prompt))}
        values = values_by_field(self._trials())
        return {name: (field_texts(values[name]), None) for name in values}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep account of what an agreement spends on a model; where that fails, no answer is lost."""
        try:
            with track_cost(catalog=self.options["catalog"]) as self._account:
                yield
        except ModelError as error:
            self._error = describe_error(error)

    def grouped(self, name: str, groups: Groups) -> None:
        """Take groups of what `questions` gave."""
        self._groups[name] = groups

    def result(self) -> Consensus:
        """Give what is agreed on, and what it cost."""
        found = self._found()
        calls = [*found.trials, *([self._judged] if self._judged else [])]
        known = [call.cost for call in calls if call.cost is not None]
        if self._account is not None and self._account.calls > self._account.unpriced_calls:
            known.append(self._account.total)
        unpriced = len(calls) - sum(call.cost is not None for call in calls)
        return replace(
            found,
            error=self._error,
            cost=exact_sum(known) if known else None,
            unpriced_calls=unpriced + (self._account.unpriced_calls if self._account else 0),
        )

    def _found(self) -> Consensus:
        trials = self._trials()
        if self._method == "judge":
            return self._synthesis(trials)
        if self._method == "vote":
            answers = sum(trial.succeeded for trial in trials)
            return vote(trials, self._groups.get("", alone(answers)), self._threshold)
        return vote_by_field(trials, self._groups, self._threshold)

    def _synthesis(self, trials: list[Trial]) -> Consensus:
        verdict = None
        if self._judged is not None and self._judged.answer is not None:
            verdict = self._bench().read(self._judged.answer.text)
            self._error = None if verdict else "Its verdict cannot be read."
        elif self._judged is not None:
            self._error = self._judged.error
        return synthesis(trials, verdict, self._threshold)

    def _bench(self) -> Bench:
        answers = [said(trial.answer) for trial in self._trials() if trial.answer is not None]
        return Bench(text_of(self._prompt), answers, self._seed)

    def _trials(self) -> list[Trial]:
        return [self._asked[job] for job in self.jobs]

    def _call(self, job: tuple[str, int]) -> dict[str, Any]:
        return {"name": job[0], "repeat": job[1], "raise_budget": True, **self.options}

    def _refused(self, job: tuple[str, int], error: BudgetExceededError) -> Trial:
        """Take a refusal that concerns one call only for its failure.

        Raises:
            BudgetExceededError: It concerns all.
        """
        if is_used_up(error):
            raise error
        return refused(error, input=self._prompt, model=job[0], repeat=job[1])

    def _keep(self, job: tuple[str, int], trial: Trial, error: Exception | None) -> None:
        self._asked[job] = trial
        if not trial.succeeded:
            self._errors[job] = error or ValueError(trial.error)


class _Watched(Runnable[Any, Any]):
    """A model that keeps the error that ends its call, since a trial keeps its words only."""

    def __init__(self, model: Runnable[Any, Any]) -> None:
        self._model = model
        self.error: Exception | None = None

    @override
    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        with self._watching():
            return _something(self._model.invoke(input, config, **kwargs))

    @override
    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        with self._watching():
            return _something(await self._model.ainvoke(input, config, **kwargs))

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.error = error
            raise


def _something(answer: Any) -> Any:
    """Refuse nothing: some models give it for a structure that they did not make."""
    if answer is None:
        raise ValueError("The model gave no answer of the schema.")
    return answer


def _structured(name: str, model: Runnable[Any, Any], schema: type | dict[str, Any]) -> Runnable[Any, Any]:
    if not isinstance(model, BaseChatModel):
        msg = (
            f"{name!r} is no chat model, so it cannot be asked for a schema. Pass the model itself, with nothing bound."
        )
        raise TypeError(msg)
    return model.with_structured_output(schema)


def _check(threshold: float, repeats: int, max_concurrency: int) -> None:
    if not 0 < threshold <= 1:
        msg = f"threshold={threshold!r} is no share. Pass more than 0, and at most 1."
        raise ValueError(msg)
    for name, count in (("repeats", repeats), ("max_concurrency", max_concurrency)):
        if count < 1:
            msg = f"{name}={count!r} would ask nobody. Pass 1 or more."
            raise ValueError(msg)


def _check_method(method: Method, judge: ModelLike | None, schema: type | dict[str, Any] | None) -> None:
    if method not in get_args(Method):
        msg = f"method={method!r} is not known. Pass one of {', '.join(map(repr, get_args(Method)))}."
        raise ValueError(msg)
    for name, value, needs in (("judge", judge, "judge"), ("schema", schema, "structured")):
        if (value is not None) != (method == needs):
            told = f"needs {name}=" if method == needs else f"takes no {name}="
            msg = (
                f"method={method!r} {told}; method={needs!r} does. "
                if method != needs
                else f"method={method!r} {told}. "
            )
            raise ValueError(f"{msg}Pass both, or neither.")
