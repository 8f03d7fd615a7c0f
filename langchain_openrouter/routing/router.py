"""`ModelRouter`: a chat model that chooses, for each call, the model that answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any, Self

from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables.config import RunnableConfig, ensure_config, set_config_context
from langchain_core.runnables.utils import coro_with_context
from typing_extensions import override

from langchain_openrouter.ledger import Ledger
from langchain_openrouter.routing.attempts import Attempt, Attempts
from langchain_openrouter.routing.calling import Call, call_of
from langchain_openrouter.routing.decision import RoutingDecision
from langchain_openrouter.routing.delegating import Work
from langchain_openrouter.routing.failures import NoPlaceError, is_empty, no_place_for
from langchain_openrouter.routing.models import model_name
from langchain_openrouter.routing.patience import each_within, in_time, within
from langchain_openrouter.routing.profiles import routing_profiles
from langchain_openrouter.routing.settings import RouterSettings
from langchain_openrouter.routing.shared_profile import profile_of_all
from langchain_openrouter.routing.streaming import Relay
from langchain_openrouter.tasks import TaskGuess

__all__ = ["ModelRouter"]

_A_DAY = dt.timedelta(days=1)
_MODELS = frozenset({"model", "models"})
_log = logging.getLogger(__name__)


class ModelRouter(RouterSettings):
    """A chat model that chooses, for each call, the model that answers.

    What the request needs (context, tools, structured output, images, parameters) is read from its messages and
    arguments; models that cannot are rejected, each with its reason; a policy puts the rest in order; the first is
    called, and on a failure that another model may survive, the next. It goes wherever LangChain takes a chat model.

    Args:
        candidates: Models (ids, records of the catalog, chat models of any provider, `Candidate`s), the name of a
            preset, or a query as in `Catalog.search`.
        policy: What puts models in order. Default: `balanced`.
        **kwargs: The other fields of `RouterSettings`. Those of `ChatOpenRouter` go to the models that are made of ids.

    Raises:
        ValueError: A value is none that its field can have.
        NoCandidateError: When it is called: no model can answer, or may.

    Example:
        ```python
        from langchain_openrouter import ModelRouter

        router = ModelRouter(candidates=["openai/gpt-4o-mini", "anthropic/claude-haiku-4.5"], policy="cheapest")
        answer = router.invoke("What is the capital of France?")
        print(answer.text, answer.response_metadata["routing"]["model"])
        print(router.decide("What is the capital of France?").explain())
        ```
    """

    @classmethod
    def from_profile(cls, name: str, **fields: Any) -> Self:
        """Make the router that a profile describes.

        Args:
            name: `quick`, `balanced`, `deep`, `paranoid`, or one of your own.
            **fields: Fields that are other than in the profile.

        Raises:
            ValueError: There is no such profile.
        """
        known = routing_profiles()
        if name not in known:
            msg = f"There is no profile {name!r}. There are {', '.join(known)}; `register_routing_profile` adds others."
            raise ValueError(msg)
        return cls(**{**known[name], **fields})

    @property
    @override
    def _llm_type(self) -> str:
        return "openrouter-router"

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        return {"candidates": self.candidates, "policy": self.policy}

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of_all(self.candidates, self.catalog)

    def decide(
        self,
        input: LanguageModelInput,  # noqa: A002  # LangChain's word
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> RoutingDecision:
        """Say which model would answer, and why. Nothing is sent; the same input gives the same decision.

        Args:
            input: The prompt.
            config: LangChain's configuration, whose thread or user a sticky policy looks at.
            **kwargs: Arguments of the call, such as `tools`.

        Raises:
            NoCandidateError: No model can answer, or may.
        """
        messages = self._convert_input(input).to_messages()
        guess = self._classifier.classify(messages)
        return self._engine.decide(messages, self._settled(guess.task, kwargs), ensure_config(config), guess)

    async def adecide(
        self,
        input: LanguageModelInput,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> RoutingDecision:
        """Say which model would answer, and why; asks a classifier that is a model asynchronously. See `decide`."""
        messages = self._convert_input(input).to_messages()
        guess = await self._classifier.aclassify(messages)
        return await self._adecide(messages, self._settled(guess.task, kwargs), ensure_config(config), guess)

    async def _adecide(
        self, messages: list[BaseMessage], kwargs: dict[str, Any], config: RunnableConfig, guess: TaskGuess
    ) -> RoutingDecision:
        if self.downshift is None:
            return self._engine.decide(messages, kwargs, config, guess)
        # A look at a budget may wait for the ledger's store.
        return await asyncio.to_thread(self._engine.decide, messages, kwargs, config, guess)

    @override
    def _prepare(self, work: Work) -> None:
        self._refuse_other_models(work.arguments)
        with set_config_context(work.config) as context:  # a classifier may ask a model
            guess = context.run(self._classifier.classify, work.messages)
        work.arguments = self._settled(guess.task, work.arguments)
        self._begin(work, self._engine.decide(work.messages, work.arguments, work.config, guess))

    @override
    async def _aprepare(self, work: Work) -> None:
        self._refuse_other_models(work.arguments)
        with set_config_context(work.config) as context:
            asked = coro_with_context(self._classifier.aclassify(work.messages), context, create_task=True)
            async with in_time(self.deadline, "The task was not found"):
                guess = await asked
        work.arguments = self._settled(guess.task, work.arguments)
        self._begin(work, await self._adecide(work.messages, work.arguments, work.config, guess))

    def _settled(self, task: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Give the arguments of a call, with what is usual for its task where nobody says otherwise."""
        usual = (self.task_settings or {}).get(task, {})
        return {**{name: value for name, value in usual.items() if name not in self.model_options}, **arguments}

    def _refuse_other_models(self, arguments: dict[str, Any]) -> None:
        """Refuse to call models that are no candidates: no constraint would hold for them.

        Raises:
            ValueError: The call names models.
        """
        for name in _MODELS & arguments.keys():
            msg = f"{name}={arguments[name]!r} goes around the router. Name the models in `candidates`, or in `allow`."
            raise ValueError(msg)

    def _begin(self, work: Work, decision: RoutingDecision) -> None:
        self._engine.memory.count()
        table = self._engine.terms(decision.at).table
        work.plan = Attempts(decision, table, self._limits, self.health, began=work.began)
        work.metadata = lambda: {"routing": decision.record()}
        if self.on_decision is not None:
            try:
                self.on_decision(decision)
            except Exception:  # noqa: BLE001  # an observer must not stop a call
                _log.exception("on_decision failed; the call goes on.")

    def _call(self, attempt: Attempt, work: Work) -> Call:
        table = work.plan.table
        position = table.positions[attempt.model]
        return call_of(
            attempt,
            table.candidates[position],
            self._engine.model(attempt.model, table),
            work.messages,
            work.arguments,
            decision=work.plan.decision,
            constraints=self._engine.constraints,
            facts=table.facts[position],
            ailing=self.health.ailing_providers(attempt.model),
        )

    @override
    def _answer(self, work: Work, config: RunnableConfig) -> AIMessage:
        attempts, answer = work.plan, None
        for attempt in attempts:
            with attempts.trying(attempt):
                self._wait_for_place(attempts, attempt)
                call = self._call(attempt, work)
                answer = call.runnable.invoke(call.messages, config, **call.arguments)
                attempts.accept(attempt, answer, is_empty=is_empty(answer))
        return self._told(work, answer)

    @override
    async def _aanswer(self, work: Work, config: RunnableConfig) -> AIMessage:
        attempts, answer = work.plan, None
        for attempt in attempts:
            with attempts.trying(attempt):
                await self._await_place(attempts, attempt)
                call = self._call(attempt, work)
                async with within(attempt, call):
                    answer = await call.runnable.ainvoke(call.messages, config, **call.arguments)
                attempts.accept(attempt, answer, is_empty=is_empty(answer))
        return self._told(work, answer)

    @override
    def _pieces(self, work: Work, config: RunnableConfig) -> Generator[AIMessageChunk, None, None]:
        relay = Relay(work.plan, lambda: self._ended(work))
        for attempt in work.plan:
            with work.plan.trying(attempt):
                self._wait_for_place(work.plan, attempt)
                call = self._call(attempt, work)
                chunks: Any = call.runnable.stream(call.messages, config, **call.arguments)
                with closing(chunks):
                    for chunk in chunks:
                        yield from relay.feed(attempt, chunk)
                    yield from relay.finish(attempt)

    @override
    async def _apieces(self, work: Work, config: RunnableConfig) -> AsyncGenerator[AIMessageChunk, None]:
        relay = Relay(work.plan, lambda: self._ended(work))
        for attempt in work.plan:
            with work.plan.trying(attempt):
                await self._await_place(work.plan, attempt)
                call = self._call(attempt, work)
                chunks: Any = call.runnable.astream(call.messages, config, **call.arguments)
                async with aclosing(chunks):
                    async for chunk in each_within(chunks, attempt, call):
                        for piece in relay.feed(attempt, chunk):
                            yield piece
                    for piece in relay.finish(attempt):
                        yield piece

    def _wait_for_place(self, attempts: Attempts, attempt: Attempt) -> None:
        """Take a place under the rate limits; who is not the last does not wait for one."""
        limiter = self._limiter(attempts, attempt)
        with no_place_for(attempt.model):
            if limiter is not None and not limiter.acquire(blocking=attempt.is_last):
                raise NoPlaceError(f"The rate limit of {attempt.model!r} has no place left now.")
        attempts.renew(attempt)

    async def _await_place(self, attempts: Attempts, attempt: Attempt) -> None:
        limiter = self._limiter(attempts, attempt)
        with no_place_for(attempt.model):
            if limiter is not None and not await limiter.aacquire(blocking=attempt.is_last):
                raise NoPlaceError(f"The rate limit of {attempt.model!r} has no place left now.")
        attempts.renew(attempt)

    def _limiter(self, attempts: Attempts, attempt: Attempt) -> BaseRateLimiter | None:
        """Give the limiter of an attempt, if there is one, which waits no longer than the attempt may take."""
        if self.rate_limits is None:
            return None
        model = model_name(
            attempts.candidate(attempt.model).model
        )  # limits are of models, whatever they are called here
        limiter: BaseRateLimiter | None = self.rate_limits.limiter(model, longest_wait=attempt.seconds)
        return limiter

    def _told(self, work: Work, answer: AIMessage | None) -> AIMessage:
        """Let an answer tell who gave it, and why."""
        told = {**(answer.response_metadata if answer else {})}
        inner = {"inner": told["routing"]} if "routing" in told else {}  # of a router among the candidates
        told["routing"] = {**self._ended(work), **inner}
        return answer.model_copy(update={"response_metadata": told})  # type: ignore[union-attr]

    def _ended(self, work: Work) -> dict[str, Any]:
        """Remember who answered, and give what the answer tells of it."""
        attempts: Attempts = work.plan
        record = attempts.record()
        self._engine.answered(record["model"], work.arguments, work.config)
        return {**attempts.decision.summary(), **record}

    def refresh(self, ledger: Ledger | None = None, *, since: dt.timedelta = _A_DAY, live: bool = True) -> None:
        """Find out how fast the models answer: from a ledger's calls, and from OpenRouter's figures of this half hour.

        Args:
            ledger: Whose calls count; they count before OpenRouter's figures.
            since: How far back.
            live: Whether to ask OpenRouter, once for each model; it tells speeds only with an API key. What cannot be
                learned stays as it was.
        """
        self._engine.refresh(ledger, since, live=live)

    async def arefresh(self, ledger: Ledger | None = None, *, since: dt.timedelta = _A_DAY, live: bool = True) -> None:
        """Find out how fast the models answer, in a thread. See `refresh`."""
        await asyncio.to_thread(self.refresh, ledger, since=since, live=live)
