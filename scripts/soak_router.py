"""Many calls at once of a router whose models fail a fifth of the time: is each answered, or failed in time?

Run `python scripts/soak_router.py [--calls 10000] [--at-once 200] [--faults 0.2] [--check]`. An emulator in a process
of its own fails in some twenty ways, hanging ones among them. Half of the calls stream; half of the routers begin anew
when a stream breaks.

`--check` exits with 1 when a call was neither answered with its own answer nor failed with a typed error, when one
took longer than its deadline (and a tenth of it), or when what was booked is not what was charged.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import ModelError

from langchain_openrouter import ModelRouter, OpenRouterCostHandler
from langchain_openrouter.emulator import Emulator, Fault
from langchain_openrouter.reports.performance import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

MODELS = ("openai/gpt-4o-mini", "google/gemini-2.5-flash", "anthropic/claude-haiku-4.5")
LATENESS = 1.1
"""How much later than its deadline a call may end on a busy machine, as a share of it."""

_FLAGGED = {"reasons": ["violence"], "flagged_input": "…", "provider_name": "OpenAI"}
_KINDS: tuple[dict[str, Any], ...] = (
    *({"kind": "status", "status": status} for status in (408, 429, 500, 502, 503, 529)),
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "status", "status": 403, "metadata": _FLAGGED},
    {"kind": "status", "status": 404, "message": "No endpoints found."},
    {"kind": "status", "status": 400, "message": "maximum context length is 10 tokens"},
    {"kind": "html", "status": 502},
    {"kind": "error_in_200", "status": 502},
    {"kind": "empty"},
    {"kind": "cut", "after": 0},
    {"kind": "cut", "after": 3},
    {"kind": "end_early", "after": 1},
    {"kind": "midstream_error", "after": 1, "status": 502},
    {"kind": "midstream_error", "after": 3, "status": 502},
    {"kind": "stall", "after": 2, "seconds": None},
    {"kind": "slow_headers", "seconds": None},
)


def faults(share: float) -> Iterator[Fault]:
    """Give faults of all kinds, one of which strikes a share of all requests."""
    # Each is drawn only where none before it has struck.
    for position, kind in enumerate(_KINDS):
        each = share / len(_KINDS)
        yield Fault(path="/chat/completions", probability=each / (1 - each * position), **kind)


def serve(connection: Connection, share: float) -> None:
    """Serve an emulator, and tell at the end what it was asked and what it charged. Runs in a process of its own."""
    with Emulator(credits=None, faults=faults(share), seed=7) as emulator:
        connection.send((emulator.base_url, emulator.api_key))
        connection.recv()
        emulator.clear_faults()
        connection.send((sum(each.method == "POST" for each in emulator.requests), emulator.spent))
        connection.recv()


@dataclass
class Soak:
    """What became of the calls.

    Args:
        deadline: Seconds that each was given.

    Attributes:
        seconds: How long each took.
        failed: How many ended with an error, by its class.
        fallbacks: How many answers came after a failed attempt.
        restarts: How many streams began anew.
        wrong: What should not have been: errors without a type, answers to other questions.
        attempts: Attempts that answers and errors tell of.
        requests: Requests that reached the emulator.
        booked: Attempts that the cost handler has booked.
        charged: Dollars that the emulator charged.
        counted: Dollars that the handler has counted, after a look at the account.
        took: Seconds, in all.
    """

    deadline: float
    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    fallbacks: int = 0
    restarts: int = 0
    wrong: list[str] = field(default_factory=list)
    attempts: int = 0
    requests: int = 0
    booked: int = 0
    charged: Decimal = Decimal(0)
    counted: Decimal = Decimal(0)
    took: float = 0.0

    def problems(self) -> list[str]:
        """Say what is not as it should be."""
        late = [each for each in self.seconds if each > self.deadline * LATENESS]
        found = list(self.wrong)
        if late:
            found.append(f"{len(late)} calls took longer than their deadline, up to {max(late):.2f} s")
        # Who is too late may not have sent anything.
        if not self.requests <= self.attempts == self.booked:
            found.append(f"{self.attempts} attempts were made, {self.booked} booked; {self.requests} requests came")
        if self.charged != self.counted:
            found.append(f"${self.charged} were charged, and ${self.counted} counted")
        return found

    def text(self) -> str:
        """Write the figures."""
        failed = sum(self.failed.values())
        ordered = sorted(self.seconds)
        p50, p90, p99 = (percentile(ordered, percent) for percent in (50, 90, 99))
        return "\n".join(
            (
                f"{len(ordered)} calls in {self.took:.1f} s: {len(ordered) - failed} answered, {failed} failed",
                f"  after a fallback: {self.fallbacks}; streams begun anew: {self.restarts}",
                f"  failed with: {dict(self.failed.most_common())}",
                f"  seconds: p50 {p50:.3f}, p90 {p90:.3f}, p99 {p99:.3f}, max {ordered[-1]:.3f} of {self.deadline:g}",
                f"  attempts {self.attempts}, booked {self.booked}; charged ${self.charged}, counted ${self.counted}",
                *(f"  PROBLEM: {each}" for each in self.problems()),
            )
        )


async def _ask(router: ModelRouter, number: int, config: Any, found: Soak) -> None:
    """Ask for a number, and look whether that very number is the answer."""
    prompt, wanted = f"Reply with exactly 'the number is {number} as asked'.", f"the number is {number} as asked"
    if number % 2:
        message: Any = await router.ainvoke(prompt, config)
    else:
        message = None
        async for chunk in router.astream(prompt, config):
            message = chunk if message is None else message + chunk
    restarts = message.response_metadata.get("restarts", [])
    text = message.text[restarts[-1]["discard"] if restarts else 0 :]
    found.restarts += bool(restarts)
    found.fallbacks += message.response_metadata["routing"]["fallback"]
    found.attempts += len(message.response_metadata["routing"]["attempts"])
    if text != wanted:
        found.wrong.append(f"call {number} was answered with {text!r}")


async def _call(router: ModelRouter, number: int, config: Any, found: Soak) -> None:
    """Make one call, and note what became of it."""
    began = time.monotonic()
    try:
        await _ask(router, number, config, found)
    except ModelError as error:
        found.failed[type(error).__name__] += 1
        found.attempts += len(getattr(error, "attempts", ()))
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        found.failed[type(error).__name__] += 1
        found.wrong.append(f"call {number} failed with {error!r}")
    found.seconds.append(time.monotonic() - began)


async def _soak(options: Any, calls: int, at_once: int, found: Soak, handler: OpenRouterCostHandler) -> None:
    config = {"callbacks": [handler]}
    common: Any = {"candidates": list(MODELS), "policy": "round_robin", "max_retries": 0, **options}
    routers = [ModelRouter(**common), ModelRouter(**common, on_midstream_error="restart")]
    numbers = iter(range(calls))

    async def worker() -> None:
        for number in numbers:
            await _call(routers[number // 2 % 2], number, config, found)

    began = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    found.took = time.monotonic() - began


def soak(calls: int, at_once: int, *, share: float = 0.2, deadline: float = 30.0, attempt: float = 5.0) -> Soak:
    """Make the calls.

    Args:
        calls: How many.
        at_once: How many of them at once.
        share: The share of requests that fail.
        deadline: Seconds for a call.
        attempt: Seconds for an attempt.
    """
    found, handler = Soak(deadline), OpenRouterCostHandler("$1000", keep=10 * calls)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, share), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process is noticed
    try:
        base_url, api_key = ours.recv()
        server = {"base_url": base_url, "api_key": api_key}
        options = {**server, "deadline": deadline, "attempt_timeout": attempt}
        asyncio.run(_soak(options, calls, at_once, found, handler))
        ours.send("tell")
        found.requests, found.charged = ours.recv()
        handler.reconcile(**server)
        found.booked, found.counted = handler.calls, handler.total
        ours.send("end")
    finally:
        process.join(10)
        process.kill()
    return found


def main() -> int:
    """Make the calls that the command line asks for, and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--faults", type=float, default=0.2, help="the share of requests that fail")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    found = soak(asked.calls, asked.at_once, share=asked.faults)
    print(found.text())
    return int(asked.check and bool(found.problems()))


if __name__ == "__main__":
    sys.exit(main())
