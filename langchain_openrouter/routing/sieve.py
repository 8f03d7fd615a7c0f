"""Who can answer a request, and may: each rule takes some candidates out, with a reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import compress, count
from typing import TYPE_CHECKING, TypeAlias

from langchain_openrouter.costs.estimation import TYPICAL_ANSWER
from langchain_openrouter.costs.money import EXACT, in_dollars
from langchain_openrouter.routing.constraints import Constraints, Rejection, Rule, too_poor
from langchain_openrouter.routing.table import PICO, Table, as_set, members

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_openrouter.routing.downshift import Left
    from langchain_openrouter.routing.needs import Needs
    from langchain_openrouter.routing.speeds import Speed
    from langchain_openrouter.tasks import Task

__all__ = ["Sieve"]

Why: TypeAlias = Rejection | Callable[[int], Rejection]

_IGNORED_ELSEWHERE = frozenset(
    {
        "frequency_penalty", "logit_bias", "min_p", "presence_penalty", "repetition_penalty", "seed", "stop",
        "temperature", "top_a", "top_k", "top_p",
    }
)  # fmt: skip
"""Parameters that OpenRouter leaves out where a model does not take them: an answer without is better than none."""


class Sieve:
    """The candidates that still fit, and why the others do not.

    Reasons are put into words when somebody asks: a decision over hundreds of models has hundreds of them.

    Args:
        table: The candidates.
        lasting: Those that no request can have.

    Attributes:
        fitting: Those that are left.
    """

    __slots__ = ("_reasons", "_table", "fitting")

    def __init__(self, table: Table, lasting: Mapping[int, Rejection]) -> None:
        self.fitting = table.everyone
        self._table = table
        self._reasons: list[tuple[int, Why]] = []
        self._take_out(lasting, lasting.__getitem__)

    def rejections(self) -> dict[str, Rejection]:
        """Give the reasons, in the user's order of models."""
        found = {i: why(i) if callable(why) else why for out, why in self._reasons for i in members(out)}
        return {self._table.names[i]: found[i] for i in sorted(found)}

    def by_abilities(self, needs: Needs) -> None:
        """Take out who cannot do what is asked for."""
        table = self._table
        for name, names in needs.parameters.items():
            if name not in _IGNORED_ELSEWHERE:
                self._keep(table.supporting(names), _not_supporting(name))
        # In the order of the alphabet, since the order of a set is another one in each process.
        for kind in sorted(needs.inputs):
            self._keep(table.reading(kind), Rejection("input", f"it does not read {kind}", (None, kind)))
        for kind in sorted(needs.outputs) or ("text",):
            self._keep(table.answering(kind), Rejection("output", f"it does not answer with {kind}", (None, kind)))

    def by_preferences(self, needs: Needs) -> tuple[str, ...]:
        """Take out who does not take a parameter that may be left out; give those that nobody takes who is left.

        It comes last: what may be left out must not leave a request without an answer.
        """
        waived = list[str]()
        for name, names in needs.parameters.items():
            if name in _IGNORED_ELSEWHERE:
                able = self._table.supporting(names)
                if self.fitting & able:
                    self._keep(able, _not_supporting(name))
                else:
                    waived.append(name)
        return tuple(waived)

    def by_length(self, needs: Needs, margin: float) -> None:
        """Take out whose window is too small for prompt and answer, or whose answers are too short."""
        context, longest, limit = self._table.context, self._table.longest_answer, needs.max_tokens
        prompt = needs.prompt.expected
        wanted = prompt + _part(prompt, margin) + (limit or TYPICAL_ANSWER)
        # 0 stands for a length that is not known.
        self._reject(
            self.fitting & self._table.contexts.below(wanted),
            lambda i: _less("context", f"a context of {context[i]} tokens", context[i], wanted),
        )
        if limit is not None:
            self._reject(
                self.fitting & self._table.longest_answers.below(limit),
                lambda i: _less("max_tokens", f"answers of {longest[i]} tokens at most", longest[i], limit),
            )

    def by_quality(self, constraints: Constraints, task: Task) -> None:
        """Take out who is not good enough at the task."""
        least = constraints.min_quality
        if least is None or isinstance(least, Mapping):
            return  # scores of a benchmark last
        scores = self._table.quality(task)
        self._reject(
            self.fitting & self._table.poorer(task, least),
            lambda i: too_poor(f"quality at {task}", scores[i], least),
        )

    def by_cost(self, constraints: Constraints, costs: Sequence[int | None]) -> None:
        """Take out what is expected to cost more than one call may."""
        common, own = constraints.most_pico, self._table.own_limits
        if common is None and not own:
            return
        limits = own if common is None else {i: min(most, common) for i, most in own.items()}

        def why(i: int) -> Rejection:
            cost, most = costs[i], _dollars(limits.get(i, common))
            known = "nobody knows what it costs" if cost is None else f"its answer would cost about {_dollars(cost)}"
            return Rejection("cost", f"{known}; at most {most} is allowed", (_dollars(cost), most))

        beyond = [i for i, most in limits.items() if (cost := costs[i]) is None or cost > most]
        if common is not None:
            beyond += [i for i, cost in enumerate(costs) if cost is None or cost > common]
        self._take_out(beyond, why)

    def by_speed(self, constraints: Constraints, speeds: Mapping[str, Speed]) -> None:
        """Take out who is known to be too slow."""
        most, least, table = constraints.max_latency, constraints.min_throughput, self._table
        if most is not None:
            late = table.slower(speeds, "latency", most)
            self._reject(self.fitting & late, lambda i: _late(speeds[table.names[i]].latency, most))
        if least is not None:
            slow = table.slower(speeds, "tokens_per_second", least)
            self._reject(self.fitting & slow, lambda i: _slow(speeds[table.names[i]].tokens_per_second, least))

    def by_budget(self, costs: Sequence[int | None], left: Left, begin: float) -> None:
        """Take out what is too dear for what a budget has left."""
        most = int(EXACT.divide(left.dollars, PICO))
        priced = list(members(self.fitting & ~self._table.free))
        beyond = [i for i in priced if (cost := costs[i]) is None or cost > most or not most]
        too_much = f"{_dollars(most)} of the budget is left, and it may cost more"
        self._take_out(beyond, lambda i: Rejection("budget", too_much, (_dollars(costs[i]), _dollars(most))))
        if left.share < begin:
            self._by_rank(costs, left.share, begin)

    def _by_rank(self, costs: Sequence[int | None], share: float, begin: float) -> None:
        """Take out all but the cheapest; what is free stays."""
        ranked = sorted(members(self.fitting), key=lambda i: (costs[i] or 0, i))
        kept = max(1, _part(len(ranked), share, begin))
        said = f"{share:.0%} of the budget is left: only the cheapest {kept} of {len(ranked)} may answer"
        dearer = [i for i in ranked[kept:] if not self._table.free >> i & 1]
        self._take_out(dearer, Rejection("budget", said, (share, begin)))

    def by_health(self, waits: Sequence[float]) -> bool:
        """Take out who rests after failures; where that is everybody, nobody: say whether it is so."""
        if not any(waits):
            return False
        resting = as_set(compress(count(), waits), len(waits))
        if self.fitting and not self.fitting & ~resting:
            return True
        self._reject(
            self.fitting & resting,
            lambda i: Rejection("health", f"it failed lately, and rests for {waits[i]:.0f} s", (waits[i], 0)),
        )
        return False

    def _keep(self, able: int, why: Why) -> None:
        self._reject(self.fitting & ~able, why)

    def _take_out(self, positions: Iterable[int], why: Why) -> None:
        self._reject(self.fitting & as_set(positions, len(self._table)), why)

    def _reject(self, out: int, why: Why) -> None:
        if out:
            self.fitting ^= out
            self._reasons.append((out, why))


def _not_supporting(parameter: str) -> Rejection:
    return Rejection("parameter", f"it does not support `{parameter}`", (None, parameter))


def _part(count: int, share: float, whole: float = 1) -> int:
    """Give a share of a count, rounded up, as people reckon: a tenth of 50 is 5, whatever floats make of it."""
    return math.ceil(EXACT.divide(EXACT.multiply(count, Decimal(str(share))), Decimal(str(whole))))


def _less(rule: Rule, has: str, found: float, wanted: float) -> Rejection:
    return Rejection(rule, f"it has {has}; about {wanted:.12g} are needed", (found, wanted))


def _late(latency: float | None, most: float) -> Rejection:
    said = f"its first token takes {latency:.2f} s; at most {most:g} s are allowed"
    return Rejection("latency", said, (latency, most))


def _slow(throughput: float | None, least: float) -> Rejection:
    return _less("throughput", f"{throughput:.0f} tokens a second", throughput or 0.0, least)


def _dollars(pico: int | None) -> str | None:
    return None if pico is None else in_dollars(EXACT.multiply(pico, PICO))
