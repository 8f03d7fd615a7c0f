"""`track_cost`: a cost handler for a block of code, without passing callbacks."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Unpack

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook
from typing_extensions import TypedDict, override

from langchain_openrouter.tracking.at_once import at_once
from langchain_openrouter.tracking.handler import Budgets, OpenRouterCostHandler
from langchain_openrouter.tracking.quiet import log_no_refusals_of

if TYPE_CHECKING:
    import datetime as dt
    import os
    from types import TracebackType

    from opentelemetry.metrics import MeterProvider

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.ledger.ledger import Ledger
    from langchain_openrouter.tracking.admission import OnLost, OnStoreError, OnUnknownPrice

__all__ = ["HandlerOptions", "track_cost"]


class HandlerOptions(TypedDict, total=False):
    """Arguments of `OpenRouterCostHandler`, which describes them."""

    ledger: Ledger | str | os.PathLike[str] | None
    catalog: Catalog | None
    on_unknown_price: OnUnknownPrice
    on_store_error: OnStoreError
    on_lost: OnLost
    lease: dt.timedelta
    run: str | None
    keep: int
    metrics: MeterProvider | bool


class track_cost:  # noqa: N801  # used like a function
    """Track what the calls in a block cost, and let none pass that may cost more than its budget has left.

    `with track_cost() as cost:` or `async with`; the block is one run, so a `Budget` per `run` holds for it. Calls in
    tasks and in LangChain's threads that the block starts belong to it. Blocks can stand in each other, and run beside
    each other; a call belongs to all that it stands in.

    Args:
        budget: What may be spent: an amount such as `"$0.50"`, a `Budget`, or several.
        **options: As of `OpenRouterCostHandler`.

    Returns:
        From `with`: the `OpenRouterCostHandler`, which is good after the block too.

    Raises:
        ValueError: An argument is none of these.

    Example:
        ```python
        from langchain_openrouter import ChatOpenRouter, track_cost

        with track_cost(budget="$0.50") as cost:
            ChatOpenRouter(model="openai/gpt-4o-mini", max_tokens=500).invoke("Hello")
        print(cost.total)
        ```
    """

    def __init__(self, budget: Budgets = None, **options: Unpack[HandlerOptions]) -> None:
        options.setdefault("run", uuid.uuid4().hex)
        self._handler = OpenRouterCostHandler(budget, **options)

    def __enter__(self) -> OpenRouterCostHandler:
        _block.set(TrackedBlock(self._handler, _block.get()))
        return self._handler

    def __exit__(self, kind: object, error: BaseException | None, traceback: TracebackType | None) -> None:
        # Not by a token: a generator or a fixture may end in another context than it began in, or after a block that
        # began later.
        _block.set(_without(_block.get(), self._handler))

    async def __aenter__(self) -> OpenRouterCostHandler:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.__exit__(kind, error, traceback)


class TrackedBlock(BaseCallbackHandler):
    """Hands LangChain's events to the handlers of a block and of all around it.

    Each of them passes over what it has been told already: LangChain hands handlers down to inner runs as well.
    """

    raise_error = True
    run_inline = False

    def __init__(self, handler: OpenRouterCostHandler, outer: TrackedBlock | None) -> None:
        self.handler = handler
        self.outer = outer
        self._handlers: tuple[OpenRouterCostHandler, ...] = (*(outer._handlers if outer else ()), handler)  # noqa: SLF001

    @override
    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        for handler in self._handlers:
            handler.on_chat_model_start(*args, **kwargs)

    @override
    def on_llm_start(self, *args: Any, **kwargs: Any) -> None:
        for handler in self._handlers:
            handler.on_llm_start(*args, **kwargs)

    @at_once
    def on_llm_new_token(self, *args: Any, **kwargs: Any) -> None:
        for handler in self._handlers:
            handler.on_llm_new_token(*args, **kwargs)

    on_stream_event = on_llm_new_token

    @override
    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        for handler in self._handlers:
            handler.on_llm_end(*args, **kwargs)

    @override
    def on_llm_error(self, *args: Any, **kwargs: Any) -> None:
        for handler in self._handlers:
            handler.on_llm_error(*args, **kwargs)

    @at_once
    def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        for handler in self._handlers:
            handler.on_chain_start(*args, **kwargs)

    @at_once
    def on_chain_end(self, *args: Any, **kwargs: Any) -> None:
        for handler in self._handlers:
            handler.on_chain_end(*args, **kwargs)

    on_tool_start = on_chain_start
    on_chain_error = on_tool_end = on_tool_error = on_chain_end


def _without(block: TrackedBlock | None, handler: OpenRouterCostHandler) -> TrackedBlock | None:
    """Give the blocks that are left when the innermost one of a handler ends; all of them, where it is not there."""
    if block is None or block.handler is handler:
        return block and block.outer
    outer = _without(block.outer, handler)
    return block if outer is block.outer else TrackedBlock(block.handler, outer)


_block: ContextVar[TrackedBlock | None] = ContextVar("langchain_openrouter_cost", default=None)
register_configure_hook(_block, inheritable=True)
log_no_refusals_of(OpenRouterCostHandler.__name__, TrackedBlock.__name__)
