"""Which of the options an answer chooses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.formulas import plain_latex
from langchain_openrouter.agreement.languages import any_of
from langchain_openrouter.agreement.literals import quantities, quantity_at, words_as_digits, write_number
from langchain_openrouter.agreement.marks import last_mark
from langchain_openrouter.agreement.words import is_refusal, negated, sentences, stem, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from langchain_openrouter.agreement.options import Option

__all__ = ["is_sentence", "pick", "pick_letter", "read_letter"]

_OPEN = r"[(\[{<\"'*_$]{0,3}"
_CLOSE = r"[)\]}>\"'*_$]{0,3}"
_KIND = (
    r"(?:(?:definitely|clearly|obviously|certainly|surely|probably|most\slikely)[,:]?\s)?(?:(?:either|both|the|la|le|el|l'|die|der|das|a|o|het)\s)?"
    rf"(?P<kind>(?:letter|option|choice|answer|ending|{any_of('choice')}|{any_of('chosen')})\s?)?"
)
_USUAL = frozenset("ABCDEFGHIJ")
_LEADING = re.compile(
    rf"[\s*_\"'$]*{_KIND}(?P<open>{_OPEN})(?P<label>[A-Za-z]|\d{{1,2}})(?P<close>{_CLOSE}[.,:;!)\]]?)(?![A-Za-z0-9'^+#]|[.,]\d)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\s*(?:$|[-\u2013\u2014:.,;!()\n\"\u2026]|because\b|since\b|as\b|is\b(?!\sa\b)|for\b|and\b|or\b|but\b|/|&|\||"
    r"[^\x00-\x7f])",
    re.IGNORECASE,
)
_SMALL_GOES_ON = re.compile(r"\s*(?:$|\n|[.:,)])")
"""A small letter is more often a word."""

_NEXT_LABEL = re.compile(
    rf"\s*(and(?:\salso)?|as\swell\sas|&|,|/|or)\s*(?:option\s)?{_OPEN}([A-Z]){_CLOSE}(?=[\s.,;]|$)"
)
_NAMED = re.compile(
    r"\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Ll]etter|[Ee]nding)\s?[(\[\"']?(?P<told>[A-Z]|\d{1,2}|[a-z](?=[)\]]))(?![\w'])"
    r"|(?<!\w)[(\[](?P<bracketed>[A-Za-z]|\d{1,2})[)\]]"
    r"|(?<![\w'(])(?P<right>[B-HJ-Z])(?=\sis\s(?:the\s)?(?:correct|right|best|most|true|answer))"
    r"|(?:\b(?:so|therefore|thus|hence|is|be|choose|pick|select|say|[Ii]t's|with|go\sfor|answer)[:,]?\s|:\s)"
    r"[\"']?(?P<last>[A-Z])[\"']?(?=[.!]?\s*(?:$|\n)|[.,]\s|\sis\s(?:the\s)?(?:correct|right|best|most))"
    r"|(?<![\w'(])(?P<told_again>[A-Z])\)\s"
)
_NOT_THIS = re.compile(
    r"(?:(?:,|,?\s(?:and|but))\s(?:not|never)|,?\s(?:rather\sthan|instead\sof|as\sopposed\sto))\s[^,.;\n]{1,120}",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"[^.\n]{0,40}?\b(?:wrong|incorrect|not|isn't|false|eliminat\w{0,4}|rule[ds]?\sout)\b", re.IGNORECASE
)
_IS_WRONG = re.compile(
    r"\W{0,3}(?:is|are|was|can)\s?(?:\w{1,12}\s)?(?:wrong|incorrect|not|n't|false|eliminated|ruled)\b", re.IGNORECASE
)
_SOME_LABEL = re.compile(r"(?<![\w'])([A-Z])(?![\w'+#])")
_FEWEST = 2
_CLEAR_PREFIX = 4
_SHORT, _FEW = 8, 12
_AMBIGUOUS = ""
"""Several were chosen, or what stands beside a letter is another option's text."""


def pick(answer: str, options: Sequence[Option]) -> str | None:
    """Say which option an answer chooses.

    The last marked answer counts, then one that the text begins or ends with, then the only option that is named.

    Args:
        answer: A text as `one_spelling` writes it, without what decorates it.
        options: The options.

    Returns:
        The label; several in order, where the answer joins them by `and`; a short text that is none of the options,
        in one form; `None` where nothing is clear.
    """
    mark = last_mark(answer)
    if mark and mark.doubted:
        return None
    for found in _ways(answer, mark.text if mark else None, options):
        if found is not None:
            return found or None
    return None if mark or _mentions(answer, options) or is_refusal(answer) else _short(answer)


def _ways(answer: str, marked: str | None, options: Sequence[Option]) -> Iterator[str | None]:
    """Yield what each way of looking finds, the surest first."""
    said = sentences(answer)
    if marked:
        yield _read(plain_latex(marked), options)
        yield _no_label(plain_latex(marked))
    if not said:
        return
    lists = _lists(answer, options)
    if not lists:
        yield _read(plain_latex(answer), options)
    if not (lists and _leading(said[-1])):
        yield from _ways_of_the_end(answer, said[-1], options)
    yield _only_named(answer, options)
    if len(words(said[0])) <= _FEW and not lists:
        yield _only_text(said[0], options)
    if not any(_number(option.text) is not None for option in options):
        yield _only_text(answer, options)


def _ways_of_the_end(answer: str, sentence: str, options: Sequence[Option]) -> Iterator[str | None]:
    yield _alone(answer.strip().rpartition("\n")[2], options)
    yield _alone(sentence, options)
    yield _only_named(sentence, options)
    yield _only_text(sentence, options)


def _no_label(marked: str) -> str | None:
    """Say that nothing is chosen where a letter is marked that no option has."""
    return _AMBIGUOUS if read_letter(marked) or _SOME_LABEL.fullmatch(marked.strip(" ().$*")) else None


def read_letter(text: str) -> str | None:
    """Read a letter that stands for an option, where the options are not known.

    Args:
        text: An answer, or what it marks, as `one_spelling` writes it.

    Returns:
        The letter, as a capital; `None` where the text begins otherwise.
    """
    found = _leading(text)
    if found is None or found["label"].upper() not in _USUAL:
        return None
    label = found["label"]
    bare_small = label.islower() and not found["open"] and not found["close"].strip("\"'*_$")
    return None if bare_small and text.strip() != label else label.upper()


def pick_letter(answer: str) -> str | None:
    """Say which letter an answer chooses, where the options are not known.

    Args:
        answer: A text as `one_spelling` writes it, without what decorates it.
    """
    mark = last_mark(answer)
    if mark:
        return None if mark.doubted else read_letter(plain_latex(mark.text))
    first, _, rest = answer.strip().partition("\n")
    letter = read_letter(first)
    alone = len(words(first)) <= 1
    return letter if letter and (alone or not (rest or is_sentence(first))) else None


def is_sentence(text: str) -> bool:
    """Say whether a text that begins with a letter goes on as a sentence, so that the letter may be a word."""
    found = _leading(text)
    return found is None or not (found["kind"] or found["open"].strip("\"'*_$") or found["close"])


def _read(text: str, options: Sequence[Option]) -> str | None:
    """Read an answer that begins with its choice: its text, or its label."""
    labels = {option.label for option in options}
    numbered = all(label.isdigit() for label in labels)
    same = None if numbered else _same_text(text, options)
    found = None if same else _leading(text)
    if found is None or found["label"].upper() not in labels:
        return same or _same_text(text, options) or None
    label = found["label"].upper()
    chosen, rest = _joined(label, text[found.end() :], labels)
    if _IS_WRONG.match(rest):
        return None
    if chosen == label and _contradicts(label, rest, options):
        return _AMBIGUOUS
    return chosen


def _leading(text: str) -> re.Match[str] | None:
    found = _LEADING.match(text)
    if found is None or found["open"].strip("\"'*_$") or found["close"]:
        return found
    goes_on = _SMALL_GOES_ON if found["label"].islower() else _GOES_ON
    return found if goes_on.match(text, found.end()) else None


def _joined(label: str, rest: str, labels: Collection[str]) -> tuple[str, str]:
    """Add the labels that follow; `A or B` chooses nothing."""
    chosen = {label}
    while (found := _NEXT_LABEL.match(rest)) and found[2] in labels:
        if found[1] in {"or", "/"}:
            return _AMBIGUOUS, rest
        chosen.add(found[2])
        rest = rest[found.end() :]
    return ", ".join(sorted(chosen)), rest


def _contradicts(label: str, rest: str, options: Sequence[Option]) -> bool:
    """Say whether the text beside a label is that of another option."""
    beside = tuple(words(next(iter(sentences(rest.lstrip(" -:.,)"))), "")))
    others = [option for option in options if option.words == beside and beside]
    return bool(others) and all(option.label != label for option in others)


def _same_text(text: str, options: Sequence[Option]) -> str | None:
    """Find the option that a text, or its first line, repeats; a longer beginning of one will do."""
    for part in (text, *sentences(text)[:1]):
        said = tuple(words(part))
        number = _number(part)
        found = {
            option.label
            for option in options
            if (option.words == said and said) or (number is not None and _number(option.text) == number)
        }
        if not found and len(said) >= _CLEAR_PREFIX:
            found = {option.label for option in options if option.words[: len(said)] == said}
        if len(found) == 1:
            return found.pop()
    return None


def _number(text: str) -> str | None:
    """Read a text that is nothing but a number, with its unit."""
    plain = words_as_digits(plain_latex(text)).strip().strip("$").strip().rstrip(".")
    found = quantity_at(plain)
    return write_number(found.value) if found and found.end == len(plain) else None


def _lists(answer: str, options: Sequence[Option]) -> bool:
    """Say whether an answer goes through the options one by one."""
    lines = [line.lstrip(" \t-*(").lstrip("[")[:2] for line in answer.split("\n")]
    begun = {option.label for option in options if any(re.match(rf"{option.label}[).:\]]", line) for line in lines)}
    return len(begun) >= _FEWEST


def _alone(line: str, options: Sequence[Option]) -> str | None:
    """Read a last line that is nothing but an option."""
    found = _leading(line)
    if found is None:
        return None
    rest = tuple(words(line[found.end() :]))
    return next(
        (each.label for each in options if each.label == found["label"].upper() and rest in {(), each.words}),
        None,
    )


def _only_named(answer: str, options: Sequence[Option]) -> str | None:
    """Find the label that is named, where only one is."""
    labels = {option.label for option in options}
    named = {
        label
        for found in _NAMED.finditer(answer)
        if (label := next(filter(None, found.groups())).upper()) in labels and not _WRONG.match(answer, found.end())
    }
    return named.pop() if len(named) == 1 else None


def _only_text(text: str, options: Sequence[Option]) -> str | None:
    """Find the option whose text is repeated, where only one is and nothing is denied."""
    cut = _NOT_THIS.sub("", text)
    said = words(cut)
    numbers = {write_number(quantity.value) for quantity in quantities(cut)}
    stems = {option.label: [stem(word) for word in option.words] for option in options}
    said = [stem(word) for word in said]
    found = [option.label for option in options if _holds(said, stems[option.label]) or _number(option.text) in numbers]
    longest = [
        label for label in found if not any(label != other and _holds(stems[other], stems[label]) for other in found)
    ]
    return longest[0] if len(longest) == 1 and not negated(_without(said, stems[longest[0]])) else None


def _without(said: Sequence[str], part: Sequence[str]) -> list[str]:
    """Leave the words of an option out of a text: a no in them denies nothing."""
    return f" {' '.join(said)} ".replace(f" {' '.join(part)} ", " ").split()


def _holds(said: Sequence[str], part: Sequence[str]) -> bool:
    """Say whether words stand in a text one after the other."""
    return bool(part) and f" {' '.join(part)} " in f" {' '.join(said)} "


def _mentions(answer: str, options: Sequence[Option]) -> bool:
    """Say whether an answer has to do with some option, though it is not clear what."""
    labels = {option.label for option in options}
    said = words(answer)
    return any(_holds(said, option.words) for option in options) or any(
        found[1] in labels for found in _SOME_LABEL.finditer(answer)
    )


def _short(answer: str) -> str | None:
    said = words(answer)
    return " ".join(said) if said and len(said) <= _SHORT and len(answer.strip()) > 1 else None
