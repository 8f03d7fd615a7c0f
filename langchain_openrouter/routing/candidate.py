"""A model that may answer, and what holds for it alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.language_models import BaseChatModel

from langchain_openrouter.catalog import Catalog, Model, presets
from langchain_openrouter.costs.money import as_dollars
from langchain_openrouter.routing.models import ModelLike, chat_model, is_ours, model_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_openrouter.catalog import Query
    from langchain_openrouter.costs.money import Money
    from langchain_openrouter.tasks import Task

__all__ = ["Candidate", "CandidatesLike", "candidates_of"]

CandidatesLike: TypeAlias = "str | Query | Sequence[ModelLike | Candidate]"
"""Models; the name of a preset, as in `Catalog.preset`; or a query, as in `Catalog.search`."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may answer.

    Args:
        model: An id, a record of the catalog, or a chat model of any provider.
        max_cost: Dollars that one call of it may cost; it counts beside the router's `max_cost_per_call`.
        timeout: Seconds that one attempt with it may take; it counts beside the router's `attempt_timeout`.
        quality: How good it is, higher is better, by your own measure: for all tasks, or by task. As soon as one
            candidate has such a figure for a task, the benchmarks of the catalog do not count for that task.
        facts: What is known of it, where the catalog does not know it, or knows another of the same name.
        name: What it is called in decisions. Default: the model's id.

    Raises:
        TypeError: `model` is none.
        ValueError: `max_cost` is no amount of money, or `timeout` is not above 0.

    Example:
        >>> Candidate("openai/gpt-4o-mini", max_cost="$0.01").called
        'openai/gpt-4o-mini'
    """

    model: ModelLike
    max_cost: Money | None = None
    timeout: float | None = None
    quality: float | Mapping[Task, float] | None = None
    facts: Model | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        model: Any = self.model
        if not isinstance(model, (str, Model, BaseChatModel)):
            chat_model(model)  # refuses it, and says what to pass
        if self.max_cost is not None:
            as_dollars(self.max_cost, "max_cost")
        if self.timeout is not None and not self.timeout > 0:
            msg = f"timeout={self.timeout!r} of {self.called!r} is no time. Pass seconds above 0, or leave it out."
            raise ValueError(msg)

    @property
    def called(self) -> str:
        """The name in decisions."""
        return self.name or model_name(self.model)

    def names(self, facts: Model | None) -> set[str]:
        """Give all names by which somebody can mean it: the user's, what was asked for, and its id in the catalog.

        Args:
            facts: What is known of the model.
        """
        names = {self.called, model_name(self.model)} | ({facts.id} if facts else set())
        return names | {name.removeprefix("~") for name in names}  # `author/*` means its aliases, too

    @property
    def is_at_openrouter(self) -> bool:
        """Whether OpenRouter serves it, so that it takes OpenRouter's arguments."""
        return not isinstance(self.model, BaseChatModel) or is_ours(self.model)

    def known(self, catalog: Catalog) -> Model | None:
        """Give what is known of the model: `facts`, or the catalog's record, or what its LangChain profile says."""
        if self.facts is not None:
            return self.facts
        if isinstance(self.model, Model):
            return self.model
        found = catalog.get(model_name(self.model))
        return found or _of_profile(self.called, getattr(self.model, "profile", None) or {})


def candidates_of(given: CandidatesLike, catalog: Catalog) -> list[Candidate]:
    """Give the candidates that somebody means, each with a name of its own.

    Args:
        given: Models, a preset, or a query.
        catalog: Where presets and queries look.

    Raises:
        ValueError: There is no such preset, a value of the query is none that its key can have, or nothing is left.
        TypeError: Something in it is no model, or the query has an unknown key.

    Example:
        >>> from langchain_openrouter.catalog import current
        >>> [each.called for each in candidates_of(["openai/gpt-4o", "openai/gpt-4o"], current())]
        ['openai/gpt-4o', 'openai/gpt-4o#2']
    """
    found = _found(given, catalog)
    if not found:
        msg = f"candidates={given!r} names no model. Pass at least one."
        raise ValueError(msg)
    named: dict[str, Candidate] = {}
    for each in found:
        candidate = each if isinstance(each, Candidate) else Candidate(each)
        name, count = candidate.called, 1
        while name in named:
            count += 1
            name = f"{candidate.called}#{count}"
        named[name] = replace(candidate, name=name)
    return list(named.values())


def _found(given: Any, catalog: Catalog) -> Sequence[Any]:
    one = f"candidates={given!r} is one model. Pass a list of models, a preset's name, or a query."
    if isinstance(given, (Candidate, Model, BaseChatModel)):
        raise TypeError(one)
    if isinstance(given, str):
        if given not in presets() and "/" in given:
            raise ValueError(one)
        return catalog.preset(given)
    if isinstance(given, dict):
        # What is billed for a day's patience does not answer a call, and an alias is another name of one that is there.
        fitting = catalog.search(**{**given, "limit": None})
        return [each for each in fitting if each.variant != "batch" and not each.is_alias][: given.get("limit")]
    return list(given)


_INPUTS = ("text", "image", "audio", "video")
_ABILITIES = {
    "tool_calling": "tools", "tool_choice": "tool_choice", "structured_output": "structured_outputs",
    "reasoning_output": "reasoning", "temperature": "temperature",
}  # fmt: skip


def _of_profile(name: str, profile: Mapping[str, Any]) -> Model | None:
    """Read LangChain's profile of another provider's model. What it does not deny is taken to be there."""
    if not profile:
        return None
    denied = {ours for theirs, ours in _ABILITIES.items() if profile.get(theirs) is False}
    listed = frozenset(_EVERY_PARAMETER - denied) if denied else frozenset[str]()
    inputs = frozenset(kind for kind in _INPUTS if kind == "text" or profile.get(f"{kind}_inputs") is not False)
    return Model(
        name,
        context_length=profile.get("max_input_tokens"),
        max_completion_tokens=profile.get("max_output_tokens"),
        supported_parameters=listed,
        input_modalities=inputs if any(f"{kind}_inputs" in profile for kind in _INPUTS) else frozenset(),
    )


_EVERY_PARAMETER = frozenset(_ABILITIES.values()) | {
    "frequency_penalty", "logit_bias", "max_tokens", "presence_penalty", "response_format", "seed", "stop", "top_k",
    "top_p",
}  # fmt: skip
