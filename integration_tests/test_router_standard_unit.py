"""LangChain's standard unit tests on a router, with every flag on."""

from __future__ import annotations

from typing import Any

from langchain_tests.unit_tests import ChatModelUnitTests

from integration_tests.flags import EveryFlag
from langchain_openrouter import ModelRouter


class TestModelRouterUnit(EveryFlag, ChatModelUnitTests):
    """No test of the suite is switched off but one: a call cannot name a model that is no candidate."""

    supports_model_override = False

    @property
    def chat_model_class(self) -> type[ModelRouter]:
        return ModelRouter

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"candidates": ["openai/gpt-4o-mini", "google/gemini-2.5-flash"], "api_key": "test-api-key"}
