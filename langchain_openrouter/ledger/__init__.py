"""The account of money: what was spent, what is set aside, what may be spent. No LangChain.

Example:
    >>> from langchain_openrouter.ledger import Budget, Ledger
    >>> Ledger.open("memory:").status(Budget("$5", per="day")).remaining
    Decimal('5')
"""

from __future__ import annotations

from langchain_openrouter.ledger.bookkeeping import Held
from langchain_openrouter.ledger.budget import Budget, BudgetAlert, BudgetStatus, Caller
from langchain_openrouter.ledger.ledger import Ledger
from langchain_openrouter.ledger.openrouter import Account, Generation, aaccount, account, generation
from langchain_openrouter.ledger.reconciliation import Reconciliation, reconcile
from langchain_openrouter.ledger.window import Period, Window

__all__ = [
    "Account",
    "Budget",
    "BudgetAlert",
    "BudgetStatus",
    "Caller",
    "Generation",
    "Held",
    "Ledger",
    "Period",
    "Reconciliation",
    "Window",
    "aaccount",
    "account",
    "generation",
    "reconcile",
]
