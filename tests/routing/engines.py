"""Engines over a few models, for tests of what a router knows between calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage

from langchain_openrouter.catalog import Catalog
from langchain_openrouter.routing.constraints import Constraints
from langchain_openrouter.routing.engine import Engine
from langchain_openrouter.routing.health import Health
from langchain_openrouter.routing.memory import Memory
from langchain_openrouter.routing.policy import as_policy
from langchain_openrouter.tasks import TaskGuess
from tests.costs.made import model as record_of
from tests.routing.made import AT

if TYPE_CHECKING:
    from langchain_openrouter.routing.decision import RoutingDecision

NOW = AT
GUESS = TaskGuess(task="general", confidence=1.0, complexity="moderate", reason="said so")
THREAD: Any = {"configurable": {"thread_id": "7"}}
ANN: Any = {"metadata": {"user_id": "ann"}}
MODELS = ["a/one", "a/two", "a/three"]
PRICES = {"a/one": "0.000001", "a/two": "0.000002", "a/three": "0.000003"}
CATALOG = Catalog.from_response(
    [record_of(name, {"prompt": price, "completion": price}) for name, price in PRICES.items()], fetched_at=AT
)


def engine_of(policy: Any = "cheapest", **fields: Any) -> Engine:
    """Give an engine over three models."""
    given: dict[str, Any] = {
        "candidates": MODELS,
        "quality": {},
        "constraints": Constraints(),
        "policy": as_policy(policy),
        "health": Health(),
        "downshift": None,
        "catalog": CATALOG,
        "fields": {"api_key": "sk-or-test"},
        "memory": Memory(5),
    }
    return Engine(**{**given, **fields})


def decided(
    engine: Engine, config: Any = None, arguments: dict[str, Any] | None = None, messages: Any = None
) -> RoutingDecision:
    """Decide who answers."""
    settings: Any = config or {}
    return engine.decide(messages or [HumanMessage("Hello")], arguments or {}, settings, GUESS, NOW)
