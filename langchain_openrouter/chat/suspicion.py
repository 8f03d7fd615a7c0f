"""Warnings about option values that OpenRouter does not document. They are sent all the same.

What is documented is read from the types in `options`, so that there is one list of it.
"""

from __future__ import annotations

import difflib
import functools
import types
import typing
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

if typing.TYPE_CHECKING:
    from collections.abc import Iterator

_TAGS = ("id", "type")
"""The keys by whose values the members of a union are told apart."""


def warn_of_suspicions(name: str, value: Any, kind: Any) -> None:
    """Warn of what looks wrong in the value of an option.

    Args:
        name: The option, as the user wrote it.
        value: Its value.
        kind: Its type.
    """
    for suspicion in suspicions(value, kind, name):
        warnings.warn(f"{suspicion} It is sent as given.", UserWarning, stacklevel=6)


def suspicions(value: Any, kind: Any, path: str) -> Iterator[str]:
    """Give what looks wrong in a value, a sentence each.

    Args:
        value: What the user passed.
        kind: The type that is documented for it.
        path: Where it stands, such as `openrouter_provider.sort`.
    """
    if value is None or kind is Any:
        return
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        yield from _in_union(value, get_args(kind), path)
    elif origin is Literal:
        if value not in get_args(kind):
            yield f"{path} is {value!r}; OpenRouter documents {_listed(get_args(kind))}."
    elif is_typeddict(kind):
        yield from _in_dict(value, kind, path)
    elif origin in {list, Sequence}:
        if isinstance(value, str) or not isinstance(value, Sequence):
            yield f"{path} is {value!r}, where OpenRouter documents a list."
            return
        for place, item in enumerate(value):
            yield from suspicions(item, get_args(kind)[0], f"{path}[{place}]")
    elif isinstance(kind, type) and not _is_of(value, kind):
        yield f"{path} is {value!r}, where OpenRouter documents {_ARTICLES.get(kind, kind.__name__)}."


def _in_union(value: Any, members: tuple[Any, ...], path: str) -> Iterator[str]:
    literals = [member for member in members if get_origin(member) is Literal]
    if isinstance(value, str) and literals:  # `Literal[…] | str`: open to type checkers, but worth a word
        known = tuple(choice for literal in literals for choice in get_args(literal))
        yield from suspicions(value, Literal[known], path)
        return
    dicts = [member for member in members if is_typeddict(member)]
    if isinstance(value, Mapping) and dicts:
        member = _tagged(value, dicts)
        if member is not None:
            yield from suspicions(value, member, path)
        return
    found = [list(suspicions(value, member, path)) for member in members if member is not type(None)]
    if all(found):
        yield found[0][0]


def _tagged(value: Mapping[str, Any], dicts: list[Any]) -> Any:
    """Find the member of a union that a dict is of; the only one, or the one whose tag it has."""
    if len(dicts) == 1:
        return dicts[0]
    for member in dicts:
        for tag in _TAGS:
            hint = _hints(member).get(tag)
            if tag in value and get_origin(hint) is Literal and value[tag] in get_args(hint):
                return member
    return None


def _in_dict(value: Any, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} is {value!r}, where OpenRouter documents an object."
        return
    hints = _hints(kind)
    for key, item in value.items():
        if key in hints:
            yield from suspicions(item, hints[key], f"{path}.{key}")
        elif close := difflib.get_close_matches(str(key), hints, n=1, cutoff=0.6):
            yield f"{path} has the key {key!r}; did you mean {close[0]!r}?"


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


_ARTICLES = {bool: "true or false", int: "a number", float: "a number", str: "a text"}


def _is_of(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind) if kind in _ARTICLES else True


def _listed(choices: tuple[Any, ...]) -> str:
    return ", ".join(repr(choice) for choice in choices if choice is not None)
