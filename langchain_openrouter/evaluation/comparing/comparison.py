"""Models beside each other: the result of a comparison."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from langchain_openrouter.evaluation.comparing.rows import ComparisonRow, row_of
from langchain_openrouter.reports.rows import exact_sum

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from langchain_openrouter.evaluation.scoring import Scale
    from langchain_openrouter.evaluation.trial import Trial

__all__ = ["Comparison", "ComparisonInterruptedError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How models did on the same inputs. `compare` makes it; `of` makes one of trials at hand.

    `str()` gives a table; a notebook shows it.

    Args:
        rows: How each model did, in the order in which they were given.
        trials: Every call, by input, model and repeat.
        scales: The worst and the best score by metric, the judge's last.
        judge_calls: How often a judge was asked.
        judge_cost: Dollars of the judge's calls whose cost is known, which are in no row; `None` where none is.
        unpriced_judge_calls: Calls of the judge whose cost nobody knows.
        created_at: When it was made (UTC).
    """

    rows: tuple[ComparisonRow, ...]
    trials: tuple[Trial, ...] = field(repr=False)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    judge_calls: int = 0
    judge_cost: Decimal | None = Decimal(0)
    unpriced_judge_calls: int = 0
    created_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    @classmethod
    def of(
        cls,
        trials: Iterable[Trial],
        *,
        models: Iterable[str] = (),
        scales: Mapping[str, Scale] | None = None,
        judge_calls: Sequence[Trial] = (),
    ) -> Self:
        """Put trials together, such as those that were kept of a comparison that was cancelled.

        Args:
            trials: In any order.
            models: Names of the models in the order of the rows, those without a trial too. Default: as they come in
                the trials.
            scales: The worst and the best score by metric. Default: 0 and 1 for all that the trials have.
            judge_calls: The judge's own calls.

        Example:
            >>> from langchain_openrouter.evaluation.trial import Trial
            >>> trials = [Trial(input="?", model="a/b", latency_s=1.0), Trial(input="?", model="c/d", latency_s=0.5)]
            >>> Comparison.of(trials).fastest
            'c/d'
        """
        every = list(trials)
        groups: defaultdict[str, list[Trial]] = defaultdict(list, {model: [] for model in models})
        for trial in every:
            groups[trial.model].append(trial)
        places = {model: place for place, model in enumerate(groups)}
        every.sort(key=lambda trial: (trial.input_index, places[trial.model], trial.repeat))
        if scales is None:
            scales = {name: (0, 1) for trial in every for name in (*trial.scores, *trial.unscored)}
        known = [call.cost for call in judge_calls if call.cost is not None]
        return cls(
            rows=tuple(row_of(model, groups[model], scales) for model in groups),
            trials=tuple(every),
            scales=dict(scales),
            judge_calls=len(judge_calls),
            judge_cost=exact_sum(known) if known or not judge_calls else None,
            unpriced_judge_calls=len(judge_calls) - len(known),
        )

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics, the judge's last."""
        return tuple(self.scales)

    @property
    def cost(self) -> Decimal | None:
        """Dollars of all calls whose cost is known, without the judge's; `None` where there are calls and none is."""
        known = [row.cost for row in self.rows if row.cost is not None]
        return exact_sum(known) if known or not self.trials else None

    @property
    def unpriced_calls(self) -> int:
        """Calls whose cost nobody knows, without the judge's."""
        return sum(row.unpriced_calls for row in self.rows)

    @property
    def fastest(self) -> str | None:
        """The model with the least median time to the end of an answer."""
        return _least({row.model: row.latency.p50 for row in self.rows if row.latency})

    @property
    def cheapest(self) -> str | None:
        """The model with the cheapest answers, of those where the cost of every call is known."""
        priced = [row for row in self.rows if not row.unpriced_calls]
        return _least({row.model: row.mean_cost for row in priced if row.mean_cost is not None})

    def best(self, metric: str | None = None) -> str | None:
        """Give the model with the best mean score.

        Args:
            metric: By which metric. Default: by all, as `qualities` has it.

        Raises:
            ValueError: There is no such metric; or several shall count, and a score is off its metric's scale.
        """
        name = metric if metric is not None or len(self.scales) != 1 else self.metrics[0]
        qualities = self.qualities() if name is None else self._shares(name)
        return _least({model: -quality for model, quality in qualities.items()})

    def qualities(self, metric: str | None = None) -> dict[str, float]:
        """Give how good each model is, from 0 to 1, as the `quality` of a `ModelRouter` wants it.

        Args:
            metric: By which metric. Default: the mean over all.

        Returns:
            The quality by model; those that lack a score are left out.

        Raises:
            ValueError: There is no such metric, or a score is off its metric's scale.
        """
        shares = [self._on_scale(name) for name in ([metric] if metric is not None else self.metrics)]
        return {
            row.model: sum(share[row.model] for share in shares) / len(shares)
            for row in self.rows
            if shares and all(row.model in share for share in shares)
        }

    def to_dicts(self, of: Literal["rows", "trials"] = "rows") -> list[dict[str, Any]]:
        """Give flat dicts for a table, amounts as `Decimal`.

        Args:
            of: A dict for each model, or for each call.
        """
        from langchain_openrouter.evaluation.comparing.formats import row_dict, trial_dict

        _check_of(of)
        if of == "rows":
            return [row_dict(row) for row in self.rows]
        return [trial_dict(trial, self.metrics) for trial in self.trials]

    def to_dataframe(self, of: Literal["rows", "trials"] = "rows") -> Any:
        """Give a pandas DataFrame, amounts as `Decimal`.

        Args:
            of: A line for each model, or for each call.

        Raises:
            ImportError: pandas is not installed (`pip install "langchain-openrouter-plus[pandas]"`).
        """
        import pandas as pd

        return pd.DataFrame(self.to_dicts(of))

    def to_json(self) -> str:
        """Write all of it as JSON, inputs and answers as text, amounts as texts, exact."""
        from langchain_openrouter.evaluation.comparing.formats import as_json

        return as_json(self)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write it as a page: one file, no script, nothing from elsewhere. It holds inputs and answers, as text.

        Args:
            path: A file to write it to, too.
        """
        from langchain_openrouter.evaluation.comparing.page import html

        page = html(self)
        if path is not None:
            _write(path, page)
        return page

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file.

        Args:
            path: Ends in `.html`, `.json` or `.txt`, which says what is written.

        Raises:
            ValueError: It ends in none of these.
        """
        writers: dict[str, Callable[[], str]]
        writers = {".html": self.to_html, ".json": self.to_json, ".txt": lambda: f"{self}\n"}
        ending = Path(path).suffix.lower()
        if ending not in writers:
            msg = f"path={str(path)!r} does not say what to write. Let it end in {', '.join(writers)}."
            raise ValueError(msg)
        _write(path, writers[ending]())

    def __str__(self) -> str:
        from langchain_openrouter.evaluation.comparing.table import table

        return table(self)

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        from langchain_openrouter.evaluation.comparing.page import fragment

        return fragment(self)

    def _shares(self, metric: str) -> dict[str, float]:
        """Give the mean scores of the models as parts of the way from the worst to the best score."""
        if metric not in self.scales:
            known = ", ".join(map(repr, self.metrics)) or "none"
            msg = f"metric={metric!r} was not measured. The metrics of this comparison: {known}."
            raise ValueError(msg)
        worst, best = self.scales[metric]
        means = {row.model: mean for row in self.rows if (mean := row.scores[metric]) is not None}
        return {model: (mean - worst) / (best - worst) for model, mean in means.items()}

    def _on_scale(self, metric: str) -> dict[str, float]:
        shares = self._shares(metric)
        worst, best = self.scales[metric]
        off = next((model for model, share in shares.items() if not -_SLACK <= share <= 1 + _SLACK), None)
        if off is not None:
            msg = (
                f"The mean score of {off} by {metric!r} is not between {worst:g} and {best:g}. Give the metric an "
                "attribute `scale` with its worst and its best score."
            )
            raise ValueError(msg)
        return {model: min(max(share, 0.0), 1.0) for model, share in shares.items()}


_SLACK = 1e-9
"""How far a mean of floats may lie off the scale that all of them are on."""


class ComparisonInterruptedError(KeyboardInterrupt):
    """Ctrl-C ended a comparison. What was done by then is not lost.

    Args:
        comparison: Of the calls that came to their end.
        planned: How many calls there were to be.
    """

    def __init__(self, comparison: Comparison, planned: int) -> None:
        done = len(comparison.trials)
        super().__init__(f"Interrupted after {done} of {planned} calls, which are in `comparison` of this error.")
        self.comparison = comparison
        self.planned = planned


def _least(values: Mapping[str, float | Decimal]) -> str | None:
    """Give the name of the least value; of equal ones, the first."""
    return min(values, key=values.__getitem__, default=None)


def _check_of(of: str) -> None:
    if of not in {"rows", "trials"}:
        msg = f"of={of!r} is not known. Pass 'rows' for a line a model, or 'trials' for a line a call."
        raise ValueError(msg)


def _write(path: str | os.PathLike[str], text: str) -> None:
    # An answer may hold half a character; that must not cost the file.
    Path(path).write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
