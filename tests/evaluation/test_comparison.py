"""What trials come to: rows, who leads, qualities, and the forms in which it is given."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from langchain_openrouter.evaluation import Comparison
from langchain_openrouter.reports.performance import Percentiles
from tests.evaluation.compared import trial

if TYPE_CHECKING:
    from pathlib import Path

REFUSED: dict[str, Any] = {"error": "BudgetExceededError: no", "refused": True, "cost": Decimal(0), "latency_s": 0.0}
FAILED: dict[str, Any] = {"error": "RateLimitError: wait", "cost": Decimal("0.25"), "latency_s": 0.1}


def test_a_row() -> None:
    """Counts, percentiles of answers only, exact sums of all calls, and what is not known beside them."""
    trials = [
        *(
            trial(latency_s=float(number), first_token_s=number / 10, tokens_per_second=number * 10.0)
            for number in range(1, 11)
        ),
        trial(cost=None, latency_s=11.0, prompt_tokens=3, completion_tokens=5),
        trial(cached=True, cost=Decimal(0), latency_s=0.001, prompt_tokens=4),
        trial(**FAILED),
        trial(**FAILED),
        trial(error="APIError: x", cost=None, latency_s=0.1),
        trial(**REFUSED),
    ]

    (row,) = Comparison.of(trials).rows

    assert (row.model, row.calls, row.answers, row.failed_calls, row.refused_calls) == ("a/b", 16, 12, 3, 1)
    assert row.success_rate == 12 / 15
    assert list(row.errors.items()) == [("RateLimitError", 2), ("APIError", 1), ("BudgetExceededError", 1)]
    assert row.latency == Percentiles(6.0, 10.0, 11.0, 11.0)
    assert row.first_token == Percentiles(0.5, 0.9, 1.0, 1.0)
    assert row.tokens_per_second == 50
    assert (row.prompt_tokens, row.completion_tokens) == (7, 5)
    assert row.cost == Decimal("5.50")
    assert row.unpriced_calls == 2
    assert row.mean_cost == Decimal("0.5")


def test_a_row_of_which_nothing_is_known() -> None:
    """Unknown is no zero: a model without answers has no times, no mean cost, and no scores."""
    comparison = Comparison.of([trial(error="APIError: x", cost=None)], scales={"good": (0, 1)})

    (row,) = comparison.rows
    assert (row.cost, row.mean_cost, row.latency, row.first_token, row.tokens_per_second) == (None,) * 5
    assert (row.prompt_tokens, row.completion_tokens) == (None, None)
    assert row.scores == {"good": None}
    assert row.unscored == {}
    assert row.success_rate == 0
    assert (comparison.cost, comparison.unpriced_calls) == (None, 1)
    assert (comparison.fastest, comparison.cheapest, comparison.best()) == (None, None, None)
    assert comparison.qualities() == {}


def test_refusals_are_no_failures_of_a_model() -> None:
    """Where a budget refused all, nobody knows how often the model succeeds."""
    (row,) = Comparison.of([trial(**REFUSED)]).rows

    assert row.success_rate is None
    assert row.cost == 0


def test_scores() -> None:
    """A mean is over the answers that have a score; the others are counted, failures are not."""
    trials = [
        trial(scores={"good": 1.0, "short": 0.0}),
        trial(scores={"good": 0.5}, unscored={"short": "no score"}),
        trial(unscored={"good": "ValueError: x", "short": "no score"}),
        trial(**FAILED),
    ]

    (row,) = Comparison.of(trials).rows

    assert row.scores == {"good": 0.75, "short": 0.0}
    assert row.unscored == {"good": 1, "short": 2}


def test_order() -> None:
    """Trials are in order of input, model and repeat, rows in the order of the models, however they came."""
    trials = [trial(model, input_index=index, repeat=repeat) for index in (0, 1) for model in "ba" for repeat in (0, 1)]

    for given_order in (trials, trials[:1] + trials[:0:-1]):
        comparison = Comparison.of(given_order, models="ba")
        assert list(comparison.trials) == trials
        assert [row.model for row in comparison.rows] == ["b", "a"]


def test_models_without_a_trial_have_a_row() -> None:
    """A model that did not come to its turn is not forgotten."""
    comparison = Comparison.of([trial("a/b")], models=["c/d", "a/b"])

    assert [(row.model, row.calls, row.cost) for row in comparison.rows] == [
        ("c/d", 0, None),
        ("a/b", 1, Decimal("0.5")),
    ]
    assert comparison.fastest == "a/b"


def test_who_leads() -> None:
    """The fastest by median latency, the cheapest by answer, the best by score; of equal ones, the first."""
    comparison = Comparison.of(
        [
            trial("slow", latency_s=3.0, cost=Decimal("0.1"), scores={"good": 0.5}),
            trial("cheap", latency_s=2.0, cost=Decimal("0.01"), scores={"good": 0.5}),
            trial("fast", latency_s=1.0, cost=Decimal("0.2"), scores={"good": 0.25}),
            trial("unpriced", latency_s=9.0, cost=None, scores={}),
            trial("unpriced", latency_s=9.0, cost=Decimal(0)),
            trial("failing", **FAILED),
        ]
    )

    assert (comparison.fastest, comparison.cheapest, comparison.best(), comparison.best("good")) == (
        "fast", "cheap", "slow", "slow",
    )  # fmt: skip


def test_what_failed_does_not_make_cheap() -> None:
    """The price of an answer is that of answers: failures that cost nothing do not lower it."""
    comparison = Comparison.of(
        [
            trial("failing", error="APIError: x", cost=Decimal(0)),
            trial("failing", cost=Decimal("0.5")),
            trial("answering", cost=Decimal("0.4")),
        ]
    )

    assert comparison.cheapest == "answering"
    assert comparison.rows[0].mean_cost == Decimal("0.5")


def test_a_free_model_is_the_cheapest() -> None:
    """Zero is a price."""
    assert Comparison.of([trial("paid"), trial("free", cost=Decimal(0))]).cheapest == "free"


def test_qualities() -> None:
    """Mean scores as parts of their scales; of several metrics the mean; a model that lacks one is left out."""
    comparison = Comparison.of(
        [
            trial("a", scores={"judge": 10.0, "errors": 0.0}),
            trial("b", scores={"judge": 5.5, "errors": 5.0}),
            trial("c", scores={"judge": 1.0}),
        ],
        scales={"judge": (1, 10), "errors": (20, 0)},
    )

    assert comparison.qualities("judge") == {"a": 1.0, "b": 0.5, "c": 0.0}
    assert comparison.qualities("errors") == {"a": 1.0, "b": 0.75}
    assert comparison.qualities() == {"a": 1.0, "b": 0.625}
    assert comparison.best() == "a"
    assert comparison.best("errors") == "a"
    assert comparison.metrics == ("judge", "errors")


def test_lower_may_be_better() -> None:
    """A scale that falls says that less is better."""
    comparison = Comparison.of(
        [trial("a", scores={"errors": 3.0}), trial("b", scores={"errors": 2.0})], scales={"errors": (20, 0)}
    )

    assert comparison.best() == "b"


def test_a_score_off_its_scale() -> None:
    """No quality is made of a number that is on no known scale; the best is known all the same."""
    comparison = Comparison.of([trial("a", scores={"words": 120.0}), trial("b", scores={"words": 130.0})])

    with pytest.raises(
        ValueError, match=r"of a by 'words' is not between 0 and 1. Give the metric an attribute `scale`"
    ):
        comparison.qualities()
    assert comparison.best() == "b"


@given(st.lists(st.floats(0.1, 0.7), min_size=1, max_size=20))
def test_means_of_floats_stay_on_the_scale(scores: list[float]) -> None:
    """Rounding does not push a mean off its scale."""
    least, most = min(scores), max(scores)
    if least < most:
        trials = [trial(scores={"good": score}) for score in [most] * 3]
        assert Comparison.of(trials, scales={"good": (least, most)}).qualities()["a/b"] == pytest.approx(1)
        assert Comparison.of(trials, scales={"good": (least, most)}).qualities()["a/b"] <= 1


def test_no_such_metric() -> None:
    """The message names those that there are."""
    comparison = Comparison.of([trial(scores={"good": 1.0})])

    for ask in (comparison.qualities, comparison.best):
        with pytest.raises(ValueError, match=r"'god' was not measured\. The metrics of this comparison: 'good'"):
            ask("god")
    with pytest.raises(ValueError, match="The metrics of this comparison: none"):
        Comparison.of([]).best("good")


def test_what_the_judge_cost() -> None:
    """It is apart from what the models cost, and what is not known of it is counted."""
    calls = [trial("judge", cost=Decimal("0.1")), trial("judge", cost=None), trial("judge", cost=Decimal("0.2"))]

    comparison = Comparison.of([trial()], judge_calls=calls)
    assert (comparison.judge_calls, comparison.judge_cost, comparison.unpriced_judge_calls) == (3, Decimal("0.3"), 1)
    assert comparison.cost == Decimal("0.5")
    assert Comparison.of([trial()]).judge_cost == 0
    assert Comparison.of([trial()], judge_calls=calls[1:2]).judge_cost is None


def test_nothing_at_all() -> None:
    """A comparison without a trial is empty, costs nothing, and can be written."""
    comparison = Comparison.of([])

    assert (comparison.rows, comparison.trials, comparison.cost) == ((), (), Decimal(0))
    assert str(comparison) == "model"
    assert json.loads(comparison.to_json())["rows"] == []
    assert len(comparison.to_dataframe()) == 0
    assert "<html" in comparison.to_html()


SMALL = Comparison.of(
    [
        trial(
            "a/b",
            latency_s=0.5,
            first_token_s=0.1,
            tokens_per_second=50.0,
            scores={"good": 1.0},
            input=[HumanMessage("Why?")],
        ),
        trial("long/name", latency_s=1.5, cost=None, unscored={"good": "no score"}),
        trial("long/name", **FAILED, input_index=1),
    ],
    judge_calls=[trial("judge", cost=Decimal("0.01"))],
)


def test_the_table() -> None:
    """Columns below each other, who leads, what the judge cost, why calls failed, and what is in no sum."""
    assert (
        str(SMALL)
        == """\
model      calls  failed  success  first p50     p50     p90  tokens/s   cost  unpriced  per answer  good  no good
a/b            1       0     100%     100 ms  500 ms  500 ms        50  $0.50         0       $0.50  1.00        0
long/name      2       1      50%          -  1.50 s  1.50 s         -  $0.25         1           -     -        1

fastest: a/b (500 ms)
cheapest: a/b ($0.50)
best by good: a/b (1.00)
judge: $0.010 in 1 call, in no row
long/name: 1 RateLimitError
The cost of 1 call is not known and in no sum."""
    )


def test_columns_in_which_nobody_has_anything_are_left_out() -> None:
    """Of failures alone there are no times and no scores."""
    comparison = Comparison.of([trial(error="APIError: x", cost=Decimal(0))], scales={"good": (0, 1)})

    assert str(comparison).splitlines()[0].split() == ["model", "calls", "failed", "success", "cost"]


def test_equal_ones_share_the_lead() -> None:
    """The table says how many are just as good, and names no best where all are equal."""
    text = str(Comparison.of([trial(model, scores={"good": 0.5}) for model in ("a", "b", "c")]))

    assert "best by good: a and 2 more (0.50)" in text
    assert "fastest: a and 2 more (1.00 s)" in text


def test_a_table_of_wide_and_wild_names() -> None:
    """Names that would spoil the columns are cut and made printable."""
    lines = str(Comparison.of([trial("模型" * 40), trial("a\nb\x1b[31m")])).splitlines()

    assert lines[2].startswith("a\ufffdb\ufffd[31m ")
    assert lines[1].startswith("模型")
    assert "…" in lines[1]


def test_rows_as_dicts() -> None:
    """A flat dict for each model, amounts as they are."""
    assert SMALL.to_dicts()[0] == {
        "model": "a/b", "calls": 1, "answers": 1, "failed_calls": 0, "refused_calls": 0, "errors": "",
        "success_rate": 1.0, "first_token_p50_s": 0.1, "first_token_p90_s": 0.1, "latency_p50_s": 0.5,
        "latency_p90_s": 0.5, "tokens_per_second": 50.0, "prompt_tokens": None, "completion_tokens": None,
        "cost": Decimal("0.5"), "unpriced_calls": 0, "mean_cost": Decimal("0.5"), "score_good": 1.0,
        "unscored_good": 0,
    }  # fmt: skip
    assert SMALL.to_dicts()[1]["errors"] == "1 RateLimitError"


def test_trials_as_dicts() -> None:
    """A flat dict for each call, input and answer as text."""
    assert SMALL.to_dicts("trials")[1] == {
        "input_index": 0, "model": "long/name", "repeat": 0, "input": "Why?", "answer": "So.", "error": None,
        "refused": False, "first_token_s": None, "latency_s": 1.5, "tokens_per_second": None, "prompt_tokens": None,
        "completion_tokens": None, "cost": None, "cached": False, "score_good": None, "unscored_good": "no score",
    }  # fmt: skip
    assert [each["answer"] for each in SMALL.to_dicts("trials")] == ["So.", "So.", None]
    assert SMALL.to_dicts("trials")[0]["input"] == "Why?"


def test_data_frames() -> None:
    """A line for each model or call, with the columns of the dicts."""
    rows, trials = SMALL.to_dataframe(), SMALL.to_dataframe("trials")

    assert list(rows.columns) == list(SMALL.to_dicts()[0])
    assert list(rows["model"]) == ["a/b", "long/name"]
    assert list(trials.columns) == list(SMALL.to_dicts("trials")[0])
    assert len(trials) == 3


@pytest.mark.parametrize("form", [SMALL.to_dicts, SMALL.to_dataframe])
def test_no_such_lines(form: Any) -> None:
    """The message says what there is."""
    with pytest.raises(ValueError, match=r"of='row' is not known\. Pass 'rows'"):
        form("row")


def test_json() -> None:
    """All of it, amounts as exact texts."""
    told = json.loads(SMALL.to_json())

    assert told["rows"][0]["cost"] == "0.5"
    assert told["trials"][2]["error"] == "RateLimitError: wait"
    assert {name: told[name] for name in ("fastest", "cheapest", "best", "scales", "cost", "judge_cost")} == {
        "fastest": "a/b", "cheapest": "a/b", "best": {"good": "a/b"}, "scales": {"good": [0, 1]}, "cost": "0.75",
        "judge_cost": "0.01",
    }  # fmt: skip
    assert (told["unpriced_calls"], told["judge_calls"], told["unpriced_judge_calls"]) == (1, 1, 0)
    assert told["created_at"] == SMALL.created_at.isoformat()


def test_tiny_amounts_are_written_out() -> None:
    """No exponent, which other programs may not read."""
    told = json.loads(Comparison.of([trial(cost=Decimal("1E-10"))]).to_json())

    assert told["trials"][0]["cost"] == "0.0000000001"


def test_saving(tmp_path: Path) -> None:
    """The ending says what is written; half a character in an answer does not cost the file."""
    half = Comparison.of([trial(answer=AIMessage("half: \ud83d"))])
    for name, begin in (("x.json", "{"), ("x.HTML", "<!doctype html>"), ("x.txt", "model")):
        half.save(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begin)

    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["trials"][0]["answer"] == "half: \ud83d"
    assert half.to_html(tmp_path / "page.html").startswith("<!doctype html>")
    assert (tmp_path / "page.html").exists()


def test_saving_as_nothing_known(tmp_path: Path) -> None:
    """An ending that says nothing is refused, and nothing is written."""
    with pytest.raises(ValueError, match=r"does not say what to write. Let it end in .html, .json, .txt"):
        SMALL.save(tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def test_trials_that_were_kept() -> None:
    """Metrics are found in the trials, those that never gave a score too."""
    comparison = Comparison.of([trial(unscored={"judge": "unreadable verdict"}), trial(scores={"good": 1.0})])

    assert comparison.scales == {"judge": (0, 1), "good": (0, 1)}
    assert comparison.rows[0].unscored == {"judge": 1}


def test_a_comparison_does_not_change() -> None:
    """Its parts are values."""
    with pytest.raises(AttributeError):
        SMALL.trials = ()  # type: ignore[misc]
