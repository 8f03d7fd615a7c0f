"""Cheap models first, a dearer one where they do not convince.

Example:
    ```python
    from langchain_openrouter import Cascade
    from langchain_openrouter.cascade import Agreed

    cascade = Cascade(models=["cheap/one", "cheap/two", "strong/one"], accept=Agreed(by="number"))
    ```
"""

from __future__ import annotations

from langchain_openrouter.cascade.accepting import AcceptanceLike, Agreed, Judged, MeanLogprob
from langchain_openrouter.cascade.cascade import Cascade
from langchain_openrouter.cascade.case import Acceptance, Answer, Case, Verdict
from langchain_openrouter.cascade.savings import Outlay, Savings
from langchain_openrouter.cascade.validity import valid_schema, valid_tool_calls
from langchain_openrouter.cascade.verifier import Verifier

__all__ = [
    "Acceptance",
    "AcceptanceLike",
    "Agreed",
    "Answer",
    "Cascade",
    "Case",
    "Judged",
    "MeanLogprob",
    "Outlay",
    "Savings",
    "Verdict",
    "Verifier",
    "valid_schema",
    "valid_tool_calls",
]
