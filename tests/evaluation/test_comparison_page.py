"""The page of a comparison: what it is made of. How it looks is in integration_tests/test_compare.py."""

from __future__ import annotations

import base64
import hashlib
import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from langchain_openrouter.evaluation import Comparison
from tests.evaluation.compared import trial

HOSTILE = '<script>alert("1")</script>\'&<b onload=x>'
TAGS = {
    "b", "body", "circle", "dd", "details", "div", "dl", "dt", "footer", "g", "h1", "h2", "h3", "head", "header",
    "html", "li", "line", "main", "meta", "p", "rect", "section", "span", "style", "summary", "svg", "table", "tbody",
    "td", "text", "th", "thead", "title", "tr", "ul",
}  # fmt: skip
"""Whatever else is in a page came from an answer."""


class Reader(HTMLParser):
    """Reads a page, and sees whether each tag is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"br", "meta"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def hostile() -> Comparison:
    """Give a comparison in which every text is hostile."""
    call: Any = {"name": HOSTILE, "args": {HOSTILE: HOSTILE}, "id": "1"}
    scored = {"scores": {HOSTILE: 0.5}, "unscored": {f"judge {HOSTILE}": HOSTILE}}
    return Comparison.of(
        [
            trial(HOSTILE, input=HOSTILE, answer=AIMessage(HOSTILE, tool_calls=[call]), **scored),
            trial(HOSTILE, input=HOSTILE, repeat=1, error=f"{HOSTILE}: {HOSTILE}"),
        ],
        judge_calls=[trial()],
    )


@pytest.mark.parametrize("text", [hostile().to_html(), hostile()._repr_html_()], ids=["page", "notebook"])
def test_what_others_wrote_is_text(text: str) -> None:
    """Names, inputs, answers, tools and errors with markup appear as they are, and make no tag and no attribute."""
    page = Reader(text)

    assert page.tags <= TAGS | {"br"}
    assert page.open == []
    assert not {name for name in page.attributes if name.startswith(("on", "src", "href", "style"))}
    assert "<script" not in text
    assert HOSTILE in page.texts


def test_hostile_answers_can_be_read() -> None:
    """The input, the answer with its tool call, and the error stand in the page as they were written."""
    page = Reader(hostile().to_html())

    assert page.texts.count(HOSTILE) >= 5
    assert any(f"{HOSTILE}(" in text for text in page.texts)
    assert any(f"{HOSTILE}: {HOSTILE}" in text for text in page.texts)


def test_nothing_is_from_elsewhere() -> None:
    """The page names no address, has no script, and its policy allows its own style only."""
    text = hostile().to_html()
    style = re.findall(r"<style>(.*)</style>", text, re.DOTALL)
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)

    assert len(style) == len(policy) == 1
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert policy == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert re.findall(r"https?://|//|url\(|@import", text.replace("/*", "").replace("*/", "")) == []
    assert 'name="viewport" content="width=device-width' in text


def test_lines_of_answers_are_kept() -> None:
    """An answer keeps its lines and its indents; what would hide or turn text is shown as such."""
    text = Comparison.of([trial(answer=AIMessage("if x:\r\n\treturn\u202e 1\x00"))]).to_html()

    assert '<div class="said">if x:\n    return\ufffd 1\ufffd</div>' in text


def test_the_figures() -> None:
    """Who leads, how many calls there were and failed, what was spent, and what the judge cost."""
    text = Comparison.of(
        [
            trial("a/b", scores={"good": 0.5}, cost=Decimal("0.25")),
            trial("c/d", scores={"good": 0.5}, latency_s=2.0),
            trial("c/d", error="APIError: x", cost=None),
            trial("c/d", error="BudgetExceededError: x", refused=True, cost=Decimal(0)),
        ],
        judge_calls=[trial(cost=Decimal("0.125"))],
    ).to_html()

    figures = re.findall(r'<dt>(.*?)</dt><dd class="value">(.*?)</dd>(?:<dd class="(.*?)">(.*?)</dd>)?', text)
    assert figures == [
        ("Fastest", "1.00 s", "more", "a/b"),
        ("Cheapest", "$0.25", "more", "a/b"),
        ("Best by good", "0.50", "more", "a/b and 1 more"),
        ("Calls", "4", "more warn", "1 failed, 1 refused"),
        ("Spent", "$0.75", "more warn", "1 unpriced"),
        ("Judge", "$0.12", "more", "1 call"),
    ]
    assert "<p>c/d: 1 APIError, 1 BudgetExceededError</p><p>The cost of 1 call is not known and in no sum.</p>" in text


def test_without_troubles() -> None:
    """Where all went well, there is no note and no warning; without scores, no section of scores."""
    text = Comparison.of([trial()]).to_html()

    assert '<div class="note"' not in text
    assert "more warn" not in text.partition("<body>")[2]
    assert "<h2>Scores</h2>" not in text
    assert '<div class="pair">' not in text
    assert "<h1>1 model measured</h1>" in text
    assert "<h2>Cost against latency</h2>" in text
    assert 'viewBox="0 0 1040 ' in text


def test_bars_of_scores() -> None:
    """A bar is as long as the mean lies on its scale, also on one that falls; without a mean it is empty."""
    text = Comparison.of(
        [trial("a", scores={"judge": 5.5, "errors": 5.0}), trial("b", scores={"errors": 25.0})],
        scales={"judge": (1, 10), "errors": (20, 0)},
    ).to_html()

    bars = re.findall(r'<b>(\w)</b><span class="soft">(.*?)</span>.*?<rect class="s\d" width="([\d.]*)"', text)
    assert bars == [("a", "5.50", "50"), ("b", "-", "0"), ("a", "5.00", "75"), ("b", "25.00", "0")]
    assert '<h3>judge <span class="soft">1 to 10</span></h3>' in text
    assert '<h3>errors <span class="soft">20 to 0</span></h3>' in text
    assert '<div class="pair">' in text
    assert 'viewBox="0 0 470 ' in text


def test_a_model_of_unknown_cost_has_no_place_in_the_chart() -> None:
    """What has no cost or no time is in the table, not at zero in a chart."""
    text = Comparison.of([trial("a", cost=None), trial("b", cached=True, latency_s=0.001)]).to_html()

    assert "Cost against latency" not in text
    assert Comparison.of([trial("a"), trial("b", cost=None)]).to_html().count('<circle class="point s0"') == 3
    assert Comparison.of([trial("a"), trial("b", cost=None)]).to_html().count('<circle class="point s1"') == 0


def test_dots_are_answers_that_were_measured() -> None:
    """Failures, cached answers, and those of unknown cost have no dot."""
    text = Comparison.of(
        [trial(), trial(cached=True), trial(cost=None), trial(error="X: y"), trial(latency_s=None)]
    ).to_html()

    assert text.count('<circle class="dot s0"') == 3


def test_answers_of_a_large_comparison_are_closed() -> None:
    """Few answers are open at once; many are opened one by one, and very many are in the JSON."""
    few = Comparison.of([trial(input_index=number) for number in range(24)]).to_html()
    many = Comparison.of([trial(input_index=number) for number in range(101)]).to_html()

    assert (few.count("<details open>"), few.count("<details>")) == (24, 0)
    assert (many.count("<details open>"), many.count("<details>")) == (0, 100)
    assert "The first 100 of 101 inputs; JSON has them all." in many
    assert "The first" not in few


def test_very_long_answers_are_cut() -> None:
    """A page shows so much of an answer that a browser can, and says how much is missing."""
    text = Comparison.of([trial(answer=AIMessage("x" * 20_005))]).to_html()

    assert f"{'x' * 20_000}\n… (5 more characters; JSON has them all)</div>" in text
    assert "more characters" not in Comparison.of([trial(answer=AIMessage("x" * 20_000))]).to_html()


def test_repeats_are_told_apart() -> None:
    """The second answer of a model to an input has its number, and each has its facts."""
    text = Comparison.of([trial(scores={"good": 1.0}), trial(repeat=1, error="X: y", cost=Decimal(0))]).to_html()

    assert '<summary><b>a/b</b><span class="soft">1.00 s · $0.50 · good 1.00</span></summary>' in text
    assert '<summary><b>a/b #2</b><span class="bad">failed</span><span class="soft">1.00 s · $0.00</span>' in text


TRIALS = st.builds(
    trial,
    st.sampled_from(["a/b", HOSTILE, "日本/語", "\u202eright\nleft"]),
    input=st.text(max_size=20),
    input_index=st.integers(0, 3),
    latency_s=st.none() | st.floats(0, 1e5),
    first_token_s=st.none() | st.floats(0, 1e5),
    tokens_per_second=st.none() | st.floats(0, 1e6),
    cost=st.none() | st.integers(0, 10**12).map(lambda nano: Decimal(nano).scaleb(-9)),
    scores=st.dictionaries(st.sampled_from(["good", HOSTILE]), st.floats(-10, 10)),
    answer=st.none() | st.text(max_size=30).map(AIMessage),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(TRIALS, max_size=6))
def test_any_page_is_well_formed(trials: list[Any]) -> None:
    """Whatever was measured, each tag is closed in its place, and numbers of the drawing are numbers."""
    comparison = Comparison.of(trials)
    text = comparison.to_html()
    page = Reader(text)

    assert page.open == []
    assert page.tags <= TAGS
    assert re.findall(r'="-?(?:nan|inf)"', text) == []
    assert Reader(comparison._repr_html_()).open == []
    assert str(comparison)
