"""Content blocks of every dialect LangChain users write, as the content parts that OpenRouter takes.

Dialects: LangChain v0 (`source_type`) and v1, OpenAI Chat Completions (passed on), OpenAI Responses (`input_text`, …),
Anthropic (`source`) and Google (`media`). A block that is none of these is passed on as it is, for the API to judge.

Source of the parts: `ChatContentItems` of OpenRouter's API description.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Block = dict[str, Any]

_LANGCHAIN_KEYS = frozenset({"annotations", "extras", "id", "index"})
"""Keys of LangChain's blocks that mean nothing to the API. What `extras` holds is lifted into the part."""

_AUDIO_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "x-m4a": "m4a", "mp4": "m4a"}


def to_parts(content: list[str | Block]) -> list[Block]:
    """Convert the content blocks of a message, in order.

    Args:
        content: Blocks of any dialect; plain texts among them are text blocks.

    Returns:
        Content parts for the wire.

    Raises:
        ValueError: A block names a medium but carries neither a URL nor data, or an id of a file that OpenRouter
            cannot have.
    """
    return [to_part(block) for block in content]


def to_part(block: str | Block) -> Block:
    """Convert one content block; see `to_parts`."""
    if isinstance(block, str):
        return {"type": "text", "text": block}
    convert = _CONVERTERS.get(block.get("type", ""))
    return convert(block) if convert else block


def data_url(mime_type: str, data: str) -> str:
    """Write base64 data as a URL."""
    return f"data:{mime_type};base64,{data}"


def _text(block: Block) -> Block:
    if len(block) == 2:  # noqa: PLR2004  # only `type` and `text`: by far the most
        return block
    return _lifted(block, {"type": "text", "text": block.get("text", "")}, used={"type", "text"})


def _lifted(block: Block, part: Block, used: set[str]) -> Block:
    """Carry over what the caller added to a block, such as `cache_control`, wherever LangChain put it."""
    added = {key: value for key, value in block.items() if key not in used and key not in _LANGCHAIN_KEYS}
    extras = block.get("extras")
    marks = (
        {key: extras[key] for key in ("cache_control", "prompt_cache_breakpoint") if key in extras} if extras else {}
    )
    return {**part, **added, **marks}


_SOURCE_KEYS = {
    "base64", "context", "data", "file_id", "file_uri", "filename", "metadata", "mime_type", "source", "source_type",
    "text", "title", "type", "url",
}  # fmt: skip


def _source(block: Block, default_mime: str) -> str:
    """Find where a medium is: a URL as it stands, or data written as a URL."""
    source = block.get("source")
    if isinstance(source, dict):  # Anthropic
        block = {"mime_type": source.get("media_type"), **source}
    if block.get("url"):
        return str(block["url"])
    data = block.get("base64") or block.get("data")
    if data:
        if isinstance(data, bytes):
            data = base64.b64encode(data).decode()
        return data_url(block.get("mime_type") or default_mime, data)
    kind = block.get("type")
    if block.get("file_id") or block.get("source_type") == "id":
        msg = f"OpenRouter does not support file IDs. Give the {kind} as a URL or as base64 data."
        raise ValueError(msg)
    msg = f"{str(kind).capitalize()} block must have either 'url' or 'base64' data; it has the keys {sorted(block)}."
    raise ValueError(msg)


def _image(block: Block) -> Block:
    part: Block = {"type": "image_url", "image_url": {"url": _source(block, "image/jpeg")}}
    detail = block.get("detail") or (block.get("extras") or {}).get("detail")
    if detail:
        part["image_url"]["detail"] = detail
    return _lifted(block, part, used=_SOURCE_KEYS | {"detail"})


def _image_url(block: Block) -> Block:
    url = block.get("image_url")
    return {**block, "image_url": {"url": url}} if isinstance(url, str) else block


def _video(block: Block) -> Block:
    return _lifted(block, {"type": "video_url", "video_url": {"url": _source(block, "video/mp4")}}, used=_SOURCE_KEYS)


def _video_url(block: Block) -> Block:
    url = block.get("video_url")
    return {**block, "video_url": {"url": url}} if isinstance(url, str) else block


def _audio(block: Block) -> Block:
    url = _source(block, "audio/wav")
    head, is_data, data = url.partition(";base64,")
    mime = block.get("mime_type") or (head.removeprefix("data:") if is_data else "")
    subtype = mime.partition(";")[0].partition("/")[2] or url.partition("?")[0].rpartition(".")[2].lower()
    audio_format = _AUDIO_FORMATS.get(subtype, subtype)
    # OpenRouter documents base64 only. A URL is passed on all the same: the API, not we, should say what it takes.
    part = {"type": "input_audio", "input_audio": {"data": data if is_data else url, "format": audio_format}}
    return _lifted(block, part, used=_SOURCE_KEYS)


def _file(block: Block) -> Block:
    if isinstance(block.get("file"), dict):
        return block
    if block.get("source_type") == "text":
        return {"type": "text", "text": block.get("text") or block.get("url") or ""}
    file: Block = {"file_data": _source(block, "application/octet-stream")}
    extras = block.get("extras") or {}
    named = (block, extras, block.get("metadata") or {}, extras.get("metadata") or {})
    filename = next((place["filename"] for place in named if place.get("filename")), None) or block.get("title")
    if filename:
        file["filename"] = filename
    return _lifted(block, {"type": "file", "file": file}, used=_SOURCE_KEYS)


def _document(block: Block) -> Block:
    """Convert a document of Anthropic's dialect: a PDF, a URL, or plain text."""
    source = block.get("source") or {}
    if source.get("type") == "text":
        return _lifted(block, {"type": "text", "text": source.get("data", "")}, used=_SOURCE_KEYS | {"citations"})
    if source.get("type") == "content":
        text = source.get("content")
        joined = text if isinstance(text, str) else "\n".join(part.get("text", "") for part in text or [])
        return _lifted(block, {"type": "text", "text": joined}, used=_SOURCE_KEYS | {"citations"})
    return _file({"filename": "document.pdf", **block})


def _plain_text(block: Block) -> Block:
    text = block.get("text")
    if text is None and block.get("base64"):
        text = base64.b64decode(block["base64"]).decode(errors="replace")
    if text is None:
        return _file(block)
    return _lifted(block, {"type": "text", "text": text}, used=_SOURCE_KEYS)


def _media(block: Block) -> Block:
    """Convert a block of Google's dialect by its MIME type."""
    kind = str(block.get("mime_type", "")).partition("/")[0]
    url = block.get("url") or block.get("file_uri")
    same = {**block, "url": url} if url else block
    converters: dict[str, Callable[[Block], Block]] = {"image": _image, "audio": _audio, "video": _video}
    return converters.get(kind, _file)(same)


def _input_text(block: Block) -> Block:
    return _text({**block, "type": "text"})


def _input_image(block: Block) -> Block:
    if not block.get("image_url"):
        _source(block, "image/jpeg")  # raises, naming what there is instead
    detail = {"detail": block["detail"]} if block.get("detail") else {}
    return {"type": "image_url", "image_url": {"url": block.get("image_url"), **detail}}


def _input_file(block: Block) -> Block:
    file = {key: block[key] for key in ("file_data", "file_id", "filename") if key in block}
    if "file_url" in block:
        file["file_data"] = block["file_url"]
    return {"type": "file", "file": file}


def _non_standard(block: Block) -> Block:
    value = block.get("value")
    return value if isinstance(value, dict) else block


_CONVERTERS: dict[str, Callable[[Block], Block]] = {
    "audio": _audio,
    "document": _document,
    "file": _file,
    "image": _image,
    "image_url": _image_url,
    "input_file": _input_file,
    "input_image": _input_image,
    "input_text": _input_text,
    "media": _media,
    "non_standard": _non_standard,
    "output_text": _input_text,
    "text": _text,
    "text-plain": _plain_text,
    "video": _video,
    "video_url": _video_url,
}
