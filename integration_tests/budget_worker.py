"""Processes that spend one budget together, each with eight threads: `python -m integration_tests.budget_worker`.

The program imports what a worker needs and then forks a worker for each job, a line of JSON in its input, and answers
with the worker's process id. So a worker begins within milliseconds, also in place of one that was killed. A worker
asks until a file named `stop` appears beside its reports.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_openrouter import (
    Budget,
    BudgetExceededError,
    ChatOpenRouter,
    Ledger,
    OpenRouterCostHandler,
    OpenRouterError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS = ("openai/gpt-4o-mini", "openai/gpt-4.1-nano", "openai/gpt-oss-120b")
PROMPTS = (2, 60, 300)
"""Words."""
ANSWERS = (16, 60, 200)
"""The most tokens."""
USERS = ("ann", "bob", "cyd")

_PAUSE = 0.04
"""Seconds after a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A budget, as a job tells it.

    Args:
        dollars: Its limit.
        per: Its window; a number is seconds.
        scope: What it is apart by.
    """

    dollars: str
    per: str | float = "lifetime"
    scope: str | None = None

    def budget(self) -> Budget:
        """Give the budget."""
        per: Any = self.per if isinstance(self.per, str) else dt.timedelta(seconds=self.per)
        return Budget(self.dollars, per=per, scope=self.scope, alert_at=(), name=f"{self.scope or 'all'} {self.per}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker has to do.

    Args:
        ledger: URL of the ledger.
        namespace: Of the ledger.
        base_url: Of the emulator.
        api_key: Of the emulator.
        limits: The budgets.
        folder: Where reports are written, and where the file `stop` appears.
        seed: Of the worker's choices.
        threads: How many threads ask.
        lease: Seconds that money is set aside.
    """

    ledger: str
    namespace: str
    base_url: str
    api_key: str
    limits: tuple[Limit, ...]
    folder: str
    seed: int = 0
    threads: int = 8
    lease: float = 2.0

    def open(self) -> Ledger:
        """Open the ledger."""
        return Ledger.open(self.ledger, namespace=self.namespace)

    def handler(self) -> OpenRouterCostHandler:
        """Give a handler that holds the budgets."""
        budgets = [limit.budget() for limit in self.limits]
        return OpenRouterCostHandler(budgets, ledger=self.open(), lease=dt.timedelta(seconds=self.lease))

    def models(self) -> list[ChatOpenRouter]:
        """Give the models to ask."""
        options: dict[str, Any] = {"base_url": self.base_url, "api_key": self.api_key, "max_retries": 0}
        return [ChatOpenRouter(model=model, **options) for model in MODELS]


@dataclass(slots=True)
class Report:
    """What a worker saw.

    Args:
        answered: Calls that were answered.
        refused: Calls that a budget refused.
        false: Refusals of calls that would have fitted, by their own figures.
        errors: What else went wrong.
    """

    answered: int = 0
    refused: int = 0
    false: list[str] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)

    def note(self, error: BudgetExceededError) -> None:
        """Count a refusal, and look whether it is true."""
        self.refused += 1
        limit, spent, reserved, asked = error.limit, error.spent, error.reserved, error.asked
        if limit is None or spent is None or reserved is None or asked is None or asked <= limit - spent - reserved:
            self.false.append(str(error))


def ask(model: ChatOpenRouter, handler: OpenRouterCostHandler, choose: random.Random) -> None:
    """Ask a question of any length, in one piece or as a stream, for any user."""
    prompt = "word " * choose.choice(PROMPTS)
    config: Any = {"callbacks": [handler], "metadata": {"user_id": choose.choice(USERS)}}
    options: dict[str, Any] = {"max_tokens": choose.choice(ANSWERS)}
    if choose.random() < 0.5:
        model.invoke(prompt, config, **options)
    else:
        for _ in model.stream(prompt, config, **options):
            pass


def work(job: Job) -> Report:
    """Ask with many threads until the end."""
    report, handler, models = Report(), job.handler(), job.models()
    stop, counting = Path(job.folder) / "stop", threading.Lock()

    def ask_on(number: int) -> None:
        choose = random.Random(f"{job.seed} {number}")
        while not stop.exists():
            try:
                ask(choose.choice(models), handler, choose)
                with counting:
                    report.answered += 1
            except BudgetExceededError as error:
                with counting:
                    report.note(error)
                time.sleep(_PAUSE)
            except Exception as error:  # noqa: BLE001  # the test looks at it
                with counting:
                    report.errors.append(f"{type(error).__name__}: {error}; {error.__cause__!r}")

    threads = [threading.Thread(target=ask_on, args=(number,)) for number in range(job.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return report


class Workers:
    """Workers of the program in this module, as tests see them: `with Workers() as workers: workers.start(job)`."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "integration_tests.budget_worker"]
        self._program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
        )
        self.alive: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
        self._program.communicate()

    def start(self, job: Job) -> None:
        """Start a worker."""
        assert self._program.stdin
        assert self._program.stdout
        self._program.stdin.write(json.dumps(dataclasses.asdict(job)) + "\n")
        self._program.stdin.flush()
        self.alive.append(int(self._program.stdout.readline()))

    def kill(self, process: int) -> None:
        """End a worker as the system does when memory is short."""
        self.alive.remove(process)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    def clear(self) -> None:
        """Kill those that are there, as they are after a test that has failed."""
        for process in list(self.alive):
            self.kill(process)

    def join(self, folder: Path) -> list[Report]:
        """Tell the workers to stop, wait for them, and give what those saw that were not killed."""
        (folder / "stop").touch()
        ends = time.monotonic() + 30
        while any(map(_is_alive, self.alive)):
            assert time.monotonic() < ends, f"workers {self.alive} do not stop"
            time.sleep(_PAUSE)
        reports = [Report(**json.loads((folder / f"{process}.json").read_text())) for process in self.alive]
        self.alive.clear()
        return reports


def total(reports: list[Report]) -> Counter[str]:
    """Add up what workers saw."""
    return sum((Counter(answered=each.answered, refused=each.refused) for each in reports), Counter())


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _warm_up() -> None:
    """Import and build what all workers need."""
    for store in ("sqlite:///none", "postgresql://127.0.0.1:1", "redis://127.0.0.1:1"):
        with contextlib.suppress(ImportError):
            Ledger.open(store)
    nowhere: dict[str, Any] = {"base_url": "http://127.0.0.1:1", "api_key": "none", "max_retries": 0}
    nobody = ChatOpenRouter(model=MODELS[0], **nowhere)
    with contextlib.suppress(OpenRouterError):
        nobody.invoke("", {"callbacks": [OpenRouterCostHandler("1")]}, max_tokens=ANSWERS[0])


def _jobs() -> Iterator[Job]:
    for line in sys.stdin:
        told = json.loads(line)
        yield Job(**{**told, "limits": tuple(Limit(**each) for each in told["limits"])})


def main() -> None:
    """Fork a worker for each job."""
    logging.disable(logging.WARNING)  # LangChain logs each refusal
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    _warm_up()
    for job in _jobs():
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            report = work(job)
            (Path(job.folder) / f"{os.getpid()}.json").write_text(json.dumps(dataclasses.asdict(report)))
            os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
