"""Named ways of routing, as data: `quick`, `balanced`, `deep`, `paranoid`, and the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_openrouter.costs.money import Money
    from langchain_openrouter.routing.candidate import CandidatesLike
    from langchain_openrouter.routing.policy import PolicyLike

__all__ = ["ProfileName", "RoutingProfile", "register_routing_profile", "routing_profiles"]

ProfileName = Literal["quick", "balanced", "deep", "paranoid"]
"""The profiles that are there from the start."""


class RoutingProfile(TypedDict, total=False):
    """Fields of a `ModelRouter` that belong together; any other of its fields may stand here, too."""

    candidates: CandidatesLike
    policy: PolicyLike
    max_cost_per_call: Money
    min_quality: float | Mapping[str, float]
    max_latency: float
    min_throughput: float
    allow: Sequence[str]
    deny: Sequence[str]
    open_weights: bool
    free: bool
    zdr: bool
    data_collection: Literal["allow", "deny"]
    region: Literal["eu", "us"]
    deadline: float
    attempt_timeout: float


_PROFILES: dict[str, Mapping[str, Any]] = {
    "quick": {"candidates": "cost_optimized", "policy": "fastest", "deadline": 60.0},
    "balanced": {"candidates": {"plain": True, "tools": True, "min_intelligence": 20}, "policy": "balanced"},
    "deep": {"candidates": "frontier", "policy": "quality"},
    "paranoid": {"candidates": "open_weights", "policy": "quality", "zdr": True, "data_collection": "deny"},
}


def routing_profiles() -> dict[str, Mapping[str, Any]]:
    """Give all profiles by name, those of the user too.

    Example:
        >>> sorted(routing_profiles())
        ['balanced', 'deep', 'paranoid', 'quick']
    """
    return {name: _copied(profile) for name, profile in _PROFILES.items()}


def register_routing_profile(name: str, profile: RoutingProfile) -> None:
    """Add a profile for this process, or put another in the place of one.

    Args:
        name: Its name.
        profile: Fields of a `ModelRouter`, which are checked now.

    Raises:
        ValueError: A field, or its value, is not known.

    Example:
        >>> register_routing_profile("house", {"candidates": ["openai/gpt-4o-mini"], "policy": "cheapest"})
    """
    from langchain_openrouter.routing.router import ModelRouter

    fields: dict[str, Any] = {"candidates": "free", **profile}
    ModelRouter(**fields)  # looks at them
    _PROFILES[name] = _copied(profile)


def _copied(value: Any) -> Any:
    """Copy dicts and lists, but not the models in them, which cannot all be copied."""
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
