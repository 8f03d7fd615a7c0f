"""The file that a screening goes on from: whatever a crash leaves of it, no answer is lost, and none is of another."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompt_values import StringPromptValue

from langchain_openrouter.evaluation.screening.checkpoint import digest, opened
from langchain_openrouter.evaluation.screening.standings import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from langchain_openrouter.evaluation.screening.checkpoint import Checkpoint

HEADER = {"models": ["a", "b"], "seed": 0, "keep": [0.5]}
FIRST = Outcome(model="a", prompt=1, score=0.1, answer="yes \u2028\ud800\n", cost=Decimal("0.0000000012"), seconds=0.5)
SECOND = Outcome(model="b", prompt=0, answer="", score=None)

outcomes = st.builds(
    Outcome,
    model=st.text(),
    prompt=st.integers(0, 999),
    score=st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    answer=st.one_of(st.none(), st.text(st.characters())),
    cost=st.one_of(st.none(), st.decimals(0, 100, places=15)),
    seconds=st.one_of(st.none(), st.floats(0, 100)),
)


def write(path: Path, *outcomes: Outcome, header: dict[str, Any] = HEADER) -> None:
    """Begin a checkpoint, or go on with it."""
    with opened(path, header) as checkpoint:
        for outcome in outcomes:
            checkpoint.add(outcome)


def read(path: Path, header: dict[str, Any] = HEADER) -> tuple[Outcome, ...]:
    """Read what a run would go on from."""
    with opened(path, header) as checkpoint:
        return checkpoint.outcomes


def _add(checkpoint: Checkpoint, outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        checkpoint.add(outcome)


class TestKeeping:
    def test_round_trip(self, tmp_path: Path) -> None:
        """What was written is read, exactly; a folder is made where there is none."""
        path = tmp_path / "runs" / "one.jsonl"
        write(path, FIRST)
        write(path, SECOND)

        assert read(path) == (FIRST, SECOND)
        assert len(path.read_text().splitlines()) == 3

    @given(st.lists(outcomes, max_size=5, unique_by=lambda each: (each.model, each.prompt)))
    def test_any_outcome(self, tmp_path_factory: pytest.TempPathFactory, made: list[Outcome]) -> None:
        """Any text, number and amount comes back as it was."""
        path = tmp_path_factory.mktemp("any") / "one.jsonl"
        write(path, *made)

        assert read(path) == tuple(made)

    def test_at_once(self, tmp_path: Path) -> None:
        """An outcome is in the file as soon as it was added."""
        path = tmp_path / "one.jsonl"
        with opened(path, HEADER) as checkpoint:
            checkpoint.add(FIRST)
            assert json.loads(path.read_text().splitlines()[-1])["model"] == "a"

    def test_what_failed_is_asked_again(self, tmp_path: Path) -> None:
        """Calls that failed, and answers that a scorer failed on, are not gone on from; the last word counts."""
        path = tmp_path / "one.jsonl"
        failed = Outcome(model="a", prompt=1, error="RateLimitError")
        unscored = Outcome(model="b", prompt=0, answer="x", unscored="ValueError")
        write(path, failed, unscored)
        assert read(path) == ()

        write(path, FIRST)
        assert read(path) == (FIRST,)

    def test_nowhere(self) -> None:
        """Without a path, nothing is kept."""
        with opened(None, HEADER) as checkpoint:
            checkpoint.add(FIRST)
            assert checkpoint.outcomes == ()

    def test_threads(self, tmp_path: Path) -> None:
        """Threads write whole lines."""
        path = tmp_path / "one.jsonl"
        made = [[Outcome(model=f"m{number}", prompt=prompt) for prompt in range(50)] for number in range(4)]
        with opened(path, HEADER) as checkpoint:
            threads = [threading.Thread(target=_add, args=(checkpoint, some)) for some in made]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert set(read(path)) == {each for some in made for each in some}

    def test_private(self, tmp_path: Path) -> None:
        """Answers are nobody else's business."""
        write(tmp_path / "one.jsonl", FIRST)

        assert (tmp_path / "one.jsonl").stat().st_mode & 0o077 == 0


class TestDamage:
    def test_cut_anywhere(self, tmp_path: Path) -> None:
        """Wherever a crash cuts the file off, whole lines count, the rest is dropped, and new lines can follow."""
        path = tmp_path / "one.jsonl"
        write(path, FIRST, SECOND)
        whole = path.read_bytes()
        ends = [place for place, byte in enumerate(whole, 1) if byte == ord("\n")]

        for length in range(len(whole) + 1):
            path.write_bytes(whole[:length])
            kept = (FIRST, SECOND)[: max(0, sum(end <= length for end in ends) - 1)]
            assert read(path) == kept
            write(path, SECOND)
            assert read(path) == tuple(dict.fromkeys([*kept, SECOND]))

    @pytest.mark.parametrize(
        "line", [b"\xff\xfe", b"{}", b"[]", b"null", b'{"model": "a"', b'{"score": "x", "cost": null}',
                 b'{"model": "a", "prompt": 0, "score": null, "cost": "much"}',
                 b'{"model": "a", "prompt": 0, "score": null, "cost": null, "newer": 1}'],
    )  # fmt: skip
    def test_a_bad_line(self, tmp_path: Path, line: bytes, caplog: pytest.LogCaptureFixture) -> None:
        """A line that cannot be read costs its call, is told, and nothing else."""
        path = tmp_path / "one.jsonl"
        write(path, FIRST)
        path.write_bytes(path.read_bytes() + line + b"\n")
        write(path, SECOND)
        caplog.clear()

        assert read(path) == (FIRST, SECOND)
        assert [record.getMessage() for record in caplog.records] == [
            f"Line 3 of checkpoint {path} cannot be read; its call is made again."
        ]


class TestRefusing:
    def test_another_experiment(self, tmp_path: Path) -> None:
        """The file of another experiment is refused, with what is different, and left as it is."""
        path = tmp_path / "one.jsonl"
        write(path, FIRST)
        before = path.read_bytes()

        with pytest.raises(ValueError, match=r"is of another screening: seed 0 there, 1 here\. Pass another file"):
            read(path, {**HEADER, "seed": 1})
        with pytest.raises(ValueError, match=r"models \['a', 'b'\] there, \['a'\] here; keep"):
            read(path, {"models": ["a"], "seed": 0, "keep": []})
        assert path.read_bytes() == before

    @pytest.mark.parametrize("content", [b"my diary", b"my diary\n", b'{"a": 1}\n', b"[1]\n", b"\n", b"\xff\n"])
    def test_no_checkpoint(self, tmp_path: Path, content: bytes) -> None:
        """A file of the user's is left alone."""
        path = tmp_path / "diary"
        path.write_bytes(content)

        with pytest.raises(ValueError, match=r"diary' is no checkpoint of a screening, and is left as it is"):
            read(path)
        assert path.read_bytes() == content

    def test_two_at_once(self, tmp_path: Path) -> None:
        """Two screenings do not write to one file at a time; afterwards the second one may."""
        path = tmp_path / "one.jsonl"
        with opened(path, HEADER), pytest.raises(BlockingIOError, match="Another screening is writing"):
            read(path)

        assert read(path) == ()


def _picture(url: str) -> list[HumanMessage]:
    return [HumanMessage([{"type": "image_url", "image_url": url}])]


class TestDigest:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (["a"], ["b"]), (["a", "b"], ["b", "a"]), ([HumanMessage("a")], [AIMessage("a")]), ([1], ["1"]),
            (_picture("a"), _picture("b")),
            ([Decimal(1)], [Decimal(2)]), ([{(1, 2): 3}], [{(1, 2): 4}]), (["\ud800"], ["\ud801"]),
        ],
    )  # fmt: skip
    def test_told_apart(self, one: Any, other: Any) -> None:
        """Other prompts have another digest."""
        assert digest(one) != digest(other)

    def test_the_same_next_time(self) -> None:
        """The same prompts have the same digest, though objects lie elsewhere and messages have other ids."""
        assert digest([HumanMessage("a", id="1")]) == digest([HumanMessage("a", id="2")])
        assert digest([StringPromptValue(text="a")]) == digest([StringPromptValue(text="a")])
        assert digest([object()]) == digest([object()])
        assert digest([{"b": 1, "a": 2}]) == digest([{"a": 2, "b": 1}])
