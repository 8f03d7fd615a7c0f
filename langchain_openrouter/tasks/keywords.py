"""The classifier that needs nothing but the text: words, and the shape of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.tasks.complexity import complexity_of
from langchain_openrouter.tasks.evidence import Evidence, weigh
from langchain_openrouter.tasks.reading import earlier_text, last_turn, system_text
from langchain_openrouter.tasks.task import TASKS, Task, TaskGuess, check_task
from langchain_openrouter.tasks.together import combine
from langchain_openrouter.tasks.wordlists import Vocabulary, Word, built_in, listed_words, make_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from langchain_openrouter.tasks.reading import Turn

__all__ = ["KeywordClassifier", "look_at", "vision_guess"]

_ENOUGH = 2.0
"""What weighs less says nothing."""

_UNMISTAKABLE = 3.0
"""With so much, neither the turn before nor the system message is asked."""

_EARLIER, _SYSTEM = 0.5, 0.4
"""How much they say, of what the last turn would say."""

_DOUBT = 2.0
"""Lowers the confidence where little was found."""

_NOTHING_FOUND = 0.3
_IMAGE_FOUND = 0.9
_CODE_IN_TEXT = 4.0
_TOLD_AT_MOST = 4
"""Words in a reason."""

_OF_EXTRA = 4.0
_TASKS = frozenset(TASKS)


class KeywordClassifier:
    """Tells the task from words, phrases and the shape of the text, without any I/O, in some 50 microseconds.

    It looks at begin and end of the last human turn. Where that says little, as "and now in Rust" does, the human
    message before it counts, too, and then the system message. It knows words of sixteen languages: English, German,
    French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Ukrainian, Turkish, Chinese, Japanese, Korean, Arabic
    and Hindi. Images make it `vision`, unless the text itself holds code.

    Args:
        extra: Your own words for tasks. A star stands for the rest of a word (`invoice*`); phrases can have spaces.

    Raises:
        ValueError: A key of `extra` is no task, or a word is empty.
        TypeError: What belongs to a task is no list of words.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> KeywordClassifier().classify([HumanMessage("How do I reverse a list in Python?")]).task
        'code'
        >>> KeywordClassifier({"extraction": ["ledger line*"]}).classify(
        ...     [HumanMessage("The ledger lines, please")]
        ... ).task
        'extraction'
    """

    def __init__(self, extra: Mapping[Task, Iterable[str]] | None = None) -> None:
        self._extra = tuple(_read_extra(extra or {}))
        self._vocabulary: Vocabulary | None = None

    def classify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about.

        Args:
            messages: The conversation.
        """
        words = self._words()
        turn, evidence = look_at(messages, words)
        if guess := vision_guess(turn, evidence):
            return guess
        asked = _ask_around(messages, turn, evidence, words)
        return _judge(turn, evidence, asked)

    async def aclassify(self, messages: Sequence[BaseMessage]) -> TaskGuess:
        """Tell what a request is about.

        Args:
            messages: The conversation.
        """
        return self.classify(messages)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the words of the lists, which are there on the other side."""
        return {"_extra": self._extra, "_vocabulary": None}

    def _words(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = make_vocabulary((*listed_words(), *self._extra)) if self._extra else built_in()
        return self._vocabulary


def look_at(messages: Sequence[BaseMessage], words: Vocabulary | None = None) -> tuple[Turn, Evidence]:
    """Read the last turn, and find what speaks for each task in it.

    Args:
        messages: The conversation.
        words: The words to find; by default those of the lists.
    """
    turn = last_turn(messages)
    return turn, _weigh_all(turn.text, words or built_in())


def vision_guess(turn: Turn, evidence: Evidence) -> TaskGuess | None:
    """Give `vision` where there are images, unless the work is in the text: code that stands there."""
    if not turn.has_image or evidence.shape("code") >= _CODE_IN_TEXT:
        return None
    return TaskGuess("vision", _IMAGE_FOUND, complexity_of("vision", turn.length, evidence), "an image")


def _weigh_all(text: str, words: Vocabulary) -> Evidence:
    evidence = weigh(text, words)
    combine(evidence)
    return evidence


def _ask_around(messages: Sequence[BaseMessage], turn: Turn, evidence: Evidence, words: Vocabulary) -> list[str]:
    """Add what was said earlier where the last turn says little; tell who was asked."""
    asked = []
    if _is_unclear(evidence) and (text := earlier_text(messages, turn.start)):
        asked.append("the turn before")
        _add_part(evidence, _weigh_all(text, words), _EARLIER)
    if _is_unclear(evidence) and (text := system_text(messages)):
        asked.append("the system message")
        _add_part(evidence, _weigh_all(text, words), _SYSTEM)
    return asked


def _is_unclear(evidence: Evidence) -> bool:
    return _best(evidence)[1] < _UNMISTAKABLE


def _add_part(evidence: Evidence, other: Evidence, part: float) -> None:
    for kind, score in other.scores.items():
        evidence.scores[kind] = evidence.scores.get(kind, 0.0) + score * part


def _judge(turn: Turn, evidence: Evidence, asked: list[str]) -> TaskGuess:
    task, score = _best(evidence)
    if score < _ENOUGH:
        task, confidence, why = "general", _NOTHING_FOUND, ["nothing speaks for another task"]
    else:
        second = max((other for kind, other in evidence.scores.items() if kind in _TASKS and kind != task), default=0.0)
        confidence, why = score / (score + second + _DOUBT), _found(task, evidence)
    if asked:
        why.append(f"asked: {', '.join(asked)}")
    return TaskGuess(task, confidence, complexity_of(task, turn.length, evidence), "; ".join(why))


def _best(evidence: Evidence) -> tuple[Task, float]:
    """Give the task that most speaks for; the first of `TASKS` of equals."""
    get = evidence.scores.get
    scores = [get(task, 0.0) for task in TASKS]
    best = max(scores)
    return TASKS[scores.index(best)], best


def _found(task: Task, evidence: Evidence) -> list[str]:
    """Tell the strongest signs of a task. They are words of the lists, so nothing private of the text is among them."""
    hits = sorted((hit for hit in evidence.hits if hit.kind == task), key=lambda hit: -hit.weight)[:_TOLD_AT_MOST]
    words = dict.fromkeys(hit.word for hit in hits if hit not in evidence.shapes)
    shapes = dict.fromkeys(hit.word for hit in hits if hit in evidence.shapes)
    told = [f"words: {', '.join(words)}"] if words else []
    return [*told, f"shape: {', '.join(shapes)}"] if shapes else told


def _read_extra(extra: Mapping[Task, Iterable[Any]]) -> Iterator[Word]:
    for task, words in extra.items():
        check_task(task, "extra")
        if isinstance(words, str):
            msg = f"extra[{task!r}] is the text {words!r}, not a list of words. Put it into a list."
            raise TypeError(msg)
        for word in words:
            if not isinstance(word, str) or not word.strip("* "):
                msg = f"{word!r} in extra[{task!r}] is no word. Leave it out."
                raise ValueError(msg)
            yield Word(task, _OF_EXTRA, "_".join(word.split()))
