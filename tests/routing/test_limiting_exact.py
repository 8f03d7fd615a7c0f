"""No window has more calls than it may, from many threads in one process and in four processes over Redis.

Each call is known to have passed between two moments. More of them than a window has are proven to be too many where
all of them began and ended within less than its length.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_openrouter.routing.limiting import RateLimits
from langchain_openrouter.routing.windows import MemoryCounters
from tests.helpers.services import redis_namespace, redis_url

if TYPE_CHECKING:
    from langchain_core.rate_limiters import BaseRateLimiter

__all__ = ["redis_url", "spend"]

MODEL = "author/one"
THREADS = 20

Calls = list[tuple[float, float]]
"""Between which moments each call passed."""


def spend(limiter: BaseRateLimiter | None, threads: int, seconds: float) -> Calls:
    """Ask again and again, from many threads."""
    assert limiter
    calls: Calls = []
    ready, ends = threading.Barrier(threads), time.monotonic() + seconds

    def work() -> None:
        ready.wait()
        while (begin := time.monotonic()) < ends:
            if limiter.acquire(blocking=False):
                calls.append((begin, time.monotonic()))
            else:
                time.sleep(0.0005)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return calls


def too_many(calls: Calls, most: int, seconds: float) -> list[Calls]:
    """Give the groups of calls that are proven to be more than a window has."""
    calls = sorted(calls)
    groups = [calls[number : number + most + 1] for number in range(len(calls) - most)]
    return [group for group in groups if max(end for _, end in group) - group[0][0] < seconds]


def test_the_proof() -> None:
    """What the tests below look for is found."""
    calls = [(0.0, 0.1), (0.3, 0.4), (0.8, 0.9), (1.05, 1.1)]

    assert too_many(calls, 2, 1) == [calls[:3], calls[1:]]
    assert too_many(calls, 3, 1.1) == []
    assert too_many(calls, 3, 1.2) == [calls]


def test_threads() -> None:
    """Twenty threads that ask all the time: as many calls as may be, in any window, and no more."""
    limits = RateLimits({"*": "20/second; 30/2 seconds", "author/*": "1000/hour"})
    calls = spend(limits.limiter(MODEL), THREADS, 3.5)

    assert too_many(calls, 20, 1) == []
    assert too_many(calls, 30, 2) == []
    assert 30 < len(calls) <= 60


def test_threads_that_come_between() -> None:
    """Threads that ask while another one is being counted change nothing."""

    def slowly() -> float:
        time.sleep(0.0001)
        return time.monotonic()

    limits = RateLimits({"*": "10/hour; 10/day"})
    limits._gate.counters = MemoryCounters(elapsed=slowly, clock=slowly)
    for _ in range(9):
        assert limits._gate.take(limits._windows["*"]).wait == 0

    assert len(spend(limits.limiter(MODEL), THREADS, 0.2)) == 1


def test_threads_that_wait() -> None:
    """Twenty threads that wait: all calls pass, in no less than the time that they need."""
    limiter = RateLimits({"*": "30/second; 40/2 seconds"}).limiter(MODEL)
    assert limiter
    begin = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _: limiter.acquire(), range(100)))

    assert answers == [True] * 100
    assert time.monotonic() - begin >= 4


WORKER = """
import json, pickle, sys, time
from tests.routing.test_limiting_exact import spend
limits = pickle.loads(bytes.fromhex(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(spend(limits.limiter("author/one"), 5, 3.5)))
"""


def test_processes(redis_url: str) -> None:
    """Four processes with five threads each, over Redis: the same holds for all of them together."""
    with redis_namespace(redis_url) as name:
        limits = RateLimits({"*": "20/second; 30/2 seconds", "author/*": "45/hour"}, storage=redis_url, name=name)
        command = [sys.executable, "-c", WORKER, pickle.dumps(limits).hex()]
        workers = [
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
            )
            for _ in range(4)
        ]
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        outputs = [worker.communicate()[0] for worker in workers]

    counts = [[(begin, end) for begin, end in json.loads(output)] for output in outputs]
    calls = [call for each in counts for call in each]
    assert too_many(calls, 20, 1) == []
    assert too_many(calls, 30, 2) == []
    assert len(calls) == 45
    assert len(list(filter(None, counts))) > 1
