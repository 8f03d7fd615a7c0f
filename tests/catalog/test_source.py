"""Where a catalog comes from: the order of the sources, their age, what is asked and what is not."""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.catalog import Catalog, snapshot
from langchain_openrouter.catalog.cache import Cache, Stored
from langchain_openrouter.catalog.source import Server
from langchain_openrouter.emulator import Emulator, Fault
from langchain_openrouter.emulator.services.replay import Exchange
from langchain_openrouter.errors import BadRequestError, InvalidResponseError
from tests.helpers.records import JSON
from tests.helpers.sockets import Connection, RawServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Load = Callable[..., Catalog]

LIVE = ["live/one", "live/two"]
KEPT = ["kept/one"]
SNAPSHOT_TIME = dt.datetime.combine(snapshot.date(), dt.time.min, dt.UTC)
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)


def now() -> dt.datetime:
    """Give the time."""
    return dt.datetime.now(dt.UTC)


def keep(url: str, fetched_at: dt.datetime, etag: str | None = None) -> None:
    """Put a model into the cache of a server, in the folder that the environment names."""
    Cache(url).write(Stored([{"id": each} for each in KEPT], fetched_at, etag))


def ids(catalog: Catalog) -> list[str]:
    """Name the models of a catalog."""
    return [model.id for model in catalog]


def refuse(openrouter: Emulator) -> None:
    """Let the list of models fail at once, in a way that no further attempt follows."""
    openrouter.add_fault(Fault(kind="status", status=400, path="/models"))


def tags_sent(openrouter: Emulator) -> list[str | None]:
    """Give the `If-None-Match` of each request for the list."""
    return [one.headers.get("if-none-match") for one in openrouter.requests if one.path == "/api/v1/models"]


class TestOrder:
    @pytest.mark.parametrize(
        ("age", "arguments", "source"),
        [
            (0.9 * HOUR, {}, "cache"),
            (1.1 * HOUR, {}, "live"),
            (20 * SECOND, {"max_age": 30}, "cache"),
            (20 * SECOND, {"max_age": 20.5}, "cache"),
            (20 * SECOND, {"max_age": 10}, "live"),
            (20 * SECOND, {"max_age": dt.timedelta(seconds=30)}, "cache"),
            (20 * SECOND, {"max_age": dt.timedelta(seconds=10)}, "live"),
            (100 * 24 * HOUR, {"max_age": dt.timedelta.max}, "cache"),
            (100 * 24 * HOUR, {"max_age": math.inf}, "cache"),
            (100 * 24 * HOUR, {"max_age": None}, "cache"),
            (dt.timedelta(0), {"max_age": 0}, "live"),
            (dt.timedelta(0), {"max_age": dt.timedelta(0)}, "live"),
            (dt.timedelta(0), {"max_age": -1}, "live"),
        ],
    )
    def test_fresh_or_not(
        self, age: dt.timedelta, arguments: dict[str, Any], source: str, load: Load, openrouter: Emulator
    ) -> None:
        """A cache younger than `max_age` is taken without asking; an older one, and any with 0, is not."""
        fetched_at = now() - age
        keep(openrouter.base_url, fetched_at)
        catalog = load(**arguments)
        assert (catalog.source, ids(catalog)) == (source, KEPT if source == "cache" else LIVE)
        assert len(openrouter.requests) == (0 if source == "cache" else 1)
        assert (catalog.fetched_at == fetched_at) is (source == "cache")

    def test_what_is_fetched_is_kept(self, load: Load, openrouter: Emulator) -> None:
        """The second load has what the first one fetched, with its time."""
        first, second = load(), load()
        assert (first.source, second.source, ids(second)) == ("live", "cache", LIVE)
        assert first.fetched_at == second.fetched_at == load("cache").fetched_at
        assert len(openrouter.requests) == 1

    @pytest.mark.parametrize("arguments", [{"source": "live"}, {"max_age": 0}])
    def test_live_always_asks(self, arguments: dict[str, Any], load: Load, openrouter: Emulator) -> None:
        """`live` and an age of 0 ask each time, and keep what they learn."""
        assert [load(**arguments).source for _ in range(3)] == ["live"] * 3
        assert len(openrouter.requests) == 3
        assert load().source == "cache"

    @pytest.mark.parametrize(
        ("fetched_at", "source"),
        [
            (SNAPSHOT_TIME - SECOND, "snapshot"),
            (SNAPSHOT_TIME, "stale"),
            (SNAPSHOT_TIME + SECOND, "stale"),
            (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "snapshot"),
            (dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))), "snapshot"),
        ],
    )
    def test_the_newer_of_cache_and_snapshot(
        self, fetched_at: dt.datetime, source: str, load: Load, openrouter: Emulator
    ) -> None:
        """Where OpenRouter fails or is not to be asked, the newer of the two is taken."""
        keep(openrouter.base_url, fetched_at)
        offline = load("cache")
        assert openrouter.requests == []
        refuse(openrouter)
        for catalog in (offline, load()):
            assert catalog.source == source
            assert len(catalog) == (1 if source == "stale" else 413)
            assert catalog.fetched_at == max(fetched_at, SNAPSHOT_TIME)
            assert catalog.age == pytest.approx(now() - max(fetched_at, SNAPSHOT_TIME), abs=10 * SECOND)

    def test_cache_says_whether_it_is_fresh(self, load: Load, openrouter: Emulator) -> None:
        """Without a network, `source` still tells a fresh cache from an old one."""
        keep(openrouter.base_url, now() - 2 * HOUR)
        assert load("cache").source == "stale"
        assert load("cache", max_age=3 * HOUR).source == "cache"

    def test_snapshot(self, load: Load, openrouter: Emulator) -> None:
        """The snapshot is taken though the cache is newer, and nothing is asked."""
        keep(openrouter.base_url, now())
        catalog = load("snapshot")
        assert (catalog.source, len(catalog), catalog.fetched_at) == ("snapshot", 413, SNAPSHOT_TIME)
        assert openrouter.requests == []

    def test_unknown_source(self, load: Load) -> None:
        """Another word is refused, with those that there are."""
        with pytest.raises(ValueError, match=r"'disk' is not known; it can be 'auto', 'live', 'cache', 'snapshot'"):
            load("disk")


class TestClock:
    @pytest.mark.parametrize("ahead", [10 * SECOND, 24 * HOUR, 365 * 24 * HOUR * 1000])
    def test_it_went_back(self, ahead: dt.timedelta, load: Load, openrouter: Emulator) -> None:
        """A cache from the future is not fresh, but usable, and of age 0; once fetched it is as any other."""
        keep(openrouter.base_url, now() + ahead)
        refuse(openrouter)
        for source in ("auto", "cache"):
            catalog = load(source)
            assert (catalog.source, ids(catalog), catalog.age) == ("stale", KEPT, dt.timedelta(0))
        openrouter.clear_faults()
        assert (load().source, load().source, ids(load("cache"))) == ("live", "cache", LIVE)

    def test_no_change_sets_it_right(self, load: Load, openrouter: Emulator) -> None:
        """A time from the future goes also when OpenRouter has nothing new."""
        etag = httpx.get(f"{openrouter.base_url}/models").headers["etag"]
        keep(openrouter.base_url, now() + 24 * HOUR, etag)
        catalog = load()
        assert (catalog.source, ids(catalog)) == ("live", KEPT)
        assert catalog.fetched_at is not None
        assert catalog.fetched_at <= now()
        assert load().source == "cache"

    def test_age(self) -> None:
        """The age grows, is never negative, and is unknown where the time is."""
        assert Catalog([], fetched_at=now() + HOUR).age == dt.timedelta(0)
        assert Catalog([]).age is None
        catalog = Catalog.from_response([])
        assert catalog.age is not None
        time.sleep(0.002)
        assert dt.timedelta(0) <= catalog.age < 60 * SECOND


class TestConditional:
    def test_no_change(self, load: Load, openrouter: Emulator) -> None:
        """What is known is asked for by its tag; status 304 has no body, and makes it young again."""
        answers: list[httpx.Response] = []
        first = load()
        with httpx.Client(event_hooks={"response": [answers.append]}) as client:
            second = load(max_age=0, http_client=client)
        assert [one.status_code for one in answers] == [304]
        assert tags_sent(openrouter) == [None, answers[0].headers["etag"]]
        assert (second.source, ids(second)) == ("live", LIVE)
        assert first.fetched_at is not None
        assert second.fetched_at is not None
        assert first.fetched_at < second.fetched_at
        assert load("cache").fetched_at == second.fetched_at

    def test_an_old_cache_is_renewed(self, load: Load, openrouter: Emulator) -> None:
        """An old cache that is still right is fresh after one question, and its tag stays."""
        etag = httpx.get(f"{openrouter.base_url}/models").headers["etag"]
        keep(openrouter.base_url, now() - 48 * HOUR, etag)
        assert (load().source, load().source, load(max_age=0).source) == ("live", "cache", "live")
        assert tags_sent(openrouter)[1:] == [etag, etag]

    def test_change(self, load: Load, openrouter: Emulator) -> None:
        """What has changed comes whole, with a new tag."""
        load()
        openrouter.set_models([{"id": "newer/one"}])
        assert ids(load(max_age=0)) == ids(load()) == ["newer/one"]
        load(max_age=0)
        sent = tags_sent(openrouter)
        assert sent[0] is None
        assert None not in sent[1:]
        assert sent[1] != sent[2]

    def test_a_server_without_tags(self) -> None:
        """Where there is no tag, the whole list is asked for each time."""
        listed = Exchange(method="GET", path="/api/v1/models", body={"data": [{"id": "a/b"}]})
        with Emulator(models=[], replay=listed) as emulator:
            catalogs = [Catalog.load(max_age=0, base_url=emulator.base_url) for _ in range(2)]
        assert tags_sent(emulator) == [None, None]
        assert [(one.source, ids(one)) for one in catalogs] == [("live", ["a/b"])] * 2

    @pytest.mark.parametrize("tag", [b'"\xe9"', b'"\xc3\xa9"', b"", b'"a b"', b"\xff", b"bare", b'W/"x"', b'""'])
    def test_strange_tags(self, tag: bytes) -> None:
        """A server may send any tag; one that cannot be sent back costs no more than the whole list each time."""
        body = b'{"data":[{"id":"a/b"}]}'

        def answer(connection: Connection) -> None:
            head = b"HTTP/1.1 200 OK\r\nETag: %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            connection.send(head % (tag, len(body)) + body)

        with RawServer(answer) as server:
            for _ in range(2):
                assert Catalog.load(max_age=0, base_url=server.url).source == "live"
            assert server.requests == 2

    def test_by_time(self) -> None:
        """A server without tags may say when it last changed something, and is asked by that."""
        changed, body = "Wed, 01 Jul 2026 10:00:00 GMT", b'{"data":[{"id":"a/b"}]}'
        sent: list[str | None] = []

        def answer(connection: Connection) -> None:
            status = b"304 Not Modified" if sent[-1] == changed else b"200 OK"
            head = b"HTTP/1.1 %b\r\nLast-Modified: %b\r\nConnection: close\r\n\r\n"
            connection.send(head % (status, changed.encode()) + (b"" if sent[-1] else body))

        hooks = {"request": [lambda request: sent.append(request.headers.get("if-modified-since"))]}
        with RawServer(answer) as server, httpx.Client(event_hooks=hooks) as client:
            catalogs = [Catalog.load(max_age=0, base_url=server.url, http_client=client) for _ in range(3)]
        assert [(one.source, ids(one)) for one in catalogs] == [("live", ["a/b"])] * 3
        assert sent == [None, changed, changed]

    def test_not_modified_without_a_question(self) -> None:
        """Status 304 to a server that was asked without a tag is no answer."""
        with Emulator(models=[], replay=Exchange(method="GET", path="/api/v1/models", status=304, body="")) as emulator:
            with pytest.raises(InvalidResponseError):
                Catalog.load("live", base_url=emulator.base_url)
            assert Catalog.load(base_url=emulator.base_url).source == "snapshot"


class TestPages:
    @pytest.fixture
    def many(self, openrouter: Emulator) -> list[str]:
        """List seven models in pages of three."""
        names = [f"author/model-{number}" for number in range(7)]
        openrouter.set_models([{"id": name} for name in names])
        openrouter.page_size = 3
        return names

    def test_all_pages(self, many: list[str], load: Load, openrouter: Emulator) -> None:
        """Links are followed to the end, in order; what came in pieces has no tag."""
        assert ids(load()) == ids(load("cache")) == many
        assert [one.query for one in openrouter.requests] == ["", "offset=3&limit=3", "offset=6&limit=3"]
        load(max_age=0)
        assert tags_sent(openrouter) == [None] * 6

    def test_pages_after_one_piece(self, many: list[str], load: Load, openrouter: Emulator) -> None:
        """A tag of the whole is asked with once: it says nothing of later pages."""
        openrouter.page_size = None
        load()
        openrouter.page_size = 5
        assert ids(load(max_age=0)) == many
        assert [tag is None for tag in tags_sent(openrouter)] == [True, False, True]

    def test_a_page_that_fails(self, many: list[str], load: Load, openrouter: Emulator) -> None:
        """Half of a list is no list: nothing of it is taken or kept."""
        keep(openrouter.base_url, now() - 2 * HOUR)
        openrouter.add_fault(Fault(kind="status", status=400, path="/models", nth={2, 4}))
        with pytest.raises(BadRequestError):
            load("live")
        catalog = load()
        assert (catalog.source, ids(catalog), ids(load("cache"))) == ("stale", KEPT, KEPT)

    @pytest.mark.parametrize(
        "link",
        ["http://{host}/api/v1/models", "//{host}/models", "https://{own}/models", "http://[", "", 5, [], {}],
    )
    def test_links_that_lead_nowhere(self, link: Any, openrouter: Emulator) -> None:
        """A link to another host, or that is none, is not followed; what has come is taken."""
        other = openrouter.base_url.split("/")[2]
        with Emulator(models=[]) as emulator:
            own = emulator.base_url.split("/")[2]
        shown = link.format(host=other, own=own) if isinstance(link, str) else link
        body = {"data": [{"id": "a/b"}], "links": {"next": shown}}
        listed = Exchange(method="GET", path="/api/v1/models", body=json.dumps(body))
        with Emulator(models=[], replay=listed, port=int(own.rpartition(":")[2])) as emulator:
            assert ids(Catalog.load(base_url=emulator.base_url)) == ["a/b"]
            assert len(emulator.requests) == 1
        assert openrouter.requests == []

    def test_a_link_that_no_request_can_carry(self) -> None:
        """A link with half of a surrogate pair leaves a catalog that is not empty."""
        body = json.dumps({"data": [{"id": "a/b"}], "links": {"next": "\ud800"}})
        with Emulator(models=[], replay=Exchange(method="GET", path="/api/v1/models", body=body)) as emulator:
            assert len(Catalog.load(base_url=emulator.base_url)) in {1, 413}
            assert len(emulator.requests) == 1

    @pytest.mark.parametrize("links", [["?page=1"], ["?page=1", "?page=2"], [f"?page={n}" for n in range(300)]])
    def test_links_without_an_end(self, links: list[str]) -> None:
        """Links that lead in a circle, or on and on, are given up after a hundred pages; each model is there once."""
        pages = [{"data": [{"id": "a/b"}, {"id": f"a/{link[6:]}"}], "links": {"next": link}} for link in links]
        replay = [Exchange(method="GET", path="/api/v1/models", body=page) for page in pages]
        with Emulator(models=[], replay=replay) as emulator:
            catalog = Catalog.load(base_url=emulator.base_url)
        assert len(ids(catalog)) == len(set(ids(catalog))) == min(len(links), 100) + 1
        assert len(emulator.requests) <= 100

    def test_a_circle_is_left(self) -> None:
        """Pages that come again do not make the file of the cache grow."""
        pages = [{"data": [{"id": f"a/{n}"}], "links": {"next": f"?page={1 - n}"}} for n in range(2)]
        replay = [Exchange(method="GET", path="/api/v1/models", body=page) for page in pages]
        with Emulator(models=[], replay=replay) as emulator:
            Catalog.load(base_url=emulator.base_url)
            stored = Cache(emulator.base_url).read()
        assert stored is not None
        assert len(stored.records) <= 3


class TestServer:
    def test_the_environment_names_it(self, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """`OPENROUTER_API_BASE` is asked, and an argument goes before it; a slash at the end does not matter."""
        monkeypatch.setenv("OPENROUTER_API_BASE", "http://127.0.0.1:1/api/v1")
        assert ids(Catalog.load("live", base_url=openrouter.base_url)) == LIVE
        monkeypatch.setenv("OPENROUTER_API_BASE", openrouter.base_url + "/")
        assert ids(Catalog.load("live")) == LIVE
        assert {one.path for one in openrouter.requests} == {"/api/v1/models"}

    def test_no_key_is_sent(self, load: Load, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """The list is public: neither the argument nor the environment's key goes out for it."""
        monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-environment")
        load(max_age=0)
        load(max_age=0, api_key="sk-or-v1-argument")
        openrouter.page_size = 1
        load(max_age=0, api_key="sk-or-v1-argument")
        assert len(openrouter.requests) == 4
        assert not any("sk-or" in str(dict(one.headers)) for one in openrouter.requests)
        assert not any("authorization" in one.headers for one in openrouter.requests)

    def test_the_key_is_not_shown(self) -> None:
        """Neither a catalog nor its server shows the key when printed."""
        assert "sk-or" not in repr(Server.of_environment(api_key="sk-or-v1-argument"))
        assert "sk-or" not in repr(Catalog([], server=Server("http://x", "sk-or-v1-argument")))

    @pytest.mark.parametrize("library", [httpx, httpx2])
    def test_own_client(self, library: Any, load: Load, openrouter: Emulator) -> None:
        """A client of one's own, of either library, is what is asked through; it stays open."""
        with library.Client(headers={"X-Own": "1"}) as client:
            assert load(http_client=client).source == "live"
            assert not client.is_closed
        assert openrouter.requests[0].headers["x-own"] == "1"


LISTED = st.lists(st.fixed_dictionaries({"id": st.text(max_size=3)}, optional={"name": JSON, "pricing": JSON}) | JSON)
ANSWER = st.fixed_dictionaries(
    {"data": LISTED | JSON}, optional={"links": st.fixed_dictionaries({"next": st.text(max_size=5) | JSON}) | JSON}
)


@settings(max_examples=50, deadline=None)
@given(answer=ANSWER | JSON)
def test_any_answer(answer: Any, running: Emulator, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever JSON OpenRouter answers with, the catalog is not empty, each of its models can be built, and is kept."""
    running.clear_faults()
    running.add_fault(Fault(kind="status", status=200, path="/models", body=json.dumps(answer)))
    folder = tmp_path_factory.mktemp("any")
    catalog = Catalog.load(base_url=running.base_url, cache=folder)
    assert catalog.source in {"live", "snapshot"}
    assert all(ids(catalog))
    assert ids(Catalog.load("cache", base_url=running.base_url, cache=folder)) == ids(catalog)
