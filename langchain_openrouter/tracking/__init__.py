"""LangChain's callbacks, and what they tell of each call: whose it is, what it may cost, what it did cost."""

from __future__ import annotations

from langchain_openrouter.tracking.ambient import track_cost
from langchain_openrouter.tracking.handler import OpenRouterCostHandler
from langchain_openrouter.tracking.tally import Tally

__all__ = ["OpenRouterCostHandler", "Tally", "track_cost"]
