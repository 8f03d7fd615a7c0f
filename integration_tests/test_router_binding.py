"""A router wherever LangChain takes a chat model: structures, tools, copies, wrappers."""

from __future__ import annotations

import copy
import pickle
from typing import Any, TypedDict

import pytest
from langchain_core.exceptions import ModelRateLimitError
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.runnables import ConfigurableField
from pydantic import BaseModel

from integration_tests.routers import FIRST, SAID, SAY, SECOND, THIRD, Elsewhere, asked, router_of, tried
from integration_tests.support import STREAMS, STYLES, Ask, Served, merged
from langchain_openrouter import (
    AuthenticationError,
    BadRequestError,
    ServiceUnavailableError,
    with_model_fallbacks,
)
from langchain_openrouter.emulator import Fault

pytestmark = pytest.mark.filterwarnings(
    "ignore:The .*stream_events.* is in beta",
    "ignore:.*v3.* is in beta",
    "ignore:.*astream_events.*v1.*",
)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class PersonDict(TypedDict):
    """A person."""

    name: str
    age: int


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


AS_JSON = 'Ada is 36. Answer in JSON, as in {"name": "Ada", "age": 36}.'


class TestStructure:
    @pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
    @pytest.mark.parametrize("schema", [Person, PersonDict, Person.model_json_schema()])
    async def test_methods(self, served: Served, ask: Ask, method: Any, schema: Any) -> None:
        """Each method gives the structure, from whichever model answers."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        model = router_of(served).with_structured_output(schema, method=method)

        if ask in STREAMS.values():
            stream = [part async for part in model.astream(AS_JSON)]
            person: Any = stream[-1]
        else:
            person = await ask(model, AS_JSON)

        assert (person if isinstance(person, dict) else person.model_dump())["age"] == 36
        assert asked(served) == [FIRST, SECOND]

    async def test_raw(self, served: Served) -> None:
        """`include_raw=True` gives the answer with its routing beside the structure."""
        result: Any = router_of(served).with_structured_output(Person, include_raw=True).invoke("Ada is 36")

        assert result["parsed"] == Person(name="Ada", age=36)
        assert result["raw"].response_metadata["routing"]["model"] == FIRST

    def test_another_provider(self, served: Served) -> None:
        """A model of another provider gets the schema as a tool by its own `bind_tools`, not in OpenRouter's form."""
        other = Elsewhere()

        router_of(served, other).bind_tools([weather], tool_choice="weather").invoke("Hello")

        (call,) = other.calls
        assert call["own_tools"] == [weather]
        assert call["tool_choice"] == "weather"
        assert "tools" not in call


class TestTools:
    async def test_call_and_answer(self, served: Served, ask: Ask) -> None:
        """Tools reach the model that answers, and its calls come back."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        model = router_of(served).bind_tools([weather])

        answer = await ask(model, "Weather in Oslo?")

        (call,) = answer.tool_calls
        assert (call["name"], call["args"]) == ("weather", {"city": "Oslo"})
        assert answer.response_metadata["routing"]["model"] == SECOND
        result = ToolMessage("sunny", tool_call_id=call["id"])
        last = await ask(model, [HumanMessage("Weather in Oslo?"), answer, result])
        assert "sunny" in last.text

    @pytest.mark.parametrize("choice", ["any", "weather", True])
    async def test_choice(self, served: Served, choice: Any) -> None:
        """The choice of a tool is sent."""
        router_of(served).bind_tools([weather], tool_choice=choice).invoke("Hello")

        sent = served.bodies[0]["tool_choice"]
        assert sent in ("required", {"type": "function", "function": {"name": "weather"}})

    def test_without_streaming(self, served: Served) -> None:
        """`disable_streaming` for tools gives the whole answer in one chunk, with its calls."""
        model = router_of(served, disable_streaming="tool_calling").bind_tools([weather])

        (chunk,) = list(model.stream("Weather in Oslo?"))

        assert isinstance(chunk, AIMessageChunk)
        assert chunk.tool_calls[0]["args"] == {"city": "Oslo"}
        assert merged([chunk]).tool_calls == chunk.tool_calls
        assert served.bodies[0]["stream"] is False


class TestCopies:
    @pytest.mark.parametrize(
        "copied",
        [
            lambda router: pickle.loads(pickle.dumps(router)),  # noqa: S301  # made right here
            copy.copy,
            copy.deepcopy,
            lambda router: router.model_copy(),
            lambda router: router.model_copy(deep=True),
        ],
        ids=["pickle", "copy", "deepcopy", "model_copy", "deep model_copy"],
    )
    async def test_works(self, served: Served, ask: Ask, copied: Any) -> None:
        """A copy routes as the router does, also one that has been used."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        router = router_of(served)
        await ask(router, SAY)

        answer = await ask(copied(router), SAY)

        assert answer.response_metadata["routing"]["model"] == SECOND

    def test_no_key_is_shown(self, served: Served) -> None:
        """The key is in no representation, and in no error."""
        served.fail(Fault(kind="status", status=400, message=f"Bad {served.emulator.api_key}"))
        router = router_of(served)
        with pytest.raises(BadRequestError) as caught:
            router.invoke(SAY)

        shown = [repr(router), str(router), repr(caught.value), str(caught.value), str(caught.value.attempts)]  # type: ignore[attr-defined]
        assert not any(served.emulator.api_key in each for each in shown)

    def test_errors_are_pickled(self, served: Served) -> None:
        """What was tried survives a way between processes."""
        served.fail(Fault(kind="status", status=503))
        with pytest.raises(ServiceUnavailableError) as caught:
            router_of(served).invoke(SAY)

        copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # made right here
        assert tried(copied) == tried(caught.value)

    async def test_a_copy_with_changes(self, served: Served, ask: Ask) -> None:
        """`model_copy(update=…)` changes what it says: the candidates of the copy answer."""
        copied = router_of(served).model_copy(update={"candidates": [SECOND]})

        assert (await ask(copied, SAY)).response_metadata["routing"]["model"] == SECOND

    async def test_configurable_fields(self, served: Served, ask: Ask) -> None:
        """Fields can be configured at run time; what the router has learnt of health is kept."""
        router = router_of(served)
        model = router.configurable_fields(policy=ConfigurableField("policy"), candidates=ConfigurableField("models"))

        plain = await ask(model, SAY)
        answer = await ask(model, SAY, config={"configurable": {"models": [THIRD, SECOND], "policy": "cheapest"}})

        assert plain.response_metadata["routing"]["model"] == FIRST
        assert answer.response_metadata["routing"]["model"] == SECOND
        assert answer.response_metadata["routing"]["policy"] == "cheapest"

    async def test_configurable_alternatives(self, served: Served, ask: Ask) -> None:
        """A router can be one of several models that a configuration chooses from."""
        model: Any = served.model(THIRD).configurable_alternatives(
            ConfigurableField("which"), default_key="one", router=router_of(served)
        )

        answer = await ask(model, SAY, config={"configurable": {"which": "router"}})

        assert answer.response_metadata["routing"]["model"] == FIRST


class TestWrapped:
    @pytest.mark.parametrize("style", ["invoke", "ainvoke"])  # LangChain does not try streams again
    async def test_with_retry(self, served: Served, style: str) -> None:
        """`with_retry` tries all candidates again."""
        served.fail(Fault(kind="status", status=503, times=2))
        model = router_of(served, FIRST, SECOND).with_retry(wait_exponential_jitter=False, stop_after_attempt=2)

        assert (await STYLES[style](model, SAY)).text == SAID
        assert asked(served) == [FIRST, SECOND, FIRST]

    async def test_as_first(self, served: Served, ask: Ask) -> None:
        """A router's fallback answers when all candidates failed."""
        served.fail(Fault(kind="status", status=503, model=FIRST), Fault(kind="status", status=503, model=SECOND))
        model = router_of(served, FIRST, SECOND).with_fallbacks([served.model(THIRD)])

        assert (await ask(model, SAY)).response_metadata["model_name"] == THIRD
        assert asked(served) == [FIRST, SECOND, THIRD]

    async def test_as_fallback(self, served: Served, ask: Ask) -> None:
        """A router is the fallback of a model."""
        served.fail(Fault(kind="status", status=429, model=FIRST), Fault(kind="status", status=503, model=SECOND))
        model = served.model(FIRST).with_fallbacks(
            [router_of(served, SECOND, THIRD)], exceptions_to_handle=(ModelRateLimitError,)
        )

        answer = await ask(model, SAY)

        assert answer.response_metadata["routing"]["model"] == THIRD
        assert asked(served) == [FIRST, SECOND, THIRD]

    async def test_in_fallbacks_with_tools(self, served: Served, ask: Ask) -> None:
        """`bind_tools` and `with_structured_output` reach through fallbacks to the router."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        model: Any = served.model(FIRST).with_fallbacks([router_of(served, SECOND)])

        assert (await ask(model.bind_tools([weather]), "Weather in Oslo?")).tool_calls
        assert model.with_structured_output(Person).invoke("Ada is 36") == Person(name="Ada", age=36)

    async def test_router_in_a_router(self, served: Served, ask: Ask) -> None:
        """A router can be a candidate of another."""
        served.fail(Fault(kind="status", status=503, model=FIRST), Fault(kind="status", status=503, model=SECOND))
        inner = router_of(served, FIRST, SECOND, name="inner")

        answer = await ask(router_of(served, inner, THIRD), SAY)

        assert answer.response_metadata["routing"]["model"] == THIRD
        assert asked(served) == [FIRST, SECOND, THIRD]

    async def test_with_model_fallbacks(self, served: Served, ask: Ask) -> None:
        """`with_model_fallbacks` is LangChain's own, with the errors that another model may survive."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        model = with_model_fallbacks(served.model(FIRST), [served.model(SECOND)])

        answer: Any = await ask(model, SAY)
        assert answer.response_metadata["model_name"] == SECOND

        served.emulator.clear_faults()
        served.fail(Fault(kind="status", status=401, model=FIRST))
        with pytest.raises(AuthenticationError):
            await ask(model, SAY)
        assert asked(served) == [FIRST, SECOND, FIRST]
