"""A chat model that lets others answer: runs, callbacks, ways to call, tools. The ones that answer are scripted."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from langchain_core.callbacks import BaseCallbackHandler, get_usage_metadata_callback
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_core.tracers.base import BaseTracer
from pydantic import Field, SkipValidation

from langchain_openrouter.routing.arguments import with_tools
from langchain_openrouter.routing.delegating import Delegating, Work
from langchain_openrouter.routing.streaming import as_chunk
from tests.helpers.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from langchain_core.runnables import RunnableConfig
    from langchain_core.tracers.schemas import Run

    from tests.helpers.styles import Ask

USAGE: Any = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
ANSWER = AIMessage("yes", usage_metadata=USAGE, response_metadata={"model_name": "acme/one"})


class Proxy(Delegating):
    """Lets one model answer."""

    inner: SkipValidation[Any]
    fails: SkipValidation[Any] = None
    prepared: list[Work] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "proxy"

    def _prepare(self, work: Work) -> None:
        if self.fails is not None:
            raise self.fails
        self.prepared.append(work)
        work.plan = "planned"
        work.metadata = lambda: {"plan": work.plan}

    async def _aprepare(self, work: Work) -> None:
        self._prepare(work)

    def _answer(self, work: Work, config: RunnableConfig) -> AIMessage:
        answer: AIMessage = self.inner.invoke(work.messages, config, **work.arguments)
        return answer

    async def _aanswer(self, work: Work, config: RunnableConfig) -> AIMessage:
        answer: AIMessage = await self.inner.ainvoke(work.messages, config, **work.arguments)
        return answer

    def _pieces(self, work: Work, config: RunnableConfig) -> Generator[AIMessageChunk, None, None]:
        for chunk in self.inner.stream(work.messages, config, **work.arguments):
            yield as_chunk(chunk)

    async def _apieces(self, work: Work, config: RunnableConfig) -> AsyncGenerator[AIMessageChunk, None]:
        async for chunk in self.inner.astream(work.messages, config, **work.arguments):
            yield as_chunk(chunk)


class Words(Scripted):
    """Streams its answer word by word."""

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self._asked.append({"messages": messages, **kwargs})
        for word in ("one", " two", " three"):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=USAGE))


class Tracer(BaseTracer):
    """Keeps the trees of runs."""

    run_inline = True

    def __init__(self) -> None:
        super().__init__()
        self.roots: list[Run] = []

    def _persist_run(self, run: Run) -> None:
        self.roots.append(run)


class Seen(BaseCallbackHandler):
    """Keeps what is told of beginnings."""

    run_inline = True

    def __init__(self) -> None:
        self.begun: list[tuple[str, list[str], dict[str, Any]]] = []

    def on_chain_start(self, *_: Any, tags: Any = None, metadata: Any = None, **__: Any) -> None:
        self.begun.append(("chain", sorted(tags or ()), dict(metadata or {})))

    def on_chat_model_start(self, *_: Any, tags: Any = None, metadata: Any = None, **__: Any) -> None:
        self.begun.append(("model", sorted(tags or ()), dict(metadata or {})))


def proxy(*says: Any, **fields: Any) -> Proxy:
    """Make a model that lets a scripted one answer."""
    return Proxy(inner=Scripted(model="acme/one", says=list(says or [ANSWER])), **fields)


class TestRuns:
    def test_one_step(self, ask: Ask) -> None:
        """The run is a chain with one step: the call of the model that answers."""
        tracer = Tracer()

        assert ask(proxy(), config={"callbacks": [tracer]}).text == "yes"

        (root,) = tracer.roots
        assert (root.run_type, root.name, [child.run_type for child in root.child_runs]) == ("chain", "Proxy", ["llm"])
        assert root.error is None

    def test_output(self, ask: Ask) -> None:
        """The output of the run is the answer, added up where it was streamed."""
        tracer = Tracer()

        ask(Proxy(inner=Words(model="acme/one", says=["one two three"])), config={"callbacks": [tracer]})

        (root,) = tracer.roots
        assert root.outputs is not None
        output = root.outputs["output"]
        assert isinstance(output, AIMessage)
        assert output.text == "one two three"

    def test_name_and_id(self, ask: Ask) -> None:
        """Name and id of the config are those of the run, not of its step."""
        tracer, run_id = Tracer(), uuid.uuid4()

        ask(proxy(name="own"), config={"callbacks": [tracer]})
        ask(proxy(name="own"), config={"callbacks": [tracer], "run_name": "mine", "run_id": run_id})

        own, mine = tracer.roots
        assert (own.name, mine.name, mine.id) == ("own", "mine", run_id)
        assert mine.child_runs[0].id != run_id

    def test_error(self, ask: Ask) -> None:
        """An error ends the run."""
        tracer = Tracer()

        with pytest.raises(KeyError, match="slip"):
            ask(proxy(KeyError("slip")), config={"callbacks": [tracer]})

        (root,) = tracer.roots
        assert "slip" in (root.error or "")

    def test_error_before(self, ask: Ask) -> None:
        """What fails while the call is prepared is raised before a run begins."""
        tracer = Tracer()

        with pytest.raises(KeyError, match="nobody"):
            ask(proxy(fails=KeyError("nobody")), config={"callbacks": [tracer]})

        assert tracer.roots == []

    def test_usage_is_counted_once(self, ask: Ask) -> None:
        """LangChain's callback for usage counts the step, and not the run."""
        with get_usage_metadata_callback() as usage:
            ask(proxy())

        assert usage.usage_metadata == {"acme/one": USAGE}

    def test_within_a_chain(self, ask: Ask) -> None:
        """Within a chain the run is a step of that, found by the context alone."""
        tracer, model = Tracer(), proxy()
        chain = RunnableLambda(lambda text: text) | model

        ask(chain, config={"callbacks": [tracer]})

        (root,) = tracer.roots
        assert [child.name for child in root.child_runs][-1] == "Proxy"

    def test_called_by_a_function(self) -> None:
        """A function of a chain that calls the model without a config hands its own down."""
        tracer, model = Tracer(), proxy()

        def call(text: str) -> str:
            return model.invoke(text).text

        RunnableLambda(call).invoke("Hello", {"callbacks": [tracer]})

        (root,) = tracer.roots
        assert [child.name for child in root.child_runs] == ["Proxy"]


class TestCallbacks:
    def test_own_and_of_the_call(self, ask: Ask) -> None:
        """What the model was made with and what the call says add up, for the run and its step."""
        own, call = Seen(), Seen()
        model = proxy(callbacks=[own], tags=["own"], metadata={"a": 1})

        ask(model, config={"callbacks": [call], "tags": ["call"], "metadata": {"b": 2}})

        assert own.begun == call.begun
        assert [(kind, tags) for kind, tags, _ in own.begun] == [("chain", ["call", "own"]), ("model", ["call", "own"])]
        assert [{"a": 1, "b": 2}.items() <= metadata.items() for *_, metadata in own.begun] == [True, True]

    def test_plan(self, ask: Ask) -> None:
        """What was decided is in the metadata of the run, and not in those of its step."""
        seen = Seen()

        ask(proxy(), config={"callbacks": [seen]})

        assert [metadata.get("plan") for *_, metadata in seen.begun] == ["planned", None]

    def test_nobody_listens(self, ask: Ask) -> None:
        """Where nobody listens, nothing is put together for callbacks."""
        asked: list[str] = []

        def metadata() -> dict[str, Any]:
            asked.append("metadata")
            return {}

        class Plain(Proxy):
            def _prepare(self, work: Work) -> None:
                super()._prepare(work)
                work.metadata = metadata

        assert ask(Plain(inner=proxy().inner)).text == "yes"
        assert asked == []

    def test_told_to_handlers(self) -> None:
        """Where LangChain itself announces a call, handlers are told that others make the one that costs."""
        told: list[Any] = []

        class Handler(BaseCallbackHandler):
            def on_chat_model_start(self, *_: Any, **kwargs: Any) -> None:
                told.append(kwargs["invocation_params"].get("delegates"))

        BaseChatModel.generate(proxy(), [[HumanMessage("Hello")]], callbacks=[Handler()])

        assert told == [True, None]


class TestStreams:
    def test_left(self) -> None:
        """A stream that is left ends its run and its step."""
        tracer = Tracer()
        stream: Any = Proxy(inner=Words(model="acme/one")).stream("Hello", {"callbacks": [tracer]})
        next(stream)
        stream.close()

        (root,) = tracer.roots
        assert "GeneratorExit" in (root.error or "")
        assert "GeneratorExit" in (root.child_runs[0].error or "")

    def test_nothing_before_the_first_step(self) -> None:
        """A stream that nobody reads asks nobody."""
        model = proxy()
        model.stream("Hello")

        assert model.prepared == []

    @pytest.mark.parametrize("disabled", [True, "tool_calling"])
    def test_disabled(self, disabled: Any) -> None:
        """Without streaming there is one chunk: the whole answer, with its tool calls."""
        calls: Any = [{"name": "f", "args": {"a": 1}, "id": "1", "type": "tool_call"}]
        model = proxy(ANSWER.model_copy(update={"tool_calls": calls}), disable_streaming=disabled)
        function = {"type": "function", "function": {"name": "f", "parameters": {}}}

        (chunk,) = list(model.stream("Hello", tools=[function]))
        (achunk,) = asyncio.run(_chunks(model.astream("Hello", tools=[function])))

        for each in (chunk, achunk):
            assert (each.text, each.tool_calls, each.usage_metadata, each.chunk_position) == (
                "yes",
                calls,
                USAGE,
                "last",
            )


async def _chunks(stream: Any) -> list[Any]:
    return [chunk async for chunk in stream]


class TestGenerate:
    PROMPTS: ClassVar[Any] = [[HumanMessage("a")], [HumanMessage("b")]]

    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_each(self, asynchronous: bool) -> None:
        """Each prompt has its list of one answer, its run and its step."""
        tracer, model = Tracer(), proxy()
        options: Any = {"callbacks": [tracer], "tags": ["x"], "metadata": {"a": 1}, "run_name": "mine", "stop": ["!"]}

        if asynchronous:
            result = asyncio.run(model.agenerate(self.PROMPTS, **options, temperature=0.5))
        else:
            result = model.generate(self.PROMPTS, **options, temperature=0.5)

        assert [[each.text for each in some] for some in result.generations] == [["yes"], ["yes"]]
        assert [root.name for root in tracer.roots] == ["mine", "mine"]
        assert all(root.tags == ["x"] for root in tracer.roots)
        assert [work.arguments for work in model.prepared] == [{"temperature": 0.5, "stop": ["!"]}] * 2

    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_run_id(self, asynchronous: bool) -> None:
        """One prompt has the run id that is given; several cannot all have it."""
        for prompts, wanted in ((self.PROMPTS[:1], True), (self.PROMPTS, False)):
            tracer, run_id = Tracer(), uuid.uuid4()
            options: Any = {"callbacks": [tracer], "run_id": run_id}
            if asynchronous:
                asyncio.run(proxy().agenerate(prompts, **options))
            else:
                proxy().generate(prompts, **options)
            assert [root.id == run_id for root in tracer.roots] == [wanted] * len(prompts)

    async def test_failure_leaves_nothing_running(self) -> None:
        """Where one prompt of several fails, the others are done, or ended, when the error is raised."""
        slow = Scripted(model="acme/one", says=["yes"], seconds=0.2)
        model = Proxy(inner=RunnableLambda(lambda _: None, afunc=lambda messages: _first_fails(messages, slow)))

        with pytest.raises(KeyError):
            await model.agenerate(self.PROMPTS)

        assert asyncio.all_tasks() == {asyncio.current_task()}


async def _first_fails(messages: Any, other: Any) -> Any:
    if messages[0].text == "a":
        raise KeyError("slip")
    return await other.ainvoke(messages)


@tool
def weather(city: str) -> str:
    """Tell the weather in a city."""
    return city


class TestTools:
    def test_bound(self, ask: Ask) -> None:
        """Bound tools reach the model that answers, in whatever form it binds them."""
        model = proxy()

        ask(model.bind_tools([weather], tool_choice="any", temperature=0.5))

        (asked,) = model.inner.asked
        assert asked["tools"] == [weather]
        assert (asked["tool_choice"], asked["temperature"]) == ("any", 0.5)

    def test_nothing_that_is_not_given(self) -> None:
        """What is not said is not bound."""
        bound: Any = proxy().bind_tools([weather])

        assert set(bound.kwargs) == {"tools"}

    def test_with_tools(self) -> None:
        """A model gets tools by its own `bind_tools`, and all else as arguments."""
        model = Scripted(model="acme/one")

        runnable, arguments = with_tools(model, {"tools": [weather], "strict": True, "temperature": 0.5})
        assert (runnable, arguments) == (model, {"tools": [weather], "strict": True, "temperature": 0.5})

        runnable, arguments = with_tools(model, {"tools": [], "temperature": 0.5})
        assert (runnable, arguments) == (model, {"temperature": 0.5})

    def test_callbacks_of_a_graph(self) -> None:
        """The step of a model with tools is below the run, also where a surrounding run has callbacks of its own."""
        tracer, model = Tracer(), proxy()
        bound = model.bind_tools([weather])

        def call(text: str) -> str:
            inner, arguments = with_tools(model.inner, {"tools": [weather]})
            assert inner is model.inner
            assert "tools" in arguments
            return bound.invoke(text).text

        RunnableLambda(call).invoke("Hello", {"callbacks": [tracer]})

        (root,) = tracer.roots
        (run,) = root.child_runs
        assert (run.name, len(run.child_runs)) == ("Proxy", 1)


class TestOptions:
    def test_of_models(self) -> None:
        """Fields that only a `ChatOpenRouter` has are kept for the models that are made; given ones go before."""
        model = proxy(temperature=0.5, model_options={"temperature": 0.1, "top_p": 0.9})

        assert model.model_options == {"temperature": 0.5, "top_p": 0.9}

    def test_own_go_to_itself(self) -> None:
        """Fields that both have are its own."""
        assert proxy(tags=["x"], verbose=True).model_options == {}

    def test_unknown(self) -> None:
        """A field that neither has is refused, with what there is."""
        with pytest.raises(ValueError, match="temprature"):
            proxy(temprature=0.5)

    def test_no_secret_is_shown(self) -> None:
        """A key among them is not shown, nor in what pydantic says of a mistake."""
        secret = "sk-or-v1-0123456789"

        assert secret not in repr(proxy(api_key=secret))
        with pytest.raises(ValueError, match="valid") as caught:
            proxy(api_key=secret, disable_streaming=secret)
        assert secret not in str(caught.value)
