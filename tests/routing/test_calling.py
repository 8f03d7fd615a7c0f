"""What a model is called with, once it is its turn; on the wire, where that is what counts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.costs.ceiling import ceiling_of
from langchain_openrouter.routing.attempts import Attempt
from langchain_openrouter.routing.calling import Call, call_of
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.constraints import Constraints
from tests.helpers.environment import no_settings_of_this_machine
from tests.helpers.fake import Server
from tests.routing.made import AT, TOOL, decided, made, table_of
from tests.routing.test_candidate import OfAnother

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["no_settings_of_this_machine"]

HELLO: list[BaseMessage] = [HumanMessage("Hello")]
ABILITIES = ["max_tokens", "seed", "stop", "tool_choice", "tools"]
FACTS = made("acme/one", "0.000001", "0.00001", supported_parameters=ABILITIES)


class WithTools(OfAnother):
    """A model of another provider that takes tools, and keeps what it was given."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools, **kwargs)


def prepared(
    candidate: Candidate,
    arguments: dict[str, Any] | None = None,
    *,
    model: Any = None,
    seconds: float | None = None,
    dollars: Decimal | None = None,
    is_last: bool = True,
    ailing: tuple[str, ...] = (),
    prompt: list[BaseMessage] | None = None,
    **constraints: Any,
) -> Call:
    """Prepare the call of a candidate."""
    table = table_of([candidate])
    decision = decided(table, prompt or HELLO, arguments or {})
    return call_of(
        Attempt(candidate.called, seconds, dollars, is_last, 0.0),
        candidate,
        cast("BaseChatModel", model or candidate.model),
        prompt or HELLO,
        arguments or {},
        decision=decision,
        constraints=Constraints(**constraints),
        facts=table.facts[0],
        ailing=ailing,
    )


def body_of(
    arguments: dict[str, Any] | None = None, fields: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Give the body of the request that a candidate's call sends."""
    server = Server()
    model = server.model(model="acme/one", **(fields or {}))
    call = prepared(Candidate(model, facts=FACTS), arguments, **more)
    call.runnable.invoke(call.messages, **call.arguments)
    return server.body


class TestWhoGetsWhat:
    def test_our_models(self) -> None:
        """Our own models get all arguments, tools on the wire's form, and keep their time themselves."""
        arguments = {
            "tools": [TOOL],
            "tool_choice": "weather",
            "seed": 7,
            "session_id": "s",
            "plugins": [{"id": "web"}],
        }
        body = body_of(arguments)

        assert (body["seed"], body["session_id"], body["plugins"]) == (7, "s", [{"id": "web"}])
        assert body["tools"] == [TOOL]
        assert body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
        assert prepared(Candidate("acme/one"), model=Server().model()).keeps_time

    def test_models_of_others(self) -> None:
        """Models of others get tools, stops and samplings, not what only OpenRouter knows; nobody keeps their time."""
        arguments = {"tools": [TOOL], "tool_choice": "any", "strict": True, "seed": 7, "stop": ["."]}
        ours = {"session_id": "s", "plugins": [], "models": ["a/b"], "provider": {}, "deadline": 5, "trace": {}}
        call = prepared(Candidate(WithTools()), {**arguments, **ours}, seconds=3.0, is_last=False, zdr=False)
        given = {**getattr(call.runnable, "kwargs", {}), **call.arguments}

        assert given == {"tools": [TOOL], "tool_choice": "any", "strict": True, "seed": 7, "stop": ["."]}
        assert not call.keeps_time

    def test_without_tools(self) -> None:
        """Without tools nothing is bound: a model that takes none can be called."""
        without: list[dict[str, Any]] = [{}, {"tools": []}]
        for tools in without:
            call = prepared(Candidate(FakeListChatModel(responses=["Hi."])), {**tools, "stop": ["."]})
            assert call.runnable.invoke(call.messages, **call.arguments).content == "Hi."

    def test_arguments_stay_as_they_are(self) -> None:
        """Preparing changes neither the arguments nor the messages."""
        arguments = {"tools": [TOOL], "seed": 7, "provider": {"ignore": ["A"]}}
        before = {**arguments, "provider": {"ignore": ["A"]}}
        prepared(Candidate("acme/one"), arguments, model=Server().model(), ailing=("B",), zdr=True)

        assert arguments == before

    def test_foreign_thoughts(self) -> None:
        """What another family signed is left out of the messages."""
        signed = {"type": "reasoning.text", "format": "anthropic-claude-v1", "signature": "s"}
        prompt = [HumanMessage("Hi"), AIMessage("Hello", additional_kwargs={"reasoning_details": [signed]})]

        call = prepared(Candidate("acme/one"), model=Server().model(), prompt=prompt)

        assert "reasoning_details" not in call.messages[1].additional_kwargs


class TestTime:
    @pytest.mark.parametrize(
        ("seconds", "own", "deadline"),
        [(None, None, None), (None, 9.0, 9.0), (5.0, None, 5.0), (5.0, 9.0, 5.0), (5.0, 2.0, 2.0)],
    )
    def test_deadline(self, seconds: float | None, own: float | None, deadline: float | None) -> None:
        """A model is told the time of its attempt, or the user's own where that is shorter."""
        arguments = {} if own is None else {"deadline": own}
        call = prepared(Candidate("acme/one"), arguments, model=Server().model(), seconds=seconds)

        assert call.arguments.get("deadline") == deadline

    def test_retries(self) -> None:
        """Who is not the last does not try again, unless the user says so, or made the model."""
        made_here, candidate = Server().model(), Candidate("acme/one")

        assert prepared(candidate, model=made_here, is_last=False).arguments["max_retries"] == 0
        assert "max_retries" not in prepared(candidate, model=made_here, is_last=True).arguments
        assert prepared(candidate, {"max_retries": 3}, model=made_here, is_last=False).arguments["max_retries"] == 3
        assert "max_retries" not in prepared(Candidate(made_here), is_last=False).arguments

    def test_region(self) -> None:
        """A region is a host."""
        call = prepared(Candidate("acme/one"), model=Server().model(), region="eu")

        assert call.arguments["base_url"] == "https://eu.openrouter.ai/api/v1"


class TestProviders:
    def test_nothing_to_say(self) -> None:
        """Where nothing is demanded and nobody rests, what the user says of providers goes as it is."""
        assert "provider" not in body_of()
        assert body_of({"provider": {"sort": "price"}})["provider"] == {"sort": "price"}
        assert body_of(fields={"openrouter_provider": {"sort": "price"}})["provider"] == {"sort": "price"}

    @pytest.mark.parametrize("where", ["provider", "openrouter_provider", "field", "extra_body", "model_kwargs"])
    def test_demands_hold_whatever_else_is_said(self, where: str) -> None:
        """Zero retention is demanded of every call, wherever else the user says something of providers; that stays."""
        own = {"sort": "price"}
        arguments: dict[str, Any] = {where: own} if where.endswith("provider") else {}
        if where in {"extra_body", "model_kwargs"}:
            arguments = {where: {"provider": own}}
        fields = {"openrouter_provider": own} if where == "field" else {}
        body = body_of(arguments, fields, zdr=True, data_collection="deny")

        assert body["provider"] == {"sort": "price", "zdr": True, "data_collection": "deny"}

    def test_a_call_cannot_loosen_a_demand(self) -> None:
        """What a router demands of providers holds against a call that asks for less."""
        loose = {"zdr": False, "data_collection": "allow"}

        assert body_of({"provider": loose}, zdr=True, data_collection="deny")["provider"] == {
            "zdr": True,
            "data_collection": "deny",
        }

    def test_the_stricter_holds(self) -> None:
        """A call that forbids training on its prompts is not loosened by a router that allows it."""
        body = body_of({"provider": {"data_collection": "deny", "zdr": True}}, data_collection="allow")

        assert body["provider"]["data_collection"] == "deny"
        assert body["provider"]["zdr"] is True

    def test_who_rests(self) -> None:
        """Providers that rest are ignored beside those that the user ignores; the last model may need them."""
        arguments = {"provider": {"ignore": ["C", "A"], "sort": "price"}}

        assert body_of(arguments, ailing=("B", "A"), is_last=False)["provider"] == {
            "ignore": ["A", "B", "C"], "sort": "price",
        }  # fmt: skip
        assert body_of(arguments, ailing=("B",), is_last=True)["provider"] == {"ignore": ["C", "A"], "sort": "price"}


def limit_of(arguments: dict[str, Any] | None = None, facts: Any = FACTS, **more: Any) -> int | None:
    """Give the `max_tokens` that a candidate is called with beside the user's own."""
    call = prepared(
        Candidate("acme/one", facts=facts, **more.pop("own", {})), arguments, model=Server().model(), **more
    )
    limit: int | None = call.arguments.get("max_tokens")
    return limit


class TestCaps:
    def test_no_cap(self) -> None:
        """Without a cap nothing is limited."""
        assert limit_of() is None
        assert limit_of({"max_tokens": 50}) == 50

    @pytest.mark.parametrize("how", ["router", "candidate", "attempt"])
    def test_each_cap(self, how: str) -> None:
        """The answer is as long as the cap pays for at the dearest: the rest after the longest prompt, by the price."""
        caps: dict[str, dict[str, Any]] = {
            "router": {"max_cost_per_call": "$0.01"},
            "candidate": {"own": {"max_cost": "$0.01"}},
            "attempt": {"dollars": Decimal("0.01")},
        }
        high = decided([FACTS], HELLO).needs.prompt.high
        assert high is not None

        assert limit_of(**caps[how]) == (10_000 - high) // 10

    def test_the_tightest(self) -> None:
        """Of several caps the tightest counts."""
        loose = limit_of(max_cost_per_call="$0.01")
        tight = limit_of(max_cost_per_call="$0.01", dollars=Decimal("0.005"), own={"max_cost": "$0.008"})

        assert tight == limit_of(dollars=Decimal("0.005"))
        assert loose is not None
        assert tight is not None
        assert tight < loose

    def test_what_was_asked_for(self) -> None:
        """Who asks for less than the cap pays for gets that; who asks for more gets what the cap pays for."""
        affordable = limit_of(max_cost_per_call="$0.01")

        assert limit_of({"max_tokens": 100}, max_cost_per_call="$0.01") == 100
        assert limit_of({"max_tokens": 5000}, max_cost_per_call="$0.01") == affordable
        assert limit_of(max_cost_per_call="$100") is None

    @settings(max_examples=100, deadline=None)
    @given(
        words=st.integers(0, 5000),
        cents=st.integers(1, 300),
        asked=st.none() | st.integers(16, 8000),
        request=st.sampled_from(["0", "0.001"]),
    )
    def test_it_cannot_cost_more(self, words: int, cents: int, asked: int | None, request: str) -> None:
        """However long prompt and answer turn out, a call costs no more than its cap, if the prompt alone does not."""
        facts = made("acme/one", "0.000001", "0.00001", pricing={"request": request})
        prompt: list[BaseMessage] = [HumanMessage("word" * words)]
        cap = Decimal(cents) / 1000
        arguments = {} if asked is None else {"max_tokens": asked}
        limit = limit_of(arguments, facts, prompt=prompt, max_cost_per_call=cap)
        high = decided([facts], prompt).needs.prompt.high or 0
        ceiling = ceiling_of(facts, high, AT)
        assert ceiling is not None
        if ceiling.cost(high, 16) <= cap:
            assert ceiling.cost(high, limit or 8000) <= cap
            assert asked is None or (limit or asked) <= asked
        else:
            assert limit is not None

    def test_pictures(self) -> None:
        """The price of a picture counts against the cap, too."""
        facts = made("acme/one", "0.000001", "0.00001", pricing={"image": "0.005"})
        prompt: list[BaseMessage] = [
            HumanMessage([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}])
        ]
        limit = limit_of({}, facts, prompt=prompt, max_cost_per_call="$0.06")
        high = decided([facts], prompt).needs.prompt.high or 0
        ceiling = ceiling_of(facts, high, AT)

        assert ceiling is not None
        assert limit is not None
        assert ceiling.cost(high, limit, 1) <= Decimal("0.06")

    def test_free_answers(self) -> None:
        """A model whose answers cost nothing beside the prompt is not limited."""
        assert limit_of({}, made("acme/one", "0.000001", "0"), max_cost_per_call="$0.01") is None
        assert limit_of({}, made("acme/one", "0", "0"), max_cost_per_call="$0.01") is None

    def test_unknown_prices(self) -> None:
        """A model whose price nobody knows is not limited: it was not allowed, or has no cap."""
        assert limit_of({}, made("acme/one", "-1", "-1"), dollars=Decimal("0.01")) is None

    @pytest.mark.parametrize(
        ("arguments", "fields"),
        [
            ({"max_completion_tokens": 7000}, {}),
            ({"max_tokens": 7000}, {}),
            ({"extra_body": {"max_tokens": 7000}}, {}),
            ({"model_kwargs": {"max_tokens": 7000}}, {}),
            ({}, {"max_tokens": 7000}),
            ({}, {"max_completion_tokens": 7000}),
        ],
        ids=repr,
    )
    def test_caps_hold_on_the_wire(self, arguments: dict[str, Any], fields: dict[str, Any]) -> None:
        """Whichever name and place a longer limit has, the one that OpenRouter goes by is what the cap pays for."""
        body = body_of(arguments, fields, max_cost_per_call="$0.01")
        limit = limit_of(max_cost_per_call="$0.01")

        assert (body.get("max_completion_tokens") or body["max_tokens"]) == limit

    @pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
    def test_a_shorter_limit_of_the_model(self, name: str) -> None:
        """A cap never makes answers longer than the user's own model would: its limit of 100 stays."""
        body = body_of(fields={name: 100}, max_cost_per_call="$0.01")

        assert (body.get("max_completion_tokens") or body["max_tokens"]) == 100


def test_names_of_models() -> None:
    """A model is called as what it is, whatever its candidate is called."""
    chat = ChatOpenRouter(model="anthropic/claude-haiku-4.5", api_key=SecretStr("sk-or-test"))
    signed = {"type": "reasoning.text", "format": "anthropic-claude-v1", "signature": "s"}
    prompt = [HumanMessage("Hi"), AIMessage("Hello", additional_kwargs={"reasoning_details": [signed]})]

    assert prepared(Candidate(chat, name="mine"), prompt=prompt).messages[1] is prompt[1]
