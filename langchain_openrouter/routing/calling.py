"""What a model is called with, once it is its turn: tools in its own form, and the limits that hold for the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog.reading import mapping
from langchain_openrouter.costs.ceiling import ceiling_of
from langchain_openrouter.costs.estimation import SHORTEST_LIMIT
from langchain_openrouter.costs.money import as_dollars
from langchain_openrouter.routing.arguments import with_tools
from langchain_openrouter.routing.constraints import REGION_URLS, Constraints
from langchain_openrouter.routing.histories import without_foreign_reasoning
from langchain_openrouter.routing.models import keeps_deadlines, model_name
from langchain_openrouter.routing.needs import count_images
from langchain_openrouter.routing.table import own_limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

    from langchain_openrouter.catalog import Model
    from langchain_openrouter.costs.money import Money
    from langchain_openrouter.routing.attempts import Attempt
    from langchain_openrouter.routing.candidate import Candidate
    from langchain_openrouter.routing.decision import RoutingDecision

__all__ = ["Call", "call_of"]


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
    given = dict(arguments)
    if candidate.is_at_openrouter:
        if attempt.seconds is not None:
            own = (arguments.get("deadline"), getattr(model, "deadline", None))
            given["deadline"] = min(each for each in (attempt.seconds, *own) if each)
            if not keeps_deadlines(model):
                given.setdefault("timeout", attempt.seconds)
        if not attempt.is_last and model is not candidate.model:
            given.setdefault("max_retries", 0)  # to go on is faster than to try again
        if constraints.region is not None:
            given["base_url"] = REGION_URLS[constraints.region]
        # The last one may have no other provider.
        _demand_providers(given, model, constraints, () if attempt.is_last else ailing)
        caps = (attempt.dollars, _dollars(constraints.max_cost_per_call), _dollars(candidate.max_cost))
        cap = min((each for each in caps if each is not None), default=None)
        limit = _longest_answer(cap, facts, model, messages, decision) if cap is not None and facts else None
        if limit is not None:
            _demand_length(given, model, limit)
    runnable, given = with_tools(model, given)
    return Call(
        runnable, without_foreign_reasoning(messages, model_name(candidate.model)), given, keeps_deadlines(model)
    )


def _dollars(amount: Money | None) -> Decimal | None:
    return None if amount is None else as_dollars(amount)


def _demand_providers(
    given: dict[str, Any], model: BaseChatModel, constraints: Constraints, ailing: Iterable[str]
) -> None:
    """Tell OpenRouter which providers may answer, beside what the user says of them; the stricter holds."""
    resting = sorted(ailing)
    if not constraints.provider and not resting:
        return
    own: dict[str, Any] = {}
    for place in (vars(model), model, given.get("model_kwargs"), given, _extra(model, given)):
        said = _said(place, "provider") or _said(place, "openrouter_provider")
        own = dict(said) if said else own
    strict = {
        name: value for name, value in own.items() if name in {"zdr", "data_collection"} and value in (True, "deny")
    }
    provider = {**own, **constraints.provider, **strict}
    if resting:
        provider["ignore"] = sorted({*(provider.get("ignore") or ()), *resting})
    given.pop("openrouter_provider", None)
    _demand(given, model, "provider", provider)


def _demand_length(given: dict[str, Any], model: BaseChatModel, limit: int) -> None:
    """Limit the answer, under each name by which somebody has set another limit."""
    places = (model, given.get("model_kwargs"), given, _extra(model, given))
    if not any(_said(place, "max_completion_tokens") for place in places):
        _demand(given, model, "max_tokens", limit)
        return
    _demand(given, model, "max_completion_tokens", limit)
    if any(_said(place, "max_tokens") for place in places):
        _demand(given, model, "max_tokens", None)


def _demand(given: dict[str, Any], model: BaseChatModel, name: str, value: Any) -> None:
    """Set an argument so that nothing else that is said of it counts; `extra_body` has the last word."""
    given[name] = value
    if name in _extra(model, given):
        given["extra_body"] = {**mapping(given.get("extra_body")), name: value}


def _extra(model: BaseChatModel, given: Mapping[str, Any]) -> dict[str, Any]:
    return {**mapping(getattr(model, "extra_body", None)), **mapping(given.get("extra_body"))}


def _said(place: Any, name: str) -> Any:
    return place.get(name) if isinstance(place, dict) else getattr(place, name, None)


def _longest_answer(
    cap: Decimal, facts: Model, model: BaseChatModel, messages: Sequence[BaseMessage], decision: RoutingDecision
) -> int | None:
    """Give the longest answer that a cap pays for, where the one that is allowed could cost more."""
    if facts.pricing.is_free:
        return None
    prompt = decision.needs.prompt
    longest_prompt = prompt.high or facts.context_length or prompt.expected
    ceiling = ceiling_of(facts, longest_prompt, decision.at, audio="audio" in decision.needs.inputs)
    if ceiling is None or not ceiling.completion:
        return None
    images = count_images(messages)
    affordable = ceiling.longest(cap, longest_prompt, images) or ceiling.longest(cap, prompt.expected, images)
    each_answer = max((affordable or 0) // decision.needs.choices, SHORTEST_LIMIT)
    asked = decision.needs.max_tokens or own_limit(model) or facts.max_completion_tokens or facts.context_length
    return each_answer if asked is None or each_answer < asked else None
