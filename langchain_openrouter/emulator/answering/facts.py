"""Finds in a text what could be an argument: numbers, quoted words, names, places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_openrouter.emulator.answering.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(r"(?<![\w.,-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)|(?<=\()-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_URL = re.compile(r"https?://[^\s\"'<>)]*[^\s\"'<>).,;!?]")
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)")
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w\u2019-]*"
_NAME = re.compile(rf"{_CAPITALISED}(?:[ ]+(?:of[ ]|de[ ]|van[ ])?{_CAPITALISED})*")
_PLACE = re.compile(
    rf"\b(?:in|for|at|to|from|near|of|visit|between)\s+(?P<all>{_NAME.pattern}"
    rf"(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+|\s*&\s*){_NAME.pattern})*)"
)
_LOWER_PLACE = re.compile(r"\b(?:in|for|at|near)\s+(?!the\b|a\b|an\b|my\b|me\b|json\b)([a-z][\w-]+)")
_NAMED = re.compile(
    r"\b(?:[Nn]amed|[Cc]alled|[Nn]ame is|[Nn]ame:)\s+"
    rf"(?:[\"'“`]([^\"'”`\n]+)[\"'”`]|({_NAME.pattern}|\w[\w\u2019-]*))"
)
_SUM = re.compile(r"-?\d+(?:\.\d+)?(?:\s*[-+*/^\u00d7x]\s*-?\d+(?:\.\d+)?)+")
_WORDS_FOR_NUMBERS = dict(
    zip(
        words("one two three four five six seven eight nine ten eleven twelve"),
        range(1, 13),
        strict=True,
    )
)
_NOT_NAMES = frozenset(
    words(
        """
    a add an and answer any anything are as ask book call calculate can compare compute
    could create define describe did do does draw explain extract fetch find for from
    generate get give have hello help hey hi how i i'd i'll i'm if in is it json list
    look make mr mrs multiply my name no note now of on ok please pdf provide read reply
    respond return say schedule search send set should show so solve sql subtract sum
    summarise summarize tell thank thanks that the then there these this those to today
    translate try update url use using using was we what what's when where which who
    who's why will with would write yes you your
    """
    )
)
_VERB_AFTER = re.compile(r"\s+(?:is|was|lives|has|works|and|who|will|wants|likes|,|\()")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text holds that could be a value.

    Attributes:
        text: The text itself.
        numbers: In order; whole ones are `int`.
        quoted: Strings in quotation marks.
        names: Capitalised words that do not merely begin a sentence, and those after "named".
        places: Names after a preposition, lists taken apart.
        named: What follows "named" or "called".
    """

    text: str
    numbers: tuple[float, ...] = ()
    quoted: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def matching(self, pattern: re.Pattern[str]) -> str | None:
        """Give the first match of a pattern."""
        found = pattern.search(self.text)
        return found.group() if found else None

    def of_format(self, name: str) -> str | None:
        """Give the first text of a JSON schema format."""
        patterns = {"date": _DATE, "time": _CLOCK, "email": _EMAIL, "uri": _URL, "sum": _SUM}
        return self.matching(patterns[name]) if name in patterns else None


def read_facts(text: str) -> Facts:
    """Read a text.

    >>> read_facts("What is the weather in San Francisco, CA?").places
    ('San Francisco, CA',)
    >>> read_facts("magic_function(3) in Paris and London").numbers
    (3,)
    """
    quoted = tuple(next(group for group in m.groups() if group) for m in _QUOTED.finditer(text))
    bare = _QUOTED.sub(" ", text)
    named = tuple(m.group(1) or m.group(2) for m in _NAMED.finditer(text))
    return Facts(
        text=text,
        numbers=tuple(_numbers(bare)),
        quoted=quoted,
        names=_unique([*named, *_names(bare)]),
        places=_unique(_places(bare)),
        named=_unique(named),
    )


def words_of(text: str) -> list[str]:
    """Give the lower-case words of a text or identifier (`getUser_name` has three)."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return [word.lower() for word in re.findall(r"[^\W_]+", spaced)]


def _numbers(text: str) -> list[float]:
    plain = _CLOCK.sub(" ", _DATE.sub(" ", text))
    found = [(match.start(), _number(match.group())) for match in _NUMBER.finditer(plain)]
    found += [
        (match.start(), _WORDS_FOR_NUMBERS[match.group()])
        for match in re.finditer(r"\b[a-z]+\b", plain.lower())
        if match.group() in _WORDS_FOR_NUMBERS
    ]
    return [number for _, number in sorted(found)]


def _number(text: str) -> float:
    value = float(text.replace(",", ""))
    return int(value) if value.is_integer() and "." not in text else value


def _names(text: str) -> list[str]:
    found: list[str] = []
    for match in _NAME.finditer(text):
        name = _without_start(match.group())
        if not name:
            continue
        begins = re.search(r"(^|[.!?:]\s*)$", text[: match.start()]) is not None
        single = name == match.group() and " " not in name
        if begins and single and not _VERB_AFTER.match(text, match.end()):
            continue
        found.append(name)
    return found


def _without_start(name: str) -> str:
    words = name.split(" ")
    while words and words[0].lower() in _NOT_NAMES:
        words.pop(0)
    return " ".join(words)


def _places(text: str) -> list[str]:
    places = [place for m in _PLACE.finditer(text) for place in _apart(m.group("all"))]
    if not places:
        places = [match.group(1) for match in _LOWER_PLACE.finditer(text)]
    return places


def _apart(listed: str) -> list[str]:
    """Take a list of names apart, but leave "Austin, TX" and a lone "Florence, Italy" whole."""
    groups = re.split(r"\s*,?\s+(?:and|or)\s+|\s*&\s*", listed)
    if len(groups) == 1 and listed.count(",") == 1:
        return [listed]
    places: list[str] = []
    for part in (piece for group in groups for piece in re.split(r"\s*,\s*", group)):
        if places and re.fullmatch(r"[A-Z]{2,3}", part):
            places[-1] += f", {part}"
        elif part:
            places.append(part)
    return places


def _unique(items: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
