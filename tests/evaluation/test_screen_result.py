"""The result of a screening: what it saved, and how it reads."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from langchain_openrouter.evaluation.screening.result import Screening
from langchain_openrouter.evaluation.screening.standings import Outcome, ScreenedModel

BEST = ScreenedModel(
    model="a/best", score=0.75, asked=8, scored=7, unscored=1, cost=Decimal("0.08"), mean_cost=Decimal("0.01")
)
DEAD = ScreenedModel(
    model="c/dead", asked=2, failed_calls=2, cost=Decimal(0), left_after=1, error="RateLimitError: slow\x1b"
)
WORSE = ScreenedModel(
    model="b/worse", score=0.5, asked=2, scored=2, cost=Decimal("0.004"), mean_cost=Decimal("0.002"), left_after=1
)
OUTCOMES = tuple(
    Outcome(model=each.model, prompt=prompt, cost=Decimal("0.010"))
    for each in (BEST, WORSE, DEAD)
    for prompt in range(each.asked)
)
SCREENING = Screening(ranking=(BEST, WORSE), stages=(2, 8), prompts=10, outcomes=OUTCOMES[:10])
WITH_DEAD = Screening(ranking=(BEST, WORSE, DEAD), stages=(2, 8), prompts=10, outcomes=OUTCOMES)

TABLE = """\
a/best wins with 0.75; 3 models, 10 prompts.

model    score  prompts  failed  unscored     cost  per answer  left after
a/best    0.75        8       0         1  $0.0800     $0.0100
b/worse    0.5        2       0         0  $0.0040     $0.0020  stage 1 of 2
c/dead       -        2       2         0  $0.0000           -  stage 1 of 2

12 calls; 18 of 30 were saved (60%).
$0.084 spent; about $0.036 saved, as far as known.
c/dead: RateLimitError: slow\ufffd
"""


class TestSavings:
    def test_calls(self) -> None:
        """Saved are the calls of the full grid that were not made."""
        assert (SCREENING.calls, SCREENING.calls_saved) == (10, 10)

    def test_dollars(self) -> None:
        """Each call that was not made would have cost what the model's answers cost on average."""
        assert SCREENING.cost == Decimal("0.084")
        assert SCREENING.dollars_saved == 2 * Decimal("0.01") + 8 * Decimal("0.002")

    def test_unknown(self) -> None:
        """Where one model's cost cannot be told, the sum cannot either, though what is known of it can."""
        assert WITH_DEAD.dollars_saved is None
        assert WITH_DEAD.known_dollars_saved == Decimal("0.036")

    def test_nothing_left_to_save(self) -> None:
        """A model that was asked everything saves nothing, whatever its cost."""
        whole = replace(SCREENING, ranking=(replace(BEST, asked=10, mean_cost=None),), outcomes=OUTCOMES)

        assert whole.dollars_saved == 0

    def test_no_prices(self) -> None:
        """Without any known cost, the cost is unknown, and calls without a price are counted."""
        unpriced = replace(BEST, cost=None, mean_cost=None, unpriced_calls=8)
        told = replace(SCREENING, ranking=(unpriced, WORSE))

        assert replace(SCREENING, ranking=(unpriced,)).cost is None
        assert (told.cost, told.unpriced_calls, told.dollars_saved) == (Decimal("0.004"), 8, None)


class TestWinners:
    def test_ties(self) -> None:
        """All that stayed to the end with the best score win; who left with the same score does not."""
        also, gone = replace(WORSE, score=0.75, left_after=None), replace(WORSE, score=0.75, model="gone")

        assert replace(SCREENING, ranking=(BEST, also, gone)).winners == ("a/best", "b/worse")

    def test_nobody(self) -> None:
        """Without a score, nobody wins."""
        told = replace(SCREENING, ranking=(DEAD,))

        assert (told.winner, told.winners) == (None, ())

    def test_one_model(self) -> None:
        """A model is found by its name; one that was not there is named."""
        assert SCREENING["b/worse"] is WORSE
        with pytest.raises(KeyError, match=r"'d' was not screened; these were: a/best, b/worse\."):
            SCREENING["d"]


class TestTexts:
    def test_table(self) -> None:
        """The table tells who wins, how each did, what was saved, and what went wrong, without control characters."""
        assert f"{WITH_DEAD}\n" == TABLE

    def test_incomplete(self) -> None:
        """One that ended early says so, and that its winner only leads."""
        lines = str(replace(SCREENING, complete=False, reason="The budget is spent.")).splitlines()

        assert lines[0] == "a/best leads with 0.75; 2 models, 10 prompts."
        assert lines[-2:] == ["$0.084 spent; about $0.036 saved.", "Not complete: The budget is spent."]

    def test_several_win(self) -> None:
        """Equals win together."""
        also = replace(WORSE, score=0.75, left_after=None)

        assert str(replace(SCREENING, ranking=(BEST, also))).startswith("a/best, b/worse win with 0.75; 2 models")

    def test_nothing_known(self) -> None:
        """What nobody knows is not written as 0."""
        unknown = ScreenedModel(model="m", asked=2, unscored=2, unpriced_calls=2)
        lines = str(replace(SCREENING, ranking=(unknown,), outcomes=OUTCOMES[:2])).splitlines()

        assert lines[0] == "No model has a score; 1 model, 10 prompts."
        assert lines[3].split() == ["m", "-", "2", "0", "2", "-", "-"]
        assert lines[-2:] == [
            "2 calls; 8 of 10 were saved (80%).",
            "The cost of 2 calls is not known and in no sum.",
        ]

    def test_json(self) -> None:
        """JSON holds all of it; amounts are texts, exact; what is unknown is null."""
        told = json.loads(WITH_DEAD.to_json())

        assert (told["winner"], told["winners"], told["calls"], told["calls_saved"]) == ("a/best", ["a/best"], 12, 18)
        assert (told["cost"], told["dollars_saved"], told["known_dollars_saved"]) == ("0.084", None, "0.036")
        assert (told["stages"], told["prompts"], told["complete"], told["reason"]) == ([2, 8], 10, True, None)
        assert told["ranking"][2] == {
            "rank": 3, "model": "c/dead", "score": None, "asked": 2, "scored": 0, "unscored": 0, "failed_calls": 2,
            "cost": "0", "unpriced_calls": 0, "mean_cost": None, "left_after": 1, "error": "RateLimitError: slow\x1b",
        }  # fmt: skip
        assert (len(told["outcomes"]), told["outcomes"][0]["cost"]) == (12, "0.010")

    def test_dataframe(self) -> None:
        """A table has a row for each model, exact amounts, and whole numbers for stages."""
        table = WITH_DEAD.to_dataframe()

        assert list(table["model"]) == ["a/best", "b/worse", "c/dead"]
        assert list(table["rank"]) == [1, 2, 3]
        assert table["cost"][1] == Decimal("0.004")
        assert (str(table["left_after"].dtype), table["left_after"][1]) == ("Int64", 1)
