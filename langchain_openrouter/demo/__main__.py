"""The command: `python -m langchain_openrouter.demo`."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_openrouter.demo.place import Place
    from langchain_openrouter.demo.record import Row
    from langchain_openrouter.demo.stage import Stage
    from langchain_openrouter.demo.steps import Step

_FAILED = 1
_NOT_STARTED = 2
_INTERRUPTED = 130
_EXTRA = "The demo needs more than the package itself: pip install 'langchain-openrouter-plus[demo]'"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo.

    Args:
        argv: Arguments; those of the process by default.

    Returns:
        The exit status: 0 when every step worked, 1 when one failed, 2 when nothing was started.
    """
    options = _arguments(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no "✓" shall show the rest
    try:
        return _run(options)
    except ModuleNotFoundError as error:
        return _refuse(f"{_EXTRA} (there is no module {error.name!r})")
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        return _INTERRUPTED


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m langchain_openrouter.demo",
        description=(
            "See the package work. Without OPENROUTER_API_KEY an emulator answers, on this machine and for nothing; "
            "with it OpenRouter does, after a question."
        ),
    )
    parser.add_argument("--model", help="id of the model that answers, such as author/name")
    parser.add_argument("--yes", action="store_true", help="spend money on OpenRouter without being asked")
    parser.add_argument("--json", action="store_true", help="print the rows of the table as JSON, and nothing else")
    return parser.parse_args(argv)


def _run(options: argparse.Namespace) -> int:
    from rich.console import Console

    from langchain_openrouter import __version__
    from langchain_openrouter.demo.place import chosen_models, find_place
    from langchain_openrouter.demo.stage import Stage
    from langchain_openrouter.demo.steps import STEPS

    console = Console(file=io.StringIO()) if options.json else Console()
    stage = Stage(console)
    with find_place(options.model or chosen_models()[0]) as place:
        stage.opening(__version__, place.description)
        if place.is_real and not options.yes:
            refusal = _ask(place, sum(step.calls for step in STEPS))
            if refusal:
                return _refuse(refusal)
        rows = [_play(number, step, place, stage) for number, step in enumerate(STEPS, start=1)]
    _report(rows, stage, as_json=options.json)
    return _FAILED if any(row.error for row in rows) else 0


def _ask(place: Place, calls: int) -> str | None:
    """Ask whether to spend money, and give the reason not to, if there is one."""
    from langchain_openrouter.demo.stage import dollars

    estimate = place.estimate(calls)
    known = f"at most {dollars(estimate)}" if estimate is not None else "an amount that the catalog does not know"
    spends = f"This makes about {calls} calls of {place.model_name} on OpenRouter, which cost {known}."
    if not sys.stdin.isatty():
        return f"{spends} Nobody is there to agree: pass --yes, or unset OPENROUTER_API_KEY to see the emulator."
    sys.stderr.write(f"\n{spends}\nGo on? [y/N] ")
    sys.stderr.flush()
    agreed = sys.stdin.readline().strip().lower() in {"y", "yes"}
    return None if agreed else "Nothing was asked, and nothing was spent."


def _refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return _NOT_STARTED


def _play(number: int, step: Step, place: Place, stage: Stage) -> Row:
    """Run one step. Whatever goes wrong in it is shown, and the next one has its turn."""
    from langchain_core.runnables import RunnableConfig

    from langchain_openrouter.demo.record import Recorder

    recorder, error = Recorder(), None
    stage.begin(number, step)
    begun = time.perf_counter()
    try:
        step.run(place, stage, RunnableConfig(callbacks=[recorder], run_name=f"demo: {step.name}"))
    except Exception as failure:  # noqa: BLE001  # a demo shows failures too
        error = f"{type(failure).__name__}: {failure}"
    row = recorder.row(step.name, time.perf_counter() - begun, error)
    stage.end(row)
    return row


def _report(rows: Sequence[Row], stage: Stage, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([row.as_json() for row in rows], indent=2, ensure_ascii=False))
        return
    stage.table(rows)
    failed = sum(row.error is not None for row in rows)
    worked = f"All {len(rows)} steps worked." if not failed else f"{failed} of {len(rows)} steps failed."
    stage.closing(f"{worked} Each cost is what its answer says it was billed, digit for digit.")


if __name__ == "__main__":
    sys.exit(main())
