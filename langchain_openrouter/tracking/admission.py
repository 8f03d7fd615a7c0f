"""Whether a call may be made: its worst case, set aside in every budget; and the booking of what it did cost."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Literal

from langchain_openrouter.catalog import current
from langchain_openrouter.costs.money import EXACT, as_dollars
from langchain_openrouter.errors import LedgerUnavailableError, UnknownPriceError
from langchain_openrouter.tracking.outcome import lost
from langchain_openrouter.tracking.worst_case import worst_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.costs.record import CallRecord
    from langchain_openrouter.ledger.bookkeeping import Held
    from langchain_openrouter.ledger.budget import Budget, Caller
    from langchain_openrouter.ledger.ledger import Ledger
    from langchain_openrouter.tracking.outcome import Started
    from langchain_openrouter.tracking.worst_case import WorstCase

__all__ = ["Admission", "OnLost", "OnStoreError", "OnUnknownPrice"]

_log = logging.getLogger(__name__)

OnUnknownPrice = Literal["block", "allow"] | str
"""What to do with a call whose price nobody knows; `"reserve:<dollars>"` sets that amount aside."""

OnStoreError = Literal["block", "allow"]
"""What to do with a call while the ledger cannot be used."""

OnLost = Literal["charge", "release"]
"""What to do with money that was set aside for a call that nobody brought to its end."""

_RESERVE = "reserve:"


class Admission:
    """Lets calls pass that fit into all budgets, and books what they cost.

    Args:
        budgets: What calls have to fit into.
        ledger: Where they are booked; `None` where nothing is.
        catalog: Where prices are looked up; `None` for `catalog.current()`.
        on_unknown_price: See `OnUnknownPrice`.
        on_store_error: See `OnStoreError`.
        on_lost: See `OnLost`.
        lease: How long money is set aside.

    Raises:
        ValueError: An argument is none of these.
    """

    def __init__(
        self,
        budgets: Sequence[Budget],
        ledger: Ledger | None,
        *,
        catalog: Catalog | None,
        on_unknown_price: OnUnknownPrice,
        on_store_error: OnStoreError,
        on_lost: OnLost,
        lease: dt.timedelta,
    ) -> None:
        self._budgets = budgets
        self._ledger = ledger
        self._catalog = catalog
        self._for_unknown = _for_unknown(on_unknown_price)
        self._blocks_unknown = on_unknown_price == "block"
        self._blocks_when_down = _one_of(on_store_error, "on_store_error", "block", "allow") == "block"
        self._charges_lost = _one_of(on_lost, "on_lost", "charge", "release") == "charge"
        if lease <= dt.timedelta(0):
            msg = f"lease={lease!r} is no time. Pass a timedelta above 0."
            raise ValueError(msg)
        self._lease = lease

    @property
    def catalog(self) -> Catalog:
        """Where prices are looked up."""
        return self._catalog or current()

    def now(self) -> dt.datetime:
        """Give the time, by the ledger's clock."""
        return self._ledger.now() if self._ledger else dt.datetime.now(dt.UTC)

    def admit(self, call: Started) -> Held | None:
        """Set aside what a call may cost, in all budgets or in none.

        Args:
            call: The call; what is set aside is noted on it.

        Returns:
            What was set aside; `None` where there is no budget, or the ledger cannot be used and that may be.

        Raises:
            BudgetExceededError: A budget has not so much left.
            UnknownPriceError: Nobody knows what it may cost.
            LedgerUnavailableError: The ledger cannot be used.
        """
        caller = call.request.caller
        if self._ledger is None or not any(budget.scopes(caller) for budget in self._budgets):
            return None
        with localcontext(EXACT):
            case = worst_case(call.request, call.prompt, self.catalog, call.at)
            amount = self._amount(case, caller.model)
        # What is let pass without knowing may cost anything, which is not the same as nothing.
        call.reserved = None if case.unknown and not self._for_unknown else amount
        try:
            return self._ledger.reserve(
                call.id,
                amount,
                self._budgets,
                caller,
                lease=self._lease,
                lost=lost(call) if self._charges_lost else None,
                longest=case.longest,
                at=call.at,
            )
        except LedgerUnavailableError as error:
            if self._blocks_when_down:
                raise
            _log.warning("%s The call passes: on_store_error is 'allow'.", error)
            return None

    def book(self, record: CallRecord, held: Held | None, caller: Caller) -> None:
        """Book a call. Never raises: where the ledger cannot be used, it is booked with a later call."""
        if self._ledger is not None:
            self._ledger.book(record, held, self._budgets, caller)

    def release(self, held: Held) -> None:
        """Give back what was set aside for a call that never was. Never raises: a lease ends by itself."""
        try:
            if self._ledger is not None:
                self._ledger.release(held)
        except LedgerUnavailableError as error:
            _log.warning("What was set aside for call %s is given back with its lease. %s", held.call_id, error)

    def _amount(self, case: WorstCase, model: str | None) -> Decimal:
        if case.unknown is None:
            return case.amount
        if self._blocks_unknown:
            msg = (
                f"Nobody knows what this call of {model} may cost at most: {case.unknown}. Nothing was sent. To go on, "
                'pass on_unknown_price="reserve:<dollars>" to the handler, or "allow".'
            )
            raise UnknownPriceError(msg, model=model)
        return case.amount + self._for_unknown


def _for_unknown(wanted: str) -> Decimal:
    """Read what is to be set aside for what nobody knows."""
    if wanted in {"block", "allow"}:
        return Decimal(0)
    if wanted.startswith(_RESERVE):
        return as_dollars(wanted.removeprefix(_RESERVE), "on_unknown_price")
    msg = f'on_unknown_price={wanted!r} is not known. Pass "block", "allow", or "reserve:0.05" (dollars).'
    raise ValueError(msg)


def _one_of(value: str, name: str, *known: str) -> str:
    if value not in known:
        msg = f"{name}={value!r} is not known. Pass {' or '.join(map(repr, known))}."
        raise ValueError(msg)
    return value
