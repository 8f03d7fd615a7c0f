"""The list of models and their endpoints: revalidated, changed, paged, broken."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from langchain_openrouter.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDPOINTS = "/models/openai/plain/endpoints"
TAGGED = ["/models", "/models?offset=1&limit=2", ENDPOINTS]
ROOT = "/api/v1"


@pytest.mark.parametrize("path", TAGGED)
async def test_tags(talk: Any, path: str) -> None:
    """The tag is strong and made of the body, so that it is the same until the body changes."""
    answer = await talk.send(path)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert (await talk.send(path)).headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize("path", TAGGED)
@pytest.mark.parametrize("known", ["{0}", "W/{0}", '"other", {0}', '"a,b",W/"c" , W/{0}', "*", " * "])
async def test_not_modified(talk: Any, path: str, known: str) -> None:
    """Who knows the body gets status 304 with the tag and nothing else."""
    tag = (await talk.send(path)).headers["etag"]
    answer = await talk.send(path, headers={"If-None-Match": known.format(tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert dict(answer.headers) == {"etag": tag}


@pytest.mark.parametrize("known", ['"other"', "", "{bare}", 'W/"other", "x{bare}"', '"*"', '"{bare}'])
async def test_modified(talk: Any, known: str) -> None:
    """A tag of another body, or what is no tag at all, gets the body."""
    whole = await talk.send("/models")
    bare = whole.headers["etag"].strip('"')
    answer = await talk.send("/models", headers={"If-None-Match": known.format(bare=bare)})
    assert (answer.status_code, answer.content) == (200, whole.content)


async def test_a_tag_belongs_to_one_body(talk: Any) -> None:
    """What another page says, another model, or another reader may see, has another tag."""
    answers = [
        await talk.send(path) for path in ("/models", "/models?limit=1", ENDPOINTS, "/models/x-ai/thinker/endpoints")
    ]
    answers.append(await talk.send(ENDPOINTS, key="nobody"))
    assert len({answer.headers["etag"] for answer in answers}) == 5


async def test_what_is_refused_has_no_tag(talk: Any) -> None:
    """An error is an error for everyone, whatever he knows."""
    answer = await talk.send("/models/no/such/endpoints", headers={"If-None-Match": "*"})
    assert (answer.status_code, "etag" in answer.headers) == (404, False)


def test_revalidation_on_a_socket(served: Emulator, http: httpx.Client) -> None:
    """On a connection that is kept, an answer after a 304 is read as such."""
    for _ in range(2):
        whole = http.get("/models")
        again = http.get("/models", headers={"If-None-Match": whole.headers["etag"]})
        assert (whole.status_code, again.status_code, again.content) == (200, 304, b"")
    assert "if-none-match" in served.requests[-1].headers


async def test_other_models(talk: Any, records: list[dict[str, Any]]) -> None:
    """Other models are listed, tagged, served and priced from the next request on."""
    before = await talk.send("/models")
    dearer = records[0] | {"pricing": {"prompt": "0.00001", "completion": "0.00002"}}
    talk.emulator.set_models([dearer, {"id": "new/one"}])
    after = await talk.send("/models", headers={"If-None-Match": before.headers["etag"]})
    assert [row["id"] for row in after.json()["data"]] == ["openai/plain", "new/one"]
    assert (await talk.send("/models/count")).json() == {"data": {"count": 2}}
    assert (await talk.send("/models/x-ai/thinker/endpoints")).status_code == 404
    assert (await talk.refusal("Hello", model="x-ai/thinker"))[0] == 400
    assert (await talk.chat('Say "yes"'))["usage"]["cost"] == 0.0001
    assert (await talk.chat("Hello", model="new/one"))["usage"]["cost"] == 0


async def test_forms_of_models(talk: Any, records: list[dict[str, Any]]) -> None:
    """Models come as a list, by id, as `GET /models` told them, or from the snapshot."""
    listed = (await talk.send("/models")).json()
    for form in ({row["id"]: row for row in records}, listed, iter(records)):
        talk.emulator.set_models([])
        assert (await talk.send("/models")).json() == {"data": [], "total_count": 0, "links": {"next": None}}
        talk.emulator.set_models(form)
        assert (await talk.send("/models")).json() == listed
    talk.emulator.set_models(None)
    assert (await talk.send("/models")).json()["total_count"] > 300


async def test_records_that_say_little(talk: Any) -> None:
    """What a record does not tell is missing from what is told of its endpoints too."""
    talk.emulator.set_models([{"id": "new/one"}])
    found = (await talk.send("/models/new/one/endpoints")).json()["data"]
    assert (found["id"], "name" in found, "architecture" in found) == ("new/one", False, False)
    assert [one["model_name"] for one in found["endpoints"]] == ["new/one"] * 2


async def _walk(talk: Any, link: str | None) -> list[dict[str, Any]]:
    """Follow the links from page to page."""
    pages: list[dict[str, Any]] = []
    while link and len(pages) < 20:
        pages.append((await talk.send(f"http://emulator{link}")).json())
        link = pages[-1]["links"]["next"]
    return pages


@pytest.mark.parametrize(
    ("query", "sizes"),
    [
        ("", [15]),
        ("?limit=6", [6, 6, 3]),
        ("?offset=10", [5]),
        ("?offset=5&limit=5", [5, 5]),
        ("?offset=15&limit=5", [0]),
        ("?limit=1000", [15]),
        ("?output_modalities=image&limit=1", [1]),
        ("?limit=5&supported_parameters=tools,reasoning", [5, 5, 3]),
    ],
)
async def test_pages(talk: Any, query: str, sizes: list[int]) -> None:
    """Links lead through the list once, with the filters of the first request, to an end."""
    pages = await _walk(talk, f"{ROOT}/models{query}")
    assert [len(page["data"]) for page in pages] == sizes
    ids = [row["id"] for page in pages for row in page["data"]]
    assert len(set(ids)) == len(ids)
    assert len({page["total_count"] for page in pages}) == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "offset=-1", "offset=1.5", "limit=-5&offset=2"])
async def test_impossible_pages(talk: Any, query: str) -> None:
    """A page that cannot be is refused."""
    answer = await talk.send(f"/models?{query}")
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid request parameters")


async def test_forced_pages(make: Callable[..., Any]) -> None:
    """With a page size the list comes in pages that nobody asked for, until there is none."""
    talk = make(page_size=4)
    sizes = [len(page["data"]) for page in await _walk(talk, f"{ROOT}/models")]
    assert sizes == [4, 4, 4, 3]
    assert [len(page["data"]) for page in await _walk(talk, f"{ROOT}/models?limit=10")] == sizes
    assert [len(page["data"]) for page in await _walk(talk, f"{ROOT}/models?limit=2&offset=12")] == [2, 1]
    talk.emulator.page_size = None
    assert [len(page["data"]) for page in await _walk(talk, f"{ROOT}/models")] == [15]


async def test_pages_of_the_users_models(talk: Any) -> None:
    """The pages of another path lead on to that path."""
    pages = await _walk(talk, f"{ROOT}/models/user?limit=10")
    assert pages[0]["links"]["next"] == "/api/v1/models/user?offset=10&limit=10"
    assert [len(page["data"]) for page in pages] == [10, 5]


async def test_requests_are_counted_by_path(talk: Any) -> None:
    """Every request is on record, those that failed and those that found nothing new too."""
    tag = (await talk.send("/models?limit=1")).headers["etag"]
    await talk.send("/models?limit=1", headers={"If-None-Match": tag})
    talk.emulator.add_fault(Fault(kind="cut", path="/models"))
    with pytest.raises(httpx.RemoteProtocolError):
        await talk.send("/models")
    await talk.send(ENDPOINTS)
    seen = [(request.path, request.query) for request in talk.emulator.requests]
    assert seen == [("/api/v1/models", "limit=1")] * 2 + [("/api/v1/models", ""), (ROOT + ENDPOINTS, "")]
    assert talk.emulator.requests[1].headers["if-none-match"] == tag


@pytest.mark.parametrize("path", ["/models", ENDPOINTS])
async def test_faults_of_one_path(talk: Any, path: str) -> None:
    """A status, garbage and half an answer strike the path that they are for, also who knows the body."""
    whole = await talk.send(path)
    known = {"If-None-Match": whole.headers["etag"]}
    struck: list[httpx.Response] = []
    for fault in (
        Fault(kind="status", status=503, retry_after=2, path=path, times=1),
        Fault(kind="status", status=200, body="<it works>", path=path, times=1),
        Fault(kind="end_early", path=path, times=1),
    ):
        talk.emulator.add_fault(fault)
        assert (await talk.send("/models/count")).status_code == 200
        struck.append(await talk.send(path, headers=known))
        talk.emulator.clear_faults()
    unavailable, garbage, half = struck
    assert (unavailable.status_code, unavailable.headers["retry-after"]) == (503, "2")
    assert (garbage.status_code, garbage.text) == (200, "<it works>")
    assert (half.status_code, half.content) == (200, whole.content[: len(whole.content) // 2])
    assert (await talk.send(path, headers=known)).status_code == 304


async def test_faults_of_streams_leave_the_list_alone(talk: Any) -> None:
    """A fault that cannot happen to a list does not, and hides no 304."""
    whole = await talk.send("/models")
    talk.emulator.add_fault(Fault(kind="midstream_error"))
    assert (await talk.send("/models")).content == whole.content
    assert (await talk.send("/models", headers={"If-None-Match": whole.headers["etag"]})).status_code == 304


@pytest.fixture
def served(records: Any) -> Iterator[Emulator]:
    """Serve on a socket."""
    with Emulator(models=records) as emulator:
        yield emulator


@pytest.fixture
def http(served: Emulator) -> Iterator[httpx.Client]:
    """Give a client."""
    with httpx.Client(base_url=served.base_url, timeout=20) as client:
        yield client


def test_cuts_on_a_socket(served: Emulator, http: httpx.Client) -> None:
    """The connection drops in the middle of the list, and the next one works."""
    known = {"If-None-Match": http.get("/models").headers["etag"]}
    served.add_fault(Fault(kind="cut", path="/models", times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/models", headers=known)
    assert http.get("/models", headers=known).status_code == 304


@pytest.mark.parametrize("status", [200, 304])
def test_delays_on_a_socket(served: Emulator, http: httpx.Client, status: int) -> None:
    """The list can take its time, and so can the word that it is as it was."""
    known = {"If-None-Match": http.get("/models").headers["etag"]} if status == 304 else {}
    served.add_fault(Fault(kind="slow_headers", seconds=0.3, path="/models"))
    start = time.monotonic()
    assert http.get("/models", headers=known).status_code == status
    assert time.monotonic() - start >= 0.3


async def test_endpoints_speak_of_speed_to_those_with_a_key(talk: Any) -> None:
    """Half of the requests are faster than the median; throughput falls towards the 99th, latency rises."""
    shown = (await talk.send(ENDPOINTS)).json()["data"]["endpoints"]
    hidden = (await talk.send(ENDPOINTS, key="nobody")).json()["data"]["endpoints"]
    assert shown[0]["latency_last_30m"] == {"p50": 900.0, "p75": 1350.0, "p90": 1800.0, "p99": 3600.0}
    assert shown[0]["throughput_last_30m"] == {"p50": 60.0, "p75": 40.0, "p90": 30.0, "p99": 15.0}
    assert {(one["latency_last_30m"], one["throughput_last_30m"]) for one in hidden} == {(None, None)}


async def test_endpoints_tell_the_discount(talk: Any, records: list[dict[str, Any]]) -> None:
    """What is charged less is also told: the discount of the record, 0 where it has none."""
    pricing = {"prompt": "0.000001", "completion": "0.000002", "discount": 0.5}
    talk.emulator.set_models([records[0] | {"pricing": pricing}, records[4]])
    found = [(await talk.send(f"/models/{name}/endpoints")).json() for name in ("openai/plain", "anthropic/thinker")]
    assert [one["data"]["endpoints"][0]["pricing"]["discount"] for one in found] == [0.5, 0]
