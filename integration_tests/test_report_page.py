"""The page of a report in a real browser, opened from disk."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.costs.record import CallRecord
from langchain_openrouter.reports import Gauge, build_report, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Read now: tests begin with an environment without our variables.
REQUIRED = os.environ.get("OPENROUTER_REQUIRE_SERVICES") == "1"
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
HOSTILE = "<script>document.title='stolen'</script>\"'><img src=http://127.0.0.1:9/x onerror=alert(1)>"
PHONE, SCREEN = 360, 1200
WHITE_SHARE = 0.6
"""Of the light: a screenshot brighter than that is light, a darker one dark."""

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip

LAUNCHER = """
import fcntl, os, sys
reads, writes = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads what it shall do from file descriptor 3, and writes what happens to 4."""


class Browser:
    """A Chromium that is driven by its own protocol, without a port and without another package.

    Args:
        program: Chromium.
        folder: Where it keeps its things.
    """

    def __init__(self, program: str, folder: Path) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        start = [sys.executable, "-c", LAUNCHER, str(theirs_in), str(theirs_out), program]
        self._process = subprocess.Popen(
            [*start, *ARGUMENTS, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        """End it."""
        self.ask("Browser.close")
        self._process.wait(20)
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Ask it for something, and give its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        os.write(self._out, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def wait_for(self, method: str) -> None:
        """Wait until something happens."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + 60
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], until - time.monotonic())
            piece = os.read(self._in, 2**20) if ready else b""
            assert piece, "Chromium says nothing any more"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


class Page:
    """A page in the browser.

    Args:
        browser: The browser.
        file: What to open.
        width: Pixels.
        dark: Whether the reader wants dark pages.
    """

    def __init__(self, browser: Browser, file: Path, width: int = SCREEN, *, dark: bool = False) -> None:
        self._browser = browser
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setScrollbarsHidden", hidden=True)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Page.navigate", url=file.as_uri())
        browser.wait_for("Page.loadEventFired")
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def ask(self, method: str, **parameters: Any) -> Any:
        """Ask the browser for something of this page."""
        return self._browser.ask(method, self._session, **parameters)

    def value(self, expression: str) -> Any:
        """Give the value of a JavaScript expression in the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)["result"].get(
            "value"
        )

    def texts(self, selector: str) -> list[str]:
        """Give the texts of all elements that a selector finds."""
        found: list[str] = self.value(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")
        return found

    def screenshot(self) -> bytes:
        """Give a picture of it, as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    @property
    def complaints(self) -> list[Any]:
        """What the browser's console shows."""
        names = {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}
        return [event for event in self._browser.events if event.get("method") in names]

    @property
    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        sent = [event for event in self._browser.events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a running Chromium, or skip where there is none; where services are required, its absence is a failure."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        reason = "no chromium, chromium-browser or google-chrome on this machine"
        if REQUIRED:
            pytest.fail(f"{reason} (OPENROUTER_REQUIRE_SERVICES=1)", pytrace=False)
        pytest.skip(reason)
    running = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield running
    running.close()


def made(number: int, **more: Any) -> CallRecord:
    """Give a call; each hour has one, of two models by turns."""
    model, cost = (("acme/large", "0.02"), ("acme/small", "0.0001"))[number % 2]
    told: dict[str, Any] = {
        "model": model,
        "provider": "Acme",
        "cost": Decimal(cost),
        "status": "billed",
        "duration_s": 1.0 + number % 5,
        "first_token_s": 0.25,
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "tags": ("nightly", HOSTILE),
    }
    return CallRecord(id=str(number), started_at=NOON + dt.timedelta(hours=number), **{**told, **more})


CALLS = [
    *map(made, range(48)),
    made(48, model=HOSTILE, provider=HOSTILE),
    made(49, cost=None, status="unknown", pending=True),
    made(50, error="OpenRouterTimeoutError", cost=None, status="unknown", duration_s=None),
]
GAUGES = [
    Gauge(
        name=f"team {HOSTILE}",
        limit=Decimal(1),
        spent=Decimal("0.85"),
        reserved=Decimal("0.05"),
        resets_at=NOON,
        alerts=(0.5, 0.8, 1.0),
    )
]
LEDGERS = {"full": CALLS, "empty": [], "one": CALLS[:1], "unpriced": CALLS[49:50], "many": list(map(made, range(5000)))}


@pytest.fixture(params=LEDGERS)
def ledger(request: pytest.FixtureRequest) -> str:
    """Name each of the ledgers."""
    return str(request.param)


def written(folder: Path, ledger: str = "full", by: str = "tag") -> Path:
    """Write the page of a ledger, and give its file."""
    file = folder / f"{ledger}.html"
    report(LEDGERS[ledger], by=by, format="html", gauges=GAUGES, path=file)
    return file


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_nothing_is_loaded_and_nothing_goes_wrong(browser: Browser, tmp_path: Path, ledger: str, width: int) -> None:
    """The browser asks for the file and nothing else, and its console stays empty, hostile names or not."""
    file = written(tmp_path, ledger)
    page = Page(browser, file, width)

    assert page.requests == [file.as_uri()]
    assert page.complaints == []
    assert page.value("document.title") == "Spend on OpenRouter"
    assert page.value("document.querySelectorAll('script, img, link, iframe, [onload], [onerror]').length") == 0


def test_the_policy_forbids_what_is_not_there(browser: Browser, tmp_path: Path) -> None:
    """A script, an image and a style that somebody smuggled in are refused by the page's own policy."""
    file = written(tmp_path)
    smuggled = (
        "<script>document.title='stolen'</script><img src='http://127.0.0.1:9/x'><style>body{display:none}</style>"
    )
    file.write_text(file.read_text().replace("<body>", f"<body>{smuggled}"))
    page = Page(browser, file)

    assert page.value("document.title") == "Spend on OpenRouter"
    assert page.value("getComputedStyle(document.body).display") == "block"
    refused = [event["params"]["entry"]["text"] for event in page.complaints]
    assert len([text for text in refused if "Content Security Policy" in text]) == len(refused) == 3


def test_no_address_of_elsewhere(tmp_path: Path, ledger: str) -> None:
    """The file names no address that a browser could load; those in names of records are escaped text."""
    text = written(tmp_path, ledger).read_text().replace(HOSTILE, "")

    assert (
        re.findall(r"""(?:src|href|url|action|srcset)\s*[=(]\s*["']?(?!http://127\.0\.0\.1:9/x onerror)""", text) == []
    )
    assert set(re.findall(r"https?://[^\s<>\"']*", text)) <= {"http://127.0.0.1:9/x"}


@pytest.mark.parametrize("width", [PHONE, 600, SCREEN])
def test_it_fits_its_reader(browser: Browser, tmp_path: Path, ledger: str, width: int) -> None:
    """On a phone and on a screen the page is as wide as the window, and no text in it lies outside."""
    page = Page(browser, written(tmp_path, ledger), width)

    assert page.value("document.documentElement.scrollWidth") <= width
    outside = page.value(
        "[...document.querySelectorAll('body :not(.scroll *)')]"
        ".map(e => [e.tagName, e.getBoundingClientRect()])"
        ".filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth + 0.5)).map(([name]) => name)"
    )
    assert outside == []


@pytest.mark.parametrize("width", [PHONE, 500, 640, 641, 1000, 1001, SCREEN])
def test_the_letters_of_charts_can_be_read(browser: Browser, tmp_path: Path, width: int) -> None:
    """One chart of each kind is shown, with letters of a readable size, on screens of any width."""
    page = Page(browser, written(tmp_path), width)
    sizes = page.value(
        "[...document.querySelectorAll('svg text')].filter(e => e.getClientRects().length)"
        ".map(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a)"
    )
    shown = page.value(
        "[...document.querySelectorAll('.narrow, .middle, .wide')].filter(e => e.getClientRects().length).length"
    )

    assert shown == 2
    assert min(sizes) >= 10
    assert max(sizes) <= 18


def test_the_charts_show_the_numbers(browser: Browser, tmp_path: Path) -> None:
    """Heights of bars, widths of bars, places of points and texts beside them are those of the report."""
    page = Page(browser, written(tmp_path))
    told = build_report(CALLS)
    labels = page.value("[...document.querySelectorAll('[role=img]')].map(e => e.getAttribute('aria-label'))")

    assert any(label.startswith(f"Spend by hour, {len(told.timeline.buckets)} in all") for label in labels)
    bars = page.value(
        "[...document.querySelectorAll('.wide svg g')].filter(e => e.querySelector('.part'))"
        ".map(e => [...e.querySelectorAll('.part')].reduce((sum, r) => sum + Number(r.getAttribute('height')), 0))"
    )
    costs = [float(bucket.cost) for bucket in told.timeline.buckets if bucket.cost]
    scale = max(bars) / max(costs)
    assert bars == pytest.approx([cost * scale for cost in costs], abs=0.02)
    widths = page.value(
        "[...document.querySelectorAll('.bars rect:not(.track)')].map(e => Number(e.getAttribute('width')))"
    )
    most = float(told.models[0].cost or 0)
    assert widths == pytest.approx([float(row.cost or 0) / most * 100 for row in told.models], abs=0.01)
    assert len(page.texts(".wide .point")) == len(told.points) == 3
    assert page.texts(".bars b") == [row.value for row in told.models]


def test_the_budget_is_drawn(browser: Browser, tmp_path: Path) -> None:
    """A gauge shows what is spent and reserved, its alerts, and says so in words."""
    page = Page(browser, written(tmp_path))
    drawn = page.value(
        "[...document.querySelectorAll('.budgets rect')].map(e => e.className.baseVal + e.getAttribute('width'))"
    )

    assert drawn == ["track100", "spent85", "reserved5", "mark0.5", "mark0.5"]
    (text,) = page.texts(".budgets li")
    assert f"team {HOSTILE}" in text
    for said in (
        "$0.850 of $1.00 · 85%",
        "$0.050 reserved",
        "$0.100 left",
        "resets 21 Nov 2026, 12:00 UTC",
        "nearly used up",
    ):
        assert said in text


def test_the_tables_say_what_the_report_says(browser: Browser, tmp_path: Path) -> None:
    """The rows of the page are those of the report, with hostile names as plain text, and notes on what is unknown."""
    page = Page(browser, written(tmp_path))
    told = build_report(CALLS, by="tag")

    assert page.texts("tbody th[scope=row]")[: len(told.rows)] == [row.value for row in told.rows]
    assert page.texts("tfoot th, tfoot td")[:5] == ["Total", "51", "1", "$0.50", "2"]
    assert len(page.texts("caption")) == 2
    (note,) = page.texts(".note")
    assert "2 calls unpriced" in note
    assert "1 call pending" in note
    performance = page.texts("section:last-of-type tbody th")
    assert performance[0] == "acme/largeAcme"
    assert f"{HOSTILE}{HOSTILE}" in performance


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(browser: Browser, tmp_path: Path, dark: bool) -> None:
    """The page follows what the reader's system is set to, and its texts stand out from what is behind them."""
    page = Page(browser, written(tmp_path), dark=dark)
    (*ink,) = map(int, re.findall(r"\d+", page.value("getComputedStyle(document.body).color")))
    (*back,) = map(int, re.findall(r"\d+", page.value("getComputedStyle(document.body).backgroundColor")))

    assert (sum(back) < sum(ink)) is dark
    assert abs(sum(back) - sum(ink)) > 3 * 255 * WHITE_SHARE
    assert page.screenshot().startswith(b"\x89PNG")
