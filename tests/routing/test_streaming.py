"""What of a stream is passed on, and when: over any chunks, of any number of models."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message

from langchain_openrouter.errors import EmptyResponseError, IncompleteStreamError, OpenRouterError
from langchain_openrouter.routing.attempts import Attempt, Attempts, Limits
from langchain_openrouter.routing.health import Health
from langchain_openrouter.routing.streaming import Ending, Relay, as_chunk
from tests.routing.made import decided, made, table_of

CUT = IncompleteStreamError("It ended early.")


def attempts_of(count: int = 3, *, restarts: bool = False) -> Attempts:
    """Give the attempts of a call over models `a/0`, `a/1` and so on."""
    table = table_of([made(f"a/{i}", f"0.00000{i + 1}") for i in range(count)])
    return Attempts(decided(table), table, Limits(restarts=restarts), Health())


def text(words: str, **more: Any) -> AIMessageChunk:
    """Make a chunk with text."""
    return AIMessageChunk(content=words, **more)


def nothing(**metadata: Any) -> AIMessageChunk:
    """Make a chunk without content, which may tell something."""
    return AIMessageChunk(content="", response_metadata=metadata)


def end(**metadata: Any) -> AIMessageChunk:
    """Make the last chunk."""
    return AIMessageChunk(content="", response_metadata=metadata, chunk_position="last")


def relayed(attempts: Attempts, *streams: list[Any]) -> tuple[list[AIMessageChunk], OpenRouterError | None]:
    """Relay streams, one for each attempt, as the router does; give what was passed on, and the error if one was."""
    relay, passed = Relay(attempts, attempts.record), list[AIMessageChunk]()
    told = iter(streams)
    try:
        for attempt in attempts:
            with attempts.trying(attempt):
                for chunk in next(told):
                    if isinstance(chunk, Exception):
                        raise chunk
                    passed.extend(relay.feed(attempt, chunk))
                passed.extend(relay.finish(attempt))
    except OpenRouterError as error:
        return passed, error
    return passed, None


def added(chunks: list[AIMessageChunk]) -> AIMessage:
    """Add chunks up as every LangChain program does."""
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    message = message_chunk_to_message(whole)
    assert isinstance(message, AIMessage)
    return message


class TestBeforeContent:
    def test_is_held_back(self) -> None:
        """Chunks without content wait for the first one with some, and then come before it, in order."""
        attempts = attempts_of()
        relay = Relay(attempts, attempts.record)
        attempt = next(iter(attempts))

        assert list(relay.feed(attempt, nothing(id="gen-1"))) == []
        assert list(relay.feed(attempt, nothing(created=1))) == []
        committed = attempts.committed
        passed = list(relay.feed(attempt, text("one")))

        assert [chunk.response_metadata for chunk in passed] == [{"id": "gen-1"}, {"created": 1}, {}]
        assert (committed, attempts.committed) == (False, True)
        assert list(relay.feed(attempt, nothing(b=2))) != []

    def test_is_dropped_with_its_model(self) -> None:
        """What a model held back when it failed is never passed on."""
        passed, error = relayed(attempts_of(), [nothing(id="gen-0"), CUT], [nothing(id="gen-1"), text("one"), end()])

        assert error is None
        assert [chunk.response_metadata.get("id") for chunk in passed] == ["gen-1", None, None]
        assert added(passed).response_metadata["routing"]["model"] == "a/1"

    @pytest.mark.parametrize(
        "content",
        [
            text("one"),
            text("", additional_kwargs={"reasoning_content": "hm"}),
            AIMessageChunk(content="", tool_call_chunks=[{"name": "f", "args": "", "id": "1", "index": 0}]),
            AIMessageChunk(content=[{"type": "text", "text": "one", "index": 0}]),
        ],
        ids=["text", "thoughts", "tool call", "block"],
    )
    def test_what_content_is(self, content: AIMessageChunk) -> None:
        """Text, thoughts and tool calls are content: after them a failure is raised."""
        passed, error = relayed(attempts_of(), [content, CUT])

        assert (passed, error) == ([content], CUT)

    def test_empty_stream(self) -> None:
        """A stream that ends without content is a failure, after which the next model is asked."""
        attempts = attempts_of()
        passed, error = relayed(attempts, [nothing(id="gen-0"), end(cost=0.5)], [text("one"), end()])

        assert error is None
        assert added(passed).text == "one"
        assert isinstance(attempts.made[0].error, EmptyResponseError)
        assert [each["cost"] for each in attempts.record()["attempts"]] == ["0.5", None]

    def test_no_chunks(self) -> None:
        """So is one without any chunk."""
        passed, error = relayed(attempts_of(), [], [text("one"), end()])

        assert error is None
        assert added(passed).text == "one"

    def test_empty_stream_of_the_last(self) -> None:
        """The last one's empty stream is passed on as it is, with the routing."""
        passed, error = relayed(attempts_of(1), [nothing(id="gen-0"), end(finish_reason="stop")])

        assert error is None
        message = added(passed)
        assert (message.text, message.response_metadata["finish_reason"]) == ("", "stop")
        assert message.response_metadata["routing"]["model"] == "a/0"


class TestEnd:
    def test_last_chunk_tells(self) -> None:
        """The last chunk tells of the routing, beside what it has told; no other chunk does."""
        passed, _ = relayed(attempts_of(), [text("one"), text(" two"), end(finish_reason="stop")])

        assert ["routing" in chunk.response_metadata for chunk in passed] == [False, False, True]
        assert passed[-1].response_metadata["finish_reason"] == "stop"
        assert passed[-1].chunk_position == "last"

    def test_last_chunk_with_content(self) -> None:
        """The last chunk may be the first with content, too: then it is the only one."""
        passed, error = relayed(attempts_of(), [nothing(id="gen-1"), text("one", chunk_position="last")])

        assert error is None
        assert [chunk.text for chunk in passed] == ["", "one"]
        assert added(passed).response_metadata["routing"]["model"] == "a/0"

    def test_stream_that_names_no_last(self) -> None:
        """A stream whose chunks do not say which is the last is closed by one that does."""
        passed, _ = relayed(attempts_of(), [text("one"), text(" two")])

        assert [(chunk.text, chunk.chunk_position) for chunk in passed] == [("one", None), (" two", None), ("", "last")]
        assert "routing" in passed[-1].response_metadata

    def test_whole_message(self) -> None:
        """A model that cannot stream gives a whole message, which is the only chunk."""
        said = AIMessage("one", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "1"}], response_metadata={"cost": 1})
        passed, _ = relayed(attempts_of(), [said])

        (chunk,) = passed
        assert isinstance(chunk, AIMessageChunk)
        assert (chunk.text, chunk.tool_calls, chunk.chunk_position) == ("one", said.tool_calls, "last")
        assert added(passed).tool_calls == said.tool_calls

    def test_cost_and_provider(self) -> None:
        """What the chunks told of cost and provider is in the record and in the health, wherever it stood."""
        attempts = attempts_of()
        relayed(attempts, [nothing(id="gen-1", provider="Acme"), text("one"), nothing(cost=0.25), end()])

        assert attempts.record()["attempts"][0]["cost"] == "0.25"
        speed = attempts.health.speed("a/0")
        assert speed is not None
        assert speed.first_token_s is not None
        assert speed.duration_s is not None
        assert speed.first_token_s <= speed.duration_s


class TestRestart:
    def test_is_announced(self) -> None:
        """A new beginning is announced by a chunk of its own before it: who failed, how, and what to discard."""
        passed, error = relayed(
            attempts_of(restarts=True),
            [text("one"), text(" two"), CUT],
            [nothing(id="gen-1"), text("uno"), text(" due"), end()],
        )

        assert error is None
        assert [chunk.text for chunk in passed] == ["one", " two", "", "", "uno", " due", ""]
        restart = {"after": "a/0", "error": "IncompleteStreamError", "discard": 7}
        assert passed[2].response_metadata == {"restarts": [restart]}
        message = added(passed)
        assert message.text[7:] == "uno due"
        assert message.response_metadata["routing"]["model"] == "a/1"

    def test_is_not_announced_too_early(self) -> None:
        """A model that fails without content begins nothing."""
        passed, _ = relayed(
            attempts_of(restarts=True), [text("one"), CUT], [nothing(id="gen-1"), CUT], [text("x"), end()]
        )

        restarts = [each for chunk in passed for each in chunk.response_metadata.get("restarts", ())]
        assert [each["discard"] for each in restarts] == [3]
        assert added(passed).text == "onex"

    def test_not_after_tool_calls(self) -> None:
        """Parts of tool calls cannot be taken back."""
        call = AIMessageChunk(content="", tool_call_chunks=[{"name": "f", "args": "{", "id": "1", "index": 0}])
        _, error = relayed(attempts_of(restarts=True), [text("one"), call, CUT])

        assert error is CUT

    def test_not_without_leave(self) -> None:
        """Without leave the error is raised."""
        passed, error = relayed(attempts_of(), [text("one"), CUT])

        assert ([chunk.text for chunk in passed], error) == (["one"], CUT)

    def test_identity(self) -> None:
        """Where a new beginning is possible, only the last chunk tells ids and the like, which would be joined."""
        passed, _ = relayed(
            attempts_of(restarts=True),
            [nothing(id="gen-0"), text("one", response_metadata={"id": "gen-0"}), CUT],
            [nothing(id="gen-1"), text("uno", response_metadata={"id": "gen-1"}), end(id="gen-1", cost=0.5)],
        )

        told = added(passed).response_metadata
        assert (told["id"], told["cost"], told["routing"]["model"]) == ("gen-1", 0.5, "a/1")

    def test_empty_new_beginning(self) -> None:
        """A new beginning without any content does not leave the broken text standing as the answer."""
        passed, error = relayed(attempts_of(2, restarts=True), [text("one"), CUT], [nothing(id="gen-1"), end()])

        restarts = [each["discard"] for chunk in passed for each in chunk.response_metadata.get("restarts", ())]
        assert error is not None or restarts == [3]

    def test_blocks_are_counted(self) -> None:
        """Text in blocks is text."""
        block = AIMessageChunk(content=[{"type": "text", "text": "one", "index": 0}])
        passed, _ = relayed(attempts_of(restarts=True), [block, CUT], [text("uno"), end()])

        assert passed[1].response_metadata["restarts"][0]["discard"] == 3


PIECES = st.sampled_from([nothing(), nothing(id="gen-1"), text("one"), text(" two"), text("…")])


class TestAnything:
    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.tuples(st.lists(PIECES, max_size=5), st.booleans()), min_size=3, max_size=3), st.booleans())
    def test_readers_can_trust_it(self, streams: list[tuple[list[AIMessageChunk], bool]], restarts: bool) -> None:
        """Whoever discards what announcements say holds exactly the text of the model that is told to have answered."""
        attempts = attempts_of(restarts=restarts)
        passed, error = relayed(attempts, *([*pieces, CUT] if fails else [*pieces, end()] for pieces, fails in streams))

        shown, count = "", 0
        for chunk in passed:
            for restart in chunk.response_metadata.get("restarts", ()):
                assert restart["discard"] == count
                shown = ""
            shown, count = shown + chunk.text, count + len(chunk.text)
        if error is None:
            answered = attempts.answered
            assert answered is not None
            pieces, fails = streams[attempts.made.index(answered)]
            assert not fails
            assert shown == "".join(piece.text for piece in pieces)
            assert [chunk for chunk in passed if "routing" in chunk.response_metadata] == passed[-1:]
        else:
            assert all("routing" not in chunk.response_metadata for chunk in passed)
            assert bool(passed) is attempts.committed


class TestEnding:
    def test_tells_once(self) -> None:
        """The last chunk is given what all before it have told, and tells what comes of it."""
        heard: list[dict[str, Any]] = []

        def tell(whole: AIMessageChunk) -> dict[str, Any]:
            heard.append(dict(whole.response_metadata))
            return {"more": 1}

        ending = Ending(tell)
        chunks = [ending.hear(each) for each in (nothing(id="gen-1"), text("one"), end(cost=0.5))]
        assert ending.is_told
        assert list(ending.left()) == []

        assert heard == [{"id": "gen-1", "cost": 0.5}]
        assert [chunk.response_metadata for chunk in chunks] == [{"id": "gen-1"}, {}, {"cost": 0.5, "more": 1}]

    def test_left(self) -> None:
        """Where no chunk was the last, one is made."""
        ending = Ending(lambda _: {"more": 1})
        ending.hear(text("one"))
        (last,) = ending.left()

        assert (last.chunk_position, last.response_metadata) == ("last", {"more": 1})

    def test_as_chunk(self) -> None:
        """A message becomes a chunk with all that it had; a chunk stays itself."""
        usage: Any = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
        message = AIMessage("one", id="7", name="n", usage_metadata=usage, additional_kwargs={"a": 1})
        chunk = as_chunk(message)

        assert message_chunk_to_message(chunk) == message
        assert as_chunk(chunk) is chunk


def test_attempt_is_marked() -> None:
    """The time of the first content is noted on the attempt, once."""
    attempts = attempts_of()
    attempt: Attempt = next(iter(attempts))
    relay = Relay(attempts, attempts.record)
    marks = []
    for chunk in (nothing(), text("one"), text(" two")):
        list(relay.feed(attempt, chunk))
        marks.append(attempt.first_content)

    before, first, later = marks
    assert before is None
    assert first is not None
    assert later == first
