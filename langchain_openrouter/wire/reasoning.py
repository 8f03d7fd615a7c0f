"""Reasoning details: put together from a stream, and sent back byte for byte.

Providers sign or encrypt their reasoning and refuse a conversation in which it comes back changed. So details are
passed through as opaque objects. Only the fragments of a stream are joined, and only those that agree in type, index
and id: Gemini sends a text and an encrypted part under one index.

Source: https://openrouter.ai/docs/guides/best-practices/reasoning-tokens#preserving-reasoning
"""

from __future__ import annotations

from typing import Any

Detail = dict[str, Any]

_JOINED = frozenset({"signature", "summary", "text"})
"""The keys whose values come in pieces."""

_IN_PIECES = ("reasoning.summary", "reasoning.text")
"""The types that come in pieces. Encrypted data comes whole: two pieces of it are two details."""


class DetailAssembler:
    """Collects the fragments of a streamed answer into the details that it would have had unstreamed.

    Example:
        ```python
        assembler = DetailAssembler()
        assembler.add([{"type": "reasoning.text", "index": 0, "text": "2 + 2"}])
        assembler.add([{"type": "reasoning.text", "index": 0, "text": " = 4", "signature": "s"}])
        assert assembler.finish() == [{"type": "reasoning.text", "index": 0, "text": "2 + 2 = 4", "signature": "s"}]
        ```
    """

    __slots__ = ("_details", "_pieces")

    def __init__(self) -> None:
        self._details: list[Detail] = []
        self._pieces: list[dict[str, list[str]]] = []

    def add(self, fragments: list[Any]) -> None:
        """Take the `reasoning_details` of one chunk."""
        for fragment in fragments:
            if isinstance(fragment, dict):
                self._add(fragment)

    def finish(self) -> list[Detail]:
        """Join the pieces and give the details, in the order in which they began."""
        for detail, pieces in zip(self._details, self._pieces, strict=True):
            for key, values in pieces.items():
                detail[key] = "".join(values)
            pieces.clear()
        return self._details

    def _add(self, fragment: Detail) -> None:
        place = self._place(fragment)
        if place is None:
            self._details.append(dict(fragment))
            self._pieces.append({})
            return
        detail, pieces = self._details[place], self._pieces[place]
        for key, value in fragment.items():
            if value is None:
                continue
            if key in _JOINED and isinstance(value, str) and isinstance(detail.get(key), str):
                pieces.setdefault(key, [detail[key]]).append(value)
            elif key != "index":
                detail[key] = value

    def _place(self, fragment: Detail) -> int | None:
        """Find the detail that a fragment continues: the last one that agrees with it."""
        kind, index = fragment.get("type"), fragment.get("index")
        if kind not in _IN_PIECES or index is None:
            return None
        for place in range(len(self._details) - 1, -1, -1):
            detail = self._details[place]
            if detail.get("type") == kind and detail.get("index") == index and _ids_agree(detail, fragment):
                return place
        return None


def _ids_agree(one: Detail, other: Detail) -> bool:
    return not one.get("id") or not other.get("id") or one["id"] == other["id"]


def joined_fragments(details: Any) -> Any:
    """Join fragments that an earlier message still holds apart, as messages made by the official package do.

    Only neighbours that agree in type, index and id are joined, and none to a detail that is already signed: it is
    whole.

    Args:
        details: `additional_kwargs["reasoning_details"]` of a message.

    Returns:
        The details to send; the same object where nothing had to be joined.
    """
    if not isinstance(details, list) or len(details) < 2:  # noqa: PLR2004
        return details
    groups: list[list[Any]] = []
    for detail in details:
        if groups and _continues(groups[-1][-1], detail):
            groups[-1].append(detail)
        else:
            groups.append([detail])
    return details if len(groups) == len(details) else [_joined(group) for group in groups]


def _continues(last: Any, detail: Any) -> bool:
    if not (isinstance(last, dict) and isinstance(detail, dict)) or last.get("signature"):
        return False
    return (
        detail.get("type") in _IN_PIECES
        and detail.get("index") is not None
        and last.get("type") == detail["type"]
        and last.get("index") == detail["index"]
        and _ids_agree(last, detail)
    )


def _joined(group: list[Detail]) -> Detail:
    if len(group) == 1:
        return group[0]
    assembler = DetailAssembler()
    assembler.add(group)
    return assembler.finish()[0]


def details_of_blocks(blocks: list[Detail]) -> dict[str, Any]:
    """Convert reasoning that stands in the content of a message: LangChain's v1 blocks and Anthropic's `thinking`.

    Args:
        blocks: The reasoning blocks of an assistant message, in order.

    Returns:
        `reasoning` and `reasoning_details` for the wire, each where there is something to say.
    """
    text = "".join(str(block.get("reasoning") or block.get("thinking") or "") for block in blocks)
    details = [detail for index, block in enumerate(blocks) for detail in _details_of(block, index)]
    wire: dict[str, Any] = {"reasoning": text} if text else {}
    if details:
        wire["reasoning_details"] = details
    return wire


def _details_of(block: Detail, index: int) -> list[Detail]:
    extras = block.get("extras") or {}
    if isinstance(extras.get("reasoning_details"), list):
        return list(extras["reasoning_details"])
    signature = block.get("signature") or extras.get("signature")
    if block.get("type") == "redacted_thinking":
        return [
            {"type": "reasoning.encrypted", "data": block.get("data"), "format": "anthropic-claude-v1", "index": index}
        ]
    if signature:
        text = block.get("thinking") or block.get("reasoning") or ""
        signed = {"text": text, "signature": signature, "format": "anthropic-claude-v1", "index": index}
        return [{"type": "reasoning.text", **signed}]
    return []
