"""What a policy is: a pure function that scores the models that can answer, under a name by which records keep it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeAlias, cast, get_args

if TYPE_CHECKING:
    from langchain_openrouter.routing.options import Options, Situation

__all__ = ["NamedPolicy", "Policy", "PolicyLike", "PolicyName", "Scores", "as_policy", "policy", "policy_of_record"]

PolicyName = Literal[
    "balanced", "cheapest", "explore", "fastest", "pareto", "quality", "round_robin", "sticky", "tiered"
]
"""The policies that are there from the start."""

Scores: TypeAlias = Sequence[float | None]
"""A score for each option, higher is better; `None` for what comes last. Of equals the cheaper comes first."""

_Arguments = ParamSpec("_Arguments")


class Policy(Protocol):
    """Puts the models that can answer a request in order. It must be a pure function: no clock, no chance, no I/O."""

    def __call__(self, options: Options, situation: Situation, /) -> Scores:
        """Score the options.

        Args:
            options: The models that can answer, in the user's order.
            situation: The task, what answered before, and the number that chance has drawn.
        """
        ...


PolicyLike: TypeAlias = PolicyName | str | Policy
"""A policy, or the name of one."""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy that a record can name.

    Args:
        name: Its name.
        arguments: What it was made with.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __call__(self, options: Options, situation: Situation, /) -> Scores:
        """Score the options."""
        return _function(self.name)(options, situation, **self.arguments)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


_FUNCTIONS: dict[str, Callable[..., Scores]] = {}


def policy(
    function: Callable[Concatenate[Options, Situation, _Arguments], Scores],
) -> Callable[_Arguments, NamedPolicy]:
    """Make a policy of a function, under the function's name.

    Args:
        function: Scores options. Its arguments beside options and situation are by keyword, and are JSON.

    Returns:
        What makes the policy with its arguments.

    Raises:
        ValueError: A policy of the package has that name.

    Example:
        >>> @policy
        ... def mine(options, situation, *, like="acme/"):
        ...     return [float(model.startswith(like)) for model in options.models]
        >>> mine(like="other/")
        mine(like='other/')
    """
    name = function.__name__
    if name in get_args(PolicyName) and not function.__module__.startswith(f"{__package__}."):
        msg = f"policy {name!r} is one of the package's, in all routers. Give the function another name."
        raise ValueError(msg)
    _FUNCTIONS[name] = function

    @functools.wraps(function)
    def made(*args: _Arguments.args, **arguments: _Arguments.kwargs) -> NamedPolicy:
        if args:
            msg = f"{name}() takes its arguments by keyword; to score options, call what {name}() gives."
            raise TypeError(msg)
        return NamedPolicy(name, arguments)

    made.is_policy_maker = True  # type: ignore[attr-defined]
    return made


def as_policy(value: Any) -> Policy:
    """Give the policy that somebody means.

    Args:
        value: A name, a policy, or a function of options and situation.

    Raises:
        ValueError: There is no policy of that name.
        TypeError: It is no policy.
    """
    if isinstance(value, str):
        _function(value)
        return NamedPolicy(value)
    if getattr(value, "is_policy_maker", False):
        make: Callable[[], Policy] = value
        return make()
    if not callable(value):
        msg = f"policy={value!r} is no policy. Pass a name, or a function of options and situation that gives scores."
        raise TypeError(msg)
    return cast("Policy", value)


def described(chosen: Policy) -> tuple[str, dict[str, Any]]:
    """Give the name and the arguments of a policy, as JSON for a record."""
    if isinstance(chosen, NamedPolicy):
        return chosen.name, {name: _written(value) for name, value in chosen.arguments.items()}
    name = getattr(chosen, "__name__", type(chosen).__name__)
    # Who reads the record must not take a function of the user's for the policy of that name.
    return (f"{chosen.__module__}.{name}" if name in _known() else name), {}


def policy_of_record(name: str, arguments: Mapping[str, Any]) -> NamedPolicy | None:
    """Give the policy that a record names; `None` where it is a function of the user."""
    return read_policy(name, arguments) if name in _known() else None


def read_policy(name: str, arguments: Mapping[str, Any]) -> NamedPolicy:
    """Read what `described` gives."""
    return NamedPolicy(name, {key: _read(value) for key, value in arguments.items()})


def _written(value: Any) -> Any:
    """Give an argument as JSON: a policy that another one turns to as its name and arguments."""
    if not callable(value):
        return value
    name, arguments = described(as_policy(value))
    return {"policy": name, "policy_arguments": arguments}


def _read(value: Any) -> Any:
    is_policy = isinstance(value, dict) and value.keys() == {"policy", "policy_arguments"}
    return read_policy(value["policy"], value["policy_arguments"]) if is_policy else value


def _function(name: str) -> Callable[..., Scores]:
    known = _known()
    if name not in known:
        msg = f"policy={name!r} is not known. There are {', '.join(sorted(known))}; a function can be one, too."
        raise ValueError(msg)
    return known[name]


def _known() -> dict[str, Callable[..., Scores]]:
    import langchain_openrouter.routing.policies  # noqa: F401  # registers them

    return _FUNCTIONS
