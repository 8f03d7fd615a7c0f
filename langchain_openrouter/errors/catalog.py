"""What the catalog knows to be wrong, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.errors.tree import BadRequestError, UnknownModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ModelNotFoundError", "ModelValidationError"]


class ModelNotFoundError(UnknownModelError, KeyError):
    """The catalog has no model of this name. A `KeyError` too, since a catalog is looked up in like a dict.

    Args:
        name: What was asked for.
        suggestions: Up to three ids that may have been meant, best first.
        catalog: What was searched, such as `"the catalog of 2026-08-15"`.

    Example:
        >>> print(ModelNotFoundError("openai/gpt4o", ["openai/gpt-4o"]))
        There is no model 'openai/gpt4o' in the catalog.
        Did you mean 'openai/gpt-4o'? If it is newer than that: `catalog.use(Catalog.load())`.
    """

    def __init__(self, name: str, suggestions: Sequence[str] = (), catalog: str = "the catalog") -> None:
        super().__init__(f"There is no model {name!r} in {catalog}.")
        self.name = name
        self.suggestions = tuple(suggestions)
        self.catalog = catalog
        self.remedy = f"{_did_you_mean(self.suggestions)} If it is newer than that: `catalog.use(Catalog.load())`."

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the arguments."""
        return type(self), (self.name, self.suggestions, self.catalog)


class ModelValidationError(BadRequestError):
    """A request asks of a model what the catalog says it cannot do. Nothing was sent.

    Args:
        problems: What is wrong: values with a `message` and a `remedy`.
    """

    def __init__(self, problems: Sequence[Any]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
        remedies = dict.fromkeys(problem.remedy for problem in problems)
        self.remedy = " ".join([*remedies, 'Nothing was sent; `model_validation="warn"` sends all the same.'])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the arguments."""
        return type(self), (self.problems,)


def _did_you_mean(suggestions: Sequence[str]) -> str:
    """Put suggestions into a question; without any, say where the models are listed."""
    if not suggestions:
        return "Models are listed at https://openrouter.ai/models."
    *others, last = (repr(each) for each in suggestions)
    return f"Did you mean {', '.join(others)} or {last}?" if others else f"Did you mean {last}?"
