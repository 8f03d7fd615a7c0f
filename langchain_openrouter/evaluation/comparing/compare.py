"""`compare`: ask models the same, and see how good, how fast and how dear their answers are."""

from __future__ import annotations

import asyncio
from concurrent.futures import as_completed, wait
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

from langchain_core.runnables.config import get_executor_for_config

from langchain_openrouter.evaluation.comparing.comparison import ComparisonInterruptedError
from langchain_openrouter.evaluation.comparing.counting import counting
from langchain_openrouter.evaluation.comparing.planning import Plan, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.runnables import Runnable, RunnableConfig

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs import Money
    from langchain_openrouter.evaluation.comparing.comparison import Comparison
    from langchain_openrouter.evaluation.comparing.counting import Count
    from langchain_openrouter.evaluation.comparing.planning import Job, PlanOptions
    from langchain_openrouter.evaluation.judging import JudgeLike
    from langchain_openrouter.evaluation.scoring import Metric
    from langchain_openrouter.evaluation.sets import ModelSet
    from langchain_openrouter.evaluation.trial import Trial
    from langchain_openrouter.ledger import Budget
    from langchain_openrouter.routing.models import ModelLike

    Inputs: TypeAlias = LanguageModelInput | dict[str, Any] | Sequence[LanguageModelInput | dict[str, Any]]
    Compared: TypeAlias = ModelLike | Runnable[Any, Any]

__all__ = ["acompare", "compare"]


def compare(
    inputs: Inputs,
    models: Sequence[Compared] | Mapping[str, Compared] | ModelSet,
    *,
    metrics: Sequence[Metric] | Mapping[str, Metric] = (),
    judge: JudgeLike | None = None,
    references: Sequence[Any] | None = None,
    repeats: int = 1,
    max_concurrency: int = 8,
    budget: Money | Budget | None = None,
    config: RunnableConfig | None = None,
    progress: bool | Count = False,
    on_trial: Callable[[Trial], None] | None = None,
    stream: bool = True,
    catalog: Catalog | None = None,
) -> Comparison:
    """Ask models the same, several at a time, and measure them. What fails is told in the result, and stops nothing.

    Args:
        inputs: What is asked: a text, a conversation, a dict for chains, or a list of these. A list of messages is one
            conversation.
        models: Who is asked: ids, models of the catalog, chat models of any provider, chains and agents, in a list, or
            in a dict that names them; or the name of a set of four: `"quality"`, `"speed"`, `"cost"`, `"diverse"`.
        metrics: Functions that score an answer. Each takes the answer, the input and the reference, and gives 0 to 1, a
            truth value, or `None` where it cannot tell; it may be asynchronous. Other numbers need an attribute
            `scale`, such as `(0, 100)`. In a list they go by their names, or by those in a dict.
        judge: A model that scores the answers too, or a `Judge` with criteria of its own.
        references: What metrics and the judge compare an answer with: one for each input.
        repeats: How often each model is asked each input.
        max_concurrency: How many calls are on their way at a time.
        budget: What may be spent in all, by the judge too. A call that may cost more than is left is not sent, and is
            among the failures. Setting `max_tokens` on the models makes what a call may cost small.
        config: LangChain's config of the calls: callbacks, tags, metadata.
        progress: Whether to show a bar, or a function that is told how many calls are done, and how many there are.
        on_trial: A function that is told each call as soon as it is done, such as the `append` of a list; a comparison
            that is cancelled loses nothing then (`Comparison.of`).
        stream: Whether to stream, so that the time to the first piece is known.
        catalog: Where sets and prices are looked up. Default: `langchain_openrouter.catalog.current()`.

    Returns:
        The comparison: a row for each model, and all calls, by input, model and repeat.

    Raises:
        ComparisonInterruptedError: Ctrl-C was pressed. No further call was begun, those on their way were waited for,
            and what was done is in the error.
        TypeError: An argument is of no kind that is known.
        ValueError: An argument makes no sense, such as a set that there is not, or two models of one name.

    Example:
        >>> from langchain_core.language_models.fake_chat_models import ParrotFakeChatModel
        >>> def polite(answer, asked, reference):
        ...     return "please" in answer.text
        >>> models = {"parrot": ParrotFakeChatModel()}
        >>> compared = compare(["Bread, please", "Bread!"], models, metrics=[polite])
        >>> compared.rows[0].answers, compared.qualities()
        (2, {'parrot': 0.5})
    """
    plan = Plan(
        inputs,
        models,
        metrics=metrics,
        judge=judge,
        references=references,
        repeats=repeats,
        max_concurrency=max_concurrency,
        budget=budget,
        config=config,
        stream=stream,
        catalog=catalog,
    )
    with counting(progress) as count, plan.limited():
        run = Run(plan, count, on_trial)
        try:
            while jobs := run.turn():
                _do_all(plan, run, jobs)
        except KeyboardInterrupt:
            raise ComparisonInterruptedError(plan.comparison(run.done), len(plan.jobs)) from None
    return plan.comparison(run.done)


def _do_all(plan: Plan, run: Run, jobs: Mapping[int, Job]) -> None:
    with get_executor_for_config({"max_concurrency": run.width}) as executor:
        futures = {executor.submit(plan.do, job): place for place, job in jobs.items()}
        try:
            for future in as_completed(futures):
                run.take(futures[future], future.result())
        except BaseException:
            for future in futures:
                future.cancel()
            # Those on their way are paid for.
            wait(futures)
            for future, place in futures.items():
                if not future.cancelled() and future.exception() is None:
                    run.keep(place, future.result())
            raise


async def acompare(
    inputs: Inputs,
    models: Sequence[Compared] | Mapping[str, Compared] | ModelSet,
    *,
    progress: bool | Count = False,
    on_trial: Callable[[Trial], None] | None = None,
    **options: Unpack[PlanOptions],
) -> Comparison:
    """Ask models the same, asynchronously. See `compare`; a cancellation ends all calls, and is raised.

    Args:
        inputs: As of `compare`.
        models: As of `compare`.
        progress: As of `compare`.
        on_trial: As of `compare`.
        **options: As of `compare`.
    """
    plan = Plan(inputs, models, **options)
    with counting(progress) as count, plan.limited():
        run = Run(plan, count, on_trial)
        while jobs := run.turn():
            await _ado_all(plan, run, jobs)
    return plan.comparison(run.done)


async def _ado_all(plan: Plan, run: Run, jobs: Mapping[int, Job]) -> None:
    room = asyncio.Semaphore(run.width)

    async def do(place: int, job: Job) -> None:
        async with room:
            done = await plan.ado(job)
        run.take(place, done)

    tasks = [asyncio.create_task(do(place, job)) for place, job in jobs.items()]
    try:
        for task in asyncio.as_completed(tasks):
            await task
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
