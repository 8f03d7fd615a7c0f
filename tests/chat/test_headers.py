"""Where requests go and what their headers say."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter import ChatOpenRouter
from tests.helpers.fake import KEY, MODEL, Server, delta, events
from tests.helpers.styles import invoke

if TYPE_CHECKING:
    from tests.helpers.styles import Ask


def test_a_request_says_who_asks(ask: Ask) -> None:
    """URL, key, kind of answer, attribution and a name of its own, without anything for OpenAI."""
    server = Server(events(delta("Hi", finish_reason="stop"))) if ask.streams else Server()
    ask(server.model())

    assert str(server.requests[0].url) == "https://openrouter.ai/api/v1/chat/completions"
    assert server.requests[0].method == "POST"
    assert server.headers["authorization"] == f"Bearer {KEY}"
    assert server.headers["accept"] == ("text/event-stream" if ask.streams else "application/json")
    assert server.headers["content-type"] == "application/json"
    assert server.headers["http-referer"] == "https://docs.langchain.com"
    assert server.headers["x-title"] == "LangChain"
    assert server.headers["user-agent"].startswith("langchain-openrouter-plus/")
    assert not [name for name in server.headers if name.startswith(("openai", "x-stainless"))]


@pytest.mark.parametrize(
    ("variable", "header"),
    [
        ("OPENROUTER_APP_URL", "http-referer"),
        ("OPENROUTER_SITE_URL", "http-referer"),
        ("OPENROUTER_APP_TITLE", "x-title"),
        ("OPENROUTER_APP_NAME", "x-title"),
    ],
)
def test_the_environment_says_who_asks(variable: str, header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The official variables and the older ones are read; an argument wins."""
    server = Server()
    monkeypatch.setenv(variable, "https://mine")
    invoke(server.model())
    invoke(server.model(app_url="https://other", app_title="https://other"))

    assert [request.headers[header] for request in server.requests] == ["https://mine", "https://other"]


def test_the_official_variables_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both are set, the official one is read."""
    server = Server()
    for name in ("OPENROUTER_APP_URL", "OPENROUTER_APP_TITLE"):
        monkeypatch.setenv(name, "official")
    for name in ("OPENROUTER_SITE_URL", "OPENROUTER_APP_NAME"):
        monkeypatch.setenv(name, "older")
    invoke(server.model())

    assert (server.headers["http-referer"], server.headers["x-title"]) == ("official", "official")


@pytest.mark.parametrize("nothing", [None, "", []])
def test_attribution_can_be_left_out(nothing: Any) -> None:
    """`None` or an empty value sends no header."""
    server = Server()
    text = nothing or None
    invoke(server.model(app_url=text if nothing != "" else "", app_title=text, app_categories=nothing or None))

    assert not {"http-referer", "x-title", "x-openrouter-categories"} & set(server.headers)


def test_a_title_may_be_in_any_script() -> None:
    """It is sent as UTF-8; categories are joined by commas."""
    server = Server()
    invoke(server.model(app_title="Приложение", app_categories=["cli-agent", "ide"]))
    raw = dict(server.requests[0].headers.raw)

    assert raw[b"X-Title"].decode() == "Приложение"
    assert server.headers["x-openrouter-categories"] == "cli-agent,ide"


def test_own_headers_win_in_any_case() -> None:
    """A header of the caller replaces ours, however it is written; `None` takes one away; a call wins over all."""
    server = Server()
    model = server.model(default_headers={"x-TITLE": "mine", "X-Own": "1"}, extra_headers={"X-Own": "2"})
    invoke(model)
    invoke(model, "Hello", extra_headers={"x-own": "3", "http-referer": None})

    first, second = server.requests
    assert first.headers.get_list("x-title") == ["mine"]
    assert first.headers.get_list("x-own") == ["2"]
    assert second.headers.get_list("x-own") == ["3"]
    assert "http-referer" not in second.headers


def test_headers_hold_no_secret_in_serialised_form() -> None:
    """Headers, the key and clients never appear when a model is printed or dumped."""
    model = Server().model(default_headers={"X-Secret": "hush"}, extra_headers={"X-More": "hush"})

    assert "hush" not in repr(model) + str(model) + json.dumps(model.model_dump(), default=str)
    assert KEY not in repr(model) + str(model) + json.dumps(model.model_dump(), default=str)


@pytest.mark.parametrize(
    ("given", "headers"),
    [
        ({"router_metadata": True}, {"x-openrouter-metadata": "enabled"}),
        ({"response_cache": True}, {"x-openrouter-cache": "true"}),
        ({"response_cache": False}, {"x-openrouter-cache": "false"}),
        ({"response_cache": 60}, {"x-openrouter-cache": "true", "x-openrouter-cache-ttl": "60"}),
        (
            {"response_cache": {"ttl": 5, "clear": True}},
            {"x-openrouter-cache": "true", "x-openrouter-cache-ttl": "5", "x-openrouter-cache-clear": "true"},
        ),
    ],
)
def test_switches_become_headers(given: dict[str, Any], headers: dict[str, str]) -> None:
    """Router metadata and the response cache are asked for by header, from the constructor or for one call."""
    server = Server()
    invoke(server.model(**given))
    invoke(server.model(), "Hello", **given)
    invoke(server.model(**given), "Hello", **dict.fromkeys(given))
    sent = [
        {name: value for name, value in request.headers.items() if name.startswith("x-openrouter")}
        for request in server.requests
    ]

    assert sent == [headers, headers, {}]
    assert set(server.body) == {"messages", "model", "stream"}


def test_transport_arguments_of_the_official_sdk_are_taken() -> None:
    """Programs bind them: headers, attribution, base URL and waiting; none of them gets into the body."""
    server = Server()
    invoke(
        server.model().bind(
            http_headers={"X-Own": "1"},
            http_referer="https://me",
            x_open_router_title="Mine",
            x_open_router_categories="cli",
            x_open_router_metadata="enabled",
            server_url="https://proxy.example/v1/",
            timeout_ms=5000,
            retries=0,
        )
    )

    assert str(server.requests[0].url) == "https://proxy.example/v1/chat/completions"
    assert server.headers["x-own"] == "1"
    assert server.headers["http-referer"] == "https://me"
    assert server.headers["x-openrouter-title"] == "Mine"
    assert server.headers["x-openrouter-categories"] == "cli"
    assert server.headers["x-openrouter-metadata"] == "enabled"
    assert server.requests[0].extensions["timeout"]["read"] == 5.0
    assert set(server.body) == {"messages", "model", "stream"}


def test_transport_arguments_may_be_none() -> None:
    """`None` is their default in the SDK, and changes nothing."""
    server = Server()
    names = ("http_headers", "x_open_router_title", "x_open_router_metadata", "server_url", "timeout_ms", "retries")
    invoke(server.model(), "Hello", **dict.fromkeys(names))

    assert set(server.body) == {"messages", "model", "stream"}
    assert "None" not in server.headers.values()


def test_retries_of_the_sdk_may_be_turned_off() -> None:
    """Its configuration object is taken as far as it can be said in counts."""
    server = Server()
    invoke(server.model(max_retries=2), "Hello", retries=SimpleNamespace(strategy="none"))

    assert len(server.requests) == 1


@pytest.mark.parametrize("base", ["https://me.example/api/v1", "https://me.example/api/v1/"])
def test_the_base_url(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By argument under both names, or by environment, with or without a slash at its end."""
    server = Server()
    invoke(server.model(base_url=base))
    invoke(server.model(openrouter_api_base=base))
    monkeypatch.setenv("OPENROUTER_API_BASE", base)
    invoke(server.model())

    assert {str(request.url) for request in server.requests} == {"https://me.example/api/v1/chat/completions"}


def test_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OPENROUTER_API_KEY` is the key; without one, or with an empty one, no model can be made."""
    with pytest.raises(ValueError, match=r"OPENROUTER_API_KEY must be set\."):
        ChatOpenRouter(model=MODEL)
    with pytest.raises(ValueError, match=r"OPENROUTER_API_KEY must be set\."):
        ChatOpenRouter(model=MODEL, api_key="")  # type: ignore[arg-type]  # pydantic takes texts
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-environment")
    server = Server()
    invoke(server.model(api_key=ChatOpenRouter(model=MODEL).openrouter_api_key))

    assert server.headers["authorization"] == "Bearer sk-or-v1-environment"
