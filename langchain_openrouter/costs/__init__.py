"""Money: what an answer cost, and what a request may cost. Exact decimals; unknown is ``None``, never 0.

Example:
    >>> from langchain_openrouter.costs import price
    >>> price({"prompt_tokens": 1000, "completion_tokens": 100}, "openai/gpt-4o-mini").total
    Decimal('0.00021000')
"""

from __future__ import annotations

from langchain_openrouter.costs.charge import Charge, ChargePart, PartKind
from langchain_openrouter.costs.estimation import Estimate, estimate, estimate_cost
from langchain_openrouter.costs.experiment import ModelEstimate, RunEstimate, estimate_run
from langchain_openrouter.costs.fitting import Fit, NothingFitsError, fit_to_budget
from langchain_openrouter.costs.money import Money
from langchain_openrouter.costs.pricing import price
from langchain_openrouter.costs.prompt import TokenRange
from langchain_openrouter.costs.record import CallRecord, CostStatus
from langchain_openrouter.costs.shares import Shares
from langchain_openrouter.costs.usage import Usage

__all__ = [
    "CallRecord",
    "Charge",
    "ChargePart",
    "CostStatus",
    "Estimate",
    "Fit",
    "ModelEstimate",
    "Money",
    "NothingFitsError",
    "PartKind",
    "RunEstimate",
    "Shares",
    "TokenRange",
    "Usage",
    "estimate",
    "estimate_cost",
    "estimate_run",
    "fit_to_budget",
    "price",
]
