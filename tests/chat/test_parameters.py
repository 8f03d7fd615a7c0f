"""Every parameter of the API, given to the constructor and to a call, on the wire."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.chat.parameters import RequestParameters
from tests.helpers.fake import Server, delta, events
from tests.helpers.schema import description, errors_of
from tests.helpers.styles import invoke, stream

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_openrouter.options import ProviderPreferences
    from tests.helpers.styles import Ask

FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
VALUES: dict[str, Any] = {
    "cache_control": {"type": "ephemeral", "ttl": "1h"},
    "debug": {"echo_upstream_body": True},
    "frequency_penalty": 0.5,
    "image_config": {"aspect_ratio": "16:9"},
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "max_completion_tokens": 10,
    "max_tokens": 11,
    "metadata": {"run": "1"},
    "min_p": 0.1,
    "modalities": ["text", "image"],
    "model": "acme/other",
    "models": ["acme/a", "acme/b"],
    "parallel_tool_calls": False,
    "plugins": [{"id": "web", "max_results": 3}],
    "prediction": {"type": "content", "content": "so"},
    "presence_penalty": 0.25,
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "explicit"},
    "provider": {"order": ["acme"], "max_price": {"prompt": "1"}, "zdr": True},
    "reasoning": {"effort": "high"},
    "reasoning_effort": "low",
    "repetition_penalty": 1.1,
    "response_format": {"type": "json_object"},
    "route": "fallback",
    "seed": 0,
    "service_tier": "flex",
    "session_id": "s",
    "stop": ["END"],
    "stop_server_tools_when": [{"type": "step_count_is", "step_count": 2}],
    "stream_options": {"include_usage": True},
    "temperature": 0.0,
    "tool_choice": "auto",
    "tools": [FUNCTION],
    "top_a": 0.1,
    "top_k": 40,
    "top_logprobs": 3,
    "top_p": 0.9,
    "trace": {"trace_id": "t"},
    "user": "u",
    # Not in the API description, but taken by the API.
    "n": 2,
    "transforms": ["middle-out"],
    "verbosity": "low",
}
FIELD_OF = {"metadata": "request_metadata"}
"""LangChain's own `metadata` stands in the way, of fields and of calls."""

PER_CALL = {"messages", "stream"}
every_parameter = pytest.mark.parametrize("name", VALUES)


def test_the_list_is_complete(shared: Path) -> None:
    """Each property of `ChatRequest` is tested here and is a field, and each field is tested here."""
    properties = set(description(shared)["components"]["schemas"]["ChatRequest"]["properties"])
    fields = {field.alias or name for name, field in RequestParameters.model_fields.items() if name in own_fields()}
    wire = {{"request_metadata": "metadata", "stop_sequences": "stop"}.get(name, name) for name in fields}

    assert properties - PER_CALL <= VALUES.keys()
    assert properties - PER_CALL <= wire
    unsent = {"extra_body", "model_kwargs", "openrouter_provider", "stream_usage", "streaming", "use_responses_api"}
    assert wire - unsent == VALUES.keys()


def test_provider_has_two_names() -> None:
    """`provider` and `openrouter_provider` are one field; to give both is an error, not a choice of ours."""
    preferences: ProviderPreferences = {"sort": "price"}
    model = ChatOpenRouter(model="a/b", api_key=SecretStr("k"), provider=preferences)

    assert (model.openrouter_provider, model.provider) == (preferences, None)
    with pytest.raises(ValueError, match="supplied twice"):
        ChatOpenRouter(model="a/b", api_key=SecretStr("k"), provider=preferences, openrouter_provider=preferences)


def own_fields() -> set[str]:
    """Name the fields that `RequestParameters` adds to LangChain's."""
    return set(RequestParameters.__annotations__)


@every_parameter
def test_the_constructor_sets_a_parameter(name: str, ask_whole: Ask, shared: Path) -> None:
    """A constructor argument is sent under its name on the wire, as given."""
    server = Server()
    value = copy.deepcopy(VALUES[name])
    ask_whole(server.model(**{FIELD_OF.get(name, name): value}))

    assert server.body[name] == VALUES[name]
    assert value == VALUES[name]
    assert errors_of(shared, server.body) == []


@every_parameter
def test_a_call_sets_a_parameter(name: str, ask: Ask, shared: Path) -> None:
    """So is an argument of a call, in all four styles."""
    server = Server(events(delta("Hi"), delta("", finish_reason="stop"))) if ask.streams else Server()
    ask(server.model(), "Hello", **{FIELD_OF.get(name, name): VALUES[name]})

    assert server.body[name] == VALUES[name]
    assert server.body["stream"] is ask.streams
    assert errors_of(shared, server.body) == []


@every_parameter
@pytest.mark.filterwarnings("ignore:.*It is sent as given:UserWarning")
def test_a_call_wins_over_the_constructor(name: str) -> None:
    """What a call says replaces what the constructor said."""
    server = Server()
    invoke(server.model(**{FIELD_OF.get(name, name): VALUES[name]}), "Hello", **{FIELD_OF.get(name, name): "other"})

    assert server.body[name] == "other"


@pytest.mark.parametrize("name", sorted(VALUES.keys() - {"model", "stop", "n"}))
def test_none_takes_a_parameter_away(name: str) -> None:
    """`None` in a call leaves out what the constructor set."""
    server = Server()
    invoke(server.model(**{FIELD_OF.get(name, name): VALUES[name]}), "Hello", **{FIELD_OF.get(name, name): None})

    assert name not in server.body


def test_a_plain_request_has_no_more_than_it_needs(shared: Path) -> None:
    """Without parameters only the model, the messages and the mode are sent; a stream asks for its usage."""
    server = Server()
    invoke(server.model())
    streamed = Server(events(delta("Hi", finish_reason="stop")))
    stream(streamed.model())
    stream(streamed.model(stream_usage=False))
    stream(streamed.model(), "Hello", stream_usage=False)
    message = {"messages": [{"role": "user", "content": "Hello"}], "model": "acme/model-1"}

    assert server.body == {**message, "stream": False}
    assert streamed.bodies[0] == {**message, "stream": True, "stream_options": {"include_usage": True}}
    assert streamed.bodies[1] == streamed.bodies[2] == {**message, "stream": True}
    assert errors_of(shared, streamed.bodies[0]) == []


@pytest.mark.parametrize("key", ["model_kwargs", "extra_body"])
def test_unknown_parameters_pass(key: str) -> None:
    """What no field has the name of is sent all the same, and the caller's dict stays as it was."""
    server, given = Server(), {"tomorrow": {"deep": [1, None]}, "seed_of": 3}
    invoke(server.model(**{key: given}))

    assert {name: server.body[name] for name in given} == given
    assert given == {"tomorrow": {"deep": [1, None]}, "seed_of": 3}


def test_extra_body_comes_last() -> None:
    """It wins over fields and calls; a call's own wins over the constructor's; null in it is sent."""
    server = Server()
    model = server.model(temperature=0.1, extra_body={"temperature": 0.2, "top_k": None, "x": 1})
    invoke(model, "Hello", temperature=0.3, extra_body={"x": 2, "y": 3})

    assert server.body["temperature"] == 0.2
    assert server.body["top_k"] is None
    assert (server.body["x"], server.body["y"]) == (2, 3)


def test_an_unknown_argument_of_the_constructor_warns_and_passes() -> None:
    """It is moved to `model_kwargs`, as in the official package, and sent."""
    server = Server()
    with pytest.warns(UserWarning, match="WARNING! tomorrow is not default parameter. tomorrow was transferred"):
        model = server.model(tomorrow=1, model_kwargs={"x": 2})
    invoke(model)

    assert model.model_kwargs == {"x": 2, "tomorrow": 1}
    assert (server.body["tomorrow"], server.body["x"]) == (1, 2)


def test_a_parameter_given_twice_is_refused() -> None:
    """`model_kwargs` may repeat neither an argument nor a field."""
    with pytest.raises(ValueError, match="Found tomorrow supplied twice"):
        Server().model(tomorrow=1, model_kwargs={"tomorrow": 2})
    with pytest.raises(ValueError, match="should be specified explicitly"):
        Server().model(model_kwargs={"temperature": 0.5})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("provider", {"max_price": {"prompt": 1, "completion": 2.5}, "data_collection": "deny", "zdr": True}),
        ("provider", {"order": "anthropic", "zdr": True}),
        ("provider", {"allow_fallbacks": "nope", "data_collection": "denyy", "sort": "luck", "tomorrow": {"x": 1}}),
        ("provider", {"quantizations": ["fp3"]}),
        ("reasoning", {"max_tokens": 2000}),
        ("reasoning", {"effort": "high", "exclude": True, "enabled": True, "summary": "auto", "max_tokens": 1}),
        ("plugins", [{"id": "tomorrow", "setting": [1]}]),
        ("usage", {"include": True}),
        ("route", "fallback"),
        ("transforms", []),
        ("stop", []),
        ("metadata", {}),
    ],
)
@pytest.mark.filterwarnings("ignore:.*It is sent as given")
def test_nothing_is_dropped(name: str, value: Any) -> None:
    """What the official package drops or crashes on is sent as given, by constructor and by call."""
    server = Server()
    field = {"provider": "openrouter_provider", "metadata": "request_metadata"}.get(name, name)
    by_field = {"model_kwargs": {"usage": value}} if name == "usage" else {field: value}
    invoke(server.model(**by_field))
    invoke(server.model(), "Hello", **{FIELD_OF.get(name, name): value})
    invoke(server.model().bind(**{field: value}))

    assert [body[name] for body in server.bodies] == [value] * 3


def test_stop_of_a_call_wins(ask: Ask) -> None:
    """`stop=` of a call replaces that of the constructor; a single text is sent as one."""
    server = Server(events(delta("Hi", finish_reason="stop"))) if ask.streams else Server()
    model = server.model(stop_sequences=["A"])
    ask(model)
    ask(model, "Hello", stop=["B"])
    ask(model.bind(stop="C"))

    assert [body["stop"] for body in server.bodies] == [["A"], ["B"], "C"]


def test_n_is_sent_above_one() -> None:
    """One answer is the API's default; none cannot be asked for, nor can many be streamed by `invoke`."""
    server = Server()
    invoke(server.model(n=1))

    assert "n" not in server.body
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        server.model(n=0)
    with pytest.raises(ValueError, match=r"n must be 1 when streaming\."):
        server.model(n=2, streaming=True)


def test_the_session_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OPENROUTER_SESSION_ID` sets the session; an empty one is none."""
    server = Server()
    monkeypatch.setenv("OPENROUTER_SESSION_ID", "s-1")
    invoke(server.model())
    monkeypatch.setenv("OPENROUTER_SESSION_ID", "")
    invoke(server.model())

    assert [body.get("session_id") for body in server.bodies] == ["s-1", None]


def test_values_without_a_form_in_json_are_refused() -> None:
    """The error names the value; sets, tuples and pydantic models have a form."""
    server = Server()
    invoke(server.model(), "Hello", x={1}, y=(2,), z=frozenset({3}))

    assert (server.body["x"], server.body["y"], server.body["z"]) == ([1], [2], [3])
    with pytest.raises(TypeError, match=re.escape("cannot be sent: object has no form in JSON")):
        invoke(server.model(), "Hello", x=object())


def test_the_model_of_a_call_is_traced() -> None:
    """LangSmith is told what a call really asks for."""
    params = Server().model(temperature=0.5, stop="A", max_tokens=5)._get_ls_params(model="acme/x", temperature=0.1)

    assert params == {
        "ls_provider": "openrouter",
        "ls_model_name": "acme/x",
        "ls_model_type": "chat",
        "ls_temperature": 0.1,
        "ls_max_tokens": 5,
        "ls_stop": ["A"],
    }
