"""What holds for any conversation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_openrouter.tasks import TASKS, KeywordClassifier, TaskGuess
from tests.tasks.prompted import prompts

CLASSIFIER = KeywordClassifier()

words = st.sampled_from([word for each in prompts() for word in each.text.split()])
likely = st.lists(words, max_size=60).map(" ".join)
texts = st.one_of(st.text(max_size=400), likely, st.from_regex(r"[\w(){}\[\]\\$^_=<>`'\".,:;|+*/-]{0,300}"))
blocks = st.one_of(
    st.text(max_size=20),
    st.fixed_dictionaries({"type": st.just("text"), "text": texts}),
    st.dictionaries(
        st.sampled_from(["type", "text", "mime_type", "image_url", "id"]),
        st.one_of(
            st.none(), st.integers(), st.sampled_from(["text", "image", "file", "image/png"]), st.text(max_size=5)
        ),
        max_size=4,
    ),
)
contents = st.one_of(texts, st.lists(blocks, max_size=4))


def message(kind: type[BaseMessage], content: Any) -> BaseMessage:
    """Make a message that has not been validated, as other integrations may pass one."""
    return kind.model_construct(content=content, type=kind.model_fields["type"].default)


messages = st.builds(
    message,
    st.sampled_from([HumanMessage, AIMessage, SystemMessage, ToolMessage]),
    st.one_of(contents, st.none(), st.integers()),
)


def is_sound(guess: TaskGuess) -> bool:
    """Say whether a guess keeps to what its class promises."""
    return (
        guess.task in TASKS
        and 0 <= guess.confidence <= 1
        and guess.complexity in {"simple", "moderate", "complex"}
        and 0 < len(guess.reason) < 300
    )


@settings(deadline=None, max_examples=300)
@given(st.lists(messages, max_size=5))
def test_never_raises(conversation: list[BaseMessage]) -> None:
    """Whatever a conversation holds, there is a sound guess, and the same again."""
    guess = CLASSIFIER.classify(conversation)

    assert is_sound(guess)
    assert CLASSIFIER.classify(conversation) == guess == KeywordClassifier().classify(conversation)


@settings(deadline=None, max_examples=300)
@given(texts, st.sampled_from(["", " ", "\n\n", "\t \n"]), st.sampled_from(["", " ", "\n\n", " \r\n"]))
def test_white_space_around(text: str, before: str, after: str) -> None:
    """White space around a text changes nothing but, at a mark of it, how much it demands."""
    plain, spaced = (CLASSIFIER.classify([HumanMessage(each)]) for each in (text, before + text + after))

    assert plain == spaced


@settings(deadline=None)
@given(texts)
def test_blocks_are_as_good_as_a_text(text: str) -> None:
    """A text in a block is read like a plain one."""
    in_blocks = HumanMessage([{"type": "text", "text": text}])

    assert CLASSIFIER.classify([in_blocks]) == CLASSIFIER.classify([HumanMessage(text)])


@pytest.mark.parametrize("middle", ["", "def f(): return 1\n", "Translate this into French. ", "x" * 5000])
def test_long_texts_are_read_at_both_ends(middle: str) -> None:
    """What stands in the middle of a long text costs no time: it is not read."""
    story = "The meeting began at nine and went on for a long while. " * 20
    text = f"Summarize the minutes below.\n{story}{middle}{story}"

    guess = CLASSIFIER.classify([HumanMessage(text)])

    assert (guess.task, guess.reason) == (
        "extraction",
        CLASSIFIER.classify([HumanMessage(story.join(["Summarize the minutes below.\n", story]))]).reason,
    )


@pytest.mark.parametrize(
    "messages", [[], [SystemMessage("Be brief.")], [AIMessage("Hello")], [HumanMessage("")], [HumanMessage([])]]
)
def test_next_to_nothing(messages: list[BaseMessage]) -> None:
    """Without a word of a human, the request is general and simple, and that is not sure."""
    guess = CLASSIFIER.classify(messages)

    assert is_sound(guess)
    assert guess.complexity == "simple"
    assert guess.confidence <= 0.7
