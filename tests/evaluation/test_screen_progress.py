"""How far a screening is, in a terminal, in the log, or by a function."""

from __future__ import annotations

import io
import logging
import sys
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_openrouter.evaluation.screening.progress import ScreenProgress, telling

if TYPE_CHECKING:
    import pytest

BEGUN = ScreenProgress(stage=1, stages=3, models=8, done=0, calls=40, known_cost=Decimal(0))
ENDED = replace(BEGUN, done=40, leader="a/b [bold]", score=0.875, known_cost=Decimal("0.0123"))
SAID = "stage 1 of 3: 8 models, 40 of 40 calls, $0.012, a/b [bold] leads with 0.875"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def in_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in place of the error stream; pytest would take it away again between a fixture and its test."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    return stream


def test_in_words() -> None:
    """Progress reads as a line; a leader is told when there is one."""
    assert str(ENDED) == SAID
    assert str(BEGUN) == "stage 1 of 3: 8 models, 0 of 40 calls, $0.00"


def test_a_function() -> None:
    """A function is told everything."""
    told: list[ScreenProgress] = []
    with telling(told.append) as tell:
        assert tell is not None
        tell(BEGUN)
        tell(ENDED)

    assert told == [BEGUN, ENDED]


def test_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody wants to know, nobody is told."""
    terminal = in_terminal(monkeypatch)
    with telling(False) as tell:
        assert tell is None

    assert terminal.getvalue() == ""


def test_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal there is a bar; names are not taken for markup."""
    terminal = in_terminal(monkeypatch)
    with telling(True) as tell:
        assert tell is not None
        tell(BEGUN)
        tell(ENDED)

    assert SAID in terminal.getvalue()
    assert "40/40" in terminal.getvalue()


def test_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rich there is a line at the end of each stage."""
    terminal = in_terminal(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with telling(True) as tell:
        assert tell is not None
        tell(BEGUN)
        tell(ENDED)

    assert terminal.getvalue() == f"screen: {SAID}\n"


def test_without_terminal(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a terminal the lines go into the log, and nowhere else."""
    with caplog.at_level(logging.INFO), telling(True) as tell:
        assert tell is not None
        tell(BEGUN)
        tell(ENDED)

    assert [record.getMessage() for record in caplog.records] == [f"screen: {SAID}"]
    assert capfd.readouterr() == ("", "")
