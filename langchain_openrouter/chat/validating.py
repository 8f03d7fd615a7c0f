"""Looking at a request with the catalog's eyes, before it is sent."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.language_models.chat_models import BaseChatModel
from pydantic import PrivateAttr
from typing_extensions import override

from langchain_openrouter.catalog import current, problems
from langchain_openrouter.errors import ModelValidationError

if TYPE_CHECKING:
    from langchain_core.load.serializable import SerializedConstructor, SerializedNotImplemented

    from langchain_openrouter.catalog import Problem


class ModelValidationWarning(UserWarning):
    """A request asks of a model what the catalog says it cannot do. It is sent all the same.

    Args:
        problem: What is wrong, with its kind, message and remedy.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(f'{problem} It is sent as given; `model_validation="off"` silences this.')
        self.problem = problem

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the argument."""
        return type(self), (self.problem,)


class _Told(set[tuple[str, ...]]):
    """What was told already; no part of what a model is, so all are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Told)

    __hash__ = None


class Validation(BaseChatModel):
    """What to do about a request that its model cannot serve, as far as the catalog knows."""

    model_validation: Literal["warn", "strict", "off"] = "warn"
    """Whether to warn of such a request, once for each model and problem, to refuse it, or not to look.

    Looked at, offline: whether the model is there and will stay, its parameters, modalities, limits and reasoning. A
    refusal is a `ModelNotFoundError` or a `ModelValidationError`; nothing has been sent then. The facts are those of
    `langchain_openrouter.catalog.current()`, and may be older than the model.
    """

    _told: _Told = PrivateAttr(default_factory=_Told)

    @override
    def to_json(self) -> SerializedConstructor | SerializedNotImplemented:
        """Serialise; the default is left out, as the official package has no such field."""
        serialised = super().to_json()
        if self.model_validation == "warn" and serialised["type"] == "constructor":
            serialised["kwargs"].pop("model_validation", None)
        return serialised

    def _validate_request(self, body: dict[str, Any], size: int | None, how: str | None) -> None:
        """Look at a request.

        Args:
            body: The body of a request to the chat API.
            size: Bytes of the encoded body, where it was encoded.
            how: What the call itself says of `model_validation`.

        Raises:
            ModelNotFoundError: The catalog does not know the model, and `model_validation` is strict.
            ModelValidationError: The model cannot do what is asked, likewise.
            ValueError: The call says something else of `model_validation`.
        """
        how = how or self.model_validation
        if how == "off":
            return
        if how not in {"warn", "strict"}:
            msg = f"model_validation={how!r} is not known; it can be 'warn', 'strict' or 'off'."
            raise ValueError(msg)
        found = problems(body, current(), size=size)
        if found and how == "strict":
            found = _refuse(found)
        for problem in found:
            key = (problem.model, problem.kind, problem.subject)
            if key not in self._told:
                warnings.warn(ModelValidationWarning(problem), stacklevel=4)
                self._told.add(key)


def _refuse(found: list[Problem]) -> list[Problem]:
    """Raise for what cannot work; give back what may."""
    for problem in found:
        if problem.kind == "unknown_model":
            current().lookup(problem.model)  # raises, with suggestions
    certain = [problem for problem in found if problem.certain]
    if certain:
        raise ModelValidationError(certain)
    return found
