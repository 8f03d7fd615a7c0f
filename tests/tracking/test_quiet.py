"""What is logged of a call that a budget refuses."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from langchain_openrouter import BudgetExceededError, ChatOpenRouter, OpenRouterCostHandler, track_cost


class Broken(BaseCallbackHandler):
    """Fails when it is told that a call starts."""

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        """Fail."""
        raise RuntimeError("not today")


def nowhere() -> ChatOpenRouter:
    """Give a model whose requests go nowhere."""
    place: dict[str, Any] = {"base_url": "http://127.0.0.1:1", "api_key": "sk-or-v1-none", "max_retries": 0}
    return ChatOpenRouter(model="openai/gpt-4o-mini", **place)


@pytest.mark.parametrize("ambient", [False, True])
def test_a_refusal_is_no_warning(caplog: pytest.LogCaptureFixture, ambient: bool) -> None:
    """The caller gets it as an error; the log has it as information."""
    caplog.set_level(logging.INFO)
    handlers: Any = [] if ambient else [OpenRouterCostHandler("$0.0000001")]

    with track_cost("$0.0000001" if ambient else None), pytest.raises(BudgetExceededError):
        nowhere().invoke("Hello", {"callbacks": handlers})

    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "Refused: This call of openai/gpt-4o-mini" in caplog.text


def test_failures_of_others_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """What LangChain says of other handlers stays."""
    with track_cost(), pytest.raises(Exception, match=r"reached|broke"):
        nowhere().invoke("Hello", {"callbacks": [Broken()]})

    assert "Error in Broken.on_chat_model_start callback" in caplog.text
