"""The result of a screening."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

from langchain_openrouter.evaluation.screening.standings import Outcome, ScreenedModel
from langchain_openrouter.reports.rows import exact_sum

__all__ = ["Screening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Which of many models do best. `str()` gives a table.

    Args:
        ranking: All models, the best first: those that stayed longest, and of these, by score. Of two equals, the one
            that failed less, then the cheaper one, then the one that was given first.
        stages: How many prompts each model had been asked at the end of each stage.
        prompts: How many there are.
        outcomes: What came of each call.
        complete: Whether it went on to the end.
        reason: Why it did not.
        resumed: How many of the outcomes are from an earlier run, by the checkpoint.
    """

    ranking: tuple[ScreenedModel, ...]
    stages: tuple[int, ...]
    prompts: int
    outcomes: tuple[Outcome, ...] = field(repr=False)
    complete: bool = True
    reason: str | None = None
    resumed: int = 0

    @property
    def winner(self) -> str | None:
        """Name of the best model, so far where the screening is not complete; `None` where nobody has a score."""
        best = self.ranking[0]
        return None if best.score is None else best.model

    @property
    def winners(self) -> tuple[str, ...]:
        """Names of all that stayed to the end and have the best score, the `winner` first."""
        best = self.ranking[0]
        tied = (each for each in self.ranking if (each.left_after, each.score) == (best.left_after, best.score))
        return () if best.score is None else tuple(each.model for each in tied)

    @property
    def calls(self) -> int:
        """How many times a model was asked a prompt, in earlier runs too."""
        return len(self.outcomes)

    @property
    def calls_saved(self) -> int:
        """How many fewer these are than every model with every prompt; what an early end left out is among them."""
        return len(self.ranking) * self.prompts - self.calls

    @property
    def cost(self) -> Decimal | None:
        """Dollars of all calls of the models whose cost is known; `None` where none is. The scorer's are not in it."""
        known = [each.cost for each in self.ranking if each.cost is not None]
        return exact_sum(known) if known else None

    @property
    def unpriced_calls(self) -> int:
        """Calls whose cost nobody knows. They are in no sum."""
        return sum(each.unpriced_calls for each in self.ranking)

    @property
    def dollars_saved(self) -> Decimal | None:
        """What the calls that were saved would have cost: an estimate, by the mean cost of each model's own answers.

        `None` where that of one model cannot be told.
        """
        saved = [self._saved(each) for each in self.ranking]
        return None if None in saved else self.known_dollars_saved

    @property
    def known_dollars_saved(self) -> Decimal:
        """The same, of those models of which it can be told."""
        return exact_sum(saved for each in self.ranking if (saved := self._saved(each)) is not None)

    def _saved(self, each: ScreenedModel) -> Decimal | None:
        missing = self.prompts - each.asked
        if not missing:
            return Decimal(0)
        return None if each.mean_cost is None else missing * each.mean_cost

    def __getitem__(self, model: str) -> ScreenedModel:
        """Give how one model did.

        Raises:
            KeyError: There was no such model.
        """
        for each in self.ranking:
            if each.model == model:
                return each
        msg = f"{model!r} was not screened; these were: {', '.join(each.model for each in self.ranking)}."
        raise KeyError(msg)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give a flat dict for each model, the best first: rows of a table. Amounts are `Decimal`."""
        return [{"rank": rank, **asdict(each)} for rank, each in enumerate(self.ranking, 1)]

    def to_dataframe(self) -> Any:
        """Give a pandas `DataFrame` with a row for each model, the best first. Amounts are `Decimal`.

        Raises:
            ImportError: pandas is not installed (`pip install "langchain-openrouter-plus[pandas]"`).
        """
        import pandas as pd

        table = pd.DataFrame(self.to_dicts(), columns=["rank", *(each.name for each in fields(ScreenedModel))])
        return table.astype({"left_after": "Int64"})  # a stage is a whole number, also where it is none

    def to_json(self) -> str:
        """Write all of it as JSON. Amounts are texts, exact."""
        told = {
            **{name: getattr(self, name) for name in _TOLD},
            "ranking": self.to_dicts(),
            "outcomes": [asdict(each) for each in self.outcomes],
        }
        return json.dumps(told, default=_plain, ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        """Write it as a table, amounts shortened."""
        from langchain_openrouter.evaluation.screening.table import table

        return table(self)


_TOLD = (
    "winner", "winners", "complete", "reason", "prompts", "stages", "calls", "calls_saved", "resumed", "cost",
    "unpriced_calls", "dollars_saved", "known_dollars_saved",
)  # fmt: skip


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"
