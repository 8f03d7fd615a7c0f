"""Who is asked together, and how often."""

from __future__ import annotations

import re
from typing import Any

import pytest

from langchain_openrouter.cascade import Agreed, MeanLogprob
from langchain_openrouter.cascade.stages import Stage, stages_of


@pytest.mark.parametrize(
    ("models", "stages"),
    [
        (["a/1", "b/2"], [Stage(("a/1",), 3), Stage(("b/2",))]),
        (["a/1", "b/2", "c/3"], [Stage(("a/1", "b/2")), Stage(("c/3",))]),
        (["a/1", "b/2", "c/3", "d/4"], [Stage(("a/1", "b/2")), Stage(("c/3",)), Stage(("d/4",))]),
        ([["a/1", "b/2", "c/3"], "d/4"], [Stage(("a/1", "b/2", "c/3")), Stage(("d/4",))]),
        ([["a/1"], "b/2", "c/3"], [Stage(("a/1", "b/2")), Stage(("c/3",))]),
    ],
)
def test_of_a_plain_list_the_first_two_are_asked_at_once_where_answers_have_to_agree(
    models: Any, stages: list[Stage]
) -> None:
    """One cheap model alone is asked three times."""
    assert stages_of(models, Agreed(), None) == stages


def test_where_nothing_has_to_agree_each_model_is_a_stage() -> None:
    """A single answer can be judged."""
    assert stages_of(["a/1", "b/2", "c/3"], MeanLogprob(), None) == [Stage(("a/1",)), Stage(("b/2",)), Stage(("c/3",))]


def test_samples_are_of_each_model_of_the_first_stage_only() -> None:
    """Later stages cost more, and are asked once."""
    first, *others = stages_of(["a/1", "b/2", "c/3"], Agreed(), 2)

    assert first.asked == ["a/1", "a/1", "b/2", "b/2"]
    assert [stage.asked for stage in others] == [["c/3"]]


@pytest.mark.parametrize(
    ("models", "samples", "words"),
    [
        (["a/1"], None, "nothing to turn to"),
        ([], None, "nothing to turn to"),
        ([[], "a/1"], None, "nothing to turn to"),
        (["a/1", ["b/2", "c/3"]], None, "last stage has several models (b/2, c/3)"),
        (["a/1", "b/2"], 0, "samples=0"),
        (["a/1", "b/2"], 1, "cannot agree with itself"),
    ],
)
def test_what_cannot_be_a_cascade_is_refused(models: Any, samples: int | None, words: str) -> None:
    """The message names the value and the remedy."""
    with pytest.raises(ValueError, match=re.escape(words)):
        stages_of(models, Agreed(), samples)


@pytest.mark.parametrize("models", ["a/1", [1, "b/2"], [None, "b/2"]])
def test_what_is_no_model_is_refused(models: Any) -> None:
    """Before anything is asked."""
    with pytest.raises(TypeError):
        stages_of(models, Agreed(), None)
