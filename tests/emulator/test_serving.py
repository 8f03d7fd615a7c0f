"""Serving: context managers, threads, the command, replays."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from langchain_openrouter.emulator import Emulator, Exchange
from langchain_openrouter.emulator.answering.tokens import split

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = [{"role": "user", "content": "Hello"}]
BODY = {"model": "openai/plain", "messages": HELLO}


def test_as_a_context_manager(records: Any) -> None:
    """It serves inside the block, and not before or after."""
    emulator = Emulator(models=records)
    with pytest.raises(RuntimeError, match="not serving"):
        _ = emulator.base_url
    with emulator:
        url = emulator.base_url
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/models/count").json() == {"data": {"count": 15}}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/models/count")


async def test_as_an_async_context_manager(records: Any) -> None:
    """The same from an event loop, which it does not block."""
    async with Emulator(models=records) as emulator, httpx.AsyncClient() as client:
        answer = await client.get(f"{emulator.base_url}/models/count")
    assert answer.status_code == 200


def test_twice_and_two_at_once(records: Any) -> None:
    """One emulator can serve again, and two beside each other."""
    one, two = Emulator(models=records), Emulator(models=records)
    for _ in range(2):
        with one, two:
            assert one.base_url != two.base_url
            assert httpx.get(f"{one.base_url}/models/count").status_code == 200
            assert httpx.get(f"{two.base_url}/models/count").status_code == 200
    assert (len(one.requests), len(two.requests)) == (2, 2)


def test_many_threads(records: Any) -> None:
    """Answers to many threads are all counted, exactly."""
    with Emulator(models=records) as emulator, httpx.Client(timeout=20) as client:
        headers = {"authorization": f"Bearer {emulator.api_key}"}

        def ask(_: int) -> float:
            url = f"{emulator.base_url}/chat/completions"
            answer = client.post(url, json=BODY, headers=headers)
            return float(answer.json()["usage"]["cost"])

        with ThreadPoolExecutor(8) as pool:
            costs = list(pool.map(ask, range(80)))
    assert sum(Decimal(str(cost)) for cost in costs) == emulator.spent
    assert len(emulator.generations) == len(emulator.requests) == 80


async def test_transports_of_both_libraries(records: Any) -> None:
    """In-process transports come for httpx and for libraries with the same classes."""
    httpx2 = pytest.importorskip("httpx2", reason="openai before 3 does not bring it")
    emulator = Emulator(models=records)
    async with httpx2.AsyncClient(transport=emulator.transport(httpx2)) as client:
        answer = await client.get("http://emulator/api/v1/models/count")
    assert answer.json() == {"data": {"count": 15}}


def test_the_command() -> None:
    """The command says where it serves and with which key, and does so until it is stopped."""
    command = [sys.executable, "-m", "langchain_openrouter.emulator", "--credits", "5"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip().partition("=")[::2] for _ in range(2)]
        settings = dict(lines)
        headers = {"authorization": f"Bearer {settings['OPENROUTER_API_KEY']}"}
        answer = httpx.get(f"{settings['OPENROUTER_API_BASE']}/credits", headers=headers)
        process.terminate()
    assert answer.json() == {"data": {"total_credits": 5.0, "total_usage": 0.0}}


async def test_replays_by_content(make: Callable[..., Any]) -> None:
    """An equal request gets its recording, any other of the path the next unused one."""
    exchanges = [
        Exchange(request={"model": "m", "messages": ["a"]}, body={"n": 1}),
        Exchange(request={"model": "m", "messages": ["b"]}, status=429, body={"n": 2}),
        Exchange(request=None, content_type="text/event-stream", body="data: [DONE]\n\n"),
    ]
    talk = make(replay=exchanges)
    second = await talk.send("/chat/completions", {"model": "m", "messages": ["b"], "n": 1})
    assert (second.status_code, second.json()) == (429, {"n": 2})
    first = await talk.send("/chat/completions", {"model": "x", "messages": ["z"]})
    assert first.json() == {"n": 1}
    third = await talk.send("/chat/completions", {"model": "x", "messages": ["z"]})
    assert (third.text, third.headers["content-type"]) == ("data: [DONE]\n\n", "text/event-stream")
    again = await talk.send("/chat/completions", {"model": "m", "messages": ["b"]})
    assert again.json() == {"n": 2}
    assert (await talk.ask("Hello")).json()["model"] == "openai/plain"
    assert (await talk.send("/models/count")).json() == {"data": {"count": 15}}


async def test_replays_every_recording(shared: Path, make: Callable[..., Any]) -> None:
    """Each recorded exchange comes back byte for byte, with its status and type."""
    path = shared / "traffic.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(records) == 378
    for record in records:
        talk = make(replay=record)
        answer = await talk.send(f"http://emulator{record['path']}", record["request"], method=record["method"])
        expected = record["body"]
        if not isinstance(expected, str):
            assert answer.json() == expected
        else:
            assert answer.content == expected.encode()
        assert answer.status_code == record["status"]
        assert answer.headers["content-type"] == record["headers"]["content-type"]


async def test_accepts_what_openrouter_accepted(shared: Path, make: Callable[..., Any]) -> None:
    """Requests that OpenRouter answered are refused for nothing but models it no longer has."""
    lines = (shared / "traffic.jsonl").read_text(encoding="utf-8").splitlines()
    talk = make(models=None, credits=None)
    accepted, refused = 0, []
    for record in map(json.loads, lines):
        is_chat = record["path"].endswith(("/chat/completions", "/responses", "/embeddings"))
        if not is_chat or record["status"] != 200 or not isinstance(record["request"], dict):
            continue
        answer = await talk.send(f"http://emulator{record['path']}", record["request"])
        if answer.status_code == 200:
            accepted += 1
        else:
            refused.append(answer.json()["error"]["message"])
    assert accepted == 356
    assert {message.partition(" ")[2] for message in refused} == {"is not a valid model ID"}


async def test_replays_from_a_file(tmp_path: Path, make: Callable[..., Any]) -> None:
    """A path names a file with a record on each line."""
    file = tmp_path / "traffic.jsonl"
    record = {"path": "/api/v1/models", "method": "GET", "status": 200, "body": {"data": []}}
    file.write_text(json.dumps(record) + "\n\n")
    assert (await make(replay=file).send("/models")).json() == {"data": []}


def test_splitting_loses_nothing() -> None:
    """The tokens of a text together are the text, in any script."""
    text = "Hello,  world!\n\n  x = 12345\t日本 你好 🙂 naïve_name"
    assert "".join(split(text)) == text
    assert split("internationalisation") == ["internat", "ionalisa", "tion"]
    assert len(split("The quick brown fox jumps over the lazy dog.")) == 10


def test_two_event_loops(records: Any) -> None:
    """One emulator answers clients of several event loops."""

    async def count(url: str) -> int:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{url}/models/count")).status_code

    with Emulator(models=records) as emulator:
        assert [asyncio.run(count(emulator.base_url)) for _ in range(2)] == [200, 200]
