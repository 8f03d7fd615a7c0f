"""Money: what an answer cost, and what a request may cost. Exact decimals; unknown is ``None``, never 0.

Example:
    >>> from langchain_openrouter.costs import price
    >>> price({"prompt_tokens": 1000, "completion_tokens": 100}, "openai/gpt-4o-mini").total
    Decimal('0.00021000')
"""

from __future__ import annotations

from langchain_openrouter.costs.charge import Charge, ChargePart, PartKind
from langchain_openrouter.costs.estimation import Estimate, estimate
from langchain_openrouter.costs.pricing import price
from langchain_openrouter.costs.prompt import TokenRange
from langchain_openrouter.costs.usage import Usage

__all__ = ["Charge", "ChargePart", "Estimate", "PartKind", "TokenRange", "Usage", "estimate", "price"]
