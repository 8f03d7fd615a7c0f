"""What of a stream is passed on, and when: nothing before the first content, and all of it from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks

from langchain_openrouter.routing.failures import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from langchain_openrouter.routing.attempts import Attempt, Attempts

__all__ = ["Ending", "Relay", "as_chunk"]


def as_chunk(message: AIMessage) -> AIMessageChunk:
    """Give a message as a chunk: a whole one, as models that cannot stream give it, is the only chunk of its stream."""
    if isinstance(message, AIMessageChunk):
        return message
    fields = {name: getattr(message, name) for name in AIMessage.model_fields if name != "type"}
    return AIMessageChunk(**fields, chunk_position="last")


_OF_EVERY_CHUNK = frozenset({"model_provider"})
"""By which LangChain reads the content of each chunk; it is not joined."""


class Ending:
    """Lets the last chunk of a stream tell what is known only then.

    Args:
        tell: Gives what it tells, from all that the chunks have told of model, usage and cost.
    """

    def __init__(self, tell: Callable[[AIMessageChunk], dict[str, Any]]) -> None:
        self._tell = tell
        self._heard: list[AIMessageChunk] = []
        self.is_told = False

    def hear(self, message: AIMessage) -> AIMessageChunk:
        """Take a chunk, and give it back; the last one with more to tell."""
        chunk = as_chunk(message)
        if chunk.usage_metadata or chunk.response_metadata.keys() - _OF_EVERY_CHUNK:
            self._heard.append(chunk)
        if chunk.chunk_position != "last":
            return chunk
        self.is_told = True
        whole = add_ai_message_chunks(AIMessageChunk(content=""), *self._heard)
        return chunk.model_copy(update={"response_metadata": {**chunk.response_metadata, **self._tell(whole)}})

    def left(self) -> Iterator[AIMessageChunk]:
        """Give the chunk that tells, where none said that it was the last."""
        if not self.is_told:
            yield self.hear(AIMessageChunk(content="", chunk_position="last"))


class Relay:
    """Passes on the chunks of the attempt that answers. Before its first content, a stream can be left for another.

    Args:
        attempts: The attempts of the call.
        record: Gives what the last chunk tells of them.
    """

    def __init__(self, attempts: Attempts, record: Callable[[], dict[str, Any]]) -> None:
        self._attempts = attempts
        self._record = record
        self._attempt: Attempt | None = None
        self._passing: Attempt | None = None
        self._ending = Ending(dict)
        self._held: list[AIMessageChunk] = []
        self._partial: list[AIMessageChunk] = []
        attempts.partial = lambda: add_ai_message_chunks(AIMessageChunk(content=""), *self._partial)
        self._passed = 0
        """Characters of text that were passed on."""

    def feed(self, attempt: Attempt, message: AIMessage) -> Iterator[AIMessageChunk]:
        """Take a chunk of an attempt, and give those that may be passed on.

        Raises:
            EmptyResponseError: The stream ends with nothing in it, and another model is left.
        """
        if attempt is not self._attempt:
            self._attempt, self._held = attempt, []
            self._ending = Ending(lambda whole: self._accepted(attempt, whole))
        if attempt.first_content is None and not is_empty(message):
            attempt.first_content = self._attempts.clock()
        chunk = self._ending.hear(message)
        if attempt.first_content is None and not self._ending.is_told:
            self._held.append(chunk)
            return
        if attempt is not self._passing:
            yield from self._begin(attempt)
        if self._attempts.limits.restarts and not self._ending.is_told:
            chunk = _without_metadata(chunk)
        self._partial.append(chunk)
        self._passed += len(chunk.text)
        self._attempts.has_passed_calls |= bool(chunk.tool_call_chunks)
        yield chunk

    def finish(self, attempt: Attempt) -> Iterator[AIMessageChunk]:
        """Close a stream whose last chunk did not say that it is the last."""
        if self._attempts.answered is None:
            yield from self.feed(attempt, AIMessageChunk(content="", chunk_position="last"))

    def _begin(self, attempt: Attempt) -> Iterator[AIMessageChunk]:
        """Let go what was held back; after what another attempt has said, with an announcement."""
        self._passing = attempt
        self._partial = []
        if self._attempts.committed:
            failed = self._attempts.made[-2]
            restart = {"after": failed.model, "error": type(failed.error).__name__, "discard": self._passed}
            yield AIMessageChunk(content="", response_metadata={"restarts": [restart]})
        self._attempts.committed = True
        held, self._held = self._held, []
        yield from map(_without_metadata, held) if self._attempts.limits.restarts else held

    def _accepted(self, attempt: Attempt, whole: AIMessageChunk) -> dict[str, Any]:
        self._attempts.accept(attempt, whole, is_empty=attempt.first_content is None and is_empty(whole))
        # Where another model may begin anew, earlier chunks did not tell what they knew.
        told = whole.response_metadata if self._attempts.limits.restarts else {}
        return {**told, "routing": self._record()}


def _without_metadata(chunk: AIMessageChunk) -> AIMessageChunk:
    """Leave out what would be joined to that of a new beginning, such as ids; the last chunk tells all of it."""
    told = chunk.response_metadata
    kept = {name: told[name] for name in _OF_EVERY_CHUNK & told.keys()}
    return chunk if len(kept) == len(told) else chunk.model_copy(update={"response_metadata": kept})
