from __future__ import annotations

import csv
import datetime as dt
import io
import json
from dataclasses import asdict, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.reports import Gauge, ReportRow, build_report, report
from langchain_openrouter.reports.table import performance_table, table
from tests.reports.made import HOSTILE, NOON, call, records

if TYPE_CHECKING:
    from pathlib import Path

AMOUNTS = {"cost", "share", "mean_cost", "cost_per_success"}
GAUGE = Gauge(name="team", limit=Decimal(10), spent=Decimal("8.5"), reserved=Decimal(1), resets_at=NOON, alerts=(0.8,))


def read_back(told: dict[str, Any]) -> dict[str, Any]:
    """Give the values of a row as they were before they were written."""
    values: dict[str, Any] = {}
    for name, value in told.items():
        if value in {None, ""}:
            values[name] = None
        else:
            values[name] = Decimal(value) if name in AMOUNTS else value if name == "value" else int(value)
    return values


class TestJson:
    @settings(deadline=None)
    @given(made=st.lists(records(), max_size=8))
    def test_the_same_numbers(self, made: list[Any]) -> None:
        """Rows and total are read back as they were, amounts to the last digit."""
        told = build_report(made)
        read = json.loads(told.to("json"))

        assert [read_back(row) for row in read["rows"]] == [asdict(row) for row in told.rows]
        assert read_back(read["total"]) == asdict(told.total)

    def test_what_else_is_in_it(self) -> None:
        """What it is about, the average, the top models, performance and budgets are in it, times as ISO texts."""
        made = [call("0.5", provider="Acme", duration_s=2.0), call(None, error="OpenRouterTimeoutError")]
        read = json.loads(report(made, since=dt.date(2026, 11, 1), format="json", gauges=[GAUGE], title="November"))

        assert (read["title"], read["by"], read["since"], read["until"]) == (
            "November", "model", "2026-11-01T00:00:00+00:00", None,
        )  # fmt: skip
        assert read["first_call"] == read["last_call"] == NOON.isoformat()
        assert read["top_models"] == read["rows"]
        assert read["performance"][0]["latency"]["p95"] == 2
        assert read["performance"][0]["success_rate"] == 0.5
        assert read["gauges"][0] == {
            "name": "team", "limit": "10", "spent": "8.5", "reserved": "1", "resets_at": NOON.isoformat(),
            "alerts": [0.8],
        }  # fmt: skip


class TestCsv:
    @settings(deadline=None)
    @given(made=st.lists(records(), max_size=8))
    def test_the_same_numbers(self, made: list[Any]) -> None:
        """The lines are read back as the rows, amounts to the last digit, and what is unknown is empty."""
        told = build_report(made, by="tag")
        read = list(csv.DictReader(io.StringIO(told.to("csv"), newline="")))

        expected = [asdict(row) for row in told.rows]
        for row in expected:
            row["value"] = "'=1+1" if row["value"] == "=1+1" else row["value"]
        assert [read_back(row) for row in read] == expected

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://127.0.0.1")'])
    def test_a_spreadsheet_sees_no_formula(self, name: str) -> None:
        """A name that begins like a formula has an apostrophe before it, which makes it text."""
        text = report([call("1", tags=(name,))], by="tag", format="csv")
        (_, row) = csv.reader(io.StringIO(text, newline=""))

        assert row[0] == f"'{name}"

    def test_columns(self) -> None:
        """The head names the fields of a row; without calls there is only the head."""
        assert report([], format="csv") == ",".join(each.name for each in fields(ReportRow)) + "\r\n"


class TestTable:
    MADE = (
        call("1.5", model="acme/large", provider="Acme", prompt_tokens=1200, completion_tokens=10, duration_s=1.5),
        call("0.00021", model="acme/small", error="OpenRouterTimeoutError"),
        call(None, model="acme/unknown", pending=True),
    )

    def test_it_says_what_is_known_and_what_not(self) -> None:
        """Costs stand below each other with equal digits; what is unknown says so, and is counted beside the sums."""
        lines = table(build_report(self.MADE), 120).splitlines()

        assert lines[0] == "Spend on OpenRouter: $1.50 in 3 calls, 21 Nov 2026, 12:00 UTC"
        assert lines[2].split() == [
            "model", "calls", "failed", "cost", "unpriced", "pending", "share", "tokens", "in", "out", "per", "call",
            "per", "success",
        ]  # fmt: skip
        assert lines[4].split()[:6] == ["acme/large", "1", "0", "$1.50000", "0", "0"]
        assert lines[5].split()[:6] == ["acme/small", "1", "1", "$0.00021", "0", "0"]
        assert lines[6].split()[:6] == ["acme/unknown", "1", "0", "unknown", "1", "1"]
        assert lines[8].split()[:6] == ["Total", "3", "1", "$1.50021", "1", "1"]
        assert "The cost of 1 call is not known and in no sum." in lines

    @settings(deadline=None)
    @given(columns=st.sampled_from([60, 80, 100, 140]), made=st.lists(records(), max_size=8))
    def test_it_fits_the_terminal(self, columns: int, made: list[Any]) -> None:
        """The rows are as wide as the terminal at most, and all as wide as each other, wide letters counted twice."""
        text = table(build_report(made, by="tag"), columns).split("\n\n")
        lines = text[1].splitlines()
        widths = {len(line) + line.count("日") + line.count("本") + line.count("語") for line in lines}

        assert not made or len(widths) == 1
        assert max(widths) <= columns

    def test_a_name_cannot_break_it(self) -> None:
        """Line ends, terminal escapes and marks that turn the text round do not get through."""
        text = report([call("1", tags=("\x1b[31mred\nnext\u202e",))], by="tag")

        assert "\ufffd[31mred\ufffdnext\ufffd" in text

    def test_the_least_amount_is_not_nothing(self) -> None:
        """What is less than the last digit shown is not shown as 0."""
        assert "<$0.000001" in report([call("0.000000001"), call("5", model="c/d")])

    def test_budgets(self) -> None:
        """Each budget has a line."""
        text = report(self.MADE, gauges=[GAUGE])

        assert "Budget team: $8.50 of $10.00 (85%), $1.00 reserved, resets 21 Nov 2026, 12:00 UTC\n" in text

    def test_no_calls(self) -> None:
        """An empty ledger has a table that says so."""
        assert report([]) == "Spend on OpenRouter: $0.00 in 0 calls\n\nNo calls.\n"

    def test_performance(self) -> None:
        """Latency, speed and errors are a table of their own."""
        lines = performance_table(build_report(self.MADE).performance, 140).splitlines()

        assert lines[1].split() == [
            "acme/large", "@", "Acme", "1", "100%", *["1.50", "s"] * 4, "-", "-", "6.7",
        ]  # fmt: skip
        assert lines[2].split()[-2:] == ["1", "OpenRouterTimeoutError"]


class TestReport:
    @pytest.mark.parametrize("written", ["table", "json", "csv", "html"])
    def test_a_file(self, tmp_path: Path, written: Any) -> None:
        """The file holds the text that is given, even where a tag holds half a character, which is written as code."""
        made = [call("1", tags=("half \ud83d",))]
        text = report(made, by="tag", format=written, path=tmp_path / "report")

        assert (tmp_path / "report").read_bytes().decode() == text.replace("\ud83d", "\\ud83d")

    def test_json_of_half_a_character(self, tmp_path: Path) -> None:
        """The code of half a character is what JSON has for it, so that the file is read back as it was."""
        report([call("1", tags=("half \ud83d",))], by="tag", format="json", path=tmp_path / "report.json")

        assert json.loads((tmp_path / "report.json").read_text())["rows"][0]["value"] == "half \ud83d"

    def test_no_such_format(self) -> None:
        """The error lists the formats, and comes before the ledger is read."""
        ledger = iter([call("1")])
        unknown: Any = "xml"
        with pytest.raises(ValueError, match=r"format='xml' .* Pass one of table, json, csv, html"):
            report(ledger, format=unknown)
        assert len(list(ledger)) == 1
        with pytest.raises(ValueError, match="format='xml'"):
            build_report([]).to(unknown)

    def test_hostile_names_stay_what_they_are(self) -> None:
        """JSON and CSV hold a hostile name as it is; they are not HTML."""
        made = [call("1", tags=(HOSTILE,))]

        assert json.loads(report(made, by="tag", format="json"))["rows"][0]["value"] == HOSTILE
        assert list(csv.reader(io.StringIO(report(made, by="tag", format="csv"))))[1][0] == HOSTILE


class TestGauge:
    def test_more_spent_than_there_is(self) -> None:
        """Nothing is left, not less than nothing."""
        gauge = Gauge(name="x", limit=Decimal(1), spent=Decimal("1.2"), alerts=(0.5, 1.0))

        assert (gauge.remaining, gauge.share, gauge.alert) == (Decimal(0), Decimal("1.2"), 1.0)

    def test_a_limit_of_nothing(self) -> None:
        """A budget of $0 has no share, and is no error."""
        gauge = Gauge(name="x", limit=Decimal(0), spent=Decimal(0), alerts=(0.5,))

        assert (gauge.remaining, gauge.share, gauge.alert) == (Decimal(0), None, None)
        assert "limit reached" in report([], format="html", gauges=[gauge])
