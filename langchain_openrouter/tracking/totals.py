"""What a handler has seen: its records, and sums over them."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_openrouter._guard import Guard
from langchain_openrouter.reports.grouping import check_by, values_of
from langchain_openrouter.tracking.tally import Tallies, Tally
from langchain_openrouter.tracking.undisturbed import undisturbed

if TYPE_CHECKING:
    from decimal import Decimal

    from langchain_openrouter.costs.record import CallRecord

__all__ = ["Totals"]

_MOST_GENERATIONS = 100_000


class Totals:
    """Keeps the latest records, and sums over all of them. May be used from any thread.

    Args:
        keep: How many records are kept.
    """

    def __init__(self, keep: int) -> None:
        self._counting = Guard(threading.TIMEOUT_MAX)
        self._tallies = Tallies()
        self._records: deque[CallRecord] = deque(maxlen=keep)
        self._generations: OrderedDict[str, None] = OrderedDict()

    @property
    def total(self) -> Decimal:
        """Dollars of all calls whose cost is known; `unpriced_calls` says how many are not in it."""
        return self._tallies.whole.total

    @property
    def calls(self) -> int:
        """How many calls of a model there were, failed ones too. Answers from a cache are none."""
        return self._tallies.whole.calls

    @property
    def unpriced_calls(self) -> int:
        """How many calls there were whose cost nobody knows."""
        return self._tallies.whole.unpriced_calls

    @property
    def tally(self) -> Tally:
        """All sums."""
        return self._tallies.whole

    @property
    def records(self) -> list[CallRecord]:
        """The latest calls, in the order of their ends; those that a cache answered too."""
        with undisturbed(), self._counting:
            return list(self._records)

    def by(self, dimension: str) -> dict[str, Tally]:
        """Give the sums by the values of a dimension, the dearest first.

        Args:
            dimension: `model`, `provider`, `tag` or `day`; or, of the calls in `records`, `user`, `thread`, `run`,
                `status`, or an entry of LangChain's metadata. A call with several tags counts under each.

        Example:
            ```python
            for model, tally in handler.by("model").items():
                print(model, tally.total, tally.calls, tally.unpriced_calls)
            ```
        """
        with undisturbed(), self._counting:
            found = self._tallies.by(dimension)
            if found is None:
                check_by(dimension, self._records)
                found = {}
                for record in self._records:
                    for value in values_of(record, dimension):
                        found.setdefault(value, Tally()).add(record)
            return {value: replace(found[value]) for value in sorted(found, key=lambda value: -found[value].total)}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give the calls in `records` as dicts, for a table."""
        return [record.to_dict() for record in self.records]

    def to_pandas(self) -> Any:
        """Give the calls in `records` as a DataFrame, amounts as `Decimal`.

        Raises:
            ImportError: pandas is not installed (`pip install "langchain-openrouter-plus[pandas]"`).
        """
        import pandas as pd

        from langchain_openrouter.costs.record import FIELDS

        return pd.DataFrame(self.to_dicts(), columns=list(FIELDS))

    def _count(self, record: CallRecord) -> bool:
        """Count a call, once for each generation; say whether it is new."""
        generation_id = record.generation_id
        with undisturbed(), self._counting:
            if generation_id is not None:
                if generation_id in self._generations:
                    return False
                self._generations[generation_id] = None
                if len(self._generations) > _MOST_GENERATIONS:
                    self._generations.popitem(last=False)
            self._tallies.add(record)
            self._records.append(record)
            return True

    def _correct(self, corrected: CallRecord) -> None:
        """Put the truth in place of an estimate, where it is among the records."""
        with undisturbed(), self._counting:
            for index, record in enumerate(self._records):
                if record.id == corrected.id:
                    self._tallies.add(record, -1)
                    self._tallies.add(corrected)
                    self._records[index] = corrected
                    return
