"""Chooses the text of a string argument, by its name, its schema and what the prompt says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.facts import Facts, words_of
from langchain_openrouter.emulator.answering.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = frozenset(
    words(
        """
    address airport area city country destination location origin place region town
    where
    """
    )
)
_PERSON = frozenset(
    words(
        """
    author company customer employee guest name organisation organization person
    recipient user username who
    """
    )
)
_QUERY = frozenset(words("keywords q query search term topic subject"))
_WHOLE = frozenset(
    words(
        """
    description input instruction message prompt question request task text
    """
    )
)
_SUM = frozenset(["calculation", "equation", "expr", "expression", "formula"])
_LONGEST_EXCERPT = 60
_MADE_UP = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T12:00:00Z",
    "time": "12:00:00Z",
    "email": "user@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
    "duration": "PT1H",
}


def string_for(
    facts: Facts,
    name: str,
    schema: Mapping[str, Any],
    used: set[str],
    *,
    made_up: bool,
) -> str | None:
    """Choose a string.

    Args:
        facts: What the prompt says.
        name: Of the property.
        schema: Of the property.
        used: Strings that were chosen already; the choice is added.
        made_up: Whether to invent one when the prompt has none.

    Returns:
        The string, or `None` when there is none and none is to be invented.
    """
    for candidate in _candidates(facts, name, schema):
        if candidate not in used and _fits(candidate, schema):
            used.add(candidate)
            return candidate
    return _invent(facts, name, schema) if made_up else None


def _candidates(facts: Facts, name: str, schema: Mapping[str, Any]) -> list[str]:
    form = schema.get("format") or _format_by_name(name)
    if form:
        found = facts.of_format(form)
        return [found] if found else []
    about = set(words_of(name))
    labelled = _labelled(facts.text, name)
    if about & _SUM:
        found = facts.of_format("sum")
        return [*([found] if found else []), *facts.quoted]
    by_kind = (
        (_PLACE, [*facts.places, *facts.quoted, *facts.names]),
        (_PERSON, [*facts.named, *facts.quoted, *facts.names]),
        (_QUERY, [*facts.quoted, *_about(facts.text), facts.text.strip()]),
        (_WHOLE, [*facts.quoted, facts.text.strip()]),
    )
    usual = [*facts.quoted, *facts.named, *_rest(facts)]
    return labelled + next((found for kind, found in by_kind if about & kind), usual)


def _rest(facts: Facts) -> list[str]:
    return [name for name in facts.names if name not in facts.places] + list(facts.places)


def _format_by_name(name: str) -> str | None:
    words = set(words_of(name))
    for word, form in (("email", "email"), ("url", "uri"), ("date", "date"), ("time", "time")):
        if word in words:
            return form
    return None


def _labelled(text: str, name: str) -> list[str]:
    """Find "style: pirate", "the style is pirate", "style of a pirate"."""
    label = r"\s+".join(map(re.escape, words_of(name))) or r"\Z"
    pattern = rf"\b{label}\s*(?::|=|is|of an?|as|to)\s+['\"]?([^\s,.;'\"?!][^,.;'\"?!\n]*)"
    return [match.group(1).strip() for match in re.finditer(pattern, text, re.IGNORECASE)]


def _about(text: str) -> list[str]:
    found = re.search(r"\b(?:about|for|on|regarding)\s+([^.?!\n]+)", text)
    return [found.group(1).strip()] if found else []


def _fits(value: str, schema: Mapping[str, Any]) -> bool:
    if len(value) < int(schema.get("minLength") or 0):
        return False
    if len(value) > int(schema.get("maxLength") or len(value)):
        return False
    pattern = schema.get("pattern")
    return not pattern or re.search(pattern, value) is not None


def _invent(facts: Facts, name: str, schema: Mapping[str, Any]) -> str:
    for known in (schema.get("default"), *(schema.get("examples") or ())):
        if isinstance(known, str):
            return known
    form = schema.get("format") or _format_by_name(name)
    if form in _MADE_UP:
        return _MADE_UP[form]
    label = " ".join(words_of(name)).capitalize() or "Answer"
    text = f"{label} for: {' '.join(facts.text.split())[:_LONGEST_EXCERPT]}".strip()
    longest = int(schema.get("maxLength") or len(text))
    return text[:longest].ljust(int(schema.get("minLength") or 0), ".")
