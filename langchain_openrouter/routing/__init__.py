"""Which model answers a request, why, and what when it fails.

Example:
    ```python
    from langchain_openrouter import ModelRouter
    from langchain_openrouter.routing import Candidate, pareto

    router = ModelRouter(
        candidates=["openai/gpt-4o-mini", Candidate("anthropic/claude-opus-4.5", max_cost="$0.05")],
        policy=pareto(min_quality=40),
        max_cost_per_call="$0.10",
        deadline=60,
    )
    print(router.decide("Prove that there are infinitely many primes.").explain())
    ```
"""

from __future__ import annotations

from langchain_openrouter.routing.candidate import Candidate, CandidatesLike
from langchain_openrouter.routing.constraints import Constraints, Rejection, Rule
from langchain_openrouter.routing.decision import RoutingDecision
from langchain_openrouter.routing.downshift import Downshift
from langchain_openrouter.routing.failures import FALLBACK_ERRORS, remedy_of, with_model_fallbacks
from langchain_openrouter.routing.health import Health
from langchain_openrouter.routing.limiting import RateLimits
from langchain_openrouter.routing.models import ModelLike
from langchain_openrouter.routing.needs import Needs, read_needs
from langchain_openrouter.routing.options import Option, Options, Situation
from langchain_openrouter.routing.policies import (
    balanced,
    cheapest,
    explore,
    fastest,
    pareto,
    quality,
    round_robin,
    sticky,
    tiered,
)
from langchain_openrouter.routing.policy import NamedPolicy, Policy, PolicyLike, PolicyName, policy
from langchain_openrouter.routing.profiles import RoutingProfile, register_routing_profile, routing_profiles
from langchain_openrouter.routing.router import ModelRouter
from langchain_openrouter.routing.speeds import Speed

__all__ = [
    "FALLBACK_ERRORS",
    "Candidate",
    "CandidatesLike",
    "Constraints",
    "Downshift",
    "Health",
    "ModelLike",
    "ModelRouter",
    "NamedPolicy",
    "Needs",
    "Option",
    "Options",
    "Policy",
    "PolicyLike",
    "PolicyName",
    "RateLimits",
    "Rejection",
    "RoutingDecision",
    "RoutingProfile",
    "Rule",
    "Situation",
    "Speed",
    "balanced",
    "cheapest",
    "explore",
    "fastest",
    "pareto",
    "policy",
    "quality",
    "read_needs",
    "register_routing_profile",
    "remedy_of",
    "round_robin",
    "routing_profiles",
    "sticky",
    "tiered",
    "with_model_fallbacks",
]
