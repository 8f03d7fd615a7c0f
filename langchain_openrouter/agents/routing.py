"""Middleware for `create_agent`: a router answers in place of the agent's model."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, cast

from langchain.agents.middleware.types import (
    AgentMiddleware,
    AgentState,
    ExtendedModelResponse,
    ModelRequest,
    ModelResponse,
    PrivateStateAttr,
)
from langgraph.types import Command
from typing_extensions import override

from langchain_openrouter.catalog import current
from langchain_openrouter.routing.candidate import candidates_of
from langchain_openrouter.routing.models import model_name
from langchain_openrouter.routing.router import ModelRouter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["RoutingMiddleware", "RoutingState"]

_REPLACED = "_routing_replaced"
"""Where the state of one model call tells which model was the agent's own. No checkpoint ever sees it: LangGraph makes
that dict for the call alone, and stores what the call returns."""

_TOLD = ("model", "chosen", "policy", "task", "complexity", "estimated_cost", "fallback")
"""What the state keeps of a decision; the answer's `response_metadata["routing"]` has all of it."""


def _latest(_before: object, after: object) -> object:
    """Keep what came last: two routers in one agent tell of the same answer in one step."""
    return after


class RoutingState(AgentState[Any]):
    """What the middleware keeps in the state of an agent."""

    routing: NotRequired[Annotated[dict[str, Any] | None, PrivateStateAttr, _latest]]
    """Who gave the latest answer and why, in short; `None` where no router was asked for it, or none could answer."""


class RoutingMiddleware(AgentMiddleware[RoutingState, Any, Any]):
    """Lets a `ModelRouter` answer in place of an agent's model.

    Tools, structure, settings and the system message go to the model that is chosen. Fallback middleware works on both
    sides of it: what stands outside and turns to another model gets that model, and not the router again; what stands
    inside turns to its models when the router's own have failed. Retry middleware asks the router again, and so does
    what turns to the very object that is the agent's model. Middleware that chooses a model before the first call
    stands inside of this (after it in the list): the last one has the last word.

    A schema as `response_format` is asked for in a way that suits every candidate: as structured output of the provider
    where all of them have it, else by a tool.

    Args:
        router: The router. Without one, it is made of the fields.
        **fields: Fields of `ModelRouter`, such as `candidates` and `policy`.

    Raises:
        ValueError: Both or neither are given, or a value is none that its field can have.
        TypeError: `router` is none.

    Example:
        ```python
        from langchain.agents import create_agent
        from langchain_openrouter.agents import RoutingMiddleware

        routing = RoutingMiddleware(candidates=["openai/gpt-4o-mini", "anthropic/claude-haiku-4.5"], policy="cheapest")
        agent = create_agent("openrouter:openai/gpt-4o-mini", middleware=[routing])
        answer = agent.invoke({"messages": [("human", "Hello")]})["messages"][-1]
        print(answer.text, answer.response_metadata["routing"]["model"])
        ```
    """

    state_schema = RoutingState

    def __init__(self, router: ModelRouter | None = None, **fields: Any) -> None:
        super().__init__()
        if (router is None) == (not fields):
            msg = "Pass either a `ModelRouter` or the fields of one, such as candidates=['author/name', …]."
            raise ValueError(msg)
        self.router = ModelRouter(**fields) if router is None else _checked(router)

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ExtendedModelResponse[Any]:
        """Ask the router, where the agent's own model was to be asked."""
        return _told(handler(self._routed(request)))

    @override
    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ExtendedModelResponse[Any]:
        """Ask the router, where the agent's own model was to be asked."""
        return _told(await handler(self._routed(request)))

    def _routed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        if not _asks_the_agents_model(request):
            return request
        return request.override(model=self._beside_tools if request.tools else self.router)

    @cached_property
    def _beside_tools(self) -> ModelRouter:
        """The router with the profile that makes LangChain ask for a structure in a way that suits every candidate."""
        profile, facts = self.router.profile or {}, self.router.catalog or current()
        names = [model_name(each.model) for each in candidates_of(self.router.candidates, facts)]
        if not profile.get("structured_output") or all(_can_have_both(self.router, name) for name in names):
            return self.router
        return self.router.model_copy(update={"profile": {**profile, "structured_output": False}})


def _checked(router: object) -> ModelRouter:
    if isinstance(router, ModelRouter):
        return router
    msg = (
        f"router is of type {type(router).__name__}. Pass a `ModelRouter`; what `bind` made of one has to be unbound "
        "first, and models go into candidates=[…]."
    )
    raise TypeError(msg)


def _can_have_both(router: ModelRouter, name: str) -> bool:
    """Say whether a model can have tools and a structure in one request: of some that cannot, LangChain knows by name.

    Args:
        router: Whose profile has structured output.
        name: Of one of its models.
    """
    try:
        from langchain.agents.factory import _supports_provider_strategy
    except ImportError:
        return False  # a tool for the structure suits every model that takes tools
    return _supports_provider_strategy(router.model_copy(update={"model_name": name}), tools=[{}])


def _asks_the_agents_model(request: ModelRequest[Any]) -> bool:
    """Say whether a request is for the agent's own model, and not for one that middleware outside of this turned to.

    The first request of a model call is. Those that follow, after a failure, come with the same state.
    """
    state = cast("dict[str, Any]", request.state)
    return state.setdefault(_REPLACED, request.model) is request.model


def _told(response: ModelResponse[Any]) -> ExtendedModelResponse[Any]:
    """Let the agent's state tell who answered."""
    records = (getattr(message, "response_metadata", {}).get("routing") for message in response.result)
    record = next((each for each in records if each), None)
    told = {name: record.get(name) for name in _TOLD} if record else None
    return ExtendedModelResponse(response, Command(update={"routing": told}))
