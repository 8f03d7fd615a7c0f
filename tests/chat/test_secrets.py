"""The key: where it goes, and where it never shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter, OpenRouterError
from tests.helpers.fake import Server, answer_body, delta, events, whole
from tests.helpers.styles import invoke

if TYPE_CHECKING:
    from tests.helpers.styles import Ask

ODD_KEY = "proxy-key-of-ours-77"
"""In no form that keys of OpenRouter have."""


def test_a_line_end_behind_the_key_is_left_out() -> None:
    """Files and shells leave one; it is no part of the key, and a header may not have it."""
    server = Server()
    invoke(server.model(api_key=f"{ODD_KEY}\n"))

    assert server.headers["authorization"] == f"Bearer {ODD_KEY}"


@pytest.mark.parametrize("key", ["two words", "a\x00b", "a\nb"])
def test_what_is_no_key_is_refused_unseen(key: str) -> None:
    """A key that cannot stand in a header is refused at construction, and not shown."""
    with pytest.raises(ValueError, match="blank or a control character") as caught:
        ChatOpenRouter(model="a/b", api_key=SecretStr(key))

    assert key not in str(caught.value)


def test_a_key_of_a_call_is_a_header() -> None:
    """A call may bring its own key; it goes where keys go, and not into the body."""
    server = Server()
    invoke(server.model(), "Hello", api_key="another-key-of-ours", app_title="Mine")

    assert server.headers["authorization"] == "Bearer another-key-of-ours"
    assert server.headers["x-title"] == "Mine"
    assert server.body.keys() == {"messages", "model", "stream"}


def test_a_call_cannot_have_a_client() -> None:
    """What belongs to a model is refused in a call, by name, instead of being sent."""
    with pytest.raises(TypeError, match="`http_client` belongs to a model"):
        invoke(Server().model(), "Hello", http_client=None)


@pytest.mark.parametrize("inside", [True, False], ids=["status 200", "status 401"])
def test_a_key_of_any_form_is_masked(inside: bool, ask: Ask) -> None:
    """Also where an error inside a good response repeats it."""
    body = {"error": {"message": f"Bad key {ODD_KEY}", "code": 401}}
    answer = events(body) if inside and ask.streams else whole(body, status=200 if inside else 401)

    with pytest.raises(OpenRouterError) as caught:
        ask(Server(answer).model(api_key=ODD_KEY))

    assert "Bad key ***" in str(caught.value)
    assert ODD_KEY not in f"{caught.value!r}{caught.value.body}"


@pytest.mark.parametrize("key", ["key", "code", "e", "test"])
def test_a_short_key_damages_nothing(key: str, ask_whole: Ask) -> None:
    """Tests use short words as keys; a body is not torn up over them."""
    body = {"error": {"message": "the latest test", "code": 429, "metadata": {"limit_source": "openrouter_key_limit"}}}

    with pytest.raises(OpenRouterError) as caught:
        ask_whole(Server(whole(body, status=429)).model(api_key=key))

    assert caught.value.body == body


def test_answers_are_left_alone() -> None:
    """What a model says is not masked, whatever it looks like."""
    server = Server(whole(answer_body("Keys begin with sk-or-v1-0000.")))

    assert invoke(server.model()).text == "Keys begin with sk-or-v1-0000."


def test_a_stream_is_left_alone() -> None:
    """Nor is what it streams."""
    server = Server(events(delta("sk-or-"), delta("v1-0000", finish_reason="stop")))

    assert "".join(chunk.text for chunk in server.model().stream("Hi")) == "sk-or-v1-0000"


def test_a_failed_construction_shows_no_key() -> None:
    """Pydantic would quote its input, and the key is part of it."""
    fields: dict[str, Any] = {"model": "a/b", "api_key": ODD_KEY, "n": 0}

    with pytest.raises(ValueError, match="greater than or equal to 1") as caught:
        ChatOpenRouter(**fields)

    assert ODD_KEY not in str(caught.value)
