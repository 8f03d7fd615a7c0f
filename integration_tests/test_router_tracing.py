"""What callbacks, traces and event streams are told of a router's calls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration
from langchain_core.prompts import ChatPromptTemplate

from integration_tests.routers import (
    FIRST,
    SAID,
    SAY,
    SECOND,
    THIRD,
    Tracer,
    router_of,
    tried,
)
from integration_tests.support import REASONING_MODELS, STREAMS, STYLES, Ask, Served
from langchain_openrouter import (
    AuthenticationError,
)
from langchain_openrouter.emulator import Fault

pytestmark = pytest.mark.filterwarnings(
    "ignore:The .*stream_events.* is in beta",
    "ignore:.*v3.* is in beta",
    "ignore:.*astream_events.*v1.*",
)


class Seen(BaseCallbackHandler):
    """Keeps the events that it is told, with tags and metadata of the beginnings."""

    run_inline = True

    def __init__(self) -> None:
        self.events: list[str] = []
        self.tags: list[list[str]] = []
        self.metadata: list[dict[str, Any]] = []

    def on_chain_start(self, *_: Any, tags: Any = None, metadata: Any = None, **__: Any) -> None:
        self._begin("chain", tags, metadata)

    def on_chat_model_start(self, *_: Any, tags: Any = None, metadata: Any = None, **__: Any) -> None:
        self._begin("model", tags, metadata)

    def on_llm_end(self, *_: Any, **__: Any) -> None:
        self.events.append("model ended")

    def on_llm_error(self, *_: Any, **__: Any) -> None:
        self.events.append("model failed")

    def on_chain_end(self, *_: Any, **__: Any) -> None:
        self.events.append("chain ended")

    def on_chain_error(self, *_: Any, **__: Any) -> None:
        self.events.append("chain failed")

    def _begin(self, kind: str, tags: Any, metadata: Any) -> None:
        self.events.append(kind)
        self.tags.append(sorted(tags or []))
        self.metadata.append(dict(metadata or {}))


class TestTrace:
    async def test_router_above_models(self, served: Served, ask: Ask) -> None:
        """A tracer sees the router's run, and below it one of each model that was asked, in order."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        tracer = Tracer()

        answer = await ask(router_of(served), SAY, config={"callbacks": [tracer]})

        (root,) = tracer.roots
        assert (root.name, root.run_type) == ("ModelRouter", "chain")
        assert [child.run_type for child in root.child_runs] == ["llm", "llm"]
        names = [(child.extra or {})["metadata"]["ls_model_name"] for child in root.child_runs]
        assert names == [FIRST, SECOND]
        assert "ServiceUnavailableError" in (root.child_runs[0].error or "")
        assert (root.child_runs[1].error, root.error) == (None, None)
        assert answer.text == SAID

    async def test_answer_of_the_run(self, served: Served, ask: Ask) -> None:
        """The output of the router's run is the answer: one message, whichever way it was asked for."""
        tracer = Tracer()

        answer = await ask(router_of(served), SAY, config={"callbacks": [tracer]})

        (root,) = tracer.roots
        assert root.outputs is not None
        output = root.outputs["output"]
        assert isinstance(output, AIMessage)
        assert output.text == SAID
        assert output.usage_metadata == answer.usage_metadata

    async def test_decision_in_the_metadata(self, served: Served, ask: Ask) -> None:
        """The router's run has the whole decision in its metadata; the models' runs do not."""
        tracer = Tracer()

        await ask(router_of(served), SAY, config={"callbacks": [tracer]})

        (root,) = tracer.roots
        told = (root.extra or {})["metadata"]["routing"]
        assert (told["chosen"], told["alternatives"]) == (FIRST, [SECOND, THIRD])
        assert "routing" not in (root.child_runs[0].extra or {})["metadata"]

    async def test_failure(self, served: Served, ask: Ask) -> None:
        """A call that fails ends the router's run with the error, in which is told what was tried."""
        served.fail(Fault(kind="status", status=401))
        tracer = Tracer()

        with pytest.raises(AuthenticationError):
            await ask(router_of(served), SAY, config={"callbacks": [tracer]})

        (root,) = tracer.roots
        assert "AuthenticationError" in (root.error or "")
        assert [child.error is not None for child in root.child_runs] == [True]

    @pytest.mark.parametrize("style", STREAMS)
    async def test_abandoned(self, served: Served, style: str) -> None:
        """A stream that is left ends both runs, with what ended them."""
        tracer = Tracer()
        config: Any = {"callbacks": [tracer]}
        router = router_of(served)
        if style == "stream":
            stream: Any = router.stream(SAY, config)
            next(stream)
            stream.close()
        else:
            astream: Any = router.astream(SAY, config)
            await anext(astream)
            await astream.aclose()

        (root,) = tracer.roots
        assert "GeneratorExit" in (root.error or "")
        assert all(child.error for child in root.child_runs)
        assert len(root.child_runs) == 1

    async def test_parent(self, served: Served, ask: Ask) -> None:
        """Within a chain the router's run is below that of the chain."""
        tracer = Tracer()
        chain = ChatPromptTemplate([("human", "{text}")]) | router_of(served)

        await ask(chain, {"text": SAY}, config={"callbacks": [tracer]})

        (root,) = tracer.roots
        (_, router) = root.child_runs
        assert (router.name, router.run_type, len(router.child_runs)) == ("ModelRouter", "chain", 1)


class TestCallbacks:
    async def test_events(self, served: Served, ask: Ask) -> None:
        """Each beginning has one end, in order."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        seen = Seen()

        await ask(router_of(served), SAY, config={"callbacks": [seen]})

        assert seen.events == ["chain", "model", "model failed", "model", "model ended", "chain ended"]

    async def test_given_at_construction(self, served: Served, ask: Ask) -> None:
        """Callbacks, tags and metadata of the router hold for its run and the models', beside those of the call."""
        own, of_call = Seen(), Seen()
        router = router_of(served, callbacks=[own], tags=["own"], metadata={"whose": "own"})
        config: Any = {"callbacks": [of_call], "tags": ["call"], "metadata": {"when": "now"}}

        await ask(router, SAY, config=config)

        assert own.events == of_call.events == ["chain", "model", "model ended", "chain ended"]
        assert own.tags == of_call.tags == [["call", "own"]] * 2
        assert all((each["whose"], each["when"]) == ("own", "now") for each in own.metadata)

    async def test_of_a_candidate(self, served: Served, ask: Ask) -> None:
        """Callbacks, tags and metadata of a candidate hold for its run alone."""
        own = Seen()
        model = served.model(FIRST, callbacks=[own], tags=["own"], metadata={"whose": "own"})

        await ask(router_of(served, model), SAY, config={"tags": ["call"]})

        assert own.events == ["model", "model ended"]
        assert own.tags == [["call", "own"]]

    async def test_names_and_ids(self, served: Served, ask: Ask) -> None:
        """`run_name` and `run_id` are the router's."""
        import uuid

        tracer, run_id = Tracer(), uuid.uuid4()

        await ask(router_of(served), SAY, config={"callbacks": [tracer], "run_name": "mine", "run_id": run_id})

        (root,) = tracer.roots
        assert (root.name, root.id) == ("mine", run_id)
        assert root.child_runs[0].name != "mine"

    async def test_asynchronous_handler(self, served: Served, ask: Ask) -> None:
        """An asynchronous handler is told, too, where the call is asynchronous."""

        class Told(AsyncCallbackHandler):
            events: list[str]

            async def on_chain_start(self, *_: Any, **__: Any) -> None:
                self.events.append("chain")

            async def on_chat_model_start(self, *_: Any, **__: Any) -> None:
                self.events.append("model")

        told = Told()
        told.events = []
        if ask in (STYLES["ainvoke"], STYLES["astream"]):
            await ask(router_of(served), SAY, config={"callbacks": [told]})
            assert told.events == ["chain", "model"]

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_generate(self, served: Served, asynchronous: bool) -> None:
        """`generate` gives a list for each prompt, tells callbacks of each, and takes names and tags."""
        seen, router = Seen(), router_of(served)
        prompts: Any = [[HumanMessage("Reply with exactly 'a'.")], [HumanMessage("Reply with exactly 'b'.")]]
        options: Any = {"callbacks": [seen], "tags": ["x"], "metadata": {"y": 1}, "run_name": "mine", "stop": ["!"]}

        result = await router.agenerate(prompts, **options) if asynchronous else router.generate(prompts, **options)

        assert [[each.text for each in some] for some in result.generations] == [["a"], ["b"]]
        assert all(isinstance(each, ChatGeneration) for some in result.generations for each in some)
        assert sorted(seen.events) == sorted(["chain", "model", "model ended", "chain ended"] * 2)
        assert seen.tags == [["x"]] * 4
        assert [body["stop"] for body in served.bodies] == [["!"]] * 2

    async def test_agenerate_waits_for_all(self, served: Served) -> None:
        """Where one prompt of `agenerate` fails, the others do not run on behind the caller's back."""
        served.fail(Fault(kind="status", status=401, nth=1), Fault(kind="slow_headers", seconds=0.3))

        with pytest.raises(AuthenticationError):
            await router_of(served).agenerate([[HumanMessage("a")], [HumanMessage("b")]])

        assert asyncio.all_tasks() == {asyncio.current_task()}


class TestEvents:
    async def test_version_2(self, served: Served) -> None:
        """The router's run and the model's begin and end; the text comes from both, once each."""
        events = [event async for event in router_of(served).astream_events(SAY, version="v2")]

        names = [event["event"] for event in events]
        assert (names[0], names[-1]) == ("on_chain_start", "on_chain_end")
        assert (names.count("on_chat_model_start"), names.count("on_chat_model_end")) == (1, 1)
        for kind in ("on_chat_model_stream", "on_chain_stream"):
            chunks: list[Any] = [event["data"].get("chunk") for event in events if event["event"] == kind]
            assert "".join(chunk.text for chunk in chunks) == SAID
        output: Any = events[-1]["data"]["output"]
        assert output.text == SAID
        assert output.response_metadata["routing"]["model"] == FIRST

    async def test_version_2_of_a_failed_model(self, served: Served) -> None:
        """Events tell of a model that failed before content, and of the one that answered; the text is there once."""
        served.fail(Fault(kind="cut", after=1, model=FIRST))

        events = [event async for event in router_of(served).astream_events(SAY, version="v2")]

        starts = [event for event in events if event["event"] == "on_chat_model_start"]
        assert [event["metadata"]["ls_model_name"] for event in starts] == [FIRST, SECOND]
        chunks: list[Any] = [event["data"].get("chunk") for event in events if event["event"] == "on_chat_model_stream"]
        assert "".join(chunk.text for chunk in chunks) == SAID

    async def test_version_1(self, served: Served) -> None:
        """The first version works, too."""
        events: list[Any] = [event async for event in router_of(served).astream_events(SAY, version="v1")]

        chunks = [event["data"]["chunk"] for event in events if event["event"] == "on_chat_model_stream"]
        assert "".join(chunk.text for chunk in chunks) == SAID

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_version_3(self, served: Served, asynchronous: bool) -> None:
        """The third version gives text, usage and the routing."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        router = router_of(served)
        if asynchronous:
            astream = await router.astream_events(SAY, version="v3")
            text, message = await astream.text, await astream.output
        else:
            stream = router.stream_events(SAY, version="v3")
            text, message = str(stream.text), stream.output

        assert (text, message.text) == (SAID, SAID)
        assert message.response_metadata["routing"]["model"] == SECOND
        assert [each.model for each in tried(message)] == [FIRST, SECOND]
        assert message.usage_metadata is not None

    @pytest.mark.parametrize("name", REASONING_MODELS)
    def test_version_3_of_thoughts(self, served: Served, name: str) -> None:
        """Thoughts are told as by the model alone, also where a new beginning is possible."""
        thinking: Any = {"reasoning": {"effort": "low"}}
        alone = served.model(name, **thinking).stream_events(SAY, version="v3").output

        for what in ("raise", "restart"):
            router = router_of(served, name, on_midstream_error=what, **thinking)
            told = router.stream_events(SAY, version="v3").output
            assert [each["type"] for each in told.content_blocks] == [each["type"] for each in alone.content_blocks], (
                what
            )

    async def test_in_a_chain(self, served: Served) -> None:
        """Within a chain that calls `invoke`, the model streams for the events."""
        chain = ChatPromptTemplate([("human", "{text}")]) | router_of(served)

        events = [event async for event in chain.astream_events({"text": SAY}, version="v2")]

        kinds = [event["event"] for event in events]
        assert kinds.count("on_chat_model_stream") > 5
        assert served.bodies[0]["stream"] is True
