"""How an agreement is named."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from typing import Any, Literal, NoReturn, TypeAlias

from langchain_openrouter.agreement.pairs import PairAgreement
from langchain_openrouter.agreement.protocol import Agreement
from langchain_openrouter.agreement.simple import (
    AutoAgreement,
    ChoiceAgreement,
    CodeAgreement,
    JSONAgreement,
    NumberAgreement,
    TextAgreement,
)

__all__ = ["AgreementLike", "as_agreement"]

AgreementLike: TypeAlias = (
    Literal["auto", "text", "number", "choice", "json", "code"] | Agreement | Callable[[str, str], bool]
)
"""The name of an agreement, an agreement, or a function that says whether two answers agree."""

_NAMED: dict[str, Callable[[], Agreement]] = {
    "auto": AutoAgreement,
    "text": TextAgreement,
    "number": NumberAgreement,
    "choice": ChoiceAgreement,
    "json": JSONAgreement,
    "code": CodeAgreement,
}


def as_agreement(value: AgreementLike) -> Agreement:
    """Give the agreement that somebody means.

    Args:
        value: A name, an agreement, or a function of two answers.

    Raises:
        ValueError: There is no agreement of this name.
        TypeError: It is nothing of these.

    Example:
        >>> as_agreement("number").group(["1/2", "0.5"])
        [[0, 1]]
    """
    if isinstance(value, str):
        return _named(value)
    given: Any = value
    if isinstance(given, type) or inspect.iscoroutinefunction(given):
        _refuse(given)
    if hasattr(given, "group") and hasattr(given, "agroup"):
        agreement: Agreement = given
        return agreement
    return PairAgreement(given) if callable(given) else _refuse(given)


def _named(name: str) -> Agreement:
    if name not in _NAMED:
        close = difflib.get_close_matches(name, _NAMED, n=1)
        remedy = f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(_NAMED)}."
        msg = f"agreement={name!r} is not known. {remedy}"
        raise ValueError(msg)
    return _NAMED[name]()


def _refuse(value: object) -> NoReturn:
    what = f"The class {value.__name__}" if isinstance(value, type) else repr(value)
    msg = (
        f"{what} is no agreement. Pass one of {', '.join(_NAMED)}, an agreement such as `AutoAgreement()`, or a "
        "function of two answers that is not async."
    )
    raise TypeError(msg)
