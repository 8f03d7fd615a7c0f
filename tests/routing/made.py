"""What the tests of the router are made of: models, options and decisions."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, HumanMessage

from langchain_openrouter.catalog import Catalog, Model
from langchain_openrouter.routing.candidate import Candidate, candidates_of
from langchain_openrouter.routing.constraints import Constraints
from langchain_openrouter.routing.deciding import Moment, Terms, decide
from langchain_openrouter.routing.needs import read_needs
from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policy import as_policy
from langchain_openrouter.routing.table import Table
from tests.costs.made import BASE
from tests.costs.made import model as record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_openrouter.routing.decision import RoutingDecision

AT = dt.datetime(2026, 8, 15, 12, 0, tzinfo=dt.UTC)
"""The day of the snapshot."""

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "description": "Tell the weather.", "parameters": {"type": "object"}},
}
SCHEMA: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "town", "schema": {"type": "object"}}}


@functools.cache
def snapshot() -> Catalog:
    """Give the catalog that the package carries: 413 real models."""
    return Catalog.load("snapshot")


@functools.cache
def real_table() -> Table:
    """Give all real models as candidates."""
    return Table(candidates_of(list(snapshot()), snapshot()), snapshot())


NOTHING_KNOWN = Catalog.from_response([], fetched_at=AT)


def made(name: str, prompt: str = "0.000001", completion: str = "0.000002", **more: Any) -> Model:
    """Make a model that costs a dollar a million tokens in and two out, unless it is said otherwise."""
    pricing = {**BASE, "prompt": prompt, "completion": completion, **more.pop("pricing", {})}
    quality = more.pop("quality", None)
    if quality is not None:
        more["benchmarks"] = {"artificial_analysis": {"intelligence_index": quality, "coding_index": quality}}
    return Model.from_record(record_of(name, pricing, **more))


def table_of(candidates: Iterable[Any], catalog: Catalog = NOTHING_KNOWN) -> Table:
    """Give a table of models or candidates."""
    return Table([each if isinstance(each, Candidate) else Candidate(each) for each in candidates], catalog)


def terms_of(candidates: Table | Iterable[Any], policy: Any = "cheapest", **constraints: Any) -> Terms:
    """Give what a router was told."""
    table = candidates if isinstance(candidates, Table) else table_of(candidates)
    demands = Constraints(**constraints)
    return Terms(table, demands, as_policy(policy), demands.lasting(table, AT.date()))


def decided(
    candidates: Table | Iterable[Any],
    prompt: str | Sequence[BaseMessage] = "Hello",
    arguments: dict[str, Any] | None = None,
    *,
    policy: Any = "cheapest",
    situation: Situation | None = None,
    moment: dict[str, Any] | None = None,
    **constraints: Any,
) -> RoutingDecision:
    """Decide who answers a prompt."""
    messages = [HumanMessage(prompt)] if isinstance(prompt, str) else prompt
    return decide(
        terms_of(candidates, policy, **constraints),
        Moment(**{"at": AT, **(moment or {})}),
        read_needs(messages, arguments or {}),
        situation or Situation(),
        "said so",
    )


def options_of(
    costs: Sequence[int | None],
    qualities: Sequence[float | None] | None = None,
    seconds: Sequence[float | None] | None = None,
    tiers: Sequence[Any] | None = None,
) -> Options:
    """Give options named `a/0`, `a/1`, …; what is left out is unknown of all of them."""
    unknown = [None] * len(costs)
    return Options(
        [f"a/{i}" for i in range(len(costs))], costs, qualities or unknown, seconds or unknown, given(tiers, unknown)
    )


def given(tiers: Sequence[Any] | None, unknown: Sequence[None]) -> Callable[[], Sequence[Any]]:
    """Give tiers when they are asked for."""
    return lambda: unknown if tiers is None else tiers


def rejected_by(decision: RoutingDecision, rule: str) -> set[str]:
    """Give the models that a rule took out."""
    return {name for name, each in decision.rejected.items() if each.rule == rule}
