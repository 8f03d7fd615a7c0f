"""Calls of a router as LangChain makes them: prompts, arguments, batches, fields, decisions."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import BaseRateLimiter, InMemoryRateLimiter

from integration_tests.routers import (
    FIRST,
    SAID,
    SAY,
    SECOND,
    THIRD,
    Elsewhere,
    Tracer,
    as_given,
    asked,
    router_of,
)
from integration_tests.support import STYLES, Ask, Served
from langchain_openrouter import (
    BadRequestError,
    ModelRouter,
    NoCandidateError,
)
from langchain_openrouter.emulator import Fault

pytestmark = pytest.mark.filterwarnings(
    "ignore:The .*stream_events.* is in beta",
    "ignore:.*v3.* is in beta",
    "ignore:.*astream_events.*v1.*",
)


class TestBatches:
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_order_and_errors(self, served: Served, asynchronous: bool) -> None:
        """Answers come in the order of the prompts; what fails is in its place."""
        router = router_of(served)
        prompts: Any = [f"Reply with exactly 'a{number}'." for number in range(8)]
        prompts[3] = [HumanMessage([{"type": "nonsense"}])]
        config: Any = {"max_concurrency": 3}

        if asynchronous:
            results = await router.abatch(prompts, config, return_exceptions=True)
        else:
            results = router.batch(prompts, config, return_exceptions=True)

        answers: list[Any] = results
        assert isinstance(answers[3], BadRequestError | TypeError | ValueError)
        told = [each.text for number, each in enumerate(answers) if number != 3]
        assert told == [f"a{number}" for number in range(8) if number != 3]

    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_concurrency(self, served: Served, asynchronous: bool) -> None:
        """`max_concurrency` holds."""

        class Counting(Elsewhere):
            now: int = 0
            most: int = 0

            async def _wait(self) -> None:
                self.now += 1
                self.most = max(self.most, self.now)
                await asyncio.sleep(0.01)
                self.now -= 1

        model = Counting()
        router = router_of(served, model)
        config: Any = {"max_concurrency": 2}
        results = await router.abatch([SAY] * 8, config) if asynchronous else router.batch([SAY] * 8, config)

        assert len(results) == 8
        assert model.most == (2 if asynchronous else 0)


class TestFieldsOfLangChain:
    """Fields that every chat model has mean the same for a router."""

    @pytest.mark.parametrize("field", ["rate_limiter", "cache"])
    def test_of_models(self, served: Served, field: str) -> None:
        """What only a model that makes calls can use is not taken in silence: it is for the models that answer."""
        value: Any = InMemoryRateLimiter() if field == "rate_limiter" else InMemoryCache()

        with pytest.raises(ValueError, match="model_options"):
            router_of(served, **{field: value})

    async def test_rate_limiter(self, served: Served, ask: Ask) -> None:
        """There a rate limiter is asked once for each attempt."""

        class Counting(BaseRateLimiter):
            count = 0

            def acquire(self, *, blocking: bool = True) -> bool:
                self.count += 1
                return True

            async def aacquire(self, *, blocking: bool = True) -> bool:
                return self.acquire(blocking=blocking)

        limiter = Counting()
        served.fail(Fault(kind="status", status=503, model=FIRST))

        await ask(router_of(served, model_options={"rate_limiter": limiter}), SAY)

        assert limiter.count == 2

    @pytest.mark.parametrize("style", ["invoke", "ainvoke"])
    async def test_cache(self, served: Served, style: str) -> None:
        """There a cache answers the same question once."""
        router = router_of(served, model_options={"cache": InMemoryCache()})

        answers = [await STYLES[style](router, SAY) for _ in range(2)]

        assert [each.text for each in answers] == [SAID, SAID]
        assert [each.response_metadata["routing"]["model"] for each in answers] == [FIRST, FIRST]
        assert len(served.bodies) == 1

    async def test_output_version(self, served: Served, ask: Ask) -> None:
        """Content comes in the form that was asked for."""
        answer = await ask(router_of(served, output_version="v1"), SAY)

        content: Any = answer.content
        assert content[0]["type"] == "text"
        assert answer.text == SAID

    async def test_disable_streaming(self, served: Served, ask: Ask) -> None:
        """Without streaming the answer comes whole, with its routing."""
        answer = await ask(router_of(served, disable_streaming=True), SAY)

        assert answer.text == SAID
        assert answer.response_metadata["routing"]["model"] == FIRST
        assert served.bodies[0]["stream"] is False

    def test_tokens(self, served: Served) -> None:
        """Tokens are estimated without a network or a package that is not there, as of a `ChatOpenRouter`."""
        router, model = router_of(served), served.model(FIRST)

        assert router.get_num_tokens(SAY) == model.get_num_tokens(SAY)
        messages: Any = [HumanMessage(SAY)]
        assert router.get_num_tokens_from_messages(messages) == model.get_num_tokens_from_messages(messages)

    def test_is_a_chat_model(self, served: Served) -> None:
        """Programs that look for LangChain's class, type and profile find them."""
        router = router_of(served)

        assert isinstance(router, BaseChatModel)
        assert router._llm_type == "openrouter-router"
        assert router.profile is not None
        assert router.profile["max_input_tokens"] == 128000
        assert router.profile["tool_calling"] is True


class TestModelOfTheCall:
    """A call that names a model itself, as LangChain's own `configurable` models and some agents do."""

    async def test_is_told_truly(self, served: Served, ask: Ask) -> None:
        """Who answered is told truly; or such a call is refused."""
        try:
            answer = await ask(router_of(served).bind(model=THIRD), SAY)
        except (ValueError, TypeError):
            return
        assert answer.response_metadata["routing"]["model"] == answer.response_metadata["model_name"]

    async def test_denied(self, served: Served, ask: Ask) -> None:
        """A model that is denied does not answer, whatever the call says."""
        with contextlib.suppress(NoCandidateError, ValueError, TypeError):
            await ask(router_of(served, deny=["anthropic/*"]).bind(model=THIRD), SAY)

        assert THIRD not in asked(served)


class TestDecisions:
    async def test_are_told(self, served: Served, ask: Ask) -> None:
        """Each decision is told once before its call; its record equals what the answer tells."""
        told: list[Any] = []

        def tell(decision: Any) -> None:
            told.append((decision.record(), len(served.bodies)))

        answer = await ask(router_of(served, on_decision=tell), SAY)

        ((record, before),) = told
        assert before == 0
        assert record.items() <= answer.response_metadata["routing"].items()

    async def test_error_of_an_observer(self, served: Served, ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
        """An observer that fails is logged, and the call goes on."""

        def fail(_: Any) -> None:
            raise KeyError("mine")

        assert (await ask(router_of(served, on_decision=fail), SAY)).text == SAID
        assert "on_decision failed" in caplog.text

    async def test_nobody_can(self, served: Served, ask: Ask) -> None:
        """Where nobody can answer, that is told before a run begins, with the reasons, and nothing is sent."""
        tracer = Tracer()
        picture: Any = [{"type": "image_url", "image_url": {"url": "https://files.example/cat.png"}}]

        with pytest.raises(NoCandidateError) as caught:
            await ask(router_of(served, "openai/gpt-oss-120b"), [HumanMessage(picture)], config={"callbacks": [tracer]})

        assert set(caught.value.rejected) == {"openai/gpt-oss-120b"}
        assert (tracer.roots, served.bodies) == ([], [])


class TestPrompts:
    @pytest.mark.parametrize(
        "prompt", [SAY, [HumanMessage(SAY)], [("human", SAY)], ChatPromptTemplate([("human", SAY)]).invoke({})]
    )
    async def test_forms(self, served: Served, ask: Ask, prompt: Any) -> None:
        """All forms of a prompt are taken; `decide` takes them, too."""
        router = router_of(served)

        assert (await ask(router, prompt)).text == SAID
        assert router.decide(prompt).chosen == FIRST

    async def test_stop(self, served: Served, ask: Ask) -> None:
        """`stop` is sent."""
        await ask(router_of(served), SAY, stop=["four"])

        assert served.bodies[0]["stop"] == ["four"]

    async def test_arguments(self, served: Served, ask: Ask) -> None:
        """Arguments of the call, bound ones and fields of the router reach the model, in this order of force."""
        router = router_of(served, temperature=0.1, top_p=0.9, model_options={"seed": 3})

        await ask(router.bind(temperature=0.2, max_tokens=50), SAY, max_tokens=60)

        body = served.bodies[0]
        assert (body["temperature"], body["top_p"], body["max_tokens"], body["seed"]) == (0.2, 0.9, 60, 3)

    def test_unknown_field(self, served: Served) -> None:
        """A field that neither a router nor its models have is refused, with what there is."""
        with pytest.raises(ValueError, match="polcy"):
            router_of(served, polcy="cheapest")

    def test_policy_of_tests(self) -> None:
        """The policy of these tests keeps the user's order."""
        router = ModelRouter(candidates=[SECOND, FIRST], policy=as_given, model_options={"api_key": "sk-or-v1-0"})
        assert router.decide("Hello").ordered == (SECOND, FIRST)
