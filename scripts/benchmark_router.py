"""What a router costs: the time of a decision, and what its calls and streams take beside those of the model alone.

Run `make bench`, or `python scripts/benchmark_router.py [--check]`. Times are of the CPU, since other programs of the
machine do not count there; each is the least of several rounds, and ratios are those of one run. The transport is a
fake one, so a call is measured without a network. `--check` exits with 1 when a limit is passed.

At the end every kind of decision is made once more while all is refused that Python tells its audit hooks of: files,
sockets, processes, sleep, imports. Nothing is open by then, so a decision that passes has read and sent nothing.

Other routers are measured beside ours where they can be imported, which the package itself does not need:
`pip install "semantic-router>=1.1"` and `pip install routellm`, which brings PyTorch. They choose between fewer things:
semantic-router names the example that a text is most like, here with an encoder that takes no time to speak of, where
usual ones call a model; RouteLLM's `RandomRouter` draws one of two names, and looks at nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import statistics
import sys
import time
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_openrouter import ModelRouter, OverloadedError
from langchain_openrouter.catalog import Catalog, use
from langchain_openrouter.routing.health import Health
from langchain_openrouter.routing.policies import explore, pareto, sticky
from langchain_openrouter.routing.speeds import Speed
from langchain_openrouter.tasks import TASKS, KeywordClassifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from langchain_openrouter.catalog import Model

sys.path.insert(0, str(Path(__file__).parents[1]))  # the transport is that of the tests

ROUNDS, DECISIONS, CALLS, STREAMS, CHUNKS = 3, 300, 100, 4, 500
MEDIAN_LIMIT, P99_LIMIT = 300e-6, 1e-3
"""Seconds of a decision."""
CALL_LIMIT, CALL_AMONG_ALL_LIMIT, CHUNK_LIMIT = 3.5, 5.0, 1.5
"""As a multiple of what the model alone takes, whose answer is there at once."""

POLICIES: tuple[Any, ...] = (
    "balanced", "cheapest", "quality", "fastest", pareto(), "tiered", "round_robin", sticky(), explore(),
)  # fmt: skip
MODEL = "openai/gpt-4o-mini"
QUESTION = "How do I reverse a list in Python?"
LONG = "Summarize this.\n" + "The council of the city approved the budget on Monday. " * 365


def conversation() -> list[BaseMessage]:
    """Give forty messages, with calls of tools among them."""
    messages: list[BaseMessage] = [SystemMessage("You are a helpful assistant.")]
    for number in range(13):
        call = {"name": "tool_1", "args": {"query": f"weather in town {number}"}, "id": f"call_{number}"}
        messages += [
            HumanMessage(f"How is the weather in town {number}?"),
            AIMessage("", tool_calls=[call]),
            ToolMessage("It is sunny, with 21 degrees and a light breeze. " * 2, tool_call_id=f"call_{number}"),
        ]
    return messages


def tool(number: int) -> dict[str, Any]:
    """Give a tool as it travels."""
    query = {"type": "string", "description": "What to look for."}
    parameters = {"type": "object", "properties": {"query": query, "limit": {"type": "integer"}}, "required": ["query"]}
    told = {"name": f"tool_{number}", "description": "Looks something up in a data base.", "parameters": parameters}
    return {"type": "function", "function": told}


@dataclass(frozen=True)
class Case:
    """A kind of request, and what the router knows or demands beside it.

    Args:
        name: What it is called in the table.
        prompt: The prompt.
        arguments: Arguments of the call.
        fields: Gives fields of the router for its candidates.
    """

    name: str
    prompt: str | list[BaseMessage] = QUESTION
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: Callable[[Sequence[Model]], dict[str, Any]] = lambda _: {}


def constrained(_: Sequence[Model]) -> dict[str, Any]:
    """Give demands that hundreds of models do not meet."""
    return {"max_cost_per_call": "0.05", "min_quality": 20, "deny": ["openai/*-pro"], "data_collection": "deny"}


def observed(models: Sequence[Model]) -> dict[str, Any]:
    """Give speeds of all models, with demands on them, and failures of some."""
    health = Health(failures=1, cool_down=600)
    for model in models[1::20]:
        health.failed(model.id, error=OverloadedError("The provider is overloaded."))
    speeds = {each.id: Speed(0.3 + i % 7, 20 + i % 90) for i, each in enumerate(models)}
    return {"health": health, "speeds": speeds, "max_latency": 6.0, "min_throughput": 25.0}


CASES = (
    Case("short"),
    Case("20 kB", LONG),
    Case("40 messages", conversation(), {"tools": [tool(number) for number in range(10)]}),
    Case("constraints", fields=constrained),
    Case("speeds, health", fields=observed),
)


@dataclass(frozen=True)
class Times:
    """Seconds of a piece of work: the median, and what all but a hundredth stay below."""

    median: float
    p99: float

    @property
    def is_too_slow(self) -> bool:
        """Whether a limit is passed."""
        return self.median > MEDIAN_LIMIT or self.p99 > P99_LIMIT

    def __str__(self) -> str:
        return f"{self.median * 1e6:.0f} / {self.p99 * 1e6:.0f}{'!' if self.is_too_slow else ' '}"


def times(work: Callable[[], object]) -> Times:
    """Time each run by itself; of several rounds the least counts, since other work can only add."""
    work()
    rounds = [sorted(_took(work) for _ in range(DECISIONS)) for _ in range(ROUNDS)]
    return Times(min(map(statistics.median, rounds)), min(each[DECISIONS * 99 // 100] for each in rounds))


def _took(work: Callable[[], object]) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1e9


def least(*works: Callable[[], object], number: int) -> list[float]:
    """Give the seconds of one run of each, which take turns so that they find the machine alike."""
    for work in works:
        work()
    rounds = [[_took(partial(_repeat, work, number)) for work in works] for _ in range(ROUNDS)]
    return [min(each) / number for each in zip(*rounds, strict=True)]


def _repeat(work: Callable[[], object], number: int) -> None:
    for _ in range(number):
        work()


def deciding(models: Sequence[Model], policy: Any, case: Case) -> Callable[[], object]:
    """Give what decides once."""
    router = ModelRouter(candidates=list(models), policy=policy, seed=1, **case.fields(models))
    return lambda: router.decide(case.prompt, **case.arguments).chosen


def decisions(models: Sequence[Model]) -> Iterator[Times]:
    """Measure and print decisions among some models."""
    print(f"\n{f'decide among {len(models)} models':30}" + "".join(f"{case.name:>16}" for case in CASES))
    for policy in POLICIES:
        found = [times(deciding(models, policy, case)) for case in CASES]
        print(f"{policy!s:30}" + "".join(f"{each!s:>16}" for each in found), flush=True)
        yield from found


@contextmanager
def refusing() -> Iterator[None]:
    """Let all fail that goes out of the process."""
    is_on = True

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if is_on and event != "builtins.id":  # which copies and JSON tell
            msg = f"A decision made Python tell of {event!r}."
            raise RuntimeError(msg)

    sys.addaudithook(refuse)
    try:
        yield
    finally:
        is_on = False  # a hook stays for good


def prove_no_io(models: Sequence[Model]) -> int:
    """Decide in each way while all I/O is refused; give how many ways there are.

    Raises:
        RuntimeError: A decision did something else than to compute.
    """
    ways = [deciding(models, policy, case) for policy in POLICIES for case in CASES]
    for way in ways:
        way()  # the first decision reads the catalog and the lists of words
    with refusing():
        for way in ways:
            way()
    return len(ways)


@dataclass(frozen=True)
class Row:
    """A way to call, beside the same call of the model alone.

    Args:
        what: What is measured.
        seconds: What it takes.
        alone: What the model takes.
        limit: The most that the first may be, as a multiple of the second.
    """

    what: str
    seconds: float
    alone: float
    limit: float

    def __str__(self) -> str:
        figures = f"{self.seconds * 1e6:>12.1f}{self.alone * 1e6:>12.1f}{self.ratio:>8.2f}{self.limit:>8.1f}"
        return f"{self.what:46}{figures}{'!' if self.ratio > self.limit else ''}"

    @property
    def ratio(self) -> float:
        """Ours over that of the model alone."""
        return self.seconds / self.alone


class Listener(BaseCallbackHandler):
    """Hears of everything, as a tracer does."""


def calls(models: Sequence[Model]) -> Iterator[Row]:
    """Measure calls through a router over one model, over ten, and over all."""
    from tests.helpers.fake import KEY, Server, answer_body, whole

    server = Server(whole(answer_body("Hello, how can I help?")))
    alone = server.model(model=MODEL)
    clients = {"http_client": alone.http_client, "http_async_client": alone.http_async_client}
    own: dict[str, Any] = {"policy": "cheapest", "seed": 1, "api_key": KEY, "max_retries": 0, **clients}
    routers = [ModelRouter(candidates=each, **own) for each in ([MODEL], list(models[:10]), list(models))]
    heard: RunnableConfig = {"callbacks": [Listener()]}
    for config in (None, heard):
        for router, limit in zip(routers, (CALL_LIMIT, CALL_LIMIT, CALL_AMONG_ALL_LIMIT), strict=True):
            ours, plain = least(*(partial(each.invoke, QUESTION, config) for each in (router, alone)), number=CALLS)
            server.requests.clear()
            what = f"invoke, among {len(router.candidates)}{', with a listener' if config else ''}"
            yield Row(what, ours, plain, limit)
    with asyncio.Runner() as runner:
        ours, plain = least(*(partial(_run, runner, each) for each in (routers[1], alone)), number=CALLS)
    yield Row(f"ainvoke, among {len(routers[1].candidates)}", ours, plain, CALL_LIMIT)


def _run(runner: asyncio.Runner, model: BaseChatModel) -> object:
    return runner.run(model.ainvoke(QUESTION))


def chunks(models: Sequence[Model]) -> Iterator[Row]:
    """Measure the chunks of long streams through a router over ten models."""
    from tests.helpers.fake import KEY, Server, delta, events, usage_chunk

    server = Server(events(*[delta(" token")] * CHUNKS, delta("", finish_reason="stop"), usage_chunk(cost=0.001)))
    alone = server.model(model=MODEL)
    own: dict[str, Any] = {"seed": 1, "api_key": KEY, "http_client": alone.http_client}
    router = ModelRouter(candidates=list(models[:10]), **own)
    ours, plain = least(*(partial(_drain, each) for each in (router, alone)), number=STREAMS)
    yield Row(f"chunk of a stream of {CHUNKS}, among 10", ours / CHUNKS, plain / CHUNKS, CHUNK_LIMIT)


def _drain(model: BaseChatModel) -> None:
    for _ in model.stream(QUESTION):
        pass


def hashed(texts: Sequence[str]) -> list[list[float]]:
    """Encode texts by their words, for a router that wants vectors."""
    vectors = [[0.0] * 256 for _ in texts]
    for text, vector in zip(texts, vectors, strict=True):
        for word in text[:500].lower().split():
            vector[zlib.crc32(word.encode()) % 256] += 1.0
    return vectors


def semantic_router() -> Callable[[str], object]:
    """Give the choice that semantic-router makes among our tasks, of ten examples each.

    Raises:
        ImportError: It is not installed, or is older than 1.1.
    """
    package = importlib.import_module("semantic_router")
    if not hasattr(package, "IndexedRouter"):
        msg = "semantic-router is older than 1.1"
        raise ImportError(msg)
    examples = {task: [f"a request {number} for {task} of some kind" for number in range(10)] for task in TASKS}
    routes = [package.Route(name=task, utterances=each) for task, each in examples.items()]
    router: Callable[[str], object] = package.IndexedRouter(encoder=hashed, routes=routes)
    return router


def routellm() -> Callable[[str], object]:
    """Give the choice that RouteLLM's simplest router makes.

    Raises:
        ImportError: It is not installed, or something that it needs is not.
    """
    os.environ.setdefault("OPENAI_API_KEY", "none")  # its module makes a client when it is imported
    router = importlib.import_module("routellm.routers.routers").RandomRouter()
    pair = SimpleNamespace(strong="openai/gpt-4o", weak=MODEL)
    return lambda prompt: router.route(prompt, 0.5, pair)


def beside(models: Sequence[Model]) -> None:
    """Measure and print other routers, where they can be imported, and what of ours is like them."""
    classifier, router = KeywordClassifier(), ModelRouter(candidates=list(models[:10]), seed=1)
    ways: dict[str, Callable[[str], object]] = {
        "decide among 10 models, balanced": router.decide,
        "of it: the keyword classifier": lambda prompt: classifier.classify([HumanMessage(prompt)]),
        "semantic-router's encoder alone": lambda prompt: hashed([prompt]),
    }
    for name, make in {"semantic-router, IndexedRouter": semantic_router, "RouteLLM, RandomRouter": routellm}.items():
        try:
            ways[name] = make()
        except (ImportError, OSError, RuntimeError) as error:
            print(f"{name}: not measured, {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    print(f"\n{'beside others, µs':46}{'short':>16}{'20 kB':>16}")
    for name, way in ways.items():
        found = [times(partial(way, prompt)) for prompt in (QUESTION, LONG)]
        print(f"{name:46}" + "".join(f"{each.median * 1e6:>9.1f} / {each.p99 * 1e6:.0f}" for each in found))


def main() -> int:
    """Measure and print; with `--check`, return 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit is passed")
    check = parser.parse_args().check
    catalog = Catalog.load("snapshot")
    use(catalog)  # not the disk cache, so that all machines measure the same models
    models = list(catalog)
    ten = [each for each in models if each.benchmarks.intelligence is not None][:10]
    print(f"CPU µs, p50 / p99; limits {MEDIAN_LIMIT * 1e6:.0f} / {P99_LIMIT * 1e6:.0f}, ! is above")
    slow = [each.is_too_slow for some in (models, ten) for each in decisions(some)]
    print(f"\n{'CPU µs':46}{'routed':>12}{'alone':>12}{'ratio':>8}{'limit':>8}")
    for measure in (calls, chunks):
        for row in measure([*ten, *(each for each in models if each not in ten)]):
            print(row, flush=True)
            slow.append(row.ratio > row.limit)
    beside(ten)
    print(f"\nno I/O: decided in {prove_no_io(models)} ways while files, sockets, processes and sleep were refused")
    return 1 if check and any(slow) else 0


if __name__ == "__main__":
    raise SystemExit(main())
