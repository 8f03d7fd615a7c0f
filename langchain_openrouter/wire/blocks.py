"""Messages of OpenRouter as LangChain's standard content blocks (`message.content_blocks`, `output_version="v1"`).

LangChain looks a translator up by `response_metadata["model_provider"]`. Blocks of a chunk carry an `index` of their
own kind, so that adding chunks joins text with text and never reasoning with a tool call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.block_translators import register_translator

from langchain_openrouter.wire.response import PROVIDER

if TYPE_CHECKING:
    from langchain_core.messages.content import ContentBlock

Block = dict[str, Any]

_WHOLE_CONTENT = cast("property", BaseMessage.content_blocks).fget
_PROTECTED = ("data", "signature")


def translate_content(message: AIMessage) -> list[ContentBlock]:
    """Give the blocks of a whole message: reasoning, text with its citations, media, tool calls."""
    blocks = [*_said(message), *_tool_calls(message)]
    return cast("list[ContentBlock]", blocks)


def translate_content_chunk(message: AIMessageChunk) -> list[ContentBlock]:
    """Give the blocks of a chunk, each with the `index` of the block that it continues."""
    blocks = _said(message)
    for block in blocks:
        block.setdefault("index", f"lc_{block['type']}_0")
    if message.chunk_position == "last":
        return cast("list[ContentBlock]", [*blocks, *_tool_calls(message)])
    fragments: list[Block] = [
        {
            "type": "tool_call_chunk",
            "index": f"lc_tool_{call['index']}",
            **{key: call[key] for key in ("id", "name", "args")},
        }
        for call in message.tool_call_chunks
    ]
    return cast("list[ContentBlock]", [*blocks, *fragments])


def register() -> None:
    """Tell LangChain of the translators. Doing so twice does no harm."""
    register_translator(PROVIDER, translate_content, translate_content_chunk)


def _said(message: AIMessage) -> list[Block]:
    extras = message.additional_kwargs
    blocks = _reasoning(extras)
    blocks += _content(message, [_citation(annotation) for annotation in extras.get("annotations") or ()])
    if extras.get("refusal"):
        blocks.append({"type": "non_standard", "value": {"type": "refusal", "refusal": extras["refusal"]}})
    images = [_image(image, position) for position, image in enumerate(extras.get("images") or ())]
    blocks += [image for image in images if image]
    if isinstance(extras.get("audio"), dict):
        blocks.append(_audio(extras["audio"]))
    return blocks


def _reasoning(extras: dict[str, Any]) -> list[Block]:
    """Give the reasoning as one block. What is signed or encrypted rides along, for when only blocks are sent back."""
    details = extras.get("reasoning_details")
    details = [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    text = extras.get("reasoning_content")
    if text is None and details:
        text = "".join(str(detail.get("text") or detail.get("summary") or "") for detail in details) or None
    block: Block = {"type": "reasoning"}
    if text:
        block["reasoning"] = text
    if any(detail.get(key) for detail in details for key in _PROTECTED):
        block["extras"] = {"reasoning_details": details}
    return [block] if len(block) > 1 else []


def _content(message: AIMessage, annotations: list[Block]) -> list[Block]:
    if isinstance(message.content, list):
        blocks = [dict(block) for block in _WHOLE_CONTENT(message)] if _WHOLE_CONTENT else []
        text = next((block for block in blocks if block["type"] == "text"), None)
        if text is not None and annotations:
            text["annotations"] = [*text.get("annotations", ()), *annotations]
        return [block for block in blocks if block["type"] not in {"tool_call", "invalid_tool_call", "reasoning"}]
    if not (message.content or annotations):
        return []
    block: Block = {"type": "text", "text": message.content}
    if annotations:
        block["annotations"] = annotations
    return [block]


def _citation(annotation: Any) -> Block:
    """Translate a `url_citation`; anything else, such as the parse of a file, is kept as it is."""
    cited = annotation.get("url_citation") if isinstance(annotation, dict) else None
    if not isinstance(cited, dict):
        return {"type": "non_standard_annotation", "value": annotation}
    names = {
        "url": "url",
        "title": "title",
        "start_index": "start_index",
        "end_index": "end_index",
        "content": "cited_text",
    }
    return {
        "type": "citation",
        **{ours: cited[theirs] for theirs, ours in names.items() if cited.get(theirs) is not None},
    }


def _image(image: Any, position: int) -> Block | None:
    source = image.get("image_url") if isinstance(image, dict) else None
    url = source.get("url") if isinstance(source, dict) else source
    if not isinstance(url, str):
        return None
    head, is_data, data = url.partition(";base64,")
    place = {"base64": data, "mime_type": head.removeprefix("data:")} if is_data else {"url": url}
    return {"type": "image", **place, **({"index": f"lc_image_{position}"} if position else {})}


def _audio(audio: dict[str, Any]) -> Block:
    block: Block = {"type": "audio"}
    if audio.get("id"):
        block["id"] = audio["id"]
    if audio.get("data"):
        block["base64"] = audio["data"]
    extras = {key: value for key, value in audio.items() if key not in {"data", "id"}}
    return {**block, "extras": extras} if extras else block


def _tool_calls(message: AIMessage) -> list[Block]:
    valid = [
        {"type": "tool_call", "id": call["id"], "name": call["name"], "args": call["args"]}
        for call in message.tool_calls
    ]
    return valid + [{**call, "type": "invalid_tool_call"} for call in message.invalid_tool_calls]


register()
