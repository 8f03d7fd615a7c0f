"""Answers to exercises in mathematics: expressions, and what is made of them, in one form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from langchain_openrouter.agreement.formulas import plain_latex, read_formula

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["read_mathematics"]

_LONGEST = 300
"""Characters."""

_WORDS = {
    "empty set": re.compile(r"\u2205|\{\s*\}|(?:the )?empty set", re.IGNORECASE),
    "no solution": re.compile(r"(?:there (?:is|are) )?no solutions?(?: exists?)?", re.IGNORECASE),
    "no real solution": re.compile(r"(?:there (?:is|are) )?no real solutions?(?: exists?)?", re.IGNORECASE),
    "infinity": re.compile(r"\+?\s?infinity|inf", re.IGNORECASE),
}
_MATRIX = re.compile(r"\\begin\{([a-zA-Z]*matrix)\}(.*?)\\end\{\1\}")
_ASSIGNED = re.compile(
    r"\s*([a-zA-Z](?:_\w|'|\([^()=<>]{1,20}\))?|\([a-zA-Z](?:\s?,\s?[a-zA-Z]){1,4}\))\s*(?:=|\u2208|:=)(?!=)\s*"
)
_RELATION = re.compile(r"(<=|>=|!=|<|>)")
_JOINED = re.compile(r",|;|\s(?:and|or)\s", re.IGNORECASE)
_OPENING, _CLOSING = "([{", ")]}"
_THOUSANDS = re.compile(r"(?<=\d),\d{3}(?!\d)|(?<=\d),\d{1,2}(?![\d,])")
_LIKE_A_DATE = re.compile(r"\d+\s?/\s?\d+\s?/\s?\d+|\d+-\d+(?:-\d+)?|\d{1,2}:\d\d.*")
_NEW_SENTENCE = re.compile(r"[.!?:]\s+[^\W\d]")
_COMMAND = re.compile(r"\\[a-zA-Z]+|sqrt")
_GLUED = re.compile(r"[a-zA-Z]\d")


def read_mathematics(text: str) -> str | None:
    r"""Read an answer that is nothing but mathematics, and write it in one form.

    Tuples, intervals and matrices keep their order. Sets, lists, and solutions joined by `or` have none. The name of
    what an equation tells goes, unless it tells several: `x = 5` is 5.

    Args:
        text: A text as `one_spelling` writes it, without what decorates it.

    Returns:
        The form; `None` where the text is not mathematics, or too long to be an answer.

    Example:
        >>> read_mathematics(r"x = \frac{1}{2}"), read_mathematics("{3, 1}"), read_mathematics("[0,1)")
        ('0.5', '1, 3', '[0, 1)')
    """
    if len(text) > _LONGEST or _NEW_SENTENCE.search(text):
        return None
    plain = plain_latex(text).strip().strip("$").strip().rstrip(".,;").strip()
    named = next((name for name, pattern in _WORDS.items() if pattern.fullmatch(plain)), None)
    if named or _LIKE_A_DATE.fullmatch(plain) or _GLUED.search(_COMMAND.sub("", plain)):
        return named
    return _several(plain)


def _several(text: str) -> str | None:
    """Read one thing, or a list of things without an order."""
    parts = _parts(text)
    if len(parts) == 1:
        return _one(text)
    assigned = [_ASSIGNED.match(part) for part in parts]
    names = {found[1].partition("_")[0] for found in assigned if found}
    if len(names) > 1:
        return _assignments(parts)
    if names and not assigned[0]:
        return None
    if any("=" in part and not found for part, found in zip(parts, assigned, strict=True)):
        return None  # steps of a calculation
    return _sorted_list(_one(part) for part in parts)


def _assignments(parts: list[str]) -> str | None:
    """Keep the names of several unknowns, in their alphabetical order."""
    written = []
    for part in parts:
        found = _ASSIGNED.match(part)
        value = _one(part)
        if found is None or value is None:
            return None
        written.append(f"{found[1]}={value}")
    return ", ".join(sorted(written))


def _sorted_list(values: Iterable[str | None]) -> str | None:
    known = list(values)
    if None in known:
        return None
    single = (
        {part for value in known if value is not None for part in value.split(", ")} if _flat(known) else set(known)
    )
    return ", ".join(sorted((value for value in single if value is not None), key=_by_size))


def _flat(values: list[str | None]) -> bool:
    """Say whether none has an order of its own inside."""
    return not any(value and value[0] in _OPENING for value in values)


def _by_size(value: str) -> tuple[float, str]:
    top, _, bottom = value.partition("/")
    try:
        return float(top) / float(bottom or 1), value
    except (ValueError, ZeroDivisionError, OverflowError):
        return float("inf"), value


def _one(text: str) -> str | None:
    text = _without_name(text.strip())
    if "\u222a" in text:
        return _written((_one(part) for part in text.split("\u222a")), "U")
    if (matrix := _MATRIX.fullmatch(text)) is not None:
        return _matrix(matrix[2])
    if _RELATION.search(text):
        return _relation(text)
    if "\u00b1" in text:
        return _sorted_list(_one(text.replace("\u00b1", sign, 1)) for sign in "+-")
    return _bracketed(text) or _formula(text)


def _formula(text: str) -> str | None:
    formula = read_formula(text)
    return None if formula is None else str(formula)


def _without_name(text: str) -> str:
    """Leave `x =` out, and all but the last part of a chain of equations."""
    if _RELATION.search(text):
        return text
    named = _ASSIGNED.match(text)
    rest = text[named.end() :] if named else text
    *before, last = rest.split("=")
    return last.strip() if last.strip() and (named or before) else rest


def _relation(text: str) -> str | None:
    """Read inequalities; of `>` and `<`, the smaller side is always written first."""
    first, *more = _RELATION.split(text)
    signs, sides = more[::2], [_several(side) for side in (first, *more[1::2])]
    if all(sign in {">", ">="} for sign in signs):
        sides, signs = sides[::-1], [sign.replace(">", "<") for sign in signs[::-1]]
    return _written([part for pair in zip(sides, [*signs, ""], strict=True) for part in pair], "")


def _bracketed(text: str) -> str | None:
    """Read a tuple, an interval or a set."""
    if len(text) < 3 or text[0] not in _OPENING or text[-1] not in _CLOSING or _closing(text) != len(text) - 1:  # noqa: PLR2004  # two brackets and something
        return None
    inside = [_one(part) for part in _parts(text[1:-1], thousands=False)]
    if text[0] == "{":
        return _sorted_list(inside)
    if len(inside) == 1 and text[0] == "(" and text[-1] == ")":
        return inside[0]
    written = _written(inside, ", ")
    return None if written is None else f"{text[0]}{written}{text[-1]}"


def _matrix(body: str) -> str | None:
    rows = [_written((_one(cell) for cell in row.split("&")), ", ") for row in body.split("\\\\") if row.strip()]
    written = _written((None if row is None else f"[{row}]" for row in rows), ", ")
    return None if written is None else f"[{written}]"


def _written(values: Iterable[str | None], joint: str) -> str | None:
    known = list(values)
    return None if None in known else joint.join(value or "" for value in known)


def _closing(text: str) -> int:
    """Find the bracket that closes the first one; of an interval, it may be of another kind."""
    depth = 0
    for position, sign in enumerate(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth == 0:
            return position
    return -1


def _parts(text: str, *, thousands: bool = True) -> list[str]:
    """Split a list where no bracket is open; `thousands` may have a comma that splits nothing."""
    parts, depth, begin, position = [], 0, 0, 0
    while position < len(text):
        sign = text[position]
        depth += (sign in _OPENING) - (sign in _CLOSING)
        joint = _JOINED.match(text, position) if depth == 0 else None
        if joint and not (thousands and _THOUSANDS.match(text, position)):
            parts.append(text[begin:position])
            begin = position = joint.end()
        else:
            position += 1
    return [*parts, text[begin:]]
