"""Middleware for `create_agent`: a budget for a run of an agent, and for a thread."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, Unpack

from langchain.agents.middleware.types import (
    AgentMiddleware,
    AgentState,
    ModelRequest,
    ModelResponse,
    PrivateStateAttr,
)
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.channels.untracked_value import UntrackedValue
from typing_extensions import override

from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.ledger import Budget, Ledger
from langchain_openrouter.tracking.ambient import HandlerOptions, track_cost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from langgraph.prebuilt.tool_node import ToolCallRequest
    from langgraph.runtime import Runtime
    from langgraph.types import Command

    from langchain_openrouter.costs.money import Money

__all__ = ["BudgetMiddleware", "BudgetState"]


class BudgetState(AgentState[Any]):
    """What the middleware keeps in the state of an agent: nothing that a checkpoint has to hold."""

    budget_run: NotRequired[Annotated[str, UntrackedValue, PrivateStateAttr]]


class BudgetMiddleware(AgentMiddleware[BudgetState, Any, Any]):
    """Stops an agent before it spends more than it may.

    What the agent's model and its tools spend counts, every attempt, those of retry and fallback middleware too,
    whichever side of this they stand on. What other middleware asks a model for between the two, such as a summary,
    does not. Innermost (last in the list), each attempt that does not fit is refused by itself: a fallback outside of
    it goes on with a cheaper model, if `exit_behavior` is `error`. Outermost, the same happens within, and this has the
    last word.

    Args:
        run_limit: Dollars that one run of the agent may spend.
        thread_limit: Dollars that all runs of a thread together may spend. Without a thread, a run.
        exit_behavior: `error` raises `BudgetExceededError`; `end` ends the run with a message that says so. Of its own
            limits, that is; others raise.
        name: Begins the names of both budgets. In one ledger, agents of one name share the limit of a thread.
        **options: As of `OpenRouterCostHandler`. `ledger` is where calls are booked; with a `thread_limit` the default
            is the one that `Ledger.open()` opens, which outlives the program as threads do.

    Raises:
        ValueError: No limit, or an argument that is not known.

    Example:
        ```python
        from langchain.agents import create_agent
        from langchain_openrouter.agents import BudgetMiddleware

        agent = create_agent("openrouter:openai/gpt-4o-mini", middleware=[BudgetMiddleware(run_limit="$0.50")])
        agent.invoke({"messages": [("human", "Hello")]})
        ```
    """

    state_schema = BudgetState

    def __init__(
        self,
        *,
        run_limit: Money | None = None,
        thread_limit: Money | None = None,
        exit_behavior: Literal["error", "end"] = "error",
        name: str = "agent",
        **options: Unpack[HandlerOptions],
    ) -> None:
        super().__init__()
        track_cost(**options)  # looks at them
        if run_limit is None and thread_limit is None:
            msg = "A BudgetMiddleware without a limit does nothing. Pass run_limit, thread_limit, or both."
            raise ValueError(msg)
        if exit_behavior not in {"error", "end"}:
            msg = f"exit_behavior={exit_behavior!r} is not known. Pass 'error' or 'end'."
            raise ValueError(msg)
        self.exit_behavior = exit_behavior
        self.run_budget = None if run_limit is None else Budget(run_limit, per="run", name=f"{name} run")
        self.thread_budget = self._without_thread = None
        if thread_limit is not None:
            self.thread_budget = Budget(thread_limit, per="lifetime", scope="thread", name=f"{name} thread")
            self._without_thread = Budget(thread_limit, per="run", name=f"{name} thread")
        self._options: HandlerOptions = options
        ledger = options.get("ledger")
        if not isinstance(ledger, Ledger):
            ledger = Ledger.open(ledger if ledger or self.thread_budget else "memory:")
        self.ledger = self._options["ledger"] = ledger

    @override
    def before_agent(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Give the run an id of its own."""
        return {"budget_run": uuid.uuid4().hex}

    @override
    async def abefore_agent(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Give the run an id of its own."""
        return self.before_agent(state, runtime)

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any] | AIMessage:
        """Call the model within the budgets."""
        try:
            with self._tracking(request):
                return handler(request)
        except BudgetExceededError as error:
            return AIMessage(self._ended(error))

    @override
    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any] | AIMessage:
        """Call the model within the budgets."""
        try:
            async with self._tracking(request):
                return await handler(request)
        except BudgetExceededError as error:
            return AIMessage(self._ended(error))

    @override
    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Run a tool within the budgets: it may ask models, too."""
        try:
            with self._tracking(request):
                return handler(request)
        except BudgetExceededError as error:
            return self._result(request, error)

    @override
    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]
    ) -> ToolMessage | Command[Any]:
        """Run a tool within the budgets: it may ask models, too."""
        try:
            async with self._tracking(request):
                return await handler(request)
        except BudgetExceededError as error:
            return self._result(request, error)

    def _tracking(self, request: ModelRequest[Any] | ToolCallRequest) -> track_cost:
        info = request.runtime.execution_info
        run = str(request.state.get("budget_run") or (info.run_id if info else None) or uuid.uuid4().hex)
        thread = self.thread_budget if info and info.thread_id else self._without_thread
        budgets = [budget for budget in (self.run_budget, thread) if budget is not None]
        options = self._options.copy()
        options["run"] = run
        return track_cost(budgets, **options)

    def _result(self, request: ToolCallRequest, error: BudgetExceededError) -> ToolMessage:
        call = request.tool_call
        return ToolMessage(self._ended(error), tool_call_id=call["id"], name=call["name"], status="error")

    def _ended(self, error: BudgetExceededError) -> str:
        """Say why a run ends.

        Raises:
            BudgetExceededError: The run is to end with an error, or the budget is somebody else's.
        """
        own = {each.name for each in (self.run_budget, self.thread_budget) if each is not None}
        if self.exit_behavior == "error" or error.budget not in own:
            raise error
        return f"The run ends here: {error.message}"
