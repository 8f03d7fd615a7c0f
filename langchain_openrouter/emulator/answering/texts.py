"""The words of an answer."""

from __future__ import annotations

import json
import re
from random import Random
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.conversation import Turn, compact
from langchain_openrouter.emulator.answering.facts import read_facts, words_of
from langchain_openrouter.emulator.answering.schemas import Builder
from langchain_openrouter.emulator.answering.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSAL = "I'm sorry, but I can't assist with that request."
_DISALLOWED = re.compile(
    r"\b(?:malware|ransomware|ransom|keylogger|phishing kit|pipe bomb|nerve agent|bioweapon)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(r"^\W*(?:hi|hello|hey|good (?:morning|evening))\b", re.IGNORECASE)
_REPEAT = re.compile(
    r"\b(?:reply|answer|respond|say)\s+(?:with\s+)?(?:only|just|exactly)?\s*"
    r"(?:the\s+words?\s+)?[`'\"“]([^`'\"”]+)[`'\"”]",
    re.IGNORECASE,
)
_LONG = re.compile(r"\b(?:story|essay|poem|haikus?|long|detail\w*|paragraphs?|list of|\d{2,})\b", re.IGNORECASE)
_COUNTED = re.compile(r"(?:\bword (\w+) (?:exactly )?)?\b(\d{1,6}) (?:words|tokens|times)\b", re.IGNORECASE)
_MOST_WORDS = 20_000
_EXCERPT = 120
_NUMERIC = frozenset(words("age amount count degrees number population price quantity rating score temperature year"))
_JOINING = frozenset({"and", "or", "the", "as", "with", "are"})
_FILLERS = (
    "This text was written by the emulator, so nobody was asked and nothing was charged for real.",
    "Each sentence is chosen by the seed and the request, which makes answers repeatable.",
    "The cat on the windowsill looked at the rain and decided to wait for you there.",
    "Tokens are counted by a fixed rule and priced from the catalog of models.",
    "A different seed or prompt gives different words, but of the same kind.",
    "Numbers, names and quoted words of your prompt are used where a schema asks for them.",
)


def is_disallowed(text: str) -> bool:
    """Tell whether a model would refuse a request, by a few plain words."""
    return _DISALLOWED.search(text) is not None


def plain_text(turn: Turn, seed: str) -> str:
    """Give the text that answers a turn.

    Tool results are repeated in full; a quoted text to reply with is given back; sums of two
    numbers are computed; "5000 words" or "the word hi 50 times" has that length; anything else
    is acknowledged with a few sentences.
    """
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    if turn.results:
        return "Here is what the tools say: " + "; ".join(turn.results)
    asked = _REPEAT.search(turn.text)
    if asked:
        return asked.group(1)
    count = 12 if _LONG.search(turn.text) else 2
    counted = _COUNTED.search(turn.text)
    if counted:
        return _of_length(min(int(counted[2]), _MOST_WORDS), counted[1])
    fillers = [random.choice(_FILLERS) for _ in range(count)]
    return " ".join([_opening(turn), *fillers])


def _of_length(count: int, word: str | None) -> str:
    """Repeat a word, or words that are one token each, so many times."""
    return " ".join([word or "word"] * count)


def _opening(turn: Turn) -> str:
    attached = ", ".join(f"{n} {kind}" for kind, n in turn.attachments.items())
    seen = f" I was also given: {attached}." if attached else ""
    if _GREETING.match(turn.text):
        return f"Hello! How can I help you today?{seen}"
    total = _sum(turn.text)
    if total:
        return total + seen
    excerpt = " ".join(turn.text.split())[:_EXCERPT]
    return f"You said: {excerpt}{'' if excerpt.endswith(('.', '!', '?')) else '.'}{seen}"


def _sum(text: str) -> str | None:
    found = re.search(r"(-?\d+(?:\.\d+)?)\s*([-+*\u00d7])\s*(-?\d+(?:\.\d+)?)", text)
    if not found:
        return None
    left, right = float(found[1]), float(found[3])
    result = {"+": left + right, "-": left - right}.get(found[2], left * right)
    return f"{found[1]} {found[2]} {found[3]} = {result:g}."


def json_text(request: Mapping[str, Any], turn: Turn) -> str:
    """Give JSON that satisfies `response_format`."""
    form = request["response_format"]
    facts = read_facts("\n".join([turn.text, *turn.results]))
    if form["type"] == "json_schema":
        schema = form["json_schema"].get("schema") or {"type": "object"}
        return compact(Builder(facts, schema).build())
    schema = _schema_in(f"{turn.system}\n{turn.text}")
    if schema:
        return compact(Builder(facts, schema).build())
    return compact({"answer": _opening(turn)})


def _schema_in(text: str) -> dict[str, Any] | None:
    """Find the shape that a prompt describes: a schema, an example, or a list of keys."""
    for match in re.finditer(r"\{", text):
        try:
            found, _ = json.JSONDecoder().raw_decode(text[match.start() :])
        except ValueError:
            continue
        if isinstance(found, dict) and found:
            return found if "properties" in found else _schema_like(found)
    keys = _keys_in(text)
    if not keys:
        return None
    properties = {key: {"type": "number"} if key in _NUMERIC else {} for key in keys}
    return {"type": "object", "properties": properties, "required": keys}


def _schema_like(example: object) -> dict[str, Any]:
    if isinstance(example, dict):
        properties = {str(key): _schema_like(value) for key, value in example.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(example, list):
        return {"type": "array", "items": _schema_like(example[0] if example else "")}
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": names.get(type(example), "string")}


def _keys_in(text: str) -> list[str]:
    sentences = re.split(r"(?<=[.!?])\s+|\n", text)
    for sentence in sentences:
        if not re.search(r"\b(?:keys?|fields?|properties|attributes)\b", sentence, re.IGNORECASE):
            continue
        after = re.search(r"(?:keys?|fields?|properties)\s*:?\s+([\w ,]+)", sentence, re.IGNORECASE)
        listed = [word for word in words_of(after[1]) if word not in _JOINING] if after else []
        found = listed if len(listed) > 1 else read_facts(sentence).quoted or listed
        if found:
            return list(dict.fromkeys(found))
    return []
