"""What a budget says no with, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import ModelError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from decimal import Decimal

__all__ = ["BudgetExceededError", "LedgerUnavailableError", "UnknownPriceError"]


class BudgetExceededError(ModelError, RuntimeError):
    """A call may cost more than a budget has left. Nothing was sent, and nothing was spent.

    No retry can help, so LangChain's retry middleware and LangGraph's retry policy let it pass: it is a `ModelError`
    that is not retryable, and a `RuntimeError`. A plain `with_fallbacks` takes it, like every exception; a model that
    is cheap enough, or free, then answers.

    Args:
        message: What was refused, and why.
        budget: Name of the budget.
        scope: Whose budget it is, such as `{"user": "ann"}`; empty for one of all calls.
        limit: Dollars that the budget allows in its window.
        spent: Dollars that were spent in it.
        reserved: Dollars that are set aside for calls on their way.
        asked: Dollars that the call may cost; `None` where nobody knows.
        fits: The most dollars that a call may cost now.
        max_tokens: The longest answer of this model that would fit now; `None` where not even the prompt does.
        resets_at: When the budget's window ends (UTC); `None` where it does not.
        model: The model that was asked for.

    Example:
        ```python
        from langchain_openrouter import BudgetExceededError, ChatOpenRouter, track_cost

        with track_cost(budget="$0.50"):
            try:
                ChatOpenRouter(model="openai/gpt-4o-mini").invoke("Hello")
            except BudgetExceededError as error:
                print(error.budget, error.fits, error.resets_at)
        ```
    """

    is_retryable = False

    def __init__(
        self,
        message: str,
        *,
        budget: str | None = None,
        scope: Mapping[str, str] | None = None,
        limit: Decimal | None = None,
        spent: Decimal | None = None,
        reserved: Decimal | None = None,
        asked: Decimal | None = None,
        fits: Decimal | None = None,
        max_tokens: int | None = None,
        resets_at: dt.datetime | None = None,
        model: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.budget = budget
        self.scope = dict(scope or {})
        self.limit = limit
        self.spent = spent
        self.reserved = reserved
        self.asked = asked
        self.fits = fits
        self.max_tokens = max_tokens
        self.resets_at = resets_at
        self.model = model

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with all that is told."""
        return type(self), (self.message,), self.__dict__


class UnknownPriceError(BudgetExceededError):
    """A budget holds, and nobody knows what the call may cost: the catalog has no price for all of it.

    `on_unknown_price="reserve:<dollars>"` sets an amount aside for such calls, `"allow"` lets them pass.
    """


class LedgerUnavailableError(ModelError, RuntimeError):
    """The store of a ledger cannot be reached or used, so no budget can be looked at. Nothing was sent.

    `on_store_error="allow"` lets calls pass in such a time; what they cost is booked when the store is back.
    """

    is_retryable = False
