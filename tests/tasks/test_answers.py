"""Reading what a model says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.tasks import TASKS
from langchain_openrouter.tasks.answers import Answer, read_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"task": "code", "complexity": "complex", "confidence": 0.9}', Answer("code", "complex", 0.9)),
        ('```json\n{"task": "Math"}\n```', Answer("math")),
        ('{"Task": " CODE ", "Complexity": "Simple"}', Answer("code", "simple")),
        ('{"task": "chat", "confidence": "high"}', Answer("chat")),
        ('{"task": "chat", "confidence": 3}', Answer("chat")),
        ('{"task": "chat", "confidence": true}', Answer("chat")),
        ('{"task": "chat", "confidence": NaN}', Answer("chat")),
        ('{"task": "chat", "confidence": 1}', Answer("chat", None, 1.0)),
        ('{"task": "code"} or rather {"task": "math"}', Answer("math")),
        ('{"note": "chat"} {"task": "math"} {broken}', Answer("math")),
        ('<think>code? or math?</think>{"task": "math"}', Answer("math")),
        ("<think>It could be code", None),
        ("math", Answer("math")),
        ("**Translation**.", Answer("translation")),
        ("Coding, moderate", Answer("code", "moderate")),
        ("This is a summarization request", Answer("extraction")),
        ("The task is math, not code.", Answer("math")),
        ("Task: code (because of the math library)", Answer("code")),
        ("It could be code or math.", None),
        ("The task is unclear: code or math", None),
        ("codec", None),
        ('{"task": "cooking"}', None),
        ('{"task": null}', None),
        ('["task"]', None),
        ("", None),
    ],
)
def test_answers(text: str, answer: Answer | None) -> None:
    """JSON is read in whatever it is wrapped, a text where it names one task; what is unclear is none."""
    assert read_answer(text) == answer


@given(
    st.text(), st.sampled_from(["{", '{"task":', '{"task": "code"', "}", "<think>", "task is ", "[" * 5000]), st.text()
)
def test_never_raises(before: str, between: str, after: str) -> None:
    """Any answer gives a task or nothing."""
    answer = read_answer(before + between + after)

    assert answer is None or answer.task in TASKS


@pytest.mark.parametrize("task", TASKS)
def test_each_task(task: str) -> None:
    """The name of each task is understood."""
    for text in (task, task.upper(), f'{{"task": "{task}"}}'):
        answer = read_answer(text)
        assert answer is not None
        assert answer.task == task
