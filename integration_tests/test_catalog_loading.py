"""Catalogs over a socket: faults, the event loop, live endpoints, keys, and what chat models make of them."""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from integration_tests.support import wait_until
from langchain_openrouter import ChatOpenRouter, ModelValidationWarning, errors
from langchain_openrouter.catalog import Catalog, ModelNotFoundError, Percentiles, current, use
from langchain_openrouter.catalog.cache import Cache, Stored
from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk-or-v1-0123456789abcdef"
MODEL = {
    "id": "mine/model",
    "context_length": 5000,
    "supported_parameters": ["temperature"],
    "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
    "pricing": {"prompt": "0.000001", "completion": "0.000002"},
}
ENDPOINTS = "/models/mine/model/endpoints"
TWO_HOURS = timedelta(hours=2)


@pytest.fixture(scope="module")
def listing() -> Iterator[Emulator]:
    """Serve a list of our own to the tests of this file."""
    with Emulator(models=[]) as emulator:
        yield emulator


@pytest.fixture
def openrouter(listing: Emulator) -> Emulator:
    """Give an OpenRouter with two models that has not been asked for anything."""
    listing.set_models([MODEL, {"id": "other/model"}])
    listing.clear_faults()
    listing._state.requests.clear()
    return listing


@pytest.fixture(autouse=True)
def url(openrouter: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Point the environment to that OpenRouter and to a cache of this test, and give its address."""
    monkeypatch.setenv("OPENROUTER_API_BASE", openrouter.base_url)
    monkeypatch.setenv("OPENROUTER_CATALOG_CACHE", str(tmp_path))
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    use(None)
    yield openrouter.base_url
    use(None)


def ids(catalog: Catalog) -> list[str]:
    """Name the models of a catalog."""
    return [model.id for model in catalog]


def status(code: int, body: str | None = None, **more: Any) -> Fault:
    """Answer the list of models so; what may be tried again is tried again at once."""
    message = f"The key {KEY} is not what we want"
    return Fault(kind="status", status=code, body=body, message=message, path="/models", retry_after=0.01, **more)


DEEP = '{"data":' + "[" * 100_000 + "]" * 100_000 + "}"
FAULTS: dict[str, tuple[Fault, type[errors.OpenRouterError]]] = {
    "400": (status(400), errors.BadRequestError),
    "401": (status(401), errors.AuthenticationError),
    "403": (status(403), errors.PermissionDeniedError),
    "404": (status(404), errors.NotFoundError),
    "429": (status(429), errors.RateLimitError),
    "500": (status(500), errors.ServerError),
    "503": (status(503), errors.ServiceUnavailableError),
    "page of an error": (Fault(kind="html", status=403, path="/models"), errors.PermissionDeniedError),
    "page": (Fault(kind="html", status=200, path="/models"), errors.InvalidResponseError),
    "error in 200": (Fault(kind="error_in_200", path="/models"), errors.InvalidResponseError),
    "truncated": (Fault(kind="end_early", path="/models"), errors.InvalidResponseError),
    "cut": (Fault(kind="cut", path="/models"), errors.APIConnectionError),
    "no body": (status(200, " "), errors.InvalidResponseError),
    "garbage": (status(200, "\x00\x01garbage"), errors.InvalidResponseError),
    "deep": (status(200, DEEP), errors.InvalidResponseError),
    **{
        text: (status(200, text), errors.InvalidResponseError)
        for text in (
            "null", "5", '"models"', "[]", '[{"id":"a/b"}]', "{}", '{"data":null}', '{"data":[]}', '{"data":5}',
            '{"data":"a/b"}', '{"data":{"id":"a/b"}}', '{"data":[5,null,"a/b",[],{}]}', '{"data":[{"id":5},{"id":""}]}',
        )
    },
}  # fmt: skip


@pytest.fixture(params=FAULTS)
def expected(request: pytest.FixtureRequest, openrouter: Emulator) -> type[errors.OpenRouterError]:
    """Put one fault after the other in force, and give the error that it is."""
    fault, error = FAULTS[request.param]
    openrouter.add_fault(fault)
    return error


class TestFaults:
    def test_live_raises(self, expected: type[errors.OpenRouterError], openrouter: Emulator, url: str) -> None:
        """`live` raises the error that tells what went wrong, and leaves the cache alone."""
        kept = Stored([{"id": "kept/one"}], datetime.now(UTC) - TWO_HOURS, '"tag"')
        Cache(url).write(kept)

        with pytest.raises(errors.OpenRouterError) as caught:
            Catalog.load("live")

        assert type(caught.value) is expected
        assert Cache(url).read() == kept
        openrouter.clear_faults()
        assert ids(Catalog.load("live")) == ["mine/model", "other/model"]

    @pytest.mark.parametrize("source", ["stale", "snapshot"])
    def test_auto_falls_back(
        self,
        source: str,
        expected: object,
        url: str,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """`auto` takes what is at hand, and says so in one warning that shows no key and no password."""
        monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
        secret_url = url.replace("http://", "http://somebody:hunter2hunter2@")
        if source == "stale":
            Cache(secret_url).write(Stored([{"id": "kept/one"}], datetime.now(UTC) - TWO_HOURS))

        catalog = Catalog.load(base_url=secret_url, api_key="proxy-key-0123456789")

        assert (catalog.source, len(catalog)) == (source, 1 if source == "stale" else 413)
        (said,) = (record for record in caplog.records if record.name.startswith("langchain_openrouter"))
        assert said.levelno == logging.WARNING
        assert f"{source} data is used" in caplog.text
        assert not any(secret in caplog.text for secret in (KEY, "hunter2", "0123456789"))

    def test_refused(self, url: str) -> None:
        """Where nobody listens, `live` says that there is no connection, and `auto` has the snapshot."""
        with Emulator(models=[]) as gone:
            nowhere = gone.base_url
        with pytest.raises(errors.APIConnectionError):
            Catalog.load("live", base_url=nowhere)
        assert Catalog.load(base_url=nowhere).source == "snapshot"
        assert Catalog.load(base_url="no address at all").source == "snapshot"

    async def test_asynchronously(self, openrouter: Emulator) -> None:
        """`aload` raises and falls back as `load` does."""
        openrouter.add_fault(status(403))
        with pytest.raises(errors.PermissionDeniedError):
            await Catalog.aload("live")
        assert (await Catalog.aload()).source == "snapshot"
        openrouter.clear_faults()
        assert (await Catalog.aload(max_age=0)).source == "live"

    def test_a_wish_to_wait(self, openrouter: Emulator) -> None:
        """A server that wants to be asked later is not waited for, while there are facts at hand."""
        openrouter.add_fault(Fault(kind="status", status=503, retry_after=4, path="/models"))
        began = time.monotonic()
        assert Catalog.load().source == "snapshot"
        assert time.monotonic() - began < 3


async def longest_gap(task: asyncio.Task[Any]) -> float:
    """Give the longest time that the event loop did not turn while a task ran."""
    longest, last = 0.0, time.monotonic()
    while not task.done():
        await asyncio.sleep(0.002)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest


class TestEventLoop:
    @pytest.mark.parametrize("what", ["aload", "aendpoints"])
    async def test_keeps_turning(self, what: str, openrouter: Emulator) -> None:
        """While OpenRouter takes its time, other tasks go on."""
        catalog = await Catalog.aload()
        openrouter.add_fault(Fault(kind="slow_headers", seconds=0.4))
        work = Catalog.aload(max_age=0) if what == "aload" else catalog.aendpoints("mine/model")
        began = time.monotonic()
        gap = await longest_gap(asyncio.create_task(work))
        assert time.monotonic() - began >= 0.4
        assert gap < 0.3

    @pytest.mark.parametrize("what", ["aload", "aendpoints"])
    async def test_cancelled(self, what: str, openrouter: Emulator) -> None:
        """A task that is cancelled ends at once, and the next one is not harmed."""
        catalog = await Catalog.aload()
        openrouter._state.requests.clear()
        openrouter.add_fault(Fault(kind="slow_headers", seconds=0.5, times=1))
        work = Catalog.aload(max_age=0) if what == "aload" else catalog.aendpoints("mine/model")
        task: asyncio.Task[Any] = asyncio.create_task(work)
        assert await asyncio.to_thread(wait_until, lambda: len(openrouter.requests) == 1)

        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 0.4

        assert (await Catalog.aload(max_age=0)).source == "live"
        assert len(await catalog.aendpoints("mine/model")) == 2

    async def test_many_at_once(self, openrouter: Emulator) -> None:
        """Many tasks that find no fresh cache ask once, and all have the answer."""
        openrouter.add_fault(Fault(kind="slow_headers", seconds=0.1))
        catalogs = await asyncio.gather(*(Catalog.aload() for _ in range(12)))
        assert {one.source for one in catalogs} <= {"live", "cache"}
        assert len({one.fetched_at for one in catalogs}) == 1
        assert len(openrouter.requests) == 1


class TestEndpoints:
    def test_facts(self, openrouter: Emulator, url: str) -> None:
        """What OpenRouter says of each provider arrives, in its order."""
        told = httpx.get(url + ENDPOINTS, headers={"Authorization": f"Bearer {openrouter.api_key}"}).json()
        rows = told["data"]["endpoints"]
        endpoints = Catalog.load(api_key=openrouter.api_key).endpoints("mine/model")
        assert len(endpoints) == len(rows) == 2
        for endpoint, row in zip(endpoints, rows, strict=True):
            for key in ("provider_name", "tag", "model_id", "name", "quantization", "context_length", "status"):
                assert getattr(endpoint, key) == row[key], key
            assert endpoint.supported_parameters == frozenset(row["supported_parameters"])
            assert endpoint.latency == Percentiles(**row["latency_last_30m"])
            assert endpoint.throughput == Percentiles(**row["throughput_last_30m"])
            assert endpoint.uptime_1d == row["uptime_last_1d"]
            assert endpoint.pricing.prompt == Decimal(row["pricing"]["prompt"])

    def test_without_a_key(self) -> None:
        """Speeds are not shown then, and unknown."""
        for endpoint in Catalog.load().endpoints("mine/model"):
            assert (endpoint.latency, endpoint.throughput) == (None, None)

    def test_the_key_goes_nowhere_else(self, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """The list is asked for without a key, endpoints with that of the argument, else of the environment."""
        monkeypatch.setenv("OPENROUTER_API_KEY", openrouter.api_key)
        Catalog.load(api_key="mine").endpoints("mine/model")
        Catalog.load(max_age=0).endpoints("mine/model")
        Catalog.from_response([MODEL]).endpoints("mine/model")
        keys = [(one.path.removeprefix("/api/v1"), one.headers.get("authorization")) for one in openrouter.requests]
        assert keys == [
            ("/models", None),
            (ENDPOINTS, "Bearer mine"),
            ("/models", None),
            (ENDPOINTS, f"Bearer {openrouter.api_key}"),
            (ENDPOINTS, f"Bearer {openrouter.api_key}"),
        ]

    def test_kept(self, openrouter: Emulator) -> None:
        """An answer is kept for each model, under all its names, for as long as is asked."""
        catalog = Catalog.load()
        first = catalog.endpoints("mine/model")
        assert catalog.endpoints("mine/model:nitro") is first
        assert catalog.endpoints("mine/model", max_age=TWO_HOURS) is first
        assert len(openrouter.requests) == 2
        catalog.endpoints("other/model")
        assert catalog.endpoints("mine/model", max_age=timedelta(0)) == first
        assert len(openrouter.requests) == 4

    def test_asked_by_the_models_id(self, openrouter: Emulator) -> None:
        """Signs in an id arrive as they are; a variant is asked for by the model."""
        openrouter.set_models([{"id": "~a/b-latest"}, {"id": "a/b"}, {"id": "a/b:free"}])
        catalog = Catalog.load()
        for name in ("~a/b-latest", "a/b:nitro", "a/b:free"):
            assert len(catalog.endpoints(name)) > 0
        asked = [one.path.removeprefix("/api/v1/models/") for one in openrouter.requests[1:]]
        assert asked == ["~a/b-latest/endpoints", "a/b/endpoints", "a/b:free/endpoints"]

    @pytest.mark.parametrize("fault", ["429", "500", "page", "truncated", "cut", "error in 200", "null", "garbage"])
    def test_old_rather_than_none(self, fault: str, openrouter: Emulator) -> None:
        """Where OpenRouter fails, what it said before is given; an error where it said nothing."""
        catalog = Catalog.load()
        openrouter.add_fault(replace(FAULTS[fault][0], path=ENDPOINTS))
        with pytest.raises(FAULTS[fault][1]):
            catalog.endpoints("mine/model")
        openrouter.clear_faults()
        first = catalog.endpoints("mine/model")
        openrouter.add_fault(replace(FAULTS[fault][0], path=ENDPOINTS))
        assert catalog.endpoints("mine/model", max_age=timedelta(0)) is first

    @pytest.mark.parametrize("fault", ["400", "401", "403", "404"])
    def test_a_refusal_is_told(self, fault: str, openrouter: Emulator) -> None:
        """What OpenRouter refuses is an error, whatever it said before: the model may be gone, the key wrong."""
        catalog = Catalog.load()
        catalog.endpoints("mine/model")
        openrouter.add_fault(replace(FAULTS[fault][0], path=ENDPOINTS))
        with pytest.raises(FAULTS[fault][1]):
            catalog.endpoints("mine/model", max_age=0)

    @pytest.mark.parametrize("answer", ['{"data":null}', '{"data":5}', '{"data":{}}', '{"data":{"endpoints":"x"}}'])
    def test_an_answer_of_another_shape(self, answer: str, openrouter: Emulator) -> None:
        """What is no list of endpoints is an error, and does not take the place of one."""
        catalog = Catalog.load()
        first = catalog.endpoints("mine/model")
        openrouter.add_fault(replace(status(200, answer), path=ENDPOINTS))
        assert catalog.endpoints("mine/model", max_age=timedelta(0)) is first
        with pytest.raises(errors.InvalidResponseError):
            Catalog.load().endpoints("mine/model")

    async def test_unknown(self, openrouter: Emulator) -> None:
        """A model that the catalog does not know is an error before anything is asked."""
        catalog = await Catalog.aload("snapshot")
        with pytest.raises(ModelNotFoundError, match="mine/modell"):
            catalog.endpoints("mine/modell")
        with pytest.raises(ModelNotFoundError, match="mine/modell"):
            await catalog.aendpoints("mine/modell")
        assert openrouter.requests == []

    def test_errors_show_no_key(self, openrouter: Emulator) -> None:
        """A server that repeats the key, of whatever form, does not put it into the error."""
        key = "proxy-key-0123456789"
        fault = Fault(kind="status", status=401, message=f"no such key: {key}", path=ENDPOINTS)
        openrouter.add_fault(fault)
        with pytest.raises(errors.AuthenticationError) as caught:
            Catalog.load(api_key=key).endpoints("mine/model")
        assert key not in f"{caught.value}{caught.value!r}{caught.value.body}"


def chat(model: str, **fields: Any) -> ChatOpenRouter:
    """Make a chat model."""
    return ChatOpenRouter(**{"model": model, "api_key": KEY, **fields})


class TestInUse:
    def test_profile(self) -> None:
        """Models that are made go by the catalog in use; `None` leads back to what is at hand."""
        assert chat("mine/model").profile is None
        use(Catalog.load())
        profile = chat("mine/model").profile
        assert profile is not None
        assert (profile["max_input_tokens"], profile["tool_calling"]) == (5000, False)
        assert chat("openai/gpt-4o").profile is None
        use(Catalog.load("snapshot"))
        assert chat("openai/gpt-4o").profile is not None

    async def test_strict(self, openrouter: Emulator) -> None:
        """A model made before is checked against the catalog in use at the time of the call."""
        model = chat("mine/model", api_key=openrouter.api_key, model_validation="strict")
        with pytest.raises(ModelNotFoundError):
            model.invoke("Hello")
        with pytest.raises(ModelNotFoundError):
            await model.ainvoke("Hello")
        assert openrouter.requests == []
        use(await Catalog.aload())
        assert model.invoke("Hello").text
        with pytest.raises(errors.ModelValidationError):
            model.invoke("Hello", seed=1)
        assert [one.method for one in openrouter.requests] == ["GET", "POST"]

    def test_warn(self, openrouter: Emulator) -> None:
        """A model that a newer catalog knows is not warned of any more."""
        model = chat("mine/model", api_key=openrouter.api_key)
        with pytest.warns(ModelValidationWarning, match="mine/model"):
            assert model.invoke("Hello").text
        use(Catalog.load())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            other = chat("mine/model", api_key=openrouter.api_key)
            assert other.invoke("Hello").text

    def test_current(self, openrouter: Emulator) -> None:
        """Without a word, it is what the cache or the snapshot says, read once and without a network."""
        assert current() is current()
        assert current().source == "snapshot"
        assert openrouter.requests == []
        fetched = Catalog.load()
        assert current().source == "snapshot"
        use(None)
        assert (current().source, current().fetched_at) == ("cache", fetched.fetched_at)
        use(fetched)
        assert current() is fetched
