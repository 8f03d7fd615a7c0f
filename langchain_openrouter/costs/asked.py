"""What a request will ask for, as far as it decides the cost: read from a name, a model or a chat model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_openrouter.catalog import Catalog, Model, current

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.runnables import Runnable
    from typing_extensions import TypeIs

    ModelLike: TypeAlias = str | Model | Runnable[LanguageModelInput, Any]
    """A name as in `Catalog.lookup`, a model of the catalog, a chat model, or what was bound of one."""

__all__ = ["Asked", "ModelLike", "at_least_one", "each_model", "read_asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request will ask for.

    Args:
        models: The model, and those that OpenRouter may turn to when it fails.
        tools: Tools that are sent along.
        max_tokens: The most tokens of an answer; ``None`` where the request sets no limit.
        n: How many answers.
    """

    models: tuple[Model, ...]
    tools: tuple[Any, ...] = ()
    max_tokens: int | None = None
    n: int = 1


def read_asked(
    model: ModelLike,
    *,
    tools: Sequence[Any] | None = None,
    max_tokens: int | None = None,
    n: int | None = None,
    catalog: Catalog | None = None,
) -> Asked:
    """Read what a request will ask for.

    Args:
        model: The model, in any form.
        tools: Tools; they go before those of a chat model, and so do the other arguments.
        max_tokens: The most tokens of an answer.
        n: How many answers.
        catalog: Where names are looked up. Default: `langchain_openrouter.catalog.current()`.

    Raises:
        ModelNotFoundError: The catalog has no such model.
        TypeError: ``model`` is none.
    """
    if isinstance(model, Model):
        return Asked((model,), tuple(tools or ()), max_tokens, n or 1)
    names, given = ((model,), {}) if isinstance(model, str) else _names_and_parameters(model)
    found = tuple((catalog or current()).lookup(name) for name in names)
    # OpenRouter prefers the newer name of the two.
    limit = max_tokens or _count(given.get("max_completion_tokens")) or _count(given.get("max_tokens"))
    return Asked(found, tuple(_tools(given) if tools is None else tools), limit, n or _count(given.get("n")) or 1)


def each_model(models: Iterable[ModelLike] | ModelLike) -> Iterable[ModelLike]:
    """Give several models; one alone is a list of one."""
    return [models] if _is_one(models) else models


def _is_one(models: Iterable[ModelLike] | ModelLike) -> TypeIs[ModelLike]:
    """Say whether it is a model, not several; a chat model can be iterated, too."""
    return isinstance(models, (str, Model)) or hasattr(models, "invoke")


def at_least_one(**counts: int | None) -> None:
    """Refuse counts below 1; ``None`` is none.

    Raises:
        ValueError: One is below 1.
    """
    for name, value in counts.items():
        if value is not None and value < 1:
            msg = f"{name}={value!r} is no number of {_COUNTED.get(name, 'tokens')}. Pass 1 or more, or leave it out."
            raise ValueError(msg)


_COUNTED = {"n": "answers", "repeats": "repeats"}

_PARAMETERS = ("max_completion_tokens", "max_tokens", "models", "n", "response_format", "tools")
"""Parameters of a request that decide the cost, beside the model; fields of chat models have the same names."""


def _names_and_parameters(model: Runnable[LanguageModelInput, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Read a chat model and what was bound to it: the names of the models, and the parameters of a request."""
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables.base import RunnableBindingBase

    bound: dict[str, Any] = {}
    inner: Any = model
    while isinstance(inner, RunnableBindingBase):
        bound = {**inner.kwargs, **bound}
        inner = inner.bound
    if not isinstance(inner, BaseChatModel):
        msg = (
            f"The cost of a {type(inner).__name__} cannot be told. Pass the name of a model, a `Model` of the catalog, "
            "a chat model, or what `bind` or `bind_tools` made of one; of a chain, the model in it."
        )
        raise TypeError(msg)
    given = {name: getattr(inner, name, None) for name in _PARAMETERS}
    given["model"] = getattr(inner, "model_name", None) or getattr(inner, "model", None)
    given |= {**(getattr(inner, "model_kwargs", None) or {}), **(bound.get("model_kwargs") or {}), **bound}
    given |= bound.get("extra_body") or getattr(inner, "extra_body", None) or {}  # which is merged in last
    if not isinstance(given["model"], str):
        msg = f"{type(inner).__name__} does not say which model it is. Pass the model's name instead."
        raise TypeError(msg)
    others = [name for name in given.get("models") or () if isinstance(name, str)]
    return tuple(dict.fromkeys([given["model"], *others])), given


def _tools(given: dict[str, Any]) -> list[Any]:
    """Give the tools, and the schema of the answer, which providers put into the prompt too."""
    form = given.get("response_format")
    schemas = [form] if isinstance(form, dict) and form.get("type") == "json_schema" else []
    return [*(given.get("tools") or ()), *schemas]


def _count(value: object) -> int | None:
    """Read a count that a request will have; what is none is for OpenRouter to refuse."""
    return value if isinstance(value, int) and value >= 1 else None
