"""What a model is made of, and how it is written down and read back."""

from __future__ import annotations

import json
import warnings
from typing import Any

import httpx
import pytest
from langchain_core.load import dumpd, dumps, load
from langchain_core.messages import HumanMessage
from langchain_core.runnables import ConfigurableField

import langchain_openrouter
from langchain_openrouter import ChatOpenRouter
from tests.helpers.fake import KEY, MODEL, Server, answer_body, whole
from tests.helpers.styles import invoke

SECRET = {"lc": 1, "type": "secret", "id": ["OPENROUTER_API_KEY"]}


def make(**fields: Any) -> ChatOpenRouter:
    """Make a model."""
    own: dict[str, Any] = {"model": MODEL, "api_key": KEY}
    return ChatOpenRouter(**{**own, **fields})


def test_the_serialised_form_is_that_of_the_contract() -> None:
    """Exactly the keys that the official package has: what we add is at its default, and leaves no trace."""
    model = make(temperature=0.0, max_tokens=100, timeout=60, max_retries=2, stop=[])

    assert dumpd(model) == {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain_openrouter", "chat_models", "ChatOpenRouter"],
        "name": "ChatOpenRouter",
        "kwargs": {
            "app_title": "LangChain",
            "app_url": "https://docs.langchain.com",
            "max_retries": 2,
            "max_tokens": 100,
            "model_name": MODEL,
            "n": 1,
            "openrouter_api_key": SECRET,
            "request_timeout": 60,
            "stop": [],
            "stream_usage": True,
            "temperature": 0.0,
        },
    }


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_a_model_is_read_back() -> None:
    """With every field, from its dump and a map of secrets; it then sends the same body."""
    server = Server()
    model = make(
        temperature=0.5,
        models=["a/b"],
        provider={"zdr": True, "max_price": {"prompt": 1.5}},
        reasoning={"effort": "low"},
        request_metadata={"a": "b"},
        extra_body={"x": 1},
        deadline=9.0,
        model_validation="off",
    )
    again: Any = load(
        dumpd(model),
        valid_namespaces=["langchain_openrouter"],
        allowed_objects=[ChatOpenRouter],
        secrets_map={"OPENROUTER_API_KEY": KEY},
    )
    for each in (model, again):
        each.client = server.model().client
        invoke(each)

    assert type(again) is ChatOpenRouter
    assert again.model_dump() == model.model_dump()
    assert server.bodies[0] == server.bodies[1]
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


def test_no_secret_is_written() -> None:
    """Neither the key nor headers nor a proxy with a password."""
    secrets = {"default_headers": {"A": "hush"}, "extra_headers": {"B": "hush"}, "proxy": "http://u:hush@127.0.0.1:1"}
    model = make(**secrets)

    for text in (dumps(model), repr(model), str(model), json.dumps(model.model_dump(mode="json"))):
        assert "hush" not in text
        assert KEY not in text


@pytest.mark.parametrize(
    ("alias", "name", "value"),
    [
        ("model", "model_name", "acme/x"),
        ("api_key", "openrouter_api_key", "sk-or-v1-other"),
        ("base_url", "openrouter_api_base", "https://x"),
        ("timeout", "request_timeout", 5.0),
        ("stop_sequences", "stop", ["a"]),
        ("provider", "openrouter_provider", {"zdr": True}),
    ],
)
def test_both_names_of_a_field_work(alias: str, name: str, value: Any) -> None:
    """Its own and its alias."""
    own: dict[str, Any] = {"model": MODEL, "api_key": KEY}
    for given in (alias, name):
        fields = {key: kept for key, kept in own.items() if key != alias}
        found = getattr(ChatOpenRouter(**fields, **{given: value}), name)

        assert (found.get_secret_value() if hasattr(found, "get_secret_value") else found) == value


def test_the_identity_of_the_model() -> None:
    """What LangChain and LangSmith know it by."""
    model = make(temperature=0.5)

    assert model._llm_type == "openrouter-chat"
    assert model.lc_secrets == {"openrouter_api_key": "OPENROUTER_API_KEY"}
    assert ChatOpenRouter.is_lc_serializable() is True
    assert ChatOpenRouter.lc_id() == ["langchain_openrouter", "chat_models", "ChatOpenRouter"]
    assert model.model == model.model_name == MODEL
    assert model._identifying_params["model"] == MODEL
    assert model.client is not None
    assert model.metadata == {"lc_versions": {**model.metadata["lc_versions"]}} if model.metadata else False
    assert (model.metadata or {})["lc_versions"]["langchain-openrouter"] == langchain_openrouter.__version__


def test_checking_again_changes_nothing() -> None:
    """`validate_environment` may be called twice, and keeps a client that was given."""
    model = make()
    client = model.client
    model.validate_environment()  # type: ignore[operator]  # pydantic leaves the method in its place

    assert model.client is client
    assert make(client=client).client is client


@pytest.mark.parametrize("timeout", [1000, 60_000])
def test_legacy_milliseconds_are_warned_about(timeout: int) -> None:
    """A whole number of a thousand or more is almost surely milliseconds; it is taken as seconds all the same."""
    with pytest.warns(UserWarning, match=f"timeout={timeout} means {timeout} seconds here") as caught:
        model = make(timeout=timeout)

    assert len(caught) == 1
    assert model.request_timeout == timeout


@pytest.mark.parametrize("timeout", [None, 1, 60, 999, 0.5, 1000.0, httpx.Timeout(5000)])
def test_ordinary_timeouts_are_not(timeout: Any) -> None:
    """Seconds, fractions, and httpx's own class."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert make(timeout=timeout).request_timeout == timeout


@pytest.mark.parametrize("timeout", [0, -1, "10", True, []])
def test_what_is_no_time_is_refused(timeout: Any) -> None:
    """The error says what to pass."""
    with pytest.raises(ValueError, match="is not a number of seconds above 0"):
        make(timeout=timeout)


def test_members_of_the_official_class() -> None:
    """Programs call them, underscore or not."""
    model = make(temperature=0.5)
    messages, params = model._create_message_dicts([HumanMessage("hi")], ["A"])
    result = model._create_chat_result(answer_body("Hi"))

    assert messages == [{"role": "user", "content": "hi"}]
    assert params == {"model": MODEL, "stream": False, "temperature": 0.5, "stop": ["A"]}
    assert model._default_params == {"model": MODEL, "stream": False, "temperature": 0.5}
    assert result.generations[0].message.content == "Hi"
    assert result.llm_output == {"model_name": MODEL, "id": "gen-1", "created": 1700000000, "object": "chat.completion"}
    assert result.generations[0].generation_info == {"finish_reason": "stop"}


def test_a_result_may_be_an_object() -> None:
    """One with `model_dump`, as the SDK's answers are."""

    class Answer:
        def model_dump(self, **_: Any) -> dict[str, Any]:
            return answer_body("Hi")

    assert make()._create_chat_result(Answer()).generations[0].text == "Hi"


def test_fields_can_be_configured() -> None:
    """LangChain's `configurable_fields` reach the wire."""
    server = Server()
    model = server.model().configurable_fields(temperature=ConfigurableField("t"))
    model.invoke("Hello", config={"configurable": {"t": 0.25}})

    assert server.body["temperature"] == 0.25


def test_tokens_are_counted_offline() -> None:
    """An estimate, without a network and without a tokenizer."""
    model = make()

    assert model.get_num_tokens("") == 0
    assert 1 <= model.get_num_tokens("Hello, world!") <= 6
    assert model.get_num_tokens_from_messages([HumanMessage("Hello, world!")]) > 3


def test_streaming_can_be_disabled() -> None:
    """`disable_streaming` makes `stream` one whole answer."""
    server = Server(whole(answer_body("Hi")))
    chunks = list(server.model(disable_streaming=True).stream("Hello"))

    assert "".join(chunk.text for chunk in chunks) == "Hi"
    assert server.body["stream"] is False
