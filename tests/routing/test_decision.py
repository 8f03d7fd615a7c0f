"""What a decision tells: its figures, its words, its record; and that it comes back from there."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_openrouter.routing.constraints import Rejection
from langchain_openrouter.routing.decision import RoutingDecision
from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policies import cheapest, explore, pareto, sticky
from langchain_openrouter.routing.speeds import Speed
from tests.routing.made import AT, PICTURE, SCHEMA, TOOL, decided, made, real_table, snapshot, table_of

if TYPE_CHECKING:
    from langchain_openrouter.routing.policy import Scores

MODELS = [
    made("a/one", quality=50),
    made("a/two", "0.00001", quality=60.5),
    made("a/blind", supported_parameters=["seed"]),
    "a/unknown",
]
HERE = Situation("code", "complex", "a/two", 7, 0.125)


def small(**more: Any) -> RoutingDecision:
    """Give a decision among four models, one of which is out."""
    given: dict[str, Any] = {"situation": HERE, "policy": "quality", "arguments": {"tools": [TOOL]}}
    return decided(table_of(MODELS), **given | more)


def mine(options: Options, situation: Situation) -> Scores:
    """Prefer what comes last."""
    return list(range(len(options)))


class TestWhatItTells:
    def test_the_figures(self) -> None:
        """Who was chosen, who else could answer, who could not, for what work, at what cost."""
        decision = small()

        assert decision.chosen == "a/two"
        assert decision.ordered == ("a/two", "a/one", "a/unknown")
        assert decision.alternatives == ("a/one", "a/unknown")
        assert decision.rejected == {"a/blind": Rejection("parameter", "it does not support `tools`", (None, "tools"))}
        assert (decision.task, decision.complexity, decision.task_reason) == ("code", "complex", "said so")
        assert (decision.policy, decision.policy_arguments) == ("quality", {})
        tokens = decision.needs.prompt.expected
        assert decision.estimated_cost == tokens * Decimal("0.00001") + 500 * Decimal("0.000002")
        assert decision.cost_of("a/one") == (tokens + 1000) * Decimal("0.000001")
        assert (decision.at, decision.catalog_date, decision.waived, decision.last_resort) == (AT, AT, (), False)

    @pytest.mark.parametrize(
        ("fetched", "age"),
        [
            (None, None),
            (AT - dt.timedelta(hours=3), dt.timedelta(hours=3)),
            (AT + dt.timedelta(hours=3), dt.timedelta(0)),
        ],
    )
    def test_how_old_the_facts_are(self, fetched: dt.datetime | None, age: dt.timedelta | None) -> None:
        """The age of the facts is that at the decision; never negative, and unknown where the day is."""
        from langchain_openrouter.catalog import Catalog

        decision = decided(table_of([made("a/one")], Catalog([], fetched_at=fetched)))

        assert decision.catalog_age == age
        assert decision.catalog_date == fetched

    def test_equality(self) -> None:
        """Decisions are equal if their records are; other things are never equal to one."""
        assert small() == small()
        assert len({small(), small()}) == 1
        assert small() != small(policy="cheapest")
        assert small() != small(situation=Situation("math", "complex", "a/two", 7, 0.125))
        assert small() != "a/two"

    def test_repr(self) -> None:
        """It can be shown, without asking for hundreds of reasons."""
        assert "policy='quality'" in repr(small())


class TestExplain:
    def test_the_words(self) -> None:
        """It says who, by which policy, for what, and line by line why not the others."""
        speeds = {"a/one": Speed(0.5, 100.0)}
        decision = small(policy=pareto(min_quality=40), moment={"speeds": speeds})
        lines = decision.explain().splitlines()

        assert lines[0] == decision.reason
        assert decision.reason.startswith("a/one is first of 3")
        assert decision.reason.endswith("by pareto(min_quality=40), for complex code (said so).")
        assert [line.split(":")[0].strip() for line in lines[1:]] == ["a/one", "a/two", "a/unknown", "not a/blind"]
        assert "quality 50" in lines[1]
        assert "5.5 s" in lines[1]
        assert "quality 60.5" in lines[2]
        assert "s," not in lines[2].partition("quality")[2]
        assert "no score" in lines[3]
        assert "unknown" in lines[3].partition("no score")[2]
        assert lines[4] == "  not a/blind: it does not support `tools`"

    def test_what_it_costs(self) -> None:
        """Costs are told in dollars, exactly, and without exponents."""
        cost = small().cost_of("a/one")
        assert cost is not None
        assert f"${cost.normalize():f}" in small().explain()
        assert "E-" not in decided(real_table()).explain()

    @pytest.mark.parametrize("count", [1, 19, 20, 21, 60])
    @pytest.mark.parametrize("out", [0, 1, 20, 21, 60])
    def test_of_hundreds(self, count: int, out: int) -> None:
        """Of many it shows twenty options and twenty that are out, and says how many more there are."""
        models = [made(f"a/{i}") for i in range(count)] + [made(f"b/{i}") for i in range(out)]
        lines = decided(models, deny=["b/*"]).explain().splitlines()
        shown = sum(line.startswith("  a/") for line in lines), sum(line.startswith("  not b/") for line in lines)
        left_out = count + out - sum(shown)

        assert shown == (min(count, 20), min(out, 20))
        assert lines[-1].strip() == f"… and {left_out} more" if left_out else "more" not in lines[-1]
        assert len(lines) == 1 + sum(shown) + (left_out > 0)


def through_json(decision: RoutingDecision) -> RoutingDecision:
    """Write a decision's record as strict JSON and read it back."""
    return RoutingDecision.from_record(json.loads(json.dumps(decision.record(), allow_nan=False)))


DECISIONS: list[dict[str, Any]] = [
    {},
    {"policy": "cheapest", "arguments": {}},
    {"policy": pareto(min_quality=55.5)},
    {"policy": sticky(by="user", then="cheapest")},
    {"policy": explore(epsilon=0.5, then="quality"), "situation": Situation(draw=0.1 + 0.2)},
    {"prompt": [HumanMessage([PICTURE])], "arguments": {"response_format": SCHEMA, "max_tokens": 77, "seed": 1}},
    {"moment": {"waits": [1.5, 2.5, 0.0, 3.5]}},
    {"moment": {"waits": [0.0, 2.5, 0.0, 0.0], "speeds": {"a/one": Speed(0.1, 3.3)}}},
    {"max_cost_per_call": Decimal("0.0100"), "min_quality": {"intelligence": 30}, "deny": ["b/*"], "zdr": True},
    {"arguments": {"top_a": 0.3}},
]


class TestRecord:
    @pytest.mark.parametrize("given", DECISIONS, ids=repr)
    def test_there_and_back(self, given: dict[str, Any]) -> None:
        """A decision comes back from its record, through JSON and pickle, and is made again from it: all are equal."""
        decision = small(**given)
        copied = pickle.loads(pickle.dumps(decision))  # noqa: S301
        for other in (through_json(decision), copied, decision.rebuild()):
            assert other == decision
            assert other.record() == decision.record()
            assert (other.chosen, other.ordered) == (decision.chosen, decision.ordered)
            assert dict(other.rejected) == dict(decision.rejected)
            assert (other.explain(), other.summary()) == (decision.explain(), decision.summary())
            assert (other.estimated_cost, other.catalog_age) == (decision.estimated_cost, decision.catalog_age)
            assert (other.needs, other.situation, hash(other)) == (decision.needs, decision.situation, hash(decision))
        assert through_json(decision).rebuild() == decision

    @pytest.mark.parametrize(
        "policy",
        [
            sticky(then=pareto(min_quality=40)),
            explore(epsilon=0.25, then=sticky(then="cheapest")),
            sticky(then=cheapest),  # type: ignore[arg-type]  # a maker is taken, though the type does not say so
            explore(then=mine),
        ],
        ids=["with arguments", "nested twice", "a maker", "a function"],
    )
    def test_a_policy_in_another(self, policy: Any) -> None:
        """A policy that another one turns to is in the record as JSON; what is the package's can be made again."""
        decision = small(policy=policy)
        back = through_json(decision)

        assert back == decision
        if policy.arguments["then"] is not mine:
            assert back.rebuild() == decision

    @pytest.mark.parametrize(
        "demands", [{"allow": ("a/*",)}, {"deny": {"b/c"}}, {"deny": frozenset({"b/c"})}], ids=repr
    )
    def test_demands_in_any_form(self, demands: dict[str, Any]) -> None:
        """Patterns may be given as a tuple or a set, and the decision still equals what is read from its record."""
        decision = small(**demands)

        assert through_json(decision) == decision

    def test_numbers_of_numpy(self) -> None:
        """A policy may give an array of NumPy's: it counts, and its record is JSON."""
        numpy = pytest.importorskip("numpy")
        decision = small(policy=lambda *_: numpy.array([1.0, 2.0, 0.5], dtype="float32"))

        assert decision.chosen == "a/two"
        assert through_json(decision) == decision

    def test_infinite_scores(self) -> None:
        """A policy may give infinite scores: the record is still JSON that any program reads."""
        decision = small(policy=lambda *_: [float("inf"), 1.0, float("-inf")])

        assert decision.ordered == ("a/one", "a/two", "a/unknown")
        assert through_json(decision) == decision

    def test_all_that_is_in_it(self) -> None:
        """The record holds every figure that was compared, and every reason."""
        record = small().record()

        second = record["options"][1]
        assert second.keys() == {"model", "cost", "quality", "seconds", "tier", "score"}
        assert (second["model"], second["quality"], second["score"], second["seconds"]) == ("a/two", 60.5, 60.5, None)
        assert Decimal(second["cost"]) == Decimal(record["estimated_cost"]) == small().estimated_cost
        assert [each["model"] for each in record["options"]] == ["a/one", "a/two", "a/unknown"]
        assert record["rejected"] == {
            "a/blind": {"rule": "parameter", "reason": "it does not support `tools`", "figures": [None, "tools"]}
        }
        assert record["situation"] == {"previous": "a/two", "turn": 7, "draw": 0.125}
        assert (record["chosen"], record["alternatives"]) == ("a/two", ["a/one", "a/unknown"])
        assert (record["task"], record["complexity"], record["task_reason"]) == ("code", "complex", "said so")
        assert (record["at"], record["catalog_date"]) == (AT.isoformat(), AT.isoformat())
        assert record["constraints"] == {"context_margin": 0.1}

    def test_a_changed_record_is_found_out(self) -> None:
        """Who changes a score, or who is said to be chosen, is found out: made again, the record is another."""
        record = small().record()
        scored = json.loads(json.dumps(record))
        scored["options"][0]["score"] = 99.0
        named = {**record, "chosen": "a/one"}

        for changed in (scored, named):
            assert RoutingDecision.from_record(changed).rebuild().record() != changed
        assert RoutingDecision.from_record(record).rebuild().record() == record

    def test_rebuilt_by_another_policy(self) -> None:
        """With another policy, an auditor sees what that would have chosen from the same options."""
        other = small().rebuild(pareto(min_quality=40))

        assert (other.chosen, small().chosen) == ("a/one", "a/two")
        assert other != small()

    def test_the_policy_of_a_record_does_not_share(self) -> None:
        """Who changes a record does not change the decision."""
        decision = small(policy=pareto(min_quality=40))
        record = decision.record()
        record["policy_arguments"]["min_quality"] = 0
        record["constraints"]["free"] = True
        record["options"].clear()

        assert decision == small(policy=pareto(min_quality=40))


class TestSummary:
    def test_of_few(self) -> None:
        """Of up to twenty models a message tells all."""
        models = [made(f"a/{i}") for i in range(15)] + [made(f"b/{i}") for i in range(5)]
        decision = decided(models, deny=["b/*"])

        assert decision.summary() == decision.record()
        assert RoutingDecision.from_record(decision.summary()) == decision

    def test_of_many(self) -> None:
        """Of more it tells who was chosen, who comes next, and how many were out by which rule."""
        decision = decided(real_table(), arguments={"tools": [TOOL]}, min_quality=30)
        summary = decision.summary()

        assert (summary["chosen"], summary["alternatives"]) == (decision.chosen, list(decision.alternatives[:20]))
        assert summary["considered"] + sum(summary["rejected_by"].values()) == 413
        assert summary["considered"] == len(decision.options)
        assert summary["rejected_by"].keys() == {"parameter", "quality"}
        assert len(json.dumps(summary)) < 3000
        with pytest.raises(ValueError, match="the summary of a decision among many models"):
            RoutingDecision.from_record(summary)

    def test_twenty_one(self) -> None:
        """Twenty-one models are many."""
        assert "options" not in decided([made(f"a/{i}") for i in range(21)]).summary()


def test_who_rests() -> None:
    """Those that rest are known, the one that is well again soonest first."""
    decision = small(moment={"waits": [9.0, 3.0, 4.0, 0.0]})

    assert decision.chosen == "a/unknown"
    assert decision.resting == ("a/two", "a/one")
    assert small().resting == ()
    assert through_json(decision).resting == decision.resting


def test_real_names() -> None:
    """The chosen one is found in the catalog by its name."""
    assert decided(real_table(), policy="quality").chosen in snapshot()
