"""LangChain's standard unit tests, with every flag on."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.unit_tests import ChatModelUnitTests

from integration_tests.flags import EveryFlag
from langchain_openrouter import ChatOpenRouter

MODEL = "openai/gpt-5.5"


class TestChatOpenRouterUnit(EveryFlag, ChatModelUnitTests):
    """No test of the suite is switched off; none needs the network."""

    model_override_value = MODEL

    @property
    def chat_model_class(self) -> type[ChatOpenRouter]:
        return ChatOpenRouter

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": MODEL, "api_key": "test-api-key"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"OPENROUTER_API_KEY": "test-api-key"}, {"model": MODEL}, {"openrouter_api_key": "test-api-key"}


@pytest.fixture
def snapshot() -> Any:
    """Give `test_serdes` the official package's serialised form, which ours must equal key by key."""
    return lambda name: {"serialized": SERIALISED}[name]


def test_the_environment_fills_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each official environment variable sets the field that it sets in the official package."""
    for variable, value in ENVIRONMENT.values():
        monkeypatch.setenv(variable, value)

    model = ChatOpenRouter(model=MODEL)

    assert model.openrouter_api_key is not None
    assert model.openrouter_api_key.get_secret_value() == "key-of-the-environment"
    fields = {field: getattr(model, field) for field in ENVIRONMENT if field != "openrouter_api_key"}
    assert fields == {field: ENVIRONMENT[field][1] for field in fields}


ENVIRONMENT = {
    "openrouter_api_key": ("OPENROUTER_API_KEY", "key-of-the-environment"),
    "openrouter_api_base": ("OPENROUTER_API_BASE", "https://openrouter.example/api/v1"),
    "app_url": ("OPENROUTER_APP_URL", "https://app.example"),
    "app_title": ("OPENROUTER_APP_TITLE", "An application"),
    "session_id": ("OPENROUTER_SESSION_ID", "a-session"),
}

SERIALISED = {
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
        "openrouter_api_key": {"lc": 1, "type": "secret", "id": ["OPENROUTER_API_KEY"]},
        "request_timeout": 60,
        "stop": [],
        "stream_usage": True,
        "temperature": 0.0,
    },
}
"""What `dumpd` of the official package gives for the suite's parameters."""
