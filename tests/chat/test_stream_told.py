"""What a stream tells on which chunk, and what it makes of an answer that is none."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage

from langchain_openrouter import InvalidResponseError
from tests.helpers.fake import MODEL, Answer, Server, delta, events, usage_chunk

STREAM = events(
    {**delta("Good "), "id": "gen-1"}, delta("morning."), delta("", finish_reason="stop"), usage_chunk(cost=0.25)
)


def test_the_first_chunk_tells_the_id() -> None:
    """An abandoned stream can be accounted for: its first chunk has the id of the generation."""
    first = next(iter(Server(STREAM).model().stream("Hi")))

    assert first.response_metadata == {"model_provider": "openrouter", "id": "gen-1", "created": 1700000000}


def test_the_last_chunk_tells_the_rest() -> None:
    """Programs read model, provider, finish reason and cost from the last chunk, as the official package gives them."""
    *before, last = Server(STREAM).model().stream("Hi")

    assert last.chunk_position == "last"
    assert last.response_metadata == {
        "model_provider": "openrouter",
        "model_name": MODEL,
        "provider": "Acme",
        "id": "gen-1",
        "created": 1700000000,
        "object": "chat.completion.chunk",
        "finish_reason": "stop",
        "native_finish_reason": "stop",
        "cost": 0.25,
    }
    assert [chunk.text for chunk in before] == ["Good ", "morning."]


def test_a_streamed_generation_tells_what_it_is() -> None:
    """`generate` with `streaming=True` has the identity of the answer in `generation_info`, once."""
    result = Server(STREAM).model(streaming=True).generate([[HumanMessage("Hi")]])

    assert result.generations[0][0].generation_info == {
        "finish_reason": "stop",
        "model_name": MODEL,
        "provider": "Acme",
        "native_finish_reason": "stop",
        "id": "gen-1",
        "created": 1700000000,
        "object": "chat.completion.chunk",
        "model_provider": "openrouter",
    }


@pytest.mark.parametrize("count", [0, 3])
def test_added_chunks_double_nothing(count: int) -> None:
    """However many chunks are added first, no name is said twice in their sum."""
    chunks = list(Server(STREAM).model().stream("Hi"))
    left = sum(chunks[1:count], chunks[0])
    full = sum(chunks[max(count, 1) :], left)

    assert isinstance(full, AIMessageChunk)
    assert (full.response_metadata["model_name"], full.response_metadata["provider"]) == (MODEL, "Acme")
    assert full.text == "Good morning."


@pytest.mark.parametrize("body", [b"It works!", b"<html><body>It works!</body></html>"])
def test_a_page_is_no_answer(body: bytes) -> None:
    """A page where a stream should be is told to be one, also where it has no mark-up."""
    server = Server(Answer(body, 200, {"content-type": "text/html"}))

    with pytest.raises(InvalidResponseError, match="It works!"):
        list(server.model().stream("Hi"))
