"""What the user demands: which values are taken, and who can never answer."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.catalog import Catalog, Model
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.constraints import Constraints
from tests.routing.made import AT, NOTHING_KNOWN, decided, made, real_table, snapshot, table_of
from tests.routing.test_candidate import OfAnother

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = list(snapshot())
ALLOWED = {model.id for model in MODELS if model.variant == "free"} | {"x-ai/grok-4.6"}
DENIED = re.compile(r"mistralai/|qwen/qwen3\..-")


class TestValues:
    @pytest.mark.parametrize(
        "demands",
        [
            {"max_cost_per_call": "cheap"},
            {"max_cost_per_call": -1},
            {"min_quality": {"inteligence": 40}},
            {"min_quality": "high"},
            {"min_quality": float("nan")},
            {"min_quality": {"coding": float("nan")}},
            {"max_latency": 0},
            {"max_latency": -1},
            {"max_latency": float("nan")},
            {"min_throughput": 0},
            {"context_margin": -0.1},
            {"context_margin": float("nan")},
            {"allow": "anthropic/*"},
            {"deny": "anthropic/*"},
            {"data_collection": "never"},
            {"region": "mars"},
        ],
        ids=repr,
    )
    def test_refused(self, demands: dict[str, Any]) -> None:
        """A value that a demand cannot have is refused when it is made, and the message names both."""
        [name] = demands
        with pytest.raises(ValueError, match=name):
            Constraints(**demands)

    def test_a_slip_is_understood(self) -> None:
        """The message says which was probably meant."""
        with pytest.raises(ValueError, match="Did you mean 'intelligence'"):
            Constraints(min_quality={"inteligence": 40})

    def test_nothing(self) -> None:
        """Without demands nothing is demanded, and nobody is out."""
        assert Constraints().record() == {"context_margin": 0.1}
        assert Constraints().provider == {}
        assert Constraints().most_pico is None
        assert Constraints().lasting(real_table(), AT.date()) == {}

    def test_what_providers_are_told(self) -> None:
        """OpenRouter is told of zero retention and data collection, where the user said something of them."""
        assert Constraints(zdr=True, data_collection="deny").provider == {"zdr": True, "data_collection": "deny"}
        assert Constraints(data_collection="allow").provider == {"data_collection": "allow"}

    @pytest.mark.parametrize(("amount", "pico"), [("$0.10", 10**11), (Decimal("1e-12"), 1), (0, 0), (1.5, 15 * 10**11)])
    def test_money(self, amount: Any, pico: int) -> None:
        """An amount in any form is known exactly, rounded down where it is below a picodollar."""
        assert Constraints(max_cost_per_call=amount).most_pico == pico
        assert Constraints(max_cost_per_call=Decimal("1.9e-12")).most_pico == 1

    @pytest.mark.parametrize(
        "demands",
        [
            {"max_cost_per_call": Decimal("0.10"), "zdr": True, "allow": ["a/*"]},
            {"min_quality": {"coding": 30}, "max_latency": 2.5, "region": "eu", "free": True},
            {"allow": ("a/*",), "deny": ("a/b",)},
            {"deny": {"a/b"}},
        ],
        ids=repr,
    )
    def test_records(self, demands: dict[str, Any]) -> None:
        """What is demanded is told as JSON, and comes back from it unchanged."""
        record = Constraints(**demands).record()

        assert json.loads(json.dumps(record)) == record
        assert record.keys() == demands.keys() | {"context_margin"}


def brute(fits: Callable[[Model], bool]) -> set[str]:
    """Give the real models that do not fit, found by looking at each."""
    return {model.id for model in MODELS if not fits(model)}


def lasting(**demands: Any) -> dict[str, str]:
    """Give the real models that are out whatever is asked, each with its rule."""
    found = Constraints(**demands).lasting(real_table(), AT.date())
    return {real_table().names[i]: each.rule for i, each in found.items()}


class TestLasting:
    @pytest.mark.parametrize(
        ("demands", "rule", "fits"),
        [
            ({"free": True}, "not_free", lambda model: model.pricing.is_free),
            ({"open_weights": True}, "closed_weights", lambda model: bool(model.hugging_face_id)),
            ({"allow": ["meta-llama/*"]}, "not_allowed", lambda model: model.author == "meta-llama"),
            ({"allow": ["*:free", "x-ai/grok-4.6"]}, "not_allowed", lambda model: model.id in ALLOWED),
            ({"allow": []}, "not_allowed", lambda _: False),
            ({"deny": ["mistralai/*", "qwen/qwen3.?-*"]}, "denied", lambda model: not DENIED.match(model.id)),
            ({"deny": []}, "denied", lambda _: True),
            ({"min_quality": {"intelligence": 40}}, "quality", lambda m: (m.benchmarks.intelligence or -1) >= 40),
            ({"min_quality": {"coding": 30}}, "quality", lambda model: (model.benchmarks.coding or -1) >= 30),
            ({"min_quality": {"agentic": 50.5}}, "quality", lambda model: (model.benchmarks.agentic or -1) >= 50.5),
            ({"zdr": True, "data_collection": "deny", "region": "eu"}, "data_policy", lambda _: True),
        ],
        ids=str,
    )
    def test_against_each_model(self, demands: dict[str, Any], rule: str, fits: Callable[[Model], bool]) -> None:
        """Of all real models exactly those are out that do not fit, each by that rule."""
        assert lasting(**demands) == dict.fromkeys(brute(fits), rule)

    def test_several(self) -> None:
        """Of several demands each takes out its own, and one reason is told for each model."""
        found = lasting(deny=["openai/*"], free=True, min_quality={"coding": 10, "intelligence": 20})
        bench = brute(
            lambda model: (model.benchmarks.coding or -1) >= 10 and (model.benchmarks.intelligence or -1) >= 20
        )
        priced = brute(lambda model: model.pricing.is_free)

        assert found.keys() == {name for name in real_table().names if name.startswith("openai/")} | priced | bench
        assert {each for name, each in found.items() if name.startswith("openai/")} == {"denied"}

    @pytest.mark.parametrize("score", [None, 39.9, 40, 40.1])
    def test_figures_of_a_benchmark(self, score: float | None) -> None:
        """Exactly the least is enough, unknown is not, and the reason tells both figures."""
        table = table_of([made("a/one", quality=score)])
        found = Constraints(min_quality={"intelligence": 40}).lasting(table, AT.date())

        assert (0 in found) == (score is None or score < 40)
        if found:
            said = "not known" if score is None else "39.9"
            assert found[0].figures == (score, 40)
            assert found[0].reason == f"its intelligence is {said}; at least 40 is wanted"

    @pytest.mark.parametrize(
        ("day", "gone"), [(dt.date(2026, 8, 31), False), (dt.date(2026, 9, 1), False), (dt.date(2026, 9, 2), True)]
    )
    def test_expired(self, day: dt.date, gone: bool) -> None:
        """A model is there on its last day, and out on the day after it, with the date in the reason."""
        table = table_of([made("a/old", expiration_date="2026-09-01"), made("a/new")])
        found = Constraints().lasting(table, day)

        assert {i: each.rule for i, each in found.items()} == ({0: "expired"} if gone else {})
        if gone:
            assert "2026-09-01" in found[0].reason

    def test_real_models_that_expire(self) -> None:
        """Of the real models those are out whose last day is over."""
        day = dt.date(2026, 8, 20)
        found = Constraints().lasting(real_table(), day)

        assert {real_table().names[i] for i in found} == {
            m.id for m in MODELS if m.expiration_date and m.expiration_date < day
        }
        assert found

    @pytest.mark.parametrize(
        ("demands", "rule"),
        [
            ({"zdr": True}, "data_policy"),
            ({"data_collection": "deny"}, "data_policy"),
            ({"region": "us"}, "region"),
            ({"data_collection": "allow"}, None),
        ],
        ids=repr,
    )
    def test_models_of_other_providers(self, demands: dict[str, Any], rule: str | None) -> None:
        """What only OpenRouter can promise, models elsewhere do not."""
        table = table_of([OfAnother(), made("a/ours")])
        found = Constraints(**demands).lasting(table, AT.date())

        assert {i: each.rule for i, each in found.items()} == ({} if rule is None else {0: rule})

    def test_unknown_models(self) -> None:
        """Of a model of which nothing is known, each demand fails, but allowing and denying by name."""
        table = table_of(["a/unknown"])
        unknown: list[dict[str, Any]] = [{"free": True}, {"open_weights": True}, {"min_quality": {"coding": 1}}]
        for demands in unknown:
            assert list(Constraints(**demands).lasting(table, AT.date())) == [0]
        assert not Constraints(allow=["a/*"], deny=["b/*"], zdr=True).lasting(table, AT.date())


class TestPatterns:
    """Whom a pattern means: a model, however a candidate is called or written."""

    @pytest.mark.parametrize(
        "candidate",
        [
            Candidate("openai/gpt-4o"),
            Candidate("openai/gpt-4o", name="mine"),
            Candidate("openai/gpt-4o", name="openai/gpt-4o#2"),
            Candidate("gpt-4o"),
            Candidate("openai/gpt-4o-2024-11-20", name="latest"),
            Candidate(snapshot().lookup("openai/gpt-4o"), name="mine"),
            Candidate("~openai/gpt-latest"),
        ],
        ids=lambda candidate: f"{candidate.called}-{candidate.name}",
    )
    def test_denied_under_any_name(self, candidate: Candidate) -> None:
        """A model of a denied author is out under every name that a candidate can have for it."""
        table = table_of([candidate], snapshot())
        found = Constraints(deny=["openai/*"]).lasting(table, AT.date())

        assert [each.rule for each in found.values()] == ["denied"]

    def test_the_same_model_twice(self) -> None:
        """Denied by its id, a model is out as often as it is a candidate; allowed by its id, it is in as often."""
        from langchain_openrouter.routing.candidate import candidates_of

        table = table_of(candidates_of(["openai/gpt-4o", "openai/gpt-4o", "a/b"], snapshot()), snapshot())

        assert sorted(Constraints(deny=["openai/gpt-4o"]).lasting(table, AT.date())) == [0, 1]
        assert sorted(Constraints(allow=["openai/gpt-4o"]).lasting(table, AT.date())) == [2]

    def test_by_the_name_that_the_user_gave(self) -> None:
        """The name of a candidate is one by which it can be meant, too."""
        table = table_of([Candidate("openai/gpt-4o", name="mine"), "a/b"], snapshot())

        assert sorted(Constraints(deny=["mine"]).lasting(table, AT.date())) == [0]

    def test_only_whole_names(self) -> None:
        """A pattern means whole names, and capitals as they are written."""
        table = table_of(["a/gpt-4o", "a/gpt-4o-mini", "xa/gpt-4o"])

        assert sorted(Constraints(deny=["a/gpt-4o"]).lasting(table, AT.date())) == [0]


def test_a_new_day() -> None:
    """A model that expires during the life of a table is out from then on."""
    old = made("a/old", expiration_date="2026-08-15")

    assert not decided([old, made("a/new")]).rejected
    assert Constraints().lasting(table_of([old], NOTHING_KNOWN), dt.date(2026, 8, 16))
    assert Catalog.load("snapshot").fetched_at == dt.datetime(2026, 8, 15, tzinfo=dt.UTC)
