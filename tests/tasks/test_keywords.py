"""What the words find, and what they do not take for a word."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_openrouter.tasks import KeywordClassifier, TaskGuess

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def guess(*messages: BaseMessage | str, **options: Any) -> TaskGuess:
    """Classify a conversation; a text is a human message."""
    conversation = [HumanMessage(each) if isinstance(each, str) else each for each in messages]
    return KeywordClassifier(**options).classify(conversation)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "not_of"),
        [
            ("This thing is which", "chat"),  # hi
            ("Name the classic novels about pythons", "code"),  # python, class
            ("The scoreboard shows a summit", "math"),  # sum
            ("Where do popular poplars grow?", "creative"),  # poem
        ],
    )
    def test_no_part_of_a_word(self, text: str, not_of: str) -> None:
        """A word inside of another is none."""
        assert guess(text).task != not_of

    @pytest.mark.parametrize(
        "text", ["How", "What", "Write", "How to", "what is", "Please write", "Can you", "give me"]
    )
    def test_words_that_say_nothing(self, text: str) -> None:
        """How, what and write alone are no sign of any task."""
        assert guess(text) == TaskGuess("general", 0.3, "simple", "nothing speaks for another task")

    @pytest.mark.parametrize(
        ("text", "task"),
        [
            ("How do I reverse a list in Python?", "code"),
            ("How are you?", "chat"),
            ("How does inflation affect wages?", "analysis"),
            ("How many apples are left of 12 if 5 are eaten?", "math"),
            ("How do you say apple in Polish?", "translation"),
            ("How do I cook lentils?", "general"),
        ],
    )
    def test_how(self, text: str, task: str) -> None:
        """The same first word opens all kinds of questions."""
        assert guess(text).task == task

    def test_hints_are_not_enough(self) -> None:
        """A list is no code by itself; it is one beside a programming language."""
        assert guess("Give me a list of methods to relax").task == "general"
        assert guess("Give me a list of methods in Kotlin").task == "code"

    def test_a_greeting_before_a_request(self) -> None:
        """Politeness does not make a request small talk, nor hide the verb that it begins with."""
        assert guess("Hi there! Could you please summarize the report for me?").task == "extraction"
        assert guess("Hello, thanks for your help. Please solve 3x + 4 = 19.").task == "math"

    def test_a_first_word_counts_only_there(self) -> None:
        """What is wanted stands at the begin of a sentence."""
        wanted, told = guess("Count the chairs in the room"), guess("The chairs in the room count")

        assert (wanted.task, told.task) == ("extraction", "general")

    def test_words_of_another_language(self) -> None:
        """A word of another language that looks like one of this text does not count."""
        assert guess("What is the role of her in the alan of the salt?").task == "general"  # Turkish: each, area

    def test_a_question_about_a_passage(self) -> None:
        """What the passage is about does not matter, whether the question stands before or after it."""
        passage = "The programmers compiled the Python code and the poet wrote a poem about the equation. " * 4
        for text in (f"Who compiled it?\n\n{passage}", f"{passage}\n\nWho compiled it?"):
            assert guess(text).task == "extraction"

    def test_a_fact_of_a_passage(self) -> None:
        """A fact that stands in the passage is looked up there."""
        passage = "The old town lies on a hill above the river, and its walls are nine hundred years of age. " * 3

        assert guess(f"Tell me who built it, and when was that\n\n{passage}").task == "extraction"

    def test_the_reason(self) -> None:
        """The reason names the strongest words and shapes, and nothing else of the text."""
        told = guess(
            "Why does secret_function() fail?\nTraceback (most recent call last):\n  ValueError: sk-or-v1-0123"
        )

        assert told.task == "code"
        assert told.reason == "words: traceback, valueerror; shape: stack trace, code-like punctuation"

    def test_equal_everywhere(self) -> None:
        """Guess and reason do not depend on the seed of Python's hashes."""
        code = (
            "from langchain_openrouter.tasks import KeywordClassifier\n"
            "from langchain_core.messages import HumanMessage\n"
            "print(ascii(KeywordClassifier().classify([HumanMessage('Übersetze das Gedicht, 翻译 this SQL poem')])))"
        )
        told = {
            subprocess.run(
                [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
            ).stdout
            for seed in ("0", "1", "2")
        }

        assert len(told) == 1


class TestConversation:
    def test_a_short_turn_leans_on_the_one_before(self) -> None:
        """A follow-up is about what was asked before, and says that it was looked at."""
        before = [HumanMessage("Write a Python function that sorts a list"), AIMessage("Here it is")]
        told = guess(*before, "now make it shorter")

        assert told.task == "code"
        assert told.reason.endswith("asked: the turn before")
        assert guess("now make it shorter").task == "general"

    def test_a_clear_turn_does_not(self) -> None:
        """A new subject is a new subject."""
        before = [HumanMessage("Write a Python function that sorts a list"), AIMessage("Here it is")]

        assert guess(*before, "Thank you so much!").task == "chat"
        assert guess(*before, "Translate your answer into Dutch").task == "translation"

    def test_the_system_message_decides_between_equals(self) -> None:
        """It counts where the human says nothing clear, and not against a clear request."""
        system = SystemMessage("You are a translator. Translate what you get into Greek.")

        assert guess(system, "The train is late").task == "translation"
        assert guess(system, "Fix the segfault in my C++ code").task == "code"
        assert "the system message" in guess(system, "The train is late").reason

    def test_tool_messages_after_the_request(self) -> None:
        """In the middle of an agent's run, the request is still the human's."""
        told = guess("Summarize my mails", AIMessage("Looking"), ToolMessage("def f(): return 1", tool_call_id="1"))

        assert told.task == "extraction"

    def test_a_turn_of_several_messages(self) -> None:
        """Human messages that follow each other are one turn."""
        assert guess("Translate into Spanish:", "The garden is green").reason.startswith("words: ")
        assert "asked" not in guess("Translate into Spanish:", "The garden is green").reason
        assert guess(HumanMessage([IMAGE]), "What is this?").task == "vision"

    @pytest.mark.parametrize("role", ["user", "human"])
    def test_chat_messages(self, role: str) -> None:
        """A message with a role of its own is read by that."""
        assert guess(ChatMessage(content="Solve x + 2 = 5", role=role), AIMessage("3")).task == "math"


class TestVision:
    @pytest.mark.parametrize(
        "block",
        [
            IMAGE,
            {"type": "image", "url": "https://example.com/a.png"},
            {"type": "input_image", "image_url": "https://example.com/a.png"},
            {"type": "video", "url": "https://example.com/a.mp4"},
            {"type": "file", "mime_type": "image/png", "base64": "AAAA"},
            {"type": "media", "media_type": "image/webp", "data": "AAAA"},
        ],
    )
    def test_images(self, block: dict[str, Any]) -> None:
        """An image makes the request one of vision, in whatever form it comes."""
        told = guess(HumanMessage([{"type": "text", "text": "Extract the total as JSON"}, block]))

        assert told == TaskGuess("vision", 0.9, "simple", "an image")

    @pytest.mark.parametrize(
        "block", [{"type": "file", "mime_type": "application/pdf"}, {"type": "audio"}, {}, {"type": 3}]
    )
    def test_other_blocks(self, block: dict[str, Any]) -> None:
        """Other files are no images."""
        assert guess(HumanMessage([{"type": "text", "text": "What is this?"}, block])).task != "vision"

    def test_code_in_the_text(self) -> None:
        """With code in the text, a screenshot only shows what is wrong with it."""
        code = (
            "Why is the button not centred?\n```css\n.button { margin: 0 auto; }\n```\nimport styles\nreturn render(x);"
        )

        assert guess(HumanMessage([{"type": "text", "text": code}, IMAGE])).task == "code"
        assert (
            guess(HumanMessage([{"type": "text", "text": "Which programming language is this?"}, IMAGE])).task
            == "vision"
        )

    def test_only_of_the_last_turn(self) -> None:
        """An image of an earlier turn is not looked at again; one that a tool showed since is."""
        earlier = [HumanMessage([IMAGE]), AIMessage("A cat")]
        shown = ToolMessage([IMAGE], tool_call_id="1")

        assert guess(*earlier, "Write a poem about cats").task == "creative"
        assert guess("Open the page", AIMessage("Opened"), shown).task == "vision"


class TestExtra:
    def test_words_of_the_user(self) -> None:
        """Words, stems and phrases of the user count, in any letter case."""
        extra = {"extraction": ["Widget*", "north star"], "math": ["帳簿"]}

        assert guess("the widgets", extra=extra).task == "extraction"
        assert guess("Our NORTH STAR", extra=extra).task == "extraction"
        assert guess("帳簿について", extra=extra).task == "math"
        assert guess("the north of a star", extra=extra).task == "general"
        assert guess("the widgets").task == "general"

    @pytest.mark.parametrize(
        ("extra", "error", "said"),
        [
            ({"coding": ["x"]}, ValueError, "'coding' in extra is no task. There are code, math"),
            ({"code": "cobol"}, TypeError, r"extra\['code'\] is the text 'cobol'"),
            ({"code": ["cobol", " * "]}, ValueError, "' \\* ' in extra"),
            ({"code": [None]}, ValueError, "None in extra"),
        ],
    )
    def test_bad_words(self, extra: Any, error: type[Exception], said: str) -> None:
        """What is no list of words for a task is refused at once."""
        with pytest.raises(error, match=said):
            KeywordClassifier(extra)


def test_pickling() -> None:
    """A classifier keeps the user's words when it is pickled, and not those of the package."""
    classifier = KeywordClassifier({"code": ["frobnicate"]})
    classifier.classify([HumanMessage("Hello")])
    pickled = pickle.dumps(classifier)

    assert len(pickled) < 500
    assert pickle.loads(pickled).classify([HumanMessage("frobnicate")]).task == "code"  # noqa: S301  # our own
    assert pickle.loads(pickle.dumps(guess("Hi"))) == guess("Hi")  # noqa: S301  # our own


async def test_async() -> None:
    """The asynchronous answer is the same."""
    messages = [HumanMessage("Write a limerick")]

    assert await KeywordClassifier().aclassify(messages) == KeywordClassifier().classify(messages)


def test_importing_is_cheap() -> None:
    """Importing the room reads no words, and loads neither models nor numbers."""
    code = (
        "import sys, langchain_openrouter.tasks as tasks\n"
        "from langchain_openrouter.tasks import wordlists\n"
        "tasks.KeywordClassifier(), tasks.as_classifier('keywords')\n"
        "print(wordlists.listed_words.cache_info().currsize, wordlists.built_in.cache_info().currsize)\n"
        "slow = {'langchain_core.language_models', 'langchain_core.embeddings', 'langchain_core.runnables', 'numpy'}\n"
        "print(sorted(slow & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "0 0\n[]\n"
