"""Messages of every role and dialect, as they are sent."""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from tests.helpers.fake import Server
from tests.helpers.schema import errors_of

if TYPE_CHECKING:
    from pathlib import Path

PNG = base64.b64encode(b"png").decode()
URL = "https://example.org/a"
IMAGE_DATA = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
IMAGE_URL = {"type": "image_url", "image_url": {"url": URL}}
CACHE = {"type": "ephemeral"}


def file_part(data: str, filename: str | None = None) -> dict[str, Any]:
    """Write a file as the wire has it."""
    return {"type": "file", "file": {"file_data": data, **({"filename": filename} if filename else {})}}


PDF = f"data:application/pdf;base64,{PNG}"
BLOCKS: dict[str, tuple[Any, dict[str, Any]]] = {
    "string": ("hi", {"type": "text", "text": "hi"}),
    "text": ({"type": "text", "text": "hi"}, {"type": "text", "text": "hi"}),
    "text with cache control": (
        {"type": "text", "text": "hi", "cache_control": CACHE},
        {"type": "text", "text": "hi", "cache_control": CACHE},
    ),
    "text v1 with extras": (
        {"type": "text", "text": "hi", "id": "1", "annotations": [], "extras": {"cache_control": CACHE, "x": 1}},
        {"type": "text", "text": "hi", "cache_control": CACHE},
    ),
    "responses text": ({"type": "input_text", "text": "hi"}, {"type": "text", "text": "hi"}),
    "image v0 url": ({"type": "image", "source_type": "url", "url": URL}, IMAGE_URL),
    "image v0 url with type": (
        {"type": "image", "source_type": "url", "url": URL, "mime_type": "image/png"},
        IMAGE_URL,
    ),
    "image v0 base64": ({"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"}, IMAGE_DATA),
    "image v1 url": ({"type": "image", "url": URL}, IMAGE_URL),
    "image v1 base64": ({"type": "image", "base64": PNG, "mime_type": "image/png"}, IMAGE_DATA),
    "image v1 with detail": (
        {"type": "image", "url": URL, "extras": {"detail": "low", "cache_control": CACHE}},
        {"type": "image_url", "image_url": {"url": URL, "detail": "low"}, "cache_control": CACHE},
    ),
    "image openai": (IMAGE_DATA, IMAGE_DATA),
    "image openai string": ({"type": "image_url", "image_url": URL}, IMAGE_URL),
    "image responses": (
        {"type": "input_image", "image_url": URL, "detail": "high"},
        {"type": "image_url", "image_url": {"url": URL, "detail": "high"}},
    ),
    "image anthropic base64": (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}, "cache_control": CACHE},
        {**IMAGE_DATA, "cache_control": CACHE},
    ),
    "image anthropic url": ({"type": "image", "source": {"type": "url", "url": URL}}, IMAGE_URL),
    "image google": ({"type": "media", "mime_type": "image/png", "data": PNG}, IMAGE_DATA),
    "image google bytes": ({"type": "media", "mime_type": "image/png", "data": b"png"}, IMAGE_DATA),
    "image google uri": ({"type": "media", "mime_type": "image/png", "file_uri": URL}, IMAGE_URL),
    "pdf v0": (
        {"type": "file", "source_type": "base64", "data": PNG, "mime_type": "application/pdf", "filename": "a.pdf"},
        file_part(PDF, "a.pdf"),
    ),
    "pdf v0 metadata": (
        {"type": "file", "source_type": "url", "url": URL, "metadata": {"filename": "a.pdf"}},
        file_part(URL, "a.pdf"),
    ),
    "pdf v1": (
        {"type": "file", "base64": PNG, "mime_type": "application/pdf", "extras": {"filename": "a.pdf"}},
        file_part(PDF, "a.pdf"),
    ),
    "pdf v1 url": ({"type": "file", "url": URL}, file_part(URL)),
    "pdf openai": (file_part(PDF, "a.pdf"), file_part(PDF, "a.pdf")),
    "pdf responses": ({"type": "input_file", "file_data": PDF, "filename": "a.pdf"}, file_part(PDF, "a.pdf")),
    "pdf responses url": ({"type": "input_file", "file_url": URL}, file_part(URL)),
    "pdf anthropic": (
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PNG}},
        file_part(PDF, "document.pdf"),
    ),
    "pdf anthropic url": (
        {"type": "document", "source": {"type": "url", "url": URL}, "title": "T", "context": "c"},
        file_part(URL, "document.pdf"),
    ),
    "document anthropic text": (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}, "title": "T"},
        {"type": "text", "text": "hi"},
    ),
    "pdf google": ({"type": "media", "mime_type": "application/pdf", "data": PNG}, file_part(PDF)),
    "plain text v1": ({"type": "text-plain", "text": "hi", "mime_type": "text/plain"}, {"type": "text", "text": "hi"}),
    "plain text v1 base64": (
        {"type": "text-plain", "base64": base64.b64encode(b"hi").decode(), "mime_type": "text/plain"},
        {"type": "text", "text": "hi"},
    ),
    "plain text v0": ({"type": "file", "source_type": "text", "url": "hi"}, {"type": "text", "text": "hi"}),
    "audio v0": (
        {"type": "audio", "source_type": "base64", "data": PNG, "mime_type": "audio/mpeg"},
        {"type": "input_audio", "input_audio": {"data": PNG, "format": "mp3"}},
    ),
    "audio v1": (
        {"type": "audio", "base64": PNG, "mime_type": "audio/ogg; codecs=opus"},
        {"type": "input_audio", "input_audio": {"data": PNG, "format": "ogg"}},
    ),
    "audio v1 without a type": (
        {"type": "audio", "base64": PNG},
        {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
    ),
    "audio url": (
        {"type": "audio", "url": f"{URL}.flac?token=1.2"},
        {"type": "input_audio", "input_audio": {"data": f"{URL}.flac?token=1.2", "format": "flac"}},
    ),
    "audio openai": (
        {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
    ),
    "audio google": (
        {"type": "media", "mime_type": "audio/wav", "data": PNG},
        {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
    ),
    "video url": ({"type": "video", "url": URL}, {"type": "video_url", "video_url": {"url": URL}}),
    "video base64": (
        {"type": "video", "base64": PNG},
        {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{PNG}"}},
    ),
    "video openai string": ({"type": "video_url", "video_url": URL}, {"type": "video_url", "video_url": {"url": URL}}),
    "video google": (
        {"type": "media", "mime_type": "video/webm", "data": PNG},
        {"type": "video_url", "video_url": {"url": f"data:video/webm;base64,{PNG}"}},
    ),
    "non-standard": ({"type": "non_standard", "value": {"type": "text", "text": "hi"}}, {"type": "text", "text": "hi"}),
}
every_block = pytest.mark.parametrize("name", BLOCKS)


def sent(*messages: BaseMessage) -> list[dict[str, Any]]:
    """Send messages and give them as they arrived."""
    server = Server()
    before = copy.deepcopy(messages)
    server.model().invoke(list(messages))
    assert messages == before, "the caller's messages must stay as they were"
    wire: list[dict[str, Any]] = server.body["messages"]
    return wire


@every_block
def test_a_block_in_a_human_message(name: str, shared: Path) -> None:
    """Each block of each dialect becomes the part that the API describes."""
    block, part = BLOCKS[name]
    wire = sent(HumanMessage([block, "and"]))

    assert wire == [{"role": "user", "content": [part, {"type": "text", "text": "and"}]}]
    assert errors_of(shared, {"messages": wire}) == []


@every_block
def test_a_block_in_a_tool_message(name: str, shared: Path) -> None:
    """The same blocks may be the result of a tool."""
    block, part = BLOCKS[name]
    call = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1", "type": "tool_call"}])
    wire = sent(HumanMessage("hi"), call, ToolMessage([block], tool_call_id="1"))

    assert wire[2] == {"role": "tool", "tool_call_id": "1", "content": [part]}
    assert errors_of(shared, {"messages": wire}) == []


@every_block
def test_a_block_in_a_system_message(name: str, shared: Path) -> None:
    """Texts stay in the system message; media follow it in a user message, since the API takes only text there."""
    block, part = BLOCKS[name]
    wire = sent(SystemMessage(["be kind", block]), HumanMessage("hi"))
    text = {"type": "text", "text": "be kind"}
    media = [{"role": "user", "content": [part]}] if part["type"] != "text" else []

    assert wire == [
        {"role": "system", "content": [text, *([part] if part["type"] == "text" else [])]},
        *media,
        {"role": "user", "content": "hi"},
    ]
    assert errors_of(shared, {"messages": wire}) == []


@every_block
def test_a_block_in_an_assistant_message(name: str, shared: Path) -> None:
    """Images go to `images`, where the API reads those that a model made; everything else stays content."""
    block, part = BLOCKS[name]
    wire = sent(HumanMessage("hi"), AIMessage([block]))[1]

    is_image = part["type"] == "image_url"
    assert wire.get("images") == ([part] if is_image else None)
    assert wire["content"] == ("" if is_image else [part])
    assert errors_of(shared, {"messages": [wire]}) == []


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (HumanMessage("hi", name="ann"), {"role": "user", "content": "hi", "name": "ann"}),
        (
            HumanMessage("hi", additional_kwargs={"name": "ann"}),
            {"role": "user", "content": "hi", "name": "ann"},
        ),
        (SystemMessage("be", name="s"), {"role": "system", "content": "be", "name": "s"}),
        (AIMessage("ho", name="bob"), {"role": "assistant", "content": "ho", "name": "bob"}),
        (ChatMessage(content="be", role="developer"), {"role": "developer", "content": "be"}),
        (ChatMessage(content="hi", role="user"), {"role": "user", "content": "hi"}),
        (
            SystemMessage("be", additional_kwargs={"__openai_role__": "developer"}),
            {"role": "developer", "content": "be"},
        ),
        (ToolMessage("42", tool_call_id="1"), {"role": "tool", "content": "42", "tool_call_id": "1"}),
        (HumanMessage(""), {"role": "user", "content": ""}),
    ],
)
def test_roles_and_names(message: BaseMessage, wire: dict[str, Any], shared: Path) -> None:
    """Each message has its role, and the name it was given."""
    assert sent(message) == [wire]
    assert errors_of(shared, {"messages": [wire]}) == []


def test_a_function_message_is_refused() -> None:
    """The API has no such role; the error says what to use."""
    with pytest.raises(TypeError, match=r"Got unknown type .*ToolMessage"):
        sent(FunctionMessage(content="1", name="f"))


@pytest.mark.parametrize("kind", ["image", "file", "audio", "video"])
def test_a_medium_without_data_is_refused(kind: str) -> None:
    """A block that names a medium but holds none cannot be sent; nor can the id of a file."""
    with pytest.raises(ValueError, match="must have either 'url' or 'base64' data"):
        sent(HumanMessage([{"type": kind}]))
    with pytest.raises(ValueError, match="OpenRouter does not support file IDs"):
        sent(HumanMessage([{"type": kind, "file_id": "file-1"}]))


def test_tool_results_of_anthropic(shared: Path) -> None:
    """`tool_result` blocks in a user message become tool messages before the rest of it."""
    results: list[dict[str, Any]] = [
        {"type": "tool_result", "tool_use_id": "1", "content": "42"},
        {"type": "tool_result", "tool_use_id": "2", "content": [{"type": "text", "text": "x"}]},
        {"type": "tool_result", "tool_use_id": "3"},
        {"type": "tool_result", "tool_use_id": "4", "content": None},
    ]
    wire = sent(HumanMessage([*results, {"type": "text", "text": "so?"}]))

    assert wire == [
        {"role": "tool", "tool_call_id": "1", "content": "42"},
        {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "x"}]},
        {"role": "tool", "tool_call_id": "3", "content": ""},
        {"role": "tool", "tool_call_id": "4", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": "so?"}]},
    ]
    assert errors_of(shared, {"messages": wire}) == []
