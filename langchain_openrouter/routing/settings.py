"""The fields of a router."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, SkipValidation, model_validator
from typing_extensions import override

from langchain_openrouter.costs.money import as_dollars
from langchain_openrouter.routing.attempts import Limits
from langchain_openrouter.routing.constraints import Constraints
from langchain_openrouter.routing.delegating import Delegating
from langchain_openrouter.routing.engine import Engine
from langchain_openrouter.routing.health import Health
from langchain_openrouter.routing.memory import Memory
from langchain_openrouter.routing.policy import as_policy
from langchain_openrouter.tasks import TaskClassifier, as_classifier

__all__ = ["RouterSettings"]

_MOST_OF_A_QUERY = 5
_OF_CONSTRAINTS = tuple(Constraints.__slots__)


class RouterSettings(Delegating):
    """What a router is told when it is made."""

    candidates: Annotated[Any, SkipValidation]
    """Models (ids, records of the catalog, chat models of any provider, `Candidate`s), a preset's name, or a query."""

    policy: Annotated[Any, SkipValidation] = "balanced"
    """What puts models in order: a name, such as `cheapest`, a policy, such as `pareto(min_quality=40)`, or a function
    of options and situation that gives a score for each."""

    tasks: Annotated[Any, SkipValidation] = "keywords"
    """What finds out the kind of work: `keywords`, LangChain `Embeddings`, a chat model, a function, or a
    `TaskClassifier`."""

    task_settings: Mapping[str, Mapping[str, Any]] | None = None
    """Arguments by task, such as `{"creative": {"temperature": 1.0}}`, for calls that do not say otherwise.
    `langchain_openrouter.tasks.TASK_SETTINGS` are some that are usual."""

    quality: Mapping[str, Any] | None = None
    """How good models are by your own measure, by name: a number, or a number by task. See `Candidate.quality`."""

    max_cost_per_call: Any = None
    """Dollars that one call may cost: the longest answer is limited so, and models that are too dear are rejected."""

    min_quality: Any = None
    """The least score: of the task's benchmark, or by benchmark: `{"intelligence": 40, "coding": 35}`."""

    max_latency: float | None = None
    """The most seconds to the first token, of models that were measured."""

    min_throughput: float | None = None
    """The least tokens per second, of models that were measured."""

    context_margin: float = 0.1
    """Share of the prompt that is left free in a model's context, since tokens are counted about."""

    allow: Annotated[Sequence[str] | None, SkipValidation] = None
    """Patterns of the only models that may answer, such as `anthropic/*`."""

    deny: Annotated[Sequence[str] | None, SkipValidation] = None
    """Patterns of models that may not answer."""

    open_weights: bool = False
    """Whether only models with published weights may answer."""

    free: bool = False
    """Whether only models that cost nothing may answer."""

    zdr: bool = False
    """Whether only providers may answer that keep nothing."""

    data_collection: Literal["allow", "deny"] | None = None
    """`deny`: only providers that do not keep prompts for training."""

    region: Literal["eu", "us"] | None = None
    """Where prompts and answers stay; a feature of OpenRouter's business plans."""

    downshift: Annotated[Any, SkipValidation] = None
    """A `Downshift`: as a budget empties, cheaper models; when it is used up, free ones."""

    deadline: float | None = None
    """Seconds for all attempts together."""

    attempt_timeout: float | None = None
    """Seconds for each attempt."""

    max_cost: Any = None
    """Dollars for all attempts of a call together."""

    max_attempts: int | None = None
    """How many models are tried for a call. Default: all of a list, five of a preset or a query."""

    on_midstream_error: Literal["raise", "restart"] = "raise"
    """What happens when a stream breaks after its first content: the error with the part that came, or a new beginning
    by the next model, which a chunk with `response_metadata["restarts"]` announces."""

    health: Annotated[Any, SkipValidation] = Field(default_factory=Health, repr=False)
    """Circuit breakers; give one to several routers to let them share what they learn."""

    rate_limits: Annotated[Any, SkipValidation] = Field(default=None, repr=False)
    """`RateLimits`: who has no place left now is passed over."""

    speeds: Annotated[Any, SkipValidation] = Field(default=None, repr=False)
    """How fast models answer, by name: `Speed`s. `refresh` finds them."""

    on_decision: Annotated[Callable[[Any], Any] | None, SkipValidation] = Field(default=None, repr=False)
    """What is told each `RoutingDecision` before the call."""

    catalog: Annotated[Any, SkipValidation] = Field(default=None, repr=False)
    """The facts. Default: those that chat models go by."""

    seed: int | None = None
    """What chance is drawn from. Default: another one for each router."""

    _engine: Engine = PrivateAttr()
    _classifier: TaskClassifier = PrivateAttr()

    @model_validator(mode="after")
    def _build(self) -> Self:
        """Look at what pydantic cannot, and put together what decides."""
        self._assemble()
        return self

    def _assemble(self) -> None:
        if self.max_cost is not None:
            as_dollars(self.max_cost, "max_cost")
        for name in ("deadline", "attempt_timeout", "max_attempts"):
            if (limit := getattr(self, name)) is not None and not limit > 0:
                raise ValueError(f"{name}={limit!r} is no limit. Pass a number above 0, or leave it out.")
        if any(map(inspect.iscoroutinefunction, (self.on_decision, getattr(type(self.on_decision), "__call__", None)))):  # noqa: B004
            raise ValueError("on_decision is a coroutine function. Pass a plain one: it is told before each call.")
        self._classifier = as_classifier(self.tasks)
        known: Engine | None = (self.__pydantic_private__ or {}).get("_engine")
        self._engine = Engine(
            candidates=self.candidates,
            quality=self.quality or {},
            constraints=Constraints(**{name: getattr(self, name) for name in _OF_CONSTRAINTS}),
            policy=as_policy(self.policy),
            health=self.health,
            downshift=self.downshift,
            catalog=self.catalog,
            fields=self.model_options,
            memory=Memory(self.seed) if known is None or known.memory.seed != self.seed else known.memory,
            speeds=dict(self.speeds or {}) if known is None else known.speeds,
        )

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the router; what changes counts, and what it has learnt stays."""
        copy = super().model_copy(update=update, deep=deep)
        if update:
            copy._assemble()  # noqa: SLF001  # its own
        return copy

    @property
    def _limits(self) -> Limits:
        most = None if self.max_cost is None else as_dollars(self.max_cost, "max_cost")
        few = _MOST_OF_A_QUERY if isinstance(self.candidates, (str, dict)) else None
        return Limits(
            deadline=self.deadline,
            attempt_timeout=self.attempt_timeout,
            max_cost=most,
            attempts=few if self.max_attempts is None else self.max_attempts,
            restarts=self.on_midstream_error == "restart",
        )
