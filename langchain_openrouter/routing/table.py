"""The facts of all candidates, in columns: a decision over hundreds of models takes well under a millisecond."""

from __future__ import annotations

import bisect
import itertools
import operator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from langchain_openrouter.costs.estimation import SHORTEST_LIMIT, TYPICAL_ANSWER, typical_answer
from langchain_openrouter.costs.money import EXACT, as_dollars
from langchain_openrouter.costs.tariff import Tariff
from langchain_openrouter.routing.models import model_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from langchain_openrouter.catalog import Catalog, Model
    from langchain_openrouter.catalog.standing import Tier
    from langchain_openrouter.routing.candidate import Candidate
    from langchain_openrouter.routing.speeds import Speed
    from langchain_openrouter.tasks import Task

__all__ = ["BENCHMARK_OF", "PICO", "Prices", "Table", "as_set", "flags", "members", "own_limit"]

_T = TypeVar("_T")

PICO = Decimal("1e-12")
"""Dollars of a picodollar: prices of a token are whole numbers of these, which are exact and quick to compare."""

BENCHMARK_OF: Mapping[Task, str] = {"code": "coding"}
"""The benchmark by which models are compared for a task, where it is not `intelligence`."""

_MOST_PRICE_LISTS = 64

_ONE = ord("1")
_AS_FLAGS = bytes.maketrans(b"01", b"\0\1")


@dataclass(frozen=True, slots=True)
class Prices:
    """Picodollars, by candidate; -1 where not known.

    Args:
        prompt: For a token of the prompt.
        completion: For a token of the answer.
        request: For the call.
        beside: For all but the prompt, where the answer is as long as usual.
    """

    prompt: Sequence[int]
    completion: Sequence[int]
    request: Sequence[int]
    beside: Sequence[int]


class Lengths:
    """Lengths of the candidates, 0 where not known, put in order: who is below a length is known at once.

    Args:
        lengths: The lengths, in the order of the candidates.
    """

    __slots__ = ("_known", "_shorter")

    def __init__(self, lengths: Sequence[int]) -> None:
        self._known = sorted({length for length in lengths if length})
        self._shorter = [
            as_set((i for i, length in enumerate(lengths) if 0 < length < most), len(lengths))
            for most in [*self._known, float("inf")]
        ]

    def below(self, length: float) -> int:
        """Give the candidates whose length is known, and less."""
        return self._shorter[bisect.bisect_left(self._known, length)]


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
        self.contexts = Lengths(self.context)
        self.longest_answers = Lengths(self.longest_answer)
        self.typical_answer = [_typical(each, model) for each, model in zip(candidates, self.facts, strict=True)]
        self.most_typical = max(self.typical_answer)
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
        self._latest_speeds: tuple[Mapping[str, Speed], dict[Any, Any]] = {}, {}
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
        prompt, completion, request = (
            [_pico(getattr(each, name)) if each else -1 for each in found]
            for name in ("prompt", "completion", "request")
        )
        answers = zip(completion, request, self.typical_answer, strict=True)
        return Prices(prompt, completion, request, [out * answer + call for out, call, answer in answers])

    def quality(self, task: Task) -> list[float | None]:
        """Give how good each candidate is at a task: by the user's figures, else by the benchmark of the task."""
        qualities = self._qualities.get(task)
        if qualities is None:
            own = [_own_quality(candidate, task) for candidate in self.candidates]
            measured = any(each is not None for each in own)
            qualities = own if measured else self.benchmark(BENCHMARK_OF.get(task, "intelligence"))
            self._qualities[task] = qualities
        return qualities

    def poorer(self, task: Task, least: float) -> int:
        """Give the candidates whose quality at a task is less, or not known."""
        poor = self._able.get((task, least))
        if poor is None:
            scores = enumerate(self.quality(task))
            poor = as_set((i for i, score in scores if score is None or score < least), len(self))
            self._able[task, least] = poor
        return poor

    def usual_seconds(self, speeds: Mapping[str, Speed]) -> list[float | None]:
        """Give how long answers of the usual length are expected to take.

        Args:
            speeds: How fast models answer; not to be changed later, since what follows from them is kept.
        """

        def found() -> list[float | None]:
            known = zip(map(speeds.get, self.names), self.typical_answer, strict=True)
            return [speed.seconds(tokens) if speed else None for speed, tokens in known]

        return self._of_speeds(speeds, "seconds", found)

    def slower(self, speeds: Mapping[str, Speed], what: Literal["latency", "tokens_per_second"], limit: float) -> int:
        """Give the candidates that are known to be slower than a limit."""

        def found() -> int:
            figures = ((name, getattr(speed, what)) for name, speed in speeds.items() if name in self.positions)
            is_slow = operator.gt if what == "latency" else operator.lt
            slow = (self.positions[name] for name, has in figures if has is not None and is_slow(has, limit))
            return as_set(slow, len(self))

        return self._of_speeds(speeds, (what, limit), found)

    def _of_speeds(self, speeds: Mapping[str, Speed], key: Any, find: Callable[[], _T]) -> _T:
        """Find something once for the same speeds, which change only when a call has ended."""
        latest, known = self._latest_speeds
        if latest is not speeds:
            known = {}
            self._latest_speeds = speeds, known
        if key not in known:
            known[key] = find()
        found: _T = known[key]
        return found

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
    return list(itertools.compress(itertools.count(), flags(candidates)))


def flags(candidates: int) -> bytes:
    """Give a byte for each position, 1 for those of a set, by which `itertools.compress` picks from a column."""
    return f"{candidates:b}"[::-1].encode().translate(_AS_FLAGS)


def as_set(positions: Iterable[int], count: int) -> int:
    """Give the set of the candidates at some positions, of so many candidates."""
    digits = bytearray(b"0" * count)
    for position in positions:
        digits[~position] = _ONE
    return int(digits, 2)


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
