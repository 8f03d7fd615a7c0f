"""What a policy is: named, a function, a class; and what it may not give."""

from __future__ import annotations

import functools
import importlib
import math
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.routing.options import Options, Situation
from langchain_openrouter.routing.policies import cheapest, pareto, sticky
from langchain_openrouter.routing.policy import NamedPolicy, as_policy, policy, policy_of_record
from tests.routing.made import decided, made, options_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_openrouter.routing.policy import Scores

MODELS = [made("a/one", quality=30), made("a/two", "0.000002", quality=50), made("b/three", "0.000003", quality=40)]


def last_first(options: Options, situation: Situation) -> Scores:
    """Prefer what comes last."""
    return list(range(len(options)))


class Letters:
    """Prefers names with many of a letter."""

    def __init__(self, letter: str) -> None:
        self.letter = letter

    def __call__(self, options: Options, situation: Situation, /) -> Sequence[float]:
        return [model.count(self.letter) for model in options.models]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let policies of a test be known only in it."""
    module = importlib.import_module("langchain_openrouter.routing.policy")  # the package has a function of that name
    monkeypatch.setattr(module, "_FUNCTIONS", dict(module._known()))


class TestUsers:
    @pytest.mark.parametrize(
        ("mine", "chosen", "name"),
        [
            (last_first, "b/three", "last_first"),
            (Letters("e"), "b/three", "Letters"),
            (Letters("w"), "a/two", "Letters"),
            (lambda *_: [None, 1, None], "a/two", "<lambda>"),
            (functools.partial(Letters.__call__, Letters("w")), "a/two", "partial"),
        ],
    )
    def test_functions_and_classes(self, mine: Any, chosen: str, name: str) -> None:
        """A function, an object of a class and whatever else can be called is a policy."""
        decision = decided(MODELS, policy=mine)

        assert (decision.chosen, decision.policy, decision.policy_arguments) == (chosen, name, {})
        assert decision.rebuild(mine) == decision

    def test_rebuilt_without_the_function(self) -> None:
        """Who rebuilds a decision by a function of the user's has to pass it."""
        with pytest.raises(ValueError, match="policy='last_first' is none of the package's: pass the function"):
            decided(MODELS, policy=last_first).rebuild()

    @pytest.mark.usefixtures("registry")
    def test_a_policy_of_ones_own(self) -> None:
        """A registered policy is known by name, with its arguments, also to a record."""

        @policy
        def like(options: Options, situation: Situation, *, author: str = "a") -> Scores:
            return [float(model.startswith(author)) for model in options.models]

        decision = decided(MODELS, policy=like(author="b"))

        assert (decision.chosen, decision.policy, decision.policy_arguments) == ("b/three", "like", {"author": "b"})
        assert decision.rebuild() == decision
        assert [as_policy(each) for each in ("like", like, like())] == [NamedPolicy("like")] * 3
        assert decided(MODELS, policy=sticky(then="like")).chosen == "a/one"
        assert repr(like(author="b")) == "like(author='b')"
        assert like.__name__ == "like"

    @pytest.mark.usefixtures("registry")
    def test_the_packages_own_stay(self) -> None:
        """A policy of the user's cannot take the place of one of the package's, in all routers of the process."""

        def cheapest(options: Options, situation: Situation) -> Scores:
            return [0.0] * (len(options) - 1) + [1.0]

        try:
            policy(cheapest)
        except ValueError:
            return
        assert decided(MODELS, policy="cheapest").chosen == "a/one"

    def test_a_function_of_a_known_name(self) -> None:
        """A plain function named like a policy of the package is not taken for it when a decision is rebuilt."""

        def quality(options: Options, situation: Situation) -> Scores:
            return [0.0] * (len(options) - 1) + [1.0]

        decision = decided(MODELS, policy=quality)

        assert decision.chosen == "b/three"
        try:
            again = decision.rebuild()
        except ValueError:
            return
        assert again == decision


class TestNames:
    @pytest.mark.parametrize(
        "name",
        ["balanced", "cheapest", "explore", "fastest", "pareto", "quality", "round_robin", "sticky", "tiered"],
    )
    def test_the_packages(self, name: str) -> None:
        """Each of the package's policies is known by its name, and picklable."""
        found = as_policy(name)

        assert found == NamedPolicy(name) == policy_of_record(name, {})
        assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301
        assert decided(MODELS, policy=name).policy == name

    def test_arguments(self) -> None:
        """What a policy was made with is told, kept in pickles and records, and used."""
        made_with = pareto(min_quality=45)

        assert repr(made_with) == "pareto(min_quality=45)"
        assert pickle.loads(pickle.dumps(made_with)) == made_with == policy_of_record("pareto", {"min_quality": 45})  # noqa: S301
        assert hash(made_with) == hash(pareto(min_quality=45))
        assert decided(MODELS, policy=made_with).chosen == "a/two"

    def test_no_such_policy(self) -> None:
        """A name that is none is refused, and the message says which there are."""
        with pytest.raises(ValueError, match=r"policy='best' is not known. There are balanced, cheapest, .*tiered"):
            as_policy("best")
        assert policy_of_record("best", {}) is None

    @pytest.mark.parametrize("value", [None, 1, ["cheapest"]])
    def test_no_policy(self, value: Any) -> None:
        """What cannot be called is refused."""
        with pytest.raises(TypeError, match="is no policy"):
            as_policy(value)

    def test_called_with_options(self) -> None:
        """Who calls the maker with options is told what to do."""
        with pytest.raises(TypeError, match=r"cheapest\(\) takes its arguments by keyword"):
            cheapest(options_of([1]), Situation())  # type: ignore[call-arg]

    @pytest.mark.parametrize(
        ("name", "arguments", "said"),
        [
            ("explore", {"epsilon": 1.5}, "epsilon=1.5"),
            ("explore", {"epsilon": -0.1}, "epsilon=-0.1"),
            ("sticky", {"by": "treads"}, "by='treads'"),
            ("tiered", {"ceiling": "gold"}, "ceiling='gold'"),
            ("sticky", {"then": "best"}, "'best'"),
        ],
    )
    def test_arguments_that_make_no_sense(self, name: str, arguments: dict[str, Any], said: str) -> None:
        """A value that an argument cannot have is refused, at the latest when it is used, and named."""
        with pytest.raises(ValueError, match=said):
            decided(MODELS, policy=NamedPolicy(name, arguments))


async def asynchronous(options: Options, situation: Situation) -> list[float]:
    """Score in vain: nobody waits."""
    return [0.0] * len(options)


class TestScores:
    @pytest.mark.parametrize(
        ("scores", "told"),
        [
            ([], r"\[\]"),
            ([1.0], r"\[1.0\]"),
            ([1.0, 2.0, 3.0, 4.0], "4.0"),
            ([1.0, math.nan, None], "nan"),
            (None, "None"),
            (1.0, "1.0"),
            (["high", "low", "low"], "high"),
            ([[1.0], [2.0], [3.0]], r"\[1.0\]"),
            ("abc", "abc"),
        ],
        ids=repr,
    )
    def test_refused(self, scores: Any, told: str) -> None:
        """What is no number or `None` for each option is refused, naming the policy, what it gave, and for how many."""

        def mine(options: Options, situation: Situation) -> Any:
            return scores

        with pytest.raises(ValueError, match=f"'mine' gave .*{told}.* for 3 models"):
            decided(MODELS, policy=mine)

    @pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
    def test_coroutine_functions(self) -> None:
        """A coroutine function is no policy, since nobody waits for it, and that is said."""
        with pytest.raises((TypeError, ValueError), match=r"asynchronous|coroutine"):
            decided(MODELS, policy=asynchronous)

    @pytest.mark.parametrize(
        ("scores", "order"),
        [
            ([1, 2, 3], (2, 1, 0)),
            ((1.0, None, 2.0), (2, 0, 1)),
            ([-math.inf, None, 0.0], (2, 0, 1)),
            ([None, None, None], (0, 1, 2)),
            ([False, True, False], (1, 0, 2)),
            ([0.0, -0.0, 0.0], (0, 1, 2)),
            ([5.0, 5.0, None], (0, 1, 2)),
        ],
        ids=repr,
    )
    def test_taken(self, scores: Any, order: tuple[int, ...]) -> None:
        """The highest score is first, `None` is last, and of equals the cheaper is first."""
        decision = decided(MODELS, policy=lambda *_: scores)

        assert decision.ordered == tuple(MODELS[i].id for i in order)
