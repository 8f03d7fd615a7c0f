"""What a question asks for, which decides how its answers are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

from langchain_openrouter.agreement.cleaning import one_spelling, spoken, without_markdown
from langchain_openrouter.agreement.echo import NO_ECHO, Echo
from langchain_openrouter.agreement.languages import any_of
from langchain_openrouter.agreement.literals import quantities
from langchain_openrouter.agreement.options import Option, read_options
from langchain_openrouter.agreement.words import sentences, stem, words

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["NOTHING_ASKED", "Asked", "read_question"]

Kind = Literal["choice", "number", "yes or no", "true or false", "code", "json", "fact", "open", "unknown"]

_LONGEST = 20_000
"""Characters that are read, from the end on: what is asked stands there, after documents and examples."""

_CODE = re.compile(
    r"\b(?:write|implement|create|complete|fix|refactor|define|develop|code|design)\b[^.?!\n]{0,60}\b(?:function|program|script|code|"
    r"class|method|regex|sql|query|algorithm|module)\b|^\s*def \w+\(|```|\bassert \w+\(",
    re.IGNORECASE | re.MULTILINE,
)
_JSON = re.compile(r"\bjson\b", re.IGNORECASE)
_TRUE_FALSE = re.compile(r"\btrue\s?(?:or|/)\s?false\b", re.IGNORECASE)
_YES_NO = re.compile(r"\byes\s?(?:or|/)\s?no\b", re.IGNORECASE)
_POLAR = re.compile(
    r"(?:(?:and|so|but|then|now|question|q)\b\W*)?(?:is|are|was(?!\s(?:war|ist|sind|wird|hat|macht|kostet|bedeutet|heißt)\b)|were|do|does|did|has|have|had|can|could|will|would|should|must|am|may)\s(?!you\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\bhow\s(?:many|much|old|far|long|tall|fast|heavy|big|high|deep|wide|large|often)\b|"
    r"\bwhat\s(?:percent\w*|fraction|number|year|age|proportion)\b|\b(?:what|which)\syear\b|"
    r"\b(?:calculate|compute|evaluate|simplify|solve|estimate)\b|\bvalue\sof\b|\bprobability\b|\\boxed|"
    r"\b(?:what\s(?:is|was|are|were|will\sbe)|find|determine)\s(?:the\s)?(?:\w+\s){0,2}?(?:sum|total|product|difference|quotient|ratio|"
    r"average|mean|median|number|amount|cost|price|profit|revenue|area|perimeter|volume|length|width|height|distance|"
    r"speed|angle|percentage|remainder|solutions?|degree|order|roots?|rate|weight|mass|age|year|interest|salary|balance)\b|"
    r"\b(?:common\sfraction|mixed\snumber|decimal|nearest|simplest\s(?:form|radical))\b|"
    r"\bfind\s(?:all|[a-z]\b|\$|\\)|\bwhat\sis\s[-\d($\\\u221a]",
    re.IGNORECASE,
)
_COUNT = re.compile(any_of("count"), re.IGNORECASE)
_FACT = re.compile(r"\b(?:who|whom|whose|what|which|where|when|name)\b", re.IGNORECASE)
_OPEN = re.compile(
    r"(?:please\s)?(?:write|compose|draft|explain|describe|summari[sz]e|discuss|create|generate|design|outline|rewrite|"
    r"imagine|suggest|pretend|act\sas|edit|craft|develop|analy[sz]e|compare|tell\sme\s(?:about|a\b)|give\sme|translate|"
    r"paraphrase|brainstorm|provide\san?\s(?:overview|summary|example)|why\b|how\s(?:do|does|did|can|could|would|should|to|is|are)\b|"
    r"(?:can|could|would|will)\syou\b)",
    re.IGNORECASE,
)
_TOPICS = re.compile(
    r"\b(?:differences?|similarities|(?:dis)?advantages|pros|cons|benefits|steps|ways|tips|reasons|implications|effects|"
    r"impacts?|strategies|practices|opinion|thoughts|examples|should\si|do\syou\sthink)\b",
    re.IGNORECASE,
)
_WANTS_ANSWER = re.compile(r"\banswers?\b|\\boxed", re.IGNORECASE)
_COMPLETES = re.compile(r"\b(?:answer|a)\s?:\s*$", re.IGNORECASE)
_GOES_ON = frozenset(
    {"are", "can", "did", "do", "does", "had", "has", "have", "in", "is", "left", "more", "must", "of", "on", "per",
     "should", "that", "there", "was", "were", "will", "would"}
)  # fmt: skip
_EITHER = re.compile(
    r"\b(?:with|either|between|as|from|of)\s(?:[\"']?\w{1,30}[\"']?,\s){1,8}or\s[\"']?\w{1,30}|"
    r"\b(?:with|either|between|as|from|of)\s(?:[\"']?\w{1,30}[\"']?,\s){1,8}[\"']?\w{1,30}[\"']?\sor\s[\"']?\w{1,30}|"
    r"[\"']?\w{1,30}[\"']?,?\sor\s[\"']?\w{1,30}",
    re.IGNORECASE,
)
_OF_ONE = re.compile(r"\b(?:probability|chance|likelihood|proportion|fraction|decimal|ratio)\b", re.IGNORECASE)
_PERCENT = re.compile(r"%|\bpercent", re.IGNORECASE)
_COUNTED = re.compile(
    r"\bhow\smany\s((?:[^\W\d_]+\s?){1,4})|\b(?:number|amount|total)\sof\s((?:[^\W\d_]+\s?){1,3})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for.

    Args:
        kind: The sort of answer; `unknown` where there is no question.
        options: What there is to choose from.
        echo: What an answer may only repeat.
        counted: Stems of what a number is asked of, such as `hour`.
        values: The numbers that the question tells.
        of_one: Whether 25 % is 0.25 here, as in a probability; else it is 25.
        year: Whether a year is asked for.
        alternatives: Words to choose from, as in "positive or negative".
        completes: Whether the question ends as an example does, before its answer.
    """

    kind: Kind
    options: tuple[Option, ...] = ()
    echo: Echo = NO_ECHO
    counted: frozenset[str] = frozenset()
    values: frozenset[Fraction] = frozenset()
    of_one: bool = False
    year: bool = False
    alternatives: frozenset[str] = frozenset()
    completes: bool = False


NOTHING_ASKED = Asked("unknown")


def read_question(question: str | None) -> Asked:
    """Read what a question asks for.

    Args:
        question: The question; `None` where it is not known.

    Example:
        >>> read_question("How many legs has a dog?").kind, read_question(None).kind
        ('number', 'unknown')
    """
    if question is None or not question.strip():
        return NOTHING_ASKED
    text = without_markdown(one_spelling(spoken(question[-_LONGEST:])))
    asking = _asking(text)
    kind = _kind(text, asking)
    options = () if kind in {"code", "json"} else read_options(text)
    if kind == "open" and options and options[0].label.isdigit():
        options = ()  # points to write about
    return Asked(
        kind="choice" if options else kind,
        options=options,
        echo=Echo.of(asking or text),
        counted=frozenset(map(_head, _COUNTED.finditer(text))) - {""},
        values=frozenset(quantity.value for quantity in quantities(text)),
        of_one=bool(_OF_ONE.search(text)) and not _PERCENT.search(text),
        year=bool(re.search(r"\b(?:what|which)\syear\b", text, re.IGNORECASE)),
        alternatives=frozenset(word for found in _EITHER.finditer(text) for word in words(found[0]) if word != "or"),
        completes=bool(_COMPLETES.search(text)),
    )


def _head(found: re.Match[str]) -> str:
    """Give the stem of the noun of which a number is asked: the last word before one that goes on with the sentence."""
    counted = list(takewhile(lambda word: word not in _GOES_ON, words(found[1] or found[2])))
    return stem(counted[-1]) if counted else ""


def _asking(text: str) -> str | None:
    """Give the last sentence that asks."""
    asking = [each for each in sentences(text) if each.rstrip("\"'*) ").endswith("?")]
    return asking[-1].lstrip("\"'*( ") if asking else None


def _kind(text: str, asking: str | None) -> Kind:
    if _CODE.search(text):
        return "code"
    if _JSON.search(text):
        return "json"
    if _TRUE_FALSE.search(text):
        return "true or false"
    if _YES_NO.search(text):
        return "yes or no"
    return _kind_of_text(text) if asking is None else _kind_of_question(asking)


def _kind_of_text(text: str) -> Kind:
    """Go by how any sentence begins."""
    if _NUMBER.search(text):
        return "number"
    begins = [part.strip() for part in re.split(r"[.!?:\n]+", text)]
    if any(map(_OPEN.match, begins)) and not _WANTS_ANSWER.search(text):
        return "open"
    return "fact"


def _kind_of_question(question: str) -> Kind:
    if _NUMBER.search(question) or _COUNT.search(question):
        return "number"
    if _OPEN.match(question) or _TOPICS.search(question):
        return "open"
    if _POLAR.match(question) and not re.search(r"\bor\b", question) and not _FACT.match(question):
        return "yes or no"
    return "fact"
