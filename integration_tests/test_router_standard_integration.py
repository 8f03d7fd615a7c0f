"""LangChain's standard integration tests on a router, over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration_tests.routers import FIRST, as_given
from integration_tests.support import merged
from integration_tests.test_standard_integration import MODEL, TestChatOpenRouter, _internet_is_here, files, vcr
from langchain_openrouter import ModelRouter

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

__all__ = ["_internet_is_here", "files", "vcr"]

_suite: Any = TestChatOpenRouter
del TestChatOpenRouter  # pytest would run it here once more


class TestModelRouter(_suite):  # type: ignore[misc]  # see above
    """No test of the suite is switched off but one: a call cannot name a model that is no candidate."""

    supports_model_override = False

    @property
    def chat_model_class(self) -> type[ModelRouter]:
        return ModelRouter

    @property
    def chat_model_params(self) -> dict[str, Any]:
        emulator = self.served.emulator
        return {
            "candidates": [MODEL, FIRST],
            "policy": as_given,
            "base_url": emulator.base_url,
            "api_key": emulator.api_key,
        }

    def _ask(self, model: str, messages: list[Any], *, stream: bool, **options: Any) -> AIMessage:
        router = ModelRouter(**{**self.chat_model_params, "candidates": [model, FIRST], **options})
        return merged(list(router.stream(messages))) if stream else router.invoke(messages)
