"""The policies, each on options whose figures are known, unknown, equal and zero."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from langchain_openrouter.routing.decision import in_order
from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policies import (
    balanced,
    cheapest,
    explore,
    fastest,
    pareto,
    quality,
    round_robin,
    sticky,
    tiered,
)
from langchain_openrouter.routing.policy import NamedPolicy
from tests.routing.made import options_of

HERE = Situation()
EVERY = [
    balanced(),
    cheapest(),
    explore(epsilon=1.0),
    fastest(),
    pareto(),
    quality(),
    round_robin(),
    sticky(),
    tiered(),
]
TIERS = ["free", "budget", "balanced", "premium"]

costs = st.none() | st.just(0) | st.integers(0, 10**13)
numbers = st.none() | st.just(0.0) | st.floats(0.01, 1000)
ROWS = st.lists(
    st.tuples(costs, numbers, numbers, st.none() | st.sampled_from(TIERS)), min_size=1, max_size=9
)  # fmt: skip
APART = st.lists(
    st.tuples(
        st.sampled_from([None, 10**8, 10**9, 3 * 10**10, 10**12]),
        numbers,
        st.sampled_from([None, 1, 5, 30, 300]),
        st.none(),
    ),
    min_size=1,
    max_size=9,
)
"""With costs and times that are well apart, and none of them 0."""

SITUATIONS = st.builds(
    Situation,
    st.sampled_from(["code", "general"]),
    st.sampled_from(["simple", "moderate", "complex"]),
    st.none() | st.sampled_from(["a/0", "a/1", "a/8", "b/other"]),
    st.integers(0, 100),
    st.floats(0, 1, exclude_max=True),
)


def of_rows(rows: list[Any]) -> Options:
    """Give options of their figures."""
    return options_of(*(list(column) for column in zip(*rows, strict=True)))


def order(policy: NamedPolicy, options: Options, situation: Situation = HERE) -> list[int]:
    """Give positions, best first."""
    return in_order(options, policy(options, situation))


class TestEvery:
    @pytest.mark.parametrize("policy", EVERY, ids=repr)
    @settings(max_examples=40, deadline=None)
    @given(rows=ROWS, situation=SITUATIONS)
    def test_a_score_for_each(self, policy: NamedPolicy, rows: list[Any], situation: Situation) -> None:
        """Whatever is known or not, each option has a finite score or none, and nothing is changed."""
        options = of_rows(rows)
        scores = policy(options, situation)

        assert len(scores) == len(rows)
        assert all(score is None or math.isfinite(score) for score in scores)
        assert scores == policy(options, situation)
        assert list(options) == list(of_rows(rows))

    @pytest.mark.parametrize("policy", EVERY, ids=repr)
    @pytest.mark.parametrize("row", [(None, None, None, None), (0, 0.0, 0.0, "free"), (10**9, 50.0, 2.0, "premium")])
    def test_one_option(self, policy: NamedPolicy, row: Any) -> None:
        """Of one option that one is chosen, also where nothing is known of it."""
        assert order(policy, of_rows([row])) == [0]

    @pytest.mark.parametrize("policy", [each for each in EVERY if each.name != "explore"], ids=repr)
    @pytest.mark.parametrize("row", [(None, None, None, None), (0, 0.0, 0.0, "free"), (10**9, 50.0, 2.0, "premium")])
    def test_all_equal(self, policy: NamedPolicy, row: Any) -> None:
        """Of equals the first is chosen, and the others follow in the user's order."""
        assert order(policy, of_rows([row] * 4)) == [0, 1, 2, 3]

    @pytest.mark.parametrize("policy", [balanced(), cheapest(), fastest(), pareto(), quality(), tiered()], ids=repr)
    @settings(max_examples=40, deadline=None)
    @given(rows=ROWS, shuffle=st.randoms(use_true_random=False))
    def test_the_order_of_candidates(self, policy: NamedPolicy, rows: list[Any], shuffle: Any) -> None:
        """In another order the same option is chosen, or one with the same score and the same cost."""
        places = list(range(len(rows)))
        shuffle.shuffle(places)
        here, there = of_rows(rows), of_rows([rows[i] for i in places])
        first, other = order(policy, here)[0], places[order(policy, there)[0]]

        if first != other:
            scores = policy(here, HERE)
            assert here.costs[first] == here.costs[other]
            # `pareto` tells equals apart by their place, in the scores too.
            assert scores[first] == scores[other] or here.qualities[first] == here.qualities[other]


class TestPlain:
    def test_cheapest(self) -> None:
        """The least cost first, 0 before all; what nobody knows comes last."""
        assert order(cheapest(), options_of([5, None, 0, 10**15, 1])) == [2, 4, 0, 3, 1]

    def test_quality(self) -> None:
        """The best first, the cheaper of equals; what nobody measured comes last, the cheaper first."""
        options = options_of([5, 4, 3, None, 1], [50.0, None, 50.0, 60.0, None])

        assert order(quality(), options) == [3, 2, 0, 4, 1]

    def test_negative_quality(self) -> None:
        """Figures of the user's own may be below 0, and are still better than unknown ones."""
        assert order(quality(), options_of([1, 1, 1], [None, -5.0, -1.0])) == [2, 1, 0]

    def test_fastest(self) -> None:
        """The shortest time first; of what nobody has timed the cheaper first."""
        assert order(fastest(), options_of([9, 1, 2, 1], None, [0.5, None, 0.2, 0.5])) == [2, 3, 0, 1]
        assert order(fastest(), options_of([9, None, 2])) == [2, 0, 1]


def _normalised(values: list[Any], unknown: float) -> list[float]:
    known = [value for value in values if value is not None]
    span = max(known, default=0) - min(known, default=0)
    return [unknown if v is None else 1.0 if not span else (v - min(known)) / span for v in values]


class TestBalanced:
    @settings(max_examples=100, deadline=None)
    @given(rows=APART, weights=st.tuples(*[st.floats(0, 5)] * 3))
    def test_the_formula(self, rows: list[Any], weights: tuple[float, float, float]) -> None:
        """Each axis goes from 0 to 1, costs and times by their logarithm, unknowns as documented; weights add up."""
        options = of_rows(rows)
        good = _normalised(list(options.qualities), 0)
        cheap = _normalised([None if c is None else -math.log(c) for c in options.costs], 0)
        quick = _normalised([None if s is None else -math.log(s) for s in options.seconds], 0.5)
        a, b, c = weights
        wanted = [a * x + b * y + c * z for x, y, z in zip(good, cheap, quick, strict=True)]

        assert balanced(quality=a, cost=b, speed=c)(options, HERE) == pytest.approx(wanted, abs=0.01)

    def test_what_is_free_and_what_is_unknown(self) -> None:
        """What costs nothing is the best there; an unknown cost or quality is the worst, an unknown speed middling."""
        options = options_of([0, 10**9, None, 10**6], [None, 10.0, 20.0, 30.0], [None, 1.0, 9.0, 3.0])
        axes = [{"quality": 0, "cost": 0, "speed": 0, axis: 1} for axis in ("cost", "quality", "speed")]
        free, worst, middling = (NamedPolicy("balanced", weights)(options, HERE) for weights in axes)

        assert (free[0], free[1], free[2]) == (1, 0, 0)
        assert (worst[0], worst[1], worst[3]) == (0, 0, 1)
        assert (middling[0], middling[1], middling[2]) == (0.5, 1, 0)

    def test_what_is_usual(self) -> None:
        """Without weights, quality and cost count the same, and speed half."""
        options = options_of([100, 200, 300], [1.0, 5.0, 3.0], [3.0, 2.0, None])

        assert balanced()(options, HERE) == balanced(quality=1, cost=1, speed=0.5)(options, HERE)

    @pytest.mark.parametrize(("axis", "first"), [("quality", 1), ("cost", 0), ("speed", 2)])
    def test_one_axis(self, axis: str, first: int) -> None:
        """With one weight alone, that axis decides."""
        weights: dict[str, float] = {"quality": 0, "cost": 0, "speed": 0, axis: 1}
        options = options_of([10**6, 10**8, 10**9], [10.0, 60.0, 30.0], [9.0, 5.0, 1.0])

        assert order(NamedPolicy("balanced", weights), options)[0] == first

    @settings(max_examples=40, deadline=None)
    @given(rows=ROWS, scale=st.floats(0.001, 1000), shift=st.floats(-100, 100))
    def test_the_unit_of_quality(self, rows: list[Any], scale: float, shift: float) -> None:
        """Quality on another scale, or from another zero, gives the same scores."""
        options = of_rows(rows)
        known = {value for value in options.qualities if value is not None}
        assume(len(known) < 2 or max(known) - min(known) > 1)
        scaled = [None if value is None else value * scale + shift for value in options.qualities]
        other = options_of(options.costs, scaled, options.seconds)

        assert balanced()(other, HERE) == pytest.approx(list(balanced()(options, HERE)), abs=1e-6)

    @settings(max_examples=40, deadline=None)
    @given(
        costs=st.lists(st.none() | st.integers(10**7, 10**12), min_size=1, max_size=9),
        scale=st.integers(2, 1000),
        data=st.data(),
    )
    def test_the_unit_of_cost(self, costs: list[Any], scale: int, data: st.DataObject) -> None:
        """All costs times the same gives the same scores: they are compared by their ratio."""
        known = {cost for cost in costs if cost is not None}
        assume(len(known) < 2 or max(known) > 1.1 * min(known))
        good = data.draw(st.lists(numbers, min_size=len(costs), max_size=len(costs)))
        here = balanced()(options_of(costs, good), HERE)
        there = balanced()(options_of([None if cost is None else cost * scale for cost in costs], good), HERE)

        assert there == pytest.approx(list(here), abs=1e-4)


class TestPareto:
    @settings(max_examples=40, deadline=None)
    @given(ROWS, st.none() | st.floats(0, 1000))
    def test_never_beaten(self, rows: list[Any], least: float | None) -> None:
        """No option beats the chosen one on cost and quality; it is the cheapest that is good enough, or the best."""
        options = of_rows(rows)
        known = [
            (option.cost, option.quality)
            for option in options
            if option.cost is not None and option.quality is not None
        ]
        assume(known)
        cost, good = (known_of := list(options)[order(pareto(min_quality=least), options)[0]]).cost, known_of.quality
        assert cost is not None
        assert good is not None

        assert not any(c <= cost and q >= good and (c, q) != (cost, good) for c, q in known)
        best = max(q for _, q in known)
        enough = 0.75 * best if least is None else least
        fine = [c for c, q in known if q >= enough]
        assert cost == min(fine) if fine else good == best

    def test_the_order(self) -> None:
        """First the frontier that is good enough, the cheapest first; then others, the best first; then unknowns."""
        options = options_of([1, 2, 3, 4, 5, None, 3], [10.0, 40.0, 35.0, 60.0, 50.0, 90.0, None])

        assert order(pareto(min_quality=30), options) == [1, 3, 4, 2, 0, 6, 5]

    def test_no_better_and_dearer(self) -> None:
        """What is dearer and no better is not on the frontier, also where it is as good."""
        assert order(pareto(min_quality=30), options_of([1, 2, 3], [40.0, 40.0, 60.0])) == [0, 2, 1]

    def test_none_is_good_enough(self) -> None:
        """Where none reaches the least quality, the best comes first."""
        assert order(pareto(min_quality=99), options_of([1, 2, 3], [10.0, 30.0, 20.0])) == [1, 2, 0]

    def test_exactly_good_enough(self) -> None:
        """The least quality itself is good enough."""
        assert order(pareto(min_quality=30), options_of([1, 2], [30.0, 60.0])) == [0, 1]
        assert order(pareto(), options_of([1, 2], [45.0, 60.0])) == [0, 1]
        assert order(pareto(), options_of([1, 2], [44.9, 60.0])) == [1, 0]


class TestTiered:
    @pytest.mark.parametrize(("complexity", "chosen"), [("simple", 1), ("moderate", 2), ("complex", 3)])
    def test_by_complexity(self, complexity: str, chosen: int) -> None:
        """The harder the request, the dearer the tier that is preferred."""
        options = options_of([0, 1, 2, 3], [90.0, 10.0, 20.0, 30.0], tiers=TIERS)

        assert order(tiered(), options, Situation(complexity=complexity))[0] == chosen

    def test_the_best_of_a_tier(self) -> None:
        """In a tier the best at the task comes first, and a tier farther away never comes before a nearer one."""
        tiers = ["budget", "balanced", "balanced", "premium", "free", None]
        options = options_of([1, 2, 3, 4, 0, 1], [90.0, 10.0, 20.0, 99.0, 50.0, 99.0], tiers=tiers)

        assert order(tiered(), options, Situation(complexity="moderate")) == [2, 1, 3, 0, 4, 5]

    @pytest.mark.parametrize("complexity", ["simple", "moderate", "complex"])
    @pytest.mark.parametrize("ceiling", TIERS)
    @pytest.mark.parametrize("tiers", list(itertools.permutations(TIERS, 2)), ids="-".join)
    def test_a_ceiling(self, complexity: str, ceiling: str, tiers: tuple[str, str]) -> None:
        """A tier above the ceiling is not chosen as long as there is another, however good it is."""
        policy = NamedPolicy("tiered", {"ceiling": ceiling})
        chosen = tiers[
            order(policy, options_of([1, 2], [10.0, 90.0], tiers=tiers), Situation(complexity=complexity))[0]
        ]
        allowed = set(TIERS[: TIERS.index(ceiling) + 1])

        assert chosen in allowed or not allowed & set(tiers)


class TestRoundRobin:
    @pytest.mark.parametrize("count", [1, 2, 3, 7])
    def test_fair(self, count: int) -> None:
        """Each is first as often as all others, in the user's order; who is next follows."""
        options = options_of([count - i for i in range(count)])
        orders = [order(round_robin(), options, Situation(turn=turn)) for turn in range(3 * count)]

        assert [each[0] for each in orders] == list(range(count)) * 3
        assert all(each == [(each[0] + i) % count for i in range(count)] for each in orders)


class TestSticky:
    @pytest.mark.parametrize("by", ["thread", "history", "user"])
    @settings(max_examples=40, deadline=None)
    @given(rows=ROWS, situation=SITUATIONS)
    def test_stays(self, by: Any, rows: list[Any], situation: Situation) -> None:
        """It stays as long as it can, else another policy decides; and so do the alternatives."""
        options = of_rows(rows)
        usual = order(balanced(), options, situation)
        stays = [options.models.index(situation.previous)] if situation.previous in options.models else []

        assert order(sticky(by=by), options, situation) == stays + [i for i in usual if i not in stays]

    @pytest.mark.parametrize("then", ["cheapest", "quality", "balanced", "pareto", "tiered", "round_robin", "fastest"])
    def test_stays_whatever_else_would_decide(self, then: str) -> None:
        """It stays with a dear model, too, whichever policy would decide the first time."""
        options = options_of([1, 100, 10], [60.0, 50.0, 40.0], [1.0, 2.0, 3.0], tiers=["balanced"] * 3)

        assert order(sticky(then=then), options, Situation(previous="a/1"))[0] == 1
        assert order(sticky(then=then), options)[0] == 0

    def test_own_scores_of_any_size(self) -> None:
        """It stays also where the policy behind it gives scores of any size."""

        def huge(options: Options, situation: Situation) -> list[float]:
            return [1e12, 1.0]

        assert order(sticky(then=huge), options_of([1, 2]), Situation(previous="a/1"))[0] == 1


class TestExplore:
    @pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.5, 1.0])
    @pytest.mark.parametrize("then", ["cheapest", "balanced", "pareto", "quality", "sticky"])
    def test_how_often(self, epsilon: float, then: str) -> None:
        """Over draws from 0 to 1 chance chooses in that share of them, and each option as often as the others."""
        options = options_of([1, 2, 3, 4], [40.0, 30.0, 20.0, 10.0])
        draws = [(i + 0.5) / 1000 for i in range(1000)]
        seen = Counter(
            order(explore(epsilon=epsilon, then=then), options, Situation(draw=draw, previous="a/0"))[0]
            for draw in draws
        )

        assert [seen[i] for i in (1, 2, 3)] == [round(250 * epsilon)] * 3

    def test_what_decides_else(self) -> None:
        """Where chance does not choose, and among the alternatives, the other policy decides."""
        options = options_of([4, 3, 2, 1])

        assert order(explore(epsilon=0.2, then="cheapest"), options, Situation(draw=0.2)) == [3, 2, 1, 0]
        assert order(explore(epsilon=0.2, then="cheapest"), options, Situation(draw=0.0)) == [0, 3, 2, 1]

    @settings(max_examples=40, deadline=None)
    @given(st.floats(0, 1), st.floats(0, 1, exclude_max=True), st.integers(1, 50))
    def test_any_draw(self, epsilon: float, draw: float, count: int) -> None:
        """Every draw below epsilon is one of the options, and all others are none."""
        options = options_of(list(range(1, count + 1)))
        scores = explore(epsilon=epsilon, then="cheapest")(options, Situation(draw=draw))
        usual = cheapest()(options, HERE)

        assert sum(one != other for one, other in zip(scores, usual, strict=True)) == (draw < epsilon)


def test_nested() -> None:
    """Policies can stand in one another: explore now and then, else stay, else the cheapest."""
    policy = explore(epsilon=0.5, then=sticky(then="cheapest"))
    options = options_of([3, 2, 1])
    turns = itertools.product([0.1, 0.9], [None, "a/1"])

    assert [order(policy, options, Situation(draw=draw, previous=previous))[0] for draw, previous in turns] == [
        0,
        0,
        2,
        1,
    ]
