"""Calls that are made up."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st

from langchain_openrouter.costs.record import CallRecord, CostStatus

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
HOSTILE = '<script>alert("1")</script>\'&<b onload=x>'

_numbers = itertools.count()


def call(cost: str | None = None, **more: Any) -> CallRecord:
    """Give a call at noon of model `a/b`, with any field set."""
    told = {"started_at": NOON, "model": "a/b", "status": "unknown" if cost is None else "billed", **more}
    return CallRecord(id=f"call-{next(_numbers)}", cost=None if cost is None else Decimal(cost), **told)


_names = st.sampled_from(["a/b", "c/d", "e/f:free", HOSTILE, "=1+1", "\u202eright\nleft", "日本/語"])
_amounts = st.integers(0, 10**16).map(lambda nano: Decimal(nano).scaleb(-9))
_tokens = st.none() | st.integers(0, 10**9)
_seconds = st.none() | st.floats(0, 1e5)


@st.composite
def records(draw: st.DrawFn) -> CallRecord:
    """Give any call: known or not, billed or from a cache, of any model, with strange names."""
    status: CostStatus = draw(st.sampled_from(get_args(CostStatus)))
    cost = {"unknown": None, "cached": Decimal(0)}.get(status, draw(_amounts))
    return CallRecord(
        id=f"call-{next(_numbers)}",
        started_at=NOON + dt.timedelta(seconds=draw(st.integers(-(10**7), 10**7))),
        cost=cost,
        status=status,
        pending=draw(st.booleans()),
        model=draw(st.none() | _names),
        model_asked=draw(st.none() | _names),
        provider=draw(st.none() | _names),
        error=draw(st.none() | st.sampled_from(["OpenRouterTimeoutError", "OpenRouterRateLimitError"])),
        prompt_tokens=draw(_tokens),
        completion_tokens=draw(_tokens),
        reasoning_tokens=draw(st.integers(0, 1000)),
        first_token_s=draw(_seconds),
        duration_s=draw(_seconds),
        tags=tuple(draw(st.lists(_names, max_size=3))),
        metadata=draw(st.dictionaries(st.sampled_from(["team", "round"]), _names | st.integers() | st.booleans())),
        user=draw(st.none() | _names),
    )
