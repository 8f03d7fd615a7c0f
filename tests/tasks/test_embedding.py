"""The classifier that compares with examples."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.messages import BaseMessage, HumanMessage

from langchain_openrouter.errors import AuthenticationError, BudgetExceededError
from langchain_openrouter.tasks import TASKS, EmbeddingClassifier, ModelClassifier, Task, TaskGuess
from langchain_openrouter.tasks.embedding import built_in_examples, similarities
from tests.tasks.prompted import prompts

LETTERS = "abcdefghijklmnopqrstuvwxyz"
EXAMPLES: dict[Task, list[str]] = {"code": ["aa", "ab"], "math": ["zz"], "chat": ["mm", "mn", "my", "mb", "mc"]}


class Letters(Embeddings):
    """Counts letters; notes what it is asked, and can fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.documents = 0
        self.queries: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Count the letters of several texts."""
        self.documents += 1
        if self.error:
            raise self.error
        return [[float(text.count(letter)) for letter in LETTERS] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Count the letters of a text."""
        self.queries.append(text)
        return [float(text.count(letter)) for letter in LETTERS]


Classify = Callable[[EmbeddingClassifier, Sequence[BaseMessage]], Awaitable[TaskGuess]]


async def _sync(classifier: EmbeddingClassifier, messages: Sequence[BaseMessage]) -> TaskGuess:
    return classifier.classify(messages)


async def _async(classifier: EmbeddingClassifier, messages: Sequence[BaseMessage]) -> TaskGuess:
    return await classifier.aclassify(messages)


@pytest.fixture(params=[_sync, _async], ids=["classify", "aclassify"])
def classify(request: pytest.FixtureRequest) -> Classify:
    """Both ways to ask."""
    chosen: Classify = request.param
    return chosen


def ask(text: str) -> list[BaseMessage]:
    """Ask something."""
    return [HumanMessage(text)]


class TestSimilarity:
    async def test_the_nearest(self, classify: Classify) -> None:
        """The task of the most similar examples is the guess, their mean similarity its confidence."""
        told = await classify(EmbeddingClassifier(Letters(), EXAMPLES), ask("zz"))

        assert (told.task, told.complexity, told.reason) == ("math", "simple", "like examples of math (1.00)")
        assert told.confidence == pytest.approx(1)

    async def test_below_the_threshold(self, classify: Classify) -> None:
        """A request that is like no example is general."""
        told = await classify(EmbeddingClassifier(Letters(), EXAMPLES, threshold=0.5), ask("azqqq"))

        assert told == TaskGuess("general", 0.3, "simple", "only like examples of math (0.30), below 0.5")

    async def test_at_the_threshold(self, classify: Classify) -> None:
        """The threshold itself is similar enough."""
        assert (await classify(EmbeddingClassifier(Letters(), EXAMPLES, threshold=1.0), ask("zzz"))).task == "math"

    def test_the_three_nearest(self) -> None:
        """One example that happens to fit does not outweigh a task that fits throughout, and far ones do no harm."""
        known = EmbeddingClassifier(Letters(), EXAMPLES)._as_examples(Letters().embed_documents(_texts()))
        told = similarities(Letters().embed_query("m"), known)

        assert told["chat"] == pytest.approx((1 + 2 * 0.5**0.5) / 3)
        assert told["math"] == 0

    @pytest.mark.parametrize("vector", [[], [0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0]])
    def test_no_direction(self, vector: list[float]) -> None:
        """A vector without a direction is similar to nothing."""
        known = EmbeddingClassifier(Letters(), {"code": ["a"]})._as_examples([[1.0, 0.0]])

        assert similarities(vector, known) == {"code": 0}

    def test_negative(self) -> None:
        """A negative similarity is no confidence."""

        class Against(Letters):
            def embed_query(self, text: str) -> list[float]:
                return [-each for each in super().embed_query(text)]

        told = EmbeddingClassifier(Against(), {"code": ["a"]}, threshold=-1).classify(ask("a"))

        assert (told.task, told.confidence) == ("code", 0)


def _texts() -> list[str]:
    return [text for texts in EXAMPLES.values() for text in texts]


class TestEconomy:
    async def test_examples_are_embedded_once(self, classify: Classify) -> None:
        """Nothing is embedded before it is needed, and examples only once."""
        embeddings = Letters()
        classifier = EmbeddingClassifier(embeddings, EXAMPLES)
        assert embeddings.documents == 0

        for text in ("aa", "zz"):
            await classify(classifier, ask(text))

        assert (embeddings.documents, embeddings.queries) == (1, ["aa", "zz"])

    @pytest.mark.parametrize(
        ("content", "task"),
        [
            ("", "general"),
            ("  \n", "general"),
            ([{"type": "text", "text": "aa"}, {"type": "image", "url": "https://example.com"}], "vision"),
        ],
    )
    async def test_nothing_to_embed(self, content: Any, task: str, classify: Classify) -> None:
        """Images and empty requests need no embedding."""
        embeddings = Letters()
        told = await classify(EmbeddingClassifier(embeddings, EXAMPLES), [HumanMessage(content)])

        assert told.task == task
        assert (embeddings.documents, embeddings.queries) == (0, [])

    async def test_long_requests_are_cut(self, classify: Classify) -> None:
        """Begin and end are embedded."""
        embeddings = Letters()
        await classify(EmbeddingClassifier(embeddings, EXAMPLES), ask("a" * 10_000 + "z"))

        assert len(embeddings.queries[0]) < 1000
        assert embeddings.queries[0].endswith("z")

    def test_threads(self) -> None:
        """Threads that come at once share one embedding of the examples."""
        together = threading.Barrier(8)
        embeddings = Letters()
        classifier = EmbeddingClassifier(embeddings, EXAMPLES)

        def go(_: int) -> str:
            together.wait()
            return classifier.classify(ask("zz")).task

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(go, range(8))) == ["math"] * 8
        assert embeddings.documents == 1

    async def test_tasks(self) -> None:
        """So do asynchronous callers, in one event loop after the other."""
        embeddings = Letters()
        classifier = EmbeddingClassifier(embeddings, EXAMPLES)
        told = await asyncio.gather(*(classifier.aclassify(ask("zz")) for _ in range(8)))
        later = await asyncio.to_thread(lambda: asyncio.run(classifier.aclassify(ask("zz"))))

        assert {each.task for each in (*told, later)} == {"math"}
        assert embeddings.documents == 1


class TestFailures:
    async def test_survived(self, classify: Classify) -> None:
        """The words decide instead, the reason says so, and the next request tries again."""
        embeddings = Letters(OSError("https://user:secret@host"))
        classifier = EmbeddingClassifier(embeddings, EXAMPLES)
        told = await classify(classifier, ask("Write a poem"))

        assert told.task == "creative"
        assert told.reason == "the embeddings failed (OSError), so words: poem, write, to be written"

        embeddings.error = None
        assert (await classify(classifier, ask("zz"))).task == "math"
        assert embeddings.documents == 2

    async def test_too_few_vectors(self, classify: Classify) -> None:
        """Embeddings that lose examples are not believed."""

        class Losing(Letters):
            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                return super().embed_documents(texts)[1:]

        told = await classify(EmbeddingClassifier(Losing(), EXAMPLES), ask("zz"))

        assert told.reason.startswith("the embeddings failed (ValueError)")

    @pytest.mark.parametrize("error", [BudgetExceededError("no"), AuthenticationError("no")])
    async def test_raised(self, error: Exception, classify: Classify) -> None:
        """A limit of the user's and a wrong key are not hidden."""
        with pytest.raises(type(error)):
            await classify(EmbeddingClassifier(Letters(error), EXAMPLES), ask("zz"))

    async def test_another_fallback(self, classify: Classify) -> None:
        """The fallback can be any classifier."""
        from langchain_core.language_models import FakeListChatModel

        fallback = ModelClassifier(FakeListChatModel(responses=["chat"]))
        told = await classify(EmbeddingClassifier(Letters(OSError()), EXAMPLES, fallback=fallback), ask("zz"))

        assert told.task == "chat"


@pytest.mark.parametrize(
    ("examples", "threshold", "said"),
    [
        ({"coding": ["a"]}, 0.3, "'coding' in examples is no task"),
        ({"code": []}, 0.3, r"examples\['code'\]=\[\] is no list"),
        ({"code": "a"}, 0.3, r"examples\['code'\]='a' is no list"),
        ({}, 0.3, "nothing to compare with"),
        (None, 1.5, "threshold=1.5 is no cosine"),
        (None, float("nan"), "threshold=nan"),
    ],
)
def test_bad_arguments(examples: Any, threshold: float, said: str) -> None:
    """What cannot work is refused at once."""
    with pytest.raises(ValueError, match=said):
        EmbeddingClassifier(Letters(), examples, threshold=threshold)


def test_pickling() -> None:
    """A pickled classifier leaves the embedded examples behind."""
    classifier = EmbeddingClassifier(Letters(), EXAMPLES, threshold=0.2)
    classifier.classify(ask("zz"))
    copied = pickle.loads(pickle.dumps(classifier))  # noqa: S301  # our own

    assert copied.classify(ask("zz")).task == "math"
    assert copied._embeddings.documents == 2


class TestBuiltInExamples:
    def test_there_are_some_of_each_task(self) -> None:
        """Each task that a text can show has ten or more; none is a prompt of the accuracy tests."""
        examples = built_in_examples()

        assert set(examples) == set(TASKS) - {"vision", "general"}
        assert all(len(texts) >= 10 for texts in examples.values())
        assert {each.text for each in prompts()}.isdisjoint(text for texts in examples.values() for text in texts)

    def test_they_are_used(self) -> None:
        """Without examples of one's own, each of them is found to be what it is."""
        classifier = EmbeddingClassifier(_Words())
        right = [
            classifier.classify(ask(text)).task == task for task, texts in built_in_examples().items() for text in texts
        ]

        assert sum(right) / len(right) > 0.9


class _Words(Embeddings):
    """Counts words, by a number that does not change from run to run."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * 509
        for word in text.lower().split():
            vector[int.from_bytes(word.encode(), "big") % 509] += 1
        return vector
