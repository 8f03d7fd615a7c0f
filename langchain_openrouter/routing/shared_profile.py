"""LangChain's profile of a router: what all of its models support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel

from langchain_openrouter.catalog import current, profile_of
from langchain_openrouter.routing.candidate import candidates_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.language_models import ModelProfile

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.routing.candidate import Candidate, CandidatesLike

__all__ = ["profile_of_all"]

_LIMITS = frozenset({"max_input_tokens", "max_output_tokens"})


def profile_of_all(candidates: CandidatesLike, catalog: Catalog | None = None) -> ModelProfile | None:
    """Give what all candidates support: the least of their limits, and the abilities that each of them has.

    What is not known of one of them is left out, except of one of which nothing at all is known.

    Args:
        candidates: Models, a preset, or a query.
        catalog: The facts. Default: those that chat models go by.

    Example:
        >>> profile_of_all(["openai/gpt-4o-mini", "openai/gpt-4o"])["tool_calling"]
        True
    """
    facts = catalog or current()
    profiles = [found for each in candidates_of(candidates, facts) if (found := _profile(each, facts))]
    if not profiles:
        return None
    shared = profiles[0].keys() & set.intersection(*(set(each) for each in profiles))
    return {name: value for name in shared if (value := _common(name, profiles)) is not None}  # type: ignore[return-value]


def _profile(candidate: Candidate, catalog: Catalog) -> Mapping[str, Any] | None:
    if isinstance(candidate.model, BaseChatModel) and candidate.facts is None:
        return candidate.model.profile
    model = candidate.known(catalog)
    return profile_of(model) if model else None


def _common(name: str, profiles: Sequence[Mapping[str, Any]]) -> Any:
    values = [each[name] for each in profiles]
    if name in _LIMITS:
        return min(values)
    if all(isinstance(value, bool) for value in values):
        return all(values)
    return values[0] if all(value == values[0] for value in values) else None
