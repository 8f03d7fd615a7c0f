"""What LangChain does with a chat model from outside: chains, batches, limits, caches, callbacks, loading."""

from __future__ import annotations

import copy
import pickle
import time
from typing import TYPE_CHECKING, Any

import pytest
from langchain.chat_models import init_chat_model
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import UsageMetadataCallbackHandler, get_usage_metadata_callback
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumpd, load
from langchain_core.messages import HumanMessage, SystemMessage, trim_messages
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField, RunnableConfig

from integration_tests.support import MODEL, STREAMS, VERSATILE_MODEL, Ask, Served
from langchain_openrouter import ChatOpenRouter, RateLimitError
from langchain_openrouter.emulator import Fault

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

OTHER = "google/gemini-2.5-flash"
SAY = "Reply with exactly 'blue'."


class TestInitChatModel:
    async def test_by_prefix(self, environment: Served, ask: Ask) -> None:
        """`openrouter:` finds our class, and the environment finds the emulator."""
        model = init_chat_model(f"openrouter:{MODEL}", temperature=0, max_tokens=50, timeout=30, max_retries=1)

        answer = await ask(model, SAY)

        assert isinstance(model, ChatOpenRouter)
        assert answer.text == "blue"
        (request,) = environment.bodies
        assert {key: request[key] for key in ("model", "temperature", "max_tokens")} == {
            "model": MODEL,
            "temperature": 0,
            "max_tokens": 50,
        }

    def test_variant(self, environment: Served) -> None:
        """Only the first colon separates: a variant keeps its own."""
        model = init_chat_model(f"openrouter:{MODEL}:floor")

        assert model.invoke(SAY).text == "blue"
        assert environment.bodies[0]["model"] == f"{MODEL}:floor"

    def test_configurable(self, environment: Served) -> None:
        """A model without a name is chosen when it runs, and its tools wait until then."""
        model = init_chat_model(model_provider="openrouter", configurable_fields="any")

        answer = model.bind_tools([weather]).invoke("Weather in Oslo?", {"configurable": {"model": OTHER}})

        assert answer.response_metadata["model_name"] == OTHER
        assert [call["args"] for call in answer.tool_calls] == [{"city": "Oslo"}]


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class TestChains:
    async def test_prompt_model_parser(self, served: Served, ask: Ask) -> None:
        """The model is a link between a prompt and what reads its answer."""
        prompt = ChatPromptTemplate([("system", "Be brief."), ("human", "Reply with exactly '{word}'.")])

        answer = await ask(prompt | served.model(), {"word": "green"})

        assert answer.text == "green"
        assert served.bodies[0]["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Reply with exactly 'green'."},
        ]

    def test_a_chain_streams(self, served: Served) -> None:
        """What the parser gets are pieces, and together they are the whole answer."""
        chain = served.model() | StrOutputParser()

        pieces = [piece for piece in chain.stream("Hello") if piece]

        assert len(pieces) > 5
        assert "".join(pieces) == chain.invoke("Hello")

    async def test_bind(self, served: Served, ask: Ask) -> None:
        """Bound parameters are sent, and those of the call win over them."""
        model = served.model(VERSATILE_MODEL, top_k=5, seed=1).bind(temperature=0.5, stop=["END"], seed=2)

        await ask(model, SAY, seed=3)

        wanted = {"temperature": 0.5, "stop": ["END"], "top_k": 5, "seed": 3}
        assert {key: served.bodies[0][key] for key in wanted} == wanted

    async def test_configurable_fields(self, served: Served, ask: Ask) -> None:
        """A field can be left open and set by the configuration of a run."""
        model = served.model().configurable_fields(
            model_name=ConfigurableField(id="model"), temperature=ConfigurableField(id="warmth")
        )

        answer = await ask(model.with_config(configurable={"model": OTHER, "warmth": 0.25}), SAY)

        assert answer.response_metadata["model_name"] == OTHER
        assert served.bodies[0]["temperature"] == 0.25

    @pytest.mark.parametrize(("switch", "streamed"), [(False, True), (True, False), ("tool_calling", False)])
    @pytest.mark.parametrize("style", STREAMS)
    async def test_disable_streaming(self, served: Served, style: str, switch: Any, streamed: bool) -> None:
        """The switch turns a stream into one whole answer, always or only with tools."""
        model = served.model(disable_streaming=switch).bind_tools([weather])

        answer = await STREAMS[style](model, "Weather in Oslo?")

        assert answer.tool_calls[0]["args"] == {"city": "Oslo"}
        assert served.bodies[0]["stream"] is streamed

    @pytest.mark.parametrize("style", ["invoke", "ainvoke"])
    async def test_streaming_invoke(self, served: Served, style: str) -> None:
        """`streaming=True` streams behind `invoke`, and the answer has the same facts."""
        whole = served.model().invoke(SAY)
        model = served.model(streaming=True)
        streamed = model.invoke(SAY) if style == "invoke" else await model.ainvoke(SAY)

        assert [body["stream"] for body in served.bodies] == [False, True]
        assert (streamed.content, streamed.usage_metadata) == (whole.content, whole.usage_metadata)
        assert _facts(streamed) == _facts(whole)


def _facts(message: AIMessage) -> dict[str, Any]:
    """Give the metadata that two equal calls have in common."""
    volatile = {"id", "created", "object", "logprobs"}
    return {key: value for key, value in message.response_metadata.items() if key not in volatile}


class TestBatches:
    WORDS = ("one", "two", "three", "four", "five", "six")

    def _prompts(self) -> list[Any]:
        return [f"Reply with exactly '{word}'." for word in self.WORDS]

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_order(self, served: Served, asynchronous: bool) -> None:
        """A batch answers in the order of its prompts."""
        model, prompts = served.model(), self._prompts()

        answers = await model.abatch(prompts) if asynchronous else model.batch(prompts)

        assert tuple(answer.text for answer in answers) == self.WORDS

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_concurrency(self, served: Served, asynchronous: bool) -> None:
        """`max_concurrency` bounds what runs at once: six calls of 50 ms, two at a time, take 150 ms, not 50 or 300."""
        served.fail(Fault(kind="slow_headers", seconds=0.05))
        model, prompts, config = served.model(), self._prompts(), RunnableConfig(max_concurrency=2)
        model.invoke(SAY)  # the first call imports and connects

        begun = time.monotonic()
        answers = await model.abatch(prompts, config) if asynchronous else model.batch(prompts, config)
        took = time.monotonic() - begun

        assert len(answers) == 6
        assert took >= 0.15

    async def test_exceptions_in_place(self, served: Served) -> None:
        """With `return_exceptions` a failed call is a typed error in its place, and the others are answered."""
        served.fail(Fault(kind="status", status=429, nth=1))

        answers = await served.model().abatch(self._prompts()[:3], {"max_concurrency": 1}, return_exceptions=True)

        assert isinstance(answers[0], RateLimitError)
        assert [answer.text for answer in answers[1:]] == ["two", "three"]


async def test_rate_limiter(served: Served, ask: Ask) -> None:
    """A rate limiter holds calls back before they are made: three at 20 a second take at least 100 ms."""
    limiter = InMemoryRateLimiter(requests_per_second=20, check_every_n_seconds=0.005, max_bucket_size=1)
    model = served.model(rate_limiter=limiter)

    begun = time.monotonic()
    for _ in range(3):
        await ask(model, SAY)

    assert time.monotonic() - begun >= 0.1
    assert len(served.bodies) == 3


@pytest.mark.parametrize("style", ["invoke", "ainvoke"])
async def test_cache(served: Served, style: str) -> None:
    """The second equal question is answered from LangChain's cache, without a request; another one is not."""
    model = served.model(cache=InMemoryCache())

    async def ask(prompt: str, **kwargs: Any) -> AIMessage:
        return model.invoke(prompt, **kwargs) if style == "invoke" else await model.ainvoke(prompt, **kwargs)

    first, second = await ask(SAY), await ask(SAY)
    assert len(served.bodies) == 1
    assert second.content == first.content
    await ask(SAY, temperature=1)
    await ask("Hello")
    assert len(served.bodies) == 3


class TestUsageCallbacks:
    async def test_two_calls_add_up(self, served: Served, ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
        """The tokens of two calls are summed by model, and nothing is logged: no key of ours breaks the sum."""
        model = served.model()

        with get_usage_metadata_callback() as seen:
            answers = [await ask(model, prompt) for prompt in (SAY, "Hello")]

        usages: list[Any] = [answer.usage_metadata for answer in answers]
        total = seen.usage_metadata[MODEL]
        for count in ("input_tokens", "output_tokens", "total_tokens"):
            assert total[count] == sum(usage[count] for usage in usages)
        assert caplog.records == []

    async def test_handler_by_model(self, served: Served, ask: Ask) -> None:
        """A handler passed to the calls keeps models apart."""
        handler = UsageMetadataCallbackHandler()
        for name in (MODEL, OTHER):
            await ask(served.model(name).with_config(callbacks=[handler]), SAY)

        assert sorted(handler.usage_metadata) == sorted([MODEL, OTHER])
        assert all(usage["output_tokens"] > 0 for usage in handler.usage_metadata.values())


# LangChain says of its `load` that it may change.
@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
class TestCopies:
    def _loaded(self, model: ChatOpenRouter) -> ChatOpenRouter:
        key = model.openrouter_api_key
        assert key is not None
        loaded: ChatOpenRouter = load(
            dumpd(model),
            valid_namespaces=["langchain_openrouter"],
            allowed_objects="all",
            secrets_map={"OPENROUTER_API_KEY": key.get_secret_value()},
        )
        return loaded

    async def test_dumped_and_loaded(self, served: Served, ask: Ask) -> None:
        """A model that was serialised by LangChain asks the same of the same."""
        fields = {"temperature": 0.5, "reasoning": {"effort": "low"}, "openrouter_provider": {"sort": "price"}}
        model = served.model(VERSATILE_MODEL, **fields)

        loaded = self._loaded(model)
        await ask(model, SAY)
        await ask(loaded, SAY)

        assert served.bodies[0] == served.bodies[1]
        assert loaded == model

    def test_no_secret_in_the_dump(self, served: Served) -> None:
        """The serialised form names the key's environment variable, and holds neither the key nor headers."""
        model = served.model(default_headers={"X-Secret": "very-secret"})

        text = str(dumpd(model)) + repr(model)

        assert served.emulator.api_key not in text
        assert "very-secret" not in text

    @pytest.mark.parametrize("copied", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy, copy.copy])  # noqa: S301
    async def test_pickled_and_copied(self, served: Served, ask: Ask, copied: Any) -> None:
        """A model that has been used can be pickled and copied, and the copy works."""
        model = served.model(temperature=0.5)
        model.invoke(SAY)

        again = copied(model)

        assert (await ask(again, SAY)).text == "blue"
        assert again == model

    def test_a_copy_with_changes(self, served: Served) -> None:
        """`model_copy` changes what it is told to."""
        again = served.model().model_copy(update={"model_name": OTHER})

        assert again.invoke(SAY).response_metadata["model_name"] == OTHER


def test_trim_messages(served: Served) -> None:
    """The model counts tokens offline, so old messages can be cut away with it."""
    model = served.model()
    messages = [SystemMessage("Be brief."), *(HumanMessage(f"Message {number}. " * 20) for number in range(10))]

    kept = trim_messages(
        messages, max_tokens=300, token_counter=model, strategy="last", include_system=True, start_on="human"
    )

    assert kept[0] == messages[0]
    assert kept[1:] == messages[-len(kept[1:]) :]
    assert 1 < len(kept) < len(messages)
    assert model.get_num_tokens_from_messages(kept) <= 300
    assert served.requests == []


def test_it_is_a_chat_model(served: Served) -> None:
    """Programs that check for LangChain's base class are satisfied."""
    assert isinstance(served.model(), BaseChatModel)
