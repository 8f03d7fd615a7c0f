"""The facts of all candidates, in columns: a decision over hundreds of models takes well under a millisecond."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.costs.estimation import SHORTEST_LIMIT, TYPICAL_ANSWER, typical_answer
from langchain_openrouter.costs.money import EXACT, as_dollars
from langchain_openrouter.costs.tariff import Tariff
from langchain_openrouter.routing.models import model_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from langchain_openrouter.catalog import Catalog, Model
    from langchain_openrouter.catalog.standing import Tier
    from langchain_openrouter.routing.candidate import Candidate
    from langchain_openrouter.tasks import Task

__all__ = ["BENCHMARK_OF", "PICO", "Prices", "Table", "members", "own_limit"]

PICO = Decimal("1e-12")
"""Dollars of a picodollar: prices of a token are whole numbers of these, which are exact and quick to compare."""

BENCHMARK_OF: Mapping[Task, str] = {"code": "coding"}
"""The benchmark by which models are compared for a task, where it is not `intelligence`."""

_MOST_PRICE_LISTS = 64


@dataclass(frozen=True, slots=True)
class Prices:
    """Picodollars, by candidate: for a token of the prompt, one of the answer, and the call. -1 where not known."""

    prompt: Sequence[int]
    completion: Sequence[int]
    request: Sequence[int]


class Table:
    """The candidates and what is known of them. Does not change.

    A set of candidates is a number whose bit `i` stands for candidate `i`.

    Args:
        candidates: The candidates, each with a name of its own.
        catalog: The facts.
    """

    def __init__(self, candidates: Sequence[Candidate], catalog: Catalog) -> None:
        self.candidates = tuple(candidates)
        self.catalog = catalog
        self.names = [each.called for each in candidates]
        self.positions = {name: position for position, name in enumerate(self.names)}
        self.facts = [each.known(catalog) for each in candidates]
        self.called = _by_model(candidates, self.facts)
        """Names of the candidates that are one model, by its id and by its dated name."""
        self.everyone = (1 << len(candidates)) - 1
        self.context = [model.context_length or 0 if model else 0 for model in self.facts]
        self.longest_answer = [model.max_completion_tokens or 0 if model else 0 for model in self.facts]
        self.typical_answer = [_typical(each, model) for each, model in zip(candidates, self.facts, strict=True)]
        self.most_typical = max(self.typical_answer)
        self.least_context = min((length for length in self.context if length), default=self.most_typical)
        self.free = self._those(lambda model: model is not None and model.pricing.is_free)
        self.own_limits = {
            position: _pico(as_dollars(each.max_cost))
            for position, each in enumerate(candidates)
            if each.max_cost is not None
        }
        self._tariff_floors = sorted({floor for model in self.facts for floor in _floors(model)})
        self._by_hours = any(_has_hours(model) for model in self.facts)
        self._able: dict[Any, int] = {}
        self._prices: dict[tuple[int, int], Prices] = {}
        self._qualities: dict[str, list[float | None]] = {}
        self._tiers: list[Tier | None] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def supporting(self, parameters: frozenset[str]) -> int:
        """Give the candidates that support one of these parameters, or of which nothing of that kind is known."""
        return self._kept(parameters, lambda model: model.supported_parameters)

    def reading(self, modality: str) -> int:
        """Give the candidates that read this beside text."""
        return self._kept(("in", modality), lambda model: model.input_modalities, modality)

    def answering(self, modality: str) -> int:
        """Give the candidates that answer with this."""
        return self._kept(("out", modality), lambda model: model.output_modalities, modality)

    def _kept(self, key: Any, listed: Callable[[Model], frozenset[str]], modality: str | None = None) -> int:
        able = self._able.get(key)
        if able is None:
            wanted = key if modality is None else frozenset({modality})
            able = self._those(
                lambda model: not (has := listed(model) if model else None) or not has.isdisjoint(wanted)
            )
            self._able[key] = able
        return able

    def _those(self, fits: Callable[[Model | None], bool]) -> int:
        return sum(1 << position for position, model in enumerate(self.facts) if fits(model))

    def prices(self, prompt_tokens: int, at: dt.datetime) -> Prices:
        """Give the prices of a prompt of this length at this time."""
        tier = bisect.bisect_left(self._tariff_floors, prompt_tokens)
        minute = int(at.timestamp()) // 60 if self._by_hours else 0
        prices = self._prices.get((tier, minute))
        if prices is None:
            if len(self._prices) >= _MOST_PRICE_LISTS:
                self._prices.clear()
            prices = self._prices[tier, minute] = self._priced(prompt_tokens, at)
        return prices

    def _priced(self, prompt_tokens: int, at: dt.datetime) -> Prices:
        found = [Tariff(model, at).prices(prompt_tokens) if model else None for model in self.facts]
        return Prices(
            [_pico(each.prompt) if each else -1 for each in found],
            [_pico(each.completion) if each else -1 for each in found],
            [_pico(each.request) if each else -1 for each in found],
        )

    def quality(self, task: Task) -> list[float | None]:
        """Give how good each candidate is at a task: by the user's figures, else by the benchmark of the task."""
        qualities = self._qualities.get(task)
        if qualities is None:
            own = [_own_quality(candidate, task) for candidate in self.candidates]
            measured = any(each is not None for each in own)
            qualities = own if measured else self.benchmark(BENCHMARK_OF.get(task, "intelligence"))
            self._qualities[task] = qualities
        return qualities

    def benchmark(self, name: str) -> list[float | None]:
        """Give the scores of a benchmark: `intelligence`, `coding`, or `agentic`."""
        return [getattr(model.benchmarks, name) if model else None for model in self.facts]

    @property
    def tiers(self) -> list[Tier | None]:
        """The price tier of each candidate among all models of the catalog."""
        if self._tiers is None:
            self._tiers = [self.catalog.tier(model) if model else None for model in self.facts]
        return self._tiers


def members(candidates: int) -> list[int]:
    """Give the positions of a set of candidates, in order."""
    # The digits of the number: several times as quick as asking for bit after bit.
    return [position for position, bit in enumerate(f"{candidates:b}"[::-1]) if bit == "1"]


def _has(listed: frozenset[str] | None, wanted: frozenset[str]) -> bool:
    """Say whether one of these is listed; where nothing is, nobody knows, and it is taken to be so."""
    return not listed or not listed.isdisjoint(wanted)


def _typical(candidate: Candidate, model: Model | None) -> int:
    """Give the tokens that an answer usually has: no more than the model makes, and its chat model asks for."""
    usual = typical_answer(model) if model else TYPICAL_ANSWER
    asked = own_limit(candidate.model)
    most = model.max_completion_tokens if model else None
    return min(limit for limit in (usual, most, asked and max(asked, SHORTEST_LIMIT)) if limit)


def own_limit(model: Any) -> int | None:
    """Give the longest answer in tokens that a chat model asks for by itself; `None` where it says nothing."""
    limits = (getattr(model, name, None) for name in ("max_completion_tokens", "max_tokens"))
    return next((limit for limit in limits if isinstance(limit, int) and limit > 0), None)


def _own_quality(candidate: Candidate, task: Task) -> float | None:
    quality = candidate.quality
    if quality is None or isinstance(quality, (int, float)):
        return quality
    return quality.get(task)


def _pico(dollars: Decimal) -> int:
    return int(EXACT.divide(dollars, PICO).to_integral_value(ROUND_CEILING))


def _by_model(candidates: Sequence[Candidate], facts: Sequence[Model | None]) -> dict[str, list[str]]:
    called: dict[str, list[str]] = {}
    for candidate, model in zip(candidates, facts, strict=True):
        names = {candidate.called, model_name(candidate.model)} | ({model.id, model.canonical_slug} if model else set())
        for name in names - {None}:
            called.setdefault(str(name), []).append(candidate.called)
    return called


def _floors(model: Model | None) -> Iterator[int]:
    for override in model.pricing.overrides if model else ():
        if override.min_prompt_tokens is not None:
            yield int(override.min_prompt_tokens)


def _has_hours(model: Model | None) -> bool:
    overrides = model.pricing.overrides if model else ()
    return any(each.utc_start is not None or each.utc_end is not None for each in overrides)
