"""Models side by side on the same inputs: `compare`."""

from __future__ import annotations

from langchain_openrouter.evaluation.comparing.compare import acompare, compare
from langchain_openrouter.evaluation.comparing.comparison import Comparison, ComparisonInterruptedError
from langchain_openrouter.evaluation.comparing.rows import ComparisonRow

__all__ = ["Comparison", "ComparisonInterruptedError", "ComparisonRow", "acompare", "compare"]
