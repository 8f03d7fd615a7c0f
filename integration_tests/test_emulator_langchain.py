"""LangChain's standard suite against the emulator, through a client that is not ours.

`ChatOpenAI` stands in for any client that speaks to OpenRouter: where it passes, the emulator
answers well enough for LangChain. What `ChatOpenAI` itself cannot do is marked as such.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING, Any

import langchain_tests.integration_tests.chat_models as suite
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_openrouter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.language_models import BaseChatModel

pytestmark = [
    # ChatOpenAI's own: it puts the parsed object where OpenAI's SDK declares none ...
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    # ... cannot send a pydantic v1 schema as a JSON schema, and calls a tool instead ...
    pytest.mark.filterwarnings("ignore:Received a Pydantic BaseModel V1 schema:UserWarning"),
    # ... and wants a name for each file, which the suite does not give.
    pytest.mark.filterwarnings("ignore:OpenAI may require a filename:UserWarning"),
]

MODEL = "google/gemini-2.5-flash"
REASONING_MODEL = "openai/gpt-5-mini"
CACHING_MODEL = "anthropic/claude-sonnet-4.5"
AUDIO_MODEL = "openai/gpt-audio-mini"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Serve an emulator on an address of its own.

    `ChatOpenAI` shares its connections by address, and they do not survive their event loop, of
    which every test has another.
    """
    with Emulator(credits=None) as running:
        yield running


def _png() -> bytes:
    rows = b"\0" + b"\x20\x80\xc0" * 4
    header = struct.pack(">IIBBBBB", 4, 1, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


class _Downloaded:
    """What the suite's downloads give on a machine without the internet."""

    def __init__(self, url: str) -> None:
        kinds = {".png": _png(), ".pdf": b"%PDF-1.4\n%%EOF\n", ".wav": b"RIFF\x24\0\0\0WAVEfmt "}
        self.content = next(data for end, data in kinds.items() if url.endswith(end)) * 8


@pytest.fixture(autouse=True)
def _no_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the suite small local files instead of those it downloads."""
    monkeypatch.setattr(f"{suite.__name__}.httpx.get", lambda url, **_: _Downloaded(url))
    monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "emulator tests")


class TestChatOpenAIOnTheEmulator(ChatModelIntegrationTests):
    """The standard suite with every flag on."""

    @pytest.fixture(autouse=True)
    def _serve(self, emulator: Emulator) -> None:
        self.emulator = emulator

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """Test a client that others wrote."""
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """Point it at the emulator."""
        return {
            "model": MODEL,
            "base_url": self.emulator.base_url,
            "api_key": self.emulator.api_key,
            "stream_usage": True,
        }

    has_tool_calling = True
    has_tool_choice = True
    has_structured_output = True
    supports_json_mode = True
    supports_image_inputs = True
    supports_image_urls = True
    supports_image_tool_message = True
    supports_pdf_inputs = True
    supports_pdf_tool_message = True
    supports_audio_inputs = True
    supports_anthropic_inputs = True
    supports_model_override = True
    model_override_value = REASONING_MODEL
    returns_usage_metadata = True

    @property
    def supported_usage_metadata_details(self) -> Any:
        """Ask for every kind of token."""
        kinds = [
            "audio_input",
            "audio_output",
            "reasoning_output",
            "cache_read_input",
            "cache_creation_input",
        ]
        return {"invoke": kinds, "stream": kinds}

    def _ask(self, model: str, messages: list[Any], *, stream: bool, **options: Any) -> AIMessage:
        client = ChatOpenAI(**{**self.chat_model_params, "model": model, **options})
        if not stream:
            return client.invoke(messages)
        full: Any = None
        for chunk in client.stream(messages):
            full = chunk if full is None else full + chunk
        assert isinstance(full, AIMessage)
        return full

    def invoke_with_audio_input(self, *, stream: bool = False) -> AIMessage:
        """Send sound."""
        data = base64.b64encode(b"\0" * 4000).decode()
        sound = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
        message = HumanMessage([{"type": "text", "text": "Describe this:"}, sound])
        return self._ask(MODEL, [message], stream=stream)

    def invoke_with_audio_output(self, *, stream: bool = False) -> AIMessage:
        """Ask for sound."""
        options = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
        message = HumanMessage("Say hello")
        return self._ask(AUDIO_MODEL, [message], stream=stream, model_kwargs=options)

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        """Ask for reasoning."""
        message = HumanMessage("What is 2 + 2?")
        return self._ask(REASONING_MODEL, [message], stream=stream, reasoning_effort="low")

    def _long(self, mark: str) -> list[Any]:
        block = {"type": "text", "text": mark + " Read me. " * 1500}
        return [
            SystemMessage([block | {"cache_control": {"type": "ephemeral"}}]),
            HumanMessage("Hello"),
        ]

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        """Send a long prefix twice."""
        self._ask(CACHING_MODEL, self._long(f"read {stream}"), stream=stream)
        return self._ask(CACHING_MODEL, self._long(f"read {stream}"), stream=stream)

    def invoke_with_cache_creation_input(self, *, stream: bool = False) -> AIMessage:
        """Send a long prefix once."""
        return self._ask(CACHING_MODEL, self._long(f"write {stream}"), stream=stream)


@pytest.mark.parametrize("streaming", [False, True])
class TestResponsesApi:
    """`ChatOpenAI` through the Responses API, in both modes."""

    def _client(self, emulator: Emulator, *, streaming: bool, model: str = MODEL) -> ChatOpenAI:
        return ChatOpenAI(
            model=model,
            base_url=emulator.base_url,
            api_key=emulator.api_key,  # type: ignore[arg-type]
            use_responses_api=True,
            streaming=streaming,
        )

    def test_text(self, emulator: Emulator, streaming: bool) -> None:
        """A text arrives with its usage."""
        message = self._client(emulator, streaming=streaming).invoke("Hello")
        assert message.text.startswith("Hello! How can I help you today?")
        assert message.usage_metadata is not None
        assert message.usage_metadata["input_tokens"] == 4

    def test_agent_loop(self, emulator: Emulator, streaming: bool) -> None:
        """A tool is called, and its result comes back in the answer."""

        @tool
        def get_weather(location: str) -> str:
            """Get the weather at a location."""
            return f"sunny in {location}"

        client = self._client(emulator, streaming=streaming).bind_tools([get_weather])
        question = HumanMessage("What is the weather in Paris?")
        call = client.invoke([question])
        assert [c["args"] for c in call.tool_calls] == [{"location": "Paris"}]
        answer = client.invoke([question, call, get_weather.invoke(call.tool_calls[0])])
        assert "sunny in Paris" in answer.text

    def test_structured_output(self, emulator: Emulator, streaming: bool) -> None:
        """A schema is satisfied with what the prompt says."""
        client = self._client(emulator, streaming=streaming)
        schema = {
            "title": "Person",
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
            "additionalProperties": False,
        }
        made = client.with_structured_output(schema, method="json_schema").invoke("Anna is 30.")
        assert made == {"name": "Anna", "age": 30}

    def test_reasoning(self, emulator: Emulator, streaming: bool) -> None:
        """Reasoning arrives as a block of its own, and its tokens in the usage."""
        client = self._client(emulator, streaming=streaming, model=REASONING_MODEL)
        message = client.invoke("Hello")
        kinds = [block["type"] for block in message.content_blocks]
        assert kinds == ["reasoning", "text"]
        assert message.usage_metadata is not None
        assert message.usage_metadata["output_token_details"]["reasoning"] > 0
