"""Middleware for `create_agent`: a budget for an agent, and the choice of the model for each of its calls."""

from __future__ import annotations

from langchain_openrouter.agents.budget import BudgetMiddleware, BudgetState
from langchain_openrouter.agents.routing import RoutingMiddleware

__all__ = ["BudgetMiddleware", "BudgetState", "RoutingMiddleware"]
