"""What a model is called with, once it is its turn: tools in its own form, and the limits that hold for the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog.reading import mapping
from langchain_openrouter.costs.ceiling import ceiling_of
from langchain_openrouter.costs.estimation import SHORTEST_LIMIT
from langchain_openrouter.costs.money import as_dollars
from langchain_openrouter.routing.constraints import REGION_URLS, Constraints
from langchain_openrouter.routing.delegating import with_tools
from langchain_openrouter.routing.histories import without_foreign_reasoning
from langchain_openrouter.routing.models import model_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

    from langchain_openrouter.catalog import Model
    from langchain_openrouter.routing.attempts import Attempt
    from langchain_openrouter.routing.candidate import Candidate
    from langchain_openrouter.routing.decision import RoutingDecision

__all__ = ["Call", "call_of"]

_OF_OPENROUTER = frozenset(
    {
        "cache_control", "deadline", "max_retries", "max_retry_wait", "model_validation", "models",
        "openrouter_provider", "plugins", "provider", "response_cache", "route", "router_metadata", "session_id",
        "stream_idle_timeout", "trace", "transforms",
    }
)  # fmt: skip
"""Arguments that models of other providers do not take."""


@dataclass(frozen=True, slots=True)
class Call:
    """A model with all that it is called with.

    Args:
        runnable: The model, with its tools bound.
        messages: The prompt as this model takes it.
        arguments: Arguments of the call.
        keeps_time: Whether the model ends by itself when its time is over.
    """

    runnable: Runnable[Any, Any]
    messages: Sequence[BaseMessage]
    arguments: dict[str, Any]
    keeps_time: bool


def call_of(
    attempt: Attempt,
    candidate: Candidate,
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    arguments: Mapping[str, Any],
    *,
    decision: RoutingDecision,
    constraints: Constraints,
    facts: Model | None,
    ailing: Iterable[str],
) -> Call:
    """Put together what a model is called with.

    Args:
        attempt: Its turn.
        candidate: The candidate.
        model: Its chat model.
        messages: The prompt.
        arguments: Arguments of the router's call.
        decision: What was decided, with what the request needs.
        constraints: What the user demands.
        facts: What is known of the model.
        ailing: Its providers that rest after failures.
    """
    if candidate.is_at_openrouter:
        # The last one may have no other provider.
        avoided = () if attempt.is_last else ailing
        given = {**arguments, **_provider(model, arguments, constraints, avoided)}
        if attempt.seconds is not None:
            given["deadline"] = min(attempt.seconds, arguments.get("deadline") or attempt.seconds)
        if not attempt.is_last and model is not candidate.model:
            given.setdefault("max_retries", 0)  # to go on is faster than to try again
        if constraints.region is not None:
            given["base_url"] = REGION_URLS[constraints.region]
        limit = _longest_answer(attempt, candidate, decision, constraints, facts)
        if limit is not None:
            given["max_tokens"] = limit
    else:
        given = {name: value for name, value in arguments.items() if name not in _OF_OPENROUTER}
    runnable, given = with_tools(model, given)
    return Call(
        runnable, without_foreign_reasoning(messages, model_name(candidate.model)), given, candidate.is_at_openrouter
    )


def _provider(
    model: BaseChatModel, arguments: Mapping[str, Any], constraints: Constraints, ailing: Iterable[str]
) -> dict[str, Any]:
    """Give what OpenRouter is told of the providers that may answer, beside what the user says of them."""
    resting = sorted(ailing)
    if not constraints.provider and not resting:
        return {}
    own = arguments.get("provider") or arguments.get("openrouter_provider")
    provider = {**mapping(own or getattr(model, "openrouter_provider", None)), **constraints.provider}
    if resting:
        provider["ignore"] = sorted({*provider.get("ignore", ()), *resting})
    return {"provider": provider}


def _longest_answer(
    attempt: Attempt, candidate: Candidate, decision: RoutingDecision, constraints: Constraints, facts: Model | None
) -> int | None:
    """Give the longest answer that the caps pay for, where the one that is allowed could cost more."""
    caps: list[Decimal | None] = [attempt.dollars]
    caps += [None if each is None else as_dollars(each) for each in (constraints.max_cost_per_call, candidate.max_cost)]
    cap = min((each for each in caps if each is not None), default=None)
    if cap is None or facts is None or facts.pricing.is_free:
        return None
    prompt = decision.needs.prompt
    longest_prompt = prompt.high or facts.context_length or prompt.expected
    ceiling = ceiling_of(facts, longest_prompt, decision.at)
    if ceiling is None:
        return None
    affordable = ceiling.longest(cap, longest_prompt) or ceiling.longest(cap, prompt.expected) or SHORTEST_LIMIT
    asked = decision.needs.max_tokens or facts.max_completion_tokens or facts.context_length
    return max(affordable, SHORTEST_LIMIT) if asked is None or affordable < asked else None
