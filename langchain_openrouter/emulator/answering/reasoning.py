"""Reasoning: its text, its details in each family's form, and the check of what comes back."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from langchain_openrouter.emulator.failing.errors import ApiError, provider_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_openrouter.emulator.market.families import Family
    from langchain_openrouter.emulator.market.registry import Model

_SENTENCES = (
    "The user wants me to answer this request.",
    " I should read it carefully and take the given values as they are.",
    " The important part is: {excerpt}.",
    " I compare the possible answers before I choose one.",
    " A short, direct answer will serve best.",
)
_SENTENCES_OF_EFFORT = {"minimal": 1, "low": 2, "medium": 3, "high": 5, "xhigh": 5, "max": 5}
_LONGEST_EXCERPT = 80
_SIGNATURE_START = "RW11bGF0b3I"
"""Base64 of "Emulator": what the emulator signed is known by it, also when it was altered."""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The reasoning of one answer.

    Attributes:
        text: What is shown; `None` when the provider shows none.
        details: `reasoning_details`.
        pieces: The tokens of the text, or as many blanks where it is hidden.
    """

    text: str | None
    details: tuple[dict[str, Any], ...]
    pieces: tuple[str, ...]


def effort_of(request: Mapping[str, Any], model: Model) -> str | None:
    """Give the effort that a request asks for, `None` for no reasoning."""
    if "reasoning" not in model.supported:
        return None
    options = request.get("reasoning") or {}
    effort = options.get("effort") or request.get("reasoning_effort")
    if effort == "none" or options.get("enabled") is False:
        return "minimal" if model.reasons_always else None
    if effort:
        return str(effort)
    asked = options.get("enabled") or options.get("max_tokens") or request.get("include_reasoning")
    suffix = str(request.get("model") or "").endswith(":thinking")
    return "medium" if asked or suffix or model.reasons_always else None


def is_hidden(request: Mapping[str, Any]) -> bool:
    """Tell whether the reasoning is to be kept out of the answer."""
    options = request.get("reasoning") or {}
    return bool(options.get("exclude")) or request.get("include_reasoning") is False


def think(prompt: str, effort: str) -> str:
    """Give a reasoning text."""
    excerpt = " ".join(prompt.split())[:_LONGEST_EXCERPT].rstrip(".?! ") or "nothing yet"
    text = "".join(_SENTENCES[: _SENTENCES_OF_EFFORT.get(effort, 3)])
    return text.format(excerpt=excerpt.replace("{", "(").replace("}", ")"))


def details_of(family: Family, text: str, key: str, call_id: str | None) -> list[dict[str, Any]]:
    """Give reasoning details as the family's provider shapes them.

    Args:
        family: Of the model.
        text: The reasoning.
        key: Unique to this answer; the signatures come from it.
        call_id: Of the first tool call; Gemini ties its thought signature to it.
    """
    form = family.reasoning_format
    sealed = _seal(key, text)
    if family.reasoning_shape == "signed_text":
        return [_text(text, form) | {"signature": sealed}]
    if family.reasoning_shape == "summary_and_encrypted":
        summary = {"type": "reasoning.summary", "summary": text, "format": form, "index": 0}
        return [summary, _encrypted(sealed, form, _reasoning_id(key), 1)]
    if family.reasoning_shape == "text_and_encrypted":
        return [_text(text, form), _encrypted(sealed, form, call_id, 0)]
    if family.reasoning_shape == "encrypted":
        return [_encrypted(sealed, form, _reasoning_id(key), 0)]
    return [_text(text, form)]


def _text(text: str, form: str | None) -> dict[str, Any]:
    return {"type": "reasoning.text", "text": text, "format": form, "index": 0}


def _encrypted(data: str, form: str | None, id_: str | None, index: int) -> dict[str, Any]:
    detail = {"type": "reasoning.encrypted", "data": data, "format": form, "index": index}
    return detail | ({"id": id_} if id_ else {})


def _reasoning_id(key: str) -> str:
    return "rs_" + hashlib.sha256(key.encode()).hexdigest()[:48]


def _seal(key: str, text: str) -> str:
    digest = b"".join(hashlib.sha256(f"{key}{n}{text}".encode()).digest() for n in range(6))
    return _SIGNATURE_START + base64.b64encode(b"\0" + digest).decode()


class ReasoningLedger:
    """Remembers the reasoning details that were issued, and checks those that come back."""

    def __init__(self) -> None:
        """Start with nothing issued."""
        self._by_key: dict[str, list[dict[str, Any]]] = {}
        self._by_call: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self._lock = threading.Lock()

    def issue(self, family: Family, details: Sequence[dict[str, Any]], calls: Sequence[str]) -> None:
        """Remember the details of an answer and the ids of its tool calls."""
        plain = [_plain(detail) for detail in details]
        with self._lock:
            for detail in plain:
                for key in (*_seals(detail), *_texts(detail)):
                    self._by_key[key] = plain
            for call in calls:
                self._by_call[call] = (family.reasoning_shape, plain)

    def check(self, messages: Sequence[Mapping[str, Any]], provider: str) -> None:
        """Refuse reasoning that was issued here and came back changed, as the provider would.

        Args:
            messages: Of the request.
            provider: Name for the error.

        Raises:
            ApiError: 400 with the provider's own words in `metadata.raw`.
        """
        for index, message in enumerate(messages):
            if message.get("role") == "assistant":
                problem = self._problem(message, index)
                if problem is not None:
                    raise _refusal(problem, index, provider)

    def _problem(self, message: Mapping[str, Any], index: int) -> str | None:
        details = [_plain(detail) for detail in message.get("reasoning_details") or ()]
        if not details:
            return self._missing(message)
        seals = [seal for detail in details for seal in _seals(detail)]
        texts = [text for detail in details for text in _texts(detail)]
        with self._lock:
            expected = [self._by_key.get(key) for key in (*seals, *texts)]
        known = next((issued for issued in expected if issued is not None), None)
        if known is not None:
            return None if details == known else _first_difference(details, known, index)
        if any(seal.startswith(_SIGNATURE_START) for seal in seals):
            return f"messages.{index}.content.0: Invalid `signature` in `thinking` block"
        return None

    def _missing(self, message: Mapping[str, Any]) -> str | None:
        with self._lock:
            issued = [self._by_call.get(call.get("id", "")) for call in message.get("tool_calls") or ()]
        if any(entry is not None and entry[0] == "text_and_encrypted" for entry in issued):
            return (
                "Gemini models require OpenRouter reasoning details to be preserved in each request. "
                "Function call is missing a thought_signature in functionCall parts."
            )
        return None


def _seals(detail: Mapping[str, Any]) -> list[str]:
    return [seal for seal in (detail.get("signature"), detail.get("data")) if seal]


def _texts(detail: Mapping[str, Any]) -> list[str]:
    """Give what a detail without a seal is known by; families may think alike."""
    texts = (detail.get("text"), detail.get("summary"))
    return [f"{detail.get('format')}/{text}" for text in texts if text]


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in detail.items() if value is not None}


def _first_difference(details: list[dict[str, Any]], known: list[dict[str, Any]], index: int) -> str:
    place = next((n for n, (a, b) in enumerate(zip(details, known, strict=False)) if a != b), len(known))
    kind: Literal["signature", "reasoning details"] = "reasoning details"
    if place < len(details) and "signature" in known[min(place, len(known) - 1)]:
        kind = "signature"
    got = json.dumps(details[place] if place < len(details) else None, ensure_ascii=False)
    return f"messages.{index}.content.{place}: Invalid `{kind}` in `thinking` block: {got[:200]}"


def _refusal(problem: str, index: int, provider: str) -> ApiError:
    error = {"type": "invalid_request_error", "message": problem, "param": f"messages.{index}"}
    return provider_error(provider, json.dumps({"type": "error", "error": error}, ensure_ascii=False))
