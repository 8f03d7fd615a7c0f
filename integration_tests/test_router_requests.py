"""What a router sends: to models of OpenRouter, and to those of other providers."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from integration_tests.routers import FIRST, SAID, SAY, SECOND, THIRD, Elsewhere, asked, router_of
from integration_tests.support import REASONING_MODELS, STREAMS, Ask, Served
from langchain_openrouter import BadGatewayError, ChatOpenRouter, ModelRouter, NoCandidateError, NoEndpointsError
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing import Health
from tests.helpers.fake import answer_body

REASONING = {"effort": "low"}
SECRET = "sk-or-v1-of-the-call"
ALONE = "x-ai/grok-4.3"
"""A model that one provider has."""


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class TestProviders:
    async def test_data_policy(self, served: Served, ask: Ask) -> None:
        """Zero data retention and the policy on training are sent to each model that is asked."""
        served.fail(Fault(kind="status", status=503, model=SECOND))

        await ask(router_of(served, SECOND, THIRD, zdr=True, data_collection="deny"), SAY)

        assert [body["provider"] for body in served.bodies] == [{"zdr": True, "data_collection": "deny"}] * 2

    @pytest.mark.parametrize("field", ["openrouter_provider", "provider"])
    async def test_beside_the_users(self, served: Served, ask: Ask, field: str) -> None:
        """They stand beside what the user says of providers: in the router, in a model, in a call."""
        options: Any = {field: {"sort": "price"}}
        await ask(router_of(served, SECOND, zdr=True, openrouter_provider={"sort": "price"}), SAY)
        await ask(router_of(served, served.model(SECOND, openrouter_provider={"sort": "price"}), zdr=True), SAY)
        await ask(router_of(served, SECOND, zdr=True), SAY, **options)

        assert [body["provider"] for body in served.bodies] == [{"sort": "price", "zdr": True}] * 3
        assert all("openrouter_provider" not in body for body in served.bodies)

    @pytest.mark.parametrize(
        "options",
        [{"extra_body": {"provider": {"sort": "price"}}}, {"model_kwargs": {"provider": {"sort": "price"}}}],
        ids=["extra_body", "model_kwargs"],
    )
    async def test_is_not_lost(self, served: Served, ask: Ask, options: Any) -> None:
        """No other way to say something of providers takes a promise about data away."""
        await ask(router_of(served, SECOND, zdr=True), SAY, **options)
        await ask(router_of(served, SECOND, zdr=True, **options), SAY)

        assert [body["provider"]["zdr"] for body in served.bodies] == [True, True]

    async def test_others_cannot_promise(self, served: Served, ask: Ask) -> None:
        """A model of another provider cannot promise it, so it is not asked."""
        other = Elsewhere()

        answer = await ask(router_of(served, other, SECOND, zdr=True), SAY)

        assert answer.response_metadata["routing"]["rejected"]["elsewhere"]["rule"] == "data_policy"
        assert other.calls == []

    async def test_nobody_promises(self, served: Served, ask: Ask) -> None:
        """Where no provider of a model promises it, the next model is asked; with none left, that is the error."""
        own = served.model(FIRST, openrouter_provider={"only": ["openai"]})
        with pytest.raises(NoEndpointsError):
            await ask(router_of(served, own, zdr=True), SAY)

        answer = await ask(router_of(served, own, SECOND, zdr=True), SAY)
        assert answer.response_metadata["routing"]["model"] == SECOND

    async def test_nothing_unasked(self, served: Served, ask: Ask) -> None:
        """Without a demand nothing is said of providers, nor of anything else."""
        await ask(router_of(served), SAY)

        stream = {"stream_options": {"include_usage": True}} if ask in STREAMS.values() else {}
        messages = [{"role": "user", "content": SAY}]
        assert served.bodies == [{"messages": messages, "model": FIRST, "stream": bool(stream), **stream}]

    @pytest.mark.parametrize("region", ["eu", "us"])
    def test_region(self, region: Any) -> None:
        """A region is an address of its own, for models of ids and for those that the user made."""
        hosts: list[str] = []

        def handle(request: httpx2.Request) -> httpx2.Response:
            hosts.append(request.url.host)
            return httpx2.Response(200, json=answer_body())

        with httpx2.Client(transport=httpx2.MockTransport(handle)) as client:
            options: Any = {"api_key": "sk-or-v1-0", "http_client": client}
            own = ChatOpenRouter(model=FIRST, **options)
            for candidate in (FIRST, own):
                ModelRouter(candidates=[candidate], region=region, **options).invoke("Hi")

        assert hosts == [f"{region}.openrouter.ai"] * 2

    def test_region_of_others(self, served: Served) -> None:
        """A model of another provider cannot promise a region."""
        with pytest.raises(NoCandidateError, match="region"):
            router_of(served, Elsewhere(), region="eu").invoke(SAY)


class TestFieldsOfModels:
    """What a router is given for the models that it makes is asked of them as what a call says is."""

    @pytest.mark.parametrize("fields", [{"reasoning": REASONING}, {"response_format": {"type": "json_object"}}])
    @pytest.mark.filterwarnings("ignore::langchain_openrouter.ModelValidationWarning")
    async def test_who_cannot_is_not_asked(self, served: Served, ask: Ask, fields: Any) -> None:
        """A model that cannot do what the router's own fields ask for does not answer."""
        unable = "openai/gpt-4o-mini" if "reasoning" in fields else "perplexity/sonar"

        router = router_of(served, unable, SECOND, **fields)

        assert router.decide(SAY).chosen == SECOND
        await ask(router, SAY)
        assert asked(served) == [SECOND]

    async def test_bound(self, served: Served, ask: Ask) -> None:
        """So it is where the call says it."""
        await ask(router_of(served, FIRST, SECOND).bind(reasoning=REASONING), SAY)

        assert asked(served) == [SECOND]


def fails_by(provider: str, model: str = SECOND, times: int | None = None) -> Fault:
    """Let a model fail in the name of one of its providers."""
    return Fault(kind="status", status=502, metadata={"provider_name": provider}, model=model, times=times)


class TestAiling:
    async def test_are_left_out(self, served: Served, ask: Ask) -> None:
        """A provider that failed too often is left out of later requests; the model's others may answer."""
        health = Health(failures=2)
        for _ in range(2):
            health.failed(SECOND, error=_failure("Google AI Studio"))
        health.succeeded(SECOND, "Google Vertex", duration_s=0.0)
        router = router_of(served, SECOND, FIRST, health=health, openrouter_provider={"ignore": ["azure"]})

        await ask(router, SAY)

        assert served.bodies[0]["provider"] == {"ignore": ["Google AI Studio", "azure"]}

    async def test_the_only_one(self, served: Served, ask: Ask) -> None:
        """A model with one provider can be asked when it is the last resort: it is not left without any."""
        answer = httpx2.get(f"{served.emulator.base_url}/models/{ALONE}/endpoints")
        (endpoint,) = answer.json()["data"]["endpoints"]
        served.fail(fails_by(endpoint["provider_name"], ALONE, times=2))
        router = router_of(served, ALONE, health=Health(failures=2))
        for _ in range(2):
            with pytest.raises(BadGatewayError):
                await ask(router, SAY)

        assert (await ask(router, SAY)).text == SAID

    async def test_ignore_of_none(self, served: Served, ask: Ask) -> None:
        """Who says `None` of providers to ignore ignores none."""
        health = Health(failures=1)
        health.failed(SECOND, error=_failure("Google AI Studio"))
        health.succeeded(SECOND, "Google Vertex", duration_s=0.0)

        await ask(router_of(served, SECOND, FIRST, health=health, openrouter_provider={"ignore": None}), SAY)

        assert served.bodies[0]["provider"] == {"ignore": ["Google AI Studio"]}


def _failure(provider: str) -> BadGatewayError:
    return BadGatewayError("The provider is down.", provider_name=provider)


class TestReasoning:
    @pytest.mark.parametrize("author", REASONING_MODELS)
    async def test_stays_in_the_family(self, served: Served, ask: Ask, author: str) -> None:
        """Reasoning goes back to the family that thought it, unchanged, and to no other."""
        thought = await ask(router_of(served, author, reasoning=REASONING), SAY)
        details = thought.additional_kwargs["reasoning_details"]
        history = [HumanMessage(SAY), thought, HumanMessage("And now?")]

        for model in REASONING_MODELS:
            await ask(router_of(served, model, reasoning=REASONING), history)
            sent = served.bodies[-1]["messages"][1].get("reasoning_details")
            assert sent == (details if model == author else None)

        assert thought.additional_kwargs["reasoning_details"] == details  # the history itself is as it was

    async def test_at_a_fallback(self, served: Served, ask: Ask) -> None:
        """Within one call each attempt gets the history as its model takes it."""
        first, second = "anthropic/claude-sonnet-4.5", "openai/gpt-5-mini"
        question = HumanMessage("What is the weather in Oslo?")
        thought = await ask(router_of(served, first, reasoning=REASONING).bind_tools([weather]), [question])
        history = [question, thought, ToolMessage("It is sunny.", tool_call_id=thought.tool_calls[0]["id"])]
        served.fail(Fault(kind="status", status=503, model=first))

        await ask(router_of(served, first, second, reasoning=REASONING).bind_tools([weather]), history)

        sent = ["reasoning_details" in body["messages"][1] for body in served.bodies[-2:]]
        assert sent == [True, False]

    async def test_of_another_provider(self, served: Served, ask: Ask) -> None:
        """A model of another provider gets no reasoning of OpenRouter's models."""
        model, other = "anthropic/claude-sonnet-4.5", Elsewhere()
        thought = await ask(router_of(served, model, reasoning=REASONING), "Hello")
        assert thought.additional_kwargs["reasoning_details"]

        await ask(router_of(served, other), [HumanMessage("Hello"), thought, HumanMessage("And?")])

        (call,) = other.calls
        assert "reasoning_details" not in call["messages"][1].additional_kwargs
        assert call["messages"][1].text == thought.text


ARGUMENTS: dict[str, Any] = {
    "api_key": SECRET, "app_categories": ["cli"], "app_title": "Mine", "app_url": "https://mine.example",
    "base_url": "https://openrouter.ai/api/v1", "cache_control": {"type": "ephemeral"}, "deadline": 30,
    "extra_headers": {"Authorization": f"Bearer {SECRET}"}, "http_headers": {"X-Key": SECRET},
    "http_referer": "https://mine.example", "max_retries": 1, "max_retry_wait": 1, "model_validation": "off",
    "openrouter_api_base": "https://openrouter.ai/api/v1", "openrouter_api_key": SECRET,
    "openrouter_provider": {"zdr": True}, "plugins": [{"id": "web"}], "request_metadata": {"a": "b"},
    "response_cache": True, "retries": 1, "route": "fallback", "router_metadata": True, "session_id": "one",
    "server_url": "https://openrouter.ai/api/v1", "stream_idle_timeout": 5, "timeout_ms": 1000, "trace": {"a": "b"},
    "transforms": ["middle-out"], "x_open_router_title": "Mine", "x_open_router_metadata": "enabled",
}  # fmt: skip
"""Arguments that mean something to OpenRouter alone; keys and headers are for nobody else's eyes."""


class TestOtherProviders:
    @pytest.mark.parametrize("name", ARGUMENTS)
    def test_do_not_get(self, served: Served, name: str) -> None:
        """A model of another provider does not get what is OpenRouter's, least of all a key."""
        other = Elsewhere()

        router_of(served, other).bind(**{name: ARGUMENTS[name]}).invoke(SAY)

        (call,) = other.calls
        assert set(call) == {"messages", "stop"}

    async def test_get_the_rest(self, served: Served, ask: Ask) -> None:
        """They get what every model understands, and whatever the user means for them."""
        other = Elsewhere()

        await ask(router_of(served, other), SAY, temperature=0.1, max_tokens=50, stop=["!"], mine=1)

        (call,) = other.calls
        assert call.pop("messages") == [HumanMessage(SAY)]
        assert call == {"stop": ["!"], "temperature": 0.1, "max_tokens": 50, "mine": 1}

    async def test_caps_of_cost(self, served: Served, ask: Ask) -> None:
        """A cap that OpenRouter's models keep by shorter answers does not stop a model whose price nobody knows."""
        with pytest.raises(NoCandidateError, match="nobody knows"):
            await ask(router_of(served, Elsewhere(), max_cost_per_call="$0.01"), SAY)

    async def test_are_told(self, served: Served, ask: Ask) -> None:
        """The metadata of their answers tell of the routing as those of OpenRouter's models do."""
        answer = await ask(router_of(served, Elsewhere(), FIRST), SAY)

        told = answer.response_metadata["routing"]
        assert (told["model"], told["fallback"]) == ("elsewhere", False)
        assert told["attempts"][0]["cost"] is None

    async def test_their_errors(self, served: Served, ask: Ask) -> None:
        """Their failures are judged, too: by class, by status, by what the transport says; others are raised."""

        class Refused(Exception):  # noqa: N818  # as SDKs name theirs
            def __init__(self, status_code: int) -> None:
                super().__init__(f"status {status_code}")
                self.status_code = status_code

        survived = [Refused(429), Refused(500), Refused(529), TimeoutError("late"), ConnectionError("cut")]
        survived += [httpx2.ConnectError("refused"), httpx2.ReadTimeout("late")]
        for error in survived:
            answer = await ask(router_of(served, Elsewhere(error=error), FIRST), SAY)
            assert answer.response_metadata["routing"]["model"] == FIRST
        for error in (Refused(400), Refused(401), KeyError("slip"), ValueError("slip")):
            with pytest.raises(type(error)):
                await ask(router_of(served, Elsewhere(error=error), FIRST), SAY)
        assert asked(served) == [FIRST] * len(survived)

    async def test_say_nothing(self, served: Served, ask: Ask) -> None:
        """An empty answer of theirs is no answer: the next model is asked."""
        answer = await ask(router_of(served, Elsewhere(text=""), FIRST), SAY)

        told = answer.response_metadata["routing"]
        assert [(each["model"], each["error"]) for each in told["attempts"]] == [
            ("elsewhere", "EmptyResponseError"),
            (FIRST, None),
        ]
        assert isinstance(answer, AIMessage | AIMessageChunk)
