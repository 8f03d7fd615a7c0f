"""JSON in answers, read tolerantly and written in one form."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from langchain_openrouter.agreement.cleaning import one_spelling, spoken, without_thoughts
from langchain_openrouter.agreement.fences import fenced

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NOTHING", "find_json", "whole_json", "write_json"]

NOTHING: Any = object()
"""Where there is no JSON; `None` is JSON's null."""

_JSON = frozenset({"", "json", "json5", "jsonc"})
_BEGIN = re.compile(r"[{\[]")
_MOST_TRIES = 20
_HIGHEST_POWER = 400
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=str)
_ERRORS = (ValueError, RecursionError, InvalidOperation, MemoryError)


def find_json(answer: str) -> Any:
    """Find the JSON in an answer: all of it, what is fenced, or the first object or list in the text.

    Args:
        answer: An answer as it came.

    Returns:
        What was read, numbers as `Decimal`; `NOTHING` where there is none.
    """
    whole = whole_json(answer)
    if whole is not NOTHING:
        return whole
    said = spoken(answer)
    for tried, begin in enumerate(_BEGIN.finditer(said)):
        if tried == _MOST_TRIES:
            break
        try:
            return _DECODER.raw_decode(said, begin.start())[0]
        except _ERRORS:
            continue
    return NOTHING


def whole_json(answer: str) -> Any:
    """Read an answer that is an object or a list, fenced or not, and little else.

    Args:
        answer: An answer as it came.

    Returns:
        What was read; `NOTHING` where it is no such answer.
    """
    # A list of one text is what `spoken` would take it out of.
    said = without_thoughts(answer)
    for text in (said, spoken(answer), *(block.text for block in fenced(said) if block.language in _JSON)):
        if text.strip()[:1] in {"{", "["}:
            try:
                return _DECODER.decode(text.strip())
            except _ERRORS:
                continue
    return NOTHING


def write_json(value: Any, fields: Sequence[str] | None = None) -> str | None:
    """Write JSON in one form: keys in order, 1.0 as 1, texts in small letters without outer spaces.

    Args:
        value: What was read.
        fields: The fields of an object that count; all where `None`.

    Returns:
        The form; `None` where none of the fields is there, or it is nested too deeply.
    """
    if fields is not None:
        value = {name: value[name] for name in fields if name in value} if isinstance(value, dict) else {}
        if not value:
            return None
    try:
        return json.dumps(_one_form(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return None


def _one_form(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _one_form(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_one_form(each) for each in value]
    if isinstance(value, Decimal):
        return _number(value)
    return " ".join(one_spelling(value).casefold().split()) if isinstance(value, str) else value


def _number(value: Decimal) -> Any:
    """Give a whole number, or a float where there is none."""
    if abs(value.adjusted()) > _HIGHEST_POWER:
        return str(value)
    return int(value) if value == value.to_integral_value() else float(value)
