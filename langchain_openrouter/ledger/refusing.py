"""How a ledger says no, and how it says that a budget runs out."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.costs.money import from_nano, in_dollars
from langchain_openrouter.errors import BudgetExceededError
from langchain_openrouter.ledger.budget import BudgetAlert, BudgetStatus, whose

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.ledger.budget import Budget, Target
    from langchain_openrouter.ledger.stores.store import Movement, Refusal

__all__ = ["Answers", "exceeded", "tell_alerts"]

_log = logging.getLogger(__name__)


def exceeded(
    target: Target,
    asked: Decimal,
    refusal: Refusal | None,
    *,
    model: str | None,
    longest: Callable[[Decimal], int | None] | None,
) -> BudgetExceededError:
    """Make the error of a call that does not fit into a budget.

    Args:
        target: The budget's window.
        asked: Dollars that the call may cost.
        refusal: What the ledger said; `None` where the call may cost more than one call may.
        model: The model that was asked for.
        longest: Gives the longest answer that an amount pays for.
    """
    budget, resets_at = target.budget, target.resets_at
    if refusal is None:
        limit, spent, reserved, fits = budget.limit, None, None, budget.per_request or Decimal(0)
        resets_at = None
        why = f"one call may cost {in_dollars(fits)} at most."
    else:
        limit, spent, reserved = (from_nano(each) for each in (refusal.limit, refusal.spent, refusal.reserved))
        fits = max(limit - spent - reserved, Decimal(0)) * (budget.share or 1)
        part = f", and one call may take {budget.share:.0%} of what is left" if budget.share else ""
        why = f"{in_dollars(spent)} of {in_dollars(limit)} are spent, {in_dollars(reserved)} are set aside{part}."
    tokens = longest(fits) if longest else None
    remedies = [f"pass max_tokens={tokens} or less"] if tokens else []
    remedies += [f"wait until {resets_at:%Y-%m-%d %H:%M} UTC"] if resets_at else []
    remedies += ["take a cheaper or a free model", "raise the limit"]
    message = (
        f"This call{f' of {model}' if model else ''} may cost {in_dollars(asked)}, which does not fit into the budget "
        f"{whose(budget.name, target.scope)}: {why} Nothing was sent. To go on, {', or '.join(remedies)}."
    )
    return BudgetExceededError(
        message,
        budget=budget.name,
        scope=target.scope,
        limit=limit,
        spent=spent,
        reserved=reserved,
        asked=asked,
        fits=fits,
        max_tokens=tokens,
        resets_at=resets_at,
        model=model,
    )


class Answers:
    """What budgets say about a call that does not fit; each is asked once."""

    def __init__(self) -> None:
        self._answers: dict[Budget, bool] = {}
        self.waived: list[Budget] = []

    def ask(self, budget: Budget, error: BudgetExceededError) -> None:
        """Ask a budget about a call; if it does not raise, the call is to be looked at again.

        Raises:
            BudgetExceededError: The call may not pass.
        """
        if budget not in self._answers:
            if budget.on_exceed == "raise":
                raise error
            if callable(budget.on_exceed):
                self._answers[budget] = bool(budget.on_exceed(error))
                return
            _log.warning("%s It passes all the same: on_exceed is 'warn'.", error)
        elif not self._answers[budget]:
            raise error
        self.waived.append(budget)


def tell_alerts(target: Target, limit: int, movement: Movement) -> None:
    """Tell which shares of its limit a budget has just reached. What the one who is told raises is logged.

    Args:
        target: The budget's window.
        limit: The limit that holds now.
        movement: How far its counter moved.
    """
    budget = target.budget
    for share in budget.alert_at:
        if movement.before < share * limit <= movement.after:
            status = BudgetStatus(
                budget.name,
                from_nano(limit),
                from_nano(movement.after),
                from_nano(0),
                target.resets_at,
                target.scope,
            )
            _tell(budget, BudgetAlert(share, status))


def _tell(budget: Budget, alert: BudgetAlert) -> None:
    if budget.on_alert is None:
        _log.warning("%s", alert)
        return
    try:
        budget.on_alert(alert)
    except Exception:  # noqa: BLE001  # a call that is paid for must not be lost to a bell
        _log.exception("on_alert of budget %r failed.", budget.name)
