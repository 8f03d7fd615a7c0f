"""What can be asked of a catalog, and whether it makes sense."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_openrouter.catalog.model import Model

__all__ = ["Axis", "Query", "SortKey", "check", "check_choice", "name_set"]

Axis = Literal[
    "price", "prompt_price", "completion_price", "intelligence", "coding", "agentic", "context", "output", "created"
]
"""What models are compared by. ``price`` is that of three prompt tokens and one of the answer, the usual mix."""

SortKey = Literal[
    "price", "-price", "prompt_price", "-prompt_price", "completion_price", "-completion_price",
    "intelligence", "-intelligence", "coding", "-coding", "agentic", "-agentic",
    "context", "-context", "output", "-output", "created", "-created", "id", "-id",
]  # fmt: skip
"""An order: rising, or falling with a minus. Models without the value come last either way."""


INPUT_MODALITIES = frozenset({"text", "image", "file", "audio", "video"})
OUTPUT_MODALITIES = INPUT_MODALITIES - {"file"} | {"embeddings", "rerank", "speech", "transcription"}
"""``InputModality`` and ``OutputModality`` of OpenRouter's API description; a catalog may know newer ones."""


class Query(TypedDict, total=False):
    """What to look for. What is left out does not matter; a model that does not tell a value does not fit a limit."""

    text: str
    """Words that id and name contain, best match first."""

    tools: bool
    """Whether tools can be called."""

    structured_output: bool
    """Whether answers can be made to fit a JSON schema."""

    reasoning: bool
    """Whether the model can think."""

    input: str | set[str] | frozenset[str] | list[str]
    """Modalities that prompts must be able to hold: ``text``, ``image``, ``file``, ``audio``, ``video``."""

    output: str | set[str] | frozenset[str] | list[str]
    """Modalities that answers must be able to hold."""

    min_context: int
    """The least context window, in tokens."""

    min_output: int
    """The least limit of an answer, in tokens."""

    max_prompt_price: float | Decimal
    """The most that the prompt may cost, in dollars per million tokens."""

    max_completion_price: float | Decimal
    """The most that the answer may cost, in dollars per million tokens."""

    free: bool
    """Whether every price is zero."""

    open_weights: bool
    """Whether the weights are published."""

    author: str | set[str] | frozenset[str] | list[str]
    """Who made the model, as in its id; one of several."""

    parameters: str | set[str] | frozenset[str] | list[str]
    """Request parameters that must be supported."""

    min_intelligence: float
    """The least Intelligence Index."""

    min_coding: float
    """The least Coding Index."""

    min_agentic: float
    """The least Agentic Index."""

    available_on: dt.date
    """A day on which the model is there: not before it came, not after it expires."""

    plain: bool
    """Whether to leave out what is a model under another name: aliases, routers, and variants such as ``:batch``."""

    sort: SortKey
    """The order. Default: the best match of ``text``, else OpenRouter's own order, newest first."""

    limit: int
    """How many to give at most."""


def check(query: Mapping[str, Any], models: Sequence[Model]) -> None:
    """Look at a query.

    Args:
        query: What to look for, as in `Query`.
        models: Where to look; they may have modalities that are not known here.

    Raises:
        TypeError: A key is none of `Query`.
        ValueError: A value is none that its key can have.
    """
    for name, value in query.items():
        if name not in Query.__annotations__:
            msg = f"search() has no argument {name!r}. {_remedy(name, list(Query.__annotations__), 'There are')}"
            raise TypeError(msg)
        if value is not None and name in _CHECKS:
            _CHECKS[name](name, value)
    for name, known in (("input", INPUT_MODALITIES), ("output", OUTPUT_MODALITIES)):
        for modality in name_set(query.get(name) or ()) - known:
            check_choice(name, modality, known | _modalities_of(models))


def _check_flag(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        _refuse(name, value, "is neither True nor False")


def _check_number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or value != value:  # noqa: PLR0124  # NaN
        _refuse(name, value, "is no number")


def _check_names(name: str, value: Any) -> None:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, Collection) or not all(isinstance(each, str) for each in names):
        _refuse(name, value, "is neither a text nor a set of texts")


def _check_limit(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        _refuse(name, value, "is no count of models")


def _check_day(name: str, value: Any) -> None:
    if not isinstance(value, dt.date):
        _refuse(name, value, "is no day; pass a `datetime.date`")


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        _refuse(name, value, "is no text")


def _refuse(name: str, value: Any, why: str) -> NoReturn:
    msg = f"{name}={value!r} {why}."
    raise ValueError(msg)


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "text": _check_text,
    "available_on": _check_day,
    "limit": _check_limit,
    "sort": lambda name, value: check_choice(name, value, get_args(SortKey)),
    **dict.fromkeys(("tools", "structured_output", "reasoning", "free", "open_weights", "plain"), _check_flag),
    **dict.fromkeys(("input", "output", "author", "parameters"), _check_names),
    **dict.fromkeys(("min_context", "min_output", "min_intelligence", "min_coding", "min_agentic"), _check_number),
    **dict.fromkeys(("max_prompt_price", "max_completion_price"), _check_number),
}


def _modalities_of(models: Sequence[Model]) -> frozenset[str]:
    return frozenset().union(*(model.input_modalities | model.output_modalities for model in models))


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Look at a value that must be one of several.

    Raises:
        ValueError: It is none of them; the message says which was probably meant.
    """
    known = sorted(choices)
    if value not in known:
        msg = f"{name}={value!r} is not known. {_remedy(str(value), known, 'It can be')}"
        raise ValueError(msg)


def _remedy(slip: str, known: Sequence[str], intro: str) -> str:
    close = difflib.get_close_matches(slip, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"{intro} {', '.join(known)}."


def name_set(wanted: Any) -> frozenset[str]:
    """Read one name, or several, as a set."""
    return frozenset([wanted]) if isinstance(wanted, str) else frozenset(wanted)
