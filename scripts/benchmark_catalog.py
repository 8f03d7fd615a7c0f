"""What the catalog costs: time to load, to look up, to search, to check a request, and memory.

Run `make bench`, or `python scripts/benchmark_catalog.py [--check]`. Each time is given beside that of the plainest
code for the same work, measured in the same run, since times depend on the machine. `--check` exits with 1 when a ratio
is above its limit.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import subprocess
import sys
import timeit
import tracemalloc
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from langchain_openrouter.catalog import Catalog, problems, snapshot
from langchain_openrouter.costs import price

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 7
_LEGIBLE_IN_MS = 1e-4

_IMPORT_AND_LOAD = """
import time
import langchain_openrouter.catalog as catalog
begin = time.perf_counter()
loaded = catalog.Catalog.load("snapshot")
loaded.lookup("openai/gpt-4o")
print(time.perf_counter() - begin)
"""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        what: What is measured.
        seconds: What it takes.
        plain: What the plainest code for the same work takes.
        limit: The most that the first may be, as a multiple of the second.
    """

    what: str
    seconds: float
    plain: float
    limit: float

    @property
    def ratio(self) -> float:
        """Ours over plain."""
        return self.seconds / self.plain


def best(work: Callable[[], object], number: int) -> float:
    """Give the seconds of one run, of the fastest of several rounds."""
    return min(timeit.repeat(work, number=number, repeat=REPEATS)) / number


def rows() -> list[Row]:
    """Measure everything."""
    packed = resources.files("langchain_openrouter.catalog").joinpath(snapshot.FILE_NAME).read_bytes()
    catalog = Catalog.load("snapshot")
    by_id = {model.id: model for model in catalog}
    body = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    model = catalog.lookup("openai/gpt-4o")
    parsing = best(lambda: json.loads(gzip.decompress(packed)), 5)
    one_look = best(lambda: by_id["openai/gpt-4o"], 100_000)
    one_pass = best(lambda: [each for each in by_id.values() if each.context_length and each.name], 200)
    encoding = best(lambda: json.dumps(body), 10_000)
    return [
        Row("load and first look-up in a new process", _fresh_load(), parsing, 8),
        Row("build all models", best(_build_all, 3), parsing, 8),
        Row("look up an id", best(lambda: catalog.lookup("openai/gpt-4o"), 100_000), one_look, 12),
        Row("look up a variant", best(lambda: catalog.lookup("openai/gpt-4o:nitro"), 100_000), one_look, 12),
        Row("search with six filters", best(lambda: _search(catalog), 100), one_pass, 60),
        Row("search by text", best(lambda: catalog.search("claude sonnet"), 100), one_pass, 60),
        Row("frontier of price and coding", best(lambda: catalog.pareto("price", "coding"), 100), one_pass, 60),
        Row("check a request", best(lambda: list(problems(body, catalog, size=100)), 10_000), encoding, 4),
        Row("price an answer", best(lambda: price(usage, model).total, 5_000), encoding, 12),
    ]


def _fresh_load() -> float:
    command = [sys.executable, "-c", _IMPORT_AND_LOAD]
    times = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(REPEATS)]  # noqa: S603
    return min(map(float, times))


def _build_all() -> int:
    return len(Catalog(snapshot.load().values()).models)


def _search(catalog: Catalog) -> object:
    return catalog.search(
        tools=True, structured_output=True, input={"image"}, min_context=100_000, max_prompt_price=1, sort="price"
    )


def memory() -> tuple[int, int]:
    """Give the bytes of a loaded catalog with all its models, and those of the parsed snapshot alone."""
    tracemalloc.start()
    packed = resources.files("langchain_openrouter.catalog").joinpath(snapshot.FILE_NAME).read_bytes()
    parsed = json.loads(gzip.decompress(packed))
    gc.collect()
    alone = tracemalloc.get_traced_memory()[0]
    catalog = Catalog(parsed["data"])
    known = len(catalog.models) + len(catalog.search("gpt"))
    gc.collect()
    whole = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return whole if known else 0, alone


def main() -> int:
    """Print the table; with `--check`, return 1 when a ratio is above its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 when a ratio is above its limit")
    check = parser.parse_args().check
    table = rows()
    print(f"{'':42}{'time':>10}{'plain code':>12}{'ratio':>8}{'limit':>8}")
    for row in table:
        times = f"{_time(row.seconds):>10}{_time(row.plain):>12}"
        print(f"{row.what:42}{times}{row.ratio:>8.1f}{row.limit:>8.0f}")
    whole, alone = memory()
    print(f"\nmemory: {whole / 1e6:.1f} MB with every model built, {alone / 1e6:.1f} MB of it the parsed snapshot")
    return 1 if check and any(row.ratio > row.limit for row in table) else 0


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds >= _LEGIBLE_IN_MS else f"{seconds * 1e6:.2f} µs"


if __name__ == "__main__":
    raise SystemExit(main())
