"""The parts of the demo that count and write."""

from __future__ import annotations

import io
from decimal import Decimal
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from rich.console import Console

from langchain_openrouter import IncompleteStreamError, RateLimitError
from langchain_openrouter.demo.record import Recorder, Row, call_of, plain, total
from langchain_openrouter.demo.stage import Stage, Typewriter, dollars
from langchain_openrouter.demo.steps import STEPS


def answer(cost: float | None, tokens: int = 10) -> AIMessage:
    """Give an answer that was billed so much."""
    metadata = {"model_name": "a/b", "provider": "P"} | ({} if cost is None else {"cost": cost})
    usage = {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1}
    return AIMessage("Hi", response_metadata=metadata, usage_metadata=usage)


def recorded(*answers: AIMessage) -> Recorder:
    """Give a recorder that saw some answers."""
    recorder = Recorder()
    for message in answers:
        recorder.on_llm_end(LLMResult(generations=[[ChatGeneration(message=message)]]), run_id=uuid4())
    return recorder


class TestRecord:
    def test_costs_are_exact(self) -> None:
        """Costs add up in decimals: a tenth of a dollar ten times is a dollar."""
        row = recorded(*[answer(0.1)] * 10).row("Step", 1.0, None)

        assert (row.cost, row.calls, row.tokens_in) == (Decimal("1.0"), 10, 100)

    def test_unknown_is_not_zero(self) -> None:
        """One call without a cost makes the cost of its step unknown; a free one does not."""
        assert recorded(answer(0.1), answer(None)).row("Step", 1.0, None).cost is None
        assert recorded(answer(0.1), answer(0)).row("Step", 1.0, None).cost == Decimal("0.1")

    @pytest.mark.parametrize(
        ("error", "cost"),
        [(RateLimitError("No"), Decimal(0)), (IncompleteStreamError("No", partial_message=AIMessage("H")), None)],
    )
    def test_failures(self, error: Exception, cost: Decimal | None) -> None:
        """A refused call costs nothing; one that broke off in its answer costs nobody knows what."""
        recorder = Recorder()
        recorder.on_llm_error(error, run_id=uuid4())

        assert recorder.row("Step", 1.0, "No").cost == cost

    def test_what_is_not_told(self) -> None:
        """An answer without usage has unknown tokens, and says so of its model and provider too."""
        call = call_of(AIMessage("Hi"))

        assert (call.model, call.provider) == ("unknown", "unknown")
        assert (call.tokens_in, call.tokens_out, call.cost) == (None, None, None)

    def test_json(self) -> None:
        """The cost is text with all of its digits; an unknown one is null."""
        row = recorded(answer(2.745e-05)).row("Step", 0.12345, None)

        assert row.as_json() == {
            "step": "Step",
            "model": "a/b",
            "provider": "P",
            "calls": 1,
            "tokens_in": 10,
            "tokens_out": 1,
            "seconds": 0.123,
            "cost": "0.00002745",
            "error": None,
        }
        assert recorded(answer(None)).row("Step", 1.0, None).as_json()["cost"] is None

    def test_sums(self) -> None:
        """Sums start at nothing, and one unknown makes them unknown."""
        assert (total([]), total([1, 2]), total([1, None])) == (0, 3, None)

    @pytest.mark.parametrize(
        ("amount", "text"), [("2.745E-5", "0.00002745"), ("1.50", "1.5"), ("0", "0"), ("20", "20")]
    )
    def test_plain(self, amount: str, text: str) -> None:
        """Amounts are written without an exponent, however small or round."""
        assert plain(Decimal(amount)) == text


class TestTypewriter:
    def test_lines_break_between_words(self) -> None:
        """No line is longer than its width, and no word is lost."""
        shown: list[str] = []
        typewriter = Typewriter(20, shown.append)
        for piece in ("One", " two", " three", " four", " five", " six", ".\n\nSeven"):
            typewriter.write(piece)

        assert "".join(shown) == "   One two three\n   four five six.\n   Seven"

    def test_pieces_are_shown_at_once(self) -> None:
        """Every piece is out before the next one comes."""
        shown: list[str] = []
        typewriter = Typewriter(80, shown.append)

        typewriter.write("One")
        assert "".join(shown) == "   One"
        typewriter.write(" two")
        assert "".join(shown) == "   One two"


def written(rows: list[Row]) -> str:
    """Give the table as text."""
    console = Console(file=io.StringIO(), width=120)
    Stage(console).table(rows)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class TestTable:
    def test_unknown_costs(self) -> None:
        """An unknown cost is a word, and the total names it beside what is known."""
        text = written([recorded(answer(0.5)).row("One", 1.0, None), recorded(answer(None)).row("Two", 1.0, None)])

        assert "✓ Two" in text
        assert text.count("unknown") == 2
        assert "$0.5 + unknown" in text

    def test_failed_steps(self) -> None:
        """A step that failed is marked, and has no tokens rather than 0."""
        text = written([Recorder().row("One", 1.0, "It broke")])

        (line,) = [line for line in text.splitlines() if "One" in line]
        assert line.split() == ["✗", "One", "—", "—", "—", "—", "1.00", "s", "—"]

    def test_dollars(self) -> None:
        """A cost has a dollar sign and every digit."""
        assert (dollars(Decimal("0.00002745")), dollars(Decimal(0)), dollars(None)) == ("$0.00002745", "$0", "unknown")


def test_steps_are_distinct() -> None:
    """Every step has a name of its own, short enough for the table, and pays for a call at least."""
    names = [step.name for step in STEPS]

    assert len(set(names)) == len(names)
    assert all(len(step.name) <= 12 and step.calls >= 1 for step in STEPS)
