"""Connections: shared, given back, and safe across threads, loops, processes and copies."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import multiprocessing
import os
import pickle
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from langchain_openrouter import ChatOpenRouter
from langchain_openrouter.http import pool
from langchain_openrouter.http.client import Call, HttpClient
from langchain_openrouter.http.waiting import Waiting
from tests.helpers.fake import KEY, MODEL, Server, answer_body, delta, events, whole
from tests.helpers.sockets import Connection, RawServer
from tests.helpers.styles import invoke

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.helpers.styles import Ask

pytestmark = pytest.mark.timeout(20)

EVENT = b"data: " + json.dumps(delta("Hi")).encode() + b"\n\n"
BODY = json.dumps(answer_body("Hi")).encode()


def endless(connection: Connection) -> None:
    """Begin a stream, keep it alive, and never end it."""
    connection.headers()
    connection.send(EVENT)
    connection.drip(b": keep-alive\n\n", every=0.01)


def answer(connection: Connection) -> None:
    """Give one whole answer."""
    connection.headers("application/json")
    connection.send(BODY)


def test_breaking_off_a_stream_closes_its_connection() -> None:
    """The server notices at once, and so stops generating."""
    with RawServer(endless) as server:
        for _ in server.model().stream("Hello"):
            break

        assert server.left.wait(1)


async def test_breaking_off_an_asynchronous_stream_closes_its_connection() -> None:
    """Without an explicit `aclose`, too."""
    with RawServer(endless) as server:
        async for _ in server.model().astream("Hello"):
            break

        assert await asyncio.to_thread(server.left.wait, 1)


@pytest.mark.parametrize("script", [endless, lambda connection: connection.stall()], ids=["in the body", "before it"])
async def test_cancelling_closes_the_connection(script: Any) -> None:
    """A cancelled task leaves nothing running."""
    with RawServer(script) as server:

        async def read() -> None:
            async for _ in server.model().astream("Hello"):
                pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await asyncio.to_thread(server.left.wait, 1)


def test_an_exception_of_the_reader_closes_the_connection() -> None:
    """A callback that raises ends the stream like a `break` does."""
    with RawServer(endless) as server:
        with pytest.raises(KeyError):
            _fail_while_reading(server.model())

        assert server.left.wait(1)


def _fail_while_reading(model: ChatOpenRouter) -> None:
    for _ in model.stream("Hello"):
        raise KeyError("mine")


def open_files() -> int:
    """Count the open file descriptors of this process, where the system tells."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_a_model_opens_nothing_until_it_is_called() -> None:
    """A thousand models cost no file descriptors, and share the client of the first call."""
    before, clients = open_files(), len(pool._shared)
    models = [ChatOpenRouter(model=MODEL, api_key=KEY) for _ in range(1000)]  # type: ignore[arg-type]

    assert open_files() == before
    assert len(pool._shared) == clients
    assert len({id(model.client._lease.client()) for model in models}) == 1


def test_models_share_connections() -> None:
    """Two models use one connection after the other, kept alive."""

    def keep_alive(connection: Connection) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
        connection.send(head + BODY)
        connection.stall()

    with RawServer(keep_alive) as server:
        invoke(server.model())
        idle = server.model().client._lease.client()._transport_for_url(httpx2.URL(server.url))._pool.connections

        assert any(str(server.url.rpartition(":")[2].partition("/")[0]) in repr(connection) for connection in idle)


def test_close_gives_the_connections_back(ask: Ask) -> None:
    """The last to close closes the client; a closed model opens it anew when it is called again."""
    first, second = HttpClient(proxy="http://127.0.0.1:9"), HttpClient(proxy="http://127.0.0.1:9")
    client = first._lease.client()
    second._lease.client()
    first.close()
    assert not client.is_closed
    second.close()
    assert client.is_closed
    assert not first._lease.client().is_closed
    first.close()


def test_a_closed_model_stays_usable() -> None:
    """Synchronous and asynchronous; closing twice, or before any call, does no harm."""
    with RawServer(answer) as server:
        model = server.model()
        model.close()
        assert invoke(model).content == "Hi"
        model.close()
        model.close()

        async def call_and_close() -> None:
            assert (await model.ainvoke("Hello")).content == "Hi"
            await model.aclose()
            await model.aclose()
            assert (await model.ainvoke("Hello")).content == "Hi"

        asyncio.run(call_and_close())
        assert invoke(model).content == "Hi"


def test_one_model_in_two_event_loops() -> None:
    """`asyncio.run` twice on one model works, and each loop's client is closed with it."""
    with RawServer(answer) as server:
        model = server.model()
        loops = len(pool._shared)
        for _ in range(3):
            assert asyncio.run(model.ainvoke("Hello")).content == "Hi"

        assert len(pool._shared) <= loops + 1


def test_two_loops_in_two_threads_at_once() -> None:
    """Each loop has connections of its own."""
    with RawServer(answer) as server:
        model, found = server.model(), []

        def run() -> None:
            found.append(asyncio.run(model.ainvoke("Hello")).content)

        threads = [threading.Thread(target=run) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert found == ["Hi"] * 5


def test_one_model_in_many_threads() -> None:
    """A hundred calls in twenty threads all come back."""
    server = Server(whole(answer_body("Hi")))
    model = server.model()
    answers = model.batch(["Hello"] * 100, config={"max_concurrency": 20})

    assert [message.content for message in answers] == ["Hi"] * 100


def _in_child(model: ChatOpenRouter, results: Any) -> None:
    results.put(model.invoke("Hello").content)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_connections() -> None:
    """A child does not use the sockets of its parent."""
    with RawServer(answer) as server:
        model = server.model()
        invoke(model)
        context = multiprocessing.get_context("fork")
        results = context.Queue()
        child = context.Process(target=_in_child, args=(model, results))
        child.start()

        assert results.get(timeout=10) == "Hi"
        child.join()
        assert invoke(model).content == "Hi"


COPIES: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),  # noqa: S301  # our own
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "model_copy": lambda model: model.model_copy(),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_works_like_its_model(way: str) -> None:
    """Pickled or copied after a call, with all its fields, and equal to it."""
    with RawServer(answer) as server:
        model = server.model(temperature=0.5, default_headers={"x": "1"}, timeout=httpx2.Timeout(5))
        invoke(model)
        again = COPIES[way](model)

        assert again.model_dump() == model.model_dump()
        assert again.openrouter_api_key == model.openrouter_api_key
        assert invoke(again).content == "Hi"


@pytest.mark.parametrize("way", COPIES)
def test_clients_of_the_user_are_shared_by_copies_and_left_by_pickles(way: str) -> None:
    """They hold connections and locks; what is pickled goes through the shared client afterwards."""
    server = Server()
    model = server.model()
    again = COPIES[way](model)

    assert again.http_client is (None if way == "pickle" else model.http_client)
    assert again.http_async_client is (None if way == "pickle" else model.http_async_client)
    assert model.http_client is not None
    if way != "pickle":
        invoke(again)
        assert len(server.requests) == 1


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_clients_of_the_user(library: Any, ask: Ask) -> None:
    """Of either library; their own headers go along, and closing the model leaves them open."""
    seen: list[Any] = []

    def handle(request: Any) -> Any:
        seen.append(request)
        reply = events(delta("Hi"), delta("", finish_reason="stop")) if ask.streams else whole(answer_body("Hi"))
        content = reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)
        return library.Response(200, headers=dict(reply.headers), content=content)

    transport = library.MockTransport(handle)
    headers = {"X-Mine": "1"}
    client = library.Client(transport=transport, headers=headers)
    async_client = library.AsyncClient(transport=transport, headers=headers)
    model = Server().model(http_client=client, http_async_client=async_client)

    assert ask(model).content == "Hi"
    assert seen[0].headers["x-mine"] == "1"
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"
    model.close()
    asyncio.run(model.aclose())
    assert not client.is_closed
    assert not async_client.is_closed


def test_a_call_does_not_show_the_key() -> None:
    """Tracebacks that show variables do not show it."""
    call = Call("https://x", {"Authorization": f"Bearer {KEY}"}, b"", Waiting())

    assert KEY not in repr(call)


def test_models_that_are_gone_hold_nothing() -> None:
    """A lease ends with its model."""
    model = ChatOpenRouter(model=MODEL, api_key=KEY, proxy="http://127.0.0.1:9")  # type: ignore[arg-type]
    model.client._lease.client()
    shared = pool._shared[0, "http://127.0.0.1:9"]
    assert len(shared.leases) == 1
    del model
    gc.collect()

    assert len(shared.leases) == 0
    HttpClient(proxy="http://127.0.0.1:9")._lease.client()
