"""How much a request demands."""

from __future__ import annotations

import pytest
from langchain_core.messages import HumanMessage

from langchain_openrouter.tasks import KeywordClassifier

SIMPLE = [
    "Hi",
    "What is the capital of France?",
    "What is 17 * 23?",
    "How do I reverse a list in Python?",
    "Translate to German: Good morning",
    "Write a haiku about rain",
    "Wie heißt die Hauptstadt von Kanada?",
    "今天天气怎么样\uff1f",
]
MODERATE = [
    "How does inflation affect wages?",
    "Why does my Rust program not compile?",
    "Write a Python function that parses ISO dates and returns None for bad input, with unit tests.",
    "Natalia sold clips to 48 friends in April, and half as many in May. How many did she sell in April and May?",
    "Analysiere die Ursachen des Ersten Weltkriegs",
    "为什么罗马帝国会灭亡\uff1f",
]
COMPLEX = [
    "Prove that the square root of 2 is irrational.",
    "Design the architecture of a chat application for ten million users. Explain the trade-offs step by step.",
    "Compare remote work and office work: what are the trade-offs for a growing company?",
    "Migrate the app.\n1. Which services first?\n2. How is the data split?\n3. How to go back?\n4. What does it cost?",
    "Démontre étape par étape que la somme des n premiers entiers vaut n(n+1)/2.",
    "设计一个高并发的订单系统架构\uff0c详细分析各方案的权衡\uff0c并给出理由。",
    "Докажи, что простых чисел бесконечно много. Подробно объясни каждый шаг.",
]


def complexity(text: str) -> str:
    """Tell how much a request demands."""
    return KeywordClassifier().classify([HumanMessage(text)]).complexity


@pytest.mark.parametrize("text", SIMPLE)
def test_simple(text: str) -> None:
    """One short question is simple."""
    assert complexity(text) == "simple"


@pytest.mark.parametrize("text", MODERATE)
def test_moderate(text: str) -> None:
    """What has to be thought about is more."""
    assert complexity(text) == "moderate"


@pytest.mark.parametrize("text", COMPLEX)
def test_complex(text: str) -> None:
    """Proofs, designs, comparisons and many demands at once are most."""
    assert complexity(text) == "complex"


@pytest.mark.parametrize(
    ("length", "expected"), [(300, "simple"), (400, "simple"), (1500, "moderate"), (7000, "moderate")]
)
def test_length(length: int, expected: str) -> None:
    """A longer text demands more, and length alone is never complex."""
    text = f"Summarize the letter. {'We write to you about the garden. ' * 400}"[:length]

    assert complexity(text) == expected


@pytest.mark.parametrize(("demands", "expected"), [(1, "simple"), (2, "simple"), (4, "moderate"), (9, "moderate")])
def test_demands(demands: int, expected: str) -> None:
    """Several questions demand more than one."""
    assert complexity("\n".join(["Where is the station?"] * demands)) == expected


@pytest.mark.parametrize(("items", "expected"), [(3, "simple"), (4, "moderate")])
def test_items(items: int, expected: str) -> None:
    """Items of a list are demands, the first line of the text included."""
    assert complexity("\n".join(["- the station"] * items)) == expected


def test_never_less_with_more() -> None:
    """A request with a demanding word in it demands no less than without."""
    levels = ["simple", "moderate", "complex"]
    for text in SIMPLE + MODERATE + COMPLEX:
        assert levels.index(complexity(f"{text}\nThink step by step and explain each step in detail.")) >= levels.index(
            complexity(text)
        )
