"""Who may answer: models in every form, and what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.catalog import Model, presets
from langchain_openrouter.routing.candidate import Candidate, candidates_of
from tests.routing.made import SCHEMA, TOOL, decided, made, rejected_by, snapshot

if TYPE_CHECKING:
    from langchain_core.language_models import ModelProfile


class OfAnother(FakeListChatModel):
    """A chat model of another provider."""

    responses: list[str] = ["Hello."]  # noqa: RUF012  # a field of pydantic's
    model: str = "own-1"


def chat(name: str = "openai/gpt-4o-mini", **fields: Any) -> ChatOpenRouter:
    """Give a chat model of OpenRouter."""
    return ChatOpenRouter(model=name, api_key=SecretStr("sk-or-test"), **fields)


@pytest.mark.parametrize(
    ("candidate", "name"),
    [
        (Candidate("openai/gpt-4o-mini"), "openai/gpt-4o-mini"),
        (Candidate(Model("acme/one")), "acme/one"),
        (Candidate(chat()), "openai/gpt-4o-mini"),
        (Candidate(OfAnother()), "own-1"),
        (Candidate("openai/gpt-4o-mini", name="small"), "small"),
    ],
)
def test_what_it_is_called(candidate: Candidate, name: str) -> None:
    """A candidate is called as the user says, else by its model's name."""
    assert candidate.called == name


@pytest.mark.parametrize("amount", [-1, "a lot", float("nan"), True])
def test_no_amount_of_money(amount: Any) -> None:
    """A cap that is no amount of money is refused, and the message names it."""
    with pytest.raises(ValueError, match="max_cost="):
        Candidate("a/b", max_cost=amount)


@pytest.mark.parametrize("seconds", [0, -1.5, float("nan")])
def test_no_time(seconds: float) -> None:
    """A time that is not above 0 is refused, and the message names it and the model."""
    with pytest.raises(ValueError, match=r"timeout=.* of 'a/b' is no time"):
        Candidate("a/b", timeout=seconds)


def test_where_it_is_served() -> None:
    """Ids, records and our own chat models are at OpenRouter; other chat models are not."""
    assert [Candidate(each).is_at_openrouter for each in ("a/b", Model("a/b"), chat(), OfAnother())] == [
        True,
        True,
        True,
        False,
    ]


class TestWhatIsKnown:
    def test_facts_come_first(self) -> None:
        """The user's facts go before a record, and that before the catalog."""
        catalog, facts = snapshot(), Model("openai/gpt-4o-mini", context_length=5)
        record = Model("openai/gpt-4o-mini", context_length=7)

        assert Candidate(record, facts=facts).known(catalog) is facts
        assert Candidate(record).known(catalog) is record
        assert Candidate("openai/gpt-4o-mini").known(catalog) is catalog.lookup("openai/gpt-4o-mini")
        assert Candidate(chat()).known(catalog) is catalog.lookup("openai/gpt-4o-mini")

    def test_the_name_does_not_matter(self) -> None:
        """What a candidate is called in decisions does not change which model it is."""
        assert Candidate("openai/gpt-4o", name="mine").known(snapshot()) is snapshot().lookup("openai/gpt-4o")

    @pytest.mark.parametrize("model", ["acme/nobody-knows", OfAnother(), OfAnother(profile={})])
    def test_nothing(self, model: Any) -> None:
        """Of a model that nobody knows nothing is known."""
        assert Candidate(model).known(snapshot()) is None

    def test_a_profile(self) -> None:
        """A profile of LangChain tells the lengths of a model of another provider; its price stays unknown."""
        model = OfAnother(profile={"max_input_tokens": 1000, "max_output_tokens": 100})
        known = Candidate(model).known(snapshot())

        assert known is not None
        assert (known.id, known.context_length, known.max_completion_tokens) == ("own-1", 1000, 100)
        assert known.pricing.prompt is None
        assert known.supported_parameters == known.input_modalities == frozenset()

    @pytest.mark.parametrize(
        ("denied", "arguments"),
        [
            ("tool_calling", {"tools": [TOOL]}),
            ("tool_choice", {"tools": [TOOL], "tool_choice": "any"}),
            ("structured_output", {"response_format": SCHEMA}),
            ("reasoning_output", {"reasoning": {"effort": "high"}}),
        ],
    )
    def test_a_profile_denies_an_ability(self, denied: str, arguments: dict[str, Any]) -> None:
        """What a profile denies is not there; what it does not speak of is taken to be there."""
        two = [
            OfAnother(model="all", profile={}),
            OfAnother(model="less", profile=cast("ModelProfile", {denied: False, "temperature": True})),
        ]
        decision = decided(two, arguments=arguments)

        assert rejected_by(decision, "parameter") == {"less"}
        assert not decided(two, arguments={"seed": 7, "stop": ["."], "max_tokens": 10}).rejected

    @pytest.mark.parametrize(
        "profile",
        [
            {"text_inputs": True, "image_inputs": False, "audio_inputs": False, "video_inputs": False},
            {"image_inputs": False, "audio_inputs": True},
            {"image_inputs": False},
            {"image_inputs": False, "audio_inputs": False, "video_inputs": False},
        ],
    )
    def test_a_profile_denies_images(self, profile: dict[str, Any]) -> None:
        """A model whose profile denies images does not read them, whatever else the profile tells."""
        known = Candidate(OfAnother(profile=cast("ModelProfile", profile))).known(snapshot())

        assert known is not None
        assert known.input_modalities
        assert "image" not in known.input_modalities

    def test_a_profile_allows_images(self) -> None:
        """A model whose profile does not deny sound reads it."""
        known = Candidate(OfAnother(profile={"text_inputs": True, "image_inputs": True})).known(snapshot())

        assert known is not None
        assert known.input_modalities == {"text", "image", "audio", "video"}


class TestCandidatesOf:
    def test_models_in_every_form(self) -> None:
        """A list may hold ids, records, chat models and candidates, and keeps its order."""
        given: list[Any] = ["a/b", Model("c/d"), OfAnother(), Candidate("e/f", max_cost=1)]
        found = candidates_of(given, snapshot())

        assert [each.called for each in found] == ["a/b", "c/d", "own-1", "e/f"]
        assert found[3].max_cost == 1

    def test_each_has_a_name_of_its_own(self) -> None:
        """Equal names are numbered, past those that the user has chosen; the model stays the same."""
        given: list[Any] = ["a/b", "a/b", Candidate("c/d", name="a/b"), Candidate("c/d", name="a/b#2"), "a/b"]
        found = candidates_of(given, snapshot())

        assert [each.called for each in found] == ["a/b", "a/b#2", "a/b#3", "a/b#2#2", "a/b#4"]
        assert [each.model for each in found] == ["a/b", "a/b", "c/d", "c/d", "a/b"]

    @pytest.mark.parametrize("preset", presets())
    def test_presets(self, preset: str) -> None:
        """The name of a preset means its models, in its order."""
        assert [each.model for each in candidates_of(preset, snapshot())] == list(snapshot().preset(preset))

    def test_a_query(self) -> None:
        """A query means what the catalog finds, in its order, but for aliases and what is answered within a day."""
        found = candidates_of({"author": "anthropic", "sort": "price"}, snapshot())
        searched = snapshot().search(author="anthropic", sort="price")
        left_out = {each.id for each in searched if each.variant == "batch" or each.id.startswith("~")}

        assert [each.model for each in found] == [each for each in searched if each.id not in left_out]
        assert {"~anthropic/claude-opus-latest", "anthropic/claude-opus-5:batch"} <= left_out

    @pytest.mark.parametrize("limit", [5, 20])
    def test_the_limit_of_a_query(self, limit: int) -> None:
        """A limit says how many candidates there are, whatever was passed over."""
        found = candidates_of({"min_intelligence": 40, "sort": "price"}, snapshot())
        limited = candidates_of({"min_intelligence": 40, "sort": "price", "limit": limit}, snapshot())

        assert limited == found[:limit]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ("openai/gpt-4o", "is one model. Pass a list"),
            ("no such preset", "no such preset"),
            ([], "names no model"),
            ({"min_intelligence": 1000}, "names no model"),
            ({"sort": "beauty"}, "sort='beauty'"),
        ],
    )
    def test_refused_values(self, given: Any, said: str) -> None:
        """What names no model is refused, and the message says what it was."""
        with pytest.raises(ValueError, match=said):
            candidates_of(given, snapshot())

    def test_an_unknown_key(self) -> None:
        """A query with an unknown key is refused as `Catalog.search` refuses it."""
        with pytest.raises(TypeError, match="no argument 'beauty'"):
            candidates_of({"beauty": 1}, snapshot())  # type: ignore[arg-type]

    @pytest.mark.parametrize("given", [42, None, RunnableLambda(str), ("a/b",)], ids=repr)
    def test_no_model(self, given: Any) -> None:
        """What is no model is refused at once, not when it is its turn."""
        with pytest.raises(TypeError, match="no model"):
            candidates_of(["a/b", given], snapshot())

    def test_what_was_bound_of_a_model(self) -> None:
        """A model with tools bound is refused at once: the router binds the tools of each call itself."""
        with pytest.raises(TypeError, match="unbound"):
            candidates_of(["a/b", chat().bind_tools([TOOL])], snapshot())  # type: ignore[list-item]

    def test_one_chat_model(self) -> None:
        """A chat model in place of a list is refused or taken for a list of one, not for a list of its fields."""
        try:
            found = candidates_of(chat(), snapshot())  # type: ignore[arg-type]
        except TypeError:
            return
        assert [each.called for each in found] == ["openai/gpt-4o-mini"]


def test_a_cap_of_ones_own() -> None:
    """A cap of a candidate takes out that one alone, beside the router's own cap; the tighter of the two holds."""
    cheap, dear = made("a/cheap"), made("a/dear", "0.001", "0.002")
    capped = [Candidate(cheap), Candidate(dear, max_cost="$0.10")]

    assert decided(capped).rejected["a/dear"].figures == ("$1.009", "$0.10")
    assert not decided([cheap, Candidate(dear, max_cost="$1.01")]).rejected
    assert rejected_by(decided([cheap, Candidate(dear, max_cost="$1.01")], max_cost_per_call="$1"), "cost") == {
        "a/dear"
    }
    assert rejected_by(decided([Candidate(cheap, max_cost=0), dear], max_cost_per_call="$2"), "cost") == {"a/cheap"}
