"""CPU time of a call, of a streamed chunk and of a construction, beside `ChatOpenAI` and beside LangChain alone.

Run `make bench`, or `python scripts/benchmark.py [--check]`. A server in a process of its own answers with the same
bytes to every model, so only the client's work is counted (`time.process_time`). Figures are ratios of one run: times
depend on the machine.

`--check` exits with 1 when a ratio is above its limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = 200
STREAMS = {500: 10, 5000: 2}
CONSTRUCTIONS = 2000
ROUNDS = 3

LIMITS = {"call": 0.5, "chunk": 0.25}
"""The most that ours may take, as a share of `ChatOpenAI`'s."""
CONSTRUCTION_LIMIT = 100e-6

_IDENTITY = {"id": "gen-1", "created": 1, "model": "openai/gpt-4o-mini", "provider": "Bench"}
_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost": 0.00001}


class NoIO(BaseChatModel):
    """LangChain alone: a model whose answers are there already."""

    chunks: int = 0

    @property
    def _llm_type(self) -> str:
        return "no-io"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        message = AIMessage(
            content=messages[-1].text, usage_metadata={"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:  # noqa: ARG002
        for _number in range(self.chunks):
            yield ChatGenerationChunk(message=AIMessageChunk(content=" token"))


def _completion() -> bytes:
    message = {"role": "assistant", "content": "Hello, how can I help?"}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "native_finish_reason": "stop", "logprobs": None}
    return json.dumps({**_IDENTITY, "object": "chat.completion", "choices": [choice], "usage": _USAGE}).encode()


def _events(count: int) -> bytes:
    def event(delta: dict[str, Any], **more: Any) -> str:
        choice = {
            "index": 0,
            "delta": delta,
            "finish_reason": None,
            "native_finish_reason": None,
            **more.pop("choice", {}),
        }
        return (
            "data: "
            + json.dumps({**_IDENTITY, "object": "chat.completion.chunk", "choices": [choice], **more})
            + "\n\n"
        )

    end = {"finish_reason": "stop", "native_finish_reason": "stop"}
    pieces = [event({"role": "assistant", "content": " token"}) for _ in range(count)]
    pieces += [event({"role": "assistant", "content": ""}, choice=end, usage=_USAGE), "data: [DONE]\n\n"]
    return "".join(pieces).encode()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bodies: dict[str, bytes]) -> None:
    """Answer each request of a connection by its path: `/500/chat/completions` streams 500 chunks."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        path = head.split(b" ", 2)[1].decode()
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        body = bodies[path.split("/")[1]]
        kind = b"application/json" if body.startswith(b"{") else b"text/event-stream"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body)
        await writer.drain()


def _serve(port: Any) -> None:
    bodies = {"0": _completion(), **{str(count): _events(count) for count in STREAMS}}

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(reader, writer, bodies)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(connection, "127.0.0.1", 0)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()

    asyncio.run(main())


@dataclass
class Contender:
    """A model under measurement: how to make it for an answer of so many chunks (0: not streamed)."""

    name: str
    make: Callable[[int], BaseChatModel]

    def call_seconds(self) -> float:
        """CPU seconds of one `invoke`."""
        model = self.make(0)
        return _least(lambda: [model.invoke("Hello") for _ in range(CALLS)]) / CALLS

    def chunk_seconds(self, count: int) -> float:
        """CPU seconds of one chunk in a stream of so many."""
        model = self.make(count)

        def run() -> None:
            for _ in range(STREAMS[count]):
                for _chunk in model.stream("Hello"):
                    pass

        return _least(run) / STREAMS[count] / count


def _least(run: Callable[[], Any]) -> float:
    run()
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return min(times)


def _contenders(base: str) -> list[Contender]:
    from langchain_openai import ChatOpenAI

    from langchain_openrouter import ChatOpenRouter

    def ours(count: int) -> BaseChatModel:
        return ChatOpenRouter(model="openai/gpt-4o-mini", api_key="sk-bench", base_url=f"{base}/{count}")  # type: ignore[arg-type]

    def openai(count: int) -> BaseChatModel:
        return ChatOpenAI(model="openai/gpt-4o-mini", api_key="sk-bench", base_url=f"{base}/{count}")  # type: ignore[arg-type]

    return [
        Contender("ChatOpenRouter", ours),
        Contender("ChatOpenAI", openai),
        Contender("LangChain alone", lambda count: NoIO(chunks=count)),
    ]


def _construction_seconds() -> float:
    from langchain_openrouter import ChatOpenRouter

    def run() -> None:
        for _ in range(CONSTRUCTIONS):
            ChatOpenRouter(model="openai/gpt-4o-mini", api_key="sk-bench")  # type: ignore[arg-type]

    return _least(run) / CONSTRUCTIONS


def _report(base: str) -> bool:
    contenders = _contenders(base)
    rows = {"call": [contender.call_seconds() for contender in contenders]}
    rows |= {f"chunk of {count}": [contender.chunk_seconds(count) for contender in contenders] for count in STREAMS}
    print(
        f"{'CPU µs per':<16}" + "".join(f"{contender.name:>18}" for contender in contenders) + f"{'ours / OpenAI':>16}"
    )
    passed = True
    for name, (ours, openai, alone) in rows.items():
        limit = LIMITS[name.split()[0]]
        passed &= ours <= limit * openai
        times = "".join(f"{seconds * 1e6:>18.1f}" for seconds in (ours, openai, alone))
        print(f"{name:<16}{times}{ours / openai:>16.2f}  (limit {limit})")
    construction = _construction_seconds()
    passed &= construction <= CONSTRUCTION_LIMIT
    print(f"{'construction':<16}{construction * 1e6:>18.1f}  (limit {CONSTRUCTION_LIMIT * 1e6:.0f})")
    return passed


def main() -> int:
    """Measure, print, and with `--check` judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a ratio is above its limit")
    check = parser.parse_args().check
    port = multiprocessing.Value("i", 0)
    server = multiprocessing.Process(target=_serve, args=(port,), daemon=True)
    server.start()
    while not port.value:
        time.sleep(0.01)
    passed = _report(f"http://127.0.0.1:{port.value}")
    server.terminate()
    return int(check and not passed)


if __name__ == "__main__":
    sys.exit(main())
