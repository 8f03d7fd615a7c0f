"""Answers a chat request: choose the model and endpoint, compose, price, book."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.answer import Composer
from langchain_openrouter.emulator.answering.counting import PromptCount, count_blocks, count_prompt
from langchain_openrouter.emulator.failing.errors import ApiError, context_too_long, unaffordable, unknown_model
from langchain_openrouter.emulator.failing.faults import REFUSALS, Fault, FaultBook
from langchain_openrouter.emulator.market.pricing import ZERO, Cost, Usage, affordable_tokens, cost_of
from langchain_openrouter.emulator.market.routing import endpoints_for
from langchain_openrouter.emulator.services.generation import Generation, record_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_openrouter.emulator.answering.tokens import Tokenizer
    from langchain_openrouter.emulator.market.providers import Endpoint
    from langchain_openrouter.emulator.market.registry import Choice, Model, Registry
    from langchain_openrouter.emulator.state import State

REGION = "local"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be sent: a generation, a fault, or a generation with a fault."""

    generation: Generation | None
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A model that was tried and failed."""

    model: str
    provider: str
    status: int


@dataclass(frozen=True, slots=True)
class ChatService:
    """Answers chat requests.

    Args:
        state: Where money and generations are booked.
        registry: Of models.
        faults: In force.
        tokenizer: Counts and cuts.
        seed: Of the emulator.
        byok: Slugs of providers for which the user brought a key.
    """

    state: State
    registry: Registry
    faults: FaultBook
    tokenizer: Tokenizer
    seed: int
    byok: frozenset[str]

    def answer(self, request: Mapping[str, Any], headers: Mapping[str, str], path: str) -> Outcome:
        """Answer a checked request.

        Args:
            request: The body.
            headers: Lower-case names.
            path: Below `/api/v1`, for faults.

        Raises:
            ApiError: As OpenRouter would refuse it.
        """
        failed: list[Attempt] = []
        names = _candidates(request)
        for name in names[:-1]:
            try:
                outcome = self._attempt(request, headers, name, path, failed)
            except ApiError as error:
                failed.append(Attempt(name, "", error.status))
                continue
            if outcome.generation is not None:
                return outcome
        return self._attempt(request, headers, names[-1], path, failed)

    def _attempt(
        self,
        request: Mapping[str, Any],
        headers: Mapping[str, str],
        name: str,
        path: str,
        failed: list[Attempt],
    ) -> Outcome:
        """Try one model; a fault that answers in its place counts as failed."""
        choice, fault, endpoints = self._try(request, name, path)
        if fault and fault.kind in REFUSALS:
            failed.append(Attempt(choice.model.id, endpoints[0].provider.name, fault.status))
            return Outcome(None, fault)
        return Outcome(self._generate(request, headers, choice, endpoints, failed), fault)

    def _try(self, request: Mapping[str, Any], name: str, path: str) -> tuple[Choice, Fault | None, list[Endpoint]]:
        choice = self.registry.find(name)
        known = frozenset({name, choice.model.id} if choice else {name})
        fault = self.faults.strike(path, known)
        if choice is None:
            raise unknown_model(name)
        preferred = _preferring(request, choice.suffixes)
        return choice, fault, endpoints_for(preferred, choice.model)

    def _generate(
        self,
        request: Mapping[str, Any],
        headers: Mapping[str, str],
        choice: Choice,
        endpoints: list[Endpoint],
        failed: list[Attempt],
    ) -> Generation:
        is_cacheable = headers.get("x-openrouter-cache", "").lower() == "true"
        kept = self.state.responses.get(request) if is_cacheable else None
        made = self._from_cache(kept) if kept else self._make(request, choice, endpoints[0])
        if is_cacheable:
            made = replace(made, cache_status="HIT" if kept else "MISS")
            self.state.responses.put(request, kept or made)
        if headers.get("x-openrouter-metadata", "").lower() == "enabled":
            made = replace(made, metadata=_metadata(choice, endpoints, failed, made))
        record = record_of(made, headers)
        self.state.charge(made.cost.total, made.cost.upstream, record)
        return made

    def _from_cache(self, kept: Generation) -> Generation:
        new_id, created = self._new_id(kept.request)
        return replace(kept, id=new_id, created=created, usage=Usage(), cost=Cost(), metadata=None)

    def _make(self, request: Mapping[str, Any], choice: Choice, endpoint: Endpoint) -> Generation:
        model = choice.model
        count = count_prompt(request, self.tokenizer)
        _check_context(request, model, count)
        self.state.reasoning.check(request["messages"], endpoint.provider.name)
        if model.is_free:
            self.state.count_free()
        new_id, created = self._new_id(request)
        composed = {**request, "model": choice.requested}
        composer = Composer(composed, model, self.tokenizer, self.seed, new_id, created)
        answers = tuple(composer.choices())
        usage = self._usage(request, model, count, answers)
        is_byok = endpoint.provider.slug in self.byok
        cost = cost_of(endpoint.pricing, usage, datetime.now(UTC), is_byok=is_byok)
        self._check_credit(request, model, endpoint, usage, cost)
        for answer in answers:
            if answer.reasoning and not answer.hidden:
                calls = [call.id for call in answer.calls]
                self.state.reasoning.issue(model.family, answer.reasoning.details, calls)
        return Generation(new_id, created, model, endpoint.provider.name, answers, usage, cost, request)

    def _usage(self, request: Mapping[str, Any], model: Model, count: PromptCount, answers: tuple[Any, ...]) -> Usage:
        cache = self.state.prompts.use(model.id, request, lambda blocks: count_blocks(blocks, self.tokenizer))
        return Usage(
            prompt=count.total,
            completion=sum(answer.completion_tokens for answer in answers),
            reasoning=sum(answer.reasoning_tokens for answer in answers),
            cached=min(cache.read, count.total),
            cache_write=cache.written,
            cache_write_is_1h=cache.is_1h,
            audio_in=count.audio,
            video_in=count.video,
            audio_out=sum(answer.audio_tokens for answer in answers),
            image_out=sum(answer.image_tokens for answer in answers),
            searches=sum(answer.searches for answer in answers),
        )

    def _check_credit(
        self,
        request: Mapping[str, Any],
        model: Model,
        endpoint: Endpoint,
        usage: Usage,
        cost: Cost,
    ) -> None:
        """Refuse what the credit does not cover.

        A limit that the request names must be affordable in full. Without one the cost of the
        very answer counts, since the model's own limit would refuse nearly every request.
        """
        left = self.state.credit_left
        if left is None or cost.is_byok or cost.total == ZERO:
            return
        asked = request.get("max_completion_tokens") or request.get("max_tokens")
        output = max(asked or 0, usage.completion)
        worst = cost_of(endpoint.pricing, replace(usage, completion=output), datetime.now(UTC))
        if max(worst.total, cost.total) > left:
            affordable = affordable_tokens(endpoint.pricing, left, usage.prompt)
            raise unaffordable(asked or model.max_output, affordable)

    def _new_id(self, request: Mapping[str, Any]) -> tuple[str, int]:
        created = int(time.time())
        text = f"{self.seed}/{self.state.next_number()}/{request.get('model')}"
        return f"gen-{created}-{hashlib.sha256(text.encode()).hexdigest()[:20]}", created


def _candidates(request: Mapping[str, Any]) -> list[str]:
    first = request.get("model")
    names = [first] if first else []
    return list(dict.fromkeys([*names, *(request.get("models") or ())]))


def _preferring(request: Mapping[str, Any], suffixes: tuple[str, ...]) -> Mapping[str, Any]:
    sorts = {"nitro": "throughput", "floor": "price"}
    sort = next((sorts[suffix] for suffix in suffixes if suffix in sorts), None)
    if sort is None:
        return request
    return {**request, "provider": {"sort": sort, **(request.get("provider") or {})}}


def _check_context(request: Mapping[str, Any], model: Model, count: PromptCount) -> None:
    output = request.get("max_completion_tokens") or request.get("max_tokens") or 0
    if count.total + output > model.context_length:
        text = count.total - count.tools
        raise context_too_long(model.context_length, text, count.tools, output)


def _metadata(choice: Choice, endpoints: list[Endpoint], failed: list[Attempt], made: Generation) -> dict[str, Any]:
    model_id = choice.model.id
    available = [
        {"model": model_id, "provider": one.provider.name, "selected": rank == 0} for rank, one in enumerate(endpoints)
    ]
    tried = [{"model": a.model, "provider": a.provider, "status": a.status} for a in failed]
    answered = {"model": model_id, "provider": made.provider, "status": 200}
    return {
        "requested": choice.requested,
        "strategy": _strategy(choice, failed),
        "region": REGION,
        "summary": f"available={len(available)}, selected={made.provider}",
        "attempt": len(failed) + 1,
        "attempts": [*tried, answered],
        "is_byok": made.cost.is_byok,
        "endpoints": {"total": len(available), "available": available},
    }


def _strategy(choice: Choice, failed: list[Attempt]) -> str:
    if failed:
        return "fallback"
    if choice.model.id == choice.requested or choice.suffixes:
        return "direct"
    return "latest" if choice.requested.startswith("~") else "auto"
