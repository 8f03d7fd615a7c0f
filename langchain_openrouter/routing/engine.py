"""What a router knows, and the decision that follows from it; no calls are made here."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog import current
from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.errors import ModelNotFoundError, OpenRouterError
from langchain_openrouter.routing.candidate import Candidate, candidates_of
from langchain_openrouter.routing.deciding import Moment, Terms, decide
from langchain_openrouter.routing.memory import Memory, answered_before, whose
from langchain_openrouter.routing.models import chat_model
from langchain_openrouter.routing.needs import read_needs
from langchain_openrouter.routing.options import Situation
from langchain_openrouter.routing.policy import NamedPolicy
from langchain_openrouter.routing.speeds import Speed, speed_of_endpoints, speeds_of_records
from langchain_openrouter.routing.table import Table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from langchain_openrouter.catalog import Catalog
    from langchain_openrouter.ledger import Ledger
    from langchain_openrouter.routing.candidate import CandidatesLike
    from langchain_openrouter.routing.constraints import Constraints
    from langchain_openrouter.routing.decision import RoutingDecision
    from langchain_openrouter.routing.downshift import Downshift
    from langchain_openrouter.routing.health import Health
    from langchain_openrouter.routing.policy import Policy
    from langchain_openrouter.tasks import TaskGuess

__all__ = ["Engine"]

_FRESH_FOR = 300.0
"""Seconds for which a model stays out that was too slow."""

_AT_ONCE = 8
"""Requests for live figures."""


@dataclass
class Engine:
    """The candidates with their facts, and what is remembered of them.

    Args:
        candidates: Models, a preset, or a query.
        quality: How good models are, by name, as in `Candidate.quality`.
        constraints: What the user demands.
        policy: What puts models in order.
        health: Who rests after failures.
        downshift: The budget that is looked at, if any.
        catalog: The facts. Default: those that chat models go by.
        fields: Fields of the chat models that are made of ids.
        memory: What is remembered between calls.
        speeds: How fast models answer, by name.
    """

    candidates: CandidatesLike
    quality: Mapping[str, Any]
    constraints: Constraints
    policy: Policy
    health: Health
    downshift: Downshift | None
    catalog: Catalog | None
    fields: Mapping[str, Any]
    memory: Memory
    speeds: dict[str, Speed] = field(default_factory=dict)
    _terms: tuple[Catalog, dt.date, Terms] | None = None
    _models: dict[str, BaseChatModel] = field(default_factory=dict)
    _learned: dict[str, float] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without what can be found again."""
        return {**self.__dict__, "_terms": None, "_models": {}, "_learned": {}}

    def terms(self, now: dt.datetime) -> Terms:
        """Give the candidates as of a catalog and a day."""
        catalog = self.catalog or current()
        known = self._terms
        if known is not None and known[0] is catalog and known[1] == now.date():
            return known[2]
        found = [self._rated(each) for each in candidates_of(self.candidates, catalog)]
        unknown = self.quality.keys() - {each.called for each in found}
        if unknown and not isinstance(self.candidates, (str, dict)):
            raise ValueError(f"quality= rates {', '.join(sorted(unknown))}, and no candidate is called so.")
        table = Table(found, catalog)
        terms = Terms(table, self.constraints, self.policy, self.constraints.lasting(table, now.date()))
        self._terms = catalog, now.date(), terms
        return terms

    def _rated(self, candidate: Candidate) -> Candidate:
        quality = self.quality.get(candidate.called)
        return candidate if quality is None else replace(candidate, quality=quality)

    def decide(
        self,
        messages: Sequence[BaseMessage],
        arguments: Mapping[str, Any],
        config: RunnableConfig,
        guess: TaskGuess,
        now: dt.datetime | None = None,
    ) -> RoutingDecision:
        """Choose the model that answers.

        Args:
            messages: The prompt.
            arguments: Arguments of the call.
            config: LangChain's configuration of the call.
            guess: What kind of work it is.
            now: The time. Default: now.
        """
        now = in_utc(now)
        terms = self.terms(now)
        situation = Situation(
            guess.task,
            guess.complexity,
            self._previous(terms.table, messages, arguments, config),
            self.memory.turn,
            self.memory.draw(),
        )
        moment = Moment(
            now,
            self.health.snapshot(terms.table.names),
            self._fresh_speeds(),
            None if self.downshift is None else self.downshift.left(),
            0.5 if self.downshift is None else self.downshift.begin,
        )
        return decide(terms, moment, read_needs(messages, {**self.fields, **arguments}), situation, guess.reason)

    def _fresh_speeds(self) -> Mapping[str, Speed]:
        """Give the speeds; where they can reject a model, those of its calls count for some minutes only."""
        if self.constraints.max_latency is None and self.constraints.min_throughput is None:
            return self.speeds
        oldest = time.monotonic() - _FRESH_FOR
        stale = {
            name
            for name, speed in self.speeds.items()
            if speed.source == "calls" and self._learned.get(name, oldest) <= oldest
        }
        return {name: speed for name, speed in self.speeds.items() if name not in stale} if stale else self.speeds

    @property
    def _keeps_by(self) -> str:
        """Whose earlier answers a policy that stays with a model looks at."""
        policy: Any = self.policy
        while isinstance(policy, NamedPolicy) and "by" not in policy.arguments:
            policy = policy.arguments.get("then")  # one that stays may stand inside of others
        return str(policy.arguments["by"]) if isinstance(policy, NamedPolicy) else "thread"

    def _previous(
        self, table: Table, messages: Sequence[BaseMessage], arguments: Mapping[str, Any], config: RunnableConfig
    ) -> str | None:
        latest = self.memory.latest(whose(config, self._keeps_by, arguments))
        if latest is None and self._keeps_by != "user":
            latest = answered_before(messages)
        # An answer tells the dated name of its model.
        return latest if latest is None or latest in table.positions else table.called.get(latest, [latest])[0]

    def model(self, name: str, table: Table) -> BaseChatModel:
        """Give the chat model of a candidate; those of ids are made when they are needed."""
        model = self._models.get(name)
        if model is None:
            model = chat_model(table.candidates[table.positions[name]].model, **self.fields)
            self._models[name] = model
        return model

    def answered(self, name: str, arguments: Mapping[str, Any], config: RunnableConfig) -> None:
        """Remember who answered, and how fast."""
        self.memory.answered(whose(config, self._keeps_by, arguments), name)
        speed = self.health.speed(name)
        if speed is not None:
            known = self.speeds.get(name) or Speed()
            first_token_s = known.first_token_s if speed.first_token_s is None else speed.first_token_s
            learned = replace(known, first_token_s=first_token_s, answer_s=speed.duration_s, source="calls")
            self._learned[name] = time.monotonic()
            self.speeds = {**self.speeds, name: learned}  # anew: other threads read the old one

    def refresh(self, ledger: Ledger | None, since: dt.timedelta, *, live: bool) -> None:
        """Find out how fast the models answer; see `ModelRouter.refresh`."""
        table = self.terms(in_utc()).table
        found: dict[str, Speed] = {}
        if live:
            ours = [i for i, each in enumerate(table.candidates) if each.is_at_openrouter and table.facts[i]]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                speeds = pool.map(lambda i: _live_speed(table, i), ours)
                found |= {table.names[i]: speed for i, speed in zip(ours, speeds, strict=True) if speed}
        if ledger is not None:
            found |= speeds_of_records(ledger.records(since=in_utc() - since))
        learned = {name: speed for model, speed in found.items() for name in table.called.get(model, ())}
        self.speeds = {**self.speeds, **learned}


def _live_speed(table: Table, position: int) -> Speed | None:
    model = table.facts[position]
    try:
        return speed_of_endpoints(table.catalog.endpoints(model.id)) if model else None
    except (OpenRouterError, ModelNotFoundError):
        return None  # what cannot be learned stays unknown
