"""`Cascade`: cheap models first, and a dearer one where they do not convince."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Self

from langchain_core.language_models import ModelProfile
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_executor_for_config, patch_config, set_config_context
from langchain_core.runnables.utils import coro_with_context
from pydantic import Field, PrivateAttr, SkipValidation, model_validator
from typing_extensions import override

from langchain_openrouter.cascade.accepting import as_acceptance
from langchain_openrouter.cascade.asking import CheapCall, raise_fatal
from langchain_openrouter.cascade.case import Acceptance, Answer, Case, Verdict
from langchain_openrouter.cascade.savings import Outlay, Savings, added
from langchain_openrouter.cascade.stages import Stage, stages_of
from langchain_openrouter.costs.money import written
from langchain_openrouter.routing.arguments import with_tools
from langchain_openrouter.routing.delegating import Delegating, Work
from langchain_openrouter.routing.failures import cost_of_failure, remedy_of
from langchain_openrouter.routing.histories import without_foreign_reasoning
from langchain_openrouter.routing.models import ModelLike, chat_model, model_name
from langchain_openrouter.routing.shared_profile import profile_of_all
from langchain_openrouter.routing.streaming import Ending, as_chunk

__all__ = ["Cascade"]

_HIDDEN = "nostream"
"""LangGraph's tag for models whose tokens are not to be shown: a cheap answer may yet be turned down."""


class Cascade(Delegating):
    """A chat model that asks cheap models first, accepts what convinces, and else asks a dearer one.

    Args:
        models: Models, cheapest first: ids, records of the catalog, or chat models of any provider, also routers. Those
            in a list of their own are asked at once. Of three or more in a plain list the first two are.
        accept: When a cheap answer is good enough: `agreement` (two answers say the same), `logprobs`, `tool_calls`,
            one of the rules of `langchain_openrouter.cascade`, or a function of the answer and the case.
        samples: How many times each model of the first stage is asked, for agreement with itself. Default: 3 where the
            first stage is one model and answers have to agree, else 1.
        **kwargs: The other fields.

    Raises:
        ValueError: There are fewer than two models, or a value is none that its field can have.

    Example:
        ```python
        from langchain_openrouter import Cascade

        cascade = Cascade(models=["openai/gpt-4o-mini", "google/gemini-2.5-flash", "anthropic/claude-opus-4.5"])
        answer = cascade.invoke("How many moons has Mars? Answer with a number.")
        print(answer.text, answer.response_metadata["cascade"]["saved"])
        ```
    """

    models: Annotated[Any, SkipValidation]
    """The models, cheapest first."""

    accept: Annotated[Any, SkipValidation] = "agreement"
    """When a cheap answer is good enough."""

    samples: int | None = None
    """How many times each model of the first stage is asked."""

    sample_temperature: float | None = 0.7
    """Temperature of models that are asked several times, where the call does not say another."""

    savings: Annotated[Any, SkipValidation] = Field(default_factory=Savings, repr=False)
    """What the answers came to in this process."""

    _stages: Sequence[Stage] = PrivateAttr()
    _acceptance: Acceptance = PrivateAttr()

    @model_validator(mode="after")
    def _build(self) -> Self:
        self._acceptance = as_acceptance(self.accept)
        self._stages = stages_of(self.models, self._acceptance, self.samples)
        return self

    @property
    @override
    def _llm_type(self) -> str:
        return "openrouter-cascade"

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        return {"models": self.models, "accept": self.accept}

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of_all([model for each in stages_of(self.models, None, 1) for model in each.models])

    @override
    def _prepare(self, work: Work) -> None:
        work.plan = _Course()

    @override
    async def _aprepare(self, work: Work) -> None:
        work.plan = _Course()

    @override
    def _answer(self, work: Work, config: RunnableConfig) -> AIMessage:
        accepted = self._accepted(work, config)
        if accepted is not None:
            return accepted
        began = time.monotonic()
        runnable, messages, arguments = self._last(work)
        return self._final(work, runnable.invoke(messages, config, **arguments), time.monotonic() - began)

    @override
    async def _aanswer(self, work: Work, config: RunnableConfig) -> AIMessage:
        accepted = await self._aaccepted(work, config)
        if accepted is not None:
            return accepted
        began = time.monotonic()
        runnable, messages, arguments = self._last(work)
        return self._final(work, await runnable.ainvoke(messages, config, **arguments), time.monotonic() - began)

    @override
    def _pieces(self, work: Work, config: RunnableConfig) -> Generator[AIMessageChunk, None, None]:
        accepted = self._accepted(work, config)
        if accepted is not None:
            yield as_chunk(accepted)
            return
        began = time.monotonic()
        ending = Ending(lambda whole: self._record_of_last(work, whole, time.monotonic() - began))
        runnable, messages, arguments = self._last(work)
        chunks: Any = runnable.stream(messages, config, **arguments)
        with closing(chunks):
            for chunk in chunks:
                yield ending.hear(chunk)
        yield from ending.left()

    @override
    async def _apieces(self, work: Work, config: RunnableConfig) -> AsyncGenerator[AIMessageChunk, None]:
        accepted = await self._aaccepted(work, config)
        if accepted is not None:
            yield as_chunk(accepted)
            return
        began = time.monotonic()
        ending = Ending(lambda whole: self._record_of_last(work, whole, time.monotonic() - began))
        runnable, messages, arguments = self._last(work)
        chunks: Any = runnable.astream(messages, config, **arguments)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield ending.hear(chunk)
        for chunk in ending.left():
            yield chunk

    def _accepted(self, work: Work, config: RunnableConfig) -> AIMessage | None:
        """Ask the cheap stages, one after the other; give the answer that convinces, if one does."""
        for number, stage in enumerate(self._stages[:-1]):
            calls = [self._call(work, number, asked) for asked in stage.asked]
            with get_executor_for_config(config) as executor:
                hidden = _hidden(config)
                answers = list(executor.map(CheapCall.make, calls, [hidden] * len(calls)))
            self._heard(work, answers)
            case = self._case(work, number)
            verdict = self._weigh(case, config)
            if (accepted := self._weighed(work, case, verdict)) is not None:
                return accepted
        return None

    async def _aaccepted(self, work: Work, config: RunnableConfig) -> AIMessage | None:
        for number, stage in enumerate(self._stages[:-1]):
            calls = [self._call(work, number, asked) for asked in stage.asked]
            self._heard(work, await asyncio.gather(*(call.amake(_hidden(config)) for call in calls)))
            case = self._case(work, number)
            verdict = await self._aweigh(case, config)
            if (accepted := self._weighed(work, case, verdict)) is not None:
                return accepted
        return None

    def _weigh(self, case: Case, config: RunnableConfig) -> Verdict:
        """Ask the rule, as a step of the run that nobody is shown."""
        try:
            with set_config_context(_hidden(config)) as context:
                return context.run(self._acceptance.weigh, case)
        except Exception as error:  # noqa: BLE001  # what is not to be survived is raised again
            return _undecided(error)

    async def _aweigh(self, case: Case, config: RunnableConfig) -> Verdict:
        try:
            with set_config_context(_hidden(config)) as context:
                return await coro_with_context(self._acceptance.aweigh(case), context, create_task=True)
        except Exception as error:  # noqa: BLE001
            return _undecided(error)

    def _call(self, work: Work, number: int, model: ModelLike) -> CheapCall:
        asked = chat_model(model, **self.model_options)
        arguments = {**self._acceptance.asks_for, **work.arguments}
        says_temperature = getattr(asked, "temperature", None) is not None
        if number == 0 and self._stages[0].samples > 1 and not says_temperature and self.sample_temperature is not None:
            arguments.setdefault("temperature", self.sample_temperature)
        runnable, arguments = with_tools(asked, arguments)
        name = model_name(model)
        return CheapCall(name, number, runnable, without_foreign_reasoning(work.messages, name), arguments)

    def _last(self, work: Work) -> tuple[Runnable[Any, Any], list[BaseMessage], dict[str, Any]]:
        """Give the last model, and what it is called with."""
        (model,) = self._stages[-1].models
        runnable, arguments = with_tools(chat_model(model, **self.model_options), work.arguments)
        return runnable, without_foreign_reasoning(work.messages, model_name(model)), arguments

    def _heard(self, work: Work, answers: Sequence[Answer]) -> None:
        raise_fatal(answers)
        work.plan.answers.extend(answers)

    def _case(self, work: Work, number: int) -> Case:
        asked = next((each.text for each in reversed(work.messages) if isinstance(each, HumanMessage)), "")
        answers = tuple(work.plan.answers)
        return Case(asked, work.messages, answers, number, work.arguments, self.model_options)

    def _weighed(self, work: Work, case: Case, verdict: Verdict) -> AIMessage | None:
        """Note a verdict, and give the answer that it accepts."""
        work.plan.verdicts.append(verdict)
        if verdict.position is None:
            return None
        answer = case.answers[verdict.position]
        if answer.message is None:
            raise ValueError(f"The rule accepted the answer {verdict.position}, which is none: {verdict.reason}.")
        (last,) = self._stages[-1].models
        outlay = Outlay(work.plan.cost, self.savings.of_last(answer.message, model_name(last)))
        return _telling(answer.message, self._record(work, answer, outlay, accepted=True))

    def _final(self, work: Work, message: AIMessage, seconds: float) -> AIMessage:
        return _telling(message, self._record_of_last(work, message, seconds)["cascade"])

    def _record_of_last(self, work: Work, message: AIMessage, seconds: float) -> dict[str, Any]:
        (last,) = self._stages[-1].models
        answer = Answer(model_name(last), len(self._stages) - 1, message, None, seconds)
        work.plan.answers.append(answer)
        return {"cascade": self._record(work, answer, Outlay(work.plan.cost, answer.cost), accepted=False)}

    def _record(self, work: Work, answer: Answer, outlay: Outlay, *, accepted: bool) -> dict[str, Any]:
        self.savings.count(outlay, accepted=accepted)
        verdict = work.plan.verdicts[-1]
        return {
            "model": answer.model,
            "stage": answer.stage,
            "stages": len(self._stages),
            "accepted": accepted,
            "confidence": verdict.confidence,
            "reason": verdict.reason,
            "cost": written(outlay.cost),
            "cost_of_last": written(outlay.cost_of_last),
            "saved": outlay.saved,
            "calls": [each.record() for each in work.plan.answers],
        }


@dataclass
class _Course:
    """What has happened in one call.

    Args:
        answers: What was answered.
        verdicts: What the rule said of it.
    """

    answers: list[Answer] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def cost(self) -> Decimal | None:
        """Dollars of all of it; `None` where one cost is not known."""
        return added([*(each.cost for each in self.answers), *(each.cost for each in self.verdicts)])


def _undecided(error: Exception) -> Verdict:
    """Take a failure of a rule for a no, unless no model would survive it."""
    if remedy_of(error) == "raise":
        raise error
    return Verdict(None, None, f"the rule failed: {type(error).__name__}", cost_of_failure(error))


def _hidden(config: RunnableConfig) -> RunnableConfig:
    return patch_config({**config, "tags": [*(config.get("tags") or []), _HIDDEN]})


def _telling(message: AIMessage, record: dict[str, Any]) -> AIMessage:
    return message.model_copy(update={"response_metadata": {**message.response_metadata, "cascade": record}})
