"""Streams that break after their first content: the error with the part that came, or a new beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGenerationChunk

from integration_tests.routers import (
    FIRST,
    SAID,
    SAY,
    SECOND,
    THIRD,
    THREE,
    Elsewhere,
    Tried,
    asked,
    router_of,
    tried,
)
from integration_tests.support import Served, merged
from langchain_openrouter import (
    APIConnectionError,
    AuthenticationError,
    IncompleteStreamError,
    OverloadedError,
    ServerError,
    StreamIdleError,
)
from langchain_openrouter.emulator import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.runnables import Runnable

    from langchain_openrouter import OpenRouterError
    from langchain_openrouter.routing.router import ModelRouter

REASONING = "openai/gpt-5-mini"
NOTHING = AIMessageChunk(content="")

BREAKS: dict[str, tuple[Fault, type[OpenRouterError]]] = {
    "cut": (Fault(kind="cut", after=4), APIConnectionError),
    "end early": (Fault(kind="end_early", after=4), IncompleteStreamError),
    "silence": (Fault(kind="stall", seconds=None, after=4), StreamIdleError),
    "error": (Fault(kind="midstream_error", status=529, after=4), OverloadedError),
    "error without choices": (Fault(kind="midstream_error", status=529, after=4, form="no_choices"), OverloadedError),
    "error without finish": (Fault(kind="midstream_error", status=529, after=4, form="null_finish"), OverloadedError),
    "error in words": (Fault(kind="midstream_error", after=4, form="string_code"), ServerError),
    "error in the choice": (Fault(kind="midstream_error", status=529, after=4, form="choice_error"), OverloadedError),
    "wrong key": (Fault(kind="midstream_error", status=401, after=4), AuthenticationError),
}
"""Each comes after three words."""


def failing(fault: Fault, model: str, **changes: Any) -> Fault:
    """Let a fault strike one model."""
    fields = {name: getattr(fault, name) for name in fault.__slots__}
    return Fault(**{**fields, "model": model, **changes})


class Heard:
    """What a reader of a stream has heard when it ended, well or not."""

    def __init__(self) -> None:
        self.chunks: list[AIMessageChunk] = []
        self.error: Any = None

    @property
    def text(self) -> str:
        """All text, as it came."""
        return "".join(chunk.text for chunk in self.chunks)

    @property
    def shown(self) -> str:
        """What is on the screen of a reader that takes back what an announcement says."""
        shown, passed = "", 0
        for chunk in self.chunks:
            for restart in chunk.response_metadata.get("restarts", ()):
                assert restart["discard"] == passed
                shown = ""
            shown += chunk.text
            passed += len(chunk.text)
        return shown

    @property
    def restarts(self) -> list[dict[str, Any]]:
        """The announcements."""
        return [each for chunk in self.chunks for each in chunk.response_metadata.get("restarts", ())]


async def _stream(model: Runnable[Any, Any], messages: Any, **kwargs: Any) -> Heard:
    heard = Heard()
    try:
        for chunk in model.stream(messages, **kwargs):
            heard.chunks.append(chunk)
    except Exception as error:  # noqa: BLE001  # the test looks at it
        heard.error = error
    return heard


async def _astream(model: Runnable[Any, Any], messages: Any, **kwargs: Any) -> Heard:
    heard = Heard()
    try:
        async for chunk in model.astream(messages, **kwargs):
            heard.chunks.append(chunk)
    except Exception as error:  # noqa: BLE001  # the test looks at it
        heard.error = error
    return heard


@pytest.fixture(params=[_stream, _astream])
def hear(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Give each way to read a stream to its end."""
    way: Callable[..., Any] = request.param
    return way


def router_before(served: Served, position: int, **fields: Any) -> ModelRouter:
    """Give a router of which the models before a position are unavailable."""
    for model in THREE[:position]:
        served.fail(Fault(kind="status", status=503, model=model))
    return router_of(served, stream_idle_timeout=0.1, **fields)


class TestRaise:
    @pytest.mark.parametrize("position", range(3))
    @pytest.mark.parametrize("name", BREAKS)
    async def test_matrix(self, served: Served, hear: Any, name: str, position: int) -> None:
        """What had come is with the error, what was heard is just that, and nobody else is asked."""
        fault, cls = BREAKS[name]
        served.fail(failing(fault, THREE[position]))

        heard = await hear(router_before(served, position), SAY)

        assert isinstance(heard.error, cls)
        assert heard.text == "one two three"
        assert getattr(heard.error, "partial_message", NOTHING).text == "one two three"
        unavailable = [Tried(model, "ServiceUnavailableError") for model in THREE[:position]]
        assert tried(heard.error) == [*unavailable, Tried(THREE[position], type(heard.error).__name__)]
        assert asked(served) == list(THREE[: position + 1])

    async def test_of_another_provider(self, served: Served, hear: Any) -> None:
        """An error of another provider's model keeps its class, and tells what had come, too."""
        other = Elsewhere(text=SAID, pieces=3, error=ConnectionError("The line is dead."))

        heard = await hear(router_of(served, other, FIRST), SAY)

        assert isinstance(heard.error, ConnectionError)
        assert heard.text == "one two three"
        assert getattr(heard.error, "partial_message", NOTHING).text == "one two three"
        assert asked(served) == []


class TestRestart:
    @pytest.mark.parametrize("position", range(2))
    @pytest.mark.parametrize("name", [name for name in BREAKS if name != "wrong key"])
    async def test_matrix(self, served: Served, hear: Any, name: str, position: int) -> None:
        """The next model begins anew; what is to be taken back is exactly what had been passed on."""
        fault, cls = BREAKS[name]
        served.fail(failing(fault, THREE[position]))

        heard = await hear(router_before(served, position, on_midstream_error="restart"), SAY)

        assert heard.error is None
        assert heard.text == f"one two three{SAID}"
        assert heard.shown == SAID
        answer = merged(heard.chunks)
        (restart,) = answer.response_metadata["restarts"]
        assert restart == {"after": THREE[position], "error": tried(answer)[position].error, "discard": 13}
        assert answer.text[restart["discard"] :] == SAID
        assert issubclass(cls, ServerError) or restart["error"] == cls.__name__
        assert answer.response_metadata["routing"]["model"] == THREE[position + 1]
        assert asked(served) == list(THREE[: position + 2])

    async def test_is_announced_before_new_content(self, served: Served, hear: Any) -> None:
        """The announcement comes in a chunk of its own, right before the new beginning, and not before it is one."""
        served.fail(failing(BREAKS["error"][0], FIRST), Fault(kind="status", status=503, model=SECOND))

        heard = await hear(router_of(served, on_midstream_error="restart"), SAY)

        (at,) = [i for i, chunk in enumerate(heard.chunks) if "restarts" in chunk.response_metadata]
        assert heard.chunks[at].text == ""
        assert heard.shown == SAID
        assert merged(heard.chunks).response_metadata["routing"]["model"] == THIRD

    async def test_twice(self, served: Served, hear: Any) -> None:
        """Two breaks are two announcements; the latest says what to take back in all."""
        served.fail(failing(BREAKS["error"][0], FIRST), failing(BREAKS["cut"][0], SECOND, after=3))

        heard = await hear(router_of(served, on_midstream_error="restart"), SAY)

        assert [(each["after"], each["discard"]) for each in heard.restarts] == [(FIRST, 13), (SECOND, 13 + 7)]
        assert heard.shown == SAID
        answer = merged(heard.chunks)
        assert answer.response_metadata["restarts"] == heard.restarts
        assert answer.text[heard.restarts[-1]["discard"] :] == SAID

    async def test_by_the_last(self, served: Served, hear: Any) -> None:
        """Where nobody is left to begin anew, the error is raised with its part."""
        served.fail(failing(BREAKS["error"][0], THIRD))

        heard = await hear(router_before(served, 2, on_midstream_error="restart"), SAY)

        assert isinstance(heard.error, OverloadedError)
        assert getattr(heard.error, "partial_message", NOTHING).text == "one two three"
        assert heard.restarts == []

    async def test_not_for_all_errors(self, served: Served, hear: Any) -> None:
        """What no other model survives is raised after content, too."""
        served.fail(failing(BREAKS["wrong key"][0], FIRST))

        heard = await hear(router_of(served, on_midstream_error="restart"), SAY)

        assert isinstance(heard.error, AuthenticationError)
        assert asked(served) == [FIRST]

    async def test_not_after_tool_calls(self, served: Served, hear: Any) -> None:
        """Parts of tool calls cannot be taken back: the error is raised."""

        def weather(city: str) -> str:
            """Tell the weather in a city."""
            return city

        served.fail(Fault(kind="midstream_error", status=529, after=3, model=FIRST))
        router: Any = router_of(served, on_midstream_error="restart").bind_tools([weather], tool_choice="any")

        heard = await hear(router, "Weather in Oslo?")

        assert isinstance(heard.error, OverloadedError)
        assert any(chunk.tool_call_chunks for chunk in heard.chunks)
        assert asked(served) == [FIRST]

    async def test_by_another_provider(self, served: Served, hear: Any) -> None:
        """A model of another provider can begin anew, and can be what broke."""
        served.fail(failing(BREAKS["cut"][0], FIRST))
        broken = Elsewhere(model_name="broken", text=SAID, pieces=2, error=ConnectionError("The line is dead."))
        whole = Elsewhere(text=SAID)

        heard = await hear(router_of(served, FIRST, broken, whole, on_midstream_error="restart"), SAY)

        assert [(each["after"], each["discard"]) for each in heard.restarts] == [(FIRST, 13), ("broken", 20)]
        assert heard.shown == SAID

    async def test_part_of_the_latest(self, served: Served, hear: Any) -> None:
        """Where the new beginning breaks, too, the error has the part of that one alone."""
        first = Elsewhere(model_name="a", text="uno due", pieces=1, error=ConnectionError("The line is dead."))
        last = Elsewhere(model_name="b", text=SAID, pieces=2, error=ConnectionError("The line is dead."))

        heard = await hear(router_of(served, first, last, on_midstream_error="restart"), SAY)

        assert heard.text == "unoone two"
        assert getattr(heard.error, "partial_message", NOTHING).text == "one two"

    async def test_identity_of_the_answer(self, served: Served, hear: Any) -> None:
        """The whole answer tells id, usage and cost of the generation that answered, not of both."""
        served.fail(failing(BREAKS["error"][0], FIRST))

        answer = merged((await hear(router_of(served, on_midstream_error="restart"), SAY)).chunks)

        made = served.emulator.generations[list(served.emulator.generations)[-1]]
        assert answer.response_metadata["id"] == made["id"]
        assert answer.response_metadata["model_name"] == SECOND
        assert answer.response_metadata["cost"] == made["total_cost"]
        assert answer.usage_metadata is not None
        assert answer.usage_metadata["output_tokens"] == made["tokens_completion"]

    async def test_thoughts_of_the_broken_one(self, served: Served, hear: Any) -> None:
        """Thoughts of the model that broke are not in the answer of the other, where they would be sent again."""
        served.fail(Fault(kind="midstream_error", status=529, after=6, model=REASONING))
        router = router_of(served, REASONING, SECOND, on_midstream_error="restart", reasoning={"effort": "low"})

        heard = await hear(router, SAY)

        answer = merged(heard.chunks)
        assert answer.response_metadata["routing"]["model"] == SECOND
        formats = {detail["format"] for detail in answer.additional_kwargs["reasoning_details"]}
        assert formats == {"google-gemini-v1"}


class TestBeforeContent:
    async def test_nothing_of_the_failed_one_is_heard(self, served: Served, hear: Any) -> None:
        """Chunks without content of a model that failed are not passed on: its id is not in the answer."""
        served.fail(Fault(kind="cut", after=1, model=FIRST))

        answer = merged((await hear(router_of(served), SAY)).chunks)

        made = list(served.emulator.generations.values())[-1]
        assert answer.response_metadata["id"] == made["id"]
        assert answer.response_metadata["model_name"] == SECOND
        assert "restarts" not in answer.response_metadata

    async def test_in_blocks(self, served: Served, hear: Any) -> None:
        """A block without text is no content, where content comes in blocks."""
        served.fail(Fault(kind="cut", after=1, model=FIRST))
        first = served.model(FIRST, output_version="v1")

        heard = await hear(router_of(served, first, SECOND), SAY)

        assert heard.error is None
        assert merged(heard.chunks).response_metadata["routing"]["model"] == SECOND

    async def test_block_without_text(self, served: Served, hear: Any) -> None:
        """Nor is it at another provider, whose models begin each block so."""

        class Blocks(Elsewhere):
            def _stream(self, *_: Any, **__: Any) -> Any:
                yield ChatGenerationChunk(message=AIMessageChunk(content=[{"type": "text", "text": "", "index": 0}]))
                raise ConnectionError("The line is dead.")

            async def _astream(self, *_: Any, **__: Any) -> Any:
                for chunk in self._stream():
                    yield chunk

        heard = await hear(router_of(served, Blocks(), FIRST), SAY)

        assert heard.error is None
        assert merged(heard.chunks).response_metadata["routing"]["model"] == FIRST

    async def test_thoughts_are_content(self, served: Served, hear: Any) -> None:
        """A reader sees thoughts: after them the stream is not left any more."""
        served.fail(Fault(kind="midstream_error", status=529, after=2, model=REASONING))
        router = router_of(served, REASONING, SECOND, reasoning={"effort": "low"})

        heard = await hear(router, SAY)

        assert isinstance(heard.error, OverloadedError)
        assert heard.text == ""
        assert asked(served) == [REASONING]


class TestChunks:
    async def test_are_passed_at_once(self, served: Served, hear: Any) -> None:
        """The chunks are those of the model, one by one; the last alone tells of the routing."""
        alone = await hear(served.model(FIRST), SAY)
        heard = await hear(router_of(served), SAY)

        assert [chunk.text for chunk in heard.chunks] == [chunk.text for chunk in alone.chunks]
        assert [i for i, chunk in enumerate(heard.chunks) if "routing" in chunk.response_metadata] == [
            len(heard.chunks) - 1
        ]
        assert [chunk.chunk_position for chunk in heard.chunks] == [chunk.chunk_position for chunk in alone.chunks]
        assert merged(heard.chunks).usage_metadata == merged(alone.chunks).usage_metadata

    async def test_metadata_are_whole(self, served: Served, hear: Any) -> None:
        """What the chunks of a model tell is in the whole answer, also where a new beginning is possible."""
        alone = merged((await hear(served.model(FIRST), SAY)).chunks).response_metadata

        for what in ("raise", "restart"):
            heard = await hear(router_of(served, on_midstream_error=what), SAY)
            told = merged(heard.chunks).response_metadata
            assert told.keys() - {"routing"} == alone.keys(), what
            varying = {"routing", "id", "created"}
            assert {name: value for name, value in told.items() if name not in varying} == {
                name: value for name, value in alone.items() if name not in varying
            }

    async def test_metadata_of_another_provider(self, served: Served, hear: Any) -> None:
        """So is what another provider's model tells, on whichever chunk."""

        class Telling(Elsewhere):
            def _stream(self, *_: Any, **__: Any) -> Any:
                yield ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata={"model_name": "mine"}))
                yield ChatGenerationChunk(message=AIMessageChunk(content="one"))
                yield ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata={"stop_reason": "end"}))

            async def _astream(self, *_: Any, **__: Any) -> Any:
                for chunk in self._stream():
                    yield chunk

        for what in ("raise", "restart"):
            heard = await hear(router_of(served, Telling(), FIRST, on_midstream_error=what), SAY)
            told = merged(heard.chunks).response_metadata
            assert (told.get("model_name"), told.get("stop_reason")) == ("mine", "end"), what

    async def test_of_another_provider(self, served: Served, hear: Any) -> None:
        """A stream of another provider's model ends with a chunk that tells of the routing, too."""
        heard = await hear(router_of(served, Elsewhere(text=SAID)), [HumanMessage("Hello")])

        assert heard.text == SAID
        assert heard.chunks[-1].chunk_position == "last"
        assert merged(heard.chunks).response_metadata["routing"]["model"] == "elsewhere"
