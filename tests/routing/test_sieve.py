"""Each rule takes out whom it should and nobody else, with its reason and figures: against a look at each model."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_openrouter.costs import estimate
from langchain_openrouter.errors import NoCandidateError
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.needs import read_needs
from langchain_openrouter.routing.options import Situation
from langchain_openrouter.routing.speeds import Speed
from tests.routing.made import AT, PICTURE, SCHEMA, TOOL, decided, made, real_table, rejected_by, snapshot, table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.catalog import Model

MODELS = list(snapshot())


def brute(fits: Callable[[Model], bool]) -> set[str]:
    """Give the real models that do not fit, found by looking at each."""
    return {model.id for model in MODELS if not fits(model)}


def lists(*names: str) -> Callable[[Model], bool]:
    """Say of a model whether it supports one of these, or does not tell what it supports."""
    return lambda model: not model.supported_parameters or bool(model.supported_parameters & set(names))


ARGUMENTS: list[tuple[dict[str, Any], Callable[[Model], bool]]] = [
    ({"tools": [TOOL]}, lists("tools")),
    ({"response_format": SCHEMA}, lists("structured_outputs")),
    ({"response_format": {"type": "json_object"}}, lists("structured_outputs", "response_format")),
    ({"reasoning": {"effort": "low"}}, lists("reasoning")),
    ({"reasoning_effort": "low"}, lists("reasoning", "reasoning_effort")),
    ({"temperature": 0}, lists("temperature")),
    ({"seed": 7}, lists("seed")),
    ({"stop": ["."]}, lists("stop")),
    ({"logit_bias": {"5": 1}}, lists("logit_bias")),
    ({"max_tokens": 1}, lists("max_tokens", "max_completion_tokens")),
    ({"top_a": 0.5}, lists("top_a")),
    ({"tools": [TOOL], "tool_choice": "required"}, lambda model: lists("tools")(model) and lists("tool_choice")(model)),
]


class TestAbilities:
    @pytest.mark.parametrize(
        ("arguments", "fits"), ARGUMENTS, ids=lambda each: "-".join(each) if isinstance(each, dict) else ""
    )
    def test_parameters(self, arguments: dict[str, Any], fits: Callable[[Model], bool]) -> None:
        """Those are out that list parameters, and not this one."""
        decision = decided(real_table(), arguments=arguments)

        assert rejected_by(decision, "parameter") == decision.rejected.keys() == brute(fits)
        assert brute(fits)
        name = next(iter(arguments))
        told = {(each.reason, each.figures) for each in decision.rejected.values()}
        assert (f"it does not support `{name}`", (None, name)) in told
        assert decision.waived == ()

    @pytest.mark.parametrize(
        ("block", "kind"),
        [
            (PICTURE, "image"),
            ({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}, "audio"),
            ({"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}, "video"),
        ],
    )
    def test_inputs(self, block: dict[str, Any], kind: str) -> None:
        """Those are out that do not read what the prompt holds."""
        decision = decided(real_table(), [HumanMessage([block])])

        assert rejected_by(decision, "input") == brute(lambda model: kind in model.input_modalities)
        assert {each.reason for each in decision.rejected.values() if each.rule == "input"} == {
            f"it does not read {kind}"
        }
        assert {each.figures for each in decision.rejected.values() if each.rule == "input"} == {(None, kind)}

    @pytest.mark.parametrize("kind", ["image", "audio"])
    def test_outputs(self, kind: str) -> None:
        """Those are out that do not make what is asked for."""
        decision = decided(real_table(), arguments={"modalities": ["text", kind]})

        assert rejected_by(decision, "output") == brute(lambda model: kind in model.output_modalities)
        assert {(each.reason, each.figures) for each in decision.rejected.values()} == {
            (f"it does not answer with {kind}", (None, kind))
        }

    def test_models_without_words(self) -> None:
        """Where nothing else is asked for, a model that answers with vectors alone is out."""
        vectors = made("a/vectors", outputs=("embeddings",))

        assert rejected_by(decided([vectors, made("a/words")]), "output") == {"a/vectors"}
        painting = decided([vectors, made("a/painter", outputs=("image",))], arguments={"modalities": ["image"]})
        assert rejected_by(painting, "output") == {"a/vectors"}

    def test_nobody_supports_it(self) -> None:
        """A parameter that OpenRouter may leave out, and that nobody takes, is waived, and told; others are not."""
        two = [made("a/one"), made("a/two")]
        decision = decided(two, arguments={"top_k": 5, "seed": 7})

        assert (decision.waived, decision.rejected) == (("top_k", "seed"), {})
        with pytest.raises(NoCandidateError, match="`tools`"):
            decided([made("a/one", supported_parameters=["seed"])], arguments={"tools": [TOOL]})

    ORDERS = ([("seed", 7), ("tools", [TOOL])], [("tools", [TOOL]), ("seed", 7)])

    @pytest.mark.parametrize("arguments", ORDERS, ids=["seed first", "tools first"])
    def test_what_can_be_left_out_comes_last(self, arguments: list[tuple[str, Any]]) -> None:
        """A parameter that can be left out does not cost the answer: who can do all the rest answers, in any order."""
        only_seed = made("a/seed", supported_parameters=["seed"])
        only_tools = made("a/tools", supported_parameters=["tools"])
        decision = decided([only_seed, only_tools], arguments=dict(arguments))

        assert (decision.chosen, decision.waived) == ("a/tools", ("seed",))
        assert rejected_by(decision, "parameter") == {"a/seed"}

    @pytest.mark.parametrize(
        ("prompt", "more"),
        [
            ([HumanMessage([PICTURE])], {}),
            ("word" * 60_000, {}),
            ("Hello", {"max_cost_per_call": "$0.01"}),
            ("Hello", {"min_quality": 40}),
            ("Hello", {"max_latency": 1}),
            ("Hello", {"deny": ["a/plain"]}),
        ],
        ids=["image", "length", "cost", "quality", "latency", "denied"],
    )
    def test_what_can_be_left_out_comes_after_all_demands(self, prompt: Any, more: dict[str, Any]) -> None:
        """A temperature does not leave a request without an answer, when the only one who can give it takes none."""
        eye, both = ["text"], ["text", "image"]
        plain = made("a/plain", "0.01", quality=10, context_length=1000, supported_parameters=["temperature"],
                     architecture={"input_modalities": eye, "output_modalities": eye})  # fmt: skip
        thinker = made("a/thinker", quality=60, context_length=100_000, supported_parameters=["reasoning"],
                       architecture={"input_modalities": both, "output_modalities": eye})  # fmt: skip
        speeds = {"a/plain": Speed(9.0), "a/thinker": Speed(0.1)}
        decision = decided([plain, thinker], prompt, {"temperature": 0}, moment={"speeds": speeds}, **more)

        assert (decision.chosen, decision.waived) == ("a/thinker", ("temperature",))

    def test_two_real_models(self) -> None:
        """A long prompt with a temperature goes to the one of two real models that has room for it."""
        table = table_of(["openai/gpt-4o", "openai/o3"], snapshot())
        decision = decided(table, "word" * 150_000, {"temperature": 0})

        assert (decision.chosen, decision.waived) == ("openai/o3", ("temperature",))


class TestLength:
    @pytest.mark.parametrize("limit", [None, 100, 32_000])
    @pytest.mark.parametrize("margin", [0, 0.1, 0.5])
    @pytest.mark.parametrize("words", [1, 7_000, 30_000, 120_000, 500_000])
    def test_windows(self, words: int, margin: float, limit: int | None) -> None:
        """Those are out whose window is too small for the prompt with its margin and the answer, typical or limited."""
        arguments = {} if limit is None else {"max_tokens": limit}
        decision = decided(real_table(), "word" * words, arguments, context_margin=margin)
        prompt = read_needs([HumanMessage("word" * words)], {}).prompt.expected
        wanted = math.ceil(prompt * (1 + Fraction(str(margin)))) + (limit or 500)
        can = lists("max_tokens", "max_completion_tokens") if limit else lambda _: True

        small = {m.id for m in MODELS if can(m) and m.context_length and m.context_length < wanted}
        assert rejected_by(decision, "context") == small
        for name in small:
            each = decision.rejected[name]
            assert each.figures == (snapshot()[name].context_length, wanted)

    @pytest.mark.parametrize(("margin", "tokens"), [(0.1, 10), (0.1, 50), (0.1, 100), (0.2, 15)])
    def test_exactly_enough(self, margin: float, tokens: int) -> None:
        """A window that is exactly large enough is, whatever floats make of a tenth."""
        prompt = "x" * 4 * (tokens - 8)
        assert read_needs([HumanMessage(prompt)], {}).prompt.expected == tokens
        enough = int(tokens * (1 + Fraction(str(margin)))) + 500
        two = [made("a/enough", context_length=enough), made("a/small", context_length=enough - 1), made("a/other")]

        assert decided(two, prompt, context_margin=margin).rejected.keys() == {"a/small"}

    def test_unknown_windows(self) -> None:
        """A window or a limit that nobody knows is taken to be large enough."""
        decision = decided(["a/unknown", made("a/small", context_length=1000)], "word" * 90_000, {"max_tokens": 10**6})

        assert decision.ordered == ("a/unknown",)

    @pytest.mark.parametrize("limit", [1, 8192, 8193, 65_536, 128_001])
    def test_answers(self, limit: int) -> None:
        """Those are out that make no answers of the length that is asked for, and tell both lengths."""
        decision = decided(real_table(), arguments={"max_tokens": limit})
        can = lists("max_tokens", "max_completion_tokens")
        wanted = math.ceil(read_needs([HumanMessage("Hello")], {}).prompt.expected * 1.1) + limit
        roomy = {m.id for m in MODELS if can(m) and (m.context_length or wanted) >= wanted}
        short = {m.id for m in MODELS if m.id in roomy and m.max_completion_tokens and m.max_completion_tokens < limit}

        assert rejected_by(decision, "max_tokens") == short
        for name in short:
            longest = snapshot()[name].max_completion_tokens
            assert decision.rejected[name].figures == (longest, limit)
            assert f"answers of {longest} tokens at most" in decision.rejected[name].reason

    def test_words_for_large_numbers(self) -> None:
        """The reason tells how many tokens are needed, digit by digit or grouped, not as a power of ten."""
        decision = decided([made("a/small"), "a/unknown"], "word" * 1_234_567, context_margin=0)
        said = decision.rejected["a/small"].reason.replace(",", "").replace("_", "")

        assert "100000" in said
        assert "1235075" in said


class TestQuality:
    @pytest.mark.parametrize("least", [0, 20, 40.5, 60])
    @pytest.mark.parametrize("task", ["code", "math", "general"])
    def test_benchmarks(self, task: Any, least: float) -> None:
        """Those are out whose score at the task's benchmark is too low, or not known."""
        decision = decided(real_table(), situation=Situation(task), min_quality=least)
        scores = {m.id: m.benchmarks.coding if task == "code" else m.benchmarks.intelligence for m in MODELS}

        assert rejected_by(decision, "quality") == {
            name for name, score in scores.items() if score is None or score < least
        }
        for name in rejected_by(decision, "quality"):
            assert decision.rejected[name].figures == (scores[name], least)
            assert f"quality at {task} is" in decision.rejected[name].reason

    def test_own_figures(self) -> None:
        """Figures of the user's own count in place of benchmarks, where there is one for the task."""
        models = [
            Candidate(made("a/one", quality=90), quality={"math": 1}),
            Candidate(made("a/two", quality=10), quality=5),
        ]

        assert rejected_by(decided(models, situation=Situation("math"), min_quality=2), "quality") == {"a/one"}


class TestCost:
    @pytest.mark.parametrize("most", ["$0.0001", "$0.001", "$0.01", "$1"])
    @pytest.mark.parametrize("words", [1, 30_000, 300_000])
    def test_against_each_model(self, words: int, most: str) -> None:
        """Those are out whose answer is expected to cost more, or whose price is not known; exactly as much is fine."""
        prompt = "word" * words
        decision = decided(real_table(), prompt, context_margin=0, max_cost_per_call=most)
        cap = Decimal(most.removeprefix("$"))
        compared = [m for m in MODELS if m.id not in decision.rejected.keys() - rejected_by(decision, "cost")]
        costs = {model.id: estimate(prompt, model, at=AT).expected for model in compared}

        assert rejected_by(decision, "cost") == {name for name, cost in costs.items() if cost is None or cost > cap}
        assert set(decision.ordered) == {name for name, cost in costs.items() if cost is not None and cost <= cap}

    def test_exactly_as_much(self) -> None:
        """What costs exactly as much as it may is in; a picodollar more is out."""
        model = made("a/one")
        cost = estimate("Hello", model, at=AT).expected
        assert cost is not None

        assert not decided([model], max_cost_per_call=cost).rejected
        assert decided([model, "a/free"], max_cost_per_call=None).estimated_cost == cost
        with pytest.raises(NoCandidateError):
            decided([model], max_cost_per_call=cost - Decimal("1e-12"))

    def test_reasons(self) -> None:
        """The reason tells what it would cost and what is allowed; an unknown cost is told as unknown."""
        decision = decided([made("a/dear", "0.01"), "a/unknown", made("a/cheap")], max_cost_per_call="$0.01")

        assert decision.rejected["a/dear"].figures == ("$0.091", "$0.01")
        assert decision.rejected["a/dear"].reason == "its answer would cost about $0.091; at most $0.01 is allowed"
        assert "nobody knows what it costs" in decision.rejected["a/unknown"].reason
        assert (decision.rejected["a/unknown"].figures or [0])[0] is None


class TestSpeed:
    SPEEDS = MappingProxyType(
        {
            "a/quick": Speed(0.5, 100.0),
            "a/slow": Speed(2.5, 100.0),
            "a/drip": Speed(0.5, 10.0),
            "a/timed": Speed(answer_s=3.0),
            "a/exact": Speed(1.0, 50.0),
            "b/other": Speed(99.0, 0.1),
        }
    )
    MODELS = tuple(made(name) for name in ("a/quick", "a/slow", "a/drip", "a/timed", "a/exact", "a/unknown"))

    def test_latency(self) -> None:
        """Those are out whose first token is known to take longer, or whose whole answer, where only that was timed."""
        decision = decided(self.MODELS, moment={"speeds": self.SPEEDS}, max_latency=1)

        assert {name: each.figures for name, each in decision.rejected.items()} == {
            "a/slow": (2.5, 1), "a/timed": (3.0, 1),
        }  # fmt: skip
        assert decision.rejected["a/slow"].reason == "its first token takes 2.50 s; at most 1 s are allowed"
        assert rejected_by(decision, "latency") == {"a/slow", "a/timed"}

    def test_throughput(self) -> None:
        """Those are out that are known to give fewer tokens a second."""
        decision = decided(self.MODELS, moment={"speeds": self.SPEEDS}, min_throughput=50)

        assert {name: each.figures for name, each in decision.rejected.items()} == {"a/drip": (10.0, 50)}
        assert rejected_by(decision, "throughput") == {"a/drip"}

    def test_without_demands(self) -> None:
        """Without demands nobody is out, however slow; and unmeasured models pass every demand."""
        assert not decided(self.MODELS, moment={"speeds": self.SPEEDS}).rejected
        assert not decided(self.MODELS, max_latency=0.001, min_throughput=10**6).rejected


class TestHealth:
    def test_who_rests(self) -> None:
        """Who rests is out, and the reason tells for how long."""
        decision = decided([made("a/one"), made("a/two"), made("a/three")], moment={"waits": [0.0, 12.4, 0.0]})

        assert rejected_by(decision, "health") == {"a/two"}
        assert decision.rejected["a/two"].figures == (12.4, 0)
        assert "12 s" in decision.rejected["a/two"].reason
        assert not decision.last_resort

    def test_all_rest(self) -> None:
        """Where all that fit rest, they are tried all the same, and it is told."""
        models = [made("a/one"), made("a/two"), made("a/blind", supported_parameters=["seed"])]
        decision = decided(models, arguments={"tools": [TOOL]}, moment={"waits": [5.0, 9.0, 0.0]})

        assert decision.last_resort
        assert set(decision.ordered) == {"a/one", "a/two"}
        assert decision.rejected.keys() == {"a/blind"}


def test_all_rules_at_once() -> None:
    """Each candidate has the reason of the first rule that it fails, in the user's order of candidates."""
    models = [
        made("b/denied"), made("a/ok"), made("a/old", expiration_date="2026-01-01"),
        made("a/no-tools", supported_parameters=["seed"]), made("a/small", context_length=600),
        made("a/poor", quality=5), made("a/dear", "0.1", quality=50), made("a/slow", quality=50),
        made("a/tired", quality=50),
    ]  # fmt: skip
    models[1] = made("a/ok", quality=50)
    decision = decided(
        models,
        "word" * 500,
        {"tools": [TOOL]},
        moment={"waits": [0.0] * 8 + [3.0], "speeds": {"a/slow": Speed(5.0)}},
        deny=["b/*"],
        min_quality=30,
        max_cost_per_call="$0.1",
        max_latency=1,
    )

    assert decision.ordered == ("a/ok",)
    assert {name: each.rule for name, each in decision.rejected.items()} == {
        "b/denied": "denied", "a/old": "expired", "a/no-tools": "parameter", "a/small": "context", "a/poor": "quality",
        "a/dear": "cost", "a/slow": "latency", "a/tired": "health",
    }  # fmt: skip
    assert list(decision.rejected) == [model.id for model in models if model.id != "a/ok"]
