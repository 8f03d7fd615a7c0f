"""Decides which tools to call, and with what."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.conversation import Turn, compact
from langchain_openrouter.emulator.answering.facts import Facts, read_facts, words_of
from langchain_openrouter.emulator.answering.schemas import Builder
from langchain_openrouter.emulator.answering.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Tool = Mapping[str, Any]

_COMMON = frozenset(
    words(
        """
    a about an and any are as at be by call can do does fetch find for from function get
    give have how in info information into is it its list look lookup make me my of on
    or output please provide return returns run set show some tell that the their this
    to tool tools use used user using value values what when where which who will with
    you your current given specified example text data result results want need
    """
    )
)
_SIGNS = (
    (r"\d\s*\+\s*\d|\bplus\b|\badd\b|\bsum\b", ("add", "sum", "plus", "adder", "calculator")),
    (r"\d\s*[*\u00d7x]\s*\d|\btimes\b|\bmultipl", ("multiply", "product", "times", "calculator")),
    (r"\d\s*-\s*\d|\bminus\b|\bsubtract", ("subtract", "minus", "difference", "calculator")),
    (r"\d\s*/\s*\d|\bdivided?\b", ("divide", "quotient", "division", "calculator")),
)
_CLAUSE_END = re.compile(r"[.;?!]\s+|,?\s+(?:and\s+)?(?:then|also)\s+|,\s+and\s+")
_FORBIDDEN = re.compile(r"\b(?:do not|don't|never|without) (?:call|us)(?:e|ing)?\b[^.]*\btools?\b", re.IGNORECASE)
_ENOUGH_WORDS = 2
_MOST_CALLS = 8


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool: `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


def plan_calls(request: Mapping[str, Any], turn: Turn, new_id: Callable[[str], str]) -> list[Call]:
    """Decide which tools to call next.

    Args:
        request: The chat request.
        turn: Its last turn.
        new_id: Gives an id for the call of a tool by name.
    """
    tools = [tool for tool in request.get("tools") or () if tool.get("type") == "function"]
    choice = request.get("tool_choice") or "auto"
    if not tools or choice == "none":
        return []
    wanted = _wanted(tools, choice, turn)
    if request.get("parallel_tool_calls") is False:
        wanted = wanted[:1]
    return [Call(new_id(name), name, arguments) for name, arguments in wanted]


def _wanted(tools: Sequence[Tool], choice: object, turn: Turn) -> list[tuple[str, str]]:
    facts = read_facts(turn.text)
    if isinstance(choice, dict):
        name = (choice.get("function") or {}).get("name")
        named = [tool for tool in tools if tool["function"]["name"] == name]
        return [_call(tool, facts) for tool in named]
    called = {name for name, _ in turn.called}
    mentioned = [tool for tool in tools if _mentions(turn.text, tool, alone=len(tools) == 1)]
    if choice == "required":
        fresh = [tool for tool in mentioned if tool["function"]["name"] not in called]
        unused = [tool for tool in tools if tool["function"]["name"] not in called]
        if not fresh:
            known = read_facts("\n".join([turn.text, *turn.results]))
            return [_call((unused or tools)[0], known)]
        mentioned = fresh
    elif _FORBIDDEN.search(turn.text):
        return []
    shares = _shares(turn.text, mentioned)
    calls = [call for tool, part in shares for call in _calls(tool, part)][:_MOST_CALLS]
    return _not_yet_made(calls, turn)


def _shares(text: str, tools: Sequence[Tool]) -> list[tuple[Tool, Facts]]:
    """Give each of several tools the clauses that ask for it, where the text has such."""
    clauses = _CLAUSE_END.split(text)
    shares = []
    for tool in tools:
        own = [clause for clause in clauses if _mentions(clause, tool, alone=False)]
        shares.append((tool, read_facts(". ".join(own) if own and len(tools) > 1 else text)))
    return shares


def _not_yet_made(calls: list[tuple[str, str]], turn: Turn) -> list[tuple[str, str]]:
    """Leave out as many calls of a tool as the turn made, whatever their arguments became."""
    made = Counter(name for name, _ in turn.called)
    seen: Counter[str] = Counter()
    left = []
    for name, arguments in calls:
        seen[name] += 1
        if seen[name] > made[name]:
            left.append((name, arguments))
    return left


def _calls(tool: Tool, facts: Facts) -> list[tuple[str, str]]:
    """Call a tool once for each set of values that the text gives."""
    schema = tool["function"].get("parameters") or {}
    return [_call(tool, part) for part in _portions(schema, facts)]


def _call(tool: Tool, facts: Facts) -> tuple[str, str]:
    schema = tool["function"].get("parameters") or {}
    made = Builder(facts, {"type": "object", **schema}).build() if schema else {}
    return tool["function"]["name"], compact(made)


def _portions(schema: Mapping[str, Any], facts: Facts) -> list[Facts]:
    needed = [(schema.get("properties") or {}).get(key, {}) for key in schema.get("required") or ()]
    kinds = [part.get("type") for part in needed]
    size, count = len(kinds), len(facts.numbers)
    if size and set(kinds) <= {"integer", "number"} and count > size and count % size == 0:
        starts = range(0, count, size)
        return [replace(facts, numbers=facts.numbers[at : at + size]) for at in starts]
    listed = facts.places or facts.quoted
    if kinds == ["string"] and not needed[0].get("enum") and len(listed) > 1:
        return [replace(facts, places=(one,), quoted=(one,), names=(one,)) for one in listed]
    return [facts]


def _mentions(text: str, tool: Tool, *, alone: bool) -> bool:
    """Tell whether a text plausibly asks for a tool."""
    name = tool["function"]["name"]
    if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
        return True
    if alone and re.search(r"\b(?:us(?:e|ing)|call)\b[^.?!]*\btools?\b", text, re.IGNORECASE):
        return True
    spoken = _stems(words_of(text))
    for sign, meanings in _SIGNS:
        if re.search(sign, text, re.IGNORECASE):
            spoken |= _stems(meanings)
    in_name = _stems(words_of(name))
    in_description = _stems(words_of(_first_line(tool["function"].get("description") or "")))
    return bool(spoken & in_name) or len(spoken & in_description) >= _ENOUGH_WORDS


def _first_line(description: str) -> str:
    return description.strip().split("\n", 1)[0]


def _stems(words: Iterable[str]) -> set[str]:
    """Reduce words so that `adds`, `adding` and `adder` meet."""
    kept = [word for word in words if word not in _COMMON and len(word) > 2]  # noqa: PLR2004
    return {re.sub(r"(?<=\w{3})(?:ing|ers?|ed|es|s|e)$", "", word) for word in kept}
