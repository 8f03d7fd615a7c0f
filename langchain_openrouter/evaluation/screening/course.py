"""A screening on its way: it says what is to be asked next, and is told what came of it. Pure."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.evaluation.screening.progress import ScreenProgress
from langchain_openrouter.evaluation.screening.result import Screening
from langchain_openrouter.evaluation.screening.standings import ScreenedModel, best_first, survivors, tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_openrouter.evaluation.screening.halving import StagePlan
    from langchain_openrouter.evaluation.screening.standings import Outcome

__all__ = ["Course"]


class Course:
    """A screening on its way. Outcomes may come from any thread.

    Args:
        models: Their names.
        order: The prompts, in the order in which they are asked.
        plan: The stages.
        outcomes: What is known from earlier runs.
    """

    def __init__(
        self, models: Sequence[str], order: Sequence[int], plan: StagePlan, outcomes: Sequence[Outcome] = ()
    ) -> None:
        self._models = tuple(models)
        self._order = tuple(order)
        self._plan = plan
        self._stage = 1
        self._left: dict[str, int] = {}
        self._outcomes: dict[str, dict[int, Outcome]] = {model: {} for model in models}
        self._standings: dict[str, ScreenedModel] = {}
        self._taking = threading.Lock()
        self._known_cost = Decimal(0)
        for outcome in outcomes:
            self.take(outcome)
        self._resumed = len(outcomes)

    def missing(self) -> list[tuple[str, int]]:
        """Give the calls that this stage still needs, as model and prompt.

        Prompt by prompt: an early end leaves all models with as many.
        """
        left = self._staying()
        return [(model, prompt) for prompt in self._asked() for model in left if prompt not in self._outcomes[model]]

    def take(self, outcome: Outcome) -> None:
        """Take what came of a call."""
        with self._taking:
            self._outcomes[outcome.model][outcome.prompt] = outcome
            self._standings.pop(outcome.model, None)
            self._known_cost += outcome.cost or 0

    def advance(self) -> bool:
        """End a stage of which nothing is missing, and say whether there is another one.

        A model that is left alone has won, so nothing more is asked.
        """
        if self._stage == len(self._plan.stages):
            return False
        going = survivors(self._standing(), self._plan.keep[self._stage - 1])
        for model in set(self._staying()).difference(going) if going else ():
            self._left[model] = self._stage
        self._standings.clear()
        self._stage += len(going) > 1
        return len(going) > 1

    def progress(self) -> ScreenProgress:
        """Tell how far it is."""
        with self._taking:
            standing = self._standing()
            best = best_first(standing)[0]
            return ScreenProgress(
                stage=self._stage,
                stages=len(self._plan.stages),
                models=len(standing),
                done=sum(each.asked for each in standing),
                calls=len(standing) * len(self._asked()),
                leader=best.model if best.score is not None else None,
                score=best.score,
                known_cost=self._known_cost,
            )

    def result(self, reason: str | None = None) -> Screening:
        """Give the result.

        Args:
            reason: Why it ends early; `None` where it does not.
        """
        ranking = best_first(self._tally(model, self._order) for model in self._models)
        ranking.sort(key=lambda each: -(each.left_after or len(self._plan.stages)))
        if all(each.failed_everything for each in ranking):
            reason = reason or f"Every call failed. The latest of {ranking[0].model}: {ranking[0].error}"
        return Screening(
            ranking=tuple(ranking),
            stages=self._plan.stages,
            prompts=len(self._order),
            outcomes=tuple(outcome for model in self._models for outcome in self._outcomes[model].values()),
            complete=reason is None,
            reason=reason,
            resumed=self._resumed,
        )

    def _asked(self) -> Sequence[int]:
        """Give the prompts that each model has been asked at the end of this stage."""
        return self._order[: self._plan.stages[self._stage - 1]]

    def _staying(self) -> list[str]:
        return [model for model in self._models if model not in self._left]

    def _standing(self) -> list[ScreenedModel]:
        """Give how the models of this stage stand, by its prompts: an earlier run may have gone further."""
        for model in self._staying():
            if model not in self._standings:
                self._standings[model] = self._tally(model, self._asked())
        return [self._standings[model] for model in self._staying()]

    def _tally(self, model: str, prompts: Sequence[int]) -> ScreenedModel:
        known = self._outcomes[model]
        return tally(model, [known[prompt] for prompt in prompts if prompt in known], self._left.get(model))
