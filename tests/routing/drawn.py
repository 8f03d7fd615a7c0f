"""Requests, demands and moments of every kind over the real catalog, for tests of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from langchain_openrouter.errors import NoCandidateError
from langchain_openrouter.routing.options import Situation
from langchain_openrouter.routing.policies import balanced, explore, pareto, sticky, tiered
from langchain_openrouter.routing.speeds import Speed
from tests.routing.made import PICTURE, SCHEMA, TOOL, decided, snapshot, table_of

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from langchain_openrouter.routing.decision import RoutingDecision

NAMES = [model.id for model in snapshot()]

ARGUMENTS: dict[str, list[Any]] = {
    "tools": [[TOOL]],
    "response_format": [SCHEMA, {"type": "json_object"}],
    "reasoning": [{"effort": "low"}, {"enabled": False}],
    "temperature": [0, 1],
    "seed": [7],
    "top_k": [5],
    "max_tokens": [16, 4000, 64_000],
    "modalities": [["text", "image"]],
    "logit_bias": [{"5": 1}],
}
PROMPTS: list[list[BaseMessage]] = [
    [HumanMessage("Hello")],
    [SystemMessage("Be brief."), HumanMessage("word" * 40_000)],
    [HumanMessage("word" * 210_000)],
    [HumanMessage([{"type": "text", "text": "What is this?"}, PICTURE])],
    [HumanMessage([{"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}]), AIMessage("So?")],
]
DEMANDS: dict[str, list[Any]] = {
    "max_cost_per_call": ["$0.001", "$0.05", 0],
    "min_quality": [20, 45.5, {"coding": 30}, {"agentic": 20, "intelligence": 10}],
    "max_latency": [1, 3],
    "min_throughput": [50],
    "context_margin": [0, 0.5],
    "allow": [["*:free", "openai/*", "anthropic/*"], ["*"]],
    "deny": [["google/*"], ["*:free"]],
    "open_weights": [True],
    "free": [True],
    "zdr": [True],
    "data_collection": ["deny"],
}
POLICIES: list[Any] = [
    "balanced", "cheapest", "quality", "fastest", "pareto", "tiered", "round_robin", "sticky", "explore",
    pareto(min_quality=40), balanced(quality=3, cost=0.5), tiered(ceiling="balanced"), sticky(then="quality"),
    explore(epsilon=0.5, then="cheapest"),
]  # fmt: skip


def _some(choices: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    drawn = [st.tuples(st.just(name), st.sampled_from(values)) for name, values in choices.items()]
    return st.lists(st.one_of(drawn), max_size=3).map(dict)


situations = st.builds(
    Situation,
    st.sampled_from(["code", "math", "general"]),
    st.sampled_from(["simple", "moderate", "complex"]),
    st.none() | st.sampled_from(NAMES),
    st.integers(0, 1000),
    st.floats(0, 1, exclude_max=True),
)
arguments = _some(ARGUMENTS)
demands = _some(DEMANDS)
prompts = st.sampled_from(PROMPTS)
policies = st.sampled_from(POLICIES)
subsets = st.lists(st.sampled_from(NAMES), min_size=1, max_size=25, unique=True)
speeds = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(
        Speed,
        st.none() | st.floats(0.125, 9, width=16),
        st.none() | st.floats(1, 300, width=16),
        st.none() | st.floats(0.125, 30, width=16),
    ),
    max_size=9,
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw all that a decision is made from: arguments of `made.decided`."""
    names = draw(subsets)
    waits = draw(st.just([]) | st.lists(st.sampled_from([0.0, 7.5]), min_size=len(names), max_size=len(names)))
    return {
        "candidates": names,
        "prompt": draw(prompts),
        "arguments": draw(arguments),
        "policy": draw(policies),
        "situation": draw(situations),
        "moment": {"waits": waits, "speeds": draw(speeds)},
        **draw(demands),
    }


def decision_of(request: dict[str, Any], order: Sequence[int] | None = None) -> RoutingDecision | NoCandidateError:
    """Make the decision of a drawn request, with its candidates in this order; give the error where there is none."""
    names: list[str] = request["candidates"]
    waits: list[float] = request["moment"]["waits"]
    order = range(len(names)) if order is None else order
    moment = {**request["moment"], "waits": [waits[i] for i in order] if waits else []}
    table = table_of([names[i] for i in order], snapshot())
    others = {name: value for name, value in request.items() if name not in {"candidates", "moment"}}
    try:
        return decided(table, **others, moment=moment)
    except NoCandidateError as error:
        return error


def any_request(chance: random.Random) -> dict[str, Any]:
    """Draw a request by plain chance: the auditor's, which are many and need not shrink."""
    names = chance.sample(NAMES, chance.choice([3, 30, len(NAMES)]))
    some = chance.sample(sorted(ARGUMENTS), chance.choice([0, 0, 1, 2]))
    demanded = chance.sample(sorted(DEMANDS), chance.choice([0, 1, 2]))
    return {
        "candidates": names,
        "prompt": chance.choice(PROMPTS),
        "arguments": {name: chance.choice(ARGUMENTS[name]) for name in some},
        "policy": chance.choice(POLICIES),
        "situation": Situation(
            chance.choice(["code", "general"]), chance.choice(["simple", "complex"]), chance.choice([None, *names]),
            chance.randrange(100), chance.random(),
        ),
        "moment": {
            "waits": [chance.choice([0.0, 0.0, 4.5]) for _ in names],
            "speeds": {name: Speed(chance.random() * 3, chance.random() * 200) for name in names[:20]},
        },
        **{name: chance.choice(DEMANDS[name]) for name in demanded},
    }  # fmt: skip
