"""LangChain's standard integration tests over a real socket, with every flag on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
import vcr as recorder  # type: ignore[import-untyped]
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests

from integration_tests.downloads import FileServer, encoded
from integration_tests.flags import EveryFlag
from integration_tests.support import Served, merged
from langchain_openrouter import ChatOpenRouter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

MODEL = "google/gemini-2.5-flash"  # takes text, images, files, sound and video
REASONING_MODEL = "openai/gpt-5-mini"
CACHING_MODEL = "anthropic/claude-sonnet-4.5"
SPEAKING_MODEL = "openai/gpt-audio-mini"


@pytest.fixture(scope="session")
def files() -> Iterator[FileServer]:
    """Serve the files that the suite downloads."""
    with FileServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _internet_is_here(files: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the suite's five downloads to this machine.

    This replaces the internet, and nothing of ours: the suite fetches a PDF, an image and a sound by `httpx.get`, and
    the files are fetched over a socket here too, from a server that has one of each.
    """
    fetch = httpx.get
    monkeypatch.setattr(httpx, "get", lambda url, **options: fetch(files.here(url), **options))
    monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "langchain-openrouter-plus tests")


@pytest.fixture
def vcr(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Give `test_stream_time` a cassette of its stream, recorded just now, so that it measures a replay.

    The other tests get none: the plugin that this fixture comes from starts it for every test.
    """
    if request.node.name != "test_stream_time":
        yield None
        return
    request.getfixturevalue("_serve")
    model: BaseChatModel = request.getfixturevalue("model")
    use_cassette = recorder.VCR(match_on=["method", "uri", "body"]).use_cassette
    tape = str(tmp_path / "stream.yaml")
    with use_cassette(tape, record_mode="once"):
        assert list(model.stream("Write a story about a cat."))
    with use_cassette(tape, record_mode="none", allow_playback_repeats=True) as replayed:
        yield replayed


class TestChatOpenRouter(EveryFlag, ChatModelIntegrationTests):
    """No test of the suite is switched off."""

    model_override_value = REASONING_MODEL

    @pytest.fixture(autouse=True)
    def _serve(self, served: Served) -> None:
        self.served = served

    @property
    def chat_model_class(self) -> type[ChatOpenRouter]:
        return ChatOpenRouter

    @property
    def chat_model_params(self) -> dict[str, Any]:
        emulator = self.served.emulator
        return {"model": MODEL, "base_url": emulator.base_url, "api_key": emulator.api_key}

    def _ask(self, model: str, messages: list[Any], *, stream: bool, **options: Any) -> AIMessage:
        client = self.served.model(model, **options)
        return merged(list(client.stream(messages))) if stream else client.invoke(messages)

    def invoke_with_audio_input(self, *, stream: bool = False) -> AIMessage:
        """Send a second of sound."""
        sound = {"type": "audio", "base64": encoded(".wav"), "mime_type": "audio/wav"}
        return self._ask(MODEL, [HumanMessage([{"type": "text", "text": "Describe this:"}, sound])], stream=stream)

    def invoke_with_audio_output(self, *, stream: bool = False) -> AIMessage:
        """Ask for sound."""
        options = {"modalities": ["text", "audio"], "extra_body": {"audio": {"voice": "alloy", "format": "wav"}}}
        return self._ask(SPEAKING_MODEL, [HumanMessage("Say hello")], stream=stream, **options)

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        """Ask for reasoning."""
        return self._ask(REASONING_MODEL, [HumanMessage("What is 2 + 2?")], stream=stream, reasoning={"effort": "low"})

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        """Send a long beginning twice."""
        long = _long()
        self._ask(CACHING_MODEL, long, stream=stream)
        return self._ask(CACHING_MODEL, long, stream=stream)

    def invoke_with_cache_creation_input(self, *, stream: bool = False) -> AIMessage:
        """Send a long beginning once."""
        return self._ask(CACHING_MODEL, _long(), stream=stream)

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize(
        ("kind", "side", "detail"),
        [
            ("audio_input", "input", "audio"),
            ("audio_output", "output", "audio"),
            ("reasoning_output", "output", "reasoning"),
            ("cache_read_input", "input", "cache_read"),
            ("cache_creation_input", "input", "cache_creation"),
        ],
    )
    def test_details_are_counted(self, kind: str, side: str, detail: str, stream: bool) -> None:
        """Each kind of token that the suite asks for is there and more than 0, which the suite does not check."""
        answer: AIMessage = getattr(self, f"invoke_with_{kind}")(stream=stream)

        usage: Any = answer.usage_metadata
        assert usage[f"{side}_token_details"][detail] > 0

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("source", [{"base64": "AAAA"}, {"url": "https://files.example/film.mp4"}])
    def test_video_inputs(self, source: dict[str, str], stream: bool) -> None:
        """Video arrives, by URL and in base64; the suite has the flag for it, but no test."""
        film = {"type": "video", "mime_type": "video/mp4", **source}
        answer = self._ask(MODEL, [HumanMessage([{"type": "text", "text": "Describe this:"}, film])], stream=stream)

        assert "1 video" in answer.text
        (request,) = self.served.bodies
        url = source.get("url", "data:video/mp4;base64,AAAA")
        assert request["messages"][0]["content"][1] == {"type": "video_url", "video_url": {"url": url}}


def _long() -> list[Any]:
    """Give a prompt with a long beginning that no cache has seen."""
    block = {"type": "text", "text": uuid4().hex + " Read me. " * 1500, "cache_control": {"type": "ephemeral"}}
    return [SystemMessage([block]), HumanMessage("Hello")]
