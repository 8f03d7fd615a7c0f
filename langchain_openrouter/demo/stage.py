"""What a person sees: a few quiet lines for each step, and the table at the end."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from langchain_openrouter.demo.record import plain, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from rich.console import Console

    from langchain_openrouter.demo.record import Row
    from langchain_openrouter.demo.steps import Step

_INDENT = "   "
_WIDEST = 100  # columns; longer lines are hard to read
_NONE = "—"
_MARKS = frozenset({"▸ ", "· ", "✓ ", "✗ "})


class Stage:
    """Writes to a terminal, or wherever else a console writes to.

    Args:
        console: Of rich.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = min(console.width, _WIDEST)

    def opening(self, version: str, description: str) -> None:
        """Say what this is, and who answers."""
        self._console.print()
        self._line(Text.assemble(("langchain-openrouter-plus ", "bold"), (version, "dim")))
        self._paragraph(description, "dim", indent="")

    def begin(self, number: int, step: Step) -> None:
        """Announce a step."""
        self._console.print()
        self._line(Text.assemble((f"{number}  ", "cyan"), (step.name, "bold"), (f"  {step.about}", "dim")))

    def question(self, text: str) -> None:
        """Show what is asked."""
        self._paragraph(f"▸ {text}", "cyan")

    def remark(self, text: str) -> None:
        """Show what happens between question and answer."""
        self._paragraph(f"· {text}", "dim")

    def answer(self, text: str) -> None:
        """Show an answer."""
        self._paragraph(text, "")

    @contextmanager
    def typing(self) -> Iterator[Callable[[str], None]]:
        """Give a function that shows the next piece of an answer at once."""
        typewriter = Typewriter(self._width, lambda piece: self._console.out(piece, end="", highlight=False))
        yield typewriter.write
        self._console.print()

    def end(self, row: Row) -> None:
        """Close a step."""
        if row.error:
            self._paragraph(f"✗ {row.error}", "red")
            return
        tokens = f"{_count(row.tokens_in)} tokens in, {_count(row.tokens_out)} out"
        facts = f"{row.model} by {row.provider}, {tokens}, {row.seconds:.2f} s, {dollars(row.cost)}"
        self._paragraph(f"✓ {facts}", "dim green")

    def table(self, rows: Sequence[Row]) -> None:
        """Show all steps and their sum; where there is little room, the provider stands below its model."""
        beside = self._console.width >= _WIDEST
        table = Table(
            box=box.SIMPLE_HEAD,
            collapse_padding=True,
            footer_style="bold",
            header_style="dim",
            pad_edge=False,
            show_footer=True,
        )
        table.add_column("\nStep", "Total", no_wrap=True)
        table.add_column("\nModel" if beside else "\nModel and provider", overflow="fold")
        if beside:
            table.add_column("\nProvider")
        table.add_column("Tokens\nin", _count(total(row.tokens_in for row in rows)), justify="right")
        table.add_column("\nout", _count(total(row.tokens_out for row in rows)), justify="right")
        table.add_column("\nTime", f"{sum(row.seconds for row in rows):.2f} s", justify="right", no_wrap=True)
        table.add_column("\nCost", _sum(rows), justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*_cells(row, beside=beside), style="red" if row.error else "")
        self._console.print(table)

    def closing(self, text: str) -> None:
        """Say what it came to."""
        self._paragraph(text, "dim", indent="")
        self._console.print()

    def _line(self, text: Text) -> None:
        self._console.print(text, highlight=False)

    def _paragraph(self, text: str, style: str, indent: str = _INDENT) -> None:
        hanging = indent + ("  " if text[:2] in _MARKS else "")
        for number, line in enumerate(text.splitlines()):
            begin = hanging if number else indent
            for part in textwrap.wrap(line, self._width, initial_indent=begin, subsequent_indent=hanging):
                self._line(Text(part, style))


class Typewriter:
    """Breaks lines between words of a text that comes in pieces.

    Args:
        width: Of a line.
        out: Shows a piece as it is.
    """

    def __init__(self, width: int, out: Callable[[str], None]) -> None:
        self._width = width
        self._out = out
        self._column = 0

    def write(self, piece: str) -> None:
        """Show the next piece."""
        for line, text in enumerate(piece.split("\n")):
            if line and self._column:
                self._break()
            self._write(text)

    def _write(self, text: str) -> None:
        if self._column and self._column + len(text) > self._width and text[:1] == " ":
            self._break()
        if not self._column:
            text = text.lstrip()
            if not text:
                return
            self._out(_INDENT)
            self._column = len(_INDENT)
        self._out(text)
        self._column += len(text)

    def _break(self) -> None:
        self._out("\n")
        self._column = 0


def dollars(cost: Decimal | None) -> str:
    """Write a cost with every digit that was billed; an unknown one is no 0."""
    return "unknown" if cost is None else f"${plain(cost)}"


def _cells(row: Row, *, beside: bool) -> Iterator[str | Text]:
    yield ("✗ " if row.error else "✓ ") + row.step
    if beside:
        yield from (row.model, row.provider)
    else:
        yield Text.assemble(row.model, (f"\n{row.provider}", "dim"))
    time = f"{row.seconds:.2f} s"
    if row.calls:
        yield from (_count(row.tokens_in), _count(row.tokens_out), time, dollars(row.cost))
    else:
        yield from (_NONE, _NONE, time, _NONE if row.cost == 0 else dollars(row.cost))


def _count(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def _sum(rows: Sequence[Row]) -> str:
    known = dollars(total(row.cost for row in rows if row.cost is not None))
    return known if all(row.cost is not None for row in rows) else f"{known} + unknown"
